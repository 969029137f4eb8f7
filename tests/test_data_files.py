"""A reader's files are read exactly, and a broken one is named with its line and what was expected."""

import gzip
import sys
import time
import wave

import numpy as np
import pytest

from rnnlab import data


def write(tmp_path, content, name="file.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_tables_are_read_whatever_separates_their_fields(tmp_path, delimiter, newline, start):
    rows = [["year", "place, at noon", "x"], ["1", "-2.5", "3e-4"], [" 4", "5 ", "6"], []]
    rows[0][1] = '"place, at noon"' if delimiter == "," else rows[0][1]
    path = write(tmp_path, start + newline.join(delimiter.join(row) for row in rows))
    table = data.read_table(path)
    assert table.names == ("year", "place, at noon", "x")
    np.testing.assert_array_equal(table.values, [[1, -2.5, 3e-4], [4, 5, 6]])
    assert data.read_table(path, ["x", "year"]).values.tolist() == [[3e-4, 1], [6, 4]]


def test_columns_that_are_not_asked_for_may_hold_anything(tmp_path):
    path = write(tmp_path, "day,value\nMonday,1\nTuesday,2\n")
    assert data.read_table(path, ["value"]).values.tolist() == [[1], [2]]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", {}, ", line 1: empty, expected text"),
        (" \n\n", {}, ", line 1: empty, expected text"),
        ("a,b\n", {}, ", line 2: no numbers, expected a line for every row of the table"),
        (
            "1,2\n3,4\n",
            {},
            ", line 1: only numbers, expected the names of the columns; header=False numbers them, "
            "header=True takes these",
        ),
        ("a,b\n1,2\n3\n", {}, ", line 3: 1 fields, expected 2"),
        ("a,b\n1,2\n3,4,5\n", {}, ", line 3: 3 fields, expected 2"),
        ("a,b\n1,two\n", {}, ", line 2: 'two' in column b, expected a number"),
        ("a,b\n1,\n", {}, ", line 2: '' in column b, expected a number"),
        ("a,b\n1,nan\n", {}, ", line 2: 'nan' in column b, expected a number"),
        ("a,b\n1,inf\n", {}, ", line 2: 'inf' in column b, expected a number"),
        ("a,b\n\n\n1," + "x" * 99 + "\n", {}, f", line 4: '{'x' * 39}…' in column b, expected a number"),
        ('a,b\n"1,5",2\n', {}, ", line 2: '1,5' in column a, expected a number; decimal=',' reads decimal commas"),
        ("a;b\n1,5;2.5\n", {}, ", line 2: '1,5' in column a, expected a number; decimal=',' reads decimal commas"),
        (
            "a;b\n1,500;2\n",
            {},
            ", line 2: '1,500' in column a, expected a number; decimal=',' reads 1.500, thousands=',' 1500",
        ),
        ("PK\x03\x04;b\n1;2\n", {}, ": a zip archive or spreadsheet, expected text"),
        ("a,b\n1,2\n", {"columns": ["c"]}, ", line 1: no column 'c', expected it among a, b"),
        ('a,b\n1,"2\n', {}, ", line 3: unexpected end of data, expected fields separated by ','"),
        (b"a,b\n1,2\n\xff,4\n", {}, ", line 3: byte 0xff, expected UTF-8 text; encoding='cp1252' or another may fit"),
        (b"a,b\n1,2\n3,\x004\n", {}, ", line 3: byte 0x00, expected UTF-8 text"),
        ("a,b\n1,10_2\n", {}, ", line 2: '10_2' in column b, expected a number"),
        ("a,b\n1,\u0663\n", {}, ", line 2: '\u0663' in column b, expected a number"),
        ("a,a\n1,2\n", {"columns": ["a"]}, ", line 1: several columns 'a', expected it among a, a"),
    ],
)
def test_a_broken_table_is_named_with_its_line(tmp_path, content, options, message):
    path = write(tmp_path, content)
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        data.read_table(path, **options)
    assert str(error.value) == f"{path}{message}"


