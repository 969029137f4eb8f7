"""Questions: what a graded function must do, drawn, checked and explained.

In a notebook, `check` is all there is to know.

Examples
--------
>>> from rnnlab.checks import check
>>> check("2.5", lambda: 42)
2.5 A prediction: 1 of 1 points
-------------------------------
✓ the number of different weights (1)
1.0
"""

import contextlib
import copy
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rnnlab.checks.allowed import of_question, only
from rnnlab.checks.cases import Cases
from rnnlab.checks.discovery import find, known, load, other_answers, packages, questions, shipped
from rnnlab.checks.question import PUBLIC_SEED, Alternative, CaseGenerator, Mistake, Part, Question, StudentProxy
from rnnlab.checks.report import Report
from rnnlab.checks.student import LocalStudent
from rnnlab.checks.surroundings import settled
from rnnlab.checks.values import POLICY

__all__ = [
    "POLICY",
    "PUBLIC_SEED",
    "Alternative",
    "CaseGenerator",
    "Mistake",
    "Part",
    "Question",
    "Report",
    "StudentProxy",
    "case",
    "check",
    "examine",
    "find",
    "known",
    "load",
    "other_answers",
    "packages",
    "questions",
    "shipped",
    "when_written",
]


def examine(question: str, *answers: Callable, seed: int = PUBLIC_SEED) -> Report:
    """Return the report on answers to a question.

    Parameters
    ----------
    question : str
        Its number, as "2.1".
    *answers : functions
        In the order in which the question names them.
    seed : int, optional
        What the cases are drawn from: by default the public seed, as in the notebooks.

    Returns
    -------
    report : Report
        With `points`, `max_points`, `parts`, `hints` and `first_failing`.

    Raises
    ------
    ValueError
        If there is no such question, or it asks for another number of functions.

    Examples
    --------
    >>> report = examine("3.2", lambda w_h, name: 0.0)
    >>> report.points < report.max_points, report.first_failing is not None
    (True, True)
    """
    asked = find(question)
    if len(answers) != len(asked.names):
        raise ValueError(f"question {question} takes {', '.join(asked.names)}, but {len(answers)} answers were given")
    student = LocalStudent(dict(zip(asked.names, answers, strict=True)))
    rule = of_question(question)
    student.around = lambda: only(rule, answers)
    with settled():
        report = asked.examine(student, seed)
    return replace(report, notes=(*report.notes, *student.notes))


def check(question: str, *answers: Callable) -> float:
    """Show what is right and what is not yet, and return the points earned.

    Parameters
    ----------
    question : str
        Its number, as "2.1".
    *answers : functions
        In the order in which the question names them.

    Returns
    -------
    points : float
        From 0 to what the question is worth; 0 where there is no such question.

    Examples
    --------
    >>> check("3.9")  # doctest: +ELLIPSIS
    there is no question '3.9', only ...
    0.0
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


def case(
    question: str,
    part: str,
    number: int | tuple[int, ...],
    seed: int = PUBLIC_SEED,
    call: int = -1,
    answers: Sequence[Callable] = (),
) -> tuple:
    """Return the arguments that a check hands over in one of its cases, to look at them or to try a function on.

    Parameters
    ----------
    question : str
        Its number, as "2.1".
    part : str
        The part's name, as the check writes it.
    number : int or tuple of int
        The case's number within the part, as a failing check tells it.
    seed : int, optional
        What the case is drawn from.
    call : int, optional
        Which of the case's calls, where it has several: by default the last.
    answers : sequence of functions, optional
        Whom the case asks, in the order in which the question names them: what an earlier call returned, a tape for
        example, may be handed to a later one. By default those that are right.

    Returns
    -------
    arguments : tuple
        Copies, contiguous and free to be changed.

    Raises
    ------
    ValueError
        If there is no such question or part, or there are more or fewer answers than the question has functions.
    IndexError
        If the part has no such case, or the case no such call.

    Examples
    --------
    >>> x, h, w_x, w_h, b_h = case("2.1", "the bias alone", 0)
    >>> bool(w_x.any()), bool(b_h.any())
    (False, True)
    """
    asked = find(question)
    chosen = [p for p in asked.parts if p.name == part]
    if not chosen:
        raise ValueError(f"question {question} has no part {part!r}, only {', '.join(p.name for p in asked.parts)}")
    if answers and len(answers) != len(asked.names):
        raise ValueError(f"{len(answers)} answers were given, expected {len(asked.names)}: {', '.join(asked.names)}")
    cases, sample = Cases(asked, seed), (number,) if isinstance(number, int) else tuple(number)
    with settled():
        if answers:
            student = LocalStudent(dict(zip(asked.names, answers, strict=True)))
            calls = cases.outcome(chosen[0], student, sample).calls
        else:
            calls = tuple(cases.wanted(chosen[0], sample)[1].calls)
    return copy.deepcopy(calls[call][1])


@contextlib.contextmanager
def when_written(*functions: Callable) -> Iterator[None]:
    """Run what follows, or say which functions to write first where it meets one that is not written yet.

    Parameters
    ----------
    *functions : functions
        What the code in the block calls.

    Yields
    ------
    None
        Nothing.

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
