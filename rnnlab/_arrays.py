"""Validation of shapes, dtypes and values; error messages name the argument and what was expected."""

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

_FLOATS = np.dtype(np.float64), np.dtype(np.float32)


def require(name: str, value: ArrayLike, dtype: DTypeLike, **axes: int | None) -> np.ndarray:
    """Return `value` as a C-contiguous array of `dtype`, or say what is wrong.

    Parameters
    ----------
    name : str
        What the caller calls the array; it begins the error message.
    value : array_like
        The array. It may hold integers where floats are wanted, not the reverse.
    dtype : dtype
        The dtype wanted.
    **axes : int or None
        One keyword per axis, in order: its name and its length, or None where any length but 0 will do.

    Returns
    -------
    array : ndarray
        `value` itself where it already fits and could be written to, else a copy.

    Raises
    ------
    ValueError
        If the number of axes or the length of one differs: the message names both shapes.
    TypeError
        If the numbers are of a kind that `dtype` cannot hold: the message names both dtypes.

    Examples
    --------
    >>> require("x", [[1, 2], [3, 4]], float, B=None, D=2).shape
    (2, 2)
    >>> require("x", [[1, 2], [3, 4]], float, B=None, D=3)
    Traceback (most recent call last):
    ValueError: x has shape (2, 2), expected (B, D=3)
    """
    return require_axes(name, value, dtype, *axes.items())


def require_axes(name: str, value: ArrayLike, dtype: DTypeLike, *axes: tuple[str, int | None]) -> np.ndarray:
    """Return `value` as `require` does, where an axis' name is no keyword, or two axes share one.

    Parameters
    ----------
    name : str
        What the caller calls the array.
    value : array_like
        The array.
    dtype : dtype
        The dtype wanted.
    *axes : (str, int or None)
        Name and length of each axis.

    Returns
    -------
    array : ndarray
        `value` itself where it already fits, else a converted copy.

    Raises
    ------
    TypeError, ValueError
        As `require`.

    Examples
    --------
    >>> require_axes("w_h", [[1, 2]], float, ("H", 2), ("H", 2))
    Traceback (most recent call last):
    ValueError: w_h has shape (1, 2), expected (H=2, H=2)
    """
    array = _numbers(name, value, dtype)
    shape = array.shape
    fits = len(shape) == len(axes) and 0 not in shape
    if fits:
        for (_, n), got in zip(axes, shape, strict=True):  # a loop, for this is done for every array of every call
            fits = fits and (n is None or n == got)
    if not fits:
        raise ValueError(f"{name} has shape {shape}, expected {_described(shape, axes)}")
    return array


def _described(shape: tuple[int, ...], axes: tuple[tuple[str, int | None], ...]) -> str:
    wanted = "(" + ", ".join(axis if n is None else f"{axis}={n}" for axis, n in axes) + ")"
    lengths = [n if n is None else got for (_, n), got in zip(axes, shape, strict=False)]
    only_empty = len(shape) == len(axes) and [n for _, n in axes] == lengths
    return f"{wanted} and none of them 0" if only_empty else wanted


def _numbers(name: str, value: ArrayLike, dtype: DTypeLike) -> np.ndarray:
    if type(value) is np.ndarray and value.dtype == dtype and value.flags.carray:
        return value
    array = as_array(name, value)
    if not np.can_cast(array.dtype, dtype, "same_kind"):
        raise TypeError(f"{name} has dtype {array.dtype}, expected {np.dtype(dtype)}")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, which is named where it matters
        return np.array(array, dtype, order="C")  # aligned and writeable too, or kernels would be compiled once more


