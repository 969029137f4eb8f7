"""What a case is drawn from: sizes by a plan, so that none is left to luck, and numbers to fill them.

An axis is a call of `CaseGenerator.size`, told from the others by its place among them. Over the cases of a part, each
axis is once at its lowest while the others are larger, once large, equal to another and unlike all others; in some
cases several are large together. A full plan ends with cases in which arrays are unusual: zeros, tiny, or whole numbers
that repeat.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")
Kind = Literal["small", "low", "large", "equal", "different", "free"]
FULL = 12  # cases that see every size of a part with up to seven axes
# how large an ordinary axis becomes at least, more than a batch in the notebooks, and one of steps; and how many more
WIDE, LONG, MORE = 33, 40, 16
UNUSUAL = ("some zeros", "the others zeros", "some tiny", "all whole")  # the last cases of a full plan
TINY = 1e-8


class Plan(NamedTuple):
    """What is special about the sizes of one case, and which axes it concerns."""

    kind: Kind
    axes: tuple[int, ...] = ()
    large: tuple[int, ...] = ()  # axes that are large whatever the kind is


@dataclass(frozen=True)
class Axis:
    """A size that was drawn, and the bounds within which it was drawn."""

    n: int
    low: int
    high: int
    large: int


def plans(n_cases: int, n_axes: int, turn: int, start: int | None = None) -> list[Plan]:
    """Return the plan of each case of a part.

    Parameters
    ----------
    n_cases : int
        How many cases the part has. `FULL` are enough for five axes; fewer see a share of the plans.
    n_axes : int
        How many sizes its probe draws.
    turn : int
        Which axes come first. Parts of one question take their turns one after another, so that they see different
        shares.
    start : int, optional
        Where to begin: by default, where the turn before has ended.

    Returns
    -------
    plans : list of Plan
        The first is always small, for the student to read.

    Examples
    --------
    >>> [plan.kind for plan in plans(5, 2, 0)]
    ['small', 'low', 'equal', 'low', 'large']
    """
    if n_axes == 0:
        return [Plan("small"), *[Plan("free")] * (n_cases - 1)]
    lows = [Plan("low", (axis,)) for axis in _rotated(range(n_axes), turn)]
    larges = [Plan("large", (axis,)) for axis in _rotated(range(n_axes), turn)]
    if n_axes > 3:  # too many for a case each: where one axis is at its lowest, another is large
        lows = [Plan("low", (axis,), ((axis + n_axes // 2) % n_axes,)) for (axis,) in (plan.axes for plan in lows)]
        larges = [Plan("large", (axis, (axis + 1) % n_axes)) for (axis, *_) in (plan.axes for plan in larges)]
    elif n_axes > 1:
        larges.insert(1, Plan("large", tuple(range(n_axes))))
    pairs = [Plan("equal", pair) for pair in _rotated(combinations(range(n_axes), 2), turn)]
    others = [Plan("equal", tuple(range(n_axes))), larges.pop(0), *pairs[:1], Plan("different")]
    while larges or pairs[1:]:
        others += larges[:1] + pairs[1:2]
        larges, pairs = larges[1:], pairs[:1] + pairs[2:]
    others = others[: max(FULL - 1 - n_axes, 4)]
    cycle = [plan for both in zip(lows, others, strict=False) for plan in both]
    cycle += lows[len(others) :] + others[len(lows) :]
    start = turn * (n_cases - 1) if start is None else start
    return [Plan("small"), *(cycle[(start + i) % len(cycle)] for i in range(n_cases - 1))]


def _rotated(values, turn: int) -> list:
    values = list(values)
    turn %= max(1, len(values))
    return values[turn:] + values[:turn]


class CaseGenerator:
    """Draws one case.

    Parameters
    ----------
    rng : numpy Generator
        The source of everything drawn but the sizes.
    case : int
        The case's number within its part, from 0.
    plan : Plan, optional
        What is special about its sizes.
    size_rng : numpy Generator, optional
        The source of the sizes: by default `rng`. With a source of their own, other numbers come in the same sizes.
    alike : callable, optional
        Which arrays, by their place among those drawn, hold the same numbers in another order, all but their first
        one. With `rng` begun anew all else that is drawn is as before, settings, seeds and targets: who remembers an
        answer by less than all that it depends on is found out.
    unusual : tuple of str and collection of int, optional
        What some arrays are, "zeros", "tiny" or "whole", and which, by their places.
    turn : int, optional
        Which of several options is taken: by default the one of the case's number.
    more : int, optional
        How much larger an axis is where it is large and the probe does not say how large, below `MORE`: whoever looked
        up one size knows no other.
    found : dict, optional
        Where `until` keeps what it found, for the next time that the same case is drawn.

    Attributes
    ----------
    drawn : list of Axis
        The sizes drawn so far.
    n_arrays : int
        How many arrays have been drawn.
    unit : float
        What answers are compared in units of: a probe that asks with huge numbers sets it.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        case: int,
        plan: Plan = Plan("free"),  # noqa: B008 - it cannot be changed
        size_rng: np.random.Generator | None = None,
        *,
        alike: Callable[[int], bool] = lambda place: False,
        unusual: tuple[str, Collection[int]] = ("", ()),
        turn: int | None = None,
        more: int = 0,
        found: dict[int, Any] | None = None,
    ):
        self.rng = rng
        self.case = case
        self.drawn: list[Axis] = []
        self.n_arrays = 0
        self.unit = 1.0
        self._alike = alike
        self._unusual = unusual
        self._turn = case if turn is None else turn
        self._more = more
        self._plan = plan
        self._size_rng = rng if size_rng is None else size_rng
        self._shared: int | None = None
        self._found = {} if found is None else found
        self._n_searches = 0

    def size(self, low: int = 1, high: int = 7, *, large: int | None = None, steps: bool = False) -> int:
        """Return a size from `low` to `high`, or `large`, as the case's plan says.

        Parameters
        ----------
        low, high : int
            The bounds of ordinary cases.
        large : int, optional
            The size of the case that is large along this axis. By default from 33 to 48, and from 40 to 55 for steps;
            an axis of which not even five are wanted stays at `high`.
        steps : bool
            Whether it is a number of time steps: sequences are long where batches and layers are not wide.
        """
        if large is None:
            large = max(high, (LONG if steps else WIDE) + self._more) if steps or high >= 5 else high
        n = self._sized(len(self.drawn), low, high, large)
        self.drawn.append(Axis(n, low, high, large))
        return n

    def _sized(self, axis: int, low: int, high: int, large: int) -> int:
        kind, axes, larges = self._plan
        special = axis in axes
        if axis in larges:
            return large
        if kind == "small":
            return self._from(low, min(high, low + 1))
        if kind == "low":
            return low if special else self._other(min(low + 1, high), high)
        if kind == "large":
            return large if special else self._from(low, min(high, low + 3))
        if kind == "equal":
            if self._shared is None:
                self._shared = self._from(2, 5)
            return min(max(self._shared, low), high) if special else self._other(low, high)
        return self._other(low, high) if kind == "different" else self._from(low, high)

    def _from(self, low: int, high: int) -> int:
        return int(self._size_rng.integers(low, high + 1))

    def _other(self, low: int, high: int) -> int:
        """Return a size that no axis has yet, if there is one."""
        taken = {axis.n for axis in self.drawn} | {self._shared}
        free = [n for n in range(low, min(high, low + 100) + 1) if n not in taken]
        return free[self._from(0, len(free) - 1)] if free else self._from(low, high)

    @property
    def ordinary(self) -> bool:
        """Whether no array is unusual in this case."""
        return not self._unusual[1]

    @property
    def square(self) -> bool:
        """Whether sizes may be made equal in this case: none is there to be large, or at its lowest."""
        return self._plan.kind not in ("low", "large")

    @property
    def different(self) -> bool:
        """Whether all sizes differ in this case: one may be made a multiple of another, as a layer with gates has."""
        return self._plan.kind == "different"

    def option(self, *options):
        """Return one of the options; cases of the same plan take them in turn, so that sizes do not go with options."""
        return options[self._turn % len(options)]

    def until(self, attempt: Callable[[], T | None]) -> T:
        """Return what `attempt` makes once it is not None, from new numbers each time.

        Parameters
        ----------
        attempt : callable
            Draws numbers and arrays, but no sizes. Where the same case is drawn again, only the attempt that succeeded
            is made.
        """
        search, self._n_searches = self._n_searches, self._n_searches + 1
        if search in self._found:
            self.rng.bit_generator.state, self.n_arrays = self._found[search]
        while True:
            start = self.rng.bit_generator.state, self.n_arrays
            made = attempt()
            if made is not None:
                self._found[search] = start
                return made

    def array(self, *shape: int, scale: float = 1.0, ordinary: bool = False) -> np.ndarray:
        """Return normally distributed float64 numbers of standard deviation `scale`, or what is unusual in this case.

        Parameters
        ----------
        *shape : int
        scale : float
        ordinary : bool
            Whether the numbers are never unusual: for those that a question could not be asked with.
        """
        array = self.rng.normal(0.0, scale, shape)
        place, self.n_arrays = self.n_arrays, self.n_arrays + 1
        if self._alike(place):
            array = _turned(array)
        kind, places = self._unusual
        if ordinary or place not in places:
            return array
        return {"zeros": 0 * array, "whole": scale * np.round(2 * array / scale), "tiny": TINY * array}[kind]


def _turned(array: np.ndarray) -> np.ndarray:
    """Return an array of the same numbers in another order: with the same first one, sum and length."""
    flat = array.ravel()
    if flat.size > 2:
        flat = np.concatenate([flat[:1], flat[:0:-1]])
    elif flat.size:
        flat = np.concatenate([flat[:-1], -flat[-1:]])
    return flat.reshape(array.shape)
