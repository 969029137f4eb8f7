"""A class of four, graded by the tests of the gradebook, and what they read from it."""

import os
import sqlite3

import hostile
from nbgrader.api import Gradebook

from rnnlab.grading.course import Course
from rnnlab.grading.export import rows
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.sandbox.host.view import PACKAGE
from rnnlab.grading.settings import Settings

A = hostile.ASSIGNMENT
QUICK = Settings(cell_seconds=5, first_call_seconds=5, call_seconds=5)
HALF = {**hostile.WRONG, "rnn_step": hostile.STEP + hostile.BODY}
CLASS = {
    "ada": (hostile.folder(hostile.GOOD), [4, 5, 5, 2, 1]),
    "bo": (hostile.folder(hostile.text({})), [0, 0, 0, 0, 0]),
    "cy": (hostile.folder(hostile.text(HALF)), [4, 0, 0, 0, 0]),
    "di": (hostile.folder(b"[]"), [0, 0, 0, 0, 0]),
}
EXPECTED = {student: points for student, (_, points) in CLASS.items()}


def export(course: Course) -> list[list]:
    with GradebookStore(course) as book:
        return rows(book, A)


def scores(course: Course) -> dict[str, list[float]]:
    """Return each student's scores in the questions' order."""
    header, *lines = export(course)
    order = [header.index(name) for name in hostile.RELEASE_NOTEBOOK.questions]
    return {line[1]: [line[i] for i in order] for line in lines}


def dump(course: Course) -> list[str]:
    with sqlite3.connect(course.root / "gradebook.db") as database:
        return list(database.iterdump())


def alter(course: Course, change) -> None:
    with Gradebook(course.db_url, course.course_id) as book:
        change(book)
        book.db.commit()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
