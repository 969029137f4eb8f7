"""Score one notebook: run the student's cells in the sandbox, put the questions, compare the answers here."""

import ast
import contextlib
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from rnnlab.checks import Question
from rnnlab.checks.student import ENDS, Failed
from rnnlab.grading.intake import Work
from rnnlab.grading.sandbox import Session, Unavailable
from rnnlab.grading.settings import Settings

_OVER = ("timeout", "died", "memory")


@dataclass(frozen=True)
class Verdict:
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
        self.call_limit = settings.call_seconds
        self._open = open_session
        self._cells = list(cells)
        self._settings = settings
        self._deadline = time.monotonic() + settings.submission_seconds
        self._session: Session | None = None
        self._granted = 0.0  # seconds beyond the limits, in sessions that are over
        self._starts = 0
        self._called: set[str] = set()
        self._broken: dict[str, Failed] = {}  # functions that ended a process are not asked again
        self._skipped: dict[int, Failed] = {}  # cells that did
        self.stopped: dict[str, Failed] = {}  # what each cell ended with that did not run through, by its label

    def call(self, function: str, args: tuple) -> Any:
        """Return what the student's function makes of `args`."""
        self.changed = ()
        if function in self._broken:
            raise self._broken[function]
        session = self._ready()
        limit = self.call_limit
        if function not in self._called:
            self._called.add(function)
            limit = max(limit, self._settings.first_call_seconds)
        try:
            value = session.call(function, args, self._within(limit))
        except Failed as failed:
            if not session.alive:
                self._broken[function] = failed
            raise self._explained(function, failed) from None
        self.changed = session.changed
        return value

    def close(self) -> None:
        """End the child."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _within(self, seconds: float) -> float:
        granted = self._granted + (self._session.granted if self._session else 0.0)
        left = self._deadline + granted - time.monotonic()
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
                self._granted += self._session.granted
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
    work: Work, questions: Iterable[Question], open_session: Callable[[], Session], seed: int, settings: Settings
) -> list[Verdict]:
    """Return a verdict on each question.

    Parameters
    ----------
    work : Work
        The student's part of the notebook.
    questions : iterable of Question
    open_session : callable
        Return a session with a fresh child, as `Zygote.open` does.
    seed : int
        The secret from which cases are drawn.
    settings : Settings
    """
    student = SandboxedStudent(open_session, work.cells, settings)
    try:
        return [_verdict(question, student, seed, settings) for question in questions]
    finally:
        student.close()


def _verdict(question: Question, student: SandboxedStudent, seed: int, settings: Settings) -> Verdict:
    student.call_limit = question.seconds or settings.call_seconds
    try:
        report = question.examine(student, seed)
        points = min(max(float(report.points), 0.0), float(question.points))
        html, text = report._repr_html_(), str(report)
        return Verdict(question.id, points, float(question.points), html, text, report.as_dict())
    except Unavailable:
        raise
    except Exception:
        says = (
            f"{question.id} {question.title}: the course made a mistake here, not you. Your instructor will look at it."
        )
        fault = traceback.format_exc()[-4000:]
        return Verdict(
            question.id, None, float(question.points), f"<p>{says}</p>", says, {"question": question.id}, fault
        )


def without_work(reason: str, questions: Iterable[Question]) -> list[Verdict]:
    """Return no points for every question, with the reason why nothing could be run."""
    says = f"0 points: {reason}"
    record = {"reason": reason}
    return [Verdict(q.id, 0.0, float(q.points), "", says, {**record, "question": q.id}) for q in questions]
