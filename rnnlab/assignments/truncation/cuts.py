"""What question 5.3 asks: where does a function cut, by what does it multiply, and does chance alone decide?"""

import numpy as np
import scipy

from rnnlab.assignments._drawing import other_seeds
from rnnlab.checks.question import CaseGenerator, StudentProxy
from rnnlab.checks.student import wrong

RIGHT = "as c says, each by itself"
_LEVEL = 6e-4  # of each of the five tests of one drawing


class Transparent:
    """A network of one unit in which the gradient of w_x shows by what each step's carried gradient was multiplied.

    Every step of every row has an input unit of its own, so that the entries of dw_x are da_t, and
    da_t = (w_y e_t + factor_t w_h da_{t+1}) (1 - h_t²) is solved for the factor. Terms are positive: nothing cancels.
    """

    def __init__(self, draw: CaseGenerator, n_steps: int, n_batch: int):
        n = n_steps * n_batch
        w_h, w_y = draw.rng.uniform(0.5, 1, (2, 1, 1))
        w_x, b_h, b_y = draw.array(1, n, scale=0.3), draw.array(1, scale=0.1), draw.array(1)
        self.weights = (w_x, w_h, b_h, w_y, b_y)
        self.x = np.eye(n).reshape(n_steps, n_batch, n)
        h = np.zeros((n_steps + 1, n_batch))
        for t in range(n_steps):
            h[t + 1] = np.tanh(self.x[t] @ w_x[0] + w_h[0, 0] * h[t] + b_h[0])
        self.slope = 1 - h[1:] ** 2
        self.error = draw.rng.uniform(0.5, 1.5, (n_steps, n_batch))
        self.target = (w_y[0, 0] * h[1:] + b_y[0] - self.error)[:, :, None]

    def ask_factors(self, ask: StudentProxy, c: float, seed: int):
        """Return the (T-1, B) factors of one call, or the answer where it is no answer."""
        answer = ask("randomly_truncated", self.x, self.target, self.weights, c, seed)
        if not like(answer, self.weights):
            return answer
        da, w_h, w_y = answer[0][0].reshape(self.error.shape), self.weights[1][0, 0], self.weights[3][0, 0]
        with np.errstate(all="ignore"):
            return ((da / self.slope - w_y * self.error)[:-1] / (w_h * da[1:])).round(6) + 0.0


def like(answer, want: tuple[np.ndarray, ...]) -> bool:
    """Return whether an answer is a tuple of arrays of the shapes and dtypes of these."""
    return (
        isinstance(answer, tuple)
        and len(answer) == len(want)
        and all(
            isinstance(a, np.ndarray) and (a.shape, a.dtype) == (w.shape, w.dtype)
            for a, w in zip(answer, want, strict=True)
        )
    )


def factors(ask: StudentProxy, draw: CaseGenerator):
    """Return the different factors that occur in 240 steps back; one of the two does not with probability 2e-11.

    Whatever c is, the number of cuts must be one that a right answer misses in fewer than 1 of 2,000,000 drawings.
    """
    network = Transparent(draw, 31, draw.size(1, 3, large=4))
    c = float(draw.rng.uniform(*((0.1, 0.15), (0.3, 0.7), (0.85, 0.9))[draw.case % 3]))
    found = [network.ask_factors(ask, c, int(draw.rng.integers(2**31))) for _ in range(8)]
    strange = [f for f in found if not isinstance(f, np.ndarray)]
    if strange:
        return strange[0]
    cut = np.array([f[:, 0] == 0 for f in found])
    if cut.any() and _chance(cut.sum(), cut.size, c) < 5e-7:
        raise wrong("cuts come too often" if cut.mean() > c else "cuts come too seldom")
    return np.unique(np.concatenate(found))


