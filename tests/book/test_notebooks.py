"""Each chapter and each assignment as a notebook: offered, readable without Sphinx, and running elsewhere."""

import os
import re
import types

import nbformat
import pytest
from built import CHAPTERS, HTML, ROOT, Tags, needs_book
from rnnbook import notebooks
from rnnbook.plain import Known

NAMES = [page.removeprefix("book/").removesuffix(".html") for page in CHAPTERS]
ASSIGNMENTS = sorted(path.stem for path in (ROOT / "exercises").glob("*/*.ipynb"))
FEW = {"00_start", "02_unfolding", "05_truncation", "assignment 01_sequences", "assignment 10_lstm"}
ALL = os.environ.get("RUN_NOTEBOOKS") == "all"  # `make run-notebooks`
MOST_KB = 250


def read(name):
    return nbformat.read(HTML / "notebooks" / f"{name}.ipynb", as_version=4)


def links(page):
    return [attrs["href"] for tag, attrs in Tags(page).tags if tag == "a" and "download" in attrs]


@needs_book
@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_offers_its_notebook(name):
    assert f"../notebooks/{name}.ipynb" in links(f"book/{name}.html")
    nbformat.validate(read(name))


@needs_book
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_an_assignment_offers_the_notebook_that_students_get(name):
    (address,) = links(f"exercises/{name}/{name}.html")
    offered = (HTML / "exercises" / name / address).read_bytes()
    assert offered == (ROOT / "exercises" / name / f"{name}.ipynb").read_bytes()


@needs_book
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_small_and_needs_no_sphinx(name):
    assert (HTML / "notebooks" / f"{name}.ipynb").stat().st_size < 1000 * MOST_KB
    notebook = read(name)
    assert 'pip install --quiet "rnnlab[' in notebook.cells[1].source
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert "myst_nb" not in cell.source
            assert "__file__" not in cell.source
        else:
            text = re.sub(r"^```.*?^```|`[^`\n]*`", "", cell.source, flags=re.MULTILINE | re.DOTALL)
            left = r"^\([\w-]+\)=$|^:{3}|^```\{|\{[\w:]+\}`|\]\{\.|\]\(#|\$\$ \(|\\tag\{\*"
            assert re.findall(left, text, re.MULTILINE) == []
            assert text.count("<details") == text.count("</details>")


@needs_book
@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, *(f"assignment {name}" for name in ASSIGNMENTS)])
def test_a_notebook_runs_from_top_to_bottom_elsewhere(name, tmp_path, monkeypatch):
    if not (ALL or name in FEW):
        pytest.skip("make run-notebooks runs all of them")
    client = pytest.importorskip("nbclient")
    monkeypatch.delenv("RNNLAB_FIGURES", raising=False)  # of a build: the figures bring their own style
    stem = name.removeprefix("assignment ")
    notebook = read(stem) if stem == name else nbformat.read(ROOT / "exercises" / stem / f"{stem}.ipynb", as_version=4)
    client.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())


def cell(kind, source, *tags):
    return types.SimpleNamespace(cell_type=kind, source=source, metadata={"tags": list(tags)})


def test_code_that_the_book_folds_is_folded():
    cells = [cell("code", "x = 1", "hide-input"), cell("code", "x"), cell("code", "glue('x', x)", "remove-cell")]
    made = notebooks.derive(cells, Known(), "1.2.3").cells[2:]
    assert [bool(c.metadata.get("jupyter")) for c in made] == [True, False, True]


def test_an_answer_with_code_in_it_is_a_heading_and_its_code_is_folded():
    cells = [
        cell("markdown", "A.\n\n<details class='answer'><summary>Solution</summary>\n\nSo:"),
        cell("code", "print(1)"),
        cell("markdown", "It is.\n\n</details>\n\n<details><summary>Answer</summary>\n\n1.\n\n</details>"),
        cell("code", "print(2)"),
    ]
    first, solution, rest, last = notebooks.derive(cells, Known(), "1.2.3").cells[2:]
    assert first.source == "A.\n\n**Solution** (its code is folded)\n\nSo:"
    assert solution.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
    assert rest.source == "It is.\n\n\n\n<details><summary>Answer</summary>\n\n1.\n\n</details>"
    assert last.metadata == {}


def test_what_a_chapter_reads_of_the_stored_results_comes_with_it():
    code = 'open("gap_letter.json"), [f"{name}_parts.json" for name in "ab"]'
    assert {path.stem for path in notebooks.stored_in(code)} == {"gap_letter", "gru_parts", "lstm_parts"}
    assert notebooks.stored_in('f"{name}.json"') == []
    assert notebooks.stored_in('x / "results" / "papers"') == sorted((notebooks.RESULTS / "papers").glob("*.json*"))
    cells = [cell("code", 'RESULTS = Path(figures.__file__).parents[2] / "book" / "results"\nopen("echo_online.json")')]
    made = notebooks.derive(cells, Known(), "1.2.3").cells
    assert "'echo_online.json': " in made[2].source
    assert made[3].source.startswith('RESULTS = Path("results")\n')
