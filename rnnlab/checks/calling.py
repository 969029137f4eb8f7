"""One call of a student's function, and what is seen around it: which inputs it changed, what its results are tied to.

This is where the student's code runs, in a notebook as in the sandbox: the file imports NumPy and the standard library
alone, because it is also read there.
"""

import contextlib
import decimal
import sys
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

STALE = "stale"  # what an earlier call had returned is not what it was
VIEW = "view"  # the result is, or is part of, an argument
WORDS = (STALE, VIEW)
_DEPTH = 1000  # Python's own limit of recursion
_MAX = 500
_HELD = 3  # results that are watched: a question of three functions may call the other two in between


@contextlib.contextmanager
def fresh() -> Iterator[None]:
    """Have errors of NumPy, warnings, decimals and recursion as in a fresh process, whatever the notebook has set.

    Examples
    --------
    >>> _ = np.seterr(over="raise")
    >>> with fresh():
    ...     np.geterr()["over"]
    'warn'
    >>> _ = np.seterr(over="warn")
    """
    depth, told = sys.getrecursionlimit(), np.seterrcall(None)
    errors = np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")
    with errors, warnings.catch_warnings(module=warnings), decimal.localcontext(decimal.Context()):
        warnings.simplefilter("default")
        warnings.showwarning = _quiet  # the notebook may have closed what it would be written to
        sys.setrecursionlimit(max(depth, _DEPTH))
        try:
            yield
        finally:
            sys.setrecursionlimit(depth)
            np.seterrcall(told)


def _quiet(*_args: object, **_options: object) -> None:
    """Show no warning."""


class Foreign(Exception):
    """An answer that is no plain value."""


class Watch:
    """Calls functions and watches over what they return.

    Parameters
    ----------
    encode : callable
        `codec.encode`.
    error : type
        `codec.CodecError`.
    """

    def __init__(self, encode: Callable[..., bytes], error: type[Exception]):
        self._encode = encode
        self._error = error
        self._held: deque[tuple[Any, tuple | None, bytes | None]] = deque(maxlen=_HELD)

    def encoded(self, value: Any) -> bytes:
        """Return a result as bytes; see `taken`."""
        return self.taken(self._encode, value)

    def taken(self, take: Callable[[Any], Any], value: Any) -> Any:
        """Return what `take` makes of a result.

        Raises
        ------
        Foreign
            If it is no plain value, saying why.
        """
        try:
            return take(value)
        except self._error as error:
            raise Foreign(str(error)[:_MAX]) from None
        except Exception as error:  # from a value's own way of being a mapping or a sequence
            raise Foreign(f"{type(value).__name__} cannot be read: {described(error, value)}"[:_MAX]) from None

    def look(self, value: Any, args: list, data: bytes | None = None) -> list[str]:
        """Return what is odd about a result just returned, and hold it until a few others have come.

        Parameters
        ----------
        value : any
            The result.
        args : list
            The very arguments of the call.
        data : bytes, optional
            The encoded form of the result, where it is at hand.
        """
        odd = []
        same = [held for held in self._held if self._as_it_was(*held)]
        if len(same) < len(self._held):
            odd.append(STALE)
            self._held = deque(same, _HELD)
        inside, given = _arrays(value), _arrays(args)
        if any(np.may_share_memory(a, b) for a in inside for b in given):
            odd.append(VIEW)
        if inside:
            before = kept(value)
            self._held.append((value, before, self._encode(value) if before is None and data is None else data))
        return odd

    def _as_it_was(self, value: Any, before: tuple | None, data: bytes | None) -> bool:
        if before is not None:
            return unchanged(value, before)
        try:
            return self._encode(value) == data
        except Exception:
            return False


def kept(value: Any) -> tuple | None:
    """Return a plain value in a form to compare it with later; None where only its encoded form tells.

    Encoding takes several times as long, and every argument of every call is looked at.
    """
    kind = type(value)
    if kind is np.ndarray:
        flags = value.flags
        return None if value.dtype.kind not in "biufc" else (
            kind, value.dtype, value.shape, value.strides, flags.writeable, value.tobytes()
        )  # fmt: skip
    if kind is tuple or kind is list:
        inside = [kept(item) for item in value]
        return None if None in inside else (kind, inside)
    if kind is dict:
        keys, items = kept(list(value)), kept(list(value.values()))
        return None if keys is None or items is None else (kind, keys, items)
    if kind is float or kind is complex:  # of which one is not equal to itself
        return kind, repr(value)
    return (kind, value) if kind in (int, bool, str, type(None)) else None


def unchanged(value: Any, before: tuple) -> bool:
    """Return whether a value still is what `kept` found."""
    kind = type(value)
    if kind is not before[0]:
        return False
    if kind is np.ndarray:
        return (value.dtype, value.shape, value.strides, value.flags.writeable) == before[1:5] and (
            value.tobytes() == before[5]
        )
    if kind is tuple or kind is list:
        return len(value) == len(before[1]) and all(map(unchanged, value, before[1]))
    if kind is dict:
        return unchanged(list(value), before[1]) and unchanged(list(value.values()), before[2])
    return (repr(value) if kind is float or kind is complex else value) == before[1]


def _arrays(value: Any, depth: int = 0) -> list[np.ndarray]:
    """Return the arrays that hold something in a value: a few hundred of them, whatever the value is."""
    if isinstance(value, np.ndarray):
        return [value] if value.size else []
    if depth > 6:
        return []
    if type(value) is dict:
        value = list(value.values())
    if isinstance(value, tuple | list):
        return [array for item in value[:200] for array in _arrays(item, depth + 1)]
    return []


def described(error: BaseException, function: Any = None) -> str:
    """Return an exception in one line, with the line of the student's code where it was raised.

    Parameters
    ----------
    error : exception
        It may be of the student's own making: whatever it does when it is asked for its text, a text comes back.
    function : callable, optional
        The function that was called: lines of other files are not told.
    """
    try:
        text = f"{type(error).__name__}: {error}"
        text = str.__str__(text)[:_MAX].encode("utf-8", "replace").decode()
    except BaseException:
        text = f"{type(error).__name__}, which cannot be shown"[:_MAX]
    return f"{text}{where(error, function)}"


def where(error: BaseException, function: Any) -> str:
    """Return " (line 3 of rnn_step)" for an exception, or nothing where the line is not in the function's own file."""
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    file = getattr(code, "co_filename", None)
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        inner = frame.f_code
        if file is not None and inner.co_filename == file:
            name = inner.co_name if not inner.co_name.startswith("<") else getattr(function, "__name__", "the function")
            place = f" (line {line - inner.co_firstlineno + 1} of {name})"
    return place
