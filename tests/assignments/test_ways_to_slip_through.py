"""Answers written to pass the checks without being right, by someone who had read them: all lose points."""

import numpy as np
import pytest
from assignments.wrong_answers import refused

from rnnlab import checks


def right(question, name):
    return checks.find(question).reference[name]


def after_calls(question, name, n, wrong):
    """Return a function that is right `n` times and wrong from then on."""
    calls = []

    def answer(*args):
        calls.append(0)
        value = right(question, name)(*args)
        return value if len(calls) <= n else wrong(value)

    return answer


def where(question, name, applies, wrong):
    """Return a function that is wrong where `applies(*args)`."""

    def answer(*args):
        value = right(question, name)(*args)
        return wrong(value) if applies(*args) else value

    return answer


def single_inside(value):
    return value.astype(np.float32).astype(float)


SLIPPING = {
    "right for the first case alone": ("2.1", "rnn_step", after_calls("2.1", "rnn_step", 1, lambda h: -h)),
    "right for twenty calls": ("2.1", "rnn_step", after_calls("2.1", "rnn_step", 20, lambda h: -h)),
    "single precision inside": ("2.1", "rnn_step", where("2.1", "rnn_step", lambda *a: True, single_inside)),
    "rows of a large batch": ("2.1", "rnn_step", where("2.1", "rnn_step", lambda x, *a: len(x) > 7, lambda h: 0 * h)),
    "as many rows as units": (
        "2.1",
        "rnn_step",
        where("2.1", "rnn_step", lambda x, h, *a: h.shape[0] == h.shape[1] > 1, lambda h: h.T.copy()),
    ),
    "transposed arrays": (
        "2.1",
        "rnn_step",
        where("2.1", "rnn_step", lambda x, *a: not x.flags.c_contiguous, lambda h: 0 * h),
    ),
    "more steps than forty": (
        "2.2",
        "rnn_forward",
        where("2.2", "rnn_forward", lambda x, *a: len(x) >= 40, lambda r: (0 * r[0], r[1])),
    ),
    "large layers": (
        "2.4",
        "count_parameters",
        where("2.4", "count_parameters", lambda cell, m, n, k: n > 200, lambda n: n + 1),
    ),
    "an empty array": (
        "3.1",
        "activation",
        where("3.1", "activation", lambda name, a: a.size == 0, lambda r: (np.zeros(1), np.zeros(1))),
    ),
    "slope of the sigmoid cut off": (
        "3.1",
        "activation",
        where("3.1", "activation", lambda name, a: name == "sigmoid", lambda r: (r[0], np.maximum(r[1], 1e-6))),
    ),
    "windows longer than twenty": (
        "1.1",
        "make_windows",
        where("1.1", "make_windows", lambda s, k, h: k > 20, lambda r: (r[0], 0 * r[1])),
    ),
}


@pytest.mark.parametrize("name", SLIPPING)
def test_an_answer_written_to_slip_through_loses_points(name):
    question, function, answer = SLIPPING[name]
    refused(question, {function: answer})
