"""Four experiments of the paper that introduced the LSTM, with its optimiser and its cell."""

import numpy as np

from rnnlab import data
from rnnlab.papers.claim import Claim, Number, Order
from rnnlab.papers.experiments import _online, guessing

_CELL = (
    "gates for each cell, not each block, and none that read other gates",
    "full backpropagation through time, not their truncated form",
)
_MOST = 150_000  # twice what the slowest of these took in the paper
_MOST_TWO = 80_000  # likewise


def reber(seed: int) -> dict[str, float]:
    """Learn 256 words of the embedded Reber grammar; solved when all 512 have exactly the legal next symbols on top."""
    rng = np.random.default_rng([seed, 10])
    words, other = data.embedded_reber(rng, 256), data.embedded_reber(rng, 256)
    params = _online.first_weights(rng, 7, 7, 0.2, output_bias=(-1, -1, -2, -2, -3, -3), n_hidden=6)
    next_symbol, ends = data.one_hot(words.target, 7), np.asarray(words.lengths)
    for n in range(1, 30_001):
        b = rng.integers(256)
        steps = slice(0, ends[b])
        _online.learn(params, words.x[steps, b : b + 1], next_symbol[steps, b : b + 1], 0.5, per_step=True)
        if n % 500 == 0 and all(_legal_on_top(params, each) for each in (words, other)):
            return {"words": float(n), "solved": 1.0}
    return {"words": 30_000.0, "solved": 0.0}


def _legal_on_top(params, words) -> bool:
    allowed = data.reber_successors(words.x)
    y = _online.answers(params, words.x, per_step=True)[1]
    least = np.where(allowed, y, np.inf).min(axis=2)
    most = np.where(allowed, -np.inf, y).max(axis=2)
    return bool((least > most)[words.mask].all())


