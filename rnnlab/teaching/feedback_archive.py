"""Feedback pages as one archive, each under the name by which its platform knows the student's work."""

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from rnnlab import _files
from rnnlab.grading import collected
from rnnlab.grading.course import Course

_MARK = "_assignsubmission_file_"
_DAY = (2000, 1, 1, 0, 0, 0)  # the same pages give the same archive


def _moodle(where: str) -> str:
    """Moodle takes back folders of the names that it gave: Jane Doe_12345_assignsubmission_file_/feedback.html."""
    at = where.find(_MARK)
    return f"{where[:at].rsplit('/', 1)[-1]}{_MARK}/feedback.html" if at >= 0 else ""


def _canvas(where: str) -> str:
    """Canvas finds the student by the two numbers in the name that it gave."""
    path = PurePosixPath(where)
    parts = path.name.split("_")
    return f"{path.stem}.html" if sum(part.isdigit() for part in parts[:4]) >= 2 else ""


def _brightspace(where: str) -> str:
    path = PurePosixPath(where)
    return f"{path.parent.name}/feedback.html" if " - " in path.parent.name else ""


_NAMES: dict[str, Callable[[str], str]] = {"moodle": _moodle, "canvas": _canvas, "brightspace": _brightspace}
PLATFORMS = ("moodle", "canvas", "brightspace", "plain")


def archive(
    course: Course, assignment: str, students: Iterable[str], platform: str, path: Path
) -> tuple[int, list[str]]:
    """Write the archive and return how many students are in it, and for whom the platform's name is not known.

    Parameters
    ----------
    course : Course
    assignment : str
    students : iterable of str
        Those whose pages are made.
    platform : str
        One of `PLATFORMS`; "plain" has a folder for each student.
    path : Path
        Where to.
    """
    known = collected.read(course, assignment)
    names, unknown = _names(students, known, platform)
    with _files.replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for student, name in sorted(names.items()):
            for number, page in enumerate(sorted(course.feedback(student, assignment).glob("*.html"))):
                inside = PurePosixPath(name)
                inside = inside if not number else inside.with_name(f"{inside.stem}-{number + 1}.html")
                info = zipfile.ZipInfo(str(inside), _DAY)
                info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                packed.writestr(info, page.read_bytes())
    return len(names), unknown


def _names(
    students: Iterable[str], known: dict[str, dict[str, Any]], platform: str
) -> tuple[dict[str, str], list[str]]:
    names, unknown = {}, []
    for student in students:
        where = known.get(student, {}).get("where", "")
        name = f"{student}/feedback.html" if platform == "plain" else _NAMES[platform](where)
        if name:
            names[student] = name
        else:
            unknown.append(student)
    return names, unknown
