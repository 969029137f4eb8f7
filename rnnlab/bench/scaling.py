"""How the time of a pass forward and back grows with the length T, the batch B and the number of units H.

One of the three grows, the others stand still. All sizes are timed once in each round, and a straight line through the
logarithms of sizes and times gives an exponent a round: 1 where twice the size takes twice the time.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnlab.bench import rivals
from rnnlab.bench.grid import Size, draw
from rnnlab.bench.rounds import by_turns

BASE: Size = (100, 16, 32, 64)
GROWING: Mapping[str, tuple[int, ...]] = {
    "T": (25, 50, 100, 200, 400, 800),
    "B": (1, 2, 4, 8, 16, 32, 64),
    "H": (8, 16, 32, 64, 128, 256, 512),
}
QUICK: Mapping[str, tuple[int, ...]] = {"T": (25, 100, 400), "B": (1, 8, 64), "H": (16, 64, 256)}


class Row(NamedTuple):
    """How the time grows along one axis."""

    cell: str
    dtype: str
    axis: str  # "T", "B" or "H"
    sizes: list[int]
    seconds: list[float]  # the rounds' medians
    exponent: float  # of the line through all sizes: the rounds' median and quartiles
    low: float
    high: float
    last: float  # exponent between the two largest sizes


def rows(
    cells: Mapping[str, Any],
    dtype: str,
    growing: Mapping[str, Sequence[int]] = GROWING,
    base: Size = BASE,
    rounds: int = 9,
) -> Iterator[Row]:
    """Time all sizes of an axis by turns, and yield a row for each cell and axis.

    Parameters
    ----------
    cells : mapping from str to module
        The cells by their names.
    dtype : str
        "float32" or "float64".
    growing : mapping from str to sequence of int
        The sizes of each axis, two or more.
    base : (T, B, D, H)
        The sizes of those that stand still.
    rounds : int, default=9
        How often each size is timed, at least 2.

    Yields
    ------
    row : Row
    """
    for kind, cell in cells.items():
        for axis, sizes in growing.items():
            passes = []
            for n in sizes:
                full = (
                    base[0] if axis != "T" else n,
                    base[1] if axis != "B" else n,
                    base[2],
                    base[3] if axis != "H" else n,
                )
                passes.append(rivals.ours(cell, *draw(cell, full, dtype))["fwdbwd"])
            yield _row(kind, dtype, axis, list(sizes), np.array(by_turns(passes, rounds)).T)


def exponents(sizes: Sequence[int], seconds: np.ndarray) -> np.ndarray:
    """Return the slope of the line through the logarithms, for each row of times.

    Examples
    --------
    >>> exponents([1, 2, 4], np.array([[3.0, 12, 48], [1, 2, 4]])).round(6).tolist()
    [2.0, 1.0]
    """
    return np.polyfit(np.log(sizes), np.log(seconds).T, 1)[0]


def _row(kind: str, dtype: str, axis: str, sizes: list[int], seconds: np.ndarray) -> Row:
    low, middle, high = statistics.quantiles(exponents(sizes, seconds).tolist(), n=4, method="inclusive")
    median = np.median(seconds, axis=0)
    last = float(np.log(median[-1] / median[-2]) / np.log(sizes[-1] / sizes[-2]))
    times = [float(f"{value:.4g}") for value in median]
    return Row(kind, dtype, axis, sizes, times, *(round(value, 3) for value in (middle, low, high, last)))
