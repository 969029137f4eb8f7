"""The code that students handed in, and the code that all of them were given."""

import contextlib

from rnnlab.grading import intake, release_notebook, shipped, submission
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
                work, _ = submission.read(one, handed, settings)
            except Refused:
                continue
            cells += [source for _, source in work.cells]
        if cells:
            found[student] = cells
    return found


def given(course: Course, assignment: str) -> list[str]:
    """Return the code of the release and of the reference answers."""
    cells = [c.source for one in course.release(assignment) for c in one.notebook.cells if c.cell_type == "code"]
    source = shipped.source(assignment)
    answered = [instructor_notebook(source)] if source.is_file() else []
    with contextlib.suppress(Exception):  # the course's own answers: a notebook that cannot be read has none
        answered += [one.notebook for one in release_notebook.read(course.source(assignment))]
    return cells + [c.source for one in answered for c in one.cells if c.cell_type == "code"]
