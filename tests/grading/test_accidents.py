"""Whatever happens to a run, no result is lost and none is written twice."""

import errno
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from functools import partial
from types import SimpleNamespace

import hostile
import pytest
from graded_class import CLASS, EXPECTED, QUICK, A, environment, export, scores
from jobs import LONG, BarredJob, DyingJob, GreedyJob
from nbgrader.api import Gradebook

from rnnlab import _files
from rnnlab.checks import Question
from rnnlab.cli import main
from rnnlab.grading import gradebook, grader, pipeline, workers
from rnnlab.grading.course import Course
from rnnlab.grading.errors import CourseLocked, DatabaseProblem
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.pipeline import RunSeed, run

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("warm")]


# --- faults of our own


def test_a_question_that_the_course_cannot_judge_costs_no_other_and_asks_for_a_look(course, monkeypatch):
    examine = Question.examine

    def broken(self, student, seed):
        if self.id == "2.3":
            raise ZeroDivisionError("ours")
        return examine(self, student, seed)

    monkeypatch.setattr(Question, "examine", broken)
    summary = run(course, A, QUICK)
    assert not summary.clean
    assert "ZeroDivisionError: ours" in summary.faults["ada"]
    with Gradebook(course.db_url, course.course_id) as book:
        grade = book.find_grade("check_unfold", A, A, "ada")
        assert (grade.auto_score, grade.needs_manual_grade) == (None, True)
        assert book.find_submission(A, "ada").score == 12
    text = (course.autograded("ada", A) / f"{A}.ipynb").read_text()
    assert "ZeroDivisionError" not in text
    assert "the course made a mistake here, not you" in text


def test_a_grader_that_fails_on_one_submission_goes_on_with_the_others(course, monkeypatch):
    read = grader.submission.read

    def broken(released, found, settings):
        data = next(iter(found.notebooks.values()))
        if b"np.zeros_like" in data or b"np.tanh(x @" in data:
            raise ZeroDivisionError("ours")
        return read(released, found, settings)

    monkeypatch.setattr(grader.submission, "read", broken)
    summary = run(course, A, QUICK)
    assert "cy" in summary.faults
    with Gradebook(course.db_url, course.course_id) as book:
        assert book.find_submission(A, "cy").needs_manual_grade
        assert not book.find_submission(A, "bo").needs_manual_grade
    monkeypatch.undo()
    assert "cy" in run(course, A, QUICK).graded
    assert scores(course) == EXPECTED


# --- accidents


