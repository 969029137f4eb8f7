"""What the framework does for every question, tried on one: sizes, kept results, kinds of values, hints elsewhere."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from rnnlab import checks
from rnnlab.checks.cases import drawn
from rnnlab.checks.fuzz import KINDS, fuzz
from rnnlab.checks.question import Question
from rnnlab.checks.student import LocalStudent

_SEEDS = 4
_SEED = 11  # one for all: what the reference answers is shared
_STRANGERS = 60


def share_drawn(question: Question) -> dict[str, int]:
    """Return how much of the plan of sizes is seen with a few seeds: low, large, equal and unequal for every axis."""
    seen: dict[tuple[str, int], set[str]] = {}
    for seed in range(_SEEDS):
        for place, found in drawn(question, seed).items():
            seen.setdefault(place, set()).update(found)
    alone = {place for place, found in seen.items() if not found & {"equal", "unequal"}}
    return {"seen": sum(map(len, seen.values())), "all": 4 * len(seen) - 2 * len(alone)}


def _reusing(function: Callable) -> Callable:
    """Return a function that gives the same arrays every time, filled anew."""
    kept: dict[tuple, np.ndarray] = {}

    def reused(value: Any, place: tuple) -> Any:
        if isinstance(value, np.ndarray) and value.size:
            array = kept.setdefault((place, value.shape, value.dtype), np.empty_like(value))
            array[...] = value
            return array
        if isinstance(value, tuple | list):
            return type(value)(reused(item, (*place, i)) for i, item in enumerate(value))
        return {key: reused(item, (*place, key)) for key, item in value.items()} if isinstance(value, dict) else value

    return lambda *args: reused(function(*args), ())


def _remembering(function: Callable, settings: bool = False) -> Callable:
    """Return a function that remembers its answers by the shapes of its arguments, and by numbers if `settings`."""
    kept: dict[str, Any] = {}

    def shape(value: Any) -> str:
        if isinstance(value, tuple | list | dict):
            return str([shape(item) for item in (value.values() if isinstance(value, dict) else value)])
        if isinstance(value, np.ndarray):
            return str(value.shape)
        return repr(value) if settings and np.isscalar(value) else ""

    def answer(*args: Any) -> Any:
        key = shape(list(args))
        if key not in kept:
            kept[key] = function(*args)
        return kept[key]

    return answer


def _remembering_settings(function: Callable) -> Callable:
    return _remembering(function, settings=True)


# The last is counted and not complained about: it goes unseen where a seed or a step size is drawn anew in each case.
_WAYS = {
    "reuses its arrays": _reusing,
    "remembers by shape": _remembering,
    "remembers by shape and settings": _remembering_settings,
}


def kept_results(question: Question, complaints: list[str]) -> dict[str, int]:
    """Wrap the reference so that it keeps its results, and return how many ways of doing so lose points."""
    counts = {"found": 0, "total": 0}
    if question.seconds is not None:
        return counts
    givers = _givers_of_arrays(question)
    for name, wrap in _WAYS.items():
        for function, right in givers.items():
            student = LocalStudent({**question.reference, function: wrap(right)})
            counts["total"] += 1
            found = question.loses(student, _SEED)
            counts["found"] += found
            if not found and wrap is not _remembering_settings:
                complaints.append(f"{function} that {name} has full marks")
    return counts


def _givers_of_arrays(question: Question) -> dict[str, Callable]:
    """Return the functions of the reference that take arrays and give arrays, by name."""
    taken, given = set(), set()

    def holds(value: Any) -> bool:
        if isinstance(value, tuple | list | dict):
            return any(map(holds, value.values() if isinstance(value, dict) else value))
        return isinstance(value, np.ndarray) and value.size > 1

    def watched(name: str, function: Callable) -> Callable:
        def answer(*args: Any) -> Any:
            value = function(*args)
            if holds(list(args)):
                taken.add(name)
            if holds(value):
                given.add(name)
            return value

        return answer

    question.examine(LocalStudent({name: watched(name, f) for name, f in question.reference.items()}), _SEED)
    return {name: f for name, f in question.reference.items() if name in taken & given}


def kinds_tried(question: Question, complaints: list[str], n_each: int = 2) -> dict[str, int]:
    """Return how many combinations of a wrong kind of value and a place were tried, and ended without a fault.

    Each kind has its turn about `n_each` times.
    """
    tried = list(islice(fuzz(question, seed=_SEED, stride=7), n_each * len(KINDS)))
    for part, kind, fault in tried:
        if fault:
            complaints.append(f"{kind} in {part!r} ends the check: {fault}")
    return {"handled": sum(not fault for *_, fault in tried), "total": len(tried)}


def false_hints(question: Question, n: int | None = None) -> dict[str, int]:
    """Give the question about `n` wrong answers to others, and return how many there are and how many get a hint."""
    counts = {"false": 0, "others": 0}
    if question.seconds is not None:
        return counts
    strangers = [
        function
        for assignment in checks.packages()
        for other in checks.load(assignment)
        if other.id != question.id and other.seconds is None
        for mistake in other.mistakes
        for function in mistake.functions.values()
    ]
    for function in strangers[:: max(1, len(strangers) // (n or _STRANGERS))]:
        report = question.examine(LocalStudent(dict.fromkeys(question.names, function)), _SEED)
        counts["others"] += 1
        counts["false"] += bool(report.hints)
    return counts
