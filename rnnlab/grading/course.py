"""A course's folder, as nbgrader sees it: nbgrader's own configuration says where everything is."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from rnnlab import checks
from rnnlab.checks import own
from rnnlab.grading import shipped
from rnnlab.grading.errors import CourseLocked, NotReleased
from rnnlab.grading.nbgrader_bridge import CourseDirectory
from rnnlab.grading.release_notebook import ReleaseNotebook, read

STATE = ".rnnlab"
OWN = "assignments"  # sources and checks of the instructor's own, or changed ones


class Course:
    """The folders and the database of a course.

    Parameters
    ----------
    root : Path
        The folder that holds ``submitted/``; its ``nbgrader_config.py``, if there is one, is followed.
    """

    def __init__(self, root: Path):
        self.root = root.resolve()
        if not self.root.is_dir():
            raise NotADirectoryError(f"there is no folder {root}: --course names the one that holds submitted/")
        self.config = _config(self.root)
        self.config.CourseDirectory.root = str(self.root)
        self.directory = CourseDirectory(config=self.config)
        own.use(self.root / OWN)

    @property
    def db_url(self) -> str:
        """Where nbgrader's gradebook is."""
        return self.directory.db_url

    @property
    def course_id(self) -> str:
        """The course's name in the gradebook."""
        return self.directory.course_id or "default_course"

    def submitted(self, student: str, assignment: str) -> Path:
        """Return the folder of what a student handed in."""
        return Path(self.directory.format_path(self.directory.submitted_directory, student, assignment))

    def autograded(self, student: str, assignment: str) -> Path:
        """Return the folder of what the grader made of it."""
        return Path(self.directory.format_path(self.directory.autograded_directory, student, assignment))

    def feedback(self, student: str, assignment: str) -> Path:
        """Return the folder of a student's feedback."""
        return Path(self.directory.format_path(self.directory.feedback_directory, student, assignment))

    def release(self, assignment: str) -> tuple[ReleaseNotebook, ...]:
        """Return the released notebooks: the course's own, else those that come with rnnlab."""
        own.use(self.root / OWN)  # another course may have been at hand since
        mine = self.released(assignment)
        for folder in (mine, self.root / "exercises" / assignment, shipped.exercises(assignment)):
            with suppress(NotReleased):
                return read(folder)
        return read(mine)

    def released(self, assignment: str) -> Path:
        """Return the folder of an assignment's released notebooks, whether it is there or not."""
        return Path(self.directory.format_path(self.directory.release_directory, ".", assignment))

    def students(self, assignment: str) -> list[str]:
        """Return the names of the folders under ``submitted/`` that hold something for an assignment."""
        top = self.root / self.directory.submitted_directory
        if not top.is_dir():
            raise NotADirectoryError(f"there is no folder {top}: submissions belong in it, one folder per student")
        names = sorted(name for name in os.listdir(top) if not name.startswith("."))
        return [name for name in names if _may_be_there(top / name / assignment)]

    def everyone(self) -> list[str]:
        """Return the names of all folders under ``submitted/``."""
        top = self.root / self.directory.submitted_directory
        return sorted(name for name in os.listdir(top) if not name.startswith(".") and (top / name).is_dir())

    def misplaced(self, assignment: str) -> dict[str, str]:
        """Return students who handed in nothing under the assignment's name but something like it, and what."""
        top = self.root / self.directory.submitted_directory
        found = {}
        known = {*checks.known(), *self._named(self.directory.source_directory)}
        for student in sorted(name for name in os.listdir(top) if not name.startswith(".")):
            home = top / student
            if home.is_symlink() or not home.is_dir() or os.path.lexists(home / assignment):
                continue
            try:
                inside = sorted(os.listdir(home))[:1000]
            except OSError:  # `students` names it
                continue
            like = [name for name in inside if _like(name, assignment)]
            loose = [name for name in inside if name.lower().endswith((".ipynb", ".zip"))]
            strange = [name for name in inside if name not in known and not name.startswith(".")]
            if like or loose or strange:
                found[student] = (like or loose or strange)[0]
        return found

    def _named(self, folder: str) -> list[str]:
        top = Path(self.directory.format_path(folder, ".", "."))
        return os.listdir(top) if top.is_dir() else []

    def source(self, assignment: str) -> Path:
        """Return where nbgrader's formgrader looks for an assignment: it lists those that it finds there."""
        return Path(self.directory.format_path(self.directory.source_directory, ".", assignment))

    @property
    def scores_test_cells(self) -> bool:
        """Whether test cells of nbgrader's own kind give points by themselves, as the configuration may say.

        They run beside the student's code, which can forge what they see: by default a person decides.
        """
        return self.config.RnnlabGrading.get("score_test_cells", False) is True

    @property
    def hands_out_checks(self) -> bool:
        """Whether the course's own checks are released beside the notebook, as they are unless it says otherwise.

        Students run them there. They hold the reference answers.
        """
        return self.config.RnnlabGrading.get("hand_out_checks", True) is not False

    @property
    def state(self) -> Path:
        """The grader's own folder, which only its owner may read."""
        folder = self.root / STATE
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep every other grading run out of this course.

        Raises
        ------
        CourseLocked
            If one is at work.
        """
        import fcntl

        with open(self.state / "lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CourseLocked(f"another grading run is at work in {self.root}: wait until it has ended") from None
            yield


def _config(root: Path) -> Config:
    try:
        return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    except ConfigFileNotFound:
        return Config()
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split())
        raise ValueError(f"nbgrader_config.py cannot be read: {type(error).__name__}: {said}") from None


def _may_be_there(path: Path) -> bool:
    """Say whether something is at a path, or cannot be looked for because a folder above it is closed."""
    try:
        os.lstat(path)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _like(name: str, assignment: str) -> bool:
    """Say whether a folder may be meant for an assignment: the same letters, or the same number or title."""
    here, there = (["".join(c for c in part if c.isalnum()) for part in _parts(text)] for text in (name, assignment))
    return "".join(here) == "".join(there) or (bool(there) and there[0].isdigit() and _number(here) == int(there[0]))


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[^0-9a-z]+|(?<=[0-9])(?=[a-z])|(?<=[a-z])(?=[0-9])", text.casefold()) if part]


def _number(parts: list[str]) -> int | None:
    return next((int(part) for part in parts if part.isdigit() and len(part) < 4), None)
