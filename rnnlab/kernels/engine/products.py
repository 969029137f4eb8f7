"""Products of whole matrices, packed so that `panels` walks straight through memory.

A cell with gates packs its weights so that the registers of one panel are those of the same units in every gate. The
pre-activations of these units are then done together, and their gates are computed while they are in the first cache.
"""

import numpy as np

from rnnlab.kernels.compile import fragment
from rnnlab.kernels.engine.panels import PANEL, panel_product
from rnnlab.kernels.engine.vectors import after, at, elementwise, transpose_square, until_aligned

STRIP = 3  # registers in a strip: a number of columns that six divides

copy_row = elementwise(lambda out, given: given, 2, 1)
clear_row = elementwise(lambda out: out.of(0.0), 1, 1)
add_row = elementwise(lambda out, given: out + given, 2, 1)


@fragment
def product(a1, row1, n1, a2, row2, n2, packed, n_rows, n_columns, start, row_s, out, row_o, lanes):
    """Write ``out = start + a1 top + a2 bottom`` for a packed matrix (n1 + n2, n_columns)."""
    for j in range(0, n_columns, PANEL * lanes):
        panel, first, place = after(packed, j * (n1 + n2)), after(start, j), after(out, j)
        left = n_columns - j
        panel_product(
            a1, row1, 1, n1, a2, row2, 1, n2, panel, n_rows, first, row_s, place, row_o, lanes, left, lanes
        )  # fmt: skip


@fragment
def room(count, like):
    """Return an array for `count` numbers of the dtype of `like`, and where in it a cache line begins."""
    array = np.empty(count + 64, like.dtype)
    return array, until_aligned(at(array, 0))


@fragment
def packed_size(n_terms, n_columns, lanes):
    """Return how many numbers a packed matrix takes."""
    width = PANEL * lanes
    return n_terms * ((n_columns + width - 1) // width) * width


@fragment
def pack(matrix, row, n_terms, n_columns, packed, lanes):
    """Pack a matrix (n_terms, n_columns), given by its address and the numbers between its rows."""
    width = PANEL * lanes
    for j in range(0, n_columns, width):
        count = min(width, n_columns - j)
        for k in range(n_terms):
            place = after(packed, j * n_terms + k * width)
            copy_row(count, place, after(matrix, k * row + j))
            clear_row(width - count, after(place, count))


@fragment
def pack_rows(matrix, n_terms, n, panel_step, column, less, packed, first_term, all_terms, lanes):
    """Pack the transpose of `matrix` (rows, n_terms): to a panel's register v belong the rows from v * column on.

    The next panel's rows are `panel_step` further on, up to `n`. Of all terms of the panel these are those from
    `first_term` on.
    """
    size = PANEL * lanes
    for first in range(0, n, panel_step):
        base = (first // panel_step * all_terms + first_term) * size
        for v in range(PANEL):
            count, row = n - first - v * less, (v * column + first) * n_terms
            for k in range(0, n_terms, lanes):
                place = at(packed, base + k * size + v * lanes)
                transpose_square(at(matrix, row * (count > 0) + k), n_terms, count, n_terms - k, place, size)


@fragment
def pack_strips(matrix, row, n_rows, n_columns, strips, part, n_parts, lanes):
    """Pack a matrix (n_rows, n_columns) for `back.add_outer_sums`: columns side by side that make whole tiles."""
    width = STRIP * lanes
    begin, end = share(n_columns, width, part, n_parts)
    for j in range(begin, end, width):
        for k in range(n_rows):
            copy_row(min(width, n_columns - j), after(strips, j * n_rows + k * width), after(matrix, k * row + j))


@fragment
def add_column_sums(rows, n_rows, n_columns, out, part, n_parts):
    """Add the sum over the rows of a matrix (n_rows, n_columns) to `out`; a thread does its part of the columns."""
    begin, end = share(n_columns, 1, part, n_parts)
    for k in range(n_rows):
        add_row(end - begin, after(out, begin), after(rows, k * n_columns + begin))


@fragment
def share(total, unit, part, n_parts):
    """Return where a thread's part of so many rows or columns begins and ends: whole units, the last with the rest."""
    units = total // unit
    begin = units * part // n_parts * unit
    return begin, total if part == n_parts - 1 else units * (part + 1) // n_parts * unit
