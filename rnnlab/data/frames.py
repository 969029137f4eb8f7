"""Tables with dates: a pandas DataFrame whose index says when each row was measured."""

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab.data import files

_ISO = re.compile(r"[0-9]{4}[-/][0-9]{1,2}([-/][0-9]{1,2}([T ][0-9:.+Z-]+)?)?")
_BY_DAY = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})([T ][0-9:.+Z-]+)?")
_GAPS = ("nan", "drop", "refuse")


def read_frame(
    path: str | Path,
    index: str | None = None,
    *,
    dayfirst: bool | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    gaps: str = "nan",
    header: bool = True,
) -> Any:
    """Return a CSV or TSV file as a pandas DataFrame with dates for its index.

    A column in which every field is a number, or missing, is of floats; others stay text.

    Parameters
    ----------
    path : str or Path
        The file, as `read_table` takes it.
    index : str, optional
        The column that says when; by default the first in which every field is a date. Where there is none the rows are
        numbered.
    dayfirst : bool, optional
        Whether 3/4/2026 is in April. It must be said where the file leaves it open; 3.4.2026 is in April by itself.
    delimiter, decimal, encoding
        As in `read_table`.
    gaps : {"nan", "drop", "refuse"}, default "nan"
        What becomes of a missing number: NaN, its row left out, or an error. `windows` looks for NaN and for rows that
        are left out.
    header : bool, default True
        Whether a line names the columns; if not, they are called "0", "1", ….

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
        If pandas is not installed.

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
    if gaps not in _GAPS:
        raise ValueError(f"gaps is {gaps!r}, expected one of {', '.join(_GAPS)}")
    text = files.Fields(path, files.lines(path, encoding), delimiter, decimal, header)
    text.names = text.names[: len(text.places(None))]  # says so where there are none; an empty last column has none
    if len(set(text.names)) < len(text.names):
        twice = next(name for name in text.names if text.names.count(name) > 1)
        raise ValueError(f"{path}, line {text.first}: two columns {twice!r}, expected each name once")
    if not text.rows:
        raise ValueError(f"{path}, line {text.first + 1}: no rows, expected a line for every row of the table")
    columns = {name: [row[place].strip() for _, row in text.rows] for place, name in enumerate(text.names)}
    when = _when(path, columns, index)
    frame = pandas.DataFrame(
        {name: _column(text, place, gaps) for place, name in enumerate(text.names) if name != when}
    )
    if when is not None and _are_dates(columns[when]):
        frame.index = pandas.Index(_dates(path, text, when, columns[when], dayfirst), name=when)
    elif when is not None:
        frame.index = pandas.Index(_column(text, text.names.index(when), "refuse"), name=when)
    return frame.dropna() if gaps == "drop" else frame


def _when(path: str | Path, columns: dict[str, list[str]], index: str | None) -> str | None:
    if index is None:
        return next((name for name, fields in columns.items() if _are_dates(fields)), None)
    if index not in columns:
        raise ValueError(f"{path}: no column {index!r}, expected it among {', '.join(columns)}")
    return index


def _are_dates(fields: Sequence[str]) -> bool:
    return all(_ISO.fullmatch(field) or _BY_DAY.fullmatch(field) for field in fields)


def _column(text: files.Fields, place: int, gaps: str) -> Any:
    """Return a column's numbers, or its text where one field is neither a number nor missing."""
    fields = [row[place] for _, row in text.rows]
    if all(text.is_number(field) or files.is_missing(field) for field in fields):
        return np.array([text.number(line, row, place, gaps) for line, row in text.rows])
    return [field.strip() for field in fields]


def _dates(path: str | Path, text: files.Fields, name: str, fields: list[str], dayfirst: bool | None) -> Any:
    parts = [_BY_DAY.fullmatch(field) for field in fields]
    if any(parts) and dayfirst is None:
        dayfirst = _day_is_first(path, name, [part for part in parts if part])
    written = [field if part is None else _iso(part, bool(dayfirst)) for field, part in zip(fields, parts, strict=True)]
    pandas, found = _pandas(), []
    for (line, _), field in zip(text.rows, written, strict=True):
        try:
            found.append(pandas.Timestamp(field.replace("/", "-")))
        except ValueError:
            raise ValueError(f"{path}, line {line}: {field!r} in column {name}, expected a date") from None
    try:
        return pandas.DatetimeIndex(found)
    except ValueError as error:
        raise ValueError(f"{path}: column {name} mixes times that no index can hold ({error})") from None


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


def _pandas() -> Any:
    try:
        return import_module("pandas")
    except ImportError as error:
        raise ImportError("tables with dates need pandas: install it with  pip install 'rnnlab[data]'") from error
