"""Read your own files: tables and text.

An error message names the file, the line and what was expected.
"""

import codecs
import csv
import gzip
import math
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

# As float() reads them, but no digits of other scripts and no "10_2", which is a name.
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
_NUMBER_WITH_COMMA = re.compile(_NUMBER.pattern.replace(r"\.", ","))
_THOUSANDS = re.compile(r"\s*[+-]?[1-9][0-9]{0,2},[0-9]{3}\s*")
_PACKED = {b"PK\x03\x04": "a zip archive or spreadsheet", b"PAR1": "a Parquet file", b"\x1f\x8b": "packed by gzip"}
_GAPS = ("refuse", "nan", "drop")
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-"}


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
    columns: Sequence[str] | None = None,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    gaps: str = "refuse",
    header: bool = True,
) -> Table:
    """Return the numbers of a CSV or TSV file whose first line names its columns.

    Empty lines, lines of comments that begin with ``#`` before the names, a first line ``sep=;`` and separators at the
    ends of lines are passed over. A name that ends in .gz is that of a packed file.

    Parameters
    ----------
    path : str or Path
        The file.
    columns : sequence of str, optional
        Which columns to read, in this order; all by default. Others may hold anything.
    delimiter : str, optional
        What separates fields; by default the one of tab, semicolon, comma and bar that the names' line holds most of,
        outside of quotes; blanks where it holds none of them and every line has as many numbers.
    decimal : {".", ","}, optional
        What stands before the decimals. By default a comma where semicolons separate the fields, some field is a number
        with a comma and none is one with a point; else a point.
    encoding : str, optional
        Such as "cp1252"; by default UTF-8, or UTF-16 where the file begins with its mark.
    gaps : {"refuse", "nan", "drop"}, default "refuse"
        What becomes of an empty field, ``NA``, ``nan``, ``null`` or ``?``: an error, NaN, or a row left out.
    header : bool, default True
        Whether a line names the columns; if not, they are called "0", "1", ….

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
    if gaps not in _GAPS or decimal not in (None, ".", ","):
        raise ValueError(f"gaps is {gaps!r}, decimal {decimal!r}, expected one of {', '.join(_GAPS)}; '.' or ','")
    text = Fields(path, lines(path, encoding), delimiter, decimal, header)
    places = text.places(columns)
    values = [[text.number(line, row, place, gaps) for place in places] for line, row in text.rows]
    values = [row for row in values if gaps != "drop" or not any(map(math.isnan, row))]
    if not values:
        raise ValueError(f"{path}, line {text.first + 1}: no numbers, expected a line for every row of the table")
    return Table(tuple(text.names[place] for place in places), np.array(values))


class Fields:
    """A table's fields as text, with the numbers of their lines."""

    def __init__(
        self, path: str | Path, lines: list[str], delimiter: str | None, decimal: str | None, header: bool
    ) -> None:
        self.path = path
        lines, delimiter = _without_prologue(lines, delimiter)
        self.delimiter = _delimiter(lines) if delimiter is None else delimiter
        rows = self._split(lines)
        self.decimal = decimal or self._decimal([field for _, row in rows for field in row])
        self.first = rows[0][0]
        if header:
            self.names = tuple(name.strip() for name in rows[0][1])
            rows = rows[1:]
            if rows and all(len(row) == len(self.names) + 1 and row[-1].strip() for _, row in rows):
                self.names = ("", *self.names)  # R writes names of rows, and no name above them
        else:
            self.names = tuple(map(str, range(len(rows[0][1]))))
        self._header = header
        self.rows = [(line, self._fitted(line, row)) for line, row in rows]

    def places(self, columns: Sequence[str] | None) -> list[int]:
        """Return where the columns stand."""
        if columns is None:
            if self._header and all(self.is_number(name) for name in self.names):
                hint = "expected the names of the columns; header=False numbers them"
                raise ValueError(f"{self.path}, line {self.first}: only numbers, {hint}")
            nameless = not self.names[-1] and not any(row[-1].strip() for _, row in self.rows)
            return list(range(len(self.names) - nameless))
        for column in columns:
            if self.names.count(column) != 1:
                found = "no column" if column not in self.names else "several columns"
                raise ValueError(
                    f"{self.path}, line {self.first}: {found} {column!r}, expected it among {', '.join(self.names)}"
                )
        return [self.names.index(column) for column in columns]

    def number(self, line: int, row: list[str], place: int, gaps: str) -> float:
        """Return the number in a field, NaN where there is none and that is allowed."""
        field = row[place]
        if self.is_number(field):
            return float(field.replace(",", ".") if self.decimal == "," else field)
        if gaps != "refuse" and is_missing(field):
            return math.nan
        hint = ""
        if self.decimal == "." and re.fullmatch(r"\s*[+-]?\d+,\d+\s*", field):
            hint = "; decimal=',' reads decimal commas"
        raise ValueError(
            f"{self.path}, line {line}: {shorten(field)!r} in column {self.names[place]}, expected a number{hint}"
        )

    def is_number(self, field: str) -> bool:
        """Return whether a field is a finite number."""
        pattern = _NUMBER_WITH_COMMA if self.decimal == "," else _NUMBER
        return pattern.fullmatch(field) is not None and math.isfinite(float(field.replace(",", ".")))

    def _decimal(self, fields: list[str]) -> str:
        """Return what stands before the decimals; ``1,234`` alone could be a thousand and decides nothing."""
        with_comma = [field for field in fields if "," in field and _NUMBER_WITH_COMMA.fullmatch(field)]
        with_point = any("." in field and _NUMBER.fullmatch(field) for field in fields)
        sure = any(not _THOUSANDS.fullmatch(field) for field in with_comma)
        return "," if self.delimiter == ";" and sure and not with_point else "."

    def _split(self, lines: list[str]) -> list[tuple[int, list[str]]]:
        """Return the fields of every line that is not blank; inner quotes are doubled or behind a backslash."""
        try:
            return self._parsed(lines, None)
        except csv.Error:
            pass
        rows: list[tuple[int, list[str]]] = []
        try:
            return self._parsed(lines, "\\", rows)
        except csv.Error as error:
            line = len(lines) if "end of data" in str(error) else (rows[-1][0] + 1 if rows else 1)
            raise ValueError(
                f"{self.path}, line {line}: {error}, expected fields separated by {self.delimiter!r}"
            ) from None

    def _parsed(
        self, lines: list[str], escape: str | None, rows: list[tuple[int, list[str]]] | None = None
    ) -> list[tuple[int, list[str]]]:
        rows = [] if rows is None else rows
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True, skipinitialspace=True, escapechar=escape)
        for row in reader:
            if any(field.strip() for field in row):
                rows.append((reader.line_num, row))
        return rows

    def _fitted(self, line: int, row: list[str]) -> list[str]:
        """Return a row without empty fields past the last column."""
        n = len(self.names)
        if len(row) > n and not any(field.strip() for field in row[n:]):
            return row[:n]
        if len(row) != n and not (len(row) == n - 1 and not self.names[-1]):
            raise ValueError(f"{self.path}, line {line}: {len(row)} fields, expected {n}")
        return row if len(row) == n else [*row, ""]


