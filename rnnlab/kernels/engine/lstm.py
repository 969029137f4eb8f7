"""The LSTM's loops over time.

Forward, a panel of the packed weights holds the registers of all four gates for the same units, those of w_x above
those of w_h. One pass over it gives these units' pre-activations for the whole batch; their gates and states follow
while they are in the first cache. Back through time, a few steps are worked on together: their gradients da never
leave the second cache before the weights' and the input's gradients have been taken from them.
"""

from rnnlab.kernels.compile import fragment
from rnnlab.kernels.engine.activations import sigmoid, tanh
from rnnlab.kernels.engine.back import CHUNK, add_outer_sums, back_room, input_gradients
from rnnlab.kernels.engine.narrow import add_narrow_sums
from rnnlab.kernels.engine.panels import PANEL, ROWS, panel_product
from rnnlab.kernels.engine.phases import BOTH, SUMS, THROUGH_TIME
from rnnlab.kernels.engine.products import (
    STRIP,
    add_column_sums,
    add_row,
    clear_row,
    copy_row,
    pack,
    pack_rows,
    pack_strips,
    product,
    room,
    share,
)
from rnnlab.kernels.engine.vectors import after, at, copy_finite, elementwise, engine_kernel, lanes_of


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
def forward(lengths, given_x, given_w_x, given_w_h, given_b_h, x, w_x, w_h, b_h, gates, c, h, part, n_parts):
    """Fill `x` and the weights with what is given, False if that is not finite; then `gates` (T, B, 4H), `c` and `h`.

    Where nothing is kept for a way back, `gates` has room for one step and `c` for two, which take turns. One of
    several threads does its part of the rows, and finds `x` and the weights filled.
    """
    if n_parts == 1:
        fine = copy_finite(w_x.size, at(w_x, 0), at(given_w_x, 0)) * copy_finite(w_h.size, at(w_h, 0), at(given_w_h, 0))
        fine *= copy_finite(b_h.size, at(b_h, 0), at(given_b_h, 0)) * copy_finite(x.size, at(x, 0), at(given_x, 0))
        if not fine:
            return False
    n_steps, n_batch, n_input = x.shape
    n_hidden = h.shape[2]
    lanes, rows, n_terms = lanes_of(x), 4 * n_hidden, n_input + n_hidden
    step = lanes * PANEL // 4  # units of a panel
    n_panels = (n_hidden + step - 1) // step
    packed, begin = room(n_panels * n_terms * PANEL * lanes, x)
    weights = packed[begin:]
    pack_rows(w_x, n_input, n_hidden, step, n_hidden, 0, weights, 0, n_terms, lanes)
    pack_rows(w_h, n_hidden, n_hidden, step, n_hidden, 0, weights, n_input, n_terms, lanes)
    begin, end = share(n_batch, ROWS, part, n_parts)
    n_rows = end - begin
    its_gates, its_c = 0 if len(gates) == 1 else -1, 1 if len(c) == 2 else -1  # bits of t that say where a step stands
    for t in range(n_steps):
        x_t, a_t = at(x, (t * n_batch + begin) * n_input), at(gates, ((t & its_gates) * n_batch + begin) * rows)
        h_t, h_new = at(h, (t * n_batch + begin) * n_hidden), at(h, ((t + 1) * n_batch + begin) * n_hidden)
        c_old = at(c, ((t & its_c) * n_batch + begin) * n_hidden)
        c_new = at(c, (((t + 1) & its_c) * n_batch + begin) * n_hidden)
        for p in range(n_panels):
            unit = p * step
            count = min(step, n_hidden - unit)
            panel_product(
                x_t, n_input, 1, n_input, h_t, n_hidden, 1, n_hidden, at(weights, p * n_terms * PANEL * lanes),
                n_rows, at(b_h, unit), 0, after(a_t, unit), rows, n_hidden, count, 0,
            )  # fmt: skip
            for b in range(n_rows):
                a, s = after(a_t, b * rows + unit), b * n_hidden + unit
                gates_row(
                    count, a, after(a, n_hidden), after(a, 2 * n_hidden), after(a, 3 * n_hidden),
                    after(h_new, s), after(c_new, s), after(c_old, s),
                )  # fmt: skip
        for b in range(n_rows):
            if lengths[begin + b] <= t:
                copy_row(n_hidden, after(h_new, b * n_hidden), after(h_t, b * n_hidden))
                copy_row(n_hidden, after(c_new, b * n_hidden), after(c_old, b * n_hidden))
    return True


