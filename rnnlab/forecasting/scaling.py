"""A scale on which a network learns well: mean 0 and spread 1 over what it was fitted to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rnnlab._spread import mean_and_spread
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
        return cls(*mean_and_spread(np.where(np.isfinite(array), array, np.nan)))

    def transform(self, values: ArrayLike) -> np.ndarray:
        """Return numbers on the scale on which the training part has mean 0 and spread 1."""
        return (self._columns(values) - self.mean) / self.spread

    def inverse_transform(self, values: ArrayLike) -> np.ndarray:
        """Return numbers on the scale of the series."""
        return self._columns(values) * self.spread + self.mean

    def _columns(self, values: ArrayLike) -> np.ndarray:
        """Return numbers as floats, of as many columns as were fitted."""
        array, shape = numbers("values", values).astype(float), np.shape(self.mean)
        if shape and array.shape[-1:] != shape:
            raise ValueError(
                f"values has shape {array.shape}, expected (N, C={shape[0]}), as many columns as were fitted"
            )
        return array

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scaler):
            return NotImplemented
        return np.array_equal(self.mean, other.mean) and np.array_equal(self.spread, other.spread)

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash
