"""Several graders at a time, each in a supervised process with a sandbox of its own; results come back to one writer.

What a student sends is parsed, decoded and compared by the grader, so the grader itself can be made to take too much
memory or time. Nothing in the grader's own code decides when that is: its process has a bound on memory that the kernel
keeps, and this module, outside of it, watches its size and its clock, ends it, records why, and starts a fresh one for
the next submission.
"""

import contextlib
import os
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Protocol

from rnnlab.grading.course import Course
from rnnlab.grading.errors import SandboxUnavailable
from rnnlab.grading.gradebook import SubmissionResult
from rnnlab.grading.grader import Grader, failed_result
from rnnlab.grading.nursery import Nursery, held
from rnnlab.grading.settings import Settings

_POLL_SECONDS = 0.02
_SPACE = 200  # megabytes to judge in: with less, calls of NumPy and of the system fail at any place
_NO_MEMORY = 76  # how a process ends that was refused memory


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
    job: Job, names: list[str], known: Mapping[str, str], n_workers: int, sizes: dict[str, float] | None = None
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
    sizes : dict, optional
        Gets the megabytes that the grading process held at most, by student.
    """
    with source(job, n_workers) as graded:
        yield from graded.results(names, known, {} if sizes is None else sizes)


class Source(Protocol):
    """What grades submissions."""

    def results(
        self, names: Iterable[str], known: Mapping[str, str], sizes: dict[str, float]
    ) -> Iterator[tuple[str, SubmissionResult | None]]:
        """Yield each student with the result; see the function of this name."""


def source(job: Job, n_workers: int) -> contextlib.AbstractContextManager[Source]:
    """Return what grades submissions; processes that it needs are started at once and made ready meanwhile."""
    return Pool(job, n_workers) if n_workers else _Here(job)


class _Here:
    """This very process, without a supervisor."""

    def __init__(self, job: Job):
        self._job = job

    def __enter__(self) -> "_Here":
        return self

    def __exit__(self, *_exc: object) -> None:
        return

    def results(
        self, names: Iterable[str], known: Mapping[str, str], sizes: dict[str, float]
    ) -> Iterator[tuple[str, SubmissionResult | None]]:
        with self._job.grader() as grader:
            for name in names:
                yield name, attempt(grader, name, known.get(name, ""))


def attempt(grader: Grader, name: str, known: str, memory_ends: bool = False) -> SubmissionResult | None:
    """Return a student's result; a fault of the course's own becomes a result that asks for a person's look.

    Where `memory_ends`, a lack of memory is no such fault: it is raised.
    """
    try:
        return grader.grade(name, known)
    except SandboxUnavailable:
        raise
    except MemoryError:
        if memory_ends:
            raise
        return grader.failed(name, traceback.format_exc()[-4000:])
    except Exception:
        return grader.failed(name, traceback.format_exc()[-4000:])


@dataclass(frozen=True)
class _Full:
    """What a process says that holds so much by itself that its bound leaves no space to judge in."""

    megabytes: int


@dataclass
class _Worker:
    """A grading process, and the submission that it is at."""

    pid: int
    pipe: Connection
    name: str = ""
    since: float = 0.0
    most: float = 0.0
    n_judged: int = 0

    def megabytes(self) -> float:
        """Return how much memory of its own the process holds."""
        try:
            with open(f"/proc/{self.pid}/status") as file:
                sizes = dict(line.split(":", 1) for line in file if line.startswith("Rss"))
        except OSError:
            return 0.0
        return sum(int(sizes[key].split()[0]) for key in ("RssAnon", "RssShmem") if key in sizes) / 2**10


class Pool:
    """Hands submissions to supervised grading processes and replaces those that are lost.

    Parameters
    ----------
    job : Job
    n_workers : int
        How many at a time.
    """

    def __init__(self, job: Job, n_workers: int):
        self._job, self._n_workers = job, n_workers
        self._nursery = Nursery(job, _serve)
        self._waiting: list[str] = []
        self._known: Mapping[str, str] = {}
        self._sizes: dict[str, float] = {}
        self._busy: dict[Connection, _Worker] = {}

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._busy.values():
            self._end(worker)
        self._busy.clear()
        self._nursery.close()

    def results(
        self, names: Iterable[str], known: Mapping[str, str], sizes: dict[str, float]
    ) -> Iterator[tuple[str, SubmissionResult | None]]:
        """Yield each student with the result, None where it stands; see the function of this name."""
        self._waiting, self._known, self._sizes = list(names)[::-1], known, sizes
        for _ in range(min(self._n_workers, len(self._waiting))):
            self._hand(self._start())
        while self._busy:
            for pipe in wait(list(self._busy), _POLL_SECONDS):
                assert isinstance(pipe, Connection)
                if found := self._received(self._busy.pop(pipe)):
                    yield found
            for worker in list(self._busy.values()):
                if reason := self._excess(worker):
                    del self._busy[worker.pipe]
                    yield self._lost(worker, reason)

    def _start(self) -> _Worker:
        try:
            return _Worker(*self._nursery.fork())
        except (OSError, EOFError):  # it was ended from outside, or the machine had no memory
            self._nursery.close()
            self._nursery = Nursery(self._job, _serve)
            return _Worker(*self._nursery.fork())

    def _end(self, worker: _Worker) -> None:
        worker.pipe.close()
        if worker.pid:
            self._nursery.end(worker.pid)

    def _hand(self, worker: _Worker) -> None:
        if not self._waiting:
            worker.pipe.close()
            self._nursery.reap(worker.pid)
            return
        worker.name, worker.since, worker.most = self._waiting.pop(), time.monotonic(), 0.0
        with contextlib.suppress(OSError):  # it has ended: that is seen when its answer is read
            worker.pipe.send((worker.name, self._known.get(worker.name, "")))
        self._busy[worker.pipe] = worker

    def _received(self, worker: _Worker) -> tuple[str, SubmissionResult | None] | None:
        try:
            result, self._sizes[worker.name] = worker.pipe.recv()
        except (EOFError, OSError):
            code = self._nursery.reap(worker.pid)
            worker.pid = 0  # which may be another process's by now
            took = f"judging this submission took over {self._job.settings.judge_mb} MB"
            return self._lost(worker, took if code == _NO_MEMORY else f"the grading process ended by itself: {code}")
        if isinstance(result, SandboxUnavailable):
            self._end(worker)
            raise result
        if isinstance(result, _Full):
            return self._without_space(worker, result)
        worker.n_judged += 1
        name = worker.name
        self._hand(worker)
        return name, result

    def _without_space(self, worker: _Worker, full: _Full) -> tuple[str, SubmissionResult | None] | None:
        """Hand the submission to a fresh process; where this one was fresh, say what is wrong with the bound."""
        if worker.n_judged:
            self._end(worker)
            self._waiting.append(worker.name)
            self._hand(self._start())
            return None
        allowed = self._job.settings.judge_mb
        needs = f"the grader itself holds {full.megabytes} MB and needs {_SPACE} more to judge in"
        return self._lost(worker, f"{needs}, but judge_mb is {allowed}")

    def _lost(self, worker: _Worker, reason: str) -> tuple[str, SubmissionResult]:
        self._end(worker)
        self._sizes[worker.name] = worker.most
        if self._waiting:
            self._hand(self._start())
        return worker.name, self._job.failed(worker.name, reason)

    def _excess(self, worker: _Worker) -> str:
        """Return what a worker has taken too much of, or nothing."""
        settings = self._job.settings
        seconds, megabytes = time.monotonic() - worker.since, worker.megabytes()
        worker.most = max(worker.most, megabytes)
        if megabytes > settings.judge_mb:
            return f"judging this submission took over {settings.judge_mb} MB"
        if seconds > settings.judge_seconds:
            return f"judging this submission took over {settings.judge_seconds:g} s"
        return ""


def _serve(far: Connection, grader: Grader, job: Job) -> None:
    while True:
        try:
            name, known = far.recv()
        except (EOFError, OSError):
            return
        _forget_peak()
        try:
            if not _bound(job.settings.judge_mb):
                far.send((_Full(held("RssAnon") >> 20), 0.0))
                return
            result = attempt(grader, name, known, memory_ends=True)
            far.send((result, held("VmHWM") / 2**20))
        except MemoryError:
            os._exit(_NO_MEMORY)
        except SandboxUnavailable as error:
            far.send((error, 0.0))
            return
        except OSError:
            return


def _forget_peak() -> None:
    """Let the kernel count the most that this process holds from now on."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _bound(megabytes: int) -> bool:
    """Have the kernel refuse this process memory beyond a bound; return whether that leaves any to judge with.

    The bound is on what the process holds, so what it has only reserved at its start is added to it.
    """
    import resource

    space = megabytes * 2**20 - held("RssAnon")
    if space < _SPACE * 2**20:
        return False
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (held("VmData") + space, hard))
    return True
