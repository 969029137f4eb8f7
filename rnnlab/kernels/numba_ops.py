"""Passes over one step's (B, N) arrays, as the loops that kernels run; `numpy_ops` has each as a NumPy expression."""

import rnnlab.kernels.scalar  # noqa: F401 - what tanh and sigmoid are when compiled
from rnnlab.kernels.compile import inlined
from rnnlab.kernels.numpy_ops import LEAKS, RELU, SIGMOID, TANH, sigmoid, tanh


@inlined
def activate(kind, a):
    """Replace the numbers of `a` (B, N) by their activations."""
    zero, leak = a.dtype.type(0), a.dtype.type(LEAKS[kind])
    for i in range(a.shape[0]):
        row = a[i]
        if kind == TANH:
            for j in range(row.size):
                row[j] = tanh(row[j])
        elif kind == SIGMOID:
            for j in range(row.size):
                row[j] = sigmoid(row[j])
        elif kind == RELU:
            for j in range(row.size):
                row[j] = zero if row[j] <= zero else row[j]
        else:
            for j in range(row.size):
                row[j] = leak * row[j] if row[j] <= zero else row[j]


@inlined
def times_derivative(kind, value, d):
    """Multiply `d` (B, N) by the slopes where the activations have these values: they can be told from them."""
    zero, one, leak = d.dtype.type(0), d.dtype.type(1), d.dtype.type(LEAKS[kind])
    for i in range(d.shape[0]):
        row, of = d[i], value[i]
        if kind == TANH:
            for j in range(row.size):
                row[j] *= one - of[j] * of[j]
        elif kind == SIGMOID:
            for j in range(row.size):
                row[j] *= of[j] * (one - of[j])
        else:
            for j in range(row.size):
                row[j] *= leak if of[j] <= zero else one


@inlined
def add_rows(a, u, b):
    """Add `u` (B, N) and, to each row, `b` (N,) to `a` (B, N)."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[i, j] = a[i, j] + u[i, j] + b[j]


@inlined
def add(a, b, out):
    """Write `a` + `b` to `out`, all (B, N)."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] + b[i, j]


@inlined
def freeze_finished(lengths, t, h, h_next):
    """Copy `h` (B, H) to `h_next` in the rows that have no step `t` any more."""
    for i in range(h.shape[0]):
        if lengths[i] <= t:
            for j in range(h.shape[1]):
                h_next[i, j] = h[i, j]


@inlined
def add_final_gradient(lengths, t, dh_n, carried):
    """Add `dh_n` (B, H) to `carried` in the rows whose last step is `t`."""
    for i in range(carried.shape[0]):
        if lengths[i] == t + 1:
            for j in range(carried.shape[1]):
                carried[i, j] += dh_n[i, j]


@inlined
def lstm_gates(gates, c, c_next, h_next):
    """Turn `gates` (B, 4H) from pre-activations into i, f, g, o; write the next state (B, H), (B, H)."""
    n = c.shape[1]
    for row in range(c.shape[0]):
        a, c_old, c_new, h_new = gates[row], c[row], c_next[row], h_next[row]
        i_and_f, i, f, g, o = a[: 2 * n], a[:n], a[n : 2 * n], a[2 * n : 3 * n], a[3 * n :]
        for j in range(2 * n):
            i_and_f[j] = sigmoid(i_and_f[j])
        for j in range(n):
            g[j] = tanh(g[j])
            c_new[j] = f[j] * c_old[j] + i[j] * g[j]
        for j in range(n):
            o[j] = sigmoid(o[j])
            h_new[j] = o[j] * tanh(c_new[j])


@inlined
def lstm_gates_back(gates, c, c_next, dh, carried_h, carried_c, da):
    """Write the gates' `da` (B, 4H) and, to `carried_c`, dc (B, H)."""
    n, one = c.shape[1], c.dtype.type(1)
    for row in range(c.shape[0]):
        a, d, dc, total = gates[row], da[row], carried_c[row], carried_h[row]
        i, f, g, o = a[:n], a[n : 2 * n], a[2 * n : 3 * n], a[3 * n :]
        da_i, da_f, da_g, da_o = d[:n], d[n : 2 * n], d[2 * n : 3 * n], d[3 * n :]
        c_old, c_new, given = c[row], c_next[row], dh[row]
        for j in range(n):
            total[j] += given[j]
        for j in range(n):
            tanh_c = tanh(c_new[j])
            dc[j] += total[j] * o[j] * (one - tanh_c * tanh_c)
            da_o[j] = total[j] * tanh_c * o[j] * (one - o[j])
        for j in range(n):
            da_i[j] = dc[j] * g[j] * i[j] * (one - i[j])
            da_f[j] = dc[j] * c_old[j] * f[j] * (one - f[j])
            da_g[j] = dc[j] * i[j] * (one - g[j] * g[j])
            dc[j] *= f[j]


