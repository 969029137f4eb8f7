"""Who may import whom, read from the source; and that importing the package loads nothing.

Most rules are contracts in ``pyproject.toml``, which import-linter reads. It cannot say that a module may import *only*
what is on a list, that only two files may import by name, or what a notebook imports: those rules are here.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.kernels.compile import JIT

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path.relative_to(ROOT) for path in (ROOT / "rnnlab").rglob("*.py"))
# A module that names its kernels is a cell.
CELLS = {source.stem for source in SOURCES if re.search("^KIND = ", (ROOT / source).read_text(), re.M)}
SHARED_BY_CELLS = ("_arrays", "_cell", "_recurrence", "activations", "initializers")
# Who may import by name, and so out of import-linter's sight.
BY_NAME = {
    "rnnlab/_cell.py": "the modules in a pickle",
    "rnnlab/__init__.py": "its own modules, when they are named",
    "rnnlab/bench/memory.py": "the cell that was named",
    "rnnlab/bench/rivals.py": "a library that may not be installed",
    "rnnlab/callbacks.py": "libraries that may not be installed, and the plots",
    "rnnlab/checks/discovery.py": "the assignments",
    "rnnlab/checks/own.py": "a course's own assignments",
    "rnnlab/checks/sources.py": "the modules of an assignment's mistakes",
    "rnnlab/cli/__init__.py": "the command that was typed",
    "rnnlab/cli/bench.py": "the cells that were named",
    "rnnlab/data/files.py": "a library that may not be installed",
    "rnnlab/data/frames.py": "a library that may not be installed",
    "rnnlab/data/midi.py": "a library that may not be installed",
    "rnnlab/data/real.py": "a library that may not be installed",
    "rnnlab/data/scores.py": "a library that may not be installed",
    "rnnlab/papers/registry.py": "the claims",
    "rnnlab/grading/sandbox/child/cells.py": "a student's own file",
    "rnnlab/grading/sandbox/child/fork_server.py": "what it was told to have ready",
}


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
    module = ".".join(source.with_suffix("").parts).removesuffix(".__init__")
    in_kernels = starts(module, "rnnlab.kernels")
    rules = {
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
                f"rnnlab.kernels.{source.stem}",
            )
        ),
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
        ("rnnlab/lstm.py", "from rnnlab import training"),
        ("rnnlab/kernels/gru.py", "from rnnlab import _arrays"),
        ("rnnlab/kernels/gru.py", "import scipy"),
    ],
)
def test_a_forbidden_import_is_seen(source, code):
    source = Path(source)
    assert any(forbidden(source, name) for name in imported(code, ".".join(source.parent.parts)))


def test_the_cells_are_found():
    assert {"rnn", "gru", "lstm"} <= CELLS


def imports_by_name(code):
    """Say whether code calls `import_module` or `__import__`, under whatever name it imported the former."""
    tree = ast.parse(code)
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "importlib"]
    names = {alias.asname or alias.name for node in froms for alias in node.names if alias.name == "import_module"}
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(
        (isinstance(call, ast.Name) and call.id in {*names, "__import__"})
        or (isinstance(call, ast.Attribute) and call.attr == "import_module")
        for call in calls
    )


def test_only_these_files_import_by_name():
    assert {source.as_posix() for source in SOURCES if imports_by_name((ROOT / source).read_text())} == set(BY_NAME)


@pytest.mark.parametrize(
    "code",
    [
        "from importlib import import_module as get\nget('x')",
        "import importlib\nimportlib.import_module('x')",
        "def f():\n    return __import__('x')",
    ],
)
def test_an_import_by_name_is_seen(code):
    assert imports_by_name(code)
    assert not imports_by_name("import importlib.resources\nfrom importlib import import_module")


def lint(folder):
    """Run import-linter over the package in a folder, with this repository's contracts; return its code and text."""
    pytest.importorskip("importlinter")
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(folder)}
    )
    return done.returncode, done.stdout + done.stderr


def test_the_contracts_are_kept():
    code, said = lint(ROOT)
    assert code == 0, said


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("losses.py", "from rnnlab.checks import check", "The course is built on the library"),
        ("checks/question.py", "def f():\n    import rnnlab.grading.judge", "The course is built on the library"),
        ("gru.py", "from rnnlab import rnn", "The course is built on the library"),
        ("newcomer.py", "", "The course is built on the library"),
        ("grading/judge.py", "from rnnlab.assignments.gru import checks", "Grading finds assignments by name"),
        ("stack.py", "import rnnlab.rnn", "What works with any cell receives it"),
        ("lstm.py", "import numba", "Only kernels know numba"),
        ("data/real.py", "import matplotlib.pyplot as plt", "Only plots imports matplotlib"),
        ("checks/report.py", "import nbformat.v4", "Only grading imports nbgrader"),
        ("convert.py", "import torch", "Nothing imports torch or jax"),
    ],
)
def test_a_broken_contract_is_seen(tmp_path, file, line, broken):
    shutil.copytree(ROOT / "rnnlab", tmp_path / "rnnlab", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "rnnlab" / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    code, said = lint(tmp_path)
    assert code == 1
    assert re.search(rf"{broken}[^\n]* BROKEN", said) or f"rnnlab.{file[:-3]}" in said, said


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