def how_cuts_come(ask: StudentProxy, draw: CaseGenerator):
    """Say in words what is wrong with the cuts, if anything is.

    Of n independent events of probability p, the number that happens has a binomial distribution, exactly. Four tests
    are made of 144 calls of 24 steps each, on how many cuts there are altogether, at each step, at both of each two
    steps of a call, and at the same step, or at steps next to each other, of two calls whose seeds are near each other;
    the fifth is a chi-square test of how much the number of cuts varies from call to call. Each is at the level 6e-4,
    divided by the number of places where it looks: one drawing refuses a right answer in fewer than 3 of 1,000 runs,
    and two in a row in fewer than 1 of 100,000. Of the third test's level, a half goes to the correlation of steps that
    are up to six apart, all calls and steps taken together. That one of 126 pairs of seeds, among them 0 and others,
    gives the same 24 cuts has a probability of 1e-4.
    """
    network = Transparent(draw, 25, draw.size(2, 3))
    c = float(draw.rng.choice([0.35, 0.45, 0.55, 0.65]) + draw.rng.uniform(-0.01, 0.01))  # no tenth, half or third
    groups = [other_seeds(draw, None if i else 0) for i in range(18)]
    cuts = np.array([[_cuts(network, ask, c, seed) for seed in (first, *others)] for first, others in groups])
    if (_cuts(network, ask, c, groups[0][0]) != cuts[0, 0]).any():
        raise wrong("differently when the seed is the same")
    if not cuts.any():
        raise wrong("never")
    if (cuts == cuts[0, 0]).all():
        raise wrong("in the same way for every seed")
    if (cuts[:, 1:] == cuts[:, :1]).all(axis=(2, 3)).any():
        raise wrong("in the same way for different seeds")
    if (cuts == cuts[:, :, :1]).all():
        raise wrong("at all steps of a call, or at none")
    if not (cuts == cuts[..., :1]).all():
        raise wrong("not at the same steps in every row of the batch")
    if any((cuts[:, :, i:-1:2] == cuts[:, :, i + 1 :: 2]).all() for i in (0, 1)):
        raise wrong("in twos: at both of two neighbouring steps, or at neither")
    return _judged(cuts[..., 0], c)


def _cuts(network: Transparent, ask: StudentProxy, c: float, seed: int) -> np.ndarray:
    found = network.ask_factors(ask, c, seed)
    if not isinstance(found, np.ndarray) or found.ndim != 2 or not (np.isfinite(found) & (found >= 0)).all():
        raise wrong(f"unclear: carried gradients are multiplied by {found!s:.200}")
    return found == 0


def _judged(cuts: np.ndarray, c: float) -> str:
    """Judge cuts by groups of calls whose seeds are near each other, by call, and by step."""
    calls = cuts.reshape(-1, cuts.shape[-1])
    if _chance(calls.sum(), calls.size, c) < _LEVEL:
        raise wrong("too often" if calls.mean() > c else "too seldom")
    if (_chance(calls.sum(axis=0), len(calls), c) < _LEVEL / calls.shape[1]).any():
        raise wrong("at some steps more often than at others")
    pairs = np.triu_indices(calls.shape[1], 1)
    both = (calls[:, pairs[0]] & calls[:, pairs[1]]).sum(axis=0)
    spread = scipy.stats.chi2(len(calls))
    varied = ((calls.sum(axis=1) - calls.shape[1] * c) ** 2).sum() / (calls.shape[1] * c * (1 - c))
    alone = (_chance(both, len(calls), c**2) >= _LEVEL / 2 / both.size).all() and _apart(calls, c) >= _LEVEL / 2
    if not alone or 2 * min(spread.cdf(varied), spread.sf(varied)) < _LEVEL:
        raise wrong("not each by itself")
    first, others = cuts[:, :1], cuts[:, 1:]
    n_steps = cuts.shape[2]
    for late, early in ((0, 0), (0, 1), (1, 0)):
        both = first[:, :, late : n_steps - early] & others[:, :, early : n_steps - late]
        near = both.sum(axis=(0, 2))
        if (_chance(near, both.shape[0] * both.shape[2], c**2) < _LEVEL / 3 / near.size).any():
            raise wrong("alike for different seeds")
    return RIGHT


def _apart(calls: np.ndarray, c: float, most: int = 6) -> float:
    """Return the p-value of the largest correlation of cuts at steps up to `most` apart, their number allowed for.

    Each is a sum of thousands of uncorrelated terms of mean 0 and variance 1 that are bounded, nearly normal.
    """
    z = (calls - c) / np.sqrt(c * (1 - c))
    scores = [(z[:, :-lag] * z[:, lag:]).sum() / np.sqrt(z[:, lag:].size) for lag in range(1, most + 1)]
    return float(2 * most * scipy.stats.norm.sf(np.abs(scores).max()))


def _chance(count, n: int, p: float):
    """Return how likely a count so far from n·p is, or one that is further away on its side, doubled."""
    law = scipy.stats.binom(n, p)
    return 2 * np.minimum(law.cdf(count), law.sf(np.asarray(count) - 1))
