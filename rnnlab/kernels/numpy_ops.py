"""Passes over one step's (B, N) arrays, and the functions in them, as NumPy expressions.

They run where nothing is compiled; elsewhere the loops of the same names in `numba_ops` take their place.
"""

import numpy as np

NAMES = ("tanh", "sigmoid", "relu", "leaky_relu", "linear")
TANH, SIGMOID, RELU = 0, 1, 2
LEAKS = (0.0, 0.0, 0.0, 0.01, 1.0)  # the slope left of 0 of the last three


def tanh(x):
    """Return tanh x."""
    return np.tanh(x)


def sigmoid(x):
    """Return 1 / (1 + e^-x), silent for any x."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def activate(kind, a):
    """Replace the numbers of `a` (B, N) by their activations."""
    if kind == TANH:
        a[:] = tanh(a)
    elif kind == SIGMOID:
        a[:] = sigmoid(a)
    elif kind == RELU:
        np.maximum(a, 0, out=a)
    else:
        a[a <= 0] *= LEAKS[kind]


def times_derivative(kind, value, d):
    """Multiply `d` (B, N) by the slopes where the activations have these values: they can be told from them."""
    if kind == TANH:
        d *= 1 - value * value
    elif kind == SIGMOID:
        d *= value * (1 - value)
    else:
        d[value <= 0] *= LEAKS[kind]


def add_rows(a, u, b):
    """Add `u` (B, N) and, to each row, `b` (N,) to `a` (B, N)."""
    a += u
    a += b


def add(a, b, out):
    """Write `a` + `b` to `out`, all (B, N)."""
    np.add(a, b, out)


def freeze_finished(lengths, t, h, h_next):
    """Copy `h` (B, H) to `h_next` in the rows that have no step `t` any more."""
    ended = lengths <= t
    h_next[ended] = h[ended]


def add_final_gradient(lengths, t, dh_n, carried):
    """Add `dh_n` (B, H) to `carried` in the rows whose last step is `t`."""
    ending = lengths == t + 1
    carried[ending] += dh_n[ending]


def lstm_gates(gates, c, c_next, h_next):
    """Turn `gates` (B, 4H) from pre-activations into i, f, g, o; write the next state (B, H), (B, H)."""
    i, f, g, o = np.split(gates, 4, axis=1)
    i[:], f[:], g[:], o[:] = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
    c_next[:] = f * c + i * g
    h_next[:] = o * tanh(c_next)


def lstm_gates_back(gates, c, c_next, dh, carried_h, carried_c, da):
    """Write the gates' `da` (B, 4H) and, to `carried_c`, dc (B, H)."""
    i, f, g, o = np.split(gates, 4, axis=1)
    da_i, da_f, da_g, da_o = np.split(da, 4, axis=1)
    tanh_c, total = tanh(c_next), dh + carried_h
    dc = carried_c + total * o * (1 - tanh_c * tanh_c)
    da_i[:] = dc * g * i * (1 - i)
    da_f[:] = dc * c * f * (1 - f)
    da_g[:] = dc * i * (1 - g * g)
    da_o[:] = total * tanh_c * o * (1 - o)
    carried_c[:] = dc * f


def gru_after(gates, recurrent, b_h, b_hn, q, h, h_next):
    """Turn `gates` (B, 3H), given as w_x x_t, into r, z, n with the reset after the product `q`; write `h_next`."""
    n_hidden = h.shape[1]
    r, z, n = np.split(gates, 3, axis=1)
    gates += b_h
    gates[:, : 2 * n_hidden] += recurrent[:, : 2 * n_hidden]
    q[:] = recurrent[:, 2 * n_hidden :] + b_hn
    r[:], z[:] = sigmoid(r), sigmoid(z)
    n[:] = tanh(n + r * q)
    h_next[:] = (1 - z) * n + z * h


def gru_after_back(gates, q, h, dh, carried, da, da_h):
    """Write `da` (B, 3H), the gradient of w_x x_t, `da_h`, that of w_h h, and to `carried` what z lets through."""
    r, z, n = np.split(gates, 3, axis=1)
    da_r, da_z, da_n = np.split(da, 3, axis=1)
    n_hidden = h.shape[1]
    total = dh + carried
    da_n[:] = total * (1 - z) * (1 - n * n)
    da_z[:] = total * (h - n) * z * (1 - z)
    da_r[:] = da_n * q * r * (1 - r)
    da_h[:, : 2 * n_hidden] = da[:, : 2 * n_hidden]
    da_h[:, 2 * n_hidden :] = da_n * r
    carried[:] = total * z


