"""What a question is like before anyone answers: sizes that probes draw, what they call first, its parameters."""

import contextlib
import inspect
from typing import Any

import numpy as np

from rnnlab.checks.asking import StudentProxy
from rnnlab.checks.draw import CaseGenerator
from rnnlab.checks.question import Part, Question


class Asked(BaseException):
    """A probe has drawn its case and asks."""


class Nobody:
    """A student that ends the probe at its first question."""

    changed: tuple[int, ...] = ()
    odd: tuple[str, ...] = ()

    def call(self, function: str, args: tuple) -> Any:
        raise Asked

    def call_counted(self, function: str, args: tuple, most: int) -> Any:
        raise Asked


_SHAPES: dict[tuple[str, str, int], tuple[int, str, int]] = {}


def first_call(question: Question, part: Part) -> tuple[int, str, int]:
    """Return how many sizes a probe draws before it asks, which function it asks first, and of how many arrays."""
    key = question.id, part.name, id(part.probe)
    if key in _SHAPES:
        return _SHAPES[key]
    n_axes: list[int] = []
    n_arrays: list[int] = []
    asked = ""
    for case in range(min(4, part.n_cases)):
        draw = CaseGenerator(np.random.default_rng(case), case)
        ask = StudentProxy(Nobody())
        with contextlib.suppress(Asked):
            part.probe(ask, draw)
        n_axes.append(len(draw.drawn))
        n_arrays.append(draw.n_arrays)
        asked = ask.calls[0][0] if ask.calls else asked
    # a probe that draws until it finds something draws more
    _SHAPES[key] = min(max(n_axes), min(n_axes) + 1), asked, min(n_arrays)
    return _SHAPES[key]


def parameters(question: Question, function: str) -> list[str]:
    """Return the names of a function's parameters."""
    return list(inspect.signature(question.reference[function]).parameters)


def kept_places(question: Question) -> dict[str, set[int]]:
    """Return, for each function, the places of the arguments that its result may share memory with."""
    return {
        function: {i for i, name in enumerate(parameters(question, function)) if name in question.keeps}
        for function in question.names
        if question.keeps
    }
