"""What is right for ordinary sizes and numbers alone, or random in another way, loses in assignment 6."""

import numpy as np
import pytest
import scipy
from assignments.wrong_answers import SEEDS, always_lose, never_lose, report_of

from rnnlab.assignments.vanishing_gradients import checks as asked
from rnnlab.assignments.vanishing_gradients import starts
from rnnlab.checks.student import Failed

# 6.1 and 6.2


@pytest.mark.parametrize(
    "change",
    [np.squeeze, lambda p: np.where(np.abs(p) < 1e-6, 0, p), lambda p: np.clip(p, -1e3, 1e3)],
    ids=["squeezed", "small ones dropped", "clipped"],
)
def test_products_that_are_right_for_ordinary_numbers_lose(change):
    assert always_lose("6.1", jacobian_products=lambda h, w_h: change(asked.jacobian_products(h, w_h)))


def test_products_of_a_hundred_steps_at_most_lose():
    def answer(h, w_h):
        products = asked.jacobian_products(h, w_h)
        return np.concatenate([np.zeros_like(products[:-100]), products[-100:]])

    assert always_lose("6.1", jacobian_products=answer)


def _power_iteration(w_h, name):
    v = np.ones(len(w_h))
    for _ in range(500):
        v = w_h @ v
        v /= np.linalg.norm(v)  # NaN for zero and for nilpotent weights
    return float(np.linalg.norm(w_h @ v)) * (0.25 if name == "sigmoid" else 1.0)


@pytest.mark.parametrize(
    "answer",
    [
        _power_iteration,
        lambda w_h, name: max(asked.decay_rate(w_h, name), 1e-6),
        lambda w_h, name: asked.decay_rate(w_h[:30, :30], name),
        lambda w_h, name: float(np.linalg.norm(np.linalg.matrix_power(asked._at_rest(w_h, name), 64)) ** (1 / 64)),
    ],
    ids=["power iteration", "at least 1e-6", "30 units", "64 steps"],
)
def test_a_rate_that_is_right_for_ordinary_weights_loses(answer):
    with np.errstate(all="ignore"):
        assert always_lose("6.2", decay_rate=answer)


# 6.3


def _clip(gradients, c, threshold=1.0, names=None, added=0.0):
    chosen = {name: g for name, g in gradients.items() if names is None or name in names}
    norm = np.hypot.reduce(np.concatenate([g.ravel() for g in chosen.values()] or [np.zeros(1)]))
    factor = c / (norm + added) if norm > threshold * c else 1.0
    return {name: factor * g if name in chosen else g.copy() for name, g in gradients.items()}


@pytest.mark.parametrize(
    "how",
    [
        {"threshold": 1.4},
        {"threshold": 1.01},
        {"names": {"w_h", "b_h", "w_x", "w_y", "b_y"}},
        {"added": 1e-6},
        {"added": 1e-12},
    ],
    ids=["threshold at 1.4 c", "threshold at 1.01 c", "five names only", "1e-6 added", "1e-12 added"],
)
def test_clipping_that_is_right_for_ordinary_gradients_loses(how):
    assert never_lose("6.3", clip_by_norm=_clip)
    assert always_lose("6.3", clip_by_norm=lambda gradients, c: _clip(gradients, c, **how))


@pytest.mark.parametrize("least", [1e-15, 1e-30, 1e-60])
def test_small_gradients_taken_for_0_lose(least):
    def answer(gradients, c):
        return _clip({name: np.where(np.abs(g) < least, 0.0, g) for name, g in gradients.items()}, c)

    assert always_lose("6.3", clip_by_norm=answer)


def test_nan_for_an_infinite_bound_loses():
    def answer(gradients, c):
        norm = np.hypot.reduce(np.concatenate([g.ravel() for g in gradients.values()]))
        return {name: g / max(norm, 1e-300) * c * min(1.0, norm / c) for name, g in gradients.items()}

    with np.errstate(all="ignore"):
        assert always_lose("6.3", clip_by_norm=answer)


# 6.4


def drawn_by(numbers):
    """Return identity_init with weights w_x = scale · numbers(rng, (H, D)), and a seed that may be changed."""

    def identity_init(n_input, n_hidden, scale, seed):
        w_x = scale * numbers(np.random.default_rng(seed), (n_hidden, n_input))
        return w_x, np.eye(n_hidden), np.zeros(n_hidden)

    return identity_init


