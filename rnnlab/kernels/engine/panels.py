"""Tiles of a product that fit the registers.

A tile of the result, some rows by a panel of columns, stays in registers while the loop runs over what is summed: for
each term it loads the panel's few registers and multiplies them with one number of each row. The right-hand matrix is
packed beforehand, panel after panel, so that these loads walk straight through memory. A panel is four registers wide,
and six rows of it leave room among 32 registers for the panel and a factor; with 16 registers a tile has three rows.

A core starts two fused multiply-adds per cycle and waits four cycles for each, so that eight sums must be under way. A
small tile therefore adds its terms in several chains, every second or fourth term in one, and joins them at the end;
and where the columns fill one or two registers of a panel only, the others are left out. Each tile is one function in
the machine code, however often a kernel calls it: compiling it again at every place took half of the time.
"""

from functools import partial
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from rnnlab.kernels.engine.vectors import Registers, function_of, intrinsic, number
from rnnlab.kernels.tiers import VECTOR_BITS

WIDE = VECTOR_BITS == 512  # 32 registers, else 16
PANEL = 4  # registers in a panel
ROWS = 6 if WIDE else 3  # of a tile; what is left is done in pairs and at last alone
UNDER_WAY = 8  # sums that keep a core busy


@intrinsic
def panel_product(
    typing_context, a1, row1, term1, n1, a2, row2, term2, n2, panel, n_rows, start, row_s, out, row_o, column, n, less
):
    """Write ``out = start + a1 panel1 + a2 panel2`` for all rows and one panel.

    Row i of a1 and a2 begins `row1`, `row2` numbers after row i - 1, and its terms are `term1`, `term2` apart. The
    panel holds the columns of all terms of a1, then of a2. Rows of `start` and `out` are `row_s`, `row_o` apart; the
    columns of register v begin `v * column` numbers into the row, and `n - v * less` of them count.
    """
    index, dtype = types.intp, a1.dtype

    def codegen(context, builder, signature, args):
        function = function_of(builder, f"panel_product_{dtype}", args, partial(_all_rows, dtype))
        builder.call(function, args)
        return context.get_dummy_value()

    factors = (a1, index, index, index, a2, index, index, index, panel)
    return types.void(*factors, index, start, index, out, index, index, index, index), codegen


def _all_rows(dtype: Any, builder: ir.IRBuilder, args: Any) -> None:
    """Do the rows in tiles: as many large ones as there are, then pairs, then one."""
    a1, row1, term1, n1, a2, row2, term2, n2, panel, n_rows, start, row_s, out, row_o, column, n, less = args
    few = builder.icmp_signed(">", less, number(0))  # else the registers belong to gates, and all count
    two = builder.icmp_signed("<=", n, builder.mul(less, number(2)))
    one = builder.icmp_signed("<=", n, less)

    def with_registers(used: int) -> None:
        first, left = [a1, a2, start, out], n_rows
        for n_together in (ROWS, 2, 1):
            count = builder.udiv(left, number(n_together))
            with cgutils.for_range(builder, count) as loop:
                along = builder.mul(loop.index, number(n_together))
                places = _moved(builder, first, along, (row1, row2, row_s, row_o))
                its = (places[0], row1, term1, n1, places[1], row2, term2, n2, panel)
                given = (*its, places[2], row_s, places[3], row_o, column, n, less)
                write = partial(_tile, dtype, n_together, used)
                builder.call(function_of(builder, f"tile_{n_together}_{used}_{dtype}", given, write), given)
            done = builder.mul(count, number(n_together))
            first, left = _moved(builder, first, done, (row1, row2, row_s, row_o)), builder.sub(left, done)

    with builder.if_else(builder.and_(few, two)) as (narrow, whole):
        with narrow, builder.if_else(one) as (single, double):
            with single:
                with_registers(1)
            with double:
                with_registers(2)
        with whole:
            with_registers(PANEL)


