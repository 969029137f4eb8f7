"""The cases of a question: what is drawn for each, and what functions answer to it."""

import contextlib
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, cast

import numpy as np

from rnnlab.checks import codec, other_settings, values
from rnnlab.checks.asking import LAYOUTS, StudentProxy
from rnnlab.checks.compare import Difference, difference, kind_of
from rnnlab.checks.draw import FULL, MORE, UNUSUAL, CaseGenerator, Plan, plans
from rnnlab.checks.hints import Outcome
from rnnlab.checks.probes import Asked, Nobody, first_call, kept_places, parameters
from rnnlab.checks.question import Part, Question
from rnnlab.checks.student import Failed, LocalStudent, Student
from rnnlab.checks.verdict import ODD, answered, exchanged, judged, of_results, telling_call

TWIN = 1_000_000  # the drawing that has the sizes of a case and other numbers
ALIKE = (
    2_000_000  # those that have its sizes and settings too: some arrays in another order, or one (the numbers after it)
)
SETTINGS = 3_000_000  # the case itself, with one argument of its first call changed: that at the place after it


class Cases:
    """The cases that a question's parts draw from one seed, with what the reference answers.

    Parameters
    ----------
    question : Question
    seed : int
    """

    def __init__(self, question: Question, seed: int):
        self.question = question
        self.seed = seed
        self._wanted: dict[tuple[str, tuple[int, ...]], tuple[Any, StudentProxy] | Exception] = {}
        self._found: dict[tuple[str, tuple[int, ...]], dict[int, Any]] = {}
        self._replayed: dict[tuple[int, str, tuple], tuple[list[Outcome], Iterator[Outcome]]] = {}

    def count(self, part: Part) -> int:
        """Return how many cases a part has."""
        return max(part.n_cases, FULL) + self._rounds(part) * len(UNUSUAL) if self._full(part) else part.n_cases

    @staticmethod
    def _rounds(part: Part) -> int:
        """Return how often the unusual cases come: with either option, where the plan of sizes comes twice."""
        return 1 if part.n_cases <= FULL else 2

    def _full(self, part: Part) -> bool:
        return part.n_cases >= 6 and self.question.seconds is None

    def draw(self, part: Part, sample: tuple[int, ...]) -> CaseGenerator:
        """Return what draws a case: its sizes are the same for all drawings of it."""
        name, case = zlib.crc32(f"{self.question.id} {part.name}".encode()), sample[0]
        alike = len(sample) > 1 and sample[1] >= ALIKE  # with another setting, the numbers drawn are not looked at
        rng = np.random.default_rng([self.seed, name, *(sample[:1] if alike else sample)])
        sizes = np.random.default_rng([self.seed, name, 1, case])
        its = self._plans[part.name]
        turn = self._turn + self.question.parts.index(part) + self._times_before(part, case)
        unusual = self._unusual(part, case)
        turned = _turned_places(sample[1] - ALIKE, self.seed) if alike else (lambda place: False)
        more = int(np.random.default_rng([self.seed, name, 2, case]).integers(MORE))
        found = self._found.setdefault((part.name, sample), {})
        return CaseGenerator(
            rng, case, its[case], sizes, alike=turned, unusual=unusual, turn=turn, more=more, found=found
        )

    def alikes(self, part: Part, case: int) -> list[tuple[int, ...]]:
        """Return the drawings that are like a part's case in all but some numbers, where it is asked again."""
        if case != self._ordinary(part):
            return []
        return [(case, ALIKE), *self._alone.get(part.name, ()), *self._settings.get(part.name, ())]

    def _ordinary(self, part: Part) -> int:
        """Return a case whose magnitudes are ordinary, and whose units are not saturated."""
        kinds = [plan.kind for plan in self._plans[part.name]]
        return next((i for i in (3, 6, 7, 9) if i < len(kinds) and kinds[i] in ("different", "large", "free")), 1)

    @cached_property
    def _alone(self) -> dict[str, list[tuple[int, ...]]]:
        """By part, the drawings that change one array: for each, of the dearest part that it matters to."""
        found: dict[str, list[tuple[int, ...]]] = {}
        known: set[tuple] = set()
        for part in reversed(self._asked_twice):
            *_, function, n_arrays = first_call(self.question, part)
            case = self._ordinary(part)
            for sample in ((case, ALIKE + place) for place in range(1, 1 + n_arrays)):
                both = zip(*(values.leaves(self._first_args(part, one)) for one in ((case,), sample)), strict=True)
                key = function, *(difference(new, old, 0.0) is not None for old, new in both)
                if key not in known and self._matters(part, sample):
                    known.add(key)
                    found.setdefault(part.name, []).append(sample)
        return found

    def _first_args(self, part: Part, sample: tuple[int, ...]) -> tuple:
        ask = StudentProxy(Nobody())
        with contextlib.suppress(Asked):
            part.probe(ask, self.draw(part, sample))
        return ask.calls[0][1]

    @cached_property
    def _settings(self) -> dict[str, list[tuple[int, ...]]]:
        """By part, a drawing for each setting of a function that changes its answer, where numbers are ordinary."""
        found: dict[str, list[tuple[int, ...]]] = {}
        known: set[tuple[str, int]] = set()
        for part in self._asked_twice if self.question.seconds is None else ():
            for case in (case for case in range(1, min(FULL, self.count(part))) if case % 3 != 2):
                with contextlib.suppress(Failed):
                    function, args = self.wanted(part, (case,))[1].calls[0]
                    names = parameters(self.question, function)
                    for place in other_settings.places(names, args, self._words.get(function, {})):
                        if (function, place) not in known and self._matters(part, sample := (case, SETTINGS + place)):
                            known.add((function, place))
                            found.setdefault(part.name, []).append(sample)
        return found

    @cached_property
    def _words(self) -> dict[str, dict[str, list[str]]]:
        """By function and parameter, the words that it is asked with."""
        found: dict[str, dict[str, list[str]]] = {}
        for part in self._asked_twice:
            for case in range(min(FULL, self.count(part))):
                with contextlib.suppress(Failed):
                    for function, args in self.wanted(part, (case,))[1].calls:
                        for name, arg in zip(parameters(self.question, function), args, strict=False):
                            if type(arg) is str:
                                found.setdefault(function, {}).setdefault(name, []).append(arg)
        return found

    @cached_property
    def _asked_twice(self) -> list[Part]:
        """The parts that are asked twice, those that are worth most last."""
        parts = [p for p in self.question.parts if p.tries == 1 and p.twice and p.n_cases > 1]
        return sorted(parts, key=lambda part: part.points)

    def _matters(self, part: Part, sample: tuple[int, ...]) -> bool:
        try:
            return difference(self.wanted(part, sample)[0], self.before(part, sample), part.tolerance) is not None
        except Failed:  # a setting of no use
            return False

    def _asking(self, part: Part, sample: tuple[int, ...]) -> Part:
        """Return the part as it asks in a drawing: with another setting, what its first call is answered is changed."""
        if len(sample) == 1 or sample[1] < SETTINGS:
            return part

        def probe(ask: StudentProxy, draw: CaseGenerator) -> Any:
            names, words = partial(parameters, self.question), lambda function: self._words.get(function, {})
            changed = other_settings.Changed(ask, names, words, sample[1] - SETTINGS)
            return part.probe(cast(StudentProxy, changed), draw)

        return replace(part, probe=probe)

    def before(self, part: Part, sample: tuple[int, ...]) -> Any:
        """Return what the reference answers in the case of which a drawing changes a setting."""
        return self.wanted(part, sample[:1])[0]

    @cached_property
    def _turn(self) -> int:
        return int(np.random.default_rng([self.seed, zlib.crc32(self.question.id.encode())]).integers(2**20))

    @cached_property
    def _plans(self) -> dict[str, list[Plan]]:
        return {
            part.name: plans(
                self.count(part),
                first_call(self.question, part)[0],
                self._turn + i,
                (self._turn // 1000 + i) * (self.count(part) - 1),
            )
            for i, part in enumerate(self.question.parts)
        }

    def _times_before(self, part: Part, case: int) -> int:
        """Return how many of the cases before have the same plan; of unusual ones that come again, one more."""
        its = self._plans[part.name]
        again = case - self.count(part) + len(UNUSUAL) >= 0 and self._full(part) and self._rounds(part) > 1
        return its[: case - len(UNUSUAL)].count(its[case - len(UNUSUAL)]) + 1 if again else its[:case].count(its[case])

    def _unusual(self, part: Part, case: int) -> tuple[str, Collection[int]]:
        """Return in what way some of a case's arrays are unusual, and which."""
        last = case - self.count(part) + self._rounds(part) * len(UNUSUAL)
        if last < 0 or not self._full(part):
            return "", ()
        last %= len(UNUSUAL)
        rng = np.random.default_rng([self.seed, zlib.crc32(part.name.encode()), len(UNUSUAL)])
        places, some = range(first_call(self.question, part)[2]), rng.random(100) < 0.5
        chosen = [i for i in places if last == 3 or some[i % 100] != (last == 1)]
        return UNUSUAL[last].split()[-1], chosen

    def proxy(self, part: Part, student: Student, sample: tuple[int, ...], dead: dict | None = None) -> StudentProxy:
        """Return the student for one case: in that case's layout, answering in the form of the reference."""
        wanted = self._wanted.get((part.name, sample))
        like = wanted[1].answers if isinstance(wanted, tuple) else {}
        case = sample[0]
        layout = LAYOUTS[case % len(LAYOUTS)] if self.question.layouts else ""
        kept = case > 0 and (not layout or case == self.count(part) - 1) and part.name in self._read_only
        places = kept_places(self.question) if kept else {}
        return StudentProxy(student, {} if dead is None else dead, like, layout, places)

    @cached_property
    def _read_only(self) -> set[str]:
        """The parts that have what the question keeps read-only in some cases: every third one, and the last."""
        places = kept_places(self.question)
        if not any(places.values()):
            return set()
        said = {part.name for part in self.question.parts if part.read_only}
        return said or {part.name for function, part in self._manners.items() if places.get(function)}

    @cached_property
    def _manners(self) -> dict[str, Part]:
        """By function, the part that it loses by returning its input: the cheapest of several cases."""
        found: dict[str, Part] = {}
        for part in sorted(self.question.parts, key=lambda part: part.points):
            if self.count(part) > 2:
                found.setdefault(first_call(self.question, part)[1], part)
        return found

    def wanted(self, part: Part, sample: tuple[int, ...]) -> tuple[Any, StudentProxy]:
        """Return what the reference answers in a case.

        Raises
        ------
        Failed
            If it does not pass this drawing; any other exception is the course's fault.
        """
        key = part.name, sample
        if key not in self._wanted:
            ask = StudentProxy(LocalStudent(self.question.reference), layout="")
            try:
                value = self._asking(part, sample).probe(ask, self.draw(part, sample))
                self._wanted[key] = codec.decode(codec.encode(value)), ask
            except Failed as failed:
                if failed.kind != "wrong":  # interrupted, as a rule: it will do better the next time
                    raise
                self._wanted[key] = failed
        found = self._wanted[key]
        if isinstance(found, Exception):
            raise found
        return found

    def samples(self, part: Part, case: int) -> list[tuple[int, ...]]:
        """Return the drawings that are asked for beside a case whose answer is right."""
        if not part.twice or part.tries > 1 or part.n_cases == 1:
            return []
        return [*self.alikes(part, case), *([(case, TWIN)] if case == 1 else [])]

    def prepare(self) -> None:
        """Have the reference answer every case that is asked for where all answers are right."""
        for part in (part for part in self.question.parts if not part.judges):
            for case in range(self.count(part)):
                for sample in ((case,), *self.samples(part, case)):
                    with contextlib.suppress(Exception):  # whoever asks for it finds out again, and reports it
                        self.wanted(part, sample)

    def outcome(
        self, part: Part, student: Student, sample: tuple[int, ...], dead: dict[str, Failed] | None = None
    ) -> Outcome:
        """Return what a student's functions do in a case that the reference passes.

        Raises
        ------
        Failed
            If it does not, as `wanted` does.
        """
        known = None if part.judges else self.wanted(part, sample)
        ask = self.proxy(part, student, sample, dead)
        asking, draw = self._asking(part, sample), self.draw(part, sample)
        got = answered(asking, ask, draw)
        if known is None and not isinstance(got, Failed) and not ask.odd:
            return Outcome(sample, got, got, None, tuple(ask.calls), tuple(dict.fromkeys(ask.changed)))
        want, reference = known or self.wanted(part, sample)
        got, wrong = judged(got, want, asking, ask, draw.unit)
        if ask.miscounted and not isinstance(got, Failed):
            wrong = Difference("form", f"{ask.miscounted}{of_results(part, reference)}")
        elif wrong and wrong.kind == "value":
            wrong = Difference("value", wrong.message + exchanged(ask, reference, part.tolerance))
        odd = self._odd(part, ask, reference)
        if odd and not wrong:
            wrong = Difference("value", ODD[odd[0][1]].format(function=odd[0][0]))
        changed, views, calls = tuple(dict.fromkeys(ask.changed)), self._views(ask, reference), tuple(ask.calls)
        at = telling_call(ask, reference, part.tolerance, draw.unit) if wrong and not isinstance(got, Failed) else -1
        if wrong and ask.weight > _HEAVY + 4 * reference.weight:  # what wrong answers hold adds up over the cases
            got, calls, at = Failed("too large", kind_of(got)), _light(calls), -1
        return Outcome(sample, got, want, wrong, calls, changed, odd, views, at)

    def _views(self, ask: StudentProxy, reference: StudentProxy) -> tuple[str, ...]:
        """Return the functions that returned an input where a new array is asked for, and the reference makes one."""
        found = [f for f, word in ask.odd if word == "view" and (f, word) not in reference.odd]
        return () if self.question.views else tuple(dict.fromkeys(found))

    def late(self, outcomes: Mapping[str, Iterable[Outcome]]) -> dict[str, Outcome]:
        """Return, by the part that tells of it, a case of another part in which an input was returned."""
        found: dict[str, Outcome] = {}
        for function, part in self._manners.items():
            others = [o for name, its in outcomes.items() if name != part.name for o in its if function in o.views]
            if others and part.name not in found:
                wrong = Difference("value", ODD["view"].format(function=function))
                found[part.name] = replace(others[0], wrong=wrong)
        return found

    def _odd(self, part: Part, ask: StudentProxy, reference: StudentProxy) -> tuple[tuple[str, str], ...]:
        """Return what is odd about results that is not so about the reference's, nor allowed."""
        views = {
            ("view", function) for function, its in self._manners.items() if its is part and not self.question.views
        }
        odd = [
            (function, word)
            for function, word in ask.odd
            if (function, word) not in reference.odd and (word != "view" or ("view", function) in views)
        ]
        return tuple(dict.fromkeys(odd))

    def replay(self, functions: Mapping[str, Any], part: Part, samples: Iterable[tuple[int, ...]]) -> Iterator[Outcome]:
        """Yield what other functions do in the same cases; functions that are not named are the reference's.

        Those of the question's known mistakes are asked once: in most answers the same case is the first to fail.
        """
        samples = tuple(samples)
        if not any(functions is mistake.functions for mistake in self.question.mistakes):
            yield from self._replay(functions, part, samples)
            return
        if len(self._replayed) > _REPLAYS:
            self._replayed.clear()
        key = id(functions), part.name, samples
        made, more = self._replayed.setdefault(key, ([], self._replay(functions, part, samples)))
        for number in range(len(samples)):
            if number == len(made):
                self._replayed.pop(key, None)  # not kept where the next is interrupted
                outcome = next(more)
                made.append(outcome)
                if not (isinstance(outcome.got, Failed) and outcome.got.kind in _CUT_SHORT):
                    self._replayed[key] = made, more
            yield made[number]

    def _replay(self, functions: Mapping[str, Any], part: Part, samples: tuple) -> Iterator[Outcome]:
        student = LocalStudent({**self.question.reference, **functions})
        for sample in samples:
            yield self.outcome(part, student, sample)


_HEAVY = 2**20  # bytes
_REPLAYS = 1000  # of a few cases each
_CUT_SHORT = ("interrupted", "memory")


def _light(calls: tuple) -> tuple:
    """Return calls without the arguments that nobody will be told, or that hold what a wrong answer does."""
    light = [n > len(calls) - 3 and codec.weight(args) < _HEAVY for n, (_, args) in enumerate(calls)]
    return tuple((f, args if keep else ()) for (f, args), keep in zip(calls, light, strict=True))


_KEPT = 32  # an assignment has up to eight questions, each with a seed and the next one
_shared: dict[tuple[int, int], Cases] = {}


def shared(question: Question, seed: int) -> Cases:
    """Return the cases of a question and a seed: the same object for all who are asked, so the reference answers once.

    A class is graded with one seed and a notebook checked with one; the latest that were asked for are kept.
    """
    key = id(question), seed  # `Cases` holds the question, so that no other has its id meanwhile
    cases = _shared.pop(key, None) or Cases(question, seed)
    _shared[key] = cases
    if len(_shared) > _KEPT:
        del _shared[next(iter(_shared))]
    return cases


def drawn(question: Question, seed: int) -> dict[tuple[str, int], set[str]]:
    """Return, by part and axis, what its sizes were with one seed: "low", "large", "equal" to another, "unequal".

    Axes count that are drawn before a probe asks; one that stands alone can be neither equal nor unequal.
    """
    cases = Cases(question, seed)
    seen: dict[tuple[str, int], set[str]] = {}
    for part in question.parts:
        for case in range(cases.count(part)):
            draw = cases.draw(part, (case,))
            with contextlib.suppress(Asked):
                part.probe(StudentProxy(Nobody()), draw)
            for i, axis in enumerate(draw.drawn[: first_call(question, part)[0]]):
                others = {other.n for other in draw.drawn[:i] + draw.drawn[i + 1 :]}
                found = {"low"} if axis.n == axis.low else {"large"} if axis.n == axis.large else set()
                found |= {"equal" if axis.n in others else "unequal"} if others else set()
                seen.setdefault((part.name, i), set()).update(found)
    return seen


def _turned_places(number: int, seed: int) -> Callable[[int], bool]:
    """Return which arrays are changed: with 0 about half of them and of two in a row at least one, else that one."""
    if number:
        return lambda place: place == number - 1
    some = np.random.default_rng([seed, ALIKE]).random(1000) < 0.5
    return lambda place: bool(some[place % 1000] or (place % 2 and not some[(place - 1) % 1000]))
