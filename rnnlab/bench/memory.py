"""How much memory a pass forward and back takes at its highest, beyond the weights, the inputs and the given gradient.

Each measurement is a process of its own. The kernel's record of the most memory that was resident is reset before the
pass (Linux only), so that nothing that happened before counts, and whatever library allocates is seen alike.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab import bptt
from rnnlab.bench import grid, rivals
from rnnlab.bench.grid import Size
from rnnlab.kernels.tiers import takes_engine

OURS, CHECKPOINTED = "rnnlab", "rnnlab, checkpointed"
_RESET, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


class Row(NamedTuple):
    """One measurement."""

    cell: str
    dtype: str
    T: int
    B: int
    D: int
    H: int
    library: str
    megabytes: float
    floats: float  # the same, in numbers of the dtype for each of the T·B·H states


def available() -> bool:
    """Return True if this system resets its record of the most memory."""
    try:
        _RESET.write_text("5")
    except OSError:
        return False
    return True


def rows(kinds: Iterable[str], sizes: Iterable[Size], dtype: str, names: Iterable[str]) -> Iterator[Row]:
    """Measure forward with all gradients: ours, ours with checkpoints (of the weights only), and each rival.

    Parameters
    ----------
    kinds : iterable of str
        Names of cells.
    sizes : iterable of (T, B, D, H)
        The sizes.
    dtype : str
        "float32" or "float64".
    names : iterable of str
        Of `rivals.NAMES`.

    Yields
    ------
    row : Row
    """
    libraries = [OURS, CHECKPOINTED, *names]
    for kind in kinds:
        for size in sizes:
            for library in libraries:
                # A new process for each, which inherits nothing: freed memory would be used again and not counted.
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                    n_bytes = pool.submit(_peak, library, kind, size, dtype).result()
                n_steps, n_batch, _, n_hidden = size
                states = n_steps * n_batch * n_hidden * (4 if dtype == "float32" else 8)
                yield Row(kind, dtype, *size, library, round(n_bytes / 1e6, 3), round(n_bytes / states, 3))


def _peak(library: str, kind: str, size: Size, dtype: str) -> int:
    """Return how many bytes more are resident at the highest point of a pass than before it."""
    for short in ((3, 1, 2, 2), _short(kind, size)):  # compiles and allocates whatever is needed once
        _pass(OURS if library == CHECKPOINTED else library, kind, short, dtype)()
    run = _pass(library, kind, size, dtype)
    before = _kilobytes("VmRSS")
    _RESET.write_text("5")
    run()
    return 1024 * max(0, _kilobytes("VmHWM") - before)


def _short(kind: str, size: Size) -> Size:
    """Return a size with as few steps as take the same kernels."""
    n_steps, n_batch, n_input, n_hidden = size
    n_gates = len(import_module(f"rnnlab.{kind}").GATES)
    one = grid.operations(n_gates, (1, n_batch, n_input, n_hidden), "fwd")
    engine = [takes_engine(n * one // 2) for n in range(1, n_steps + 1)]
    return engine.index(engine[-1]) + 1, n_batch, n_input, n_hidden


def _pass(library: str, kind: str, size: Size, dtype: str) -> Any:
    cell = import_module(f"rnnlab.{kind}")
    params, x, dh = grid.draw(cell, size, dtype)
    if library == OURS:
        return rivals.ours(cell, params, x, dh)["fwdbwd"]
    if library == CHECKPOINTED:
        return partial(bptt.checkpointed, cell, params, x, lambda start, h: dh[start : start + len(h)])
    return rivals.phases(library, kind, params, x, dh)["fwdbwd"]


def _kilobytes(name: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])
