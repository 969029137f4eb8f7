"""The loops over time of the simple network with tanh.

Forward, one pass over the packed weights, those of w_x above those of w_h, takes the products of a step for a panel of
units, and the tanh follows while they are in the first cache. The pass back works in stretches, as the LSTM's does.
"""

from rnnlab.kernels.engine.activations import tanh
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

tanh_row = elementwise(lambda a: tanh(a), 1, 1)
tanh_back_row = elementwise(lambda da, dh, h: dh * (1.0 - h * h), 3, 1)


@engine_kernel
def forward(lengths, x, w_x, w_h, b_h, h):
    """Fill `h` (T+1, B, H) after its first."""
    n_steps, n_batch, n_input = x.shape
    n_hidden = h.shape[2]
    state, lanes, n_terms = n_batch * n_hidden, lanes_of(x), n_input + n_hidden
    step = lanes * PANEL  # units of a panel
    weights, begin = room(packed_size(n_terms, n_hidden, lanes), x)
    packed = weights[begin:]
    pack_rows(w_x, n_input, n_hidden, step, lanes, lanes, packed, 0, n_terms, lanes)
    pack_rows(w_h, n_hidden, n_hidden, step, lanes, lanes, packed, n_input, n_terms, lanes)
    for t in range(n_steps):
        x_t, h_t, h_new = at(x, t * n_batch * n_input), at(h, t * state), at(h, (t + 1) * state)
        for unit in range(0, n_hidden, step):
            count, place = n_hidden - unit, after(h_new, unit)
            panel_product(
                x_t, n_input, 1, n_input, h_t, n_hidden, 1, n_hidden, at(packed, unit * n_terms),
                n_batch, at(b_h, unit), 0, place, n_hidden, lanes, count, lanes,
            )  # fmt: skip
            for b in range(n_batch):
                tanh_row(min(step, count), after(place, b * n_hidden))
        for b in range(n_batch):
            if lengths[b] <= t:
                copy_row(n_hidden, after(h_new, b * n_hidden), after(h_t, b * n_hidden))


@engine_kernel
def backward(lengths, x, w_x, w_h, h, dh, dh_n, dw_x, dw_h, db_h, dx, dh_0):
    """Fill `dx` (T, B, D), `dh_0` (B, H), and the gradients of the weights, all given as 0."""
    n_steps, n_batch, n_input = x.shape
    n_hidden = h.shape[2]
    state, lanes = n_batch * n_hidden, lanes_of(x)
    n_together = min(n_steps, max(1, CHUNK // n_batch))
    n_rows = n_together * n_batch
    to_h_size, to_x_size = packed_size(n_hidden, n_hidden, lanes), packed_size(n_hidden, n_input, lanes)
    strips_size, panel_size = n_rows * (n_hidden + STRIP * lanes), n_rows * PANEL * lanes
    zeros_size = max(n_hidden, n_input) + PANEL * lanes
    memory, begin = room(to_h_size + to_x_size + strips_size + panel_size + zeros_size + n_rows * n_hidden, x)
    to_h = at(memory, begin)
    to_x = after(to_h, to_h_size)
    strips = after(to_x, to_x_size)
    panel = after(strips, strips_size)
    zeros = after(panel, panel_size)
    da = after(zeros, zeros_size)
    clear_row(zeros_size, zeros)
    pack(at(w_h, 0), n_hidden, n_hidden, n_hidden, to_h, lanes)
    pack(at(w_x, 0), n_input, n_hidden, n_input, to_x, lanes)
    total = at(dh_0, 0)
    copy_row(state, total, at(dh, (n_steps - 1) * state))
    for last in range(n_steps, 0, -n_together):
        first = max(0, last - n_together)
        for t in range(last - 1, first - 1, -1):
            for b in range(n_batch):
                if lengths[b] == t + 1:
                    add_row(n_hidden, after(total, b * n_hidden), at(dh_n, b * n_hidden))
            da_t = after(da, (t - first) * state)
            tanh_back_row(state, da_t, total, at(h, (t + 1) * state))
            before, its_row = (at(dh, (t - 1) * state), n_hidden) if t > 0 else (zeros, 0)
            product(
                da_t, n_hidden, n_hidden, da_t, n_hidden, 0, to_h, n_batch, n_hidden, before, its_row,
                total, n_hidden, lanes,
            )  # fmt: skip
        count, x_first, h_first = (last - first) * n_batch, first * n_batch * n_input, first * state
        product(
            da, n_hidden, n_hidden, da, n_hidden, 0, to_x, count, n_input, zeros, 0, at(dx, x_first), n_input, lanes
        )
        pack_strips(da, n_hidden, count, n_hidden, strips, lanes)
        add_outer_sums(strips, n_hidden, at(x, x_first), n_input, count, panel, at(dw_x, 0), lanes)
        add_outer_sums(strips, n_hidden, at(h, h_first), n_hidden, count, panel, at(dw_h, 0), lanes)
        add_column_sums(da, count, n_hidden, at(db_h, 0))
    memory[0] = 0  # it must live until here: only addresses in it were used
