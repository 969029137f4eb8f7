"""The server that sets formulas may take its time: the build waits until it listens."""

import os
import sys
from types import SimpleNamespace

import pytest

katex = pytest.importorskip("sphinxcontrib.katex")
from rnnbook import offline  # noqa: E402

LATE = """
import socket, sys, time
time.sleep(0.5)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    server.accept()[0].close()
"""


# The extension drops each connection that was refused without closing it.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_listens_late_is_waited_for(monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "RNNLAB_FIGURES", "")
    for name in ("start_server_process", "build_command"):
        monkeypatch.setattr(katex.KaTeXServer, name, getattr(katex.KaTeXServer, name))
    monkeypatch.setattr(katex, "NODEJS_BINARY", katex.NODEJS_BINARY)
    monkeypatch.setitem(katex.KATEX_DEFAULT_OPTIONS, "throwOnError", True)
    offline.configure(None, SimpleNamespace(html_static_path=[]))
    katex.KaTeXServer.build_command = lambda port: [sys.executable, "-c", LATE, str(port)]
    process, connection = katex.KaTeXServer.start_server_process(tmp_path, 20)
    connection.close()
    process.stdin.close()
    process.stdout.close()
    assert process.wait(20) == 0
