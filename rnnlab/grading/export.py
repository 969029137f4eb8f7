"""Scores as a table for other programs."""

import re
import unicodedata
from typing import Any

from rnnlab.grading import people
from rnnlab.grading.class_list import Person
from rnnlab.grading.gradebook import GradebookStore

_MORE = ("first_name", "last_name", "email", "status", "percent")
_SIGNS = "=+-@\t\r"
_START = re.compile(r"(?P<before>^|[;|\t,\n\r])(?P<blank>[\s\"']*)(?=(?P<sign>.))")


def rows(book: GradebookStore, assignment: str) -> list[list[Any]]:
    """Return a header and one row a student.

    A cell that no machine and no person has judged yet says so in words; `score` is the sum of what is judged, and says
    so as well where nothing is. Students who handed in nothing come last, with the status "absent" and no score.
    """
    names, entries = book.table(assignment)
    everyone = people.known(book)
    lines: list[list[Any]] = [
        ["assignment", "student_id", "timestamp", *names, "open", "late_penalty", "score", "max_score", *_MORE]
    ]
    for row in entries:
        time = row["timestamp"].isoformat() if row["timestamp"] else ""
        cells = [row["open"].get(name, score) for name, score in row["cells"].items()]
        score = row["total"] if len(row["open"]) < len(names) or not names else next(iter(row["open"].values()))
        still = " ".join(row["open"])
        more = _more(everyone[row["student"]], "open" if still else "graded", score, row["max_score"])
        points = [row["late_penalty"], score, row["max_score"]]
        lines.append([assignment, row["student"], time, *cells, still, *points, *more])
    full = entries[0]["max_score"] if entries else ""
    for student in people.absent(book, (row["student"] for row in entries)):
        more = _more(everyone[student], people.ABSENT, "", full)
        lines.append([assignment, student, "", *[""] * len(names), "", "", "", full, *more])
    return lines


def _more(person: Person, status: str, score: Any, full: Any) -> list[Any]:
    percent = round(100 * score / full, 2) if full and isinstance(score, float | int) else ""
    return [person.first_name, person.last_name, person.email, status, percent]


def safe(cell: Any) -> Any:
    """Return a CSV cell that no program takes for a formula, whatever it takes for a separator.

    A quote is put before each sign with which a formula begins, at the start and after every possible separator.

    Examples
    --------
    >>> safe("=1+1"), safe("a;=1+1"), safe("a=1+1")
    ("'=1+1", "a;'=1+1", 'a=1+1')
    """
    if not isinstance(cell, str):
        return cell

    def guarded(match: re.Match) -> str:
        begins = unicodedata.normalize("NFKC", match["sign"])[:1] in _SIGNS or match["sign"] in "\u2212\u207c"
        return f"{match['before']}{match['blank']}{chr(39) if begins else ''}"

    return _START.sub(guarded, cell)
