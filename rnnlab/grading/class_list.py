"""The class list: who is in the course, in a CSV with the columns that ``nbgrader db student import`` reads, too."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rnnlab.grading.errors import Refused
from rnnlab.grading.intake import check_student_id, printable, same_name

FILE = "students.csv"
COLUMNS = ("id", "first_name", "last_name", "email", "lms_user_id")
_ALSO = {
    "student_id": "id",
    "e-mail": "email",
    "firstname": "first_name",
    "lastname": "last_name",
    "lms_id": "lms_user_id",
}
_LARGEST = 20_000_000


class Person(NamedTuple):
    """One student of the class list; everything but the id may be empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id where there is neither."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.id


def read(path: Path) -> tuple[list[Person], list[str]]:
    """Return the students of a class list, and what is wrong with it: one line a problem.

    Parameters
    ----------
    path : Path
        A CSV file with a header. The separator may be a comma, a semicolon or a tab, the encoding UTF-8, UTF-16 or that
        of Windows. Only the column ``id`` must be there.

    Returns
    -------
    people : list of Person
        In the file's order; a row that is wrong is left out.
    problems : list of str
        With the line's number.
    """
    people: list[Person] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, row in _rows(path, problems):
        person = Person(*(row.get(column, "").strip() for column in COLUMNS))
        if not any(person):
            continue
        try:
            check_student_id(person.id)
        except Refused as error:
            problems.append(f"{path.name}, line {number}: {error}")
            continue
        if (before := seen.setdefault(same_name(person.id), number)) != number:
            problems.append(
                f"{path.name}, line {number}: the id {printable(person.id)} stands in line {before} already"
            )
            continue
        people.append(person)
    return people, problems


def _rows(path: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    data = path.read_bytes()[:_LARGEST]
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    if "\ufffd" in text:
        text = data.decode("cp1252", "replace")
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = [_ALSO.get(name.strip().casefold(), name.strip().casefold()) for name in next(lines, [])]
        if "id" not in names:
            problems.append(f"{path.name}: there is no column id; the first line must be {','.join(COLUMNS)}")
            return
        for row in lines:
            yield lines.line_num, dict(zip(names, row, strict=False))
    except csv.Error as error:
        problems.append(f"{path.name}, line {lines.line_num}: {error}")
