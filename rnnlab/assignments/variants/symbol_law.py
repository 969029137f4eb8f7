"""Are symbols drawn with the right chances? A judgement on what they do, since there are many right ways to draw one.

Along n symbols the right chances p_t are known at every step, so each symbol can be turned into a number u_t that is
uniform and independent of all others where they were drawn with these chances, and only there: a random place in the
symbol's share of the interval from 0 to 1, the likelier symbols first (Rosenblatt's transform). Six tests look at
them, each with a false-alarm rate of `ALPHA`, the second with twice that:

    frequencies   how often the likeliest symbol came, the second likeliest … : χ² on the sums of 1[symbol] − p
    goodness      Kolmogorov and Smirnov on u: the shape of the whole distribution, and whether it is better than chance
                  would have it
    absence       the largest u, which tells of unlikely symbols left out, and symbols that never came
    repeats       how often a symbol came again at once, beside the sum of its chances to do so
    neighbours    χ² on pairs (u_t, u_{t+1}) in a table of 4 by 4
    lags          the correlation of u_t and u_{t+k} for every k up to n/2, which finds draws that repeat

A right answer fails one of the six in at most 7·ALPHA = 7e-4 of the drawings. There are 8 judgements in a run, each
with a second drawing: points are lost wrongly in fewer than 8 · (7e-4)² = 3.9e-6 of the runs.

Once refused, the symbols are called after a wrong law only if that law explains them and is at least 1e7 times as
likely as the right one.

References
----------
Rosenblatt 1952.
"""

import numpy as np
from scipy import stats

from rnnlab.checks.student import wrong

RIGHT = "drawn from softmax(logits / temperature)"
MULTIPLIED = "the symbols come as they would if the temperature multiplied the logits"
UNUSED = "the symbols come as they would at temperature 1, whatever the temperature"
TWICE = "the symbols come as they would if the logits were divided by the temperature twice"
LIKELIEST = "nearly always the likeliest symbol comes, as at a temperature near 0"
UNIFORM = "every symbol comes as often as every other"
FORGETFUL = "the symbols come as they would if every step started from the state 0"
DEAF = "the symbols come as they would if every step read the start, not the symbol drawn last"
REPEATED = "at chances that are the same at every step, one and the same symbol comes every time"
DIFFERENT = "the frequencies of the symbols are not those of softmax(logits / temperature)"
DEPENDENT = "the symbols come as often as they should, but not independently: one draw tells something about another"

ALPHA = 1e-4
_LOG_RATIO = np.log(1e7)


def judge_symbols(symbols: np.ndarray, params: dict[str, np.ndarray], start: int, temperature: float) -> str:
    """Return `RIGHT`, or raise what the symbols look like.

    Parameters
    ----------
    symbols : (n,) array of int
        What came, from 0 to O-1.
    params : dict of arrays
        The network that should have drawn them.
    start : int
        The symbol before the first.
    temperature : float
        What the logits should have been divided by.

    Raises
    ------
    Failed
        If they fail a test.
    """
    read = np.concatenate([[start], symbols[:-1]])
    logits = _logits(params, read)
    right = _log_softmax(logits / temperature)
    frequent, free = _p_values(symbols, right)
    if min(frequent, free) >= ALPHA:
        return RIGHT
    if (symbols == symbols[0]).all() and np.ptp(logits, axis=0).max() == 0 and symbols[0] != np.argmax(logits[0]):
        raise wrong(REPEATED)
    if (symbols == right.argmax(axis=1)).all():  # so it would under several laws
        raise wrong(LIKELIEST)
    laws = {
        MULTIPLIED: _log_softmax(logits * temperature),
        UNUSED: _log_softmax(logits),
        TWICE: _log_softmax(logits / temperature**2),
        LIKELIEST: _log_softmax(logits * 20 / temperature),
        UNIFORM: _log_softmax(0 * logits),
        FORGETFUL: _log_softmax(_logits(params, read, remember=False) / temperature),
        DEAF: _log_softmax(_logits(params, np.full_like(read, start)) / temperature),
    }
    at = np.arange(len(symbols)), symbols
    log_ratio = {message: float((law[at] - right[at]).sum()) for message, law in laws.items()}
    message = max(log_ratio, key=lambda name: log_ratio[name])
    if log_ratio[message] > _LOG_RATIO and (message == LIKELIEST or _p_values(symbols, laws[message])[0] > 1e-6):
        raise wrong(message)
    raise wrong(DEPENDENT if frequent >= ALPHA else DIFFERENT)


def _p_values(symbols: np.ndarray, log_p: np.ndarray) -> tuple[float, float]:
    """Return how probable such frequencies and such a lack of independence are, each by the worst of three tests."""
    p = np.exp(log_p)
    order = np.argsort(-p, axis=1, kind="stable")
    p = np.take_along_axis(p, order, axis=1)
    rank = np.argmax(order == symbols[:, None], axis=1)
    places = np.random.default_rng(len(symbols)).random(len(symbols))
    at = np.arange(len(symbols))
    u = np.clip(np.cumsum(p, axis=1)[at, rank] - p[at, rank] * places, 0.0, 1.0)
    fits = float(stats.kstest(u, "uniform").pvalue)
    often = min(_frequencies(rank, p), fits, 1 - fits, _absence(symbols, log_p, u))
    return often, min(_repeats(symbols, log_p), _neighbours(u), _lags(u))


