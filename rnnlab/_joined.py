"""All arrays of a tree as one vector, and back.

In a small network a call of NumPy takes longer than its arithmetic: one for all weights, in place of one for each of
them, makes an update several times as fast. Elementwise operations give the same bits either way.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

LARGEST = 2**14  # numbers: with more of them, copying costs what fewer calls save


def join(arrays: Sequence[Any]) -> np.ndarray | None:
    """Return a new vector of all numbers in order; None where they are too many or no contiguous floats of one dtype.

    Examples
    --------
    >>> join([np.ones((1, 2)), np.zeros(1)])
    array([1., 1., 0.])
    >>> join([np.ones(2), np.zeros(2, np.float32)]) is None
    True
    """
    if not arrays or type(arrays[0]) is not np.ndarray:
        return None
    dtype, n_numbers = arrays[0].dtype, 0
    if dtype.char not in "df" or not dtype.isnative:
        return None
    for array in arrays:
        if type(array) is not np.ndarray or array.dtype != dtype or not array.ndim or not array.flags.c_contiguous:
            return None
        n_numbers += array.size
    return np.concatenate(arrays, axis=None) if n_numbers <= LARGEST else None


def split(vector: np.ndarray, like: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return arrays of the shapes of those in `like`, whose numbers stand in the vector one after the other.

    Examples
    --------
    >>> split(np.arange(3.0), [np.ones((1, 2)), np.zeros(1)])
    [array([[0., 1.]]), array([2.])]
    """
    found, start = [], 0
    for array in like:
        end = start + array.size
        found.append(vector[start:end].reshape(array.shape))
        start = end
    return found