# What is read as the columns a and b with the rows 1, 2.5 and 3, 4.5.
VARIED = {
    "quoted separators": ('"a; b","b; c"\n1,2.5\n3,4.5\n', {}),
    "empty lines first": ("\n\na,b\n1,2.5\n3,4.5\n", {}),
    "blanks after commas": ('"a", "b"\n1, 2.5\n3, 4.5\n', {}),
    "a last line of blanks": ("a,b\n1,2.5\n3,4.5\n   \n", {}),
    "decimal commas": ("a;b\n1;2,5\n3;4,5\n", {"decimal": ","}),
    "names of rows, as R writes them": ('"a","b"\n"x",1,2.5\n"y",3,4.5\n', {"columns": ["a", "b"]}),
    "blanks": ("  a   b\n  1   2.5 \n 3  4.5\n\n", {}),
    "decimal commas by themselves": ("a;b\n1;2,5\n3;4,5\n", {}),
    "the separator said": ("\ufeffsep=;\na;b\n1;2.5\n3;4.5\n", {}),
    "comments": ("# made by hand\n# on a Monday\na,b\n1,2.5\n3,4.5\n", {}),
    "names in a comment": ("# a,b\n1,2.5\n3,4.5\n", {}),
    "trailing separators": ("a,b,\n1,2.5,\n3,4.5,\n", {}),
    "trailing separators below the names": ("a,b\n1,2.5,\n3,4.5,\n", {}),
    "UTF-16": ("a,b\n1,2.5\n3,4.5\n".encode("utf-16"), {}),
    "Windows": ("a,b,\xe9\n1,2.5,x\n3,4.5,\xe9\n".encode("cp1252"), {"encoding": "cp1252", "columns": ["a", "b"]}),
    "an escaped quote": ('a,b,c\n1,2.5,"x \\"y\\" z"\n3,4.5,q\n', {"columns": ["a", "b"]}),
    "a doubled quote": ('a,b,c\n1,2.5,"x ""y"", z"\n3,4.5,q\n', {"columns": ["a", "b"]}),
    "a dropped gap": ("a,b\n1,2.5\n,7\nNA,8\n3,4.5\n", {"gaps": "drop"}),
    "no names": ("1,2.5\n3,4.5\n", {"header": False}),
    "bars": ("a|b\n1|2.5\n3|4.5\n", {}),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", VARIED)
def test_tables_are_read_as_programs_write_them(tmp_path, name, packed):
    content, options = VARIED[name]
    content = content if isinstance(content, bytes) else content.encode()
    path = write(tmp_path, gzip.compress(content) if packed else content, "file.csv.gz" if packed else "file.csv")
    assert data.read_table(path, **options).values.tolist() == [[1, 2.5], [3, 4.5]]


def test_a_gap_is_nan_where_asked_for(tmp_path):
    table = data.read_table(write(tmp_path, "a,b\n1,\nnull,2\n"), gaps="nan")
    np.testing.assert_array_equal(table.values, [[1, np.nan], [np.nan, 2]])


def test_a_line_is_named_by_its_number_whatever_stands_before_it(tmp_path):
    path = write(tmp_path, "# one\n\nsep,x\n1,2\n\n3,four\n")
    with pytest.raises(ValueError, match=r", line 6: 'four' in column x, expected a number$"):
        data.read_table(path)


def test_a_packed_file_that_is_none_is_named(tmp_path):
    for content in (b"", b"no gzip", gzip.compress(b"a,b\n1,2\n")[:-9]):
        path = write(tmp_path, content, "file.csv.gz")
        with pytest.raises(ValueError, match=r"file\.csv\.gz(: not a readable gzip file|, line 1: empty)"):
            data.read_table(path)


def test_a_third_column_of_pairs_is_left_out_where_asked_for(tmp_path):
    path = write(tmp_path, "go\tva\tCC-BY Ann\nstop\tarr\u00eate\n")
    assert data.read_pairs(path, more_columns=True) == [("go", "va"), ("stop", "arr\u00eate")]


def test_a_missing_file_is_named(tmp_path):
    for read in (data.read_table, data.read_text, data.read_labelled, data.read_pairs):
        with pytest.raises(FileNotFoundError, match="absent"):
            read(tmp_path / "absent.txt")


def test_text_is_read_whole(tmp_path):
    path = write(tmp_path, "Où est-il ?\r\nIci.\n")
    assert data.read_text(path) == "Où est-il ?\nIci.\n"


def test_pairs_and_labels_are_read_line_by_line(tmp_path):
    path = write(tmp_path, "good\tI liked it.\n\nbad\t Never again. \n")
    expected = [("good", "I liked it."), ("bad", "Never again.")]
    assert data.read_labelled(path) == expected
    assert data.read_pairs(path) == expected


@pytest.mark.parametrize("line", ["no tab", "a\tb\tc", "\ttext", "label\t", "label\t "])
def test_a_broken_pair_is_named_with_its_line(tmp_path, line):
    path = write(tmp_path, f"a\tb\n\n{line}\n")
    for read, expected in (
        (data.read_labelled, "a label, a tab and a text"),
        (data.read_pairs, "a sentence, a tab and its translation"),
    ):
        with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
            read(path)
        hint = "; more_columns=True leaves out what comes after another tab"
        more = hint if read is data.read_pairs and line == "a\tb\tc" else ""
        assert str(error.value) == f"{path}, line 3: {line!r}, expected {expected}{more}"


def roll_with(*notes, n_steps=6):
    roll = np.zeros((n_steps, 88))
    for pitch, start, end in notes:
        roll[start:end, pitch - data.PIANO_LOWEST] = 1
    return roll


def test_a_written_score_is_read_back(tmp_path):
    pytest.importorskip("mido")
    pytest.importorskip("music21")
    roll = roll_with((60, 0, 2), (64, 0, 1), (67, 1, 6), (60, 3, 4), (21, 5, 6), (108, 2, 6))
    data.write_score(tmp_path / "piece.mid", roll, step=0.5)
    np.testing.assert_array_equal(data.read_score(tmp_path / "piece.mid", step=0.5), roll)
    np.testing.assert_array_equal(data.read_score(tmp_path / "piece.mid", step=1.0), roll[::2])


def loudest(sound, rate):
    return np.abs(np.fft.rfft(sound)).argmax() * rate / len(sound)


def test_a_rendered_score_has_its_pitches_at_their_times(tmp_path):
    roll = roll_with((69, 0, 2), (57, 2, 3), n_steps=4)
    sound = data.render(roll, step=1.0, tempo=60.0, rate=8000)
    assert len(sound) == 4 * 8000
    assert loudest(sound[:16000], 8000) == pytest.approx(440, abs=1)
    assert loudest(sound[16000:24000], 8000) == pytest.approx(220, abs=1)
    assert not sound[24000:].any()
    assert np.abs(sound).max() <= 1
    for edge in (0, 16000, 24000):
        assert np.abs(sound[max(0, edge - 1) : edge + 1]).max() < 0.02, "a note begins or ends with a click"
    data.write_wave(tmp_path / "sound.wav", sound)
    with wave.open(str(tmp_path / "sound.wav")) as file:
        assert (file.getframerate(), file.getnframes(), file.getnchannels()) == (8000, 32000, 1)
        np.testing.assert_allclose(np.frombuffer(file.readframes(32000), "<i2") / 32767, sound, atol=1 / 32767)


def test_a_chord_of_all_keys_stays_within_bounds():
    assert np.abs(data.render(np.ones((2, 88)))).max() == pytest.approx(1)
    assert not data.render(np.zeros((2, 88))).any()
    with pytest.raises(ValueError, match=r"^sound has shape \(3,\) or leaves \[-1, 1\], expected \(N,\) within$"):
        data.write_wave("sound.wav", [0.0, 2.0, np.nan])


MUSICXML = """<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>V</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>2</divisions></attributes>
<note><pitch><step>C</step><octave>4</octave></pitch><duration>3</duration></note>
<note><chord/><pitch><step>E</step><octave>4</octave></pitch><duration>3</duration></note>
<note><rest/><duration>1</duration></note>
<note><pitch><step>G</step><octave>{octave}</octave></pitch><duration>2</duration></note></measure></part></score-partwise>"""


def test_musicxml_is_read_on_the_grid(tmp_path):
    pytest.importorskip("music21")
    path = write(tmp_path, MUSICXML.format(octave=4), "piece.musicxml")
    expected = roll_with((60, 0, 3), (64, 0, 3), (67, 4, 6))
    np.testing.assert_array_equal(data.read_score(path, step=0.5), expected)


OUTSIDE = "outside='drop' leaves such notes out, 'fold' moves them by octaves"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("piece.mp3", b"x", ": ending '.mp3', expected one of .mid, .midi, .kar, .xml, .musicxml, .mxl, .abc, .krn"),
        ("piece.musicxml", MUSICXML.format(octave=9).encode(), f": pitch 127, expected 21 to 108; {OUTSIDE}"),
    ],
)
def test_a_score_that_no_piano_plays_is_named(tmp_path, name, content, message):
    pytest.importorskip("music21")
    path = write(tmp_path, content, name)
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        data.read_score(path)
    assert str(error.value) == f"{path}{message}"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("piece.mid", b""),
        ("piece.mid", b"MThd"),
        ("piece.mid", b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk\x00\x00\x00\x40\x00\x90"),
        ("piece.mid", b"not MIDI at all"),
        ("piece.mid", b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x00MTrk\x00\x00\x00\x04\x00\xff\x2f\x00"),
        ("piece.mid", b"MThd\x00\x00\x00\x06\x00\x00\x00\x00\x01\xe0"),
        ("piece.musicxml", b""),
        ("piece.musicxml", b"<score-partwise"),
        ("piece.xml", b"<html></html>"),
        ("piece.mxl", b"not a zip file"),
    ],
)
def test_a_broken_score_is_named(tmp_path, name, content):
    pytest.importorskip("mido")
    pytest.importorskip("music21")
    path = write(tmp_path, content, name)
    with pytest.raises(ValueError, match=rf"{name}: (not a readable (midi|musicxml) file|no notes, expected at least)"):
        data.read_score(path)


