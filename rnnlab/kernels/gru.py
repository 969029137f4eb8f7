"""The recurrence of the GRU, with its reset after or before the product with w_hn, and its reverse."""

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
