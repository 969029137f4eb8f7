"""Tables with dates: a pandas DataFrame whose index says when each row was measured."""

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from rnnlab._settings import require_flag
from rnnlab.data import files, text
from rnnlab.data.fields import Fields, is_missing

_CLOCK = r"[T ][0-9:.+Z-]+([ ]?[AaPp][Mm])?( ?[+-][0-9]{2}:?[0-9]{2}| ?Z| UTC)?"
_ISO = re.compile(rf"[0-9]{{4}}[-/][0-9]{{1,2}}([-/][0-9]{{1,2}}({_CLOCK})?)?")
_QUARTER = re.compile(r"([0-9]{4})-?[Qq]([1-4])")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?[AaPp][Mm])?")
_BY_DAY = re.compile(rf"([0-9]{{1,2}})([./-])([0-9]{{1,2}})\2([0-9]{{4}})({_CLOCK})?")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2}([T ].*)?")
# What is a time by all appearances, though not in a form that is read: "2026-01-31 13:30 CET", "2026-W05", "Jan 2026".
_SOME_TIME = re.compile(r"[0-9]{4}[-/. MWQ]*[0-9]|[0-9]{1,2}[./ -][0-9]{4}|[A-Za-z]{3}[ -][0-9]{2}|[0-9]{1,2}:[0-9]{2}")
_MONTH = r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_BY_NAME = re.compile(
    rf"([0-9]{{1,2}}[ -]{_MONTH},?[ -][0-9]{{4}}|{_MONTH} [0-9]{{1,2}},? [0-9]{{4}}|{_MONTH}[ -][0-9]{{4}})({_CLOCK})?",
    re.IGNORECASE,
)


def read_frame(
    path: str | Path,
    index: str | None = None,
    columns: str | Sequence[str] | None = None,
    *,
    dayfirst: bool | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
    gaps: str = "nan",
    header: bool | None = None,
    skip: int = 0,
) -> Any:
    """Return a CSV, TSV or Parquet file as a pandas DataFrame with dates for its index.

    A column in which every field is a number, or missing, is of floats; others stay text.

    Parameters
    ----------
    path : str or Path
        The file, as `read_table` takes it.
    index : str, optional
        The column that says when; by default the first in which every field is a date. Where there is none the rows are
        numbered.
    columns : str or sequence of str, optional
        Which columns to return beside the index; all by default.
    dayfirst : bool, optional
        Whether 3/4/2026 is in April. It must be said where the file leaves it open; 3.4.2026 is in April by itself.
    delimiter, decimal, thousands, encoding, header, skip
        As in `read_table`.
    gaps : {"nan", "drop", "refuse", "fill"}, default "nan"
        What becomes of a missing number: NaN, its row left out, an error, or the number above it. `windows` looks for
        NaN and for rows that are left out.

    Returns
    -------
    frame : pandas.DataFrame

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        As `read_table`; and if a date cannot be read, or could be meant in two ways.
    ImportError
        If pandas is not installed, or a Parquet file needs pyarrow.

    Notes
    -----
    A column of times, such as 05:30, that stands beside the column of days becomes a part of the index.

    Times with several offsets from UTC, as clocks that are put forward in summer write them, become times in UTC.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "load.csv"
    >>> _ = path.write_text("day;load\\n1.2.2026;2,5\\n2.2.2026;\\n")
    >>> read_frame(path)
                load
    day
    2026-02-01   2.5
    2026-02-02   NaN
    """
    pandas = _pandas()
    options = files.checked(columns, decimal, thousands, gaps, header, skip)
    dayfirst = None if dayfirst is None else require_flag("dayfirst", dayfirst)
    wanted = options["columns"]
    if files.is_parquet(path):
        return _of_parquet(path, index, wanted, gaps)
    asked = None if wanted is None else [*wanted, *([] if index is None else [index])]
    fields = Fields(path, text.lines(path, encoding), delimiter=delimiter, **{**options, "columns": asked})
    names = fields.names[: len(fields.places(None))]  # an empty last column has no name
    if not fields.rows:
        raise ValueError(f"{path}, line {fields.first + 1}: no rows, expected a line for every row of the table")
    when = _when(fields, names, index)
    clock = _clock(fields, when)
    kept = [name for place, name in enumerate(names) if place not in (when, clock)] if wanted is None else wanted
    _require_once(fields, names, kept)
    places = fields.places(kept)
    frame = pandas.DataFrame({name: _column(fields, place, gaps) for name, place in zip(kept, places, strict=True)})
    if when is not None:
        frame.index = pandas.Index(_times(fields, when, clock, dayfirst, index is not None), name=names[when])
    return frame.dropna() if gaps == "drop" else frame


