"""One student, one question: the cases are asked, and the report says what came of them.

A part whose answers are wrong twice is lost: its last case is asked, and no other.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from rnnlab.checks import hints
from rnnlab.checks.cases import SETTINGS, TWIN, shared
from rnnlab.checks.compare import Difference, difference
from rnnlab.checks.describe import describe_call
from rnnlab.checks.hints import Outcome, Seen
from rnnlab.checks.probes import parameters
from rnnlab.checks.question import PUBLIC_SEED, SHAPES, Mistake, Part, Question
from rnnlab.checks.report import Failing, PartResult, Report
from rnnlab.checks.student import ENDS, Failed, Student

_KEEPS = (
    "{function} was called again with the same arguments after another call, and returned something else: it keeps "
    "something between calls"
)
_REMEMBERS = (
    "{function} was called again with the same sizes and settings but other numbers, and returned what it had returned "
    "before: it keeps its answers"
)
_MIXES_UP = (
    "{function} was called again with another value of {setting} and all else the same, and returned what it had "
    "returned before: it does not use {setting}, or it keeps its answers"
)
# Wrong cases of a part, after which only its last is asked: it has what is read-only and the largest sizes. One of them
# must have a value: of an answer that stops wherever two sizes differ, the case with equal sizes says what is missing.
_ENOUGH = 2
_AGAIN = 3  # cases a part that a hint is tried on with another seed


class Examination:
    """What a student answers to a question.

    Parameters
    ----------
    question : Question
    student : Student
    seed : int
        What the cases are drawn from.
    """

    def __init__(self, question: Question, student: Student, seed: int):
        self.question = question
        self.student = student
        self.cases = shared(question, seed)
        self.dead: dict[str, Failed] = {}

    @cached_property
    def outcomes(self) -> dict[str, list[Outcome]]:
        """What came of the cases that were asked, by the name of their part."""
        return {part.name: list(self._ask(part)) for part in self.question.parts}

    def loses(self) -> bool:
        """Return whether the answers lose points; after a wrong one to a part with points, no more is asked."""
        outcomes: dict[str, list[Outcome]] = {}
        for part in self.question.parts:
            outcomes[part.name] = []
            for outcome in self._ask(part):
                outcomes[part.name].append(outcome)
                if outcome.wrong and part.points:
                    return True
        self.outcomes = outcomes
        return self.report().points < self.question.points

    def _ask(self, part: Part) -> Iterator[Outcome]:
        twice = part.twice and part.tries == 1 and part.n_cases > 1
        n_wrong, has_value, last = 0, False, self.cases.count(part) - 1
        for case in range(last + 1):
            if has_value and n_wrong >= _ENOUGH and case < last:
                continue
            outcome = self._case(part, case)
            yield outcome
            n_wrong += bool(outcome.wrong)
            has_value |= bool(outcome.wrong) and not isinstance(outcome.got, Failed)
            if isinstance(outcome.got, Failed) and outcome.got.kind in (*ENDS, "too large"):
                return
            if twice and not outcome.wrong:
                yield from self._alike(part, case, outcome)
            if twice and case == 1 and not outcome.wrong:
                yield from self._twice(part, case)

    def _case(self, part: Part, case: int) -> Outcome:
        """Return what came of the first drawing that the student passes, or else of the last one."""
        outcome, refused = None, None
        for sample in [(case,), *((case, again) for again in range(1, part.tries))]:
            try:
                outcome = self.cases.outcome(part, self.student, sample, self.dead)
            except Failed as failed:
                refused = failed
                continue
            if not outcome.wrong or (isinstance(outcome.got, Failed) and outcome.got.kind != "wrong"):
                break
        if outcome is None:
            raise RuntimeError(f"the reference of {self.question.id}, part {part.name!r}: {refused}")
        return outcome

    def _twice(self, part: Part, case: int) -> Iterator[Outcome]:
        """Ask for other numbers of the same sizes, and then for the case once more."""
        other = self._other(part, (case, TWIN))
        if other is not None:
            yield other
            again = self.cases.outcome(part, self.student, (case,), self.dead)
            yield _told(again, _KEEPS) if again.wrong and not again.odd else again

    def _alike(self, part: Part, case: int, before: Outcome) -> Iterator[Outcome]:
        """Ask for cases that have the sizes and settings of this one and some of its numbers, or all but a setting."""
        for sample in self.cases.alikes(part, case):
            other = self._other(part, sample)
            if other is not None:
                settings = sample[1] >= SETTINGS
                old = self.cases.before(part, sample) if settings else before.got
                kept = other.wrong and not isinstance(other.got, Failed)
                kept = kept and difference(other.got, old, part.tolerance) is None
                message = self._mixes_up(other.calls[0][0], sample[1] - SETTINGS) if settings else _REMEMBERS
                yield _told(other, message) if kept else other

    def _mixes_up(self, function: str, place: int) -> str:
        return _MIXES_UP.format(function=function, setting=parameters(self.question, function)[place])

    def _other(self, part: Part, sample: tuple[int, ...]) -> Outcome | None:
        try:
            self.cases.wanted(part, sample)
        except Failed:  # a drawing of no use
            return None
        return self.cases.outcome(part, self.student, sample, self.dead)

    def report(self) -> Report:
        """Return the report."""
        wrong = {name: [o for o in outcomes if o.wrong] for name, outcomes in self.outcomes.items()}
        for name, outcome in self.cases.late(self.outcomes).items():
            wrong[name] = wrong[name] or [outcome]
        passed = {name: bool(outcomes) and not wrong[name] for name, outcomes in self.outcomes.items()}
        results = [PartResult(part.name, part.points, passed[part.name]) for part in self.question.parts]
        if self.question.shape_points:
            fits = any(passed.values()) and not any(
                o.wrong and o.wrong.kind == "form" for os in wrong.values() for o in os
            )
            results.append(PartResult(SHAPES, self.question.shape_points, fits))
        return Report(
            self.question.id,
            self.question.title,
            tuple(results),
            tuple(mistake.hint for mistake in self.recognised()),
            self._first_failing(wrong),
            " ".join(f"{function} {failed}." for function, failed in self.dead.items()),
            tuple(self._overwritten()),
        )

    def recognised(self) -> list[Mistake]:
        """Return the known mistakes that explain all that was seen, if they are few enough to tell."""
        found = hints.suspects(self.question.mistakes, self._seen(), self.cases.replay, self._without_arguments)
        found = [mistake for mistake in found if self._fits_what_passed(mistake)]
        if found and self.question.seconds is None:
            found = self._still(found)
        return found if len(found) <= hints.MOST else []

    def _seen(self) -> list[Seen]:
        return [Seen(p, p.tolerance, self.outcomes[p.name], self._dear(p)) for p in self.question.parts]

    def _dear(self, part: Part) -> bool:
        return part.tries > 1 or (self.question.seconds is not None and part.n_cases == 1)

    def _fits_what_passed(self, mistake: Mistake) -> bool:
        """Return whether a mistake passes the first case of each part of many draws that the student passed."""
        passed = [
            (part, self.outcomes[part.name][0].sample)
            for part in self.question.parts
            if self._dear(part) and self.outcomes[part.name] and not any(o.wrong for o in self.outcomes[part.name])
        ]
        made = (one for part, sample in passed for one in self.cases.replay(mistake.functions, part, [sample]))
        try:
            return not any(outcome.wrong for outcome in made)
        except Failed:  # the student passed, and neither the mistake nor the reference does
            return False

    def _still(self, found: list[Mistake]) -> list[Mistake]:
        """Return those mistakes that also explain what the student's functions do with another seed."""
        other = shared(self.question, self.cases.seed + 1)
        seen = []
        for part in self.question.parts:
            if self._dear(part):
                continue
            outcomes = []
            for case in range(1, min(1 + _AGAIN, other.count(part))):
                try:
                    other.wanted(part, (case,))
                except Failed:
                    continue
                outcomes.append(other.outcome(part, self.student, (case,), self.dead))
            seen.append(Seen(part, part.tolerance, outcomes, dear=False))
        return hints.still(found, seen, other.replay)

    def _without_arguments(self, function: str) -> bool:
        return not parameters(self.question, function)

    def _overwritten(self) -> Iterator[str]:
        places = dict.fromkeys(place for outcomes in self.outcomes.values() for o in outcomes for place in o.changed)
        for function, i in places:
            names = parameters(self.question, function)
            if i < len(names):
                yield (
                    f"{function} changed its input {names[i]} in place. Whoever called it may still need it: work on a "
                    "copy."
                )

    def _first_failing(self, wrong: dict[str, list[Outcome]]) -> Failing | None:
        for name, outcomes in wrong.items():
            for outcome in [o for o in outcomes if not _says_nothing(o.got)][:1]:
                assert outcome.wrong is not None
                shown = outcome.calls[-2:] if outcome.at == -1 else outcome.calls[outcome.at :][:1]
                calls = [describe_call(f, args, parameters(self.question, f)) for f, args in shown]
                return Failing(
                    name,
                    tuple(calls),
                    outcome.wrong.message,
                    outcome.got,
                    outcome.want,
                    outcome.sample,
                    self.cases.seed,
                    self._code(outcome),
                )
        return None

    def _code(self, outcome: Outcome) -> str:
        """Return a line, to be pasted as it is, that draws a failing case again. A secret seed is kept."""
        if self.cases.seed != PUBLIC_SEED or not outcome.calls:
            return ""
        case = outcome.sample[0] if len(outcome.sample) == 1 else outcome.sample
        home = next(p for p in self.question.parts if any(o.calls is outcome.calls for o in self.outcomes[p.name]))
        # what an earlier call returned may be handed to a later one, and only its own author can read a tape
        several = max(len(outcome.calls), len(self.cases.wanted(home, outcome.sample)[1].calls)) > 1
        more = f", answers=[{', '.join(self.question.names)}]" if several else ""
        more = more if outcome.at == -1 else f", call={outcome.at}{more}"
        call = f"{outcome.calls[outcome.at][0]}(*checks.case({self.question.id!r}, {home.name!r}, {case}{more}))"
        return f"from rnnlab import checks; {call}"


def _told(outcome: Outcome, message: str) -> Outcome:
    """Return an outcome that is wrong for another reason, said of the function that was asked last."""
    function = outcome.calls[-1][0] if outcome.calls else "the function"
    wrong = Difference("value", message.format(function=function))
    return replace(outcome, wrong=wrong)


def _says_nothing(got: object) -> bool:
    return isinstance(got, Failed) and got.kind in ("missing", "unwritten")
