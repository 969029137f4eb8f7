"""The same collection through nbgrader alone, for comparison: what its own autograde makes of a part of it.

There is no sandbox there, so only what does no harm is run: attacks that patch, forge or import, honest work, files.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.pipeline import run
from rnnlab.grading.proof import attacks, broken, damaged, honest, order
from rnnlab.grading.proof.material import ASSIGNMENT, POINTS, RIGHT, Cases, R, folder, text, write
from rnnlab.grading.settings import Settings

_HARMLESS = ("skips-", "forges-", "patches-allclose", "ast-", "input-transformer", "replaces-", "display-hook", "iopub",
             "score-in-names", "array-", "list-", "float-", "object-array", "returns-nan", "returns-zeros", "library-",
             "metadata-", "blank")  # fmt: skip
_NOT = (
    "exits",
    "loops",
    "raises",
    "many",
    "large",
    "long-comment",
    "fat-",
    "patches-codec",
    "place-a-",
    "huge",
    "bomb",
)


@dataclass
class Stock:
    """What plain nbgrader made of a part of the collection.

    Parameters
    ----------
    attacks, unearned : int
        How many, and how many of them got more than their due.
    honest, lost : int
        How many, and how many of them got less.
    broken, without_outcome : int
        How many, and how many of those that it could not grade left no score in the gradebook.
    seconds : float
        For all of them.
    """

    attacks: int = 0
    unearned: int = 0
    honest: int = 0
    lost: int = 0
    broken: int = 0
    without_outcome: int = 0
    seconds: float = 0.0


def stock(limit: int, settings: Settings) -> Stock:
    """Let nbgrader autograde at most `limit` submissions of each kind.

    Raises
    ------
    RuntimeError
        If an untouched right notebook does not get all its points there: then nothing can be compared.
    """
    kinds = {
        "attacks": _some({k: v for k, v in attacks.CASES.items() if k.startswith(_HARMLESS)}, limit),
        "honest": _some({**honest.CASES, **order.CASES}, limit),
        "broken": _some({**broken.CASES, **damaged.CASES}, limit),
    }
    found = Stock()
    with tempfile.TemporaryDirectory(prefix="rnnlab-stock-") as home:
        course = Course(Path(home))
        every = {name: case for cases in kinds.values() for name, case in cases.items()}
        write(course.root, {"~blank": (folder(text({})), [])})
        run(course, ASSIGNMENT, settings, students=["~blank"])  # which tells the gradebook of the assignment
        write(course.root, {**every, "~good": (folder(text(RIGHT)), [])})
        began = time.monotonic()
        for name in ("~good", *every):
            _autograde(course, name)
        found.seconds = round(time.monotonic() - began, 1)
        with GradebookStore(course) as book:
            entries = {entry["student"]: list(entry["cells"].values()) for entry in book.table(ASSIGNMENT)[1]}
    for kind, cases in kinds.items():
        setattr(found, kind, len(cases))
        for name, (_, expected) in cases.items():
            got = [points or 0.0 for points in entries.get(name, [None] * len(POINTS))]
            due = [most if part == R else part for part, most in zip(expected, POINTS, strict=True)]
            pairs = [(a, b) for a, b in zip(got, due, strict=True) if b is not None]
            found.unearned += kind == "attacks" and any(a > b for a, b in pairs)
            found.lost += kind == "honest" and any(a < b for a, b in pairs)
            found.without_outcome += kind == "broken" and all(score is None for score in entries.get(name, [None]))
    if entries.get("~good") != POINTS:
        raise RuntimeError(f"nbgrader alone gives a right notebook {entries.get('~good')}")
    return found


def _some(cases: Cases, limit: int) -> Cases:
    names = [name for name in cases if not any(word in name for word in _NOT)]
    return {name: cases[name] for name in names[:: max(1, -(-len(names) // limit))]}


def _autograde(course: Course, student: str) -> None:
    """Run nbgrader's own command for one student: over the class, one submission that ends it leaves the rest out."""
    own = {"HOME": str(course.root), "JUPYTER_PLATFORM_DIRS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT, "--student", student, "--force"]
    command.append("--ExecutePreprocessor.timeout=20")
    with contextlib.suppress(subprocess.TimeoutExpired):  # it left no score, which is counted
        subprocess.run(command, cwd=course.root, env={**os.environ, **own}, capture_output=True, timeout=300)