def _two_sequences(
    rng: np.random.Generator, n: int = 500, variance: float = 0.2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sequences of 100 to 110 steps: three times the class, 1 or -1, then noise."""
    lengths = rng.integers(100, 111, n)
    first = rng.integers(0, 2, n)
    x = rng.normal(0, np.sqrt(variance), (110, n, 1))
    x[:3] = (2 * first - 1)[None, :, None]
    return x, first[:, None].astype(float), lengths


def two_sequences(seed: int) -> dict[str, float]:
    """Learn the two-sequence problem, with noise of the variance that is printed and of that standard deviation."""
    return {"sequences": _learned(seed, 0.2), "sequences, weaker noise": _learned(seed, 0.2**2)}


def _learned(seed: int, variance: float) -> float:
    """Return after how many sequences 256 others are right, with a mean error below 0.01."""
    rng = np.random.default_rng([seed, 11])
    params = _online.first_weights(rng, 1, 1, 0.1, (-1, -3, -5), (-2, -4, -6), n_hidden=3)
    x, target, lengths = _two_sequences(rng, 256, variance)
    n_seen = 0
    while n_seen < _MOST_TWO:
        block, wanted, ends = _two_sequences(rng, 500, variance)
        for b in range(500):
            _online.learn(params, block[: ends[b], b : b + 1], wanted[b : b + 1], 1.0)
        n_seen += 500
        error = np.abs([_online.answers(params, x[:n, [b]])[1][0, 0] - target[b, 0] for b, n in enumerate(lengths)])
        if error.max() < 0.5 and error.mean() < 0.01:
            break
    return float(n_seen)


def guessed(seed: int) -> dict[str, float]:
    """Guess the recurrent weight, input weight and bias of one unit, ten times."""
    counts = []
    for search in range(10):
        rng = np.random.default_rng([seed, search, 12])
        x, target, lengths = _two_sequences(rng, 100)
        order = np.argsort(-target[:, 0], kind="stable")
        noise, first = x[:, order, 0], target[order, 0]
        n_ones = int(first.sum())

        def solves(weights, noise=noise, lengths=lengths[order], first=first, n_ones=n_ones):
            recurrent, given, bias = (weights[:, [n]] for n in range(3))
            h = np.zeros((len(weights), len(first)))
            last = np.empty_like(h)
            for t in range(len(noise)):
                h = np.tanh(recurrent * h + given * noise[t] + bias)
                ended = lengths == t + 1
                last[:, ended] = h[:, ended]
            return ((last > 0) == (np.arange(len(first)) < n_ones)).all(axis=1)

        counts.append(guessing.count(rng, solves, 3))
    trials = float(np.mean(counts))
    return {"trials": trials, "sequences read by guessing": 100 * trials, "sequences of their LSTM": 39_850.0}


def temporal_order(seed: int) -> dict[str, float]:
    """Learn task 6a."""
    rng = np.random.default_rng([seed, 13])
    params = _online.first_weights(rng, 8, 4, 0.1, (-2, -2, -4, -4))

    def draw(rng: np.random.Generator) -> tuple:
        batch = data.temporal_order(rng, 500)
        return batch.x, data.one_hot(batch.target, 4), batch.lengths

    def done(errors: np.ndarray) -> bool:
        return bool(np.abs(errors).max() < 0.3 and np.abs(errors).mean() < 0.1)

    return {"sequences": float(_online.until(params, draw, rng, 0.5, _MOST, done))}


def adding(seed: int) -> dict[str, float]:
    """Learn the adding problem."""
    rng = np.random.default_rng([seed, 14])
    params = _online.first_weights(rng, 2, 1, 0.1, (-3, -3, -6, -6))

    def draw(rng: np.random.Generator) -> tuple:
        batch = data.adding_1997(rng, 500)
        return batch.x, batch.target, batch.lengths

    kept: list[np.ndarray] = []

    def done(errors: np.ndarray) -> bool:
        kept[:] = [np.abs(errors)]
        return bool(kept[0].max() < 0.04 and kept[0].mean() < 0.01)

    n = _online.until(params, draw, rng, 0.5, _MOST, done)
    return {"sequences": float(n), "share within 0.04": float((kept[0] < 0.04).mean()), "error": float(kept[0].mean())}


_SOURCE = "Hochreiter and Schmidhuber 1997"

CLAIMS = (
    Claim(
        name="reber-1997",
        title="embedded Reber, LSTM",
        key="hochreiter1997",
        source=f"{_SOURCE}, Table 1",
        status="P",
        says="LSTM with 3 blocks of 2 cells learns the embedded Reber grammar in every trial, after 8,440 words.",
        setting="6 cells, step 0.5, 256 words to learn from; solved when in these and 256 others the legal next "
        "symbols have "
        "the greatest outputs; looked at every 500 words, at most 30,000",
        deviations=_CELL,
        metric="words",
        rule=Number("words", 8440, given_up=30_000),
        run=reber,
        because="Full gradients, or gates of their own for each cell, may learn faster than the truncated form; "
        "not tried apart.",
    ),
    Claim(
        name="two-sequences-1997",
        title="two sequences, LSTM",
        key="hochreiter1997",
        source=f"{_SOURCE}, Table 4",
        status="P",
        says="LSTM learns the two-sequence problem (100 steps, the first 3 tell) in 39,850 sequences.",
        setting="3 cells, step 1; solved when all of 256 other sequences are right and their mean error is below 0.01; "
        f"looked at every 500, at most {_MOST_TWO:,}",
        deviations=_CELL,
        metric=f"sequences; {_MOST_TWO:,} means not solved",
        rule=Number("sequences", 39_850, given_up=_MOST_TWO),
        run=two_sequences,
        because="Unknown. Seeds that learn do so in fewer sequences than published, most are not there by 80,000; "
        "with noise of a standard deviation of 0.2 in place of the variance more seeds learn, not all.",
    ),
    Claim(
        name="two-sequences-guess",
        title="two sequences: guess wins",
        key="schmidhuber2001",
        source="Schmidhuber, Hochreiter and Bengio 2001, web edition, section 3; Hochreiter and Schmidhuber 1997, "
        "section 5.3",
        status="P",
        says="Guessing solves the two-sequence problem faster than LSTM learns it.",
        setting="one tanh unit with recurrent weight, input weight and bias from U(-100, 100), mean of 10 searches; a "
        "trial counts as 100 sequences; beside the 39,850 of Table 4",
        deviations=("the guessed network is one unit, judged by its sign on 100 sequences",),
        metric="sequences",
        rule=Order("sequences read by guessing", "sequences of their LSTM", own_setting=True),
        run=guessed,
    ),
    Claim(
        name="order-1997",
        title="temporal order, LSTM",
        key="hochreiter1997",
        source=f"{_SOURCE}, Table 9",
        status="P",
        says="LSTM learns which of two marks came in which order, among 100 to 110 symbols, in 31,390 sequences.",
        setting="2 × 2 cells, step 0.5; solved when 2,000 in a row have every output within 0.3 and a mean error "
        "below 0.1; looked at every 500",
        deviations=_CELL,
        metric="sequences",
        rule=Number("sequences", 31_390, given_up=_MOST),
        run=temporal_order,
        because="Full gradients, or gates of their own for each cell, may learn faster than the truncated form; "
        "not tried apart.",
    ),
    Claim(
        name="adding-1997",
        title="adding, 100 steps, LSTM",
        key="hochreiter1997",
        source=f"{_SOURCE}, Table 7",
        status="P",
        says="LSTM adds two marked numbers among 100 to 110 in 74,000 sequences.",
        setting="2 × 2 cells, step 0.5; solved when 2,000 in a row are within 0.04 and their mean error is below 0.01; "
        f"looked at every 500, at most {_MOST:,}",
        deviations=_CELL,
        metric=f"sequences; {_MOST:,} means not solved",
        rule=Number("sequences", 74_000, given_up=_MOST),
        run=adding,
        because="Partly known. Most answers come within 0.04, but never 2,000 in a row. In a trial those still wrong "
        "were all targets near the ends, where two squashing functions are flat, and a step of 0.1 was no better.",
    ),
)
