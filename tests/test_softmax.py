"""The compiled cross-entropy of a softmax is that of its NumPy form, at every width and at the ends of the scale."""

import numpy as np
import pytest

from rnnlab.kernels import softmax, tiers

pytestmark = pytest.mark.skipif(tiers.INSTRUCTIONS is None, reason="no engine runs here")
INF = np.inf


@pytest.fixture
def both(monkeypatch):
    """Return what both tiers make of rows of scores, the engine's first."""

    def run(logits, index, share):
        given = np.array(logits), np.array(index), np.array(share, logits.dtype)
        monkeypatch.setattr(tiers, "WANTED", "engine")
        engine = softmax.softmax_cross_entropy(*given)
        monkeypatch.setattr(tiers, "WANTED", "plain")
        monkeypatch.setattr(tiers, "INSTRUCTIONS", None)
        plain = softmax.softmax_cross_entropy(*given)
        monkeypatch.undo()
        np.testing.assert_array_equal(given[0], logits)
        return engine, plain

    return run


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 7, 8, 15, 16, 17, 33, 1000])
def test_both_tiers_agree_at_every_width(both, dtype, n):
    rng = np.random.default_rng(n)
    logits = (rng.standard_normal((9, n)) * 10.0 ** rng.integers(-3, 3, (9, 1))).astype(dtype)
    share = rng.random(9) * (np.arange(9) != 4)
    logits[4] = np.nan  # a row that does not count
    (loss, dlogits), (expected, dexpected) = both(logits, rng.integers(0, n, 9), share)
    eps = np.finfo(dtype).eps
    assert abs(loss - expected) <= 64 * eps * max(1, abs(expected))
    np.testing.assert_allclose(dlogits, dexpected, rtol=0, atol=64 * eps)
    assert dlogits.dtype == dtype
    assert not dlogits[4].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("row", "right", "loss", "gradient"),
    [
        ([0.0, -INF, 0.0], 0, np.log(2), [-0.5, 0, 0.5]),  # a class that cannot be: its gradient is 0 to the last bit
        ([0.0, -1e5, 0.0], 0, np.log(2), [-0.5, 0, 0.5]),
        ([INF, 0.0, 5.0], 0, 0, [0, 0, 0]),  # a class that is certain
        ([INF, 0.0, 5.0], 1, INF, [1, -1, 0]),
        ([1e30, 1e30, -1e30], 1, np.log(2), [0.5, -0.5, 0]),
        ([np.nan, 0.0, 0.0], 1, np.nan, [np.nan] * 3),
        ([0.0, 0.0, np.nan], 1, np.nan, [np.nan] * 3),
    ],
)
def test_both_tiers_are_exact_at_the_ends(both, dtype, row, right, loss, gradient):
    tolerance = 4 * np.finfo(dtype).eps
    for found, dlogits in both(np.array([row], dtype), [right], [1.0]):
        np.testing.assert_allclose(found, loss, rtol=tolerance)
        np.testing.assert_allclose(dlogits[0], gradient, rtol=tolerance)


@pytest.mark.parametrize("tier", ["engine", "plain"])
def test_scores_that_are_locked_or_lie_the_other_way_give_the_same_and_compile_nothing(both, monkeypatch, tier):
    scores, rest = np.random.default_rng(0).standard_normal((6, 4)), (np.zeros(6, np.intp), np.ones(6))
    expected = both(scores, *rest)[tier == "plain"]
    n = len(softmax._engine().signatures)
    monkeypatch.setattr(*(tiers, "WANTED", "engine") if tier == "engine" else (tiers, "INSTRUCTIONS", None))
    locked = scores.copy()
    locked.flags.writeable = False
    for given in (locked, np.asfortranarray(scores)):
        loss, dlogits = softmax.softmax_cross_entropy(given, *rest)
        assert loss == expected[0]
        np.testing.assert_array_equal(dlogits, expected[1])
    assert len(softmax._engine().signatures) == n


def test_what_does_not_fit_is_no_loss_and_writes_nowhere_else(monkeypatch):
    kernel, scores = softmax._engine(), np.zeros((3, 4))
    fits = np.zeros(3, np.intp), np.ones(3), np.zeros((3, 4))
    assert np.isfinite(kernel(scores, *fits))
    for wrong in ((np.zeros(2, np.intp), *fits[1:]), (fits[0], np.ones(2), fits[2]), (*fits[:2], np.zeros((3, 3)))):
        assert np.isnan(kernel(scores, *wrong))
    for index in (-1, 4, 2**40):
        assert np.isnan(kernel(scores, np.full(3, index), *fits[1:]))
        monkeypatch.setattr(tiers, "WANTED", "engine")
        with pytest.raises(IndexError):
            softmax.softmax_cross_entropy(scores, np.full(3, 100 + abs(index)), fits[1])
    errors = pytest.importorskip("numba.core.errors")
    with pytest.raises(errors.TypingError):  # rows that overlap
        kernel(np.broadcast_to(0.0, (3, 4)), *fits)
