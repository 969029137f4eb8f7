"""One training step of a network that answers once, compiled as a whole around its cell's own loops.

`passes` are the addresses of the cell's forward and backward, of `answer` and of `move`. The weights `theta` and their
`gradient` are each one vector (P,): w_x, w_h, b_h, in a GRU b_hn, w_y, b_y after each other. `state` is the
optimizer's, (1, P) for SGD and (2, P) for Adam. `settings` holds max_norm and lr and then, for SGD, momentum, for
Adam beta1, beta2, root and eps. Each step changes `theta` and `state` and returns the loss and the gradient's norm
before clipping; where one of them is not finite, it changes neither.
"""

import math

import numpy as np

from rnnlab.kernels import gru as its_gru
from rnnlab.kernels import lstm as its_lstm
from rnnlab.kernels import rnn as its_rnn
from rnnlab.kernels.calls import linked
from rnnlab.kernels.compile import helper, inlined, kernel


@inlined
def square_error(y, b_y, target, dy):
    """Add `b_y` (O,) to each row of `y` (B, O); return the mean squared error and write its gradient to `dy`."""
    factor, total = y.dtype.type(2 / y.size), 0.0
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] += b_y[j]
            error = y[i, j] - target[i, j]
            dy[i, j] = factor * error
            total += float(error) * float(error)
    return total / y.size


@inlined
def column_sums(rows, out):
    """Write the sum over the rows of (M, N) to `out` (N,)."""
    for j in range(out.size):
        out[j] = 0
    for i in range(rows.shape[0]):
        for j in range(out.size):
            out[j] += rows[i, j]


@inlined
def sum_of_squares(values):
    """Return the sum of the squares of (P,) numbers."""
    total = 0.0
    for j in range(values.size):
        total += float(values[j]) * float(values[j])
    return total


@inlined
def sgd(theta, gradient, state, scale, lr, momentum):
    """Move `theta` (P,) along `scale` times the gradient (P,), with the velocity in `state` (1, P)."""
    number, velocity = theta.dtype.type, state[0]
    kept, taken, rate = number(momentum), number(scale), number(lr)
    for j in range(theta.size):
        velocity[j] = kept * velocity[j] + taken * gradient[j]
        theta[j] -= rate * velocity[j]


@inlined
def adam(theta, gradient, state, scale, lr, beta1, beta2, root, eps):
    """Move `theta` (P,) by Adam's rule for `scale` times the gradient (P,), with both means in `state` (2, P)."""
    number, mean, square = theta.dtype.type, state[0], state[1]
    kept, new, kept_square, new_square = number(beta1), number(1 - beta1), number(beta2), number(1 - beta2)
    taken, rate, correction, least = number(scale), number(lr), number(root), number(eps)
    for j in range(theta.size):
        g = taken * gradient[j]
        mean[j] = kept * mean[j] + new * g
        square[j] = kept_square * square[j] + new_square * g * g
        theta[j] -= rate * mean[j] / (np.sqrt(square[j]) / correction + least)


