"""Every public function of the library documents its parameters, its result and its errors, and shows an example.

numpydoc's own validator compares the docstring with the signature. It does not look at errors: that is done here.
A NamedTuple is not asked for parameters or an example. Its fields have a comment each, beside them in the source.
"""

import ast
import inspect
import textwrap
from importlib import import_module
from pkgutil import iter_modules

import pytest

import rnnlab

validate = pytest.importorskip("numpydoc.validate").validate
COURSE = {"checks", "assignments", "grading", "teaching", "cli"}
# No docstring, no summary, undocumented or unknown parameters, no Returns or Yields, no example. The order of
# parameters (PR03) is not asked for: where several functions share their first ones, those are documented together.
CODES = {"GL08", "SS03", "PR01", "PR02", "RT01", "YD01", "EX01"}


def modules():
    """Return the public modules of the library, `data` included; `figures` documents its options together."""
    names = [module.name for module in iter_modules(rnnlab.__path__) if not module.name.startswith("_")]
    return [name for name in names if name not in COURSE | {"kernels", "figures"}]


def public(module):
    """Return the functions and classes that a module offers: those of its `__all__`, or those it defines itself."""
    listed = getattr(module, "__all__", None)
    found = {name: getattr(module, name) for name in listed or vars(module) if not name.startswith("_")}
    return {
        name: value
        for name, value in found.items()
        if callable(value) and (listed or value.__module__ == module.__name__) and is_documented_alone(value)
    }


def is_documented_alone(value):
    """Say whether something has parameters and an example of its own: a NamedTuple or a Protocol has not."""
    return not isinstance(value, type) or not (hasattr(value, "_fields") or getattr(value, "_is_protocol", False))


def complaints(value):
    """Return what is missing in the docstring of a function or class."""
    found = validate(f"{value.__module__}.{value.__qualname__}")["errors"]
    said = [f"{code} {text}" for code, text in found if code in CODES]
    return said + ([] if names_its_errors(value) else ["it raises an error and has no Raises section"])


def names_its_errors(value):
    """Say whether a function that raises an error itself has a Raises section."""
    if isinstance(value, type):
        return True
    function = ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
    raises = any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(function))
    return not raises or "\nRaises\n------" in inspect.getdoc(value)


NAMES = [(module, name) for module in modules() for name in public(import_module(f"rnnlab.{module}"))]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_public_name_is_documented_in_full(module, name):
    assert complaints(getattr(import_module(f"rnnlab.{module}"), name)) == []


def complete(x, *, k=1):
    """Return x.

    Parameters
    ----------
    x, k : int
        Numbers.

    Returns
    -------
    x : int
        The first.

    Raises
    ------
    ValueError
        If it is 0.

    Examples
    --------
    >>> complete(1)
    1
    """
    if x == 0:
        raise ValueError("x is 0")
    return x


@pytest.mark.parametrize(
    ("taken", "put", "expected"),
    [
        ("x, k : int", "x : int", "PR01"),
        ("x, k : int", "x, k, n : int", "PR02"),
        ("Returns\n    -------\n    x : int\n        The first.\n\n", "", "RT01"),
        ("Examples\n    --------\n    >>> complete(1)\n    1\n", "", "EX01"),
        ("Raises\n    ------\n    ValueError\n        If it is 0.\n\n", "", "it raises"),
    ],
)
def test_what_is_missing_is_seen(taken, put, expected, tmp_path, monkeypatch):
    source = inspect.getsource(complete)
    assert taken in source
    name = f"sample_{abs(hash(taken + put))}"
    (tmp_path / f"{name}.py").write_text(source.replace(taken, put))
    monkeypatch.syspath_prepend(tmp_path)
    assert any(said.startswith(expected) for said in complaints(import_module(name).complete))


def test_a_complete_docstring_has_nothing_missing(tmp_path, monkeypatch):
    (tmp_path / "sample_complete.py").write_text(inspect.getsource(complete))
    monkeypatch.syspath_prepend(tmp_path)
    assert complaints(import_module("sample_complete").complete) == []
