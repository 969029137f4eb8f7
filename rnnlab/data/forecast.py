"""From series to windows with their targets: one series or many, one step ahead or several, with other measurements.

A window never reaches across two series. A missing value, or a time that is left out, is refused by its place, or the
windows that touch it are left out.
"""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab._arrays import as_array, require_count
from rnnlab.data.batch import require_counts

_GAPS = ("refuse", "drop")


class _Series(NamedTuple):
    name: str  # as an error message calls it
    values: np.ndarray  # (N,)
    inputs: np.ndarray | None  # (N, C)
    time: np.ndarray | None  # (N,)


def windows(
    series: Any,
    k: int,
    horizon: int | Iterable[int] = 1,
    *,
    inputs: Any = None,
    groups: ArrayLike | None = None,
    time: ArrayLike | None = None,
    gaps: str = "refuse",
) -> tuple[np.ndarray, np.ndarray]:
    """Return every window of `k` values and, as its target, the value `horizon` steps after its last.

    Parameters
    ----------
    series : (N,) array, pandas Series, list of these, or pandas DataFrame
        The values in order. Each of a list, or column of a DataFrame, is a series of its own, and those that are too
        short give no window.
    k : int
        Values per window.
    horizon : int or several, default 1
        How far ahead the target is; several, such as ``range(1, 25)``, make a target of as many values.
    inputs : (N, C) or (N,) array, or list of these, optional
        Other measurements at the same times, which are read and not predicted.
    groups : (N,) array, optional
        To which of several series each value belongs, as in a long table; the values of each are in order.
    time : (N,) array, optional
        When each value was measured: numbers or dates. By default the index of a pandas Series where that is of dates.
        A step more than half as long again as the usual one (their median) is a gap.
    gaps : {"refuse", "drop"}, default "refuse"
        What becomes of values that are not finite and of gaps in time: an error that names the place, or no window
        that touches them.

    Returns
    -------
    x : (M, k) or (M, k, 1 + C) array
        M = N - k - horizon + 1 for one series without a gap. With inputs, the series is the first of 1 + C columns.
    target : (M,) array, or (M, F) where `horizon` is of F steps

    Raises
    ------
    TypeError
        If the series is not of numbers.
    ValueError
        If no window and its target fit, something is missing or not in order: the message names the place.

    Examples
    --------
    >>> x, target = windows([1, 2, 3, 4, 5], k=2, horizon=2)
    >>> x.tolist(), target.tolist()
    ([[1, 2], [2, 3]], [4, 5])
    >>> x, target = windows([1, 2, 3, 10, 20, 30], k=2, groups=["a", "a", "a", "b", "b", "b"])
    >>> x.tolist(), target.tolist()
    ([[1, 2], [10, 20]], [3, 30])
    >>> windows([1.0, 2.0, np.nan, 4.0], k=1)
    Traceback (most recent call last):
    ValueError: series[2] is nan, expected finite numbers; gaps='drop' leaves out the windows that touch it
    """
    require_counts(k=k)
    ahead, single = _horizons(horizon)
    if gaps not in _GAPS:
        raise ValueError(f"gaps is {gaps!r}, expected one of {', '.join(_GAPS)}")
    reach = k + int(ahead.max())
    every = _each(series, inputs, groups, time, reach)
    found = [_cut(one, k, ahead, gaps) for one in every if len(one.values) >= reach]
    if not found:
        longest = max((len(one.values) for one in every), default=0)
        raise ValueError(f"series has shape ({longest},), expected (N,) with N at least k+horizon={reach}")
    x, target = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if len(x) == 0:
        raise ValueError("series has no window without a gap, expected at least one")
    return x, target[:, 0] if single else target


def _horizons(horizon: Any) -> tuple[np.ndarray, bool]:
    if np.ndim(horizon) == 0 and not isinstance(horizon, Iterable):
        return np.array([require_count("horizon", horizon)]), True
    steps = [require_count("horizon", step) for step in horizon]
    if not steps or steps != sorted(set(steps)):
        raise ValueError(f"horizon is {steps}, expected rising numbers of steps")
    return np.array(steps), False


def _each(series: Any, inputs: Any, groups: Any, time: Any, reach: int) -> list[_Series]:
    """Return the series one by one, each with what belongs to it."""
    if hasattr(series, "columns") and groups is None:
        if inputs is not None:
            inputs = [inputs] * len(series.columns)
        series = [series.iloc[:, place] for place in range(len(series.columns))]
    several = isinstance(series, list | tuple) and len(series) > 0 and all(np.ndim(one) for one in series)
    if several:
        if groups is not None or time is not None:
            raise ValueError("series is a list, expected neither groups nor time beside it")
        others = [None] * len(series) if inputs is None else list(inputs)
        if len(others) != len(series):
            raise ValueError(f"inputs has {len(others)} parts, expected {len(series)}, one for each series")
        return [
            _checked(f"series[{n}]", one, more, None, reach)
            for n, (one, more) in enumerate(zip(series, others, strict=True))
        ]
    whole = _checked("series", series, inputs, time, reach)
    if groups is None:
        return [whole]
    labels = as_array("groups", groups)
    if labels.shape != whole.values.shape:
        raise ValueError(f"groups has shape {labels.shape}, expected {whole.values.shape}")
    if any(label is None or label != label for label in labels.tolist()):
        raise ValueError("groups has a missing label, expected one for every value")
    return [_part(whole, labels == label, f"series of group {label}") for label in dict.fromkeys(labels.tolist())]