def midi_with_a_wait(ticks):
    """A file with one track: wait, then a middle C of a quarter note."""
    delay = bytes([0x80 | (ticks >> shift) & 0x7F for shift in (21, 14, 7)] + [ticks & 0x7F])
    track = delay + b"\x90\x3c\x40" + b"\x83\x60\x80\x3c\x40" + b"\x00\xff\x2f\x00"
    return b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0MTrk" + len(track).to_bytes(4, "big") + track


def test_a_score_that_claims_to_last_for_days_is_refused(tmp_path):
    pytest.importorskip("mido")
    pytest.importorskip("music21")
    path = write(tmp_path, midi_with_a_wait(480 * 3), "piece.mid")
    np.testing.assert_array_equal(data.read_score(path, step=1.0), roll_with((60, 3, 4), n_steps=4))
    path = write(tmp_path, midi_with_a_wait(480 * 500_000), "piece.mid")
    with pytest.raises(ValueError, match=r"piece\.mid: lasts 500001 quarter notes, expected at most 20000$"):
        data.read_score(path, step=1.0)


def test_a_long_table_is_read_in_seconds(tmp_path):
    path = write(tmp_path, "a,b,c\n" + "1.5,2,-3e-4\n" * 100_000)
    start = time.process_time()
    assert data.read_table(path).values.shape == (100_000, 3)
    assert time.process_time() - start < 10


