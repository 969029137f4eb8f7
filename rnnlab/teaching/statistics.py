"""What a class did with each question: shares of the points, what tells strong work from weak, frequent mistakes."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, median
from typing import Any

from rnnlab import checks
from rnnlab.grading import collected, people
from rnnlab.grading.changes import label
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.questions import by_cell


@dataclass(frozen=True)
class MistakeCount:
    """A known mistake, and how many students made it."""

    students: int
    name: str
    sentence: str


@dataclass(frozen=True)
class QuestionStatistics:
    """What came of one question; shares are from 0 to 1, and None where nobody has a mark.

    Parameters
    ----------
    question : str
        Its number; a cell's name where it is not one of the course's questions.
    points : float
    judged : int
        How many students have a mark.
    open : int
        How many wait for one.
    mean, zero, full : float or None
        The mean share of the points, and the shares of students with none and with all.
    discrimination : float or None
        The correlation of this question's points with those of all the others. None with fewer than three students, or
        where one of the two is the same for everyone.
    unwritten : int
        How many of those with no points wrote nothing that runs: a function was missing or still as released.
    mistakes : tuple of MistakeCount
        The most frequent first.
    """

    question: str
    title: str
    points: float
    judged: int
    open: int
    mean: float | None
    zero: float | None
    full: float | None
    discrimination: float | None
    unwritten: int = 0
    mistakes: tuple[MistakeCount, ...] = ()


@dataclass(frozen=True)
class Statistics:
    """What came of an assignment.

    `attempts` says how many students handed in how often, as far as `rnnlab collect` has seen it.
    """

    assignment: str
    handed_in: int
    absent: int
    max_score: float
    mean: float | None
    median: float | None
    late: int
    median_seconds: float | None
    totals: tuple[float, ...] = field(repr=False, default=())
    questions: tuple[QuestionStatistics, ...] = ()
    attempts: Mapping[int, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)


def statistics(book: GradebookStore, assignment: str) -> Statistics:
    """Return the statistics of an assignment as the gradebook stands.

    Raises
    ------
    ValueError
        If the gradebook does not know the assignment.
    """
    names, rows = book.table(assignment)
    records = book.records(assignment)
    asked = by_cell(book.course, assignment)
    points = book.cell_points(assignment)
    totals = [row["total"] for row in rows if not row["open"]]
    seconds = [record["seconds"] for record in records.values() if "seconds" in record]
    return Statistics(
        assignment,
        len(rows),
        len(people.absent(book, (row["student"] for row in rows))),
        book.max_score(assignment),
        fmean(totals) if totals else None,
        median(totals) if totals else None,
        sum(row["late_penalty"] > 0 for row in rows),
        median(seconds) if seconds else None,
        tuple(totals),
        tuple(_question(name, points[name], asked.get(name), rows, records) for name in names),
        _attempts(book, assignment, {row["student"] for row in rows}),
    )


def _attempts(book: GradebookStore, assignment: str, students: set[str]) -> dict[int, int]:
    known = collected.read(book.course, assignment)
    counts = Counter(entry.get("attempts", 1) for student, entry in known.items() if student in students)
    return dict(sorted(counts.items()))


def _question(
    name: str, points: float, asked: checks.Question | None, rows: Sequence[dict[str, Any]], records: Mapping[str, dict]
) -> QuestionStatistics:
    mine = [row for row in rows if row["cells"][name] is not None]
    scores = [float(row["cells"][name]) for row in mine]
    rest = [sum(value or 0.0 for cell, value in row["cells"].items() if cell != name) for row in mine]
    shares = [score / points for score in scores] if points else []
    number = asked.id if asked else label(name)
    reports = [records.get(row["student"], {}).get("questions", {}).get(number, {}) for row in mine]
    return QuestionStatistics(
        number,
        asked.title if asked else "marked by hand",
        points,
        len(mine),
        len(rows) - len(mine),
        fmean(shares) if shares else None,
        fmean(share <= 0 for share in shares) if shares else None,
        fmean(share >= 1 for share in shares) if shares else None,
        correlation(scores, rest),
        sum(bool(report.get("reason")) and not report.get("points") for report in reports),
        _mistakes(asked, reports),
    )


def _mistakes(asked: checks.Question | None, reports: Sequence[dict]) -> tuple[MistakeCount, ...]:
    names = {mistake.hint: mistake.name for mistake in asked.mistakes} if asked else {}
    counts = Counter(hint for report in reports for hint in dict.fromkeys(report.get("hints", ())))
    found = [MistakeCount(n, names.get(sentence, ""), sentence) for sentence, n in counts.items()]
    return tuple(sorted(found, key=lambda mistake: (-mistake.students, mistake.sentence)))


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Return Pearson's correlation, None where it says nothing.

    Examples
    --------
    >>> correlation([0, 1, 2], [1, 3, 5]), correlation([1, 1, 1], [1, 2, 3]), correlation([1, 2], [1, 2])
    (1.0, None, None)
    """
    if len(xs) < 3:
        return None
    x, y = fmean(xs), fmean(ys)
    spread = math.sqrt(sum((a - x) ** 2 for a in xs) * sum((b - y) ** 2 for b in ys))
    if spread < 1e-12:
        return None
    return max(-1.0, min(1.0, sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread))
