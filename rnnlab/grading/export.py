"""Scores as a table for other programs."""

from typing import Any

from rnnlab.grading.gradebook import GradebookStore

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(book: GradebookStore, assignment: str) -> list[list[Any]]:
    """Return a header and one row a student."""
    names, entries = book.table(assignment)
    lines: list[list[Any]] = [["assignment", "student_id", "timestamp", *names, "late_penalty", "score", "max_score"]]
    for row in entries:
        time = row["timestamp"].isoformat() if row["timestamp"] else ""
        cells = ["" if score is None else score for score in row["cells"].values()]
        lines.append([assignment, row["student"], time, *cells, row["late_penalty"], row["total"], row["max_score"]])
    return lines


def safe(cell: Any) -> Any:
    """Return a CSV cell that no spreadsheet takes for a formula: text that begins like one gets a quote before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
