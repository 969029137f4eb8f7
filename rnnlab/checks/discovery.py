"""Which assignments and questions there are. Assignments are found, not listed: each is a package with a `NAME`.

The one place where the framework reaches for the content that is built on it, by name and when asked. A course may have
questions of its own beside those that come with rnnlab: see `own`.
"""

import pkgutil
from functools import cache
from importlib import import_module, util
from types import ModuleType
from typing import Any

from rnnlab.checks import own
from rnnlab.checks.question import Alternative, Question

_CONTENT = "rnnlab.assignments"


@cache
def packages() -> dict[str, str]:
    """Return the package of each of rnnlab's assignments by its name, "02_unfolding", in the course's order."""
    content = import_module(_CONTENT)
    found = [f"{_CONTENT}.{module.name}" for module in pkgutil.iter_modules(content.__path__) if module.ispkg]
    return dict(sorted((import_module(package).NAME, package) for package in found))


def homes(assignment: str) -> tuple[str, ...]:
    """Return the packages that hold an assignment's questions: rnnlab's, the course's own, both, or none."""
    return tuple(every[assignment] for every in (packages(), own.packages()) if assignment in every)


def known() -> tuple[str, ...]:
    """Return every assignment that has questions: rnnlab's, then those that only the course has."""
    return tuple(dict.fromkeys((*packages(), *own.packages())))


def module(assignment: str, name: str) -> ModuleType:
    """Return an assignment's module: "checks", "mistakes" or "alternatives".

    Raises
    ------
    ValueError
        If there is no such assignment, naming those there are, or a course's own module cannot be imported.
    """
    if not homes(assignment):
        raise ValueError(f"there is no assignment {assignment!r}, only {', '.join(known())}")
    return own.imported(homes(assignment)[0], name)


def load(assignment: str) -> tuple[Question, ...]:
    """Return an assignment's questions.

    Raises
    ------
    ValueError
        If there is no such assignment, naming those there are, or a course's own checks are not what they must be.
    """
    module(assignment, "checks")
    return tuple(question for home in homes(assignment) for question in _questions(home))


def _questions(home: str) -> tuple[Question, ...]:
    if home.startswith(_CONTENT):
        return import_module(f"{home}.checks").QUESTIONS
    taken = {question.id for package in packages().values() for question in _questions(package)}
    return own.questions(home, taken)


def shipped(assignment: str) -> tuple[Question, ...]:
    """Return the questions that rnnlab has in an assignment, without those that the course at hand adds to it."""
    return _questions(packages()[assignment]) if assignment in packages() else ()


def table(assignment: str, name: str) -> dict[str, Any]:
    """Return a table of an assignment by the question's number: "MISTAKES", "ALTERNATIVES" or "EQUIVALENT".

    A course's own assignment need not have any.
    """
    found: dict[str, Any] = {}
    place = "mistakes" if name == "MISTAKES" else "alternatives"
    for home in homes(assignment):
        if util.find_spec(f"{home}.{place}") is not None:
            found |= getattr(own.imported(home, place), name, {})
    return found


def other_answers(assignment: str) -> dict[str, tuple[Alternative, ...]]:
    """Return other right answers to an assignment's questions, by the question's number."""
    load(assignment)
    return table(assignment, "ALTERNATIVES")


def questions() -> dict[str, tuple[str, ...]]:
    """Return the names of the functions that each question asks for, by the question's number.

    Returns
    -------
    names : dict of str to tuple of str
        In the course's order.

    Examples
    --------
    >>> questions()["2.3"]
    ('unfold', 'feedforward')
    """
    return {question.id: question.names for assignment in known() for question in load(assignment)}


def find(question: str) -> Question:
    """Return the question of that number, as "2.1".

    A number that is none of rnnlab's is looked for in the course's own checks, then in a ``checks.py`` that stands
    beside the notebook, where a release of the course's own questions has it.

    Raises
    ------
    ValueError
        If there is no such question, naming those there are.
    """
    return _placed(question)[1]


def home_of(question: str) -> str:
    """Return the package that holds a question; see `find`."""
    return _placed(question)[0]


def _placed(number: str) -> tuple[str, Question]:
    every: dict[str, tuple[str, Question]] = {}
    for homes_of in (packages, own.packages, own.beside):
        every |= {question.id: (home, question) for home in homes_of().values() for question in _questions(home)}
        if number in every:
            return every[number]
    hint = "" if own.beside() else f". A question of your own course needs its {own.FILE} beside the notebook"
    raise ValueError(f"there is no question {number!r}, only {', '.join(every)}{hint}")
