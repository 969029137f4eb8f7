"""Marks and pages go back as the platforms take them, and follow the gradebook."""

import csv
import zipfile

import made_up
import pytest
import sqlalchemy as sa
from made_up import A

from rnnlab.cli import main
from rnnlab.grading import pipeline
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.nbgrader_bridge import Comment, Grade, SubmittedAssignment, SubmittedNotebook
from rnnlab.teaching.feedback_archive import _NAMES

pytestmark = pytest.mark.sandbox
SCORES = {"ada": 17, "bo": 17, "cy_m": 13, "di": 0, "ed": 0, "flo": 0, "gus": 4, "hal": 17, "ida": "", "jo": ""}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = made_up.course(tmp_path_factory.mktemp("back") / "course")
    listed = (root / "students.csv").read_text().replace("Lovelace", "=HYPERLINK(1)")
    (root / "students.csv").write_text(listed)
    archive = made_up.archive(root / "a.zip", made_up.canvas() | {"x_4711_77_02_unfolding.ipynb": b""})
    main(["collect", str(archive), "--from", "canvas", "--course", str(root)])
    pipeline.run(Course(root), A)
    return root


@pytest.fixture
def export(root, capsys, tmp_path):
    def run(*more) -> list[list[str]]:
        path = tmp_path / "out.csv"
        assert main(["grade", "export", "--course", str(root), "--file", str(path), *more]) == 0
        assert f"10 students in {path}" in capsys.readouterr().out
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.reader(file))

    return run


def numbers(cells) -> list:
    return [float(cell) if cell else "" for cell in cells]


def test_every_format_has_everyone_with_the_marks_of_the_gradebook(export):
    expected = list(SCORES.values())
    for format, who, mark, n_heads in (
        ("canvas", 3, 5, 2), ("moodle", 0, 4, 1), ("blackboard", 2, 3, 1), ("brightspace", 0, 1, 1),
    ):  # fmt: skip
        found = export(A, "--to", format)
        assert [line[who] for line in found[n_heads:]] == list(SCORES), format
        assert numbers(line[mark] for line in found[n_heads:]) == expected, format
        assert {len(line) for line in found} == {len(found[0])}


