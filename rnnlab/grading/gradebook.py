"""The one writer: scores into nbgrader's gradebook, in batches, through nbgrader's own tables.

What has been graded, from which bytes, stands in a table of our own in the same database and is written in the same
transaction as the scores. So a run that is killed at any moment has either done a student or not, and a rerun goes on.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from nbgrader.utils import parse_utc
from sqlalchemy.exc import OperationalError

from rnnlab.grading.course import Course
from rnnlab.grading.skeleton import Skeleton

_TABLE = sa.Table(
    "rnnlab_grading",
    sa.MetaData(),
    sa.Column("assignment", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)
_TRIES = 6
T = TypeVar("T")


class DatabaseProblem(RuntimeError):
    """The gradebook cannot be read or written."""


@dataclass(frozen=True)
class GradedNotebook:
    """One notebook's scores and comments by grade id; a score of None asks for a person's look."""

    scores: dict[str, float | None]
    comments: dict[str, str | None]
    text: str


@dataclass(frozen=True)
class Graded:
    """One submission's result.

    Parameters
    ----------
    student : str
    digest : str
        What the result was made from: files, release and grader.
    notebooks : dict of GradedNotebook
        By the notebook's name.
    reason : str
        Why nothing could be graded; empty otherwise.
    record : dict
        Everything else worth keeping, as plain values.
    timestamp : str or None
        When it was handed in, from the collector; None leaves the gradebook's own time as it is.
    """

    student: str
    digest: str
    notebooks: dict[str, GradedNotebook]
    reason: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    timestamp: str | None = None


class Book:
    """The gradebook of a course.

    Parameters
    ----------
    course : Course
    """

    def __init__(self, course: Course):
        self.course = course
        self._gradebook = _persist(lambda: Gradebook(course.db_url, course.course_id))
        self._db = self._gradebook.db
        _persist(lambda: _TABLE.create(self._gradebook.engine, checkfirst=True))

    def __enter__(self) -> "Book":
        return self

    def __exit__(self, *_exc) -> None:
        self._gradebook.close()

    def register(self, assignment: str, skeletons: Iterable[Skeleton]) -> None:
        """Enter the assignment and its cells, as nbgrader does when it generates an assignment.

        Raises
        ------
        ValueError
            If cells were added or removed although there are grades already.
        """
        _persist(lambda: self._gradebook.update_or_create_assignment(assignment))
        for skeleton in skeletons:
            if self._registered(assignment, skeleton):
                continue
            names = {"notebook": skeleton.name, "assignment": assignment, "student": "."}
            try:
                SaveCells().preprocess(skeleton.notebook, {"nbgrader": {**names, "db_url": self.course.db_url}})
            except RuntimeError as error:
                raise ValueError(f"{error}: remove the assignment from the gradebook to start afresh") from None
            self._db.expire_all()

    def _registered(self, assignment: str, skeleton: Skeleton) -> bool:
        try:
            notebook = self._gradebook.find_notebook(skeleton.name, assignment)
        except MissingEntry:
            return False
        known = {cell.name: (cell.source, cell.checksum) for cell in notebook.source_cells}
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
        cells = [cell for cell in skeleton.notebook.cells if "nbgrader" in cell.metadata]
        here = {c.metadata.nbgrader.grade_id: (c.source, c.metadata.nbgrader.get("checksum")) for c in cells}
        return known == here and points == skeleton.points

    def digests(self, assignment: str) -> dict[str, str]:
        """Return, by student, what the standing result was made from; students without a whole result are left out."""
        rows = self._db.execute(sa.select(_TABLE.c.student, _TABLE.c.digest).where(_TABLE.c.assignment == assignment))
        entry = self._gradebook.find_assignment(assignment)
        expected = sum(len(notebook.grade_cells) for notebook in entry.notebooks)
        there = dict(
            self._db.query(SubmittedAssignment.student_id, sa.func.count(Grade.id))
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .filter(SubmittedAssignment.assignment_id == entry.id)
            .group_by(SubmittedAssignment.student_id)
            .all()
        )
        return {student: digest for student, digest in rows if there.get(student) == expected}

    def records(self, assignment: str) -> dict[str, dict]:
        """Return each student's record."""
        rows = self._db.execute(sa.select(_TABLE.c.student, _TABLE.c.record).where(_TABLE.c.assignment == assignment))
        return {student: json.loads(record) for student, record in rows}

    def write(self, assignment: str, batch: Iterable[Graded]) -> None:
        """Write a batch of results in one transaction; what instructors have entered by hand stays."""
        batch = list(batch)

        def attempt() -> None:
            try:
                for graded in batch:
                    self._enter(assignment, graded)
                self._db.commit()
            except BaseException:
                self._db.rollback()
                raise

        _persist(attempt)

    def _enter(self, assignment: str, graded: Graded) -> None:
        submission = self._submission(assignment, graded.student)
        if graded.timestamp is not None:
            submission.timestamp = parse_utc(graded.timestamp)
        for notebook in submission.notebooks:
            result = graded.notebooks[notebook.notebook.name]
            for grade in notebook.grades:
                grade.auto_score = result.scores.get(grade.cell.name, 0.0)
                grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
            for comment in notebook.comments:
                comment.auto_comment = result.comments.get(comment.cell.name)
            self._late(submission, notebook)
        where = (_TABLE.c.assignment == assignment) & (_TABLE.c.student == graded.student)
        self._db.execute(sa.delete(_TABLE).where(where))
        record = json.dumps({**graded.record, "reason": graded.reason})
        row = {"assignment": assignment, "student": graded.student, "digest": graded.digest, "record": record}
        self._db.execute(sa.insert(_TABLE).values(row))

    def _submission(self, assignment: str, student: str) -> SubmittedAssignment:
        """Return a student's submission with a row for every cell, making what is missing."""
        if self._db.get(Student, student) is None:
            self._db.add(Student(id=student))
        entry = self._gradebook.find_assignment(assignment)
        submission = (
            self._db.query(SubmittedAssignment).filter_by(assignment_id=entry.id, student_id=student).one_or_none()
        )
        if submission is None:
            submission = SubmittedAssignment(assignment_id=entry.id, student_id=student)
            self._db.add(submission)
        self._db.flush()
        have = {notebook.notebook.name: notebook for notebook in submission.notebooks}
        for notebook in entry.notebooks:
            mine = have.get(notebook.name)
            if mine is None:
                mine = SubmittedNotebook(notebook_id=notebook.id, assignment_id=submission.id)
                self._db.add(mine)
                self._db.flush()
            graded, commented = {g.cell_id for g in mine.grades}, {c.cell_id for c in mine.comments}
            for cell in notebook.grade_cells:
                if cell.id not in graded:
                    self._db.add(Grade(cell_id=cell.id, notebook_id=mine.id))
            for cell in notebook.solution_cells:
                if cell.id not in commented:
                    self._db.add(Comment(cell_id=cell.id, notebook_id=mine.id))
        self._db.flush()
        self._db.expire(submission)
        return submission

    def _late(self, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> None:
        """Have nbgrader's late-submission plugin say what lateness costs, as its own autograde does."""
        notebook.late_submission_penalty = None
        if submission.total_seconds_late <= 0:
            return
        self._db.flush()
        self._db.refresh(notebook, ["score"])
        step = AssignLatePenalties(config=self.course.config)
        step.init_plugin()
        student = submission.student_id
        penalty = step.plugin_inst.late_submission_penalty(student, notebook.score, submission.total_seconds_late)
        if penalty is not None:
            notebook.late_submission_penalty = step._check_late_penalty(notebook, penalty)

    def table(self, assignment: str) -> tuple[list[str], list[dict[str, Any]]]:
        """Return the grade ids of an assignment in their order, and one row a student.

        Raises
        ------
        ValueError
            If the gradebook does not know the assignment.
        """
        try:
            entry = self._gradebook.find_assignment(assignment)
        except MissingEntry:
            raise ValueError(f"the gradebook knows no assignment {assignment!r}: nothing was graded yet") from None
        columns = [cell.name for notebook in entry.notebooks for cell in notebook.grade_cells]
        rows = []
        for submission in sorted(entry.submissions, key=lambda s: s.student_id):
            grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
            late = submission.late_submission_penalty or 0.0
            rows.append(
                {
                    "student": submission.student_id,
                    "timestamp": submission.timestamp,
                    "cells": {name: grades[name].score if name in grades else None for name in columns},
                    "score": submission.score,
                    "late_penalty": late,
                    "total": max(0.0, submission.score - late),
                    "max_score": submission.max_score,
                    "needs_look": bool(submission.needs_manual_grade),
                }
            )
        return columns, rows


def _persist(action: Callable[[], T]) -> T:
    """Do something with the database, waiting while someone else holds it."""
    for attempt in range(_TRIES):
        try:
            return action()
        except OperationalError as error:
            if "locked" not in str(error.orig) or attempt == _TRIES - 1:
                raise DatabaseProblem(f"the gradebook cannot be used: {error.orig}") from None
            time.sleep(0.5 * 2**attempt)
    raise AssertionError
