"""What runs on a machine of the cluster: say what it is, grade a few submissions, tidy up."""

import atexit
import shutil
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rnnlab.grading import provenance
from rnnlab.grading.cluster.parcel import Entry, unpack
from rnnlab.grading.errors import SandboxUnavailable
from rnnlab.grading.gradebook import SubmissionResult
from rnnlab.grading.grader import code_digest
from rnnlab.grading.sandbox.host.fork_server import ForkServer
from rnnlab.grading.settings import Settings
from rnnlab.grading.workers import Job, Pool


class Task(NamedTuple):
    """A few submissions to grade.

    Attributes
    ----------
    run : str
        Which run they are of.
    job : Job
        With the root of the course where it really is.
    course : list of Entry
        What of the course's folder a grader reads.
    work : dict of list of Entry
        Each student's submission.
    known : dict of str
        Digests of results that stand.
    """

    run: str
    job: Job
    course: list[Entry]
    work: dict[str, list[Entry]]
    known: dict[str, str]


Graded = tuple[str, SubmissionResult | None, float]


class _Place:
    """A copy of the course on this machine, and what grades in it: each thread has a pool of its own meanwhile."""

    def __init__(self, task: Task):
        self.folder = Path(tempfile.mkdtemp(prefix="rnnlab-cluster-"))
        self.job = replace(task.job, root=self.folder)
        self._idle: list[Pool] = []
        self._lock = threading.Lock()
        unpack(task.course, self.folder)

    def grade(self, task: Task) -> list[Graded]:
        for entries in task.work.values():
            unpack(entries, self.folder)
        pool = self._pool()
        sizes: dict[str, float] = {}
        try:
            found = list(pool.results(list(task.work), task.known, sizes))
        except BaseException:
            pool.__exit__(None, None, None)
            raise
        with self._lock:
            self._idle.append(pool)
        for entries in task.work.values():
            self._remove(entries)
        return [(student, result, sizes.get(student, 0.0)) for student, result in found]

    def _pool(self) -> Pool:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return Pool(self.job, 1)

    def _remove(self, entries: list[Entry]) -> None:
        for entry in reversed(entries):
            path = self.folder / entry.path
            if entry.kind != "folder":
                path.unlink(missing_ok=True)

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().__exit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)


_places: dict[str, _Place] = {}
_lock = threading.Lock()


def identify(assignment_folders: tuple[str, ...], settings: Settings) -> dict[str, str]:
    """Return what this machine runs, and why no sandbox can be built here, empty where one can.

    Parameters
    ----------
    assignment_folders : tuple of str
        Where the assignment's code stands, relative to the package.
    settings : Settings
    """
    found = {name: version for name, version in provenance.versions().items() if name != "system"}
    found["code"] = code_digest(assignment_folders)
    found["sandbox"] = ""
    try:
        with ForkServer(settings=settings) as fork_server:
            fork_server.open().close()
    except (SandboxUnavailable, OSError) as error:
        found["sandbox"] = str(error)
    return found


def grade(task: Task) -> list[Graded]:
    """Return each student's result, None where it stands, and the megabytes that judging it took.

    Raises
    ------
    SandboxUnavailable
        If no sandbox can be built here any more.
    """
    with _lock:
        place = _places.get(task.run)
        if place is None:
            place = _places[task.run] = _Place(task)
    return place.grade(task)


def leave(run: str) -> None:
    """End what is ready for a run, and remove its files."""
    with _lock:
        place = _places.pop(run, None)
    if place is not None:
        place.close()


@atexit.register
def _leave_all() -> None:
    for run in list(_places):
        leave(run)
