"""The loops over time of the GRU with its reset after the product.

r multiplies only what comes from the state, so that the products of the input are kept apart: forward they are taken
for a stretch of steps at once, which stays in the second cache until its steps have been done. Back through time a row
holds da_r, da_z, da_n and dq: its first three are the gradient of w_x x_t, all but the third that of w_h h.
"""

from rnnlab.kernels.compile import fragment
from rnnlab.kernels.engine.activations import sigmoid, tanh
from rnnlab.kernels.engine.back import CHUNK, add_outer_sums, back_room, input_gradients
from rnnlab.kernels.engine.narrow import add_narrow_sums
from rnnlab.kernels.engine.panels import PANEL, ROWS
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
    packed_size,
    product,
    room,
    share,
)
from rnnlab.kernels.engine.vectors import after, at, copy_finite, elementwise, engine_kernel, lanes_of


def _gates(r, z, n, q, h, from_r, from_z, from_n, h_old):
    r, z = sigmoid(r + from_r), sigmoid(z + from_z)
    n = tanh(r.times_plus(from_n, n))
    return r, z, n, from_n, z.times_plus(h_old, (1.0 - z) * n)  # exactly h_old where z is 1


def _gates_back(da_r, da_z, da_n, dq, dh, r, z, n, q, h_old):
    da_n = dh * (1.0 - z) * (1.0 - n * n)
    return da_n * q * r * (1.0 - r), dh * (h_old - n) * z * (1.0 - z), da_n, da_n * r, dh * z


AT_ONCE = CHUNK // 4  # rows of which the products of the input are taken at once

gates_row = elementwise(_gates, 9, 5)
gates_back_row = elementwise(_gates_back, 10, 5)


