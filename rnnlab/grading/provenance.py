"""What a result was made with: kept beside it, so that it can be explained later."""

import platform
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import rnnlab
from rnnlab.grading.settings import Settings

_PACKAGES = ("numpy", "numba", "scipy", "nbgrader")


@cache
def versions() -> dict[str, str]:
    """Return the versions of what runs and judges a submission."""
    found = {"rnnlab": rnnlab.__version__, "python": platform.python_version(), "system": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found


def of_now(settings: Settings, seed: int) -> dict[str, Any]:
    """Return when, with which versions and limits, and from which seed a result is made."""
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return {"when": when, "versions": versions(), "limits": settings._asdict(), "seed": str(seed)}


def merged(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return a student's record with the questions of a new one in the place of those that it has."""
    kept = {key: before.get(key, {}) for key in ("questions", "faults")}
    faults = {name: said for name, said in kept["faults"].items() if name not in after["questions"]}
    rescored = dict.fromkeys(after["questions"], after["ran"])
    return {
        **after,
        **before,
        "questions": {**kept["questions"], **after["questions"]},
        "faults": {**faults, **after["faults"]},
        "rescored": {**before.get("rescored", {}), **rescored},
    }
