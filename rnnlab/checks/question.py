"""A question: one graded function, defined once and used four times.

From one definition come the student's instant check, the grade, the proof that the check is any good, and the demo
class. A question is made of parts; a part probes the student's functions on drawn cases, and the same probe of the
reference says what should have come out. A known mistake is recognised because the probe of *it* gives what the
student's gave.
"""

import inspect
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnlab.checks import codec
from rnnlab.checks.compare import Difference, difference, named_difference
from rnnlab.checks.describe import describe_call
from rnnlab.checks.event_count import Count
from rnnlab.checks.report import Failing, PartResult, Report
from rnnlab.checks.student import ENDS, Failed, LocalStudent, Student

PUBLIC_SEED = 20_260_101
SHAPES = "shapes and dtypes"
UNTOUCHED = "inputs left as they were"


class CaseGenerator:
    """Draws one case: sizes that start small and grow with the case's number, and numbers to fill them.

    Parameters
    ----------
    rng : numpy Generator
        The source of everything drawn.
    case : int
        The case's number within its part, from 0.
    """

    def __init__(self, rng: np.random.Generator, case: int):
        self.rng = rng
        self.case = case

    def size(self, low: int = 1, high: int = 7) -> int:
        """Return a size from `low` to at most `high`, small for the first cases."""
        return int(self.rng.integers(low, min(high, low + 1 + self.case) + 1))

    def array(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        """Return normally distributed float64 numbers of standard deviation `scale`."""
        return self.rng.normal(0.0, scale, shape)


@dataclass
class StudentProxy:
    """A student as a probe sees it: `ask("rnn_step", x, h, ...)` calls the student's function."""

    student: Student
    dead: dict[str, Failed] = field(default_factory=dict)  # functions that asking again would tell nothing new of
    calls: list[tuple[str, tuple]] = field(default_factory=list)
    changed: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, function: str, *args: Any) -> Any:
        return self._asked(self.student.call, function, args)

    def counted(self, function: str, *args: Any, most: int) -> tuple[Any, Count]:
        """Ask, and count the interpreter's instructions meanwhile, up to `most` and one."""
        return self._asked(self.student.call_counted, function, args, most)

    def _asked(self, call: Callable, function: str, args: tuple, *more: int) -> Any:
        self.calls.append((function, args))
        if function in self.dead:
            raise self.dead[function]
        try:
            value = call(function, args, *more)
        except Failed as failed:
            if failed.kind in ENDS:
                self.dead[function] = failed
            raise
        self.changed += [(function, i) for i in self.student.changed]
        return value


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
        How many cases are drawn.
    tolerance : float
        See `compare.difference`. The default leaves five digits above the rounding of float64 sums this size.
    answer : str or tuple of str
        What the value is called in messages; names for each of them where it is a tuple.
    tries : int
        How many drawings a case has: a wrong answer to one brings the next. Where chance has a share in what comes
        out, a false alarm needs that many misfortunes in a row.
    """

    name: str
    points: float
    probe: Probe
    n_cases: int = 6
    tolerance: float = 1e-10
    answer: str | tuple[str, ...] = "the answer"
    tries: int = 1


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
class Outcome:
    """What one case brought: a value or a failure, and whether it is what was expected."""

    sample: tuple[int, ...]  # the case's number and, from its second try on, that of the try
    got: Any
    want: Any
    wrong: Difference | None
    calls: tuple
    changed: tuple


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
    shape_points, untouched_points : float
        For answers of the right shape and dtype, and for leaving the inputs as they were; earned in every case or not
        at all, and only by an answer that also has a part right, so that returning zeros earns nothing.
    hides : tuple of str
        Modules that hold what is asked for: not importable while this is graded.
    seconds : float, optional
        The longest a single call may take in grading, where the grader's own limit is too short for what is asked.
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

    @property
    def points(self) -> float:
        """All the points there are."""
        return sum(part.points for part in self.parts) + self.shape_points + self.untouched_points

    @property
    def key(self) -> str:
        """The name that stands in notebook metadata: letters, digits and underscores only."""
        return self.names[0]

    def examine(self, student: Student, seed: int = PUBLIC_SEED) -> Report:
        """Return the report on what `student` answers to cases drawn from `seed`."""
        dead: dict[str, Failed] = {}
        outcomes = {part.name: list(self._cases(part, student, seed, dead)) for part in self.parts}
        return self._report(outcomes, dead, seed)

    def _draw(self, seed: int, part: Part, sample: tuple[int, ...]) -> CaseGenerator:
        name = zlib.crc32(f"{self.id} {part.name}".encode())
        return CaseGenerator(np.random.default_rng([seed, name, *sample]), sample[0])

    def _probe(
        self, part: Part, student: Student, seed: int, sample: tuple[int, ...], dead: dict[str, Failed] | None = None
    ) -> tuple[Any, StudentProxy]:
        ask = StudentProxy(student, {} if dead is None else dead)
        try:
            return part.probe(ask, self._draw(seed, part, sample)), ask
        except Failed as failed:
            return failed, ask

    def _samples(self, part: Part, seed: int, case: int) -> Iterator[tuple[tuple[int, ...], Any]]:
        """Yield each sample of a case that the reference passes, with what is expected of it."""
        none = True
        for sample in [(case,), *((case, again) for again in range(1, part.tries))]:
            want, _ = self._probe(part, LocalStudent(self.reference), seed, sample)
            if not isinstance(want, Failed):
                none = False
                yield sample, codec.decode(codec.encode(want))
        if none:
            raise RuntimeError(f"the reference of {self.id}, part {part.name!r}: {want}")

    def _cases(self, part: Part, student: Student, seed: int, dead: dict[str, Failed]) -> Iterator[Outcome]:
        for case in range(part.n_cases):
            for sample, want in self._samples(part, seed, case):
                got, ask = self._probe(part, student, seed, sample, dead)
                outcome = Outcome(
                    sample, got, want, _compare(got, want, part, ask), tuple(ask.calls), tuple(ask.changed)
                )
                if not outcome.wrong or (isinstance(got, Failed) and got.kind != "wrong"):
                    break
            yield outcome
            if isinstance(got, Failed) and got.kind in ENDS:
                return

    def recognise(self, part: Part, outcomes: list[Outcome], seed: int) -> list[Mistake]:
        """Return the known mistakes that give in every wrong case of `part`, or change in every case, what this did."""
        wrong = [o for o in outcomes if o.wrong]
        changed = [o for o in outcomes if o.changed]
        return [
            m
            for m in self.mistakes
            if (wrong and self._explains(m, part, wrong, seed)) or (changed and self._changes(m, part, changed, seed))
        ]

    def _explains(self, mistake: Mistake, part: Part, wrong: list[Outcome], seed: int) -> bool:
        exact = False
        for outcome in wrong:
            value, _ = self._probe(part, self._making(mistake), seed, outcome.sample)
            same = _same(outcome.got, value, part.tolerance)
            if same is None:
                return False
            exact |= same
        return exact

    def _changes(self, mistake: Mistake, part: Part, changed: list[Outcome], seed: int) -> bool:
        asks = (self._probe(part, self._making(mistake), seed, o.sample)[1] for o in changed)
        return all(tuple(ask.changed) == o.changed for ask, o in zip(asks, changed, strict=True))

    def _making(self, mistake: Mistake) -> LocalStudent:
        return LocalStudent({**self.reference, **mistake.functions})

    def _report(self, outcomes: dict[str, list[Outcome]], dead: dict[str, Failed], seed: int) -> Report:
        wrong = {p.name: [o for o in outcomes[p.name] if o.wrong] for p in self.parts}
        passed = {p.name: bool(outcomes[p.name]) and not wrong[p.name] for p in self.parts}
        results = [PartResult(p.name, p.points, passed[p.name]) for p in self.parts]
        every = [o for os in outcomes.values() for o in os]
        some = any(passed.values())
        if self.shape_points:
            fits = some and not any(o.wrong and o.wrong.kind == "form" for o in every)
            results.append(PartResult(SHAPES, self.shape_points, fits))
        if self.untouched_points:
            results.append(PartResult(UNTOUCHED, self.untouched_points, some and not any(o.changed for o in every)))
        named = self._named([self.recognise(part, outcomes[part.name], seed) for part in self.parts])
        return Report(
            self.id,
            self.title,
            tuple(results),
            tuple(m.hint for m in named),
            self._first_failing(wrong),
            " ".join(f"{function} {failed}." for function, failed in dead.items()),
            tuple(self._overwritten(every)),
        )

    def _named(self, found: list[list[Mistake]]) -> list[Mistake]:
        """Return the mistakes that explain every part where any was recognised, else all that explain some part."""
        found = [names for names in found if names]
        every = [m for m in self.mistakes if found and all(m in names for names in found)]
        return every or [m for m in self.mistakes if any(m in names for names in found)]

    def _overwritten(self, outcomes: list[Outcome]):
        places = dict.fromkeys(place for o in outcomes for place in o.changed)
        for function, i in places:
            yield f"{function} changed its input {self._parameters(function)[i]} in place: work on a copy of it."

    def _first_failing(self, wrong: dict[str, list[Outcome]]) -> Failing | None:
        for name, outcomes in wrong.items():
            for outcome in [o for o in outcomes if not _says_nothing(o.got)][:1]:
                assert outcome.wrong is not None
                calls = [describe_call(f, args, self._parameters(f)) for f, args in outcome.calls[-2:]]
                return Failing(name, tuple(calls), outcome.wrong.message, outcome.got, outcome.want)
        return None

    def _parameters(self, function: str) -> list[str]:
        return list(inspect.signature(self.reference[function]).parameters)


def _says_nothing(got: Any) -> bool:
    return isinstance(got, Failed) and got.kind in ("missing", "unwritten")


def _same(got: Any, value: Any, tolerance: float) -> bool | None:
    """Return True for the same outcome, False for the same kind of error in other words, None for another outcome."""
    if isinstance(got, Failed) and isinstance(value, Failed):
        kinds = [(f.kind, f.message.split(":")[0]) for f in (got, value)]
        return got == value if kinds[0] == kinds[1] else None
    if isinstance(got, Failed) or isinstance(value, Failed):
        return None
    return True if difference(got, value, tolerance) is None else None


def _compare(got: Any, want: Any, part: Part, ask: StudentProxy) -> Difference | None:
    if isinstance(got, Failed) and got.kind == "wrong":
        return Difference("value", got.message)
    if isinstance(got, Failed):
        return Difference("form", f"{ask.calls[-1][0] if ask.calls else 'it'} {got}")
    if isinstance(part.answer, tuple):
        return named_difference(got, want, part.tolerance, part.answer)
    return difference(got, want, part.tolerance, part.answer)
