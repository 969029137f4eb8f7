"""Does anything grow, or change, while the kernels run for minutes? Linux only.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/soak.py 10

Random sizes, in all three cells and both dtypes: passes with a tape and without, of one thread and of two, with rows
that end early, training steps and sampling. The memory of the process is printed ten times. At the end the first
rounds run again and must come to the same bits, and the memory must not have grown by more than 1 % after the first
tenth of the time, in which everything is compiled and the largest arrays are seen.
"""

import ctypes
import gc
import hashlib
import sys
import time
from pathlib import Path

import numpy as np

from rnnlab import _pytree, fused, gru, lstm, optimizers, rnn, sampling, variants

CELLS, N_AGAIN = (rnn, gru, lstm), 60


def megabytes() -> float:
    """Return how much memory is resident once what is free has been given back: holes of odd sizes are no leak."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


def a_round(n: int) -> bytes:
    """Run everything once at sizes drawn from the round's number, and return a digest of all results."""
    rng = np.random.default_rng(n)
    cell, dtype = CELLS[n % 3], (np.float32, np.float64)[n // 3 % 2]
    n_steps, n_batch, n_input, n_hidden = (int(rng.integers(1, most)) for most in (60, 40, 20, 130))
    network = variants.init(cell, rng, n_input, n_hidden, 2, dtype=dtype)
    x = rng.standard_normal((n_steps, n_batch, n_input)).astype(dtype)
    lengths = rng.integers(1, n_steps + 1, n_batch)
    tape = cell.forward(network.cell, x, lengths=lengths)
    alone = (tape.h, cell.backward(tape, tape.h[1:]))
    shared = cell.forward(network.cell, x, lengths=lengths, n_threads=2)
    together = (shared.h, cell.backward(shared, shared.h[1:], n_threads=2))
    states = cell.forward(network.cell, x, lengths=lengths, n_threads=2, tape=False).h
    assert digest(alone) == digest(together), f"round {n}: two threads"
    assert digest(states) == digest(tape.h), f"round {n}: no tape"
    optimizer = optimizers.Adam(0.001)
    target = rng.standard_normal((n_batch, 2)).astype(dtype)
    stepped = fused.step(cell, network, optimizer.init(network), x, target, optimizer, lengths=lengths, clip=1.0)
    writer = sampling.stepper(cell, variants.init(cell, rng, 20, n_hidden, 20, dtype=dtype))
    tokens = sampling.generate(writer, None, np.zeros(3, int), 30, rng)
    return digest((alone, stepped[0], stepped[2:], tokens))


def digest(tree: object) -> bytes:
    """Return a digest of all numbers in a tree."""
    found = hashlib.sha256()
    for _, leaf in _pytree.leaves(tree):
        found.update(np.ascontiguousarray(leaf).tobytes())
    return found.digest()


def main(minutes: float) -> None:
    """Run for so long, and say what came of it."""
    first = [a_round(n) for n in range(N_AGAIN)]
    begin, n, early, shown = time.monotonic(), N_AGAIN, 0.0, -1
    while (passed := time.monotonic() - begin) < 60 * minutes:
        a_round(n)
        n += 1
        if passed // (6 * minutes) > shown:
            shown, now = int(passed // (6 * minutes)), megabytes()
            early = now if shown <= 1 else early
            print(f"{passed:5.0f} s, {n} rounds, {now:.1f} MB", flush=True)
    again = [a_round(n) for n in range(N_AGAIN)]
    assert again == first, "the first rounds came to other bits"
    print(f"{n} rounds; {early:.1f} MB after the first tenth, {megabytes():.1f} MB at the end")
    assert megabytes() < 1.01 * early, "the memory grew"


if __name__ == "__main__":
    main(float(sys.argv[1]))
