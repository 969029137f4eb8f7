"""The recurrence of the LSTM and its reverse."""

import numpy as np

from rnnlab.kernels.compile import kernel
from rnnlab.kernels.numba_ops import add_final_gradient, add_rows, freeze_finished, lstm_gates, lstm_gates_back


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
