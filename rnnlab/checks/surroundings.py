"""The state of the process in which a check runs: set for the check, and put back.

A student's notebook may have changed how NumPy treats overflow, what is printed, where random numbers come from or how
deep recursion may go. None of this may decide a mark.
"""

import contextlib
import decimal
import locale
import os
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

_DEPTH = 1000  # Python's own limit of recursion
PRINT_OPTIONS: dict[str, Any] = {
    "precision": 8, "threshold": 1000, "edgeitems": 3, "linewidth": 75, "suppress": False, "nanstr": "nan",
    "infstr": "inf", "sign": "-", "formatter": {}, "floatmode": "maxprec", "legacy": False,
}  # fmt: skip


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """Run what follows as in a process that nobody has changed, and leave this one as it was.

    Examples
    --------
    >>> _ = np.seterr(over="raise")
    >>> with settled():
    ...     np.geterr()["over"]
    'warn'
    >>> np.geterr()["over"]
    'raise'
    >>> _ = np.seterr(over="warn")
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        stack.callback(np.seterrcall, np.seterrcall(None))
        stack.enter_context(np.printoptions(**PRINT_OPTIONS))
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(decimal.localcontext(decimal.Context()))
        stack.enter_context(contextlib.redirect_stdout(sys.stdout))
        stack.enter_context(contextlib.redirect_stderr(sys.stderr))
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())
        stack.callback(_go, _folder())
        stack.callback(_restore, dict(os.environ))
        stack.callback(locale.setlocale, locale.LC_ALL, locale.setlocale(locale.LC_ALL))
        depth = sys.getrecursionlimit()
        stack.callback(sys.setrecursionlimit, depth)
        random.seed(0)
        np.random.seed(0)
        locale.setlocale(locale.LC_ALL, "C")
        if depth < _DEPTH:
            sys.setrecursionlimit(_DEPTH)
        yield


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it has been removed
        return None


def _go(folder: str | None) -> None:
    if folder is not None:
        with contextlib.suppress(OSError):
            os.chdir(folder)


def _restore(environment: dict[str, str]) -> None:
    if dict(os.environ) != environment:
        os.environ.clear()
        os.environ.update(environment)
