"""Grading beside nbgrader alone, by turns: the first submission, a class, a tiny question, two workers, memory."""

import os
import statistics
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.grading import provenance
from rnnlab.grading.course import Course
from rnnlab.grading.settings import Settings
from rnnlab.grading.speed import classes, phases
from rnnlab.grading.speed.process import Run, ours, stock


class Row(NamedTuple):
    """One figure, ours and nbgrader's: medians of the rounds.

    Attributes
    ----------
    what, unit : str
    ours : float
    stock : float or None
        None where there is nothing to compare with.
    ratio : float or None
        How many times better ours is: median of the rounds' ratios.
    """

    what: str
    unit: str
    ours: float
    stock: float | None = None
    ratio: float | None = None


class Sizes(NamedTuple):
    """How much is measured.

    Attributes
    ----------
    n : int
        Submissions of the class.
    n_stock : int
        How many of them nbgrader alone grades; the rest would take as long each.
    n_tiny : int
        Submissions of a single short question.
    rounds : int
    """

    n: int = 60
    n_stock: int = 60
    n_tiny: int = 60
    rounds: int = 3


class _Bench:
    """The courses, and what was measured in each round."""

    def __init__(self, home: Path, assignment: str, sizes: Sizes):
        self.sizes, self.assignment = sizes, assignment
        self.runs: dict[str, list[Run]] = {}
        self.courses: dict[str, tuple[Course, str]] = {}
        n_tiny_stock = max(2, min(sizes.n_tiny, sizes.n_stock) // 4)
        for name, kind, n in (
            ("one", assignment, 1),
            ("stock one", assignment, 1),
            ("class", assignment, sizes.n),
            ("two workers", assignment, sizes.n),
            ("stock class", assignment, sizes.n_stock),
            ("tiny one", classes.TINY, 1),
            ("tiny", classes.TINY, sizes.n_tiny),
            ("stock tiny one", classes.TINY, 1),
            ("stock tiny", classes.TINY, n_tiny_stock),
        ):
            course = classes.course(home / name.replace(" ", "-"), kind)
            classes.hand_in(course, kind, classes.copies(classes.right(course, kind), n))
            self.courses[name] = course, kind
        self.n_tiny_stock = n_tiny_stock

    def round(self, number: int, told: Callable[[str], None]) -> None:
        """Run everything once; what is compared stands side by side, and the order is turned round by round."""
        order = list(self.courses)
        for name in reversed(order) if number % 2 else order:
            course, kind = self.courses[name]
            if name.startswith("stock"):
                run = stock(course, kind)
            else:
                run = ours(course, kind, "--force", "--workers", "2" if name == "two workers" else "1")
            self.runs.setdefault(name, []).append(run)
            told(f"round {number + 1}, {name}: {run.seconds:.1f} s, {run.processor:.1f} s of processor time")

    def each(self, name: str, value: Callable[[Run], float]) -> list[float]:
        return [value(run) for run in self.runs[name]]

    def per_minute(self, name: str, n: int) -> list[float]:
        return self.each(name, lambda run: 60 * n / run.processor)

    def warm(self, many: str, one: str, n: int) -> list[float]:
        """Return the milliseconds of processor time that one more submission takes."""
        pairs = zip(self.runs[many], self.runs[one], strict=True)
        return [1e3 * (more.processor - first.processor) / (n - 1) for more, first in pairs]


def _row(what: str, unit: str, ours: Iterable[float], stock: Iterable[float] = (), more_is_better: bool = False) -> Row:
    mine, theirs = list(ours), list(stock)
    if not theirs:
        return Row(what, unit, statistics.median(mine))
    ratios = [(a / b if more_is_better else b / a) for a, b in zip(mine, theirs, strict=True)]
    return Row(what, unit, statistics.median(mine), statistics.median(theirs), statistics.median(ratios))


def measure(assignment: str, sizes: Sizes, told: Callable[[str], None] = lambda said: None) -> dict[str, Any]:
    """Measure everything, ours and nbgrader's by turns.

    Parameters
    ----------
    assignment : str
    sizes : Sizes
    told : callable
        Is given a line after each run.

    Returns
    -------
    found : dict
        ``rows``, the phases of one submission in ``phases``, the ``curve`` of memory while the class was graded, and
        with what it was measured.
    """
    settings = Settings()
    with tempfile.TemporaryDirectory(prefix="rnnlab-speed-") as folder:
        bench = _Bench(Path(folder), assignment, sizes)
        for number in range(sizes.rounds):
            bench.round(number, told)
        course, kind = bench.courses["class"]
        parts = phases.phases(course, kind, course.students(kind)[:12], settings)
        told("the phases of one submission")
        fresh = phases.sandbox(settings)
    return {
        "assignment": assignment,
        **sizes._asdict(),
        "rows": [row._asdict() for row in _rows(bench, fresh)],
        "phases": {phase: round(milliseconds, 2) for phase, milliseconds in parts.items()},
        "curve": bench.runs["class"][-1].curve,
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[1], 1),
        "versions": provenance.versions(),
    }


def _rows(bench: _Bench, fresh: float) -> list[Row]:
    n, n_stock, n_tiny = bench.sizes.n, bench.sizes.n_stock, bench.sizes.n_tiny
    return [
        _row("first submission, start included", "s of processor", *_both(bench, "one", lambda run: run.processor)),
        _row("first submission, start included", "s", *_both(bench, "one", lambda run: run.seconds)),
        _row(
            f"class of {n}, start included" + (f" (nbgrader: {n_stock})" if n_stock != n else ""),
            "submissions a minute and core",
            bench.per_minute("class", n),
            bench.per_minute("stock class", n_stock),
            more_is_better=True,
        ),
        _row(
            "one more submission, once warm",
            "ms of processor",
            bench.warm("class", "one", n),
            bench.warm("stock class", "stock one", n_stock),
        ),
        _row(
            "one more tiny submission, once warm",
            "ms of processor",
            bench.warm("tiny", "tiny one", n_tiny),
            bench.warm("stock tiny", "stock tiny one", bench.n_tiny_stock),
        ),
        _row("a fresh sandbox, opened and closed", "ms of processor", [fresh]),
        _row(
            f"class of {n}, two workers, start included",
            "times as fast as one",
            [a.seconds / b.seconds for a, b in zip(bench.runs["class"], bench.runs["two workers"], strict=True)],
        ),
        # nbgrader's kernels are in sessions of their own, which are not seen: there is nothing to compare with.
        _row("most memory, grading processes and warm sandbox", "MB", bench.each("class", lambda run: run.peak)),
    ]


def _both(bench: _Bench, name: str, value: Callable[[Run], float]) -> tuple[list[float], list[float]]:
    return bench.each(name, value), bench.each(f"stock {name}", value)