def _mirrored_rows(rng, shape):
    half = rng.normal(size=((shape[0] + 1) // 2, shape[1]))
    return np.concatenate([half, -half])[: shape[0]]


def _common_part(rng, shape):
    return (rng.normal(size=shape) + rng.normal(size=(1, shape[1]))) / np.sqrt(2)


def _truncated(limit):
    spread = scipy.stats.truncnorm(-limit, limit).std()
    return lambda rng, shape: scipy.stats.truncnorm(-limit, limit).rvs(shape, random_state=rng) / spread


WRONG_NUMBERS = {
    "uniform of the same spread": lambda rng, shape: rng.uniform(-np.sqrt(3), np.sqrt(3), shape),
    "Laplace of the same spread": lambda rng, shape: rng.laplace(0, np.sqrt(0.5), shape),
    "Student's t of the same spread": lambda rng, shape: rng.standard_t(8, shape) / np.sqrt(8 / 6),
    "signs": lambda rng, shape: rng.choice([-1.0, 1.0], shape),
    "cut at two standard deviations": _truncated(2.0),
    "cut at two and a half": _truncated(2.5),
    "5 % too wide": lambda rng, shape: 1.05 * rng.normal(size=shape),
    "mean of 0.05": lambda rng, shape: rng.normal(0.05, 1, shape),
    "mirrored rows": _mirrored_rows,
    "mirrored columns": lambda rng, shape: _mirrored_rows(rng, shape[::-1]).T,
    "rows with a common part": _common_part,
    "columns with a common part": lambda rng, shape: _common_part(rng, shape[::-1]).T,
    "one row repeated": lambda rng, shape: np.repeat(rng.normal(size=(1, shape[1])), shape[0], axis=0),
    "rounded": lambda rng, shape: rng.normal(size=shape).round(1),
}


@pytest.mark.parametrize("name", WRONG_NUMBERS)
def test_weights_that_are_drawn_in_another_way_lose(name):
    assert always_lose("6.4", identity_init=drawn_by(WRONG_NUMBERS[name]))


@pytest.mark.parametrize("name", ["mean", "spread"])
def test_weights_with_another_mean_are_not_said_to_have_another_spread(name):
    far = {"mean": lambda rng, shape: rng.normal(-30, 1, shape), "spread": lambda rng, shape: rng.normal(0, 30, shape)}
    for seed in SEEDS:
        report = report_of("6.4", {"identity_init": drawn_by(far[name])}, seed)
        assert f"the {name} of w_x is off" in report.first_failing.message
        assert not report.hints


SEEDS_LOST = {
    "none": lambda seed: 0,
    "last digits": lambda seed: seed % 1000,
    "last bit": lambda seed: seed % 2,
    "last bit dropped": lambda seed: seed // 2,
    "low half": lambda seed: seed % 2**16,
    "31 bits": lambda seed: seed % 2**31,
    "sixteenths": lambda seed: seed >> 4,
}


@pytest.mark.parametrize("name", SEEDS_LOST)
def test_an_answer_that_uses_a_part_of_the_seed_loses(name):
    lost = SEEDS_LOST[name]
    assert always_lose("6.4", identity_init=lambda d, h, scale, seed: asked.identity_init(d, h, scale, lost(seed)))
    assert always_lose("6.4", orthogonal_init=lambda h, seed: asked.orthogonal_init(h, lost(seed)))


def test_other_generators_from_the_seed_have_full_marks():
    def identity_init(n_input, n_hidden, scale, seed):
        w_x = np.random.RandomState(seed).randn(n_hidden, n_input) * scale
        return w_x, np.eye(n_hidden), np.zeros(n_hidden)

    assert never_lose("6.4", identity_init=identity_init)


def test_normal_numbers_are_refused_by_one_drawing_in_three_hundred_at_most():
    """Of 300 drawings the level lets fewer than 0.9 be refused on average; 6 or more come with probability 4e-4."""
    refused = 0
    for seed in range(300):
        w = np.random.default_rng(seed).normal(size=(60, 40))
        try:
            starts._judge_numbers(w.ravel())
            starts._judge_pairs(w, "rows")
            starts._judge_pairs(w.T, "columns")
        except Failed:
            refused += 1
    assert refused < 6
