"""Piano rolls that a reader can hear: drawn as they are, played by the browser's own tone generators on a click."""

import json
from collections.abc import Mapping
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from rnnlab.data.scores import PIANO_KEYS, PIANO_LOWEST
from rnnlab.figures.canvas import Canvas
from rnnlab.figures.frame import Figure, captioned, source
from rnnlab.figures.markup import html_text, short

WIDTH, LEFT, ROW = 383.0, 34.0, 5.0


class Player(Figure):
    """Several piano rolls of which one is shown and played; all are shown where no script runs, and in print."""

    def __init__(self, canvases: Mapping[str, Canvas], html: str, alt: str, caption: str, question: str):
        super().__init__(next(iter(canvases.values())), alt=alt, caption=caption, question=question)
        self._html = html

    @property
    def html(self) -> str:
        """The figure with its buttons, its rolls and its script."""
        return self._html


def pianoroll(
    rolls: Mapping[str, ArrayLike],
    *,
    bar: int = 4,
    tempo: int = 84,
    label: str = "roll",
    alt: str,
    caption: str = "",
    question: str = "",
) -> Player:
    """Draw piano rolls, with buttons to choose, to play and to stop, and a slider for the tempo.

    Nothing sounds before a reader presses Play.

    Parameters
    ----------
    rolls : mapping from name to (T, 88) array
        Not 0 where a key sounds, the first being the MIDI pitch 21; a step is a quarter note. A key that stays down is
        one long note. All are drawn over the same keys.
    bar : int, default 4
        Steps between the upright lines.
    tempo : int, default 84
        Quarter notes a minute to begin with, 40 to 160.
    label : str
        What the names are, for the row of buttons.
    alt, caption, question : str
        As in `Figure`.

    Raises
    ------
    ValueError
        If there are fewer than two rolls, one has another shape or no note, or the tempo is out of range.

    Examples
    --------
    >>> pianoroll({"A": np.eye(88)[[39, 43]], "B": np.zeros((2, 88))}, alt="Two rolls.")
    Traceback (most recent call last):
    ValueError: roll 'B' has no note, expected at least one
    """
    tables = {name: np.asarray(roll) != 0 for name, roll in rolls.items()}
    if len(tables) < 2:
        raise ValueError(f"rolls has {len(tables)} entries, expected at least 2")
    if not 40 <= tempo <= 160:
        raise ValueError(f"tempo is {tempo}, expected 40 to 160")
    for name, table in tables.items():
        if table.ndim != 2 or table.shape[1] != PIANO_KEYS:
            raise ValueError(f"roll {name!r} has shape {table.shape}, expected (T, {PIANO_KEYS})")
        if not table.any():
            raise ValueError(f"roll {name!r} has no note, expected at least one")
    notes = {name: _notes(table) for name, table in tables.items()}
    keys = [key for found in notes.values() for _, _, key in found]
    canvases = {
        name: _drawn(notes[name], len(table), min(keys) - 1, max(keys) + 1, bar) for name, table in tables.items()
    }
    several = "".join(
        f'<div data-roll=""><p class="rf-name">{html_text(name)}</p><div class="rf-scroll">'
        f"{canvas.svg(f'{alt} {label} {name}.')}</div></div>"
        for name, canvas in canvases.items()
    )
    played = {"names": list(notes), "notes": [[[t, n, k + PIANO_LOWEST] for t, n, k in one] for one in notes.values()]}
    data = json.dumps(played, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")
    ask = f'<p class="rf-ask">{html_text(question)}</p>' if question else ""
    html = (
        f'<figure class="rf rf-player">{ask}{_controls(list(notes), tempo, label)}{several}'
        f'<p class="rf-said" aria-live="polite"></p>{captioned(caption)}'
        f'<script type="application/json">{data}</script><script>{source("pianoroll.js")}</script></figure>'
    )
    return Player(canvases, html, alt, caption, question)


def _controls(names: list[str], tempo: int, label: str) -> str:
    buttons = "".join(
        f'<button type="button" data-to="{i}" aria-pressed="{str(i == 0).lower()}">{html_text(name)}</button>'
        for i, name in enumerate(names)
    )
    return (
        f'<div class="rf-controls" hidden=""><div class="rf-control" role="group" aria-label="{escape(label)}">'
        f"<span>{html_text(label)}</span>{buttons}</div>"
        '<div class="rf-control"><button type="button" data-play="">Play</button></div>'
        f'<label class="rf-control"><span>tempo = <output>{tempo}</output></span>'
        f'<input type="range" min="40" max="160" step="4" value="{tempo}" autocomplete="off"/></label></div>'
    )


def _notes(table: np.ndarray) -> list[tuple[int, int, int]]:
    """Return first step, number of steps and key of every note, in order of time."""
    edges = np.diff(np.pad(table.astype(int), ((1, 1), (0, 0))), axis=0).T
    starts, ends = np.argwhere(edges > 0), np.argwhere(edges < 0)
    found = [(int(a), int(b - a), int(key)) for (key, a), (_, b) in zip(starts, ends, strict=True)]
    return sorted(found)


def _drawn(notes: list[tuple[int, int, int]], n_steps: int, low: int, high: int, bar: int) -> Canvas:
    """Draw notes over the keys `low` to `high`, with a line at each bar and a name at each C."""
    column, foot = (WIDTH - LEFT - 6) / n_steps, 8 + (high - low + 1) * ROW
    canvas = Canvas(WIDTH, foot + 26)
    lines = "".join(f"M{short(LEFT + t * column)},8 V{short(foot)} " for t in range(0, n_steps + 1, bar))
    canvas.add("bars", f'<path class="a" d="{lines}M{short(LEFT)},{short(foot)} H{short(WIDTH - 6)}"/>', "p")
    for key in range(low, high + 1):
        if (key + PIANO_LOWEST) % 12 == 0:
            y = foot - (key - low + 0.5) * ROW
            canvas.add("octave", f'<path class="a dots" d="M{short(LEFT)},{short(y)} H{short(WIDTH - 6)}"/>', "p")
            canvas.text(LEFT - 6, y + 4.5, f"C{(key + PIANO_LOWEST) // 12 - 1}", anchor="end")
    for start, long, key in notes:
        x, y = LEFT + start * column, foot - (key - low + 1) * ROW
        place = f'x="{short(x + 0.5)}" y="{short(y)}" width="{short(long * column - 1)}" height="{short(ROW)}"'
        canvas.add("note", f'<rect class="f" {place} rx="1.5"/>', "y")
    for t in range(0, n_steps, bar):
        canvas.text(LEFT + (t + bar / 2) * column, foot + 17, f"bar {t // bar + 1}")
    line = f'<path class="off" data-cursor="{short(column)}" d="M{short(LEFT)},8 V{short(foot)}"/>'
    canvas.add("cursor", line, "g")
    return canvas
