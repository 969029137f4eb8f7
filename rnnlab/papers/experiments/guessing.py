"""How far random guessing comes: draw all weights anew until every training sequence is right."""

import numpy as np

from rnnlab.papers.claim import Claim, Number

_N_SEARCHES = 40
_RANGE = 100.0
_TRIED_AT_ONCE = 32


def _latch_noise(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the lengths of 100 sequences and their noise, whose variance is 0.2."""
    lengths = rng.integers(500, 601, 100)
    return lengths, rng.normal(0, np.sqrt(0.2), (lengths.max(), 100))


def _held(weight: np.ndarray, start: np.ndarray, driven: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return which rows of trials end with + in the first half of the sequences and with - in the second."""
    h = np.tanh(start)
    last = np.empty_like(h)
    for t in range(1, len(driven)):
        ended = lengths == t
        last[:, ended] = h[:, ended]
        h = np.tanh(weight * h + driven[t])
    ended = lengths == len(driven)
    last[:, ended] = h[:, ended]
    return ((last > 0) == (np.arange(len(lengths)) < len(lengths) // 2)).all(axis=1)


def count(rng: np.random.Generator, solves, n_weights: int) -> int:
    """Return how many guesses it takes until one solves the task; that one counts."""
    n = 0
    while True:
        solved = solves(rng.uniform(-_RANGE, _RANGE, (_TRIED_AT_ONCE, n_weights)))
        if solved.any():
            return n + int(solved.argmax()) + 1
        n += len(solved)


def latch_searches(seed: int, n_searches: int = _N_SEARCHES) -> list[int]:
    """Guess a recurrent weight and the start value of each class, again and again; return each search's count."""
    counts = []
    for search in range(n_searches):
        rng = np.random.default_rng([seed, search, 1])
        lengths, noise = _latch_noise(rng)

        def solves(weights, noise=noise, lengths=lengths):
            start = np.repeat(weights[:, 1:], 50, axis=1)
            return _held(weights[:, :1], start, noise[:, None], lengths)

        counts.append(count(rng, solves, 3))
    return counts


def latch_one(seed: int) -> dict[str, float]:
    """Return the mean of 40 searches."""
    return {"trials": float(np.mean(latch_searches(seed)))}


def latch_two(seed: int) -> dict[str, float]:
    """Guess recurrent weight, input weight and bias, 40 times; the class is the first input, 1 or -1."""
    counts = []
    for search in range(_N_SEARCHES):
        rng = np.random.default_rng([seed, search, 2])
        lengths, noise = _latch_noise(rng)
        first = np.repeat([1.0, -1.0], 50)

        def solves(weights, noise=noise, lengths=lengths, first=first):
            recurrent, given, bias = (weights[:, [n]] for n in range(3))
            right = np.flatnonzero(_ends_right(recurrent, given, bias, noise, lengths, first, slice(0, 100, 10)))
            solved = np.zeros(len(weights), bool)
            if len(right):
                chosen = recurrent[right], given[right], bias[right]
                solved[right] = _ends_right(*chosen, noise, lengths, first, slice(None))
            return solved

        counts.append(count(rng, solves, 3))
    return {"trials": float(np.mean(counts))}


def _ends_right(recurrent, given, bias, noise, lengths, first, rows) -> np.ndarray:
    """Try some of the sequences: a guess that fails on these need not be tried on the others."""
    driven = given * noise[:, None, rows] + bias
    return _held(recurrent, given * first[rows] + bias, driven, lengths[rows])


def _parity_right(weights: np.ndarray, bits: np.ndarray, lengths: np.ndarray, n_hidden: int) -> np.ndarray:
    """Return which guesses answer all sequences within 0.1; hidden units see input and output, the output sees them."""
    into, back, bias, out, bias_y = np.split(weights, np.cumsum([n_hidden] * 4), axis=1)
    h = np.zeros((len(weights), n_hidden, len(lengths)))
    y, answer = np.zeros((2, len(weights), len(lengths)))
    with np.errstate(over="ignore"):
        for t in range(len(bits)):
            a = into[:, :, None] * bits[t] + back[:, :, None] * y[:, None] + bias[:, :, None]
            h = 0.5 + 0.5 * np.tanh(a / 2)
            y = 0.5 + 0.5 * np.tanh((np.einsum("kj,kjb->kb", out, h) + bias_y) / 2)
            ended = lengths == t + 1
            answer[:, ended] = y[:, ended]
    steps = np.arange(len(bits))[:, None] < lengths
    odd = ((bits > 0) & steps).sum(axis=0) % 2
    return (np.abs(answer - odd) < 0.1).all(axis=1)


def parity(seed: int, n_searches: int = 20, n_hidden: int = 10) -> dict[str, float]:
    """Guess a network of ten hidden units for the parity of 500 to 600 bits, twenty times."""
    counts = []
    for search in range(n_searches):
        rng = np.random.default_rng([seed, search, 3])
        lengths = rng.integers(500, 601, 100)
        bits = rng.integers(0, 2, (lengths.max(), 100)) * 2.0 - 1

        def solves(weights, bits=bits, lengths=lengths):
            few = np.flatnonzero(_parity_right(weights, bits[:, :6], lengths[:6], n_hidden))
            solved = np.zeros(len(weights), bool)
            if len(few):
                solved[few] = _parity_right(weights[few], bits, lengths, n_hidden)
            return solved

        counts.append(count(rng, solves, 4 * n_hidden + 1))
    return {"trials": float(np.mean(counts))}


_SOURCE = "Schmidhuber, Hochreiter and Bengio 2001, web edition"
_SIGN = "an answer counts by its sign: an error below 0.1 at targets of ±0.8 cannot be had from a saturated tanh"

CLAIMS = (
    Claim(
        name="latch-1",
        title="latch I, by guessing",
        key="schmidhuber2001",
        source=f"{_SOURCE}, section 3",
        status="P",
        says="Guessing latches a bit over 500 to 600 steps in 6 trials, where 1,600 were reported for a learning "
        "method.",
        setting="one tanh unit; recurrent weight and two start values from U(-100, 100); noise of variance 0.2; 50 "
        "+ 50 "
        "sequences; one seed is the mean of 40 searches, as in the paper",
        deviations=(_SIGN, "no second set of sequences tests the solution"),
        metric="trials, mean of 40 searches",
        rule=Number("trials", 6, rival=1600, of_next=True),
        run=latch_one,
        fast=True,
    ),
    Claim(
        name="latch-2",
        title="latch II, by guessing",
        key="schmidhuber2001",
        source=f"{_SOURCE}, section 3",
        status="P",
        says="With the class given as a first input of ±1, guessing takes 22 trials.",
        setting="as latch I, but recurrent weight, input weight and bias are guessed, and the noise is an input",
        deviations=(_SIGN, "no second set of sequences tests the solution"),
        metric="trials, mean of 40 searches",
        rule=Number("trials", 22, of_next=True),
        run=latch_two,
        because="The noise passes through the input weight, so only small input weights survive it, and those are "
        "rare in "
        "U(-100, 100). With a standard deviation of 0.2 in place of the variance we needed about 40 trials, still "
        "not 22.",
    ),
    Claim(
        name="parity-guess",
        title="parity, by guessing",
        key="schmidhuber2001",
        source=f"{_SOURCE}, section 4",
        status="P",
        says="Guessing finds the parity of 500 to 600 bits in 250 trials, with ten hidden units without "
        "self-connections; "
        "simulated annealing needed 810,000 for 25 to 50 bits.",
        setting="10 logistic hidden units that see the input and the last output, an output that sees them; "
        "weights from "
        "U(-100, 100); 100 sequences, all within 0.1; one seed is the mean of 20 searches",
        deviations=(
            "the wiring is read from the text: which units have biases, and that the output sees the hidden units "
            "of the "
            "same step",
        ),
        metric="trials, mean of 20 searches",
        rule=Number("trials", 250, rival=810_000),
        run=parity,
    ),
)
