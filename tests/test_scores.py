"""Scores: the ticks of a file decide, what is written is read back on every grid, pitches are those that sound."""

import collections
import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from saying import says

from rnnlab import data

mido = pytest.importorskip("mido")
GRIDS = [1, 0.5, 0.25, 0.125, 1 / 3, 1 / 6, 1 / 5, 1 / 7, 1 / 12, 1 / 48, 3 / 8, 1.5, 0.1]


def midi(path, *notes, ticks=480, kind=1, extra=()):
    """Write notes (pitch, start, end) or (pitch, start, end, channel), in ticks."""
    events = [(note[i], "note_on" if i == 1 else "note_off", note[0], (*note, 0)[3]) for note in notes for i in (1, 2)]
    track, now = mido.MidiTrack(extra), 0
    for tick, name, pitch, channel in sorted(events):
        track.append(mido.Message(name, note=pitch, channel=channel, time=tick - now))
        now = tick
    mido.MidiFile(type=kind, ticks_per_beat=ticks, tracks=[track]).save(path)
    return path


def sounding(roll):
    return [(np.flatnonzero(row) + data.PIANO_LOWEST).tolist() for row in roll]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(GRIDS) | st.fractions(Fraction(1, 48), 4, max_denominator=48).map(float), st.integers(0, 10**6))
def test_what_is_written_is_read_back_on_every_grid(tmp_path, step, seed):
    rng = np.random.default_rng(seed)
    roll = (rng.random((rng.integers(1, 30), 88)) < 0.1).astype(float)
    roll[-1, 39] = 1
    data.write_score(tmp_path / "piece.mid", roll, step=step)
    np.testing.assert_array_equal(data.read_score(tmp_path / "piece.mid", step=step), roll)


@pytest.mark.parametrize("ticks", [48, 96, 480, 960, 1024])
@pytest.mark.parametrize("parts", [3, 5, 6, 7, 8, 12, 16])
def test_notes_as_short_as_the_grid_stay_apart(tmp_path, ticks, parts):
    times = [round(n * ticks / parts) for n in range(parts + 1)]
    notes = [(60 + n, start, end) for n, (start, end) in enumerate(itertools.pairwise(times))]
    roll = data.read_score(midi(tmp_path / "piece.mid", *notes, ticks=ticks), step=1 / parts)
    assert sounding(roll) == [[60 + n] for n in range(parts)]


def test_thirty_seconds_are_read_one_by_one(tmp_path):
    path = midi(tmp_path / "piece.mid", *((60 + n, 60 * n, 60 * n + 60) for n in range(8)))
    assert sounding(data.read_score(path, step=0.125)) == [[60 + n] for n in range(8)]


def test_long_notes_that_begin_together_end_at_their_own_time(tmp_path):
    q = 480
    path = midi(tmp_path / "piece.mid", (60, 0, 8 * q), (64, 0, 8 * q), (67, 0, 12 * q), (72, 12 * q, 13 * q))
    assert sounding(data.read_score(path, step=1)) == [[60, 64, 67]] * 8 + [[67]] * 4 + [[72]]


def test_drums_are_left_out_and_all_else_is_kept(tmp_path):
    path = midi(tmp_path / "piece.mid", (36, 0, 480, 9), (60, 0, 480), kind=0)
    assert sounding(data.read_score(path, step=1)) == [[60]]
    path = midi(tmp_path / "drums.mid", (36, 0, 480, 9), kind=0)
    with says(ValueError, f"{path}: no notes but drums, expected at least one"):
        data.read_score(path)


def test_a_note_that_is_struck_again_or_never_ends_sounds_on(tmp_path):
    track = mido.MidiTrack(
        [
            mido.Message("note_on", note=60, time=0),
            mido.Message("note_on", note=60, time=480),
            mido.Message("note_on", note=60, velocity=0, time=480),
            mido.Message("note_off", note=60, time=480),
            mido.Message("note_on", note=62, time=0),
            mido.MetaMessage("end_of_track", time=960),
        ]
    )
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(tmp_path / "piece.mid")
    assert sounding(data.read_score(tmp_path / "piece.mid", step=1)) == [[60], [60], [60], [62], [62]]


def test_a_grid_finer_than_the_ticks_is_refused(tmp_path):
    path = midi(tmp_path / "piece.mid", (60, 0, 24), ticks=24)
    assert data.read_score(path, step=1 / 24).shape == (24, 88)
    with says(ValueError, f"{path}: 24 ticks to a quarter note, expected a step of at least one tick"):
        data.read_score(path, step=1 / 48)
    with says(ValueError, "step is 0.7182818284590451, expected a fraction of a quarter note such as 1/3 or 1/8"):
        data.write_score(path, np.eye(88)[:1], step=np.e - 2)


def test_patterns_and_clock_times_are_refused(tmp_path):
    path = midi(tmp_path / "piece.mid", (60, 0, 480), kind=2)
    with pytest.raises(ValueError, match="independent patterns"):
        data.read_score(path)
    path.write_bytes(path.read_bytes()[:8] + b"\x00\x01\x00\x01\xe7\x28" + path.read_bytes()[14:])
    with pytest.raises(ValueError, match="times in seconds"):
        data.read_score(path)


