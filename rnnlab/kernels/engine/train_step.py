"""One training step of a network that answers once, around the engine's loops: `kernels.train_step` says what it does.

Here too the weights are one vector, and so is their gradient; `work` is other arrays, for the engine packs weights and
keeps da itself. Everything from the first input to the changed weights is one call. The first two of `passes` are the
engine's own.
"""

import math

from rnnlab.kernels.calls import linked
from rnnlab.kernels.engine import gru as its_gru
from rnnlab.kernels.engine import lstm as its_lstm
from rnnlab.kernels.engine import rnn as its_rnn
from rnnlab.kernels.engine.phases import BOTH
from rnnlab.kernels.engine.vectors import engine_kernel
from rnnlab.kernels.train_step import answer_at, answered, move_at, moved, parts

rnn_forward_at, rnn_forward = linked(its_rnn.forward, "l 3 2 2 1 3 2 2 1 3 n n", bool)
rnn_backward_at, rnn_backward = linked(its_rnn.backward, "lr 3r 2r 2r 3r 3 2 2 2 1 3 2 3 n n n")
lstm_forward_at, lstm_forward = linked(its_lstm.forward, "l 3 2 2 1 3 2 2 1 3 3 3 n n", bool)
lstm_backward_at, lstm_backward = linked(its_lstm.backward, "lr 3r 2r 2r 3r 3r 3r 3 2 2 2 2 1 3 2 2 3 n n n")
gru_forward_at, gru_forward = linked(its_gru.forward, "l 3 2 2 1 1 3 2 2 1 1 3 3 3 n n", bool)
gru_backward_at, gru_backward = linked(its_gru.backward, "lr 3r 2r 2r 3r 3r 3r 3 2 2 2 1 3 2 3 n n n")


@engine_kernel
def rnn(passes, lengths, x, target, theta, gradient, state, settings, work):
    """Take one step of a simple network with tanh.

    `work` is h (T+1, B, H) beginning with h_0, dh_n and dh_0 (B, H), y and dy (B, O), and an empty array for what there
    is none of: gradients of all states, and those of the input.
    """
    h, dh_n, dh_0, y, dy, none = work
    n_input, n_hidden, n_output = x.shape[2], h.shape[2], y.shape[1]
    w_x, w_h, b_h, _, w_y, b_y = parts(theta, n_hidden, n_input, n_hidden, n_output, 0)
    dw_x, dw_h, db_h, _, dw_y, db_y = parts(gradient, n_hidden, n_input, n_hidden, n_output, 0)
    gradient[:] = 0
    if not rnn_forward(passes[0], lengths, x, w_x, w_h, b_h, x, w_x, w_h, b_h, h, 0, 1):
        return math.nan, math.nan
    loss = answered(passes[2], h[len(x)], w_y, b_y, target, y, dy, dw_y, db_y, dh_n)
    rnn_backward(passes[1], lengths, x, w_x, w_h, h, none, dh_n, dw_x, dw_h, db_h, none, dh_0, none, BOTH, 0, 1)
    return loss, moved(passes[3], loss, theta, gradient, state, settings)


@engine_kernel
def lstm(passes, lengths, x, target, theta, gradient, state, settings, work):
    """Take one step of an LSTM.

    `work` is that of `rnn`, and c (T+1, B, H) beginning with c_0, gates (T, B, 4H), dc_n of 0 and dc_0 (B, H).
    """
    h, dh_n, dh_0, y, dy, none, c, gates, dc_n, dc_0 = work
    n_input, n_hidden, n_output = x.shape[2], h.shape[2], y.shape[1]
    w_x, w_h, b_h, _, w_y, b_y = parts(theta, 4 * n_hidden, n_input, n_hidden, n_output, 0)
    dw_x, dw_h, db_h, _, dw_y, db_y = parts(gradient, 4 * n_hidden, n_input, n_hidden, n_output, 0)
    gradient[:] = 0
    dc_0[:] = 0
    if not lstm_forward(passes[0], lengths, x, w_x, w_h, b_h, x, w_x, w_h, b_h, gates, c, h, 0, 1):
        return math.nan, math.nan
    loss = answered(passes[2], h[len(x)], w_y, b_y, target, y, dy, dw_y, db_y, dh_n)
    lstm_backward(
        passes[1], lengths, x, w_x, w_h, gates, h, c, none, dh_n, dc_n, dw_x, dw_h, db_h, none, dh_0, dc_0, none,
        BOTH, 0, 1,
    )  # fmt: skip
    return loss, moved(passes[3], loss, theta, gradient, state, settings)


@engine_kernel
def gru(passes, lengths, x, target, theta, gradient, state, settings, work):
    """Take one step of a GRU whose reset comes after the product.

    `work` is that of `rnn`, and gates (T, B, 3H), and q (T, B, H).
    """
    h, dh_n, dh_0, y, dy, none, gates, q = work
    n_input, n_hidden, n_output = x.shape[2], h.shape[2], y.shape[1]
    w_x, w_h, b_h, b_hn, w_y, b_y = parts(theta, 3 * n_hidden, n_input, n_hidden, n_output, n_hidden)
    dw_x, dw_h, _, _, dw_y, db_y = parts(gradient, 3 * n_hidden, n_input, n_hidden, n_output, n_hidden)
    gradient[:] = 0
    if not gru_forward(passes[0], lengths, x, w_x, w_h, b_h, b_hn, x, w_x, w_h, b_h, b_hn, gates, q, h, 0, 1):
        return math.nan, math.nan
    loss = answered(passes[2], h[len(x)], w_y, b_y, target, y, dy, dw_y, db_y, dh_n)
    first = w_x.size + w_h.size  # both biases stand there, one after the other
    db = gradient[first : first + 4 * n_hidden]
    gru_backward(passes[1], lengths, x, w_x, w_h, gates, q, h, none, dh_n, dw_x, dw_h, db, none, dh_0, none, BOTH, 0, 1)
    return loss, moved(passes[3], loss, theta, gradient, state, settings)


PASSES = {
    "rnn": (rnn_forward_at, rnn_backward_at, answer_at, move_at),
    "lstm": (lstm_forward_at, lstm_backward_at, answer_at, move_at),
    "gru": (gru_forward_at, gru_backward_at, answer_at, move_at),
}
