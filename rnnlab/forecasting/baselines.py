"""Forecasts that cost nothing, and that a network has to beat. Their intervals come from their own past errors."""

from typing import Any

import numpy as np

from rnnlab import _arrays
from rnnlab._settings import require_number
from rnnlab._spread import mean_and_spread
from rnnlab.data.forecast import seasonal_naive
from rnnlab.data.times import instants, left_out
from rnnlab.forecasting.result import Forecast
from rnnlab.forecasting.series import One, each, following
from rnnlab.forecasting.spread import require_level


class _Baseline:
    """What the simple forecasts have in common: errors on the series that they were fitted to."""

    def __init__(self, horizon: int, level: float) -> None:
        self.horizon, self.level = _arrays.require_count("horizon", horizon), require_level(level)
        self._ends: np.ndarray | None = None

    def _expect(self, values: np.ndarray) -> np.ndarray:
        """Return the next values (F,) of a series (N,)."""
        raise NotImplementedError

    def _reach(self) -> int:
        """Return how many values a forecast reads."""
        raise NotImplementedError

    def _learn(self, values: np.ndarray) -> None:
        """Take from a series what the forecast needs."""

    def fit(self, series: Any, *, inputs: Any = None, known: Any = None, progress: bool = False) -> Any:
        """Measure how far off the forecast is, at each step ahead, on a series.

        Parameters
        ----------
        series : (N,) array or pandas Series
            What is known.
        inputs, known, progress
            Taken as a `Forecaster` takes them, and not used.

        Returns
        -------
        self : object
            This one.

        Raises
        ------
        ValueError
            If the series is too short.
        """
        values = _filled(_single(series))
        reach = self._reach()
        if len(values) < reach + self.horizon + 1:
            raise ValueError(f"series has {len(values)} values, expected at least {reach + self.horizon + 1}")
        self._learn(values)
        origins = np.unique(np.linspace(reach, len(values) - self.horizon, 400).astype(int))
        errors = [values[at : at + self.horizon] - self._expect(values[:at]) for at in origins]
        out = (1 - self.level) / 2
        self._ends = np.quantile(errors, [out, 1 - out], axis=0)
        return self

    def predict(self, series: Any, *, inputs: Any = None, known: Any = None) -> Forecast:
        """Return the forecast after the end of a series.

        Parameters
        ----------
        series : (N,) array or pandas Series
            What is known.
        inputs, known
            Taken as a `Forecaster` takes them, and not used.

        Returns
        -------
        forecast : Forecast

        Raises
        ------
        ValueError
            If nothing was fitted before.
        """
        if self._ends is None:
            raise ValueError("nothing was fitted, expected fit before predict")
        one = _single(series)
        values = _filled(one)
        expected = self._expect(values)
        low, high = expected + self._ends
        history = values[-3 * self.horizon :]
        return Forecast(expected, low, high, following(one.index, self.horizon), history, self.level)


class Seasonal(_Baseline):
    """The value one period before; with period 1 the last one, which is persistence.

    Parameters
    ----------
    period : int
        Steps of a season.
    horizon : int
        F, how many steps to forecast.
    level : float, default 0.8
        How much of what comes the interval should cover.

    Examples
    --------
    >>> wave = np.tile([1.0, 5.0, 2.0], 6)
    >>> Seasonal(3, horizon=4).fit(wave).predict(wave).expected.tolist()
    [1.0, 5.0, 2.0, 1.0]
    """

    def __init__(self, period: int, horizon: int, *, level: float = 0.8) -> None:
        super().__init__(horizon, level)
        self.period = _arrays.require_count("period", period)

    def _reach(self) -> int:
        return self.period

    def _expect(self, values: np.ndarray) -> np.ndarray:
        return seasonal_naive(values, self.period, self.horizon)


class Mean(_Baseline):
    """The mean of the last values.

    Parameters
    ----------
    k : int
        Of how many.
    horizon : int
        F, how many steps to forecast.
    level : float, default 0.8
        How much of what comes the interval should cover.

    Examples
    --------
    >>> Mean(2, horizon=2).fit(np.arange(9.0)).predict([3.0, 5.0]).expected.tolist()
    [4.0, 4.0]
    """

    def __init__(self, k: int, horizon: int, *, level: float = 0.8) -> None:
        super().__init__(horizon, level)
        self.k = _arrays.require_count("k", k)

    def _reach(self) -> int:
        return self.k

    def _expect(self, values: np.ndarray) -> np.ndarray:
        if len(values) < self.k:
            raise ValueError(f"series has {len(values)} values, expected at least k={self.k}")
        return np.full(self.horizon, values[-self.k :].mean())


class Linear(_Baseline):
    """A linear autoregression: each step ahead is a weighted sum of the last k values, by least squares.

    Parameters
    ----------
    k : int
        How many values it reads.
    horizon : int
        F, how many steps to forecast, each with weights of its own.
    level : float, default 0.8
        How much of what comes the interval should cover.
    ridge : float, default 1e-3
        Holds the weights back, relative to the spread of the series, where values say the same.

    Examples
    --------
    >>> line = np.arange(20.0)
    >>> Linear(2, horizon=3, ridge=1e-9).fit(line).predict(line).expected.round(3).tolist()
    [20.0, 21.0, 22.0]
    """

    def __init__(self, k: int, horizon: int, *, level: float = 0.8, ridge: float = 1e-3) -> None:
        super().__init__(horizon, level)
        self.k, self.ridge = _arrays.require_count("k", k), require_number("ridge", ridge, 0)

    def _reach(self) -> int:
        return self.k

    def _learn(self, values: np.ndarray) -> None:
        self._mean, self._scale = (float(part) for part in mean_and_spread(values))
        scaled = (values - self._mean) / self._scale
        windows = np.lib.stride_tricks.sliding_window_view(scaled, self.k + self.horizon)
        x = np.concatenate([windows[:, : self.k], np.ones((len(windows), 1))], axis=1)
        held = self.ridge * len(windows) * np.eye(self.k + 1)
        held[-1, -1] = 0
        try:
            self._w = np.linalg.solve(x.T @ x + held, x.T @ windows[:, self.k :])
        except np.linalg.LinAlgError:
            raise ValueError(
                f"ridge is {self.ridge:g}, which leaves open what the weights of this series are, expected more"
            ) from None

    def _expect(self, values: np.ndarray) -> np.ndarray:
        if len(values) < self.k:
            raise ValueError(f"series has {len(values)} values, expected at least k={self.k}")
        scaled = (values[-self.k :] - self._mean) / self._scale
        return np.asarray(np.append(scaled, 1.0) @ self._w) * self._scale + self._mean


def _single(series: Any) -> One:
    found = each(series)
    if len(found) != 1:
        raise ValueError(f"series has {len(found)} parts, expected one: compare several one by one")
    return found[0]


def _filled(one: One) -> np.ndarray:
    """Return a series in which a missing value is the one before it: a simple forecast has to read something.

    A time that is left out is a missing value too, or the values before it would stand a step too late.
    """
    values = one.values
    if one.index is not None:
        missing = left_out("series", instants(one.index))
        values = np.insert(values, np.repeat(np.arange(1, len(values)), missing), np.nan)
    known = np.isfinite(values)
    if not known.any():
        raise ValueError("series has no finite number, expected at least one")
    places = np.where(known, np.arange(len(values)), 0)
    places = np.maximum.accumulate(places)
    return np.where(known[places], values[places], values[known][0])
