"""One training step of a simple network that answers once, compiled as a whole.

The weights and their gradient are each one vector (P,): w_x, w_h, b_h, w_y, b_y after each other.
"""

import math

import numpy as np

from rnnlab.kernels.compile import inlined, kernel
from rnnlab.kernels.elementwise import activate, add, add_ending, add_rows, hold_ended, times_slope


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
def sgd(theta, gradient, memory, scale, lr, momentum):
    """Move `theta` (P,) along `scale` times the gradient (P,), with the velocity in `memory` (1, P)."""
    number, velocity = theta.dtype.type, memory[0]
    kept, taken, rate = number(momentum), number(scale), number(lr)
    for j in range(theta.size):
        velocity[j] = kept * velocity[j] + taken * gradient[j]
        theta[j] -= rate * velocity[j]


@inlined
def adam(theta, gradient, memory, scale, lr, beta1, beta2, root, eps):
    """Move `theta` (P,) by Adam's rule for `scale` times the gradient (P,), with both means in `memory` (2, P)."""
    number, mean, square = theta.dtype.type, memory[0], memory[1]
    kept, new, kept_square, new_square = number(beta1), number(1 - beta1), number(beta2), number(1 - beta2)
    taken, rate, correction, least = number(scale), number(lr), number(root), number(eps)
    for j in range(theta.size):
        g = taken * gradient[j]
        mean[j] = kept * mean[j] + new * g
        square[j] = kept_square * square[j] + new_square * g * g
        theta[j] -= rate * mean[j] / (np.sqrt(square[j]) / correction + least)


@kernel
def step(kind, lengths, x, target, theta, gradient, memory, settings, work):
    """Move `theta` and `memory` by one update; return the loss and the gradient's norm before clipping.

    `settings` holds max_norm, lr and, for SGD, momentum, for Adam beta1, beta2, root and eps, told by their number.
    `work` is h (T+1, B, H) beginning with h_0, da (T, B, H), recurrent (B, H), carried (B, H) and none (B, H), both 0,
    y and dy (B, O).
    """
    h, da, recurrent, carried, none, y, dy = work
    n_steps, n_batch, n_input = x.shape
    n_hidden, n_output = h.shape[2], y.shape[1]
    to_w_h = n_hidden * n_input
    to_b_h = to_w_h + n_hidden * n_hidden
    to_w_y = to_b_h + n_hidden
    to_b_y = to_w_y + n_output * n_hidden
    w_x, w_h = theta[:to_w_h].reshape(n_hidden, n_input), theta[to_w_h:to_b_h].reshape(n_hidden, n_hidden)
    b_h, w_y, b_y = theta[to_b_h:to_w_y], theta[to_w_y:to_b_y].reshape(n_output, n_hidden), theta[to_b_y:]
    rows, reads = n_steps * n_batch, x.reshape(n_steps * n_batch, n_input)

    np.dot(reads, w_x.T, h[1:].reshape(rows, n_hidden))
    for t in range(n_steps):
        np.dot(h[t], w_h.T, recurrent)
        add_rows(h[t + 1], recurrent, b_h)
        activate(kind, h[t + 1])
        hold_ended(lengths, t, h[t], h[t + 1])
    last = h[n_steps]
    np.dot(last, w_y.T, y)
    loss = square_error(y, b_y, target, dy)

    np.dot(dy.T, last, gradient[to_w_y:to_b_y].reshape(n_output, n_hidden))
    column_sums(dy, gradient[to_b_y:])
    np.dot(dy, w_y, recurrent)
    for t in range(n_steps - 1, -1, -1):
        add_ending(lengths, t, recurrent, carried)
        add(none, carried, da[t])
        times_slope(kind, h[t + 1], da[t])
        np.dot(da[t], w_h, carried)
    by_row = da.reshape(rows, n_hidden)
    np.dot(by_row.T, reads, gradient[:to_w_h].reshape(n_hidden, n_input))
    np.dot(by_row.T, h[:n_steps].reshape(rows, n_hidden), gradient[to_w_h:to_b_h].reshape(n_hidden, n_hidden))
    column_sums(by_row, gradient[to_b_h:to_w_y])

    norm = math.sqrt(sum_of_squares(gradient))
    max_norm, lr = settings[0], settings[1]
    scale = max_norm / norm if norm > max_norm else 1.0
    if not (math.isfinite(loss) and math.isfinite(norm)):
        return loss, norm
    if len(memory) == 1:
        sgd(theta, gradient, memory, scale, lr, settings[2])
    else:
        adam(theta, gradient, memory, scale, lr, settings[2], settings[3], settings[4], settings[5])
    return loss, norm
