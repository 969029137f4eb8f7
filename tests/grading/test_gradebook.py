"""The gradebook: what is written, what is kept, and how it is shown."""

import csv
import io
import json
import os
import re
import subprocess
import sys

import hostile
import nbformat
import pytest
from graded_class import CLASS, EXPECTED, HALF, QUICK, A, alter, dump, environment, export, scores
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade, is_grade

from rnnlab.cli import UserError, main
from rnnlab.cli import grade as cli
from rnnlab.grading.course import Course
from rnnlab.grading.export import safe
from rnnlab.grading.feedback import feedback
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.pipeline import run
from rnnlab.grading.sandbox.host.view import PACKAGE

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("warm")]


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
    assert (sorted(made), failed) == (sorted(CLASS), {})
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
    command = [sys.executable, "-m", "nbgrader", "autograde", A, "--student", "[ac]*", "--force"]
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
    at = [header.index(name) for name in ("timestamp", "late_penalty", "score")]
    found = {line[1]: tuple(line[i] for i in at) for line in lines}
    assert found["ada"] == ("2026-03-02T00:00:00", 17.0, 0.0)
    assert found["cy"] == ("2026-02-02T00:00:00", 0.0, 4.0)
    assert found["bo"] == ("", 0.0, 0.0)


@pytest.mark.usefixtures("here")
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


# --- the command


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "99_none"], "there is no assignment '99_none' here, only 01_sequences"),
        (["run", "02_unfoldign"], ": 02_unfolding may be what you mean"),
        (["run", ""], "'' is no assignment's name"),
        (["run", f"./{A}/", "--course", "."], "submissions belong in it"),
        (["run", A, "--workers", "0"], "--workers is 0, expected at least 1"),
        (["run", A, "--course", "nowhere"], "there is no folder nowhere"),
        (["run", A, "--course", "."], "submissions belong in it"),
        (["show", A, "--course", "."], "nothing was graded yet"),
        (["export", A, "--course", "."], "nothing was graded yet"),
        (["feedback", A, "--course", "."], "nothing was graded yet"),
        (["similar", A, "--least", "80"], "--least is 80, expected a share from 0 to 1"),
        (["demo", "--copies", "0"], "--copies is 0, expected at least 1"),
    ],
)
def test_a_mistake_in_the_command_is_answered_by_a_sentence(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["grade", *words]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / ".rnnlab").exists() or words[0] != "run"  # nothing is left in a wrong folder


@pytest.mark.usefixtures("here")
def test_names_may_be_typed_as_the_paths_to_which_a_shell_completes_them(course, capsys):
    words = ["grade", "run", f"submitted/ada/{A}/", "--student", "submitted/ada/", "--course", str(course.root)]
    assert main(words) == 0
    assert "1 graded" in capsys.readouterr().out
    assert main([*words, "--only", "2.1,2.2"]) == 0
    with GradebookStore(course) as book:
        assert book.assignments() == [A]
    assert main(["grade", "show", f"./{A}.ipynb", "--course", str(course.root)]) == 0
    assert main(["grade", "show", "02_unfoldign", "--course", str(course.root)]) == 2
    assert f"knows no assignment '02_unfoldign', only {A}" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["nowhere/marks.csv", "taken"])
def test_a_file_that_cannot_be_written_is_named_as_it_was_typed(graded, place, tmp_path, capsys):
    (tmp_path / "taken").mkdir()
    words = ["grade", "export", A, "--course", str(graded.root), "--file", str(tmp_path / place)]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.strip().endswith(place)
    assert ".part" not in said


def test_the_help_of_the_command_loads_neither_nbgrader_nor_numba():
    code = "import sys, rnnlab.cli\ntry:\n    rnnlab.cli.main(['--help'])\nexcept SystemExit:\n    pass\n" + (
        "print({name for name in sys.modules if name in ('nbgrader', 'numba', 'numpy')})"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert "grade" in done.stdout
    assert done.stdout.rstrip().endswith("set()")


@pytest.mark.usefixtures("here")
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
