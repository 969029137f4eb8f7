"""Tables with dates: dates become the index, gaps become NaN, and what could be meant in two ways is asked about."""

import numpy as np
import pytest

from rnnlab import data

pandas = pytest.importorskip("pandas")


def write(tmp_path, text, name="file.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("first", "second", "options"),
    [
        ("2026-02-01", "2026-02-13", {}),
        ("2026/02/01", "2026/02/13", {}),
        ("1.2.2026", "13.2.2026", {}),
        ("01/02/2026", "13/02/2026", {}),
        ("02/01/2026", "02/13/2026", {}),
        ("01/02/2026", "13/02/2026", {"dayfirst": True}),
    ],
)
def test_dates_become_the_index(tmp_path, first, second, options):
    path = write(tmp_path, f"place,when,load\nA,{first},1\nB,{second},\n")
    frame = data.read_frame(path, **options)
    assert frame.index.name == "when"
    assert frame.index.tolist() == [pandas.Timestamp(2026, 2, 1), pandas.Timestamp(2026, 2, 13)]
    assert frame["place"].tolist() == ["A", "B"]
    assert list(frame.columns) == ["place", "load"]
    np.testing.assert_array_equal(frame["load"], [1, np.nan])


def test_hours_and_zones_are_read(tmp_path):
    frame = data.read_frame(write(tmp_path, "t,x\n2026-02-01T05:30:00Z,1\n2026-02-01T06:30:00Z,2\n"))
    assert frame.index[1] == pandas.Timestamp("2026-02-01 06:30", tz="UTC")
    frame = data.read_frame(write(tmp_path, "t,x\n1.2.2026 05:30,1\n1.2.2026 06:30,2\n"))
    assert frame.index[1] == pandas.Timestamp("2026-02-01 06:30")


def test_a_date_that_could_be_meant_in_two_ways_is_asked_about(tmp_path):
    path = write(tmp_path, "when,load\n3/4/2026,1\n5/4/2026,2\n")
    with pytest.raises(
        ValueError, match=r"'3/4/2026' in column when could be in month 3 or 4, expected dayfirst=True or"
    ):
        data.read_frame(path)
    assert data.read_frame(path, dayfirst=True).index[0] == pandas.Timestamp(2026, 4, 3)
    assert data.read_frame(path, dayfirst=False).index[0] == pandas.Timestamp(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("when,x\n2026-02-30,1\n", {}, r", line 2: '2026-02-30' in column when, expected a date$"),
        ("when,x\n2026-02-01,\n", {"gaps": "refuse"}, r", line 2: '' in column x, expected a number$"),
        ("x,x\n1,2\n", {}, r", line 1: two columns 'x', expected each name once; columns= chooses others$"),
        (
            "1,2\n3,4\n",
            {},
            r", line 1: only numbers, expected the names of the columns; header=False numbers them, "
            "header=True takes these$",
        ),
        ("a,b\n", {}, r", line 2: no rows, expected a line for every row of the table$"),
        ("a,b\n1,2\n", {"index": "c"}, r": no column 'c', expected it among a, b$"),
        (
            "a,b\n1,2\n",
            {"gaps": "mend"},
            r"^gaps is 'mend', decimal None, expected one of refuse, nan, drop, fill; '.' or ','$",
        ),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message):
        data.read_frame(write(tmp_path, text), **options)


def test_from_a_file_to_windows_without_a_gap(tmp_path):
    hours = [0, 1, 2, 3, 5, 6, 7, 8]
    rows = [f"2026-02-01 {h:02}:00,{h},{10 * h}" for h in hours]
    frame = data.read_frame(write(tmp_path, "\n".join(["time,load,heat", *rows])))
    with pytest.raises(ValueError, match="which is a gap"):
        data.windows(frame["load"], 2)
    x, target = data.windows(frame["load"], 2, [1, 2], inputs=frame[["heat"]], gaps="drop")
    assert x[:, :, 0].tolist() == [[0, 1], [5, 6]]
    assert x[:, :, 1].tolist() == [[0, 10], [50, 60]]
    assert target.tolist() == [[2, 3], [7, 8]]
