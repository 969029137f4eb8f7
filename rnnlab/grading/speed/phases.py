"""Where the time of one submission goes: processor time, phase by phase, of the judge and of the student's code."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rnnlab.checks.asking import StudentProxy
from rnnlab.checks.cases import Cases
from rnnlab.checks.examination import Examination
from rnnlab.grading import graded_notebook, intake, submission
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.grader import Grader
from rnnlab.grading.sandbox.host.fork_server import ForkServer
from rnnlab.grading.sandbox.host.session import Session
from rnnlab.grading.settings import Settings

_OTHER = "everything else"
# The functions whose time is a phase's, without that of the others' which they call.
_PHASES: tuple[tuple[str, Any, str], ...] = (
    ("read what was handed in", intake, "read"),
    ("find the notebook, take the student's cells", submission, "choose"),
    ("find the notebook, take the student's cells", submission, "assemble"),
    ("open and close the sandbox", ForkServer, "open"),
    ("open and close the sandbox", Session, "close"),
    ("send the cells", Session, "run"),
    ("draw cases, compare answers", Cases, "outcome"),
    ("draw cases, compare answers", Examination, "report"),
    ("hand over arguments, take in answers", StudentProxy, "__call__"),
    ("encode, send, receive, decode", Session, "call"),
    ("write the graded notebook", graded_notebook, "render"),
    ("write the gradebook", GradebookStore, "write"),
)


class _Clock:
    """Processor time by phase; what one phase calls of another is the other's."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stack = [_OTHER]
        self._since = time.process_time()

    def turn(self) -> None:
        now = time.process_time()
        self.seconds[self._stack[-1]] = self.seconds.get(self._stack[-1], 0.0) + now - self._since
        self._since = now

    def around(self, phase: str, function: Callable) -> Callable:
        def timed(*args: Any, **options: Any) -> Any:
            self.turn()
            self._stack.append(phase)
            try:
                return function(*args, **options)
            finally:
                self.turn()
                self._stack.pop()

        return timed


@contextmanager
def _clock() -> Iterator[_Clock]:
    clock = _Clock()
    kept = [(owner, name, getattr(owner, name)) for _, owner, name in _PHASES]
    for phase, owner, name in _PHASES:
        setattr(owner, name, clock.around(phase, getattr(owner, name)))
    try:
        yield clock
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)


def phases(course: Course, assignment: str, students: list[str], settings: Settings) -> dict[str, float]:
    """Return the milliseconds of processor time that one submission takes, by phase; of all but the first student's."""
    with Grader(course, assignment, settings, 1) as grader, GradebookStore(course) as book:
        grader.prepare()
        first = grader.grade(students[0])
        with _clock() as clock:
            used = 0.0
            for student in students[1:]:
                result = grader.grade(student)
                assert result is not None
                used += result.record["processor_seconds"]["student"]
                book.write(assignment, [result])
            clock.turn()
    assert first is not None
    n = len(students) - 1
    told = {phase: 1e3 * seconds / n for phase, seconds in clock.seconds.items()}
    ordered = {phase: told.get(phase, 0.0) for phase, _, _ in _PHASES} | {_OTHER: told[_OTHER]}
    return {**ordered, "the student's code, in the sandbox": 1e3 * used / n}


def sandbox(settings: Settings, n: int = 20) -> float:
    """Return the milliseconds of processor time that a fresh sandbox takes, from the request until nothing is left."""
    with ForkServer(settings=settings) as fork_server:
        fork_server.open().close()
        times = []
        for _ in range(n):
            before = time.process_time() + fork_server.processor_seconds()
            session = fork_server.open()
            session.close()
            times.append(time.process_time() + fork_server.processor_seconds() - before + session.used)
    return 1e3 * statistics.median(times)