def test_a_missing_score_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.mid: no such file, expected a MIDI or MusicXML file"):
        data.read_score(tmp_path / "absent.mid")


def test_rolls_and_steps_that_make_no_sense_are_named(tmp_path):
    pytest.importorskip("mido")
    pytest.importorskip("music21")
    with pytest.raises(ValueError, match=r"^roll has shape \(4, 5\), expected \(T, 88\)$"):
        data.write_score(tmp_path / "piece.mid", np.zeros((4, 5)))
    path = write(tmp_path, MUSICXML.format(octave=4), "piece.musicxml")
    with pytest.raises(ValueError, match=r"^step is 1e-09, expected at least 0\.015625$"):
        data.read_score(path, step=1e-9)
    path = write(tmp_path, MUSICXML.format(octave=4).replace("<duration>2<", "<duration>99999<"), "long.musicxml")
    with pytest.raises(ValueError, match=r"long\.musicxml: lasts 50002 quarter notes, expected at most 20000$"):
        data.read_score(path)


def test_sunspots_are_the_series_that_everyone_uses():
    pytest.importorskip("statsmodels")
    series = data.sunspots()
    assert (series.time[0], series.time[-1], len(series.value)) == (1700, 2008, 309)
    assert series.value[:3].tolist() == [5, 11, 16]


