"""When something was handed in, as platforms write it: in the platform's own time, without a zone."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from dateutil import tz

from rnnlab.grading import timestamps

_WHO = (
    "id",
    "student_id",
    "id number",
    "username",
    "sis user id",
    "email address",
    "email",
    "full name",
    "student",
    "name",
)
_WHEN = (
    "last modified (submission)",
    "submitted_at",
    "submitted at",
    "submission time",
    "submission date",
    "timestamp",
    "time",
)
_ZONED = re.compile(r"(?:Z|UTC|GMT|[+-]\d\d:?\d\d)$|[A-Z][a-z]+/[A-Z]\w+$")
_DAY = re.compile(r"^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, ")


def zone(name: str) -> tzinfo:
    """Return the time zone of that name, or the machine's own where none is given.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not name:
        return tz.tzlocal()
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}: expected one such as Europe/Berlin") from None


def utc(text: str, where: tzinfo) -> str:
    """Return a time as nbgrader writes it, in UTC; one without a zone is in the zone given.

    Raises
    ------
    ValueError
        If it is no time, or could be read in two ways.
    """
    return f"{moment(text, where):%Y-%m-%d %H:%M:%S.%f} UTC"


def moment(text: str, where: tzinfo) -> datetime:
    """Return a time in UTC, without a zone; see `utc`."""
    text = _DAY.sub("", " ".join(text.split()))
    time = datetime.strptime(timestamps.read(text.encode()), "%Y-%m-%d %H:%M:%S.%f UTC")
    return time if _ZONED.search(text) else time.replace(tzinfo=where).astimezone(tz.UTC).replace(tzinfo=None)


def table(path: Path) -> list[tuple[tuple[str, ...], str]]:
    """Return whom a table's rows are about, and the time in each: such as Moodle's grading worksheet.

    Raises
    ------
    ValueError
        If it has no column with students or none with times.
    """
    text = path.read_bytes()[:20_000_000].decode("utf-8-sig", "replace")
    separator = max(",;\t", key=text.split("\n", 1)[0].count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    heads = [cell.strip().casefold() for cell in rows[0]] if rows else []
    who, when = _columns(heads, _WHO), _columns(heads, _WHEN)
    if not who or not when:
        known = "a student (such as Full name) and a time (such as Last modified (submission))"
        raise ValueError(f"{path}: expected a column with {known}, found {', '.join(heads)[:200]}")
    return [
        (tuple(row[i] for i in who if i < len(row)), row[when[0]].strip())
        for row in rows[1:]
        if len(row) > when[0] and row[when[0]].strip(" -")
    ]


def _columns(heads: list[str], known: Iterable[str]) -> list[int]:
    return [heads.index(name) for name in known if name in heads]
