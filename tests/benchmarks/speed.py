"""How fast the cells are, beside PyTorch, and how long the first call takes.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/speed.py [rnn gru lstm]

Forward and backward with all gradients, one thread, in CPU time. Both take turns, and a figure is the median of the
rounds' ratios, so that what else the machine does touches both alike. First calls are CPU seconds of a new process.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
SIZES = ((25, 1, 8, 16), (50, 1, 32, 64), (50, 20, 2, 32), (50, 32, 32, 64), (100, 32, 64, 128))
ROUNDS = 15

TRIVIAL = """
import time, numba, numpy as np
@numba.njit(cache=True)
def total(a):
    s = 0.0
    for j in range(a.size):
        s += a[j]
    return s
start = time.process_time()
total(np.ones(3))
print(time.process_time() - start, time.process_time())
"""
FIRST = """
import time, numpy as np
from rnnlab import CELL as cell
params, start = cell.init(np.random.default_rng(0), 2, 3), time.process_time()
tape = cell.forward(params, np.ones((7, 4, 2)))
middle = time.process_time()
cell.backward(tape, tape.h[1:])
print(middle - start, time.process_time() - middle, time.process_time())
"""


def first_call(code: str, cache: str) -> list[float]:
    """CPU seconds of the first calls in a new process that runs the code, and of the whole process.

    What it compiles is kept in `cache`.
    """
    file = Path(cache) / ("trivial.py" if code == TRIVIAL else "cell.py")
    if not file.exists():
        file.write_text(code)
    process = subprocess.run(
        [sys.executable, str(file)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(word) for word in process.stdout.split()]


def first_calls(name: str) -> None:
    """Print the first calls of a cell with nothing kept and with all kept, and the least that any function takes."""
    code, cold = FIRST.replace("CELL", name), []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(first_call(code, cache) + first_call(TRIVIAL, cache))
            warm = [(first_call(code, cache)[-1], first_call(TRIVIAL, cache)[-1]) for _ in range(5)]
    forward, backward, process, _, trivial_cold = (statistics.median(column) for column in zip(*cold, strict=True))
    ours, trivial = (statistics.median(column) for column in zip(*warm, strict=True))
    print(f"{name}: first calls, cold: forward {forward:.2f} s, backward {backward:.2f} s")
    print(f"  process, cold: {process:.2f} s (with a trivial function {trivial_cold:.2f} s)")
    print(f"  process, warm: {ours:.2f} s, {ours / trivial:.2f} of that with a trivial function")


def beside_torch(name: str, sizes: tuple[int, int, int, int], dtype: type) -> None:
    """Print our time and the ratio of PyTorch's to it."""
    import torch

    torch.set_num_threads(1)
    cell, (n_steps, n_batch, n_input, n_hidden) = import_module(f"rnnlab.{name}"), sizes
    rng = np.random.default_rng(0)
    params = cell.init(rng, n_input, n_hidden, dtype=dtype)
    x, dh = rng.standard_normal((n_steps, n_batch, n_input)).astype(dtype), np.ones((n_steps, n_batch, n_hidden), dtype)
    network = getattr(torch.nn, name.upper())(n_input, n_hidden, dtype=getattr(torch, np.dtype(dtype).name))
    torch_x, torch_dh = torch.tensor(x, requires_grad=True), torch.tensor(dh)

    def ours():
        cell.backward(cell.forward(params, x), dh)

    def theirs():
        network.zero_grad()
        network(torch_x)[0].backward(torch_dh)

    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    ratio = statistics.median(b / a for a, b in pairs)
    own = statistics.median(a for a, _ in pairs)
    print(f"{name} T, B, D, H = {sizes} {np.dtype(dtype).name}: {own * 1e6:.0f} µs, PyTorch ÷ ours {ratio:.1f}")


def seconds(function) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


if __name__ == "__main__":
    for cell_name in sys.argv[1:] or ("rnn", "gru", "lstm"):
        first_calls(cell_name)
        for cell_sizes in SIZES:
            for cell_dtype in (np.float32, np.float64):
                beside_torch(cell_name, cell_sizes, cell_dtype)
