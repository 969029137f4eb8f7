"""Whoever answers a question: functions by name, called with plain values and answering in plain values."""

import contextlib
import functools
import io
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from rnnlab.checks import calling, codec
from rnnlab.checks.event_count import Count, Counter, counter

KINDS = {
    "missing": "is not there",
    "unwritten": "is not written yet",
    "raised": "stopped with an error",
    "timeout": "took too long",
    "died": "ended its process",
    "memory": "took too much memory",
    "foreign": "returned an unsupported type",
    "too large": "returned too much",
    "unfit": "returned",
    "interrupted": "was interrupted",
    "wrong": "is not right",
}
ENDS = ("missing", "unwritten", "timeout", "died", "memory", "interrupted")  # asking again would tell nothing new


class Failed(Exception):
    """A call that brought no value.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    message : str
        What happened, as "ValueError: ..." where an exception was raised; may be empty.
    """

    def __init__(self, kind: str, message: str = ""):
        super().__init__(kind, message)
        self.kind = kind
        self.message = message

    def __eq__(self, other):
        return isinstance(other, Failed) and (self.kind, self.message) == (other.kind, other.message)

    __hash__ = Exception.__hash__

    def alone(self) -> "Failed":
        """Return the same to be kept: without the frames where it was raised, which hold all that was returned."""
        return Failed(self.kind, self.message)

    @property
    def what(self) -> str:
        """The message without the line where it was raised."""
        return re.sub(r" \(line \d+ of .*\)$", "", self.message)

    def __str__(self) -> str:
        joint = " " if self.kind == "unfit" else ": "
        return KINDS[self.kind] + (f"{joint}{self.message}" if self.message else "")


def wrong(message: str) -> Failed:
    """Return what a probe raises where an answer is judged by what it does, not by the value it has.

    Examples
    --------
    >>> raise wrong("the frequencies are 7 standard errors from the probabilities")
    Traceback (most recent call last):
    rnnlab.checks.student.Failed: is not right: the frequencies are 7 standard errors from the probabilities
    """
    return Failed("wrong", message)


class Student(Protocol):
    """Functions by name; `changed` and `odd` tell of the last call which inputs it overwrote and `calling.WORDS`."""

    changed: tuple[int, ...]
    odd: tuple[str, ...]

    def call(self, function: str, args: tuple) -> Any: ...

    def call_counted(self, function: str, args: tuple, most: int) -> tuple[Any, Count]: ...


def _handed_on(arg: Any) -> Any:
    """Return an argument as it is or, of a function, one that takes and gives copies of plain values.

    So it does in the sandbox: what it gives may be written over, and a number counts by its value.
    """
    if not callable(arg):
        return arg

    @functools.wraps(arg)
    def handed_on(*args: Any, **named: Any) -> Any:
        return codec.copied(arg(*codec.copied(args), **codec.copied(named)))

    return handed_on


@functools.cache
def _counter() -> Counter:
    return counter(alone=False)


class LocalStudent:
    """Functions of this very process: the instant check, the reference, known mistakes and their like.

    Parameters
    ----------
    functions : mapping
        Functions by name.
    """

    changed: tuple[int, ...]
    odd: tuple[str, ...]
    around: Callable[[], contextlib.AbstractContextManager] = contextlib.nullcontext  # what holds during each call

    def __init__(self, functions: Mapping[str, Any]):
        self.functions = functions
        self.changed, self.odd = (), ()
        self._watch = calling.Watch(codec.encode, codec.CodecError)
        self.printed = ""
        self.warned: list[str] = []

    def call(self, function: str, args: tuple) -> Any:
        """Return what the function makes of copies of `args`."""
        answer = self._answer(function)

        def watched(*given: Any) -> Any:
            value = answer(*given)
            try:
                copy = self._watch.taken(codec.copied, value)
            except calling.Foreign as error:
                return Failed("foreign", str(error))
            return copy, self._watch.look(value, list(given))

        found = self._run(watched, args, answer)
        if isinstance(found, Failed):
            raise found
        value, odd = found
        self.odd = tuple(odd)
        return value

    def call_counted(self, function: str, args: tuple, most: int) -> tuple[Any, Count]:
        """Do as `call` does and return also how many instructions the interpreter executed, up to `most` and one."""

        def plain(value: Any) -> Any:
            try:
                return self._plain(value)
            except Failed as failed:
                return failed

        answer = self._answer(function)
        value, count = self._run(lambda *given: _counter()(answer, given, most, plain), args, answer)
        if isinstance(value, Failed):
            raise value
        return value, count

    def _answer(self, function: str) -> Callable:
        answer = self.functions.get(function)
        if answer is None:
            raise Failed("missing")
        if not callable(answer):
            raise Failed("missing", f"it is {answer!r:.60}, not a function")
        return answer

    @property
    def notes(self) -> tuple[str, ...]:
        """What the functions printed and warned of, in a sentence each."""
        told = [f"Python warned: {warning}." for warning in dict.fromkeys(self.warned)]
        if self.printed.strip():
            told.append(f"Your code printed: {self.printed.strip():.300}")
        return tuple(told)

    def _run(self, run: Callable, args: tuple, answer: Callable) -> Any:
        given = [_handed_on(codec.copied(arg, functions=True)) for arg in args]
        before = [calling.kept(arg) or codec.encode(arg, []) for arg in given]
        self.changed, self.odd = (), ()
        text = io.StringIO()
        try:
            with (
                self.around(),
                np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"),
                warnings.catch_warnings(record=True) as caught,
                contextlib.redirect_stdout(text),
                contextlib.redirect_stderr(text),
            ):
                warnings.simplefilter("default")
                value = run(*given)
        except NotImplementedError:
            raise Failed("unwritten") from None
        except KeyboardInterrupt:
            raise Failed("interrupted", "you stopped it") from None
        except MemoryError:
            raise Failed("memory") from None
        except BaseException as error:  # of the student's own making, too
            raise Failed("raised", calling.described(error, answer)) from None
        finally:
            self.printed = (self.printed + text.getvalue())[:2000]
        self.warned += [str(w.message)[:200] for w in caught if len(self.warned) < 5]
        self.changed = tuple(i for i, arg in enumerate(given) if not self._as_it_was(arg, before[i]))
        return value

    @staticmethod
    def _as_it_was(arg: Any, before: tuple | bytes) -> bool:
        if isinstance(before, tuple):
            return calling.unchanged(arg, before)
        try:
            return codec.encode(arg, []) == before
        except codec.CodecError:
            return False

    @staticmethod
    def _plain(value) -> Any:
        try:
            return codec.copied(value)
        except Exception as error:
            raise Failed("foreign", str(error)[:300]) from None
