"""What a new process pays before its first result: importing, and the first call of each compiled function.

Beside it stands the least that anyone who compiles with Numba pays: NumPy, Numba, and one trivial function. Times are
CPU seconds of the process. "cold" is the first process ever, which compiles; "warm" finds what an earlier one compiled.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import rnnlab

_TRIVIAL = """
import time, numba, numpy as np
imported = time.process_time()
@numba.njit(cache=True)
def total(a):
    s = 0.0
    for j in range(a.size):
        s += a[j]
    return s
total(np.ones(3))
print(imported, time.process_time(), time.process_time())
"""
_CELL = """
import time, numpy as np
from rnnlab import CELL as cell
imported = time.process_time()
params = cell.init(np.random.default_rng(0), 2, 3)
tape = cell.forward(params, np.ones((7, 4, 2)))
forward = time.process_time()
cell.backward(tape, tape.h[1:])
print(imported, forward, time.process_time())
"""


class Row(NamedTuple):
    """The medians of several processes. Each `…_ratio` is ours divided by the trivial function's, within a round."""

    cell: str
    cache: str  # "cold" or "warm"
    importing: float  # seconds until `from rnnlab import cell` is done
    forward: float  # seconds of the first call
    backward: float
    process: float  # seconds of the whole
    import_ratio: float
    process_ratio: float
    low: float  # quartiles of the rounds' process_ratio
    high: float


def rows(kinds: Iterable[str], rounds: int = 5) -> Iterator[Row]:
    """Start processes, ours and the trivial one by turns, and yield two rows for each cell.

    Parameters
    ----------
    kinds : iterable of str
        Names of cells.
    rounds : int, default=5
        How many processes of each kind.

    Yields
    ------
    row : Row
    """
    for kind in kinds:
        found: dict[str, list[tuple[list[float], list[float]]]] = {"cold": [], "warm": []}
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                for cache in found:
                    found[cache].append((_seconds(_CELL.replace("CELL", kind), folder), _seconds(_TRIVIAL, folder)))
        for cache, pairs in found.items():
            yield _row(kind, cache, pairs)


def _row(kind: str, cache: str, pairs: list[tuple[list[float], list[float]]]) -> Row:
    imports, forwards, backwards = zip(*(ours for ours, _ in pairs), strict=True)
    middle = statistics.median
    ratios = [ours[2] / trivial[2] for ours, trivial in pairs]
    low, ratio, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    values = (
        middle(imports),
        middle(f - i for f, i in zip(forwards, imports, strict=True)),
        middle(b - f for b, f in zip(backwards, forwards, strict=True)),
        middle(backwards),
        middle(ours[0] / trivial[0] for ours, trivial in pairs),
    )
    return Row(kind, cache, *(round(value, 4) for value in (*values, ratio, low, high)))


def _seconds(code: str, folder: str) -> list[float]:
    """Run the code in a new process that keeps what it compiles in the folder; return what it printed."""
    file = Path(folder) / ("trivial.py" if code == _TRIVIAL else "cell.py")
    if not file.exists():  # Numba compiles again what is newer than its cache
        file.write_text(code)
    root = str(Path(rnnlab.__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, str(file)],
        env={**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": folder},
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(word) for word in done.stdout.split()]