@fragment
def steps_back(lengths, gates, c, dh, dh_n, dc_n, first, last, to_h, zeros, da, total, dc, begin, end, lanes):
    """Go back through a stretch for some rows: fill its `da`, and hand `total` and `dc` on from step to step."""
    n_batch, n_hidden = c.shape[1:]
    rows, state = 4 * n_hidden, n_batch * n_hidden
    for t in range(last - 1, first - 1, -1):
        da_t, a_t = after(da, ((t - first) * n_batch + begin) * rows), at(gates, (t * n_batch + begin) * rows)
        c_new, c_old = at(c, ((t + 1) * n_batch + begin) * n_hidden), at(c, (t * n_batch + begin) * n_hidden)
        for b in range(end - begin):
            s, d, a = b * n_hidden, after(da_t, b * rows), after(a_t, b * rows)
            if lengths[begin + b] == t + 1:
                add_row(n_hidden, after(total, s), at(dh_n, begin * n_hidden + s))
                add_row(n_hidden, after(dc, s), at(dc_n, begin * n_hidden + s))
            gates_back_row(
                n_hidden, d, after(d, n_hidden), after(d, 2 * n_hidden), after(d, 3 * n_hidden), after(dc, s),
                after(total, s), a, after(a, n_hidden), after(a, 2 * n_hidden), after(a, 3 * n_hidden),
                after(c_new, s), after(c_old, s),
            )  # fmt: skip
        before, its_row = (at(dh, (t - 1) * state + begin * n_hidden), n_hidden) if t > 0 and len(dh) else (zeros, 0)
        product(da_t, rows, rows, da_t, rows, 0, to_h, end - begin, n_hidden, before, its_row, total, n_hidden, lanes)


@engine_kernel
def backward(
    lengths, x, w_x, w_h, gates, h, c, dh, dh_n, dc_n, dw_x, dw_h, db_h, dx, dh_0, dc_0, kept, phase, part, n_parts
):
    """Fill `dx` (T, B, D), `dh_0` and `dc_0` (B, H), and the gradients of the weights, all but dx given as 0.

    An empty `dh` stands for one of 0, an empty `dx` is left as it is. One of several threads does its part of a phase,
    as `phases` says, with `kept` (T, B, 4H) for da.
    """
    n_steps, (n_batch, n_hidden) = len(x), h.shape[1:]
    lanes, rows = lanes_of(x), 4 * n_hidden
    n_together = min(n_steps, max(1, CHUNK // n_batch))
    memory, to_h, to_x, strips, panel, zeros, da = back_room(
        x, n_hidden, n_together, rows, rows, rows + STRIP * lanes, lanes
    )
    begin, end = share(n_batch, ROWS, part, n_parts)
    total, dc = at(dh_0, begin * n_hidden), at(dc_0, begin * n_hidden)
    if phase != SUMS:
        pack(at(w_h, 0), n_hidden, rows, n_hidden, to_h, lanes)
        pack(at(w_x, 0), x.shape[2], rows, x.shape[2], to_x, lanes)
        if len(dh):
            copy_row((end - begin) * n_hidden, total, at(dh, ((n_steps - 1) * n_batch + begin) * n_hidden))
        else:
            clear_row((end - begin) * n_hidden, total)
    for last in range(n_steps, 0, -n_together):
        first = max(0, last - n_together)
        if phase != BOTH:
            da = at(kept, first * n_batch * rows)
        if phase != SUMS:
            steps_back(lengths, gates, c, dh, dh_n, dc_n, first, last, to_h, zeros, da, total, dc, begin, end, lanes)
            if len(dx):
                input_gradients(da, rows, rows, to_x, zeros, dx, first, last, begin, end, lanes)
        if phase != THROUGH_TIME:
            count = (last - first) * n_batch
            pack_strips(da, rows, count, rows, strips, part, n_parts, lanes)
            done = add_narrow_sums(da, rows, rows, x, first, count, dw_x, part, n_parts, lanes)
            add_outer_sums(strips, rows, 0, x, h, first, count, (done, 2), panel, dw_x, dw_h, part, n_parts, lanes)
            add_column_sums(da, count, rows, at(db_h, 0), part, n_parts)
    memory[0] = 0  # it must live until here: only addresses in it were used
