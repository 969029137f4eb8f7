"""A coverage-guided fuzzer reads notebooks and messages for half a minute, where it is installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.checks import codec
from rnnlab.grading.sandbox.host.view import PACKAGE

HERE = Path(__file__).parent
SECONDS = 30


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python")
def test_no_bytes_that_a_guided_fuzzer_finds_do_harm(tmp_path):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "message").write_bytes(codec.encode((1, "value", {"a": [1.5, None, True]})))
    (seeds / "notebook").write_bytes(
        b'{"cells": [{"cell_type": "code", "source": ["x"], "metadata": {}}], "nbformat": 4}'
    )
    command = [sys.executable, HERE / "guided.py", f"-max_total_time={SECONDS}", "-max_len=4096", "-timeout=10", seeds]
    env = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
