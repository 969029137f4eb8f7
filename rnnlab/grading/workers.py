"""Several graders at a time, each in a process with a sandbox of its own; the results come back to the one writer."""

import multiprocessing
import signal
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from rnnlab.grading.course import Course
from rnnlab.grading.errors import SandboxUnavailable
from rnnlab.grading.gradebook import SubmissionResult
from rnnlab.grading.grader import Grader
from rnnlab.grading.settings import Settings


@dataclass(frozen=True)
class Job:
    """What every worker needs to know."""

    root: Path
    assignment: str
    settings: Settings
    seed: int
    timestamps: bool = False

    def grader(self) -> Grader:
        """Return a grader for this job."""
        return Grader(Course(self.root), self.assignment, self.settings, self.seed, self.timestamps)


def results(
    job: Job, names: list[str], known: Mapping[str, str], n_workers: int
) -> Iterator[tuple[str, SubmissionResult | None]]:
    """Yield each student with the result, None where it stands, in whatever order they are done.

    Parameters
    ----------
    job : Job
    names : list of str
        The students.
    known : mapping
        Digests of results that stand.
    n_workers : int
        How many at a time; with one, everything stays in this process.
    """
    if n_workers == 1 or len(names) < 2:
        with job.grader() as grader:
            for name in names:
                yield name, attempt(grader, name, known.get(name, ""))
        return
    yield from _spread(job, names, known, min(n_workers, len(names)))


def attempt(grader: Grader, name: str, known: str) -> SubmissionResult | None:
    """Return a student's result; a fault of the course's own becomes a result that asks for a person's look."""
    try:
        return grader.grade(name, known)
    except SandboxUnavailable:
        raise
    except Exception:
        return grader.fault(name, traceback.format_exc()[-4000:])


def _spread(
    job: Job, names: list[str], known: Mapping[str, str], n_workers: int
) -> Iterator[tuple[str, SubmissionResult | None]]:
    context = multiprocessing.get_context("spawn")
    waiting = list(reversed(names))
    busy: dict[Connection, tuple] = {}

    def start() -> None:
        near, far = context.Pipe()
        process = context.Process(target=_serve, args=(far, job), daemon=True)
        process.start()
        far.close()
        hand(near, process)

    def hand(near: Connection, process) -> None:
        if not waiting:
            near.close()
            process.join()
            return
        name = waiting.pop()
        near.send((name, known.get(name, "")))
        busy[near] = (name, process)

    try:
        for _ in range(n_workers):
            start()
        while busy:
            for near in wait(list(busy)):
                assert isinstance(near, Connection)
                name, process = busy.pop(near)
                try:
                    graded = near.recv()
                except (EOFError, OSError):
                    near.close()
                    process.join()
                    with job.grader() as grader:
                        yield name, grader.fault(name, f"the grading process ended by itself: {process.exitcode}")
                    if waiting:
                        start()
                    continue
                if isinstance(graded, SandboxUnavailable):
                    raise graded
                yield name, graded
                hand(near, process)
    finally:
        for near, (_, process) in busy.items():
            near.close()
            process.terminate()
            process.join()


def _serve(far: Connection, job: Job) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with job.grader() as grader:
        while True:
            try:
                name, known = far.recv()
            except EOFError:
                return
            try:
                far.send(attempt(grader, name, known))
            except SandboxUnavailable as error:
                far.send(error)
                return
            except OSError:
                return
