"""The recurrence of the GRU, with its reset after or before the product with w_hn, and its reverse."""

from functools import cache

import numpy as np

from rnnlab.kernels.compile import kernel
from rnnlab.kernels.numba_ops import (
    add,
    add_final_gradient,
    freeze_finished,
    gru_after,
    gru_after_back,
    gru_before,
    gru_before_back,
    gru_reset,
    gru_reset_back,
)
from rnnlab.kernels.products import outer_sum, product, row_sum, take
from rnnlab.kernels.tiers import takes_engine


@kernel
def forward_after(lengths, w_h_t, b_h, b_hn, gates, q, h, recurrent):
    """Fill `h` (T+1, B, H) after its first, `gates` (T, B, 3H), given as w_x x_t, and `q` (T, B, H) = w_hn h + b_hn."""
    for t in range(len(gates)):
        np.dot(h[t], w_h_t, recurrent)
        gru_after(gates[t], recurrent, b_h, b_hn, q[t], h[t], h[t + 1])
        freeze_finished(lengths, t, h[t], h[t + 1])


@kernel
def backward_after(lengths, w_h, gates, q, h, dh, dh_n, da, da_h, carried, through):
    """Fill `da` (T, B, 3H), the gradient of w_x x_t, `da_h`, that of w_h h, and `carried` (B, H), given as 0."""
    for t in range(len(dh) - 1, -1, -1):
        add_final_gradient(lengths, t, dh_n, carried)
        gru_after_back(gates[t], q[t], h[t], dh[t], carried, da[t], da_h[t])
        np.dot(da_h[t], w_h, through)
        add(carried, through, carried)


@kernel
def forward_before(lengths, w_hrz_t, w_hn_t, b_h, b_hn, gates, q, h, recurrent_rz, recurrent_n):
    """Fill `h` (T+1, B, H) after its first, `gates` (T, B, 3H), given as w_x x_t, and `q` (T, B, H) = r h."""
    for t in range(len(gates)):
        np.dot(h[t], w_hrz_t, recurrent_rz)
        gru_reset(gates[t], recurrent_rz, b_h, h[t], q[t])
        np.dot(q[t], w_hn_t, recurrent_n)
        gru_before(gates[t], recurrent_n, b_h, b_hn, h[t], h[t + 1])
        freeze_finished(lengths, t, h[t], h[t + 1])


@kernel
def backward_before(lengths, w_hrz, w_hn, gates, h, dh, dh_n, da, carried, through, dn, drz):
    """Fill `da` (T, B, 3H), the gradient of the pre-activations, and `carried` (B, H), given as 0, that of h_0."""
    for t in range(len(dh) - 1, -1, -1):
        add_final_gradient(lengths, t, dh_n, carried)
        gru_before_back(gates[t], h[t], dh[t], carried, da[t], dn)
        np.dot(dn, w_hn, through)
        gru_reset_back(gates[t], h[t], through, carried, da[t], drz)
        np.dot(drz, w_hrz, through)
        add(carried, through, carried)


@cache
def _engine():
    """Return the engine's loops and their phases, which are loaded when they first run."""
    from rnnlab.kernels.engine import gru, phases

    return gru, phases


