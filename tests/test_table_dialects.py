"""A table is read the same however a program writes it, and what cannot be known is asked about."""

import bz2
import gzip
import io
import lzma
import sys
import types
import zipfile

import numpy as np
import pytest
import shipped_tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab import data

pandas = pytest.importorskip("pandas")


def _zip(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.csv", content)
    return packed.getvalue()


PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zip": _zip}


def write(tmp_path, content, name="file.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    values=st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 3), min_size=2, max_size=5),
    delimiter=st.sampled_from([",", ";", "\t", "|", " "]),
    comma=st.booleans(),
    quoted=st.booleans(),
    before=st.sampled_from(["", "\n\n", "# a comment, with marks; and\ttabs\n", "/* of\ntwo lines */\n"]),
    trailing=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    packed=st.sampled_from(sorted(PACK)),
)
def test_what_is_written_is_read_back(
    tmp_path, values, delimiter, comma, quoted, before, trailing, newline, encoding, packed
):
    comma = comma and delimiter == ";"
    quote = '"{}"'.format if quoted else str
    rows = [[quote(name) for name in ("a", "b", "long name" if quoted else "c")]]
    rows += [[quote(repr(x).replace(".", ",") if comma else repr(x)) for x in row] for row in values]
    end = delimiter if trailing and delimiter != " " else ""
    text = before + newline.join(delimiter.join(row) + end for row in rows) + newline
    path = write(tmp_path, PACK[packed](text.encode(encoding)), f"file.csv{packed}")
    decimal = "," if comma else None  # 1,234 alone could be a thousand
    table = data.read_table(path, decimal=decimal)
    assert table.names == ("a", "b", "long name" if quoted else "c")
    assert table.values.tolist() == [list(row) for row in values]
    assert data.read_table(path, "b", decimal=decimal).values.ravel().tolist() == [row[1] for row in values]
    assert data.read_frame(path, columns="b", decimal=decimal)["b"].tolist() == [row[1] for row in values]


@pytest.mark.parametrize(
    ("text", "columns", "options"),
    [
        ("1.5,2.5\n3,4.5\n", "1", {}),
        ("0,2.5\n1,4.5\n", "1", {}),
        ("2020,x\n1,2.5\n1,4.5\n", "x", {}),
        ("0,1\n9,2.5\n9,4.5\n", "1", {}),
        ("1990,1991\n1,2.5\n1,4.5\n", "1991", {}),
        ("Country: A\n\nSource: B\nyear,x\n1,2.5\n1,4.5\n", "x", {}),
        ("a title, of two parts\nyear;x\n1;2.5\n1;4.5\n", "x", {}),
        ("about\nmore\nyear,x\n1,2.5\n1,4.5\n", "x", {"skip": 2}),
        ("year,x\n# the first year\n1,2.5\n1,4.5\n", "x", {}),
        ("#name,x\nA,2.5\nB,4.5\n", "x", {}),
        ("# x  y\n 1  2.5\n 3  4.5\n", "y", {}),
        ("colour,x\n#f00,2.5\n#0f0,4.5\n", "x", {}),
        ('"name" x y\n"A B" 2.5 1\n"C D" 4.5 1\n', "x", {}),
        ("name \tx \ty\nA  \t2.5 1\nB \t4.5\t\t1\n", "x", {}),
        ('a,x\n"1" ,"2.5"\n"2" ,"4.5" \n', "x", {}),
        ('a;x\n1;"2,5"\n2;"4,5"\n', "x", {}),
    ],
)
def test_names_are_found_wherever_they_stand(tmp_path, text, columns, options):
    assert data.read_table(write(tmp_path, text), columns, **options).values.ravel().tolist() == [2.5, 4.5]


@pytest.mark.parametrize(
    ("field", "options", "value"),
    [
        ("1,234.5", {"thousands": ","}, 1234.5),
        ("1.234.567,5", {"thousands": ".", "decimal": ","}, 1234567.5),
        ("1 234", {"thousands": " "}, 1234),
        ("12,34", {"thousands": ","}, None),
    ],
)
def test_thousands_are_taken_where_they_are_groups_of_three(tmp_path, field, options, value):
    path = write(tmp_path, f"a|b\n{field}|1\n")
    if value is None:
        with pytest.raises(ValueError, match="line 2: '12,34' in column a, expected a number"):
            data.read_table(path, **options)
    else:
        assert data.read_table(path, **options).values[0, 0] == value


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("2026-01-01,5\n2026-01-02,6\n", {}, "line 1: only numbers and dates, expected the names of the columns"),
        ("1,,3\n4,5,6\n", {}, "line 1: only numbers, expected the names of the columns"),
        ("1,2\n3,4\n", {"columns": "1"}, "line 1: only numbers, expected the names"),
        ("a\n1,2,3\n3,4,5\n", {}, r"line 2: 3 fields, expected 1; skip=1 begins at line 2, the first of 3$"),
        ("a,b\n1,2\n3,2026-01-05\n", {}, "line 3: '2026-01-05' in column b, expected a number; read_frame reads dates"),
        ('a,b\n1,"1,234,567.8"\n', {}, "expected a number; thousands=',' reads it"),
        ("a,b\n1,2\n", {"skip": 3}, "line 3: no rows, expected names of columns and numbers"),
        ("a,b\n1,2\n", {"skip": -1}, "^header is None, skip -1, expected"),
        ("a,b\n1,2\n", {"thousands": "."[:0]}, "^thousands is '', expected one mark"),
        ("a,b\n1,2\n", {"columns": [1]}, r"^columns is \[1\], expected names of columns"),
        ("a,b\n,2\n1,2\n", {"gaps": "fill"}, "line 2: no number in column a, expected one to fill later gaps with"),
        ("a,b\nNA,2\n", {"gaps": "drop"}, "no row without a gap, expected at least one"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_asked_about(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message):
        data.read_table(write(tmp_path, text), **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a,b\n"1\n2",3\n', r"line 3: '1\\n2' in column a, expected a number"),
        ("x\n1,5\n2,5\n", "line 2: 2 fields, expected 1; delimiter=';' and decimal=',' read decimal commas"),
        ("a;b\n1.234,5;2\n", "expected a number; thousands='.' and decimal=',' read it"),
    ],
)
def test_a_number_is_never_put_together_from_parts(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        data.read_table(write(tmp_path, text))


def test_several_separators_at_the_ends_and_a_loud_sep_are_passed_over(tmp_path):
    assert data.read_table(write(tmp_path, "SEP=;\na;b;;\n1;2;;\n")).values.tolist() == [[1, 2]]
    assert data.read_table(write(tmp_path, "x\n1,5\n"), delimiter=";", decimal=",").values.tolist() == [[1.5]]


def test_days_and_times_in_columns_of_their_own_make_one_index(tmp_path):
    frame = data.read_frame(write(tmp_path, "day;time;x\n31.12.2025;23:30;1\n1.1.2026;00:30:00;2\n"))
    assert frame.index.tolist() == [pandas.Timestamp(2025, 12, 31, 23, 30), pandas.Timestamp(2026, 1, 1, 0, 30)]
    assert list(frame.columns) == ["x"]


def test_gaps_are_filled_with_the_number_above(tmp_path):
    path = write(tmp_path, "a,b\n1,2\nNA,.\n#N/A,5\n")
    assert data.read_table(path, gaps="fill").values.tolist() == [[1, 2], [1, 2], [1, 5]]
    assert data.read_frame(path, gaps="fill")["b"].tolist() == [2, 2, 5]
    np.testing.assert_array_equal(np.isnan(data.read_table(path, gaps="nan").values[:, 1]), [False, True, False])


def test_text_of_two_bytes_a_letter_without_a_mark_is_named(tmp_path):
    for order in ("le", "be"):
        path = write(tmp_path, "a,b\n1,2\n".encode(f"utf-16-{order}"))
        with pytest.raises(ValueError, match=f"byte 0x00, expected UTF-8 text; encoding='utf-16-{order}' may fit"):
            data.read_table(path)
        assert data.read_table(path, encoding=f"utf-16-{order}").values.tolist() == [[1, 2]]


def test_an_archive_of_several_files_is_named(tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
        archive.writestr("b.csv", "a\n1\n")
    with pytest.raises(ValueError, match=r"two\.zip: an archive of 2 files, expected one$"):
        data.read_table(path)


@pytest.mark.parametrize(
    ("first", "second", "options"),
    [
        ("1 Feb 2026", "13 Feb 2026", {}),
        ("Feb 1, 2026", "February 13, 2026", {}),
        ("01-Feb-2026", "13-Feb-2026", {}),
        ("20260201", "20260213", {"index": "when"}),
        ("2/1/2026 12:00 AM", "2/13/2026 12:00 AM", {}),
    ],
)
def test_dates_with_names_of_months_and_without_marks_become_the_index(tmp_path, first, second, options):
    frame = data.read_frame(write(tmp_path, f"when;load\n{first};1\n{second};2\n"), **options)
    assert frame.index.tolist() == [pandas.Timestamp(2026, 2, 1), pandas.Timestamp(2026, 2, 13)]


def test_quarters_become_the_index(tmp_path):
    frame = data.read_frame(write(tmp_path, "when,x\n2025Q4,1\n2026-q1,2\n"))
    assert frame.index.tolist() == [pandas.Timestamp(2025, 10, 1), pandas.Timestamp(2026, 1, 1)]


def test_clocks_that_are_put_forward_give_times_in_utc(tmp_path):
    path = write(tmp_path, "t,x\n2026-03-29T01:00+01:00,1\n2026-03-29T03:00+02:00,2\n2026-03-29T04:00+02:00,3\n")
    frame = data.read_frame(path)
    assert [time.hour for time in frame.index] == [0, 1, 2]
    assert str(frame.index.tz) == "UTC"
    assert data.windows(frame["x"], 1)[1].tolist() == [2, 3]  # no gap, though an hour is left out on the clock


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("t,x\n2026-01-01,1\nlater,2\n2026-01-03,3\n", {}, "line 3: 'later' in column t, expected a date"),
        ("t,x\n2026-01-01,1\n,2\n2026-01-03,3\n", {}, "line 3: '' in column t, expected a date"),
        ("t,x\n1.2.26,1\n2.2.26,2\n", {"index": "t"}, "'1.2.26' in column t, expected a year of four digits"),
        ("t,x\n1/2/26,1\n2/2/26,2\n", {"index": "t"}, "'1/2/26' in column t, expected a year of four digits"),
        ("t,x\n2026-01-01 00:00,1\n2026-01-01 01:00Z,2\n", {}, "with and without an offset from UTC"),
    ],
)
def test_times_that_are_none_are_named(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message):
        data.read_frame(write(tmp_path, text), **options)


def test_columns_of_a_frame_are_chosen(tmp_path):
    path = write(tmp_path, "t,x,y,y\n2026-01-01,1,2,3\n2026-01-02,4,5,6\n")
    frame = data.read_frame(path, columns=["x"])
    assert (list(frame.columns), frame.index.name) == (["x"], "t")
    with pytest.raises(ValueError, match="two columns 'y', expected each name once"):
        data.read_frame(path)


def test_parquet_without_its_package_is_said(tmp_path, monkeypatch):
    path = write(tmp_path, b"PAR1....PAR1", "file.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for read in (data.read_table, data.read_frame):
        with pytest.raises(
            ImportError, match=r"file\.parquet: a Parquet file, which needs pandas and pyarrow: install"
        ):
            read(path)


def test_parquet_is_read_by_pandas(tmp_path, monkeypatch):
    """The frame that pandas returns is a stand-in where pyarrow is not installed."""
    path = write(tmp_path, b"PAR1....PAR1", "file.parquet")
    days = pandas.date_range("2026-01-01", periods=3)
    frame = pandas.DataFrame({"t": days, "x": [1.0, np.nan, 3.0], "n": pandas.array([4, 5, 6], "Int64")})
    monkeypatch.setitem(sys.modules, "pyarrow", types.ModuleType("pyarrow"))
    monkeypatch.setattr(pandas, "read_parquet", lambda _: frame.copy())
    np.testing.assert_array_equal(data.read_table(path, ["n", "x"], gaps="nan").values, [[4, 1], [5, np.nan], [6, 3]])
    assert data.read_table(path, "x", gaps="drop").values.ravel().tolist() == [1, 3]
    assert data.read_table(path, "x", gaps="fill").values.ravel().tolist() == [1, 1, 3]
    with pytest.raises(ValueError, match="row 1 of column x is missing, expected a number"):
        data.read_table(path, "x")
    with pytest.raises(ValueError, match=r"column t is of datetime64.*, expected numbers"):
        data.read_table(path)
    with pytest.raises(ValueError, match="no column 'z', expected it among t, x, n"):
        data.read_frame(path, columns="z")
    read = data.read_frame(path, columns="x")
    assert (read.index.tolist(), read["x"].tolist()[::2]) == (days.tolist(), [1, 3])


def test_a_broken_parquet_file_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    for read in (data.read_table, data.read_frame):
        with pytest.raises(ValueError, match=r"file\.parquet: not a readable Parquet file"):
            read(write(tmp_path, b"PAR1....PAR1", "file.parquet"))


def test_tables_that_packages_ship_are_read_with_nothing_but_a_name():
    """A sample; ``make tables`` reads them all and prints what is refused and why."""
    rng = np.random.default_rng(13)
    every = [path for path in shipped_tables.paths() if path.stat().st_size < 200_000]
    sample = [every[n] for n in rng.choice(len(every), min(100, len(every)), replace=False)]
    found = [shipped_tables.outcome(path) for path in sample]
    read = [each for each in found if each.said == "read"]
    assert len(read) >= 0.92 * len(found), [each for each in found if each.said != "read"]
    for each in found:
        assert "\n" not in each.said
        assert each.said == "read" or each.said.startswith("…"), each


@pytest.mark.parametrize(
    ("when", "line", "field"),
    [
        (["2026-01-01 00:00 CET", "2026-01-01 01:00 CET"], 2, "2026-01-01 00:00 CET"),
        (["2026-W05", "2026-W06"], 2, "2026-W05"),
        (["Jan-26", "Feb-26"], 2, "Jan-26"),
        (["01/2026", "02/2026"], 2, "01/2026"),
        (["2026-01-01", ""], 3, ""),
        (["later", "2026-01-01"], 2, "later"),
    ],
)
def test_times_that_were_asked_for_and_cannot_be_read_are_no_index_of_text(tmp_path, when, line, field):
    path = write(tmp_path, "t;x\n" + "".join(f"{each};1\n" for each in when))
    with pytest.raises(ValueError, match=f"line {line}: '{field}' in column t, expected a date such as 2026-01-31"):
        data.read_frame(path, "t")


@pytest.mark.parametrize("when", [["a", "b"], ["1767225600", "1767229200"], ["12", "13"]])
def test_other_columns_that_were_asked_for_are_the_index(tmp_path, when):
    path = write(tmp_path, "t;x\n" + "".join(f"{each};1\n" for each in when))
    assert [str(label).removesuffix(".0") for label in data.read_frame(path, "t").index] == when


def test_a_date_is_shown_as_it_stands_in_the_file(tmp_path):
    for first, second, line, wrong in (
        ("1.12.2026", "1.13.2026", 3, "1.13.2026"),
        ("13/1/2026", "1/14/2026", 3, "1/14/2026"),
    ):
        path = write(tmp_path, f"t;x\n{first};1\n{second};2\n")
        with pytest.raises(ValueError, match=f"line {line}: '{wrong}' in column t, expected a date with the day first"):
            data.read_frame(path)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a;b\n\u22121234.5;2\n", {}),
        ("a;b\n-1\u00a0234.5;2\n", {"thousands": " "}),
        ("a;b\n-1\u202f234,5;2\n", {"thousands": " ", "decimal": ","}),
        ("a;b\n-1'234.5;2\n", {"thousands": "'"}),
        ("a;b\n-1234.5;2\n\x1a", {}),
        ("a;b\n-1234.5;2\n\u2013;..\n", {"gaps": "drop"}),
    ],
)
def test_numbers_are_read_as_they_are_printed(tmp_path, text, options):
    assert data.read_table(write(tmp_path, text), **options).values.tolist() == [[-1234.5, 2]]


@pytest.mark.parametrize("reader", [data.read_table, data.read_frame])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n<!DOCTYPE html>\n<html></html>", "line 1: a page of HTML or XML, expected a table of separated fields"),
        ('[{"a": 1}]', "line 1: JSON, expected a table of separated fields"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old spreadsheet, expected text"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, reader, content, message):
    with pytest.raises(ValueError, match=message):
        reader(write(tmp_path, content))
    path = write(tmp_path, "<OPEN>,<CLOSE>\n1,2\n")  # so some programs write their names
    assert len(reader(path)) if reader is data.read_frame else reader(path).names == ("<OPEN>", "<CLOSE>")
    for options, error in (({"delimiter": ",,"}, "delimiter is ',,'"), ({"encoding": 5}, "encoding is 5")):
        with pytest.raises(ValueError, match=error):
            reader(path, **options)
    with pytest.raises(ValueError, match="an address, expected a file"):
        reader("https://example.org/a.csv")
