"""What is said of a case that was not passed: where the answer is wrong, or what the function did instead."""

import re
from typing import Any

import numpy as np

from rnnlab.checks.asking import StudentProxy
from rnnlab.checks.compare import Difference, difference, kind_of, named_difference
from rnnlab.checks.draw import CaseGenerator
from rnnlab.checks.question import Part
from rnnlab.checks.student import Failed
from rnnlab.checks.values import leaves

_UNIT = re.compile(r", in units of [^,]*,")
# What is said of a result that is odd, by the word for it.
ODD = {
    "stale": (
        "what had been returned before changed when {function} was called again: it returns the same array every time. "
        "Make a new one in each call"
    ),
    "view": (
        "{function} returned its input, or a part of it: whoever changes the one changes the other. Make a new array"
    ),
}


def answered(part: Part, ask: StudentProxy, draw: CaseGenerator) -> Any:
    """Return what a part's probe comes to, or the failure that ended it."""
    try:
        with np.errstate(all="ignore"):  # a probe may meet what comes of a wrong answer
            return part.probe(ask, draw)
    except Failed as failed:
        return failed.alone()
    except Exception as error:
        if not ask.answers:
            raise
        return unfit(ask, error)


def judged(got: Any, want: Any, part: Part, ask: StudentProxy, unit: float = 1.0) -> tuple[Any, Difference | None]:
    """Return what came of a part, which is a failure where it cannot be compared, and what is wrong with it."""
    if not isinstance(got, Failed):
        try:
            return got, compare(got, want, part, ask, unit)
        except Exception as error:
            if not ask.answers:
                raise
            got = unfit(ask, error)
    return got, blame(got, ask)


def compare(got: Any, want: Any, part: Part, ask: StudentProxy, unit: float = 1.0) -> Difference | None:
    """Return where what came out of a part is not what should have come.

    In what units numbers are is told only where that is not how they were returned, and not of their type and shape.
    """
    if isinstance(part.answer, tuple):
        found = named_difference(got, want, part.tolerance, part.answer, unit)
    else:
        found = difference(got, want, part.tolerance, part.answer, unit)
    if found and (found.kind == "form" or _as_returned(got, ask)):
        return Difference(found.kind, _UNIT.sub("", found.message))
    return found


def _as_returned(got: Any, ask: StudentProxy) -> bool:
    """Return whether a value is made of what functions returned, as they returned it."""
    returned = [leaf for heard in ask.answers.values() for answer in heard for leaf in leaves(answer)]
    return all(np.any(leaf) and any(np.array_equal(leaf, one) for one in returned) for leaf in leaves(got))


def blame(failed: Failed, ask: StudentProxy) -> Difference:
    """Return what a call that brought no value is told as."""
    if failed.kind == "wrong":
        return Difference("value", failed.message)
    return Difference("form", f"{ask.calls[-1][0] if ask.calls else 'it'} {failed}")


def unfit(ask: StudentProxy, error: Exception) -> Failed:
    """Return that the probe could do nothing with what the function returned."""
    values = [value for function, _ in ask.calls[-1:] for value in ask.answers.get(function, [])[-1:]]
    what = kind_of(values[-1]) if values else "what it did"
    return Failed("unfit", f"{what}, at which the check stopped ({type(error).__name__})")


def exchanged(ask: StudentProxy, reference: StudentProxy, tolerance: float) -> str:
    """Return that two results of a call are right, but in each other's place."""
    for function, heard in ask.answers.items():
        for got, want in zip(heard, reference.answers.get(function, []), strict=False):
            if not (type(got) in (tuple, list) and type(want) in (tuple, list) and len(got) == len(want)):
                continue
            wrong = [i for i in range(len(want)) if difference(got[i], want[i], tolerance)]
            if len(wrong) == 2 and not any(difference(got[i], want[j], tolerance) for i, j in (wrong, wrong[::-1])):
                first, second = (i + 1 for i in wrong)
                return f". Results {first} and {second} of {function} are right, but in each other's place"
    return ""


def telling_call(ask: StudentProxy, reference: StudentProxy, tolerance: float, unit: float) -> int:
    """Return the place of the call to look at: of those of the last function, the first whose answer is not right.

    Of several results the first one tells, as a verdict does; where it is right in all calls, any of them.
    """
    function = ask.calls[-1][0]
    places = [i for i, (asked, _) in enumerate(ask.calls) if asked == function]
    pairs = list(zip(places, ask.answers.get(function, []), reference.answers.get(function, []), strict=False))
    for look in (_first, lambda answer: answer):
        for place, got, want in pairs:
            if difference(look(got), look(want), tolerance, unit=unit):
                return place if place < len(ask.calls) - 1 else -1
    return -1


def _first(answer: Any) -> Any:
    return answer[0] if isinstance(answer, tuple | list) and len(answer) else answer


def of_results(part: Part, reference: StudentProxy) -> str:
    """Return the names of the results, where the part knows them all."""
    answers = [value for heard in reference.answers.values() for value in heard[:1]]
    known = isinstance(part.answer, tuple) and answers and len(part.answer) == len(answers[0])
    return f": {', '.join(part.answer)}" if known else ""
