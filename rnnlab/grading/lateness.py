"""Due dates, extensions, and what lateness costs: worked out anew at the end of each run, as dates may have moved."""

import json
from datetime import datetime

import sqlalchemy as sa

from rnnlab import _files
from rnnlab.grading import collected
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.nbgrader_bridge import Assignment, LatePolicy, SubmittedAssignment, SubmittedNotebook


def set_due(book: GradebookStore, assignment: str, when: datetime | None) -> None:
    """Set when an assignment is due, in UTC; None for never."""
    book.enter_assignment(assignment)
    book.session.execute(sa.update(Assignment).where(Assignment.name == assignment).values(duedate=when))
    book.commit()


def extensions(course: Course, assignment: str) -> dict[str, str]:
    """Return until when students have more time, in UTC; "" where what they had was taken back."""
    path = course.state / f"extensions-{assignment}.json"
    try:
        found = collected.entries(path)
        for until in filter(None, found.values()):
            datetime.fromisoformat(until)
    except (TypeError, ValueError) as error:
        says = f"{path} is damaged ({error}): mend it, or take it away and give the extensions again"
        raise ValueError(says) from None
    return found


def extend(course: Course, assignment: str, student: str, when: datetime | None) -> None:
    """Give a student time until a date of their own, in UTC, whether they have handed in yet or not."""
    every = {**extensions(course, assignment), student: when.isoformat() if when else ""}
    _files.write_text(course.state / f"extensions-{assignment}.json", json.dumps(every, indent=1) + "\n")


def refresh(book: GradebookStore, assignment: str) -> list[str]:
    """Work out every penalty anew and return the students for whom it changed.

    Parameters
    ----------
    book : GradebookStore
    assignment : str

    Raises
    ------
    ValueError
        If the late plugin cannot be loaded or fails; nothing has changed then.
    """
    due = book.session.scalar(sa.select(Assignment.duedate).where(Assignment.name == assignment))
    policy = LatePolicy(book.course.config, book.course.root)
    changed = []
    try:
        for submission in _submissions(book, assignment, due):
            late = due is not None and submission.timestamp is not None and submission.total_seconds_late > 0
            for notebook in submission.notebooks:
                seconds = submission.total_seconds_late if late else 0.0
                penalty = policy.penalty(notebook, submission.student_id, seconds) if late else None
                if notebook.late_submission_penalty != penalty:
                    notebook.late_submission_penalty = penalty
                    changed.append(submission.student_id)
    except BaseException:
        book.session.rollback()
        raise
    book.commit()
    return sorted(set(changed))


def _submissions(book: GradebookStore, assignment: str, due: datetime | None) -> list[SubmittedAssignment]:
    """Return the submissions that are or were late, or have more time; their extensions are entered."""
    given = extensions(book.course, assignment)
    entered = sa.select(SubmittedAssignment).join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    mine = entered.where(Assignment.name == assignment)
    for submission in book.session.scalars(mine.where(SubmittedAssignment.student_id.in_(given))):
        until = given[submission.student_id]
        submission.extension = datetime.fromisoformat(until) - due if until and due else None
    book.session.flush()
    penalised = sa.select(SubmittedNotebook.assignment_id).where(SubmittedNotebook.late_submission_penalty.is_not(None))
    late = SubmittedAssignment.timestamp > due if due else sa.false()
    return list(book.session.scalars(mine.where(late | SubmittedAssignment.id.in_(penalised))))
