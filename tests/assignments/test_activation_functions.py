"""The answers to assignment 3 that no library function holds are what their definitions say."""

import numpy as np
import pytest

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
