"""Hand submissions to the workers of a Dask cluster, and see to it that each comes back once.

Which worker gets what is decided here and not by the scheduler: a worker is asked first what it runs, one that is not
fit is left out with the reason, and what a lost or slow one had is handed to another.
"""

import contextlib
import statistics
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rnnlab.grading.cluster import far_side
from rnnlab.grading.cluster.far_side import Task
from rnnlab.grading.cluster.parcel import Entry, pack
from rnnlab.grading.course import Course
from rnnlab.grading.errors import ClusterUnusable
from rnnlab.grading.gradebook import SubmissionResult
from rnnlab.grading.questions import asked
from rnnlab.grading.sandbox.host.view import PACKAGE
from rnnlab.grading.workers import Job

CHUNK = 4  # submissions at a time: few enough that little is lost with a worker
_TRIES = 3  # workers that may be lost over the same submission
_SLOW = 4.0  # times the usual time of a chunk, after which an idle worker is given the same
_SLOW_SECONDS = 30.0
_POLL_SECONDS = 0.2
_CONNECT_SECONDS = 15

Result = tuple[str, SubmissionResult | None]


@dataclass(eq=False)
class _Chunk:
    """Submissions at a worker."""

    names: list[str]
    worker: str
    future: Any
    since: float
    doubled: bool = False


@dataclass
class _Worker:
    """A worker that was asked what it is, and what it is at."""

    n_threads: int
    asked: Any = None  # the future of its answer, until that has come
    fit: bool = False
    chunks: list[_Chunk] = field(default_factory=list)


