import numpy as np
import pytest
from saying import says

from rnnlab import _arrays


def test_what_already_fits_is_returned_itself_and_anything_else_as_a_copy():
    x = np.ones((2, 3))
    assert _arrays.require("x", x, np.float64, B=2, D=3) is x
    sealed = x.copy()
    sealed.flags.writeable = False
    crooked = np.frombuffer(b"." + x.tobytes(), offset=1).reshape(2, 3)
    for other in (
        sealed,
        crooked,
        x.astype(np.float32),
        np.asfortranarray(x),
        x[:, ::-1],
        x.tolist(),
        x.astype(bool),
        x.astype(int),
    ):
        got = _arrays.require("x", other, np.float64, B=2, D=3)
        assert got.dtype == np.float64
        assert got.flags.carray  # contiguous, aligned, writeable
        assert not np.shares_memory(got, np.asarray(other))
        np.testing.assert_array_equal(got, other)


def test_a_number_without_axes_stays_one():
    assert _arrays.require("a", 3, np.float64).shape == ()


@pytest.mark.parametrize(
    ("value", "axes", "message"),
    [
        (np.ones((2, 3)), {"B": 2, "D": 4}, "x has shape (2, 3), expected (B=2, D=4)"),
        (np.ones(2), {"B": None, "D": 4}, "x has shape (2,), expected (B, D=4)"),
        (3.0, {"B": None}, "x has shape (), expected (B)"),
        (np.ones((0, 4)), {"B": None, "D": 4}, "x has shape (0, 4), expected (B, D=4) and none of them 0"),
        (np.ones((0, 4)), {"B": 2, "D": 4}, "x has shape (0, 4), expected (B=2, D=4)"),
        (np.ones(0), {"B": None, "D": 4}, "x has shape (0,), expected (B, D=4)"),
        ([[1.0], [1.0, 2.0]], {"B": None, "D": None}, "x is ragged, expected rows of one length"),
    ],
)
def test_a_wrong_shape_is_named_beside_the_right_one(value, axes, message):
    with says(ValueError, message):
        _arrays.require("x", value, np.float64, **axes)


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        ([1j], np.float64, "x has dtype complex128, expected float64"),
        (["a"], np.float32, "x has dtype <U1, expected float32"),
        ([None], np.float64, "x has dtype object, expected float64"),
        ([1.0], np.intp, "x has dtype float64, expected int64"),
    ],
)
def test_numbers_of_the_wrong_kind_are_named(value, dtype, message):
    with says(TypeError, message):
        _arrays.require("x", value, dtype, B=None)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_the_first_number_that_is_not_finite_is_named_with_its_place(wrong):
    x = np.ones((2, 3, 4))
    x[1, 0, 2] = x[1, 2, 3] = wrong
    with says(ValueError, f"x[1, 0, 2] is {wrong}, expected finite numbers"):
        _arrays.require_finite("x", x)


@pytest.mark.parametrize(("dtype", "huge"), [(np.float64, 1e300), (np.float32, 1e30)])
def test_huge_numbers_are_finite_and_pass_silently(dtype, huge):
    x = np.full((2, 3), huge, dtype)
    assert _arrays.require_finite("x", x) is x


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1", None, np.float64(2)])
def test_a_count_is_a_whole_number_of_at_least_one(value):
    with says(ValueError, f"n is {value!r}, expected a whole number of at least 1"):
        _arrays.require_count("n", value)


def test_a_count_may_be_bounded_and_come_from_numpy():
    assert type(_arrays.require_count("n", np.int32(3), at_most=3)) is int
    with says(ValueError, "n is 4, expected a whole number from 1 to 3"):
        _arrays.require_count("n", 4, at_most=3)


def test_lengths_default_to_all_steps_and_must_be_in_range():
    np.testing.assert_array_equal(_arrays.require_lengths(None, 7, 2), [7, 7])
    np.testing.assert_array_equal(_arrays.require_lengths(np.array([1, 7], np.uint8), 7, 2), [1, 7])
    for wrong in (-1, 0, 8):
        with says(ValueError, f"lengths[1] is {wrong}, expected 1 to T=7"):
            _arrays.require_lengths([3, wrong], 7, 2)


def test_weights_share_one_floating_dtype():
    w, b = np.ones((2, 2)), np.ones(2)
    assert _arrays.float_dtype(("w", "b"), (w, b)) == np.float64
    with says(TypeError, "w has dtype int64, expected float64 or float32"):
        _arrays.float_dtype(("w", "b"), (w.astype(int), b))
    with says(TypeError, "w has dtype >f8, expected float64 or float32"):
        _arrays.float_dtype(("w", "b"), (w.astype(">f8"), b))
    with says(TypeError, "b has dtype float32, expected float64 as w has"):
        _arrays.float_dtype(("w", "b"), (w, b.astype(np.float32)))
