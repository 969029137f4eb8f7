"""Assignments of one's own, rubrics beside the answers, marks by hand, and one question judged again."""

import made_up
import nbformat
import pytest
import sqlalchemy as sa
from made_up import A

from rnnlab.cli import main
from rnnlab.grading import pipeline
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.nbgrader_bridge import Assignment, Comment, Grade, SubmittedAssignment, SubmittedNotebook

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("here")]
OWN = "my_own"


def fill(root, student, assignment, answers) -> None:
    """Hand in a released notebook with answers by the cells' grade ids."""
    notebook = nbformat.read(root / "release" / assignment / f"{assignment}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in answers:
            cell.source = answers[cell.metadata.nbgrader.grade_id]
    folder = root / "submitted" / student / assignment
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{assignment}.ipynb")


def table(root, assignment) -> dict[str, dict]:
    with GradebookStore(Course(root)) as book:
        return {row["student"]: row for row in book.table(assignment)[1]}


def grades(book, student, assignment, kind=Grade):
    mine = sa.select(SubmittedNotebook.id).join(SubmittedAssignment).join(Assignment)
    mine = mine.where(SubmittedAssignment.student_id == student, Assignment.name == assignment)
    return {row.cell.name: row for row in book.session.scalars(sa.select(kind).where(kind.notebook_id.in_(mine)))}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = made_up.course(tmp_path_factory.mktemp("own") / "course")
    assert main(["course", "edit", OWN, "--course", str(root)]) == 0
    assert main(["release", OWN, "--course", str(root)]) == 0
    right = "def double(x):\n    return 2 * x"
    fill(root, "ada", OWN, {"double": right, "written_why": "It keeps sums, and so on."})
    fill(root, "bo", OWN, {"double": "def double(x):\n    return 4"})
    pipeline.run(Course(root), OWN)
    return root


# --- an assignment of one's own


def test_an_own_assignment_is_released_without_its_answers_and_hidden_tests(root):
    text = (root / "release" / OWN / f"{OWN}.ipynb").read_text()
    assert "2 * x" not in text
    assert "np.arange" not in text
    assert "Rubric" not in text
    assert "assert double(2) == 4" in text
    assert "np.arange" in (root / "source" / OWN / f"{OWN}.ipynb").read_text()


def test_by_default_a_person_decides_what_a_test_cell_is_worth(root):
    found = table(root, OWN)
    assert found["ada"]["cells"] == {"check_leaky_sum": 0, "test_double": None, "written_why": None}
    assert found["bo"]["cells"] == {"check_leaky_sum": 0, "test_double": None, "written_why": 0}
    graded = (root / "autograded" / "ada" / OWN / f"{OWN}.ipynb").read_text()
    assert "A person decides what that is worth" in graded
    assert "It ended with" in (root / "autograded" / "bo" / OWN / f"{OWN}.ipynb").read_text()  # only the hidden test


def test_test_cells_give_points_where_the_course_says_so(root):
    config = root / "nbgrader_config.py"
    before = config.read_text()
    config.write_text(before + "c.RnnlabGrading.score_test_cells = True\n")
    try:
        assert len(pipeline.run(Course(root), OWN).graded) == 2
        found = table(root, OWN)
    finally:
        config.write_text(before)
    assert (found["ada"]["cells"]["test_double"], found["bo"]["cells"]["test_double"]) == (2, 0)
    assert "A person decides" not in (root / "autograded" / "ada" / OWN / f"{OWN}.ipynb").read_text()
    pipeline.run(Course(root), OWN)


def test_show_stats_and_export_take_an_own_assignment(root, capsys):
    for step in ("show", "stats", "export", "similar"):
        assert main(["grade", step, OWN, "--course", str(root)]) == 0, step
    assert "needs a person" in capsys.readouterr().out


# --- marking by hand


def test_the_rubric_stands_below_the_answer_and_not_in_the_feedback(root):
    graded = nbformat.read(root / "autograded" / "ada" / OWN / f"{OWN}.ipynb", as_version=4)
    names = [cell.metadata.get("nbgrader", {}).get("grade_id", cell.id) for cell in graded.cells]
    rubric = graded.cells[names.index("written_why") + 1].source
    assert "1 point for the sum" in rubric
    assert "(2 points)" in rubric
    main(["grade", "feedback", OWN, "--course", str(root)])
    page = (root / "feedback" / "ada" / OWN / f"{OWN}.html").read_text()
    assert "It keeps sums" in page
    assert "1 point for the sum" not in page
    assert "rnnlab-rubric" not in page


def test_marks_and_comments_by_hand_survive_every_rerun_and_the_flag_goes(root):
    with GradebookStore(Course(root)) as book:
        mine = grades(book, "ada", OWN)
        del mine["check_leaky_sum"]
        assert all(row.needs_manual_grade for row in mine.values())
        for row in mine.values():  # as the formgrader does it
            row.manual_score, row.needs_manual_grade = 1.5, False
        grades(book, "ada", OWN, Comment)["written_why"].manual_comment = "Almost"
        book.commit()
    assert table(root, OWN)["ada"]["needs_look"] is False
    for force in (False, True):
        pipeline.run(Course(root), OWN, force=force)
        found = table(root, OWN)["ada"]
        assert found["cells"] == {"check_leaky_sum": 0, "test_double": 1.5, "written_why": 1.5}
        assert found["open"] == {}
        with GradebookStore(Course(root)) as book:
            assert grades(book, "ada", OWN, Comment)["written_why"].manual_comment == "Almost"


# --- a changed exercise of the course


def test_a_course_exercise_can_lose_a_question_and_change_its_points(tmp_path, capsys):
    root = made_up.course(tmp_path / "course")
    assert main(["course", "edit", A, "--course", str(root)]) == 0
    path = root / "assignments" / A / f"{A}.py"
    text = path.read_text()
    at = text.index('check("2.1"')
    text = text[: text.rindex("# %%", 0, at)] + "# %% points=8\n" + text[at:]
    end = text.index('check("2.5"')
    path.write_text(text[: text.rindex("# %%", 0, end)])
    assert main(["release", "--course", str(root)]) == 0
    (released,) = Course(root).release(A)
    assert set(released.questions.values()) == {"2.1", "2.2", "2.3", "2.4"}
    assert 8 in released.points.values()
    folder = root / "submitted" / "ada" / A
    folder.mkdir(parents=True)
    (folder / f"{A}.ipynb").write_bytes(made_up.notebooks()["only step"])
    pipeline.run(Course(root), A)
    row = table(root, A)["ada"]
    assert (row["score"], row["max_score"]) == (8, 20)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["course", "edit", OWN], "is there already"),
        (["course", "edit", "../x"], "is no name for an assignment"),
        (["release", "nothing"], "there is no"),
    ],
)
def test_mistakes_are_one_line(root, words, said, capsys):
    assert main([*words, "--course", str(root)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [('# %% test="t"\nassert True\n', "expected test="), ('# %%\ncheck("99.1", f)\n', "checks no question")],
)
def test_a_source_that_breaks_a_rule_is_one_line(root, line, said, capsys):
    path = root / "assignments" / "bad" / "bad.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# %%\nimport numpy\n\n{line}")
    assert main(["release", "bad", "--course", str(root)]) == 2
    assert said in capsys.readouterr().err


