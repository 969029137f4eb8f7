"""Written answers reach a person wherever they stand; which file counts; and what pages and tables may hold."""

import json
import re

import nbformat
import pytest

from rnnlab.grading import graded_notebook, intake, notebook_file, safe_html, submission
from rnnlab.grading.errors import Refused
from rnnlab.grading.export import safe
from rnnlab.grading.intake import HandedIn, printable
from rnnlab.grading.proof import written
from rnnlab.grading.proof.material import ASSIGNMENT, GOOD, RIGHT, UNFOLDING, folder, text
from rnnlab.grading.settings import Settings

LIMITS = Settings()
RELEASED = written.MATERIAL.released


def work(files: dict) -> submission.Submission:
    """Return the student's part of what stands in a folder."""
    found = {name: data for name, data in files.items() if name.endswith(".ipynb")}
    beside = {name: data for name, data in files.items() if name not in found}
    return submission.read(RELEASED, HandedIn(found, beside), LIMITS)[0]


def seen_by_a_person(mine: submission.Submission) -> bool:
    answered = mine.solutions[written.NAME] != RELEASED.solutions[written.NAME]
    return answered or bool(mine.pictures.get(written.NAME)) or bool(mine.elsewhere)


@pytest.mark.parametrize("case", written.CASES)
def test_an_answer_reaches_a_person_and_stands_in_the_graded_notebook(case):
    mine = work(written.CASES[case][0])
    assert seen_by_a_person(mine)
    page = graded_notebook.render(RELEASED, mine, [_result(n) for n in RELEASED.questions.values()], mine.notes)
    shown = nbformat.reads(page, as_version=4)
    nbformat.validate(shown)
    if not re.search("picture|one-word|a-formula|pdf|docx|jpg|chinese|japanese", case):
        words = "".join(c.source for c in shown.cells)
        assert "slope" in words
        assert "gradient" in words


def _result(number: str):
    from rnnlab.grading.judge import QuestionResult

    return QuestionResult(number, 1.0, 1.0, "", "text")


def test_where_nothing_is_written_no_person_is_asked():
    assert not seen_by_a_person(work(written.BLANK["written-not"][0]))


def test_a_pasted_picture_is_kept_and_a_missing_one_is_named():
    kept = safe_html.markdown("![i](attachment:i.png)", {"i.png": ("image/png", "iVBORw0KGgo=")})
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in kept
    assert "picture that is not in the notebook" in safe_html.markdown("![i](attachment:i.png)")


@pytest.mark.parametrize(
    "text",
    [
        "attachment:a![b](attachment:c)",
        "![b](attachment\\:c)",
        "![b](attachment&#58;c)",
        "![b](&#97;ttachment:c%20d)",
        "![b][r]\n\n[r]: attachment&colon;c",
    ],
)
def test_a_picture_that_is_missing_however_it_is_named_costs_no_page(text):
    assert "<em>" in safe_html.markdown(text)


@pytest.mark.parametrize("text", ["[//]: # (Because of that.)", "[a]: Because"])
def test_an_answer_of_which_a_page_would_show_nothing_is_shown_as_it_was_written(text):
    assert safe_html.markdown(text) == safe_html.as_written(text)


def test_text_of_which_no_page_can_be_made_is_shown_as_it_was_written(monkeypatch):
    def refuse(*_):
        raise RecursionError

    monkeypatch.setattr(safe_html.MarkdownWithMath, "render", refuse)
    assert safe_html.markdown("[a]<b>") == "<div><pre>&#91;a&#93;&#60;b&#62;</pre></div>"


def test_beyond_a_bound_a_notebooks_text_is_shown_as_it_was_written():
    cells = graded_notebook._Words()
    shown = [cells.of("[a](b) " + "x" * 29_000, None) for _ in range(6)]
    assert ["<pre>" in one for one in shown] == [False] * 4 + [True] * 2


# --- which file counts


def chosen(files: dict) -> tuple[str, list[str]]:
    cells, notes = submission.choose(UNFOLDING.released, files, LIMITS)
    return "\n".join(cell.source for cell in cells), notes


BLANK = text({}).encode()


@pytest.mark.parametrize(
    "files",
    [
        folder(BLANK, **{f"{ASSIGNMENT}-Copy1.ipynb": GOOD.encode()}),
        folder(GOOD, **{f"{ASSIGNMENT}-Copy1.ipynb": BLANK}),
        folder(GOOD, "de\u0301voir.ipynb"),
        folder(written.MATERIAL.text(written.MATERIAL.right), **{"work.ipynb": GOOD.encode()}),
    ],
)
def test_the_notebook_with_the_work_in_it_counts(files):
    source, _ = chosen(files)
    assert RIGHT["rnn_forward"].strip() in source


