"""A course's own questions, with all the tools that rnnlab's own have; and what changes once work is graded."""

import contextlib
import io
import json
import subprocess
import sys

import made_up
import nbformat
import pytest
from made_up import A
from test_own_material import fill, grades, table

from rnnlab import checks
from rnnlab.checks import own
from rnnlab.cli import main
from rnnlab.grading import pipeline
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.nbgrader_bridge import Comment
from rnnlab.teaching.statistics import statistics

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("here")]
OWN = "echoes"
Q = f"{OWN}.1"
RIGHT = """def leaky_sum(x, a):
    h = np.zeros(len(x))
    for t in range(len(x)):
        h[t] = x[t] + a * h[t - 1] * (t > 0)
    return h"""
FORGETS_NOTHING = "def leaky_sum(x, a):\n    return np.cumsum(x)"
FORGES = """def leaky_sum(x, a):
    import glob
    assert not glob.glob("/*/assignments/*/checks.py") + glob.glob("checks.py")
    from rnnlab.checks import find
    return find("echoes.1").reference["leaky_sum"](x, a)"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = made_up.course(tmp_path_factory.mktemp("own") / "course")
    assert main(["course", "edit", OWN, "--course", str(root)]) == 0
    assert main(["release", OWN, "--course", str(root)]) == 0
    double = "def double(x):\n    return 2 * x"
    fill(root, "ada", OWN, {"leaky_sum": RIGHT, "double": double, "written_why": "It keeps sums."})
    fill(root, "bo", OWN, {"leaky_sum": FORGETS_NOTHING, "double": double})
    fill(root, "ed", OWN, {"leaky_sum": FORGES})
    pipeline.run(Course(root), OWN)
    return root


@pytest.fixture
def root(made):
    """Give the course as it was made, whatever the test before did to its sources."""
    folder = made / "assignments" / OWN
    before = {path: path.read_text() for path in folder.glob("*.py")}
    own.use(made / "assignments")
    yield made
    for path in set(folder.glob("*.py")) - set(before):
        path.unlink()
    for path, text in before.items():
        path.write_text(text)


def source(root):
    return root / "assignments" / OWN / f"{OWN}.py"


def change(root, *pairs, file=f"{OWN}.py") -> None:
    path = root / "assignments" / OWN / file
    text = path.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def run(root, *words) -> str:
    """Grade by the command, and return what it printed."""
    with contextlib.redirect_stdout(io.StringIO()) as said, pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        main(["grade", "run", OWN, "--course", str(root), *words])
    return said.getvalue()


def without(text: str, head: str) -> str:
    """Return a source without the cell of that head."""
    at = text.index(head)
    end = text.find("# %%", at + 1)
    return text[:at] + (text[end:] if end >= 0 else "")


# --- the same tools


def test_own_answers_are_judged_in_the_sandbox_as_those_of_the_course(root):
    found = table(root, OWN)
    assert {who: row["cells"]["check_leaky_sum"] for who, row in found.items()} == {"ada": 3, "bo": 0, "ed": 0}
    with GradebookStore(Course(root)) as book:
        records = book.records(OWN)
    assert records["bo"]["questions"][Q]["hints"] == [
        "your h is a plain sum of the inputs. Where does the factor a come in?"
    ]
    assert "AttributeError" in str(records["ed"]["questions"][Q])  # the checks that are there hold no reference


def test_statistics_the_audit_and_feedback_know_the_own_question(root, capsys):
    with GradebookStore(Course(root)) as book:
        found = {q.question: q for q in statistics(book, OWN).questions}
    assert (found[Q].title, found[Q].points, found[Q].mean) == ("A leaky sum: leaky_sum", 3, pytest.approx(1 / 3))
    assert [(m.name, m.students) for m in found[Q].mistakes] == [("never forgets", 1)]
    assert main(["grade", "audit", OWN, "bo", "--course", str(root)]) == 0
    said = capsys.readouterr().out
    assert f'rnnlab.checks.case("{Q}", "any input"' in said
    assert main(["grade", "feedback", OWN, "--course", str(root)]) == 0
    assert "plain sum of the inputs" in (root / "feedback" / "bo" / OWN / f"{OWN}.html").read_text()
    assert main(["course", "check", "--course", str(root)]) == 0


def test_a_student_checks_beside_the_released_notebook_as_with_any_question(root):
    code = f"import numpy as np\nfrom rnnlab.checks import check\n{RIGHT}\nprint(check({Q!r}, leaky_sum))"
    folder = root / "release" / OWN
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("3.0\n")
    assert "✓ a single impulse fades (1)" in done.stdout
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert "needs its checks.py beside the notebook" in done.stdout
    assert done.stdout.endswith("0.0\n")


def test_checks_are_not_handed_out_where_the_course_says_so(root):
    folder = root / "release" / OWN
    assert sorted(path.name for path in folder.iterdir()) == ["checks.py", f"{OWN}.ipynb", "mistakes.py"]
    config = root / "nbgrader_config.py"
    before = config.read_text()
    config.write_text(before + "c.RnnlabGrading.hand_out_checks = False\n")
    try:
        assert main(["release", OWN, "--course", str(root)]) == 0
        assert [path.name for path in folder.iterdir()] == [f"{OWN}.ipynb"]
    finally:
        config.write_text(before)
        assert main(["release", OWN, "--course", str(root)]) == 0


def test_validation_says_what_there_is_not_yet_and_finds_what_is_wrong(root, capfd):
    words = ["assign", "validate", OWN, "--course", str(root), "--seeds", "3", "--workers", "1"]
    assert main([*words, "--json"]) == 0
    said = capfd.readouterr()
    (report,) = json.loads(said.out)
    assert report["known_mistakes"] == {"total": 1, "caught": 1}
    assert report["mutants"]["killed"] == report["mutants"]["total"] > 10
    assert "no alternatives yet" in said.err
    assert "no known mistakes yet" not in said.err
    change(root, ("np.cumsum(x)", "np.cumsum(a * x) / a"), file="mistakes.py")  # the same sum, so still caught
    (root / "assignments" / OWN / "alternatives.py").write_text(
        "import numpy as np\n\nfrom rnnlab.checks import Alternative\n\n"
        f"ALTERNATIVES = {{'{Q}': (Alternative('wrong', {{'leaky_sum': lambda x, a: x}}),)}}\n"
    )
    assert main([*words, "--mutants", "4"]) == 3
    assert "alternative not accepted: wrong" in capfd.readouterr().err


def test_an_own_assignment_may_ask_questions_of_the_course_too(root):
    change(
        root, (f'check("{Q}", leaky_sum)', f'check("{Q}", leaky_sum)\n\n# %% points=1\ncheck("2.5", predicted_weights)')
    )
    try:
        assert main(["release", OWN, "--course", str(root)]) == 0
        said = run(root)
        assert "Changed: 2.5 is new and worth 1" in said
        assert table(root, OWN)["ada"]["cells"]["check_predicted_weights"] == 0
        with GradebookStore(Course(root)) as book:
            assert {q.question for q in statistics(book, OWN).questions} >= {Q, "2.5"}
    finally:
        source(root).write_text(without(source(root).read_text(), "# %% points=1\n"))
        main(["release", OWN, "--course", str(root)])
        run(root)


def test_a_question_is_added_to_one_of_the_courses_assignments(tmp_path):
    root = made_up.course(tmp_path / "course")
    assert main(["course", "edit", OWN, "--course", str(root)]) == 0
    assert main(["course", "edit", A, "--course", str(root)]) == 0
    for name in ("checks.py", "mistakes.py"):
        (root / "assignments" / OWN / name).rename(root / "assignments" / A / name)
    with open(root / "assignments" / A / f"{A}.py", "a") as file:
        file.write(f'\n# %%\n### BEGIN SOLUTION\n{RIGHT}\n### END SOLUTION\n\n# %%\ncheck("{Q}", leaky_sum)\n')
    (root / "assignments" / OWN / f"{OWN}.py").unlink()
    assert main(["release", A, "--course", str(root)]) == 0
    folder = root / "submitted" / "ada" / A
    folder.mkdir(parents=True)
    (folder / f"{A}.ipynb").write_bytes(made_up.notebooks()["only step"])
    assert len(checks.load(A)) == 6
    pipeline.run(Course(root), A)
    row = table(root, A)["ada"]
    assert (row["score"], row["max_score"]) == (4, 20)


# --- what is wrong in checks.py is one line, wherever it is met


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ALLOWS = ()", "ALLOWS = (", "checks.py cannot be used: SyntaxError"),
        ("ALLOWS = ()", "ALLOWS = 1 / 0", "checks.py cannot be used: ZeroDivisionError in line"),
        ("ALLOWS = ()", "", "has no ALLOWS: name the modules of rnnlab"),
        ("ALLOWS = ()", 'ALLOWS = ("no_such",)', "allows rnnlab.no_such, which the library does not have"),
        ("QUESTIONS = (", "QUESTIONS = print(", "must have QUESTIONS, a tuple of rnnlab.checks.Question"),
        (f'"{Q}",', '"2.1",', "there is another question '2.1'"),
        ('{"leaky_sum": leaky_sum}', "{}", "question echoes.1 has no reference for leaky_sum"),
        ("from .mistakes", "from .nothing", "checks.py cannot be used: ModuleNotFoundError in line"),
    ],
)
def test_what_is_wrong_with_own_checks_is_one_line(root, capsys, old, new, said):
    change(root, (old, new), file="checks.py")
    assert main(["grade", "run", OWN, "--course", str(root)]) == 2
    err = capsys.readouterr().err.strip()
    assert said in err
    assert len(err.splitlines()) == 1
    assert main(["course", "check", "--course", str(root)]) == 3
    assert checks.find("2.1").points == 4  # and the course's own questions work on


# --- what changes in a graded assignment


def test_a_changed_check_grades_again_and_one_question_can_be_judged_alone(root):
    assert "3 unchanged" in run(root)
    change(root, ('Part("any input", 2', 'Part("any input", 1'), file="checks.py")
    said = run(root, "--only", Q, "--diff")
    assert "0 scores have changed." in said  # all or nothing, on the scale of the notebook's points
    change(root, ("x[t] + (a * h[t - 1] if t else 0.0)", "x[t] + (h[t - 1] if t else 0.0)"), file="checks.py")
    said = run(root, "--only", Q, "--diff")  # as if the reference had been wrong: now bo is right
    assert f"ada, {Q}: 3 → 0: failed now: any input, a single impulse fades" in said
    assert f"bo, {Q}: 0 → 3" in said
    assert "2 scores have changed." in said


def test_points_change_a_question_is_dropped_and_marks_by_hand_come_back_with_it(root):
    run(root, "--force")
    with GradebookStore(Course(root)) as book:
        mine = grades(book, "ada", OWN)
        for name in ("written_why", "check_leaky_sum"):
            mine[name].manual_score, mine[name].needs_manual_grade = 1.5, False
        grades(book, "ada", OWN, Comment)["written_why"].manual_comment = "Almost"
        book.commit()
    text = source(root).read_text()
    source(root).write_text(
        without(text, '# %% [markdown] written="why"').replace("# %%\ncheck(", "# %% points=6\ncheck(")
    )
    assert main(["release", OWN, "--course", str(root)]) == 0
    said = run(root, "--diff")
    assert f"Changed: {Q} is worth 6 now, before 3" in said
    assert "Changed: why was dropped" in said
    assert "ada, why: 1.5 → –: the question was dropped" in said
    assert f"ada, {Q}" not in said  # a person's mark stays as it was entered
    assert table(root, OWN)["ada"]["cells"] == {"check_leaky_sum": 1.5, "test_double": None}
    source(root).write_text(text)
    assert main(["release", OWN, "--course", str(root)]) == 0
    said = run(root, "--diff")
    assert "ada, why: – → 1.5" in said
    found = table(root, OWN)
    assert found["ada"]["cells"] == {"check_leaky_sum": 1.5, "test_double": None, "written_why": 1.5}
    assert found["bo"]["cells"] == {"check_leaky_sum": 0, "test_double": None, "written_why": 0}
    with GradebookStore(Course(root)) as book:
        assert grades(book, "ada", OWN, Comment)["written_why"].manual_comment == "Almost"
    assert json.loads((root / ".rnnlab" / f"set-aside-{OWN}.json").read_text()) == {}
    assert "3 unchanged" in run(root)


def test_blank_lines_before_a_head_are_no_part_of_it(root):
    change(root, ("    ### END SOLUTION\n\n# %% test", "    ### END SOLUTION\n\n\n\n\n# %% test"))
    text = source(root).read_text()
    source(root).write_text(without(text, '# %% [markdown] written="why"') + "\n\n\n")
    assert main(["release", OWN, "--course", str(root)]) == 0
    notebook = nbformat.read(root / "release" / OWN / f"{OWN}.ipynb", as_version=4)
    assert "test_double" in [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
