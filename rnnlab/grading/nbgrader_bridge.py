"""Every name of nbgrader's, private ones included. Nothing else knows them, so a new nbgrader is met here alone."""

import glob
import logging
import tempfile
from pathlib import Path

import nbformat
from nbgrader.api import (
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
)
from nbgrader.converters import GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from nbgrader.utils import parse_utc
from traitlets.config import Config

__all__ = [
    "Assignment",
    "BaseCell",
    "Comment",
    "CourseDirectory",
    "Grade",
    "Gradebook",
    "MissingEntry",
    "Student",
    "SubmittedAssignment",
    "SubmittedNotebook",
    "feedback_page",
    "late_penalty",
    "new_uuid",
    "parse_utc",
    "save_cells",
    "student_notebook",
]


def save_cells(notebook: nbformat.NotebookNode, name: str, assignment: str, db_url: str) -> None:
    """Enter a released notebook's cells into the gradebook, as nbgrader does when it generates an assignment.

    Raises
    ------
    RuntimeError
        If cells were added or removed although there are grades already.
    """
    names = {"notebook": name, "assignment": assignment, "student": "."}
    SaveCells().preprocess(notebook, {"nbgrader": {**names, "db_url": db_url}})


def late_penalty(config: Config, notebook: SubmittedNotebook, student: str, seconds_late: float) -> float | None:
    """Return what nbgrader's late-submission plugin takes off a notebook's score; None where it says nothing."""
    step = AssignLatePenalties(config=config)
    step.init_plugin()
    penalty = step.plugin_inst.late_submission_penalty(student, notebook.score, seconds_late)
    return None if penalty is None else step._check_late_penalty(notebook, penalty)


def student_notebook(notebook: nbformat.NotebookNode, assignment: str) -> nbformat.NotebookNode:
    """Return the notebook that nbgrader derives from an instructor's."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "source", assignment, f"{assignment}.ipynb")
        source.parent.mkdir(parents=True)
        source.write_text(nbformat.writes(notebook, version=4), encoding="utf-8")
        config = Config()
        config.CourseDirectory.root = scratch
        config.CourseDirectory.assignment_id = assignment
        config.CourseDirectory.db_url = f"sqlite:///{scratch}/release.db"  # the grader registers what it grades
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.log = _quiet("rnnlab.release", logging.WARNING)
        converter.start()
        return nbformat.read(Path(scratch, "release", assignment, f"{assignment}.ipynb"), as_version=4)


def feedback_page(directory: CourseDirectory, config: Config, assignment: str, student: str, force: bool) -> bool:
    """Have nbgrader make a student's feedback page; return whether it could."""
    directory.assignment_id = assignment
    directory.student_id = glob.escape(student)
    page = GenerateFeedback(coursedir=directory, config=config)
    page.force = force
    page.log = _quiet("rnnlab.feedback", logging.CRITICAL)
    try:
        page.start()
    except (NbGraderException, SystemExit):
        return False
    return True


def _quiet(name: str, level: int) -> logging.Logger:
    log = logging.getLogger(name)
    log.setLevel(level)
    return log
