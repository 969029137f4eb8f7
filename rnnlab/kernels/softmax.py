"""The cross-entropy of a softmax and its gradient, in either tier."""

import math
from functools import cache
from typing import Any

import numpy as np

from rnnlab.kernels.tiers import takes_engine

_WORK = 20  # what a score's power costs, in multiplications


@cache
def _engine() -> Any:
    from rnnlab.kernels.engine import softmax

    return softmax.softmax_cross_entropy


def softmax_cross_entropy(logits: np.ndarray, index: np.ndarray, share: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the loss of rows of scores and its gradient.

    Parameters
    ----------
    logits : (N, O) array
        The scores.
    index : (N,) array of intp
        Each row's right class; it is not checked.
    share : (N,) array
        How much of the mean each row is. A row that is none of it may hold anything.

    Returns
    -------
    loss : float
        The weighted sum, in nats.
    dlogits : (N, O) array
        Its gradient.

    Examples
    --------
    >>> loss, dlogits = softmax_cross_entropy(np.zeros((1, 2)), np.array([1]), np.ones(1))
    >>> round(loss, 6), dlogits
    (0.693147, array([[ 0.5, -0.5]]))
    """
    logits, index = _writeable(logits), _writeable(index)
    if takes_engine(_WORK * logits.size):
        dlogits = np.empty_like(logits)
        loss = _engine()(logits, index, share, dlogits)
        if math.isfinite(loss):
            return loss, dlogits
    return _with_numpy(logits, index, share)


def _writeable(array: np.ndarray) -> np.ndarray:
    """Return an array row by row, and one that can be written to: for others the kernel would be compiled once more."""
    return array if array.flags.carray else array.copy()


def _with_numpy(logits: np.ndarray, index: np.ndarray, share: np.ndarray) -> tuple[float, np.ndarray]:
    rows = np.where(share[:, None] != 0, logits, logits.dtype.type(0)) if (share == 0).any() else logits
    best = rows.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        power = rows - best
    if np.isposinf(best).any():
        power[rows == np.inf] = 0  # a class that is certain takes all, however large it is
    flat, right = power.reshape(-1), index + np.arange(0, rows.size, rows.shape[1])
    below = flat[right]
    np.exp(power, out=power)
    total = power.sum(axis=1)
    loss = ((np.log(total) - below) * share).sum(dtype=np.float64)
    power *= (share / total)[:, None]
    flat[right] -= share
    return float(loss), power
