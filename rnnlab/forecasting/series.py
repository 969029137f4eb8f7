"""One series or many, in the forms in which tables have them, with what is known of them and of the future."""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnlab import _arrays
from rnnlab.data.forecast import numbers, parts_of, rows_of
from rnnlab.data.times import instants, left_out, of_groups, on_working_days, require_same_times, times_of

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARTS = ("hour", "weekday", "month", "yearday")


class One(NamedTuple):
    """A series with what belongs to it."""

    name: Any
    values: np.ndarray  # (N,), NaN where one is missing
    index: Any  # a pandas index, an array of times, or None
    inputs: np.ndarray  # (N, C): other measurements, known up to now
    known: np.ndarray  # (N + ahead, K): known of the future too


def calendar(times: Any, parts: Sequence[str] = ("hour", "weekday"), holidays: Iterable[Any] = ()) -> np.ndarray:
    """Return what a clock and a calendar say, as numbers that are known of the future too.

    Parameters
    ----------
    times : (N,) index or array of dates
        Local times, where they have a zone.
    parts : sequence of {"hour", "weekday", "month", "yearday"}
        Each becomes two columns, its sine and cosine, so that midnight is next to eleven.
    holidays : iterable of dates, optional
        A last column is 1 on these days and 0 on others, where there are any.

    Returns
    -------
    columns : (N, K) array

    Raises
    ------
    ValueError
        If there is no such part, the times are no dates or one is missing, or a holiday lies between two weeks.

    Examples
    --------
    >>> calendar(np.array(["2026-01-01T00", "2026-01-01T06"], "M8[h]"), ["hour"], ["2026-01-01"]).round(3).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]
    """
    require_parts("parts", parts)
    clock = getattr(times, "dt", times)
    if hasattr(clock, "tz_localize"):
        times = clock.tz_localize(None)  # the clock on the wall
    array = instants(times)
    if array.dtype.kind != "M":
        raise ValueError(f"times has dtype {array.dtype}, expected dates")
    if np.isnat(array).any():
        raise ValueError(f"times is missing at {int(np.isnat(array).argmax())}, expected a date everywhere")
    columns = []
    for part in parts:
        turn = 2 * np.pi * _turn(array, part)
        columns += [np.sin(turn), np.cos(turn)]
    days = days_of(holidays)
    if len(days):
        _require_among(days, array.astype("M8[D]"))
        columns.append(np.isin(array.astype("M8[D]"), days).astype(float))
    return np.stack(columns, axis=1) if columns else np.empty((len(array), 0))


def _require_among(holidays: np.ndarray, days: np.ndarray) -> None:
    """Raise where times are weeks or more apart and a holiday lies between two: it would be marked nowhere.

    Raises
    ------
    ValueError
        If one does.
    """
    if len(days) < 2 or np.median(np.diff(days).astype(int)) <= 1:
        return
    unseen = holidays[(holidays > days.min()) & (holidays < days.max()) & ~np.isin(holidays, days)]
    if len(unseen):
        before = days[days < unseen[0]].max()
        raise ValueError(
            f"holidays has {unseen[0]}, between two times of the series, the one before on {before}: expected days of "
            "the series; known= marks the weeks or months that are unlike others"
        )


def require_parts(name: str, parts: Any) -> None:
    """Raise unless all parts are of a calendar.

    Raises
    ------
    ValueError
        If one is not.
    """
    several = isinstance(parts, Iterable) and not isinstance(parts, str)
    if not several or any(not isinstance(part, str) or part not in _PARTS for part in parts):
        raise ValueError(f"{name} is {parts!r}, expected several of {', '.join(_PARTS)}")


def days_of(holidays: Iterable[Any]) -> np.ndarray:
    """Return days as an array of dates.

    Raises
    ------
    ValueError
        If one is no date, or is written in another way than 2026-12-24.

    Examples
    --------
    >>> days_of(["2026-12-24"])
    array(['2026-12-24'], dtype='datetime64[D]')
    """
    if not isinstance(holidays, Iterable):
        raise TypeError(f"holidays is {holidays!r:.40}, expected several dates such as '2026-12-24'")
    days = []
    for day in [holidays] if isinstance(holidays, str) else holidays:
        try:
            if _DAY.fullmatch(str(day)[:10]) is None:  # NumPy takes 20261224 for a year
                raise ValueError
            days.append(np.datetime64(str(day)[:10], "D"))
        except ValueError:
            raise ValueError(f"holidays has {day!r:.40}, expected dates such as '2026-12-24'") from None
    return np.array(days, "M8[D]")


def _turn(times: np.ndarray, part: str) -> np.ndarray:
    """Return how far round a clock, week or year is, 0 to 1."""
    day = times.astype("M8[D]")
    if part == "hour":
        return (times - day).astype("m8[s]").astype(float) / 86400
    if part == "weekday":
        return ((day.astype(int) + 3) % 7) / 7  # the first day of 1970 was a Thursday
    if part == "month":
        return (times.astype("M8[M]").astype(int) % 12) / 12
    return (day - times.astype("M8[Y]").astype("M8[D]")).astype(float) / 365.25


