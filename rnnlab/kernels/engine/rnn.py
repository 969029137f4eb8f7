"""The loops over time of the simple network with tanh.

Forward, one pass over the packed weights, those of w_x above those of w_h, takes the products of a step for a panel of
units, and the tanh follows while they are in the first cache. The pass back works in stretches, as the LSTM's does.
"""

from rnnlab.kernels.compile import fragment
from rnnlab.kernels.engine.activations import tanh
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
    packed_size,
    product,
    room,
    share,
)
from rnnlab.kernels.engine.vectors import after, at, copy_finite, elementwise, engine_kernel, lanes_of

tanh_row = elementwise(lambda a: tanh(a), 1, 1)
tanh_back_row = elementwise(lambda da, dh, h: dh * (1.0 - h * h), 3, 1)


@engine_kernel
def forward(lengths, given_x, given_w_x, given_w_h, given_b_h, x, w_x, w_h, b_h, h, part, n_parts):
    """Fill `x` and the weights with what is given, False if that is not finite; then `h` (T+1, B, H) after its first.

    One of several threads does its part of the rows, and finds `x` and the weights filled.
    """
    if n_parts == 1:
        fine = copy_finite(w_x.size, at(w_x, 0), at(given_w_x, 0)) * copy_finite(w_h.size, at(w_h, 0), at(given_w_h, 0))
        fine *= copy_finite(b_h.size, at(b_h, 0), at(given_b_h, 0)) * copy_finite(x.size, at(x, 0), at(given_x, 0))
        if not fine:
            return False
    n_steps, n_batch, n_input = x.shape
    n_hidden = h.shape[2]
    state, lanes, n_terms = n_batch * n_hidden, lanes_of(x), n_input + n_hidden
    step = lanes * PANEL  # units of a panel
    weights, begin = room(packed_size(n_terms, n_hidden, lanes), x)
    packed = weights[begin:]
    pack_rows(w_x, n_input, n_hidden, step, lanes, lanes, packed, 0, n_terms, lanes)
    pack_rows(w_h, n_hidden, n_hidden, step, lanes, lanes, packed, n_input, n_terms, lanes)
    begin, end = share(n_batch, ROWS, part, n_parts)
    n_rows, begin_h = end - begin, begin * n_hidden
    for t in range(n_steps):
        x_t = at(x, (t * n_batch + begin) * n_input)
        h_t, h_new = at(h, t * state + begin_h), at(h, (t + 1) * state + begin_h)
        for unit in range(0, n_hidden, step):
            count, place = n_hidden - unit, after(h_new, unit)
            panel_product(
                x_t, n_input, 1, n_input, h_t, n_hidden, 1, n_hidden, at(packed, unit * n_terms),
                n_rows, at(b_h, unit), 0, place, n_hidden, lanes, count, lanes,
            )  # fmt: skip
            for b in range(n_rows):
                tanh_row(min(step, count), after(place, b * n_hidden))
        for b in range(n_rows):
            if lengths[begin + b] <= t:
                copy_row(n_hidden, after(h_new, b * n_hidden), after(h_t, b * n_hidden))
    return True


@fragment
def steps_back(lengths, h, dh, dh_n, first, last, to_h, zeros, da, total, begin, end, lanes):
    """Go back through a stretch for some rows: fill its `da`, and hand `total` on from step to step."""
    n_batch, n_hidden = h.shape[1:]
    state, mine = n_batch * n_hidden, end - begin
    for t in range(last - 1, first - 1, -1):
        for b in range(mine):
            if lengths[begin + b] == t + 1:
                add_row(n_hidden, after(total, b * n_hidden), at(dh_n, (begin + b) * n_hidden))
        da_t = after(da, (t - first) * state + begin * n_hidden)
        tanh_back_row(mine * n_hidden, da_t, total, at(h, (t + 1) * state + begin * n_hidden))
        before, its_row = (at(dh, (t - 1) * state + begin * n_hidden), n_hidden) if t > 0 and len(dh) else (zeros, 0)
        product(
            da_t, n_hidden, n_hidden, da_t, n_hidden, 0, to_h, mine, n_hidden, before, its_row, total, n_hidden, lanes
        )


@engine_kernel
def backward(lengths, x, w_x, w_h, h, dh, dh_n, dw_x, dw_h, db_h, dx, dh_0, kept, phase, part, n_parts):
    """Fill `dx` (T, B, D), `dh_0` (B, H), and the gradients of the weights, all given as 0.

    An empty `dh` stands for one of 0, an empty `dx` is left as it is. One of several threads does its part of a phase,
    as `phases` says, with `kept` (T, B, H) for da.
    """
    n_steps, (n_batch, n_hidden) = len(x), h.shape[1:]
    lanes = lanes_of(x)
    n_together = min(n_steps, max(1, CHUNK // n_batch))
    memory, to_h, to_x, strips, panel, zeros, da = back_room(
        x, n_hidden, n_together, n_hidden, n_hidden, n_hidden + STRIP * lanes, lanes
    )
    begin, end = share(n_batch, ROWS, part, n_parts)
    total = at(dh_0, begin * n_hidden)
    if phase != SUMS:
        pack(at(w_h, 0), n_hidden, n_hidden, n_hidden, to_h, lanes)
        pack(at(w_x, 0), x.shape[2], n_hidden, x.shape[2], to_x, lanes)
        if len(dh):
            copy_row((end - begin) * n_hidden, total, at(dh, ((n_steps - 1) * n_batch + begin) * n_hidden))
        else:
            clear_row((end - begin) * n_hidden, total)
    for last in range(n_steps, 0, -n_together):
        first = max(0, last - n_together)
        if phase != BOTH:
            da = at(kept, first * n_batch * n_hidden)
        if phase != SUMS:
            steps_back(lengths, h, dh, dh_n, first, last, to_h, zeros, da, total, begin, end, lanes)
            if len(dx):
                input_gradients(da, n_hidden, n_hidden, to_x, zeros, dx, first, last, begin, end, lanes)
        if phase != THROUGH_TIME:
            count = (last - first) * n_batch
            pack_strips(da, n_hidden, count, n_hidden, strips, part, n_parts, lanes)
            done = add_narrow_sums(da, n_hidden, n_hidden, x, first, count, dw_x, part, n_parts, lanes)
            add_outer_sums(strips, n_hidden, 0, x, h, first, count, (done, 2), panel, dw_x, dw_h, part, n_parts, lanes)
            add_column_sums(da, count, n_hidden, at(db_h, 0), part, n_parts)
    memory[0] = 0  # it must live until here: only addresses in it were used
