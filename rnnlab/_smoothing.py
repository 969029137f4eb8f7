"""Targets that are not quite sure: a share of each goes to all classes alike."""

import numpy as np


def smoothed(
    loss: float, dlogits: np.ndarray, logits: np.ndarray, counts: np.ndarray, weights: np.ndarray | None, share: float
) -> tuple[float, np.ndarray]:
    """Return a cross-entropy and its gradient with a share of every target spread over all classes.

    Parameters
    ----------
    loss, dlogits : float and (N, O) array
        Of the right classes alone.
    logits : (N, O) array
        The scores.
    counts : (N,) array
        What the mean counts each row as, before the weight of its class: 0 where a mask leaves it out.
    weights : (O,) array or None
        Of the classes.
    share : float
        Between 0 and 1.

    Returns
    -------
    loss : float
    dlogits : (N, O) array

    References
    ----------
    Szegedy et al. 2016, section 7.
    """
    n_classes = logits.shape[1]
    each = np.full(n_classes, 1 / n_classes) if weights is None else weights / n_classes
    rows = np.where(counts[:, None] > 0, logits, logits.dtype.type(0))
    shifted = rows - rows.max(axis=1, keepdims=True)
    chances = np.exp(shifted)
    total = chances.sum(axis=1, keepdims=True)
    surprise = np.log(total) - shifted
    spread = float((counts * (surprise @ each)).sum(dtype=np.float64))
    slope = counts[:, None] * (each.sum() * chances / total - each)
    return (1 - share) * loss + share * spread, ((1 - share) * dlogits + share * slope).astype(dlogits.dtype)