class Clock(NamedTuple):
    """What is known of every time, and how many steps of the future are wanted."""

    parts: Sequence[str] = ()
    holidays: Sequence[Any] = ()
    ahead: int = 0


def each(
    series: Any,
    inputs: Any = None,
    known: Any = None,
    groups: Any = None,
    clock: Clock = Clock(),  # noqa: B008
) -> list[One]:
    """Return series one by one: of an array or Series, a list, the columns of a DataFrame, or a long table's groups.

    Raises
    ------
    TypeError, ValueError
        If something is no series, or what belongs to it has another length.
    """
    if groups is not None:
        several, more = _by_groups(series, inputs, known, groups)
    elif hasattr(series, "columns"):
        several = _by_columns(series)
        more = [None if part is None else [part] * len(several) for part in (inputs, known)]
    elif isinstance(series, Mapping):
        several = dict(series)
        given = [[part[name] for name in several] if isinstance(part, Mapping) else part for part in (inputs, known)]
        more = _listed(given[0], given[1], len(several))
    elif isinstance(series, list | tuple) and len(series) and all(np.ndim(one) for one in series):
        several, more = dict(enumerate(series)), _listed(inputs, known, len(series))
    else:
        return [_one(getattr(series, "name", None), series, inputs, known, clock)]
    if not several:
        raise ValueError("series is empty, expected at least one")
    found = []
    for place, (name, values) in enumerate(several.items()):
        own = [None if part is None else part[place] for part in more]
        found.append(_one(name, values, own[0], own[1], clock, counted=groups is None))
    return found


def _by_groups(series: Any, inputs: Any, known: Any, groups: Any) -> tuple[dict[Any, Any], list[Any]]:
    """Return the series of a long table by their groups, and what belongs to each."""
    require_same_times("groups", groups, series)
    series, rows = of_groups(series), rows_of(groups, np.shape(series))
    more = [_of_groups(name, part, rows) for name, part in (("inputs", inputs), ("known", known))]
    return {label: series[where] for label, where in rows.items()}, more


def _by_columns(table: Any) -> dict[Any, Any]:
    """Return the columns of a DataFrame by their names."""
    names = list(table.columns)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"series has two columns {twice!r}, expected each name once")
    for name in names:
        numbers(f"column {name!r} of series", table[name])
    return {name: table[name] for name in names}


def _listed(inputs: Any, known: Any, n: int) -> list[Any]:
    """Return what belongs to each of `n` series, as it was given in lists."""
    given = (("inputs", inputs), ("known", known))
    return [None if part is None else parts_of(name, part, n) for name, part in given]


def _of_groups(name: str, part: Any, rows: Mapping[Any, np.ndarray]) -> list[Any] | None:
    """Return what belongs to each group: its own, or its rows of a long table, which ends with what was measured."""
    if part is None:
        return None
    if isinstance(part, Mapping):
        missing = next((label for label in rows if label not in part), None)
        if missing is not None:
            raise ValueError(f"{name} has nothing for group {missing!r}, expected rows for each")
        return [part[label] for label in rows]
    n = len(next(iter(rows.values())))
    if len(part) != n:
        raise ValueError(
            f"{name} has {len(part)} rows, expected {n} as groups; a mapping from each group to its rows may go on"
        )
    return [part[where] for where in rows.values()]


def _one(name: Any, series: Any, inputs: Any, known: Any, clock: Clock, *, counted: bool = True) -> One:
    """Return a series with what belongs to it; the index of a long table counts rows of all its series."""
    values = numbers("series", series).astype(float)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"series has shape {values.shape}, expected (N,)")
    index = None if callable(getattr(series, "index", None)) else getattr(series, "index", None)
    times = times_of("series", series, refuse=counted)
    dated = times is not None and times.dtype.kind == "M"
    if dated:
        left_out("series", times)
    elif not (counted and _counts(times)):
        index = None
    n_known = len(values) + clock.ahead
    if dated and clock.ahead:
        _require_to_come(known, index, clock.ahead)
    for name_of, part in (("inputs", inputs), ("known", known)):
        require_same_times(name_of, part, series)
    measured, columns = _columns("inputs", inputs, len(values)), _columns("known", known, n_known)
    if clock.parts or clock.holidays:
        if not dated:
            raise ValueError("series has no dates for its index, expected them for a calendar")
        times = following(index, clock.ahead, whole=True) if clock.ahead else index
        columns = np.concatenate([columns, calendar(times, clock.parts, clock.holidays)], axis=1)
    return One(name, values, index, measured, columns)


def _counts(times: Any) -> bool:
    """Return whether an index counts something, such as years or seconds, and not just the rows."""
    if times is None or len(times) < 2 or times.dtype.kind not in "iufm":
        return False
    return times.dtype.kind == "m" or bool(times[0] != 0 or times[1] - times[0] != 1)