def test_co2_months_are_the_means_of_their_weeks():
    datasets = pytest.importorskip("statsmodels.datasets")
    series = data.co2()
    monthly = datasets.co2.load_pandas().data["co2"].resample("MS").mean()
    assert monthly.isna().sum() == 5
    np.testing.assert_allclose(series.value, monthly.interpolate(), rtol=1e-12)
    np.testing.assert_allclose(series.time[[0, -1]], [1958 + 2 / 12, 2001 + 11 / 12])


def test_digits_are_read_pixel_by_pixel():
    datasets = pytest.importorskip("sklearn.datasets")
    pictures, target = datasets.load_digits(return_X_y=True)
    batch = data.digits()
    assert batch.x.shape == (64, 1797, 1)
    np.testing.assert_array_equal(batch.x[:, 7, 0] * 16, pictures[7])
    np.testing.assert_array_equal(batch.target, target)
    mixed = data.digits(np.random.default_rng(0))
    order = np.random.default_rng(0).permutation(64)
    np.testing.assert_array_equal(mixed.x, batch.x[order])


def test_number_words_swap_units_and_tens_in_german():
    pytest.importorskip("num2words")
    assert data.number_words("de", 87, 87) == [("87", "siebenundachtzig")]
    assert data.number_words("fr", 87, 88) == [("87", "quatre-vingt-sept"), ("88", "quatre-vingt-huit")]
    with pytest.raises(ValueError, match=r"^language is 'xx', expected one that num2words knows, such as 'fr'$"):
        data.number_words("xx")


def test_dates_are_written_in_their_language():
    pytest.importorskip("babel")
    pairs = data.dates(np.random.default_rng(0), 200, "fr")
    assert len(set(pairs)) == 200
    months = {text.split()[-2]: iso[5:7] for text, iso in pairs}
    assert months["mars"] == "03"
    assert months["décembre"] == "12"
    assert all(text.split()[-1] == iso[:4] for text, iso in pairs)
    with pytest.raises(ValueError, match=r"^locale is 'xx', expected one that Babel knows, such as 'fr' or 'en_GB'$"):
        data.dates(np.random.default_rng(0), 1, "xx")


def test_chorales_have_four_voices_within_their_compass():
    pytest.importorskip("music21")
    rolls = data.chorales(3)
    assert len(rolls) == 3
    for roll in rolls:
        assert roll.sum(axis=1).min() >= 1
        assert roll.sum(axis=1).max() <= 4
        sounding = np.flatnonzero(roll.any(axis=0)) + data.PIANO_LOWEST
        assert 36 <= sounding.min() <= sounding.max() <= 81


@pytest.mark.parametrize(
    ("load", "package", "module"),
    [
        (data.sunspots, "statsmodels", "statsmodels.datasets"),
        (data.co2, "statsmodels", "statsmodels.datasets"),
        (data.digits, "scikit-learn", "sklearn.datasets"),
        (data.number_words, "num2words", "num2words"),
        (data.chorales, "music21", "music21.corpus"),
        (lambda: data.dates(np.random.default_rng(0), 1), "Babel", "babel"),
    ],
)
def test_a_missing_package_is_named_with_what_installs_it(monkeypatch, load, package, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError) as error:
        load()
    assert str(error.value) == f"this loader needs {package}: install it with  pip install 'rnnlab[data]'"
