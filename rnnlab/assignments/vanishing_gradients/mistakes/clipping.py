"""Assignment 6: the wrong ways that students take in 6.3, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 6.3: every function below has the signature (gradients, c)


def _norm(gradients):
    return np.hypot.reduce(np.concatenate([g.ravel() for g in gradients.values()]))


def _times(gradients, factor):
    return {name: factor * g for name, g in gradients.items()}


def _array_by_array(gradients, c):
    with np.errstate(all="ignore"):
        return {name: g * min(1.0, c / max(np.linalg.norm(g), 1e-300)) for name, g in gradients.items()}


def _always(gradients, c):
    with np.errstate(all="ignore"):
        return _times(gradients, c / _norm(gradients))


def _to_length_one(gradients, c):
    norm = _norm(gradients)
    return _times(gradients, 1 / norm) if norm > 1 else gradients


def _without_root(gradients, c):
    with np.errstate(all="ignore"):
        square = sum(np.sum(g**2) for g in gradients.values())
        return _times(gradients, c / square) if square > c else gradients


def _by_sum_of_norms(gradients, c):
    norm = sum(_norm({"": g}) for g in gradients.values())
    return _times(gradients, c / norm) if norm > c else gradients


def _by_mean_square(gradients, c):
    norm = _norm(gradients) / np.sqrt(sum(g.size for g in gradients.values()))
    return _times(gradients, c / norm) if norm > c else gradients


def _by_largest(gradients, c):
    norm = max(np.abs(g).max() for g in gradients.values())
    return _times(gradients, c / norm) if norm > c else gradients


def _overwritten(gradients, c):
    norm = _norm(gradients)
    if norm > c:
        for g in gradients.values():
            g *= c / norm
    return gradients


def _as_pytorch(gradients, c):
    return _times(gradients, min(1.0, c / (_norm(gradients) + 1e-6)))


def _upside_down(gradients, c):
    norm = _norm(gradients)
    with np.errstate(all="ignore"):
        return _times(gradients, norm / c) if norm > c else gradients


def _zero_by_zero(gradients, c):
    norm = _norm(gradients)
    with np.errstate(all="ignore"):
        return {name: g / norm * min(norm, c) for name, g in gradients.items()}


def _squares_overflow(gradients, c):
    with np.errstate(all="ignore"):
        norm = np.sqrt(sum(np.sum(g**2) for g in gradients.values()))
    return _times(gradients, c / norm) if norm > c else gradients


_CLIP_MISTAKES = (
    Mistake(
        "array by array",
        "your arrays are clipped each by its own norm. That turns the gradient: all of them together are one vector, "
        "and one factor shortens it.",
        {"clip_by_norm": _array_by_array},
    ),
    Mistake(
        "short ones too",
        "your gradients always come out with the norm c: short ones are made longer. Clipping leaves them alone.",
        {"clip_by_norm": _always},
    ),
    Mistake(
        "by value",
        "your entries are cut off at ±c one by one. That turns the gradient, and the norm may still exceed c.",
        {"clip_by_norm": lambda gradients, c: {name: np.clip(g, -c, c) for name, g in gradients.items()}},
    ),
    Mistake(
        "to length 1",
        "your gradients are cut to the norm 1, whatever c is.",
        {"clip_by_norm": _to_length_one},
    ),
    Mistake(
        "no root",
        "your norm lacks the square root: it is the sum of the squares.",
        {"clip_by_norm": _without_root},
    ),
    Mistake(
        "sum of norms",
        "your norm is the sum of the arrays' norms. Squares add, norms do not.",
        {"clip_by_norm": _by_sum_of_norms},
    ),
    Mistake(
        "mean square",
        "your norm is the root of the mean square. A norm takes the sum.",
        {"clip_by_norm": _by_mean_square},
    ),
    Mistake(
        "largest entry",
        "your norm is the largest entry's magnitude. Here it is the Euclidean one.",
        {"clip_by_norm": _by_largest},
    ),
    Mistake(
        "gradients overwritten",
        "your function scales the gradients in place. Whoever called it may still want the unclipped ones.",
        {"clip_by_norm": _overwritten},
    ),
    Mistake(
        "a small number added to the norm",
        "your long gradients come out a little shorter than c: a small number is added to the norm before you divide, "
        "as PyTorch does with 1e-6. Where the norm exceeds c it cannot be zero, so nothing need be added.",
        {"clip_by_norm": _as_pytorch},
    ),
    Mistake(
        "upside down",
        "your factor is upside down: it makes long gradients longer.",
        {"clip_by_norm": _upside_down},
    ),
    Mistake(
        "zero by zero",
        "your gradient of zeros becomes NaN: its norm is 0, and something is divided by it.",
        {"clip_by_norm": _zero_by_zero},
    ),
    Mistake(
        "squares overflow",
        "your clipping of a huge gradient gives zeros: the squares of numbers above 1e154 are infinite. When gradients "
        "explode this is just when clipping is needed. Divide by the largest entry before you square.",
        {"clip_by_norm": _squares_overflow},
    ),
)


MISTAKES = {"6.3": _CLIP_MISTAKES}
