"""Scores as a table for other programs."""

import re
import unicodedata
from typing import Any

from rnnlab.grading.gradebook import GradebookStore

_SIGNS = "=+-@\t\r"
_START = re.compile(r"(?P<before>^|[;|\t,\n\r])(?P<blank>[\s\"']*)(?=(?P<sign>.))")


def rows(book: GradebookStore, assignment: str) -> list[list[Any]]:
    """Return a header and one row a student.

    A cell that no machine and no person has judged yet says so in words; `score` is the sum of what is judged, and says
    so as well where nothing is.
    """
    names, entries = book.table(assignment)
    lines: list[list[Any]] = [
        ["assignment", "student_id", "timestamp", *names, "open", "late_penalty", "score", "max_score"]
    ]
    for row in entries:
        time = row["timestamp"].isoformat() if row["timestamp"] else ""
        cells = [row["open"].get(name, score) for name, score in row["cells"].items()]
        score = row["total"] if len(row["open"]) < len(names) or not names else next(iter(row["open"].values()))
        still = " ".join(row["open"])
        lines.append([assignment, row["student"], time, *cells, still, row["late_penalty"], score, row["max_score"]])
    return lines


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
