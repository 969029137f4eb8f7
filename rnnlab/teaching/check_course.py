"""What a course's folder lacks before it can be taught with: one line a problem."""

import os
from collections.abc import Iterator
from pathlib import Path

from rnnlab import checks
from rnnlab.grading import class_list
from rnnlab.grading.course import Course
from rnnlab.grading.errors import NotReleased, Refused
from rnnlab.grading.intake import check_student_id, printable, same_name
from rnnlab.grading.nbgrader_bridge import LatePolicy
from rnnlab.grading.questions import asked
from rnnlab.grading.release_notebook import ReleaseNotebook
from rnnlab.grading.sandbox.host import doctor

_SHOWN = 20


def problems(course: Course) -> Iterator[str]:
    """Yield what is missing or wrong in a course's folder, and what to do about it."""
    if not (course.root / "nbgrader_config.py").is_file():
        yield "there is no nbgrader_config.py: rnnlab course new makes one in a folder of its own, copy it from there"
    yield from _notebooks(course)
    people, wrong = _class_list(course)
    yield from wrong
    yield from _submitted(course, people)
    try:
        LatePolicy(course.config, course.root)
    except ValueError as error:
        yield str(error)
    for check in doctor.examine():
        if check.needed and not check.good:
            yield f"the sandbox lacks {check.what}: {check.says}; rnnlab grade doctor says more"


def assignments(course: Course) -> list[str]:
    """Return the names of the assignments that the formgrader lists, those in the source folder."""
    top = Path(course.directory.format_path(course.directory.source_directory, ".", "."))
    return sorted(name for name in os.listdir(top) if (top / name).is_dir()) if top.is_dir() else []


def unknown(course: Course, assignment: str) -> str:
    """Say that a course has no such assignment, and what it has, or that the folder is none of a course."""
    known = assignments(course)
    if known:
        return f"the course has no assignment {assignment!r}, only {', '.join(known)}"
    where = course.root.resolve()
    if not (course.root / "nbgrader_config.py").is_file():
        return f"{where} is no course's folder: go to the one that rnnlab course new made, or name it with --course DIR"
    return f"there is no assignment in {where / 'source'}: rnnlab release NAME puts one there"


def _notebooks(course: Course) -> Iterator[str]:
    known = assignments(course)
    if not known:
        yield f"there is no assignment in {course.directory.source_directory}/: the formgrader lists what is there"
    for assignment in known:
        try:
            released = course.release(assignment)
        except NotReleased as error:
            yield str(error)
            continue
        lost = [line for notebook in released for line in _unknown(notebook, assignment)]
        yield from lost or _unusable(assignment, released)


def _unknown(notebook: ReleaseNotebook, assignment: str) -> Iterator[str]:
    """Yield the notebook's questions that rnnlab cannot judge, so that they would fail while grading."""
    try:
        here = set(checks.questions())
    except ValueError as error:  # in the course's own checks
        yield str(error)
        return
    for number in sorted(set(notebook.questions.values()) - here):
        yield f"{assignment}/{notebook.name}.ipynb checks question {number}, which this rnnlab does not have"


def _unusable(assignment: str, released: tuple[ReleaseNotebook, ...]) -> Iterator[str]:
    """Yield what else is wrong with the questions, so that grading would refuse them."""
    try:
        asked(assignment, released)
    except ValueError as error:
        yield str(error)


def _class_list(course: Course) -> tuple[list[class_list.Person], list[str]]:
    path = course.root / class_list.FILE
    if not path.is_file():
        columns = ",".join(class_list.COLUMNS)
        return [], [f"there is no {class_list.FILE}: write one with the columns {columns}"]
    people, wrong = class_list.read(path)
    if not people and not wrong:
        wrong = [f"{class_list.FILE} names no student: fill it, one line a student"]
    return people, wrong


def _submitted(course: Course, people: list[class_list.Person]) -> Iterator[str]:
    """Yield folders that are no student's, or of nobody on the list, and those that no assignment is called."""
    top = course.root / course.directory.submitted_directory
    if not top.is_dir():
        yield f"there is no folder {course.directory.submitted_directory}/: make it, submissions belong in it"
        return
    listed = {same_name(person.id) for person in people}
    known = set(assignments(course))
    lines = []
    for name in sorted(name for name in os.listdir(top) if not name.startswith(".")):
        where = f"{course.directory.submitted_directory}/{printable(name)}"
        home = top / name
        try:
            check_student_id(name)
        except Refused as error:
            lines.append(f"{where}: {error}")
            continue
        if home.is_symlink() or not home.is_dir():
            lines.append(f"{where} is not a folder: submissions stand in {where}/ASSIGNMENT/")
            continue
        if listed and same_name(name) not in listed:
            lines.append(f"{where}: {class_list.FILE} has no such id; correct the folder's name or add the student")
        for inside in sorted(os.listdir(home))[:_SHOWN]:
            if inside not in known and not inside.startswith("."):
                lines.append(f"{where}/{printable(inside)} is no assignment's name, so it is not graded: rename it")
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"and {len(lines) - _SHOWN} more in {course.directory.submitted_directory}/"