@inlined
def gru_after(gates, recurrent, b_h, b_hn, q, h, h_next):
    """Turn `gates` (B, 3H), given as w_x x_t, into r, z, n with the reset after the product `q`; write `h_next`."""
    n, one = h.shape[1], h.dtype.type(1)
    b_n = b_h[2 * n :]
    for row in range(h.shape[0]):
        a, u, product, h_old, h_new = gates[row], recurrent[row], q[row], h[row], h_next[row]
        r_and_z, r, z, new, u_n = a[: 2 * n], a[:n], a[n : 2 * n], a[2 * n :], u[2 * n :]
        for j in range(2 * n):
            r_and_z[j] = sigmoid(r_and_z[j] + u[j] + b_h[j])
        for j in range(n):
            product[j] = u_n[j] + b_hn[j]
            u_n[j] = b_n[j] + r[j] * product[j]
        for j in range(n):
            new[j] = tanh(new[j] + u_n[j])
            h_new[j] = (one - z[j]) * new[j] + z[j] * h_old[j]


@inlined
def gru_after_back(gates, q, h, dh, carried, da, da_h):
    """Write `da` (B, 3H), the gradient of w_x x_t, `da_h`, that of w_h h, and to `carried` what z lets through."""
    n, one = h.shape[1], h.dtype.type(1)
    for row in range(h.shape[0]):
        a, d, d_h, total = gates[row], da[row], da_h[row], carried[row]
        r, z, new = a[:n], a[n : 2 * n], a[2 * n :]
        da_r, da_z, da_n, dq = d[:n], d[n : 2 * n], d[2 * n :], d_h[2 * n :]
        product, h_old, given = q[row], h[row], dh[row]
        for j in range(n):
            total[j] += given[j]
        for j in range(n):
            da_z[j] = total[j] * (h_old[j] - new[j]) * z[j] * (one - z[j])
            da_n[j] = total[j] * (one - z[j]) * (one - new[j] * new[j])
        for j in range(n):
            da_r[j] = da_n[j] * product[j] * r[j] * (one - r[j])
            dq[j] = da_n[j] * r[j]
            total[j] *= z[j]
        for j in range(2 * n):
            d_h[j] = d[j]


@inlined
def gru_reset(gates, recurrent, b_h, h, q):
    """Turn the first two thirds of `gates` (B, 3H) into r, z; write r h to `q` (B, H)."""
    n = h.shape[1]
    for row in range(h.shape[0]):
        a, u, h_old, reset = gates[row], recurrent[row], h[row], q[row]
        for j in range(2 * n):
            a[j] = sigmoid(a[j] + u[j] + b_h[j])
        for j in range(n):
            reset[j] = a[j] * h_old[j]


@inlined
def gru_before(gates, recurrent, b_h, b_hn, h, h_next):
    """Turn the last third of `gates` (B, 3H) into n, the reset being in `recurrent` (B, H); write `h_next`."""
    n, one = h.shape[1], h.dtype.type(1)
    b_n = b_h[2 * n :]
    for row in range(h.shape[0]):
        a, u, h_old, h_new = gates[row], recurrent[row], h[row], h_next[row]
        z, new = a[n : 2 * n], a[2 * n :]
        for j in range(n):
            u[j] += b_n[j] + b_hn[j]
        for j in range(n):
            new[j] = tanh(new[j] + u[j])
            h_new[j] = (one - z[j]) * new[j] + z[j] * h_old[j]


@inlined
def gru_before_back(gates, h, dh, carried, da, dn):
    """Write the last two thirds of `da` (B, 3H), its last also to `dn`, and to `carried` what z lets through."""
    n, one = h.shape[1], h.dtype.type(1)
    for row in range(h.shape[0]):
        a, d, h_old, total, given, da_n = gates[row], da[row], h[row], carried[row], dh[row], dn[row]
        z, new, da_z, copy_n = a[n : 2 * n], a[2 * n :], d[n : 2 * n], d[2 * n :]
        for j in range(n):
            total[j] += given[j]
        for j in range(n):
            da_z[j] = total[j] * (h_old[j] - new[j]) * z[j] * (one - z[j])
            da_n[j] = total[j] * (one - z[j]) * (one - new[j] * new[j])
        for j in range(n):
            copy_n[j] = da_n[j]
            total[j] *= z[j]


@inlined
def gru_reset_back(gates, h, dq, carried, da, drz):
    """Write the first third of `da` (B, 3H), the first two to `drz`; add to `carried` what r lets through."""
    n, one = h.shape[1], h.dtype.type(1)
    for row in range(h.shape[0]):
        r, d, h_old, total, given, both = gates[row], da[row], h[row], carried[row], dq[row], drz[row]
        for j in range(n):
            d[j] = given[j] * h_old[j] * r[j] * (one - r[j])
            total[j] += given[j] * r[j]
        for j in range(2 * n):
            both[j] = d[j]
