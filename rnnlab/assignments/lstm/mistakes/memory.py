"""Assignment 10: the wrong ways that students take in 10.3 and 10.4, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 10.3: forget_bias(b_h, half_life)


def _set(b_h, value, block=1, n_blocks=4):
    out = b_h.copy()
    size = len(b_h) // n_blocks
    out[block * size : (block + 1) * size] = value
    return out


def _logit(f):
    return np.log(f / (1 - f))


def _in_place(b_h, half_life):
    b_h[len(b_h) // 4 : len(b_h) // 2] = _logit(0.5 ** (1 / half_life))
    return b_h


_BIAS_MISTAKES = (
    Mistake(
        "the gate for its bias",
        "your bias is the value that the gate should have. The gate is the sigmoid of the bias.",
        {"forget_bias": lambda b_h, half_life: _set(b_h, 0.5 ** (1 / half_life))},
    ),
    Mistake(
        "the wrong block",
        "your bias stands in the input gate's rows. The order is i, f, g, o.",
        {"forget_bias": lambda b_h, half_life: _set(b_h, _logit(0.5 ** (1 / half_life)), block=0)},
    ),
    Mistake(
        "three blocks",
        "your blocks are a third of b_h. An LSTM has four.",
        {"forget_bias": lambda b_h, half_life: _set(b_h, _logit(0.5 ** (1 / half_life)), n_blocks=3)},
    ),
    Mistake(
        "all blocks",
        "your bias stands in all four blocks. Only the forget gate's is to change.",
        {"forget_bias": lambda b_h, half_life: np.full_like(b_h, _logit(0.5 ** (1 / half_life)))},
    ),
    Mistake(
        "one over e for one half",
        "your cell keeps one part in e after that many steps. A half-life is the time in which half is left.",
        {"forget_bias": lambda b_h, half_life: _set(b_h, _logit(np.exp(-1 / half_life)))},
    ),
    Mistake(
        "straight line",
        "your gate is 1 - 1/(2 · half-life), as if the same amount were lost at every step. It is the same share.",
        {"forget_bias": lambda b_h, half_life: _set(b_h, _logit(1 - 0.5 / np.maximum(half_life, 0.5000001)))},
    ),
    Mistake(
        "sign of the bias",
        "your bias has the wrong sign: a large half-life needs a gate near 1, and that a large positive bias.",
        {"forget_bias": lambda b_h, half_life: _set(b_h, -_logit(0.5 ** (1 / half_life)))},
    ),
    Mistake(
        "added to what was there",
        "your bias is added to the one that was there. The gate should be what the half-life asks for: replace it.",
        {
            "forget_bias": lambda b_h, half_life: _set(
                b_h, b_h[len(b_h) // 4 : len(b_h) // 2] + _logit(0.5 ** (1 / half_life))
            )
        },
    ),
    Mistake(
        "b_h overwritten",
        "your function writes into the b_h that it was given. Return a changed copy.",
        {"forget_bias": _in_place},
    ),
)

_PREDICTIONS = (
    Mistake(
        "bias for gate",
        "you took the bias 1 for the gate, or near it. The gate is the sigmoid of 1, 0.731: the cell forgets, quickly.",
        {"predicted_steps": lambda: 100},
    ),
    Mistake(
        "gate of one half",
        "you reckoned with f = 0.5, which is the gate for a bias of 0.",
        {"predicted_steps": lambda: 7},
    ),
    Mistake(
        "one over e at every step",
        "you let one part in e remain at every step. The gate is the sigmoid of 1, not the exponential of -1.",
        {"predicted_steps": lambda: 5},
    ),
    Mistake(
        "one step too early",
        "after 14 steps there is still a little more than a hundredth: 0.731 to the power of 14 is 0.0125.",
        {"predicted_steps": lambda: 14},
    ),
)

MISTAKES = {"10.3": _BIAS_MISTAKES, "10.4": _PREDICTIONS}
