"""Classes to be timed: copies of a right notebook, submissions of a single short question, and a mixed class."""

import shutil
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import nbformat

from rnnlab.grading import demo, shipped
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore

TINY = "tiny"
_TINY_CELLS = ("setup", "predicted_weights", "check_predicted_weights")
_LATE = "2026-05-05 12:00:00 UTC"
DUE = "2026-05-04 12:00:00"


def course(root: Path, assignment: str) -> Course:
    """Return a new course in which an assignment is released and the gradebook knows it, as both graders need it."""
    root.mkdir(parents=True)
    (root / "submitted").mkdir()
    if shipped.config().exists():
        shutil.copy(shipped.config(), root)
    made = Course(root)
    released = made.release("02_unfolding" if assignment == TINY else assignment)[0].notebook
    if assignment == TINY:
        released = tiny(released)
    for folder in (made.released(assignment), made.source(assignment)):
        folder.mkdir(parents=True)
        nbformat.write(released, folder / f"{assignment}.ipynb")
    with GradebookStore(made) as book:
        book.register(assignment, made.release(assignment))
    return made


def tiny(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return of assignment 2's notebook what its last question needs: one function, called once."""
    short = nbformat.from_dict(notebook)
    short.cells = [cell for cell in short.cells if cell.metadata.get("nbgrader", {}).get("grade_id") in _TINY_CELLS]
    return short


def right(made: Course, assignment: str) -> str:
    """Return the text of a notebook in which everything is right."""
    answers = demo.Class("02_unfolding" if assignment == TINY else assignment, made.release(assignment)[0].notebook)
    return nbformat.writes(answers.handed_in(answers.right), version=4)


def hand_in(made: Course, assignment: str, texts: Iterator[tuple[str, str]]) -> None:
    """Write submissions, each a student's name and a file's text."""
    for student, text in texts:
        folder = made.submitted(student, assignment)
        folder.mkdir(parents=True)
        (folder / f"{assignment}.ipynb").write_text(text, encoding="utf-8")


def copies(text: str, n: int) -> Iterator[tuple[str, str]]:
    """Yield `n` students with the same text."""
    return ((f"student-{number:05}", text) for number in range(n))


def mixed(made: Course, assignment: str, n: int) -> None:
    """Write `n` submissions: right, blank, cut off, no notebook, one that ends its process; every fifth is late."""
    whole = right(made, assignment)
    blank = nbformat.writes(made.release(assignment)[0].notebook, version=4)
    crash = nbformat.reads(whole, as_version=4)
    crash.cells.append(nbformat.v4.new_code_cell("import os\nos._exit(7)"))
    web = "<!DOCTYPE html>\n<html><body>Log in to continue</body></html>\n"
    kinds = {
        "right": whole,
        "blank": blank,
        "cut": whole[:-200],
        "web": web,
        "crash": nbformat.writes(crash, version=4),
    }
    order = ("right", "right", "right", "blank", "right", "cut", "right", "web", "right", "crash")
    names = [(f"{kind}-{number:05}", kinds[kind]) for number, kind in enumerate(islice(cycle(order), n))]
    hand_in(made, assignment, iter(names))
    for number, (student, _) in enumerate(names):
        time = _LATE if number % 5 == 4 else f"{DUE} UTC"
        (made.submitted(student, assignment) / "timestamp.txt").write_text(f"{time}\n", encoding="utf-8")
