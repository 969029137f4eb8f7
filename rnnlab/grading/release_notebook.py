"""The released notebook as the grader needs it: what is ours in a submission, and what must be the student's."""

import ast
from dataclasses import dataclass, field
from functools import cached_property
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
    tests : dict
        The text of nbgrader's own test cells and tasks, which are no question of the course's, by their grade id.
    """

    name: str
    notebook: nbformat.NotebookNode
    questions: dict[str, str] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    solutions: dict[str, str] = field(default_factory=dict)
    prose: set[str] = field(default_factory=set)
    tests: dict[str, str] = field(default_factory=dict)

    @property
    def by_hand(self) -> set[str]:
        """The grade cells that only a person can grade."""
        return set(self.points) - set(self.questions)

    @property
    def test_cells(self) -> dict[str, str]:
        """The test cells of nbgrader's own kind, by their grade id."""
        return {name: source for name, source in self.tests.items() if source}

    @cached_property
    def checks(self) -> dict[str, str]:
        """The number of the question by the text of its check."""
        return {squeeze(cell.source): cell.metadata.rnnlab.question for cell in self.notebook.cells
                if cell.metadata.get("nbgrader", {}).get("grade_id") in self.questions}  # fmt: skip

    @cached_property
    def texts(self) -> frozenset[str]:
        """The text of every cell."""
        return frozenset(squeeze(cell.source) for cell in self.notebook.cells)

    @cached_property
    def lines(self) -> frozenset[str]:
        """Every line of text, without what a heading begins with."""
        return frozenset(line.strip("# ").strip() for text in self.texts for line in text.split("\n"))

    @cached_property
    def experiments(self) -> dict[str, tuple[str, ...]]:
        """The names that each cell that is only to be looked at defines, by its text."""
        looked_at = [
            cell for cell in self.notebook.cells if cell.cell_type == "code" and "nbgrader" not in cell.metadata
        ]
        return {squeeze(cell.source): _stored(cell.source) for cell in looked_at}

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


def _stored(source: str) -> tuple[str, ...]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # a magic
        return ()
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    stored |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imported = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    return tuple(sorted(stored | {(alias.asname or alias.name).split(".")[0] for alias in imported}))


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
            elif not _is(cell, "solution"):
                found.tests[name] = cell.source if cell.cell_type == "code" else ""
        elif _is(cell, "task"):
            found.points[name] = float(cell.metadata.nbgrader.points)
            found.tests[name] = ""
        if _is(cell, "solution"):
            found.solutions[name] = cell.source
            if cell.cell_type != "code":
                found.prose.add(name)
    return found
