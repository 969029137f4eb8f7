"""Questions: what a graded function must do, drawn, checked and explained.

In a notebook, `check` is all there is to know.

Examples
--------
>>> from rnnlab.questions import check
>>> check("2.5", lambda: 42)
2.5 A prediction: 1 of 1 points
-------------------------------
✓ the number of different weights (1)
1.0
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module

from rnnlab.questions.core import Alternative, Question
from rnnlab.questions.report import Report
from rnnlab.questions.student import LocalStudent

ASSIGNMENTS = {
    "01_sequences": "sequences",
    "02_unfolding": "unfolding",
    "03_activation_functions": "activation_functions",
    "04_backpropagation": "backpropagation",
    "05_truncation": "truncation",
    "06_vanishing_gradients": "vanishing_gradients",
    "07_variants": "variants",
    "08_bidirectional": "bidirectional",
    "09_gru": "gru",
    "10_lstm": "lstm",
    "11_applications": "applications",
    "12_speed": "speed",
    "13_scoreboard": "scoreboard",
}

__all__ = [
    "ASSIGNMENTS",
    "Alternative",
    "Question",
    "Report",
    "check",
    "examine",
    "find",
    "load",
    "other_answers",
    "when_written",
]


def load(assignment: str) -> tuple[Question, ...]:
    """Return an assignment's questions.

    Raises
    ------
    ValueError
        If there is no such assignment, naming those there are.
    """
    if assignment not in ASSIGNMENTS:
        raise ValueError(f"there is no assignment {assignment!r}, only {', '.join(ASSIGNMENTS)}")
    return import_module(f"rnnlab.questions.{ASSIGNMENTS[assignment]}").QUESTIONS


def other_answers(assignment: str) -> dict[str, tuple[Alternative, ...]]:
    """Return other right answers to an assignment's questions, by the question's number."""
    load(assignment)
    return import_module(f"rnnlab.questions.alternatives.{ASSIGNMENTS[assignment]}").ALTERNATIVES


def find(question: str) -> Question:
    """Return the question of that number, as "2.1".

    Raises
    ------
    ValueError
        If there is no such question, naming those there are.
    """
    every = {q.id: q for assignment in ASSIGNMENTS for q in load(assignment)}
    if question not in every:
        raise ValueError(f"there is no question {question!r}, only {', '.join(every)}")
    return every[question]


def examine(question: str, *answers: Callable) -> Report:
    """Return the report on your answers to a question, checked on cases from the public seed.

    Parameters
    ----------
    question : str
        Its number, as "2.1".
    *answers : functions
        In the order in which the question names them.
    """
    asked = find(question)
    if len(answers) != len(asked.names):
        raise ValueError(f"question {question} takes {', '.join(asked.names)}, but {len(answers)} answers were given")
    student = LocalStudent(dict(zip(asked.names, answers, strict=True)))
    report = asked.examine(student)
    return replace(report, notes=(*report.notes, *student.notes))


def check(question: str, *answers: Callable) -> float:
    """Show what is right and what is not yet, and return the points earned.

    Parameters
    ----------
    question : str
        Its number, as "2.1".
    *answers : functions
        In the order in which the question names them.
    """
    try:
        report = examine(question, *answers)
    except ValueError as error:
        print(error)
        return 0.0
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        sys.modules["IPython"].display.display(report)
    else:
        print(report)
    return report.points


@contextlib.contextmanager
def when_written(*functions: Callable) -> Iterator[None]:
    """Run what follows, or say which functions to write first where it meets one that is not written yet.

    Examples
    --------
    >>> def rnn_step(x, h):
    ...     raise NotImplementedError
    >>> with when_written(rnn_step):
    ...     rnn_step(1, 2)
    This shows something once rnn_step is written.
    """
    try:
        yield
    except NotImplementedError:
        names = " and ".join(f.__name__ for f in functions)
        print(f"This shows something once {names} {'is' if len(functions) == 1 else 'are'} written.")
