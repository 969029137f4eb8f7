"""How wide an interval has to be, so that it covers what it promises."""

import math

import numpy as np


def require_level(level: float) -> float:
    """Return the share that an interval covers as a float, or say what is wrong.

    Raises
    ------
    ValueError
        If it is not between 0 and 1.
    """
    if isinstance(level, int | float | np.floating) and 0 < level < 1:
        return float(level)
    raise ValueError(f"level is {level!r}, expected a number between 0 and 1, such as 0.8")


def widening(low: np.ndarray, high: np.ndarray, target: np.ndarray, level: float) -> np.ndarray:
    """Return by how much to move both ends outward at each step ahead, below 0 inward, so that a share is covered.

    A target that lies outside is beyond the nearer end by max(low − y, y − high), which is below 0 inside. Of these M
    numbers the one of rank ⌈level (M + 1)⌉ does it for new targets that are like the old ones.

    Parameters
    ----------
    low, high, target : (M, F) arrays
        Intervals on data that were not trained on, and what came.
    level : float
        The share.

    Returns
    -------
    wider : (F,) array

    References
    ----------
    Romano, Patterson and Candès 2019, section 3.

    Examples
    --------
    >>> widening(np.zeros((9, 1)), np.ones((9, 1)), np.linspace(0, 4, 9)[:, None], 0.5)
    array([1.])
    """
    beyond = np.sort(np.maximum(low - target, target - high), axis=0)
    rank = min(len(beyond), math.ceil(level * (len(beyond) + 1)))
    return np.asarray(beyond[rank - 1])
