"""The same arrays with another setting, option, mask, length or target: who keeps answers by the rest shows."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

Words = Mapping[str, Sequence[str]]  # the options that are known of parameters that are named by a word


def places(names: Sequence[str], args: tuple, words: Words = MappingProxyType({})) -> list[int]:
    """Return which arguments of a call can be changed by themselves.

    They are numbers and words beside arrays, and arrays of whole numbers or of truth values. Where a function draws
    from a seed, its answer to other settings is its own affair; where it is given functions, these may depend on the
    settings; and where it goes back, what it is given are values that the way forward has with these settings alone.

    Examples
    --------
    >>> places(["series", "k", "horizon"], (np.zeros(9), 3, 1))
    [1]
    """
    arrays = any(isinstance(arg, np.ndarray | dict | tuple | list) for arg in args)
    if not arrays or "seed" in names or any(map(callable, args)) or _goes_back(names):
        return []
    return [i for i in range(len(args)) if _other(names, args, i, words) is not None]


def changed(names: Sequence[str], args: tuple, place: int, words: Words = MappingProxyType({})) -> tuple:
    """Return the arguments with the one at a place changed.

    Examples
    --------
    >>> changed(["series", "k", "horizon"], ("the series", 3, 1), 1)
    ('the series', 2, 1)
    """
    return *args[:place], _other(names, args, place, words), *args[place + 1 :]


class Changed:
    """A student who is asked a first question twice: as a probe asks it, and with one argument changed.

    Parameters
    ----------
    ask : callable
        The student as the probe knows it.
    names : callable
        From a function's name to those of its parameters.
    words : callable
        From a function's name to the options of its parameters.
    place : int
        Of the argument.
    """

    def __init__(self, ask: Any, names: Callable[[str], Sequence[str]], words: Callable[[str], Words], place: int):
        self._ask, self._names, self._words, self._place, self._first = ask, names, words, place, True

    def __call__(self, function: str, *args: Any) -> Any:
        value = self._ask(function, *args)
        if not self._first:
            return value
        self._first = False
        return self._ask(function, *changed(self._names(function), args, self._place, self._words(function)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ask, name)


def _goes_back(names: Sequence[str]) -> bool:
    """Return whether a function is given a value and its gradient, as `h` and `dh`."""
    return any(f"d{name}" in names for name in names)


def _other(names: Sequence[str], args: tuple, place: int, words: Words) -> Any:
    """Return what a text that allows the one value allows as well: a whole number is lowered by one."""
    value = args[place]
    if type(value) is str:
        others = sorted({*words.get(names[place], ()), value})
        return others[others.index(value) - 1] if len(others) > 1 else None
    if type(value) is int and value > 1:
        return value - 1
    if type(value) is float and math.isfinite(value) and value != 0:
        return value * (0.75 if abs(value) >= 1 else 1.25)
    if not isinstance(value, np.ndarray) or not value.size:
        return None
    if value.dtype == np.bool_:
        return _without_last(value)
    if value.dtype.kind not in "iu" or value.min() < 0:
        return None
    if names[place] == "lengths":
        # where targets are given for every step, they say by -1 how long a row is
        told = any(name == "target" and arg.dtype.kind in "iu" and arg.ndim > 1 for name, arg in _arrays(names, args))
        return None if told or value.max() < 2 else _lowered(value)
    return np.flip(value).copy()


def _arrays(names: Sequence[str], args: tuple) -> list[tuple[str, np.ndarray]]:
    return [(name, arg) for name, arg in zip(names, args, strict=True) if isinstance(arg, np.ndarray)]


def _without_last(mask: np.ndarray) -> np.ndarray | None:
    if mask.sum() < 2:
        return None
    fewer = mask.copy()
    fewer.flat[np.flatnonzero(mask)[-1]] = False
    return fewer


def _lowered(lengths: np.ndarray) -> np.ndarray:
    fewer = lengths.copy()
    fewer.flat[np.argmax(lengths)] -= 1
    return fewer
