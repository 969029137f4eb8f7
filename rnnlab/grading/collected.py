"""What `rnnlab collect` put into ``submitted/``, for whom and from when: kept where no student can write."""

import json
from typing import Any

from rnnlab import _files
from rnnlab.grading.course import Course


def read(course: Course, assignment: str) -> dict[str, dict[str, Any]]:
    """Return what is known of each student's submission: ``time`` in UTC or "", ``late``, ``digest``, ``where``."""
    try:
        text = (course.state / f"collected-{assignment}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{course.state / f'collected-{assignment}.json'} is damaged: collect again") from None


def write(course: Course, assignment: str, known: dict[str, dict[str, Any]]) -> None:
    """Keep what is known."""
    text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
    _files.write_text(course.state / f"collected-{assignment}.json", text + "\n")
