"""Where does the time of a recurrent step go, and what makes it shorter?

Writes `speed_steps.json` beside itself; some minutes on idle cores. Whatever is compared takes turns, and each ratio
stands with its quartiles over the rounds. CPU time of the process, except with several threads: there elapsed time.
"""

import datetime
import json
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numba
import numpy as np
from numba import njit
from threadpoolctl import threadpool_info, threadpool_limits

import rnnlab
from rnnlab import rnn
from rnnlab.bench import memory, startup
from rnnlab.bench.rounds import by_turns
from rnnlab.kernels import tiers

SEED, D, T = 0, 8, 300
UNITS = (1, 4, 16, 64, 256)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ROUNDS = 21
try:
    import torch
except ModuleNotFoundError:
    torch = None


def numpy_loop(x, w_x, w_h, b_h):
    """Return all states, by one line of NumPy a step."""
    h = np.zeros((len(x) + 1, x.shape[1], len(b_h)), x.dtype)
    for t in range(len(x)):
        h[t + 1] = np.tanh(x[t] @ w_x.T + h[t] @ w_h.T + b_h)
    return h


def hoisted_loop(x, w_x, w_h, b_h):
    """Return all states, with the inputs' products taken at once."""
    h = np.zeros((len(x) + 1, x.shape[1], len(b_h)), x.dtype)
    from_x = x @ w_x.T + b_h
    for t in range(len(x)):
        h[t + 1] = np.tanh(from_x[t] + h[t] @ w_h.T)
    return h


@njit
def scalar_loop(x, w_x, w_h, b_h):
    """Return all states, every sum written out."""
    n_steps, n_batch, n_input = x.shape
    n_hidden = len(b_h)
    h = np.zeros((n_steps + 1, n_batch, n_hidden))
    for t in range(n_steps):
        for b in range(n_batch):
            for i in range(n_hidden):
                a = b_h[i]
                for d in range(n_input):
                    a += w_x[i, d] * x[t, b, d]
                for j in range(n_hidden):
                    a += w_h[i, j] * h[t, b, j]
                h[t + 1, b, i] = np.tanh(a)
    return h


@njit
def time_first(x, w):
    """Sum a product of every step; x is (T, B, D)."""
    total = 0.0
    for t in range(x.shape[0]):
        total += np.dot(x[t], w)[0, 0]
    return total


@njit
def batch_first(x, w):
    """Sum a product of every step; x is (B, T, D), so a step's rows lie apart."""
    total = 0.0
    for t in range(x.shape[1]):
        total += np.dot(x[:, t], w)[0, 0]
    return total


@njit
def time_last(x, w):
    """Sum a product of every step; x is (B, D, T), so all numbers of a step lie apart."""
    total = 0.0
    for t in range(x.shape[2]):
        total += np.dot(x[:, :, t], w)[0, 0]
    return total


def network(n_hidden: int, n_batch: int = 1, n_steps: int = T, n_input: int = D, dtype: type = np.float64) -> tuple:
    """Return x and the weights."""
    rng = np.random.default_rng(SEED)
    params = rnn.init(rng, n_input, n_hidden, dtype=dtype)
    return rng.standard_normal((n_steps, n_batch, n_input)).astype(dtype), params


