"""What `rnnlab collect` put into ``submitted/``, for whom and from when: kept where no student can write."""

import json
from pathlib import Path
from typing import Any

from rnnlab import _files
from rnnlab.grading.course import Course


def read(course: Course, assignment: str) -> dict[str, dict[str, Any]]:
    """Return what is known of each student's submission: ``time`` in UTC or "", ``late``, ``digest``, ``where``."""
    path = course.state / f"collected-{assignment}.json"
    try:
        return entries(path)
    except ValueError:
        raise ValueError(f"{path} is damaged: take it away and collect again") from None


def entries(path: Path) -> dict[str, Any]:
    """Return what a file of the grader's own holds by student, nothing where there is none.

    Raises
    ------
    ValueError
        If it does not hold that.
    """
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError("expected an object")
    return found


def write(course: Course, assignment: str, known: dict[str, dict[str, Any]]) -> None:
    """Keep what is known."""
    text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
    _files.write_text(course.state / f"collected-{assignment}.json", text + "\n")
