"""A class to try the grader on, made from the questions: who knows it, who errs in known ways, who attacks."""

import ast
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from rnnlab import checks
from rnnlab.checks.sources import written_answers
from rnnlab.grading import release, shipped
from rnnlab.grading.course import Course

_CRASHES = "import os\nos._exit(7)"
_ENDLESS = "while True:\n    pass"
_HOSTILE = """import glob, os, sqlite3, socket
for path in ["gradebook.db", "../gradebook.db", "../../gradebook.db", *glob.glob("/*/*/gradebook.db")]:
    try:
        sqlite3.connect(path).execute("UPDATE grade SET auto_score = 100")
    except Exception:
        pass
for name in ("numpy.testing", "rnnlab.checks"):
    try:
        module = __import__(name, fromlist=["x"])
        module.assert_allclose = module.check = lambda *args, **options: 100.0
    except Exception:
        pass
try:
    get_ipython().run_cell = lambda *args, **options: 100.0
except Exception:
    pass
class Yes(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __hash__ = float.__hash__
"""


class Class:
    """The students of an assignment.

    Parameters
    ----------
    assignment : str
    notebook : NotebookNode
        As released.
    """

    def __init__(self, assignment: str, notebook: nbformat.NotebookNode):
        self.assignment = assignment
        self.notebook = notebook
        self.questions = checks.shipped(assignment)
        solved = release.instructor_notebook(shipped.source(assignment)).cells
        cells = [cell for cell in solved if cell.cell_type == "code" and "nbgrader" in cell.metadata]
        marks = [(cell.metadata["nbgrader"], cell.source) for cell in cells]
        self.right = {mark["grade_id"]: _unmarked(source) for mark, source in marks if mark["solution"]}

    def handed_in(self, answers: Mapping[str, str], first: str = "") -> nbformat.NotebookNode:
        """Return the notebook with `answers` in its solution cells and `first` in a cell of its own before them."""
        notebook = nbformat.from_dict(self.notebook)
        for cell in notebook.cells:
            marks = cell.metadata.get("nbgrader", {})
            if marks.get("solution") and marks.grade_id in answers:
                cell.source = answers[marks.grade_id]
        if first:
            notebook.cells.insert(2, nbformat.v4.new_code_cell(first))
        return notebook

    def students(self) -> dict[str, str | bytes]:
        """Return the text of each student's file, by a name that says what they did."""
        first = self.questions[0]
        name = first.names[0]
        made: dict[str, Any] = {
            "ada-right": self.handed_in(self.right),
            "bo-blank": self.handed_in({}),
            "cy-crash": self.handed_in({**self.right, name: f"{self.right[name]}\n\n{_CRASHES}"}),
            "di-endless": self.handed_in({**self.right, name: _ending(self.right[name], _ENDLESS)}),
            "ed-forger": self.handed_in({name: f"{self._stub(name)}\n    return Yes(1.0)"}, _HOSTILE),
            "flo-damaged": self._damaged(),
            "gus-no-notebook": "<!DOCTYPE html>\n<html><body>Log in to continue</body></html>\n",
            "hal-cut-off": nbformat.writes(self.handed_in(self.right), version=4)[:-200],
            "ida-half": self.handed_in({name: self.right[name]}),
        }
        for style, answers in self._styles().items():
            made[f"jo-{style}"] = self.handed_in(answers)
        for question in self.questions:
            for mistake in question.mistakes[:2]:
                answers = written_answers(self.assignment, question.id, mistake.name)
                made[f"kim-{question.id}-{_slug(mistake.name)}"] = self.handed_in({**self.right, **answers})
        return {who: w if isinstance(w, str) else nbformat.writes(w, version=4) for who, w in made.items()}

    def _styles(self) -> dict[str, dict[str, str]]:
        """Return right answers in other styles: the first alternative of every question, the second, and so on."""
        others = checks.other_answers(self.assignment)
        styles: dict[str, dict[str, str]] = {}
        for number in range(max(len(each) for each in others.values())):
            styles[f"style-{number + 1}"] = answers = dict(self.right)
            for question, each in others.items():
                answers |= written_answers(self.assignment, question, each[number % len(each)].style)
        return styles

    def _stub(self, name: str) -> str:
        tree = ast.parse(self.right[name])
        function = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
        return f"def {name}({ast.unparse(function.args)}):"

    def _damaged(self) -> str:
        notebook = json.loads(nbformat.writes(self.handed_in(self.right), version=4))
        for cell in notebook["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            if marks.get("grade"):
                cell["metadata"] = {"nbgrader": {"points": 1000, "grade": False}, "tags": ["skip-execution"]}
            elif marks.get("solution"):
                cell["metadata"] = {"nbgrader": {**marks, "locked": True, "schema_version": 99}}
        return json.dumps(notebook)


def _unmarked(text: str) -> str:
    """Return a solution without the comments between which it stands in the course's own notebook."""
    return "".join(line for line in text.splitlines(keepends=True) if "## BEGIN" not in line and "## END" not in line)


def _ending(text: str, statement: str) -> str:
    """Return the function's text with `statement` run first in each call."""
    tree = ast.parse(text)
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    function.body = [*ast.parse(statement).body, *function.body]
    return ast.unparse(tree)


def _slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _provide(path: Path, notebook: nbformat.NotebookNode) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True)
        path.write_text(nbformat.writes(notebook, version=4), encoding="utf-8")


def make(root: Path, assignment: str, copies: int = 1) -> list[str]:
    """Write ``submitted/<student>/<assignment>/`` for a whole class and return the students' names.

    Parameters
    ----------
    root : Path
        The course's folder; gets ``nbgrader_config.py`` and the course's notebooks too where it has none.
    assignment : str
    copies : int
        How many of each kind.
    """
    course = Course(root)
    released = course.release(assignment)[0]
    config, own = root / "nbgrader_config.py", shipped.config()
    if not config.exists() and own.exists():
        shutil.copy(own, config)
        course = Course(root)
    solved = release.instructor_notebook(shipped.source(assignment))
    _provide(root / "exercises" / assignment / f"{assignment}.ipynb", released.notebook)
    _provide(root / "_build" / "source" / assignment / f"{assignment}.ipynb", solved)  # formgrader lists what is here
    made = []
    for who, text in Class(assignment, released.notebook).students().items():
        for copy in range(1, copies + 1):
            student = who if copies == 1 else f"{who}-{copy:04}"
            folder = course.submitted(student, assignment)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{released.name}.ipynb").write_text(
                text if isinstance(text, str) else text.decode(), encoding="utf-8"
            )
            made.append(student)
    return made
