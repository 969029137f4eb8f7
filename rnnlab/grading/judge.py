"""Score one notebook: run the student's cells in the sandbox, put the questions, compare the answers here."""

import contextlib
import re
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from rnnlab.checks import Question
from rnnlab.checks.event_count import Count
from rnnlab.checks.student import Failed
from rnnlab.grading.errors import SandboxUnavailable
from rnnlab.grading.sandbox.host.session import Session
from rnnlab.grading.settings import Settings
from rnnlab.grading.submission import Experiment, Submission

_MOST_LOST = 10_000  # names of which it is known why they are not there

# Goes to the notebook's own folder without leaving a name behind.
_GO = """__import__("os").makedirs({0!r}, exist_ok=True)
__import__("os").chdir({0!r})
__import__("sys").path.append(__import__("os").getcwd())"""


@dataclass(frozen=True)
class QuestionResult:
    """One question's result.

    Parameters
    ----------
    points : float or None
        None where the fault is the course's own: a person must look.
    html, text : str
        The card, for the student to read.
    record : dict
        The report as plain values.
    fault : str
        What went wrong on the course's side; empty otherwise.
    """

    question: str
    points: float | None
    max_points: float
    html: str
    text: str
    record: dict = field(default_factory=dict)
    fault: str = ""


class SandboxedStudent:
    """A student's functions, each call made in the sandbox; a crash costs the call or cell that caused it, no more.

    Parameters
    ----------
    open_session : callable
        Return a session with a fresh child.
    work : Submission
        The notebook; `advance` runs it.
    settings : Settings
    """

    def __init__(self, open_session: Callable[[], Session], work: Submission, settings: Settings):
        self.changed: tuple[int, ...] = ()
        self.odd: tuple[str, ...] = ()
        self.call_limit = settings.call_seconds
        self.kinds: set[str] = set()  # of failures, since this was last emptied
        self._open = open_session
        self._work = work
        self._settings = settings
        self._deadline = time.monotonic() + settings.submission_seconds
        self.used = 0.0  # seconds of processor time, in sessions that are over
        self._session: Session | None = None
        self._share = self._shared = float("inf")  # seconds that this question's calls may still take, and had at first
        self._extension = 0.0  # seconds beyond the limits, in sessions that are over
        self._starts = 0
        self._upto = 0  # how many cells are to have run
        self._done = 0  # how many have, in this session
        self._looked_at: set[Experiment] = set()  # the release's own cells that are run because something needs them
        self._repeated: set[Experiment] = set()  # those that have run in this session
        self._called: set[str] = set()
        self._broken: dict[str, Failed] = {}  # functions that ended a process are not asked again
        self._skipped: dict[int, Failed] = {}  # cells that did
        self._lost: dict[str, str] = {}  # why a name is not there

    def advance(self, n_cells: int) -> None:
        """Run the notebook's cells up to that one when a function is next called."""
        self._upto = max(self._upto, n_cells)

    def begin(self, question: Question) -> None:
        """Take up a question, whose calls may take half of the time that is left: the others must have theirs.

        One that says how long a call may take, as it trains a network, may take all of it.
        """
        self.kinds = set()
        self.call_limit = question.seconds or self._settings.call_seconds
        self._share = self._shared = float("inf") if question.seconds else max(1.0, self._left() / 2)

    def provide(self, names: Iterable[str]) -> None:
        """Run those cells of the release's own that define what functions of these names need and do not have."""
        with contextlib.suppress(Failed):
            for _ in range(3):
                needed = set(self._ready().lacks(list(names), self._within(self._settings.call_seconds)))
                if not self._experiment(needed, self._upto):
                    return

    def runs(self, source: str) -> str:
        """Run a test cell and return what went wrong in it, or nothing."""
        try:
            stops = self._ready().run(source, self._within(self._settings.cell_seconds))
        except Failed as failed:
            return str(failed)
        return stops[0].error if stops else ""

    def call(self, function: str, args: tuple) -> Any:
        """Return what the student's function makes of `args`."""
        return self._asked(function, lambda session, seconds: session.call(function, args, seconds))

    def call_counted(self, function: str, args: tuple, most: int) -> tuple[Any, Count]:
        """Do as `call` does and return also how many instructions the interpreter executed, up to `most` and one."""
        return self._asked(function, lambda session, seconds: session.call_counted(function, args, most, seconds))

    def _asked(self, function: str, put: Callable[[Session, float], Any]) -> Any:
        self.changed, self.odd = (), ()
        try:
            if function in self._broken:
                raise self._broken[function].alone()
            session = self._ready()
            limit = self.call_limit
            if function not in self._called:
                self._called.add(function)
                limit = max(limit, self._settings.first_call_seconds)
            value = self._put(put, session, limit)
        except Failed as failed:
            self.kinds.add("missing" if _NAME_ERROR.match(failed.message) else failed.kind)
            if function not in self._broken and self._session is not None and not self._session.alive:
                self._broken[function] = failed.alone()
            raise self._explained(function, failed) from None
        self.changed, self.odd = session.changed, session.odd
        return value

    def _put(self, put: Callable[[Session, float], Any], session: Session, limit: float) -> Any:
        """Make a call, count its time as the question's, and say which time was over where that was not the call's."""
        if self._share <= 0:
            raise Failed("timeout", self._all_calls())
        within = self._within(limit)
        began, extension = time.monotonic(), session.extension
        try:
            return put(session, min(within, max(self._share, 0.1)))
        except Failed as failed:
            if failed.kind == "timeout" and min(within, self._share) < limit:
                raise Failed("timeout", self._all_calls() if self._share < within else self._whole()) from None
            raise
        finally:
            self._share -= time.monotonic() - began - (session.extension - extension)

    def _all_calls(self) -> str:
        return f"all calls for this question together took over {self._shared:.0f} s"

    def _whole(self) -> str:
        return f"the whole notebook took over {self._settings.submission_seconds:g} s"

    def close(self) -> None:
        """End the child."""
        if self._session is not None:
            self._session.close()
            self.used += self._session.used
            self._session = None

    def _within(self, seconds: float) -> float:
        left = self._left()
        if left <= 0:
            raise Failed("timeout", self._whole())
        return min(seconds, left)

    def _left(self) -> float:
        """Return how many seconds the notebook still has."""
        extension = self._extension + (self._session.extension if self._session else 0.0)
        return self._deadline + extension - time.monotonic()

    def _ready(self) -> Session:
        """Return a session in which every cell has run that can and is to have."""
        while True:
            if self._session is None or not self._session.alive:
                self._start()
            assert self._session is not None
            self._run_cells(self._session)
            if self._session.alive:
                return self._session

    def _start(self) -> None:
        if self._starts > self._settings.restarts:
            raise Failed("died", f"the notebook had to be started more than {self._settings.restarts} times")
        self._starts += 1
        self._within(1.0)
        if self._session is not None:
            self._extension += self._session.extension
            self.used += self._session.used
        self._session, self._done, self._repeated = self._open(), 0, set()
        with contextlib.suppress(Failed):
            for name, data in self._work.beside.items():
                self._session.put(name, data, self._within(self._settings.cell_seconds))
            if self._work.folder:
                self._session.run(_GO.format(self._work.folder), self._within(self._settings.cell_seconds))

    def _run_cells(self, session: Session) -> None:
        while self._done < self._upto:
            number = self._done
            self._done += 1
            label, source = self._work.cells[number]
            for one in self._work.experiments:
                if one.at <= number and one in self._looked_at and one not in self._repeated:
                    self._repeated.add(one)
                    with contextlib.suppress(Failed):
                        self._run_cell(session, one.label, one.source)
            if number in self._skipped or not source.strip():
                continue
            try:
                needed = self._run_cell(session, label, source)
                if needed and self._experiment(needed, number):
                    self._run_cell(session, label, source)
            except Failed as failed:
                if not session.alive:
                    self._skipped[number] = failed.alone()
                    for name in _words(source):
                        self._lose(name, f"in the cell that defines {name}, {failed.message}".rstrip(", "))
                    return

    def _lose(self, name: str, why: str) -> None:
        if len(self._lost) < _MOST_LOST or name in self._lost:  # what the far side tells of may be without end
            self._lost[name] = why

    def _run_cell(self, session: Session, label: str, source: str) -> set[str]:
        """Run a cell and return the names that it needs and that are not there."""
        seconds = self._settings.cell_seconds / 2 ** sum(f.kind == "timeout" for f in self._skipped.values())
        needed = set()
        for stop in session.run(source, self._within(seconds)):
            needed.add(stop.lacks)
            for name in stop.names:
                self._lose(name, f"line {stop.line} of {_called(label)} stopped with {stop.error[:200]}")
        return needed - {""}

    def _experiment(self, names: set[str], at: int) -> bool:
        """Run the release's own cells, of those before a place, that define some of `names`; return whether any did."""
        found = [
            one
            for one in self._work.experiments
            if one.at <= at and one not in self._looked_at and names & set(one.names)
        ]
        for one in found:
            self._looked_at.add(one)
            self._repeated.add(one)
            if self._session is not None and self._session.alive:
                with contextlib.suppress(Failed):
                    self._run_cell(self._session, one.label, one.source)
        return bool(found) and self._session is not None and self._session.alive

    def _explained(self, name: str, failed: Failed) -> Failed:
        """Say why a name is missing, where the line that defines it did not run through."""
        if failed.kind == "missing" and name in self._lost:
            kinds = [f.kind for number, f in self._skipped.items() if name in _words(self._work.cells[number][1])]
            return Failed(kinds[0] if kinds else "missing", self._lost[name])
        missing = _NAME_ERROR.match(failed.message) if failed.kind == "raised" else None
        if missing and missing[1] in self._lost:
            return Failed("raised", f"{failed.message} ({self._lost[missing[1]]})"[:500])
        return failed


