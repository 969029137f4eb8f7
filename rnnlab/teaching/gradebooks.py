"""Marks as the learning platforms take them back: a table for each, with one assignment or several."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from rnnlab.grading import people
from rnnlab.grading.class_list import Person
from rnnlab.grading.gradebook import GradebookStore

Table = list[list[Any]]


@dataclass
class Marks:
    """The marks of a class.

    Parameters
    ----------
    everyone : dict of Person
        By id.
    assignments : tuple of str
    points : dict
        What each assignment is worth.
    scores : dict
        Points after lateness, by student and assignment; where there are none yet, "absent" or "open".
    """

    everyone: dict[str, Person]
    assignments: tuple[str, ...]
    points: dict[str, float] = field(default_factory=dict)
    scores: dict[tuple[str, str], float | str] = field(default_factory=dict)

    def status(self, which: str) -> dict[str, list[str]]:
        """Return the assignments of each student that are "absent" or "open"; students without any are left out."""
        found: dict[str, list[str]] = {}
        for (student, assignment), score in self.scores.items():
            if score == which:
                found.setdefault(student, []).append(assignment)
        return found

    def cell(self, student: str, assignment: str) -> float | str:
        """Return a score, or nothing where there is none."""
        score = self.scores[student, assignment]
        return "" if isinstance(score, str) else score


def marks(
    book: GradebookStore, assignments: Iterable[str], *, absent: float | None = None, partial: bool = False
) -> Marks:
    """Return the marks of some assignments.

    Parameters
    ----------
    book : GradebookStore
    assignments : iterable of str
    absent : float, optional
        What counts for whoever handed in nothing; nothing at all where left out.
    partial : bool
        Count what is marked of work that is not marked completely.
    """
    found = Marks(people.known(book), tuple(assignments))
    for assignment in found.assignments:
        _, entries = book.table(assignment)
        found.points[assignment] = book.max_score(assignment)
        found.scores |= {
            (student, assignment): people.ABSENT if absent is None else absent for student in found.everyone
        }
        for row in entries:
            open_still = bool(row["open"]) and not partial
            found.scores[row["student"], assignment] = "open" if open_still else row["total"]
    return found


def _csv(found: Marks, titles: dict[str, str]) -> Table:
    heads = [(a, f"{a}_percent", f"{a}_status") for a in found.assignments]
    table: Table = [["student_id", "last_name", "first_name", "email", *sum(heads, ()), "total", "of", "percent"]]
    full = sum(found.points.values())
    for student, person in found.everyone.items():
        row: list[Any] = [student, person.last_name, person.first_name, person.email]
        total = 0.0
        for assignment in found.assignments:
            score = found.scores[student, assignment]
            known = not isinstance(score, str)
            row += [score if known else "", _percent(score, found.points[assignment]), "graded" if known else score]
            total += score if isinstance(score, float | int) else 0.0
        table.append([*row, round(total, 6), full, _percent(total, full)])
    return table


def _percent(score: float | str, full: float) -> float | str:
    return "" if isinstance(score, str) or not full else round(100 * score / full, 2)


def _canvas(found: Marks, titles: dict[str, str]) -> Table:
    heads = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    table: Table = [
        [*heads, *(titles[a] for a in found.assignments)],
        ["    Points Possible", "", "", "", "", *(found.points[a] for a in found.assignments)],
    ]
    for student, person in found.everyone.items():
        name = ", ".join(filter(None, (person.last_name, person.first_name))) or student
        row = [name, person.lms_user_id, "", student, ""]
        table.append([*row, *(found.cell(student, a) for a in found.assignments)])
    return table


def _named(
    heads: list[str], person: Callable[[str, Person], list[str]], head: str = "{}", ends: bool = False
) -> Callable:
    """Return what makes a table of a few columns about the person, then a mark for each assignment."""

    def table(found: Marks, titles: dict[str, str]) -> Table:
        last = ["End-of-Line Indicator"] if ends else []
        lines: Table = [[*heads, *(head.format(titles[a]) for a in found.assignments), *last]]
        for student, one in found.everyone.items():
            cells = [found.cell(student, a) for a in found.assignments]
            lines.append([*person(student, one), *cells, *("#" for _ in last)])
        return lines

    return table


_FORMATS: dict[str, Callable[[Marks, dict[str, str]], Table]] = {
    "csv": _csv,
    "canvas": _canvas,
    "moodle": _named(
        ["Username", "First name", "Last name", "Email address"],
        lambda student, one: [student, one.first_name, one.last_name, one.email],
    ),
    "blackboard": _named(
        ["Last Name", "First Name", "Username"], lambda student, one: [one.last_name, one.first_name, student]
    ),
    "brightspace": _named(["Username"], lambda student, one: [student], "{} Points Grade", True),
}
FORMATS = tuple(_FORMATS)


def table(found: Marks, format: str, title: str = "") -> Table:
    """Return the lines of a platform's table of marks, the header first.

    Parameters
    ----------
    found : Marks
    format : str
        One of `FORMATS`.
    title : str
        What the platform calls the assignment, where there is only one.
    """
    titles = {assignment: title or assignment for assignment in found.assignments}
    return _FORMATS[format](found, titles)
