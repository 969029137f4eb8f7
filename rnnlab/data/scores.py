"""Scores as piano rolls: which of the 88 keys of a piano sound at each step of a grid.

MIDI and MusicXML files are read and written by music21, which is imported when a function needs it.
"""

import math
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

PIANO_LOWEST, PIANO_KEYS = 21, 88

_MOST_QUARTERS = 20_000  # three hours; a broken file can claim to last for years
_LEAST_STEP = 1 / 64


def read_score(path: str | Path, *, step: float = 0.5) -> np.ndarray:
    """Return a MIDI or MusicXML file as a piano roll.

    Parameters
    ----------
    path : str or Path
        A file ending in .mid, .midi, .xml, .musicxml or .mxl.
    step : float, default 0.5
        Grid, in quarter notes: a key is down at a step if it sounds at the step's start.

    Returns
    -------
    roll : (T, 88) array of 0 and 1
        The first key is the MIDI pitch 21. Drums and silence at the end are left out.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not what its ending says, holds no notes, notes that no piano has, or more than 20,000
        quarter notes: the message names the file.
    ImportError
        If music21 is not installed.

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
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file, expected a MIDI or MusicXML file")
    formats = {".mid": "midi", ".midi": "midi", ".xml": "musicxml", ".musicxml": "musicxml", ".mxl": "musicxml"}
    kind = formats.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"{path}: ending {path.suffix!r}, expected one of {', '.join(formats)}")
    score = _parse(path, kind)
    return roll_of(score, step, str(path))


def write_score(path: str | Path, roll: np.ndarray, *, step: float = 0.5) -> None:
    """Write a piano roll as a MIDI file; a key that stays down is one long note.

    Parameters
    ----------
    path : str or Path
        Where to write, usually ending in .mid.
    roll : (T, 88) array
        Not 0 where a key sounds, the first being the MIDI pitch 21.
    step : float, default 0.5
        Length of a step, in quarter notes.

    Raises
    ------
    ValueError
        If the roll has another shape.
    ImportError
        If music21 is not installed.

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
    music21 = _music21()
    stream = music21.stream.Stream()
    for key, start, end in notes:
        note = music21.note.Note(key + PIANO_LOWEST, quarterLength=float(end - start) * step)
        stream.insert(float(start) * step, note)
    stream.write("midi", fp=str(path))


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
        If the roll has another shape.

    Examples
    --------
    >>> render(np.eye(88)[[39, 43, 46]], tempo=120.0).shape  # three steps of a quarter of a second
    (6000,)
    """
    n_samples = round(60 * step / tempo * rate)
    sound = np.zeros((len(roll) + 1) * n_samples)
    for key, start, end in _notes(roll):
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
        If the sound is not between -1 and 1.

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
    sound = np.asarray(sound, float)
    if sound.ndim != 1 or not (np.abs(sound) <= 1).all():
        raise ValueError(f"sound has shape {sound.shape} or leaves [-1, 1], expected (N,) within")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((32767 * sound).astype("<i2").tobytes())


def roll_of(score: Any, step: float, name: str) -> np.ndarray:
    """Return a music21 score as a piano roll; `name` begins error messages.

    Parameters
    ----------
    score : music21.stream.Score
        The score.
    step : float
        Grid, in quarter notes.
    name : str
        Where the score comes from.

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
    if not step >= _LEAST_STEP:
        raise ValueError(f"step is {step}, expected at least {_LEAST_STEP}")
    sounds = [
        (pitch.midi, float(note.offset), float(note.offset + note.quarterLength))
        for note in score.flatten().notes
        for pitch in note.pitches
        if note.quarterLength > 0  # grace notes take no time
    ]
    if not sounds:
        raise ValueError(f"{name}: no notes, expected at least one")
    _require_length(max(end for _, _, end in sounds), name)
    outside = [pitch for pitch, _, _ in sounds if not 0 <= pitch - PIANO_LOWEST < PIANO_KEYS]
    if outside:
        raise ValueError(f"{name}: pitch {outside[0]}, expected {PIANO_LOWEST} to {PIANO_LOWEST + PIANO_KEYS - 1}")
    ceil: Callable[[float], int] = lambda t: math.ceil(round(t / step, 6))  # noqa: E731
    roll = np.zeros((max(1, *(ceil(end) for _, _, end in sounds)), PIANO_KEYS))
    for pitch, start, end in sounds:
        roll[ceil(start) : ceil(end), pitch - PIANO_LOWEST] = 1
    return roll


def _require_length(quarters: float, name: str) -> None:
    if quarters > _MOST_QUARTERS:
        raise ValueError(f"{name}: lasts {quarters:.0f} quarter notes, expected at most {_MOST_QUARTERS}")


def _notes(roll: np.ndarray) -> list[tuple[int, int, int]]:
    """Return key, first step and the step after the last, of every note."""
    sounds = np.asarray(roll) != 0
    if sounds.ndim != 2 or sounds.shape[1] != PIANO_KEYS:
        raise ValueError(f"roll has shape {sounds.shape}, expected (T, {PIANO_KEYS})")
    edges = np.diff(np.pad(sounds.astype(int), ((1, 1), (0, 0))), axis=0).T
    starts, ends = np.argwhere(edges > 0), np.argwhere(edges < 0)
    return [(int(key), int(start), int(end)) for (key, start), (_, end) in zip(starts, ends, strict=True)]


def _parse(path: Path, kind: str) -> Any:
    music21 = _music21()
    if kind != "midi":
        with _blaming(path, kind):
            return music21.converter.parse(path, format=kind, forceSource=True)
    midi = music21.midi.MidiFile()
    with _blaming(path, kind):
        midi.readstr(path.read_bytes())  # the parser of files leaves a broken one open
        ticks = max(sum(event.time for event in track.events if event.isDeltaTime()) for track in midi.tracks)
        quarters = ticks / midi.ticksPerQuarterNote
    _require_length(quarters, str(path))
    with _blaming(path, kind):
        return music21.midi.translate.midiFileToStream(midi)


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
