import warnings

import numpy as np
import pytest
from saying import says

from rnnlab import activations, gradcheck
from rnnlab.kernels import rnn as kernels
from rnnlab.kernels import scalar

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e3, -1e3, 1e-300, -1e-300, 5e-324])
EDGES = np.array(
    [sign * size for sign in (-1, 1) for size in (87.4, 88.5, 89.1, 708.2, 709.5, 709.9)]
)  # of the exponents


def exact(name, a):
    a = a.astype(np.longdouble)
    if name == "tanh":
        return np.tanh(a)
    with np.errstate(over="ignore"):
        return {
            "sigmoid": 1 / (1 + np.exp(-a)),
            "relu": np.where(a < 0, 0, a),
            "leaky_relu": np.where(a < 0, a * np.longdouble(0.01), a),
            "linear": a,
        }[name]


def in_kernel(name, a):
    """The activation as a kernel computes it: one step of a network that has no weights."""
    h = np.zeros((2, len(a), 1), a.dtype)
    h[1, :, 0] = a
    nothing = np.zeros((1, 1), a.dtype)
    kernels.forward(activations.kind(name), np.ones(len(a), np.intp), nothing, nothing[0], h, np.empty_like(h[0]))
    return h[1, :, 0]


def as_written(name, a):
    """The compiled tier's polynomials, run as Python."""
    bits = a.dtype.itemsize * 8
    return np.array([getattr(scalar, f"{name}{bits}")(value) for value in a], a.dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", activations.NAMES)
def test_values_are_right_to_a_few_units_in_the_last_place(name, dtype):
    sizes = np.geomspace(1e-30, 80, 30000)
    a = np.concatenate([-sizes, sizes, np.linspace(-3, 3, 30001)]).astype(dtype)
    want = exact(name, a)
    for compute in (activations.value, in_kernel):
        got = compute(name, a)
        assert got.dtype == dtype
        assert np.max(np.abs(got - want) / np.spacing(np.abs(want).astype(dtype))) < 3.5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_the_polynomials_are_right_also_where_nothing_is_compiled(name, dtype):
    a = np.concatenate([-np.geomspace(1e-30, 80, 300), np.geomspace(1e-30, 80, 300)]).astype(dtype)
    want = exact(name, a)
    assert np.max(np.abs(as_written(name, a) - want) / np.spacing(np.abs(want).astype(dtype))) < 6


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", activations.NAMES)
def test_nan_infinity_and_huge_numbers_come_out_right_and_silent(name, dtype):
    a = np.concatenate([SPECIAL, EDGES]).astype(dtype)
    with np.errstate(over="ignore", under="ignore"):
        want = exact(name, a).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for got in (activations.value(name, a), in_kernel(name, a)):
            np.testing.assert_allclose(got, want, rtol=1e-6, atol=np.finfo(dtype).tiny)
            if name != "leaky_relu":
                np.testing.assert_array_equal(got[2:7], want[2:7])


@pytest.mark.parametrize("name", activations.NAMES)
def test_slopes_are_derivatives(name):
    a = np.array([-3.0, -0.7, -1e-3, 1e-3, 0.4, 2.0])
    report = gradcheck.check(lambda a: activations.value(name, a).sum(), a, activations.derivative(name, a))
    assert report.ok, report


def test_slopes_at_zero_are_those_on_the_left():
    slopes = {name: float(activations.derivative(name, 0.0)) for name in activations.NAMES}
    assert slopes == {"tanh": 1, "relu": 0, "sigmoid": 0.25, "linear": 1, "leaky_relu": 0.01}


@pytest.mark.parametrize("name", activations.NAMES)
def test_each_name_is_also_a_function_of_any_shape_that_changes_nothing(name):
    a = np.linspace(-2, 2, 24).reshape(2, 3, 4).transpose(2, 0, 1)
    before = a.copy()
    np.testing.assert_array_equal(getattr(activations, name)(a), activations.value(name, a))
    assert activations.derivative(name, a).shape == a.shape
    np.testing.assert_array_equal(a, before)


def test_integers_become_float64_and_float32_stays():
    assert activations.tanh([1, 2]).dtype == np.float64
    assert activations.tanh(np.ones(2, np.float32)).dtype == np.float32


def test_an_unknown_name_is_answered_with_the_known_ones():
    with says(ValueError, "activation is 'gelu', expected one of tanh, sigmoid, relu, leaky_relu, linear"):
        activations.value("gelu", 1.0)
