"""When the values of a series were measured: what its index says, what it leaves out, and what comes too soon."""

import datetime
import re
from typing import Any

import numpy as np

from rnnlab._arrays import as_array

_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    r"[0-9]{4}[-/][0-9]{1,2}([-/][0-9]{1,2}.*)?|[0-9]{1,2}([./-])[0-9]{1,2}\2[0-9]{2,4}.*"
    r"|(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"  # 20260131
    r"|[0-9]{1,2}:[0-9]{2}(:[0-9]{2}.*)?( ?[ap]m)?"  # a clock
    r"|[0-9]{4}[ -]?(Q[1-4]|W[0-9]{1,2})|Q[1-4][ -]?[0-9]{4}"
    rf"|({_MONTH}|[0-9]{{1,2}})[ .-]+({_MONTH}|[0-9]{{1,2}},?)[ .-]+[0-9]{{2,4}}.*|{_MONTH}[ .-]+[0-9]{{2,4}}",
    re.IGNORECASE,
)
_DAY, _HOUR = 86_400 * 10**9, 3_600 * 10**9


def instants(time: Any) -> Any:
    """Return times as NumPy has them: without a zone, periods as their starts, and dates as they are."""
    if type(getattr(time, "dtype", None)).__name__ == "PeriodDtype":
        time = getattr(time, "dt", time).to_timestamp()
    if getattr(getattr(time, "dt", time), "tz", None) is not None:
        zoned = getattr(time, "dt", time)
        time = zoned.tz_convert("UTC")
        time = getattr(time, "dt", time).tz_localize(None)
    array = as_array("time", time)
    if array.dtype == object and array.size and all(isinstance(one, datetime.date) for one in array.ravel()):
        zoned_ones = [one for one in array.ravel() if getattr(one, "tzinfo", None) is not None]
        if len(zoned_ones) not in (0, array.size):
            raise ValueError("time has a zone at some places only, expected one everywhere or nowhere")
        utc = [one.astimezone(datetime.UTC).replace(tzinfo=None) for one in zoned_ones] or array.ravel().tolist()
        return np.array(utc, "M8[us]").reshape(array.shape)
    return array


def dates_of(series: Any) -> Any:
    """Return the index of a pandas Series where it says when, else None."""
    index = getattr(series, "index", None)
    times = None if callable(index) or index is None else instants(index)
    return times if getattr(times, "dtype", np.dtype(object)).kind == "M" else None


def times_of(name: str, series: Any, *, refuse: bool = False) -> Any:
    """Return the dates of a pandas Series, or the numbers of its index, which tell of rows that were left out.

    Raises
    ------
    ValueError
        If the index has several levels, as of several series; if it holds dates as text: no gap could be seen in them;
        or, with `refuse`, if it holds numbers that are not one step after the other.
    """
    index = getattr(series, "index", None)
    if callable(index) or index is None:
        return None
    if getattr(index, "nlevels", 1) > 1:
        raise ValueError(
            f"index of {name} has {index.nlevels} levels, as that of several series has, expected one level; "
            f"groups={name}.index.get_level_values(0) keeps them apart"
        )
    times = instants(index)
    kind = times.dtype.kind
    if kind == "M":
        return times
    if kind == "m" or (kind == "f" and np.isfinite(times).all() and (times % 1 != 0).any()):
        return _even(name, times) if refuse else times
    if kind in "iu" or (kind == "f" and np.isfinite(times).all() and (times % 1 == 0).all()):
        steps = np.diff(times)
        uneven = (steps <= 0) | (steps != np.median(steps)) if len(steps) else np.zeros(0, bool)
        if refuse and uneven.any():
            at = int(np.argmax(uneven)) + 1
            raise ValueError(
                f"index of {name} goes from {times[at - 1]} to {times[at]} at {at}, expected even steps upward"
                f"{_rows(times)}"
            )
        return times
    labels = times.tolist() if kind in "OU" else []
    if labels and all(isinstance(label, str) and _DATE.fullmatch(label.strip()) for label in labels):
        raise ValueError(
            f"index of {name} is text such as {str(times[0])!r:.40}, expected dates: "
            f"{name}.index = pandas.to_datetime({name}.index)"
        )
    return None


def _even(name: str, times: np.ndarray) -> np.ndarray:
    """Return times without a date, such as seconds, or say where one is left out."""
    missing = left_out(name, times) > 0
    if missing.any():
        at = int(np.argmax(missing)) + 1
        raise ValueError(
            f"index of {name} goes from {times[at - 1]} to {times[at]} at {at}, which is a gap, expected even steps"
            f"{_rows(times)}"
        )
    return times


def of_groups(series: Any) -> Any:
    """Return the values of a long table with the last level of its index, the times, where it has several."""
    index: Any = getattr(series, "index", None)
    several = not callable(index) and getattr(index, "nlevels", 1) > 1
    return series.set_axis(index.get_level_values(-1)) if several else series


def require_same_times(name: str, other: Any, series: Any) -> None:
    """Raise if what belongs to a series has an index of its own, and it is another: rows are matched by their places.

    Raises
    ------
    ValueError
        If a time differs, or the labels are the same in another order.
    """
    own, theirs = dates_of(series), dates_of(other)
    if own is None or theirs is None:
        _require_same_order(name, other, series)
        return
    n = min(len(own), len(theirs))
    if not np.array_equal(own[:n], theirs[:n]):
        at = int(np.argmax(own[:n] != theirs[:n]))
        raise ValueError(f"{name} has {theirs[at]} where the series has {own[at]}, at {at}, expected the same times")


