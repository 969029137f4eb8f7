"""The speeds that were aimed at, as ratios to PyTorch's and JAX's times, and why some of them are not reached.

They were set before the engine was written, float32 and one thread, from a prototype's times and the limits of a core.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

CELLS, RIVALS = ("rnn", "gru", "lstm"), ("torch", "jax")

# by phase and T, B, D, H: for each cell PyTorch's time ÷ ours, and JAX's
GOALS: dict[tuple[str, tuple[int, int, int, int]], tuple[tuple[float, float], ...]] = {
    ("fwdbwd", (25, 1, 8, 16)): ((60, 4), (130, 5.5), (22, 5.5)),
    ("fwdbwd", (1000, 1, 1, 16)): ((230, 7), (400, 8), (6.5, 8.5)),
    ("fwdbwd", (50, 1, 32, 64)): ((40, 2.8), (36, 2.5), (3.3, 2)),
    ("fwdbwd", (50, 20, 2, 32)): ((17, 4), (17, 3.5), (2.4, 2.6)),
    ("fwdbwd", (50, 32, 32, 64)): ((4.2, 2), (4, 2), (1.35, 1.7)),
    ("fwdbwd", (100, 32, 64, 128)): ((2.1, 1.5), (2.1, 1.8), (1.15, 2.2)),
    ("fwdbwd", (1000, 16, 64, 128)): ((2.7, 2.5), (2.8, 2.5), (1.4, 2.5)),
    ("fwdbwd", (100, 64, 128, 256)): ((1.35, 1.5), (1.35, 1.8), (1.15, 1.8)),
    ("fwdbwd", (200, 64, 256, 512)): ((1.25, 1.5), (1.2, 1.5), (1.15, 1.6)),
    ("train_step", (50, 20, 2, 32)): ((22, 4.3), (18, 3.5), (3.5, 3)),
    ("sample", (200, 1, 65, 100)): ((35, 2.2), (30, 2.5), (22, 2)),
}

# by the same: what was tried, and what stands in the way
REASONS: dict[tuple[str, tuple[int, int, int, int]], tuple[str, str]] = {
    ("fwdbwd", (25, 1, 8, 16)): (
        "each argument looked at once, without the parts of a message; whether numbers are finite is read inside the "
        "compiled call",
        "the two calls from Python: their checks, new arrays and Numba's handing over take longer than the arithmetic",
    ),
    ("fwdbwd", (50, 1, 32, 64)): (
        "weights packed once a call, one pass over them for all gates of a panel of units",
        "with one sequence every weight is read at every step for a single multiply-add, and each step waits for the "
        "one before",
    ),
    ("fwdbwd", (50, 20, 2, 32)): (
        "input and state in one product, the gates while their sums are in the first cache, gradients of the weights "
        "from stretches that stay in the second",
        "a lower share of the peak than with 64 units: rows are short, 20 of them leave a tile incomplete, and packing "
        "is repaid by less; which of these costs most was not measured",
    ),
    ("train_step", (50, 20, 2, 32)): (
        "loss, gradient, clipping and the optimizer's step in one compiled call; all weights and all means copied as "
        "one vector each; no second look at whether they are finite",
        "the two passes over time, short of their own goal at this size, are most of the compiled call; beside it "
        "Python checks the arguments and makes new arrays, since those given are never changed",
    ),
    ("sample", (200, 1, 65, 100)): (
        "all tokens in one compiled call, packed weights that stay in the cache, the exponentials of all scores a "
        "register at a time",
        "with one row every weight is read for a single multiply-add; a draw adds the chances one after the other, "
        "twice, and nothing of the next token can begin before it",
    ),
}


class Unmet(NamedTuple):
    """A goal that a measured row falls short of, what was tried, and what stands in the way."""

    phase: str
    size: tuple[int, int, int, int]
    cell: str
    rival: str
    ratio: float
    goal: float
    percent_of_peak: float | None
    tried: str
    obstacle: str


def unmet(rows: Iterable[Mapping[str, Any]]) -> list[Unmet]:
    """Return the goals that rows of `rnnlab bench` fall short of.

    Parameters
    ----------
    rows : iterable of dict
        As in the JSON that ``rnnlab bench --json`` writes. Those without a goal are passed over.

    Returns
    -------
    unmet : list of Unmet

    Raises
    ------
    KeyError
        If nothing is written here about a row that falls short.

    Examples
    --------
    >>> row = dict(phase="sample", T=200, B=1, D=65, H=100, cell="rnn", rival="torch", dtype="float32", threads=1)
    >>> [found.goal for found in unmet([row | {"ratio": 20.0, "percent_of_peak": 10.0}])]
    [35]
    >>> unmet([row | {"ratio": 36.0, "percent_of_peak": 18.0}])
    []
    """
    found = []
    for row in rows:
        place = row["phase"], (row["T"], row["B"], row["D"], row["H"])
        if place not in GOALS or row["rival"] not in RIVALS or (row["dtype"], row["threads"]) != ("float32", 1):
            continue
        goal = GOALS[place][CELLS.index(row["cell"])][RIVALS.index(row["rival"])]
        if row["ratio"] < goal:
            cell, rival, percent = row["cell"], row["rival"], row["percent_of_peak"]
            found.append(Unmet(*place, cell, rival, row["ratio"], goal, percent, *REASONS[place]))
    return found
