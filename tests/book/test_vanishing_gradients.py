"""The chapter on vanishing gradients: its displayed gradients are right, its numbers by hand are what cells print."""

import json

import chapters
import numpy as np
import pytest

from rnnlab import activations, gradcheck, optimizers, rnn

CHAPTER = "06_vanishing_gradients"
T, H, D = 5, 3, 2


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


def small(seed=0, activation="tanh"):
    """Return weights, inputs and all states of a small network, and a loss's gradient at the last."""
    rng = np.random.default_rng(seed)
    params = rnn.Params(rng.normal(size=(H, D)), rng.normal(size=(H, H)), rng.normal(size=H))
    x = rng.normal(size=(T, 1, D))
    h = rnn.forward(params, x, activation=activation).h[:, 0]
    return params, x, h, rng.normal(size=H)


def states_from(params, x, start, activation="tanh"):
    """Return the state after reading x from a given one."""
    h = start
    for x_t in x[:, 0]:
        h = activations.value(activation, params.w_x @ x_t + params.w_h @ h + params.b_h)
    return h


def jacobian(params, x, h, t, activation="tanh"):
    """J_t as displayed: the diagonal of slopes, times w_h."""
    a = params.w_x @ x[t - 1, 0] + params.w_h @ h[t - 1] + params.b_h
    return np.diag(activations.derivative(activation, a)) @ params.w_h


def product(params, x, h, t):
    """J_T … J_{t+1} as displayed."""
    found = np.eye(H)
    for s in range(t + 1, T + 1):
        found = jacobian(params, x, h, s) @ found
    return found


def rows_are_right(function, at, matrix):
    """Whether each row of a Jacobian is the gradient of that entry of the function."""
    reports = [gradcheck.check(lambda v, i=i: function(v)[i], at, row) for i, row in enumerate(matrix)]
    return all(report.ok for report in reports)


def jacobian_is_right(drop=False):
    right = True
    for activation in ("tanh", "sigmoid"):
        params, x, h, _ = small(activation=activation)
        matrix = params.w_h if drop else jacobian(params, x, h, 3, activation)
        right &= rows_are_right(lambda v: states_from(params, x[2:3], v, activation), h[2], matrix)  # noqa: B023
    return right


def product_is_right(drop=False):
    params, x, h, _ = small()
    matrix = product(params, x, h, 2 if drop else 1)
    return rows_are_right(lambda v: states_from(params, x[1:], v), h[1], matrix)


def backward_is_right(drop=False):
    params, x, h, dh_n = small()
    dh = dh_n
    for t in range(T, 2 if drop else 1, -1):
        dh = jacobian(params, x, h, t).T @ dh
    return gradcheck.check(lambda v: float(dh_n @ states_from(params, x[1:], v)), h[1], dh).ok


def sum_is_right(drop=False):
    params, x, h, dh_n = small()
    total = np.zeros((H, H))
    for t in range(3 if drop else 1, T + 1):
        a = params.w_x @ x[t - 1, 0] + params.w_h @ h[t - 1] + params.b_h
        da = activations.derivative("tanh", a) * (product(params, x, h, t).T @ dh_n)
        total += np.outer(da, h[t - 1])
    loss = lambda w_h: float(dh_n @ states_from(params._replace(w_h=w_h), x, np.zeros(H)))  # noqa: E731
    return gradcheck.check(loss, params.w_h, total).ok


def stack_is_right(drop=False):
    lower, x, h, _ = small()
    rng = np.random.default_rng(1)
    upper = rnn.Params(rng.normal(size=(H, H)), rng.normal(size=(H, H)), rng.normal(size=H))
    before = np.concatenate([h[2], rng.normal(size=H) / 2])

    def both(states):
        first = states_from(lower, x[2:3], states[:H])
        second = np.tanh(upper.w_x @ first + upper.w_h @ states[H:] + upper.b_h)
        return np.concatenate([first, second])

    slopes = np.diag(1 - both(before)[H:] ** 2)
    j_1, j_2 = jacobian(lower, x, h, 3), slopes @ upper.w_h
    corner = np.zeros((H, H)) if drop else slopes @ upper.w_x @ j_1
    return rows_are_right(both, before, np.block([[j_1, np.zeros((H, H))], [corner, j_2]]))


GRADIENTS = {
    "grad-state-jacobian": jacobian_is_right,
    "grad-product": product_is_right,
    "grad-back": backward_is_right,
    "grad-sum": sum_is_right,
    "grad-stack": stack_is_right,
}


def test_every_displayed_gradient_has_a_check():
    assert chapters.gradient_labels(CHAPTER) == set(GRADIENTS)


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_displayed_gradient_passes_central_differences(label):
    assert GRADIENTS[label]()


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_dropped_term_or_factor_is_noticed(label):
    assert not GRADIENTS[label](drop=True)


