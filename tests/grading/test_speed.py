"""What `rnnlab bench grading` measures: processor time of everything that ran, and an outcome for every submission."""

import json
import sys

import pytest

from rnnlab import cli
from rnnlab.grading.settings import Settings
from rnnlab.grading.speed import classes, measure, phases, process
from rnnlab.grading.speed.large import large

BURN = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass\n"
CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN.format(0.5)!r}])\n"
CHILD += "held = bytearray(80 * 2**20)\n"


def test_what_a_command_starts_counts_as_its_own(tmp_path):
    run = process.measured([sys.executable, "-c", CHILD + BURN.format(0.7)], tmp_path, {0})
    assert 1.2 <= run.processor < 2.0
    assert run.seconds >= 1.2
    assert 80 < run.peak < 200


def test_a_command_that_fails_is_no_figure(tmp_path):
    with pytest.raises(RuntimeError, match="ended with 5: sorry"):
        process.measured([sys.executable, "-c", "import sys; print('sorry'); sys.exit(5)"], tmp_path, {0})


def test_a_ratio_above_one_means_that_ours_is_better():
    assert measure._row("time", "s", [2.0, 4.0, 2.0], [6.0, 4.0, 8.0]) == ("time", "s", 2.0, 6.0, 3.0)
    assert measure._row("rate", "1/s", [8.0], [2.0], more_is_better=True).ratio == 4.0
    assert measure._row("alone", "MB", [3.0, 1.0, 2.0]) == ("alone", "MB", 2.0, None, None)


@pytest.mark.slow
@pytest.mark.sandbox
def test_every_submission_of_a_mixed_class_is_accounted_for():
    found = large(10, 1)
    assert found["outcomes"] == {
        "blank: 0 points": 1, "crash: 1 points": 1, "cut: 0 points": 1, "right: 1 points": 6, "web: 0 points": 1,
    }  # fmt: skip
    assert (found["missing"], found["wrong"], found["late"]) == (0, 0, 2)
    assert found["processor"] > 1
    assert max(megabytes for _, megabytes in found["curve"]) == found["peak_mb"] > 50


@pytest.mark.sandbox
def test_the_phases_of_a_submission_are_told_apart_and_put_back(tmp_path):
    originals = [getattr(owner, name) for _, owner, name in phases._PHASES]
    course = classes.course(tmp_path / "course", classes.TINY)
    classes.hand_in(course, classes.TINY, classes.copies(classes.right(course, classes.TINY), 3))
    told = phases.phases(course, classes.TINY, course.students(classes.TINY), Settings())
    assert set(told) == {phase for phase, _, _ in phases._PHASES} | {
        phases._OTHER,
        "the student's code, in the sandbox",
    }
    assert all(
        told[phase] > 0 for phase in ("open and close the sandbox", "write the gradebook", "write the graded notebook")
    )
    assert [getattr(owner, name) for _, owner, name in phases._PHASES] == originals


@pytest.mark.sandbox
def test_a_fresh_sandbox_takes_some_milliseconds():
    assert 1 < phases.sandbox(Settings(), 5) < 200


FOUND = {
    "assignment": "02_unfolding", "rounds": 1, "cores": 2, "load": 0.5,
    "rows": [measure.Row("first", "s", 2.0, 4.0, 2.0)._asdict(), measure.Row("fresh", "ms", 9.0)._asdict()],
    "phases": {"read": 1.0, "judge": 3.0}, "curve": [],
}  # fmt: skip


def test_the_command_prints_tables_and_writes_what_was_measured(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(measure, "measure", lambda *args: asked.append(args[:2]) or FOUND)
    file = tmp_path / "found.json"
    assert cli.main(["bench", "grading", "--quick", "--json", str(file)]) == 0
    assert asked == [("02_unfolding", measure.Sizes(4, 2, 4, 1))]
    assert json.loads(file.read_text()) == json.loads(json.dumps(FOUND))
    said = capsys.readouterr().out
    assert "nbgrader" in said
    assert [line.split() for line in said.splitlines() if "judge" in line] == [["judge", "3.0", "75"]]
    assert cli.main(["bench", "grading", "--stock", "1"]) == 2
