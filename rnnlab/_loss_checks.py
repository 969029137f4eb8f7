"""What every loss asks of its outputs, targets and masks."""

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays


class NothingCounts(ValueError):
    """A batch in which no step counts: it has no loss. Training goes on with the next one.

    Examples
    --------
    >>> mse([[1.0]], [[2.0]], mask=[False])
    Traceback (most recent call last):
    rnnlab.losses.NothingCounts: mask is 0 everywhere, expected at least one step that counts
    """

    __module__ = "rnnlab.losses"  # where it is found


def beside(name: str, value: ArrayLike, y: np.ndarray, times: int) -> np.ndarray:
    """Return targets of which each has `times` outputs."""
    array = _arrays.as_array(name, value)
    if (*array.shape[:-1], times * (array.shape or (0,))[-1]) != y.shape:
        raise ValueError(f"{name} has shape {array.shape} beside y's {y.shape}, expected {times} outputs to a target")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {array.dtype}, expected floats")
    return array.astype(y.dtype, copy=False)


def outputs(name: str, value: ArrayLike) -> np.ndarray:
    """Return outputs as float32, where they are that, or float64."""
    array = _arrays.as_array(name, value)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}, expected (..., O) with at least one entry")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {array.dtype}, expected floats")
    return array if array.dtype == np.float32 else array.astype(np.float64, copy=False)


def like(y: np.ndarray, target: ArrayLike) -> np.ndarray:
    """Return targets of the shape and dtype of `y`."""
    array = _arrays.as_array("target", target)
    if array.shape != y.shape:
        raise ValueError(f"target has shape {array.shape}, expected {y.shape}")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"target has dtype {array.dtype}, expected floats")
    return array.astype(y.dtype, copy=False)


def counted(mask: ArrayLike | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return a mask as flags, of which at least one is set."""
    if mask is None:
        return None
    array = _arrays.require_flags("mask", mask, shape)
    if not array.any():
        raise NothingCounts("mask is 0 everywhere, expected at least one step that counts")
    return array


def where(mask: np.ndarray | None, values: np.ndarray) -> np.ndarray:
    """Return values with 0 at the steps that a mask leaves out."""
    return values if mask is None else np.where(mask[..., None], values, values.dtype.type(0))


def count(mask: np.ndarray | None, size: int) -> int:
    """Return how many of `size` numbers count."""
    return size if mask is None else size // mask.size * int(mask.sum())


def classes(target: ArrayLike, shape: tuple[int, ...], mask: np.ndarray | None) -> np.ndarray:
    """Return the right classes, 0 at the steps that a mask leaves out."""
    index = _arrays.as_array("target", target)
    if not np.issubdtype(index.dtype, np.integer):
        raise ValueError(f"target has dtype {index.dtype}, expected class indices of an integer dtype")
    if index.shape != shape[:-1]:
        raise ValueError(f"target has shape {index.shape}, expected {shape[:-1]}")
    index = index if mask is None else np.where(mask, index, 0)
    if index.min() < 0 or index.max() >= shape[-1]:
        at = tuple(np.argwhere((index < 0) | (index >= shape[-1]))[0].tolist())
        hint = "; a mask leaves out what has no class" if index[at] < 0 else ""
        raise ValueError(f"target[{_index(at)}] is {index[at]}, expected 0 to O-1={shape[-1] - 1}{hint}")
    return index.astype(np.intp, copy=False)


def require_classes(logits: np.ndarray) -> None:
    """Raise where there is one class, which is always right: nothing is learned of it."""
    if logits.shape[-1] == 1:
        raise ValueError(
            "logits has one score, which is always the best, expected one for each class; for yes and no "
            "sigmoid_cross_entropy takes one"
        )


def shares(weights: ArrayLike | None, index: np.ndarray, logits: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Return how much of the mean each step is, 0 where a mask leaves it out."""
    if weights is None:
        share = np.full(index.shape, 1 / count(mask, index.size), logits.dtype)
        return share if mask is None else share * mask
    array = _arrays.require("class_weights", weights, np.float64, O=logits.shape[-1])
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"class_weights is {array.tolist()}, expected numbers from 0")
    share = array[index] if mask is None else array[index] * mask
    if share.sum() == 0:
        raise NothingCounts("class_weights are 0 for every target that counts, expected one above 0")
    return (share / share.sum()).astype(logits.dtype)


def counts_as(mask: np.ndarray | None, index: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return what the mean counts each step as, before the weight of its class."""
    counted_ones = np.ones(index.shape) if mask is None else mask.astype(np.float64)
    whole = counted_ones if weights is None else counted_ones * weights[index]
    return counted_ones / whole.sum()


def finite(mask: np.ndarray | None, target: np.ndarray) -> np.ndarray:
    """Return targets with 0 where the mask leaves them out; one that counts and is not finite is named by its place."""
    return _arrays.require_finite("target", where(mask, target))


def positive_weight(weight: ArrayLike, a: np.ndarray) -> np.ndarray:
    """Return the weight of a yes, one for all answers or one for each of O, in the dtype of the scores."""
    array = _arrays.as_array("positive_weight", weight)
    if array.dtype.kind not in "fiu" or array.shape not in ((), (a.shape[-1],)) or not (array > 0).all():
        raise ValueError(f"positive_weight is {weight!r:.60}, expected a number above 0, or {a.shape[-1]} of them")
    _arrays.require_finite("positive_weight", array)
    return array.astype(a.dtype)


def require_probabilities(p: np.ndarray) -> None:
    """Raise unless all numbers are from 0 to 1."""
    wrong = np.argwhere(~((p >= 0) & (p <= 1)))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        raise ValueError(f"target[{_index(at)}] is {p[at]:g}, expected 0 to 1")


def _index(at: tuple[int, ...]) -> str:
    return ", ".join(map(str, at))
