"""A course's folder that works at once."""

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import rnnlab
from rnnlab import _files, checks
from rnnlab.grading import class_list, shipped
from rnnlab.grading.course import OWN, Course
from rnnlab.grading.release import write_instructor_notebook
from rnnlab.teaching import own_example

_CONFIG = '''"""nbgrader's configuration. Its folders are nbgrader's defaults: source, release, submitted and so on."""

c = get_config()

c.CourseDirectory.course_id = "{course_id}"

# What lateness costs. Without this line it costs nothing. `late_policy.py` stands beside this file: change it freely.
# c.AssignLatePenalties.plugin_class = "late_policy.TenPercentADay"
'''
_DATABASE = """
# The gradebook's server. Passwords belong in ~/.pgpass, not here.
c.CourseDirectory.db_url = "{url}"
"""
_LATE = '''"""What lateness costs: a rule of this course's own, named in nbgrader_config.py."""

from math import ceil

from nbgrader.plugins import BasePlugin


class TenPercentADay(BasePlugin):
    """Take 10 % of the score for each day that has begun, with ten minutes of grace."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        """Return the points to take off."""
        days = max(0, ceil((total_seconds_late - 600) / 86400))
        return min(score, 0.1 * days * score)
'''
_README = """# {course_id}

Made with rnnlab {version}. Fill `students.csv`, then, in this folder, for each assignment:

    rnnlab course check                                   what is still missing
    rnnlab course due 02_unfolding "2026-05-04 23:59"     when it is due
    rnnlab collect submissions.zip --from moodle          what was handed in, from the LMS's archive
    rnnlab grade run 02_unfolding --workers 2             grade it
    jupyter lab                                           Nbgrader, Formgrader: mark written answers
    rnnlab grade feedback 02_unfolding; rnnlab grade export 02_unfolding --to csv --file grades.csv

Students get `release/`. `source/` holds the reference answers: keep it, `gradebook.db` and `.rnnlab/` to yourself.
"""


def new_course(
    folder: Path,
    assignments: Iterable[str] = (),
    said: Callable[[str], None] = lambda assignment: None,
    db_url: str = "",
) -> list[str]:
    """Make a course's folder and return the names of its assignments.

    Parameters
    ----------
    folder : Path
        It must be empty or not be there.
    assignments : iterable of str
        Which of the course's assignments; all where left out.
    said : callable
        Told each assignment once it is there.
    db_url : str
        Where the gradebook is, as SQLAlchemy writes addresses; a file in the folder where left out.

    Returns
    -------
    assignments : list of str

    Raises
    ------
    ValueError
        If the folder holds something, or an assignment is not one of the course's.
    """
    chosen = list(assignments) or list(checks.packages())
    for assignment in chosen:
        if assignment not in checks.packages():
            raise ValueError(f"there is no assignment {assignment!r}, only {', '.join(checks.packages())}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not empty: name a folder that is not there yet")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("submitted", "autograded", "feedback"):
        (folder / name).mkdir()
    course_id = re.sub(r"[^\w.-]+", "-", folder.resolve().name) or "rnnlab"
    config = _CONFIG.format(course_id=course_id)
    if db_url:
        config += _DATABASE.format(url=_with_driver(db_url))
    _files.write_text(folder / "nbgrader_config.py", config)
    _files.write_text(folder / "late_policy.py", _LATE)
    _files.write_text(folder / class_list.FILE, ",".join(class_list.COLUMNS) + "\n")
    _files.write_text(folder / "README.md", _README.format(course_id=course_id, version=rnnlab.__version__))
    for assignment in chosen:
        add_assignment(folder, assignment)
        said(assignment)
    return chosen


def _with_driver(url: str) -> str:
    """Return a database's address with the driver that rnnlab installs, where it names none.

    Examples
    --------
    >>> _with_driver("postgresql://me@host/course")
    'postgresql+psycopg://me@host/course'
    """
    return re.sub(r"^postgres(?:ql)?://", "postgresql+psycopg://", url)


def add_assignment(folder: Path, assignment: str) -> None:
    """Put one of the course's assignments into the folder: the notebook with answers, and the one for students."""
    write_instructor_notebook(shipped.source(assignment), folder / "source" / assignment / f"{assignment}.ipynb")
    target = folder / "release" / assignment
    shutil.copytree(shipped.exercises(assignment), target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))


def edit(course: Course, assignment: str) -> Path:
    """Put the source of an assignment into the course's ``assignments/``, and return its path.

    For a name that is not one of rnnlab's assignments that is a small example with a question of its own.

    Raises
    ------
    ValueError
        If it is there already, or the name is none that a folder and a notebook can have.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,60}", assignment):
        raise ValueError(f"{assignment!r} is no name for an assignment: use letters, digits, _ and -")
    path = course.root / OWN / assignment / f"{assignment}.py"
    if path.exists():
        raise ValueError(f"{path} is there already")
    shipped_source = shipped.source(assignment)
    if shipped_source.is_file():
        texts = {path.name: shipped_source.read_text(encoding="utf-8")}
    else:
        texts = {path.name: own_example.SOURCE, "checks.py": own_example.CHECKS, "mistakes.py": own_example.MISTAKES}
    path.parent.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        _files.write_text(path.parent / name, text.replace("TITLE", assignment))
    return path
