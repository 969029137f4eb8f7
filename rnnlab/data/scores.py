"""Scores as piano rolls: which of the 88 keys of a piano sound at each step of a grid.

MIDI is read and written by `rnnlab.data.midi`; notated scores are read by music21, imported when a function needs it.
"""

import math
import numbers
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab._arrays import as_array, require_count, require_flags
from rnnlab._settings import require_flag, require_number, require_path
from rnnlab.data import midi

PIANO_LOWEST, PIANO_KEYS = 21, 88

_MOST_QUARTERS = 20_000  # three hours; a broken file can claim to last for years
_LEAST_STEP = 1 / 64
_OUTSIDE = ("refuse", "drop", "fold")
_FORMATS = {
    ".mid": "midi",
    ".midi": "midi",
    ".kar": "midi",
    ".xml": "musicxml",
    ".musicxml": "musicxml",
    ".mxl": "musicxml",
    ".abc": "abc",
    ".krn": "humdrum",
}


def read_score(
    path: str | Path, *, step: float = 0.5, outside: str = "refuse", repeats: bool = False, snap: bool = False
) -> np.ndarray:
    """Return a MIDI, MusicXML, ABC or kern file as a piano roll.

    Parameters
    ----------
    path : str or Path
        A file ending in .mid, .midi, .kar, .xml, .musicxml, .mxl, .abc or .krn.
    step : float, default 0.5
        Grid, in quarter notes: a key is down at a step if it sounds at the step's start.
    outside : {"refuse", "drop", "fold"}, default "refuse"
        What becomes of notes that no piano has: an error, nothing, or the nearest octave that a piano has.
    repeats : bool, default False
        Whether repeated passages of a notated score are there as often as they are played. A MIDI file has no signs of
        repetition: it holds what is played.
    snap : bool, default False
        Whether starts and ends are moved to the nearest step, and each note lasts one at least, as suits what was
        played by hand. By default a note that begins a little late is silent at the step where it was meant, and one
        that lies between two steps is left out.

    Returns
    -------
    roll : (T, 88) array of 0 and 1
        The first key is the MIDI pitch 21. Instruments that transpose are at the pitch that sounds. Drums, grace notes
        and silence at the end are left out; pedals do not lengthen notes; a note struck again at once sounds on.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not what its ending says, holds no notes or several pieces, notes that no piano has, or more than
        20,000 quarter notes, or the grid is finer than the file's ticks: the message names the file.
    ImportError
        If mido, for MIDI, or music21 is not installed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "note.mid")
    ...     write_score(file, np.eye(88)[[40, 40, 47]])
    ...     read_score(file).nonzero()
    (array([0, 1, 2]), array([40, 40, 47]))
    """
    path = require_path("path", path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file, expected a MIDI or MusicXML file")
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"{path}: ending {path.suffix!r}, expected one of {', '.join(_FORMATS)}")
    step, repeats, snap = _require_step(step), require_flag("repeats", repeats), require_flag("snap", snap)
    if outside not in _OUTSIDE:
        raise ValueError(f"outside is {outside!r}, expected one of {', '.join(_OUTSIDE)}")
    if kind != "midi":
        return roll_of(_parse(path, kind, repeats), step, str(path), outside, snap)
    found, width = midi.read(path), midi.fraction(step)
    if not found.notes:
        raise ValueError(f"{path}: no notes{' but drums' if found.n_drums else ''}, expected at least one")
    _require_length(max(end for _, _, end in found.notes) / found.ticks, str(path))
    if width * found.ticks < 1:
        raise ValueError(f"{path}: {found.ticks} ticks to a quarter note, expected a step of at least one tick")
    at = midi.nearest if snap else midi.on_grid
    grid = {tick: at(tick, found.ticks, width) for _, *times in found.notes for tick in times}
    sounds = [(pitch, grid[start], grid[end]) for pitch, start, end in found.notes]
    return _roll(sounds, str(path), outside, snap)


def write_score(path: str | Path, roll: np.ndarray, *, step: float = 0.5) -> None:
    """Write a piano roll as a MIDI file; a key that stays down is one long note.

    Parameters
    ----------
    path : str or Path
        Where to write, usually ending in .mid.
    roll : (T, 88) array
        Not 0 where a key sounds, the first being the MIDI pitch 21.
    step : float, default 0.5
        Length of a step, in quarter notes: a fraction. `read_score` finds the same roll with the same step.

    Raises
    ------
    ValueError
        If the roll has another shape, or ticks cannot express the step.
    ImportError
        If mido is not installed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "chord.mid")
    ...     write_score(file, np.ones((4, 88)))
    ...     read_score(file).shape
    (4, 88)
    """
    notes = _notes(roll)
    step = _require_step(step)
    midi.write(require_path("path", path), [(key + PIANO_LOWEST, start, end) for key, start, end in notes], step)


