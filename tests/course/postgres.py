"""A PostgreSQL server of a test's own: Debian's package, a folder that goes again, a socket and no network."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def programs() -> Path:
    """Return the folder of the server's programs, or skip the test where they are not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    here = shutil.which("initdb")
    if not found and not here:
        pytest.skip("PostgreSQL's server is not installed: apt-get install postgresql")
    return found[-1].parent if found else Path(here or "").parent


def user() -> dict[str, str]:
    """Return how to start a program as somebody without privileges: the server refuses to run as root."""
    return {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of an empty database."""
    pytest.importorskip("psycopg")
    here, who = programs(), user()
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path may have 107 characters
    if who:
        shutil.chown(folder, who["user"], who["group"])
    data = folder / "data"
    quiet = {
        "check": True,
        "capture_output": True,
        "cwd": folder,
        "env": {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    }
    control = [str(here / "pg_ctl"), "-D", str(data), "-w"]
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    try:
        subprocess.run(
            [str(here / "initdb"), "-D", str(data), "-A", "trust", "-U", "teacher", "-E", "UTF8", "-N"], **quiet, **who
        )
        log = str(folder / "log")  # and not a pipe, which the server would keep open
        subprocess.run(
            [*control, "-o", options, "-l", log, "start"],
            **{**quiet, "stdout": None, "stderr": None, "capture_output": False},
            **who,
        )
        try:
            yield f"postgresql+psycopg://teacher@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet, **who)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
