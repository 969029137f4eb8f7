"""What is right for ordinary sizes and numbers alone loses in assignment 4, and what the text allows does not."""

import numpy as np
import pytest
from assignments.wrong_answers import always_lose, never_lose

from rnnlab.assignments.backpropagation import checks as asked


def changed(function, change):
    """Return the reference's function with its results changed."""
    return lambda *args: tuple(change(result) for result in function(*args))


# 4.1


@pytest.mark.parametrize(
    "answer",
    [
        lambda y, target, mask: asked.mse(np.nan_to_num(y), target, mask),
        lambda y, target, mask: asked.mse(
            np.where(mask[..., None], y, 0), np.nan_to_num(target) * mask[..., None], mask
        ),
        lambda y, target, mask: asked.mse(np.clip(y, -1e4, 1e4), target, mask),
        lambda y, target, mask: asked.mse(np.where(np.abs(y) < 1e-6, 0, y), target, mask),
    ],
    ids=["NaN hidden", "infinity under the mask", "clipped", "small ones dropped"],
)
def test_a_squared_error_that_hides_or_clips_loses(answer):
    assert always_lose("4.1", mse=answer)


def _nan_in_target(y, target, mask):
    error = np.where(mask[..., None], y, 0) - target * mask[..., None]
    n = mask.sum() * y.shape[2]
    return float((error**2).sum() / n), 2 * error / n


def test_a_target_multiplied_by_the_mask_loses():
    with np.errstate(all="ignore"):
        assert always_lose("4.1", mse=_nan_in_target)


@pytest.mark.parametrize("name", ["mse", "cross_entropy"])
def test_an_axis_of_one_output_that_is_lost_loses(name):
    function = getattr(asked, name)
    squeezed = {name: lambda *args: (function(*args)[0], np.squeeze(function(*args)[1]))}
    assert always_lose("4.1", **squeezed)


def test_a_cross_entropy_that_hides_a_nan_loses():
    assert always_lose(
        "4.1", cross_entropy=lambda logits, *more: asked.cross_entropy(np.nan_to_num(logits, posinf=0), *more)
    )


def test_a_loss_is_taken_by_its_value_and_two_results_in_a_list():
    assert never_lose("4.1", mse=lambda *args: [np.array(asked.mse(*args)[0]), asked.mse(*args)[1]])


# 4.2 and 4.3

CHANGES = {
    "squeezed": np.squeeze,
    "clipped at 1000": lambda a: np.clip(a, -1000, 1000),
    "products under 1e-6 set to zero": lambda a: np.where(np.abs(a) < 1e-6, 0, a),
}


@pytest.mark.parametrize("change", CHANGES)
def test_gradients_that_are_right_for_ordinary_sizes_and_numbers_lose(change):
    assert always_lose("4.2", rnn_step_backward=changed(asked.rnn_step_backward, CHANGES[change]))
    assert always_lose("4.3", rnn_backward=changed(asked.rnn_backward, CHANGES[change]))


def _divided_by_the_slope(dh, x, h_before, h_after, w_x, w_h):
    slope = 1 - h_after**2
    return asked.rnn_step_backward(dh / slope * slope, x, h_before, h_after, w_x, w_h)


def test_a_step_back_that_divides_by_the_slope_of_a_saturated_unit_loses():
    assert always_lose("4.2", rnn_step_backward=_divided_by_the_slope)


def _at_most(n, dy, x, h, w_x, w_h, w_y):
    if len(x) <= n:
        return asked.rnn_backward(dy, x, h, w_x, w_h, w_y)
    *weights, dx, dh_0 = asked.rnn_backward(dy[-n:], x[-n:], h[-n - 1 :], w_x, w_h, w_y)
    _, _, _, dw_y, db_y, _, _ = asked.rnn_backward(dy, x, h, w_x, w_h, w_y)
    return *weights[:3], dw_y, db_y, np.concatenate([np.zeros_like(x[:-n]), dx]), dh_0


def test_a_way_back_of_forty_steps_at_most_loses():
    assert always_lose("4.3", rnn_backward=lambda *args: _at_most(40, *args))


# 4.4


def _checker(
    double=1e-6,
    single=1e-2,
    single_step=5e-3,
    verdict=lambda error, numeric, df, tolerance: error.max() <= tolerance * np.abs(numeric).max(),
    place=lambda error, numeric: np.unravel_index(np.argmax(error), error.shape),
):
    def gradcheck(f, x, df):
        tolerance, step = (double, 6e-6) if x.dtype == np.float64 else (single, single_step)
        numeric = np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[i] += step
            down[i] -= step
            numeric[i] = (f(up) - f(down)) / (float(up[i]) - float(down[i]))
        error = np.abs(df - numeric)
        return bool(verdict(error, numeric, df, tolerance)), tuple(int(i) for i in place(error, numeric))

    return gradcheck