_NAME_ERROR = re.compile(r"NameError: name '(\w+)' is not defined")
_DEFINITION = re.compile(r"^[ \t]*(?:async +)?(?:def|class)[ \t]+(\w{1,80})", re.MULTILINE)


def _words(source: str) -> set[str]:
    """Return the names of the functions that a cell defines, by how its lines begin."""
    return set(_DEFINITION.findall(source[:200_000]))


def _called(label: str) -> str:
    return label if label.startswith(("cell", "setup")) else f"the cell of {label}"


@dataclass(frozen=True)
class Judged:
    """What came of a notebook: a result on each question, and what nbgrader's own test cells ended with."""

    results: list[QuestionResult]
    tests: dict[str, str] = field(default_factory=dict)
    used: float = 0.0  # seconds of processor time that the student's code had, as far as they could be counted


def judge(
    work: Submission,
    questions: Iterable[Question],
    open_session: Callable[[], Session],
    seed: int,
    settings: Settings,
    tests: Mapping[str, str] = MappingProxyType({}),
) -> Judged:
    """Return what came of a notebook.

    The functions are asked as they are where the notebook checks them.

    Where a function is written only later it is asked again at the end; where the notebook holds a check more than
    once, the better of the first and the last counts.

    Parameters
    ----------
    work : Submission
        The student's part of the notebook.
    questions : iterable of Question
    open_session : callable
        Return a session with a fresh child, as `ForkServer.open` does.
    seed : int
        The secret from which cases are drawn.
    settings : Settings
    tests : mapping
        Test cells of nbgrader's own kind by their grade id: they run beside the student's code, so what they say is
        told to a person and is no score.
    """
    asked = list(questions)
    end = len(work.cells)
    student = SandboxedStudent(open_session, work, settings)
    places: list[tuple[int, str, int]] = [(work.tests.get(name, end), name, -1) for name in tests]
    places += [(place, "", number) for number, q in enumerate(asked) for place in _places(work, q, end)]
    results: dict[int, QuestionResult] = {}
    said: dict[str, str] = {}
    late: set[int] = set()
    try:
        for place, test, number in sorted(places):
            student.advance(place)
            if test:
                said[test] = student.runs(tests[test])
            elif _ask(asked[number], number, student, seed, results) and place < end:
                late.add(number)
        student.advance(end)
        for number in sorted(late):
            _ask(asked[number], number, student, seed, results)
    finally:
        student.close()
    return Judged([results[number] for number in range(len(asked))], said, student.used)


