"""Arithmetic on whole vector registers, written as LLVM instructions.

Numba turns a loop over numbers into vector instructions when it can prove that it may, and checks for overlapping
arrays each time the loop begins: for rows of a few dozen numbers that costs more than the arithmetic. Here a register
is a value. A pass over a row loads full registers, and the last, incomplete one under a mask, with no check at all.
The width comes from `tiers`: 512 bits with AVX-512, 256 with AVX2, 128 elsewhere.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

from rnnlab.kernels.compile import kernel
from rnnlab.kernels.tiers import VECTOR_BITS

intrinsic: Any = extending.intrinsic  # what it returns is called with one argument less than it was written with
INT, INT32 = ir.IntType(64), ir.IntType(32)


def engine_kernel(function: Callable) -> Callable:
    """Return `function` as `compile.kernel` does, kept apart for each width of registers."""
    return kernel(function, f"_{VECTOR_BITS}")


def number(value: int) -> ir.Constant:
    """Return a constant index."""
    return ir.Constant(INT, value)


def function_of(builder: ir.IRBuilder, name: str, args: Any, write: Callable, result: Any = None) -> ir.Function:
    """Return the function of this name in the module that is being built; where there is none yet, write it."""
    function = builder.module.globals.get(name)
    if function is None:
        kind = ir.FunctionType(result or ir.VoidType(), [arg.type for arg in args])
        function = ir.Function(builder.module, kind, name)
        function.linkage = "internal"
        function.attributes.add("noinline")
        inside = ir.IRBuilder(function.append_basic_block("entry"))
        found = write(inside, function.args)
        inside.ret(found) if result else inside.ret_void()
    return function


class Registers:
    """Vector instructions for one floating type, added to the function that a builder writes."""

    def __init__(self, builder: ir.IRBuilder, dtype: Any) -> None:
        self.builder, self.bits = builder, dtype.bitwidth
        self.lanes = VECTOR_BITS // self.bits
        self.scalar = ir.FloatType() if self.bits == 32 else ir.DoubleType()
        self.vector, self.integers = ir.VectorType(self.scalar, self.lanes), ir.IntType(self.bits)
        self.integer_vector = ir.VectorType(self.integers, self.lanes)
        self.suffix = f"v{self.lanes}f{self.bits}"

    def call(self, name: str, *values: ir.Value) -> ir.Value:
        """Call one of LLVM's own functions of vectors."""
        kind = ir.FunctionType(self.vector, [self.vector] * len(values))
        return self.builder.call(
            cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.{name}.{self.suffix}"), values
        )

    def constant(self, value: float) -> ir.Constant:
        """Return a register with this number in every lane."""
        value = float(np.float32(value)) if self.bits == 32 else float(value)
        return ir.Constant(self.vector, [ir.Constant(self.scalar, value)] * self.lanes)

    def spread(self, value: ir.Value) -> ir.Value:
        """Return a register with a scalar in every lane."""
        none = ir.Constant(ir.VectorType(value.type, self.lanes), ir.Undefined)
        first = self.builder.insert_element(none, value, ir.Constant(INT32, 0))
        zeros = ir.Constant(ir.VectorType(INT32, self.lanes), [ir.Constant(INT32, 0)] * self.lanes)
        return self.builder.shuffle_vector(first, none, zeros)

    def first_lanes(self, count: ir.Value) -> ir.Value:
        """Return a mask of the first `count` lanes."""
        lanes = ir.Constant(ir.VectorType(INT32, self.lanes), [ir.Constant(INT32, i) for i in range(self.lanes)])
        return self.builder.icmp_signed("<", lanes, self.spread(self.builder.trunc(count, INT32)))

    def load(self, pointer: ir.Value, mask: ir.Value | None = None) -> ir.Value:
        """Load a register; lanes outside the mask are 0 and are not read."""
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            loaded = self.builder.load(pointer)
            loaded.align = self.bits // 8
            return loaded
        kind = ir.FunctionType(self.vector, [pointer.type, INT32, mask.type, self.vector])
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.masked.load.{self.suffix}.p0")
        return self.builder.call(function, [pointer, ir.Constant(INT32, self.bits // 8), mask, self.constant(0)])

    def transposed(self, rows: list[ir.Value]) -> list[ir.Value]:
        """Return the columns of a square of registers: pairs of rows swap halves, then quarters, and so on."""
        distance = self.lanes // 2
        while distance:
            swapped = list(rows)
            for i in (i for i in range(self.lanes) if not i & distance):
                low = [j if not j & distance else self.lanes + (j ^ distance) for j in range(self.lanes)]
                high = [j ^ distance if not j & distance else self.lanes + j for j in range(self.lanes)]
                for place, order in ((i, low), (i | distance, high)):
                    which = ir.Constant(ir.VectorType(INT32, self.lanes), [ir.Constant(INT32, j) for j in order])
                    swapped[place] = self.builder.shuffle_vector(rows[i], rows[i | distance], which)
            rows, distance = swapped, distance // 2
        return rows

    def store(self, value: ir.Value, pointer: ir.Value, mask: ir.Value | None = None) -> None:
        """Store a register; lanes outside the mask are not written to."""
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            self.builder.store(value, pointer).align = self.bits // 8
            return
        kind = ir.FunctionType(ir.VoidType(), [self.vector, pointer.type, INT32, mask.type])
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.masked.store.{self.suffix}.p0")
        self.builder.call(function, [value, pointer, ir.Constant(INT32, self.bits // 8), mask])


class Vector:
    """A register with the operators of numbers. Multiplications and additions may contract into one instruction."""

    def __init__(self, registers: Registers, value: ir.Value) -> None:
        self.registers, self.value = registers, value

    def of(self, other: Any) -> "Vector":
        """Return a number, or a vector, as a vector."""
        return other if isinstance(other, Vector) else Vector(self.registers, self.registers.constant(other))

    def _with(self, other: Any, operation: str, flags: tuple[str, ...] = ("contract",)) -> "Vector":
        instruction = getattr(self.registers.builder, operation)
        return Vector(self.registers, instruction(self.value, self.of(other).value, flags=flags))

    def __add__(self, other: Any) -> "Vector":
        return self._with(other, "fadd")

    def __sub__(self, other: Any) -> "Vector":
        return self._with(other, "fsub")

    def __rsub__(self, other: Any) -> "Vector":
        return self.of(other) - self

    def __mul__(self, other: Any) -> "Vector":
        return self._with(other, "fmul")

    def __truediv__(self, other: Any) -> "Vector":
        return self._with(other, "fdiv", ())

    def __rtruediv__(self, other: Any) -> "Vector":
        return self.of(other) / self

    def times_plus(self, factor: Any, term: Any) -> "Vector":
        """Return self * factor + term, rounded once."""
        values = self.value, self.of(factor).value, self.of(term).value
        return Vector(self.registers, self.registers.call("fma", *values))

    def size(self) -> "Vector":
        """Return the absolute values."""
        return Vector(self.registers, self.registers.call("fabs", self.value))

    def signed_as(self, other: "Vector") -> "Vector":
        """Return the absolute values with the other's signs."""
        return Vector(self.registers, self.registers.call("copysign", self.value, other.value))

    def at_most(self, bound: float) -> "Vector":
        """Return the smaller of each number and the bound; NaN stays NaN."""
        bounds = self.of(bound)
        larger = self.registers.builder.fcmp_ordered(">", self.value, bounds.value)
        return Vector(self.registers, self.registers.builder.select(larger, bounds.value, self.value))

    def at_least(self, bound: float) -> "Vector":
        """Return the larger of each number and the bound; NaN stays NaN."""
        bounds = self.of(bound)
        smaller = self.registers.builder.fcmp_ordered("<", self.value, bounds.value)
        return Vector(self.registers, self.registers.builder.select(smaller, bounds.value, self.value))

    def power_of_two(self, bias: int, shift: int) -> "Vector":
        """Return the number whose exponent is what stands in the low bits."""
        registers, builder = self.registers, self.registers.builder

        def every(value: int) -> ir.Constant:
            return ir.Constant(registers.integer_vector, [ir.Constant(registers.integers, value)] * registers.lanes)

        bits = builder.add(builder.bitcast(self.value, registers.integer_vector), every(bias))
        return Vector(registers, builder.bitcast(builder.shl(bits, every(shift)), registers.vector))


@intrinsic
def at(typing_context, array, offset):
    """Return the address of an element of a C-contiguous array, counted as if it had one axis; of no other array."""
    if getattr(array, "layout", "") != "C":
        return None
    pointer = types.CPointer(array.dtype)

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.gep(data, [args[1]])

    return pointer(array, types.intp), codegen


@intrinsic
def after(typing_context, pointer, offset):
    """Return the address so many numbers further on."""

    def codegen(context, builder, signature, args):
        return builder.gep(args[0], [args[1]])

    return pointer(pointer, types.intp), codegen


@intrinsic
def lanes_of(typing_context, array):
    """Return how many of an array's numbers a register holds."""

    def codegen(context, builder, signature, args):
        return number(VECTOR_BITS // array.dtype.bitwidth)

    return types.intp(array), codegen


@intrinsic
def copy_finite(typing_context, n, out, given):
    """Copy `n` numbers and return 1, 0 where one is not finite: x - x is 0 or NaN, and a NaN stays in a sum."""
    dtype = given.dtype

    def write(builder, args):
        registers = Registers(builder, dtype)
        n, out, given = args
        sums = cgutils.alloca_once_value(builder, registers.constant(0))
        whole = builder.and_(n, number(-registers.lanes))

        def copy(j, mask):
            value = registers.load(builder.gep(given, [j]), mask)
            registers.store(value, builder.gep(out, [j]), mask)
            builder.store(builder.fadd(builder.load(sums), builder.fsub(value, value)), sums)

        with cgutils.for_range_slice(builder, number(0), whole, number(registers.lanes)) as (j, _):
            copy(j, None)
        with builder.if_then(builder.icmp_signed("<", whole, n)):
            copy(whole, registers.first_lanes(builder.sub(n, whole)))
        total = builder.load(sums)
        wrong = builder.bitcast(builder.fcmp_unordered("uno", total, total), ir.IntType(registers.lanes))
        return builder.zext(builder.icmp_unsigned("==", wrong, ir.Constant(wrong.type, 0)), INT)

    def codegen(context, builder, signature, args):
        return builder.call(function_of(builder, f"copy_finite_{dtype}", args, write, INT), args)

    return types.intp(types.intp, out, given), codegen


@intrinsic
def transpose_square(typing_context, matrix, row, n_rows, n_columns, out, out_row):
    """Write the transpose of the first rows and columns of a matrix, at most as many as a register has lanes.

    Rows that the matrix does not have become columns of 0, so that always whole rows are written.
    """
    dtype = matrix.dtype

    def write(builder, args):
        registers = Registers(builder, dtype)
        matrix, row, n_rows, n_columns, out, out_row = args
        columns = registers.first_lanes(n_columns)
        none = ir.Constant(columns.type, [ir.Constant(ir.IntType(1), 0)] * registers.lanes)
        rows = []
        for i in range(registers.lanes):
            mask = builder.select(builder.icmp_signed("<", number(i), n_rows), columns, none)
            rows.append(registers.load(builder.gep(matrix, [builder.mul(row, number(i))]), mask))
        for k, column in enumerate(registers.transposed(rows)):
            with builder.if_then(builder.icmp_signed("<", number(k), n_columns)):
                registers.store(column, builder.gep(out, [builder.mul(out_row, number(k))]))

    def codegen(context, builder, signature, args):
        builder.call(function_of(builder, f"transpose_square_{dtype}", args, write), args)
        return context.get_dummy_value()

    index = types.intp
    return types.void(matrix, index, index, index, out, index), codegen


@intrinsic
def until_aligned(typing_context, pointer):
    """Return how many numbers further on the next cache line of 64 bytes begins."""

    def codegen(context, builder, signature, args):
        missing = builder.and_(builder.neg(builder.ptrtoint(args[0], INT)), number(63))
        return builder.udiv(missing, number(pointer.dtype.bitwidth // 8))

    return types.intp(pointer), codegen


def elementwise(function: Callable, n_pointers: int, n_written: int) -> Any:
    """Return a pass over rows for kernels to call, as ``run(n, p0, p1, …)``.

    `function` takes a `Vector` from each of the rows that the pointers begin and returns those that replace the first
    `n_written`. A row is `n` numbers long.
    """

    def typed(n, *pointers):
        dtype = pointers[0].dtype

        def codegen(context, builder, signature, args):
            registers = Registers(builder, dtype)
            count, rows = args[0], args[1:]
            whole = builder.and_(count, number(-registers.lanes))

            def pass_at(j, mask):
                places = [builder.gep(row, [j]) for row in rows]
                found = function(*(Vector(registers, registers.load(place, mask)) for place in places))
                found = found if isinstance(found, tuple) else (found,)
                for value, place in zip(found, places[:n_written], strict=True):
                    registers.store(value.value, place, mask)

            with cgutils.for_range_slice(builder, number(0), whole, number(registers.lanes)) as (j, _):
                pass_at(j, None)
            with builder.if_then(builder.icmp_signed("<", whole, count)):
                pass_at(whole, registers.first_lanes(builder.sub(count, whole)))
            return context.get_dummy_value()

        return types.void(types.intp, *pointers), codegen

    names = ", ".join(f"p{i}" for i in range(n_pointers))
    namespace: dict[str, Any] = {"typed": typed}  # an intrinsic's arguments must be named, however many there are
    exec(f"def run(typing_context, n, {names}):\n    return typed(n, {names})", namespace)
    return intrinsic(namespace["run"])
