"""The gradebook: what is written, what is kept, and that no accident loses or doubles anything."""

import csv
import errno
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time

import hostile
import nbformat
import nbgrader.api
import numpy as np
import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade, is_grade

from rnnlab import _files
from rnnlab.checks import Question
from rnnlab.cli import UserError, main
from rnnlab.cli import grade as cli
from rnnlab.grading import gradebook, grader, pipeline, workers
from rnnlab.grading.course import Course
from rnnlab.grading.errors import CourseLocked, DatabaseProblem, SandboxUnavailable
from rnnlab.grading.export import rows, safe
from rnnlab.grading.feedback import feedback
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.pipeline import RunSeed, run
from rnnlab.grading.sandbox.host.fork_server import ForkServer
from rnnlab.grading.sandbox.host.view import PACKAGE
from rnnlab.grading.settings import Settings

pytestmark = pytest.mark.sandbox
A = hostile.ASSIGNMENT
QUICK = Settings(cell_seconds=5, first_call_seconds=5, call_seconds=5)
HALF = {**hostile.WRONG, "rnn_step": hostile.STEP + hostile.BODY}
CLASS = {
    "ada": (hostile.folder(hostile.GOOD), [4, 5, 5, 2, 1]),
    "bo": (hostile.folder(hostile.text({})), [0, 0, 0, 0, 0]),
    "cy": (hostile.folder(hostile.text(HALF)), [4, 0, 0, 0, 0]),
    "di": (hostile.folder(b"[]"), [0, 0, 0, 0, 0]),
}


@pytest.fixture(scope="module", autouse=True)
def warm():
    """Keep one warm sandbox for each kind of run, and ask only once which version nbgrader's tables have."""
    kept: dict[tuple, ForkServer] = {}

    class Kept(ForkServer):
        def __new__(cls, hidden, settings, setup, says, points):
            return kept.setdefault((tuple(hidden), settings, says), super().__new__(cls))

        def __init__(self, *args):
            if not hasattr(self, "settings"):
                super().__init__(*args)

        def __exit__(self, *_exc):
            pass

    version = nbgrader.api.get_alembic_version()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader.api, "get_alembic_version", lambda: version)
        patch.setattr(grader.Grader, "__exit__", lambda self, *_exc: None)
        patch.setattr(grader, "ForkServer", Kept)
        yield
    for fork_server in kept.values():
        fork_server.close()


@pytest.fixture
def course(tmp_path) -> Course:
    hostile.write(tmp_path, CLASS)
    return Course(tmp_path)


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Course:
    root = tmp_path_factory.mktemp("graded")
    hostile.write(root, CLASS)
    found = Course(root)
    run(found, A, QUICK, seed=987654321)
    return found


def export(course: Course) -> list[list]:
    with GradebookStore(course) as book:
        return rows(book, A)


def scores(course: Course) -> dict[str, list[float]]:
    """Return each student's scores in the questions' order."""
    header, *lines = export(course)
    order = [header.index(name) for name in hostile.RELEASE_NOTEBOOK.questions]
    return {line[1]: [line[i] for i in order] for line in lines}


def dump(course: Course) -> list[str]:
    with sqlite3.connect(course.root / "gradebook.db") as database:
        return list(database.iterdump())


def alter(course: Course, change) -> None:
    with Gradebook(course.db_url, course.course_id) as book:
        change(book)
        book.db.commit()


EXPECTED = {student: points for student, (_, points) in CLASS.items()}


# --- what is written


def test_each_student_has_a_row_with_the_points_earned(graded):
    assert scores(graded) == EXPECTED


def test_nbgrader_reads_the_same_scores_from_the_graded_notebooks(graded):
    for student, points in EXPECTED.items():
        notebook = nbformat.read(graded.autograded(student, A) / f"{A}.ipynb", as_version=4)
        nbformat.validate(notebook)
        assert [determine_grade(cell)[0] for cell in notebook.cells if is_grade(cell)] == points