def room(after, own, kept):
    """Return `gates` and `q` for a forward pass; in the engine, where nothing is `kept` for a way back, short ones."""
    x, w_x, w_h, _, _ = own
    (n_steps, n_batch, _), n_hidden = x.shape, w_h.shape[1]
    n_gates = n_q = n_steps
    if not kept and after and takes_engine(n_steps * n_batch * (w_x.size + w_h.size)):
        n_gates, n_q = min(n_steps, max(1, _engine()[0].AT_ONCE // n_batch)), 1
    return np.empty((n_gates, n_batch, 3 * n_hidden), x.dtype), np.empty((n_q, n_batch, n_hidden), x.dtype)


def forward_pass(after, lengths, given, own, gates, q, h, n_threads):
    """Copy x, w_x, w_h, b_h, b_hn from `given` to `own`, False if one is not finite; fill the rest.

    `gates` and `q` are as `room` makes them, `h` is (T+1, B, H), given with its first; the reset is `after` or before.
    """
    x, w_x, w_h, b_h, b_hn = own
    n_batch, n_hidden = h.shape[1:]
    if after and takes_engine(len(x) * x.shape[1] * (w_x.size + w_h.size)):
        engine, phases = _engine()
        return phases.forward(engine.forward, lengths, given, own, (gates, q, h), n_threads)
    if not take(given, own):
        return False
    product(x, w_x, out=gates)
    if after:
        forward_after(lengths, w_h.T.copy(), b_h, b_hn, gates, q, h, np.empty(gates.shape[1:], h.dtype))
    else:
        w_hrz_t, w_hn_t = w_h[: 2 * n_hidden].T.copy(), w_h[2 * n_hidden :].T.copy()
        products = np.empty((n_batch, 2 * n_hidden), x.dtype), np.empty((n_batch, n_hidden), x.dtype)
        forward_before(lengths, w_hrz_t, w_hn_t, b_h, b_hn, gates, q, h, *products)
    return True


def backward_pass(after, lengths, x, w_x, w_h, gates, q, h, dh, dh_n, n_threads):
    """Return the gradients of w_x, w_h, b_h, b_hn, x and h_0."""
    if not after:
        da, dw_h, db_hn, dh_0 = _back_before(lengths, w_h, gates, q, h, dh, dh_n)
    elif takes_engine(len(x) * x.shape[1] * (w_x.size + w_h.size)):
        return _back_engine(lengths, x, w_x, w_h, gates, q, h, dh, dh_n, n_threads)
    else:
        da, dw_h, db_hn, dh_0 = _back_after(lengths, w_h, gates, q, h, dh, dh_n)
    dx = product(da, w_x.T, np.empty(x.shape, x.dtype))
    return outer_sum(da, x), dw_h, row_sum(da), db_hn, dx, dh_0


def _back_engine(lengths, x, w_x, w_h, gates, q, h, dh, dh_n, n_threads):
    engine, phases = _engine()
    dw_x, dw_h, dx = np.zeros(w_x.shape, x.dtype), np.zeros(w_h.shape, x.dtype), np.empty(x.shape, x.dtype)
    n_hidden = w_h.shape[1]
    db, dh_0 = np.zeros(4 * n_hidden, x.dtype), np.empty(dh_n.shape, x.dtype)
    arrays = lengths, x, w_x, w_h, gates, q, h, dh, dh_n, dw_x, dw_h, db, dx, dh_0
    phases.backward(engine.backward, arrays, 4 * n_hidden, x, n_threads)
    return dw_x, dw_h, db[: len(w_h)], db[len(w_h) :], dx, dh_0


def _back_after(lengths, w_h, gates, q, h, dh, dh_n):
    da, da_h = np.empty_like(gates), np.empty_like(gates)  # of w_x x_t and of w_h h: their last thirds differ
    dh_0, through = np.zeros_like(dh_n), np.empty_like(dh_n)
    backward_after(lengths, w_h, gates, q, h, dh, dh_n, da, da_h, dh_0, through)
    return da, outer_sum(da_h, h[:-1]), row_sum(da_h[:, :, 2 * h.shape[2] :]), dh_0


def _back_before(lengths, w_h, gates, q, h, dh, dh_n):
    rows = 2 * h.shape[2]
    da, drz = np.empty_like(gates), np.empty_like(gates[0, :, :rows])
    dh_0, through, dn = np.zeros_like(dh_n), np.empty_like(dh_n), np.empty_like(dh_n)
    backward_before(lengths, w_h[:rows], w_h[rows:], gates, h, dh, dh_n, da, dh_0, through, dn, drz)
    dw_hrz, dw_hn = outer_sum(da[:, :, :rows], h[:-1]), outer_sum(da[:, :, rows:], q)
    return da, np.concatenate([dw_hrz, dw_hn]), row_sum(da[:, :, rows:]), dh_0
