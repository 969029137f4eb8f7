"""What a claim states, and how its verdict follows from numbers of several seeds."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

REPRODUCED, DIRECTION, NOT = "reproduced", "direction only", "not reproduced"
UNDECIDED = "undecided"  # a single seed, where something is drawn
Numbers = Mapping[str, float]


class Outcome(NamedTuple):
    """What several seeds say about a claim."""

    mean: float
    low: float  # the interval that the rule asks for, 95 %
    high: float
    verdict: str


def interval(numbers: ArrayLike, n_of_next: bool = False) -> tuple[float, float, float]:
    """Return the mean of some numbers with its 95 % interval, or with that of one more such number.

    Parameters
    ----------
    numbers : (n,) array
        One for each seed. Where they are all the same, as in exact arithmetic, the interval is a point.
    n_of_next : bool, default False
        Whether the interval is to hold the next number, of the same kind, and not the mean of all.

    Returns
    -------
    mean, low, high : float
        By Student's t; infinitely wide for a single number that was drawn.

    Raises
    ------
    ValueError
        If there are no numbers.

    Examples
    --------
    >>> [round(number, 2) for number in interval([7, 9, 8, 12, 9])]
    [9.0, 6.68, 11.32]
    >>> [round(number, 2) for number in interval([7, 9, 8, 12, 9], n_of_next=True)]
    [9.0, 3.31, 14.69]
    """
    values = np.asarray(numbers, float)
    n = len(values)
    if not n:
        raise ValueError("there are no numbers, expected one for each seed")
    mean = float(values.mean())
    if n == 1:
        return mean, -math.inf, math.inf
    spread = float(values.std(ddof=1)) * math.sqrt(1 / n + n_of_next)
    half = float(special.stdtrit(n - 1, 0.975)) * spread
    return mean, mean - half, mean + half


@dataclass(frozen=True)
class Number:
    """The claim is a number: reproduced where our interval holds it.

    Parameters
    ----------
    key : str
        Which of a seed's numbers.
    published : float
        The paper's.
    rival : float or str, optional
        What the paper sets it apart from, as a number or as another of the seed's numbers. Where the interval misses
        the published number but lies, with it, on one side of the rival, the direction is right.
    of_next : bool, default False
        Whether the published number is itself a mean over a few runs and one seed of ours repeats just that: then the
        interval is that of one more such number.
    rounding : float, default 0
        How far the printed number may be from the one that was measured.
    exact : bool, default False
        Whether nothing is drawn, so that one run is all there is.
    given_up : float, optional
        The value that stands for a seed that did not solve the task. One such seed, and the number is not reproduced;
        with none, another number is at least the direction.

    Examples
    --------
    >>> Number("trials", 6, rival=1600).outcome([{"trials": n} for n in (7, 9, 8, 12, 9)]).verdict
    'direction only'
    >>> Number("trials", 10, rival=1600).outcome([{"trials": n} for n in (7, 9, 8, 12, 9)]).verdict
    'reproduced'
    """

    key: str
    published: float
    rival: float | str | None = None
    of_next: bool = False
    rounding: float = 0.0
    exact: bool = False
    given_up: float | None = None

    def statistic(self, numbers: Numbers) -> float:
        """Return the one number of a seed that is compared."""
        return float(numbers[self.key])

    def outcome(self, rows: Iterable[Numbers]) -> Outcome:
        """Return mean, interval and verdict."""
        rows = list(rows)
        values = [self.statistic(row) for row in rows]
        mean, low, high = (values[0],) * 3 if self.exact else interval(values, self.of_next)
        if len(values) == 1 and not self.exact:
            return Outcome(mean, low, high, UNDECIDED)
        if self.given_up is not None and max(values) >= self.given_up:
            return Outcome(mean, low, high, NOT)
        if low - self.rounding <= self.published <= high + self.rounding:
            return Outcome(mean, low, high, REPRODUCED)
        rival = float(np.mean([row[self.rival] for row in rows])) if isinstance(self.rival, str) else self.rival
        beside = rival is not None and (
            (high < rival and self.published < rival) or (low > rival and self.published > rival)
        )
        return Outcome(mean, low, high, DIRECTION if beside or self.given_up is not None else NOT)

    @property
    def rule(self) -> str:
        """Say in words how the verdict follows."""
        what = "what is computed" if self.exact else "the interval of one more run" if self.of_next else "the interval"
        said = f"reproduced if {what} holds {self.published:,g}"
        if self.rounding:
            said += f" ± {self.rounding:g}"
        if self.given_up is not None:
            return f"{said} and every seed solves it; direction only if every seed does"
        if self.rival is None:
            return said
        rival = self.rival if isinstance(self.rival, str) else f"{self.rival:,g}"
        return f"{said}; direction only if it lies on the same side of {rival}"


@dataclass(frozen=True)
class Order:
    """The claim is an order: one number is smaller than another.

    Parameters
    ----------
    less, more : str
        Which of a seed's numbers the claim says is the smaller, and which the larger; both above 0.
    published : float, optional
        How many times larger, where the paper says so.
    own_setting : bool, default False
        Whether the experiment is the paper's own (or of any size): only then the order is all that was claimed and
        counts as reproduced. In a small form it is the direction only.

    Examples
    --------
    >>> rows = [{"forward": 1.7, "reversed": 1.4}, {"forward": 1.6, "reversed": 1.3}, {"forward": 1.8, "reversed": 1.5}]
    >>> outcome = Order("reversed", "forward").outcome(rows)
    >>> round(outcome.mean, 2), outcome.verdict
    (1.21, 'direction only')
    """

    less: str
    more: str
    published: float | None = None
    own_setting: bool = False

    def statistic(self, numbers: Numbers) -> float:
        """Return how many times larger the one is, for one seed."""
        return float(numbers[self.more] / numbers[self.less])

    def outcome(self, rows: Iterable[Numbers]) -> Outcome:
        """Return the mean factor and its interval, both from the logarithms, and the verdict."""
        factors = [self.statistic(row) for row in rows]
        mean, low, high = _factors(factors)
        if len(factors) == 1:
            return Outcome(mean, low, high, UNDECIDED)
        if low <= 1:
            return Outcome(mean, low, high, NOT)
        return Outcome(mean, low, high, REPRODUCED if self.own_setting else DIRECTION)

    @property
    def rule(self) -> str:
        """Say in words how the verdict follows."""
        best = REPRODUCED if self.own_setting else DIRECTION
        return f"{best} if the interval of the factor {self.more} ÷ {self.less} lies above 1"


@dataclass(frozen=True)
class Same:
    """The claim is that two numbers do not differ: the interval of their factor must be narrow about 1.

    Parameters
    ----------
    first, second : str
        Which of a seed's numbers; both above 0.
    margin : float
        The factor that still counts as no difference, fixed before the first run.
    given_up : float, optional
        The value that stands for a run that did not get there. One such run, and nothing can be said of their factor.

    Examples
    --------
    >>> rows = [{"before": 100, "after": 104}, {"before": 98, "after": 97}, {"before": 101, "after": 99}]
    >>> Same("before", "after", 1.25).outcome(rows).verdict
    'direction only'
    """

    first: str
    second: str
    margin: float
    given_up: float | None = None

    def statistic(self, numbers: Numbers) -> float:
        """Return how many times larger the first is, for one seed."""
        return float(numbers[self.first] / numbers[self.second])

    def outcome(self, rows: Iterable[Numbers]) -> Outcome:
        """Return the mean factor and its interval, both from the logarithms, and the verdict."""
        rows = list(rows)
        mean, low, high = _factors([self.statistic(row) for row in rows])
        if len(rows) == 1:
            return Outcome(mean, low, high, UNDECIDED)
        longest = max(max(row[self.first], row[self.second]) for row in rows)
        if self.given_up is not None and longest >= self.given_up:
            return Outcome(mean, low, high, NOT)
        return Outcome(mean, low, high, DIRECTION if 1 / self.margin <= low <= high <= self.margin else NOT)

    @property
    def rule(self) -> str:
        """Say in words how the verdict follows."""
        return (
            f"direction only if the interval of the factor {self.first} ÷ {self.second} lies "
            f"within 1/{self.margin:g} and {self.margin:g}"
            + ("" if self.given_up is None else " and every run gets there")
        )


@dataclass(frozen=True)
class Claim:
    """A published claim and the experiment that tries it.

    Parameters
    ----------
    name : str
        As ``rnnlab papers`` takes it.
    title : str
        A few words for tables and drawings.
    key : str
        Of the paper in the book's references.
    source : str
        Authors, year, and the section or table.
    status : {"P", "A", "S"}
        Where the claim was read: in the paper's text or tables, in its abstract, or in secondary sources that agree.
    says : str
        The claim, with its number where there is one.
    setting : str
        Ours.
    deviations : tuple of str
        Every known difference from the paper's setting.
    metric : str
        What is measured, with its unit.
    rule : Number, Order or Same
        How the verdict follows.
    run : callable
        From a seed to named numbers; a function of a module.
    fast : bool, default False
        Whether a seed takes about a second or less, so that the tests repeat one.
    because : str, default ""
        Why it came out differently, as far as known.

    Examples
    --------
    >>> from rnnlab import papers
    >>> papers.claims()["latch-1"].rule.published
    6
    """

    name: str
    title: str
    key: str
    source: str
    status: str
    says: str
    setting: str
    deviations: tuple[str, ...]
    metric: str
    rule: Any
    run: Callable[[int], dict[str, float]]
    fast: bool = False
    because: str = ""

    def __post_init__(self) -> None:
        if self.status not in ("P", "A", "S"):
            raise ValueError(f"status is {self.status!r}, expected P, A or S")

    @property
    def is_exact(self) -> bool:
        """Whether nothing is drawn: one run is all there is."""
        return isinstance(self.rule, Number) and self.rule.exact


def _factors(values: Iterable[float]) -> tuple[float, float, float]:
    mean, low, high = (float(np.exp(number)) for number in interval(np.log(list(values))))
    return mean, low, high
