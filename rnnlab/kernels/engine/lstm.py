"""The LSTM's loops over time.

Forward, a panel of the packed weights holds the registers of all four gates for the same units, those of w_x above
those of w_h. One pass over it gives these units' pre-activations for the whole batch; their gates and states follow
while they are in the first cache. Back through time, a few steps are worked on together: their gradients da never
leave the second cache before the weights' and the input's gradients have been taken from them.
"""

from rnnlab.kernels.engine.activations import sigmoid, tanh
from rnnlab.kernels.engine.panels import PANEL, panel_product
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


def _gates(i, f, g, o, h, c, c_old):
    i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
    c = f.times_plus(c_old, i * g)
    return i, f, g, o, o * tanh(c), c


def _gates_back(da_i, da_f, da_g, da_o, dc, dh, i, f, g, o, c, c_old):
    tanh_c = tanh(c)
    dc = (dh * o).times_plus(1.0 - tanh_c * tanh_c, dc)
    da_o = dh * tanh_c * o * (1.0 - o)
    return dc * g * i * (1.0 - i), dc * c_old * f * (1.0 - f), dc * i * (1.0 - g * g), da_o, dc * f


gates_row = elementwise(_gates, 7, 6)
gates_back_row = elementwise(_gates_back, 12, 5)


@engine_kernel
def forward(lengths, x, w_x, w_h, b_h, gates, h, c):
    """Fill `gates` (T, B, 4H) and `h`, `c` (T+1, B, H) after their first."""
    n_steps, n_batch, n_input = x.shape
    n_hidden = h.shape[2]
    lanes, rows, n_terms = lanes_of(x), 4 * n_hidden, n_input + n_hidden
    step = lanes * PANEL // 4  # units of a panel
    n_panels = (n_hidden + step - 1) // step
    packed, begin = room(n_panels * n_terms * PANEL * lanes, x)
    weights = packed[begin:]
    pack_rows(w_x, n_input, n_hidden, step, n_hidden, 0, weights, 0, n_terms, lanes)
    pack_rows(w_h, n_hidden, n_hidden, step, n_hidden, 0, weights, n_input, n_terms, lanes)
    for t in range(n_steps):
        x_t, h_t, a_t = at(x, t * n_batch * n_input), at(h, t * n_batch * n_hidden), at(gates, t * n_batch * rows)
        h_new, c_new = at(h, (t + 1) * n_batch * n_hidden), at(c, (t + 1) * n_batch * n_hidden)
        c_old = at(c, t * n_batch * n_hidden)
        for p in range(n_panels):
            unit = p * step
            count = min(step, n_hidden - unit)
            panel_product(
                x_t, n_input, 1, n_input, h_t, n_hidden, 1, n_hidden, at(weights, p * n_terms * PANEL * lanes),
                n_batch, at(b_h, unit), 0, after(a_t, unit), rows, n_hidden, count, 0,
            )  # fmt: skip
            for b in range(n_batch):
                a, s = after(a_t, b * rows + unit), b * n_hidden + unit
                gates_row(
                    count, a, after(a, n_hidden), after(a, 2 * n_hidden), after(a, 3 * n_hidden),
                    after(h_new, s), after(c_new, s), after(c_old, s),
                )  # fmt: skip
        for b in range(n_batch):
            if lengths[b] <= t:
                copy_row(n_hidden, after(h_new, b * n_hidden), after(h_t, b * n_hidden))
                copy_row(n_hidden, after(c_new, b * n_hidden), after(c_old, b * n_hidden))


@engine_kernel
def backward(lengths, x, w_x, w_h, gates, h, c, dh, dh_n, dc_n, dw_x, dw_h, db_h, dx, dh_0, dc_0):
    """Fill `dx` (T, B, D), `dh_0` and `dc_0` (B, H), and the gradients of the weights, all given as 0."""
    n_steps, n_batch, n_input = x.shape
    n_hidden = h.shape[2]
    lanes, rows = lanes_of(x), 4 * n_hidden
    state = n_batch * n_hidden
    n_together = min(n_steps, max(1, CHUNK // n_batch))
    n_rows = n_together * n_batch
    sizes = (
        packed_size(rows, n_hidden, lanes),
        packed_size(rows, n_input, lanes),
        n_rows * (rows + STRIP * lanes),
        n_rows * PANEL * lanes,
        max(n_hidden, n_input) + PANEL * lanes,
    )
    memory, begin = room(sizes[0] + sizes[1] + sizes[2] + sizes[3] + sizes[4] + n_rows * rows, x)
    to_h = at(memory, begin)
    to_x = after(to_h, sizes[0])
    strips = after(to_x, sizes[1])
    panel = after(strips, sizes[2])
    zeros = after(panel, sizes[3])
    da = after(zeros, sizes[4])
    clear_row(sizes[4], zeros)
    pack(at(w_h, 0), n_hidden, rows, n_hidden, to_h, lanes)
    pack(at(w_x, 0), n_input, rows, n_input, to_x, lanes)
    total, dc = at(dh_0, 0), at(dc_0, 0)
    copy_row(state, total, at(dh, (n_steps - 1) * state))
    for last in range(n_steps, 0, -n_together):
        first = max(0, last - n_together)
        for t in range(last - 1, first - 1, -1):
            for b in range(n_batch):
                if lengths[b] == t + 1:
                    add_row(n_hidden, after(total, b * n_hidden), at(dh_n, b * n_hidden))
                    add_row(n_hidden, after(dc, b * n_hidden), at(dc_n, b * n_hidden))
                d, a = after(da, ((t - first) * n_batch + b) * rows), at(gates, (t * n_batch + b) * rows)
                s = b * n_hidden
                gates_back_row(
                    n_hidden, d, after(d, n_hidden), after(d, 2 * n_hidden), after(d, 3 * n_hidden), after(dc, s),
                    after(total, s), a, after(a, n_hidden), after(a, 2 * n_hidden), after(a, 3 * n_hidden),
                    at(c, (t + 1) * state + s), at(c, t * state + s),
                )  # fmt: skip
            before, its_row = (at(dh, (t - 1) * state), n_hidden) if t > 0 else (zeros, 0)
            da_t = after(da, (t - first) * n_batch * rows)
            product(da_t, rows, rows, da_t, rows, 0, to_h, n_batch, n_hidden, before, its_row, total, n_hidden, lanes)
        count = (last - first) * n_batch
        product(
            da,
            rows,
            rows,
            da,
            rows,
            0,
            to_x,
            count,
            n_input,
            zeros,
            0,
            at(dx, first * n_batch * n_input),
            n_input,
            lanes,
        )
        pack_strips(da, rows, count, rows, strips, lanes)
        add_outer_sums(strips, rows, at(x, first * n_batch * n_input), n_input, count, panel, at(dw_x, 0), lanes)
        add_outer_sums(strips, rows, at(h, first * state), n_hidden, count, panel, at(dw_h, 0), lanes)
        add_column_sums(da, count, rows, at(db_h, 0))
    memory[0] = 0  # it must live until here: only addresses in it were used