def test_killed_again_and_again_a_rerun_ends_where_an_undisturbed_run_ends(course, tmp_path_factory):
    calm = Course(tmp_path_factory.mktemp("calm"))
    hostile.write(calm.root, CLASS)
    run(calm, A, QUICK, seed=7)
    words = ["grade", "run", A, "--course", str(course.root), "--seed", "7"]
    code = f"from rnnlab import cli\nfrom rnnlab.grading import pipeline\npipeline.BATCH = 1\ncli.main({words})"
    killed = 0
    for n_done in range(3):
        with subprocess.Popen([sys.executable, "-c", code], env=environment(), stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and len(list(course.root.rglob("autograded/*/*/*.ipynb"))) <= n_done:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
    assert killed >= 2
    run(course, A, QUICK, seed=7)
    assert export(course) == export(calm)


@pytest.mark.parametrize("moment", ["before the files", "between files and database", "in the transaction", "after it"])
def test_cut_off_at_any_moment_nothing_is_lost_and_nothing_twice(course, monkeypatch, moment):
    class Cut(BaseException):
        pass

    calls = []

    def of_a_student(path, *_args):
        return "autograded" in path.parts

    def cut(original, after=False, counts=lambda *_args: True):
        def wrapped(*args, **options):
            if not counts(*args):
                return original(*args, **options)
            calls.append(1)
            if len(calls) == 3 and not after:
                raise Cut
            value = original(*args, **options)
            if len(calls) == 3:
                raise Cut
            return value

        return wrapped

    monkeypatch.setattr(pipeline, "BATCH", 1)
    if moment == "before the files":
        monkeypatch.setattr(_files, "write_text", cut(_files.write_text, counts=of_a_student))
    elif moment == "in the transaction":
        monkeypatch.setattr(GradebookStore, "_record", cut(GradebookStore._record))
    else:
        monkeypatch.setattr(GradebookStore, "write", cut(GradebookStore.write, after=moment == "after it"))
    with pytest.raises(Cut):
        run(course, A, QUICK)
    monkeypatch.undo()
    again = run(course, A, QUICK)
    assert len(again.unchanged) == {"after it": 3}.get(moment, 2)
    assert scores(course) == EXPECTED
    with Gradebook(course.db_url, course.course_id) as book:
        assert len(book.students) == 4
        assert len(book.assignment_submissions(A)) == 4


def test_a_run_that_was_cut_off_is_taken_up_with_the_same_secret_and_a_new_run_draws_another(course):
    first = RunSeed(course, A)
    assert RunSeed(course, A).seed == first.seed
    first.finish()
    assert RunSeed(course, A).seed != first.seed


def test_a_torn_line_in_the_log_is_passed_over(course):
    first = RunSeed(course, A)
    with open(course.root / ".rnnlab" / "runs.jsonl", "ab") as log:
        log.write(b'[1]\n\xff\n{"assignment": "02_unf')
    again = RunSeed(course, A)
    assert again.seed == first.seed
    again.finish()
    with open(course.root / ".rnnlab" / "runs.jsonl", "ab") as log:
        log.write(b'{"assignment": "02_unf')
    begun = RunSeed(course, A)
    assert begun.seed != first.seed
    assert RunSeed(course, A).seed == begun.seed  # its line did not go down with the torn one


@pytest.mark.parametrize("text", ["{", "[1]", '{"ada": "tomorrow"}', '{"ada": 3}', "\xff"])
def test_a_damaged_file_of_extensions_is_named_and_changes_no_score(course, text):
    run(course, A, QUICK, students=["ada"])
    (course.state / f"extensions-{A}.json").write_text(text, encoding="latin-1")
    summary = run(course, A, QUICK, students=["ada"])
    assert f"extensions-{A}.json is damaged" in summary.late_fault
    assert summary.unchanged == ["ada"]


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_damaged_list_of_what_was_collected_is_named_before_anything_is_begun(course, text, capfd):
    (course.state / f"collected-{A}.json").write_text(text)
    assert main(["grade", "run", A, "--course", str(course.root)]) == 2
    said = capfd.readouterr().err
    assert said.strip().endswith(f"collected-{A}.json is damaged: take it away and collect again")
    assert "Traceback" not in said


def test_a_configuration_that_ends_the_program_is_told(course, capsys):
    (course.root / "nbgrader_config.py").write_text("raise SystemExit(5)")
    assert main(["grade", "show", A, "--course", str(course.root)]) == 2
    assert "nbgrader_config.py cannot be read: SystemExit: 5" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_a_full_disk_stops_the_run_with_its_reason_and_a_rerun_completes_it(course, monkeypatch, capsys):
    original, calls = os.replace, []

    def full(*args):
        calls.append(1)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device", str(args[1]))
        return original(*args)

    monkeypatch.setattr(os, "replace", full)
    assert main(["grade", "run", A, "--course", str(course.root)]) == 2
    assert capsys.readouterr().err.lstrip().startswith("rnnlab: No space left on device:")
    assert not list(course.root.rglob("*.part"))
    monkeypatch.undo()
    run(course, A, QUICK)
    assert scores(course) == EXPECTED


def test_a_page_that_could_not_be_written_is_not_called_ungraded(course, capsys):
    run(course, A, QUICK, students=["ada"])
    (course.root / "feedback").write_text("in the way")
    assert main(["grade", "feedback", A, "--course", str(course.root), "--student", "ada"]) == 3
    assert "no page for ada: nbgrader could not make it in" in capsys.readouterr().err


def test_an_error_of_a_file_without_a_name_is_told_without_one(course, monkeypatch, capsys):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RunSeed, "_log", full)
    assert main(["grade", "run", A, "--course", str(course.root)]) == 2
    assert capsys.readouterr().err.strip() == "rnnlab: No space left on device"


def test_two_runs_at_once_do_not_mix(course):
    with course.lock(), pytest.raises(CourseLocked, match="another grading run is at work"):
        run(course, A, QUICK)
    assert run(course, A, QUICK).clean


