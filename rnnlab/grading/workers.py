"""Several graders at a time, each in a supervised process with a sandbox of its own; results come back to one writer.

What a student sends is parsed, decoded and compared by the grader, so the grader itself can be made to take too much
memory or time. Nothing in the grader's own code decides when that is: its process has a bound on memory that the kernel
keeps, and this module, outside of it, watches its size and its clock, ends it, records why, and starts a fresh one for
the next submission.
"""

import multiprocessing
import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from rnnlab.grading.course import Course
from rnnlab.grading.errors import SandboxUnavailable
from rnnlab.grading.gradebook import SubmissionResult
from rnnlab.grading.grader import Grader, failed_result
from rnnlab.grading.settings import Settings

_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Job:
    """What every worker needs to know."""

    root: Path
    assignment: str
    settings: Settings
    seed: int
    timestamps: bool = False
    only: tuple[str, ...] = ()

    def grader(self) -> Grader:
        """Return a grader for this job."""
        return Grader(Course(self.root), self.assignment, self.settings, self.seed, self.timestamps, self.only)

    def failed(self, student: str, reason: str) -> SubmissionResult:
        """Return the result of a submission that could not be graded for the reason given."""
        released = Course(self.root).release(self.assignment)
        return failed_result(student, self.assignment, released, self.settings, reason)


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
        How many at a time. With 0, this very process grades, without a supervisor: for tests and debuggers.
    """
    if n_workers:
        yield from _Pool(job, names, known).run(min(n_workers, len(names)))
        return
    with job.grader() as grader:
        for name in names:
            yield name, attempt(grader, name, known.get(name, ""))


def attempt(grader: Grader, name: str, known: str) -> SubmissionResult | None:
    """Return a student's result; a fault of the course's own becomes a result that asks for a person's look."""
    try:
        return grader.grade(name, known)
    except SandboxUnavailable:
        raise
    except Exception:
        return grader.failed(name, traceback.format_exc()[-4000:])


@dataclass
class _Worker:
    """A grading process, and the submission that it is at."""

    process: BaseProcess
    pipe: Connection
    name: str = ""
    since: float = 0.0

    def megabytes(self) -> float:
        """Return how much memory of its own the process holds."""
        try:
            with open(f"/proc/{self.process.pid}/status") as file:
                sizes = dict(line.split(":", 1) for line in file if line.startswith("Rss"))
        except OSError:
            return 0.0
        return sum(int(sizes[key].split()[0]) for key in ("RssAnon", "RssShmem") if key in sizes) / 2**10


class _Pool:
    """Hands submissions to workers and replaces those that are lost."""

    def __init__(self, job: Job, names: list[str], known: Mapping[str, str]):
        self._job, self._known = job, known
        self._waiting = list(reversed(names))
        self._busy: dict[Connection, _Worker] = {}
        # One process imports everything once, and each worker is forked from it. Nothing else has run in it.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])

    def run(self, n_workers: int) -> Iterator[tuple[str, SubmissionResult | None]]:
        try:
            for _ in range(n_workers):
                self._hand(self._start())
            while self._busy:
                for pipe in wait(list(self._busy), _POLL_SECONDS):
                    assert isinstance(pipe, Connection)
                    yield self._received(self._busy.pop(pipe))
                for worker in list(self._busy.values()):
                    if reason := self._excess(worker):
                        del self._busy[worker.pipe]
                        yield self._lost(worker, reason)
        finally:
            for worker in self._busy.values():
                _end(worker)

    def _start(self) -> _Worker:
        near, far = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(far, self._job), daemon=True)
        process.start()
        far.close()
        return _Worker(process, near)

    def _hand(self, worker: _Worker) -> None:
        if not self._waiting:
            worker.pipe.close()
            worker.process.join()
            return
        worker.name, worker.since = self._waiting.pop(), time.monotonic()
        worker.pipe.send((worker.name, self._known.get(worker.name, "")))
        self._busy[worker.pipe] = worker

    def _received(self, worker: _Worker) -> tuple[str, SubmissionResult | None]:
        try:
            result = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            return self._lost(worker, f"the grading process ended by itself: {worker.process.exitcode}")
        if isinstance(result, SandboxUnavailable):
            _end(worker)
            raise result
        name = worker.name
        self._hand(worker)
        return name, result

    def _lost(self, worker: _Worker, reason: str) -> tuple[str, SubmissionResult]:
        _end(worker)
        if self._waiting:
            self._hand(self._start())
        return worker.name, self._job.failed(worker.name, reason)

    def _excess(self, worker: _Worker) -> str:
        """Return what a worker has taken too much of, or nothing."""
        settings = self._job.settings
        seconds, megabytes = time.monotonic() - worker.since, worker.megabytes()
        if megabytes > settings.judge_mb:
            return f"judging this submission took over {settings.judge_mb} MB"
        if seconds > settings.judge_seconds:
            return f"judging this submission took over {settings.judge_seconds:g} s"
        return ""


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.kill()
    worker.process.join()


def _serve(far: Connection, job: Job) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with job.grader() as grader:
        while True:
            try:
                name, known = far.recv()
            except EOFError:
                return
            _bound(job.settings.judge_mb)
            try:
                far.send(attempt(grader, name, known))
            except SandboxUnavailable as error:
                far.send(error)
                return
            except OSError:
                return


def _bound(megabytes: int) -> None:
    """Have the kernel refuse this process memory beyond `megabytes` more than it has reserved at its start."""
    import resource

    with open("/proc/self/status") as file:
        sizes = dict(line.split(":", 1) for line in file if line.startswith(("VmData", "RssAnon")))
    reserved, held = (int(sizes[key].split()[0]) * 2**10 for key in ("VmData", "RssAnon"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (reserved + max(0, megabytes * 2**20 - held), hard))
