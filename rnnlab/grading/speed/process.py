"""Run a command and measure it from outside: time, processor time of all that it started, and memory over time."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore


class Run(NamedTuple):
    """A measured run.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    processor : float
        Seconds of processor time: of the command, of what it started, and of the students' code.
    curve : list of (float, float)
        Seconds since the start, and megabytes that the grading processes held then (shared pages counted once).
    """

    seconds: float
    processor: float
    curve: list[tuple[float, float]]

    @property
    def peak(self) -> float:
        """The most megabytes that were seen."""
        return max((megabytes for _, megabytes in self.curve), default=0.0)


def ours(course: Course, assignment: str, *options: str) -> Run:
    """Run ``rnnlab grade run`` on a course; what the sandboxes used is taken from what it noted."""
    before = students(course, assignment)
    command = [sys.executable, "-m", "rnnlab", "grade", "run", assignment, "--course", str(course.root), *options]
    run = measured(command, course.root, {0, 3})
    return run._replace(processor=run.processor + students(course, assignment) - before)


def stock(course: Course, assignment: str) -> Run:
    """Run ``nbgrader autograde`` on a course."""
    command = [sys.executable, "-m", "nbgrader", "autograde", assignment, "--force"]
    return measured(command, course.root, {0})


def students(course: Course, assignment: str) -> float:
    """Return the processor time of all students' code, as the grader noted it."""
    with GradebookStore(course) as book:
        records = book.records(assignment).values()
    return sum(record.get("processor_seconds", {}).get("student", 0.0) for record in records)


def measured(command: list[str], where: Path, fine: set[int]) -> Run:
    """Run a command in a folder.

    Raises
    ------
    RuntimeError
        If it ends with a code that is not in `fine`, with the end of what it said.
    """
    own = {"HOME": str(where), "JUPYTER_PLATFORM_DIRS": "1", "OPENBLAS_NUM_THREADS": "1"}
    own["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    log = where / "log.txt"
    started = time.perf_counter()
    with open(log, "w") as said:
        process = subprocess.Popen(
            command, cwd=where, env={**os.environ, **own}, stdout=said, stderr=said, start_new_session=True
        )
    curve: list[tuple[float, float]] = []
    watcher = threading.Thread(target=_watch, args=(process.pid, started, curve), daemon=True)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.join()
    if process.returncode not in fine:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {log.read_text()[-1000:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, curve)


def _watch(session: int, started: float, curve: list[tuple[float, float]]) -> None:
    """Note a few times a second, then every ten seconds, what a session's processes hold."""
    while os.path.exists(f"/proc/{session}/status"):
        curve.append((round(time.perf_counter() - started, 2), round(_megabytes(session), 1)))
        time.sleep(0.3 if len(curve) < 100 else 10 if len(curve) > 1000 else 2)
        if not _alive(session):
            return


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _megabytes(session: int) -> float:
    """Return what the processes of a session hold together, in megabytes."""
    total = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                if int(file.read().rpartition(")")[2].split()[3]) != session:
                    continue
            with open(f"/proc/{name}/smaps_rollup") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except (OSError, ValueError, IndexError, StopIteration):  # it has ended
            continue
    return total / 2**10
