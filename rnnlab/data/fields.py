"""The fields of a table as text: what separates them, which line names them, which of them are numbers.

Rows are split by the standard library and not by pandas. ``pandas.read_csv`` fills a row that is too short with NaN,
takes the first column for an index where rows are longer than the names, takes a first row of numbers for names, and
forgets on which line a field stood; here each of these is an error that names the line.
``make tables`` counts how many files that packages ship the two read alike.
"""

import collections
import csv
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rnnlab.data.text import shorten

# As float() reads them, but no digits of other scripts and no "10_2", which is a name.
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
_NUMBER_WITH_COMMA = re.compile(_NUMBER.pattern.replace(r"\.", ","))
_THOUSANDS = re.compile(r"\s*[+-]?[1-9][0-9]{0,2},[0-9]{3}\s*")
_GROUPED = r"(?<![0-9])([0-9]{{1,3}})((?:{0}[0-9]{{3}})+)(?![0-9])"
_DATE = re.compile(r"\s*([0-9]{4}[-/][0-9]{1,2}([-/][0-9]{1,2})?|[0-9]{1,2}([./-])[0-9]{1,2}\3[0-9]{4})([T ].*)?")
_MINUS, _BLANKS = re.compile(r"\s*\u2212[0-9.,]"), re.compile(r"(?<=[0-9])[\u00a0\u2009\u202f](?=[0-9])")
_MISSING = {"", "na", "n/a", "n.a.", "nan", "-nan", "null", "none", "?", "-", "--", ".", "..", ":", "<na>", "#n/a"}
_MISSING |= {"#na", "nil", "\u2013", "\u2014"}  # the last two are dashes as they are printed

Rows = list[tuple[int, list[str]]]


def _require_table(path: str | Path, lines: list[str]) -> None:
    """Raise where a file is a page or an object, as what a server answers in place of a table often is.

    Raises
    ------
    ValueError
        If it is.
    """
    first = next((line.lstrip() for line in lines if line.strip()), "")
    for beginning, what in ((r"<(!doctype|html|head|body|\?xml)\b", "a page of HTML or XML"), (r"\[?\{", "JSON")):
        if re.match(beginning, first, re.IGNORECASE):
            raise ValueError(f"{path}, line 1: {what}, expected a table of separated fields")


