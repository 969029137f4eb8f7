"""What the sandbox gives on this machine, found by trying it; nothing outside of this machine is ever addressed."""

import os
import platform
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rnnlab.checks.student import Failed
from rnnlab.grading.errors import SandboxUnavailable
from rnnlab.grading.sandbox.child import linux
from rnnlab.grading.sandbox.host import view
from rnnlab.grading.sandbox.host.fork_server import ForkServer
from rnnlab.grading.sandbox.host.session import Session
from rnnlab.grading.settings import Settings

ADVICE = """Grading needs Linux 5.12 or newer with user namespaces:
  - Ubuntu 24.04 and newer:  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
  - Debian 10 and older:     sudo sysctl -w kernel.unprivileged_userns_clone=1
  - in a container:          start it with --privileged, or grade on the machine itself
  - Windows:                 in WSL2;   macOS: in a Linux virtual machine
`rnnlab grade run --no-sandbox` grades without protection, for work that you trust, and stamps every result."""

_PROBES = """
import os, socket

def sees(path):
    return os.path.lexists(path)

def listed(path):
    return sorted(os.listdir(path))

def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
        return True
    except OSError:
        return False

def processes():
    return sorted(name for name in os.listdir("/proc") if name.isdigit())

def writes(path):
    try:
        open(path, "w").close()
        return True
    except OSError:
        return False

def fills():
    with open("/tmp/full", "wb") as file:
        try:
            while True:
                file.write(bytes(2**20))
                file.flush()
        except OSError:
            return os.path.getsize("/tmp/full") // 2**20

def forks():
    made = 0
    try:
        while made < 5000:
            if os.fork() == 0:
                os._exit(0) if os.read(os.open("/dev/zero", os.O_RDONLY), 1) == b"" else __import__("time").sleep(60)
            made += 1
    except OSError:
        return made
    return made

def takes():
    held = []
    while True:
        held.append(bytearray(50 * 2**20))

def capabilities():
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return [lines[name].strip() for name in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")]

def user():
    return os.getuid()
"""


class Check(NamedTuple):
    """One thing tried: whether it is as it should be, and what was found."""

    what: str
    good: bool
    says: str
    needed: bool = True


def examine() -> list[Check]:
    """Return what was found, in the order in which it was tried."""
    checks = [Check("system", sys.platform == "linux", f"{platform.system()} {platform.release()}")]
    if sys.platform != "linux":
        return checks
    settings = Settings(memory_mb=512, cell_seconds=10, call_seconds=10, first_call_seconds=10)
    with ForkServer(settings=settings) as fork_server:
        started = time.perf_counter()
        try:
            session = fork_server.open()
        except SandboxUnavailable as error:
            return [*checks, Check("sandbox", False, str(error))]
        warm = time.perf_counter() - started
        checks.append(Check("sandbox", True, f"warm in {warm:.1f} s"))
        session.run(_PROBES, 10)
        checks += [*_rights(session), *_hidden(session), _network(session), *_bounds(session)]
        session.close()
        checks.append(_memory(fork_server))
        checks.append(_speed(fork_server))
    return checks


def _ask(session: Session, function: str, *args):
    return session.call(function, args, 10)


def _rights(session: Session) -> list[Check]:
    effective, bounding, locked, filters = _ask(session, "capabilities")
    without = int(effective, 16) == 0 and int(bounding, 16) == 0 and locked == "1"
    version = linux.landlock_version()
    counted = _ask(session, "sees", "/proc/self/schedstat")
    return [
        Check("user", _ask(session, "user") != 0, f"inside it is user {_ask(session, 'user')}"),
        Check("capabilities", without, "none, and no way to get one" if without else f"{effective} of {bounding}"),
        Check("processes of others", len(_ask(session, "processes")) == 2, "not seen"),
        Check("system call filter", filters == "2", "on" if filters == "2" else "not for this processor", False),
        Check(
            "waits for a processor",
            counted,
            "known, and not counted as a student's time" if counted else "not known to this kernel",
            False,
        ),
        Check("Landlock", version > 0, f"version {version}" if version else "not in this kernel", False),
    ]


def _hidden(session: Session) -> list[Check]:
    with TemporaryDirectory() as folder:
        secret = Path(folder, "gradebook.db")
        secret.write_text("secret")
        places = [
            str(secret),
            str(view.PACKAGE / "assignments"),
            os.path.expanduser("~/.bashrc"),
            "/var",
            "/sys",
            "/etc/shadow",
        ]
        seen = [path for path in places if _ask(session, "sees", path)]
    written = [
        path
        for path in ("/x", "/usr/lib/x", "/course/x", view.search_path()[-2] + "/x")
        if _ask(session, "writes", path)
    ]
    return [
        Check("files of this machine", not seen, f"seen: {', '.join(seen)}" if seen else "not there"),
        Check("writing outside of HOME", not written, f"possible: {', '.join(written)}" if written else "refused"),
    ]


def _network(session: Session) -> Check:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reached = _ask(session, "connects", listener.getsockname()[1])
    return Check(
        "network", not reached, "this machine's loopback was reached" if reached else "none, not even loopback"
    )


def _bounds(session: Session) -> list[Check]:
    filled = _ask(session, "fills")
    forked = -1
    with suppress(Failed):
        forked = _ask(session, "forks")
    return [
        Check("disk", filled <= Settings().disk_mb, f"{filled} MB"),
        Check(
            "number of processes", forked < Settings().processes, f"{forked}" if forked >= 0 else "bounded by memory"
        ),
    ]


def _memory(fork_server: ForkServer) -> Check:
    session = fork_server.open()
    try:
        session.run(_PROBES, 10)
        _ask(session, "takes")
    except Failed as failed:
        return Check("memory", failed.kind == "memory", str(failed))
    finally:
        session.close()
    return Check("memory", False, "no bound")


def _speed(fork_server: ForkServer) -> Check:
    times = []
    for _ in range(9):
        started = time.perf_counter()
        fork_server.open().close()
        times.append(1e3 * (time.perf_counter() - started))
    return Check("a fresh sandbox", True, f"{sorted(times)[4]:.0f} ms", False)
