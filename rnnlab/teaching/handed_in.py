"""The code that students handed in, and the code that all of them were given."""

import contextlib

import nbformat

from rnnlab.grading import intake, shipped, submission
from rnnlab.grading.course import Course
from rnnlab.grading.errors import Refused
from rnnlab.grading.release import instructor_notebook
from rnnlab.grading.settings import Settings


def code(course: Course, assignment: str) -> dict[str, list[str]]:
    """Return each student's own cells of code; whoever handed in nothing that can be read is left out."""
    settings = Settings()
    released = course.release(assignment)
    names = frozenset(f"{one.name}.ipynb" for one in released)
    found = {}
    for student in course.students(assignment):
        cells: list[str] = []
        try:
            intake.check_student_id(student)
            handed = intake.read(course.submitted(student, assignment), settings, names)
        except Refused:
            continue
        for one in released:
            try:
                chosen, _ = submission.choose(one, handed.notebooks, settings)
            except Refused:
                continue
            cells += [source for _, source in submission.assemble(one, chosen, handed).cells]
        if cells:
            found[student] = cells
    return found


def given(course: Course, assignment: str) -> list[str]:
    """Return the code of the release and of the reference answers."""
    cells = [c.source for one in course.release(assignment) for c in one.notebook.cells if c.cell_type == "code"]
    source = shipped.source(assignment)
    answered = [instructor_notebook(source)] if source.is_file() else []
    for path in sorted(course.source(assignment).glob("*.ipynb")):  # the course's own answers
        with contextlib.suppress(Exception):
            answered.append(nbformat.read(path, as_version=4))
    return cells + [c.source for one in answered for c in one.cells if c.cell_type == "code"]
