"""Statistics, similarity and the audit of one mark say what the gradebook and the files say."""

import json
import re
from itertools import combinations

import made_up
import numpy as np
import pytest
from made_up import A

import rnnlab
from rnnlab import checks
from rnnlab.checks.sources import written_answers
from rnnlab.cli import main
from rnnlab.grading import pipeline, shipped
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.release import instructor_notebook
from rnnlab.teaching import similarity
from rnnlab.teaching.statistics import correlation, statistics

pytestmark = pytest.mark.sandbox
Q = checks.load(A)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Grade the class of ten, in which two make the same known mistake."""
    root = made_up.course(tmp_path_factory.mktemp("stats") / "course")
    mistake = Q[0].mistakes[0]
    wrong = made_up.with_answers(written_answers(A, Q[0].id, mistake.name))
    entries = made_up.canvas() | {
        "libo_LATE_4712_9002_02_unfolding.ipynb": wrong, "smithhal_4718_9009_02_unfolding.ipynb": wrong,
    }  # fmt: skip
    path = made_up.archive(root / "a.zip", entries)
    main(["collect", str(path), "--from", "canvas", "--course", str(root)])
    pipeline.run(Course(root), A)
    return root


@pytest.fixture(scope="module")
def found(root):
    with GradebookStore(Course(root)) as book:
        return statistics(book, A)


def test_statistics_are_those_of_the_gradebooks_scores(root, found):
    with GradebookStore(Course(root)) as book:
        names, rows = book.table(A)
    scores = np.array([[row["cells"][name] for name in names] for row in rows])
    points = np.array([q.points for q in found.questions])
    assert [q.question for q in found.questions] == [q.id for q in Q]
    assert (found.handed_in, found.absent, found.max_score) == (8, 2, 17)
    assert found.mean == pytest.approx(scores.sum(1).mean())
    assert found.median == pytest.approx(np.median(scores.sum(1)))
    for i, question in enumerate(found.questions):
        assert question.mean == pytest.approx((scores[:, i] / points[i]).mean())
        assert question.zero == pytest.approx((scores[:, i] == 0).mean())
        assert question.full == pytest.approx((scores[:, i] == points[i]).mean())
        rest = scores.sum(1) - scores[:, i]
        assert question.discrimination == pytest.approx(np.corrcoef(scores[:, i], rest)[0, 1])


def test_known_mistakes_are_counted_with_their_sentence(found):
    first = found.questions[0].mistakes[0]
    assert (first.students, first.name, first.sentence) == (2, Q[0].mistakes[0].name, Q[0].mistakes[0].hint)


def test_the_correlation_says_nothing_where_there_is_nothing_to_say():
    assert correlation([1.0, 1.0, 1.0], [1, 2, 3]) is None
    assert correlation([1, 2], [2, 1]) is None
    assert correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)


def test_the_table_the_page_and_the_json_agree(root, found, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    capsys.readouterr()
    page = tmp_path / "stats.html"
    assert main(["grade", "stats", A, "--course", str(root), "--html", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "8 handed in, 2 did not." in shown
    assert Q[0].mistakes[0].hint in " ".join(shown.split())
    assert main(["grade", "stats", A, "--course", str(root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(json.dumps(found.as_dict()))
    html = page.read_text(encoding="utf-8")
    assert html.count("<svg") == 2
    assert "<script" not in html
    assert not re.findall(r'(?:src|href)="http', html)
    for question in found.questions:
        assert f"{question.mean:.0%}" in html
        assert f"{question.mean:.0%}" in shown


def test_an_assignment_that_is_not_graded_is_one_line(root, capsys):
    capsys.readouterr()
    for step in (["stats", "99"], ["audit", "99", "ada"], ["audit", A, "nobody"], ["similar", "99"]):
        assert main(["grade", *step, "--course", str(root)]) == 2, step
        assert len(capsys.readouterr().err.splitlines()) == 1


# --- similarity


def reference(assignment) -> list[str]:
    notebook = instructor_notebook(shipped.source(assignment))
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def styles(assignment) -> dict[str, list[str]]:
    """Return notebooks made of the alternatives: the first of each question, the second, and so on."""
    others = checks.other_answers(assignment)
    return {
        f"style {n}": [
            text
            for q, each in others.items()
            if n < len(each)
            for text in written_answers(assignment, q, each[n].style).values()
        ]
        for n in range(max(map(len, others.values())))
    }


def test_no_two_alternatives_of_the_whole_course_are_taken_for_a_copy():
    compared = 0
    for assignment in checks.packages():
        work = styles(assignment)
        assert similarity.similar(work, reference(assignment)) == []
        compared += len(list(combinations(work, 2)))
    assert compared > 100


def disguised(code: str) -> str:
    """Return code with other names, other blanks and other comments."""
    renamed = re.sub(r"(?<![.\"'])\b(x|h|y|w_x|w_h|b_h|states|outputs|total|steps)\b(?!\s*=[^=])", r"\1_mine", code)
    return "# all my own work\n" + re.sub(r"#.*", "# mine", renamed).replace("    ", "        ")


@pytest.mark.parametrize("assignment", ["02_unfolding", "04_backpropagation", "10_lstm"])
def test_a_copy_with_other_names_and_comments_is_found(assignment):
    work = styles(assignment)
    work["copy"] = [*(disguised(text) for text in work["style 1"]), "print('done')"]
    found = similarity.similar(work, reference(assignment))
    assert [(pair.one, pair.other) for pair in found] == [("copy", "style 1")]
    assert found[0].share > 0.9


def test_the_reference_answer_and_the_release_are_nobodys():
    known = reference(A)
    assert similarity.similar({"a": known, "b": known}, known) == []
    assert len(similarity.similar({"a": known, "b": known})) == 1


def test_a_group_that_is_a_large_part_of_the_class_is_found():
    work = {f"copy {n}": styles(A)["style 0"] for n in range(8)} | styles(A)
    found = similarity.similar(work, reference(A))
    assert len(found) == 9 * 8 // 2


def test_code_that_is_no_python_ends_nothing():
    assert similarity.tokens("def f(:\n  '''") is not None
    assert similarity.similar({"a": ["def ("], "b": ["\0"]}) == []


def test_the_command_names_the_pairs(root, capsys):
    capsys.readouterr()
    assert main(["grade", "similar", A, "--course", str(root)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith("0 pairs among 6 students")  # what they share is the reference's; two sent no notebook
    assert main(["grade", "similar", A, "--course", str(root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


# --- the audit of one mark


def test_the_audit_says_what_ran_and_every_score_with_its_reason(root, capsys):
    capsys.readouterr()
    assert main(["grade", "audit", A, "bo", "--course", str(root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ran"]["versions"]["rnnlab"] == rnnlab.__version__
    assert told["ran"]["limits"]["memory_mb"] == 1536
    assert told["sandboxed"] is True
    assert [one["file"] for one in told["files"]] == [f"{A}.ipynb"]
    assert told["collected"]["where"] == "libo_LATE_4712_9002_02_unfolding.ipynb"
    first = told["scores"][0]
    assert first["score"] < first["of"]
    assert first["hints"][0] == Q[0].mistakes[0].hint
    assert len(eval(first["again"], {"rnnlab": rnnlab})) == 5  # the arguments of the case that failed, here and now
    assert main(["grade", "audit", A, "bo", "--course", str(root)]) == 0
    said = capsys.readouterr().out
    for text in ("in the sandbox", "cell_seconds 20", "first failing case", "rnnlab.checks.case(", "SHA-256"):
        assert text in said


def test_an_earlier_records_audit_has_no_gap(root, capsys):
    """Results from before this was kept have no versions: the audit says what it knows."""
    with GradebookStore(Course(root)) as book:
        record = {key: value for key, value in book.records(A)["ada"].items() if key != "ran"}
        book.session.connection().exec_driver_sql(
            "UPDATE rnnlab_grading SET record = ? WHERE student = 'ada'", (json.dumps(record),)
        )
        book.commit()
    capsys.readouterr()
    assert main(["grade", "audit", A, "ada", "--course", str(root)]) == 0
    assert "17 of 17 points" in capsys.readouterr().out
