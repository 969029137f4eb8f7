"""Compare a gradient with central differences and report the worst entry.

∂loss/∂θ_i ≈ (loss(θ + s e_i) - loss(θ - s e_i)) / 2s, whose error is about s² from the loss's curvature and ε/s from
rounding, so that s = ε^(1/3) is best, ε being the dtype's precision.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rnnlab import _pytree
from rnnlab._settings import require_number


class Report(NamedTuple):
    """The entry of a gradient that differs most from its central difference."""

    entry: str
    given: float
    numeric: float
    error: float  # relative, beyond what rounding explains
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether even that entry is within the tolerance."""
        return self.error <= self.tolerance

    def __str__(self) -> str:
        verdict = "right" if self.ok else "wrong"
        return (
            f"{verdict}: worst at {self.entry}, given {self.given:.9g}, by central differences {self.numeric:.9g} "
            f"(relative error {self.error:.1e}, tolerance {self.tolerance:.1e})"
        )


def check(loss: Callable[[Any], float], values: Any, gradients: Any, *, tolerance: float = 1e-6) -> Report:
    """Compare every entry of a gradient with its central difference.

    Parameters
    ----------
    loss : callable
        Takes something built like `values` and returns one number.
    values : array, or tuple, list, dict or Params of such
        Where the gradient was taken; float64 or float32. It is not changed.
    gradients : built like `values`
        ∂loss/∂values.
    tolerance : float, default=1e-6
        Largest relative error that is right. In float32 nothing below 1e-2 can be expected.

    Returns
    -------
    report : Report
        The worst entry, both its numbers, its relative error and whether it is ``ok``. The error is relative to the
        larger number, or to a thousandth of the array's largest where both are smaller than that.

    Raises
    ------
    TypeError
        If a value is not of floats.
    ValueError
        If `gradients` is not built like `values`, or the loss is not one number.

    Examples
    --------
    >>> values = {"w": np.array([1.0, 2.0]), "b": np.array(3.0)}
    >>> def loss(values):
    ...     return np.sum(values["w"] ** 2) * values["b"]
    >>> check(loss, values, {"w": 2 * values["w"] * values["b"], "b": np.array(5.0)}).ok
    True
    >>> wrong = check(loss, values, {"w": np.array([6.0, 5.0]), "b": np.array(5.0)})
    >>> wrong.ok, wrong.entry, round(wrong.given, 6), round(wrong.numeric, 6)
    (False, 'w[1]', 5.0, 12.0)
    """
    if not callable(loss):
        raise TypeError(f"loss is {type(loss).__name__}, expected a function from values to one number")
    copy = _copied(values)
    named = dict(_pytree.leaves(copy))
    given = {name: np.asarray(array) for name, array in _pytree.leaves(gradients)}
    _require_alike(named, given)
    _require_same_twice(loss, copy)
    tolerance = require_number("tolerance", tolerance, 0)
    worst = Report("nothing", 0.0, 0.0, 0.0, tolerance)
    for name, array in named.items():
        numeric, noise = _central_differences(lambda: loss(copy), array)
        error = _relative_error(given[name].astype(float), numeric, noise)
        place = np.unravel_index(int(np.argmax(error)), array.shape)
        if error[place] > worst.error or worst.entry == "nothing":
            entry = (name or "value") + (f"[{', '.join(str(int(i)) for i in place)}]" if place else "")
            worst = Report(entry, float(given[name][place]), float(numeric[place]), float(error[place]), tolerance)
    return worst


def numeric(loss: Callable[[Any], float], values: Any) -> Any:
    """Return the gradient by central differences alone.

    Parameters
    ----------
    loss : callable
        Takes something built like `values` and returns one number.
    values : array, or tuple, list, dict or Params of such
        Where to take the gradient; it is not changed.

    Returns
    -------
    gradients : built like `values`
        The differences, in float64.

    Raises
    ------
    TypeError, ValueError
        As `check`.

    Examples
    --------
    >>> numeric(lambda x: float(np.sum(x**2)), np.array([1.0, 2.0])).round(6)
    array([2., 4.])
    """
    copy = _copied(values)
    found = [_central_differences(lambda: loss(copy), array)[0] for _, array in _pytree.leaves(copy)]
    return _pytree.build(copy, found)


def _central_differences(loss: Callable[[], float], array: np.ndarray) -> tuple[np.ndarray, float]:
    """Move each entry of `array` in place; return the differences and the size of their rounding error."""
    precision = np.finfo(array.dtype).eps
    differences, largest = np.empty(array.shape), 0.0
    for place in np.ndindex(array.shape):
        middle = array[place]
        step = precision ** (1 / 3) * max(1.0, abs(float(middle)))
        ends, losses = [], []
        for moved in (middle + step, middle - step):
            array[place] = moved
            ends.append(float(array[place]))  # as rounded to the dtype
            losses.append(_number(loss()))
        array[place] = middle
        differences[place] = (losses[0] - losses[1]) / (ends[0] - ends[1])
        largest = max(largest, abs(losses[0]))
    return differences, 4 * float(precision) ** (2 / 3) * largest


def _relative_error(given: np.ndarray, numeric: np.ndarray, noise: float) -> np.ndarray:
    size = np.maximum(np.maximum(np.abs(given), np.abs(numeric)), np.max(np.abs(numeric)) / 1000)
    beyond = np.maximum(np.abs(given - numeric) - noise, 0)
    with np.errstate(invalid="ignore"):
        error = np.divide(beyond, size, out=np.zeros_like(size), where=beyond != 0)
    return np.where(np.isnan(error), np.inf, error)  # NaN and infinity are as wrong as can be


def _require_same_twice(loss: Callable[[Any], float], values: Any) -> None:
    first, second = _number(loss(values)), _number(loss(values))
    if first != second and not (np.isnan(first) and np.isnan(second)):
        raise ValueError(
            f"loss is {first:g} and then {second:g} for the same values, expected one that draws no random numbers, "
            "or makes its generator anew at every call"
        )


def _number(loss: Any) -> float:
    if np.size(loss) != 1:
        raise ValueError(f"the loss has shape {np.shape(loss)}, expected one number")
    if np.asarray(loss).dtype.kind not in "biuf":
        raise TypeError(f"the loss is {loss!r:.60}, expected one number")
    return float(np.asarray(loss).reshape(()))


def _require_alike(named: dict[str, np.ndarray], given: dict[str, np.ndarray]) -> None:
    for name, array in named.items():
        called = f"the gradient of {name}" if name else "the gradient"
        if name not in given:
            raise ValueError(f"{called} is missing, expected shape {array.shape}")
        if given[name].shape != array.shape:
            raise ValueError(f"{called} has shape {given[name].shape}, expected {array.shape}")
    for name in given:
        if name not in named:
            raise ValueError(f"there is a gradient of {name}, expected one of {', '.join(named)}")


def _copied(values: Any) -> Any:
    copies = []
    for name, value in _pytree.leaves(values):
        array = np.array(value)
        if array.dtype.kind != "f":
            raise TypeError(f"{name or 'value'} has dtype {array.dtype}, expected floats")
        copies.append(array)
    return _pytree.build(values, copies)
