"""MIDI files as notes and back: the ticks of the events decide, nothing is rounded to a notation on the way.

Files are read and written by mido, which is imported when a function needs it.
"""

import io
import math
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

_DRUMS = 9  # the tenth channel, counted from 0
_SILENCE = (120, 123)  # the controllers "all sound off" and "all notes off"
_MOST_TICKS = 32767  # of a quarter note, in a file's header


class Notes:
    """Notes with their times in ticks.

    Attributes
    ----------
    ticks : int
        Ticks of a quarter note.
    notes : list of (int, int, int)
        Pitch, start and end.
    n_drums : int
        Notes of the drum channel, which are left out.
    """

    def __init__(self, ticks: int) -> None:
        self.ticks, self.n_drums = ticks, 0
        self.notes: list[tuple[int, int, int]] = []


def read(path: Path) -> Notes:
    """Return the notes of a MIDI file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    notes : Notes
        A note that never ends lasts to the end of its track.

    Raises
    ------
    ValueError
        If it is no MIDI file, or its times are no parts of a quarter note.
    ImportError
        If mido is not installed.
    """
    mido = _mido()
    try:
        file = mido.MidiFile(file=io.BytesIO(path.read_bytes()), clip=True)
    except Exception as error:  # whatever the parser stumbles on
        raise ValueError(f"{path}: not a readable midi file ({str(error) or 'it ends too early'})") from error
    if file.ticks_per_beat <= 0 or file.type == 2:
        what = "independent patterns (type 2)" if file.type == 2 else "times in seconds in place of quarter notes"
        raise ValueError(f"{path}: not a readable midi file ({what})")
    found = Notes(file.ticks_per_beat)
    for track in file.tracks:
        _read_track(track, found)
    return found


def _read_track(track: Iterable[Any], found: Notes) -> None:
    track = list(track)
    now, sounding, struck_again = 0, dict[tuple[int, int], list[int]](), _struck_again(track)
    for message in track:
        now += message.time
        if message.type == "control_change" and message.control in _SILENCE:
            for (channel, pitch), starts in sounding.items():
                while channel == message.channel and starts:
                    _end(found, channel, pitch, starts.pop(0), now)
        if message.type not in ("note_on", "note_off"):
            continue
        starts = sounding.setdefault((message.channel, message.note), [])
        if message.type == "note_on" and message.velocity > 0:
            starts.append(now)
            found.n_drums += message.channel == _DRUMS
        elif starts:
            ended = len(starts) if (message.channel, message.note) in struck_again else 1
            for start in starts[:ended]:
                _end(found, message.channel, message.note, start, now)
            del starts[:ended]
    for (channel, pitch), starts in sounding.items():
        for start in starts:
            _end(found, channel, pitch, start, now)


def _struck_again(track: Iterable[Any]) -> set[tuple[int, int]]:
    """Return channel and pitch of keys that are struck more often than let go: one end is that of all that sounds.

    Where both are as many, each end belongs to the note that began first, as where two voices meet on a key.
    """
    surplus = Counter[tuple[int, int]]()
    for message in track:
        if message.type in ("note_on", "note_off"):
            begins = message.type == "note_on" and message.velocity > 0
            surplus[message.channel, message.note] += 1 if begins else -1
    return {key for key, more in surplus.items() if more > 0}


def _end(found: Notes, channel: int, pitch: int, start: int, end: int) -> None:
    if channel != _DRUMS and end > start:
        found.notes.append((pitch, start, end))


def on_grid(tick: int, ticks: int, step: Fraction) -> int:
    """Return the first step of a grid at or after a tick, or the one that the tick stands for, as near as ticks can.

    Parameters
    ----------
    tick : int
        The time.
    ticks : int
        Ticks of a quarter note.
    step : Fraction
        Grid, in quarter notes; at least one tick.

    Returns
    -------
    n : int

    Examples
    --------
    >>> [on_grid(tick, 480, Fraction(1, 7)) for tick in (0, 69, 137, 140)]  # 480 / 7 is 68.57…
    [0, 1, 2, 3]
    """
    width = step * ticks
    nearest = round(tick / width)
    return nearest if abs(tick - nearest * width) <= Fraction(1, 2) else math.ceil(tick / width)


def nearest(tick: int, ticks: int, step: Fraction) -> int:
    """Return the step of a grid that is nearest to a tick.

    Examples
    --------
    >>> [nearest(tick, 480, Fraction(1, 2)) for tick in (0, 5, 119, 120, 475)]
    [0, 0, 0, 1, 2]
    """
    return math.floor(tick / (step * ticks) + Fraction(1, 2))


def fraction(step: float) -> Fraction:
    """Return a step as the simple fraction that was meant by it, such as a third by 0.333….

    Examples
    --------
    >>> fraction(1 / 3), fraction(0.125)
    (Fraction(1, 3), Fraction(1, 8))
    """
    exact = Fraction(step)
    simple = exact.limit_denominator(4096)
    return simple if abs(simple - exact) <= exact / 10**9 else exact


def write(path: Path, notes: Iterable[tuple[int, int, int]], step: float) -> None:
    """Write notes as a MIDI file.

    Parameters
    ----------
    path : Path
        Where to write.
    notes : iterable of (int, int, int)
        Pitch, first step and the step after the last.
    step : float
        Length of a step, in quarter notes.

    Raises
    ------
    ValueError
        If no number of ticks has this step as a whole number.
    """
    mido, width = _mido(), fraction(step)
    ticks = math.lcm(480, width.denominator)
    if ticks > _MOST_TICKS:
        ticks = width.denominator
    if ticks > _MOST_TICKS:
        raise ValueError(f"step is {step}, expected a fraction of a quarter note such as 1/3 or 1/8")
    length = int(width * ticks)
    events = [(start * length, "note_on", pitch) for pitch, start, _ in notes]
    events += [(end * length, "note_off", pitch) for pitch, _, end in notes]
    track, now = mido.MidiTrack(), 0
    for tick, kind, pitch in sorted(events):  # "note_off" comes first, so that a key can be struck again
        track.append(mido.Message(kind, note=pitch, velocity=64, time=tick - now))
        now = tick
    mido.MidiFile(type=0, ticks_per_beat=ticks, tracks=[track]).save(path)


def _mido() -> Any:
    try:
        return import_module("mido")
    except ImportError as error:
        raise ImportError("MIDI files need mido: install it with  pip install 'rnnlab[data]'") from error