def test_nbgraders_own_figures_agree(graded):
    with Gradebook(graded.db_url, graded.course_id) as book:
        entry = book.find_assignment(A)
        assert (entry.max_score, entry.max_code_score, entry.num_submissions) == (17, 17, 4)
        submission = book.find_submission(A, "cy")
        assert (submission.score, submission.max_score, submission.needs_manual_grade) == (4, 17, False)
        assert book.find_submission_notebook(A, A, "cy").failed_tests
        assert book.find_comment("rnn_step", A, A, "bo").comment == "No response."
        assert "JSON list" in book.find_comment("rnn_step", A, A, "di").comment


def test_the_graded_notebook_holds_the_students_text_and_the_card(graded):
    notebook = nbformat.read(graded.autograded("cy", A) / f"{A}.ipynb", as_version=4)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    assert cells["rnn_step"].source == HALF["rnn_step"]
    card = cells["check_rnn_step"].outputs[0].data
    assert "4 of 4 points" in card["text/plain"]
    assert 'class="rnnlab-check"' in card["text/html"]


def test_the_secret_stands_in_no_file_that_a_student_gets(graded):
    made, failed = feedback(graded, A, None, force=True)
    assert (sorted(made), failed) == (sorted(CLASS), [])
    pages = [*graded.root.rglob("autograded/**/*.ipynb"), *graded.root.rglob("feedback/**/*.html")]
    assert len(pages) == 8
    for page in pages:
        assert "987654321" not in page.read_text(encoding="utf-8")
    assert (graded.root / ".rnnlab").stat().st_mode & 0o077 == 0
    assert "987654321" in (graded.root / ".rnnlab" / "runs.jsonl").read_text()


def test_a_feedback_page_shows_the_card_and_the_score(graded):
    feedback(graded, A, ["cy"], force=True)
    page = (graded.feedback("cy", A) / f"{A}.html").read_text(encoding="utf-8")
    assert "rnnlab-check" in page
    assert "Score: 4.0 / 17.0" in page
    assert "<math" in page
    assert not re.search(r"<(script|link|img|iframe)[^>]*https?:", page)


