"""One update of all weights by an optimizer's rule, and what is said of gradients that do not fit."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnlab import _arrays, _joined, _pytree


def moved(rule: Callable[..., Any], params: Any, grads: Any, means: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Return new weights and means.

    Parameters
    ----------
    rule : callable
        Takes a weight, its gradient and its means, and returns the new weight and the new means; elementwise.
    params, grads : tree of arrays
        The weights and their gradients.
    means : tuple of trees
        Each like `params`.

    Returns
    -------
    params, means : tree, tuple of trees
        New arrays; those of a small network share one block of memory.

    Raises
    ------
    TypeError, ValueError
        If a gradient or a mean does not fit: the message names it.

    Examples
    --------
    >>> moved(lambda w, g, v: (w - g, v + g), [np.ones(1)], [np.full(1, 0.5)], ([np.zeros(1)],))
    ([array([0.5])], ([array([0.5])],))
    """
    (weights, form), (its, its_form) = _pytree.flatten(params), _pytree.flatten(grads)
    if its_form != form or not all(map(_fits, weights, its)):
        its = _pytree.values(_gradients(params, grads))
    columns = [weights, its, *_pytree.side_by_side(params, *means)[1:]]
    joined = _join_all(columns)
    if joined is None:
        rows = [rule(*row) for row in zip(*columns, strict=True)]
        new = [[row[i] for row in rows] for i in range(1 + len(means))]
    else:
        new = [_joined.split(vector, weights) for vector in rule(*joined)]
    first, *others = (_pytree.build(params, column) for column in new)
    return first, tuple(others)


def _join_all(columns: list[list[Any]]) -> list[np.ndarray] | None:
    """Return each tree's leaves as a vector, where all are vectors and correspond number by number."""
    joined, shapes = [], None
    for column in columns:
        vector = _joined.join(column)
        if vector is None:
            return None
        its = [array.shape for array in column]
        if shapes is not None and its != shapes:
            return None
        joined.append(vector)
        shapes = its
    return joined


def _gradients(params: Any, grads: Any) -> Any:
    """Return gradients of the weights' own dtypes, which a wider one would change, or say what does not fit."""
    named = dict(_pytree.leaves(grads, "grads"))
    for name, leaf in _pytree.leaves(params, "grads"):
        if name not in named:
            if any(other.startswith((f"{name}[", f"{name}.")) for other in named):
                raise ValueError(f"{name} is in parts, expected an array of shape {np.shape(leaf)}")
            raise ValueError(f"{name} is missing, expected an array of shape {np.shape(leaf)}")
        if np.shape(named[name]) != np.shape(leaf):
            raise ValueError(f"{name} has shape {np.shape(named[name])}, expected {np.shape(leaf)}")
    surplus = next((name for name in named if name not in dict(_pytree.leaves(params, "grads"))), None)
    if surplus is not None:
        raise ValueError(f"{surplus} is there, expected gradients of the weights only")
    require_numbers(grads)
    return _pytree.map(_of_dtype, params, grads)


def _fits(leaf: Any, its: Any) -> bool:
    """Return whether a gradient is an array of the shape and the dtype of its weights, as nearly all are."""
    both = type(leaf) is np.ndarray and type(its) is np.ndarray
    return both and leaf.shape == its.shape and leaf.dtype is its.dtype and leaf.dtype.char in "df"


def _of_dtype(leaf: Any, gradient: Any) -> Any:
    weights = np.asarray(leaf)
    if weights.dtype.kind == "f" and weights.dtype.itemsize < 4:  # whose squares, and eps, are 0 or infinite
        raise TypeError(f"params have dtype {weights.dtype}, expected float64 or float32")
    array = _arrays.as_array("grads", gradient)
    if array.dtype.kind == "c" and weights.dtype.kind != "c":
        raise TypeError(f"grads have dtype {array.dtype}, expected {weights.dtype}")
    return array.astype(weights.dtype, copy=False) if weights.dtype.kind == "f" else array


def require_numbers(grads: Any) -> None:
    """Raise where a gradient is made of anything but numbers."""
    for name, leaf in _pytree.leaves(grads, "grads"):
        if np.asarray(leaf).dtype.kind not in "biufc":
            raise TypeError(f"{name} is {leaf!r:.60}, expected an array of numbers")