def render(roll: np.ndarray, *, step: float = 0.5, tempo: float = 96.0, rate: int = 8000) -> np.ndarray:
    """Return a piano roll as sound: for each note a tone with five overtones that fades away.

    Parameters
    ----------
    roll : (T, 88) array
        Not 0 where a key sounds, the first being the MIDI pitch 21.
    step : float, default 0.5
        Length of a step, in quarter notes.
    tempo : float, default 96
        Quarter notes per minute.
    rate : int, default 8000
        Samples per second; overtones above half of it are left out.

    Returns
    -------
    sound : (N,) array
        Between -1 and 1, for ``IPython.display.Audio(sound, rate=rate)`` or `write_wave`.

    Raises
    ------
    ValueError
        If the roll has another shape, or a number is out of range.

    Examples
    --------
    >>> render(np.eye(88)[[39, 43, 46]], tempo=120.0).shape  # three steps of a quarter of a second
    (6000,)
    """
    step, tempo = require_number("step", step, 0, open_end=True), require_number("tempo", tempo, 0, open_end=True)
    n_samples = round(60 * step / tempo * require_count("rate", rate))
    if not n_samples:
        raise ValueError(f"a step of {step} at a tempo of {tempo} is shorter than a sample, expected a longer one")
    notes = _notes(roll)
    sound = np.zeros((len(roll) + 1) * n_samples)
    for key, start, end in notes:
        seconds = np.arange((end - start) * n_samples) / rate
        pitch = 440 * 2 ** ((key + PIANO_LOWEST - 69) / 12)
        overtones = [k for k in range(1, 7) if k * pitch < rate / 2]
        tone = sum((np.sin(2 * np.pi * k * pitch * seconds) / k**2 for k in overtones), np.zeros(len(seconds)))
        fade = np.minimum(1, np.minimum(seconds, seconds[::-1]) / 0.01)  # without it every note begins with a click
        sound[start * n_samples : start * n_samples + len(tone)] += tone * np.exp(-1.5 * seconds) * fade
    return sound[: len(roll) * n_samples] / max(1.0, np.abs(sound).max())


