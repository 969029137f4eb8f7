"""Arrays in nested tuples, NamedTuples, lists and dicts, visited in one order and by name.

Parameters, gradients and optimizer states are such trees. A leaf is whatever is none of these containers; None holds
no leaf, so that an optional part may be left out.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

_CONTAINERS = (tuple, list, dict)


def leaves(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of every leaf.

    Parameters
    ----------
    tree : tuple, NamedTuple, list, dict or leaf
        What to walk through.
    name : str, optional
        What the caller calls the tree; it begins every name.

    Yields
    ------
    name, leaf : str, object
        The path as one would write it, such as ``"cell.w_x"`` or ``"layers[0].b_h"``; a key that is no name is quoted,
        ``"['a.b']"``, so that different leaves have different names.

    Examples
    --------
    >>> list(leaves({"w": 1.0, "layers": (2.0, None, 3.0)}))
    [('w', 1.0), ('layers[0]', 2.0), ('layers[2]', 3.0)]
    """
    if tree is None:
        return
    if not isinstance(tree, _CONTAINERS):
        yield name, tree
        return
    for key, child in _children(tree):
        yield from leaves(child, _join(name, key, tree))


def values(tree: Any) -> list[Any]:
    """Return every leaf in the order of `leaves`, without the names, which take most of the time.

    Examples
    --------
    >>> values({"w": 1.0, "layers": (2.0, None, 3.0)})
    [1.0, 2.0, 3.0]
    """
    return flatten(tree)[0]


def flatten(tree: Any) -> tuple[list[Any], list[Any]]:
    """Return every leaf, and the tree's form: two trees are of the same form if these lists are equal.

    Examples
    --------
    >>> found, form = flatten({"w": 1.0, "layers": (2.0, None)})
    >>> found, form == flatten({"w": 3.0, "layers": (4.0, None)})[1]
    ([1.0, 2.0], True)
    """
    found: list[Any] = []
    form: list[Any] = []
    _walk((tree,), found, form)
    return found, form


def _walk(children: Iterable[Any], found: list[Any], form: list[Any]) -> None:
    for child in children:
        if child is None:
            form.append(None)
        elif not isinstance(child, _CONTAINERS):
            found.append(child)
            form.append(True)
        elif isinstance(child, dict):
            form += type(child), list(child)
            _walk(child.values(), found, form)
        else:
            form += type(child), len(child)
            _walk(child, found, form)


def alike(tree: Any, other: Any) -> bool:
    """Return whether two trees have the same containers, their leaves in the same places.

    Examples
    --------
    >>> alike({"w": 1, "b": [2]}, {"w": 10, "b": [20]}), alike({"w": 1}, {"w": None})
    (True, False)
    """
    return flatten(tree)[1] == flatten(other)[1]


def map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Return a tree of the same form with `function` applied to corresponding leaves.

    Parameters
    ----------
    function : callable
        Takes one leaf of each tree and returns the new leaf.
    tree, *others : tuple, NamedTuple, list, dict or leaf
        Trees of the same form.

    Returns
    -------
    tree
        The results, in containers of the types of `tree`.

    Raises
    ------
    ValueError
        If the trees differ in form: the message names the first leaf that has no counterpart.

    Examples
    --------
    >>> map(lambda a, b: a + b, {"w": 1, "b": [2]}, {"w": 10, "b": [20]})
    {'w': 11, 'b': [22]}
    """
    columns = side_by_side(tree, *others)
    return build(tree, (function(*row) for row in zip(*columns, strict=True)))


def side_by_side(tree: Any, *others: Any) -> list[list[Any]]:
    """Return the leaves of each tree, of which corresponding ones stand at the same places.

    Raises
    ------
    ValueError
        If the trees differ in form, as in `map`.

    Examples
    --------
    >>> side_by_side({"w": 1, "b": [2]}, {"w": 10, "b": [20]})
    [[1, 2], [10, 20]]
    """
    found, form = flatten(tree)
    columns = [found]
    for other in others:
        its, its_form = flatten(other)
        if its_form != form:  # a list and a tuple, say, have leaves of the same names
            _require_same([name for name, _ in leaves(tree)], [name for name, _ in leaves(other)])
        columns.append(its)
    return columns


def build(tree: Any, new: Iterable[Any]) -> Any:
    """Return a tree of the form of `tree` with the values `new` for leaves, in the order of `leaves`.

    Examples
    --------
    >>> build({"w": 0, "b": (0, 0)}, [1, 2, 3])
    {'w': 1, 'b': (2, 3)}
    """
    try:
        return _build(tree, iter(new))
    except StopIteration:
        raise ValueError("values are fewer than the leaves of the tree") from None


def _build(tree: Any, new: Iterator[Any]) -> Any:
    if not isinstance(tree, _CONTAINERS):
        return None if tree is None else next(new)
    if isinstance(tree, dict):
        return {key: _build(child, new) for key, child in tree.items()}
    children = [_build(child, new) for child in tree]
    return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)


def _children(tree: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(tree, dict):
        return tree.items()
    return zip(tree._fields, tree, strict=True) if hasattr(tree, "_fields") else enumerate(tree)


def _join(name: str, key: Any, tree: Any) -> str:
    plain = isinstance(key, str) and key.isidentifier()
    if hasattr(tree, "_fields") or (isinstance(tree, dict) and plain):
        return f"{name}.{key}" if name else str(key)
    return f"{name}[{key!r}]"  # so that no key can be taken for a path: {"a.b": 1} is no {"a": {"b": 1}}


def _require_same(names: list[str], other: list[str]) -> None:
    if names == other:
        return
    missing = next((name for name in names if name not in other), None)
    if missing is not None:
        raise ValueError(f"trees differ: {missing or 'a lone leaf'} is missing in the second, expected the same leaves")
    surplus = next((name for name in other if name not in names), None)
    if surplus is not None:
        raise ValueError(f"trees differ: {surplus or 'a lone leaf'} is missing in the first, expected the same leaves")
    raise ValueError(f"trees differ: the leaves are in the order {names} and {other}, expected one order")
