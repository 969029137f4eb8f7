"""A conversation with one child in the sandbox, from the judge's side."""

import contextlib
import select
import socket
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rnnlab.checks import calling, codec, event_count
from rnnlab.checks.student import Failed
from rnnlab.grading.sandbox.host.deadline import Deadline
from rnnlab.grading.settings import Settings

_UNCOUNTED = event_count.Count(0, "says nothing of how it was called")
_SIGNALS = {6: "aborted", 9: "killed", 11: "segmentation fault", 24: "used up its processor time", 25: "wrote too much"}


_MOST_STOPS = 200


class Stop(NamedTuple):
    """A statement that failed.

    Attributes
    ----------
    line : int
        In its cell, from 1.
    names : list of str
        What it would have defined.
    error : str
        As "ValueError: ...".
    lacks : str
        The name that was not there, where that was the error.
    """

    line: int
    names: list[str]
    error: str
    lacks: str


class Session:
    """A conversation with one child. Whatever the child sends, the worst that happens here is `Failed`."""

    def __init__(self, channel: socket.socket, status: socket.socket, settings: Settings):
        self._channel = channel
        self._status = status
        self._settings = settings
        self._number = 0
        self._said = b""  # what the supervisor has said of the end
        self._waited = 0.0
        self.used = 0.0  # processor time in seconds that the child had, where it did not end by itself
        self.alive = True
        self.changed: tuple[int, ...] = ()
        self.odd: tuple[str, ...] = ()
        self.extension = 0.0  # seconds beyond the limits, in place of those that the child had no processor

    def greet(self) -> None:
        """Wait until the child is ready."""
        self._receive(0, self._deadline(self._settings.start_seconds))

    def run(self, source: str, seconds: float) -> list[Stop]:
        """Run a cell's source and return which of its statements failed.

        Raises
        ------
        Failed
            "timeout", "died" or "memory", which end the session.
        """
        stops = self._ask(seconds, None, "run", source)
        found = [Stop(*stop) for stop in stops if _is_stop(stop)][:_MOST_STOPS]
        return [stop._replace(error=_visible(stop.error)) for stop in found]

    def lacks(self, names: list[str], seconds: float) -> list[str]:
        """Return the global names that functions of those names use and that are not there."""
        return [name for name in self._ask(seconds, None, "lacks", names) if type(name) is str]

    def put(self, name: str, data: bytes, seconds: float) -> None:
        """Write a file into the folder where the notebook runs."""
        self._ask(seconds, None, "put", name, np.frombuffer(data, np.uint8))

    def call(self, function: str, args: tuple, seconds: float) -> Any:
        """Return the answer of the student's function; note which arguments it overwrote and what else is odd."""
        functions: list[Callable] = []
        return self._ask(seconds, functions, "call", function, _sent(args, functions))

    def call_counted(self, function: str, args: tuple, most: int, seconds: float) -> tuple[Any, event_count.Count]:
        """Do as `call` does and return also how many instructions the interpreter executed, up to `most` and one."""
        functions: list[Callable] = []
        value = self._ask(seconds, functions, "count", function, _sent(args, functions), most)
        return value, self._count

    def close(self) -> None:
        """End the child and all that it started."""
        if self.alive:
            self._end()

    def _ask(self, seconds: float, functions: list[Callable] | None, *request) -> Any:
        self._number += 1
        self.changed, self.odd = (), ()
        deadline = self._deadline(seconds)
        self._send((self._number, *request), deadline)
        while True:
            outcome, *rest = self._receive(self._number, deadline)
            if outcome == "callback" and functions is not None:
                self._send((self._number, *_answer(functions, rest)), deadline)
                continue
            return self._outcome(outcome, rest)

    def _outcome(self, outcome: str, rest: list) -> Any:
        if outcome == "done":
            return rest[0] if rest and type(rest[0]) is list else []
        if outcome in ("raised", "unwritten", "missing", "foreign", "memory"):
            text = rest[0] if rest and type(rest[0]) is str else ""
            raise Failed(outcome, _visible(text[:500]))
        self._count = _UNCOUNTED
        if outcome == "value" and len(rest) == 4 and type(rest[2]) is int and type(rest[3]) is str:
            self._count = event_count.Count(rest[2], rest[3][:200])
            rest = rest[:2]
        if outcome == "value" and len(rest) == 2 and type(rest[0]) is np.ndarray and _two_lists(rest[1]):
            same, odd = rest[1]
            self.changed = tuple(i for i, one in enumerate(same[:100]) if one is not True)
            self.odd = tuple(word for word in calling.WORDS if word in odd[:10])
            try:
                return codec.decode(rest[0].tobytes())
            except codec.CodecError as error:
                raise Failed("foreign", str(error)[:300]) from None
        raise self._over("died", "the program interfered with the grader's messages")

    def _deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, self._settings.patience, self._run_queue_wait)

    def _run_queue_wait(self) -> float:
        """Return for how many seconds more than at the last time the child has waited for a processor."""
        before = self._waited
        with contextlib.suppress(OSError):
            self._status.settimeout(5)
            self._status.sendall(b"?")
            self._hear(self._status.recv(64))
        return self._waited - before

    def _hear(self, said: bytes) -> None:
        """Note what the supervisor says: a line for each time it was asked for, and at last how the child ended."""
        *lines, end = said.split(b"\n")
        for line in lines:
            what, _, seconds = line.partition(b" ")
            if what == b"waited":
                self._waited = float(seconds)
            else:
                self.used = float(seconds)
        self._said = self._said or end

    def _send(self, message: tuple, deadline: Deadline) -> None:
        data = codec.encode(message)
        try:
            self._channel.settimeout(max(0.001, deadline.left()))
            self._channel.sendall(struct.pack("<I", len(data)) + data)
        except TimeoutError:
            raise self._late(deadline) from None
        except OSError:
            raise self._died() from None

    def _receive(self, number: int, deadline: Deadline) -> tuple:
        try:
            (size,) = struct.unpack("<I", self._read(4, deadline))
            if size > self._settings.message_mb * 2**20:
                raise self._over("too large", f"{size} bytes, at most {self._settings.message_mb} MB")
            message = codec.decode(self._read(size, deadline))
        except TimeoutError:
            raise self._late(deadline) from None
        except codec.CodecError:
            raise self._over("died", "the program interfered with the grader's messages") from None
        except MemoryError:
            raise self._over("too large", "the answer does not fit in memory") from None
        except OSError:
            raise self._died() from None
        if type(message) is not tuple or len(message) < 2 or type(message[0]) is not int or message[0] != number:
            raise self._over("died", "the program interfered with the grader's messages")
        if type(message[1]) is not str:
            raise self._over("died", "the program interfered with the grader's messages")
        return message[1:]

    def _read(self, n: int, deadline: Deadline) -> bytes:
        data = bytearray()
        while len(data) < n:
            left = deadline.left()
            if left <= 0:
                raise TimeoutError
            self._channel.settimeout(left)
            try:
                piece = self._channel.recv(min(n - len(data), 1 << 20))
            except TimeoutError:
                continue
            if not piece:
                raise ConnectionError
            data += piece
        self.extension += deadline.take()
        return bytes(data)

    def _late(self, deadline: Deadline) -> Failed:
        self.extension += deadline.take()
        return self._over("timeout", f"over {deadline.seconds:g} s")

    def _died(self) -> Failed:
        return self._over("died", "")

    def _over(self, kind: str, message: str) -> Failed:
        how = self._end()
        if how == "memory":
            return Failed("memory", f"over {self._settings.memory_mb} MB")
        if kind == "died" and not message:
            message = _in_words(how)
        return Failed(kind, message)

    def _end(self) -> str:
        """Clear the sandbox and return how the child had ended: "memory", "exit 3", "signal 11" or ""."""
        self.alive = False
        with contextlib.suppress(OSError):
            if not self._said and select.select([self._status], [], [], 0.2 if self._hung_up() else 0)[0]:
                self._hear(self._status.recv(64))
        with contextlib.suppress(OSError):
            self._status.shutdown(socket.SHUT_WR)
            self._status.settimeout(10)
            while said := self._status.recv(64):
                self._hear(said)
        self._status.close()
        self._channel.close()
        return self._said.decode("ascii", "replace")

    def _hung_up(self) -> bool:
        with contextlib.suppress(OSError):
            self._channel.settimeout(0)
            return self._channel.recv(1, socket.MSG_PEEK) == b""
        return False


