"""Numbers that say how good an answer is, in units that a reader knows; they have no gradient.

Each takes outputs, targets and a mask as a loss does, and can be one of the `metrics` of a `model.Model`.
"""

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, losses
from rnnlab import _loss_checks as _checks
from rnnlab.data.forecast import numbers


def mae(y: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return the mean absolute error.

    Parameters
    ----------
    y, target : (..., O) arrays
        Outputs, and what they should have been.
    mask : (...) array of bool, optional
        True where a step counts; all do by default.

    Returns
    -------
    error : float

    Examples
    --------
    >>> mae([[1.0], [5.0]], [[0.0], [2.0]])
    2.0
    """
    return float(np.abs(_errors(y, target, mask)).mean())


def rmse(y: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return the root of the mean squared error, which has the unit of the target.

    Parameters
    ----------
    y, target : (..., O) arrays
        Outputs, and what they should have been.
    mask : (...) array of bool, optional
        True where a step counts; all do by default.

    Returns
    -------
    error : float

    Examples
    --------
    >>> rmse([[1.0], [5.0]], [[0.0], [-2.0]])
    5.0
    """
    errors = np.abs(_errors(y, target, mask))
    largest = errors.max()
    unit = largest if 1e150 < largest < np.inf else 1.0  # a larger square is no number any more
    return float(unit * np.sqrt(np.square(errors / unit).mean()))


def accuracy(logits: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return the share of steps at which the best score is that of the right class; or of answers yes and no.

    Parameters
    ----------
    logits : (..., O) array
        A score for each class; or, with targets of the same shape, of a yes, which is above 0.
    target : (...) array of int, or (..., O) of 0 and 1
        The right class, or the right answers.
    mask : (...) array of bool, optional
        True where a step counts; all do by default.

    Returns
    -------
    share : float

    Examples
    --------
    >>> accuracy([[0.0, 1.0], [2.0, 1.0]], [1, 1])
    0.5
    """
    scores = _checks.outputs("logits", logits)
    counts = _checks.counted(mask, scores.shape[:-1])
    if np.shape(target) == scores.shape:  # as sigmoid_cross_entropy takes them
        return _share((scores > 0) == _arrays.require_flags("target", target, scores.shape), scores, counts)
    _checks.require_classes(scores)
    right = (scores.argmax(axis=-1) == _checks.classes(target, scores.shape, counts))[..., None]
    return _share(right, scores, counts)


def perplexity(logits: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return among how many equally likely tokens the network wavers: the exponential of the mean cross-entropy.

    The mean is over all tokens that count, so that it does not depend on how they are cut into batches.

    Parameters
    ----------
    logits : (..., O) array
        A score for each token.
    target : (...) array of int
        The right token.
    mask : (...) array of bool, optional
        True where a step counts; all do by default.

    Returns
    -------
    perplexity : float

    Examples
    --------
    >>> perplexity([[0.0, 0.0, 0.0, 0.0]], [2])
    4.0
    """
    with np.errstate(over="ignore"):  # of a token that cannot be it is inf
        return float(np.exp(losses.softmax_cross_entropy(logits, target, mask)[0]))


def _share(right: np.ndarray, scores: np.ndarray, counts: np.ndarray | None) -> float:
    """Return the share of what is right among what counts; NaN where a score is, which no comparison shows."""
    unknown = np.isnan(scores) if right.shape == scores.shape else np.isnan(scores).any(axis=-1, keepdims=True)
    known = np.where(unknown, np.nan, right)
    return float(known.mean() if counts is None else known[counts].mean())


def coverage(low: ArrayLike, high: ArrayLike, target: ArrayLike) -> float:
    """Return the share of what came that lies in its interval: of an 80 % interval it should be 0.8.

    Parameters
    ----------
    low, high : array
        The ends of the intervals.
    target : array
        What came, of the same shape.

    Returns
    -------
    share : float
        NaN where an end, or what came, is NaN.

    Raises
    ------
    ValueError
        If the shapes differ, or there is nothing.
    TypeError
        If they are not numbers.

    Examples
    --------
    >>> coverage([0.0, 0.0], [1.0, 1.0], [0.5, 2.0])
    0.5
    """
    ends = numbers("low", low), numbers("high", high)
    came = numbers("target", target)
    if not ends[0].shape == ends[1].shape == came.shape:
        raise ValueError(f"low has shape {ends[0].shape}, high {ends[1].shape}, expected both {came.shape} as target")
    if not came.size:
        raise ValueError("target is empty, expected at least one value")
    within = ((ends[0] <= came) & (came <= ends[1])).astype(float)
    unknown = np.isnan(ends[0]) | np.isnan(ends[1]) | np.isnan(came)
    return float(np.where(unknown, np.nan, within).mean())


def _errors(y: ArrayLike, target: ArrayLike, mask: ArrayLike | None) -> np.ndarray:
    outputs = _checks.outputs("y", y)
    counts = _checks.counted(mask, outputs.shape[:-1])
    wide = outputs.astype(np.float64, copy=False)  # of what float32 can hold the difference may be too large for it
    errors = wide - _checks.finite(counts, _checks.like(outputs, target))
    return errors if counts is None else errors[counts]
