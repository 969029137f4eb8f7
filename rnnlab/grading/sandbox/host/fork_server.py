"""The warm process behind every session: started once a worker, it forks a fresh child when asked."""

import array
import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from rnnlab.checks import calling, codec, event_count, values
from rnnlab.checks.student import Failed
from rnnlab.grading.errors import SandboxUnavailable
from rnnlab.grading.sandbox.host import view
from rnnlab.grading.sandbox.host.session import Session
from rnnlab.grading.settings import Settings

_SHARED = {"values": values, "codec": codec, "calling": calling, "event_count": event_count}
_CHILD = ("linux", "rootfs", "supervisor", "cells", "rpc_server", "fork_server")
_BOOTSTRAP = """
import json, socket, struct, sys, types
control = socket.socket(fileno=int(sys.argv[1]))
size, = struct.unpack("<I", control.recv(4, socket.MSG_WAITALL))
start = json.loads(control.recv(size, socket.MSG_WAITALL))
sys.path[:] = start["path"]
package = types.ModuleType("child"); package.__path__ = []; sys.modules["child"] = package
def load(name):
    module = types.ModuleType("child." + name); module.__package__ = "child"
    sys.modules["child." + name] = module; setattr(package, name, module)
    exec(compile(start["sources"][name], "<child/" + name + ">", "exec"), module.__dict__)
    return module
for name in start["order"]: load(name)
package.fork_server.main(control, start["config"], load)
"""
_ENVIRONMENT = {"LANG": "C.UTF-8"}


class ForkServer:
    """A warm, sandboxed interpreter that forks a fresh child for each session.

    Parameters
    ----------
    absent : iterable of str
        Modules of rnnlab that the child cannot use.
    settings : Settings
        Limits, and whether to isolate at all.
    setup : iterable of str
        Cells of the course's own that every notebook begins with: run once beforehand, so that imports are warm.
    says : str
        What the child may use of rnnlab, for the message.
    points : mapping, optional
        What the notebook's own checks return there, by the question's number.
    """

    def __init__(
        self,
        absent: Iterable[str] = (),
        settings: Settings | None = None,
        setup: Iterable[str] = (),
        says: str = "",
        points: Mapping[str, float] | None = None,
    ):
        self.settings = settings or Settings()
        self.absent = tuple(absent)
        self.says, self.points = says, dict(points or {})
        self.setup = tuple(setup)
        self.lent = False  # set where this process is a copy of the one that started the warm process
        self._process: subprocess.Popen | None = None
        self._folder: tempfile.TemporaryDirectory | None = None
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> "ForkServer":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def begin(self) -> None:
        """Start the warm process and go on while it gets ready."""
        self.close()
        self._folder = tempfile.TemporaryDirectory(prefix="rnnlab-sandbox-", ignore_cleanup_errors=True)
        self._control, far = socket.socketpair()
        program = [os.path.realpath(sys.executable), "-I", "-S", "-c", _BOOTSTRAP, str(far.fileno())]
        nothing = subprocess.DEVNULL
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process runs)
        with far:
            self._process = subprocess.Popen(
                program,
                pass_fds=[far.fileno()],
                env=_ENVIRONMENT,
                cwd="/",
                stdin=nothing,
                stdout=nothing,
                stderr=self._errors,
            )
        start = self._start_message()
        self._control.settimeout(self.settings.start_seconds)
        with contextlib.suppress(OSError):  # that it is not ready is found out when it is asked for a child
            self._control.sendall(struct.pack("<I", len(start)) + start)

    def open(self) -> "Session":
        """Return a session with a fresh child, starting the warm process where there is none."""
        for attempt in (1, 2):
            if not self._running():
                self.begin()
            try:
                self._wait()
                return self._fork()
            except (OSError, Failed):
                self.close()
                if attempt == 2:
                    raise SandboxUnavailable("the sandbox's warm process does not answer") from None
        raise AssertionError

    def processor_seconds(self) -> float:
        """Return the processor time that the warm process itself has taken, 0 where there is none."""
        if self._process is None:
            return 0.0
        total = 0
        pids = [self._process.pid]
        with contextlib.suppress(OSError):
            pids += map(int, Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text().split())
        for pid in pids:  # the one that waits outside, and the one inside
            with contextlib.suppress(OSError, ValueError, IndexError):
                total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        return total / 1e9

    def _running(self) -> bool:
        return self._process is not None and (self.lent or self._process.poll() is None)

    def _wait(self) -> None:
        """Wait until the warm process is ready. What it says stays to be read by every process that shares it."""
        try:
            ready = self._control.recv(5, socket.MSG_PEEK) == b"ready"
        except OSError:
            ready = False
        if not ready:
            if self.lent:  # this process can start its own
                raise ConnectionError
            assert self._errors is not None
            self._errors.seek(0)
            lines = self._errors.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
            self.close()
            raise SandboxUnavailable(lines[-1] if lines else "the sandbox's warm process did not start in time")
        if self.settings.isolated and self._folder is not None and not self.lent:
            self._folder.cleanup()  # the sandbox stands in a mount namespace of its own: its doorstep can go
            self._folder = None

    def _fork(self) -> "Session":
        channel, channel_far = socket.socketpair()
        status, status_far = socket.socketpair()
        with channel_far, status_far:
            fds = array.array("i", [channel_far.fileno(), status_far.fileno()])
            self._control.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        session = Session(channel, status, self.settings)
        session.greet()
        return session

    def _start_message(self) -> bytes:
        assert self._folder is not None
        sources = {name: Path(str(module.__file__)).read_text(encoding="utf-8") for name, module in _SHARED.items()}
        sources |= {name: (Path(__file__).parents[1] / "child" / f"{name}.py").read_text("utf-8") for name in _CHILD}
        config = self._config(self._folder.name)
        here = view.search_path(str)
        return json.dumps({"path": here, "order": _CHILD, "sources": sources, "config": config}).encode()

    def _config(self, folder: str) -> dict:
        shown, masked = view.shown() if self.settings.isolated else ([], [])
        library = view.library_files(self.absent, self.says, self.points)
        environment, path = view.environment(), view.search_path(view.inside if self.settings.isolated else str)
        if not self.settings.isolated:
            home = f"{folder}/home"
            os.mkdir(home)
            for name, text in library.items():
                target = Path(folder, "course", name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            environment = {name: value.replace(view.HOME, home) for name, value in environment.items()}
            path = [f"{folder}/course", *path[1:-1], home]
        return {
            "isolated": self.settings.isolated,
            "root": folder,
            "shown": shown,
            "masked": masked,
            "view": library,
            "view_at": view.VIEW_AT,
            "environment": environment,
            "path": path,
            "limits": self.settings.limits(),
            "warm": list(view.WARM),
            "setup": list(self.setup),
        }

    def close(self) -> None:
        """End the warm process and everything in its sandbox; where it is lent, only let go of it."""
        if self._process is not None:
            self._control.close()
            if not self.lent:
                with contextlib.suppress(subprocess.TimeoutExpired):  # by itself, so that its processor time is counted
                    self._process.wait(0.5)
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None
        if self._folder is not None and not self.lent:
            self._folder.cleanup()
        self._folder = None
        self.lent = False