@inlined
def transpose(a, out):
    """Write `a` (M, N) to `out` (N, M) the other way round."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[j, i] = a[i, j]


@helper
def parts(vector, n_rows, n_input, n_hidden, n_output, n_more):
    """Return w_x (n_rows, D), w_h (n_rows, H), b_h (n_rows,), b_hn (n_more,), w_y (O, H), b_y (O,) within a vector."""
    to_w_h = n_rows * n_input
    to_b_h = to_w_h + n_rows * n_hidden
    to_b_hn = to_b_h + n_rows
    to_w_y = to_b_hn + n_more
    to_b_y = to_w_y + n_output * n_hidden
    w_x = vector[:to_w_h].reshape((n_rows, n_input))
    w_h = vector[to_w_h:to_b_h].reshape((n_rows, n_hidden))
    w_y = vector[to_w_y:to_b_y].reshape((n_output, n_hidden))
    return w_x, w_h, vector[to_b_h:to_b_hn], vector[to_b_hn:to_w_y], w_y, vector[to_b_y:]


@kernel
def answer(last, w_y, b_y, target, y, dy, dw_y, db_y, dh_n):
    """Return the loss of the readout of `last` (B, H); write the gradients of its weights and `dh_n` (B, H)."""
    np.dot(last, w_y.T, y)
    loss = square_error(y, b_y, target, dy)
    np.dot(dy.T, last, dw_y)
    column_sums(dy, db_y)
    np.dot(dy, w_y, dh_n)
    return loss


@helper
def weight_gradients(da, da_h, x, h, dw_x, dw_h, db_h):
    """Write the gradients of the cell's weights, `da` (T, B, N) being that of w_x x_t, and `da_h` that of w_h h."""
    n_steps, n_batch, n_rows = da.shape
    rows, rows_h = da.reshape((n_steps * n_batch, n_rows)), da_h.reshape((n_steps * n_batch, n_rows))
    np.dot(rows.T, x.reshape((n_steps * n_batch, x.shape[2])), dw_x)
    np.dot(rows_h.T, h[:n_steps].reshape((n_steps * n_batch, h.shape[2])), dw_h)
    column_sums(rows, db_h)


@kernel
def move(loss, theta, gradient, state, settings):
    """Return the gradient's norm; take the optimizer's step."""
    norm = math.sqrt(sum_of_squares(gradient))
    scale = settings[0] / norm if norm > settings[0] else 1.0
    if math.isfinite(loss) and math.isfinite(norm):
        if len(state) == 1:
            sgd(theta, gradient, state, scale, settings[1], settings[2])
        else:
            adam(theta, gradient, state, scale, settings[1], settings[2], settings[3], settings[4], settings[5])
    return norm


answer_at, answered = linked(answer, "2 2 1 2 2 2 2 1 2", float)
move_at, moved = linked(move, "f 1 1 2 s", float)
rnn_forward_at, rnn_forward = linked(its_rnn.forward, "n l 2 1 3 2")
rnn_backward_at, rnn_backward = linked(its_rnn.backward, "n lr 2r 3r 3 2 3 2")
lstm_forward_at, lstm_forward = linked(its_lstm.forward, "l 2 1 3 3 3 2")
lstm_backward_at, lstm_backward = linked(its_lstm.backward, "lr 2r 3r 3r 3 2 2 3 2 2")
gru_forward_at, gru_forward = linked(its_gru.forward_after, "l 2 1 1 3 3 3 2")
gru_backward_at, gru_backward = linked(its_gru.backward_after, "lr 2r 3r 3r 3r 3 2 3 3 2 2")
PASSES = {
    "rnn": (rnn_forward_at, rnn_backward_at, answer_at, move_at),
    "lstm": (lstm_forward_at, lstm_backward_at, answer_at, move_at),
    "gru": (gru_forward_at, gru_backward_at, answer_at, move_at),
}


@kernel
def rnn(passes, kind, lengths, x, target, theta, gradient, state, settings, work):
    """Take one step of a simple network.

    `work` is h (T+1, B, H) beginning with h_0, da (T, B, H), dh (T, B, H) of 0, w_h_t (H, H), recurrent and dh_n
    (B, H), y and dy (B, O).
    """
    h, da, dh, w_h_t, recurrent, dh_n, y, dy = work
    (n_steps, n_batch, n_input), n_hidden, n_output = x.shape, h.shape[2], y.shape[1]
    w_x, w_h, b_h, _, w_y, b_y = parts(theta, n_hidden, n_input, n_hidden, n_output, 0)
    dw_x, dw_h, db_h, _, dw_y, db_y = parts(gradient, n_hidden, n_input, n_hidden, n_output, 0)
    transpose(w_h, w_h_t)
    np.dot(x.reshape((n_steps * n_batch, n_input)), w_x.T, h[1:].reshape((n_steps * n_batch, n_hidden)))
    rnn_forward(passes[0], kind, lengths, w_h_t, b_h, h, recurrent)
    loss = answered(passes[2], h[n_steps], w_y, b_y, target, y, dy, dw_y, db_y, dh_n)
    recurrent.fill(0)
    rnn_backward(passes[1], kind, lengths, w_h, h, dh, dh_n, da, recurrent)
    weight_gradients(da, da, x, h, dw_x, dw_h, db_h)
    return loss, moved(passes[3], loss, theta, gradient, state, settings)


