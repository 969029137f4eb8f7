"""What only the instructor's notebook has: model answers and rubrics, and test cells with their hidden tests."""

import re
from pathlib import Path

import nbformat

from rnnlab.grading.course import Course
from rnnlab.grading.release_notebook import ReleaseNotebook

_ANSWER = re.compile(r"### BEGIN SOLUTION\n(.*?)\n?### END SOLUTION", re.DOTALL)
_MARKS = re.compile(r"^\s*### (?:BEGIN|END) HIDDEN TESTS\s*$\n?", re.MULTILINE)
_SHOWN = re.compile(r'<details class="rnnlab-rubric">.*?</details>', re.DOTALL)


def _cells(course: Course, assignment: str, name: str) -> dict[str, nbformat.NotebookNode]:
    path = Path(course.source(assignment), f"{name}.ipynb")
    if not path.is_file():
        return {}
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise ValueError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}") from None
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}


def rubrics(course: Course, assignment: str, released: ReleaseNotebook) -> dict[str, str]:
    """Return what stands between the marks of a solution in each written question, by its grade id."""
    cells = _cells(course, assignment, released.name)
    found = {name: _ANSWER.search(cells[name].source) for name in released.prose if name in cells}
    return {name: match[1].strip() for name, match in found.items() if match}


def tests(course: Course, assignment: str, released: ReleaseNotebook) -> dict[str, str]:
    """Return the text of nbgrader's own test cells, with the tests that the release does not show."""
    cells = _cells(course, assignment, released.name) if released.test_cells else {}
    hidden = {name: _MARKS.sub("", cells[name].source) for name in released.test_cells if name in cells}
    return {**released.test_cells, **hidden}


def beside(rubric: str, points: float, name: str) -> nbformat.NotebookNode:
    """Return a cell for whoever marks an answer, to stand below it: folded, and in no feedback page."""
    head = f"<summary><b>For whoever marks: what a full answer says</b> ({points:g} points)</summary>"
    text = f'<details class="rnnlab-rubric">{head}\n\n{rubric.replace("</details>", "")}\n\n</details>'
    return nbformat.v4.new_markdown_cell(text, id=f"rubric-{name}"[:64])


def without_rubrics(page: str) -> str:
    """Return a feedback page without what is for whoever marks."""
    return _SHOWN.sub("", page)
