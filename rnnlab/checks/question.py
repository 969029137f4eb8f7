"""A question: one graded function, defined once and used four times.

From one definition come the student's instant check, the grade, the proof that the check is any good, and the demo
class. A question is made of parts; a part probes the student's functions on drawn cases, and the same probe of the
reference says what should have come out. What goes for every question is done here and not by its author: sizes by
plan, arguments in every layout, every function asked twice, one policy for values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rnnlab.checks.asking import StudentProxy
from rnnlab.checks.draw import CaseGenerator
from rnnlab.checks.report import Report
from rnnlab.checks.student import Student

__all__ = [
    "PUBLIC_SEED",
    "SHAPES",
    "Alternative",
    "CaseGenerator",
    "Mistake",
    "Part",
    "Probe",
    "Question",
    "StudentProxy",
    "question",
]
PUBLIC_SEED = 20_260_101
SHAPES = "shapes and dtypes"

Probe = Callable[[StudentProxy, CaseGenerator], Any]


@dataclass(frozen=True)
class Part:
    """One thing a question asks for, with the points it is worth.

    Parameters
    ----------
    name : str
        What is asked for, as the student reads it.
    points : float
        What it is worth; every case must pass.
    probe : callable
        Given an `StudentProxy` and a `CaseGenerator`, ask the student's functions something and return what came out.
    n_cases : int
        How many cases are drawn. The default is a full plan of sizes; from six on it is made one, unless the question
        takes `seconds`. Fewer are for probes that cost.
    tolerance : float
        See `compare.difference`. The default leaves five digits above the rounding of float64 sums this size.
    answer : str or tuple of str
        What the value is called in messages; names for each of them where it is a tuple.
    tries : int
        How many drawings a case has: a wrong answer to one brings the next. Where chance has a share in what comes
        out, a false alarm needs that many misfortunes in a row.
    twice : bool
        Whether a case is asked for again after another one, and must give the same again. Not where `tries` are
        several or there is a single case.
    read_only : bool
        Whether what the question `keeps` is read-only in every third case and the last. Where no part says so, it is in
        the cheapest one of each function.
    judges : bool
        Whether the probe judges by itself: what is wrong it says with `student.wrong`, and it returns the same for
        every right answer. The reference is asked only about what a student fails, as a drawing that it fails itself
        does not count.
    """

    name: str
    points: float
    probe: Probe
    n_cases: int = 6
    tolerance: float = 1e-10
    answer: str | tuple[str, ...] = "the answer"
    tries: int = 1
    twice: bool = True
    read_only: bool = False
    judges: bool = False


@dataclass(frozen=True)
class Mistake:
    """A wrong way of writing a question's functions that students really take, and the sentence that helps."""

    name: str
    hint: str
    functions: Mapping[str, Any]


@dataclass(frozen=True)
class Alternative:
    """Another right way of writing a question's functions."""

    style: str
    functions: Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """One graded function (or a few that belong together).

    Parameters
    ----------
    id : str
        Number of the chapter and of the question in it, "2.1".
    title : str
        What is asked for.
    names : tuple of str
        The functions that the student writes.
    reference : mapping
        The right functions by name.
    parts : tuple of Part
    mistakes : tuple of Mistake
    shape_points : float
        For answers of the right shape and dtype; earned in all cases that are asked or not at all, and only by an
        answer that also has a part right, so that returning zeros earns nothing.
    untouched_points : float
        Added to the part that is worth most. (Once they were for leaving the inputs as they were, which only the
        student's own process can tell.)
    hides : tuple of str
        Modules that hold what is asked for: not importable while this is graded.
    seconds : float, optional
        The longest a single call may take in grading, where the grader's own limit is too short for what is asked.
    keeps : tuple of str
        Parameters whose arrays the text asks to leave as they are.
    layouts : bool
        Whether arrays are handed over transposed and strided, too: not where answers are compiled for contiguous ones.
    views : bool
        Whether a result may be an argument or a part of one where the reference makes it anew.
    """

    id: str
    title: str
    names: tuple[str, ...]
    reference: Mapping[str, Any]
    parts: tuple[Part, ...]
    mistakes: tuple[Mistake, ...] = ()
    shape_points: float = 0.0
    untouched_points: float = 0.0
    hides: tuple[str, ...] = ()
    seconds: float | None = None
    keeps: tuple[str, ...] = ()
    layouts: bool = True
    views: bool = False

    def __post_init__(self) -> None:
        if self.untouched_points:
            most = max(self.parts, key=lambda part: part.points)
            richer = replace(most, points=most.points + self.untouched_points)
            object.__setattr__(self, "parts", tuple(richer if part is most else part for part in self.parts))
            object.__setattr__(self, "untouched_points", 0.0)

    @property
    def points(self) -> float:
        """All the points there are."""
        return sum(part.points for part in self.parts) + self.shape_points

    @property
    def key(self) -> str:
        """The name that stands in notebook metadata: letters, digits and underscores only."""
        return self.names[0]

    def examine(self, student: Student, seed: int = PUBLIC_SEED) -> Report:
        """Return the report on what `student` answers to cases drawn from `seed`."""
        from rnnlab.checks.examination import Examination

        return Examination(self, student, seed).report()

    def loses(self, student: Student, seed: int = PUBLIC_SEED) -> bool:
        """Return whether `student` loses points for the cases drawn from `seed`: sooner than `examine` says so."""
        from rnnlab.checks.examination import Examination

        return Examination(self, student, seed).loses()


def question(
    id: str,
    title: str,
    reference: Mapping[str, Any],
    parts: tuple[Part, ...],
    mistakes: Mapping[str, tuple[Mistake, ...]],
    **more: Any,
) -> Question:
    """Return a question that asks for the functions of `reference`, in their order.

    Parameters
    ----------
    mistakes : mapping
        An assignment's known mistakes by the question's number.
    **more
        See `Question`.
    """
    return Question(id, title, tuple(reference), reference, parts, mistakes.get(id, ()), **more)
