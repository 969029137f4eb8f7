"""What the passes back of all cells share.

Back through time, a few steps are a stretch: their gradients da of the pre-activations are kept until the input's and
the weights' gradients have been taken from them. Each cell has its own way through the steps; here is what stands
before and after it.
"""

from rnnlab.kernels.compile import fragment
from rnnlab.kernels.engine.panels import PANEL, ROWS, panel_product
from rnnlab.kernels.engine.products import STRIP, clear_row, pack, packed_size, product, room, share
from rnnlab.kernels.engine.vectors import after, at

CHUNK = 512  # rows of a stretch: what they need stays in the second cache


@fragment
def stretch(n_steps, n_batch):
    """Return how many steps are worked on together."""
    return min(n_steps, max(1, CHUNK // n_batch))


@fragment
def back_room(x, n_hidden, n_together, rows, width, strips_width, lanes):
    """Return an array, and the addresses in it of the packed w_h and w_x, of strips, a panel, zeros and da.

    A stretch has `n_together` steps, the weights have so many `rows`; a row of da and of the strips is `width` and
    `strips_width` numbers wide. Who uses the addresses keeps the array alive.
    """
    n_batch, n_input = x.shape[1:]
    n_rows = n_together * n_batch
    to_h_size, to_x_size = packed_size(rows, n_hidden, lanes), packed_size(rows, n_input, lanes)
    strips_size, panel_size = n_rows * strips_width, n_rows * PANEL * lanes
    zeros_size = max(n_hidden, n_input) + PANEL * lanes
    memory, start = room(to_h_size + to_x_size + strips_size + panel_size + zeros_size + n_rows * width, x)
    to_h = at(memory, start)
    to_x = after(to_h, to_h_size)
    strips = after(to_x, to_x_size)
    panel = after(strips, strips_size)
    zeros = after(panel, panel_size)
    clear_row(zeros_size, zeros)
    return memory, to_h, to_x, strips, panel, zeros, after(zeros, zeros_size)


@fragment
def input_gradients(da, row, n_terms, to_x, zeros, dx, first, last, begin, end, lanes):
    """Write the gradient of the inputs of some steps and rows: `da` times the packed w_x.

    With few rows all steps are one product, whose tiles are fuller. Which tile a row falls into decides how its sums
    are rounded, so that threads must not depend on it: from two tiles on each step is a product of its own.
    """
    n_batch, n_input = dx.shape[1:]
    calls, n_rows = (1, (last - first) * n_batch) if n_batch < 2 * ROWS else (last - first, end - begin)
    for t in range(first, first + calls):
        da_t, dx_t = after(da, ((t - first) * n_batch + begin) * row), at(dx, (t * n_batch + begin) * n_input)
        product(da_t, row, n_terms, da_t, row, 0, to_x, n_rows, n_input, zeros, 0, dx_t, n_input, lanes)


@fragment
def add_outer_sums(strips, n_left, row, x, h, first, n_rows, kinds, panel, dw_x, dw_h, part, n_parts, lanes):
    """Add a stretch's gradients of some of the weights' rows, `n_left` from `row` on: ``daᵀ x`` and ``daᵀ h``.

    Their da stands packed in `strips`, `n_rows` long; the stretch begins with step `first`. Of dw_x and dw_h are taken
    those between the two `kinds`. A thread does its part of the strips.
    """
    width, strip = PANEL * lanes, STRIP * lanes
    begin, end = share(n_left, strip, part, n_parts)
    for of_h in range(kinds[0], kinds[1]):  # one place in the text: it is written out wherever it stands
        if of_h:
            n_right = dw_h.shape[1]
            right, out = at(h, first * x.shape[1] * n_right), at(dw_h, row * n_right)
        else:
            n_right = dw_x.shape[1]
            right, out = at(x, first * x.shape[1] * n_right), at(dw_x, row * n_right)
        for j in range(0, n_right, width):
            left = n_right - j
            pack(after(right, j), n_right, n_rows, min(width, left), panel, lanes)
            for i in range(begin, end, strip):
                rows, place = after(strips, i * n_rows), after(out, i * n_right + j)
                panel_product(
                    rows, 1, strip, n_rows, rows, 1, strip, 0, panel, min(strip, n_left - i),
                    place, n_right, place, n_right, lanes, left, lanes,
                )  # fmt: skip
