"""Assignment 7: the wrong ways that students take in 7.1 and 7.2, each with the sentence that helps."""

import numpy as np

from rnnlab.assignments.variants.mistakes.networks import (
    as_it_is,
    count,
    mean_of_masked,
    mean_of_rows,
    padding_counted,
    read_out,
    start_of,
    step_of,
)
from rnnlab.checks.question import Mistake

# 7.1


def _one_to_one(params, x, target, *, activation=np.tanh, last=as_it_is, loss=lambda e: np.mean(e**2), b_h=1, b_y=1):
    h = activation(x @ params["w_x"].T + b_h * params["b_h"])
    y = last(h @ params["w_y"].T + b_y * params["b_y"])
    return y, float(loss(y - target))


def _w_x_as_it_is(params, x, target):
    return _one_to_one({**params, "w_x": params["w_x"].T}, x, target)


_ONE_TO_ONE = (
    Mistake(
        "hidden bias forgotten",
        "your y is the one without b_h. Also a network that takes a single step has it.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, b_h=0)},
    ),
    Mistake(
        "output bias forgotten",
        "your y is the one without b_y.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, b_y=0)},
    ),
    Mistake(
        "no activation",
        "your y is the one without the tanh of the hidden layer.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, activation=as_it_is)},
    ),
    Mistake(
        "tanh on the output",
        "your y went through a tanh of its own. The output layer is linear.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, last=np.tanh)},
    ),
    Mistake(
        "w_x not transposed",
        "your y is the one you get when w_x is used without its transpose. Weights are (out, in).",
        {"one_to_one": _w_x_as_it_is},
    ),
    Mistake(
        "loss summed",
        "your loss is the sum of the squared errors, not their mean.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, loss=lambda e: np.sum(e**2))},
    ),
    Mistake(
        "loss summed over outputs",
        "your loss is a mean over the rows of a sum over the outputs. It is the mean over all of them.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, loss=lambda e: np.sum(e**2) / len(e))},
    ),
    Mistake(
        "loss halved",
        "your loss is half of the mean squared error.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, loss=lambda e: np.mean(e**2) / 2)},
    ),
    Mistake(
        "root taken",
        "your loss is the root of the mean squared error.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, loss=lambda e: np.mean(e**2) ** 0.5)},
    ),
)

# 7.2


def _one_to_many(params, x, target, lengths, *, read=lambda t, y, x: y, keep=True, hide=True, mean=mean_of_masked):
    h, y, outputs = start_of(params, len(x)), x, []
    for t in range(len(target)):
        h = step_of(params, x if t == 0 else read(t, y, x), h if keep else 0 * h)
        y = read_out(params, h)
        outputs.append(y)
    mask = np.arange(len(target))[:, None] < lengths
    y = np.stack(outputs)
    if hide:
        y = np.where(mask[..., None], y, 0.0)
    return y, float(mean((y - target) ** 2, mask))


def _target_fed(params, x, target, lengths):
    return _one_to_many(params, x, target, lengths, read=lambda t, y, x: target[t - 1])


_ONE_TO_MANY = (
    Mistake(
        "x read at every step",
        "your network reads x again at every step. It reads x once; from then on it reads what it has just put out.",
        {"one_to_many": lambda *args: _one_to_many(*args, read=lambda t, y, x: x)},
    ),
    Mistake(
        "nothing read after x",
        "after the first step your network reads zeros. It reads its own output of the step before.",
        {"one_to_many": lambda *args: _one_to_many(*args, read=lambda t, y, x: 0 * x)},
    ),
    Mistake(
        "target read",
        "your network reads the target of the step before. That is how such a network is often trained, but here it "
        "is on its own: it reads its own output.",
        {"one_to_many": _target_fed},
    ),
    Mistake(
        "state not carried",
        "every step of yours starts from the state 0. The state goes on from step to step.",
        {"one_to_many": lambda *args: _one_to_many(*args, keep=False)},
    ),
    Mistake(
        "padding left in y",
        "your y goes on after a row's length. Where a row has ended y is 0.",
        {"one_to_many": lambda *args: _one_to_many(*args, hide=False)},
    ),
    Mistake(
        "mask ignored in the loss",
        "your loss counts the padding, too. Only the steps before a row's length count.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=lambda squares, mask: squares.mean())},
    ),
    Mistake(
        "mask multiplied",
        "your loss multiplies the padding by 0 and then adds it up. Whatever stands there, be it infinite, must not "
        "matter, and 0 times infinity is not 0: choose the steps that count instead.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=lambda s, m: (s * m[..., None]).sum() / count(s, m))},
    ),
    Mistake(
        "padding in the denominator",
        "your loss leaves the padding out of the sum but divides by all T·B steps. Divide by the steps that count.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=padding_counted)},
    ),
    Mistake(
        "mean of the rows' means",
        "your loss is the mean of the rows' own means, so that a step of a short row counts more. Every step that "
        "counts has the same weight.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=mean_of_rows)},
    ),
    Mistake(
        "loss summed over outputs",
        "your loss is a mean over steps of a sum over the outputs. It is the mean over all of them.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=lambda s, m: s[m].sum() / m.sum())},
    ),
)

MISTAKES = {"7.1": _ONE_TO_ONE, "7.2": _ONE_TO_MANY}
