"""What the questions of several assignments draw alike: units of numbers, and seeds. Of sequences: `_series`."""

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


def seed_of(draw: CaseGenerator) -> int:
    """Return a seed of up to 32 bits; in the second case 0, in whose place `seed or 1` takes another one."""
    seed = int(draw.rng.integers(2**32))
    return 0 if draw.case == 1 else seed


def other_seeds(draw: CaseGenerator, first: int | None = None) -> tuple[int, list[int]]:
    """Return a seed and others that differ from it in one way each: in low bits or digits, in high ones, in all."""
    seed = int(draw.rng.integers(2**31)) if first is None else first
    near = [seed + 1, seed ^ 2, seed + 1000, seed + 2**16, seed ^ 2**30, seed + 2**31]
    return seed, [*near, int(draw.rng.integers(2**32))]