def test_plain_nbgrader_autograde_gives_honest_work_the_same_marks(course):
    run(course, A, QUICK, seed=1)
    here = scores(course)
    alter(course, lambda book: [setattr(g, "auto_score", None) for s in "ac" for g in _grades(book, s)])
    env = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), "JUPYTER_PLATFORM_DIRS": "1", "HOME": str(course.root)}
    for student in ("ada", "cy"):
        command = [sys.executable, "-m", "nbgrader", "autograde", A, "--student", student, "--force"]
        done = subprocess.run(command, cwd=course.root, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert {student: scores(course)[student] for student in ("ada", "cy")} == {s: here[s] for s in ("ada", "cy")}


def _grades(book: Gradebook, first_letter: str) -> list:
    submissions = [s for s in book.assignment_submissions(A) if s.student.id.startswith(first_letter)]
    return [grade for submission in submissions for notebook in submission.notebooks for grade in notebook.grades]


# --- what is kept


def test_a_rerun_changes_nothing(course):
    run(course, A, QUICK, seed=5)
    before, files = dump(course), {path: path.stat().st_mtime_ns for path in course.root.rglob("autograded/**/*")}
    again = run(course, A, QUICK)
    assert sorted(again.unchanged) == sorted(CLASS)
    assert dump(course) == before
    assert {path: path.stat().st_mtime_ns for path in course.root.rglob("autograded/**/*")} == files


def test_what_is_handed_in_anew_is_graded_and_no_old_score_survives(course):
    run(course, A, QUICK)
    path = course.submitted("ada", A) / f"{A}.ipynb"
    path.write_text(hostile.text({}))
    again = run(course, A, QUICK)
    assert (again.graded, sorted(again.unchanged)) == (["ada"], ["bo", "cy", "di"])
    assert scores(course)["ada"] == [0, 0, 0, 0, 0]
    path.write_bytes(b"")
    assert run(course, A, QUICK).recorded == ["ada"]
    assert scores(course)["ada"] == [0, 0, 0, 0, 0]


def test_what_an_instructor_entered_by_hand_stays(course):
    run(course, A, QUICK)

    def by_hand(book: Gradebook) -> None:
        grade = book.find_grade("check_rnn_step", A, A, "bo")
        grade.manual_score, grade.extra_credit = 3.0, 0.5
        book.find_comment("rnn_step", A, A, "bo").manual_comment = "see me"

    alter(course, by_hand)
    run(course, A, QUICK, force=True)
    with Gradebook(course.db_url, course.course_id) as book:
        grade = book.find_grade("check_rnn_step", A, A, "bo")
        assert (grade.manual_score, grade.extra_credit, grade.auto_score, grade.score) == (3.0, 0.5, 0.0, 3.5)
        assert grade.needs_manual_grade
        assert book.find_comment("rnn_step", A, A, "bo").comment == "see me"


def test_a_graded_notebook_that_was_deleted_is_made_again(course):
    run(course, A, QUICK)
    (course.autograded("ada", A) / f"{A}.ipynb").unlink()
    assert run(course, A, QUICK).graded == ["ada"]


def test_a_submission_deleted_from_the_gradebook_is_graded_again(course):
    run(course, A, QUICK)
    alter(course, lambda book: book.remove_submission(A, "ada"))
    assert run(course, A, QUICK).graded == ["ada"]
    assert scores(course) == EXPECTED


def test_students_are_graded_alike_by_one_worker_and_by_two(course, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    hostile.write(other, CLASS)
    run(course, A, QUICK, seed=3)
    run(Course(other), A, QUICK, seed=3, n_workers=2)
    assert export(course) == export(Course(other))


# --- time


def test_a_students_own_timestamp_is_not_believed(course):
    (course.submitted("ada", A) / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    run(course, A, QUICK)
    assert all(line[2] == "" for line in export(course)[1:])


def test_the_collectors_timestamp_is_kept_and_lateness_costs_what_nbgraders_plugin_says(course):
    (course.root / "nbgrader_config.py").write_text("c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    for student, when in (("ada", "2026-03-02 00:00:00 UTC"), ("cy", "2026-02-02 00:00:00 UTC"), ("bo", "soon")):
        (course.submitted(student, A) / "timestamp.txt").write_text(when)
    late = Course(course.root)
    alter(late, lambda book: book.update_or_create_assignment(A, duedate="2026-03-01 00:00:00 UTC"))
    run(late, A, QUICK, timestamps=True)
    header, *lines = export(late)
    found = {line[1]: (line[2], line[-3], line[-2]) for line in lines}
    assert header[-3:] == ["late_penalty", "score", "max_score"]
    assert found["ada"] == ("2026-03-02T00:00:00", 17.0, 0.0)
    assert found["cy"] == ("2026-02-02T00:00:00", 0.0, 4.0)
    assert found["bo"] == ("", 0.0, 0.0)


def test_a_run_and_the_table_say_who_has_no_usable_time(course, capsys):
    (course.submitted("bo", A) / "timestamp.txt").write_text("2026-01-05-10-00-00-460007")
    (course.submitted("ada", A) / "timestamp.txt").write_bytes(b"\xef\xbb\xbf2026-01-05 10:00:00 UTC\r\n")
    words = [A, "--course", str(course.root)]
    only = ["--student", "bo", "--student", "ada"]
    for _ in range(2):  # in the second run nothing is new, and it is said again
        main(["grade", "run", *words, *only, "--timestamps"])
        out = " ".join(re.sub("[│┃]", " ", capsys.readouterr().out).split())
        assert re.search(r"\bbo .*no usable time, so never late: timestamp.txt holds 2026-01-05-10-00-00-460007", out)
        assert out.count("usable") == 1
    assert main(["grade", "show", *words]) == 0
    marked = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "no usable time" in line]
    assert marked == ["bo"]
    main(["grade", "run", *words, *only])  # the collector's files are not used: nobody's time is missing
    assert "usable" not in capsys.readouterr().out


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
    choose = grader.submission.choose

    def broken(released, found, settings):
        if b"np.zeros_like" in next(iter(found.values())) or b"np.tanh(x @" in next(iter(found.values())):
            raise ZeroDivisionError("ours")
        return choose(released, found, settings)

    monkeypatch.setattr(grader.submission, "choose", broken)
    summary = run(course, A, QUICK)
    assert "cy" in summary.faults
    with Gradebook(course.db_url, course.course_id) as book:
        assert book.find_submission(A, "cy").needs_manual_grade
        assert not book.find_submission(A, "bo").needs_manual_grade
    monkeypatch.undo()
    assert "cy" in run(course, A, QUICK).graded
    assert scores(course) == EXPECTED


# --- accidents


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}


def test_killed_again_and_again_a_rerun_ends_where_an_undisturbed_run_ends(course, tmp_path_factory):
    calm = Course(tmp_path_factory.mktemp("calm"))
    hostile.write(calm.root, CLASS)
    run(calm, A, QUICK, seed=7)
    words = ["grade", "run", A, "--course", str(course.root), "--seed", "7"]
    code = f"from rnnlab import cli\nfrom rnnlab.grading import pipeline\npipeline.BATCH = 1\ncli.main({words})"
    killed = 0
    for n_done in range(3):
        with subprocess.Popen([sys.executable, "-c", code], env=_environment(), stdout=subprocess.DEVNULL) as process:
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
        monkeypatch.setattr(GradebookStore, "_late", cut(GradebookStore._late))
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
    with open(course.root / ".rnnlab" / "runs.jsonl", "a") as log:
        log.write('{"assignment": "02_unf')
    assert RunSeed(course, A).seed == first.seed


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


def test_two_runs_at_once_do_not_mix(course):
    with course.lock(), pytest.raises(CourseLocked, match="another grading run is at work"):
        run(course, A, QUICK)
    assert run(course, A, QUICK).clean


def test_a_database_that_someone_holds_for_a_while_is_waited_for(course):
    run(course, A, QUICK)
    code = (
        "import sqlite3, sys, time\n"
        f"db = sqlite3.connect({str(course.root / 'gradebook.db')!r}, isolation_level=None)\n"
        "db.execute('BEGIN EXCLUSIVE')\nprint('held', flush=True)\ntime.sleep(4)\ndb.execute('ROLLBACK')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        started = time.monotonic()
        assert len(run(course, A, QUICK, force=True).graded) == 3
        assert time.monotonic() - started > 2


def test_a_database_that_is_held_for_good_or_away_is_said_to_be(course, monkeypatch):
    run(course, A, QUICK)
    monkeypatch.setattr(gradebook, "_TRIES", 1)
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


class DyingJob(workers.Job):
    """A job whose grading process ends when it comes to bo."""

    def grader(self):
        made = super().grader()
        original = made.grade
        made.grade = lambda name, known="": os._exit(9) if name == "bo" else original(name, known)
        return made


def test_a_worker_that_dies_costs_one_submission_a_look_and_no_other_anything(course):
    found = dict(workers.results(DyingJob(course.root, A, QUICK, 1), list(CLASS), {}, 2))
    assert "ended by itself" in found["bo"].record["faults"][""]
    assert found["bo"].notebooks[A].scores == dict.fromkeys(hostile.RELEASE_NOTEBOOK.questions)
    for student in ("ada", "cy", "di"):
        assert list(found[student].notebooks[A].scores.values()) == EXPECTED[student]


class GreedyJob(workers.Job):
    """A job whose judge takes too much of something at one student's work."""

    def grader(self):
        made = super().grader()
        original = made.grade

        def grade(name, known=""):
            if name == "bo":
                held = []
                while True:  # each allocation is small: a single large one would be refused at once
                    held.append(np.ones(2**17))
            if name == "cy":
                time.sleep(3600)
            return original(name, known)

        made.grade = grade
        return made


def test_a_judge_that_takes_too_much_is_ended_with_the_reason_and_the_next_starts_clean(course):
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


# --- names and tables


def test_names_survive_the_gradebook_the_files_and_the_table(tmp_path):
    names = ["Doe, Jr.", "=HYPERLINK(1)", "Zoë 李", 'say "hi"', "@x", "-1"]
    hostile.write(tmp_path, {name: (hostile.folder(b"[]"), []) for name in [*names, "bad[1]"]})
    course = Course(tmp_path)
    summary = run(course, A, QUICK)
    assert list(summary.refused) == ["bad[1]"]
    text = io.StringIO()
    csv.writer(text).writerows([safe(cell) for cell in line] for line in export(course))
    read = list(csv.reader(io.StringIO(text.getvalue())))
    assert {len(line) for line in read} == {len(read[0])}
    assert sorted(line[1] for line in read[1:]) == sorted(safe(name) for name in names)
    assert not any(line[1].startswith(("=", "@", "-", "+")) for line in read)
    assert sorted(feedback(course, A, None, force=False)[0]) == sorted(names)


def test_results_without_the_sandbox_are_stamped(course):
    run(course, A, QUICK._replace(isolated=False))
    with GradebookStore(course) as book:
        assert {record["sandboxed"] for record in book.records(A).values()} == {False}
    assert "Graded without the sandbox" in (course.autograded("ada", A) / f"{A}.ipynb").read_text()
    assert sorted([*run(course, A, QUICK).graded, "di"]) == sorted(CLASS)
    assert "Graded without the sandbox" not in (course.autograded("ada", A) / f"{A}.ipynb").read_text()


class BarredJob(workers.Job):
    """A job on a machine that lets no sandbox be built: grading processes are fresh and see nothing patched here."""

    def grader(self):
        made = super().grader()
        made.fork_server.open = _cannot
        return made


def _cannot():
    raise SandboxUnavailable("unshare: Operation not permitted")


def test_without_a_sandbox_nothing_is_graded_and_nothing_written(course, monkeypatch, capsys):
    monkeypatch.setattr(pipeline, "Job", BarredJob)
    assert main(["grade", "run", A, "--course", str(course.root)]) == 2
    said = capsys.readouterr().err
    assert "unshare: Operation not permitted" in said
    assert "WSL2" in said
    assert "--no-sandbox" in said
    assert not list(course.root.rglob("autograded"))


# --- the command


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "99_none"], "there is no released notebook"),
        (["run", A, "--workers", "0"], "--workers is 0, expected at least 1"),
        (["run", A, "--course", "nowhere"], "there is no folder nowhere"),
        (["run", A, "--course", "."], "submissions belong in it"),
        (["show", A, "--course", "."], "nothing was graded yet"),
        (["export", A, "--course", "."], "nothing was graded yet"),
        (["feedback", A, "--course", "."], "nothing was graded yet"),
        (["demo", "--copies", "0"], "--copies is 0, expected at least 1"),
    ],
)
def test_a_mistake_in_the_command_is_answered_by_a_sentence(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["grade", *words]) == 2
    assert says in capsys.readouterr().err


