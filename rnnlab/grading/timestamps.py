"""When something was handed in, as a collector or an editor wrote it into timestamp.txt.

A date that can be read in two ways is not read: a month taken for a day would make work late, or not late, by months.
"""

import codecs
import re
from datetime import datetime

from dateutil import parser, tz

_DAY_OR_MONTH_FIRST = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\d./-])")
_YEAR_FIRST = re.compile(r"\D*(\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{8})(?!\d)")
_BLANKS = re.compile(r"(?<=\d) ?([./-]) (?=\d)")  # as in 5. 1. 2026
_HYPHENS = re.compile(r"(\d{4}-\d\d-\d\d)-(\d\d)-(\d\d)-(\d\d)")  # the names of files that nbgrader's zip_collect reads
_ORDERS = [(False, False), (True, False), (False, True)]
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read(content: bytes) -> str:
    """Return the time in a file as nbgrader writes it, in UTC.

    Parameters
    ----------
    content : bytes
        The file: text, with or without the byte order mark that Windows editors write. A time without a zone is in UTC.

    Returns
    -------
    time : str
        As in ``"2026-01-05 10:00:00.000000 UTC"``.

    Raises
    ------
    ValueError
        If it is no time, or one that can be read in two ways.

    Examples
    --------
    >>> read(b"\\xef\\xbb\\xbf2026-01-05 11:00 Europe/Berlin\\r\\n")
    '2026-01-05 10:00:00.000000 UTC'
    """
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding).strip()
    except UnicodeDecodeError:
        raise ValueError("is not text") from None
    if not text:
        raise ValueError("is empty")
    shown = f"holds {' '.join(text.split()):.40}"
    try:
        time = _time(_year_first(text))
    except (ValueError, OverflowError) as error:
        reason = str(error) if isinstance(error, _Unclear) else "which is not a time such as 2026-01-31 23:59:00 UTC"
        raise ValueError(f"{shown}, {reason}") from None
    return f"{time:%Y-%m-%d %H:%M:%S.%f} UTC"


class _Unclear(ValueError):
    """What could be read in several ways."""


def _year_first(text: str) -> str:
    """Return a text with a date such as 31.01.2026 as 2026-01-31, where day and month are told apart."""
    whole = _HYPHENS.fullmatch(text)
    if whole or _YEAR_FIRST.match(text):
        return "{} {}:{}:{}".format(*whole.groups()) if whole else text
    text = _BLANKS.sub(r"\1", text)
    found = _DAY_OR_MONTH_FIRST.search(text)
    if found is None:
        orders = {parser.parse(text, ignoretz=True, dayfirst=day, yearfirst=year) for day, year in _ORDERS}
        if len(orders) > 1:
            raise _Unclear("in which more than one number can be the day")
        return text
    first, mark, second, year = int(found[1]), found[2], int(found[3]), found[4]
    if len(year) == 2:
        raise _Unclear("expected a year of four digits")
    if mark == "." or first > 12:  # with dots the day is first everywhere
        day, month = first, second
    elif second > 12 or first == second:
        day, month = second, first
    else:
        raise _Unclear("in which either number can be the day")
    return f"{text[: found.start()]}{year}-{month:02d}-{day:02d}{text[found.end() :]}"


def _time(text: str) -> datetime:
    """Return a time in UTC, without a zone."""
    zones: list[str] = []

    def zone(name: str | None, offset: int | None) -> object:
        if offset is not None:
            return offset
        known = tz.gettz(name)
        if known is None:
            zones.append(name or "")
        return known or tz.UTC

    words = text.split(" ")
    named = tz.gettz(words[-1]) if len(words) == 3 and "/" in words[-1] else None  # dateutil reads no Europe/Berlin
    text = " ".join(words[:2]) if named else text
    # What a text leaves open is filled in from the default: with two of them that is seen.
    one, other = (
        parser.parse(text, default=datetime(year, month, month), tzinfos=zone) for year, month in ((2000, 1), (2001, 2))
    )
    if zones:
        raise _Unclear(f"whose time zone {zones[0]} is not known")
    if one != other:
        raise _Unclear("in which a part of the date is missing")
    time = one.replace(tzinfo=named) if named else one
    return time if time.tzinfo is None else time.astimezone(tz.UTC).replace(tzinfo=None)
