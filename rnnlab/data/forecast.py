"""From series to windows with their targets: one series or many, one step ahead or several, with other measurements.

A window never reaches across two series. A missing value, or a time that is left out, is refused by its place, or the
windows that touch it are left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab._arrays import as_array, require_count
from rnnlab.data.batch import require_counts
from rnnlab.data.times import instants, left_out, of_groups, require_no_gap, require_same_times, times_of

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
        When each value was measured: numbers, dates or times since a start. By default the index of a pandas Series
        where that is of these: a row that was taken out leaves its number out. A step more than half as long again as
        the usual one (their median) is a gap; days without weekends have none there. One of half of it or less is
        refused.
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
    every = _each(series, inputs, groups, time, reach, gaps == "refuse")
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


def _each(series: Any, inputs: Any, groups: Any, time: Any, reach: int, refuse: bool) -> list[_Series]:
    """Return the series one by one, each with what belongs to it."""
    if hasattr(series, "columns") and groups is None:
        if inputs is not None:
            inputs = [inputs] * len(series.columns)
        for name in series.columns:
            if series[name].ndim == 1:
                numbers(f"column {name!r} of series", series[name])
        series = [series.iloc[:, place] for place in range(len(series.columns))]
    several = isinstance(series, list | tuple) and len(series) > 0 and all(np.ndim(one) for one in series)
    if several:
        if groups is not None or time is not None:
            raise ValueError("series is a list, expected neither groups nor time beside it")
        others = [None] * len(series) if inputs is None else parts_of("inputs", inputs, len(series))
        return [
            _checked(f"series[{n}]", one, more, None, reach, refuse=refuse)
            for n, (one, more) in enumerate(zip(series, others, strict=True))
        ]
    if groups is not None:
        require_same_times("groups", groups, series)
        series = of_groups(series)
    whole = _checked("series", series, inputs, time, reach, counted=groups is None, refuse=refuse)
    if groups is None:
        return [whole]
    rows = rows_of(groups, whole.values.shape)
    return [_part(whole, where, f"series of group {label}") for label, where in rows.items()]


def rows_of(groups: Any, shape: tuple[int, ...]) -> dict[Any, np.ndarray]:
    """Return which rows of a long table belong to each group, the groups in the order in which they come.

    Raises
    ------
    ValueError
        If there is not one label for every value: None, NaN and what else pandas has for it is none.

    Examples
    --------
    >>> {label: rows.tolist() for label, rows in rows_of(["a", "b", "a"], (3,)).items()}
    {'a': [True, False, True], 'b': [False, True, False]}
    """
    plain = isinstance(groups, list | tuple)  # of which NumPy would make text, a missing label included
    labels = as_array("groups", np.fromiter(groups, object, len(groups)) if plain else groups)
    if labels.shape != shape:
        raise ValueError(f"groups has shape {labels.shape}, expected {shape}")
    places: dict[Any, list[int]] = {}
    for place, label in enumerate(labels.tolist()):
        if label is None or type(label).__name__ in ("NAType", "NaTType") or label != label:
            raise ValueError(f"groups has a missing label at {place}, expected one for every value")
        places.setdefault(label, []).append(place)
    rows = {label: np.zeros(shape, bool) for label in places}
    for label, found in places.items():
        rows[label][found] = True
    return rows


def _part(whole: _Series, rows: np.ndarray, name: str) -> _Series:
    inputs, time = (None if part is None else part[rows] for part in (whole.inputs, whole.time))
    return _Series(name, whole.values[rows], inputs, time)


def _checked(
    name: str, series: Any, inputs: Any, time: Any, reach: int, *, counted: bool = True, refuse: bool
) -> _Series:
    """Return a series with what belongs to it; the index of a long table counts rows of all its series."""
    values = numbers(name, series)
    if values.ndim != 1:
        raise ValueError(f"{name} has shape {values.shape}, expected (N,) with N at least k+horizon={reach}")
    if time is None:
        time = times_of(name, series, refuse=refuse and counted)
        time = None if time is not None and time.dtype.kind != "M" and not counted else time
    else:
        require_same_times("time", time, series)
        time = instants(time)
    if inputs is not None:
        require_same_times("inputs", inputs, series)
        given = as_array("inputs", inputs)
        inputs = given.astype(float) if given.dtype == bool else numbers("inputs", inputs)  # flags, such as of holidays
        inputs = inputs[:, None] if inputs.ndim == 1 else inputs
        if inputs.ndim != 2 or len(inputs) != len(values):
            raise ValueError(f"inputs has shape {inputs.shape}, expected (N={len(values)}, C)")
    if time is not None:
        time = as_array("time", time)
        if time.shape != values.shape or time.dtype.kind not in "iufmM":
            hint = "; pandas.to_datetime(time) reads text" if time.dtype.kind in "OU" else ""
            raise ValueError(
                f"time has shape {time.shape} and dtype {time.dtype}, expected ({len(values)},) of times{hint}"
            )
    return _Series(name, values, inputs, time)


def parts_of(name: str, value: Any, n: int) -> list[Any]:
    """Return what belongs to each of `n` series: the parts of a list.

    Raises
    ------
    ValueError
        If it is no list of as many.
    """
    if not isinstance(value, list | tuple) and np.ndim(value) != 3:
        raise ValueError(f"{name} is {type(value).__name__}, expected a list of {n} parts, one for each series")
    if len(value) != n:
        raise ValueError(f"{name} has {len(value)} parts, expected {n}, one for each series")
    return list(value)


def numbers(name: str, value: Any) -> np.ndarray:
    """Return numbers as an array, with NaN for whatever says in pandas that there is none."""
    if isinstance(value, Mapping | Set | Iterator):
        raise TypeError(f"{name} is {type(value).__name__}, expected an array, a list or a pandas Series of numbers")
    array = as_array(name, value)
    if array.dtype == object and not any(isinstance(one, str) for one in array.ravel()):
        missing = [one is None or type(one).__name__ in ("NAType", "NaTType") for one in array.ravel()]
        try:
            array = np.where(np.reshape(missing, array.shape), np.nan, array).astype(float)
        except (TypeError, ValueError):
            raise TypeError(f"{name} has dtype object, expected numbers") from None
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
    """Return what to train on and what to forecast, with the origin moving on: a backtest.

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

    Returns
    -------
    folds : iterator of (slice, slice)
        Into the series: what to train on, and what to test with.

    Raises
    ------
    ValueError
        If not even the first origin fits, or a number is out of range.

    Examples
    --------
    >>> [(a.stop, b.start, b.stop) for a, b in rolling_origin(10, n_train=6, horizon=2, step=1)]
    [(6, 6, 8), (7, 7, 9), (8, 8, 10)]
    """
    require_counts(n=n, n_train=n_train, horizon=horizon, step=step)
    if isinstance(gap, bool) or not isinstance(gap, int | np.integer) or gap < 0:
        raise ValueError(f"gap is {gap!r}, expected a whole number from 0")
    if n_train + gap + horizon > n:
        raise ValueError(f"n is {n}, expected at least n_train+gap+horizon={n_train + gap + horizon}")
    origins = range(n_train, n - gap - horizon + 1, step)  # checked above at once, and not when the first is asked for
    return ((slice(0, origin), slice(origin + gap, origin + gap + horizon)) for origin in origins)
