"""Shapes, dtypes and contiguity: a problem is caught at the door, by name."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike


def require(name: str, value: ArrayLike, dtype: DTypeLike, **axes: int | None) -> np.ndarray:
    """Return `value` as a C-contiguous array of `dtype`, or say what is wrong.

    Parameters
    ----------
    name : str
        What the caller calls the array; it begins the error message.
    value : array_like
        The array.
    dtype : dtype
        The dtype wanted.
    **axes : int or None
        One keyword per axis, in order: its name and its length, or None where any length will do.

    Returns
    -------
    array : ndarray
        `value` itself where it already fits, else a converted copy.

    Raises
    ------
    ValueError
        If the number of axes or the length of one differs: the message names both shapes.

    Examples
    --------
    >>> require("x", [[1, 2], [3, 4]], float, B=None, D=2).shape
    (2, 2)
    >>> require("x", [[1, 2], [3, 4]], float, B=None, D=3)
    Traceback (most recent call last):
    ValueError: x has shape (2, 2), expected (B, D=3)
    """
    array = np.ascontiguousarray(value, dtype).reshape(np.shape(value))
    fits = array.ndim == len(axes) and all(
        want in (None, got) for want, got in zip(axes.values(), array.shape, strict=True)
    )
    if not fits:
        expected = ", ".join(k if n is None else f"{k}={n}" for k, n in axes.items())
        raise ValueError(f"{name} has shape {array.shape}, expected ({expected})")
    return array
