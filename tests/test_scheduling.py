"""A test that ends its process is a failure like any other: the run goes on and comes to its end."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("xdist")
pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
PASSES = "def test_passes_{0}():\n    pass\n"
ENDS = "import os\n\ndef test_ends_its_worker():\n    os.kill(os.getpid(), 11)\n"


def run(folder, files, *options):
    """Run these files on two workers, and return what pytest printed and how many tests passed and failed."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    with open(folder / "printed", "w") as file:  # a pipe would stay open as long as a child of a worker does
        subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "2", "-p", "xdist", "-p", "scheduling", *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(HERE), "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            stdout=file,
            stderr=subprocess.STDOUT,
            timeout=120,  # without an end, it would be there for ever
        )
    said = (folder / "printed").read_text()
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed)", said)}
    return said, counts.get("passed", 0), counts.get("failed", 0)


@pytest.mark.parametrize(
    ("files", "n_passed"),
    [
        ({"a": PASSES.format("a"), "b": ENDS}, 1),  # nothing is left to do
        ({"a": PASSES.format("a"), "b": ENDS + PASSES.format("b")}, 2),  # a single test is left to the next worker
        ({"a": PASSES.format("a"), "b": ENDS + "".join(map(PASSES.format, "bcde"))}, 5),
        ({name: ENDS + PASSES.format(name) for name in "abc"}, 3),
    ],
    ids=["the last of all", "one before the last", "several before the last", "one in every file"],
)
def test_a_test_that_ends_its_worker_fails_and_the_others_run(tmp_path, files, n_passed):
    said, passed, failed = run(tmp_path, files)
    n_ended = sum(ENDS in text for text in files.values())
    assert (passed, failed) == (n_passed, n_ended), said
    assert len(re.findall(r"worker 'gw\d+' crashed while running 'test_\w\.py::test_ends_its_worker'", said)) >= n_ended


BY_TURNS = """
import os, pathlib, time

WORKER = os.environ.get("PYTEST_XDIST_WORKER")


def wait_for(name):
    end = time.monotonic() + 30
    while not pathlib.Path(name).exists() and time.monotonic() < end:
        time.sleep(0.05)


def pytest_collection():
    if WORKER == "gw2":
        wait_for("gw3 looks")
    elif WORKER == "gw3":
        pathlib.Path("gw3 looks").touch()
        wait_for("gw2 runs")


def pytest_runtest_call():
    pathlib.Path(f"{WORKER} runs").touch()
"""


def test_two_workers_that_die_at_once_are_both_replaced(tmp_path):
    """The third worker finds its tests while the fourth is still looking for them, and there is work for both."""
    (tmp_path / "conftest.py").write_text(BY_TURNS)
    ends = {name: ENDS + "".join(PASSES.format(name + n) for n in "1234") for name in "ab"}
    passes = {name: "".join(PASSES.format(name + n) for n in "1234") for name in "cd"}
    said, passed, failed = run(tmp_path, ends | passes)
    assert (passed, failed) == (16, 2), said
    assert (tmp_path / "gw2 runs").exists()


CHILD = """
import os, time

def test_ends_its_worker():
    child = os.fork()
    if child == 0:
        time.sleep(600)
        os._exit(0)
    with open("child", "w") as file:
        file.write(str(child))
    os.kill(os.getpid(), 11)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_child_that_outlives_its_worker_does_not_keep_the_run_waiting(tmp_path):
    try:
        said, passed, failed = run(tmp_path, {"a": PASSES.format("a"), "b": CHILD})
    finally:
        os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)
    assert (passed, failed) == (1, 1), said


def test_a_test_that_never_returns_ends_its_worker_when_its_time_is_over(tmp_path):
    files = {"a": PASSES.format("a"), "b": "import time\n\ndef test_ends_its_worker():\n    time.sleep(3600)\n"}
    limits = ["-o", "faulthandler_timeout=2", "-o", "faulthandler_exit_on_timeout=true"]
    said, passed, failed = run(tmp_path, files, *limits)
    assert (passed, failed) == (1, 1), said
    assert "crashed while running 'test_b.py::test_ends_its_worker'" in said
