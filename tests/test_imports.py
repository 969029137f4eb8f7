"""Who may import whom, read from the source; and that importing the package loads nothing."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.kernels.compile import JIT

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path.relative_to(ROOT) for path in (ROOT / "rnnlab").rglob("*.py"))
CELLS = ("rnn", "gru", "lstm")
SHARED_BY_CELLS = ("_arrays", "_cell", "_recurrence", "activations", "initializers")
RECEIVE_A_CELL = (
    "bidirectional",
    "stack",
    "readout",
    "embedding",
    "training",
    "variants",
    "bptt",
    "rtrl",
    "analysis",
    "convert",
)


def imported(code, package="rnnlab"):
    """Names of all modules that the code imports, also inside functions: dotted as far as they can be known."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(filter(None, [package if node.level else "", node.module]))
            names |= {f"{start}.{alias.name}" for alias in node.names}
    return names


def starts(name, *prefixes):
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def forbidden(source, name):
    """Why this file may not import that module; nothing where it may."""
    module = ".".join(source.with_suffix("").parts)
    in_kernels = starts(module, "rnnlab.kernels")
    in_course = starts(module, "rnnlab.checks", "rnnlab.assignments", "rnnlab.grading", "rnnlab.cli", "rnnlab.__main__")
    stem = source.stem
    rules = {
        "only kernels know numba, and answers written as a student may": (
            starts(name, "numba")
            and not in_kernels
            and not re.match(r"rnnlab\.assignments\.\w+\.alternatives$", module)
        ),
        "kernels import numpy, numba, its LLVM and each other": (
            in_kernels
            and not starts(name, "numpy", "numba", "llvmlite", "rnnlab.kernels")
            and name.split(".")[0] not in sys.stdlib_module_names
        ),
        "a cell imports what every cell may and its own kernel": (
            module in {f"rnnlab.{cell}" for cell in CELLS}
            and starts(name, "rnnlab")
            and not starts(
                name,
                *(f"rnnlab.{shared}" for shared in SHARED_BY_CELLS),
                f"rnnlab.kernels.{stem}",
            )
        ),
        "what wraps a cell receives it": (
            module in {f"rnnlab.{user}" for user in RECEIVE_A_CELL}
            and starts(name, *(f"rnnlab.{cell}" for cell in CELLS))
        ),
        "the library does not know its course": (
            not in_course and starts(name, "rnnlab.checks", "rnnlab.assignments", "rnnlab.grading", "rnnlab.cli")
        ),
        "what a question is does not know the questions": (
            starts(module, "rnnlab.checks") and starts(name, "rnnlab.assignments", "rnnlab.grading", "rnnlab.cli")
        ),
        "questions do not know who grades them": (
            starts(module, "rnnlab.assignments") and starts(name, "rnnlab.grading", "rnnlab.cli")
        ),
        "only grading imports nbgrader, nbformat, dask": (
            starts(name, "nbgrader", "nbformat", "dask", "distributed") and not starts(module, "rnnlab.grading")
        ),
        "only plots imports matplotlib": starts(name, "matplotlib") and module != "rnnlab.plots",
        "nothing imports torch or jax": starts(name, "torch", "jax"),
    }
    return [rule for rule, broken in rules.items() if broken]


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_file_imports_only_what_it_may(source):
    package = ".".join(source.parent.parts)
    names = imported((ROOT / source).read_text(), package)
    assert {name: rules for name in sorted(names) if (rules := forbidden(source, name))} == {}


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("rnnlab/lstm.py", "from rnnlab import gru"),
        ("rnnlab/lstm.py", "from . import gru"),
        ("rnnlab/lstm.py", "from rnnlab.kernels import gru"),
        ("rnnlab/lstm.py", "def f():\n    import numba"),
        ("rnnlab/stack.py", "import rnnlab.rnn"),
        ("rnnlab/kernels/gru.py", "from rnnlab import _arrays"),
        ("rnnlab/kernels/gru.py", "import scipy"),
        ("rnnlab/losses.py", "from rnnlab.checks import check"),
        ("rnnlab/checks/question.py", "import nbformat.v4"),
        ("rnnlab/data/series.py", "import matplotlib.pyplot as plt"),
        ("rnnlab/convert.py", "import torch"),
    ],
)
def test_a_forbidden_import_is_seen(source, code):
    source = Path(source)
    assert any(forbidden(source, name) for name in imported(code, ".".join(source.parent.parts)))


def code_cells(path):
    """The Python of a chapter, notebook or script, without notebook magics."""
    text = path.read_text()
    if path.suffix == ".ipynb":
        cells = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    elif path.suffix == ".md":
        blocks = re.findall(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1\s*$", text, flags=re.M | re.S)
        cells = [re.sub(r"\A(---\n.*?^---\n|(:[^\n]*\n)+)", "", body, flags=re.M | re.S) for _, body in blocks]
    else:
        cells = [text]
    return "\n".join(re.sub(r"^(\s*)[%!].*$", r"\1pass", cell, flags=re.M) for cell in cells)


def private_names(code):
    """What the code uses of rnnlab, or of any object, that begins with one underscore."""
    named_tuples = {"_asdict", "_fields", "_make", "_replace"}
    found = {part for name in imported(code) if starts(name, "rnnlab") for part in name.split(".")}
    found |= {node.attr for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}
    return {name for name in found - named_tuples if re.match("_(?!_)", name)}


WRITTEN = [
    path.relative_to(ROOT)
    for folder, suffix in (("book", "*.md"), ("solutions", "*.py"), ("exercises", "*.ipynb"))
    for path in sorted((ROOT / folder).rglob(suffix))
]


@pytest.mark.parametrize("path", WRITTEN, ids=str)
def test_book_and_exercises_use_public_names_only(path):
    assert private_names(code_cells(ROOT / path)) == set()


def test_a_private_name_is_seen_in_every_kind_of_file(tmp_path):
    line = "%matplotlib inline\nimport rnnlab\nrnnlab.losses._numbers\nparams._replace()\n"
    (tmp_path / "a.md").write_text(f"# `x._y`\n\n```{{code-cell}} ipython3\n:tags: [hide-input]\n{line}```\n")
    notebook = {"cells": [{"cell_type": "code", "source": [line]}, {"cell_type": "markdown", "source": ["x._y"]}]}
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "a.py").write_text("from rnnlab.losses import _numbers\n")
    for path in tmp_path.iterdir():
        assert private_names(code_cells(path)) == {"_numbers"}


def run(code):
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return process.stdout.strip()


def test_importing_the_package_loads_none_of_its_modules_and_no_library():
    heavy = "{'rnnlab', 'numpy', 'numba'}"
    assert run(f"import sys, rnnlab; print([m for m in sys.modules if m.split('.')[0] in {heavy}])") == "['rnnlab']"


@pytest.mark.skipif(not JIT, reason="nothing is ever compiled here")
def test_importing_a_cell_compiles_nothing():
    code = "import rnnlab.rnn; from rnnlab.kernels.rnn import forward, backward; "
    assert run(code + "print(forward.signatures, backward.signatures)") == "[] []"
