"""How learning platforms name the files that they hand out, as their manuals describe it and as they do it.

- Moodle, "Download all submissions": ``Jane Doe_12345_assignsubmission_file_/work.ipynb``, or with the file's name
  after the last underscore where no folders are wanted. The number belongs to this assignment, not to the student.
- Canvas, "Download submissions": ``doejane_LATE_4711_815_work-1.ipynb``: the sortable name in small letters, a mark for
  late work, the student's number in Canvas, the file's, and a count where a file was handed in again.
- Blackboard, "Assignment file download": ``HW 2_jdoe_attempt_2026-01-31-23-58-00_work.ipynb``, and beside it a text
  file for each attempt that Blackboard writes.
- Brightspace, "Download": ``4711-815 - Jane Doe - Jan 31, 2026 1158 PM/work.ipynb``, and an ``index.html``.
- Google Classroom, the assignment's folder in Drive: ``Jane Doe - work.ipynb``.
- Plain: a folder for each student, ``jdoe/work.ipynb`` or ``jdoe/02_unfolding/work.ipynb``, or files ``jdoe.ipynb``.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

_AT = r"(?:^|.*/)"  # archives that were packed again have a folder around everything
_COPY = re.compile(r"-\d+(?=\.[^.]+$|$)")
_DRIVE_COPY = re.compile(r" ?\(\d{1,4}\)(?=\.[^.]+$|$)")
_CLOCK = re.compile(r"\b(\d{1,2})(\d\d) ?([AP])\.?M\b\.?", re.IGNORECASE)


class Found(NamedTuple):
    """What a path says.

    Parameters
    ----------
    who : tuple of str
        Whom it may be from, in the platform's words: an id, a name, a number; the first that is known counts.
    file : str
        The file's own name, with folders.
    attempt : str
        What the files of one attempt have in common.
    time : str
        As written; empty where it is not.
    late : bool
        Whether the platform says so.
    copy : int
        Which of several files of one name it is, as Canvas counts them.
    own : bool
        Whether it is the platform's own file and nobody's work.
    """

    who: tuple[str, ...]
    file: str
    attempt: str
    time: str = ""
    late: bool = False
    copy: int = 0
    own: bool = False


def _moodle(match: Mapping[str, str | None], path: str) -> Found:
    name, kind = match["name"] or "", match["kind"]
    attempt = path[: path.index("_assignsubmission_")].rsplit("/", 1)[-1]
    whom = (name, name.split("-", 1)[-1])  # with groups: "Group A-Jane Doe"
    return Found(whom, match["file"] or "", attempt, own=kind == "onlinetext")


def _canvas(match: Mapping[str, str | None], path: str) -> Found:
    file = match["file"] or ""
    count = _COPY.search(file)
    plain = _COPY.sub("", file) if count else file
    number = int(count[0][1:6]) if count else 0
    return Found((match["lms"] or "", match["name"] or ""), plain, "", late=bool(match["late"]), copy=number)


def _blackboard(match: Mapping[str, str | None], path: str) -> Found:
    words = (match["head"] or "").split("_")
    whom = tuple("_".join(words[-n:]) for n in range(1, len(words)))  # ids may hold underscores, and titles do
    file, time = match["file"] or "", match["time"] or ""
    return Found(whom, file, time, time, own=not file)


def _brightspace(match: Mapping[str, str | None], path: str) -> Found:
    time = _CLOCK.sub(r"\1:\2 \3M", match["time"] or "")
    whom = (match["org"] or "", match["lms"] or "", match["name"] or "")
    return Found(tuple(filter(None, whom)), match["file"] or "", time, time)


def _classroom(match: Mapping[str, str | None], path: str) -> Found:
    file = match["file"] or ""
    count = _DRIVE_COPY.search(file)
    return Found((match["name"] or "",), _DRIVE_COPY.sub("", file), "", copy=int(count[0].strip(" ()")) if count else 0)


def _plain(match: Mapping[str, str | None], path: str) -> Found:
    if match["loose"]:
        name = match["loose"]
        stems = [name[:at] for at in range(len(name), 0, -1) if at == len(name) or name[at] in "_- "]
        return Found(tuple(stems), f"{name}{match['ending']}", "")
    return Found((match["id"] or "",), match["file"] or "", "")


_MOODLE = r"(?P<name>[^/]+?)_\d+_assignsubmission_(?P<kind>[a-z]+)(?:_?/|_)(?P<file>.+)"
_CANVAS = r"(?P<name>[^/_]+)_(?P<late>LATE_)?(?P<lms>\d+)_\d+_(?P<file>[^/]+)"
_BLACKBOARD = r"(?P<head>[^/]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>[^/]+)|\.txt)"
_BRIGHTSPACE = (
    r"(?P<lms>\d+)-\d+ - (?:(?P<org>[A-Z]?\d{5,}) - )?(?P<name>[^/]+?) - "
    r"(?P<time>[^/]*?\b(?:19|20)\d\d[^/]*?(?: [AaPp]\.?[Mm]\.?)?)(?:/| - )(?P<file>.+)"
)
_CLASSROOM = r"(?P<name>[^/]+?) - (?P<file>[^/]+)"
_PLAIN = r"(?:(?P<id>[^/]+)/(?P<file>.+)|(?P<loose>[^/]+)(?P<ending>\.[^./]+))"
_KNOWN = {
    "moodle": (_AT + _MOODLE, _moodle),
    "canvas": (_AT + _CANVAS, _canvas),
    "blackboard": (_AT + _BLACKBOARD, _blackboard),
    "brightspace": (_AT + _BRIGHTSPACE, _brightspace),
    "classroom": (_AT + _CLASSROOM, _classroom),
    "plain": (_PLAIN, _plain),
}
PLATFORMS = tuple(_KNOWN)
EXAMPLES = {
    "moodle": "Jane Doe_12345_assignsubmission_file_/work.ipynb",
    "canvas": "doejane_4711_815_work.ipynb",
    "blackboard": "HW 2_jdoe_attempt_2026-01-31-23-58-00_work.ipynb",
    "brightspace": "4711-815 - Jane Doe - Jan 31, 2026 1158 PM/work.ipynb",
    "classroom": "Jane Doe - work.ipynb",
    "plain": "jdoe/work.ipynb",
}


class Pattern:
    """What is read from paths: a platform's pattern, or one of the course's own.

    Parameters
    ----------
    platform : str
        One of `PLATFORMS`.
    own : str, optional
        A regular expression for a whole path, in place of the platform's. Its group ``student`` holds an id, a name, an
        e-mail address or a number of the class list; ``file``, ``time`` and ``late`` may be left out.

    Raises
    ------
    ValueError
        If the expression cannot be read or has no such group.
    """

    def __init__(self, platform: str, own: str = ""):
        text, self._read = _KNOWN[platform]
        self.example = EXAMPLES[platform]
        if own:
            text, self.example, self._read = own, own, _own
        try:
            self._expression = re.compile(text)
        except re.error as error:
            raise ValueError(f"--pattern is no regular expression: {error}") from None
        if own and "student" not in self._expression.groupindex:
            raise ValueError("--pattern has no group student, as in (?P<student>[^/]+)/(?P<file>.+)")

    def read(self, path: str) -> Found | None:
        """Return what a path says, None where it does not follow the pattern."""
        match = self._expression.fullmatch(path)
        return self._read(match.groupdict(), path) if match else None


def _own(match: Mapping[str, str | None], path: str) -> Found:
    time = match.get("time") or ""
    file = match.get("file") or path.rsplit("/", 1)[-1]
    return Found((match["student"] or "",), file, time, time, bool(match.get("late")))
