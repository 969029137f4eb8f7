"""The recurrence of the simple network and its reverse, and the passes around them, in either tier."""

from functools import cache

import numpy as np

from rnnlab.kernels.compile import kernel
from rnnlab.kernels.numba_ops import activate, add, add_final_gradient, add_rows, freeze_finished, times_derivative
from rnnlab.kernels.numpy_ops import TANH
from rnnlab.kernels.products import outer_sum, product, row_sum, take
from rnnlab.kernels.tiers import takes_engine


@kernel
def forward(kind, lengths, w_h_t, b_h, h, recurrent):
    """Turn `h` (T+1, B, H), given as h_0 and then w_x x_t, into the hidden states."""
    for t in range(len(h) - 1):
        np.dot(h[t], w_h_t, recurrent)
        add_rows(h[t + 1], recurrent, b_h)
        activate(kind, h[t + 1])
        freeze_finished(lengths, t, h[t], h[t + 1])


@kernel
def backward(kind, lengths, w_h, h, dh, dh_n, da, carried):
    """Fill `da` (T, B, H), the gradient of the pre-activations, and `carried` (B, H), given as 0, that of h_0."""
    for t in range(len(dh) - 1, -1, -1):
        add_final_gradient(lengths, t, dh_n, carried)
        add(dh[t], carried, da[t])
        times_derivative(kind, h[t + 1], da[t])
        np.dot(da[t], w_h, carried)


@cache
def _engine():
    """Return the engine's loops and their phases, which are loaded when they first run."""
    from rnnlab.kernels.engine import phases, rnn

    return rnn, phases


def forward_pass(kind, lengths, given, own, h, n_threads):
    """Copy x, w_x, w_h, b_h from `given` to `own`, False if one is not finite; fill `h` (T+1, B, H) after its first."""
    x, w_x, w_h, b_h = own
    if kind == TANH and takes_engine(len(x) * x.shape[1] * (w_x.size + w_h.size)):
        engine, phases = _engine()
        return phases.forward(engine.forward, lengths, given, own, (h,), n_threads)
    if not take(given, own):
        return False
    product(x, w_x, out=h[1:])
    forward(kind, lengths, w_h.T.copy(), b_h, h, np.empty(h.shape[1:], h.dtype))
    return True


def backward_pass(kind, lengths, x, w_x, w_h, h, dh, dh_n, n_threads):
    """Return the gradients of w_x, w_h, b_h, x and h_0."""
    if kind == TANH and takes_engine(len(x) * x.shape[1] * (w_x.size + w_h.size)):
        engine, phases = _engine()
        dtype = x.dtype
        dw_x, dw_h, db_h = np.zeros(w_x.shape, dtype), np.zeros(w_h.shape, dtype), np.zeros(len(w_h), dtype)
        dx, dh_0 = np.empty(x.shape, dtype), np.empty(dh_n.shape, dtype)
        arrays = lengths, x, w_x, w_h, h, dh, dh_n, dw_x, dw_h, db_h, dx, dh_0
        phases.backward(engine.backward, arrays, len(w_h), x, n_threads)
        return dw_x, dw_h, db_h, dx, dh_0
    da, dh_0 = np.empty(dh.shape, dh.dtype), np.zeros(dh_n.shape, dh.dtype)
    backward(kind, lengths, w_h, h, dh, dh_n, da, dh_0)
    return outer_sum(da, x), outer_sum(da, h[:-1]), row_sum(da), product(da, w_x.T, np.empty(x.shape, x.dtype)), dh_0