def _part(whole: _Series, rows: np.ndarray, name: str) -> _Series:
    inputs, time = (None if part is None else part[rows] for part in (whole.inputs, whole.time))
    return _Series(name, whole.values[rows], inputs, time)


def _checked(name: str, series: Any, inputs: Any, time: Any, reach: int) -> _Series:
    values = numbers(name, series)
    if values.ndim != 1:
        raise ValueError(f"{name} has shape {values.shape}, expected (N,) with N at least k+horizon={reach}")
    time = _dates_of(series) if time is None else instants(time)
    if inputs is not None:
        require_same_times("inputs", inputs, series)
        inputs = numbers("inputs", inputs)
        inputs = inputs[:, None] if inputs.ndim == 1 else inputs
        if inputs.ndim != 2 or len(inputs) != len(values):
            raise ValueError(f"inputs has shape {inputs.shape}, expected (N={len(values)}, C)")
    if time is not None:
        time = as_array("time", time)
        if time.shape != values.shape or time.dtype.kind not in "iufM":
            raise ValueError(f"time has shape {time.shape} and dtype {time.dtype}, expected ({len(values)},) of times")
    return _Series(name, values, inputs, time)


def _dates_of(series: Any) -> Any:
    """Return the index of a pandas Series where it says when, else None."""
    index = getattr(series, "index", None)
    times = None if callable(index) or index is None else instants(index)
    return times if getattr(times, "dtype", np.dtype(object)).kind == "M" else None


def require_same_times(name: str, other: Any, series: Any) -> None:
    """Raise if what belongs to a series has dates of its own, and they are others: rows are matched by their places.

    Raises
    ------
    ValueError
        If a time differs.
    """
    own, theirs = _dates_of(series), _dates_of(other)
    if own is None or theirs is None:
        return
    n = min(len(own), len(theirs))
    if not np.array_equal(own[:n], theirs[:n]):
        at = int(np.argmax(own[:n] != theirs[:n]))
        raise ValueError(f"{name} has {theirs[at]} where the series has {own[at]}, at {at}, expected the same times")


def require_no_gap(name: str, series: Any, first: int = 0) -> None:
    """Raise if a pandas Series has dates that are not in order, or leave one out after the value number `first`.

    Raises
    ------
    ValueError
        If it has: the message names the place.
    """
    time = _dates_of(series)
    if time is None:
        return
    missing = left_out(name, time)[first:]
    if missing.any():
        at = first + int(np.argmax(missing > 0)) + 1
        raise ValueError(f"time of {name} goes from {time[at - 1]} to {time[at]} at {at}, which is a gap")


def instants(time: Any) -> Any:
    """Return times as NumPy has them: without a zone, periods as their starts, and dates as they are."""
    if hasattr(time, "to_timestamp"):  # a PeriodIndex
        time = time.to_timestamp()
    if getattr(getattr(time, "dt", time), "tz", None) is not None:
        zoned = getattr(time, "dt", time)
        time = zoned.tz_convert("UTC")
        time = getattr(time, "dt", time).tz_localize(None)
    array = as_array("time", time)
    if array.dtype == object and len(array) and all(isinstance(one, datetime.date) for one in array.ravel()):
        zoned_ones = [one for one in array.ravel() if getattr(one, "tzinfo", None) is not None]
        if len(zoned_ones) not in (0, array.size):
            raise ValueError("time has a zone at some places only, expected one everywhere or nowhere")
        utc = [one.astimezone(datetime.UTC).replace(tzinfo=None) for one in zoned_ones] or array.ravel().tolist()
        return np.array(utc, "M8[us]").reshape(array.shape)
    return array


def numbers(name: str, value: Any) -> np.ndarray:
    """Return numbers as an array, with NaN for whatever says in pandas that there is none."""
    array = as_array(name, value)
    if array.dtype == object and not any(isinstance(one, str) for one in array.ravel()):
        missing = [one is None or type(one).__name__ in ("NAType", "NaTType") for one in array.ravel()]
        array = np.where(np.reshape(missing, array.shape), np.nan, array).astype(float)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} has dtype {array.dtype}, expected numbers")
    return array


