"""One policy for the values of answers: what counts as several results, as a number, as an array of what.

`plain_form` is for where the student's code runs: it may run code of the value's own. `conform` is for the judge, who
only ever sees plain values. This file imports NumPy and the standard library alone, because it is also read on the far
side of the sandbox.
"""

import decimal
import numbers
from collections.abc import Mapping, Sequence, Set

import numpy as np

POLICY = (
    "Several results may come as a tuple, a list, a named tuple or any other sequence of the right length, and results "
    "by name as any mapping with the right keys. A number counts by its value: of Python, of NumPy, in an array of no "
    "dimension, a Fraction or a Decimal. Whole numbers in an array may have any width. Everything else is exact: True "
    "and False where they are asked for, float64 arrays where the text does not say that single precision will do. "
    "Complex numbers, text in place of numbers, arrays of objects, masked arrays and rows of different lengths are "
    "refused. A result is yours to make: it is not an array that a later call overwrites, and not the input itself "
    "where a new array is asked for."
)
MASKED = "a masked array: hand over its numbers, and its mask apart, if it is asked for"


class NotPlain(ValueError):
    """A value of a kind that the policy refuses."""


def plain_form(value):
    """Return the plain value that stands for `value`: of its outermost layer, the items as they are.

    Parameters
    ----------
    value : any
        Of a type that is not plain itself.

    Returns
    -------
    plain : bool, int, float, complex, str, tuple, list, dict or array
        Its content, of the exact type.

    Raises
    ------
    NotPlain
        If the policy has no place for it, naming its type.

    Examples
    --------
    >>> from fractions import Fraction
    >>> plain_form(Fraction(1, 4))
    0.25
    >>> plain_form(range(3))
    [0, 1, 2]
    """
    if isinstance(value, np.ma.MaskedArray):
        raise NotPlain(MASKED)
    if isinstance(value, np.ndarray):
        return np.ndarray.view(value, np.ndarray)
    if isinstance(value, np.generic):
        return _of_numpy(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, tuple):
        return tuple(tuple.__iter__(value))
    if isinstance(value, list):
        return list(list.__iter__(value))
    if isinstance(value, dict):
        return dict(dict.items(value))
    if isinstance(value, int):
        return int.__add__(value, 0)
    if isinstance(value, float):
        return float.__add__(value, 0.0) if value == value else float("nan")
    if isinstance(value, decimal.Decimal | numbers.Real):
        return float(value)
    if isinstance(value, Mapping):
        return {key: value[key] for key in value}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return list(value)
    if isinstance(value, Set):
        raise NotPlain(f"{_name(value)} has no order: hand over a list")
    raise NotPlain(f"{_name(value)} is not a plain value")


def _of_numpy(value: np.generic):
    if isinstance(value, np.longdouble):
        return float(value)
    if isinstance(value, np.clongdouble):
        return complex(value)
    if isinstance(value, np.str_):
        return str(value)
    if isinstance(value, np.float32 | np.float16):
        return np.asarray(value)  # a Python float would not say that it is in single precision
    if value.dtype.kind in "biufc":
        return value.item()
    raise NotPlain(f"{_name(value)} is not a plain value")


def _name(value) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.").removeprefix("__main__.")


def conform(got, like):
    """Return `got` in the form of `like` where the policy holds the two forms for the same; as it is where not.

    Parameters
    ----------
    got, like : plain values
        An answer, and the reference's for the same call.

    Returns
    -------
    value : plain value
        The numbers of `got`. Where even the form differs, or a number is not of the kind that is asked for, it is
        unchanged, so that a comparison can say what is wrong.

    Examples
    --------
    >>> conform([1, np.array(2.0)], (0, 0.0))
    (1, 2.0)
    """
    if isinstance(like, tuple | list):
        return _sequence(got, like)
    if isinstance(like, dict):
        same = isinstance(got, dict) and got.keys() == like.keys()
        return {key: conform(got[key], like[key]) for key in like} if same else got
    if isinstance(like, np.ndarray):
        return _array(got, like)
    if isinstance(got, np.ndarray) and got.shape == ():
        got = got.item() if got.dtype == np.bool_ or _exact_number(got.dtype) else got
    if type(like) is float and type(got) is int:
        return _float(got)
    return got


def _sequence(got, like):
    numbers = isinstance(got, np.ndarray) and got.shape == (len(like),)  # of millions, a list takes far more
    if numbers and all(isinstance(item, int | float) for item in like):
        got = got.tolist()
    if not isinstance(got, tuple | list) or len(got) != len(like):
        return got
    return type(like)(conform(g, w) for g, w in zip(got, like, strict=True))


def _array(got, like: np.ndarray):
    if like.shape == () and type(got) in (int, float, bool):
        got = np.array(_float(got) if type(got) is int and like.dtype.kind == "f" else got)
    if not isinstance(got, np.ndarray):
        return got
    if like.dtype.kind in "iu" and got.dtype.kind in "iu" and got.dtype != like.dtype:
        exact = got.astype(like.dtype)
        return exact if np.array_equal(exact, got) else got
    return got


def _exact_number(dtype: np.dtype) -> bool:
    return dtype.kind in "iu" or dtype == np.float64


def _float(number: int):
    try:
        return float(number)
    except OverflowError:
        return number


def leaves(value) -> list:
    """Return what a value holds that holds nothing itself: the arrays and numbers in tuples, lists and dicts."""
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, tuple | list) else [value]
