"""The recurrence of the simple network and its reverse. The products over all steps at once are NumPy's, outside."""

import numpy as np

from rnnlab.kernels.compile import kernel
from rnnlab.kernels.numba_ops import activate, add, add_final_gradient, add_rows, freeze_finished, times_derivative


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
