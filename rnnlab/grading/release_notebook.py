"""The released notebook as the grader needs it: what is ours in a submission, and what must be the student's."""

from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from rnnlab.grading.errors import NotReleased


@dataclass(frozen=True)
class ReleaseNotebook:
    """One released notebook.

    Parameters
    ----------
    name : str
        The notebook's name in the gradebook.
    notebook : NotebookNode
        As released.
    questions : dict
        Number of the question by the grade id of its cell; a grade cell without one is graded by hand.
    points : dict
        What a grade cell is worth, by its grade id.
    solutions : dict
        The text that students find in each solution cell, by its grade id.
    prose : set
        The solution cells that are text, not code.
    """

    name: str
    notebook: nbformat.NotebookNode
    questions: dict[str, str] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    solutions: dict[str, str] = field(default_factory=dict)
    prose: set[str] = field(default_factory=set)

    @property
    def by_hand(self) -> set[str]:
        """The grade cells that only a person can grade."""
        return set(self.points) - set(self.questions)

    @property
    def setup(self) -> list[str]:
        """The locked cells that come before the work."""
        return [
            cell.source
            for cell in self.notebook.cells
            if cell.cell_type == "code" and _is(cell, "locked") and not _is(cell, "grade") and not _is(cell, "solution")
        ]

    @property
    def plain(self) -> set[str]:
        """The code cells that are only to be looked at."""
        return {squeeze(cell.source) for cell in self.notebook.cells if cell.cell_type == "code"}

    @property
    def grade_ids(self) -> set[str]:
        """Every name that nbgrader knows a cell of this notebook by."""
        return {cell.metadata.nbgrader.grade_id for cell in self.notebook.cells if "nbgrader" in cell.metadata}


def _is(cell: nbformat.NotebookNode, mark: str) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get(mark, False))


def squeeze(source: str) -> str:
    """Return a cell's text without what editors change by themselves: line ends, and blanks where lines end."""
    return "\n".join(line.rstrip() for line in source.splitlines()).strip()


def read(folder: Path) -> tuple[ReleaseNotebook, ...]:
    """Return the released notebooks of an assignment.

    Raises
    ------
    NotReleased
        If `folder` holds none.
    """
    paths = sorted(folder.glob("*.ipynb")) if folder.is_dir() else []
    if not paths:
        raise NotReleased(f"there is no released notebook in {folder}: make it first, with `rnnlab release`")
    return tuple(_read_notebook(path) for path in paths)


def _read_notebook(path: Path) -> ReleaseNotebook:
    notebook = nbformat.read(path, as_version=4)
    found = ReleaseNotebook(path.stem, notebook)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if _is(cell, "grade"):
            found.points[name] = float(cell.metadata.nbgrader.points)
            if "rnnlab" in cell.metadata:
                found.questions[name] = cell.metadata.rnnlab.question
        if _is(cell, "solution"):
            found.solutions[name] = cell.source
            if cell.cell_type != "code":
                found.prose.add(name)
    return found
