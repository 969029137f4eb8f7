"""Which assignments and questions there are. Assignments are found, not listed: each is a package with a `NAME`.

The one place where the framework reaches for the content that is built on it, by name and when asked.
"""

import pkgutil
from functools import cache
from importlib import import_module

from rnnlab.checks.question import Alternative, Question

_CONTENT = "rnnlab.assignments"


@cache
def packages() -> dict[str, str]:
    """Return the package of each assignment by the assignment's name, "02_unfolding", in the course's order."""
    content = import_module(_CONTENT)
    found = [f"{_CONTENT}.{module.name}" for module in pkgutil.iter_modules(content.__path__) if module.ispkg]
    return dict(sorted((import_module(package).NAME, package) for package in found))


def module(assignment: str, name: str):
    """Return an assignment's module: "checks", "mistakes" or "alternatives".

    Raises
    ------
    ValueError
        If there is no such assignment, naming those there are.
    """
    if assignment not in packages():
        raise ValueError(f"there is no assignment {assignment!r}, only {', '.join(packages())}")
    return import_module(f"{packages()[assignment]}.{name}")


def load(assignment: str) -> tuple[Question, ...]:
    """Return an assignment's questions.

    Raises
    ------
    ValueError
        If there is no such assignment, naming those there are.
    """
    return module(assignment, "checks").QUESTIONS


def other_answers(assignment: str) -> dict[str, tuple[Alternative, ...]]:
    """Return other right answers to an assignment's questions, by the question's number."""
    load(assignment)
    return module(assignment, "alternatives").ALTERNATIVES


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
    return {question.id: question.names for assignment in packages() for question in load(assignment)}


def find(question: str) -> Question:
    """Return the question of that number, as "2.1".

    Raises
    ------
    ValueError
        If there is no such question, naming those there are.
    """
    every = {q.id: q for assignment in packages() for q in load(assignment)}
    if question not in every:
        raise ValueError(f"there is no question {question!r}, only {', '.join(every)}")
    return every[question]
