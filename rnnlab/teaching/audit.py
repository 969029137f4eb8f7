"""Everything about one student's mark: what was handed in, what ran, each score and why."""

import hashlib
import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from rnnlab.grading import collected
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.nbgrader_bridge import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    SubmittedAssignment,
    SubmittedNotebook,
)
from rnnlab.grading.questions import by_cell

_MOST = 200


def audit(book: GradebookStore, assignment: str, student: str) -> dict[str, Any]:
    """Return what is known of a student's mark, as plain values.

    Raises
    ------
    ValueError
        If the gradebook knows no such assignment, or nothing of this student's in it.
    """
    names, rows = book.table(assignment)
    mine = [row for row in rows if row["student"] == student]
    if not mine:
        raise ValueError(f"{student} has nothing graded in {assignment}")
    (row,) = mine
    record = book.records(assignment).get(student, {})
    by_hand = _by_hand(book, assignment, student)
    questions = {name: question.id for name, question in by_cell(book.course, assignment).items()}
    points = book.cell_points(assignment)
    return {
        "student": student,
        "assignment": assignment,
        "handed_in": str(row["timestamp"] or ""),
        "collected": collected.read(book.course, assignment).get(student, {}),
        "files": _files(book.course, assignment, student),
        "result": book.all_digests(assignment).get(student, ""),
        "ran": record.get("ran", {}),
        "sandboxed": record.get("sandboxed"),
        "seconds": record.get("seconds"),
        "notes": record.get("notes", []),
        "reason": record.get("reason", ""),
        "scores": [
            _score(name, points[name], row, record.get("questions", {}).get(questions.get(name, ""), {}), by_hand)
            for name in names
        ],
        "late_penalty": row["late_penalty"],
        "total": row["total"],
        "max_score": row["max_score"],
    }


def _score(name: str, points: float, row: dict, report: dict, by_hand: dict[str, dict]) -> dict[str, Any]:
    failing = report.get("first_failing") or {}
    again = ""
    if failing:
        case = tuple(failing["case"])
        again = f'rnnlab.checks.case("{report["question"]}", "{failing["part"]}", {case}, seed={failing["seed"]})'
    return {
        "cell": name,
        "question": report.get("question", ""),
        "score": row["cells"][name],
        "of": points,
        "open": row["open"].get(name, ""),
        **by_hand.get(name, {}),
        "parts": report.get("parts", []),
        "hints": report.get("hints", []),
        "reason": report.get("reason", ""),
        "failed": failing.get("message", ""),
        "again": again,
    }


def _by_hand(book: GradebookStore, assignment: str, student: str) -> dict[str, dict[str, Any]]:
    """Return what the machine gave and what a person entered, by the cell's grade id."""
    mine = (Assignment.name == assignment) & (SubmittedAssignment.student_id == student)

    def of(kind: Any, *columns: Any) -> Any:
        chosen = sa.select(BaseCell.name, *columns).join(kind, kind.cell_id == BaseCell.id)
        chosen = chosen.join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
        chosen = chosen.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        chosen = chosen.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        return book.session.execute(chosen.where(mine))

    found: dict[str, dict[str, Any]] = {}
    for name, auto, manual in of(Grade, Grade.auto_score, Grade.manual_score):
        found[name] = {"by_machine": auto, "by_hand": manual}
    for name, manual in of(Comment, Comment.manual_comment):
        if manual:
            found.setdefault(name, {})["comment"] = manual
    return found


def _files(course: Course, assignment: str, student: str) -> list[dict[str, Any]]:
    """Return name, size and SHA-256 of what stands in the student's folder now."""
    folder = course.submitted(student, assignment)
    found: list[dict[str, Any]] = []
    for top, _, names in os.walk(folder):
        for name in sorted(names)[: _MOST - len(found)]:
            path = Path(top, name)
            if path.is_symlink() or not path.is_file():
                continue
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found.append({"file": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": digest})
    return found
