"""Which questions an assignment has: the course's by its name, and for one's own those that its notebook checks."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rnnlab import checks
from rnnlab.checks import discovery, own
from rnnlab.checks.allowed import allowed
from rnnlab.grading.course import Course
from rnnlab.grading.release_notebook import ReleaseNotebook
from rnnlab.grading.sandbox.host.view import PACKAGE


class Asked(NamedTuple):
    """What is asked, what students may use, and where the code stands that decides about the marks, with its names."""

    questions: dict[str, checks.Question]
    absent: tuple[str, ...]
    says: str
    folders: tuple[Path, ...]
    homes: tuple[str, ...]


def asked(assignment: str, released: Iterable[ReleaseNotebook]) -> Asked:
    """Return what an assignment asks.

    Parameters
    ----------
    assignment : str
        One of the course's, or one of the instructor's own. An own assignment may have questions of its own, and check
        questions of several others: what one of them hides is hidden in all of it.
    released : iterable of ReleaseNotebook

    Raises
    ------
    ValueError
        If a notebook checks a question that there is not.
    """
    numbers = {number for notebook in released for number in notebook.questions.values()}
    owners = _owners(assignment, numbers)
    questions = {question.id: question for owner in owners for question in checks.load(owner)}
    if lost := sorted(numbers - set(questions)):
        raise ValueError(f"{assignment} checks question {', '.join(lost)}, which this rnnlab does not have")
    rules = [allowed(owner) for owner in owners]
    absent = sorted({module for rule in rules for module in rule.absent})
    homes = tuple(home for owner in owners for home in discovery.homes(owner))
    return Asked(questions, tuple(absent), "; ".join(rule.says for rule in rules), tuple(map(_folder, homes)), homes)


def _owners(assignment: str, numbers: set[str]) -> list[str]:
    """Return the assignments that the questions come from: the assignment itself, and others for what it has not."""
    here = [assignment] if assignment in checks.known() else []
    lost = numbers - {question.id for name in here for question in checks.load(name)}
    others = [name for name in checks.known() if name not in here] if lost else []
    return [*here, *(name for name in others if lost & {question.id for question in checks.load(name)})]


def _folder(home: str) -> Path:
    return own.folder(home) if home.startswith(own.ROOT) else PACKAGE.joinpath(*home.split(".")[1:])


def by_cell(course: Course, assignment: str) -> dict[str, checks.Question]:
    """Return the questions that an assignment's notebooks check, by the grade ids of their cells.

    There are none where nothing is released, or it checks what this rnnlab does not have.
    """
    try:
        released = course.release(assignment)
        known = asked(assignment, released).questions
    except ValueError:
        return {}
    return {name: known[number] for one in released for name, number in one.questions.items()}
