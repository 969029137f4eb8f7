"""One source, three products: from ``solutions/<name>/<name>.py`` the instructor's and the student's notebook.

The source is in the percent format and says nothing twice. A cell that holds ``### BEGIN SOLUTION`` is a solution cell
named after what it defines; a cell that is a ``check(...)`` call is a grade cell worth the points of its question; the
first code cell sets the notebook up; a Markdown cell with ``### BEGIN SOLUTION`` and ``written="13.3" points=4`` in its
head is a written question, marked by hand. The instructor's notebook is made from these rules; the student's is made
from it by nbgrader's own generate step.
"""

import argparse
import ast
import logging
import tempfile
from pathlib import Path

import jupytext
import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from rnnlab import checks
from rnnlab.cli import UserError

SOURCES = Path("solutions")
INSTRUCTOR = Path("_build/source")
STUDENT = Path("exercises")
SETUP = "setup"


class ReleaseError(ValueError):
    """A source that cannot be released: the message names the file and what was expected."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab release`` takes."""
    parser.add_argument("assignment", nargs="*", help="the names of their folders in solutions/; all by default")
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="the folder with solutions/")


def main(args: argparse.Namespace) -> int:
    """Release the assignments named and print where their notebooks are."""
    for assignment in args.assignment or checks.packages():
        try:
            print(release(assignment, args.course), flush=True)
        except ValueError as error:
            raise UserError(str(error)) from None
    return 0


def release(assignment: str, root: Path = Path()) -> Path:
    """Make the instructor's and the student's notebook of an assignment and return the path of the student's.

    Parameters
    ----------
    assignment : str
        The name of its folder in ``solutions/``.
    root : Path
        The folder of the course.

    Raises
    ------
    ReleaseError
        If there is no such source, or a cell breaks a rule of the format.
    """
    source = root / SOURCES / assignment / f"{assignment}.py"
    if not source.is_file():
        raise ReleaseError(f"there is no {source}: an assignment's source has its folder's name")
    notebook = instructor_notebook(source)
    _write(notebook, root / INSTRUCTOR / assignment / f"{assignment}.ipynb")
    student = root / STUDENT / assignment / f"{assignment}.ipynb"
    _write(student_notebook(notebook, assignment), student)
    return student


def instructor_notebook(source: Path) -> nbformat.NotebookNode:
    """Return the notebook with reference answers that a percent-format source describes."""
    assignment = source.stem
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.NotebookNode(
        kernelspec={"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    by_id = {question.id: question for question in checks.load(assignment)}
    checked = []
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{assignment[:2]}-{number:03}"
        metadata, cell.metadata = cell.metadata, nbformat.NotebookNode()
        if cell.cell_type == "code":
            checked += _mark(cell, by_id, source)
        elif "### BEGIN SOLUTION" in cell.source:
            cell.metadata.nbgrader = _written(metadata, source)
    if sorted(checked) != sorted(by_id):
        raise ReleaseError(f"{source} checks the questions {sorted(checked)}, expected each of {sorted(by_id)} once")
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first.metadata = nbformat.NotebookNode(tags=[SETUP], nbgrader=_nbgrader(SETUP, locked=True))
    nbformat.validate(notebook)
    return notebook


def _mark(cell: nbformat.NotebookNode, by_id: dict[str, checks.Question], source: Path) -> list[str]:
    """Give a code cell the metadata that its text implies and return the questions that it checks."""
    if "### BEGIN SOLUTION" in cell.source:
        cell.metadata.nbgrader = _nbgrader(_defined(cell.source, source), solution=True)
    elif cell.source.startswith("check("):
        number, names = _checked(cell.source)
        if number not in by_id or names != by_id[number].names:
            expected = ", ".join(f'check("{q.id}", {", ".join(q.names)})' for q in by_id.values())
            raise ReleaseError(f"{source}: {cell.source} checks no question; expected one of {expected}")
        question = by_id[number]
        cell.metadata.nbgrader = _nbgrader(f"check_{question.key}", grade=True, locked=True, points=question.points)
        cell.metadata.rnnlab = {"question": number}
        return [number]
    return []


def _written(metadata: dict, source: Path) -> dict:
    if set(metadata) != {"written", "points"}:
        raise ReleaseError(f'{source}: a written question has {sorted(metadata)}, expected written="13.3" points=4')
    grade_id = f"written_{str(metadata['written']).replace('.', '_')}"
    return _nbgrader(grade_id, grade=True, solution=True, points=float(metadata["points"]))


def _nbgrader(grade_id: str, *, grade=False, locked=False, solution=False, points: float | None = None):
    marks = {"grade": grade, "grade_id": grade_id, "locked": locked, "schema_version": 3, "solution": solution}
    return nbformat.NotebookNode(marks | {"task": False} | ({"points": points} if points is not None else {}))


def _defined(code: str, source: Path) -> str:
    try:
        functions = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    except SyntaxError as error:
        raise ReleaseError(f"{source}: a solution cell cannot be read: {error}") from None
    if len(functions) != 1:
        raise ReleaseError(f"{source}: a solution cell defines {functions}, expected one function")
    return functions[0]


def _checked(code: str) -> tuple[str, tuple[str, ...]]:
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    number, *names = call.args
    return ast.literal_eval(number), tuple(ast.unparse(name) for name in names)


def _write(notebook: nbformat.NotebookNode, path: Path) -> None:
    text = nbformat.writes(notebook, version=4) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:  # what has not changed keeps its date
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def student_notebook(notebook: nbformat.NotebookNode, assignment: str) -> nbformat.NotebookNode:
    """Return the notebook that nbgrader derives from an instructor's."""
    with tempfile.TemporaryDirectory() as scratch:
        _write(notebook, Path(scratch, "source", assignment, f"{assignment}.ipynb"))
        config = Config()
        config.CourseDirectory.root = scratch
        config.CourseDirectory.assignment_id = assignment
        config.CourseDirectory.db_url = f"sqlite:///{scratch}/release.db"  # the grader registers what it grades
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.log = logging.getLogger("rnnlab.release")
        converter.log.setLevel(logging.WARNING)
        converter.start()
        return nbformat.read(Path(scratch, "release", assignment, f"{assignment}.ipynb"), as_version=4)
