"""What of the course a student's answer may use: the same in the check and in the grade.

An assignment names the modules in its ``ALLOWS``. What they need in turn is there as well. Everything else is absent,
and so is every module that holds the reference answer to one of the assignment's questions, whatever needs it.
"""

import ast
import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import rnnlab
from rnnlab import _absent
from rnnlab.checks import discovery, own

PACKAGE = Path(rnnlab.__file__).resolve().parent
APART = (
    "checks",
    "assignments",
    "grading",
    "teaching",
    "cli",
    "_course",
    "__main__",
)  # no part of the library that students import
ALWAYS = ("rnnlab", "rnnlab._absent")


@dataclass(frozen=True)
class Allowed:
    """What an assignment lets students use.

    Parameters
    ----------
    modules : tuple of str
        What they may import, as "rnnlab.data".
    absent : frozenset of str
        The modules of the library that are not there.
    """

    modules: tuple[str, ...]
    absent: frozenset[str]

    @property
    def says(self) -> str:
        """The rule in half a sentence."""
        if not self.modules:
            return "nothing of the course may be imported but its checks"
        *names, last = self.modules
        return f"of the course, only {', '.join(names) + ' and ' if names else ''}{last} may be imported"


@cache
def library(package: Path = PACKAGE) -> dict[str, Path]:
    """Return the file of every module of the library, by the module's name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        if parts[0] not in APART:
            found[".".join(("rnnlab", *(parts[:-1] if parts[-1] == "__init__" else parts)))] = path
    return found


@cache
def needs(name: str) -> frozenset[str]:
    """Return the modules of the library that a module imports, itself and their needs included."""
    seen: set[str] = set()
    todo = [name]
    while todo:
        here = todo.pop()
        if here in seen or here not in library():
            continue
        seen.add(here)
        todo += [".".join(here.split(".")[:n]) for n in range(2, here.count(".") + 1)]
        todo += _imported(library()[here]) if here != "rnnlab" else []
    return frozenset(seen)


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def allowed(assignment: str) -> Allowed:
    """Return what an assignment lets students use: where the course adds questions to one, what both allow.

    Raises
    ------
    ValueError
        If there is no such assignment, it does not say what it allows, or it allows a module that the library does not
        have.
    """
    discovery.load(assignment)
    rules = [_of_package(home) for home in discovery.homes(assignment)]
    absent = frozenset().union(*(rule.absent for rule in rules))
    return Allowed(tuple(dict.fromkeys(m for rule in rules for m in rule.modules if m not in absent)), absent)


@cache
def _of_package(package: str) -> Allowed:
    content = own.imported(package, "checks")
    if not hasattr(content, "ALLOWS"):
        raise ValueError(f"{content.__file__} has no ALLOWS: name the modules of rnnlab that students may import")
    names = tuple(_full(name) for name in content.ALLOWS)
    if unknown := sorted(set(names) - set(library())):
        raise ValueError(f"{content.__file__} allows {', '.join(unknown)}, which the library does not have")
    asked = {
        module
        for question in content.QUESTIONS
        for function in question.reference.values()
        if (module := getattr(function, "__module__", "")) in library()
    }
    hidden = {_full(name) for question in content.QUESTIONS for name in getattr(question, "hides", ())}
    there = {needed for name in names for needed in needs(name)} | set(ALWAYS)
    absent = frozenset(set(library()) - there) | (asked - set(ALWAYS)) | (hidden & set(library()))
    return Allowed(tuple(name for name in names if name not in absent), absent)


def of_question(number: str) -> Allowed:
    """Return what the assignment of a question lets students use."""
    home = discovery.home_of(number)
    return next((allowed(name) for name in discovery.known() if home in discovery.homes(name)), _of_package(home))


def _full(name: str) -> str:
    return name if name.split(".")[0] == "rnnlab" else f"rnnlab.{name}"


@contextlib.contextmanager
def only(rule: Allowed, functions: Iterable[Any]) -> Iterator[None]:
    """While `functions` run, hold from them what `rule` does not allow, as in the sandbox.

    Their globals, defaults and enclosed names are those that are looked at, and what they import.
    """
    undo: list[Callable[[], None]] = []
    try:
        for name in rule.absent:
            stub = _stub(name, rule.says)
            parent, _, last = name.rpartition(".")
            _put(sys.modules, name, stub, undo)
            if parent in sys.modules:
                _put(sys.modules[parent].__dict__, last, stub, undo)
        loaded = frozenset(name for name in library() if name in sys.modules and name not in rule.absent)
        for space, key, other in _passed_on(rule, loaded):
            _put(space, key, other, undo)
        for space in _spaces(functions):
            for key, value in list(space.items()):
                other = _replaced(value, rule)
                if other is not value:
                    _put(space, key, other, undo)
        yield
    finally:
        for step in reversed(undo):
            step()


@cache
def _passed_on(rule: Allowed, loaded: frozenset[str]) -> tuple[tuple[dict, str, Any], ...]:
    """Return what modules that are there have from those that are not: namespace, name, and what stands for it."""
    found = []
    for name in sorted(loaded - set(ALWAYS)):
        space = vars(sys.modules[name])
        for key, value in list(space.items()):
            if not key.startswith("__") and (other := _replaced(value, rule)) is not value:
                found.append((space, key, other))
    return tuple(found)


@cache
def _stub(name: str, says: str) -> ModuleType:
    return _absent.module(name, says, package=library()[name].name == "__init__.py")


_GONE = object()


def _put(space: dict, key: str, value: Any, undo: list[Callable[[], None]]) -> None:
    before = space.get(key, _GONE)

    def back() -> None:
        if before is _GONE:
            space.pop(key, None)
        elif space.get(key, _GONE) is value:
            space[key] = before

    space[key] = value
    undo.append(back)


def _spaces(functions: Iterable[Any]) -> Iterator[dict]:
    """Yield the namespaces that functions read and that are not the library's own."""
    seen: set[int] = set()
    for function in functions:
        for part in (function, getattr(function, "py_func", None), getattr(function, "func", None)):
            space = getattr(part, "__globals__", None)
            if isinstance(part, FunctionType) and space is not None and id(space) not in seen:
                seen.add(id(space))
                if not str(space.get("__name__", "")).startswith("rnnlab"):
                    yield space


def _replaced(value: Any, rule: Allowed) -> Any:
    """Return what stands for a module, function or class that is absent, and any other value as it is."""
    if isinstance(value, ModuleType):
        return _stub(value.__name__, rule.says) if value.__name__ in rule.absent else value
    if not isinstance(value, (FunctionType, type)) and not hasattr(type(value), "py_func"):
        return value
    home = getattr(value, "__module__", None)
    return _absent.Absent(f"{home}.{value.__name__}", rule.says) if home in rule.absent else value