class Fields:
    """A table's fields as text, with the numbers of their lines.

    Attributes
    ----------
    names : tuple of str
        One per column.
    rows : list of (int, list of str)
        The number of each row's line and its fields, as many as there are names.
    first : int
        The line of the names, or of the first row where there are none.
    """

    def __init__(
        self,
        path: str | Path,
        lines: list[str],
        *,
        columns: Sequence[str] | None = None,
        delimiter: str | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        header: bool | None = None,
        skip: int = 0,
    ) -> None:
        self.path, self._thousands = path, thousands
        if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
            raise ValueError(f"delimiter is {delimiter!r:.40}, expected one mark, such as ';'")
        _require_table(path, lines)
        lines = [""] * skip + lines[skip:]
        lines, delimiter = _without_prologue(lines, delimiter)
        if not any(line.strip() for line in lines):
            raise ValueError(f"{path}, line {len(lines)}: no rows, expected names of columns and numbers")
        if columns is not None and header is not False and not all(column.isdigit() for column in columns):
            lines = _from_names(lines, columns, delimiter)
        self.delimiter = _delimiter(lines) if delimiter is None else delimiter
        rows = self._split(lines)
        self.decimal = decimal or self._decimal([field for _, row in rows for field in row])
        self.first = rows[0][0]
        names = tuple(name.strip() for name in rows[0][1])
        self._header = self._is_header(names, columns) if header is None else header
        if self._header:
            rows = rows[1:]
            r_like = len(names) > 1 or self.delimiter == " "
            if rows and r_like and all(len(row) == len(names) + 1 and row[-1].strip() for _, row in rows):
                names = ("", *names)  # R writes names of rows, and no name above them
        else:
            names = tuple(map(str, range(len(rows[0][1]))))
        self.names = names
        self.rows = [(line, self._fitted(line, row, rows)) for line, row in rows if not self._is_comment(row)]

    def places(self, columns: Sequence[str] | None) -> list[int]:
        """Return where the columns stand."""
        if columns is None:
            n = len(self.names)
            while n > 1 and not self.names[n - 1] and not any(row[n - 1].strip() for _, row in self.rows):
                n -= 1  # separators at the ends of lines
            return list(range(n))
        for column in columns:
            if self.names.count(column) != 1:
                found = "no column" if column not in self.names else "several columns"
                raise ValueError(
                    f"{self.path}, line {self.first}: {found} {column!r}, expected it among {', '.join(self.names)}"
                )
        return [self.names.index(column) for column in columns]

    def column(self, place: int, gaps: str) -> np.ndarray:
        """Return the numbers of a column; NaN where one is missing, which may be refused.

        Raises
        ------
        ValueError
            If something else stands there.
        """
        pattern = _NUMBER_WITH_COMMA if self.decimal == "," else _NUMBER
        fields = [self._plain(row[place]) for _, row in self.rows]
        if all(map(pattern.fullmatch, fields)):
            values = np.array(list(map(float, fields if self.decimal == "." else self._with_points(fields))))
            if np.isfinite(values).all():
                return values
        values = np.array([self._number(line, row[place], place, gaps) for line, row in self.rows])
        if gaps == "fill" and np.isnan(values[:1]).any():
            raise ValueError(
                f"{self.path}, line {self.rows[0][0]}: no number in column {self.names[place]}, "
                "expected one to fill later gaps with"
            )
        known = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
        return values[known] if gaps == "fill" else values

    def is_number(self, field: str) -> bool:
        """Return whether a field is a finite number."""
        field = self._plain(field)
        pattern = _NUMBER_WITH_COMMA if self.decimal == "," else _NUMBER
        return pattern.fullmatch(field) is not None and math.isfinite(float(field.replace(",", ".")))

    def _number(self, line: int, field: str, place: int, gaps: str) -> float:
        if self.is_number(field):
            field = self._plain(field)
            return float(field.replace(",", ".") if self.decimal == "," else field)
        if gaps != "refuse" and is_missing(field):
            return math.nan
        raise ValueError(
            f"{self.path}, line {line}: {shorten(field)!r} in column {self.names[place]}, "
            f"expected a number{self._hint(field)}"
        )

    def _hint(self, field: str) -> str:
        """Return what would read a field, if anything does."""
        if is_missing(field):
            return ""
        if self.decimal == "." and _THOUSANDS.fullmatch(field):
            return (
                f"; decimal=',' reads {field.strip().replace(',', '.')}, thousands=',' {field.strip().replace(',', '')}"
            )
        if self.decimal == "." and re.fullmatch(r"\s*[+-]?\d+,\d+\s*", field):
            return "; decimal=',' reads decimal commas"
        if re.fullmatch(r"\s*[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?\s*", field):
            return "; thousands=',' reads it"
        if re.fullmatch(r"\s*[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?\s*", field):
            return "; thousands='.' and decimal=',' read it"
        return "; read_frame reads dates" if _DATE.fullmatch(field) else ""

    def _plain(self, field: str) -> str:
        """Return a number without what groups its digits, and with the minus that programs read."""
        if _MINUS.match(field):
            field = field.replace("\u2212", "-", 1)
        if self._thousands == " ":
            field = _BLANKS.sub(" ", field)
        if not self._thousands or self._thousands not in field:
            return field
        grouped = _GROUPED.format(re.escape(self._thousands))
        return re.sub(grouped, lambda m: m[0].replace(str(self._thousands), ""), field, count=1)

    @staticmethod
    def _with_points(fields: list[str]) -> Iterator[str]:
        return (field.replace(",", ".") for field in fields)

    def _decimal(self, fields: list[str]) -> str:
        """Return what stands before the decimals; ``1,234`` alone could be a thousand and decides nothing."""
        if self.delimiter != ";" or self._thousands == ",":
            return "."
        with_comma = [field for field in fields if "," in field and _NUMBER_WITH_COMMA.fullmatch(field)]
        with_point = any("." in field and _NUMBER.fullmatch(field) for field in fields)
        sure = any(not _THOUSANDS.fullmatch(field) for field in with_comma)
        return "," if sure and (not with_point or self._thousands == ".") else "."

    def _is_header(self, names: tuple[str, ...], columns: Sequence[str] | None) -> bool:
        """Return whether the first line names the columns; one of numbers and dates alone might be a row."""
        counted = tuple(map(str, range(len(names))))
        data = [self.is_number(name) or _DATE.fullmatch(name) is not None for name in names]
        if not any(data) or not all(are or is_missing(name) for are, name in zip(data, names, strict=True)):
            return True
        if names == counted:
            return True  # as pandas names what has no names
        if columns is not None:
            rather = len(set(names)) == len(names) and not any(re.search(r"[.,eE+-]", name) for name in names)
            named, numbered = set(columns) <= set(names), set(columns) <= set(counted)
            if named != numbered or (named and not rather):
                return named and not numbered
        what = "only numbers" if not any(map(_DATE.fullmatch, names)) else "only numbers and dates"
        raise ValueError(
            f"{self.path}, line {self.first}: {what}, expected the names of the columns; "
            "header=False numbers them, header=True takes these"
        )

    def _split(self, lines: list[str]) -> Rows:
        """Return the fields of every line that is not blank; inner quotes are doubled or behind a backslash."""
        if self.delimiter == " ":
            return [(n, _words(line)) for n, line in enumerate(lines, 1) if line.strip()]
        for attempt in (lines, self._trimmed(lines)):
            try:
                return self._parsed(attempt, None)
            except csv.Error:
                pass
        rows: Rows = []
        try:
            return self._parsed(lines, "\\", rows)
        except csv.Error as error:
            first = next(n for n, line in enumerate(lines, 1) if line.strip())
            if self.delimiter not in lines[first - 1]:
                raise ValueError(
                    f"{self.path}, line {first}: one field, expected the names of the columns; columns= finds the line "
                    "that holds them, skip= leaves out those above"
                ) from None
            line = len(lines) if "end of data" in str(error) else (rows[-1][0] + 1 if rows else 1)
            raise ValueError(
                f"{self.path}, line {line}: {error}, expected fields separated by {self.delimiter!r}"
            ) from None

    def _trimmed(self, lines: list[str]) -> list[str]:
        """Return lines without the blanks that stand between a closing quote and the separator."""
        closing = re.compile(rf'"[ ]+(?={re.escape(self.delimiter)}|$)')
        return [closing.sub('"', line) for line in lines]

    def _parsed(self, lines: list[str], escape: str | None, rows: Rows | None = None) -> Rows:
        rows = [] if rows is None else rows
        # With their ends, so that what breaks within quotes stays apart: "1" above "2" is not 12.
        whole = (line + "\n" for line in lines)
        reader = csv.reader(whole, delimiter=self.delimiter, strict=True, skipinitialspace=True, escapechar=escape)
        for row in reader:
            if any(field.strip() for field in row):
                rows.append((reader.line_num, row))
        return rows

    def _is_comment(self, row: list[str]) -> bool:
        """Return whether a row is a comment within the table, and not one whose first field begins with a #."""
        return row[0].startswith("#") and len(row) != len(self.names)

    def _fitted(self, line: int, row: list[str], rows: Rows) -> list[str]:
        """Return a row without empty fields past the last column."""
        n = len(self.names)
        if len(row) > n and not any(field.strip() for field in row[n:]):
            return row[:n]
        if len(row) != n and not (len(row) == n - 1 and not self.names[-1]):
            usual = collections.Counter(len(row) for _, row in rows).most_common(1)[0][0]
            begin = next(line for line, row in rows if len(row) == usual)
            hint = f"; skip={begin - 1} begins at line {begin}, the first of {usual}" if usual > n else ""
            if n == 1 and len(row) == 2 and all(map(_NUMBER.fullmatch, row)):
                hint = "; delimiter=';' and decimal=',' read decimal commas"
            raise ValueError(f"{self.path}, line {line}: {len(row)} fields, expected {n}{hint}")
        return row if len(row) == n else [*row, ""]


