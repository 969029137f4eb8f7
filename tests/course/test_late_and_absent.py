"""Lateness costs what the dates say today, and whoever handed in nothing is in the table and in the export."""

import made_up
import pytest
from made_up import A

from rnnlab.cli import grade, main
from rnnlab.grading import lateness, people, pipeline
from rnnlab.grading.course import Course
from rnnlab.grading.export import rows
from rnnlab.grading.gradebook import GradebookStore

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("here")]
N = made_up.notebooks()
AT = "HW_{}_attempt_2026-01-{}-10-00-00_02_unfolding.ipynb"
POLICY = "late_policy.TenPercentADay"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    root = made_up.course(tmp_path_factory.mktemp("late") / "course")
    entries = {
        AT.format("ada", 30): N["right"],
        AT.format("bo", "28"): N["right"],
        AT.format("cy_m", 30): N["only step"],
    }
    path = made_up.archive(root / "a.zip", entries)
    assert main(["collect", str(path), "--from", "blackboard", "--zone", "UTC", "--course", str(root)]) == 0
    (root / "submitted" / "di" / "Homework").mkdir(parents=True)
    assert main(["grade", "run", A, "--course", str(root)]) == 3
    return root


@pytest.fixture
def root(graded):
    yield graded
    due("none", graded)
    (graded / ".rnnlab" / f"extensions-{A}.json").unlink(missing_ok=True)
    use(POLICY, graded)
    with GradebookStore(Course(graded)) as book:
        lateness.refresh(book, A)


def due(when, root, *more):
    return main(["course", "due", A, when, "--zone", "UTC", "--course", str(root), *more])


def use(policy, root):
    (root / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.AssignLatePenalties.plugin_class = '{policy}'\n" if policy else "c = get_config()\n"
    )


def run(root) -> pipeline.Summary:
    return pipeline.run(Course(root), A)


def lines(root) -> dict[str, dict]:
    with GradebookStore(Course(root)) as book:
        header, *found = rows(book, A)
    return {line[1]: dict(zip(header, line, strict=True)) for line in found}


def penalties(root) -> dict[str, float]:
    return {student: line["late_penalty"] for student, line in lines(root).items() if line["status"] != "absent"}


def test_a_moved_due_date_changes_the_penalty_and_grades_nothing_again(root, capsys):
    use(POLICY, root)
    due("2026-01-29 10:00", root)
    main(["grade", "run", A, "--course", str(root)])
    said = capsys.readouterr().out
    assert "0 graded" in said
    assert "Lateness costs something else than before: ada, cy_m" in said
    assert penalties(root) == {"ada": pytest.approx(1.7), "bo": 0, "cy_m": pytest.approx(0.4)}
    due("2026-01-27 10:00", root)
    run(root)
    assert penalties(root) == {"ada": pytest.approx(5.1), "bo": pytest.approx(1.7), "cy_m": pytest.approx(1.2)}
    due("2026-02-01 10:00", root)
    run(root)
    assert penalties(root) == {"ada": 0, "bo": 0, "cy_m": 0}
    assert lines(root)["ada"]["score"] == 17


def test_an_extension_counts_for_one_student_and_can_be_taken_back(root):
    use(POLICY, root)
    due("2026-01-29 10:00", root)
    due("2026-01-30 12:00", root, "--student", "ada")
    run(root)
    assert penalties(root) == {"ada": 0, "bo": 0, "cy_m": pytest.approx(0.4)}
    due("none", root, "--student", "ada")
    run(root)
    assert penalties(root)["ada"] == pytest.approx(1.7)


def test_an_extension_is_kept_for_whoever_has_not_handed_in_yet(root):
    due("2026-02-09 12:00", root, "--student", "jo")
    assert lateness.extensions(Course(root), A) == {"jo": "2026-02-09T12:00:00"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_this_name\n", "cannot be loaded"),
        ("class P:\n    pass\n", "cannot be loaded"),
        ("from nbgrader.plugins import BasePlugin\nclass P(BasePlugin):\n"
         "    def late_submission_penalty(self, *a):\n        return 1 / 0\n", "failed for ada: ZeroDivisionError"),
        ("from nbgrader.plugins import BasePlugin\nclass P(BasePlugin):\n"
         "    def late_submission_penalty(self, *a):\n        return 'much'\n", "failed for ada"),
    ],
)  # fmt: skip
def test_a_broken_plugin_is_one_line_and_the_marks_stand(root, text, said):
    before = penalties(root)
    (root / "mine.py").write_text(text)
    use("mine.P", root)
    due("2026-01-29 10:00", root)
    summary = run(root)
    assert summary.late_fault.startswith(f"the late plugin mine.P {said}")
    assert "\n" not in summary.late_fault
    assert not summary.clean
    assert penalties(root) == before
    assert lines(root)["ada"]["score"] == 17


def test_absent_students_are_in_the_table_and_in_the_export(root, capsys):
    found = lines(root)
    assert list(found) == sorted(made_up.IDS, key=lambda name: (name not in ("ada", "bo", "cy_m"), name))
    assert (found["hal"]["status"], found["hal"]["score"], found["hal"]["last_name"]) == ("absent", "", "Smith")
    assert (found["ada"]["status"], found["ada"]["percent"], found["ada"]["email"]) == (
        "graded",
        100,
        "ada@example.org",
    )
    main(["grade", "show", A, "--course", str(root)])
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in shown if row[-1:] == ["absent"]] == ["di", "ed", "flo", "gus", "hal", "ida", "jo"]


def test_a_folder_that_no_assignment_is_called_is_named_and_so_is_a_broken_plugin(root, capsys):
    assert run(root).misplaced == {"di": "Homework"}
    (root / "mine.py").write_text("1 / 0\n")
    use("mine.P", root)
    capsys.readouterr()
    assert main(["grade", "run", A, "--course", str(root)]) == 3
    found = capsys.readouterr()
    said = " ".join(found.out.split())
    assert "handed in as Homework, so rename it to 02_unfolding" in said
    assert "the late plugin mine.P cannot be loaded: ZeroDivisionError: division by zero" in said
    assert "Traceback" not in found.out + found.err


def test_a_student_of_no_class_list_is_named(root):
    """A typing error in a folder's name makes a student who would stay in the export without a word."""
    with GradebookStore(Course(root)) as book:
        assert people.unlisted(book, ["ada", "adda"]) == ["adda"]
        assert people.unlisted(book, ["ada"]) == []
    assert "nbgrader db student remove adda --force" in grade._unlisted(["adda"])


def test_mistakes_in_dates_are_one_line(root, capsys):
    capsys.readouterr()
    assert due("someday", root) == 2
    assert due("2026-01-29", root) == 2
    assert due("2026-01-29 10:00", root, "--student", "nobody") == 2
    assert main(["course", "due", "99", "none", "--course", str(root)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4
    assert said[0].startswith("rnnlab: someday is not a time")
    assert 'write "2026-01-29 23:59" if work may come until the end of that day' in said[1]
    assert "no student 'nobody'" in said[2]
