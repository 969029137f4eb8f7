"""Quick answers for arguments that fit as they are, which is nearly every call.

A function here looks at an array once, without building the parts of an error message. Where anything is unusual it
says no, and the caller goes the long way, which converts what can be converted and says what is wrong with the rest. A
number is never assumed to be finite because it was so before: the kernels read all of them again at every call.
"""

from typing import Any, TypeGuard

import numpy as np

_FLOATS = np.dtype(np.float32), np.dtype(np.float64)
_FIELDS = {1: ("w_x", "w_h", "b_h"), 3: ("w_x", "w_h", "b_h", "b_hn"), 4: ("w_x", "w_h", "b_h")}


def given(params: Any, x: Any, n_gates: int) -> tuple[np.ndarray, ...] | None:
    """Return x (T, B, D) and a cell's weights where they are arrays that kernels can take, of one dtype, else None."""
    fields = getattr(params, "_fields", None)
    if fields is None or fields != _FIELDS.get(n_gates):
        return None
    arrays = (x, *params)
    for array in arrays:
        if type(array) is not np.ndarray:
            return None
    dtype, n_hidden = arrays[1].dtype, arrays[2].shape[-1] if arrays[2].ndim else 0
    if dtype not in _FLOATS or x.ndim != 3 or n_hidden == 0 or not x.size:
        return None
    rows = n_gates * n_hidden
    shapes = x.shape, (rows, x.shape[2]), (rows, n_hidden), (rows,), (n_hidden,)
    for array, shape in zip(arrays, shapes, strict=False):
        if array.shape != shape or array.dtype is not dtype or not array.flags.carray:
            return None
    return arrays


def array(value: Any, shape: tuple[int, ...], dtype: np.dtype) -> TypeGuard[np.ndarray]:
    """Return True if a value is an array of this shape and dtype that kernels can take."""
    return type(value) is np.ndarray and value.shape == shape and value.dtype == dtype and value.flags.carray