def test_canvas_has_its_five_columns_the_points_and_the_title(export):
    found = export(A, "--to", "canvas", "--title", "Assignment 2 (815)")
    assert found[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Assignment 2 (815)"]
    assert found[1] == ["    Points Possible", "", "", "", "", "17.0"]
    assert found[4] == ["Müller, Cy", "4713", "", "cy_m", "", "13.0"]


def test_moodle_and_brightspace_have_the_columns_that_they_ask_for(export):
    assert export(A, "--to", "moodle")[0] == ["Username", "First name", "Last name", "Email address", A]
    found = export(A, "--to", "brightspace")
    assert found[0] == ["Username", f"{A} Points Grade", "End-of-Line Indicator"]
    assert {line[-1] for line in found[1:]} == {"#"}


def test_no_name_is_a_formula(export):
    for format in ("csv", "canvas", "moodle", "blackboard"):
        cells = [cell for line in export(A, "--to", format) for cell in line]
        assert any("=HYPERLINK(1)" in cell for cell in cells)
        assert not [cell for cell in cells if cell.startswith("=")]


def test_all_assignments_are_in_one_table_with_a_total(export):
    found = export("--all")
    header = found[0]
    assert header[4:] == [A, f"{A}_percent", f"{A}_status", "total", "of", "percent"]
    lines = {line[0]: line[4:] for line in found[1:]}
    assert lines["cy_m"] == ["13.0", "76.47", "graded", "13.0", "17.0", "76.47"]
    assert lines["jo"] == ["", "", "absent", "0.0", "17.0", "0.0"]


def test_absent_students_get_what_is_said(export):
    found = {line[0]: line[4] for line in export(A, "--to", "moodle", "--absent", "0")}
    assert (found["jo"], found["ada"]) == ("0.0", "17.0")


def test_work_that_waits_for_a_person_has_no_mark_unless_told(root, export, capsys):
    with GradebookStore(Course(root)) as book:
        row = book.session.scalars(sa.select(Grade).where(Grade.auto_score == 4)).first()
        before, row.auto_score = row.auto_score, None
        book.commit()
        main(["grade", "export", A, "--to", "moodle", "--course", str(root)])
        said = capsys.readouterr()
        assert "1 without a mark" in said.err
        assert export(A, "--to", "moodle", "--partial")
        row.auto_score = before
        book.commit()


def test_a_changed_mark_and_a_comment_change_the_page(root, capsys):
    main(["grade", "feedback", A, "--course", str(root), "--student", "gus"])
    page = root / "feedback" / "gus" / A / f"{A}.html"
    first = page.read_text()
    stamp = page.stat().st_mtime_ns
    main(["grade", "feedback", A, "--course", str(root), "--student", "gus"])
    assert page.stat().st_mtime_ns == stamp
    with GradebookStore(Course(root)) as book:
        cells = {key: rows[0] for key, rows in _mine(book, "gus").items()}
        cells[Grade].manual_score, cells[Comment].manual_comment = 2.5, "Well argued in class"
        book.commit()
        main(["grade", "feedback", A, "--course", str(root), "--student", "gus"])
        second = page.read_text()
        cells[Grade].manual_score = cells[Comment].manual_comment = None
        book.commit()
    assert "Well argued in class" not in first
    assert "Well argued in class" in second
    assert "2.5" in second
    main(["grade", "feedback", A, "--course", str(root), "--student", "gus"])
    assert "Well argued in class" not in page.read_text()


def _mine(book, student):
    mine = sa.select(SubmittedNotebook.id).join(SubmittedAssignment).where(SubmittedAssignment.student_id == student)
    return {
        kind: list(book.session.scalars(sa.select(kind).where(kind.notebook_id.in_(mine)))) for kind in (Grade, Comment)
    }


def test_feedback_archives_have_the_names_that_the_platform_gave(root, tmp_path, capsys):
    path = tmp_path / "f.zip"
    command = ["grade", "feedback", A, "--course", str(root), "--student", "ada", "--student", "cy_m"]
    assert main([*command, "--zip", "canvas", "--file", str(path)]) == 0
    with zipfile.ZipFile(path) as packed:
        assert packed.namelist() == ["lovelaceada_4711_9001_02_unfolding.html", "mllercy_4713_9003_my homework-1.html"]
        page = (root / "feedback" / "ada" / A / f"{A}.html").read_bytes()
        assert packed.read("lovelaceada_4711_9001_02_unfolding.html") == page
    first = path.read_bytes()
    main([*command, "--zip", "canvas", "--file", str(path)])
    assert path.read_bytes() == first
    assert main([*command, "--zip", "plain", "--file", str(path)]) == 0
    with zipfile.ZipFile(path) as packed:
        assert packed.namelist() == ["ada/feedback.html", "cy_m/feedback.html"]
    capsys.readouterr()
    assert main([*command, "--zip", "moodle", "--file", str(path)]) == 3
    assert "ada is not in it: the work did not come from moodle's archive" in capsys.readouterr().err


def test_names_for_moodle_and_brightspace_are_those_of_their_folders():
    moodle = _NAMES["moodle"]
    assert moodle("x/Ada Lovelace_101_assignsubmission_file_/a/b.ipynb") == (
        "Ada Lovelace_101_assignsubmission_file_/feedback.html"
    )
    assert moodle("Ada_101_assignsubmission_file_b.ipynb") == "Ada_101_assignsubmission_file_/feedback.html"
    assert (
        _NAMES["brightspace"]("x/1-2 - Ada - Jan 3, 2026 905 AM/b.ipynb")
        == "1-2 - Ada - Jan 3, 2026 905 AM/feedback.html"
    )


def test_mistakes_in_the_call_are_one_line(root, capsys, tmp_path):
    capsys.readouterr()
    for more in (["--to", "excel"], [], [A, "--all"], ["--all", "--title", "x"], ["99_none"], ["99", "--to", "moodle"]):
        assert main(["grade", "export", "--course", str(root), *more]) == 2, more
        said = capsys.readouterr().err
        assert len(said.splitlines()) == 1, said
    assert main(["grade", "export", A, "--course", str(root), "--to", str(tmp_path / "old.csv")]) == 0
    assert (tmp_path / "old.csv").read_text().startswith("assignment,student_id,timestamp")
