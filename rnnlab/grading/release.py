"""One source, three products: from ``solutions/<name>/<name>.py`` the instructor's and the student's notebook.

The source is in the percent format and says nothing twice. A cell that holds ``### BEGIN SOLUTION`` is a solution cell
named after what it defines; a cell that is a ``check(...)`` call is a grade cell worth the points of its question; the
first code cell sets the notebook up; a Markdown cell with ``### BEGIN SOLUTION`` and ``written="13.3" points=4`` in its
head is a written question, marked by hand; a code cell with ``test="name" points=2`` in its head is a test cell of
nbgrader's own kind. The instructor's notebook is made from these rules; the student's is made
from it by nbgrader's own generate step.
"""

import ast
from pathlib import Path

import jupytext
import nbformat

from rnnlab import _files, checks
from rnnlab.checks.own import FILE
from rnnlab.grading.course import OWN, Course
from rnnlab.grading.errors import ReleaseError
from rnnlab.grading.nbgrader_bridge import student_notebook

SOURCES = Path("solutions")
INSTRUCTOR = Path("_build/source")
STUDENT = Path("exercises")
SETUP = "setup"


def release(assignment: str, root: Path = Path()) -> Path:
    """Make the instructor's and the student's notebook of an assignment and return the path of the student's.

    Parameters
    ----------
    assignment : str
        The name of its folder in ``solutions/``, or in ``assignments/`` where it is the course's own.
    root : Path
        The folder of the course.

    Raises
    ------
    ReleaseError
        If there is no such source, or a cell breaks a rule of the format.
    """
    own = root / OWN / assignment / f"{assignment}.py"
    if own.is_file():
        course = Course(root)
        notebook = write_instructor_notebook(own, course.source(assignment) / f"{assignment}.ipynb", own=True)
        student = course.released(assignment) / f"{assignment}.ipynb"
        _write(student_notebook(notebook, assignment), student)
        _hand_out(own.parent, student.parent, course.hands_out_checks)
        return student
    source = root / SOURCES / assignment / f"{assignment}.py"
    if not source.is_file():
        raise ReleaseError(f"there is no {source}: an assignment's source has its folder's name")
    notebook = write_instructor_notebook(source, root / INSTRUCTOR / assignment / f"{assignment}.ipynb")
    student = root / STUDENT / assignment / f"{assignment}.ipynb"
    _write(student_notebook(notebook, assignment), student)
    return student


def _hand_out(source: Path, release: Path, wanted: bool) -> None:
    """Put an assignment's own checks beside the student's notebook, so that they run there; or take them away."""
    if not (source / FILE).is_file():
        return
    for path in sorted(source.glob("*.py")):
        if path.stem in (source.name, "alternatives"):  # the answers
            continue
        if wanted:
            _files.write_text(release / path.name, path.read_text(encoding="utf-8"))
        else:
            (release / path.name).unlink(missing_ok=True)


def write_instructor_notebook(source: Path, path: Path, own: bool = False) -> nbformat.NotebookNode:
    """Make the instructor's notebook from its source, write it to `path`, and return it."""
    notebook = instructor_notebook(source, own)
    _write(notebook, path)
    return notebook


def instructor_notebook(source: Path, own: bool = False) -> nbformat.NotebookNode:
    """Return the notebook with reference answers that a percent-format source describes.

    A source of one's `own` may check any question that there is, and its checks may have other points.
    """
    assignment = source.stem
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.NotebookNode(
        kernelspec={"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    there = [q for name in checks.known() for q in checks.load(name)] if own else checks.shipped(assignment)
    by_id = {question.id: question for question in there}
    checked = []
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{assignment[:2]}-{number:03}"
        metadata, cell.metadata = _head(cell), nbformat.NotebookNode()
        if cell.cell_type == "code":
            checked += _mark(cell, by_id, source, metadata if own else {})
        elif "### BEGIN SOLUTION" in cell.source:
            cell.metadata.nbgrader = _written(metadata, source)
    if own and len(checked) != len(set(checked)):
        raise ReleaseError(f"{source} checks a question twice: {sorted(checked)}")
    if not own and sorted(checked) != sorted(by_id):
        raise ReleaseError(f"{source} checks the questions {sorted(checked)}, expected each of {sorted(by_id)} once")
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first.metadata = nbformat.NotebookNode(tags=[SETUP], nbgrader=_nbgrader(SETUP, locked=True))
    nbformat.validate(notebook)
    return notebook


def _head(cell: nbformat.NotebookNode) -> dict:
    """Return what stands in a cell's head, without what jupytext notes of blank lines."""
    return {key: value for key, value in cell.metadata.items() if not key.startswith("lines_to_")}


def _mark(cell: nbformat.NotebookNode, by_id: dict[str, checks.Question], source: Path, head: dict) -> list[str]:
    """Give a code cell the metadata that its text implies and return the questions that it checks."""
    if "### BEGIN SOLUTION" in cell.source:
        cell.metadata.nbgrader = _nbgrader(_defined(cell.source, source), solution=True)
    elif "test" in head:
        if set(head) != {"test", "points"}:
            raise ReleaseError(f'{source}: a test cell has {sorted(head)} in its head, expected test="name" points=2')
        cell.metadata.nbgrader = _nbgrader(str(head["test"]), grade=True, locked=True, points=float(head["points"]))
    elif cell.source.startswith("check("):
        number, names = _checked(cell.source)
        if number not in by_id or names != by_id[number].names:
            here = [by_id[number]] if number in by_id else list(by_id.values())
            expected = ", ".join(f'check("{q.id}", {", ".join(q.names)})' for q in here)
            raise ReleaseError(f"{source}: {cell.source} checks no question; expected one of {expected}")
        question = by_id[number]
        points = float(head.get("points", question.points))
        cell.metadata.nbgrader = _nbgrader(f"check_{question.key}", grade=True, locked=True, points=points)
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
        _files.write_text(path, text)
