"""A scale on which a network learns well: mean 0 and spread 1 over what it was fitted to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rnnlab.data.forecast import numbers


@dataclass(frozen=True)
class Scaler:
    """Mean and spread of a training part, with which everything is scaled and a forecast is scaled back.

    Parameters
    ----------
    mean, spread : float or (C,) array
        What is taken off, and what is divided by.

    Examples
    --------
    >>> scaler = Scaler.fit([1.0, 3.0])
    >>> scaler.transform([3.0, 5.0]).tolist(), scaler.inverse_transform([1.0, 3.0]).tolist()
    ([1.0, 3.0], [3.0, 5.0])
    """

    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def fit(cls, values: ArrayLike) -> "Scaler":
        """Return the scaler of numbers (N,) or (N, C), of which NaN are left out; a constant has the spread 1."""
        array = numbers("values", values).astype(float)
        if not np.isfinite(array).any(axis=0).all():
            raise ValueError("values has no finite number, expected at least one in every column")
        known = np.where(np.isfinite(array), array, np.nan)
        spread = np.nanstd(known, axis=0)
        return cls(np.nanmean(known, axis=0), np.where(spread > 0, spread, 1.0))

    def transform(self, values: ArrayLike) -> np.ndarray:
        """Return numbers on the scale on which the training part has mean 0 and spread 1."""
        return (numbers("values", values).astype(float) - self.mean) / self.spread

    def inverse_transform(self, values: ArrayLike) -> np.ndarray:
        """Return numbers on the scale of the series."""
        return numbers("values", values).astype(float) * self.spread + self.mean