def _by_sums(error, numeric):
    if error.ndim != 2:
        return np.unravel_index(np.argmax(error), error.shape)
    return np.argmax(error.sum(axis=1)), np.argmax(error.sum(axis=0))


def _by_remainder(error, numeric):
    return divmod(int(np.argmax(error)), len(error)) if error.ndim == 2 else _by_sums(error, numeric)


def _largest_of_both(error, numeric, df, tolerance):
    return error.max() <= tolerance * max(np.abs(numeric).max(), np.abs(df).max())


def _sum_of_norms(error, numeric, df, tolerance):
    return np.linalg.norm(error) <= tolerance * (np.linalg.norm(numeric) + np.linalg.norm(df))


def _nan_passed_over(error, numeric):
    flat = np.where(np.isnan(error), -1, error)
    return np.unravel_index(np.argmax(flat), error.shape)


WRONG_CHECKERS = {
    "tolerance 1e-3 in double precision": _checker(double=1e-3),
    "tolerance 1e-5 in double precision": _checker(double=1e-5),
    "tolerance 1e-7 in double precision": _checker(double=1e-7),
    "tolerance 0.1 in single precision": _checker(single=0.1),
    "a step of 1e-5 in single precision": _checker(single_step=1e-5),
    "scale of the larger of both": _checker(verdict=_largest_of_both),
    "norms": _checker(verdict=lambda e, n, df, tol: np.linalg.norm(e) <= tol * np.linalg.norm(n)),
    "sum of both norms": _checker(verdict=_sum_of_norms),
    "allclose": _checker(verdict=lambda e, n, df, tol: np.allclose(df, n, rtol=tol, atol=0)),
    "allclose with its own atol": _checker(verdict=lambda e, n, df, tol: np.allclose(df, n, rtol=tol)),
    "mean error": _checker(verdict=lambda e, n, df, tol: e.mean() <= tol * np.abs(n).mean()),
    "NaN passed over": _checker(place=_nan_passed_over),
    "NaN removed": _checker(verdict=lambda e, n, df, tol: np.nanmax(e) <= tol * np.nanmax(np.abs(n))),
    "worst by sums": _checker(place=_by_sums),
    "worst by the remainder": _checker(place=_by_remainder),
    "worst relative to its entry": _checker(
        place=lambda e, n: np.unravel_index(np.argmax(e / np.maximum(np.abs(n), 1e-300)), e.shape)
    ),
    "worst is the largest entry": _checker(place=lambda e, n: np.unravel_index(np.argmax(np.abs(n)), e.shape)),
}


@pytest.mark.parametrize("name", WRONG_CHECKERS)
def test_a_checker_that_is_wrong_loses(name):
    with np.errstate(all="ignore"):
        assert always_lose("4.4", gradcheck=WRONG_CHECKERS[name])


def test_a_checker_that_names_no_entry_where_all_is_right_loses():
    def gradcheck(*args):
        ok, worst = _checker()(*args)
        return ok, None if ok else worst

    assert always_lose("4.4", gradcheck=gradcheck)


def test_a_right_checker_has_full_marks_whatever_its_numbers_are():
    right = _checker()
    assert never_lose("4.4", gradcheck=right)
    assert never_lose("4.4", gradcheck=lambda *args: [np.bool_(right(*args)[0]), np.array(right(*args)[1])])


# 4.5


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, target, k, lr, *more: asked.train(x, target, k, 0.05, *more),
        lambda x, target, k, lr, n, weights: asked.train(x, target, k, lr, min(n, 2), weights),
    ],
    ids=["learning rate of its own", "two epochs at most"],
)
def test_a_loop_with_settings_of_its_own_loses(answer):
    assert always_lose("4.5", train=answer)


def _clipped_at(limit, x, target, k, lr, n_epochs, weights):
    new, losses = asked.train(x, target, k, lr, n_epochs, weights)
    return tuple(w + np.clip(n - w, -lr * limit, lr * limit) for w, n in zip(weights, new, strict=True)), losses


@pytest.mark.parametrize("limit", [5, 1000])
def test_a_loop_that_clips_its_gradients_loses(limit):
    assert always_lose("4.5", train=lambda *args: _clipped_at(limit, *args))
