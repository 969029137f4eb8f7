"""The judge's side of the sandbox: a warm process per worker, and a session with it per run of a submission."""

import array
import contextlib
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab.checks import codec
from rnnlab.checks.student import Failed
from rnnlab.grading import layout
from rnnlab.grading.deadline import Deadline
from rnnlab.grading.settings import Settings

_INSIDE = ("linux", "room", "loop", "zygote")
_BOOTSTRAP = """
import json, socket, struct, sys, types
control = socket.socket(fileno=int(sys.argv[1]))
size, = struct.unpack("<I", control.recv(4, socket.MSG_WAITALL))
start = json.loads(control.recv(size, socket.MSG_WAITALL))
sys.path[:] = start["path"]
package = types.ModuleType("inside"); package.__path__ = []; sys.modules["inside"] = package
def load(name):
    module = types.ModuleType("inside." + name); module.__package__ = "inside"
    sys.modules["inside." + name] = module; setattr(package, name, module)
    exec(compile(start["sources"][name], "<inside/" + name + ">", "exec"), module.__dict__)
    return module
for name in ("linux", "room", "loop", "zygote"): load(name)
package.zygote.main(control, start["config"], load)
"""
_ENVIRONMENT = {"LANG": "C.UTF-8"}
_SIGNALS = {6: "aborted", 9: "killed", 11: "segmentation fault", 24: "used up its processor time", 25: "wrote too much"}


class Unavailable(RuntimeError):
    """This machine does not let the sandbox be built."""


