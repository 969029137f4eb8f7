"""The warm process behind every session: started once a worker, it forks a fresh child when asked."""

import array
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

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
        self._process: subprocess.Popen | None = None
        self._folder: tempfile.TemporaryDirectory | None = None

    def __enter__(self) -> "ForkServer":
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
                    raise SandboxUnavailable("the sandbox's warm process does not answer") from None
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
        self._folder = tempfile.TemporaryDirectory(prefix="rnnlab-sandbox-", ignore_cleanup_errors=True)
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
                raise SandboxUnavailable(lines[-1] if lines else "the sandbox's warm process did not start in time")
        if self.settings.isolated:  # the sandbox stands in a mount namespace of its own: its doorstep can go
            self._folder.cleanup()
            self._folder = None

    def _greet(self) -> bool:
        assert self._folder is not None
        sources = {name: Path(str(module.__file__)).read_text(encoding="utf-8") for name, module in _SHARED.items()}
        sources |= {name: (Path(__file__).parents[1] / "child" / f"{name}.py").read_text("utf-8") for name in _CHILD}
        config = self._config(self._folder.name)
        here = view.search_path(str)
        start = json.dumps({"path": here, "order": _CHILD, "sources": sources, "config": config}).encode()
        self._control.settimeout(self.settings.start_seconds)
        try:
            self._control.sendall(struct.pack("<I", len(start)) + start)
            return self._control.recv(5) == b"ready"
        except OSError:
            return False

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
        """End the warm process and everything in its sandbox."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._control.close()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
