"""nbgrader's formgrader in a notebook server on this machine, and what a person does in it with a browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 90


@contextmanager
def formgrader(root: Path, log: Path) -> Iterator[str]:
    """Serve the course's folder on loopback, as ``jupyter lab`` in it would, and yield the formgrader's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    only = (
        "{'nbgrader.server_extensions.formgrader': True, 'jupyterlab': False, 'jupyter_lsp': False, 'jupytext': False}"
    )
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.root_dir": root,
        "ServerApp.allow_root": True,
        "ServerApp.open_browser": False,
        "ServerApp.jpserver_extensions": only,
        "ServerApp.terminals_enabled": False,
        "IdentityProvider.token": "",
    }
    words = [sys.executable, "-m", "jupyter_server", *(f"--{key}={value}" for key, value in options.items())]
    home = {"JUPYTER_CONFIG_DIR": str(log.parent / "jupyter"), "JUPYTER_RUNTIME_DIR": str(log.parent / "runtime")}
    with open(log, "wb") as said:
        server = subprocess.Popen(words, cwd=root, stdout=said, stderr=said, env={**os.environ, **home})
    try:
        address = f"http://127.0.0.1:{port}/formgrader"
        _wait(address, server, log)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _wait(address: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=30):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    raise AssertionError(f"the formgrader did not start:\n{log.read_text()[-3000:]}")