def test_the_walk_back_shown_is_the_product(page):
    params, x, h, dh_n = small()
    expected = [np.linalg.norm(product(params, x, h, t).T @ dh_n) for t in range(T, -1, -1)]
    np.testing.assert_allclose(page.norms_by_lag(params, x, dh_n), expected, rtol=1e-12)


def test_the_terms_shown_add_up_to_the_gradient_of_backward(page):
    params, x, _, dh_n = small()
    expected = rnn.backward(rnn.forward(params, x), None, dh_n[None])[0].w_h
    np.testing.assert_allclose(page.terms_of_dw_h(params, x, dh_n).sum(axis=0), expected, rtol=1e-12)


def test_the_powers_by_hand_are_what_the_cell_computes(page):
    assert "&= \\begin{pmatrix} 0.64 & 4.8 \\\\ 0 & 0.64 \\end{pmatrix}" in chapters.text(CHAPTER)
    np.testing.assert_allclose(page.powers[2], [[0.64, 4.8], [0, 0.64]], rtol=1e-12)
    for n in (1, 4, 7):
        np.testing.assert_allclose(page.powers[n], [[0.8**n, 3 * n * 0.8 ** (n - 1)], [0, 0.8**n]], rtol=1e-12)
    assert max(page.norm, key=page.norm.get) == 4
    assert 6 < page.norm[4] < 6.5, "sixfold"
    assert 0.5**10 == 1 / 1024


def test_clipping_by_hand_is_what_the_cell_computes(page):
    assert page.before == 13
    np.testing.assert_array_equal(np.concatenate(page.clipped), [1.5, 2, 6])
    assert f"{np.degrees(np.arccos(page.cosine)):.1f}" == "14.9"
    assert f"{page.proportion:.2f}" == "0.90"
    by_value = np.clip([0.9, 100], -1, 1)
    np.testing.assert_array_equal(by_value, [0.9, 1])


def test_the_answers_of_check_yourself():
    assert f"{0.9**50:.4f}" == "0.0052"
    eigenvalues = np.linalg.eigvals(np.array([[0.5, -0.5], [0.5, 0.5]]))
    np.testing.assert_allclose(sorted(eigenvalues, key=np.imag), [0.5 - 0.5j, 0.5 + 0.5j])
    assert f"{np.abs(eigenvalues).max():.3f}" == "0.707"
    np.testing.assert_allclose(1 - 0.5**2, 3 / 4)


def test_what_the_prose_says_of_the_measured_rates_holds(page):
    mean = {key: rates.mean() for key, rates in page.rate.items()}
    assert mean[1.5, 1] < 1, "it vanishes"
    assert abs(mean[0.9, 0.01] - 0.9) < 0.02, "near rest the prediction is good"
    assert mean[0.9, 1] < mean[0.9, 0.5] < mean[0.9, 0.1], "larger inputs fade faster"
    assert 0.95 < mean[1.5, 0.01] < 1.1, "saturation brings 1.5 down to about 1"
    assert page.kept[0] == pytest.approx(np.ones(20), abs=1e-12), "an orthogonal start is exact at rest"
    assert np.mean(page.kept[1]) < 0.75, "and not under inputs"


def test_what_the_prose_says_of_layers_holds(page):
    assert (np.diff(np.median(page.tanh_deep, axis=0)) > 0).all(), "tanh: the lag-40 gradient rises"
    assert (np.diff(np.median(page.sigmoid_deep, axis=0)) < 0).all(), "sigmoid: the lowest layer starves"


def test_what_the_prose_says_of_the_stored_runs_holds(page):
    order = json.loads((page.RESULTS / "clipping_temporal_order.json").read_text())
    large, faint = order["short_large"], order["long_faint"]
    assert large["clipped"]["solved"] == order["n_seeds"]
    assert large["unclipped"]["solved"] == 0
    assert large["unclipped"]["least_saturated"] > large["clipped"]["most_saturated"]
    assert faint["clipped"]["largest_norm"] < 1, "nothing is clipped"
    assert faint["clipped"]["right"] == faint["unclipped"]["right"]
    adding = json.loads((page.RESULTS / "adding_starts.json").read_text())
    assert (adding["n_seeds"], adding["n_hidden"], adding["smooth"]) == (10, 32, 50), "as the prose says"
    assert adding["gru"]["high"] < 0.001 < adding["irnn"]["low"]
    assert adding["tanh"]["low"] > 1 / 12
    assert adding["irnn"]["median"] < 1 / 12 < adding["irnn_unclipped"]["low"], "clipping decides"


def test_no_factor_repairs_nan():
    (clipped,), norm = optimizers.clip_by_global_norm([np.array([np.nan, 1.0])], 1.0)
    assert np.isnan(norm)
    assert np.isnan(clipped[0])


def test_the_graded_prediction_is_not_given_away():
    text = chapters.text(CHAPTER)
    assert "0.9 & 5" not in text
    assert "[0.9, 5" not in text
