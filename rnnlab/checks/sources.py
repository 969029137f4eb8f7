"""The text of a known mistake or of another right answer, as a student would have it in a notebook.

Answers are functions in a module, and lean on helpers and imports there; a package keeps those of each question in a
module of its own, and what several of them need in one that they import from. A notebook cell holds one of them alone:
its own text, under the name that the question asks for, after the text of all that it needs.
"""

import ast
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from rnnlab.checks import discovery


@dataclass(frozen=True, eq=False)
class _File:
    """A module's text, its syntax tree, and its top-level statements by the names that they define."""

    text: str
    tree: ast.Module
    defined: dict[str, ast.stmt]


@cache
def _file(module: str) -> _File:
    text = Path(str(import_module(module).__file__)).read_text(encoding="utf-8")
    tree = ast.parse(text)
    return _File(text, tree, dict(_definitions(tree)))


def written_answers(assignment: str, question: str, name: str) -> dict[str, str]:
    """Return, by function, the cell's text of a known mistake or an alternative.

    Parameters
    ----------
    assignment : str
        An assignment's name.
    question : str
        Its number.
    name : str
        The mistake's name or the alternative's style.

    Returns
    -------
    cells : dict
        From a function's name to Python text that defines it. Functions that this answer leaves to the reference are
        not in it.

    Raises
    ------
    ValueError
        If the question has no such mistake or alternative.
    """
    for kind in ("mistakes", "alternatives"):
        module = discovery.module(assignment, kind)
        table = getattr(module, kind.upper()).get(question, ())
        if any(name in (getattr(a, "name", ""), getattr(a, "style", "")) for a in table):
            home = _home(module, kind.upper(), question)
            return _cells(home, discovery.packages()[assignment], question, name)
    raise ValueError(f"question {question} has no mistake and no alternative called {name!r}")


def _home(module: ModuleType, table: str, question: str) -> str:
    """Return the name of the module that holds a question's table: the module itself, or one of a package's."""
    if not hasattr(module, "__path__"):
        return module.__name__
    parts = (f"{module.__name__}.{part.name}" for part in pkgutil.iter_modules(module.__path__))
    return next(part for part in parts if question in getattr(import_module(part), table, {}))


def _cells(home: str, package: str, question: str, name: str) -> dict[str, str]:
    file = _file(home)
    call = next(node for node in _of_question(file, question) if ast.literal_eval(node.args[0]) == name)
    functions = call.args[-1]
    assert isinstance(functions, ast.Dict)
    cells = {}
    for key, value in zip(functions.keys, functions.values, strict=True):
        assert isinstance(key, ast.Constant)
        function = str(key.value)
        body = f"{function} = {ast.get_source_segment(file.text, value)}"
        cells[function] = "\n\n\n".join([*_needed(value, home, package), body]) + "\n"
    return cells


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from ((n.id, node) for n in ast.walk(target) if isinstance(n, ast.Name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name, node) for alias in node.names)


def _of_question(file: _File, question: str) -> Iterator[ast.Call]:
    table = next(file.defined[name] for name in ("MISTAKES", "ALTERNATIVES") if name in file.defined)
    assert isinstance(table, ast.Assign)
    assert isinstance(table.value, ast.Dict)
    for key, value in zip(table.value.keys, table.value.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == question:
            place = file.defined[value.id] if isinstance(value, ast.Name) else value
            yield from (
                n
                for n in ast.walk(place)
                if isinstance(n, ast.Call) and ast.unparse(n.func) in ("Mistake", "Alternative")
            )


def _needed(value: ast.expr, home: str, package: str) -> list[str]:
    """Return the text of every top-level statement that `value` leans on.

    What its module imports from another of the assignment's `package` is looked up there. A name means the same in all
    of them. The order is that of the text, with a module after those that it imports from.
    """
    wanted: set[ast.stmt] = set()
    todo: list[tuple[ast.AST, str]] = [(value, home)]
    while todo:
        tree, module = todo.pop()
        for node in ast.walk(tree):
            place, statement = _definition(node.id, module, package) if isinstance(node, ast.Name) else ("", None)
            if statement is not None and statement not in wanted:
                wanted.add(statement)
                todo.append((statement, place))
    files = [_file(module) for module in dict.fromkeys(_in_order(home, package))]
    # several modules import NumPy: the cell does once
    return list(dict.fromkeys(_segment(node, file.text) for file in files for node in file.tree.body if node in wanted))


def _definition(name: str, module: str, package: str) -> tuple[str, ast.stmt | None]:
    statement = _file(module).defined.get(name)
    if isinstance(statement, ast.ImportFrom) and _inside(statement, package):
        return _definition(name, str(statement.module), package)
    return module, statement


def _in_order(module: str, package: str) -> Iterator[str]:
    for node in _file(module).tree.body:
        if isinstance(node, ast.ImportFrom) and _inside(node, package):
            yield from _in_order(str(node.module), package)
    yield module


def _inside(node: ast.ImportFrom, package: str) -> bool:
    return str(node.module).startswith(f"{package}.")


def _segment(node: ast.stmt, text: str) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