def test_the_help_of_the_command_loads_neither_nbgrader_nor_numba():
    code = "import sys, rnnlab.cli\ntry:\n    rnnlab.cli.main(['--help'])\nexcept SystemExit:\n    pass\n" + (
        "print({name for name in sys.modules if name in ('nbgrader', 'numba', 'numpy')})"
    )
    done = subprocess.run([sys.executable, "-c", code], env=_environment(), capture_output=True, text=True, check=True)
    assert "grade" in done.stdout
    assert done.stdout.rstrip().endswith("set()")


def test_run_show_and_export_print_the_gradebook(course, capsys):
    assert (
        main(["grade", "run", A, "--course", str(course.root), "--student", "cy", "--student", "nobody"])
        == cli.NEEDS_LOOK
    )
    said = capsys.readouterr().out
    assert "1 graded" in said
    assert "there is no submission" in said.replace("\n", " ")
    assert main(["grade", "show", A, "--course", str(course.root)]) == 0
    assert "cy" in capsys.readouterr().out
    assert main(["grade", "export", A, "--course", str(course.root)]) == 0
    (header, line) = csv.reader(io.StringIO(capsys.readouterr().out))
    assert line[header.index("score")] == "4.0"
    target = course.root / "scores.csv"
    assert main(["grade", "export", A, "--course", str(course.root), "--to", str(target)]) == 0
    assert len(list(csv.reader(target.read_text(encoding="utf-8").splitlines()))) == 2


