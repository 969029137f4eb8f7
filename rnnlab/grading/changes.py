"""What has changed in an assignment that is graded already: said in sentences, and done without losing marks by hand.

nbgrader refuses a released notebook with other cells once anything was handed in. Here a cell that was dropped takes
its scores with it, and what people entered for it is set aside in the course's own folder: it comes back with the cell.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rnnlab import _files
from rnnlab.grading.course import Course
from rnnlab.grading.nbgrader_bridge import BaseCell, Comment, Grade, SubmittedAssignment, SubmittedNotebook
from rnnlab.grading.release_notebook import ReleaseNotebook, squeeze


def label(name: str) -> str:
    """Return how a cell is called in tables: "13.3" for the written question of that number, else its own name.

    Examples
    --------
    >>> label("written_13_3"), label("written_why"), label("test_double")
    ('13.3', 'why', 'test_double')
    """
    rest = name.removeprefix("written_")
    return rest.replace("_", ".") if rest != name and rest.replace("_", "").isdigit() else rest


def told(entry: Any, released: ReleaseNotebook) -> Iterator[str]:
    """Yield what differs between a notebook in the gradebook and the one that is released now.

    Parameters
    ----------
    entry : nbgrader's Notebook
        As the gradebook has it.
    released : ReleaseNotebook
    """
    before = {cell.name: float(cell.max_score) for cell in (*entry.grade_cells, *entry.task_cells)}
    for name, points in released.points.items():
        called = released.questions.get(name, label(name))
        if name not in before:
            yield f"{called} is new and worth {points:g}; work that was handed in before may not have it"
        elif points != before[name]:
            yield f"{called} is worth {points:g} now, before {before[name]:g}; marks by hand stay as they were entered"
    for name in before:
        if name not in released.points:
            yield f"{_number(name)} was dropped; what was entered by hand for it comes back if the question does"
    texts = {cell.name: squeeze(cell.source or "") for cell in entry.source_cells}
    cells = [cell for cell in released.notebook.cells if "nbgrader" in cell.metadata]
    here = {cell.metadata.nbgrader.grade_id: squeeze(cell.source) for cell in cells}
    if other := sorted(name for name in texts if name in here and texts[name] != here[name]):
        yield f"another text: {', '.join(map(_number, other))}"


def _number(name: str) -> str:
    """Return how a cell is called whose question may not be known any more."""
    return label(name.removeprefix("check_"))


class SetAside:
    """What people entered for cells that an assignment does not have at present.

    Parameters
    ----------
    course : Course
    assignment : str
    session : Session
        With the gradebook.
    """

    def __init__(self, course: Course, assignment: str, session: Session):
        self._path = Path(course.state, f"set-aside-{assignment}.json")
        self._db = session

    def _read(self) -> dict[str, dict[str, dict[str, Any]]]:
        return json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}

    def keep(self, entry: Any, released: ReleaseNotebook) -> None:
        """Keep the marks and comments by hand of those cells of a notebook that are not released any more."""
        here = {*released.points, *released.solutions}
        gone = [
            cell for cell in (*entry.grade_cells, *entry.task_cells, *entry.solution_cells) if cell.name not in here
        ]
        kept = self._read()
        for kind, column in ((Grade, Grade.manual_score), (Comment, Comment.manual_comment)):
            for student, cell, value in self._db.execute(self._entered(kind, column, [cell.id for cell in gone])):
                kept.setdefault(cell, {}).setdefault(student, {})[column.key] = value
        if kept:
            _files.write_text(self._path, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

    @staticmethod
    def _entered(kind: Any, column: Any, cells: list[str]) -> Any:
        chosen = sa.select(SubmittedAssignment.student_id, BaseCell.name, column).select_from(kind)
        chosen = chosen.join(BaseCell, BaseCell.id == kind.cell_id)
        chosen = chosen.join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
        chosen = chosen.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        return chosen.where(kind.cell_id.in_(cells), column.is_not(None))

    def bring_back(self, entry: Any) -> None:
        """Enter again what was kept for cells that a notebook has now."""
        kept = self._read()
        graded = {cell.name: cell.id for cell in (*entry.grade_cells, *entry.task_cells)}
        written = {cell.name: cell.id for cell in (*entry.task_cells, *entry.solution_cells)}
        back = [name for name in kept if name in graded or name in written]
        if not back:
            return
        mine = sa.select(SubmittedNotebook.id, SubmittedAssignment.student_id)
        mine = mine.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        notebooks = {who: id for id, who in self._db.execute(mine.where(SubmittedNotebook.notebook_id == entry.id))}
        for name in back:
            for student, entered in kept.pop(name).items():
                if student not in notebooks:
                    continue
                for kind, cells, key in ((Grade, graded, "manual_score"), (Comment, written, "manual_comment")):
                    if name in cells and key in entered:
                        row = kind(cell_id=cells[name], notebook_id=notebooks[student], **{key: entered[key]})
                        self._db.add(row)
        self._db.commit()
        _files.write_text(self._path, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
