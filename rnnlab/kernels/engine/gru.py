"""The loops over time of the GRU with its reset after the product.

r multiplies only what comes from the state, so that the products of the input are kept apart: forward they are taken
for a stretch of steps at once, which stays in the second cache until its steps have been done. Back through time a row
holds da_r, da_z, da_n and dq: its first three are the gradient of w_x x_t, all but the third that of w_h h.
"""

from rnnlab.kernels.engine.activations import sigmoid, tanh
from rnnlab.kernels.engine.panels import PANEL
from rnnlab.kernels.engine.products import (
    CHUNK,
    STRIP,
    add_column_sums,
    add_outer_sums,
    add_row,
    clear_row,
    copy_row,
    pack,
    pack_rows,
    pack_strips,
    packed_size,
    product,
    room,
)
from rnnlab.kernels.engine.vectors import after, at, elementwise, engine_kernel, lanes_of


def _gates(r, z, n, q, h, from_r, from_z, from_n, h_old):
    r, z = sigmoid(r + from_r), sigmoid(z + from_z)
    n = tanh(r.times_plus(from_n, n))
    return r, z, n, from_n, z.times_plus(h_old, (1.0 - z) * n)  # exactly h_old where z is 1


def _gates_back(da_r, da_z, da_n, dq, dh, r, z, n, q, h_old):
    da_n = dh * (1.0 - z) * (1.0 - n * n)
    return da_n * q * r * (1.0 - r), dh * (h_old - n) * z * (1.0 - z), da_n, da_n * r, dh * z


gates_row = elementwise(_gates, 9, 5)
gates_back_row = elementwise(_gates_back, 10, 5)


