"""Small wrong versions of a right answer, made by changing its syntax tree in one place at a time.

A check that lets such a mutant pass has a gap, unless the change makes no difference.
"""

import ast
import copy
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
_FUNCTIONS = {
    "tanh": "sin",
    "exp": "expm1",
    "log": "log1p",
    "maximum": "minimum",
    "minimum": "maximum",
    "max": "min",
    "min": "max",
    "sum": "mean",
    "mean": "sum",
    "argmax": "argmin",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "ones": "zeros",
    "hstack": "vstack",
    "vstack": "hstack",
    "append": "remove",
    "floor": "ceil",
    "abs": "float",
    "sqrt": "square",
    "outer": "multiply",
    "cumsum": "cumprod",
    "prod": "sum",
    "eye": "ones",
    "any": "all",
    "all": "any",
}


@dataclass(frozen=True)
class Mutant:
    """One wrong version: the text it was made from, and its own."""

    original: str
    text: str

    @cached_property
    def change(self) -> str:
        """The line that differs, or the line left out; found when it is asked for, as comparing texts takes long."""
        return _difference(self.original, self.text)


def mutants(text: str) -> Iterator[Mutant]:
    """Yield every mutant of a Python function's text.

    Operators and comparisons are exchanged, numbers and indices moved by one, signs and transposes dropped, arguments
    swapped, functions exchanged for their neighbours, and statements left out.

    Parameters
    ----------
    text : str
        One or more function definitions. Docstrings and default values are left alone.
    """
    tree = ast.parse(text)
    original = ast.unparse(tree)
    seen = {original}
    for path, node in _places(tree):
        for new in _changes(node):
            mutated = ast.unparse(ast.fix_missing_locations(_replaced(tree, path, new)))
            if mutated not in seen:
                seen.add(mutated)
                yield Mutant(original, mutated)


Path = tuple[tuple[str, int | None], ...]


def _places(tree: ast.AST, path: Path = ()) -> Iterator[tuple[Path, ast.AST]]:
    """Yield the nodes inside function bodies, each with the way to it."""
    for name, value in ast.iter_fields(tree):
        if isinstance(tree, ast.FunctionDef) and name != "body":
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _is_docstring(child):
                here = (*path, (name, place))
                if hasattr(child, "lineno") and not isinstance(tree, ast.Module):
                    yield here, child
                yield from _places(child, here)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _replaced(tree: ast.AST, path: Path, new: ast.AST | None) -> ast.AST:
    """Return a tree with another node at the end of a path, or none; what is beside the path is shared."""
    (name, place), *rest = path
    value, changed = getattr(tree, name), copy.copy(tree)
    put = _replaced(value if place is None else value[place], tuple(rest), new) if rest else new
    if place is None:
        setattr(changed, name, put)
    else:
        kept = [] if put is None else [put]
        setattr(changed, name, [*value[:place], *kept, *value[place + 1 :]] or [ast.Pass()])
    return changed


def _changes(node: ast.AST) -> Iterator[ast.AST | None]:
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
        for operator in _OPERATORS.get(type(node.op), ()):
            yield _with(node, op=operator())
    if isinstance(node, ast.BinOp):
        yield node.left  # a term or a factor left out
        yield node.right
    if isinstance(node, ast.Compare):
        for operator in _OPERATORS.get(type(node.ops[0]), ()):
            yield _with(node, ops=[operator(), *node.ops[1:]])
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield ast.Constant(not node.value)
    if isinstance(node, ast.Attribute):
        if node.attr == "T":
            yield node.value
        elif node.attr in _FUNCTIONS:
            yield _with(node, attr=_FUNCTIONS[node.attr])
    if isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    if isinstance(node, ast.Call | ast.Subscript | ast.Slice):
        yield from _places_changed(node)
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.For):
        yield None


def _places_changed(node: ast.Call | ast.Subscript | ast.Slice) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call):
        for i in range(len(node.args) - 1):
            swapped = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2 :]]
            yield _with(node, args=swapped)
        for i in range(len(node.keywords)):
            yield _with(node, keywords=[*node.keywords[:i], *node.keywords[i + 1 :]])
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.BinOp):
        for operator in (ast.Add(), ast.Sub()):
            yield _with(node, slice=ast.BinOp(node.slice, operator, ast.Constant(1)))
    elif isinstance(node, ast.Slice):
        for bound in ("lower", "upper", "step"):
            if getattr(node, bound) is not None:
                yield _with(node, **{bound: None})


def _with(node: ast.AST, **fields) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _difference(original: str, mutated: str) -> str:
    lines = list(difflib.ndiff(original.splitlines(), mutated.splitlines()))
    added = [line[2:].strip() for line in lines if line.startswith("+ ")]
    removed = [line[2:].strip() for line in lines if line.startswith("- ")]
    return " ⏎ ".join(added) if added not in ([], ["pass"]) else "without: " + " ⏎ ".join(removed)
