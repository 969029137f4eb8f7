"""A check gives the same in a process whose state a notebook has changed, and leaves that state as it was."""

import decimal
import locale
import os
import random
import sys
import warnings

import numpy as np
import pytest

from rnnlab import checks
from rnnlab.checks.surroundings import settled

BEFORE = {
    "errors raise": lambda: np.seterr(all="raise"),
    "errors call": lambda: np.seterrcall(lambda *_: None) or np.seterr(all="call"),
    "warnings are errors": lambda: warnings.simplefilter("error"),
    "print options": lambda: np.set_printoptions(precision=1, threshold=2, formatter={"float": lambda x: "x"}),
    "little recursion": lambda: sys.setrecursionlimit(150 + depth()),
    "much recursion": lambda: sys.setrecursionlimit(20_000),
    "few decimals": lambda: decimal.setcontext(decimal.Context(prec=2, traps=[decimal.Inexact])),
    "seeds": lambda: (random.seed(1), np.random.seed(1)),
}


def depth():
    frame, n = sys._getframe(), 0
    while frame:
        frame, n = frame.f_back, n + 1
    return n


def state():
    return (
        np.geterr(),
        np.get_printoptions()["precision"],
        list(warnings.filters),
        sys.getrecursionlimit(),
        decimal.getcontext().prec,
        random.getstate(),
        np.random.get_state()[1].tobytes(),
        os.getcwd(),
        dict(os.environ),
        locale.setlocale(locale.LC_ALL),
        sys.stdout,
    )


@pytest.fixture
def process():
    """Let a test change the process, and put it back."""
    call = np.geterrcall()
    with np.errstate(), np.printoptions(), warnings.catch_warnings(), decimal.localcontext():
        kept = sys.getrecursionlimit(), random.getstate(), np.random.get_state(), os.getcwd(), locale.setlocale(0)
        kept = (*kept[:4], locale.setlocale(locale.LC_ALL))
        yield
        sys.setrecursionlimit(kept[0])
        random.setstate(kept[1])
        np.random.set_state(kept[2])
        os.chdir(kept[3])
        locale.setlocale(locale.LC_ALL, kept[4])
        np.seterrcall(call)


def answers(question):
    return [checks.find(question).reference[name] for name in checks.find(question).names]


def reports():
    """Return what right answers to four questions are told, and a wrong one."""
    right = [str(checks.examine(question, *answers(question))) for question in ("2.1", "3.1", "6.3", "4.1")]
    return [*right, str(checks.examine("2.1", lambda x, h, w_x, w_h, b_h: np.tanh(x @ w_x.T)))]


@pytest.fixture(scope="module")
def undisturbed():
    return reports()


@pytest.mark.parametrize("change", BEFORE.values(), ids=BEFORE)
def test_the_points_do_not_depend_on_the_process(undisturbed, process, change):
    change()
    before = state()
    assert reports() == undisturbed
    assert state() == before


def disturb():
    np.seterr(all="raise")
    np.set_printoptions(precision=1)
    warnings.simplefilter("error")
    sys.setrecursionlimit(3000)
    decimal.getcontext().prec = 2
    random.seed(7)
    np.random.seed(7)
    os.chdir("/")
    os.environ["OMP_NUM_THREADS"] = "7"
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    sys.stdout = sys.stderr


def test_what_an_answer_changes_is_put_back(process):
    def spoils(x, h, w_x, w_h, b_h):
        disturb()
        return np.tanh(x @ w_x.T + h @ w_h.T + b_h)

    before = state()
    checks.examine("2.1", spoils)
    assert state() == before


def test_a_notebook_whose_errors_raise_has_full_marks(process):
    np.seterr(all="raise")
    assert checks.examine("3.1", *answers("3.1")).points == 4
    with settled():
        assert np.geterr()["under"] == "ignore"
