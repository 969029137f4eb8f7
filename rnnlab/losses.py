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

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _loss_checks as _checks
from rnnlab._loss_checks import NothingCounts
from rnnlab._settings import require_share
from rnnlab._smoothing import smoothed
from rnnlab.kernels import softmax

__all__ = ["NothingCounts", "Quantiles", "gaussian", "mse", "sigmoid_cross_entropy", "softmax_cross_entropy"]


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
        If shapes differ, the mask holds anything but 0 and 1, no step counts, or a target that counts is not finite.

    Examples
    --------
    >>> loss, dy = mse([[1.0], [5.0]], [[0.0], [2.0]])
    >>> loss
    5.0
    >>> dy.ravel()
    array([1., 3.])
    """
    y = _checks.outputs("y", y)
    target = _checks.like(y, target)
    mask = _checks.counted(mask, y.shape[:-1])
    error = _checks.where(mask, y) - _checks.finite(mask, target)
    n = _checks.count(mask, y.size)
    loss = np.square(error, dtype=np.float64).sum() / n
    return float(loss), error * y.dtype.type(2 / n)


def softmax_cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    class_weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
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
    label_smoothing : float, default 0
        Which share of every target goes to all classes alike, as in PyTorch: a network is not to be quite sure.

    Returns
    -------
    loss : float
        Mean over steps that count, in nats; with class weights the weighted mean, as in PyTorch.
    dlogits : (..., O) array
        Gradient of `loss`, in the dtype of `logits`.

    Raises
    ------
    ValueError
        If shapes do not fit, a target that counts is not a class, no step counts, a weight is negative, or the share
        is not at least 0 and less than 1.

    References
    ----------
    `label_smoothing`: Szegedy et al. 2016, section 7.

    Examples
    --------
    >>> loss, dlogits = softmax_cross_entropy([[0.0, 0.0]], [1])
    >>> round(loss, 6)
    0.693147
    >>> dlogits
    array([[ 0.5, -0.5]])
    """
    logits = _checks.outputs("logits", logits)
    mask = _checks.counted(mask, logits.shape[:-1])
    index = _checks.classes(target, logits.shape, mask)
    share = _checks.shares(class_weights, index, logits, mask)
    rows = logits.reshape(-1, logits.shape[-1])
    loss, dlogits = softmax.softmax_cross_entropy(rows, index.reshape(-1), share.reshape(-1))
    label_smoothing = require_share("label_smoothing", label_smoothing)
    if label_smoothing:
        weights = None if class_weights is None else np.asarray(class_weights, logits.dtype)
        counts = _checks.counts_as(mask, index, weights).reshape(-1).astype(logits.dtype)
        loss, dlogits = smoothed(loss, dlogits, rows, counts, weights, label_smoothing)
    return loss, dlogits.reshape(logits.shape)


def sigmoid_cross_entropy(
    logits: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None, *, positive_weight: ArrayLike = 1.0
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
    positive_weight : float or (O,) array, default 1
        How much more a yes costs than a no, where yes is rare; one for each answer, or one for all. The mean is over
        the same number of answers, as in PyTorch's ``pos_weight``.

    Returns
    -------
    loss : float
        Mean over steps that count and over outputs, in nats. Multiply by O for the negative log-likelihood of a step.
    dlogits : (..., O) array
        Gradient of `loss`, in the dtype of `logits`.

    Raises
    ------
    ValueError
        If shapes differ, a target that counts is outside [0, 1], no step counts, or a weight is not above 0.

    Examples
    --------
    >>> loss, dlogits = sigmoid_cross_entropy([[0.0, 1e4]], [[1.0, 1.0]])
    >>> round(loss, 6)
    0.346574
    >>> dlogits
    array([[-0.25,  0.  ]])
    """
    logits = _checks.outputs("logits", logits)
    target = _checks.like(logits, target)
    mask = _checks.counted(mask, logits.shape[:-1])
    a, p = _checks.where(mask, logits), _checks.where(mask, target)
    _checks.require_probabilities(p)
    weight = _checks.positive_weight(positive_weight, a)
    decay = np.exp(-np.abs(a))  # at most 1, so that neither the loss nor σ(a) can overflow
    n = _checks.count(mask, a.size)
    certain = np.isinf(a)
    finite = np.where(certain, a.dtype.type(0), a) if certain.any() else a
    # weight p softplus(-a) + (1 - p) softplus(a), of which softplus(a) = max(a, 0) + log(1 + exp(-|a|))
    share = 1 + (weight - 1) * p
    surprise = share * np.maximum(finite, 0) - weight * finite * p + share * np.log1p(decay)
    if finite is not a:  # a certain answer costs nothing where it is right, and everything where it is not
        surprise = np.where(certain, np.where(p == (a > 0), 0, np.inf), surprise).astype(a.dtype)
    loss = _checks.where(mask, surprise).sum(dtype=np.float64) / n
    sigmoid = np.where(a >= 0, 1, decay) / (1 + decay)
    return float(loss), _checks.where(mask, sigmoid * share - weight * p) / logits.dtype.type(n)


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
        try:
            levels = tuple(float(level) for level in self.levels)
        except (TypeError, ValueError):
            raise TypeError(f"levels is {self.levels!r}, expected several numbers, such as (0.1, 0.5, 0.9)") from None
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
            If shapes do not fit, no step counts, or a target that counts is not finite.
        """
        y = _checks.outputs("y", y)
        target = _checks.beside("target", target, y, len(self.levels))
        mask = _checks.counted(mask, y.shape[:-1])
        target = _checks.finite(mask, target).repeat(len(self.levels), axis=-1)
        error = self.split(target - _checks.where(mask, y))
        levels, n = np.array(self.levels, y.dtype), _checks.count(mask, y.size)
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
        If shapes do not fit, no step counts, or a target that counts is not finite.

    References
    ----------
    Nix and Weigend 1994, section 2.

    Examples
    --------
    >>> loss, dy = gaussian([[0.0, 0.0]], [[1.0]])
    >>> round(loss, 6), dy.tolist()
    (1.418939, [[-1.0, 0.0]])
    """
    y = _checks.outputs("y", y)
    target = _checks.beside("target", target, y, 2)
    mask = _checks.counted(mask, y.shape[:-1])
    mean, s = np.split(_checks.where(mask, y), 2, axis=-1)
    error = mean - _checks.finite(mask, target)
    # a spread of nothing makes the loss infinite, or NaN, which is said where it matters
    with np.errstate(over="ignore", invalid="ignore"):
        precision = np.exp(-s)
        pull = np.where(error == 0, 0, error * precision)  # 0 however sure: 0 times infinity would be NaN
        square = error * pull
        surprise = (math.log(2 * math.pi) + s + square) / 2
    n = _checks.count(mask, target.size)
    loss = _checks.where(mask, surprise).sum(dtype=np.float64) / n
    dy = np.concatenate([pull, (1 - square) / 2], axis=-1)
    return float(loss), _checks.where(mask, dy) / y.dtype.type(n)
