"""What the README and the docstrings show, runs."""

import doctest
import json
import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import rnnlab

ROOT = Path(__file__).parent.parent
SHOWN = ("rnnlab.grading.sandbox.child", "rnnlab.__main__")
MODULES = [m.name for m in walk_packages(rnnlab.__path__, "rnnlab.") if not m.name.startswith(SHOWN)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name):
    failed, _ = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_say_what_they_do(name):
    module = import_module(name)
    assert module.__doc__
    for key, value in vars(module).items():
        if not key.startswith("_") and callable(value) and getattr(value, "__module__", "") == name:
            unwrapped = getattr(value, "py_func", value)
            answers = name.startswith("rnnlab.assignments.")  # there, a function is an answer, or a class is documented
            assert unwrapped.__doc__ or answers, f"{name}.{key} has no docstring"


def test_the_readme_s_python_runs():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert blocks
    for block in blocks:
        exec(block, {})


def test_the_readme_s_files_are_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_s_speed_is_the_stored_one():
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    found = json.loads((ROOT / "book/results/speed_rivals.json").read_text(encoding="utf-8"))
    (run,) = (run for run in found["training"] if run["task"] == "characters")
    assert f"to a loss of {run['target']:.1f} in {run['seconds']:.1f} s of CPU time" in text
    assert f"PyTorch in {run['rival_seconds']:.1f} s" in text
    assert f"{found['versions']['torch'].split('+')[0]}, {found['date']}" in text
