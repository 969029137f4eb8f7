"""Every score that music21 carries, as a roll and by the definition: sounding pitches at their true offsets.

``make corpus`` reads the whole corpus, in about an hour on one core, and prints how many rolls are equal; `test_scores`
reads a sample.
"""

import collections
import math
import sys
import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab.data import scores

STEPS = (0.5, 1 / 6)


def paths() -> list[Path]:
    """Return the scores of the corpus in formats that `read_score` takes, in the order of their names."""
    from music21 import corpus

    return sorted(path for path in map(Path, corpus.getCorePaths()) if path.suffix in scores._FORMATS)


def outcome(path: Path) -> collections.Counter[str]:
    """Return how many pieces of a file have an equal roll, another roll, or none and why."""
    found: collections.Counter[str] = collections.Counter()
    for piece in _pieces(path):
        expected = [_by_definition(piece, step) for step in STEPS]
        for step, right in zip(STEPS, expected, strict=True):
            try:
                roll = scores.roll_of(piece, step, str(path), outside="drop")
            except ValueError as error:
                said = str(error).removeprefix(f"{path}: ")
                found[said if right is None else "DIFFERS"] += 1
                continue
            found["equal" if right is not None and np.array_equal(roll, right) else "DIFFERS"] += 1
    return found


def _pieces(path: Path) -> Iterator[Any]:
    """Yield the pieces of a file; a collection holds several, which `read_score` refuses."""
    import music21

    score = music21.converter.parse(path, format=scores._FORMATS[path.suffix], forceSource=True)
    yield from score.scores if isinstance(score, music21.stream.Opus) else [score]


def _by_definition(score: Any, step: float) -> np.ndarray | None:
    """Return the roll, written note by note from offsets in the hierarchy and each note's own instrument."""
    width = Fraction(step).limit_denominator(96)
    sounds = []
    for note in score.recurse().notes:
        length = Fraction(note.quarterLength)
        if length == 0:
            continue
        start = Fraction(note.getOffsetInHierarchy(score))
        shift = _transposition(note, score)
        for pitch in note.pitches:
            sounds.append((pitch.midi + shift, math.ceil(start / width), math.ceil((start + length) / width)))
    on_piano = [(pitch - 21, start, end) for pitch, start, end in sounds if 21 <= pitch <= 108]
    if not on_piano:
        return None
    roll = np.zeros((max(1, *(end for _, _, end in on_piano)), 88))
    for key, start, end in on_piano:
        for at in range(start, end):
            roll[at, key] = 1
    return roll if roll.any() else None


def _transposition(note: Any, score: Any) -> int:
    """Return by how many semitones a note sounds above what is written: what its instrument at that time says."""
    from music21 import instrument

    for site in note.contextSites(returnSortTuples=True):
        if site.site is not None and site.site.atSoundingPitch is True:
            return 0
    own = note.getContextByClass(instrument.Instrument)
    return own.transposition.semitones if own is not None and own.transposition else 0


def main() -> int:
    """Read the whole corpus, print the outcomes and return 1 if a roll is another one."""
    warnings.simplefilter("ignore")
    total: collections.Counter[str] = collections.Counter()
    every = paths()
    for n, path in enumerate(every):
        try:
            found = outcome(path)
        except Exception as error:  # music21's parsers raise all kinds
            found = collections.Counter({f"not parsed: {type(error).__name__}": 1})
        total += found
        if "DIFFERS" in found:
            print(f"differs: {path}", flush=True)
        if n % 100 == 99:
            print(f"{n + 1} of {len(every)} files: {dict(total)}", file=sys.stderr, flush=True)
    print(f"{len(every)} files, steps {STEPS}")
    for said, count in total.most_common():
        print(f"{count:6} {said}")
    return int(total["DIFFERS"] > 0)


if __name__ == "__main__":
    sys.exit(main())