def _require_to_come(known: Any, index: Any, ahead: int) -> None:
    """Raise where what is known of the future has dates, and they are not those that follow.

    Raises
    ------
    ValueError
        If a time differs.
    """
    times = times_of("known", known)
    if times is None or times.dtype.kind != "M" or len(times) < len(index) + ahead:
        return
    theirs, own = times[len(index) : len(index) + ahead], instants(following(index, ahead))
    if not np.array_equal(own, theirs):
        at = int(np.argmax(own != theirs))
        raise ValueError(f"known has {theirs[at]} where {own[at]} is to come, at {len(index) + at}")


def _columns(name: str, value: Any, n: int) -> np.ndarray:
    """Return the first `n` rows of what belongs to a series."""
    if value is None:
        return np.empty((n, 0))
    given = _arrays.as_array(name, value)
    array = (given if given.dtype == bool else numbers(name, value)).astype(float)  # flags, such as of holidays
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or len(array) < n:
        raise ValueError(f"{name} has shape {array.shape}, expected at least {n} rows, one for each time")
    return array[:n]


def require_same_columns(name: str, *parts: Any) -> None:
    """Raise where tables of pandas, also those of several series, have other columns, or the same in another order.

    Raises
    ------
    ValueError
        If two differ: columns are read by their places.
    """
    tables: list[Any] = []
    for part in parts:
        several = part.values() if isinstance(part, Mapping) else part if isinstance(part, list | tuple) else [part]
        tables += [table for table in several if hasattr(table, "columns")]
    for table in tables[1:]:
        if list(table.columns) != list(tables[0].columns):
            raise ValueError(
                f"{name} has the columns {', '.join(map(str, table.columns))}, expected "
                f"{', '.join(map(str, tables[0].columns))} in this order"
            )


def steps_of(index: Any) -> np.ndarray:
    """Return how far the dates of an index are apart, in days; nothing where there are none."""
    times = None if index is None else instants(index)
    if times is None or times.dtype.kind != "M":
        return np.empty(0)
    return np.diff(times).astype("m8[ns]").astype(np.int64) / (86_400 * 10**9)


def step_of(index: Any) -> float | None:
    """Return the least step of an index, in days: of a few days of a market the usual one may be over a weekend."""
    steps = steps_of(index)
    return float(steps.min()) if len(steps) else None


def following(index: Any, n: int, whole: bool = False) -> Any:
    """Return the `n` times after an index, or the whole one with them; numbers of steps where there is none.

    Raises
    ------
    ValueError
        If a single time leaves open what the next one is.
    """
    if index is None:
        return np.arange(1, n + 1)
    if len(index) < 2:
        raise ValueError("series has a single time, expected at least two to know how far the next is")
    times = instants(index)
    if times.dtype.kind in "iufm":  # a count, such as of years
        ahead = times[-1] + (times[-1] - times[-2]) * np.arange(1, n + 1)
        return np.concatenate([times, ahead]) if whole else ahead
    if hasattr(index, "freq"):  # of pandas: months differ in length, and clocks are changed
        step = _usual_step(index)
        after = [index[-1] + place * step for place in range(1, n + 1)]
        ahead = type(index)(after) if after else index[:0]
        return index.append(ahead) if whole else ahead
    gap = np.median(np.diff(times).astype("m8[us]").astype(np.int64)).astype("m8[us]")
    ahead = times[-1] + gap * np.arange(1, n + 1)
    return np.concatenate([times, ahead]) if whole else ahead


def _usual_step(index: Any) -> Any:
    """Return how far apart the times of a pandas index are: an offset such as a month, or the median."""
    import pandas

    found = index.freq
    if found is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas 3 warns that the name of the step will be the step itself
            name = index.inferred_freq if len(index) > 2 else None
        found = _by_the_calendar(index) if name is None else pandas.tseries.frequencies.to_offset(name)
    if getattr(index, "tz", None) is not None and type(found).__name__ == "Day":
        return pandas.DateOffset(days=found.n)  # a day of the clock on the wall, be it of 23 hours
    return found


def _by_the_calendar(index: Any) -> Any:
    """Return the step of times of which some are left out, or that no offset of pandas names."""
    import pandas

    wall = index.tz_localize(None)
    times, at_noon = instants(wall), wall - wall.normalize()
    if len(at_noon.unique()) == 1:  # the same time on every day
        months = np.diff(12 * index.year + index.month)
        usual = int(np.median(months))
        if usual and index.is_month_end.all():
            return pandas.offsets.MonthEnd(usual)
        if usual and len(index.day.unique()) == 1:
            return pandas.DateOffset(months=usual)
        if on_working_days(times):
            return pandas.offsets.BusinessDay()
        if index.tz is not None:
            return pandas.DateOffset(days=int(np.median(np.diff(times.astype("M8[D]")).astype(int))))
    return (index[1:] - index[:-1]).to_series().median()
