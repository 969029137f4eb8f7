"""Which known mistake was made? A hint is a claim about the student's code, so it is tested like one.

A mistake is named only if it did in every case what the student's functions did: the same values where values came, a
failure where they failed, and nothing wrong where they were right; on the drawn seed, and on another one. What the
student's functions did must also say more than chance could: that something raises, is infinite, zero or always the
same is true of many mistakes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from rnnlab.checks.compare import Difference, difference
from rnnlab.checks.pick import pick
from rnnlab.checks.student import ENDS, Failed

MOST = 2  # where more mistakes fit equally, none is named
_READ = 2000  # items of an answer in which something that is not expected is looked for


@dataclass(frozen=True)
class Outcome:
    """What one case brought: a value or a failure, and whether it is what was expected.

    `sample` is the case's number and, where it was drawn anew, that of the drawing; `at` is the place among the calls
    of the one to look at.
    """

    sample: tuple[int, ...]
    got: Any
    want: Any
    wrong: Difference | None
    calls: tuple
    changed: tuple = ()
    odd: tuple = ()
    views: tuple = ()
    at: int = -1


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


def suspects(
    mistakes: Iterable, seen: Sequence[Seen], replay: Replay, without_arguments: Callable[[str], bool]
) -> list:
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
    news = {id(o): _news_of(o) for s in seen for o in s.outcomes if o.wrong}  # the same for every mistake
    return [m for m in mistakes if _explains(m, seen, replay, without_arguments, news)]


def still(mistakes: Iterable, seen: Sequence[Seen], replay: Replay) -> list:
    """Return those of the mistakes that explain what was seen with another seed, too."""
    return [m for m in mistakes if _same_parts(m, [s for s in seen if _concerns(m, s)], replay)]


def _explains(
    mistake, seen: Sequence[Seen], replay: Replay, without_arguments: Callable[[str], bool], news: dict[int, set]
) -> bool:
    about = [s for s in seen if _concerns(mistake, s)]
    wrong = [(s, o) for s in about for o in s.outcomes if o.wrong]
    partly = any(not o.wrong for s in about for o in s.outcomes)
    telling = bool(wrong) and _telling([o for _, o in wrong], partly, without_arguments, news)
    if not telling and not any(_speaks(o) for _, o in wrong):
        return False
    joint = _joint(mistake, about)
    first = {s.part.name: (s, o) for s, o in reversed(wrong) if not o.odd and s.part.name not in joint}
    for s, outcome in first.values():  # quickly, before all is gone through in order
        for made in replay(mistake.functions, s.part, [outcome.sample]):
            if not _same(outcome, made, s.tolerance):
                return False
            telling |= _speaks(outcome) and made.got.what == outcome.got.what
    return telling and _same_parts(mistake, about, replay)


def _speaks(outcome: Outcome) -> bool:
    """Return whether a function failed with a message that is not common to all slips with shapes and places."""
    got = outcome.got
    common = ("shape", "dimension", "align", "broadcast", "index", "subscript", "operand", "axis", "size")
    return isinstance(got, Failed) and got.kind == "raised" and not any(word in got.what.lower() for word in common)


def _concerns(mistake, seen: Seen) -> bool:
    """Return whether a part asks a function that is wrong in this mistake, and the student's answers say anything."""
    return bool(_asked(seen) & set(mistake.functions)) and not any(_silent(o.got) for o in seen.outcomes)


def _asked(seen: Seen) -> set[str]:
    return {function for o in seen.outcomes for function, _ in o.calls}


def _silent(got: Any) -> bool:
    return isinstance(got, Failed) and got.kind in ENDS


def _joint(mistake, about: Sequence[Seen]) -> set[str]:
    """Return the parts that also ask functions which are the student's own and right, where another part asks none.

    What these make of a mistake's answer depends on how they are written, so nothing can be told from such a part.
    """
    alone = {s.part.name for s in about if _asked(s) <= set(mistake.functions)}
    if not any(o.wrong for s in about if s.part.name in alone for o in s.outcomes):
        return set()
    return {s.part.name for s in about} - alone


