"""The answers to assignment 3 that no library function holds are what their definitions say."""

import numpy as np
import pytest
from assignments.wrong_answers import always_lose, never_lose

from rnnlab import activations, gradcheck
from rnnlab.assignments.activation_functions import checks as activation_functions
from rnnlab.checks import find


@pytest.mark.parametrize("name", activations.NAMES)
def test_the_slope_is_the_derivative_of_the_value(name):
    a = np.array([-3.0, -0.5, 0.2, 1.0, 4.0])

    def total(a):
        return float(np.sum(activation_functions.activation(name, a)[0]))

    assert gradcheck.check(total, a, activation_functions.activation(name, a)[1]).ok


@pytest.mark.parametrize("name", activations.NAMES)
@pytest.mark.parametrize("n_hidden", [1, 2, 5])
def test_the_bound_holds_everywhere_and_is_reached(name, n_hidden):
    rng = np.random.default_rng(n_hidden)
    w_h = rng.normal(size=(n_hidden, n_hidden))
    bound = activation_functions.slope_bound(w_h, name)
    somewhere = rng.normal(0, 2, (500, n_hidden))
    steepest = np.full((1, n_hidden), 1e-9)  # just above 0, where all five are as steep as they get
    longest = [
        max(np.linalg.norm(np.diag(activations.derivative(name, row)) @ w_h, 2) for row in a)
        for a in (somewhere, steepest)
    ]
    assert longest[0] <= bound * (1 + 1e-12)
    assert longest[1] == pytest.approx(bound, rel=1e-9)


def test_a_tanh_unit_of_weight_one_forgets_slowly():
    h = 1.0
    for _ in range(100):
        h = np.tanh(h)
    assert round(h, 2) == find("3.3").reference["predicted_state"]()


def _but(name, change):
    def activation(asked, a):
        value, slope = activation_functions.activation(asked, a)
        return change(value, slope, a) if asked == name else (value, slope)

    return activation


@pytest.mark.parametrize("name", activations.NAMES)
@pytest.mark.parametrize(
    "shape",
    [lambda v: np.squeeze(v), lambda v: np.atleast_1d(v), lambda v: v.reshape(len(v), -1) if v.ndim > 2 else v],
    ids=["squeezed", "at least one axis", "two axes"],
)
def test_a_shape_that_is_changed_loses(name, shape):
    assert always_lose("3.1", activation=_but(name, lambda value, slope, a: (shape(value), shape(slope))))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "linear"])
def test_small_values_that_are_dropped_and_large_ones_that_are_clipped_lose(name):
    dropped = _but(name, lambda value, slope, a: (np.where(np.abs(a) < 1e-6, 0.0, value), slope))
    assert always_lose("3.1", activation=dropped)
    assert always_lose("3.1", activation=_but(name, lambda value, slope, a: (np.clip(value, -5e3, 5e3), slope)))


def test_an_answer_that_cannot_take_an_empty_array_loses():
    assert always_lose("3.1", activation=_but("tanh", lambda value, slope, a: (value, slope + 0 * a.max())))


def test_a_single_number_may_come_as_a_float():
    def floats(name, a):
        value, slope = activation_functions.activation(name, a)
        return (float(value), float(slope)) if a.shape == () else (value, slope)

    assert never_lose("3.1", activation=floats)


def _power_iteration(w_h, name):
    v = np.ones(len(w_h))
    for _ in range(2000):
        v = w_h.T @ (w_h @ v)
        v /= np.linalg.norm(v)  # NaN for zero and for nilpotent weights
    return float(np.linalg.norm(w_h @ v)) * (0.25 if name == "sigmoid" else 1.0)


@pytest.mark.parametrize(
    "answer",
    [
        _power_iteration,
        lambda w_h, name: max(activation_functions.slope_bound(w_h, name), 1e-6),
        lambda w_h, name: round(activation_functions.slope_bound(w_h, name), 12),
        lambda w_h, name: activation_functions.slope_bound(w_h[:20, :20], name),
    ],
    ids=["power iteration", "at least 1e-6", "rounded", "20 units"],
)
def test_a_bound_that_is_right_for_ordinary_weights_loses(answer):
    assert always_lose("3.2", slope_bound=answer)


@pytest.mark.parametrize("form", [np.float64, np.array, lambda b: np.array(b)[()]])
def test_a_bound_is_taken_by_its_value(form):
    assert never_lose("3.2", slope_bound=lambda w_h, name: form(activation_functions.slope_bound(w_h, name)))
