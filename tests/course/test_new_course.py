"""A new course's folder works at once, and `rnnlab course check` names what is missing."""

import json
import shutil

import pytest
from nbgrader.apps.api import NbGraderAPI

from rnnlab import checks
from rnnlab.cli import main
from rnnlab.grading import class_list, shipped
from rnnlab.grading.course import Course
from rnnlab.grading.sandbox.host import view
from rnnlab.teaching import check_course
from rnnlab.teaching.new_course import new_course

A = "02_unfolding"
pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def root(tmp_path):
    new_course(tmp_path / "course", [A])
    (tmp_path / "course" / "students.csv").write_text("id,first_name,last_name\nada,Ada,Love\n")
    return tmp_path / "course"


def problems(root) -> list[str]:
    return list(check_course.problems(Course(root)))


def test_the_whole_course_is_there_and_the_formgrader_lists_it(tmp_path, capsys):
    assert main(["course", "new", str(tmp_path / "autumn 26")]) == 0
    assert capsys.readouterr().out.startswith("13 assignments")
    root = tmp_path / "autumn 26"
    course = Course(root)
    assert course.course_id == "autumn-26"
    listed = NbGraderAPI(config=course.config).get_assignments()
    assert [entry["name"] for entry in listed] == list(checks.packages())
    for assignment in checks.packages():
        (released,) = course.release(assignment)
        assert set(released.questions.values()) == {question.id for question in checks.load(assignment)}
        ours = (root / "release" / assignment / f"{assignment}.ipynb").read_bytes()
        assert ours == (shipped.exercises(assignment) / f"{assignment}.ipynb").read_bytes()
    assert len((root / "README.md").read_text().splitlines()) <= 14


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("keep")
    assert main(["course", "new", str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_assignment_that_is_not_there_is_named_before_anything_is_made(tmp_path, capsys):
    assert main(["course", "new", str(tmp_path / "new"), "--assignments", "02_unfolding,99_none"]) == 2
    assert "there is no assignment '99_none', only 01_sequences" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_nothing_is_missing_once_there_are_students(root, capsys):
    assert problems(root) == []
    assert main(["course", "check", "--course", str(root)]) == 0
    assert capsys.readouterr().out == "Nothing is missing.\n"


def test_each_thing_that_is_missing_is_one_line(root, capsys):
    (root / "submitted" / "bo" / A).mkdir(parents=True)
    (root / "submitted" / "ada" / "Assignment 2").mkdir(parents=True)
    (root / "submitted" / ".DS_Store").write_text("")
    (root / "submitted" / "a\\b").mkdir()
    (root / "submitted" / "loose.ipynb").write_text("{}")
    shutil.rmtree(root / "release" / A)
    (root / "source" / "my_own").mkdir()
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.AssignLatePenalties.plugin_class = 'no.Such'\n")
    assert main(["course", "check", "--course", str(root)]) == 3
    lines = capsys.readouterr().out.splitlines()
    expected = [
        "there is no released notebook in",
        "the folder name 'a\\\\b' holds",
        "submitted/ada/Assignment 2 is no assignment's name",
        "submitted/bo: students.csv has no such id",
        "submitted/loose.ipynb is not a folder",
        "the late plugin no.Such cannot be loaded",
    ]
    for text in expected:
        assert sum(text in line for line in lines) == 1, (text, lines)
    assert len(lines) == len(expected)


@pytest.mark.parametrize("text", ["c = get_config(\n", "raise RuntimeError('two\\nlines')\n"])
def test_a_broken_configuration_is_one_line(root, text, capsys):
    (root / "nbgrader_config.py").write_text(text)
    assert main(["course", "check", "--course", str(root)]) == 2
    said = capsys.readouterr().err
    assert "nbgrader_config.py cannot be read" in said
    assert len(said.splitlines()) == 1


def test_a_question_that_this_rnnlab_does_not_have_is_named(root):
    path = root / "release" / A / f"{A}.ipynb"
    notebook = json.loads(path.read_text())
    checked = [cell for cell in notebook["cells"] if "rnnlab" in cell["metadata"]]
    checked[0]["metadata"]["rnnlab"]["question"] = "2.99"
    path.write_text(json.dumps(notebook))
    assert problems(root) == [f"{A}/{A}.ipynb checks question 2.99, which this rnnlab does not have"]


@pytest.mark.parametrize(
    "data",
    [
        "id,first_name,last_name,email\nzoë,Zoë,O'Neil,z@x.org\n".encode(),
        "\ufeffID;First_Name;Last_Name;E-Mail\r\nzoë;Zoë;O'Neil;z@x.org\r\n".encode(),
        "student_id\tfirstname\tlastname\temail\nzoë\tZoë\tO'Neil\tz@x.org\n".encode("utf-16"),
        "id,first_name,last_name,email\nzoë,Zoë,O'Neil,z@x.org\n\n,,,\n".encode("cp1252"),
    ],
)
def test_class_lists_are_read_as_programs_write_them(tmp_path, data):
    (tmp_path / "students.csv").write_bytes(data)
    assert class_list.read(tmp_path / "students.csv") == ([("zoë", "Zoë", "O'Neil", "z@x.org", "")], [])


def test_rows_that_can_be_no_student_are_named_with_their_line(tmp_path):
    path = tmp_path / "students.csv"
    path.write_text("id,email\nada,\nADA,\n../x,\n.y,\n,someone@x.org\n")
    people, wrong = class_list.read(path)
    assert [person.id for person in people] == ["ada"]
    assert [line.split(":")[0] for line in wrong] == [f"students.csv, line {n}" for n in (3, 4, 5, 6)]
    assert "stands in line 2 already" in wrong[0]
    path.write_text("name,email\nada,\n")
    assert class_list.read(path)[1][0].startswith("students.csv: there is no column id")


def test_the_sandbox_never_shows_the_answers_that_are_installed(tmp_path):
    package = tmp_path / "rnnlab"
    (package / "_course" / "solutions" / A).mkdir(parents=True)
    (package / "_course" / "solutions" / A / f"{A}.py").write_text("answer = 1\n")
    (package / "teaching").mkdir()
    (package / "teaching" / "a.py").write_text("")
    (package / "rnn.py").write_text("")
    assert sorted(view.library_files(package=package)) == ["rnnlab/checks/__init__.py", "rnnlab/rnn.py"]