def test_another_assignments_notebook_under_the_name_is_said_to_be_that():
    with pytest.raises(Refused, match=r"is another notebook: it checks 3\.1"):
        chosen(folder(written.MATERIAL.text(written.MATERIAL.right)))


def test_outputs_and_widgets_take_no_room_of_the_text():
    tree = json.loads(GOOD)
    tree["metadata"]["widgets"] = {"state": "A" * 18 * 2**20}
    assert RIGHT["rnn_forward"].strip() in chosen({f"{ASSIGNMENT}.ipynb": json.dumps(tree).encode()})[0]


def test_names_in_composed_and_decomposed_letters_and_with_joiners_are_the_same():
    assert intake.same_name("Ren\u00e9e") == intake.same_name("Rene\u0301e")
    assert intake.same_name("\u0646\u200c\u0627") == intake.same_name("\u0646\u0627")
    assert intake.check_student_id("\u0646\u200c\u0627") == "\u0646\u200c\u0627"


# --- pages and tables


@pytest.mark.parametrize(
    "text",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](java&#10;script:alert(1))",
        "[a](vbscript:x)",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a][b]\n\n[b]: javascript:alert(1)",
        "| x |\n|---|\n| [a](javascript:alert(1)) |",
        "<a href='javascript:alert(1)'>a</a>",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<iframe src='https://example.org'></iframe>",
        "![x](http://example.org/x.png)",
        "![x](//example.org/x.png)",
        "![x](file:///etc/passwd)",
        "<img src='https://example.org/x.png'>",
        "<p style='background:url(https://example.org/x)'>a</p>",
    ],
)
def test_nothing_in_an_answer_runs_or_loads_from_elsewhere(text):
    shown = safe_html.markdown(text)
    for sign in ("<script", "<svg", "<iframe", "<img", " onerror=", " onload=", "href=\"j", "href=\"v", "href=\"d",
                 "style="):  # fmt: skip
        assert sign not in shown
    assert "href=" not in shown


def test_a_link_to_a_page_stays_one():
    assert 'href="https' in safe_html.markdown("[a](https://example.org)").replace("&#58;", ":")


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.ipynb", "[a](javascript:x).ipynb", "a`b&c\u202e.ipynb"])
def test_the_name_of_a_file_is_only_text(name):
    assert not set("<>[]`&\u202e") & set(printable(name))


@pytest.mark.parametrize(
    "cell", ["=1+1", "a;=1+1", "\uff1d1+1", "|=1+1", "a\t=1", "a,+1", ' "=1', "\u22121", "@x", "x\n=1"]
)
def test_no_cell_of_a_table_is_a_formula_for_any_separator(cell):
    for separator in ";|\t,\n":
        for part in safe(cell).split(separator):
            assert part.strip(' "')[:1] not in tuple("=+-@\uff1d\u2212")


# --- bounds


def test_text_beyond_the_limits_is_left_out_with_a_note():
    tree = json.loads(GOOD)
    tree["cells"].append({"cell_type": "code", "source": "a<" * 2**20, "metadata": {}, "outputs": []})
    cells, notes = notebook_file.cells(json.dumps(tree).encode(), 600, LIMITS)
    assert max(len(cell.source) for cell in cells) <= LIMITS.cell_characters
    assert any("was left out: at most 500000 a cell" in note for note in notes)


def test_a_file_of_millions_of_parts_is_refused_before_it_is_parsed():
    with pytest.raises(Refused, match="over 2000000 parts"):
        notebook_file.cells(b"[" + b"[]," * 1_500_000 + b"[]]", 600, LIMITS)


def test_a_key_held_down_costs_nothing():
    tree = json.loads(GOOD)
    lines = ['x = "\\n", "\\n"\n', *["\n"] * 3_000_000, "y = 2"]
    tree["cells"].append({"cell_type": "code", "source": lines, "metadata": {}, "outputs": []})
    cells, notes = notebook_file.cells(json.dumps(tree).encode(), 600, LIMITS)
    assert cells[-1].source == 'x = "\\n", "\\n"\n\ny = 2'
    assert any("blank lines" in note for note in notes)
    assert cells[:-1] == notebook_file.cells(GOOD.encode(), 600, LIMITS)[0]


def test_no_more_than_so_many_notebooks_are_looked_at(tmp_path):
    for i in range(40):
        (tmp_path / f"copy{i}.ipynb").write_bytes(BLANK)
    found = intake.read(tmp_path, LIMITS)
    assert len(found.notebooks) == LIMITS.n_notebooks
    assert any("there are other notebooks" in note for note in found.notes)
