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
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, load_only

from rnnlab.grading import changes, nbgrader_bridge
from rnnlab.grading.course import Course
from rnnlab.grading.errors import DatabaseProblem
from rnnlab.grading.nbgrader_bridge import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
    parse_utc,
)
from rnnlab.grading.provenance import merged
from rnnlab.grading.release_notebook import ReleaseNotebook

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


@dataclass(frozen=True)
class NotebookResult:
    """One notebook's scores and comments by grade id; a score of None asks for a person's look."""

    scores: dict[str, float | None]
    comments: dict[str, str | None]
    text: str


@dataclass(frozen=True)
class SubmissionResult:
    """One submission's result.

    Parameters
    ----------
    student : str
    digest : str
        What the result was made from: files, release and grader.
    notebooks : dict of NotebookResult
        By the notebook's name.
    reason : str
        Why nothing could be graded; empty otherwise.
    record : dict
        Everything else worth keeping, as plain values.
    timestamp : str or None
        When it was handed in, from the collector; None leaves the gradebook's own time as it is.
    only : frozenset of str
        The questions that were judged, where not all were: everything else stays as it is.
    """

    student: str
    digest: str
    notebooks: dict[str, NotebookResult]
    reason: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    timestamp: str | None = None
    only: frozenset[str] = frozenset()