def test_notes_that_no_piano_has_are_refused_dropped_or_folded(tmp_path):
    path = midi(tmp_path / "piece.mid", (20, 0, 480), (60, 0, 480), (109, 480, 960), (127, 960, 1440))
    hint = "outside='drop' leaves such notes out, 'fold' moves them by octaves"
    with says(ValueError, f"{path}: pitch 20, expected 21 to 108; {hint}"):
        data.read_score(path)
    assert sounding(data.read_score(path, step=1, outside="drop")) == [[60]]
    assert sounding(data.read_score(path, step=1, outside="fold")) == [[32, 60], [97], [103]]
    path = midi(tmp_path / "high.mid", (120, 0, 480))
    with says(ValueError, f"{path}: no notes that a piano has, expected at least one"):
        data.read_score(path, outside="drop")
    with says(ValueError, "outside is 'keep', expected one of refuse, drop, fold"):
        data.read_score(path, outside="keep")


PART = """<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>V</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>2</divisions>{attributes}</attributes>{start}
<note><pitch><step>D</step><octave>4</octave></pitch><duration>2</duration></note>
<note><pitch><step>E</step><octave>4</octave></pitch><duration>2</duration></note>{end}</measure></part></score-partwise>"""


@pytest.mark.parametrize(
    ("transpose", "pitches"),
    [
        ("", [62, 64]),
        ("<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>", [60, 62]),
        ("<transpose><chromatic>-2</chromatic></transpose>", [60, 62]),
        (
            "<transpose><diatonic>0</diatonic><chromatic>0</chromatic><octave-change>-1</octave-change></transpose>",
            [50, 52],
        ),
    ],
)
def test_pitches_are_those_that_sound(tmp_path, transpose, pitches):
    pytest.importorskip("music21")
    path = tmp_path / "piece.musicxml"
    path.write_text(PART.format(attributes=transpose, start="", end=""))
    assert sounding(data.read_score(path, step=1)) == [[pitch] for pitch in pitches]


def test_repeats_are_played_where_asked_for(tmp_path):
    pytest.importorskip("music21")
    path = tmp_path / "piece.musicxml"
    sign = '<barline location="{}"><repeat direction="{}"/></barline>'
    path.write_text(
        PART.format(attributes="", start=sign.format("left", "forward"), end=sign.format("right", "backward"))
    )
    assert sounding(data.read_score(path, step=1)) == [[62], [64]]
    assert sounding(data.read_score(path, step=1, repeats=True)) == [[62], [64], [62], [64]]


def test_abc_and_kern_are_read_and_several_pieces_are_refused(tmp_path):
    pytest.importorskip("music21")
    tune = "X:{}\nT:a\nM:4/4\nL:1/4\nK:C\nCDEF|\n"
    path = tmp_path / "tune.abc"
    path.write_text(tune.format(1))
    assert sounding(data.read_score(path, step=1)) == [[60], [62], [64], [65]]
    path.write_text(tune.format(1) + "\n" + tune.format(2))
    with says(ValueError, f"{path}: 2 pieces, expected one"):
        data.read_score(path)
    path = tmp_path / "tune.krn"
    path.write_text("**kern\n*M4/4\n4c\n4d\n2e\n==\n*-\n")
    assert sounding(data.read_score(path, step=1)) == [[60], [62], [64], [64]]


def test_rolls_of_a_corpus_are_the_sounding_pitches_at_their_true_offsets():
    """A sample; ``make corpus`` reads the whole corpus of music21."""
    pytest.importorskip("music21")
    import shipped_scores

    rng = np.random.default_rng(17)
    small = [path for path in shipped_scores.paths() if path.stat().st_size < 8_000]
    found = sum(
        (shipped_scores.outcome(small[n]) for n in rng.choice(len(small), 12, replace=False)), collections.Counter()
    )
    assert set(found) == {"equal"}
    assert found["equal"] >= 12 * len(shipped_scores.STEPS)


def test_what_was_played_by_hand_is_moved_to_the_nearest_step(tmp_path):
    notes = [(60, 5, 475), (62, 486, 700), (64, 955, 990), (65, 1190, 1440)]
    path = midi(tmp_path / "piece.mid", *notes)
    assert sounding(data.read_score(path, snap=True)) == [[60], [60], [62], [], [64], [65]]
    assert sounding(data.read_score(path)) != sounding(data.read_score(path, snap=True))
    music21 = pytest.importorskip("music21")
    score = music21.stream.Score([music21.stream.Part([music21.note.Note(60, quarterLength=0.25)])])
    score.write("musicxml", tmp_path / "short.musicxml")
    assert sounding(data.read_score(tmp_path / "short.musicxml", step=1, snap=True)) == [[60]]


@pytest.mark.parametrize("control", [120, 123])
def test_a_note_ends_where_all_notes_of_its_channel_do(tmp_path, control):
    track = mido.MidiTrack(
        [
            mido.Message("note_on", note=60, time=0),
            mido.Message("note_on", note=64, channel=1, time=0),
            mido.Message("control_change", control=control, time=480),
            mido.Message("note_on", note=62, time=0),
            mido.Message("note_off", note=62, time=480),
            mido.Message("note_off", note=64, channel=1, time=0),
        ]
    )
    mido.MidiFile(tracks=[track]).save(tmp_path / "piece.kar")
    assert sounding(data.read_score(tmp_path / "piece.kar", step=1)) == [[60, 64], [62, 64]]
