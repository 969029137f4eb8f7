"""Assignment 5: the wrong ways that students take in 5.2, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 5.2: every step below has the signature (influence, x, h, w_x, w_h, b_h)


def _inputs(x, h):
    return np.concatenate([x, h, np.ones(1)])


def _slope(after, before):
    return 1 - after**2


def _rtrl(influence, x, h, w_x, w_h, b_h, *, reads=_inputs, slope=_slope, own=np.eye, carry=lambda w_h: w_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    direct = own(len(h))[:, :, None] * reads(x, h)
    carried = np.tensordot(carry(w_h), influence, 1)
    return slope(after, h)[:, None, None] * (direct + carried), after


def _rtrl_state_after(influence, x, h, w_x, w_h, b_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    return _rtrl(influence, x, h, w_x, w_h, b_h, reads=lambda x, h: _inputs(x, after))


def _rtrl_slope_of_direct(influence, x, h, w_x, w_h, b_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    direct = np.eye(len(h))[:, :, None] * _inputs(x, h) * (1 - after**2)[:, None, None]
    return direct + np.tensordot(w_h, influence, 1), after


def _rtrl_wrong_axis(influence, x, h, w_x, w_h, b_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    direct = np.eye(len(h))[:, :, None] * _inputs(x, h)
    return (1 - after**2)[:, None, None] * (direct + np.einsum("jl,ilm->ijm", w_h, influence)), after


def _rtrl_in_place(influence, x, h, w_x, w_h, b_h):
    new, after = _rtrl(influence, x, h, w_x, w_h, b_h)
    influence[:] = new
    return influence, after


_RTRL_MISTAKES = (
    Mistake(
        "nothing carried",
        "your influence forgets the steps before: the old one has to come along, through w_h.",
        {"rtrl_step": lambda *args: _rtrl(*args, carry=np.zeros_like)},
    ),
    Mistake(
        "carried without w_h",
        "your old influence is added as it is. It reaches the new state only through w_h.",
        {"rtrl_step": lambda *args: _rtrl(*args, carry=lambda w_h: np.eye(len(w_h)))},
    ),
    Mistake(
        "w_h transposed",
        "your influence is carried by the transpose of w_h. Forward in time it is w_h itself.",
        {"rtrl_step": lambda *args: _rtrl(*args, carry=np.transpose)},
    ),
    Mistake(
        "w_h on the wrong index",
        "your w_h is summed with the second index of the influence, the weight's. It is the first, the state's.",
        {"rtrl_step": _rtrl_wrong_axis},
    ),
    Mistake(
        "state after for state before",
        "the direct part of yours reads the new state. What w_h is multiplied with is the state before the step.",
        {"rtrl_step": _rtrl_state_after},
    ),
    Mistake(
        "every weight on every unit",
        "in yours a weight acts directly on all units. Row j of the weights acts directly on unit j alone.",
        {"rtrl_step": lambda *args: _rtrl(*args, own=lambda n: np.ones((n, n)))},
    ),
    Mistake(
        "no slope",
        "your influence is that on the pre-activation. The state is its tanh: the slope is missing.",
        {"rtrl_step": lambda *args: _rtrl(*args, slope=lambda after, before: np.ones_like(after))},
    ),
    Mistake(
        "slope of the direct part only",
        "your slope multiplies the direct part only. What is carried goes through the same tanh.",
        {"rtrl_step": _rtrl_slope_of_direct},
    ),
    Mistake(
        "1 - h",
        "your slope is 1 - h. The slope of tanh is 1 - tanh², and h is that tanh.",
        {"rtrl_step": lambda *args: _rtrl(*args, slope=lambda after, before: 1 - after)},
    ),
    Mistake(
        "slope at the state before",
        "your slope is taken at the state before the step. It is this step's tanh: take the state after.",
        {"rtrl_step": lambda *args: _rtrl(*args, slope=lambda after, before: 1 - before**2)},
    ),
    Mistake(
        "order of the columns",
        "your columns have w_h before w_x. Their order is w_x, w_h, b_h.",
        {"rtrl_step": lambda *args: _rtrl(*args, reads=lambda x, h: _inputs(h, x))},
    ),
    Mistake(
        "bias forgotten",
        "the influence of the bias is zero in yours. A bias is a weight whose input is always 1.",
        {"rtrl_step": lambda *args: _rtrl(*args, reads=lambda x, h: np.concatenate([x, h, np.zeros(1)]))},
    ),
    Mistake(
        "influence overwritten",
        "your step writes the new influence over the old one. Make a new array.",
        {"rtrl_step": _rtrl_in_place},
    ),
)


MISTAKES = {"5.2": _RTRL_MISTAKES}
