"""The architecture page: drawn from the code's imports, and naming only files and functions that exist."""

import re
from importlib import import_module

import pytest
from built import ROOT
from chapters import BOOK

pytest.importorskip("sphinx")
from rnnbook import imports

LAYERS = imports.read_layers("cli, teaching, grading, assignments, checks, *library")
PAGE = BOOK / "architecture.md"


@pytest.fixture
def package(tmp_path):
    """A package of a library module, a private one, and a folder `cli` above both."""
    root = tmp_path / "lib"
    (root / "cli").mkdir(parents=True)
    for name, code in {
        "base.py": "import numpy",
        "net.py": "from lib import base",
        "cli/__init__.py": "def f():\n    from lib.net import g\n    import lib.base",
        "cli/run.py": "from lib.cli import f",
    }.items():
        (root / name).write_text(code)
    return root


def missing(text):
    """Return the files named in code font that do not exist, and the functions that a module does not have."""
    codes = set(re.findall(r"`([^`\n]+)`", text))
    files = [code for code in codes if re.fullmatch(r"[\w./]+/[\w.]*|\w+\.(toml|yml|md)", code)]
    lost = [file for file in files if not (ROOT / file).exists() and not file.startswith("exercises")]
    for code in codes:
        name = re.fullmatch(r"([a-z]\w*)\.([A-Za-z]\w*)", code)
        if name and name[2] not in ("py", "toml", "yml"):
            places = [
                place
                for place in ("rnnlab", "rnnlab.grading")
                if (ROOT / place.replace(".", "/") / f"{name[1]}.py").is_file()
            ]
            if not any(hasattr(import_module(f"{place}.{name[1]}"), name[2]) for place in places):
                lost.append(code)
    return sorted(lost)


def test_imports_go_down_only_and_each_layer_is_used():
    found = imports.arrows(LAYERS)
    assert {own for own, _ in found} == {"cli", "teaching", "grading", "assignments", "checks"}
    assert {other for _, other in found} == {"teaching", "grading", "checks", "library"}


def test_arrows_count_files_and_see_imports_inside_functions(package):
    assert imports.arrows(imports.read_layers("cli, *library"), package) == {("cli", "library"): 1}


def test_an_import_that_goes_upward_fails(package):
    (package / "base.py").write_text("def f():\n    import lib.cli")
    with pytest.raises(ValueError, match=r"base\.py imports lib\.cli, which is above it"):
        imports.arrows(imports.read_layers("cli, *library"), package)


def test_a_layer_can_be_a_list_of_parts(package):
    layers = imports.read_layers("top = net, bottom = base")
    assert imports.arrows(layers, package) == {("top", "bottom"): 1}


def test_the_drawing_says_in_words_what_it_shows(package):
    count = imports.arrows(imports.read_layers("cli, *library"), package)
    svg = imports.draw({"cli": ["cli"], "library": []}, count, "Two boxes.").svg
    assert 'aria-label="Two boxes. cli imports library in 1 file."' in svg


def test_the_table_has_a_row_for_every_layer_and_a_column_for_what_is_imported(package):
    html = imports.table({"cli": ["cli"], "library": []}, {("cli", "library"): 1} | {("library", "library"): 0})
    assert re.findall(r"<th [^>]*>([^<]+)", html) == ["files that import", "library", "cli", "library"]
    assert re.findall(r"<td>([^<]+)", html) == ["1", "–"]


def test_the_page_names_only_what_exists():
    assert missing(PAGE.read_text(encoding="utf-8")) == []


def test_a_name_that_does_not_exist_is_seen():
    assert missing("`rnnlab/nothing.py` and `training.nothing` and `rnnlab/rnn.py`") == [
        "rnnlab/nothing.py",
        "training.nothing",
    ]


def test_every_part_of_the_library_is_in_the_table():
    line = next(line for line in PAGE.read_text(encoding="utf-8").splitlines() if "private helpers =" in line)
    named = {part for parts in imports.read_layers(line.removeprefix(":layers: ")).values() for part in parts}
    there = {
        path.stem for path in imports.PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    course = {"checks", "assignments", "grading", "teaching", "cli"}
    assert there - course - {"figures", "__init__", "__main__"} == named