def is_missing(field: str) -> bool:
    """Return whether a field says that there is no number."""
    return field.strip().lower() in _MISSING


def _without_prologue(lines: list[str], delimiter: str | None) -> tuple[list[str], str | None]:
    """Return lines with blanks in place of what stands before the names, so that their numbers stay."""
    lines, comments, within = list(lines), list[tuple[int, str]](), False
    for n, line in enumerate(lines):
        said = re.fullmatch(r"sep=(.)\s*", line, re.IGNORECASE)
        within = within or line.lstrip().startswith("/*")
        if within:
            within = "*/" not in line
        elif said and not comments:
            delimiter = delimiter or said[1]
        elif line.startswith("#"):
            comments.append((n, line.lstrip("#").strip()))
        elif line.strip():
            for place, comment in reversed(comments):
                if comment and _names_below(comment, line, delimiter):
                    lines[place] = comment  # the names themselves, as NumPy's savetxt writes them
                    break
            return lines, delimiter
        lines[n] = ""
    return lines, delimiter


def _from_names(lines: list[str], columns: Sequence[str], delimiter: str | None) -> list[str]:
    """Return lines with blanks above the first that names all the columns; as they are where none does."""
    for n, line in enumerate(lines):
        for mark in "\t;,| " if delimiter is None else delimiter:
            names = _words(line) if mark == " " else [name.strip().strip('"') for name in line.split(mark)]
            if len(names) > 1 and all(names.count(column) == 1 for column in columns):
                return [""] * n + lines[n:]
    return lines


