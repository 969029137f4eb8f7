"""tanh and sigmoid of a register: the formulas and constants of `kernels.scalar`, without a branch.

Each costs one division and about fifteen fused multiply-adds; a core that starts two of these per cycle works on
several registers at a time, for no step waits for another register's.
"""

import math
from typing import NamedTuple

from rnnlab.kernels import scalar
from rnnlab.kernels.engine.vectors import Vector


class _Constants(NamedTuple):
    """What the range reduction needs to know of a floating type."""

    rounder: float  # adding it leaves the nearest integer in the low bits
    ln2_high: float
    ln2_low: float
    degree: int
    bias: int
    shift: int
    saturated: float  # tanh rounds to 1 from here on
    most: float  # e to this power overflows
    least: float


CONSTANTS = {
    32: _Constants(1.5 * 2.0**23, 0.693359375, math.log(2) - 0.693359375, 7, 127, 23, 10.0, 89.0, -87.0),
    64: _Constants(1.5 * 2.0**52, scalar._LN2_HIGH, scalar._LN2_LOW, 13, 1023, 52, 20.0, 710.0, -708.0),
}


def _split(x: Vector, of: _Constants) -> tuple[Vector, Vector]:
    """Return 2^n and e^r - 1, where e^x = 2^n e^r."""
    shifted = x.times_plus(1 / math.log(2), of.rounder)
    n = shifted - of.rounder
    r = n.times_plus(-of.ln2_low, n.times_plus(-of.ln2_high, x))
    # Estrin's scheme: neighbouring terms are joined in pairs, so that the chain is half as long as Horner's.
    terms: list[Vector] = [r.of(1 / math.factorial(k)) for k in range(2, of.degree + 1)]
    power = r
    while len(terms) > 1:
        joined = [high.times_plus(power, low) for low, high in zip(terms[::2], terms[1::2], strict=False)]
        terms = joined + ([terms[-1]] if len(terms) % 2 else [])
        power = power * power
    return shifted.power_of_two(of.bias, of.shift), (r * r).times_plus(terms[0], r)


def exp(x: Vector) -> Vector:
    """Return e^x; below what a normal number can hold, nearly 0."""
    of = CONSTANTS[x.registers.bits]
    scale, rest = _split(x.at_most(of.most - 1).at_least(of.least), of)
    return scale.times_plus(rest, scale)


def tanh(x: Vector) -> Vector:
    """Return tanh x."""
    of = CONSTANTS[x.registers.bits]
    scale, rest = _split(x.size().at_most(of.saturated) * 2.0, of)
    e = scale.times_plus(rest, scale - 1.0)
    return (e / (e + 2.0)).signed_as(x)


def sigmoid(x: Vector) -> Vector:
    """Return 1 / (1 + e^-x)."""
    of = CONSTANTS[x.registers.bits]
    scale, rest = _split((0.0 - x).at_most(of.most).at_least(of.least), of)
    return 1.0 / (scale.times_plus(rest, scale) + 1.0)
