"""What comes with rnnlab for a course: sources and notebooks, in the installed package or beside it in a checkout."""

from pathlib import Path

from rnnlab.grading.sandbox.host.view import PACKAGE

_INSTALLED = PACKAGE / "_course"  # written by setup.py


def _top() -> Path:
    return _INSTALLED if _INSTALLED.is_dir() else PACKAGE.parent


def exercises(assignment: str) -> Path:
    """Return the folder of an assignment's released notebook."""
    return _top() / "exercises" / assignment


def source(assignment: str) -> Path:
    """Return the percent-format source of an assignment."""
    return _top() / "solutions" / assignment / f"{assignment}.py"


def config() -> Path:
    """Return nbgrader's configuration, as the repository and the demo class use it."""
    return _top() / "nbgrader_config.py"