def _without_prologue(lines: list[str], delimiter: str | None) -> tuple[list[str], str | None]:
    """Return lines with blanks in place of what stands before the names, so that their numbers stay."""
    lines, comment = list(lines), None
    for n, line in enumerate(lines):
        said = re.fullmatch(r"sep=(.)\s*", line)
        if said and comment is None:
            delimiter = delimiter or said[1]
        elif line.startswith("#"):
            comment = n, line.lstrip("#").strip()
        elif line.strip():
            if comment is not None and comment[1] and _names_below(comment[1], line):
                lines[comment[0]] = comment[1]  # the names themselves, as NumPy's savetxt writes them
            return lines, delimiter
        lines[n] = ""
    return lines, delimiter


def _names_below(comment: str, line: str) -> bool:
    """Return whether a comment names the columns of the numbers that follow."""
    mark = _delimiter([line])
    fields = line.split(mark)
    return len(comment.split(mark)) == len(fields) and len(fields) > 1 and all(map(_NUMBER.fullmatch, fields))


def _delimiter(lines: list[str]) -> str:
    """Return what separates the fields of the first line that is not blank; what stands in quotes does not count."""
    first = re.sub(r'"[^"]*"', "", next((line for line in lines if line.strip()), ""))
    mark = max("\t;,|", key=first.count)
    rows = [line.split() for line in lines if line.strip()]
    blanks = not first.count(mark) and len({len(row) for row in rows}) == 1 < len(rows[0])
    return " " if blanks and all(map(_NUMBER.fullmatch, rows[-1])) else mark


def read_text(path: str | Path, *, encoding: str | None = None) -> str:
    """Return the text of a file: UTF-8, or UTF-16 with its mark, unless another encoding is named.

    Parameters
    ----------
    path : str or Path
        The file; one that ends in ``.gz`` is unpacked.
    encoding : str, optional
        Such as ``"windows-1252"``. By default UTF-8, or UTF-16 where the file begins with its byte order mark.

    Returns
    -------
    text : str
        Its lines, joined by line feeds.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or not in that encoding: the message names file and line.

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
    return "\n".join(lines(path, encoding))


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix.lower() != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: not a readable gzip file ({error})") from error


def is_missing(field: str) -> bool:
    """Return whether a field says that there is no number."""
    return field.strip().lower() in _MISSING


def lines(path: str | Path, encoding: str | None = None) -> list[str]:
    """Return the lines of a text file, unpacked and decoded; see `read_table`."""
    content = _unpacked(Path(path))
    for beginning, what in _PACKED.items():
        if content.startswith(beginning):
            raise ValueError(
                f"{path}: {what}, expected text" + ("; gzip is read from a name in .gz" * ("gzip" in what))
            )
    if encoding is None:
        encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        name = "UTF-8" if encoding == "utf-8-sig" else encoding
        raise ValueError(
            f"{path}, line {line}: byte 0x{content[error.start]:02x}, expected {name} text; "
            "encoding='cp1252' or another may fit"
        ) from None
    except LookupError:
        raise ValueError(f"encoding is {encoding!r}, expected one that Python knows, such as 'cp1252'") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ValueError(f"{path}, line {line}: byte 0x00, expected UTF-8 text")
    if not text.strip():
        raise ValueError(f"{path}, line 1: empty, expected text")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def shorten(text: str) -> str:
    """Return a text as a message shows it."""
    return text if len(text) <= 40 else text[:39] + "…"
