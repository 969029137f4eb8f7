"""Quick answers for arguments that fit as they are, which is nearly every call.

A function here looks at an array once, without building the parts of an error message. Where anything is unusual it
returns None, and the caller goes the long way, which converts what can be converted and says what is wrong with the
rest. A number is never assumed to be finite because it was so before: every call reads all of them again.
"""

import math
from typing import Any, TypeGuard

import numpy as np

_FLOATS = np.dtype(np.float32), np.dtype(np.float64)
_FIELDS = {1: ("w_x", "w_h", "b_h"), 3: ("w_x", "w_h", "b_h", "b_hn"), 4: ("w_x", "w_h", "b_h")}


def finite(*arrays: np.ndarray) -> bool:
    """Return True if all numbers of contiguous arrays are surely finite; squares that overflow also give False.

    A sum of squares cannot cancel, so that one NaN or infinity shows in it, and BLAS reads an array at full speed.
    """
    with np.errstate(over="ignore"):
        for array in arrays:
            flat = array.reshape(-1)
            if not math.isfinite(flat.dot(flat)):
                return False
    return True


def own_params(params: Any, n_gates: int) -> Any:
    """Return copies of a cell's weights where they are finite arrays of one dtype and fitting shapes, else None."""
    if getattr(params, "_fields", None) != _FIELDS[n_gates] or not all(type(p) is np.ndarray for p in params):
        return None
    w_x, w_h, b_h = params[:3]
    dtype, n_hidden = w_x.dtype, w_h.shape[-1] if w_h.ndim else 0
    rows = n_gates * n_hidden
    fits = (
        dtype in _FLOATS
        and w_x.size > 0
        and w_h.size > 0
        and w_x.ndim == 2
        and w_x.shape[0] == rows
        and w_h.shape == (rows, n_hidden)
        and b_h.shape == (rows,)
        and w_h.dtype == dtype
        and b_h.dtype == dtype
        and (len(params) == 3 or (params[3].shape == (n_hidden,) and params[3].dtype == dtype))
    )
    if not fits:
        return None
    own = [p.copy() for p in params]  # it is the copy that is checked: another thread may write to what was given
    return type(params)._make(own) if finite(*own) else None


def own_sequence(x: Any, w_x: np.ndarray) -> np.ndarray | None:
    """Return a copy of an input (T, B, D) that fits the weights and is finite, else None."""
    if type(x) is not np.ndarray or x.ndim != 3 or x.dtype != w_x.dtype or x.shape[2] != w_x.shape[1] or not x.size:
        return None
    own = x.copy()
    return own if finite(own) else None


def array(value: Any, like: np.ndarray) -> TypeGuard[np.ndarray]:
    """Return True if a value is an array of the shape and dtype of `like` that kernels can take."""
    return (
        type(value) is np.ndarray
        and value.shape == like.shape
        and value.dtype == like.dtype
        and value.flags.carray
        and value.size > 0
    )