def _visible(text: str) -> str:
    """Return an error's text without what steers a terminal, or turns round what a page says after it."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def _two_lists(value: Any) -> bool:
    return type(value) is list and len(value) == 2 and all(type(item) is list for item in value)


def _is_stop(stop: Any) -> bool:
    """Say whether what the child tells of a failed statement has the right form."""
    if type(stop) is not list or [type(part) for part in stop] != [int, list, str, str]:
        return False
    return len(stop[1]) <= 100 and all(type(name) is str and len(name) <= 100 for name in stop[1])


def _sent(args: tuple, functions: list[Callable]) -> list[np.ndarray]:
    return [np.frombuffer(codec.encode(arg, functions), np.uint8) for arg in args]


def _in_words(how: str) -> str:
    kind, _, number = how.partition(" ")
    if kind == "exit" and number.isdigit():
        return f"exit status {number}"
    if kind == "signal" and number.isdigit():
        return _SIGNALS.get(int(number), f"signal {number}")
    return "it ended without a word"


def _answer(functions: list[Callable], rest: list) -> tuple[str, Any]:
    """Call the judge's function that the child asked for."""
    match rest:
        case [int(index), tuple(args), dict(named)] if 0 <= index < len(functions) and all(map(_is_name, named)):
            try:
                value = functions[index](*args, **named)
                codec.encode(value)
            except Exception as error:
                return "raised", f"{type(error).__name__}: {error}"[:300]
            return "returned", value
    return "raised", "there is no such function"


def _is_name(key: object) -> bool:
    return type(key) is str
