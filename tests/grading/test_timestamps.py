"""A collector's time is read in every form that cannot be mistaken, and who has none is named."""

import io
import sys

import pytest

from rnnlab import cli
from rnnlab.grading import timestamps


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"2026-01-05 10:00:00.123000 UTC", "2026-01-05 10:00:00.123000 UTC"),
        (b"\xef\xbb\xbf2026-01-05 10:00:00 UTC\r\n", "2026-01-05 10:00:00.000000 UTC"),
        ("2026-01-05 10:00".encode("utf-16"), "2026-01-05 10:00:00.000000 UTC"),
        (b"2026-01-05T10:00:00+01:00", "2026-01-05 09:00:00.000000 UTC"),
        (b"2026-01-05 10:00:00 America/Los_Angeles", "2026-01-05 18:00:00.000000 UTC"),
        (b"2026-07-05 10:00:00 Europe/Berlin", "2026-07-05 08:00:00.000000 UTC"),
        (b"2026-01-05-10-00-30", "2026-01-05 10:00:30.000000 UTC"),
        (b"05.01.2026 10:00", "2026-01-05 10:00:00.000000 UTC"),
        (b"31/01/2026 10:00", "2026-01-31 10:00:00.000000 UTC"),
        (b"01/31/2026 10:00", "2026-01-31 10:00:00.000000 UTC"),
        (b"5. 1. 2026, 10:00:00", "2026-01-05 10:00:00.000000 UTC"),
        (b"20260105T100000Z", "2026-01-05 10:00:00.000000 UTC"),
        (b"2026.01.05 10:00 -0500", "2026-01-05 15:00:00.000000 UTC"),
        (b"Mon, 05 Jan 2026 10:00:00 GMT", "2026-01-05 10:00:00.000000 UTC"),
        (b"Mon Jan  5 10:00:00 2026", "2026-01-05 10:00:00.000000 UTC"),
    ],
)
def test_a_time_is_read_in_the_forms_that_collectors_and_editors_write(content, expected):
    assert timestamps.read(content) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"05/01/2026", "holds 05/01/2026, in which either number can be the day"),
        (b"05 01 2026 10:00", "holds 05 01 2026 10:00, in which more than one number can be the day"),
        (b"05 / 01 / 2026", "in which either number can be the day"),
        (b"05/01-2026", "in which more than one number can be the day"),
        (b"050126", "in which more than one number can be the day"),
        (b"5 Jan 26 10:00", "in which more than one number can be the day"),
        (b"2026-01-05 10.00.00", "which is not a time such as"),
        (b"2026-01-05 10:00\n\nsent by mail", "holds 2026-01-05 10:00 sent by mail, which is not a time such as"),
        (b"5.1.26", "holds 5.1.26, expected a year of four digits"),
        (b"10:00", "holds 10:00, in which a part of the date is missing"),
        (b"2026-01-05 10:00:00 XYZ", "holds 2026-01-05 10:00:00 XYZ, whose time zone XYZ is not known"),
        (b"soon", "holds soon, which is not a time such as 2026-01-31 23:59:00 UTC"),
        (b"2026-01-05-10-00-00-460007", "which is not a time such as"),
        (b"\xff", "is not text"),
        (b" \n", "is empty"),
    ],
)
def test_what_is_no_time_or_could_be_two_is_refused_with_the_reason(content, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        timestamps.read(content)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_every_command_speaks_on_a_console_without_these_characters(encoding, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    monkeypatch.setattr(sys, "stdout", console)
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    print("✓ ✗ 你", file=console)
    assert console.buffer.getvalue().decode(encoding).splitlines()[-1].strip() == "+ x ?"
