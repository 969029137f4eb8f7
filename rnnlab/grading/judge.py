"""Score one notebook: run the student's cells in the sandbox, put the questions, compare the answers here."""

import ast
import contextlib
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from rnnlab.checks import Question
from rnnlab.checks.event_count import Count
from rnnlab.checks.student import ENDS, Failed
from rnnlab.grading.errors import SandboxUnavailable
from rnnlab.grading.sandbox.host.session import Session
from rnnlab.grading.settings import Settings
from rnnlab.grading.submission import Submission

_OVER = ("timeout", "died", "memory")


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
    cells : iterable of (label, source)
        The notebook.
    settings : Settings
    """

    def __init__(self, open_session: Callable[[], Session], cells: Iterable[tuple[str, str]], settings: Settings):
        self.changed: tuple[int, ...] = ()
        self.odd: tuple[str, ...] = ()
        self.call_limit = settings.call_seconds
        self._open = open_session
        self._cells = list(cells)
        self._settings = settings
        self._deadline = time.monotonic() + settings.submission_seconds
        self._session: Session | None = None
        self._extension = 0.0  # seconds beyond the limits, in sessions that are over
        self._starts = 0
        self._called: set[str] = set()
        self._broken: dict[str, Failed] = {}  # functions that ended a process are not asked again
        self._skipped: dict[int, Failed] = {}  # cells that did
        self.stopped: dict[str, Failed] = {}  # what each cell ended with that did not run through, by its label

    def call(self, function: str, args: tuple) -> Any:
        """Return what the student's function makes of `args`."""
        return self._asked(function, lambda session, seconds: session.call(function, args, seconds))

    def call_counted(self, function: str, args: tuple, most: int) -> tuple[Any, Count]:
        """Do as `call` does and return also how many instructions the interpreter executed, up to `most` and one."""
        return self._asked(function, lambda session, seconds: session.call_counted(function, args, most, seconds))

    def _asked(self, function: str, put: Callable[[Session, float], Any]) -> Any:
        self.changed, self.odd = (), ()
        if function in self._broken:
            raise self._broken[function]
        session = self._ready()
        limit = self.call_limit
        if function not in self._called:
            self._called.add(function)
            limit = max(limit, self._settings.first_call_seconds)
        try:
            value = put(session, self._within(limit))
        except Failed as failed:
            if not session.alive:
                self._broken[function] = failed
            raise self._explained(function, failed) from None
        self.changed, self.odd = session.changed, session.odd
        return value

    def close(self) -> None:
        """End the child."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _within(self, seconds: float) -> float:
        extension = self._extension + (self._session.extension if self._session else 0.0)
        left = self._deadline + extension - time.monotonic()
        if left <= 0:
            raise Failed("timeout", f"the whole notebook took over {self._settings.submission_seconds:g} s")
        return min(seconds, left)

    def _ready(self) -> Session:
        """Return a session in which every cell has run that can."""
        while self._session is None or not self._session.alive:
            if self._starts > self._settings.restarts:
                raise Failed("died", f"the notebook had to be started more than {self._settings.restarts} times")
            self._starts += 1
            self._within(1.0)
            if self._session is not None:
                self._extension += self._session.extension
            self._session = self._open()
            self._run_cells(self._session)
        return self._session

    def _run_cells(self, session: Session) -> None:
        for number, (label, source) in enumerate(self._cells):
            if number in self._skipped or not source.strip():
                continue
            seconds = self._settings.cell_seconds / 2 ** sum(f.kind == "timeout" for f in self._skipped.values())
            try:
                session.run(source, self._within(seconds))
                self.stopped.pop(label, None)
            except Failed as failed:
                self.stopped[label] = failed
                if not session.alive:
                    self._skipped[number] = failed
                    return

    def _explained(self, name: str, failed: Failed) -> Failed:
        """Say why a function is missing, where the cell that defines it did not run through."""
        if failed.kind != "missing":
            return failed
        for label, source in self._cells:
            stopped = self.stopped.get(label)
            if stopped is not None and name in _defined(source):
                if stopped.kind in ENDS:
                    return Failed(stopped.kind, f"in the cell that defines {name}, {stopped.message}".rstrip(", "))
                return Failed("missing", f"the cell that defines {name} {stopped}")
        return failed


def _defined(source: str) -> set[str]:
    """Return the names of the functions that a cell defines, as far as it can be read."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    return {line.split("(")[0][4:].strip() for line in source.splitlines() if line.startswith("def ")}


def judge(
    work: Submission, questions: Iterable[Question], open_session: Callable[[], Session], seed: int, settings: Settings
) -> list[QuestionResult]:
    """Return a result on each question.

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
    """
    student = SandboxedStudent(open_session, work.cells, settings)
    try:
        return [_result(question, student, seed, settings) for question in questions]
    finally:
        student.close()


def _result(question: Question, student: SandboxedStudent, seed: int, settings: Settings) -> QuestionResult:
    student.call_limit = question.seconds or settings.call_seconds
    try:
        report = question.examine(student, seed)
        points = min(max(float(report.points), 0.0), float(question.points))
        html, text = report._repr_html_(), str(report)
        return QuestionResult(question.id, points, float(question.points), html, text, report.as_dict())
    except SandboxUnavailable:
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