@kernel
def lstm(passes, lengths, x, target, theta, gradient, state, settings, work):
    """Take one step of an LSTM.

    `work` is h and c (T+1, B, H) beginning with h_0 and c_0, gates and da (T, B, 4H), dh (T, B, H) of 0, w_h_t (H, 4H),
    recurrent (B, 4H), dh_n, none, of 0, dh_0 and dc_0 (B, H), y and dy (B, O).
    """
    h, c, gates, da, dh, w_h_t, recurrent, dh_n, none, dh_0, dc_0, y, dy = work
    (n_steps, n_batch, n_input), n_hidden, n_output = x.shape, h.shape[2], y.shape[1]
    w_x, w_h, b_h, _, w_y, b_y = parts(theta, 4 * n_hidden, n_input, n_hidden, n_output, 0)
    dw_x, dw_h, db_h, _, dw_y, db_y = parts(gradient, 4 * n_hidden, n_input, n_hidden, n_output, 0)
    transpose(w_h, w_h_t)
    np.dot(x.reshape((n_steps * n_batch, n_input)), w_x.T, gates.reshape((n_steps * n_batch, 4 * n_hidden)))
    lstm_forward(passes[0], lengths, w_h_t, b_h, gates, h, c, recurrent)
    loss = answered(passes[2], h[n_steps], w_y, b_y, target, y, dy, dw_y, db_y, dh_n)
    dh_0.fill(0)
    dc_0.fill(0)
    lstm_backward(passes[1], lengths, w_h, gates, c, dh, dh_n, none, da, dh_0, dc_0)
    weight_gradients(da, da, x, h, dw_x, dw_h, db_h)
    return loss, moved(passes[3], loss, theta, gradient, state, settings)


@kernel
def gru(passes, lengths, x, target, theta, gradient, state, settings, work):
    """Take one step of a GRU whose reset comes after the product.

    `work` is h (T+1, B, H) beginning with h_0, gates (T, B, 3H), q (T, B, H), da and da_h (T, B, 3H), dh (T, B, H) of
    0, w_h_t (H, 3H), recurrent (B, 3H), dh_n, dh_0 and through (B, H), y and dy (B, O).
    """
    h, gates, q, da, da_h, dh, w_h_t, recurrent, dh_n, dh_0, through, y, dy = work
    (n_steps, n_batch, n_input), n_hidden, n_output = x.shape, h.shape[2], y.shape[1]
    w_x, w_h, b_h, b_hn, w_y, b_y = parts(theta, 3 * n_hidden, n_input, n_hidden, n_output, n_hidden)
    dw_x, dw_h, db_h, db_hn, dw_y, db_y = parts(gradient, 3 * n_hidden, n_input, n_hidden, n_output, n_hidden)
    transpose(w_h, w_h_t)
    np.dot(x.reshape((n_steps * n_batch, n_input)), w_x.T, gates.reshape((n_steps * n_batch, 3 * n_hidden)))
    gru_forward(passes[0], lengths, w_h_t, b_h, b_hn, gates, q, h, recurrent)
    loss = answered(passes[2], h[n_steps], w_y, b_y, target, y, dy, dw_y, db_y, dh_n)
    dh_0.fill(0)
    gru_backward(passes[1], lengths, w_h, gates, q, h, dh, dh_n, da, da_h, dh_0, through)
    weight_gradients(da, da_h, x, h, dw_x, dw_h, db_h)
    column_sums(da_h.reshape((n_steps * n_batch, 3 * n_hidden))[:, 2 * n_hidden :], db_hn)
    return loss, moved(passes[3], loss, theta, gradient, state, settings)
