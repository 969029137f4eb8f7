"""The student's notebook is derived, never written: in step with its source, and with nothing of the answers in it."""

import ast
from pathlib import Path

import nbclient
import nbformat
import pytest

from rnnlab import checks
from rnnlab.grading.errors import ReleaseError
from rnnlab.grading.release import instructor_notebook, release, student_notebook

ROOT = Path(__file__).parents[2]


def source(assignment):
    return ROOT / "solutions" / assignment / f"{assignment}.py"


def exercise(assignment):
    return ROOT / "exercises" / assignment / f"{assignment}.ipynb"


def test_every_assignment_has_a_source_and_every_source_is_an_assignment():
    assert sorted(checks.packages()) == sorted(path.parent.name for path in ROOT.glob("solutions/*/*.py"))


@pytest.mark.parametrize("assignment", checks.packages())
def test_the_exercise_is_in_step_with_its_source_byte_for_byte(assignment):
    derived = student_notebook(instructor_notebook(source(assignment)), assignment)
    assert nbformat.writes(derived) + "\n" == exercise(assignment).read_text(encoding="utf-8")


@pytest.mark.parametrize("assignment", checks.packages())
def test_the_exercise_holds_no_answer_and_no_output(assignment):
    notebook = nbformat.read(exercise(assignment), as_version=4)
    reference = instructor_notebook(source(assignment))
    for cell, answer in zip(notebook.cells, reference.cells, strict=True):
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        if cell.metadata.get("nbgrader", {}).get("solution"):
            inside = answer.source.split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0].strip().splitlines()
            assert all(line.strip() not in cell.source for line in inside if len(line.strip()) > 8)
            assert "YOUR CODE HERE" in cell.source or "YOUR ANSWER HERE" in cell.source
    assert "SOLUTION" not in exercise(assignment).read_text(encoding="utf-8")


@pytest.mark.parametrize("assignment", checks.packages())
def test_points_in_the_notebook_are_those_of_the_questions(assignment):
    notebook = nbformat.read(exercise(assignment), as_version=4)
    graded = [c for c in notebook.cells if "rnnlab" in c.metadata]
    points = {c.metadata.rnnlab.question: c.metadata.nbgrader.points for c in graded}
    assert points == {q.id: q.points for q in checks.load(assignment)}


@pytest.fixture(scope="module")
def kernel():
    """Start one kernel for all notebooks: what they need is imported and compiled once."""
    client = nbclient.NotebookClient(nbformat.v4.new_notebook(), timeout=120, kernel_name="python3", resources={})
    client.create_kernel_manager()
    client.start_new_kernel()
    client.start_new_kernel_client()
    yield client
    client._cleanup_kernel()


def executed(notebook, kernel):
    """Run a notebook where no name is left of those before it, and return what its checks returned."""
    # Resetting looks for garbage: not among what the notebooks before have imported and compiled, which stays.
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import gc\ngc.freeze()\n%reset -f"))
    kernel.nb = notebook
    kernel.execute(cleanup_kc=False)
    return [
        (cell.metadata.rnnlab.question, out.data["text/plain"])
        for cell in notebook.cells
        if "rnnlab" in cell.metadata
        for out in cell.outputs
        if out.output_type == "execute_result"
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # ipykernel's own, of its sockets
@pytest.mark.parametrize("assignment", checks.packages())
def test_a_blank_notebook_runs_from_top_to_bottom_and_scores_nothing(assignment, kernel):
    scores = executed(nbformat.read(exercise(assignment), as_version=4), kernel)
    assert scores == [(q.id, "0.0") for q in checks.load(assignment)]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("assignment", checks.packages())
def test_the_reference_notebook_has_full_marks_in_its_own_checks(assignment, kernel):
    scores = executed(instructor_notebook(source(assignment)), kernel)
    assert scores == [(q.id, repr(float(q.points))) for q in checks.load(assignment)]


def test_releasing_again_changes_nothing(tmp_path):
    (tmp_path / "solutions" / "02_unfolding").mkdir(parents=True)
    (tmp_path / "solutions" / "02_unfolding" / "02_unfolding.py").write_text(source("02_unfolding").read_text())
    first = release("02_unfolding", tmp_path)
    stamp = first.stat().st_mtime_ns
    assert release("02_unfolding", tmp_path).stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'check("2.1", rnn_step)',
            'check("2.9", rnn_step)',
            r'checks no question; expected one of check\("2.1", rnn_st',
        ),
        ('check("2.1", rnn_step)', 'check("2.1", step)', r'checks no question; expected one of check\("2.1", rnn_st'),
        ('check("2.1", rnn_step)', "1 + 1", r"checks the questions \['2.2'"),
        ("def rnn_step(", "rnn_step = lambda(", "a solution cell cannot be read"),
        ("# %%\ndef unfold(", "# %%\ndef other(): ...\n\ndef unfold(", r"defines \['other', 'unfold'\], expected one"),
    ],
)
def test_a_source_that_breaks_a_rule_is_named_with_what_was_expected(tmp_path, old, new, says):
    text = source("02_unfolding").read_text()
    assert old in text
    broken = tmp_path / "02_unfolding.py"
    broken.write_text(text.replace(old, new))
    with pytest.raises(ReleaseError, match=says):
        instructor_notebook(broken)


def test_a_source_that_is_not_there_is_named(tmp_path):
    with pytest.raises(
        ReleaseError, match=r"there is no .*02_unfolding\.py: an assignment's source has its folder's name"
    ):
        release("02_unfolding", tmp_path)


@pytest.mark.parametrize("assignment", checks.packages())
def test_stubs_keep_their_docstrings(assignment):
    notebook = nbformat.read(exercise(assignment), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            (function,) = ast.parse(cell.source).body
            assert ast.get_docstring(function)