def as_array(name: str, value: ArrayLike) -> np.ndarray:
    """Return `value` as an array, or say why it is none.

    Parameters
    ----------
    name : str
        What the caller calls the array.
    value : array_like
        Anything: numbers, nested lists, a pandas Series or DataFrame.

    Returns
    -------
    array : ndarray
        `value` itself where it is an array in the machine's order of bytes.

    Raises
    ------
    ValueError
        If rows differ in length, or an entry is masked: NumPy would drop the mask and keep what lies under it.

    Examples
    --------
    >>> as_array("x", [[1], [2, 3]])
    Traceback (most recent call last):
    ValueError: x is ragged, expected rows of one length
    """
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.getmaskarray(value).any():
            raise ValueError(f"{name} is a masked array with masked entries, expected numbers and a mask of its own")
        value = value.data
    try:
        array = np.asarray(value)
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    except ValueError:
        raise ValueError(f"{name} is ragged, expected rows of one length") from None
    except RuntimeError as error:  # a tensor that keeps its graph
        raise TypeError(f"{name} is {type(value).__name__}, which gives no array ({error})") from None


def require_index(name: str, value: ArrayLike, n: int | None = None, least: int = 0) -> np.ndarray:
    """Return whole numbers, such as tokens or rows, or say what is wrong; nothing is cut or cast on the way.

    Parameters
    ----------
    name : str
        What the caller calls the array.
    value : array_like of int
        Of any shape. Flags and floats are refused, even where they are whole.
    n : int, optional
        How many there are to choose from; any number from `least` on by default.
    least : int, default 0
        The smallest that is allowed.

    Returns
    -------
    index : ndarray of intp
        Of the same shape.

    Raises
    ------
    TypeError
        If they are not integers.
    ValueError
        If one is out of range.

    Examples
    --------
    >>> require_index("tokens", [2, 0], n=3)
    array([2, 0])
    >>> require_index("tokens", [0.9])
    Traceback (most recent call last):
    TypeError: tokens has dtype float64, expected int64
    """
    array = as_array(name, value)
    if array.size == 0 and not isinstance(value, np.ndarray):
        array = array.astype(np.intp)  # NumPy takes an empty list for floats
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} has dtype {array.dtype}, expected {np.dtype(np.intp)}")
    most = np.iinfo(np.intp).max if n is None else n - 1
    if array.size and not (least <= int(array.min()) and int(array.max()) <= most):
        bad = array[(array < least) | (array > most)].flat[0]
        raise ValueError(f"{name} holds {bad}, expected {least} {'or more' if n is None else f'to {most}'}")
    return array.astype(np.intp, copy=False)