def _absence(symbols: np.ndarray, log_p: np.ndarray, u: np.ndarray) -> float:
    """Return the p-value of the largest u, and of the symbols that never came: of two, so each counts twice.

    A symbol that is expected m times in all does not come at all with a probability of at most exp(-m).
    """
    n_symbols = log_p.shape[1]
    never = np.bincount(symbols, minlength=n_symbols) == 0
    expected = np.exp(log_p).sum(axis=0)[never].max(initial=0.0)
    return min(1.0, 2 * float(u.max()) ** len(u), 2 * n_symbols * float(np.exp(-expected)))


def _repeats(symbols: np.ndarray, log_p: np.ndarray) -> float:
    """Return the p-value of how often a symbol came again at once: less often where repeating is punished."""
    p = np.exp(log_p[np.arange(1, len(symbols)), symbols[:-1]])
    variance = float((p * (1 - p)).sum())
    if variance < 30:
        return 1.0
    return float(2 * stats.norm.sf(abs(float((symbols[1:] == symbols[:-1]).sum() - p.sum())) / np.sqrt(variance)))


def _frequencies(rank: np.ndarray, p: np.ndarray) -> float:
    """Return the p-value of how often the symbol of each rank came, ranks of fewer than 30 expected taken together."""
    surplus, covariance = -p.sum(axis=0), np.diag(p.sum(axis=0)) - p.T @ p
    surplus += np.bincount(rank, minlength=p.shape[1])
    n_kept = int((p.sum(axis=0) >= 30).sum())
    n_kept -= n_kept == p.shape[1]  # the last follows from the others
    if n_kept == 0:
        return 1.0
    surplus, covariance = surplus[:n_kept], covariance[:n_kept, :n_kept]
    if np.diag(covariance).min() < 1e-9:  # a law in which one symbol is certain
        return float(np.abs(surplus).max() < 0.5)
    return float(stats.chi2.sf(surplus @ np.linalg.solve(covariance, surplus), n_kept))


def _neighbours(u: np.ndarray) -> float:
    cell = np.minimum((4 * u).astype(int), 3)
    table = np.zeros((4, 4))
    np.add.at(table, (cell[:-1:2], cell[1::2]), 1)
    return float(stats.chisquare(table.ravel()).pvalue)


def _lags(u: np.ndarray) -> float:
    """Return the p-value of the largest correlation with an earlier u, the number of lags allowed for.

    12 Σ (u_t − ½)(u_{t+k} − ½) is a sum of n − k uncorrelated terms of variance 1 within ±3, nearly normal.
    """
    n, z = len(u), np.sqrt(12) * (u - 0.5)
    spectrum = np.abs(np.fft.rfft(z, 2 * n)) ** 2
    sums = np.fft.irfft(spectrum, 2 * n)[1 : n // 2]
    score = np.abs(sums) / np.sqrt(n - np.arange(1, n // 2))
    return min(1.0, float(2 * len(score) * stats.norm.sf(score.max())))


def judge_first(symbols: np.ndarray, p: np.ndarray) -> bool:
    """Return whether the first symbols that many seeds gave came with the chances `p`."""
    order = np.argsort(p)
    groups = [order[:2], *np.split(order[2:], len(p) - 2)]  # the two that are rare together
    got = [np.isin(symbols, group).sum() for group in groups]
    return bool(stats.chisquare(got, [len(symbols) * p[group].sum() for group in groups]).pvalue >= ALPHA)


def judge_pair(one: np.ndarray, other: np.ndarray, p: np.ndarray) -> bool:
    """Return whether symbols drawn with two seeds, with the chances `p` at every step, are independent."""
    table = np.zeros((len(p), len(p)))
    np.add.at(table, (one, other), 1)
    expected = len(one) * np.outer(p, p)
    often = expected >= 10
    got = [*table[often], table[~often].sum()]
    want = [*expected[often], expected[~often].sum()]
    if want[-1] < 10:
        got, want = [*got[:-2], got[-2] + got[-1]], [*want[:-2], want[-2] + want[-1]]
    return bool(stats.chisquare(got, want).pvalue >= ALPHA)


def _logits(params: dict[str, np.ndarray], read: np.ndarray, remember: bool = True) -> np.ndarray:
    a = params["w_x"].T[read] + params["b_h"]
    w_h = params["w_h"] if remember else 0 * params["w_h"]
    h = np.zeros_like(a)
    before = h[0]
    for t in range(len(a)):
        h[t] = before = np.tanh(a[t] + w_h @ before)
    return h @ params["w_y"].T + params["b_y"]


def _log_softmax(a: np.ndarray) -> np.ndarray:
    shifted = a - a.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
