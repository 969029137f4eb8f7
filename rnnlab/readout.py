"""The output layer: y_t = w_y h_t + b_y, the same at every step.

dw_y = Σ_t dy_t h_tᵀ,   db_y = Σ_t dy_t,   dh_t = w_yᵀ dy_t.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnlab import _arrays, _recurrence, initializers
from rnnlab._settings import require_float_type, require_rng
from rnnlab.kernels.products import outer_sum, row_sum


class Params(NamedTuple):
    """The weights, or their gradients."""

    w_y: np.ndarray  # (O, H)
    b_y: np.ndarray  # (O,)


class Tape(NamedTuple):
    """What `backward` needs from `forward`: copies of what it was given, of which only y can be written to."""

    params: Params
    h: np.ndarray  # (..., H)
    y: np.ndarray  # (..., O)


def init(rng: np.random.Generator, n_hidden: int, n_output: int, *, dtype: DTypeLike = np.float64) -> Params:
    """Draw first weights: Glorot's, and no bias.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    n_hidden, n_output : int
        H and O.
    dtype : dtype, default=float64
        float64 or float32.

    Returns
    -------
    params : Params
        w_y (O, H) and b_y (O,).

    Raises
    ------
    ValueError
        If a size is not a whole number of at least 1.

    Examples
    --------
    >>> init(np.random.default_rng(0), n_hidden=3, n_output=2).w_y.shape
    (2, 3)
    """
    n_hidden = _arrays.require_count("n_hidden", n_hidden)
    n_output = _arrays.require_count("n_output", n_output)
    rng, dtype = require_rng(rng), require_float_type(dtype)
    return Params(initializers.glorot(rng, n_output, n_hidden).astype(dtype), np.zeros(n_output, dtype))


def forward(params: Params, h: ArrayLike) -> Tape:
    """Return the outputs for hidden states.

    Parameters
    ----------
    params : Params
        Weights: w_y (O, H) and b_y (O,).
    h : (..., H) array
        Hidden states: ``tape.h[1:]`` for an output at every step, ``tape.h_n`` for one at the end.

    Returns
    -------
    tape : Tape
        ``tape.y`` (..., O) holds the outputs.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit.

    Examples
    --------
    >>> params = Params(np.array([[1.0, 2.0]]), np.array([0.5]))
    >>> forward(params, [[3.0, 4.0]]).y
    array([[11.5]])
    """
    _recurrence.require_kind("params", params, Params)
    dtype = _arrays.float_dtype(params._fields, params)
    n_output, n_hidden = np.shape(params.w_y) if np.ndim(params.w_y) == 2 else (None, None)
    w_y = _arrays.require("w_y", params.w_y, dtype, O=n_output, H=n_hidden)
    b_y = _arrays.require("b_y", params.b_y, dtype, O=n_output)
    if np.ndim(h) == 0 or np.shape(h)[-1] != n_hidden:
        raise ValueError(f"h has shape {np.shape(h)}, expected (..., H={n_hidden}), as many units as w_y has columns")
    leading: list[tuple[str, int | None]] = [("...", n) for n in np.shape(h)[:-1]]
    h = _arrays.require_axes("h", h, dtype, *leading, ("H", n_hidden))
    own, own_h = _recurrence.sealed((Params(w_y.copy(), b_y.copy()), h.copy()))
    y = h.reshape(-1, h.shape[-1]) @ w_y.T  # as rows of one matrix: else NumPy takes a product for every step
    y += b_y
    return Tape(own, own_h, y.reshape(*h.shape[:-1], len(b_y)))


def backward(tape: Tape, dy: ArrayLike) -> tuple[Params, np.ndarray]:
    """Propagate a loss's gradient back to the hidden states.

    Parameters
    ----------
    tape : Tape
        What `forward` returned.
    dy : (..., O) array
        ∂loss/∂y.

    Returns
    -------
    dparams : Params
        Gradient of the weights, summed over all outputs.
    dh : (..., H) array
        Gradient of the hidden states.

    Raises
    ------
    TypeError, ValueError
        If `dy` does not fit the outputs.

    Examples
    --------
    >>> tape = forward(Params(np.array([[1.0, 2.0]]), np.array([0.5])), [[3.0, 4.0]])
    >>> backward(tape, [[1.0]])
    (Params(w_y=array([[3., 4.]]), b_y=array([1.])), array([[1., 2.]]))
    """
    params, h, y = _recurrence.require_kind("tape", tape, Tape)
    axes = [*(("...", n) for n in y.shape[:-1]), ("O", y.shape[-1])]
    dy = _arrays.require_axes("dy", dy, y.dtype, *axes)
    rows = dy.reshape(-1, y.shape[-1])
    dh = rows * params.w_y if y.shape[-1] == 1 else rows @ params.w_y  # a product with one term is slow
    return Params(outer_sum(rows, h.reshape(-1, h.shape[-1])), row_sum(rows)), dh.reshape(h.shape)
