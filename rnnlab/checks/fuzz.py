"""Values of every wrong kind in place of every result of a question: none may be the course's fault.

A student's function may return anything. Whatever it is, the part ends with a sentence and without points; an
exception that leaves the check would be told to the student as a fault of the course.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rnnlab.checks.cases import Cases, shared
from rnnlab.checks.question import Part, Question
from rnnlab.checks.student import Failed, LocalStudent


class _Silent(Exception):
    def __str__(self):
        raise ValueError("no text")


class _Own(BaseException):
    pass


class _Lying(np.ndarray):
    def __array_finalize__(self, other):
        pass

    def __eq__(self, other):
        raise RuntimeError("not to be compared")

    __hash__ = None


class _Endless:
    def __len__(self):
        return 10**9

    def __getitem__(self, key):
        return 0.0


class _BrokenMapping(dict):
    def items(self):
        raise RuntimeError("no items")

    def keys(self):
        raise RuntimeError("no keys")


def _raises(error: BaseException) -> Callable:
    def make(_value: Any) -> Any:
        raise error

    return make


def _nested(depth: int) -> Any:
    value: Any = 0.0
    for _ in range(depth):
        value = [value]
    return value


def _as(dtype: Any) -> Callable:
    def make(value: Any) -> Any:
        return value.astype(dtype) if isinstance(value, np.ndarray) else np.dtype(dtype).type(1)

    return make


def _array(change: Callable[[np.ndarray], Any]) -> Callable:
    return lambda value: change(np.asarray(value, float) if isinstance(value, np.ndarray) else np.ones((2, 2)))


KINDS: dict[str, Callable[[Any], Any]] = {
    "None": lambda _: None,
    "text": lambda _: "text",
    "a lone surrogate": lambda _: "\ud800",
    "text in an array": _as("U3"),
    "bytes": lambda _: b"\x00",
    "True": lambda _: True,
    "booleans": _as(bool),
    "an empty array": lambda _: np.empty(0),
    "an empty first axis": _array(lambda a: a[:0]),
    "no dimension": lambda _: np.array(1.0),
    "one axis more": _array(lambda a: a[None]),
    "transposed": _array(lambda a: a.T),
    "one row more": _array(lambda a: np.concatenate([a, a[:1]]) if a.ndim else a),
    "integers": lambda value: np.zeros(np.shape(value) if isinstance(value, np.ndarray) else (), int),
    "single precision": _as(np.float32),
    "half precision": _as(np.float16),
    "complex": _as(complex),
    "longdouble": _as(np.longdouble),
    "clongdouble": _as(np.clongdouble),
    "NaN": lambda value: np.full(np.shape(value), np.nan) if isinstance(value, np.ndarray) else float("nan"),
    "infinity": lambda value: np.full(np.shape(value), np.inf) if isinstance(value, np.ndarray) else -float("inf"),
    "a huge integer": lambda _: 10**400,
    "a negative integer": lambda _: -(2**70),
    "objects": _as(object),
    "masked": _array(lambda a: np.ma.masked_array(a, np.ones(a.shape, bool))),
    "a structured array": lambda _: np.zeros(2, [("a", float)]),
    "dates": lambda _: np.array(["2026-01-01"], "M8[D]"),
    "a set": lambda _: {1.0},
    "a generator": lambda _: (i for i in range(3)),
    "a function": lambda _: len,
    "a class": lambda _: dict,
    "an empty tuple": lambda _: (),
    "a dict": lambda _: {"a": 1.0},
    "a dict with numbers as keys": lambda _: {0: 1.0, 1: 2.0},
    "a dict that cannot be read": lambda _: _BrokenMapping(a=1),
    "ragged lists": lambda _: [[1.0], [1.0, 2.0]],
    "nested lists": lambda value: value.tolist() if isinstance(value, np.ndarray) else [[value]],
    "deep lists": lambda _: _nested(500),
    "250,000 items": lambda _: [0.0] * 250_000,
    "no length": lambda _: _Endless(),
    "an own array": _array(lambda a: a.view(_Lying)),
    "an exception without a text": _raises(_Silent()),
    "an exception of its own": _raises(_Own("own")),
    "an exit": _raises(SystemExit(3)),
    "no recursion left": _raises(RecursionError("too deep")),
    "an overflow": _raises(OverflowError("too large")),
}


def fuzz(question: Question, seed: int = 0, stride: int = 1) -> Iterator[tuple[str, str, str]]:
    """Yield part, kind and the exception's text, "" for none, for every wrong kind in every place of a result.

    Parameters
    ----------
    question : Question
    seed : int
    stride : int
        Try every so many-eth combination.
    """
    cases, n = shared(question, seed), 0
    for part in question.parts:
        if question.seconds is not None and part.n_cases == 1:  # it trains a network
            continue
        sample = (min(1, cases.count(part) - 1),)
        try:
            _, reference = cases.wanted(part, sample)
        except Failed:
            continue
        for function, answers in reference.answers.items():
            for place in _places(answers[0]):
                for name, make in KINDS.items():
                    n += 1
                    if n % stride == 0:
                        yield part.name, name, _fault(cases, part, sample, function, place, make)


def _places(value: Any) -> list[tuple]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple | list) else ()
    return [(), *((key,) for key, _ in list(inner)[:8])]


def _fault(cases: Cases, part: Part, sample: tuple[int, ...], function: str, place: tuple, make: Callable) -> str:
    right = cases.question.reference[function]

    def spoilt(*args: Any) -> Any:
        value = right(*args)
        if not place:
            return make(value)
        if isinstance(value, dict):
            return {key: make(item) if key == place[0] else item for key, item in value.items()}
        return type(value)(make(item) if i == place[0] else item for i, item in enumerate(value))

    student = LocalStudent({**cases.question.reference, function: spoilt})
    try:
        outcome = cases.outcome(part, student, sample)
        str(outcome.wrong)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
