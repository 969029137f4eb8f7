"""What a forecast says: the likely course, its interval, and when."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Forecast(NamedTuple):
    """The next F values of a series.

    Attributes
    ----------
    expected, low, high : (F,) arrays
        The middle of what is likely, and the ends of the interval.
    index : (F,) index or array
        When: dates, years or what else the series counts by; else the numbers of the steps ahead.
    history : (N,) array
        The end of what was known, for a plot.
    level : float
        How much of what comes the interval should cover, such as 0.8.
    """

    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray
    index: Any
    history: np.ndarray
    level: float

    def plot(
        self, truth: ArrayLike | None = None, *, beside: Mapping[str, ArrayLike] | None = None, unit: str = "value"
    ) -> Any:
        """Return a picture of history, forecast, interval and, where it is known, of what came.

        Parameters
        ----------
        truth : (F,) array, optional
            What came.
        beside : mapping from str to (F,) array, optional
            Other forecasts, such as persistence; at most two.
        unit : str, default "value"
            What the vertical axis measures.

        Returns
        -------
        picture : plots.Picture
        """
        from rnnlab import plots

        return plots.forecast(
            self.history, self.expected, low=self.low, high=self.high, truth=truth, beside=beside, unit=unit
        )

    def frame(self) -> Any:
        """Return a pandas DataFrame with the columns low, expected and high.

        Returns
        -------
        frame : pandas.DataFrame

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            message = "a forecast as a table needs pandas: install it with  pip install 'rnnlab[data]'"
            raise ImportError(message) from error
        columns = {"low": self.low, "expected": self.expected, "high": self.high}
        return pandas.DataFrame(columns, index=self.index)