def _cut(one: _Series, k: int, ahead: np.ndarray, gaps: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows and targets of one series."""
    n = len(one.values) - k - int(ahead.max()) + 1
    columns = one.values[:, None]
    if one.inputs is not None:
        columns = np.concatenate([columns, one.inputs], axis=1)
    step_ok = _regular(one, gaps)
    value_ok = _finite(one, columns, gaps)
    starts = np.arange(n)[:, None]
    read, answers = starts + np.arange(k), starts + k - 1 + ahead
    kept = value_ok[read].all(axis=(1, 2)) & value_ok[answers, 0].all(axis=1)
    kept &= step_ok[starts + np.arange(k + int(ahead.max()) - 1)].all(axis=1)
    x = columns[read[kept]] if one.inputs is not None else one.values[read[kept]]
    return x, one.values[answers[kept]]


def _finite(one: _Series, columns: np.ndarray, gaps: str) -> np.ndarray:
    finite = np.isfinite(columns)
    if gaps == "refuse" and not finite.all():
        row, column = (int(i) for i in np.argwhere(~finite)[0])
        place = f"{one.name}[{row}]" if column == 0 else f"inputs[{row}, {column - 1}]"
        raise ValueError(
            f"{place} is {columns[row, column]}, expected finite numbers; "
            "gaps='drop' leaves out the windows that touch it"
        )
    return finite


def _regular(one: _Series, gaps: str) -> np.ndarray:
    """Return whether each value but the last is followed, after the usual time, by the next."""
    if one.time is None:
        return np.ones(max(len(one.values) - 1, 0), bool)
    usual = left_out(one.name, one.time) == 0
    if gaps == "refuse" and not usual.all():
        at = int(np.argmin(usual)) + 1
        raise ValueError(
            f"time of {one.name} goes from {one.time[at - 1]} to {one.time[at]} at {at}, which is a gap; "
            "gaps='drop' leaves out the windows that touch it"
        )
    return usual


def left_out(name: str, time: np.ndarray) -> np.ndarray:
    """Return how many times are left out after each but the last, where the usual step leads on.

    Raises
    ------
    ValueError
        If one is missing, or not later than the one before it.
    """
    dated = time.dtype.kind == "M"
    if dated and np.isnat(time).any():
        raise ValueError(f"time of {name} is missing at {int(np.isnat(time).argmax())}, expected one everywhere")
    steps = np.diff(time)
    if dated:
        steps = steps.astype("timedelta64[ns]").astype(np.int64)
    if not (steps > 0).all():
        at = int(np.argmin(steps > 0)) + 1
        raise ValueError(f"time of {name} is {time[at]} at {at}, expected later than {time[at - 1]}")
    if not len(steps):
        return np.zeros(0, int)
    usual = np.median(steps)  # months differ in length by less than half
    return np.where(steps <= 1.5 * usual, 0, np.maximum(np.round(steps / usual), 2) - 1).astype(int)


def seasonal_naive(history: ArrayLike, period: int, n: int) -> np.ndarray:
    """Return a forecast that repeats the last season: the value one period before, or the last whole one.

    Parameters
    ----------
    history : (..., N) array
        What is known, at least one period; several in rows, such as `windows` returns them.
    period : int
        Steps of a season; 1 is persistence.
    n : int
        Steps to forecast.

    Returns
    -------
    forecast : (..., n) array

    Raises
    ------
    ValueError
        If the history is shorter than a period, or in its last period a value or a time is missing.

    Examples
    --------
    >>> seasonal_naive([9, 1, 2, 3], period=3, n=5)
    array([1, 2, 3, 1, 2])
    """
    require_counts(period=period, n=n)
    known = numbers("history", history)
    if known.ndim == 0 or known.shape[-1] < period:
        raise ValueError(f"history has shape {known.shape}, expected (..., N) with N at least period={period}")
    season = known[..., known.shape[-1] - period :]
    require_no_gap("history", history, known.shape[-1] - period)
    if season.dtype.kind == "f" and not np.isfinite(season).all():
        place = known.shape[-1] - period + int(np.argwhere(~np.isfinite(season))[0][-1])
        raise ValueError(f"history[{place}] is not finite, expected a last period without a gap")
    return season[..., np.arange(n) % period]


def rolling_origin(n: int, n_train: int, horizon: int, step: int = 1, gap: int = 0) -> Iterator[tuple[slice, slice]]:
    """Yield what to train on and what to forecast, with the origin moving on: a backtest.

    Parameters
    ----------
    n : int
        Length of the series.
    n_train : int
        Length of the first training part; each further one is longer by `step`.
    horizon : int
        Steps to forecast from each origin.
    step : int, default 1
        How far the origin moves on.
    gap : int, default 0
        Values left out between the two parts.

    Yields
    ------
    training, test : slice
        Into the series.

    Raises
    ------
    ValueError
        If not even the first origin fits.

    Examples
    --------
    >>> [(a.stop, b.start, b.stop) for a, b in rolling_origin(10, n_train=6, horizon=2, step=1)]
    [(6, 6, 8), (7, 7, 9), (8, 8, 10)]
    """
    require_counts(n=n, n_train=n_train, horizon=horizon, step=step)
    if gap < 0 or n_train + gap + horizon > n:
        raise ValueError(f"n is {n}, expected at least n_train+gap+horizon={n_train + gap + horizon}")
    for origin in range(n_train, n - gap - horizon + 1, step):
        yield slice(0, origin), slice(origin + gap, origin + gap + horizon)
