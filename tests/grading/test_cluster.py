"""Grading on a Dask cluster: real schedulers and workers on loopback, of which one is killed and one comes late."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import hostile
import pytest
from graded_class import CLASS, QUICK, A, environment, export

from rnnlab.cli import main
from rnnlab.grading import intake
from rnnlab.grading.cluster import dispatch
from rnnlab.grading.cluster.parcel import pack, unpack
from rnnlab.grading.course import Course
from rnnlab.grading.errors import Refused
from rnnlab.grading.pipeline import run
from rnnlab.grading.settings import Settings

pytest.importorskip("distributed")
OWN = {"rnnlab": "1", "numpy": "2", "code": "abc", "sandbox": ""}


def patiently(found, what, seconds=300):
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.05)
    return value


class Loopback:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "scheduler.json"
        self.started = []
        self._start("dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard")
        self.address = patiently(lambda: self.file.exists() and self._told().get("address"), "scheduler")

    def _told(self):
        with contextlib.suppress(ValueError):  # half written
            return json.loads(self.file.read_text())
        return {}

    def _start(self, program, *options):
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--scheduler-file", str(self.file), *options]
        log = open(self.folder / f"log-{len(self.started)}.txt", "w")  # noqa: SIM115
        with log:
            made = subprocess.Popen(command, env=environment(), stdout=log, stderr=log, cwd=self.folder)
        self.started.append(made)
        return made

    def worker(self, name):
        options = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--name", name, "--host", "127.0.0.1"]
        return self._start("dask_worker", *options, "--local-directory", str(self.folder / name))

    def close(self):
        for process in reversed(self.started):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path_factory):
    made = Loopback(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()


def done(course):
    return len(list(course.root.glob("autograded/*/*/*.ipynb")))


@pytest.mark.slow
@pytest.mark.sandbox
def test_with_a_worker_killed_and_a_run_stopped_the_marks_are_those_of_a_run_here(course, cluster, tmp_path_factory):
    everyone = {f"{name}{copy}": case for copy in range(3) for name, case in CLASS.items()}
    calm = Course(tmp_path_factory.mktemp("calm"))
    for one in (calm, course):
        hostile.write(one.root, everyone)
    run(calm, A, Settings(), seed=7, students=list(everyone), n_workers=0)
    words = ["grade", "run", A, "--course", str(course.root), "--seed", "7", "--dask", cluster.address]
    words += [word for name in everyone for word in ("--student", name)]
    code = "import signal, sys, time\nfrom rnnlab import cli\nfrom rnnlab.grading import pipeline\npipeline.BATCH = 1\n"
    # a shell has what it starts in the background ignore an interrupt, and so all that is started there
    code += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    # so that it is not at its end yet when it is interrupted
    slow = "write = pipeline._write\npipeline._write = lambda *batch: (write(*batch), time.sleep(1))\n"
    grade = f"sys.exit(cli.main({words}))"
    command = [sys.executable, "-c", code + slow + grade]
    first = cluster.worker("first")
    cluster.worker("second")
    said = cluster.folder / "said.txt"
    with open(said, "w") as file, subprocess.Popen(command, env=environment(), stdout=file, stderr=file) as process:
        patiently(lambda: said.read_text().count(" grades, ") == 2 or process.poll() is not None, "second worker")
        patiently(lambda: done(course) >= 1 or process.poll() is not None, "result")
        first.send_signal(signal.SIGKILL)
        patiently(lambda: "is gone" in said.read_text() or process.poll() is not None, "loss that is told")
        patiently(lambda: done(course) >= 4 or process.poll() is not None, "result after that")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130, said.read_text()
    assert "Traceback" not in said.read_text()
    assert 4 <= done(course) < len(everyone)
    cluster.worker("late")
    again = subprocess.run(
        [sys.executable, "-c", code + grade], env=environment(), capture_output=True, text=True, timeout=600
    )
    assert again.returncode == 0, again.stderr
    assert int(re.search(r"(\d+)\s+unchanged", again.stdout)[1]) >= 1
    assert export(course) == export(calm)
    assert len(export(course)) == 1 + len(everyone)


def answered(**told):
    return SimpleNamespace(status="finished", result=lambda: OWN | told)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (answered(), ""),
        (answered(numpy="1.9"), "runs another version: numpy 1.9, here 2"),
        (answered(code="xyz"), "runs an rnnlab of the same version with other code"),
        (answered(sandbox="unshare: Operation not permitted"), "cannot build the sandbox: unshare: Operation not"),
        (
            SimpleNamespace(status="error", exception=lambda timeout: ModuleNotFoundError("No module named 'rnnlab'")),
            "cannot run the grader (ModuleNotFoundError: No module named 'rnnlab'): install the same rnnlab there",
        ),
    ],
)
def test_a_worker_that_is_not_like_this_machine_is_left_out_with_the_reason(answer, why):
    assert dispatch._unfit(answer, OWN).startswith(why)
    assert bool(dispatch._unfit(answer, OWN)) == bool(why)


def test_what_a_slow_worker_has_goes_to_an_idle_one_once_and_the_first_result_counts():
    cluster, told = object.__new__(dispatch.Cluster), []
    cluster._told, cluster._took, cluster._left, cluster._sizes = told.append, [2.0, 3.0], {"ada", "bo"}, {}
    slow = dispatch._Chunk(["ada", "bo"], "slow", None, since=time.monotonic() - 100)
    quick = dispatch._Chunk(["cy"], "quick", None, since=time.monotonic())
    cluster._workers = {
        "slow": dispatch._Worker(1, fit=True, chunks=[slow]),
        "quick": dispatch._Worker(1, fit=True, chunks=[quick]),
        "idle": dispatch._Worker(1, fit=True),
    }
    assert cluster._slow_elsewhere("slow") == []
    assert cluster._slow_elsewhere("idle") == ["ada", "bo"]
    assert told == ["slow is slow with ada, bo: idle is given the same"]
    assert cluster._slow_elsewhere("idle") == []
    assert list(cluster._new([("ada", "the idle one's", 1.0)])) == [("ada", "the idle one's")]
    assert list(cluster._new([("ada", "late", 1.0), ("bo", "late", 1.0)])) == [("bo", "late")]
    assert cluster._left == set()


def test_without_a_scheduler_one_line_says_so(course, monkeypatch, capsys):
    monkeypatch.setattr(dispatch, "_CONNECT_SECONDS", 0.5)
    assert main(["grade", "run", A, "--course", str(course.root), "--dask", "tcp://127.0.0.1:9"]) == 2
    assert "there is no scheduler at tcp://127.0.0.1:9" in capsys.readouterr().err


def test_one_question_again_is_for_this_machine(course, capsys):
    words = ["grade", "run", A, "--course", str(course.root), "--only", "2.1", "--dask", "tcp://127.0.0.1:9"]
    assert main(words) == 2
    assert "run it without --dask" in capsys.readouterr().err


def read(folder, settings):
    try:
        return intake.read(folder, settings)
    except Refused as error:
        return str(error)


@pytest.mark.parametrize("kind", ["plain", "nested", "link", "linked folder", "pipe", "large", "missing"])
def test_what_is_sent_is_read_as_it_would_be_read_here(tmp_path, kind):
    here, there = tmp_path / "here", tmp_path / "there"
    place = here / "submitted" / "ada" / "02"
    there.mkdir()
    if kind == "linked folder":
        place.parent.mkdir(parents=True)
        os.symlink("/etc", place)
    elif kind != "missing":
        place.mkdir(parents=True)
        (place / "a.ipynb").write_bytes(b"[]" if kind != "large" else b"x" * 2**20)
    if kind == "nested":
        (place / "inside").mkdir()
        (place / "inside" / "b.ipynb").write_bytes(b"{}")
        (place / "data.csv").write_bytes(b"1,2")
    if kind == "link":
        os.symlink("/etc/passwd", place / "c.ipynb")
    if kind == "pipe":
        os.mkfifo(place / "c.ipynb")
    settings = QUICK._replace(notebook_mb=0) if kind == "large" else QUICK
    entries = pack(here, place, settings.notebook_mb * 2**20)
    assert all(entry.kind != "large" for entry in entries) == (kind != "large")
    assert sum(len(entry.data) for entry in entries) < 100
    unpack(entries, there)
    assert read(there / "submitted" / "ada" / "02", settings) == read(place, settings)


def test_nothing_outside_of_the_course_is_sent(tmp_path):
    with pytest.raises(ValueError, match="only be sent what is in the course's folder"):
        pack(tmp_path / "course", tmp_path / "elsewhere", 100)