def _places(work: Submission, question: Question, end: int) -> list[int]:
    found = work.checks.get(question.id) or (end,)
    return sorted({found[0], found[-1]})


def _ask(
    question: Question,
    number: int,
    student: SandboxedStudent,
    seed: int,
    results: dict[int, QuestionResult],
) -> bool:
    """Keep the better result of a question; return whether one of its functions was not there yet."""
    before = results.get(number)
    if before is not None and before.points == before.max_points:
        return False
    student.begin(question)
    student.provide(question.names)
    result = _result(question, student, seed)
    if before is None or before.points is None or (result.points is not None and result.points > before.points):
        results[number] = result
    return bool({"missing", "unwritten"} & student.kinds)


def _result(question: Question, student: SandboxedStudent, seed: int) -> QuestionResult:
    try:
        report = question.examine(student, seed)
        points = min(max(float(report.points), 0.0), float(question.points))
        html, text = report._repr_html_(), str(report)
        return QuestionResult(question.id, points, float(question.points), html, text, report.as_dict())
    except (SandboxUnavailable, MemoryError):
        raise
    except Exception:
        says = (
            f"{question.id} {question.title}: the course made a mistake here, not you. Your instructor will look at it."
        )
        fault = traceback.format_exc()[-4000:]
        return QuestionResult(
            question.id, None, float(question.points), f"<p>{says}</p>", says, {"question": question.id}, fault
        )


def without_work(reason: str, questions: Iterable[Question]) -> list[QuestionResult]:
    """Return no points for every question, with the reason why nothing could be run."""
    says = f"0 points: {reason}"
    record = {"reason": reason}
    return [QuestionResult(q.id, 0.0, float(q.points), "", says, {**record, "question": q.id}) for q in questions]
