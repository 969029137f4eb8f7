"""What the questions of several assignments draw alike."""

from typing import Any

import numpy as np

from rnnlab.checks.question import CaseGenerator


def unit(draw: CaseGenerator) -> float:
    """Return the unit of a case's numbers: 1 in two cases of three, else a tiny and a huge one by turns.

    What comes out is divided by a power of it before it is compared, so that tiny numbers count as much as huge ones.
    """
    if draw.case % 3 != 2:
        return 1.0
    return float(10.0 ** draw.rng.uniform(*((-8, -7) if draw.case % 2 == 0 else (6, 8))))


def per(answer: Any, scale: float | np.ndarray) -> Any:
    """Return an answer in units of `scale`, or as it is where it is no number and no array of floats."""
    if isinstance(answer, float):
        return answer / scale
    floats = isinstance(answer, np.ndarray) and answer.dtype == np.float64
    return np.asarray(answer / scale) if floats else answer


def rounded(answer: Any, digits: int) -> Any:
    """Return a number rounded, of single precision as well, or an answer as it is where it is none."""
    if isinstance(answer, np.ndarray) and answer.shape == () and answer.dtype.kind == "f":
        answer = float(answer)
    return round(float(answer), digits) if isinstance(answer, int | float) else answer


def loud(draw: CaseGenerator, n_steps: int = 1) -> float:
    """Return by what to multiply a network's inputs: in one case by so much that every unit is saturated."""
    return 100.0 if draw.case == 8 and n_steps <= 12 else 1.0


_LONG = 10  # of the twelve cases that a part has


def steps(draw: CaseGenerator, low: int, high: int, longest: int) -> int:
    """Return a number of steps by the plan of sizes; in one case of every part it is the longest that notebooks use."""
    n_steps = draw.size(low, high, large=longest, steps=True)
    return longest if draw.case == _LONG else n_steps


def steady(draw: CaseGenerator, n_hidden: int, length: float) -> np.ndarray:
    """Return recurrent weights that shorten every vector to `length` times its own.

    Where sequences are long, a network of such weights does not magnify rounding, however the sums are ordered.
    """
    return length * np.linalg.qr(draw.array(n_hidden, n_hidden))[0]


def other_seeds(draw: CaseGenerator) -> tuple[int, list[int]]:
    """Return a seed and others that differ from it in one way each: in low bits or digits, in high ones, in all."""
    seed = int(draw.rng.integers(2**31))
    near = [seed + 1, seed ^ 2, seed + 1000, seed + 2**16, seed ^ 2**30, seed + 2**31]
    return seed, [*near, int(draw.rng.integers(2**32))]
