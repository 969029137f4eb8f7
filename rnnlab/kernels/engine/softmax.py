"""The cross-entropy of a softmax and its gradient, a row of scores at a time, while the row is in the first cache.

Three passes over full registers: the largest score, the powers and their sum, and the division by it. A score so far
below the largest that its power is no normal number has the power 0, as in NumPy; so have the lanes behind the row.
"""

import math
from functools import partial

from llvmlite import ir
from numba.core import cgutils

from rnnlab.kernels.engine.activations import CONSTANTS, exp
from rnnlab.kernels.engine.vectors import INT32, Registers, Vector, at, engine_kernel, function_of, intrinsic, number


def _across(registers, value, join):
    """Return what `join` makes of all lanes: half of them with the other half, and so on."""
    builder, lanes = registers.builder, registers.lanes
    distance = lanes // 2
    while distance:
        order = ir.Constant(ir.VectorType(INT32, lanes), [ir.Constant(INT32, j ^ distance) for j in range(lanes)])
        value = join(value, builder.shuffle_vector(value, value, order))
        distance //= 2
    return builder.extract_element(value, ir.Constant(INT32, 0))


def _over_row(registers, n, first, step):
    """Return a register that `step` has changed for each full register of a row, and for the rest under a mask."""
    builder = registers.builder
    kept = cgutils.alloca_once_value(builder, registers.constant(first))
    whole = builder.and_(n, number(-registers.lanes))
    with cgutils.for_range_slice(builder, number(0), whole, number(registers.lanes)) as (j, _):
        builder.store(step(builder.load(kept), j, None), kept)
    with builder.if_then(builder.icmp_signed("<", whole, n)):
        mask = registers.first_lanes(builder.sub(n, whole))
        builder.store(step(builder.load(kept), whole, mask), kept)
    return builder.load(kept)


def _largest(dtype, builder, args):
    registers = Registers(builder, dtype)
    n, row = args
    least = registers.constant(-math.inf)

    def larger(one, other):
        return builder.select(builder.fcmp_ordered(">", other, one), other, one)

    def step(best, j, mask):
        value = registers.load(builder.gep(row, [j]), mask)
        return larger(best, value if mask is None else builder.select(mask, value, least))

    return _across(registers, _over_row(registers, n, -math.inf, step), larger)


def _powers(dtype, builder, args):
    registers = Registers(builder, dtype)
    n, out, row, best = args
    none, least = registers.constant(0), registers.constant(CONSTANTS[registers.bits].least)
    bests = registers.spread(best)

    def step(total, j, mask):
        below = Vector(registers, builder.fsub(registers.load(builder.gep(row, [j]), mask), bests))
        power = builder.select(builder.fcmp_ordered("<", below.value, least), none, exp(below).value)
        if mask is not None:
            power = builder.select(mask, power, none)
        registers.store(power, builder.gep(out, [j]), mask)
        return builder.fadd(total, power)

    return _across(registers, _over_row(registers, n, 0, step), builder.fadd)


def _of_row(write, dtype):
    """Return what numba asks of an intrinsic: a call of the function that `write` writes, whose result is a number."""

    def codegen(context, builder, signature, args):
        result = context.get_value_type(dtype)
        function = function_of(builder, f"{write.__name__}_{dtype}", args, partial(write, dtype), result)
        return builder.call(function, args)

    return codegen


@intrinsic
def largest(typing_context, n, row):
    """Return the largest of `n` numbers; a NaN among them is passed over."""
    return row.dtype(n, row), _of_row(_largest, row.dtype)


@intrinsic
def powers(typing_context, n, out, row, best):
    """Write e^(x - best) for each of `n` numbers and return the sum, NaN where one is or where `best` is infinite."""
    return row.dtype(n, out, row, row.dtype), _of_row(_powers, row.dtype)


@engine_kernel
def softmax_cross_entropy(logits, index, share, dlogits):
    """Write the gradient (N, O) and return the loss of `logits` (N, O), each row being `share` (N,) of the mean.

    NaN, and a gradient that is not complete, where the shapes do not fit or there is no such class: unlike the cells'
    loops this one is within reach of a student's answer.
    """
    n_rows, n = logits.shape
    loss = 0.0
    if dlogits.shape != logits.shape or len(index) != n_rows or len(share) != n_rows:
        return math.nan
    for row in range(n_rows):
        out, right, part = at(dlogits, row * n), index[row], share[row]
        if part == 0:  # whatever the row holds
            dlogits[row, :] = 0
            continue
        if right < 0 or right >= n:
            return math.nan
        best = largest(n, at(logits, row * n))
        total = powers(n, out, at(logits, row * n), best)
        loss += float(part * (math.log(total) - (logits[row, right] - best)))
        factor = part / total
        for j in range(n):
            dlogits[row, j] *= factor
        dlogits[row, right] -= part
    return loss