class Cluster:
    """A Dask cluster, used as `workers.Pool` is.

    Parameters
    ----------
    job : Job
    address : str
        The scheduler's, as "tcp://10.0.0.1:8786".
    told : callable
        Is given a line when a worker joins, is refused or is lost.

    Raises
    ------
    ClusterUnusable
        If there is no scheduler, or its Dask cannot be spoken with.
    """

    def __init__(self, job: Job, address: str, told: Callable[[str], None] = lambda said: None):
        self._client = _connected(address)
        self._job, self._told, self._address = job, told, address
        self._run = uuid.uuid4().hex
        self._workers: dict[str, _Worker] = {}
        self._refused: dict[str, str] = {}
        self._waiting: list[str] = []
        self._left: set[str] = set()
        self._losses: dict[str, int] = {}
        self._alone: set[str] = set()  # students whose chunk was lost: each goes by itself from then on
        self._took: list[float] = []
        self._sizes: dict[str, float] = {}
        self._known: Mapping[str, str] = {}
        self._course_files, self._folders = _course_files(job)
        self._own = far_side.identify(self._folders, job.settings._replace(isolated=False))

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_exc: object) -> None:
        """Take back what is not done, so that the workers are free, and let them tidy up."""
        with contextlib.suppress(Exception):
            for worker in self._workers.values():
                for chunk in worker.chunks:
                    chunk.future.cancel(force=True)
        with contextlib.suppress(Exception):
            fit = [address for address, worker in self._workers.items() if worker.fit]
            if fit:
                self._client.run(far_side.leave, self._run, workers=fit, on_error="ignore")
        self._client.close(timeout=5)

    def results(self, names: Iterable[str], known: Mapping[str, str], sizes: dict[str, float]) -> Iterator[Result]:
        """Yield each student with the result, None where it stands, in whatever order they are done.

        Raises
        ------
        ClusterUnusable
            If the scheduler is gone, or none of its workers is fit.
        """
        self._waiting, self._known, self._sizes = list(names)[::-1], known, sizes
        self._left = set(self._waiting)
        said_to_wait = False
        while self._left:
            yield from self._look_round()
            self._hand_out()
            if not any(worker.fit or worker.asked for worker in self._workers.values()):
                if self._refused:
                    reasons = "; ".join(f"{address} {why}" for address, why in self._refused.items())
                    raise ClusterUnusable(f"no worker of {self._address} can grade: {reasons}")
                if not said_to_wait:
                    self._told(f"{self._address} has no workers yet: waiting for them")
                    said_to_wait = True
            yield from self._collect()

    def _look_round(self) -> Iterator[Result]:
        """Ask workers that have joined what they are, and take back what those had that are gone."""
        if self._client.status not in ("running", "connecting"):
            raise ClusterUnusable(f"the scheduler at {self._address} is gone")
        here = self._client.scheduler_info(n_workers=-1)["workers"]
        for address in set(self._workers) - set(here):
            worker = self._workers.pop(address)
            self._told(f"{address} is gone" + (": what it had is handed to others" if worker.chunks else ""))
            for chunk in worker.chunks:
                chunk.future.cancel()
                yield from self._again(chunk.names)
        for address in set(self._refused) - set(here):
            del self._refused[address]
        for address in set(here) - set(self._workers) - set(self._refused):
            question = self._submit(address, far_side.identify, self._folders, self._job.settings)
            self._workers[address] = _Worker(max(1, here[address]["nthreads"]), question)
        for address, worker in list(self._workers.items()):
            if worker.asked is not None and worker.asked.done():
                self._enrol(address, worker)

    def _enrol(self, address: str, worker: _Worker) -> None:
        answer, worker.asked = worker.asked, None
        why = _unfit(answer, self._own)
        if why:
            self._refuse(address, why)
        else:
            worker.fit = True
            self._told(f"{address} grades, {worker.n_threads} at a time")

    def _refuse(self, address: str, why: str) -> None:
        self._workers.pop(address, None)
        self._refused[address] = why
        self._told(f"{address} is left out: it {why}")

    def _submit(self, address: str, function: Callable, *args: Any) -> Any:
        return self._client.submit(function, *args, workers=[address], allow_other_workers=False, pure=False, retries=0)

    def _hand_out(self) -> None:
        for address, worker in self._workers.items():
            while worker.fit and len(worker.chunks) < worker.n_threads:
                names = self._next() or self._slow_elsewhere(address)
                if not names:
                    break
                self._hand(address, worker, names)

    def _hand(self, address: str, worker: _Worker, names: list[str]) -> None:
        job, course = self._job, Course(self._job.root)
        limit = (job.settings.notebook_mb + job.settings.beside_mb) * 2**20
        work = {name: pack(course.root, course.submitted(name, job.assignment), limit) for name in names}
        known = {name: self._known[name] for name in names if name in self._known}
        task = Task(self._run, job, self._course_files, work, known)
        future = self._submit(address, far_side.grade, task)
        worker.chunks.append(_Chunk(names, address, future, time.monotonic()))

    def _next(self) -> list[str]:
        """Return the next few students, fewer towards the end so that all workers end together."""
        self._waiting = [name for name in self._waiting if name in self._left]
        slots = sum(worker.n_threads for worker in self._workers.values()) or 1
        size = max(1, min(CHUNK, len(self._waiting) // (2 * slots)))
        if self._waiting and self._waiting[-1] in self._alone:
            size = 1
        return [self._waiting.pop() for _ in range(min(size, len(self._waiting)))]

    def _slow_elsewhere(self, address: str) -> list[str]:
        """Return what a slow worker has, for an idle one: whichever is done first counts."""
        usual = statistics.median(self._took) if self._took else float("inf")
        slow = max(_SLOW_SECONDS, _SLOW * usual)
        running = [chunk for worker in self._workers.values() for chunk in worker.chunks]
        for chunk in sorted(running, key=lambda chunk: chunk.since):
            left = [name for name in chunk.names if name in self._left]
            if chunk.worker != address and not chunk.doubled and left and time.monotonic() - chunk.since > slow:
                chunk.doubled = True
                self._told(f"{chunk.worker} is slow with {', '.join(left)}: {address} is given the same")
                return left
        return []

    def _collect(self) -> Iterator[Result]:
        chunks = [(worker, chunk) for worker in list(self._workers.values()) for chunk in worker.chunks]
        waits = [chunk.future for _, chunk in chunks] + [w.asked for w in self._workers.values() if w.asked is not None]
        _wait_for_one(self._client, waits)
        for worker, chunk in chunks:
            if not chunk.future.done():
                continue
            worker.chunks.remove(chunk)
            if chunk.future.status == "finished":
                self._took.append(time.monotonic() - chunk.since)
                yield from self._new(chunk.future.result())
            else:
                yield from self._failed(chunk)

    def _new(self, graded: list[far_side.Graded]) -> Iterator[Result]:
        for student, result, megabytes in graded:
            if student in self._left:
                self._left.discard(student)
                self._sizes[student] = megabytes
                yield student, result

    def _failed(self, chunk: _Chunk) -> Iterator[Result]:
        error = _error(chunk.future)
        if error is not None and not _is_loss(error):  # of the worker's own: no space left, no sandbox any more
            self._refuse(chunk.worker, f"failed: {type(error).__name__}: {error}"[:300])
        yield from self._again(chunk.names)

    def _again(self, names: list[str]) -> Iterator[Result]:
        """Hand out again what was lost; what several workers were lost over is for a person to look at."""
        for name in names:
            if name not in self._left:
                continue
            self._losses[name] = self._losses.get(name, 0) + 1
            if self._losses[name] >= _TRIES and len(names) == 1:
                self._left.discard(name)
                yield name, self._job.failed(name, f"{self._losses[name]} workers were lost over this submission")
            else:
                self._alone.add(name)
                self._waiting.append(name)


def _connected(address: str) -> Any:
    try:
        import distributed
    except ModuleNotFoundError:
        raise ClusterUnusable("--dask needs the package distributed:  pip install 'rnnlab[dask]'") from None
    try:
        return distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterUnusable(f"there is no scheduler at {address}: {' '.join(str(error).split())[:200]}") from None


def _wait_for_one(client: Any, futures: list[Any]) -> None:
    import distributed

    if not futures:
        time.sleep(_POLL_SECONDS)
        return
    gone = TimeoutError, distributed.TimeoutError, distributed.CancelledError
    with client.as_current(), contextlib.suppress(*gone):
        distributed.wait(futures, timeout=_POLL_SECONDS, return_when="FIRST_COMPLETED")


def _error(future: Any) -> BaseException | None:
    try:
        return future.exception(timeout=5)
    except BaseException as error:  # cancelled, or its scheduler is gone
        if isinstance(error, KeyboardInterrupt):
            raise
        return None


def _is_loss(error: BaseException) -> bool:
    from distributed.scheduler import KilledWorker, NoValidWorkerError

    return isinstance(error, KilledWorker | NoValidWorkerError)


def _unfit(answer: Any, own: dict[str, str]) -> str:
    """Return what makes a worker unfit, as the rest of a sentence; nothing where it is fit."""
    if answer.status != "finished":
        error = _error(answer)
        said = f"{type(error).__name__}: {error}" if error else "it did not answer"
        return f"cannot run the grader ({' '.join(said.split())[:200]}): install the same rnnlab there"
    theirs = answer.result()
    others = [
        f"{name} {theirs.get(name, 'none')}, here {own[name]}"
        for name in own
        if name not in ("sandbox", "code") and theirs.get(name) != own[name]
    ]
    if others:
        return f"runs another version: {'; '.join(others)}"
    if theirs["code"] != own["code"]:
        return "runs an rnnlab of the same version with other code"
    if theirs["sandbox"]:
        return f"cannot build the sandbox: {theirs['sandbox']}"
    return ""


def _course_files(job: Job) -> tuple[list[Entry], tuple[str, ...]]:
    """Return what of the course a grader reads, and the folders of code that decide about this assignment's marks."""
    course, assignment = Course(job.root), job.assignment
    places = [
        course.root / "nbgrader_config.py",
        course.released(assignment),
        course.root / "exercises" / assignment,
        course.source(assignment),
        course.state / f"collected-{assignment}.json",
    ]
    found = {entry.path: entry for place in places for entry in pack(course.root, place, 2**27)}
    folders = asked(assignment, course.release(assignment)).folders
    return list(found.values()), tuple(folder.relative_to(PACKAGE).as_posix() for folder in folders)