def _names_below(comment: str, line: str, delimiter: str | None) -> bool:
    """Return whether a comment names the columns of the row that follows."""
    mark = _delimiter([line]) if delimiter is None else delimiter
    fields, names = (_words(each) if mark == " " else each.split(mark) for each in (line, comment))
    numbers = sum(_NUMBER.fullmatch(field) is not None for field in fields)
    return len(names) == len(fields) > 1 and numbers > 0 and not any(map(_NUMBER.fullmatch, names))


def _unmarked(quoted: re.Match[str]) -> str:
    """Return what stands in quotes without what could separate fields."""
    return re.sub(r"[\s;,|]", "", quoted[1]) or "_"


def _delimiter(lines: list[str]) -> str:
    """Return what separates the fields of the first line that is not blank; what stands in quotes does not count."""
    lines = [re.sub(r'"([^"]*)"', _unmarked, line) for line in lines if line.strip() and not line.startswith("#")]
    mark = max("\t;,|", key=lines[0].count)
    if lines[0].count(mark) == 0:  # a title above the names: a message about the fields of the others says more
        mark = next((each for each in "\t;,|" if 2 * sum(each in line for line in lines) > len(lines)), mark)
    aligned = lines[0].count(mark) == 0 or (mark == "\t" and len({line.count("\t") for line in lines}) > 1)
    return " " if aligned and _are_aligned(lines) else mark


def _are_aligned(lines: list[str]) -> bool:
    """Return whether lines are rows of words between blanks, with or without a name above names of rows."""
    lengths = [len(line.split()) for line in lines]
    n = lengths[-1]
    if n < 2 or lengths[0] not in (n, n - 1) or any(length != n for length in lengths[1:]):
        return False
    return any(map(_NUMBER.fullmatch, lines[-1].split()))


def _words(line: str) -> list[str]:
    return [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]
