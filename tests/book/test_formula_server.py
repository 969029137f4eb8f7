"""The server that sets formulas may take its time: the build waits until it listens."""

import os
import socket
import sys
from types import SimpleNamespace

import pytest

katex = pytest.importorskip("sphinxcontrib.katex")
from rnnbook import offline  # noqa: E402

LATE = """
import socket, sys, time
with socket.socket(socket.AF_UNIX) as server:
    server.bind(sys.argv[1])  # the file is there, and nobody listens
    time.sleep(0.5)
    server.listen()
    server.accept()[0].close()
"""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(katex.KaTeXServer, "build_command", katex.KaTeXServer.build_command)
    return katex.KaTeXServer


def test_a_server_that_listens_late_is_waited_for(server, tmp_path):
    server.build_command = lambda socket: [sys.executable, "-c", LATE, str(socket)]
    process, connection = offline.start_server(tmp_path, 20)
    assert connection.family == socket.AF_UNIX  # over the network each formula waits for an acknowledgement
    connection.close()
    process.stdin.close()
    process.stdout.close()
    assert process.wait(20) == 0


def test_a_server_that_never_listens_is_an_error(server, tmp_path):
    server.build_command = lambda socket: [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(katex.KaTeXError, match="KaTeX server"):
        offline.start_server(tmp_path, 0.2)


def test_the_build_starts_it_so(server, monkeypatch):
    monkeypatch.setitem(os.environ, "RNNLAB_FIGURES", "")
    monkeypatch.setattr(server, "start_server_process", server.start_server_process)
    monkeypatch.setattr(katex, "NODEJS_BINARY", katex.NODEJS_BINARY)
    monkeypatch.setitem(katex.KATEX_DEFAULT_OPTIONS, "throwOnError", True)
    offline.configure(None, SimpleNamespace(html_static_path=[]))
    assert server.start_server_process is offline.start_server
