"""Step sizes that change over a run, as a function of the number of updates made; `optimizers` offers them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rnnlab import _arrays
from rnnlab._settings import require_number, settle

Schedule = Callable[[int], float]


@dataclass(frozen=True)
class StepDecay:
    """A schedule that multiplies the step size by `factor` after each `every` updates: what `step_decay` returns.

    Parameters
    ----------
    lr : float
        The first step size.
    factor : float
        What it is multiplied by.
    every : int
        After how many updates.

    Examples
    --------
    >>> StepDecay(1.0, factor=0.5, every=2)(4)
    0.25
    """

    lr: float
    factor: float
    every: int

    def __post_init__(self) -> None:
        settle(self, lr=require_number("lr", self.lr, 0, open_end=True))
        settle(self, factor=require_number("factor", self.factor, 0, open_end=True))
        settle(self, every=_arrays.require_count("every", self.every))

    def __call__(self, n: int) -> float:
        """Return the step size after `n` updates."""
        require_number("n", n, 0)
        return self.lr * self.factor ** (n // self.every)


@dataclass(frozen=True)
class Cosine:
    """A schedule that rises in a line, then falls along half a cosine wave: what `cosine` returns.

    Parameters
    ----------
    lr : float
        The largest step size.
    n_updates : int
        Length of the whole schedule.
    n_warmup : int, default 0
        Number of updates on the way up.
    final : float, default 0
        Step size at the end.

    Examples
    --------
    >>> Cosine(1.0, n_updates=6, n_warmup=2)(6)
    0.0
    """

    lr: float
    n_updates: int
    n_warmup: int = 0
    final: float = 0.0

    def __post_init__(self) -> None:
        settle(self, lr=require_number("lr", self.lr, 0, open_end=True), final=require_number("final", self.final, 0))
        settle(self, n_updates=_arrays.require_count("n_updates", self.n_updates))
        whole = isinstance(self.n_warmup, int | np.integer) and not isinstance(self.n_warmup, bool)
        if not whole or not 0 <= self.n_warmup < self.n_updates:
            raise ValueError(f"n_warmup is {self.n_warmup!r}, expected a whole number from 0 to {self.n_updates - 1}")
        settle(self, n_warmup=int(self.n_warmup))

    def __call__(self, n: int) -> float:
        """Return the step size after `n` updates."""
        require_number("n", n, 0)
        if n < self.n_warmup:
            return self.lr * (n + 1) / self.n_warmup
        share = min(1.0, (n - self.n_warmup) / (self.n_updates - self.n_warmup))
        return self.final + (self.lr - self.final) * (1 + math.cos(math.pi * share)) / 2


def step_decay(lr: float, factor: float, every: int) -> Schedule:
    """Return a schedule that multiplies the step size by `factor` after each `every` updates.

    Parameters
    ----------
    lr : float
        The first step size.
    factor : float
        What it is multiplied by.
    every : int
        After how many updates.

    Returns
    -------
    schedule : function
        From the number of updates made to the step size.

    Raises
    ------
    ValueError
        If a number is not positive, or `every` is not a whole one.

    Examples
    --------
    >>> [step_decay(1.0, 0.5, every=2)(n) for n in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    return StepDecay(lr, factor, every)


def cosine(lr: float, n_updates: int, n_warmup: int = 0, final: float = 0.0) -> Schedule:
    """Return a schedule that rises in a line for `n_warmup` updates, then falls along half a cosine wave to `final`.

    Parameters
    ----------
    lr : float
        The largest step size.
    n_updates : int
        Length of the whole schedule; the step size stays at `final` from there on.
    n_warmup : int, default 0
        Number of updates on the way up: the first has lr / n_warmup.
    final : float, default 0
        Step size at the end.

    Returns
    -------
    schedule : function
        From the number of updates made to the step size.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> [round(cosine(1.0, 6, n_warmup=2)(n), 3) for n in range(7)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0]

    References
    ----------
    Loshchilov and Hutter 2017, section 3, equation 5.
    """
    return Cosine(lr, n_updates, n_warmup, final)
