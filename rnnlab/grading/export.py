"""Scores as a table for other programs, and feedback pages by nbgrader's own hand."""

import glob
import logging
from collections.abc import Iterable
from typing import Any

from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException

from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import Book

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(book: Book, assignment: str) -> list[list[Any]]:
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


def feedback(
    course: Course, assignment: str, students: Iterable[str] | None, force: bool
) -> tuple[list[str], list[str]]:
    """Make feedback pages and return for whom that was done, and for whom it could not be."""
    with Book(course) as book:
        graded = [row["student"] for row in book.table(assignment)[1]]
    wanted = graded if students is None else list(students)
    made, failed = [], []
    for student in wanted:
        course.directory.assignment_id = assignment
        course.directory.student_id = glob.escape(student)
        page = GenerateFeedback(coursedir=course.directory, config=course.config)
        page.force = force
        page.log = logging.getLogger("rnnlab.feedback")
        page.log.setLevel(logging.CRITICAL)
        try:
            if student not in graded:
                raise NbGraderException(f"{student} has no grade")
            page.start()
            made.append(student)
        except (NbGraderException, SystemExit):
            failed.append(student)
    return made, failed