def test_the_records_say_which_parts_and_mistakes_were_found(graded):
    with GradebookStore(graded) as book:
        record = book.records(A)["cy"]
    assert record["sandboxed"] is True
    assert [part["passed"] for part in record["questions"]["2.1"]["parts"]] == [True] * 5
    assert record["questions"]["2.2"]["points"] == 0
    json.dumps(record)


def test_an_unknown_user_error_is_still_one_line():
    with pytest.raises(UserError):
        cli.main(cli_args(["export", A, "--course", "/nowhere"]))


def cli_args(words: list[str]):
    import argparse

    parser = argparse.ArgumentParser()
    cli.arguments(parser)
    return parser.parse_args(words)


# --- answers in words


def _written(root, answer: str | None) -> Course:
    """Return a course with one student who wrote `answer` where assignment 3 asks for words."""
    from rnnlab.grading.release_notebook import read

    (released,) = read(PACKAGE.parent / "exercises" / "03_activation_functions")
    notebook = nbformat.from_dict(released.notebook)
    (name,) = released.by_hand
    for cell in notebook.cells:
        if answer is not None and cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            cell.source = answer
    home = root / "submitted" / "ada" / "03_activation_functions"
    home.mkdir(parents=True)
    nbformat.write(notebook, home / "03_activation_functions.ipynb")
    return Course(root)


