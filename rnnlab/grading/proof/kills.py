"""Grading that is killed: at whatever moment that happens, a rerun ends where an undisturbed run ends.

A small class is judged once. From then on its results are at hand, so that what is killed is all that is written, to
files, database and log. A run is killed at one of its effects, the next file that it opens, moves or removes, the next
statement to the database; or by a timer of the kernel's, in the middle of whatever it is at. Each run is a fork of this
process. It begins in a course where the assignment is registered, in one that is graded in part, and now and then in
one that has no database yet, which takes longest to make.
"""

import contextlib
import hashlib
import itertools
import os
import pickle
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import event
from sqlalchemy.engine import Engine

from rnnlab.grading import pipeline, workers
from rnnlab.grading.course import Course
from rnnlab.grading.export import rows
from rnnlab.grading.gradebook import GradebookStore, SubmissionResult
from rnnlab.grading.proof.material import ASSIGNMENT, GOOD, RIGHT, WRONG, Cases, folder, text, write
from rnnlab.grading.settings import Settings

CLASS: Cases = {
    "ada": (folder(GOOD), []),
    "bo": (folder(text({})), []),
    "cy": (folder(text({**WRONG, "rnn_step": RIGHT["rnn_step"]})), []),
    "di": (folder(b"[]"), []),
}
_NEW = "no database yet"
_EFFECTS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "sqlite3.connect")


@dataclass
class Kills:
    """What came of the killed runs.

    Parameters
    ----------
    tried, at_effects, by_timer : int
        How many points, and of which kind; a timer that came too late is not counted.
    different : list of str
        The points after which a rerun ended elsewhere.
    """

    tried: int = 0
    at_effects: int = 0
    by_timer: int = 0
    different: list[str] = field(default_factory=list)


def kills(n: int, settings: Settings, seed: int = 0) -> Kills:
    """Kill `n` runs, each at another point, run them again and compare what is then written.

    Parameters
    ----------
    n : int
    settings : Settings
        With which the class is judged once.
    seed : int
        From which the moments of the timer are drawn.

    Raises
    ------
    RuntimeError
        If the undisturbed run fails.
    """
    found, rng = Kills(), np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(prefix="rnnlab-kills-") as home:
        begun, canned, calm = _prepared(Path(home), settings)
        places = [(start, batch) for start in begun for batch in (1, 3)[: 1 if start.name == _NEW else 2]]
        lengths = {place: _forked(_counted, *place, canned) for place in places}
        if not all(lengths.values()):
            raise RuntimeError("the undisturbed run fails")
        for number, (place, point) in enumerate(_points(lengths, n, rng)):
            if found.tried >= n or number >= 2 * n:
                break
            start, batch = place
            name = f"{start.name}, {batch} at a time, " + (f"effect {point}" if point >= 1 else f"after {point:.4f} s")
            course = Path(home, f"run-{number}")
            shutil.copytree(start, course)
            done = _forked(_cut, course, batch, canned, point)
            again = _forked(_run, course, batch, canned)
            shutil.rmtree(course)
            if done is not None and point < 1:
                continue
            found.tried += 1
            found.at_effects += point >= 1
            found.by_timer += point < 1
            if again != calm:
                found.different.append(name)
    return found


