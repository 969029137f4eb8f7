"""Which questions an assignment has: the course's by its name, and for one's own those that its notebook checks."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rnnlab import checks
from rnnlab.checks.allowed import allowed
from rnnlab.grading.release_notebook import ReleaseNotebook
from rnnlab.grading.sandbox.host.view import PACKAGE


class Asked(NamedTuple):
    """What is asked, what students may use, and where the code stands that decides about the marks."""

    questions: dict[str, checks.Question]
    absent: tuple[str, ...]
    says: str
    folders: tuple[Path, ...]


def asked(assignment: str, released: Iterable[ReleaseNotebook]) -> Asked:
    """Return what an assignment asks.

    Parameters
    ----------
    assignment : str
        One of the course's, or one of the instructor's own. An own assignment may check questions of several of the
        course's: what one of them hides is hidden in all of it.
    released : iterable of ReleaseNotebook

    Raises
    ------
    ValueError
        If a notebook checks a question that there is not.
    """
    numbers = {number for notebook in released for number in notebook.questions.values()}
    owners = [assignment] if assignment in checks.packages() else _owners(numbers)
    questions = {question.id: question for owner in owners for question in checks.load(owner)}
    if lost := sorted(numbers - set(questions)):
        raise ValueError(f"{assignment} checks question {', '.join(lost)}, which this rnnlab does not have")
    rules = [allowed(owner) for owner in owners]
    absent = sorted({module for rule in rules for module in rule.absent})
    folders = [PACKAGE.joinpath(*checks.packages()[owner].split(".")[1:]) for owner in owners]
    return Asked(questions, tuple(absent), "; ".join(rule.says for rule in rules), tuple(folders))


def _owners(numbers: set[str]) -> list[str]:
    return [name for name in checks.packages() if numbers & {question.id for question in checks.load(name)}]