def _same_parts(mistake, about: Sequence[Seen], replay: Replay) -> bool:
    joint = _joint(mistake, about)
    return all(_same_part(mistake, s, replay) for s in about if s.part.name not in joint)


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


def _telling(
    wrong: list[Outcome], partly: bool, without_arguments: Callable[[str], bool], news: dict[int, set]
) -> bool:
    """Return whether the wrong answers say more than chance could.

    Numbers do, unless they are always the same ones. Of a failure, an infinity, a zero or a verdict of one bit there
    are so many causes that it says something only where the functions are right in other cases.
    """
    found: set[tuple] = set().union(*(news[id(outcome)] for outcome in wrong))
    kinds = {item[0] for item in found}
    if kinds & {"odd", "said", "text", "many"}:
        return True
    if all(without_arguments(function) for o in wrong for function, _ in o.calls):
        return bool(found)
    n_numbers = sum(item[0] == "number" and item[1] not in ("0", "1", "-1") for item in found)
    return n_numbers > 1 or (partly and bool(found))


def _news_of(outcome: Outcome) -> set[tuple]:
    """Return what a wrong answer, or a failure, tells."""
    found: set[tuple] = {("odd", *word) for word in outcome.odd}
    if not isinstance(outcome.got, Failed):
        found |= set(_news(outcome.got, outcome.want))
    elif outcome.got.kind == "wrong":
        found.add(("said", outcome.got.message))
    elif "read-only" in outcome.got.message:
        found.add(("said", "read-only"))
    elif outcome.got.kind == "raised":
        found.add(("verdict", "raised"))
    return found


def _news(got: Any, want: Any) -> Iterator[tuple]:
    """Yield what a wrong answer holds that is not expected: numbers by their first digits, everything else by kind."""
    if isinstance(got, dict | tuple | list):
        if isinstance(want, dict | tuple | list) and len(got) != len(want):
            yield "number", f"{len(got)} of {len(want)}"
        for key, item in islice(got.items() if isinstance(got, dict) else enumerate(got), _READ):
            known = isinstance(want, dict) or (isinstance(want, tuple | list) and not isinstance(got, dict))
            yield from _news(item, pick(want, key) if known else None)
    elif isinstance(got, np.ndarray):
        yield from _array_news(got, want)
    elif isinstance(got, str):
        yield from [("text", got)] if not _equal(got, want) else []
    elif isinstance(got, bool) or got is None:
        yield from [("verdict", got)] if got is not want else []
    elif isinstance(got, int | float) and not _equal(got, want):
        number = _as_float(got)
        yield ("number", f"{number:.6g}") if np.isfinite(number) else ("verdict", str(number))


def _equal(got: Any, want: Any) -> bool:
    return isinstance(want, str | int | float) and bool(got == want)


def _array_news(got: np.ndarray, want: Any) -> Iterator[tuple]:
    if isinstance(want, np.ndarray) and want.shape != got.shape:
        yield "number", f"shape {got.shape}"
    if got.dtype.kind not in "biuf":
        return
    flat = got.ravel()[:_READ]
    if isinstance(want, np.ndarray) and want.shape == got.shape and want.dtype.kind in "biuf":
        if want.dtype.kind != got.dtype.kind:
            yield "verdict", got.dtype.str
        flat = flat[flat != want.ravel()[:_READ]]
    if got.dtype.kind in "biu":
        yield from [("many", *got.ravel()[:50].tolist())] if len(flat) and len(np.unique(got)) > 1 else []
        return
    finite = np.unique(flat[np.isfinite(flat)].astype(float))
    yield from (("number", f"{number:.6g}") for number in finite[:20])
    yield from [("verdict", "not finite")] if len(finite) < len(flat) and not np.isfinite(flat).all() else []


def _as_float(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf")