def _points(lengths: Mapping[tuple[Path, int], Any], n: int, rng: np.random.Generator) -> Iterator[tuple[Any, float]]:
    """Yield where to cut: two of three at effects, evenly, few of them without a database; the others at moments.

    There is no end to the moments, as some of them come too late.
    """
    every = {place: [(place, float(k)) for k in range(1, found[0] + 1)] for place, found in lengths.items()}
    new = [one for place, points in every.items() for one in points if place[0].name == _NEW]
    old = [one for place, points in every.items() for one in points if place[0].name != _NEW]
    n_new, n_effects = -(-n // 20), -(-2 * n // 3)
    for points, number in ((new, n_new), (old, min(len(old), n_effects - n_new))):
        yield from (points[int(i)] for i in np.linspace(0, len(points) - 1, number))
    places = [place for place in lengths if place[0].name != _NEW]
    for number in itertools.count():
        place = places[number % len(places)]
        yield place, min(0.99, float(rng.uniform(0.0, 0.9) * lengths[place][1]))


def _prepared(home: Path, settings: Settings) -> tuple[list[Path], dict[str, SubmissionResult], bytes]:
    """Return a course not yet graded and one that was graded, the results, and what an undisturbed run leaves."""
    fresh, registered, graded = home / _NEW, home / "registered", home / "graded in part"
    fresh.mkdir()
    write(fresh, CLASS)
    shutil.copytree(fresh, home / "calm")
    canned = _forked(_judged, home / "calm", settings)
    shutil.copytree(fresh, registered)
    old = {name: r for name, r in (canned or {}).items() if name in ("bo", "di")}
    calm = _forked(_run, home / "calm", 1, canned)
    if not canned or calm is None or _forked(_run, registered, 1, {}, []) is None:
        raise RuntimeError("the undisturbed run fails")
    shutil.copytree(registered, graded)
    if _forked(_run, graded, 1, old, list(old)) is None:
        raise RuntimeError("the undisturbed run fails")
    return [fresh, registered, graded], canned, calm


def _judged(root: Path, settings: Settings) -> dict[str, SubmissionResult]:
    job = workers.Job(root, ASSIGNMENT, settings, 7)
    found = dict(workers.results(job, list(CLASS), {}, 0))
    return {name: result for name, result in found.items() if result is not None}


class _AtHand(contextlib.AbstractContextManager):
    """Results in the place of what would grade."""

    def __init__(self, canned: Mapping[str, SubmissionResult]):
        self._canned = canned

    def __exit__(self, *_exc: object) -> None:
        return

    def results(self, names: Iterable[str], known: Mapping[str, str], _sizes: dict[str, float]):
        for name in names:
            yield name, None if known.get(name) == self._canned[name].digest else self._canned[name]


def _run(root: Path, batch: int, canned: Mapping[str, SubmissionResult], students: list[str] | None = None) -> bytes:
    """Grade with results that are at hand, and return a digest of all that is then written."""
    course = Course(root)
    before, pipeline.BATCH = pipeline.BATCH, batch
    original, workers.source = workers.source, lambda job, n_workers: _AtHand(canned)
    try:
        pipeline.run(course, ASSIGNMENT, seed=7, students=students)
    finally:
        pipeline.BATCH, workers.source = before, original
    with GradebookStore(course) as book:
        table = repr([rows(book, ASSIGNMENT), book.records(ASSIGNMENT)])
    files = {
        p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("autograded/**/*")) if p.is_file()
    }
    return hashlib.sha256(repr((table, files)).encode()).digest()


def _counted(start: Path, batch: int, canned: Mapping[str, SubmissionResult]) -> tuple[int, float]:
    """Return how many effects a run has, and how long it takes."""
    import time

    course = start.parent / f"count-{start.name}-{batch}"
    shutil.copytree(start, course)
    count = _effects(lambda number: None)
    began = time.monotonic()
    _run(course, batch, canned)
    return count(), time.monotonic() - began


def _cut(course: Path, batch: int, canned: Mapping[str, SubmissionResult], point: float) -> bytes:
    """Run, and be killed at an effect, or by the kernel's timer after a fraction of a second."""
    if point >= 1:
        _effects(lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == int(point) else None)
    else:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # which ends the process there and then
        signal.setitimer(signal.ITIMER_REAL, max(point, 1e-4))
    return _run(course, batch, canned)


def _effects(at: Callable[[int], object]) -> Callable[[], int]:
    """Call `at` with the number of each effect before it happens; return what tells how many there were."""
    seen = [0]

    def note() -> None:
        seen[0] += 1
        at(seen[0])

    def hook(name: str, args: tuple) -> None:
        writes = name == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or name in _EFFECTS:
            note()

    sys.addaudithook(hook)
    event.listen(Engine, "before_cursor_execute", lambda *_args: note())
    event.listen(Engine, "commit", lambda *_args: note())
    return lambda: seen[0]


def _forked(work: Callable, *args: Any) -> Any:
    """Return what `work(*args)` gives in a fork of this process, or None where it is killed or fails."""
    here, there = os.pipe()
    if (pid := os.fork()) == 0:
        code = 1
        try:
            os.close(here)
            with os.fdopen(there, "wb") as pipe:
                pickle.dump(work(*args), pipe)
            code = 0
        finally:
            os._exit(code)
    os.close(there)
    with os.fdopen(here, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    return pickle.loads(data) if status == 0 and data else None