def test_a_database_that_someone_holds_for_a_while_is_waited_for(course):
    run(course, A, QUICK)
    code = (
        "import sqlite3, sys, time\n"
        f"db = sqlite3.connect({str(course.root / 'gradebook.db')!r}, isolation_level=None)\n"
        "db.execute('BEGIN EXCLUSIVE')\nprint('held', flush=True)\ntime.sleep(2)\n"
        "print(time.monotonic(), flush=True)\ndb.execute('ROLLBACK')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        started = time.monotonic()
        assert len(run(course, A, QUICK, force=True).graded) == 3
        assert started < float(holder.stdout.readline()) < time.monotonic()


def test_a_database_that_is_held_for_good_or_away_is_said_to_be(course, monkeypatch):
    run(course, A, QUICK)
    monkeypatch.setattr(gradebook, "_TRIES", 1)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", partial(sqlite3.connect, timeout=0.2))
    held = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseProblem, match="database is locked"):
        run(course, A, QUICK, force=True)
    held.execute("ROLLBACK")
    held.close()
    (course.root / "gradebook.db").unlink()
    (course.root / "gradebook.db").mkdir()
    with pytest.raises(DatabaseProblem, match="unable to open database file"):
        run(course, A, QUICK)


def test_a_worker_that_dies_costs_one_submission_a_look_and_no_other_anything(course):
    found = dict(workers.results(DyingJob(course.root, A, QUICK, 1), list(CLASS), {}, 2))
    assert "ended by itself" in found["bo"].record["faults"][""]
    assert found["bo"].notebooks[A].scores == dict.fromkeys(hostile.RELEASE_NOTEBOOK.questions)
    for student in ("ada", "cy", "di"):
        assert list(found[student].notebooks[A].scores.values()) == EXPECTED[student]


def test_a_judge_that_takes_too_much_is_ended_with_the_reason_and_the_next_starts_clean(course, monkeypatch):
    def clock():  # which goes on by what a judge may take as soon as one takes too long
        return time.monotonic() + 30 * (course.root / LONG).exists()

    monkeypatch.setattr(workers, "time", SimpleNamespace(monotonic=clock))
    settings = QUICK._replace(judge_mb=450, judge_seconds=30)
    found = dict(workers.results(GreedyJob(course.root, A, settings, 1), ["bo", "cy", "ada"], {}, 1))
    reasons = {name: found[name].record["faults"].get("", "") for name in ("bo", "cy")}
    assert "over 450 MB" in reasons["bo"] or "MemoryError" in reasons["bo"]
    assert "over 30 s" in reasons["cy"]
    assert found["ada"].record["faults"] == {}
    assert list(found["ada"].notebooks[A].scores.values()) == EXPECTED["ada"]


def test_a_bound_that_leaves_the_judge_no_space_is_said_to_be_so_at_once(course):
    started = time.monotonic()
    sizes: dict[str, float] = {}
    job = workers.Job(course.root, A, QUICK._replace(judge_mb=200), 1)
    found = dict(workers.results(job, ["ada", "bo"], {}, 1, sizes))
    for name in ("ada", "bo"):
        assert re.match(
            r"the grader itself holds \d+ MB and needs 200 more .* judge_mb is 200", found[name].record["faults"][""]
        )
    assert time.monotonic() - started < 60
    assert set(sizes) == {"ada", "bo"}


def test_the_size_of_the_judge_is_told_for_each_submission(course):
    summary = run(course, A, QUICK, students=["ada", "bo"], n_workers=1)
    assert set(summary.judge_mb) == {"ada", "bo"}
    assert all(50 < size < QUICK.judge_mb for size in summary.judge_mb.values())


def test_without_a_sandbox_nothing_is_graded_and_nothing_written(course, monkeypatch, capsys):
    monkeypatch.setattr(pipeline, "Job", BarredJob)
    assert main(["grade", "run", A, "--course", str(course.root)]) == 2
    said = capsys.readouterr().err
    assert "unshare: Operation not permitted" in said
    assert "WSL2" in said
    assert "--no-sandbox" in said
    assert not list(course.root.rglob("autograded"))