def _require_once(fields: Fields, names: tuple[str, ...], kept: Sequence[str]) -> None:
    twice = next((name for name in kept if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(
            f"{fields.path}, line {fields.first}: two columns {twice!r}, expected each name once; "
            "columns= chooses others"
        )


def _when(fields: Fields, names: tuple[str, ...], index: str | None) -> int | None:
    """Return the place of the column that says when."""
    if index is not None:
        return fields.places([index])[0]
    for place in range(len(names)):
        dates = [_is_date(row[place]) for _, row in fields.rows]
        if all(dates):
            return place
        if place == 0 and 2 * sum(dates) > len(dates):
            line, row = fields.rows[dates.index(False)]
            raise ValueError(
                f"{fields.path}, line {line}: {row[place]!r} in column {names[place]}, expected a date as above or "
                "below; index= names another column"
            )
    return None


def _clock(fields: Fields, when: int | None) -> int | None:
    """Return the place of a column of times beside one of days, as loggers write them."""
    place = None if when is None else when + 1
    if when is None or place is None or place >= len(fields.names):
        return None
    days = all(_is_date(row[when]) and ":" not in row[when] for _, row in fields.rows)
    return place if days and all(_TIME.fullmatch(row[place].strip()) for _, row in fields.rows) else None


def _is_date(field: str) -> bool:
    field = field.strip()
    return any(kind.fullmatch(field) for kind in (_ISO, _BY_DAY, _QUARTER, _BY_NAME))


def _column(fields: Fields, place: int, gaps: str) -> Any:
    """Return a column's numbers, or its text where one field is neither a number nor missing."""
    texts = [row[place] for _, row in fields.rows]
    if all(fields.is_number(each) or is_missing(each) for each in texts):
        return fields.column(place, gaps)
    return [each.strip() for each in texts]


def _times(fields: Fields, place: int, clock: int | None, dayfirst: bool | None, asked: bool) -> Any:
    """Return the index: dates, or what else stands in a column that was asked for."""
    texts = [row[place].strip() for _, row in fields.rows]
    if clock is not None:
        texts = [f"{day} {row[clock].strip()}" for day, (_, row) in zip(texts, fields.rows, strict=True)]
    if all(map(_is_date, texts)):
        return _dates(fields, place, texts, dayfirst)
    short = next((each for each in texts if _SHORT_YEAR.fullmatch(each)), None)
    if short is not None:
        raise ValueError(f"{fields.path}: {short!r} in column {fields.names[place]}, expected a year of four digits")
    if asked and all(re.fullmatch("(18|19|20|21)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])", each) for each in texts):
        return _dates(fields, place, [f"{each[:4]}-{each[4:6]}-{each[6:]}" for each in texts], dayfirst)
    timelike = any(map(_is_date, texts)) or all(map(_SOME_TIME.search, texts))
    if asked and timelike and not all(map(fields.is_number, texts)):
        line, wrong = next((n, each) for (n, _), each in zip(fields.rows, texts, strict=True) if not _is_date(each))
        raise ValueError(
            f"{fields.path}, line {line}: {wrong!r} in column {fields.names[place]}, expected a date such as "
            "2026-01-31, 31.1.2026 or 31 Jan 2026, with or without a time such as 13:30 or 13:30+01:00"
        )
    return _column(fields, place, "refuse")


def _dates(fields: Fields, place: int, texts: list[str], dayfirst: bool | None) -> Any:
    path, name = fields.path, fields.names[place]
    texts = [_QUARTER.sub(lambda part: f"{part[1]}-{3 * int(part[2]) - 2:02}", each) for each in texts]
    parts = [_BY_DAY.fullmatch(each) for each in texts]
    if any(parts) and dayfirst is None:
        dayfirst = _day_is_first(path, name, [part for part in parts if part])
    written = [each if part is None else _iso(part, bool(dayfirst)) for each, part in zip(texts, parts, strict=True)]
    pandas, found = _pandas(), []
    for (line, _), each, field in zip(fields.rows, written, texts, strict=True):
        try:
            found.append(pandas.Timestamp(each.replace("/", "-")))
        except ValueError:
            order = "" if dayfirst is None else f" with the {'day' if dayfirst else 'month'} first"
            raise ValueError(f"{path}, line {line}: {field!r} in column {name}, expected a date{order}") from None
    if len({time.tzinfo is None for time in found}) > 1:
        raise ValueError(f"{path}: column {name} has times with and without an offset from UTC, expected one kind")
    if len({time.utcoffset() for time in found}) > 1:
        found = [time.tz_convert("UTC") for time in found]
    return pandas.DatetimeIndex(found)


def _day_is_first(path: str | Path, name: str, parts: list[re.Match[str]]) -> bool:
    if parts[0][2] == "." or any(int(part[1]) > 12 for part in parts):
        return True
    if any(int(part[3]) > 12 for part in parts):
        return False
    raise ValueError(
        f"{path}: {parts[0][0]!r} in column {name} could be in month {parts[0][1]} or {parts[0][3]}, "
        "expected dayfirst=True or dayfirst=False"
    )


def _iso(part: re.Match[str], dayfirst: bool) -> str:
    day, month = (part[1], part[3]) if dayfirst else (part[3], part[1])
    return f"{part[4]}-{int(month):02}-{int(day):02}{part[5] or ''}"


def _of_parquet(path: str | Path, index: str | None, columns: list[str] | None, gaps: str) -> Any:
    """Return a frame that has its types from its file: only the index is looked for."""
    frame = files.parquet(path, [*(columns or []), *([index] if index else [])])
    when = index or next((name for name in frame.columns if frame[name].dtype.kind == "M"), None)
    if when is not None:
        frame = frame.set_index(when)
    frame = frame if columns is None else frame[columns]
    numbers = [name for name in frame.columns if frame[name].dtype.kind in "iufb"]
    if gaps == "refuse" and frame[numbers].isna().any(axis=None):
        raise ValueError(f"{path}: a number is missing, expected none; gaps='nan' keeps the row")
    frame[numbers] = frame[numbers].ffill() if gaps == "fill" else frame[numbers]
    return frame.dropna() if gaps == "drop" else frame


def _pandas() -> Any:
    try:
        return import_module("pandas")
    except ImportError as error:
        raise ImportError("tables with dates need pandas: install it with  pip install 'rnnlab[data]'") from error
