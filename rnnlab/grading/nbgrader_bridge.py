"""Every name of nbgrader's, private ones included. Nothing else knows them, so a new nbgrader is met here alone."""

import glob
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import nbgrader.api
import sqlalchemy as sa
from alembic.script import ScriptDirectory
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
    "LatePolicy",
    "MissingEntry",
    "Student",
    "SubmittedAssignment",
    "SubmittedNotebook",
    "feedback_page",
    "new_uuid",
    "parse_utc",
    "save_cells",
    "student_notebook",
]


@cache
def _newest_tables() -> str:
    """Return which version nbgrader's tables have, as nbgrader does by running a program, which takes seconds."""
    return str(ScriptDirectory(str(Path(nbgrader.api.__file__).with_name("alembic"))).get_current_head())


nbgrader.api.get_alembic_version = _newest_tables


class _SaveChangedCells(SaveCells):
    def _create_notebook(self, nb: nbformat.NotebookNode) -> None:
        try:
            entry = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        except MissingEntry:
            entry = None
        if entry is not None and entry.submissions:
            self._remove(entry)
            self._add(entry)
        super()._create_notebook(nb)

    def _remove(self, entry: Any) -> None:
        db = self.gradebook.db
        for cells, wanted in (
            (entry.grade_cells, self.new_grade_cells),
            (entry.solution_cells, self.new_solution_cells),
            (entry.task_cells, self.new_task_cells),
            (entry.source_cells, self.new_source_cells),
        ):
            for cell in [cell for cell in cells if cell.name not in wanted]:
                for kind in (Grade, Comment):
                    db.execute(sa.delete(kind).where(kind.cell_id == cell.id))
                cells.remove(cell)
                db.delete(cell)
        db.commit()
        db.expire_all()

    def _add(self, entry: Any) -> None:
        for kind, cells, wanted in (
            ("grade", entry.grade_cells, self.new_grade_cells),
            ("solution", entry.solution_cells, self.new_solution_cells),
            ("task", entry.task_cells, self.new_task_cells),
            ("source", entry.source_cells, self.new_source_cells),
        ):
            enter = getattr(self.gradebook, f"add_{kind}_cell")
            for name in [name for name in wanted if name not in {cell.name for cell in cells}]:
                enter(name, self.notebook_id, self.assignment_id, **wanted[name])


def save_cells(notebook: nbformat.NotebookNode, name: str, assignment: str, db_url: str) -> None:
    """Enter a released notebook's cells into the gradebook, as nbgrader does when it generates an assignment.

    Where something was handed in already nbgrader takes no other cells than those that it knows; here it does. Scores
    and comments of cells that are gone are removed with them.
    """
    names = {"notebook": name, "assignment": assignment, "student": "."}
    _SaveChangedCells().preprocess(notebook, {"nbgrader": {**names, "db_url": db_url}})


class LatePolicy:
    """nbgrader's late-submission plugin, as the course's configuration names it.

    Parameters
    ----------
    config : Config
    root : Path
        The course's folder: a plugin may be a file in it.

    Raises
    ------
    ValueError
        If the plugin cannot be loaded.
    """

    def __init__(self, config: Config, root: Path):
        self._named = str(config.AssignLatePenalties.get("plugin_class", "nbgrader's own"))
        with _importable(root):
            try:
                self._step = AssignLatePenalties(config=config)
                self._step.init_plugin()
            except Exception as error:
                raise ValueError(f"the late plugin {self._named} cannot be loaded: {_one_line(error)}") from None

    def penalty(self, notebook: SubmittedNotebook, student: str, seconds_late: float) -> float | None:
        """Return what is taken off a notebook's score; None where the plugin says nothing.

        Raises
        ------
        ValueError
            If the plugin fails, or returns anything but a number.
        """
        try:
            penalty = self._step.plugin_inst.late_submission_penalty(student, notebook.score, seconds_late)
            return None if penalty is None else float(self._step._check_late_penalty(notebook, penalty))
        except Exception as error:
            raise ValueError(f"the late plugin {self._named} failed for {student}: {_one_line(error)}") from None


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let modules in a folder be imported, and forget them: the next course may have others of the same name."""
    before = set(sys.modules)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
        for name in set(sys.modules) - before:
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(f"{root}{os.sep}"):
                del sys.modules[name]


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


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