@engine_kernel
def forward(
    lengths, given_x, given_w_x, given_w_h, given_b_h, given_b_hn, x, w_x, w_h, b_h, b_hn, gates, q, h, part, n_parts
):
    """Fill `x` and the weights with what is given, False if that is not finite; then all that follows.

    `gates` is (T, B, 3H), `q` (T, B, H) = w_hn h + b_hn, and `h` (T+1, B, H), given with its first. Where nothing is
    kept for a way back, `gates` has room for a stretch of steps and `q` for one.

    One of several threads does its part of the rows, and finds `x` and the weights filled.
    """
    if n_parts == 1:
        fine = copy_finite(w_x.size, at(w_x, 0), at(given_w_x, 0)) * copy_finite(w_h.size, at(w_h, 0), at(given_w_h, 0))
        fine *= copy_finite(b_h.size, at(b_h, 0), at(given_b_h, 0)) * copy_finite(x.size, at(x, 0), at(given_x, 0))
        fine *= copy_finite(b_hn.size, at(b_hn, 0), at(given_b_hn, 0))
        if not fine:
            return False
    n_steps, n_batch, n_input = x.shape
    n_hidden = h.shape[2]
    state, lanes, rows = n_batch * n_hidden, lanes_of(x), 3 * n_hidden
    step = lanes * PANEL
    from_x_size, from_h_size = packed_size(n_input, rows, lanes), packed_size(n_hidden, rows, lanes)
    memory, start = room(from_x_size + from_h_size + rows + step + n_batch * rows, x)
    from_x, from_h = memory[start:], memory[start + from_x_size :]
    bias = after(at(memory, start), from_x_size + from_h_size)
    products = after(bias, rows + step)
    pack_rows(w_x, n_input, rows, step, lanes, lanes, from_x, 0, n_input, lanes)
    pack_rows(w_h, n_hidden, rows, step, lanes, lanes, from_h, 0, n_hidden, lanes)
    clear_row(2 * n_hidden, bias)
    copy_row(n_hidden, after(bias, 2 * n_hidden), at(b_hn, 0))
    n_together = max(1, AT_ONCE // n_batch)
    keeps, its_q = len(gates) == n_steps, 0 if len(q) == 1 else -1
    begin, end = share(n_batch, ROWS, part, n_parts)
    for first in range(0, n_steps, n_together):
        last, base = min(n_steps, first + n_together), 0 if keeps else first
        # As in `input_gradients`: few rows of many steps at once, or else step by step, which threads can share.
        at_once, n_rows = (1, (last - first) * n_batch) if n_batch < 2 * ROWS else (last - first, end - begin)
        for t in range(first, first + at_once):
            x_t, a_t = at(x, (t * n_batch + begin) * n_input), at(gates, ((t - base) * n_batch + begin) * rows)
            product(
                x_t, n_input, n_input, x_t, n_input, 0, at(from_x, 0), n_rows, rows, at(b_h, 0), 0, a_t, rows, lanes
            )
        for t in range(first, last):
            h_t, h_new = at(h, t * state + begin * n_hidden), at(h, (t + 1) * state + begin * n_hidden)
            product(
                h_t, n_hidden, n_hidden, h_t, n_hidden, 0, at(from_h, 0), end - begin, rows, bias, 0,
                products, rows, lanes,
            )  # fmt: skip
            for b in range(end - begin):
                s, u = b * n_hidden, after(products, b * rows)
                a, q_t = at(gates, ((t - base) * n_batch + begin + b) * rows), at(q, (t & its_q) * state)
                gates_row(
                    n_hidden, a, after(a, n_hidden), after(a, 2 * n_hidden), after(q_t, begin * n_hidden + s),
                    after(h_new, s), u, after(u, n_hidden), after(u, 2 * n_hidden), after(h_t, s),
                )  # fmt: skip
                if lengths[begin + b] <= t:
                    copy_row(n_hidden, after(h_new, s), after(h_t, s))
    return True


@fragment
def steps_back(lengths, gates, q, h, dh, dh_n, first, last, to_h, da, total, begin, end, lanes):
    """Go back through a stretch for some rows: fill its `da`, and hand `total` on from step to step."""
    n_batch, n_hidden = h.shape[1:]
    state, rows, width, mine = n_batch * n_hidden, 3 * n_hidden, 4 * n_hidden, end - begin
    for t in range(last - 1, first - 1, -1):
        da_t, a_t = after(da, ((t - first) * n_batch + begin) * width), at(gates, (t * n_batch + begin) * rows)
        q_t, h_t = at(q, t * state + begin * n_hidden), at(h, t * state + begin * n_hidden)
        for b in range(mine):
            s, a, d = b * n_hidden, after(a_t, b * rows), after(da_t, b * width)
            if lengths[begin + b] == t + 1:
                add_row(n_hidden, after(total, s), at(dh_n, begin * n_hidden + s))
            gates_back_row(
                n_hidden, d, after(d, n_hidden), after(d, 2 * n_hidden), after(d, 3 * n_hidden),
                after(total, s), a, after(a, n_hidden), after(a, 2 * n_hidden), after(q_t, s), after(h_t, s),
            )  # fmt: skip
        if t > 0 and len(dh):
            add_row(mine * n_hidden, total, at(dh, (t - 1) * state + begin * n_hidden))
        product(
            da_t, width, 2 * n_hidden, after(da_t, rows), width, n_hidden, to_h, mine, n_hidden,
            total, n_hidden, total, n_hidden, lanes,
        )  # fmt: skip


@engine_kernel
def backward(lengths, x, w_x, w_h, gates, q, h, dh, dh_n, dw_x, dw_h, db, dx, dh_0, kept, phase, part, n_parts):
    """Fill `dx` (T, B, D), `dh_0` (B, H), and the gradients of the weights and of both biases, `db`, all given as 0.

    An empty `dh` stands for one of 0, an empty `dx` is left as it is. One of several threads does its part of a phase,
    as `phases` says, with `kept` (T, B, 4H) for da.
    """
    n_steps, (n_batch, n_hidden) = len(x), h.shape[1:]
    lanes, rows, width = lanes_of(x), 3 * n_hidden, 4 * n_hidden
    n_together = min(n_steps, max(1, CHUNK // n_batch))
    strip_size = n_together * n_batch * (n_hidden + STRIP * lanes)
    memory, to_h, to_x, strips, panel, zeros, da = back_room(
        x, n_hidden, n_together, rows, width, 4 * (n_hidden + STRIP * lanes), lanes
    )
    begin, end = share(n_batch, ROWS, part, n_parts)
    total = at(dh_0, begin * n_hidden)
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
            da = at(kept, first * n_batch * width)
        if phase != SUMS:
            steps_back(lengths, gates, q, h, dh, dh_n, first, last, to_h, da, total, begin, end, lanes)
            if len(dx):
                input_gradients(da, width, rows, to_x, zeros, dx, first, last, begin, end, lanes)
        if phase != THROUGH_TIME:
            count, new = (last - first) * n_batch, 2 * n_hidden
            done = add_narrow_sums(da, width, rows, x, first, count, dw_x, part, n_parts, lanes)
            for block in range(3):  # of the columns of da: r and z, n, dq
                n_left, column = (new, 0) if block == 0 else (n_hidden, (block + 1) * n_hidden)
                row, kinds = (0, (done, 2)) if block == 0 else (new, (max(done, block - 1), block))  # n: w_x, dq: w_h
                its_strips = after(strips, (block + (block > 0)) * strip_size)
                pack_strips(after(da, column), width, count, n_left, its_strips, part, n_parts, lanes)
                add_outer_sums(
                    its_strips, n_left, row, x, h, first, count, kinds, panel, dw_x, dw_h, part, n_parts, lanes
                )
            add_column_sums(da, count, width, at(db, 0), part, n_parts)
    memory[0] = 0  # it must live until here: only addresses in it were used
