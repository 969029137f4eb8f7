"""Settings: numbers, dtypes and generators in the one form that the library works with."""

import math
import numbers
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rnnlab._arrays import require_flag as require_flag  # the cells have it from there

_FLOATS = np.dtype(np.float64), np.dtype(np.float32)


def require_float_type(dtype: DTypeLike) -> np.dtype:
    """Return the dtype of weights, or say which there are.

    Parameters
    ----------
    dtype : dtype
        What was asked for.

    Returns
    -------
    dtype : dtype
        float64 or float32.

    Raises
    ------
    TypeError
        If it is another: whole numbers would cut every weight to 0.

    Examples
    --------
    >>> require_float_type(int)
    Traceback (most recent call last):
    TypeError: dtype is int64, expected float64 or float32
    """
    try:
        found = np.dtype(dtype)
    except TypeError:  # no dtype at all
        raise TypeError(f"dtype is {dtype!r:.60}, expected float64 or float32") from None
    if found not in _FLOATS:
        raise TypeError(f"dtype is {found}, expected float64 or float32")
    return found


def require_rng(rng: Any) -> np.random.Generator:
    """Return a generator: the one given, or a new one from a seed.

    Parameters
    ----------
    rng : numpy.random.Generator or int
        The generator, or its seed, as `numpy.random.default_rng` takes it.

    Returns
    -------
    rng : numpy.random.Generator
        The same one where a generator was given.

    Raises
    ------
    TypeError
        If it is neither. None would draw other numbers at every call, and is refused.

    Examples
    --------
    >>> bool(require_rng(3).random() == np.random.default_rng(3).random())
    True
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(int(rng))
    if isinstance(rng, np.random.SeedSequence | np.random.BitGenerator):
        return np.random.default_rng(rng)
    raise TypeError(f"rng is {rng!r:.60}, expected a numpy.random.Generator or a seed of 0 or more")


def require_seed(name: str, value: Any) -> int:
    """Return a seed as an int, or say what is wrong.

    Parameters
    ----------
    name : str
        What the caller calls it.
    value : int
        A whole number of 0 or more.

    Returns
    -------
    seed : int

    Raises
    ------
    TypeError
        If it is anything else: a generator would give other batches after a resumption.

    Examples
    --------
    >>> require_seed("seed", -1)
    Traceback (most recent call last):
    TypeError: seed is -1, expected a whole number of 0 or more
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 0:
        return int(value)
    raise TypeError(f"{name} is {value!r:.60}, expected a whole number of 0 or more")


def require_number(name: str, value: Any, least: float, below: float = math.inf, *, open_end: bool = False) -> float:
    """Return a setting as a Python float, so that it cannot turn float32 weights into float64.

    Parameters
    ----------
    name : str
        What the caller calls it.
    value : float
        A real number of any type.
    least, below : float
        The smallest number allowed, and the one that it must stay below.
    open_end : bool, default False
        Whether it must be above `least`.

    Returns
    -------
    number : float

    Raises
    ------
    ValueError
        If it is no number in that range.

    Examples
    --------
    >>> require_number("momentum", np.float32(0.5), 0, 1)
    0.5
    >>> require_number("momentum", 1.0, 0, 1)
    Traceback (most recent call last):
    ValueError: momentum is 1.0, expected 0 to less than 1
    """
    scalar = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    real = isinstance(scalar, numbers.Real) and not isinstance(scalar, bool)
    if real and (scalar > least or (scalar == least and not open_end)) and scalar < below:
        return float(scalar)
    span = (
        f"{least:g} to less than {below:g}"
        if below < math.inf
        else f"a number {'above' if open_end else 'from'} {least:g}"
    )
    raise ValueError(f"{name} is {scalar!r}, expected {span}")


def require_share(name: str, value: Any) -> float:
    """Return a probability below 1 as a Python float, or say what is wrong.

    Raises
    ------
    ValueError
        If it is no number from 0 to less than 1.

    Examples
    --------
    >>> require_share("dropout", 1)
    Traceback (most recent call last):
    ValueError: dropout is 1, expected at least 0 and less than 1
    """
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if real and 0 <= value < 1:
        return float(value)
    raise ValueError(f"{name} is {value!r:.60}, expected at least 0 and less than 1")


def require_path(name: str, value: Any) -> Path:
    """Return the name of a file or folder as a path, or say what was given in its place.

    Raises
    ------
    TypeError
        If it is no text and no path.

    Examples
    --------
    >>> require_path("save_to", None)
    Traceback (most recent call last):
    TypeError: save_to is None, expected the name of a file or folder
    """
    if isinstance(value, str | os.PathLike):
        return Path(value)
    raise TypeError(f"{name} is {value!r:.60}, expected the name of a file or folder")


def require_mapping(name: str, value: Any) -> dict[str, Any]:
    """Return a mapping from names as a dict, or say that it is none.

    Raises
    ------
    TypeError
        If it is none.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is {type(value).__name__}, expected a mapping from names")
    return dict(value)


def settle(settings: Any, **values: Any) -> None:
    """Give a frozen object the checked values of its fields: Python numbers, which change no dtype."""
    for name, value in values.items():
        object.__setattr__(settings, name, value)
