"""How far numbers lie apart: the unit in which what is read is scaled."""

from typing import Any

import numpy as np

_ROUNDING = 8 * np.finfo(float).eps  # of numbers that are all the same, mean and spread are rounded
_LARGE = 1e150  # whose square is no number any more


def mean_and_spread(values: np.ndarray, axis: Any = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation, which is 1 where all numbers are the same; NaN are left out.

    The spread of equal numbers is often not 0 but a rounding error, by which nothing may be divided.

    Parameters
    ----------
    values : array of float
        At least one along each axis that is left.
    axis : int or tuple of int
        Along which to look.

    Returns
    -------
    mean, spread : array

    Examples
    --------
    >>> mean_and_spread(np.full(3, 0.1))[1]
    array(1.)
    >>> mean_and_spread(np.array([1e200, -1e200]))[1]
    array(1.e+200)
    """
    if not values.size:
        return np.mean(values, axis=axis), np.ones(np.shape(np.sum(values, axis=axis)))
    largest = np.nanmax(np.abs(values), axis=axis)
    unit = np.where(largest > _LARGE, largest, 1.0)
    kept = values / np.expand_dims(unit, axis)
    mean, spread = np.nanmean(kept, axis=axis), np.nanstd(kept, axis=axis)
    constant = spread <= _ROUNDING * (largest / unit)
    return mean * unit, np.where(constant, 1.0, spread * unit)
