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

from collections.abc import Callable
from functools import partial
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from rnnlab.kernels.engine.vectors import Registers, function_of, intrinsic, number
from rnnlab.kernels.tiers import VECTOR_BITS

WIDE = VECTOR_BITS == 512  # 32 registers, else 16
PANEL = 4  # registers in a panel
ROWS = 6 if WIDE else 3  # of a tile; what is left is done in fours where there is room, in pairs and at last alone
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
    """Do the rows in tiles: as many large ones as there are, then smaller ones."""
    a1, row1, term1, n1, a2, row2, term2, n2, panel, n_rows, start, row_s, out, row_o, column, n, less = args
    few = builder.icmp_signed(">", less, number(0))  # else the registers belong to gates, and all count
    two = builder.icmp_signed("<=", n, builder.mul(less, number(2)))
    one = builder.icmp_signed("<=", n, less)

    def with_registers(used: int) -> None:
        first, left = [a1, a2, start, out], n_rows
        for n_together in (ROWS, 4, 2, 1) if WIDE else (ROWS, 2, 1):
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
    a1, row1, term1, n1, a2, row2, term2, n2, panel, start, row_s, out, row_o, column, n, less = args
    tile = _Tile(Registers(builder, dtype), n_rows, used, column, n, less)
    tile.load(start, row_s)
    tile.add_terms(a1, row1, term1, n1, panel)
    tile.add_terms(a2, row2, term2, n2, builder.gep(panel, [builder.mul(n1, number(PANEL * tile.registers.lanes))]))
    tile.store(out, row_o)


class _Tile:
    """Sums in registers, `n_rows` by `used` of them, in as many chains as keep a core busy."""

    def __init__(
        self, registers: Registers, n_rows: int, used: int, column: ir.Value, n: ir.Value, less: ir.Value
    ) -> None:
        self.registers, self.builder, self.n_rows, self.used = registers, registers.builder, n_rows, used
        self.column, self.n, self.less = column, n, less
        self.places = [(i, v) for i in range(n_rows) for v in range(used)]
        last = self.builder.sub(n, self.builder.mul(less, number(used - 1)))
        self.whole = self.builder.icmp_signed(">=", last, number(registers.lanes))
        chains = max(1, UNDER_WAY // len(self.places))
        self.sums = [[cgutils.alloca_once(self.builder, registers.vector) for _ in self.places] for _ in range(chains)]

    def load(self, start: ir.Value, row: ir.Value) -> None:
        """Begin the first chain with what stands at `start`, the others with 0."""

        def load(i: int, pointer: ir.Value, mask: ir.Value | None) -> None:
            self.builder.store(self.registers.load(pointer, mask), self.sums[0][i])

        self._at_each(start, row, load)
        for total in (total for chain in self.sums[1:] for total in chain):
            self.builder.store(self.registers.constant(0), total)

    def add_terms(self, a: ir.Value, row: ir.Value, term: ir.Value, count: ir.Value, panel: ir.Value) -> None:
        """Add `count` terms of each row of `a` times the panel, one chain taking its turn after the other."""
        builder, chains = self.builder, len(self.sums)
        firsts = [builder.gep(a, [builder.mul(row, number(i))]) for i in range(self.n_rows)]
        together = builder.and_(count, number(-chains))
        with cgutils.for_range_slice(builder, number(0), together, number(chains)) as (k, _):
            for c, chain in enumerate(self.sums):
                self._add_term(firsts, term, panel, builder.add(k, number(c)), chain)
        if chains > 1:
            with cgutils.for_range_slice(builder, together, count, number(1)) as (k, _):
                self._add_term(firsts, term, panel, k, self.sums[0])

    def _add_term(self, firsts: list[ir.Value], term: ir.Value, panel: ir.Value, k: ir.Value, chain: list) -> None:
        builder, lanes = self.builder, self.registers.lanes
        columns = builder.gep(panel, [builder.mul(k, number(PANEL * lanes))])
        loaded = [self.registers.load(builder.gep(columns, [number(v * lanes)])) for v in range(self.used)]
        along = builder.mul(k, term)
        for i in range(self.n_rows):
            factor = self.registers.spread(builder.load(builder.gep(firsts[i], [along])))
            for v in range(self.used):
                total = chain[i * self.used + v]
                builder.store(self.registers.call("fma", factor, loaded[v], builder.load(total)), total)

    def store(self, out: ir.Value, row: ir.Value) -> None:
        """Join the chains in pairs, and write the sums."""
        totals = []
        for chain in zip(*self.sums, strict=True):
            parts = [self.builder.load(total) for total in chain]
            while len(parts) > 1:
                parts = [self.builder.fadd(x, y) for x, y in zip(parts[::2], parts[1::2], strict=True)]
            totals.append(parts[0])
        self._at_each(out, row, lambda i, pointer, mask: self.registers.store(totals[i], pointer, mask))

    def _at_each(self, base: ir.Value, row: ir.Value, do: Callable[[int, ir.Value, ir.Value | None], None]) -> None:
        """Do something at each register's place in memory, under a mask where the last is not full."""
        with self.builder.if_else(self.whole) as (full, incomplete):
            with full:
                for i, pointer in enumerate(self._pointers(base, row)):
                    do(i, pointer, None)
            with incomplete:
                masks = [self._mask(v) for v in range(self.used)]
                for i, pointer in enumerate(self._pointers(base, row)):
                    do(i, pointer, masks[i % self.used])

    def _pointers(self, base: ir.Value, row: ir.Value) -> list[ir.Value]:
        builder = self.builder
        rows = [builder.gep(base, [builder.mul(row, number(i))]) for i in range(self.n_rows)]
        offsets = [builder.mul(self.column, number(v)) for v in range(self.used)]
        return [builder.gep(rows[i], [offsets[v]]) for i, v in self.places]

    def _mask(self, v: int) -> ir.Value:
        return self.registers.first_lanes(self.builder.sub(self.n, self.builder.mul(self.less, number(v))))
