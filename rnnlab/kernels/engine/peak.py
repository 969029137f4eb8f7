"""The most multiplications and additions a second: chains of fused multiply-adds that never leave the registers."""

import time

import numpy as np
from numba import types
from numba.core import cgutils

from rnnlab.kernels.engine.vectors import Registers, at, engine_kernel, intrinsic, lanes_of

CHAINS = 12  # more than the latency of an instruction times the number of them that start in a cycle


@intrinsic
def _chains(typing_context, n, out):
    def codegen(context, builder, signature, args):
        registers = Registers(builder, out.dtype)
        sums = [cgutils.alloca_once(builder, registers.vector) for _ in range(CHAINS)]
        factor = registers.load(args[1])
        for total in sums:
            builder.store(factor, total)
        with cgutils.for_range(builder, args[0]):
            for total in sums:
                builder.store(registers.call("fma", factor, builder.load(total), factor), total)
        result = builder.load(sums[0])
        for total in sums[1:]:
            result = builder.fadd(result, builder.load(total))
        registers.store(result, args[1])
        return context.get_dummy_value()

    return types.void(types.intp, out), codegen


@engine_kernel
def _run(n, out):
    if out.size < lanes_of(out):
        return 0
    _chains(n, at(out, 0))
    return 2 * CHAINS * n * lanes_of(out)


def peak(dtype: str) -> float:
    """Return the multiplications and additions a second of one core, by the best of many short runs."""
    out, best = np.full(64, 0.5, dtype), 0.0
    _run(1, out)
    for _ in range(40):
        out[:] = 0.5
        begin = time.process_time()
        count = _run(1_000_000, out)
        best = max(best, count / max(time.process_time() - begin, 1e-9))
    return best