class GradebookStore:
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

    def __enter__(self) -> "GradebookStore":
        return self

    def __exit__(self, *_exc) -> None:
        self._gradebook.close()

    def register(self, assignment: str, released_notebooks: Iterable[ReleaseNotebook]) -> list[str]:
        """Enter the assignment and its cells, as nbgrader does when it generates an assignment.

        Returns
        -------
        told : list of str
            What has changed since it was last entered, a sentence each.
        """
        self.enter_assignment(assignment)
        told: list[str] = []
        for released in released_notebooks:
            if self._registered(assignment, released):
                continue
            aside = changes.SetAside(self.course, assignment, self._db)
            if entry := self._entered(assignment, released.name):
                told += changes.told(entry, released)
                aside.keep(entry, released)
            self._db.commit()
            nbgrader_bridge.save_cells(released.notebook, released.name, assignment, self.course.db_url)
            self._db.expire_all()
            aside.bring_back(self._gradebook.find_notebook(released.name, assignment))
        return told

    def _entered(self, assignment: str, name: str) -> Any:
        """Return a notebook as the gradebook has it, or None."""
        try:
            return self._gradebook.find_notebook(name, assignment)
        except MissingEntry:
            return None

    @property
    def session(self) -> Session:
        """The session with the database, for what other modules read and enter."""
        return self._db

    def commit(self) -> None:
        """Write what was entered through `session`."""
        _persist(self._db.commit)

    def enter_assignment(self, assignment: str) -> None:
        """Enter an assignment's name, if it is not there."""
        _persist(lambda: self._gradebook.update_or_create_assignment(assignment))

    def _registered(self, assignment: str, released: ReleaseNotebook) -> bool:
        notebook = self._entered(assignment, released.name)
        if notebook is None:
            return False
        known = {cell.name: (cell.source, cell.checksum) for cell in notebook.source_cells}
        points = {cell.name: cell.max_score for cell in _graded(notebook)}
        cells = [cell for cell in released.notebook.cells if "nbgrader" in cell.metadata]
        here = {c.metadata.nbgrader.grade_id: (c.source, c.metadata.nbgrader.get("checksum")) for c in cells}
        return known == here and points == released.points

    def digests(self, assignment: str) -> dict[str, str]:
        """Return, by student, what the standing result was made from; students without a whole result are left out."""
        rows = self._db.execute(sa.select(_TABLE.c.student, _TABLE.c.digest).where(_TABLE.c.assignment == assignment))
        entry = self._gradebook.find_assignment(assignment)
        expected = sum(len(_graded(notebook)) for notebook in entry.notebooks)
        there = dict(
            self._db.query(SubmittedAssignment.student_id, sa.func.count(Grade.id))
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .filter(SubmittedAssignment.assignment_id == entry.id)
            .group_by(SubmittedAssignment.student_id)
            .all()
        )
        return {student: digest for student, digest in rows if there.get(student) == expected}

    def all_digests(self, assignment: str) -> dict[str, str]:
        """Return, by student, what the last result was made from, whether it is whole or not."""
        rows = self._db.execute(sa.select(_TABLE.c.student, _TABLE.c.digest).where(_TABLE.c.assignment == assignment))
        return {row.student: row.digest for row in rows}

    def records(self, assignment: str) -> dict[str, dict]:
        """Return each student's record."""
        rows = self._db.execute(sa.select(_TABLE.c.student, _TABLE.c.record).where(_TABLE.c.assignment == assignment))
        return {student: json.loads(record) for student, record in rows}

    def no_time(self, assignment: str) -> dict[str, str]:
        """Return what is wrong with the collector's time, for each student who has no usable one."""
        # Most records say that nothing is, and those of thousands of students would take a gigabyte to read.
        told = ~_TABLE.c.record.contains('"no_time": ""', autoescape=True)
        query = sa.select(_TABLE.c.student, _TABLE.c.record).where(_TABLE.c.assignment == assignment, told)
        found = {student: json.loads(record).get("no_time") for student, record in self._db.execute(query)}
        return {student: why for student, why in found.items() if why}

    def write(self, assignment: str, batch: Iterable[SubmissionResult]) -> None:
        """Write a batch of results in one transaction; what instructors have entered by hand stays."""
        batch = list(batch)

        def attempt() -> None:
            try:
                self._enter(assignment, batch)
                self._db.commit()
            except BaseException:
                self._db.rollback()
                raise

        _persist(attempt)

    def _enter(self, assignment: str, batch: list[SubmissionResult]) -> None:
        entry = self._gradebook.find_assignment(assignment)
        submissions = self._submissions(entry, [graded.student for graded in batch])
        notebooks = self._notebooks(entry, submissions)
        grades, comments = self._rows(entry, notebooks)
        for graded in batch:
            submission = submissions[graded.student]
            if graded.timestamp is not None:
                submission.timestamp = parse_utc(graded.timestamp)
            for notebook in entry.notebooks:
                mine, result = notebooks[submission.id, notebook.id], graded.notebooks[notebook.name]
                for cell in _graded(notebook):
                    if graded.only and cell.name not in result.scores:
                        continue
                    grade = grades[mine.id, cell.id]
                    grade.auto_score = result.scores.get(cell.name, 0.0)
                    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
                for cell in () if graded.only else notebook.solution_cells:
                    comments[mine.id, cell.id].auto_comment = result.comments.get(cell.name)
        self._record(assignment, batch)

    def _record(self, assignment: str, batch: list[SubmissionResult]) -> None:
        students = [graded.student for graded in batch]
        partial = any(graded.only for graded in batch)
        before, digests = (self.records(assignment), self.all_digests(assignment)) if partial else ({}, {})
        self._db.execute(sa.delete(_TABLE).where(_TABLE.c.assignment == assignment, _TABLE.c.student.in_(students)))
        for graded in batch:
            told, digest = {**graded.record, "reason": graded.reason}, graded.digest
            if graded.only:
                told, digest = merged(before[graded.student], told), digests[graded.student]
            row = {"assignment": assignment, "student": graded.student, "digest": digest, "record": json.dumps(told)}
            self._db.execute(sa.insert(_TABLE).values(row))

    def _submissions(self, entry: Assignment, students: list[str]) -> dict[str, SubmittedAssignment]:
        """Return each student's submission, entering students and submissions that are not there yet."""
        known = set(self._db.scalars(sa.select(Student.id).where(Student.id.in_(students))))
        self._db.add_all(Student(id=student) for student in students if student not in known)
        mine = (SubmittedAssignment.assignment_id == entry.id) & SubmittedAssignment.student_id.in_(students)
        query = sa.select(SubmittedAssignment).where(mine)
        found = {submission.student_id: submission for submission in self._db.scalars(query)}
        for student in students:
            if student not in found:
                found[student] = SubmittedAssignment(id=new_uuid(), assignment_id=entry.id, student_id=student)
                self._db.add(found[student])
        return found

    def _notebooks(
        self, entry: Assignment, submissions: dict[str, SubmittedAssignment]
    ) -> dict[tuple[str, str], SubmittedNotebook]:
        """Return the submissions' notebooks by both their ids, entering what is not there yet."""
        ids = [submission.id for submission in submissions.values()]
        query = sa.select(SubmittedNotebook).where(SubmittedNotebook.assignment_id.in_(ids))
        found = {(row.assignment_id, row.notebook_id): row for row in self._db.scalars(query)}
        for key in ((submission, notebook.id) for submission in ids for notebook in entry.notebooks):
            if key not in found:
                found[key] = SubmittedNotebook(id=new_uuid(), assignment_id=key[0], notebook_id=key[1])
                self._db.add(found[key])
        return found

    def _rows(
        self, entry: Assignment, notebooks: dict[tuple[str, str], SubmittedNotebook]
    ) -> tuple[dict[tuple[str, str], Grade], dict[tuple[str, str], Comment]]:
        """Return the grades and comments of submitted notebooks by notebook and cell, entering what is missing."""
        ids = [notebook.id for notebook in notebooks.values()]
        columns = load_only(Grade.id, Grade.notebook_id, Grade.cell_id, Grade.manual_score, Grade.auto_score)
        query = sa.select(Grade).options(columns).where(Grade.notebook_id.in_(ids))
        grades = {(row.notebook_id, row.cell_id): row for row in self._db.scalars(query)}
        said = sa.select(Comment).where(Comment.notebook_id.in_(ids))
        comments = {(row.notebook_id, row.cell_id): row for row in self._db.scalars(said)}
        for (_, notebook_id), mine in notebooks.items():
            (entry_notebook,) = (notebook for notebook in entry.notebooks if notebook.id == notebook_id)
            for cells, rows, kind in (
                (_graded(entry_notebook), grades, Grade),
                (entry_notebook.solution_cells, comments, Comment),
            ):
                for cell in cells:
                    if (mine.id, cell.id) not in rows:
                        rows[mine.id, cell.id] = kind(cell_id=cell.id, notebook_id=mine.id)
                        self._db.add(rows[mine.id, cell.id])
        return grades, comments

    def marks(self, assignment: str) -> dict[str, str]:
        """Return, by student, everything that a feedback page shows of the gradebook: scores and comments."""
        found = {row["student"]: repr(row) for row in self.table(assignment)[1]}
        entry = self._gradebook.find_assignment(assignment)
        said = (
            sa.select(SubmittedAssignment.student_id, Comment.cell_id, Comment.auto_comment, Comment.manual_comment)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Comment, Comment.notebook_id == SubmittedNotebook.id)
            .where(SubmittedAssignment.assignment_id == entry.id)
            .order_by(Comment.cell_id)
        )
        for student, *comment in self._db.execute(said):
            found[student] += repr(comment)
        return found

    def max_score(self, assignment: str) -> float:
        """Return what an assignment is worth."""
        return float(self._gradebook.find_assignment(assignment).max_score or 0.0)

    def cell_points(self, assignment: str) -> dict[str, float]:
        """Return what each graded cell of an assignment is worth, by its grade id."""
        notebooks = self._gradebook.find_assignment(assignment).notebooks
        return {cell.name: float(cell.max_score) for notebook in notebooks for cell in _graded(notebook)}

    def assignments(self) -> list[str]:
        """Return the assignments that the gradebook knows and that have cells with points."""
        return sorted(entry.name for entry in self._gradebook.assignments if entry.notebooks)

    def students(self) -> list[str]:
        """Return the ids of all students that the gradebook knows."""
        return sorted(self._db.scalars(sa.select(Student.id)))

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
            only = f", only {', '.join(known)}" if (known := self.assignments()) else ": nothing was graded yet"
            raise ValueError(f"the gradebook knows no assignment {assignment!r}{only}") from None
        columns = [cell.name for notebook in entry.notebooks for cell in _graded(notebook)]
        by_hand = {
            cell.name for notebook in entry.notebooks for cell in _graded(notebook) if _is_manual(notebook, cell)
        }
        here = SubmittedAssignment.assignment_id == entry.id
        graded = (
            sa.select(SubmittedAssignment.student_id, BaseCell.name, Grade.score, Grade.auto_score, Grade.manual_score)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .join(BaseCell, BaseCell.id == Grade.cell_id)
        )
        scores, still = {}, {}
        for student, name, score, auto, manual in self._db.execute(graded.where(here)):
            if auto is None and manual is None:
                still[student, name] = "needs a person" if name in by_hand else "not judged"
            else:
                scores[student, name] = score
        one = SubmittedAssignment
        columns_of = (one.student_id, one.timestamp, one.score, one.late_submission_penalty, one.needs_manual_grade)
        query = sa.select(*columns_of).where(here).order_by(one.student_id)
        rows = []
        no_time = self.no_time(assignment)
        for student, timestamp, score, penalty, look in self._db.execute(query):
            late = penalty or 0.0
            rows.append(
                {
                    "student": student,
                    "timestamp": timestamp,
                    "cells": {name: scores.get((student, name)) for name in columns},
                    "open": {name: still[student, name] for name in columns if (student, name) in still},
                    "score": score,
                    "late_penalty": late,
                    "total": max(0.0, score - late),
                    "max_score": entry.max_score,
                    "needs_look": bool(look),
                    "no_time": timestamp is None and student in no_time,
                }
            )
        return columns, rows


def _graded(notebook: Any) -> list:
    """Return what a notebook has points for: its graded cells, and nbgrader's tasks."""
    return [*notebook.grade_cells, *notebook.task_cells]


def _is_manual(notebook: Any, cell: Any) -> bool:
    """Say whether a person must mark a cell: it holds an answer, or it is not one of the course's own checks."""
    solutions = {one.name for one in notebook.solution_cells}
    return cell.name in solutions or not cell.name.startswith("check_")


def _persist(action: Callable[[], T]) -> T:
    """Do something with the database, waiting while someone else holds it."""
    for attempt in range(_TRIES):
        try:
            return action()
        except OperationalError as error:
            if "locked" not in str(error.orig) or attempt == _TRIES - 1:
                said = " ".join(str(error.orig).split())
                raise DatabaseProblem(f"the gradebook cannot be used: {said}") from None
            time.sleep(0.5 * 2**attempt)
    raise AssertionError