def spread(values: list[float]) -> dict:
    """Return median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": float(f"{middle:.4g}"), "low": float(f"{low:.4g}"), "high": float(f"{high:.4g}")}


def race(functions: dict[str, Callable], over: str, per: float = 1.0, clock: Callable = time.process_time) -> dict:
    """Time functions by turns: microseconds of each, and how often `over` fits into each of the others."""
    times = dict(zip(functions, by_turns(list(functions.values()), ROUNDS, clock), strict=True))
    found: dict = {name: spread([1e6 * s / per for s in seconds]) for name, seconds in times.items()}
    for name, seconds in times.items():
        if name != over:
            found[f"{name}_over_{over}"] = spread([a / b for a, b in zip(seconds, times[over], strict=True)])
    return found


def steps() -> dict:
    """A step of one sequence: NumPy, compiled scalar loops, and the library."""
    found = {}
    for n_hidden in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        x, params = network(n_hidden)
        assert np.allclose(numpy_loop(x, *params), scalar_loop(x, *params))
        functions = {
            "numpy": partial(numpy_loop, x, *params),
            "scalar": partial(scalar_loop, x, *params),
            "rnnlab": partial(rnn.forward, params, x),
        }
        found[f"h{n_hidden}"] = race(functions, "rnnlab", T)
        one = by_turns([functions["numpy"], functions["scalar"]], ROUNDS)
        found[f"h{n_hidden}"]["numpy_over_scalar"] = spread([a / b for a, b in zip(*one, strict=True)])
    return found


def back() -> dict:
    """Forward, and backward from what it kept."""
    found = {}
    for n_hidden in UNITS[1:]:
        x, params = network(n_hidden)
        tape = rnn.forward(params, x)
        dh = np.ones_like(tape.h[1:])
        found[f"h{n_hidden}"] = race(
            {"forward": partial(rnn.forward, params, x), "backward": partial(rnn.backward, tape, dh)}, "forward", T
        )
    return found


def batch() -> dict:
    """Time of one step of one sequence, when B of them are read together."""
    found = {}
    for n_hidden in (16, 64):
        for n_batch in BATCHES:
            x, params = network(n_hidden, n_batch, 100)
            functions = {"rnnlab": partial(rnn.forward, params, x), "numpy": partial(numpy_loop, x, *params)}
            found[f"h{n_hidden}_b{n_batch}"] = race(functions, "rnnlab", 100 * n_batch)
    return found


def hoisting() -> dict:
    """NumPy's loop without and with the inputs' products taken out of it."""
    found = {}
    for n_input in (1, 8, 64, 256):
        x, params = network(64, 1, T, n_input)
        functions = {"inside": partial(numpy_loop, x, *params), "hoisted": partial(hoisted_loop, x, *params)}
        found[f"d{n_input}"] = race(functions, "hoisted", T)
    return found


def layout() -> dict:
    """A product at every step, compiled: the step's numbers side by side, row by row, and one by one apart."""
    rng = np.random.default_rng(SEED)
    first, w = rng.standard_normal((T, 32, 64)), rng.standard_normal((64, 16))
    rows, apart = (np.ascontiguousarray(first.transpose(axes)) for axes in ((1, 0, 2), (1, 2, 0)))
    functions = {
        "time_first": partial(time_first, first, w),
        "batch_first": partial(batch_first, rows, w),
        "time_last": partial(time_last, apart, w),
        "one_copy": lambda: time_first(np.ascontiguousarray(apart.transpose(2, 0, 1)), w),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", numba.NumbaPerformanceWarning)
        return race(functions, "time_first", T)


def threads() -> dict:
    """Two threads in the products of every step; and two threads with half of the batch each.

    Elapsed time: a thread that waits for work spins for a while, which counts as CPU time of whatever runs meanwhile.
    """
    found: dict = {"cores": len(os.sched_getaffinity(0)), "load": round(os.getloadavg()[0], 1)}
    for n_hidden, n_batch in ((64, 1), (256, 32)):
        x, params = network(n_hidden, n_batch)

        def limited(n: int, x=x, params=params):
            with threadpool_limits(n, "blas"):
                return hoisted_loop(x, *params)

        two = {"one": partial(limited, 1), "two": partial(limited, 2)}
        found[f"products_h{n_hidden}_b{n_batch}"] = race(two, "two", T, time.perf_counter)
    x, params = network(128, 64, 100, 64, np.float32)
    halves = [np.ascontiguousarray(x[:, :32]), np.ascontiguousarray(x[:, 32:])]
    with ThreadPoolExecutor(2) as pool:

        def both(part):
            tape = rnn.forward(params, part)
            return rnn.backward(tape, tape.h[1:])

        functions = {"one": lambda: [both(half) for half in halves], "two": lambda: list(pool.map(both, halves))}
        found["batch"] = race(functions, "two", 100, time.perf_counter)
    if torch is not None:
        found |= torch_threads()
    return found


def torch_threads() -> dict:
    """PyTorch's LSTM with one and with two threads, forward and back."""
    found = {}
    for n_hidden, n_batch in ((16, 1), (512, 64)):
        layer, x = torch.nn.LSTM(n_hidden, n_hidden), torch.ones(20, n_batch, n_hidden)

        def run(n, layer=layer, x=x):
            torch.set_num_threads(n)
            layer(x)[0].sum().backward()

        two = {"one": partial(run, 1), "two": partial(run, 2)}
        found[f"torch_h{n_hidden}_b{n_batch}"] = race(two, "two", 20, time.perf_counter)
    torch.set_num_threads(1)
    return found


@njit
def dots(a, b, repeats):
    """Take the same product of two vectors again and again; the calls cost next to nothing."""
    total = 0.0
    for _ in range(repeats):
        total += np.dot(a, b)
    return total


def reading(n_bytes: int) -> float:
    """Return the bytes a second at which a product of two float32 vectors reads so many."""
    a, b = np.ones((2, n_bytes // 8), np.float32)
    repeats = max(1, 20_000_000 // n_bytes)
    (seconds,) = by_turns([partial(dots, a, b, repeats)], 11)
    return n_bytes * repeats / min(seconds)


def roof() -> dict:
    """The machine's peak and the speed of its memory, and what forward passes reach of it, in float32."""
    found: dict = {
        "peak": tiers.peak("float32"),
        "l1": reading(24_000),
        "l2": reading(500_000),
        "l3": reading(8_000_000),
        "memory": reading(200_000_000),
        "points": [],
    }
    for n_hidden, n_batch in ((16, 1), (64, 1), (256, 1), (1024, 1), (16, 32), (64, 32), (256, 32), (1024, 32)):
        x, params = network(n_hidden, n_batch, 100, 8, np.float32)
        rates = []
        flops = 2 * n_hidden * (8 + n_hidden) * n_batch
        for seconds in by_turns([partial(rnn.forward, params, x)], 11)[0]:
            rates.append(100 * flops / seconds)
        n_bytes = 4 * n_hidden * (8 + n_hidden)
        found["points"].append({"H": n_hidden, "B": n_batch, "flops_per_byte": flops / n_bytes, "rate": spread(rates)})
    return found


def precision() -> dict:
    """Forward and back in float64 and float32."""
    found = {}
    for n_hidden in (16, 64, 256):
        functions = {}
        for name, dtype in (("float64", np.float64), ("float32", np.float32)):
            x, params = network(n_hidden, 32, 100, 8, dtype)

            def both(params=params, x=x):
                tape = rnn.forward(params, x)
                return rnn.backward(tape, tape.h[1:])

            functions[name] = both
        found[f"h{n_hidden}"] = race(functions, "float32", 100)
    return found


def main() -> None:
    """Measure everything and store it."""
    found: dict = {
        "command": "python book/results/speed_steps.py",
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "versions": {
            "rnnlab": rnnlab.__version__,
            "numpy": np.__version__,
            "numba": numba.__version__,
            "torch": torch and torch.__version__,
            "python": platform.python_version(),
        },
        "seed": SEED,
        "T": T,
        "D": D,
        "rounds": ROUNDS,
    }
    sizes, others = [(1000, 16, 64, 128)], ["torch"] if torch else []
    parts: dict[str, Callable] = {
        "steps": steps,
        "back": back,
        "batch": batch,
        "hoisting": hoisting,
        "layout": layout,
        "threads": threads,
        "roof": roof,
        "precision": precision,
        "memory": lambda: [row._asdict() for row in memory.rows(["rnn", "lstm"], sizes, "float32", others)],
        "startup": lambda: [row._asdict() for row in startup.rows(["rnn"], 5)],
    }
    with threadpool_limits(1):
        for name, part in parts.items():
            begin = time.perf_counter()
            found[name] = part()
            print(name, f"{time.perf_counter() - begin:.0f} s", json.dumps(found[name])[:1500], flush=True)
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def machine() -> dict:
    """Return what the times depend on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = {line.split(":")[1].strip() for line in lines if line.startswith("model name")}
    blas = [
        f"{info['internal_api']} {info['architecture']}" for info in threadpool_info() if info["user_api"] == "blas"
    ]
    caches = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        if kind != "Instruction":
            caches[f"l{level}"] = 1024 * int(size.removesuffix("K"))
    return {
        "processor": ", ".join(sorted(names)) or platform.machine(),
        "engine": rnnlab.engine(),
        "blas": blas[:1],
        "caches": caches,
    }


if __name__ == "__main__":
    main()