def _moved(builder: ir.IRBuilder, pointers: Any, count: ir.Value, rows: Any) -> list[ir.Value]:
    return [builder.gep(p, [builder.mul(count, row)]) for p, row in zip(pointers, rows, strict=True)]


def _tile(dtype: Any, n_rows: int, used: int, builder: ir.IRBuilder, args: Any) -> None:
    """Write ``out = start + a1 panel1 + a2 panel2`` for `n_rows` rows and the first `used` registers of the panel."""
    registers = Registers(builder, dtype)
    lanes = registers.lanes
    a1, row1, term1, n1, a2, row2, term2, n2, panel, start, row_s, out, row_o, column, n, less = args
    tiles = [(i, v) for i in range(n_rows) for v in range(used)]
    chains = max(1, UNDER_WAY // len(tiles))
    whole = builder.icmp_signed(">=", builder.sub(n, builder.mul(less, number(used - 1))), number(lanes))
    sums = [[cgutils.alloca_once(builder, registers.vector) for _ in tiles] for _ in range(chains)]

    def places(base: ir.Value, row: ir.Value) -> list[ir.Value]:
        rows = [builder.gep(base, [builder.mul(row, number(i))]) for i in range(n_rows)]
        offsets = [builder.mul(column, number(v)) for v in range(used)]
        return [builder.gep(rows[i], [offsets[v]]) for i, v in tiles]

    def masks() -> list[ir.Value]:
        return [registers.first_lanes(builder.sub(n, builder.mul(less, number(v)))) for v in range(used)]

    with builder.if_else(whole) as (full, partial):
        with full:
            for total, place in zip(sums[0], places(start, row_s), strict=True):
                builder.store(registers.load(place), total)
        with partial:
            its = masks()
            for (_, v), total, place in zip(tiles, sums[0], places(start, row_s), strict=True):
                builder.store(registers.load(place, its[v]), total)
    for total in (total for chain in sums[1:] for total in chain):
        builder.store(registers.constant(0), total)

    def add_term(firsts: list[ir.Value], term: ir.Value, panel: ir.Value, k: ir.Value, chain: list[ir.Value]) -> None:
        columns = builder.gep(panel, [builder.mul(k, number(PANEL * lanes))])
        loaded = [registers.load(builder.gep(columns, [number(v * lanes)])) for v in range(used)]
        along = builder.mul(k, term)
        for i in range(n_rows):
            factor = registers.spread(builder.load(builder.gep(firsts[i], [along])))
            for v in range(used):
                total = chain[i * used + v]
                builder.store(registers.call("fma", factor, loaded[v], builder.load(total)), total)

    def add_terms(a: ir.Value, row: ir.Value, term: ir.Value, count: ir.Value, panel: ir.Value) -> None:
        firsts = [builder.gep(a, [builder.mul(row, number(i))]) for i in range(n_rows)]
        together = builder.and_(count, number(-chains))
        with cgutils.for_range_slice(builder, number(0), together, number(chains)) as (k, _):
            for c, chain in enumerate(sums):
                add_term(firsts, term, panel, builder.add(k, number(c)), chain)
        if chains > 1:
            with cgutils.for_range_slice(builder, together, count, number(1)) as (k, _):
                add_term(firsts, term, panel, k, sums[0])

    add_terms(a1, row1, term1, n1, panel)
    add_terms(a2, row2, term2, n2, builder.gep(panel, [builder.mul(n1, number(PANEL * lanes))]))

    totals = []
    for chain in zip(*sums, strict=True):
        parts = [builder.load(total) for total in chain]
        while len(parts) > 1:
            parts = [builder.fadd(x, y) for x, y in zip(parts[::2], parts[1::2], strict=True)]
        totals.append(parts[0])
    with builder.if_else(whole) as (full, partial):
        with full:
            for total, place in zip(totals, places(out, row_o), strict=True):
                registers.store(total, place)
        with partial:
            its = masks()
            for (_, v), total, place in zip(tiles, totals, places(out, row_o), strict=True):
                registers.store(total, place, its[v])