def _require_same_order(name: str, other: Any, series: Any) -> None:
    """Raise if two of pandas have the same labels in another order, such as after one of them was sorted."""
    own, theirs = (getattr(one, "index", None) for one in (series, other))
    if own is None or theirs is None or callable(own) or callable(theirs) or len(own) != len(theirs):
        return
    if not own.equals(theirs) and set(own) == set(theirs):
        at = next(n for n, (a, b) in enumerate(zip(own, theirs, strict=True)) if a != b)
        raise ValueError(
            f"{name} has the label {theirs[at]} where the series has {own[at]}, at {at}, expected one order"
        )


def require_no_gap(name: str, series: Any, first: int = 0) -> None:
    """Raise if a pandas Series has dates that are not in order, or leave one out after the value number `first`.

    Whole numbers in its index count as dates do: a row that was taken out leaves its number out.

    Raises
    ------
    ValueError
        If it has: the message names the place.
    """
    time = times_of(name, series)
    if time is None:
        return
    missing = left_out(name, time)[first:]
    if missing.any():
        at = first + int(np.argmax(missing > 0)) + 1
        raise ValueError(f"time of {name} goes from {time[at - 1]} to {time[at]} at {at}, which is a gap{_rows(time)}")


def left_out(name: str, time: np.ndarray) -> np.ndarray:
    """Return how many times are left out after each but the last, where the usual step leads on.

    Days without weekends, as of a market, leave nothing out from a Friday to the Monday after it.

    Raises
    ------
    ValueError
        If one is missing, not later than the one before it, or comes after half the usual step or less.
    """
    timed, dated = time.dtype.kind in "mM", time.dtype.kind == "M"
    if timed and np.isnat(time).any():
        raise ValueError(f"time of {name} is missing at {int(np.isnat(time).argmax())}, expected one everywhere")
    steps = np.diff(time)
    if timed:
        steps = steps.astype("timedelta64[ns]").astype(np.int64)
    usual = np.median(steps) if len(steps) else 0
    if not (steps > 0).all():
        at = int(np.argmin(steps > 0)) + 1
        hint = _disorder(time, at, steps) if dated else ""
        raise ValueError(f"time of {name} is {time[at]} at {at}, expected later than {time[at - 1]}{hint}")
    if not len(steps):
        return np.zeros(0, int)
    working = dated and bool(steps.min() >= _DAY) and on_working_days(time)
    if (2 * steps <= usual).any() and not working:
        at = int(np.argmax(2 * steps <= usual)) + 1
        even = ", such as those of series.resample" if dated else ""
        raise ValueError(
            f"time of {name} goes from {time[at - 1]} to {time[at]} at {at}, half the usual step or less: "
            f"expected even steps{even}"
        )
    if working:
        days = time.astype("M8[D]")
        return np.asarray(np.busday_count(days[:-1], days[1:]) - 1)
    # months differ in length by less than half
    return np.where(steps <= 1.5 * usual, 0, np.maximum(np.round(steps / usual), 2) - 1).astype(int)


def on_working_days(time: np.ndarray) -> bool:
    """Return whether times are those of days from Monday to Friday, with weekends between them.

    Examples
    --------
    >>> days = np.arange("2026-01-05", "2026-01-17", dtype="M8[D]")  # a Monday to a Friday
    >>> on_working_days(days[np.is_busday(days)]), on_working_days(days), on_working_days(days[:5])
    (True, False, False)
    """
    steps = np.diff(time).astype("timedelta64[ns]").astype(np.int64)
    usual = steps.min() if 2 <= len(steps) < 5 else np.median(steps) if len(steps) else 0  # a Thursday to a Monday
    if len(steps) < 2 or usual != _DAY or steps.max() < 2 * _DAY:
        return False
    return bool(np.is_busday(time.astype("M8[D]")).all())


def _rows(time: np.ndarray) -> str:
    """Return what to do about an index of numbers whose rows follow each other all the same."""
    return "" if time.dtype.kind in "mM" else "; series.to_numpy() where one row follows the other all the same"


def _disorder(time: np.ndarray, at: int, steps: np.ndarray) -> str:
    """Return what to do about times that are not in order, of which an hour of the night may come twice."""
    step, usual = steps[at - 1], np.median(steps)
    hour = int((time[at] - time[at].astype("M8[D]")).astype("m8[ns]").astype(np.int64)) // _HOUR
    if -_HOUR <= step <= 0 < usual <= _HOUR and hour <= 3:
        return "; a clock that is put back shows an hour twice: times with their offset, or in UTC, do not"
    n_same = len(time) - len(np.unique(time))
    if n_same > len(time) // 4:  # so many are no mistakes
        midnight = (time == time.astype("M8[D]")).all()
        hours = " an hour in a column of its own belongs to the dates, and" if midnight else ""
        return f"; many times come more than once:{hours} groups= keeps several series apart"
    return "; series.sort_index() orders them" if step < 0 else "; series.groupby(level=0).mean() makes one of each"
