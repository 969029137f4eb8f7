"""The gradient of weights that few inputs are multiplied with.

A tile's registers hold columns of the right-hand matrix, and where that is an input of one or two numbers, nearly all
lanes multiply by 0. Here the registers hold the gradients da of several units instead, and a number of the input is
the same in every lane: a sum over all steps and rows for each register and each input, in as many chains as keep a core
busy.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils

from rnnlab.kernels.compile import fragment
from rnnlab.kernels.engine.panels import UNDER_WAY
from rnnlab.kernels.engine.products import share
from rnnlab.kernels.engine.vectors import Registers, after, at, function_of, intrinsic, number

CHAINS = UNDER_WAY // 2  # a unit is loaded and a factor spread for each term, so that loads are the limit


@intrinsic
def add_factor_sums(typing_context, n, out, given, row, factors, n_factors, n_terms):
    """Add to ``out[j, d]`` the sum over k of ``given[k, j] factors[k, d]``, for the first `n` columns of `given`.

    A row of `given` is `row` numbers after the last one, a row of `out` and of `factors` is `n_factors` numbers wide.
    """
    dtype, index = given.dtype, types.intp

    def write(builder, args):
        registers = Registers(builder, dtype)
        n, out, given, row, factors, n_factors, n_terms = args
        sums = [cgutils.alloca_once(builder, registers.vector) for _ in range(CHAINS)]
        kept = builder.bitcast(cgutils.alloca_once(builder, registers.vector), out.type)
        together = builder.and_(n_terms, number(-CHAINS))

        def add_term(k: ir.Value, column: ir.Value, d: ir.Value, mask: ir.Value, total: ir.Value) -> None:
            units = registers.load(builder.gep(given, [builder.add(builder.mul(k, row), column)]), mask)
            factor = builder.load(builder.gep(factors, [builder.add(builder.mul(k, n_factors), d)]))
            builder.store(registers.call("fma", registers.spread(factor), units, builder.load(total)), total)

        with cgutils.for_range_slice(builder, number(0), n, number(registers.lanes)) as (column, _):
            left = builder.sub(n, column)
            mask = registers.first_lanes(left)
            count = builder.select(
                builder.icmp_signed("<", left, number(registers.lanes)), left, number(registers.lanes)
            )
            with cgutils.for_range(builder, n_factors) as inputs:
                for total in sums:
                    builder.store(registers.constant(0), total)
                with cgutils.for_range_slice(builder, number(0), together, number(CHAINS)) as (k, _):
                    for c, total in enumerate(sums):
                        add_term(builder.add(k, number(c)), column, inputs.index, mask, total)
                with cgutils.for_range_slice(builder, together, n_terms, number(1)) as (k, _):
                    add_term(k, column, inputs.index, mask, sums[0])
                parts = [builder.load(total) for total in sums]
                while len(parts) > 1:
                    parts = [builder.fadd(x, y) for x, y in zip(parts[::2], parts[1::2], strict=True)]
                registers.store(parts[0], kept)
                with cgutils.for_range(builder, count) as lane:
                    unit = builder.mul(builder.add(column, lane.index), n_factors)
                    place = builder.gep(out, [builder.add(unit, inputs.index)])
                    its = builder.load(builder.gep(kept, [lane.index]))
                    builder.store(builder.fadd(builder.load(place), its), place)

    def codegen(context, builder, signature, args):
        builder.call(function_of(builder, f"add_factor_sums_{dtype}", args, write), args)
        return context.get_dummy_value()

    return types.void(index, out, given, index, factors, index, index), codegen


@fragment
def add_narrow_sums(da, row, n_rows, x, first, count, dw_x, part, n_parts, lanes):
    """Add ``daᵀ x`` of a stretch to dw_x where that is quicker than by tiles; return 1, or 0 where it is not.

    The first `n_rows` numbers of a row of da belong to the rows of dw_x. A thread does its part of them.
    """
    n_input = x.shape[2]
    if 4 * n_input > lanes:
        return 0
    begin, end = share(n_rows, lanes, part, n_parts)
    factors = at(x, first * x.shape[1] * n_input)
    add_factor_sums(end - begin, at(dw_x, begin * n_input), after(da, begin), row, factors, n_input, count)
    return 1
