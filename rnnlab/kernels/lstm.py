"""The recurrence of the LSTM and its reverse, and the passes around them, in either tier."""

from functools import cache

import numpy as np

from rnnlab.kernels.compile import kernel
from rnnlab.kernels.numba_ops import add_final_gradient, add_rows, freeze_finished, lstm_gates, lstm_gates_back
from rnnlab.kernels.products import outer_sum, product, row_sum, take
from rnnlab.kernels.tiers import takes_engine


@kernel
def forward(lengths, w_h_t, b_h, gates, h, c, recurrent):
    """Fill `h` and `c` (T+1, B, H) after their first and `gates` (T, B, 4H), given as w_x x_t."""
    for t in range(len(gates)):
        np.dot(h[t], w_h_t, recurrent)
        add_rows(gates[t], recurrent, b_h)
        lstm_gates(gates[t], c[t], c[t + 1], h[t + 1])
        freeze_finished(lengths, t, h[t], h[t + 1])
        freeze_finished(lengths, t, c[t], c[t + 1])


@kernel
def backward(lengths, w_h, gates, c, dh, dh_n, dc_n, da, carried_h, carried_c):
    """Fill `da` (T, B, 4H), the gradient of the pre-activations, and `carried_*` (B, H), given as 0: of the start."""
    for t in range(len(dh) - 1, -1, -1):
        add_final_gradient(lengths, t, dh_n, carried_h)
        add_final_gradient(lengths, t, dc_n, carried_c)
        lstm_gates_back(gates[t], c[t], c[t + 1], dh[t], carried_h, carried_c, da[t])
        np.dot(da[t], w_h, carried_h)


@cache
def _engine():
    """Return the engine's loops and their phases, which are loaded when they first run."""
    from rnnlab.kernels.engine import lstm, phases

    return lstm, phases


def room(own, kept):
    """Return `gates` and `c` for a forward pass; in the engine, where nothing is `kept` for a way back, short ones."""
    x, w_x, w_h, _ = own
    n_steps, n_batch, _ = x.shape
    short = not kept and takes_engine(n_steps * n_batch * (w_x.size + w_h.size))
    gates = np.empty((1 if short else n_steps, n_batch, len(w_h)), x.dtype)
    return gates, np.empty((2 if short else n_steps + 1, n_batch, w_h.shape[1]), x.dtype)


def forward_pass(lengths, given, own, gates, h, c, n_threads):
    """Copy x, w_x, w_h, b_h from `given` to `own`, False if one is not finite; fill the rest.

    `gates` and `c` are as `room` makes them, `h` is (T+1, B, H); it and `c` are given with their first.
    """
    x, w_x, w_h, b_h = own
    if takes_engine(len(x) * x.shape[1] * (w_x.size + w_h.size)):
        engine, phases = _engine()
        return phases.forward(engine.forward, lengths, given, own, (gates, c, h), n_threads)
    if not take(given, own):
        return False
    product(x, w_x, out=gates)
    forward(lengths, w_h.T.copy(), b_h, gates, h, c, np.empty(gates.shape[1:], h.dtype))
    return True


def backward_pass(lengths, x, w_x, w_h, gates, h, c, dh, dh_n, dc_n, n_threads):
    """Return the gradients of w_x, w_h, b_h, x, h_0 and c_0."""
    dtype = x.dtype
    dh_0, dc_0 = np.zeros(dh_n.shape, dtype), np.zeros(dh_n.shape, dtype)
    if takes_engine(len(x) * x.shape[1] * (w_x.size + w_h.size)):
        engine, phases = _engine()
        dw_x, dw_h, db_h = np.zeros(w_x.shape, dtype), np.zeros(w_h.shape, dtype), np.zeros(len(w_h), dtype)
        dx = np.empty(x.shape, dtype)
        arrays = lengths, x, w_x, w_h, gates, h, c, dh, dh_n, dc_n, dw_x, dw_h, db_h, dx, dh_0, dc_0
        phases.backward(engine.backward, arrays, len(w_h), x, n_threads)
        return dw_x, dw_h, db_h, dx, dh_0, dc_0
    da = np.empty(gates.shape, dtype)
    backward(lengths, w_h, gates, c, dh, dh_n, dc_n, da, dh_0, dc_0)
    dx = product(da, w_x.T, np.empty(x.shape, dtype))
    return outer_sum(da, x), outer_sum(da, h[:-1]), row_sum(da), dx, dh_0, dc_0
