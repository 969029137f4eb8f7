from typing import NamedTuple

import numpy as np
import pytest
from saying import says

from rnnlab import gradcheck


class Pair(NamedTuple):
    w: np.ndarray
    b: np.ndarray


W = np.array([[0.5, -1.5], [2.0, 0.25]])
VALUES = {
    "array": W,
    "params": Pair(W, np.array([1.0, 2.0])),
    "dict": {"w": W, "inner": Pair(W.T, np.array(3.0))},
    "list": [W, (W.T, np.array([1.0]))],
}


def leaves(tree):
    if isinstance(tree, np.ndarray):
        return [tree]
    return [leaf for part in (tree.values() if isinstance(tree, dict) else tree) for leaf in leaves(part)]


def loss(tree):
    return sum(np.sum(np.sin(leaf)) + np.prod(leaf) for leaf in leaves(tree))


def gradient(tree):
    if isinstance(tree, np.ndarray):
        return np.array(np.cos(tree) + np.prod(tree) / tree)
    if isinstance(tree, dict):
        return {name: gradient(part) for name, part in tree.items()}
    parts = [gradient(part) for part in tree]
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


@pytest.mark.parametrize("kind", VALUES)
def test_a_right_gradient_passes_whatever_it_is_built_of(kind):
    report = gradcheck.check(loss, VALUES[kind], gradient(VALUES[kind]), tolerance=1e-8)
    assert report.ok, report


@pytest.mark.parametrize("kind", VALUES)
def test_one_wrong_entry_is_found_and_named_with_both_numbers(kind):
    gradients = gradient(VALUES[kind])
    last = leaves(gradients)[-1]
    right = float(last.reshape(-1)[-1])
    last.reshape(-1)[-1] += 1e-3
    report = gradcheck.check(loss, VALUES[kind], gradients)
    entry = {"array": "value[1, 1]", "params": "b[1]", "dict": "inner.b", "list": "[1][1][0]"}[kind]
    assert not report.ok
    assert report.entry == entry
    assert report.given == pytest.approx(right + 1e-3, rel=1e-12)
    assert report.numeric == pytest.approx(right, rel=1e-8)


def test_the_report_reads_as_a_sentence():
    report = gradcheck.check(lambda x: float(x[0] ** 2), np.array([1.5]), np.array([1.5]))
    assert str(report) == (
        "wrong: worst at value[0], given 1.5, by central differences 3 (relative error 5.0e-01, tolerance 1.0e-06)"
    )


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_gradient_that_is_not_a_number_is_wrong(wrong):
    assert not gradcheck.check(lambda x: float(x @ x), np.ones(2), np.array([2.0, wrong])).ok


def test_a_gradient_of_zero_is_right_where_the_loss_does_not_move_and_wrong_where_it_does():
    assert gradcheck.check(lambda x: 7.0, np.ones(3), np.zeros(3)).ok
    assert not gradcheck.check(lambda x: float(x @ x), np.ones(3), np.zeros(3)).ok


def test_a_tiny_wrong_entry_beside_large_ones_is_found():
    report = gradcheck.check(lambda x: float(x @ [1000.0, 1.0]), np.ones(2), np.array([1000.0, 1.001]))
    assert not report.ok
    assert report.entry == "value[1]"


def test_float32_is_judged_by_its_own_precision():
    x = np.linspace(-1, 1, 5, dtype=np.float32)

    def loss(x):
        return np.sum(np.tanh(x))

    right = 1 - np.tanh(x) ** 2
    assert gradcheck.check(loss, x, right, tolerance=1e-2).ok
    assert not gradcheck.check(loss, x, 1.05 * right, tolerance=1e-2).ok


def test_values_are_left_as_they_were():
    x = np.array([1.0, 2.0])
    gradcheck.check(lambda x: float(x @ x), x, 2 * x)
    np.testing.assert_array_equal(x, [1.0, 2.0])


def test_numeric_returns_the_gradient_built_like_the_values():
    found = gradcheck.numeric(loss, VALUES["dict"])
    assert list(found) == ["w", "inner"]
    assert isinstance(found["inner"], Pair)
    for got, want in zip(leaves(found), leaves(gradient(VALUES["dict"])), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-8)


def test_mistakes_in_the_call_are_named():
    w = {"w": np.ones(2)}
    with says(ValueError, "the gradient of w is missing, expected shape (2,)"):
        gradcheck.check(loss, w, {})
    with says(ValueError, "there is a gradient of b, expected one of w"):
        gradcheck.check(loss, w, {"w": np.ones(2), "b": np.ones(2)})
    with says(ValueError, "the gradient of w has shape (2, 1), expected (2,)"):
        gradcheck.check(loss, w, {"w": np.ones((2, 1))})
    with says(ValueError, "the gradient has shape (3,), expected (2,)"):
        gradcheck.check(loss, np.ones(2), np.ones(3))
    with says(TypeError, "w has dtype int64, expected floats"):
        gradcheck.check(loss, {"w": np.arange(2)}, w)
    with says(ValueError, "the loss has shape (2,), expected one number"):
        gradcheck.check(lambda x: x, np.ones(2), np.ones(2))