class Zygote:
    """A warm, sandboxed interpreter that forks a fresh child for each session.

    Parameters
    ----------
    hidden : iterable of str
        Modules of rnnlab that the child may not import.
    settings : Settings
        Limits, and whether to isolate at all.
    setup : iterable of str
        Cells of the course's own that every notebook begins with: run once beforehand, so that imports are warm.
    """

    def __init__(self, hidden: Iterable[str] = (), settings: Settings | None = None, setup: Iterable[str] = ()):
        self.settings = settings or Settings()
        self.hidden = tuple(hidden)
        self.setup = tuple(setup)
        self._process: subprocess.Popen | None = None
        self._folder: tempfile.TemporaryDirectory | None = None

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def open(self) -> "Session":
        """Return a session with a fresh child, starting the warm process where there is none."""
        for attempt in (1, 2):
            if self._process is None or self._process.poll() is not None:
                self._start()
            try:
                return self._fork()
            except (OSError, Failed):
                self.close()
                if attempt == 2:
                    raise Unavailable("the sandbox's warm process does not answer") from None
        raise AssertionError

    def _fork(self) -> "Session":
        channel, channel_far = socket.socketpair()
        status, status_far = socket.socketpair()
        with channel_far, status_far:
            fds = array.array("i", [channel_far.fileno(), status_far.fileno()])
            self._control.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        session = Session(channel, status, self.settings)
        session.greet()
        return session

    def _start(self) -> None:
        self.close()
        self._folder = tempfile.TemporaryDirectory(prefix="rnnlab-room-", ignore_cleanup_errors=True)
        self._control, far = socket.socketpair()
        program = [os.path.realpath(sys.executable), "-I", "-S", "-c", _BOOTSTRAP, str(far.fileno())]
        nothing = subprocess.DEVNULL
        with far, tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                program,
                pass_fds=[far.fileno()],
                env=_ENVIRONMENT,
                cwd="/",
                stdin=nothing,
                stdout=nothing,
                stderr=errors,
            )
            far.close()
            if not self._greet():
                self.close()
                errors.seek(0)
                lines = errors.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
                raise Unavailable(lines[-1] if lines else "the sandbox's warm process did not start in time")
        if self.settings.isolated:  # the room stands in a mount namespace of its own: its doorstep can go
            self._folder.cleanup()
            self._folder = None

    def _greet(self) -> bool:
        assert self._folder is not None
        sources = {"codec": Path(codec.__file__).read_text(encoding="utf-8")}
        sources |= {name: (Path(__file__).parent / "inside" / f"{name}.py").read_text("utf-8") for name in _INSIDE}
        config = self._config(self._folder.name)
        here = layout.search_path(str)
        start = json.dumps({"path": here, "sources": sources, "config": config}).encode()
        self._control.settimeout(self.settings.start_seconds)
        try:
            self._control.sendall(struct.pack("<I", len(start)) + start)
            return self._control.recv(5) == b"ready"
        except OSError:
            return False

    def _config(self, folder: str) -> dict:
        shown, masked = layout.shown() if self.settings.isolated else ([], [])
        view = layout.view(self.hidden)
        environment, path = layout.environment(), layout.search_path(layout.inside if self.settings.isolated else str)
        if not self.settings.isolated:
            home = f"{folder}/home"
            os.mkdir(home)
            for name, text in view.items():
                target = Path(folder, "course", name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            environment = {name: value.replace(layout.HOME, home) for name, value in environment.items()}
            path = [f"{folder}/course", *path[1:]]
        return {
            "isolated": self.settings.isolated,
            "root": folder,
            "shown": shown,
            "masked": masked,
            "view": view,
            "view_at": layout.VIEW_AT,
            "environment": environment,
            "path": path,
            "limits": self.settings.limits(),
            "warm": list(layout.WARM),
            "setup": list(self.setup),
        }

    def close(self) -> None:
        """End the warm process and everything in its room."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._control.close()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class Session:
    """A conversation with one child. Whatever the child sends, the worst that happens here is `Failed`."""

    def __init__(self, channel: socket.socket, status: socket.socket, settings: Settings):
        self._channel = channel
        self._status = status
        self._settings = settings
        self._number = 0
        self._said = b""  # what the guard has said of the end
        self._waited = 0.0
        self.alive = True
        self.changed: tuple[int, ...] = ()
        self.granted = 0.0  # seconds beyond the limits, in place of those that the child had no processor

    def greet(self) -> None:
        """Wait until the child is ready."""
        self._receive(0, self._deadline(self._settings.start_seconds))

    def run(self, source: str, seconds: float) -> None:
        """Run a cell's source.

        Raises
        ------
        Failed
            "raised" or "unwritten" where the cell stopped; "timeout", "died" or "memory", which end the session.
        """
        self._ask(seconds, None, "run", source)

    def call(self, function: str, args: tuple, seconds: float) -> Any:
        """Return what the student's function makes of `args`, and note in `changed` which of them it overwrote."""
        functions: list[Callable] = []
        sent = [np.frombuffer(codec.encode(arg, functions), np.uint8) for arg in args]
        return self._ask(seconds, functions, "call", function, sent)

    def close(self) -> None:
        """End the child and all that it started."""
        if self.alive:
            self._end()

    def _ask(self, seconds: float, functions: list[Callable] | None, *request) -> Any:
        self._number += 1
        self.changed = ()
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
            return None
        if outcome in ("raised", "unwritten", "missing", "foreign", "memory"):
            text = rest[0] if rest and type(rest[0]) is str else ""
            raise Failed(outcome, text[:500])
        if outcome == "value" and len(rest) == 2 and type(rest[0]) is np.ndarray and type(rest[1]) is list:
            self.changed = tuple(i for i, same in enumerate(rest[1]) if same is not True)
            try:
                return codec.decode(rest[0].tobytes())
            except codec.CodecError as error:
                raise Failed("foreign", str(error)[:300]) from None
        raise self._over("died", "the program interfered with the grader's messages")

    def _deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, self._settings.patience, self._starved)

    def _starved(self) -> float:
        """Return for how many seconds more than at the last time the child has waited for a processor."""
        before = self._waited
        with contextlib.suppress(OSError):
            self._status.settimeout(5)
            self._status.sendall(b"?")
            self._hear(self._status.recv(64))
        return self._waited - before

    def _hear(self, said: bytes) -> None:
        """Note what the guard says: a line for each time it was asked for the wait, and at last how the child ended."""
        *lines, end = said.split(b"\n")
        for line in lines:
            self._waited = float(line.removeprefix(b"waited "))
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
        self.granted += deadline.take()
        return bytes(data)

    def _late(self, deadline: Deadline) -> Failed:
        self.granted += deadline.take()
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
        """Have the guard clear the room, and return how the child had ended: "memory", "exit 3", "signal 11" or ""."""
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
        case [int(index), tuple(args)] if 0 <= index < len(functions):
            try:
                value = functions[index](*args)
                codec.encode(value)
            except Exception as error:
                return "raised", f"{type(error).__name__}: {error}"[:300]
            return "returned", value
    return "raised", "there is no such function"