@pytest.mark.parametrize(
    ("answer", "score", "look", "comment"), [("Too large.", None, True, None), (None, 0.0, False, "No response.")]
)
def test_an_answer_in_words_waits_for_a_person_and_no_answer_gets_nothing(tmp_path, answer, score, look, comment):
    course = _written(tmp_path, answer)
    assert run(course, "03_activation_functions", QUICK).clean
    with Gradebook(course.db_url, course.course_id) as book:
        name = "written_3_w"
        grade = book.find_grade(name, "03_activation_functions", "03_activation_functions", "ada")
        assert (grade.auto_score, grade.needs_manual_grade) == (score, look)
        assert book.find_comment(name, "03_activation_functions", "03_activation_functions", "ada").comment == comment


def test_a_script_in_an_answer_does_not_reach_the_page_of_whoever_reads_it(tmp_path):
    course = _written(tmp_path, "a < b <script>alert(1)</script> <img src=x onerror=alert(2)>\n\n<svg/onload=alert(3)>")
    run(course, "03_activation_functions", QUICK)
    feedback(course, "03_activation_functions", None, force=True)
    page = (course.feedback("ada", "03_activation_functions") / "03_activation_functions.html").read_text(
        encoding="utf-8"
    )
    assert "alert(1)" in page
    for tag in ("<script>alert", "<img src=x", "<svg/onload"):
        assert tag not in page
