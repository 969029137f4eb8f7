"""Thousands of small submissions of every kind in one run: is each accounted for, and does memory stay level?"""

import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from rnnlab.grading import lateness
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.speed import classes
from rnnlab.grading.speed.process import ours

_DUE_POINTS = {"right": 1.0, "crash": 1.0}  # the process ends after the answer is written: it is asked before


def large(n: int, n_workers: int) -> dict[str, Any]:
    """Grade `n` generated submissions of a single short question: right, blank, broken, and every fifth late.

    Parameters
    ----------
    n, n_workers : int

    Returns
    -------
    found : dict
        How many had which outcome, how many had none (``missing``) or other points than their due (``wrong``), how many
        were late, the seconds and the curve of memory.
    """
    with tempfile.TemporaryDirectory(prefix="rnnlab-large-") as folder:
        course = classes.course(Path(folder, "course"), classes.TINY)
        classes.mixed(course, classes.TINY, n)
        with GradebookStore(course) as book:
            lateness.set_due(book, classes.TINY, datetime.fromisoformat(classes.DUE))
        run = ours(course, classes.TINY, "--timestamps", "--workers", str(n_workers))
        with GradebookStore(course) as book:
            _, rows = book.table(classes.TINY)
        wanted = set(course.students(classes.TINY))
    kinds = {row["student"]: row["student"].partition("-")[0] for row in rows}
    outcomes = Counter(
        f"{kind}: {points:g} points" for kind, points in ((kinds[r["student"]], r["score"]) for r in rows)
    )
    return {
        "n": n,
        "workers": n_workers,
        "seconds": round(run.seconds, 1),
        "processor": round(run.processor, 1),
        "outcomes": dict(sorted(outcomes.items())),
        "late": sum(r["timestamp"] is not None and r["timestamp"] > datetime.fromisoformat(classes.DUE) for r in rows),
        "missing": len(wanted - set(kinds)),
        "wrong": sum(r["score"] != _DUE_POINTS.get(kinds[r["student"]], 0.0) or bool(r["open"]) for r in rows),
        "peak_mb": run.peak,
        "curve": run.curve,
    }