@engine_kernel
def forward(lengths, x, w_x, w_h, b_h, b_hn, gates, q, h):
    """Fill `gates` (T, B, 3H), `q` (T, B, H) = w_hn h + b_hn, and `h` (T+1, B, H) after its first."""
    n_steps, n_batch, n_input = x.shape
    n_hidden = h.shape[2]
    state, lanes, rows = n_batch * n_hidden, lanes_of(x), 3 * n_hidden
    step = lanes * PANEL
    from_x_size, from_h_size = packed_size(n_input, rows, lanes), packed_size(n_hidden, rows, lanes)
    memory, begin = room(from_x_size + from_h_size + rows + step + n_batch * rows, x)
    from_x, from_h = memory[begin:], memory[begin + from_x_size :]
    bias = after(at(memory, begin), from_x_size + from_h_size)
    products = after(bias, rows + step)
    pack_rows(w_x, n_input, rows, step, lanes, lanes, from_x, 0, n_input, lanes)
    pack_rows(w_h, n_hidden, rows, step, lanes, lanes, from_h, 0, n_hidden, lanes)
    clear_row(2 * n_hidden, bias)
    copy_row(n_hidden, after(bias, 2 * n_hidden), at(b_hn, 0))
    n_together = max(1, CHUNK // 4 // n_batch)
    for first in range(0, n_steps, n_together):
        last = min(n_steps, first + n_together)
        x_first, a_first = at(x, first * n_batch * n_input), at(gates, first * n_batch * rows)
        product(
            x_first, n_input, n_input, x_first, n_input, 0, at(from_x, 0), (last - first) * n_batch, rows,
            at(b_h, 0), 0, a_first, rows, lanes,
        )  # fmt: skip
        for t in range(first, last):
            h_t, h_new = at(h, t * state), at(h, (t + 1) * state)
            product(
                h_t, n_hidden, n_hidden, h_t, n_hidden, 0, at(from_h, 0), n_batch, rows, bias, 0, products, rows, lanes
            )
            for b in range(n_batch):
                s, a, u = b * n_hidden, at(gates, (t * n_batch + b) * rows), after(products, b * rows)
                gates_row(
                    n_hidden, a, after(a, n_hidden), after(a, 2 * n_hidden), at(q, t * state + s), after(h_new, s),
                    u, after(u, n_hidden), after(u, 2 * n_hidden), after(h_t, s),
                )  # fmt: skip
                if lengths[b] <= t:
                    copy_row(n_hidden, after(h_new, s), after(h_t, s))


@engine_kernel
def backward(lengths, x, w_x, w_h, gates, q, h, dh, dh_n, dw_x, dw_h, db, dx, dh_0):
    """Fill `dx` (T, B, D), `dh_0` (B, H), and the gradients of the weights and of both biases, `db`, all given as 0."""
    n_steps, n_batch, n_input = x.shape
    n_hidden = h.shape[2]
    state, lanes, rows, width = n_batch * n_hidden, lanes_of(x), 3 * n_hidden, 4 * n_hidden
    n_together = min(n_steps, max(1, CHUNK // n_batch))
    n_rows = n_together * n_batch
    to_h_size, to_x_size = packed_size(rows, n_hidden, lanes), packed_size(rows, n_input, lanes)
    strip_size = n_rows * (n_hidden + STRIP * lanes)
    panel_size, zeros_size = n_rows * PANEL * lanes, max(n_hidden, n_input) + PANEL * lanes
    memory, begin = room(to_h_size + to_x_size + 4 * strip_size + panel_size + zeros_size + n_rows * width, x)
    to_h = at(memory, begin)
    to_x = after(to_h, to_h_size)
    strips_rz = after(to_x, to_x_size)
    strips_n, strips_q = after(strips_rz, 2 * strip_size), after(strips_rz, 3 * strip_size)
    panel = after(strips_rz, 4 * strip_size)
    zeros = after(panel, panel_size)
    da = after(zeros, zeros_size)
    clear_row(zeros_size, zeros)
    pack(at(w_h, 0), n_hidden, rows, n_hidden, to_h, lanes)
    pack(at(w_x, 0), n_input, rows, n_input, to_x, lanes)
    total = at(dh_0, 0)
    copy_row(state, total, at(dh, (n_steps - 1) * state))
    for last in range(n_steps, 0, -n_together):
        first = max(0, last - n_together)
        for t in range(last - 1, first - 1, -1):
            for b in range(n_batch):
                s, a = b * n_hidden, at(gates, (t * n_batch + b) * rows)
                d = after(da, ((t - first) * n_batch + b) * width)
                if lengths[b] == t + 1:
                    add_row(n_hidden, after(total, s), at(dh_n, s))
                gates_back_row(
                    n_hidden, d, after(d, n_hidden), after(d, 2 * n_hidden), after(d, 3 * n_hidden), after(total, s),
                    a, after(a, n_hidden), after(a, 2 * n_hidden), at(q, t * state + s), at(h, t * state + s),
                )  # fmt: skip
            if t > 0:
                add_row(state, total, at(dh, (t - 1) * state))
            da_t = after(da, (t - first) * n_batch * width)
            product(
                da_t, width, 2 * n_hidden, after(da_t, rows), width, n_hidden, to_h, n_batch, n_hidden,
                total, n_hidden, total, n_hidden, lanes,
            )  # fmt: skip
        count, x_first, h_first = (last - first) * n_batch, at(x, first * n_batch * n_input), at(h, first * state)
        dx_first, new = at(dx, first * n_batch * n_input), 2 * n_hidden  # where the rows of n begin
        product(da, width, rows, da, width, 0, to_x, count, n_input, zeros, 0, dx_first, n_input, lanes)
        pack_strips(da, width, count, 2 * n_hidden, strips_rz, lanes)
        pack_strips(after(da, 2 * n_hidden), width, count, n_hidden, strips_n, lanes)
        pack_strips(after(da, 3 * n_hidden), width, count, n_hidden, strips_q, lanes)
        add_outer_sums(strips_rz, 2 * n_hidden, x_first, n_input, count, panel, at(dw_x, 0), lanes)
        add_outer_sums(strips_n, n_hidden, x_first, n_input, count, panel, at(dw_x, new * n_input), lanes)
        add_outer_sums(strips_rz, 2 * n_hidden, h_first, n_hidden, count, panel, at(dw_h, 0), lanes)
        add_outer_sums(strips_q, n_hidden, h_first, n_hidden, count, panel, at(dw_h, new * n_hidden), lanes)
        add_column_sums(da, count, width, at(db, 0))
    memory[0] = 0  # it must live until here: only addresses in it were used
