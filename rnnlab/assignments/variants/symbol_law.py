"""Are symbols drawn with the right chances? A judgement on what they do, since there are many right ways to draw one.

Along n symbols the right chances p_t, and those q_t of a wrong law, are known at every step. Where p is the truth, the
likelihood ratio Π q_t/p_t has mean 1, so it reaches 1e7 with probability at most 1e-7 (Markov); and
Σ (1[symbol_t = s] − p_t(s)), a sum of martingale differences within intervals of length 1, is beyond
√(n log(2/δ) / 2) with probability at most δ (Azuma and Hoeffding). With 6 laws, at most 4 symbols at δ = 1e-8 and
5 samples a run, a right answer is refused in fewer than 1 of 300,000 runs.

References
----------
Hoeffding 1963, theorem 2 and section 5; Azuma 1967.
"""

import numpy as np

from rnnlab.checks.student import wrong

RIGHT = "drawn from softmax(logits / temperature)"
MULTIPLIED = "the symbols come as they would if the temperature multiplied the logits"
UNUSED = "the symbols come as they would at temperature 1, whatever the temperature"
LIKELIEST = "nearly always the likeliest symbol comes, as at a temperature near 0"
UNIFORM = "every symbol comes as often as every other"
FORGETFUL = "the symbols come as they would if every step started from the state 0"
DEAF = "the symbols come as they would if every step read the start, not the symbol drawn last"
REPEATED = "at chances that are the same at every step, one and the same symbol comes every time"
DIFFERENT = "the frequencies of the symbols are not those of softmax(logits / temperature)"

_LOG_RATIO = np.log(1e7)
_DELTA = 1e-8


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
        If no right way of drawing gives such symbols but once in a hundred thousand runs.
    """
    read = np.concatenate([[start], symbols[:-1]])
    logits = _logits(params, read)
    right = _log_softmax(logits / temperature)
    repeated = (symbols == symbols[0]).all() and np.ptp(logits, axis=0).max() == 0
    if repeated and symbols[0] != np.argmax(logits[0]) and right[0, symbols[0]] * len(symbols) < -_LOG_RATIO:
        raise wrong(REPEATED)
    laws = {
        MULTIPLIED: _log_softmax(logits * temperature),
        UNUSED: _log_softmax(logits),
        LIKELIEST: _log_softmax(logits * 20 / temperature),
        UNIFORM: _log_softmax(0 * logits),
        FORGETFUL: _log_softmax(_logits(params, read, remember=False) / temperature),
        DEAF: _log_softmax(_logits(params, np.full_like(read, start)) / temperature),
    }
    at = np.arange(len(symbols)), symbols
    log_ratio = {message: float((law[at] - right[at]).sum()) for message, law in laws.items()}
    message = max(log_ratio, key=lambda name: log_ratio[name])
    if log_ratio[message] > _LOG_RATIO:
        raise wrong(message if _frequencies_fit(symbols, laws[message]) else DIFFERENT)
    if not _frequencies_fit(symbols, right):
        raise wrong(DIFFERENT)
    return RIGHT


def _frequencies_fit(symbols: np.ndarray, log_p: np.ndarray) -> bool:
    surplus = np.bincount(symbols, minlength=log_p.shape[1]) - np.exp(log_p).sum(axis=0)
    return bool(np.abs(surplus).max() <= np.sqrt(len(symbols) * np.log(2 / _DELTA) / 2))


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
