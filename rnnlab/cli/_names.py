"""Names as they are typed: a shell completes them to paths of folders, with a slash at their end."""

import difflib

from rnnlab import checks
from rnnlab.cli import UserError
from rnnlab.grading.course import Course
from rnnlab.teaching import check_course


def last(typed: str) -> str:
    """Return the name of a folder or a notebook that stands at the end of a path.

    Examples
    --------
    >>> last("02_unfolding/"), last("submitted/ada"), last("../02_unfolding.ipynb")
    ('02_unfolding', 'ada', '02_unfolding')
    """
    return typed.strip().rstrip("/").rsplit("/", 1)[-1].removesuffix(".ipynb")


def assignment(typed: str) -> str:
    """Return the assignment's name that was typed.

    Raises
    ------
    UserError
        If nothing was.
    """
    name = last(typed)
    if name in ("", ".", ".."):
        raise UserError(f"{typed!r} is no assignment's name: it is one such as 02_unfolding")
    return name


def unknown(course: Course, name: str) -> str:
    """Return that there is no assignment of a name, which there are, and which may have been meant."""
    known = check_course.assignments(course) or checks.known()
    near = difflib.get_close_matches(name, known, 1)
    meant = f": {near[0]} may be what you mean" if near else ""
    return f"there is no assignment {name!r} here, only {', '.join(known)}{meant}"
