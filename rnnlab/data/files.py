"""Read your own files: tables, text, labelled text and sentence pairs.

An error message names the file, the line and what was expected.
"""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np


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


def read_table(path: str | Path, columns: Sequence[str] | None = None, *, delimiter: str | None = None) -> Table:
    """Return the numbers of a CSV or TSV file whose first line names its columns.

    Parameters
    ----------
    path : str or Path
        The file, in UTF-8.
    columns : sequence of str, optional
        Which columns to read, in this order; all by default. Others may hold anything.
    delimiter : str, optional
        What separates fields; by default the one of tab, semicolon and comma that the first line holds most of.

    Returns
    -------
    table : Table

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or not UTF-8, a column is missing, or a line has too few fields or something that is not
        a finite number: the message names file, line and what was expected.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "levels.csv")
    ...     _ = file.write_text("year,level\\n2001,1.5\\n2002,2.5\\n")
    ...     read_table(file, ["level"]).values.ravel()
    array([1.5, 2.5])
    """
    lines = _lines(path)
    if delimiter is None:
        delimiter = max("\t;,", key=lines[0].count)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        names = tuple(name.strip() for name in next(rows))
        places = _places(path, names, columns)
        values = [
            [_number(path, rows.line_num, names[place], row[place]) for place in places]
            for row in rows
            if row and _has_length(path, rows.line_num, row, len(names))
        ]
    except csv.Error as error:
        raise ValueError(f"{path}, line {rows.line_num}: {error}, expected fields separated by {delimiter!r}") from None
    if not values:
        raise ValueError(f"{path}, line 2: no numbers, expected a line for every row of the table")
    return Table(tuple(names[place] for place in places), np.array(values))


def read_text(path: str | Path) -> str:
    """Return the text of a UTF-8 file.

    Parameters
    ----------
    path : str or Path
        The file, in UTF-8.

    Returns
    -------
    text : str
        Its lines, joined by line feeds.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or not UTF-8: the message names file and line.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.txt")
    ...     _ = file.write_text("one\\ntwo")
    ...     read_text(file)
    'one\\ntwo'
    """
    return "\n".join(_lines(path))


def read_labelled(path: str | Path) -> list[tuple[str, str]]:
    """Return labels and texts from a file with one label, a tab and its text on each line.

    Parameters
    ----------
    path : str or Path
        The file, in UTF-8.

    Returns
    -------
    pairs : list of (str, str)
        Label and text.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line is anything else: the message names file, line and what was expected.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "reviews.tsv")
    ...     _ = file.write_text("good\\ta fine film\\n")
    ...     read_labelled(file)
    [('good', 'a fine film')]
    """
    return _two_fields(path, "a label, a tab and a text")


def read_pairs(path: str | Path) -> list[tuple[str, str]]:
    """Return sentences and their translations from a file with a sentence, a tab and its translation on each line.

    Parameters
    ----------
    path : str or Path
        The file, in UTF-8.

    Returns
    -------
    pairs : list of (str, str)
        Source and target.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line is anything else: the message names file, line and what was expected.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "pairs.tsv")
    ...     _ = file.write_text("one cat\\tein Kater\\n")
    ...     read_pairs(file)
    [('one cat', 'ein Kater')]
    """
    return _two_fields(path, "a sentence, a tab and its translation")


def _two_fields(path: str | Path, expected: str) -> list[tuple[str, str]]:
    pairs = []
    for n, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) != 2 or not all(fields):
            raise ValueError(f"{path}, line {n}: {_shorten(line)!r}, expected {expected}")
        pairs.append((fields[0], fields[1]))
    return pairs


def _lines(path: str | Path) -> list[str]:
    content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"{path}, line {line}: byte 0x{content[error.start]:02x}, expected UTF-8 text") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ValueError(f"{path}, line {line}: byte 0x00, expected UTF-8 text")
    if not text.strip():
        raise ValueError(f"{path}, line 1: empty, expected text")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _places(path: str | Path, names: tuple[str, ...], columns: Sequence[str] | None) -> list[int]:
    if columns is None:
        if all(map(_is_number, names)):
            raise ValueError(f"{path}, line 1: only numbers, expected the names of the columns")
        return list(range(len(names)))
    for column in columns:
        if column not in names:
            raise ValueError(f"{path}, line 1: no column {column!r}, expected it among {', '.join(names)}")
    return [names.index(column) for column in columns]


def _has_length(path: str | Path, line: int, row: list[str], n_fields: int) -> bool:
    if len(row) != n_fields:
        raise ValueError(f"{path}, line {line}: {len(row)} fields, expected {n_fields}")
    return True


def _number(path: str | Path, line: int, name: str, field: str) -> float:
    if not _is_number(field):
        raise ValueError(f"{path}, line {line}: {_shorten(field)!r} in column {name}, expected a number")
    return float(field)


def _is_number(field: str) -> bool:
    try:
        return math.isfinite(float(field))
    except ValueError:
        return False


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
