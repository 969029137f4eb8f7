"""Read your own tables.

An error message names the file, the line and what was expected. How fields are told apart is in `rnnlab.data.fields`.
"""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnlab._settings import require_path
from rnnlab.data import text
from rnnlab.data.fields import Fields

GAPS = ("refuse", "nan", "drop", "fill")


class Table(NamedTuple):
    """Numbers in named columns.

    Attributes
    ----------
    names : tuple of str
        One per column.
    values : (N, C) array
        The rows in the order of the file.
    """

    names: tuple[str, ...]
    values: np.ndarray


def read_table(
    path: str | Path,
    columns: str | Sequence[str] | None = None,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
    gaps: str = "refuse",
    header: bool | None = None,
    skip: int = 0,
) -> Table:
    """Return the numbers of a CSV, TSV or Parquet file.

    Empty lines, lines of comments that begin with ``#``, a first line ``sep=;`` and separators at the ends of lines are
    passed over. A name that ends in .gz, .bz2, .xz or .zip is that of a packed file.

    Parameters
    ----------
    path : str or Path
        The file.
    columns : str or sequence of str, optional
        Which columns to read, in this order; all by default. Others may hold anything.
    delimiter : str, optional
        What separates fields; by default the one of tab, semicolon, comma and bar that the names' line holds most of,
        outside of quotes; blanks where they align as many words in every line.
    decimal : {".", ","}, optional
        What stands before the decimals. By default a comma where semicolons separate the fields, some field is a number
        with a comma and none is one with a point; else a point.
    thousands : str, optional
        What groups the digits of large numbers, such as "," in 1,234.5; a blank stands for every kind of blank.
    encoding : str, optional
        Such as "cp1252"; by default UTF-8, or UTF-16 or UTF-32 where the file begins with its mark.
    gaps : {"refuse", "nan", "drop", "fill"}, default "refuse"
        What becomes of an empty field, ``NA``, ``nan``, ``null`` or ``?``: an error, NaN, a row left out, or the number
        above it.
    header : bool, optional
        Whether a line names the columns; if not, they are called "0", "1", …. By default it does, unless it holds
        nothing but numbers and dates: then the columns that are asked for decide, or an error says so.
    skip : int, default 0
        Lines before the names that are not read.

    Returns
    -------
    table : Table

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or cannot be decoded, a column is missing, or a line has too few fields or something that
        is not a finite number: the message names file, line and what was expected.
    ImportError
        If the file is of Parquet, and pandas or pyarrow is not installed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "levels.csv")
    ...     _ = file.write_text("year,level\\n2001,1.5\\n2002,2.5\\n")
    ...     read_table(file, "level").values.ravel()
    array([1.5, 2.5])
    """
    options = checked(columns, decimal, thousands, gaps, header, skip)
    if is_parquet(path):
        frame = parquet(path, options["columns"])
        return _of_frame(path, frame if columns is None else frame[options["columns"]], gaps)
    fields = Fields(path, text.lines(path, encoding), delimiter=delimiter, **options)
    places = fields.places(options["columns"])
    if not fields.rows:
        raise ValueError(f"{path}, line {fields.first + 1}: no numbers, expected a line for every row of the table")
    values = np.column_stack([fields.column(place, gaps) for place in places])
    return _without_gaps(path, tuple(fields.names[place] for place in places), values, gaps)


def checked(
    columns: str | Sequence[str] | None, decimal: str | None, thousands: str | None, gaps: str, header: Any, skip: int
) -> dict[str, Any]:
    """Return the options of `Fields`, or say which of them makes no sense."""
    if gaps not in GAPS or decimal not in (None, ".", ","):
        raise ValueError(f"gaps is {gaps!r}, decimal {decimal!r}, expected one of {', '.join(GAPS)}; '.' or ','")
    if thousands is not None and (
        not isinstance(thousands, str)
        or len(thousands) != 1
        or thousands.isalnum()
        or thousands in '+-"'
        or thousands == decimal
    ):
        raise ValueError(f"thousands is {thousands!r}, expected one mark that is no decimal mark, such as ','")
    if (
        header not in (None, True, False)
        or isinstance(skip, bool)
        or not isinstance(skip, int | np.integer)
        or skip < 0
    ):
        raise ValueError(f"header is {header!r}, skip {skip!r}, expected True, False or None; a number of lines")
    if columns is not None:
        if not isinstance(columns, Iterable):
            raise ValueError(f"columns is {columns!r:.40}, expected names of columns")
        columns = [columns] if isinstance(columns, str) else list(columns)
        if not columns or not all(isinstance(column, str) for column in columns):
            raise ValueError(f"columns is {columns!r}, expected names of columns")
    return {"columns": columns, "decimal": decimal, "thousands": thousands, "header": header, "skip": skip}


def is_parquet(path: str | Path) -> bool:
    """Return whether a file says that it is of Parquet."""
    text.require_file(path)
    with require_path("path", path).open("rb") as file:
        return file.read(4) == b"PAR1"


def parquet(path: str | Path, columns: list[str] | None) -> Any:
    """Return a Parquet file as a pandas DataFrame, with an index that says when as a column.

    Raises
    ------
    ImportError
        If pandas or pyarrow is not installed.
    ValueError
        If the file is broken, or lacks a column.
    """
    try:
        pandas = import_module("pandas")
        import_module("pyarrow")
    except ImportError as error:
        raise ImportError(
            f"{path}: a Parquet file, which needs pandas and pyarrow: install them with  pip install pandas pyarrow  "
            "or save it as CSV"
        ) from error
    try:
        frame = pandas.read_parquet(path)
    except Exception as error:  # pyarrow raises all kinds
        raise ValueError(f"{path}: not a readable Parquet file ({error})") from error
    if frame.index.name is not None:
        frame = frame.reset_index()
    frame.columns = [str(name) for name in frame.columns]
    for column in columns or []:
        if list(frame.columns).count(column) != 1:
            raise ValueError(f"{path}: no column {column!r}, expected it among {', '.join(frame.columns)}")
    return frame


def _of_frame(path: str | Path, frame: Any, gaps: str) -> Table:
    for name in frame.columns:
        if frame[name].dtype.kind not in "iufb":
            raise ValueError(f"{path}: column {name} is of {frame[name].dtype}, expected numbers")
    values = np.column_stack([frame[name].to_numpy(float, na_value=np.nan) for name in frame.columns])
    if np.isinf(values).any():
        row, column = np.argwhere(np.isinf(values))[0]
        raise ValueError(f"{path}: row {row} of column {frame.columns[column]} is infinite, expected a number")
    if gaps == "refuse" and np.isnan(values).any():
        row, column = np.argwhere(np.isnan(values))[0]
        raise ValueError(f"{path}: row {row} of column {frame.columns[column]} is missing, expected a number")
    if gaps == "fill":
        values = frame.ffill().to_numpy(float, na_value=np.nan)
        if np.isnan(values).any():
            raise ValueError(f"{path}: the first row lacks a number, expected one to fill later gaps with")
    return _without_gaps(path, tuple(frame.columns), values, gaps)


def _without_gaps(path: str | Path, names: tuple[str, ...], values: np.ndarray, gaps: str) -> Table:
    values = values[~np.isnan(values).any(axis=1)] if gaps == "drop" else values
    if not values.size:
        raise ValueError(f"{path}: no row without a gap, expected at least one")
    return Table(names, values)