def require_flags(name: str, value: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Return flags as booleans, or say what is wrong.

    Parameters
    ----------
    name : str
        What the caller calls the array.
    value : array_like
        False and True, or the numbers 0 and 1 of any dtype.
    shape : tuple of int
        The shape wanted.

    Returns
    -------
    flags : ndarray of bool

    Raises
    ------
    ValueError
        If the shape differs, or something is neither 0 nor 1: the message names the place.

    Examples
    --------
    >>> require_flags("mask", [1, 0.5], (2,))
    Traceback (most recent call last):
    ValueError: mask[1] is 0.5, expected 0 or 1
    """
    array = as_array(name, value)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    if array.dtype == bool:
        return array
    wrong = np.argwhere((array != 0) & (array != 1))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        place = f"[{', '.join(map(str, at))}]" if at else ""
        raise ValueError(f"{name}{place} is {array[at]}, expected 0 or 1")
    return array.astype(bool)


def require_finite(name: str, array: np.ndarray) -> np.ndarray:
    """Return `array`, or say where its first NaN or infinity is.

    Parameters
    ----------
    name : str
        What the caller calls the array.
    array : ndarray
        Floats of any shape.

    Returns
    -------
    array : ndarray
        The same array.

    Raises
    ------
    ValueError
        If a number is not finite: the message names its place.

    Examples
    --------
    >>> require_finite("x", np.array([1.0, np.nan]))
    Traceback (most recent call last):
    ValueError: x[1] is nan, expected finite numbers
    """
    finite = np.isfinite(array)
    if not finite.all():
        where = np.unravel_index(int(np.argmin(finite)), array.shape)
        place = ", ".join(str(int(i)) for i in where)
        raise ValueError(f"{name}[{place}] is {array[where]}, expected finite numbers")
    return array


def require_count(name: str, value: Any, at_most: int | None = None) -> int:
    """Return `value` as an int of at least 1, or say what is wrong.

    Parameters
    ----------
    name : str
        What the caller calls the number.
    value : int
        The number.
    at_most : int, optional
        The largest value allowed.

    Returns
    -------
    count : int
        The number.

    Raises
    ------
    ValueError
        If it is not a whole number in that range.

    Examples
    --------
    >>> require_count("n_hidden", 0)
    Traceback (most recent call last):
    ValueError: n_hidden is 0, expected a whole number of at least 1
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if whole and value >= 1 and (at_most is None or value <= at_most):
        return int(value)
    bounds = "of at least 1" if at_most is None else f"from 1 to {at_most}"
    raise ValueError(f"{name} is {value!r}, expected a whole number {bounds}")


def require_flag(name: str, value: Any) -> bool:
    """Return a setting that is on or off as a bool, or say what is wrong: the text "no" would count as on.

    Raises
    ------
    TypeError
        If it is neither True nor False.

    Examples
    --------
    >>> require_flag("progress", np.True_)
    True
    >>> require_flag("resume", "no")
    Traceback (most recent call last):
    TypeError: resume is 'no', expected True or False
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise TypeError(f"{name} is {value!r:.60}, expected True or False")


def require_lengths(lengths: ArrayLike | None, n_steps: int, n_batch: int) -> np.ndarray:
    """Return the number of steps that count in each row.

    Parameters
    ----------
    lengths : (B,) int array or None
        The lengths; None where every row is `n_steps` long.
    n_steps : int
        T, the most that a length can be.
    n_batch : int
        B.

    Returns
    -------
    lengths : (B,) int array
        Each from 1 to T.

    Raises
    ------
    ValueError
        If one is out of range.

    Examples
    --------
    >>> require_lengths([3, 0], n_steps=7, n_batch=2)
    Traceback (most recent call last):
    ValueError: lengths[1] is 0, expected 1 to T=7
    """
    if lengths is None:
        whole = np.empty(n_batch, np.intp)
        whole.fill(n_steps)  # half the time of np.full
        return whole
    if type(lengths) is np.ndarray and lengths.dtype == np.intp and lengths.shape == (n_batch,):
        array = lengths
    else:
        array = require("lengths", require_index("lengths", lengths, least=np.iinfo(np.intp).min), np.intp, B=n_batch)
    if n_batch and (array[array.argmin()] < 1 or array[array.argmax()] > n_steps):  # a third of the time of min and max
        row = int(np.argmax((array < 1) | (array > n_steps)))
        raise ValueError(f"lengths[{row}] is {array[row]}, expected 1 to T={n_steps}")
    return array.copy()


def float_dtype(names: Collection[str], arrays: Iterable[ArrayLike]) -> np.dtype:
    """Return the floating dtype that all arrays share.

    Parameters
    ----------
    names : collection of str
        What the caller calls the arrays.
    arrays : iterable of array_like
        The arrays, in the same order.

    Returns
    -------
    dtype : dtype
        float64 or float32.

    Raises
    ------
    TypeError
        If the first is neither, or another differs from it.

    Examples
    --------
    >>> float_dtype(["w", "b"], [np.zeros(2), np.zeros(2, np.float32)])
    Traceback (most recent call last):
    TypeError: b has dtype float32, expected float64 as w has
    """
    dtypes = [np.asarray(array).dtype for array in arrays]
    first, dtype = next(iter(names)), dtypes[0]
    if dtype not in _FLOATS:
        raise TypeError(f"{first} has dtype {dtype}, expected float64 or float32")
    if dtypes.count(dtype) < len(dtypes):
        name, other = next((name, other) for name, other in zip(names, dtypes, strict=True) if other != dtype)
        raise TypeError(f"{name} has dtype {other}, expected {dtype} as {first} has")
    return dtype
