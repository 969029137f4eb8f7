"""Four-part music generated from a chord grammar whose optimal prediction loss is known exactly.

A piece keeps one of four major keys. Every phrase has eight chords: it begins on the tonic, wanders along a table of
chances, and ends with dominant and tonic. Each chord is set in one of two ways, chosen by a coin.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from rnnlab._settings import require_rng
from rnnlab.data.batch import Batch, require_counts
from rnnlab.data.signals import binary_entropy

HARMONY_LOWEST, _N_NOTES = 40, 48
_TONICS = (48, 50, 53, 55)
_PHRASE = 8
_SETTINGS = {
    "I": ((0, 7, 16, 24), (0, 12, 19, 28)),
    "ii": ((2, 9, 17, 26), (2, 14, 21, 29)),
    "IV": ((5, 12, 21, 29), (5, 9, 17, 24)),
    "V": ((7, 14, 23, 26), (-5, 11, 14, 19)),
    "vi": ((9, 12, 16, 28), (-3, 12, 21, 28)),
}
_FOLLOWING = {
    "I": {"ii": 0.2, "IV": 0.3, "V": 0.2, "vi": 0.3},
    "ii": {"V": 0.8, "vi": 0.2},
    "IV": {"I": 0.3, "ii": 0.3, "V": 0.4},
    "V": {"I": 0.6, "vi": 0.4},
    "vi": {"ii": 0.5, "IV": 0.5},
}
_CHORDS = tuple(_SETTINGS)


def harmony(rng: np.random.Generator, n_batch: int, n_steps: int = 32) -> Batch:
    """Return pieces as piano rolls and, as targets, the next chords.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of pieces.
    n_batch, n_steps : int
        B and T, in chords.

    Returns
    -------
    batch : Batch
        x (T, B, 48) with a 1 for each of the four notes that sound, the first being the MIDI pitch `HARMONY_LOWEST`,
        and target (T, B, 48), for `losses.sigmoid_cross_entropy`.

    Examples
    --------
    >>> batch = harmony(np.random.default_rng(0), n_batch=2, n_steps=16)
    >>> batch.x.shape, np.unique(batch.x.sum(axis=2)).tolist()
    ((16, 2, 48), [4.0])
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps)
    key, chord = rng.integers(len(_TONICS), size=n_batch), np.zeros(n_batch, int)
    roll = np.empty((n_steps + 1, n_batch, _N_NOTES))
    for t in range(n_steps + 1):
        edges = _chances(t)[chord].cumsum(axis=1)
        chord = (rng.random((n_batch, 1)) >= edges[:, :-1]).sum(axis=1)
        roll[t] = _FRAMES[key, chord, rng.integers(2, size=n_batch)]
    return Batch(roll[:-1].copy(), roll[1:].copy(), per_step=True)


def harmony_baselines(n_steps: int = 32) -> dict[str, float]:
    """Return the cross-entropy per note by what is known, for outputs that are independent given what is known.

    Parameters
    ----------
    n_steps : int, default 32
        T.

    Returns
    -------
    baselines : dict of str to float
        "note frequencies", "last chord" and "whole past", in nats.

    Examples
    --------
    >>> {known: round(floor, 4) for known, floor in harmony_baselines().items()}
    {'note frequencies': 0.2296, 'last chord': 0.1677, 'whole past': 0.1307}
    """
    notes = np.zeros(_N_NOTES)
    by_frame: dict[bytes, np.ndarray] = defaultdict(lambda: np.zeros(_N_NOTES))
    weights: dict[bytes, float] = defaultdict(float)
    whole = 0.0
    for weight, frame, following in _transitions(n_steps):
        notes += weight * following
        by_frame[frame.tobytes()] += weight * following
        weights[frame.tobytes()] += weight
        whole += weight * _entropy(following)
    last = sum(weights[key] * _entropy(chance / weights[key]) for key, chance in by_frame.items())
    return {"note frequencies": _entropy(notes), "last chord": float(last), "whole past": float(whole)}


def _transitions(n_steps: int) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """Yield the weight of every key, step and chord, its notes, and the chance of each note in the next chord."""
    for frames in _FRAMES:
        now = _chances(0)[0]
        for t in range(n_steps):
            table = _chances(t + 1)
            for chord in np.flatnonzero(now):
                following = table[chord] @ frames.mean(axis=1)
                for frame in frames[chord]:
                    yield now[chord] / 2 / n_steps / len(_FRAMES), frame, following
            now = now @ table


def _chances(t: int) -> np.ndarray:
    """Return the chance of each chord at step t (its columns) after each chord (its rows)."""
    table = np.zeros((len(_CHORDS), len(_CHORDS)))
    if t % _PHRASE in (0, _PHRASE - 1):
        table[:, _CHORDS.index("I")] = 1
    elif t % _PHRASE == _PHRASE - 2:
        table[:, _CHORDS.index("V")] = 1
    else:
        for chord, following in _FOLLOWING.items():
            for successor, chance in following.items():
                table[_CHORDS.index(chord), _CHORDS.index(successor)] = chance
    return table


def _frames() -> np.ndarray:
    """Return the notes (48) of every key, chord and setting."""
    frames = np.zeros((len(_TONICS), len(_CHORDS), 2, _N_NOTES))
    for key, tonic in enumerate(_TONICS):
        for chord, settings in enumerate(_SETTINGS.values()):
            for setting, notes in enumerate(settings):
                frames[key, chord, setting, np.array(notes) + tonic - HARMONY_LOWEST] = 1
    return frames


def _entropy(chances: np.ndarray) -> float:
    return sum(binary_entropy(float(min(p, 1))) for p in chances) / len(chances)


_FRAMES = _frames()
