"""What question 6.4 asks of chance: are the numbers normal, independent of each other, and made from the seed alone?"""

import numpy as np
import scipy

from rnnlab.assignments._drawing import other_seeds
from rnnlab.checks.compare import kind_of
from rnnlab.checks.question import CaseGenerator, StudentProxy
from rnnlab.checks.student import wrong

RIGHT = "as drawn from one normal distribution"
SEEDED = (
    "orthogonal: the same matrix for the same seed",
    "orthogonal: how many other seeds give the same matrix",
    "orthogonal: the number of zeros in the matrix",
    "identity: the same w_x for the same seed",
    "identity: how many other seeds give the same w_x",
)
_LEVEL = 3e-4  # of each of the eight tests of one drawing


def normal_weights(ask: StudentProxy, draw: CaseGenerator):
    """Say in words what is wrong with the weights w_x, if anything is.

    Eight tests are made of some 20,000 numbers: the sum of squares (chi-square) and the mean (normal), both exact; the
    distribution function (Kolmogorov and Smirnov), skewness and kurtosis; the cosine between each two rows, each two
    columns and the weights of two seeds, whose square has a beta distribution, exactly. Each is at the level 3e-4,
    divided by the number of places where it looks: one drawing refuses a right answer in fewer than 3 of 1,000 runs,
    and two in a row in fewer than 1 of 100,000. That the spread is off by 5 % for the smallest scales or the largest is
    ten standard deviations away.
    """
    n_input, n_hidden = int(draw.rng.integers(100, 120)), int(draw.rng.integers(170, 200))
    scale, (seed, others) = float(10.0 ** draw.rng.uniform(-4, 0.5)), other_seeds(draw)
    _weights(ask, n_input, n_hidden, 2 * scale, seed)  # who keeps answers by sizes and seed has another scale now
    for extreme in (10.0 ** draw.rng.uniform(-4, -3.5), 10.0 ** draw.rng.uniform(0.3, 0.5)):
        spread = float(np.std(_weights(ask, n_input, n_hidden, float(extreme), seed)))
        if not 0.95 < spread < 1.05:
            raise wrong(f"the spread of w_x is off: it is {spread:.1g} times the scale asked for")
    w, *more = (_weights(ask, n_input, n_hidden, scale, s) for s in (seed, *others[2:4]))
    if np.unique(np.abs(w)).size < w.size:
        raise wrong("numbers come again in w_x, as they are or with the other sign: draw each of them anew")
    _judge_numbers(w.ravel())
    _judge_pairs(w, "rows")
    _judge_pairs(w.T, "columns")
    for other in more:
        if _cosine_chance(w.ravel()[None], other.ravel()[None]).min() < _LEVEL / 2:
            raise wrong("the weights w_x of different seeds are alike")
    return RIGHT


def _weights(ask: StudentProxy, n_input: int, n_hidden: int, scale: float, seed: int) -> np.ndarray:
    answer = ask("identity_init", n_input, n_hidden, scale, seed)
    w_x = answer[0] if isinstance(answer, tuple) and answer else answer
    if not isinstance(w_x, np.ndarray) or w_x.shape != (n_hidden, n_input) or w_x.dtype != np.float64:
        raise wrong(f"w_x is {kind_of(w_x)}, expected an array of shape ({n_hidden}, {n_input})")
    if not np.isfinite(w_x).all():
        raise wrong("w_x has numbers that are not finite")
    return w_x / scale


def _judge_numbers(drawn: np.ndarray) -> None:
    n, square, mean = drawn.size, float(np.sum(drawn**2)), float(drawn.mean())
    law, aside = scipy.stats.chi2(n), abs(mean) * np.sqrt(n)
    far = 2 * min(law.cdf(square), law.sf(square)) < _LEVEL
    if 2 * scipy.stats.norm.sf(aside) < _LEVEL and (not far or 2 * scipy.stats.norm.sf(aside / drawn.std()) < _LEVEL):
        raise wrong(f"the mean of w_x is off: it is {mean:.2g} times the scale, expected 0")
    if far:
        raise wrong(f"the spread of w_x is off: it is {np.sqrt(square / n):.3g} times the scale asked for")
    tests = scipy.stats.kstest(drawn, "norm"), scipy.stats.skewtest(drawn), scipy.stats.kurtosistest(drawn)
    if min(test.pvalue for test in tests) < _LEVEL:
        raise wrong("the spread of w_x is right, but its numbers are not normally distributed")


def _judge_pairs(w: np.ndarray, what: str) -> None:
    first, second = np.triu_indices(len(w), 1)
    if _cosine_chance(w[first], w[second]).min() < _LEVEL / len(first):
        raise wrong(f"the {what} of w_x depend on each other")


def _cosine_chance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return how likely rows of independent normal numbers are as parallel as these, or more."""
    squared = np.sum(a * b, axis=1) ** 2 / (np.sum(a**2, axis=1) * np.sum(b**2, axis=1))
    return scipy.stats.beta.sf(squared, 0.5, (a.shape[1] - 1) / 2)


def drawn_from_the_seed(ask: StudentProxy, draw: CaseGenerator):
    """Compare what two calls with one seed and others with other seeds return; in one case the seed is 0."""
    n_hidden, n_input = draw.size(2, 9), draw.size(1, 5)
    seed, others = other_seeds(draw, 0 if draw.case == 1 else None)
    found: list = []
    for function, sizes in (("orthogonal_init", (n_hidden,)), ("identity_init", (n_input, n_hidden, 0.01))):
        drawn = [ask(function, *sizes, s) for s in (seed, seed, *others)]
        drawn = [d[0] if isinstance(d, tuple) and d else d for d in drawn]
        if not all(isinstance(d, np.ndarray) for d in drawn):
            return next(d for d in drawn if not isinstance(d, np.ndarray))
        once, again, *rest = drawn
        found += [np.array_equal(once, again), sum(np.array_equal(once, other) for other in rest)]
        found += [int(np.sum(once == 0))] if function == "orthogonal_init" else []
    return tuple(found)
