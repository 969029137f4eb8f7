"""The text of a known mistake or of another right answer, as a student would have it in a notebook.

Answers are functions in a module, and lean on helpers and imports there; a package keeps those of each question in a
module of its own. A notebook cell holds one of them alone: its own text, under the name that the question asks for,
after the text of all that it needs.
"""

import ast
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from rnnlab.checks import discovery


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
            return _cells(_text(module, kind.upper(), question), question, name)
    raise ValueError(f"question {question} has no mistake and no alternative called {name!r}")


def _text(module: ModuleType, table: str, question: str) -> str:
    """Return the text of the file that holds a question's table: the module's own, or one of a package's modules."""
    files = [module.__file__]
    if hasattr(module, "__path__"):
        parts = (import_module(f"{module.__name__}.{part.name}") for part in pkgutil.iter_modules(module.__path__))
        files = [part.__file__ for part in parts if question in getattr(part, table, {})]
    return Path(str(files[0])).read_text(encoding="utf-8")


def _cells(text: str, question: str, name: str) -> dict[str, str]:
    tree = ast.parse(text)
    defined = dict(_definitions(tree))
    call = next(node for node in _of_question(tree, question, defined) if ast.literal_eval(node.args[0]) == name)
    functions = call.args[-1]
    assert isinstance(functions, ast.Dict)
    cells = {}
    for key, value in zip(functions.keys, functions.values, strict=True):
        assert isinstance(key, ast.Constant)
        function = str(key.value)
        body = f"{function} = {ast.get_source_segment(text, value)}"
        cells[function] = "\n\n\n".join([*_needed(value, tree, defined, text), body]) + "\n"
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


def _of_question(tree: ast.Module, question: str, defined: dict[str, ast.stmt]) -> Iterator[ast.Call]:
    table = next(defined[name] for name in ("MISTAKES", "ALTERNATIVES") if name in defined)
    assert isinstance(table, ast.Assign)
    assert isinstance(table.value, ast.Dict)
    for key, value in zip(table.value.keys, table.value.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == question:
            place = defined[value.id] if isinstance(value, ast.Name) else value
            yield from (
                n
                for n in ast.walk(place)
                if isinstance(n, ast.Call) and ast.unparse(n.func) in ("Mistake", "Alternative")
            )


def _needed(value: ast.expr, tree: ast.Module, defined: dict[str, ast.stmt], text: str) -> list[str]:
    """Return the text of every top-level statement that `value` leans on, in the module's order."""
    wanted: set[ast.stmt] = set()
    todo: list[ast.AST] = [value]
    while todo:
        for node in ast.walk(todo.pop()):
            statement = defined.get(node.id) if isinstance(node, ast.Name) else None
            if statement is not None and statement not in wanted:
                wanted.add(statement)
                todo.append(statement)
    return [_segment(node, text) for node in tree.body if node in wanted]


def _segment(node: ast.stmt, text: str) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
