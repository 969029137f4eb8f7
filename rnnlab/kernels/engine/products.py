"""Products of matrices that fit the registers.

A tile of the result, some rows by a panel of columns, stays in registers while the loop runs over what is summed: for
each term it loads the panel's few registers and multiplies them with one number of each row. The right-hand matrix is
packed beforehand, panel after panel, so that these loads walk straight through memory. A panel is four registers wide,
and six rows of it leave room among 32 registers for the panel and a factor; with 16 registers a tile has three rows.

A cell with gates packs its weights so that the registers of one panel are those of the same units in every gate. The
pre-activations of these units are then done together, and their gates are computed while they are in the first cache.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from rnnlab.kernels.compile import helper
from rnnlab.kernels.engine.vectors import Registers, after, at, elementwise, intrinsic, number, until_aligned
from rnnlab.kernels.tiers import VECTOR_BITS

WIDE = VECTOR_BITS == 512  # 32 registers, else 16
PANEL = 4  # registers in a panel
ROWS = 6 if WIDE else 3  # of a tile; what is left is done in pairs and at last alone
STRIP = 3  # registers in a strip: a number of columns that six divides
CHUNK = 512  # rows of a pass back that are worked on together: what they need stays in the second cache


def tile(n_rows: int, n_vectors: int) -> Any:
    """Return a tile of a product for kernels to call, as in `_tile_codegen`."""

    @intrinsic
    def run(typing_context, a1, row1, term1, n1, a2, row2, term2, n2, panel, start, row_s, out, row_o, column, n, less):
        index = types.intp
        dtype = a1.dtype

        def codegen(context, builder, signature, args):
            _tile_codegen(Registers(builder, dtype), n_rows, n_vectors, args)
            return context.get_dummy_value()

        pointers = (a1, index, index, index, a2, index, index, index, panel, start, index, out, index, index, index)
        return types.void(*pointers, index), codegen

    return run


def _tile_codegen(registers: Registers, n_rows: int, n_vectors: int, args: Any) -> None:
    """Write ``out = start + a1 panel1 + a2 panel2`` for `n_rows` rows and `n_vectors` registers of columns.

    Row i of a1 and a2 begins `row1`, `row2` numbers after row i - 1, and its terms are `term1`, `term2` apart. The
    panel holds the columns of all terms of a1, then of a2. Rows of `start` and `out` are `row_s`, `row_o` apart; the
    columns of register v begin `v * column` numbers into the row, and `n - v * less` of them count.
    """
    builder, lanes = registers.builder, registers.lanes
    a1, row1, term1, n1, a2, row2, term2, n2, panel, start, row_s, out, row_o, column, n, less = args
    tiles = [(i, v) for i in range(n_rows) for v in range(n_vectors)]
    whole = builder.icmp_signed(">=", builder.sub(n, builder.mul(less, number(n_vectors - 1))), number(lanes))
    sums = [cgutils.alloca_once(builder, registers.vector) for _ in tiles]

    def places(base: ir.Value, row: ir.Value) -> list[ir.Value]:
        rows = [builder.gep(base, [builder.mul(row, number(i))]) for i in range(n_rows)]
        offsets = [builder.mul(column, number(v)) for v in range(n_vectors)]
        return [builder.gep(rows[i], [offsets[v]]) for i, v in tiles]

    def mask(v: int) -> ir.Value:
        return registers.first_lanes(builder.sub(n, builder.mul(less, number(v))))

    with builder.if_else(whole) as (full, partial):
        with full:
            for total, place in zip(sums, places(start, row_s), strict=True):
                builder.store(registers.load(place), total)
        with partial:
            masks = [mask(v) for v in range(n_vectors)]
            for (_, v), total, place in zip(tiles, sums, places(start, row_s), strict=True):
                builder.store(registers.load(place, masks[v]), total)

    def add_terms(a: ir.Value, row: ir.Value, term: ir.Value, count: ir.Value, panel: ir.Value) -> None:
        firsts = [builder.gep(a, [builder.mul(row, number(i))]) for i in range(n_rows)]
        with cgutils.for_range(builder, count) as loop:
            columns = builder.gep(panel, [builder.mul(loop.index, number(n_vectors * lanes))])
            loaded = [registers.load(builder.gep(columns, [number(v * lanes)])) for v in range(n_vectors)]
            along = builder.mul(loop.index, term)
            for i in range(n_rows):
                factor = registers.spread(builder.load(builder.gep(firsts[i], [along])))
                for v in range(n_vectors):
                    total = sums[i * n_vectors + v]
                    builder.store(registers.call("fma", factor, loaded[v], builder.load(total)), total)

    add_terms(a1, row1, term1, n1, panel)
    add_terms(a2, row2, term2, n2, builder.gep(panel, [builder.mul(n1, number(n_vectors * lanes))]))

    with builder.if_else(whole) as (full, partial):
        with full:
            for total, place in zip(sums, places(out, row_o), strict=True):
                registers.store(builder.load(total), place)
        with partial:
            masks = [mask(v) for v in range(n_vectors)]
            for (_, v), total, place in zip(tiles, sums, places(out, row_o), strict=True):
                registers.store(builder.load(total), place, masks[v])


copy_row = elementwise(lambda out, given: given, 2, 1)
clear_row = elementwise(lambda out: out.of(0.0), 1, 1)
add_row = elementwise(lambda out, given: out + given, 2, 1)

_tile_of_many, _tile_of_two, _tile_of_one = (tile(rows, PANEL) for rows in (ROWS, 2, 1))


@helper
def panel_product(a1, row1, term1, n1, a2, row2, term2, n2, panel, n_rows, start, row_s, out, row_o, column, n, less):
    """Write ``out = start + a1 panel1 + a2 panel2`` for all rows and one panel, as `_tile_codegen` describes."""
    while n_rows > 0:
        if n_rows >= ROWS:
            done = ROWS
            _tile_of_many(a1, row1, term1, n1, a2, row2, term2, n2, panel, start, row_s, out, row_o, column, n, less)
        elif n_rows >= 2:
            done = 2
            _tile_of_two(a1, row1, term1, n1, a2, row2, term2, n2, panel, start, row_s, out, row_o, column, n, less)
        else:
            done = 1
            _tile_of_one(a1, row1, term1, n1, a2, row2, term2, n2, panel, start, row_s, out, row_o, column, n, less)
        n_rows -= done
        a1, a2 = after(a1, done * row1), after(a2, done * row2)
        start, out = after(start, done * row_s), after(out, done * row_o)


@helper
def product(a1, row1, n1, a2, row2, n2, packed, n_rows, n_columns, start, row_s, out, row_o, lanes):
    """Write ``out = start + a1 top + a2 bottom`` for a packed matrix (n1 + n2, n_columns)."""
    for j in range(0, n_columns, PANEL * lanes):
        panel, first, place = after(packed, j * (n1 + n2)), after(start, j), after(out, j)
        left = n_columns - j
        panel_product(
            a1, row1, 1, n1, a2, row2, 1, n2, panel, n_rows, first, row_s, place, row_o, lanes, left, lanes
        )  # fmt: skip


@helper
def room(count, like):
    """Return an array for `count` numbers of the dtype of `like`, and where in it a cache line begins."""
    array = np.empty(count + 64, like.dtype)
    return array, until_aligned(at(array, 0))


@helper
def packed_size(n_terms, n_columns, lanes):
    """Return how many numbers a packed matrix takes."""
    width = PANEL * lanes
    return n_terms * ((n_columns + width - 1) // width) * width


@helper
def pack(matrix, row, n_terms, n_columns, packed, lanes):
    """Pack a matrix (n_terms, n_columns), given by its address and the numbers between its rows."""
    width = PANEL * lanes
    for j in range(0, n_columns, width):
        count = min(width, n_columns - j)
        for k in range(n_terms):
            place = after(packed, j * n_terms + k * width)
            copy_row(count, place, after(matrix, k * row + j))
            clear_row(width - count, after(place, count))


@helper
def pack_rows(matrix, n_terms, n, panel_step, column, less, packed, first_term, all_terms, lanes):
    """Pack the transpose of `matrix` (rows, n_terms): to a panel's register v belong the rows from v * column on.

    The next panel's rows are `panel_step` further on, up to `n`. Of all terms of the panel these are those from
    `first_term` on.
    """
    flat, size = matrix.reshape(-1), PANEL * lanes
    for first in range(0, n, panel_step):
        base = (first // panel_step * all_terms + first_term) * size
        for v in range(PANEL):
            count = min(lanes, n - first - v * less)
            for lane in range(lanes):
                to = base + v * lanes + lane
                if lane < count:
                    row = (v * column + first + lane) * n_terms
                    for k in range(n_terms):
                        packed[to + k * size] = flat[row + k]
                else:
                    for k in range(n_terms):
                        packed[to + k * size] = 0


@helper
def pack_strips(matrix, row, n_rows, n_columns, strips, lanes):
    """Pack a matrix (n_rows, n_columns) for `add_outer_sums`: columns side by side that make whole tiles."""
    width = STRIP * lanes
    for j in range(0, n_columns, width):
        for k in range(n_rows):
            copy_row(min(width, n_columns - j), after(strips, j * n_rows + k * width), after(matrix, k * row + j))


@helper
def add_outer_sums(strips, n_left, right, n_right, n_rows, panel, out, lanes):
    """Add ``leftᵀ right`` to `out` (n_left, n_right), for `left` (n_rows, n_left) as strips and `right` as it is."""
    width, strip = PANEL * lanes, STRIP * lanes
    for j in range(0, n_right, width):
        left = n_right - j
        pack(after(right, j), n_right, n_rows, min(width, left), panel, lanes)
        for i in range(0, n_left, strip):
            rows, place = after(strips, i * n_rows), after(out, i * n_right + j)
            panel_product(
                rows, 1, strip, n_rows, rows, 1, strip, 0, panel, min(strip, n_left - i),
                place, n_right, place, n_right, lanes, left, lanes,
            )  # fmt: skip


@helper
def add_column_sums(rows, n_rows, n_columns, out):
    """Add the sum over the rows of a matrix (n_rows, n_columns) to `out`."""
    for k in range(n_rows):
        add_row(n_columns, out, after(rows, k * n_columns))