def gru_reset(gates, recurrent, b_h, h, q):
    """Turn the first two thirds of `gates` (B, 3H) into r, z; write r h to `q` (B, H)."""
    n_hidden = h.shape[1]
    r, z, _ = np.split(gates, 3, axis=1)
    gates[:, : 2 * n_hidden] += recurrent + b_h[: 2 * n_hidden]
    r[:], z[:] = sigmoid(r), sigmoid(z)
    q[:] = r * h


def gru_before(gates, recurrent, b_h, b_hn, h, h_next):
    """Turn the last third of `gates` (B, 3H) into n, the reset being in `recurrent` (B, H); write `h_next`."""
    n_hidden = h.shape[1]
    _, z, n = np.split(gates, 3, axis=1)
    n[:] = tanh(n + recurrent + b_h[2 * n_hidden :] + b_hn)
    h_next[:] = (1 - z) * n + z * h


def gru_before_back(gates, h, dh, carried, da, dn):
    """Write the last two thirds of `da` (B, 3H), its last also to `dn`, and to `carried` what z lets through."""
    _, z, n = np.split(gates, 3, axis=1)
    _, da_z, da_n = np.split(da, 3, axis=1)
    total = dh + carried
    da_z[:] = total * (h - n) * z * (1 - z)
    dn[:] = da_n[:] = total * (1 - z) * (1 - n * n)
    carried[:] = total * z


def gru_reset_back(gates, h, dq, carried, da, drz):
    """Write the first third of `da` (B, 3H), the first two to `drz`; add to `carried` what r lets through."""
    n_hidden = h.shape[1]
    r = gates[:, :n_hidden]
    da[:, :n_hidden] = dq * h * r * (1 - r)
    drz[:] = da[:, : 2 * n_hidden]
    carried += dq * r


def square_error(y, b_y, target, dy):
    """Add `b_y` (O,) to each row of `y` (B, O); return the mean squared error and write its gradient to `dy`."""
    y += b_y
    dy[:] = (y - target) * (2 / y.size)
    return float(np.square(y - target, dtype=np.float64).mean())


def column_sums(rows, out):
    """Write the sum over the rows of (M, N) to `out` (N,)."""
    rows.sum(axis=0, out=out)


def sum_of_squares(values):
    """Return the sum of the squares of (P,) numbers."""
    return float(np.square(values, dtype=np.float64).sum())


def sgd(theta, gradient, state, scale, lr, momentum):
    """Move `theta` (P,) along `scale` times the gradient (P,), with the velocity in `state` (1, P)."""
    state[0] = momentum * state[0] + scale * gradient
    theta -= lr * state[0]


def adam(theta, gradient, state, scale, lr, beta1, beta2, root, eps):
    """Move `theta` (P,) by Adam's rule for `scale` times the gradient (P,), with both means in `state` (2, P)."""
    gradient *= scale
    state[0] = beta1 * state[0] + (1 - beta1) * gradient
    state[1] = beta2 * state[1] + (1 - beta2) * gradient * gradient
    theta -= lr * state[0] / (np.sqrt(state[1]) / root + eps)


def look_up(w_x_t, tokens, out):
    """Write the row of `w_x_t` (V, N) of each token (B,) to `out` (B, N): what w_x makes of a one-hot input."""
    out[:] = w_x_t[tokens]


def draw(scores, b_y, temperature, uniform, chances, tokens):
    """Write one token a row to `tokens` (B,), by `uniform` (B,) draws; -1 where no score (B, V) is best."""
    scores += b_y
    best = scores.max(axis=1, keepdims=True)
    if temperature == 0:
        tokens[:] = scores.argmax(axis=1)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            edges = np.exp((scores.astype(np.float64) - best) / temperature).cumsum(axis=1)
        tokens[:] = (edges <= uniform[:, None] * edges[:, -1:]).sum(axis=1)
    tokens[~np.isfinite(best[:, 0])] = -1


def transpose(a, out):
    """Write `a` (M, N) to `out` (N, M) the other way round."""
    out[:] = a.T
