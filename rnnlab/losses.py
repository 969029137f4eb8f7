"""Loss values and their gradients.

With N the number of entries that count,

    mean squared error      L = 1/N Σ (y − p)²                          ∂L/∂y = 2 (y − p) / N
    softmax cross-entropy   L = −1/N Σ log softmax(a)_p                 ∂L/∂a = (softmax(a) − onehot(p)) / N
    sigmoid cross-entropy   L = −1/N Σ p log σ(a) + (1 − p) log σ(−a)   ∂L/∂a = (σ(a) − p) / N

An entry is one number for `mse` and `sigmoid_cross_entropy`, which average over the outputs of a step as well as over
steps; it is one step for `softmax_cross_entropy`, whose outputs are together one prediction. A mask leaves steps out:
they are no part of N, their gradient is exactly 0, and whatever they hold, NaN included, reaches nothing.
"""

import math
from dataclasses import dataclass
from typing import Any

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


def mse(y: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> tuple[float, np.ndarray]:
    """Return the mean squared error and its gradient.

    Parameters
    ----------
    y : (..., O) array
        Outputs: usually (T, B, O), or (B, O) where only the last step answers.
    target : (..., O) array
        What the outputs should have been.
    mask : (...) array of bool, optional
        True where a step counts; all do by default.

    Returns
    -------
    loss : float
        Mean over steps that count and over outputs.
    dy : (..., O) array
        Gradient of `loss`, in the dtype of `y`.

    Raises
    ------
    ValueError
        If shapes differ, the mask holds anything but 0 and 1, or no step counts.

    Examples
    --------
    >>> loss, dy = mse([[1.0], [5.0]], [[0.0], [2.0]])
    >>> loss
    5.0
    >>> dy.ravel()
    array([1., 3.])
    """
    y = _outputs("y", y)
    target = _like(y, target)
    mask = _mask(mask, y.shape[:-1])
    error = _where(mask, y) - _where(mask, target)
    n = _count(mask, y.size)
    loss = np.square(error, dtype=np.float64).sum() / n
    return float(loss), error * y.dtype.type(2 / n)


def softmax_cross_entropy(
    logits: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None, *, class_weights: ArrayLike | None = None
) -> tuple[float, np.ndarray]:
    """Return the cross-entropy of one choice out of O and its gradient.

    Parameters
    ----------
    logits : (..., O) array
        One score per class, before the softmax.
    target : (...) array of int
        Index of the right class, 0 to O-1. Masked steps may hold any integer.
    mask : (...) array of bool, optional
        True where a step counts; all do by default.
    class_weights : (O,) array, optional
        How much a step of each class counts, 0 or more; 1 by default. For an `Objective`:
        ``functools.partial(softmax_cross_entropy, class_weights=[1.0, 20.0])``.

    Returns
    -------
    loss : float
        Mean over steps that count, in nats; with class weights the weighted mean, as in PyTorch.
    dlogits : (..., O) array
        Gradient of `loss`, in the dtype of `logits`.

    Raises
    ------
    ValueError
        If shapes do not fit, a target that counts is not a class, no step counts, or a weight is negative.

    Examples
    --------
    >>> loss, dlogits = softmax_cross_entropy([[0.0, 0.0]], [1])
    >>> round(loss, 6)
    0.693147
    >>> dlogits
    array([[ 0.5, -0.5]])
    """
    logits = _outputs("logits", logits)
    mask = _mask(mask, logits.shape[:-1])
    index = _classes(target, logits.shape, mask)[..., None]
    safe = _where(mask, logits)
    best = safe.max(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        shifted = np.where(safe == np.inf, 0, safe - best)  # a class that is certain takes all, however large it is
    exp = np.exp(shifted)
    total = exp.sum(axis=-1, keepdims=True)
    surprise = np.log(total) - np.take_along_axis(shifted, index, axis=-1)
    share = _shares(class_weights, index, logits, mask)
    loss = _where(mask, surprise * share).sum(dtype=np.float64)
    dlogits = exp / total
    np.put_along_axis(dlogits, index, np.take_along_axis(dlogits, index, axis=-1) - 1, axis=-1)
    return float(loss), _where(mask, dlogits * share)


def sigmoid_cross_entropy(
    logits: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None
) -> tuple[float, np.ndarray]:
    """Return the cross-entropy of O independent yes-or-no answers and its gradient.

    Parameters
    ----------
    logits : (..., O) array
        One score per answer, before the sigmoid.
    target : (..., O) array
        Probabilities in [0, 1], usually 0 or 1.
    mask : (...) array of bool, optional
        True where a step counts; all do by default.

    Returns
    -------
    loss : float
        Mean over steps that count and over outputs, in nats. Multiply by O for the negative log-likelihood of a step.
    dlogits : (..., O) array
        Gradient of `loss`, in the dtype of `logits`.

    Raises
    ------
    ValueError
        If shapes differ, a target that counts is outside [0, 1], or no step counts.

    Examples
    --------
    >>> loss, dlogits = sigmoid_cross_entropy([[0.0, 1e4]], [[1.0, 1.0]])
    >>> round(loss, 6)
    0.346574
    >>> dlogits
    array([[-0.25,  0.  ]])
    """
    logits = _outputs("logits", logits)
    target = _like(logits, target)
    mask = _mask(mask, logits.shape[:-1])
    a, p = _where(mask, logits), _where(mask, target)
    _require_probabilities(p)
    decay = np.exp(-np.abs(a))  # at most 1, so that neither the loss nor σ(a) can overflow
    n = _count(mask, a.size)
    certain = np.isinf(a)
    finite = np.where(certain, a.dtype.type(0), a) if certain.any() else a
    surprise = np.maximum(finite, 0) - finite * p + np.log1p(decay)
    if finite is not a:  # a certain answer costs nothing where it is right, and everything where it is not
        surprise = np.where(certain, np.where(p == (a > 0), 0, np.inf), surprise).astype(a.dtype)
    loss = _where(mask, surprise).sum(dtype=np.float64) / n
    sigmoid = np.where(a >= 0, 1, decay) / (1 + decay)
    return float(loss), _where(mask, sigmoid - p) / logits.dtype.type(n)


@dataclass(frozen=True)
class Quantiles:
    """The pinball loss, whose outputs are quantiles of what is forecast: how sure it is, without a law of errors.

    With e = p − y, an output for the level q costs max(q e, (q − 1) e), which is least where a share q of the targets
    lies below it.

    Parameters
    ----------
    levels : tuple of float
        Rising shares between 0 and 1, such as ``(0.1, 0.5, 0.9)``: the outer two are an interval that covers 80 %.

    References
    ----------
    Koenker and Bassett 1978, section 3.

    Examples
    --------
    >>> loss = Quantiles((0.1, 0.5, 0.9))
    >>> value, dy = loss([[1.0, 2.0, 3.0]], [[2.5]])
    >>> round(value, 6), (3 * dy).round(6).tolist()
    (0.15, [[-0.1, -0.5, 0.1]])
    """

    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        levels = tuple(float(level) for level in self.levels)
        if not levels or sorted(set(levels)) != list(levels) or not 0 < levels[0] <= levels[-1] < 1:
            raise ValueError(f"levels is {levels}, expected rising numbers between 0 and 1")
        object.__setattr__(self, "levels", levels)

    def __call__(self, y: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> tuple[float, np.ndarray]:
        """Return the mean over steps that count, targets and levels, and its gradient.

        Parameters
        ----------
        y : (..., O·Q) array
            For each of O targets its Q quantiles, one target after the other; `split` gives them as (..., O, Q).
        target : (..., O) array
            What came.
        mask : (...) array of bool, optional
            True where a step counts.

        Returns
        -------
        loss : float
        dy : (..., O·Q) array

        Raises
        ------
        ValueError
            If shapes do not fit, or no step counts.
        """
        y = _outputs("y", y)
        target = _beside("target", target, y, len(self.levels))
        mask = _mask(mask, y.shape[:-1])
        error = self.split(_where(mask, target.repeat(len(self.levels), axis=-1)) - _where(mask, y))
        levels, n = np.array(self.levels, y.dtype), _count(mask, y.size)
        loss = np.maximum(levels * error, (levels - 1) * error).sum(dtype=np.float64) / n
        dy = np.where(error > 0, -levels, np.where(error < 0, 1 - levels, 0)).reshape(y.shape).astype(y.dtype)
        return float(loss), dy / y.dtype.type(n)

    def split(self, y: np.ndarray) -> np.ndarray:
        """Return outputs (..., O·Q) as (..., O, Q)."""
        return y.reshape(*y.shape[:-1], -1, len(self.levels))


def gaussian(y: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> tuple[float, np.ndarray]:
    """Return the negative log-likelihood of a normal law whose mean and spread are both outputs, and its gradient.

    Parameters
    ----------
    y : (..., 2·O) array
        The O means, then the O logarithms s of the variances; the standard deviation is exp(s / 2).
    target : (..., O) array
        What came.
    mask : (...) array of bool, optional
        True where a step counts; all do by default.

    Returns
    -------
    loss : float
        Mean over steps that count and over targets, in nats: ½ (log 2π + s + (p − m)² e^−s).
    dy : (..., 2·O) array
        Gradient of `loss`, in the dtype of `y`.

    Raises
    ------
    ValueError
        If shapes do not fit, or no step counts.

    References
    ----------
    Nix and Weigend 1994, section 2.

    Examples
    --------
    >>> loss, dy = gaussian([[0.0, 0.0]], [[1.0]])
    >>> round(loss, 6), dy.tolist()
    (1.418939, [[-1.0, 0.0]])
    """
    y = _outputs("y", y)
    target = _beside("target", target, y, 2)
    mask = _mask(mask, y.shape[:-1])
    mean, s = np.split(_where(mask, y), 2, axis=-1)
    error = mean - _where(mask, target)
    with np.errstate(over="ignore"):  # a spread of nothing makes the loss infinite, which is said where it matters
        precision = np.exp(-s)
        square = error * error * precision
    n = _count(mask, target.size)
    loss = _where(mask, (math.log(2 * math.pi) + s + square) / 2).sum(dtype=np.float64) / n
    dy = np.concatenate([error * precision, (1 - square) / 2], axis=-1)
    return float(loss), _where(mask, dy) / y.dtype.type(n)


def _beside(name: str, value: ArrayLike, y: np.ndarray, times: int) -> np.ndarray:
    """Return targets of which each has `times` outputs."""
    array = _arrays.as_array(name, value)
    if (*array.shape[:-1], times * (array.shape or (0,))[-1]) != y.shape:
        raise ValueError(f"{name} has shape {array.shape} beside y's {y.shape}, expected {times} outputs to a target")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {array.dtype}, expected floats")
    return array.astype(y.dtype, copy=False)


def _outputs(name: str, value: ArrayLike) -> np.ndarray:
    array = _arrays.as_array(name, value)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}, expected (..., O) with at least one entry")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {array.dtype}, expected floats")
    return array if array.dtype == np.float32 else array.astype(np.float64, copy=False)


def _like(y: np.ndarray, target: ArrayLike) -> np.ndarray:
    array = _arrays.as_array("target", target)
    if array.shape != y.shape:
        raise ValueError(f"target has shape {array.shape}, expected {y.shape}")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"target has dtype {array.dtype}, expected floats")
    return array.astype(y.dtype, copy=False)


def _mask(mask: ArrayLike | None, shape: tuple[int, ...]) -> np.ndarray | None:
    if mask is None:
        return None
    array = _arrays.require_flags("mask", mask, shape)
    if not array.any():
        raise NothingCounts("mask is 0 everywhere, expected at least one step that counts")
    return array


def _where(mask: np.ndarray | None, values: np.ndarray) -> np.ndarray:
    return values if mask is None else np.where(mask[..., None], values, values.dtype.type(0))


def _count(mask: np.ndarray | None, size: int) -> int:
    return size if mask is None else size // mask.size * int(mask.sum())


def _classes(target: ArrayLike, shape: tuple[int, ...], mask: np.ndarray | None) -> np.ndarray:
    index = _arrays.as_array("target", target)
    if not np.issubdtype(index.dtype, np.integer):
        raise ValueError(f"target has dtype {index.dtype}, expected class indices of an integer dtype")
    if index.shape != shape[:-1]:
        raise ValueError(f"target has shape {index.shape}, expected {shape[:-1]}")
    index = index if mask is None else np.where(mask, index, 0)
    wrong = np.argwhere((index < 0) | (index >= shape[-1]))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        raise ValueError(f"target[{_index(at)}] is {index[at]}, expected 0 to O-1={shape[-1] - 1}")
    return index


def _shares(weights: ArrayLike | None, index: np.ndarray, logits: np.ndarray, mask: np.ndarray | None) -> Any:
    """Return how much of the mean each step is: (..., 1), or one number where all count alike."""
    if weights is None:
        return logits.dtype.type(1 / _count(mask, index.size))
    array = _arrays.require("class_weights", weights, np.float64, O=logits.shape[-1])
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"class_weights is {array.tolist()}, expected numbers from 0")
    counted = _where(mask, array[index])
    if counted.sum() == 0:
        raise NothingCounts("class_weights are 0 for every target that counts, expected one above 0")
    return (counted / counted.sum()).astype(logits.dtype)


def _require_probabilities(p: np.ndarray) -> None:
    wrong = np.argwhere(~((p >= 0) & (p <= 1)))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        raise ValueError(f"target[{_index(at)}] is {p[at]:g}, expected 0 to 1")


def _index(at: tuple[int, ...]) -> str:
    return ", ".join(map(str, at))
