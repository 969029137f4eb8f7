"""Losses are checked against scalar loops and SciPy, their gradients against central differences."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, log_softmax

from rnnlab import gradcheck, losses

DTYPES = (np.float64, np.float32)
LOSSES = ("mse", "softmax_cross_entropy", "sigmoid_cross_entropy")
sizes = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**32 - 1))


def draw(name, n_steps, n_batch, n_output, seed):
    """Return outputs, a target that suits the loss and a mask that keeps at least one step."""
    rng = np.random.default_rng(seed)
    y = rng.normal(0, 3, (n_steps, n_batch, n_output))
    target = {
        "mse": rng.normal(0, 3, y.shape),
        "softmax_cross_entropy": rng.integers(0, n_output, y.shape[:2]),
        "sigmoid_cross_entropy": rng.random(y.shape),
    }[name]
    mask = rng.random(y.shape[:2]) < 0.6
    mask[rng.integers(n_steps), rng.integers(n_batch)] = True
    return y, target, mask


def naive(name, y, target, mask):
    """Return the loss by scalar loops written from the definition."""
    total, n = 0.0, 0
    for t, b in np.ndindex(mask.shape):
        if not mask[t, b]:
            continue
        if name == "softmax_cross_entropy":
            total -= log_softmax(y[t, b])[target[t, b]]
            n += 1
            continue
        for o in range(y.shape[2]):
            a, p = y[t, b, o], target[t, b, o]
            total += (a - p) ** 2 if name == "mse" else -p * math.log(expit(a)) - (1 - p) * math.log(expit(-a))
            n += 1
    return total / n


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=30)
@given(size=sizes)
def test_loss_equals_the_scalar_loops(name, size):
    y, target, mask = draw(name, *size)
    loss, _ = getattr(losses, name)(y, target, mask)
    np.testing.assert_allclose(loss, naive(name, y, target, mask), rtol=1e-11)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("masked", [False, True])
def test_gradient_equals_central_differences(name, masked):
    y, target, mask = draw(name, 4, 3, 5, seed=1)
    mask = mask if masked else None
    _, dy = getattr(losses, name)(y, target, mask)
    numeric = np.empty_like(y)
    step = 1e-5
    for at in np.ndindex(y.shape):
        up, down = y.copy(), y.copy()
        up[at] += step
        down[at] -= step
        numeric[at] = (getattr(losses, name)(up, target, mask)[0] - getattr(losses, name)(down, target, mask)[0]) / (
            2 * step
        )
    assert np.abs(dy - numeric).max() <= 1e-6 * np.abs(dy).max()


@pytest.mark.parametrize("name", LOSSES)
def test_no_mask_is_a_mask_of_ones(name):
    y, target, mask = draw(name, 4, 3, 5, seed=2)
    loss, dy = getattr(losses, name)(y, target)
    full_loss, full_dy = getattr(losses, name)(y, target, np.ones_like(mask))
    assert loss == full_loss
    np.testing.assert_array_equal(dy, full_dy)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("garbage", [np.nan, np.inf, -np.inf, 1e300])
def test_what_masked_steps_hold_reaches_nothing(name, garbage):
    y, target, mask = draw(name, 4, 3, 5, seed=3)
    loss, dy = getattr(losses, name)(y, target, mask)
    spoiled, spoiled_target = y.copy(), target.copy()
    spoiled[~mask] = garbage
    spoiled_target[~mask] = -1 if name == "softmax_cross_entropy" else garbage
    spoiled_loss, spoiled_dy = getattr(losses, name)(spoiled, spoiled_target, mask)
    assert spoiled_loss == loss
    np.testing.assert_array_equal(spoiled_dy, dy)
    assert not dy[~mask].any()
    assert dy[mask].any()


@pytest.mark.parametrize("name", LOSSES)
def test_inputs_are_not_changed(name):
    y, target, mask = draw(name, 4, 3, 5, seed=4)
    before = y.copy(), target.copy(), mask.copy()
    getattr(losses, name)(y, target, mask)
    for array, was in zip((y, target, mask), before, strict=True):
        np.testing.assert_array_equal(array, was)


@pytest.mark.parametrize("name", LOSSES)
def test_float32_stays_float32_and_agrees_with_float64(name):
    y, target, mask = draw(name, 4, 3, 5, seed=5)
    loss, dy = getattr(losses, name)(y, target, mask)
    loss32, dy32 = getattr(losses, name)(y.astype(np.float32), target, mask)
    assert dy32.dtype == np.float32
    assert type(loss32) is float
    np.testing.assert_allclose(loss32, loss, rtol=1e-4)
    np.testing.assert_allclose(dy32, dy, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropies_are_exact_at_ten_thousand(dtype):
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
    loss, dlogits = losses.softmax_cross_entropy(logits, [0, 0])
    assert loss == 1e4
    np.testing.assert_array_equal(dlogits, [[0, 0], [-0.5, 0.5]])
    loss, dlogits = losses.sigmoid_cross_entropy(logits, [[1, 0], [1, 0]])
    assert loss == 5e3
    np.testing.assert_array_equal(dlogits, [[0, 0], [-0.25, 0.25]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_mse_is_exact_at_ten_thousand(dtype):
    loss, dy = losses.mse(np.array([[1e4], [-1e4]], dtype), [[-1e4], [1e4]])
    assert loss == 4e8
    np.testing.assert_array_equal(dy, [[2e4], [-2e4]])


def test_softmax_of_two_classes_is_the_sigmoid_of_their_difference():
    rng = np.random.default_rng(6)
    logits, target = rng.normal(0, 3, (7, 2)), rng.integers(0, 2, 7)
    loss, dlogits = losses.softmax_cross_entropy(logits, target)
    twin_loss, twin = losses.sigmoid_cross_entropy(logits[:, 1:] - logits[:, :1], target[:, None])
    np.testing.assert_allclose(loss, twin_loss, rtol=1e-12)
    np.testing.assert_allclose(dlogits[:, 1:], twin, rtol=1e-10)


def test_a_nan_that_counts_is_not_hidden():
    for name in LOSSES:
        y, target, mask = draw(name, 4, 3, 5, seed=7)
        y[tuple(np.argwhere(mask)[0])] = np.nan
        loss, dy = getattr(losses, name)(y, target, mask)
        assert np.isnan(loss)
        assert np.isnan(dy).any()


ZEROS = np.zeros((4, 3, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.mse(0.0, 0.0), "y has shape (), expected (..., O) with at least one entry"),
        (lambda: losses.mse(ZEROS[:0], ZEROS[:0]), "y has shape (0, 3, 2), expected (..., O) with at least one entry"),
        (lambda: losses.mse(ZEROS, ZEROS[:3]), "target has shape (3, 3, 2), expected (4, 3, 2)"),
        (lambda: losses.mse(ZEROS, ZEROS, np.ones((4, 2))), "mask has shape (4, 2), expected (4, 3)"),
        (lambda: losses.mse(ZEROS, ZEROS, np.full((4, 3), 0.5)), "mask[0, 0] is 0.5, expected 0 or 1"),
        (
            lambda: losses.mse(ZEROS, ZEROS, np.zeros((4, 3))),
            "mask is 0 everywhere, expected at least one step that counts",
        ),
        (
            lambda: losses.softmax_cross_entropy(ZEROS, ZEROS[..., 0]),
            "target has dtype float64, expected class indices of an integer dtype",
        ),
        (
            lambda: losses.softmax_cross_entropy(ZEROS, np.zeros((4, 2), int)),
            "target has shape (4, 2), expected (4, 3)",
        ),
        (
            lambda: losses.softmax_cross_entropy(ZEROS, np.full((4, 3), 2)),
            "target[0, 0] is 2, expected 0 to O-1=1",
        ),
        (
            lambda: losses.softmax_cross_entropy(ZEROS, np.full((4, 3), -1)),
            "target[0, 0] is -1, expected 0 to O-1=1; a mask leaves out what has no class",
        ),
        (lambda: losses.sigmoid_cross_entropy(ZEROS, ZEROS + 1.5), "target[0, 0, 0] is 1.5, expected 0 to 1"),
        (lambda: losses.sigmoid_cross_entropy(ZEROS, ZEROS * np.nan), "target[0, 0, 0] is nan, expected 0 to 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        call()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("logit", "target", "loss", "slope"),
    [
        (-np.inf, 0, 0, 0),
        (np.inf, 1, 0, 0),
        (np.inf, 0, np.inf, 1),
        (-np.inf, 1, np.inf, -1),
        (np.inf, 0.5, np.inf, 0.5),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_answer_that_is_certain_costs_nothing_or_everything(logit, target, loss, slope, dtype):
    found, gradient = losses.sigmoid_cross_entropy(np.array([[logit]], dtype), [[target]])
    assert (found, gradient.tolist()) == (loss, [[slope]])
    assert gradient.dtype == dtype
    masked, gradient = losses.sigmoid_cross_entropy(np.array([[logit], [0.0]], dtype), [[target], [0]], [0, 1])
    assert masked == pytest.approx(np.log(2))
    assert gradient.tolist() == [[0], [0.5]]


@pytest.mark.parametrize(
    ("logits", "target", "loss"),
    [
        ([np.inf, 0, 1], 0, 0),
        ([np.inf, 0, 1], 1, np.inf),
        ([-np.inf, 0, 0], 1, np.log(2)),
        ([-np.inf, 0, 0], 0, np.inf),
    ],
)
def test_a_choice_that_is_certain_costs_nothing_or_everything(logits, target, loss):
    found, gradient = losses.softmax_cross_entropy([logits], [target])
    assert found == pytest.approx(loss)
    assert np.isfinite(gradient).all()
    assert gradient.sum() == pytest.approx(0)


@pytest.mark.parametrize("target", ["1", 1j, None])
def test_targets_that_are_no_numbers_are_refused(target):
    with pytest.raises(TypeError, match=r"^target has dtype "):
        losses.mse([[1.0]], [[target]])


SURE = {"quantiles": losses.Quantiles((0.1, 0.5, 0.9)), "gaussian": losses.gaussian}
OUTPUTS = {"quantiles": 3, "gaussian": 2}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", SURE)
def test_losses_that_say_how_sure_a_forecast_is_have_the_right_gradient(name, masked, dtype):
    rng = np.random.default_rng(2)
    y, target = rng.normal(size=(4, 3, 2 * OUTPUTS[name])), rng.normal(size=(4, 3, 2))
    mask = rng.random((4, 3)) < 0.6 if masked else None
    loss, dy = SURE[name](y, target, mask)
    report = gradcheck.check(lambda y: SURE[name](y, target, mask)[0], y, dy)
    assert report.ok, report
    single, gradient = SURE[name](y.astype(dtype), target, mask)
    assert single == pytest.approx(loss, rel=1e-5)
    assert gradient.dtype == dtype
    if masked:
        y[~mask], target[~mask] = np.nan, np.nan
        again, same = SURE[name](y, target, mask)
        assert again == loss
        np.testing.assert_array_equal(same, dy)


def test_quantiles_are_least_where_that_share_lies_below():
    drawn = np.random.default_rng(0).normal(size=(2001, 1))
    loss = losses.Quantiles((0.1, 0.9))
    best = np.quantile(drawn, [0.1, 0.9])
    least, slope = loss(np.tile(best, (2001, 1)), drawn)
    assert np.abs(slope.sum(axis=0)).max() < 1e-3
    for shift in ([0.1, 0], [-0.1, 0], [0, 0.1], [0, -0.1]):
        assert loss(np.tile(best + shift, (2001, 1)), drawn)[0] > least


def test_the_normal_law_is_that_of_scipy():
    from scipy.stats import norm

    rng = np.random.default_rng(1)
    mean, s, target = rng.normal(size=(3, 50, 2))
    expected = -norm.logpdf(target, mean, np.exp(s / 2)).mean()
    assert losses.gaussian(np.concatenate([mean, s], axis=1), target)[0] == pytest.approx(expected)


@pytest.mark.parametrize("levels", [(), (0.5, 0.1), (0.0, 0.5), (0.5, 1.0), (0.5, 0.5)])
def test_levels_that_are_none_are_named(levels):
    with pytest.raises(ValueError, match=r"^levels is .*, expected rising numbers between 0 and 1$"):
        losses.Quantiles(levels)


def test_targets_that_do_not_fit_the_outputs_are_named():
    with pytest.raises(
        ValueError, match=r"^target has shape \(4, 1\) beside y's \(4, 2\), expected 3 outputs to a target$"
    ):
        losses.Quantiles((0.1, 0.5, 0.9))(np.zeros((4, 2)), np.zeros((4, 1)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_class_weights_give_the_weighted_mean_and_its_gradient(dtype):
    y, target, mask = draw("softmax_cross_entropy", 4, 3, 5, seed=2)
    weights = np.array([0.5, 2.0, 0.0, 3.0, 1.0])
    y = y.astype(dtype)
    loss, dy = losses.softmax_cross_entropy(y, target, mask, class_weights=weights)
    total = sum(
        -weights[target[at]] * log_softmax(y[at].astype(float))[target[at]]
        for at in zip(*np.nonzero(mask), strict=False)
    )
    assert loss == pytest.approx(total / weights[target[mask]].sum(), rel=1e-5 if dtype == np.float32 else 1e-12)
    assert dy.dtype == dtype
    assert not dy[~mask].any()
    assert not dy[target == 2].any()
    if dtype == np.float64:
        report = gradcheck.check(
            lambda y: losses.softmax_cross_entropy(y, target, mask, class_weights=weights)[0], y, dy
        )
        assert report.ok, report


def test_equal_class_weights_change_nothing():
    y, target, mask = draw("softmax_cross_entropy", 4, 3, 5, seed=2)
    plain, dplain = losses.softmax_cross_entropy(y, target, mask)
    loss, dy = losses.softmax_cross_entropy(y, target, mask, class_weights=np.full(5, 7.0))
    assert loss == pytest.approx(plain, rel=1e-14)
    np.testing.assert_allclose(dy, dplain, rtol=1e-13)


def test_class_weights_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    y, target, _ = draw("softmax_cross_entropy", 4, 3, 5, seed=3)
    weights = np.array([0.5, 2.0, 0.1, 3.0, 1.0])
    theirs = torch.tensor(y.reshape(-1, 5), requires_grad=True)
    expected = torch.nn.functional.cross_entropy(theirs, torch.tensor(target.ravel()), weight=torch.tensor(weights))
    expected.backward()
    loss, dy = losses.softmax_cross_entropy(y, target, class_weights=weights)
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(dy.reshape(-1, 5), theirs.grad.numpy(), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("weights", [None, np.array([0.5, 2.0, 0.0, 3.0, 1.0])])
@pytest.mark.parametrize("masked", [False, True])
def test_label_smoothing_is_that_of_pytorch(weights, masked):
    torch = pytest.importorskip("torch")
    y, target, mask = draw("softmax_cross_entropy", 4, 3, 5, seed=3)
    theirs = torch.tensor(y.reshape(-1, 5), requires_grad=True)
    left_out = np.where(mask, target, -100) if masked else target  # -100 is left out by PyTorch
    options = {"weight": None if weights is None else torch.tensor(weights), "label_smoothing": 0.1}
    expected = torch.nn.functional.cross_entropy(theirs, torch.tensor(left_out.ravel()), **options)
    expected.backward()
    given = np.where(mask[:, :, None], y, np.nan) if masked else y
    loss, dy = losses.softmax_cross_entropy(
        given, target, mask if masked else None, class_weights=weights, label_smoothing=np.float32(0.1)
    )
    assert loss == pytest.approx(expected.item(), rel=1e-7)  # 0.1 in float32
    np.testing.assert_allclose(dy.reshape(-1, 5), theirs.grad.numpy(), rtol=1e-6, atol=1e-9)
    assert losses.softmax_cross_entropy(y.astype(np.float32), target, label_smoothing=0.1)[1].dtype == np.float32
    with pytest.raises(ValueError, match="label_smoothing is 1, expected at least 0 and less than 1"):
        losses.softmax_cross_entropy(y, target, label_smoothing=1)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 1.0], "class_weights has shape"),
        ([1.0, -1.0, 1.0], "expected numbers from 0"),
        ([1.0, np.nan, 1.0], "expected numbers from 0"),
        ([1.0, 0.0, 1.0], "class_weights are 0 for every target that counts"),
    ],
)
def test_class_weights_that_are_none_are_named(weights, message):
    with pytest.raises(ValueError, match=message):
        losses.softmax_cross_entropy(np.zeros((2, 3)), [1, 1], class_weights=weights)
