"""One call of a student's function, and what is seen around it: which inputs it changed, what its results are tied to.

This is where the student's code runs, in a notebook as in the sandbox: the file imports NumPy and the standard library
alone, because it is also read there.
"""

import traceback
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

STALE = "stale"  # what an earlier call had returned is not what it was
VIEW = "view"  # the result is, or is part of, an argument
WORDS = (STALE, VIEW)
_MAX = 500
_HELD = 3  # results that are watched: a question of three functions may call the other two in between


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
        self._held: deque[tuple[Any, bytes]] = deque(maxlen=_HELD)

    def encoded(self, value: Any) -> bytes:
        """Return a result as bytes.

        Raises
        ------
        Foreign
            If it is no plain value, saying why.
        """
        try:
            return self._encode(value)
        except self._error as error:
            raise Foreign(str(error)[:_MAX]) from None
        except Exception as error:  # from a value's own way of being a mapping or a sequence
            raise Foreign(f"{type(value).__name__} cannot be read: {described(error, value)}"[:_MAX]) from None

    def look(self, value: Any, data: bytes, args: list) -> list[str]:
        """Return what is odd about a result just returned, and hold it until a few others have come.

        Parameters
        ----------
        value, data : any, bytes
            The result, and its encoded form.
        args : list
            The very arguments of the call.
        """
        odd = []
        same = [held for held in self._held if self._again(held[0]) == held[1]]
        if len(same) < len(self._held):
            odd.append(STALE)
            self._held = deque(same, _HELD)
        inside, given = _arrays(value), _arrays(args)
        if any(np.may_share_memory(a, b) for a in inside for b in given):
            odd.append(VIEW)
        if inside:
            self._held.append((value, data))
        return odd

    def _again(self, value: Any) -> bytes | None:
        try:
            return self._encode(value)
        except Exception:
            return None


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