def write_wave(path: str | Path, sound: np.ndarray, *, rate: int = 8000) -> None:
    """Write a sound as a WAV file that every browser plays.

    Parameters
    ----------
    path : str or Path
        Where to write.
    sound : (N,) array
        Between -1 and 1, such as `render` returns.
    rate : int, default 8000
        Samples per second.

    Raises
    ------
    ValueError
        If the sound is not between -1 and 1, or the rate not a whole number of at least 1.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "tone.wav")
    ...     write_wave(file, np.sin(np.arange(800) / 3))
    ...     file.read_bytes()[:4]
    b'RIFF'
    """
    sound, rate = as_array("sound", sound), require_count("rate", rate)
    if sound.dtype.kind not in "fiub":
        raise TypeError(f"sound has dtype {sound.dtype}, expected floats")
    if sound.ndim != 1 or not (np.abs(sound) <= 1).all():
        raise ValueError(f"sound has shape {sound.shape} or leaves [-1, 1], expected (N,) within")
    with wave.open(str(require_path("path", path)), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((32767 * sound).astype("<i2").tobytes())


def roll_of(score: Any, step: float, name: str, outside: str = "refuse", snap: bool = False) -> np.ndarray:
    """Return a music21 score as a piano roll; `name` begins error messages.

    Parameters
    ----------
    score : music21.stream.Score
        The score. It is changed to sounding pitches.
    step : float
        Grid, in quarter notes.
    name : str
        Where the score comes from.
    outside, snap
        As in `read_score`.

    Returns
    -------
    roll : (T, 88) array of 0 and 1

    Raises
    ------
    ValueError
        If the score holds no notes, notes that no piano has, or more than 20,000 quarter notes, or the step is below
        1/64.

    Examples
    --------
    >>> import music21
    >>> roll_of(music21.stream.Stream([music21.note.Note(60)]), 0.5, "middle C").nonzero()
    (array([0, 1]), array([39, 39]))
    """
    step = _require_step(step)
    if any(instrument.transposition for instrument in score[_music21().instrument.Instrument]):
        score = score.toSoundingPitch()
    times = [
        (pitch.midi, float(note.offset), float(note.offset + note.quarterLength))
        for note in score.flatten().notes
        for pitch in note.pitches
        if note.quarterLength > 0  # grace notes take no time
    ]
    if not times:
        raise ValueError(f"{name}: no notes, expected at least one")
    _require_length(max(end for _, _, end in times), name)
    sounds = [(pitch, _step_at(start / step, snap), _step_at(end / step, snap)) for pitch, start, end in times]
    return _roll(sounds, name, outside, snap)


def _step_at(steps: float, snap: bool) -> int:
    """Return the step at which a time lies that is given in steps: the nearest, or the next."""
    return math.floor(steps + 0.5) if snap else math.ceil(round(steps, 6))


def _roll(sounds: list[tuple[int, int, int]], name: str, outside: str, snap: bool) -> np.ndarray:
    """Return pitches with their first step and the step after the last as a roll."""
    if snap:
        sounds = [(pitch, start, max(end, start + 1)) for pitch, start, end in sounds]
    keyed = [(_key(pitch, name, outside), start, end) for pitch, start, end in sounds]
    kept = [(key, start, end) for key, start, end in keyed if key is not None]
    if not kept:
        raise ValueError(f"{name}: no notes that a piano has, expected at least one")
    roll = np.zeros((max(1, *(end for _, _, end in kept)), PIANO_KEYS))
    for key, start, end in kept:
        roll[start:end, key] = 1
    if not roll.any():
        raise ValueError(f"{name}: no note sounds at the start of a step, expected a smaller step")
    return roll


def _key(pitch: int, name: str, outside: str) -> int | None:
    """Return the number of a pitch's key, None where it is left out."""
    key, most = pitch - PIANO_LOWEST, PIANO_KEYS - 1
    if 0 <= key <= most:
        return key
    if outside == "refuse":
        hint = "outside='drop' leaves such notes out, 'fold' moves them by octaves"
        raise ValueError(f"{name}: pitch {pitch}, expected {PIANO_LOWEST} to {PIANO_LOWEST + most}; {hint}")
    if outside == "drop":
        return None
    return key % 12 if key < 0 else key - 12 * -(-(key - most) // 12)


def _require_step(step: float) -> float:
    """Return a step as a Python float; one in float32 is taken for the simple fraction beside it."""
    if not isinstance(step, numbers.Real) or isinstance(step, bool) or not _LEAST_STEP <= step < math.inf:
        raise ValueError(f"step is {step!r}, expected at least {_LEAST_STEP}")
    short = isinstance(step, np.float32 | np.float16)
    return float(Fraction(float(step)).limit_denominator(512)) if short else float(step)


def _require_length(quarters: float, name: str) -> None:
    if quarters > _MOST_QUARTERS:
        raise ValueError(f"{name}: lasts {quarters:.0f} quarter notes, expected at most {_MOST_QUARTERS}")


def _notes(roll: np.ndarray) -> list[tuple[int, int, int]]:
    """Return key, first step and the step after the last, of every note."""
    if np.ndim(roll) != 2 or np.shape(roll)[1] != PIANO_KEYS or not len(roll):
        raise ValueError(f"roll has shape {np.shape(roll)}, expected (T, {PIANO_KEYS})")
    sounds = require_flags("roll", roll, np.shape(roll))
    edges = np.diff(np.pad(sounds.astype(int), ((1, 1), (0, 0))), axis=0).T
    starts, ends = np.argwhere(edges > 0), np.argwhere(edges < 0)
    return [(int(key), int(start), int(end)) for (key, start), (_, end) in zip(starts, ends, strict=True)]


def _parse(path: Path, kind: str, repeats: bool) -> Any:
    music21 = _music21()
    with _blaming(path, kind):
        score = music21.converter.parse(path, format=kind, forceSource=True)
    if isinstance(score, music21.stream.Opus):
        if len(score.scores) != 1:
            raise ValueError(f"{path}: {len(score.scores)} pieces, expected one")
        score = score.scores[0]
    with _blaming(path, kind):
        return score.expandRepeats() if repeats else score


@contextmanager
def _blaming(path: Path, kind: str) -> Iterator[None]:
    """Name the file whatever music21's parsers stumble on: they raise all kinds of errors."""
    try:
        yield
    except Exception as error:
        raise ValueError(f"{path}: not a readable {kind} file ({error})") from error


def _music21() -> Any:
    try:
        return import_module("music21")
    except ImportError as error:
        raise ImportError("scores need music21: install it with  pip install 'rnnlab[data]'") from error
