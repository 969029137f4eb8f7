"""Which known mistake was made? A hint is a claim about the student's code, so it is tested like one.

A mistake is named only if it did in every case what the student's functions did: the same values where values came, a
failure where they failed, and nothing wrong where they were right; on the drawn seed, and on another one. What the
student's functions did must also say more than chance could: that something raises, is infinite, zero or always the
same is true of many mistakes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlab.checks.compare import Difference, difference
from rnnlab.checks.student import ENDS, Failed

MOST = 2  # where more mistakes fit equally, none is named


@dataclass(frozen=True)
class Outcome:
    """What one case brought: a value or a failure, and whether it is what was expected.

    `sample` is the case's number and, where it was drawn anew, that of the drawing.
    """

    sample: tuple[int, ...]
    got: Any
    want: Any
    wrong: Difference | None
    calls: tuple
    changed: tuple = ()
    odd: tuple = ()


@dataclass(frozen=True)
class Seen:
    """The outcomes of one part, with the tolerance within which values are the same.

    `dear` parts train a network or draw again where chance was against the student: of these, only what is wrong is
    compared.
    """

    part: Any
    tolerance: float
    outcomes: Sequence[Outcome]
    dear: bool


Replay = Callable[[Any, Any, Iterable[tuple[int, ...]]], Iterable[Outcome]]


def suspects(mistakes: Iterable, seen: Sequence[Seen], replay: Replay, without_arguments: Callable[[str], bool]) -> list:
    """Return the mistakes that explain all that was seen.

    Parameters
    ----------
    mistakes : iterable of Mistake
    seen : sequence of Seen
        What the student's functions did, part by part.
    replay : callable
        (functions, part, samples) to what these functions do in the same cases, in that order.
    without_arguments : callable
        Whether a function, given its name, has no parameters: then its answer is one constant by right.
    """
    if not any(o.wrong for s in seen for o in s.outcomes):
        return []
    return [m for m in mistakes if _explains(m, seen, replay, without_arguments)]


def still(mistakes: Iterable, seen: Sequence[Seen], replay: Replay) -> list:
    """Return those of the mistakes that explain what was seen with another seed, too."""
    return [m for m in mistakes if all(_same_part(m, s, replay) for s in seen if _concerns(m, s))]


def _explains(mistake, seen: Sequence[Seen], replay: Replay, without_arguments: Callable[[str], bool]) -> bool:
    about = [s for s in seen if _concerns(mistake, s)]
    wrong = [(s, o) for s in about for o in s.outcomes if o.wrong]
    if not wrong or not _telling([o for _, o in wrong], [o for s in about for o in s.outcomes], without_arguments):
        return False
    first = {s.part.name: (s, o) for s, o in reversed(wrong) if not o.odd}
    for s, outcome in first.values():  # quickly, before all is gone through in order
        if not all(_same(outcome, o, s.tolerance) for o in replay(mistake.functions, s.part, [outcome.sample])):
            return False
    return all(_same_part(mistake, s, replay) for s in about)


def _concerns(mistake, seen: Seen) -> bool:
    """Return whether a part asks a function that is wrong in this mistake, and the student's answers say anything."""
    asked = {function for o in seen.outcomes for function, _ in o.calls}
    return bool(asked & set(mistake.functions)) and not any(_silent(o.got) for o in seen.outcomes)


def _silent(got: Any) -> bool:
    return isinstance(got, Failed) and got.kind in ENDS


def _same_part(mistake, seen: Seen, replay: Replay) -> bool:
    outcomes = [o for o in seen.outcomes if o.wrong] if seen.dear else list(seen.outcomes)
    made = replay(mistake.functions, seen.part, [o.sample for o in outcomes])
    return all(_same(o, m, seen.tolerance) for o, m in zip(outcomes, made, strict=False))


def _same(seen: Outcome, made: Outcome, tolerance: float) -> bool:
    if bool(seen.wrong) != bool(made.wrong) or not set(made.changed) <= set(seen.changed):
        return False
    got, value = seen.got, made.got
    if isinstance(got, Failed) and isinstance(value, Failed):
        if got.kind == "wrong":
            return got == value
        return (got.kind, got.what.split(":")[0]) == (value.kind, value.what.split(":")[0])
    if isinstance(got, Failed) or isinstance(value, Failed):
        return False
    return difference(got, value, tolerance) is None


def _telling(wrong: list[Outcome], every: list[Outcome], without_arguments: Callable[[str], bool]) -> bool:
    """Return whether the wrong answers say more than chance could."""
    found: set = set()
    for outcome in wrong:
        found |= {("changed", *place) for place in outcome.changed} | {("odd", *word) for word in outcome.odd}
        if isinstance(outcome.got, Failed):
            found |= {("said", outcome.got.message)} if outcome.got.kind == "wrong" else set()
        else:
            found |= set(_news(outcome.got, outcome.want))
    if any(item[0] in ("changed", "odd", "said", "text") for item in found):
        return True
    numbers = {item for item in found if item[0] in ("number", "numbers")}
    constant = all(without_arguments(function) for o in wrong for function, _ in o.calls)
    if len(numbers) >= (1 if constant else 2) or any(len(item) > 3 for item in numbers):
        return True
    verdicts = {item[1:] for o in every if not isinstance(o.got, Failed) for item in _verdicts(o.got)}
    return any(item[0] == "verdict" for item in found) and len({value for _, value in verdicts}) > 1


def _news(got: Any, want: Any, path: tuple = ()) -> Iterable[tuple]:
    """Yield what a wrong answer holds that is neither expected nor common to many mistakes."""
    if isinstance(got, dict | tuple | list):
        items = got.items() if isinstance(got, dict) else enumerate(got)
        for key, item in items:
            known = isinstance(want, dict) and key in want or isinstance(want, tuple | list) and key < len(want)
            yield from _news(item, want[key] if known else None, (*path, key))
    elif isinstance(got, bool):
        if got is not want:
            yield "verdict", path, got
    elif isinstance(got, str):
        if got != want:
            yield "text", got
    elif isinstance(got, np.ndarray):
        yield from _array_news(got, want, path)
    elif isinstance(got, int | float) and np.isfinite(_as_float(got)) and got != 0 and got != want:
        if not (isinstance(got, int) and abs(got) == 1):
            yield "number", f"{_as_float(got):.6g}"


def _array_news(got: np.ndarray, want: Any, path: tuple) -> Iterable[tuple]:
    if got.dtype.kind == "b":
        if not (isinstance(want, np.ndarray) and np.array_equal(got, want)) and len(np.unique(got)) > 1:
            yield "numbers", path, *got.ravel()[:50].tolist()
        return
    if got.dtype.kind not in "iuf":
        return
    flat = got.ravel()[:2000].astype(float)
    known = want.ravel()[:2000] if isinstance(want, np.ndarray) and want.shape == got.shape else None
    if known is not None and known.dtype.kind in "iufb":
        flat = flat[flat != known]
    flat = np.unique(flat[np.isfinite(flat) & (flat != 0)])
    if got.dtype.kind in "iu" and len(flat):
        yield "numbers", path, *got.ravel()[:50].tolist()
    elif len(flat) > 1 or got.size == 1:
        yield from (("number", f"{number:.6g}") for number in flat[:20])


def _verdicts(got: Any) -> Iterable[tuple]:
    if isinstance(got, bool):
        yield "verdict", (), got
    elif isinstance(got, dict | tuple | list):
        for item in got.values() if isinstance(got, dict) else got:
            yield from _verdicts(item)


def _as_float(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf")