# --- one question judged again


def test_one_question_is_judged_again_and_nothing_else_changes(tmp_path, capsys):
    root = made_up.course(tmp_path / "course")
    for student, kind in (("ada", "right"), ("gus", "only step")):
        folder = root / "submitted" / student / A
        folder.mkdir(parents=True)
        (folder / f"{A}.ipynb").write_bytes(made_up.notebooks()[kind])
    pipeline.run(Course(root), A)
    before = table(root, A)
    with GradebookStore(Course(root)) as book:
        digests, records = book.all_digests(A), book.records(A)
        first = next(name for name, score in before["gus"]["cells"].items() if score == 4)
        grades(book, "gus", A)[first].auto_score = 1.0  # as if the check had been wrong
        grades(book, "ada", A)[first].manual_score = 3.5
        book.commit()
    capsys.readouterr()
    assert main(["grade", "run", A, "--course", str(root), "--only", "2.1", "--diff"]) == 0
    said = capsys.readouterr().out
    assert "gus, 2.1: 1 → 4" in said
    assert "1 scores have changed." in said
    after = table(root, A)
    assert after["gus"]["cells"] == before["gus"]["cells"]
    assert after["ada"]["cells"] == {**before["ada"]["cells"], first: 3.5}
    with GradebookStore(Course(root)) as book:
        assert book.all_digests(A) == digests
        again = book.records(A)["gus"]
    assert {name: again["questions"][name] for name in ("2.2", "2.5")} == {
        name: records["gus"]["questions"][name] for name in ("2.2", "2.5")
    }
    assert list(again["rescored"]) == ["2.1"]
    assert pipeline.run(Course(root), A).unchanged == ["ada", "gus"]


def test_judging_again_names_who_has_nothing_graded_and_a_question_that_is_not_there(root, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    folder = root / "submitted" / "cy_m" / A
    folder.mkdir(parents=True)
    (folder / f"{A}.ipynb").write_bytes(made_up.notebooks()["blank"])
    capsys.readouterr()
    assert main(["grade", "run", A, "--course", str(root), "--only", "9.9"]) == 2
    assert "has no question 9.9" in capsys.readouterr().err
    assert main(["grade", "run", A, "--course", str(root), "--only", "2.1"]) == 3
    assert "run without --only" in " ".join(capsys.readouterr().out.split())
