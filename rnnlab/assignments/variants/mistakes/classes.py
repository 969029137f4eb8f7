"""Assignment 7: the wrong ways that students take in 7.3 and 7.4, each with the sentence that helps."""

import numpy as np

from rnnlab.assignments.variants.mistakes.networks import (
    log_softmax,
    log_softmax_plain,
    mean_of_masked,
    mean_of_rows,
    padding_counted,
    read_out,
    start_of,
    step_of,
)
from rnnlab.checks.question import Mistake

# 7.3 and 7.4


def _states(params, x):
    h = [start_of(params, x.shape[1])]
    for x_t in x:
        h.append(step_of(params, x_t, h[-1]))
    return np.stack(h)


def _many_to_one(params, x, target, lengths, *, pick, log_p=log_softmax, mean=np.mean):
    y = read_out(params, pick(_states(params, x), lengths))
    rows = np.arange(len(target))
    return y, float(-mean(log_p(y)[rows, target]))


def _at_length(h, lengths):
    return h[lengths, np.arange(len(lengths))]


def _before_length(h, lengths):
    return h[lengths - 1, np.arange(len(lengths))]


def _padding_zeroed(params, x, target, lengths):
    mask = np.arange(len(x))[:, None] < lengths
    return _many_to_one(params, np.where(mask[..., None], x, 0.0), target, lengths, pick=lambda h, lengths: h[-1])


def _average_state(params, x, target, lengths):
    mask = np.arange(len(x))[:, None] < lengths

    def average(h, lengths):
        return np.where(mask[..., None], h[1:], 0.0).sum(axis=0) / lengths[:, None]

    return _many_to_one(params, x, target, lengths, pick=average)


def _probability_out(params, x, target, lengths):
    y, loss = _many_to_one(params, x, target, lengths, pick=_at_length)
    return np.exp(log_softmax(y)), loss


def _zero_in_padding(params, x, target, lengths):
    h = start_of(params, x.shape[1])
    for t in range(len(x)):
        h = np.where((t < lengths)[:, None], step_of(params, x[t], h), 0.0)
    y = read_out(params, h)
    return y, float(-np.mean(log_softmax(y)[np.arange(len(y)), target]))


_MANY_TO_ONE = (
    Mistake(
        "lengths ignored",
        "your y comes from the state after all T steps, in short rows after the padding. Each row has its own last "
        "step: lengths says which.",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=lambda h, lengths: h[-1])},
    ),
    Mistake(
        "padding zeroed but read",
        "you set the padding to 0, but the network still takes steps in it, and a step with x = 0 changes the state "
        "all the same.",
        {"many_to_one": _padding_zeroed},
    ),
    Mistake(
        "state set to zero in the padding",
        "the state of a short row becomes 0 once the row has ended, so that its answer is that of a network that has "
        "read nothing. What should a row's state be after its last step?",
        {"many_to_one": _zero_in_padding},
    ),
    Mistake(
        "state before the last step",
        "your y comes from the state before a row's last input was read. With h[0] before the first step, the state "
        "after `lengths` steps is h[lengths].",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=_before_length)},
    ),
    Mistake(
        "first row's length for all",
        "every row of yours ends where row 0 ends.",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=lambda h, lengths: h[lengths[0]])},
    ),
    Mistake(
        "average state",
        "your y comes from the average of all states. It comes from the last one.",
        {"many_to_one": _average_state},
    ),
    Mistake(
        "probabilities put out",
        "your y went through the softmax. What is asked for are the logits, before it.",
        {"many_to_one": _probability_out},
    ),
    Mistake(
        "loss summed",
        "your loss is summed over the rows. It is their mean.",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=_at_length, mean=np.sum)},
    ),
    Mistake(
        "loss in bits",
        "your loss is in bits. Take the natural logarithm.",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=_at_length, log_p=lambda y: log_softmax(y) / np.log(2))},
    ),
    Mistake(
        "softmax without a shift",
        "your softmax takes exp of the logits as they are, and exp(1000) is infinite. Softmax is the same for logits "
        "that are all shifted: take their largest off first.",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=_at_length, log_p=log_softmax_plain)},
    ),
)


def _many_to_many(
    params, x, target, lengths, *, late=False, keep=True, hide=True, log_p=log_softmax, mean=mean_of_masked
):
    mask = np.arange(len(x))[:, None] < lengths
    h = _states(params, x)
    h = h[:-1] if late else h[1:]
    if not keep:
        h = np.stack([step_of(params, x_t, 0 * h[0]) for x_t in x])
    y = read_out(params, h)
    if hide:
        y = np.where(mask[..., None], y, 0.0)
    # a mask says nothing about what stands at a padded step of `target`: any class will do there
    surprise = -np.take_along_axis(log_p(y), np.where(mask, target, 0)[..., None], axis=-1)
    return y, float(mean(surprise, mask))


def _only_last(params, x, target, lengths):
    y, loss = _many_to_many(params, x, target, lengths)
    return y[-1], loss


def _last_class_in_padding(params, x, target, lengths):
    y, _ = _many_to_many(params, x, target, lengths)
    return y, float(-np.take_along_axis(log_softmax(y), target[..., None], axis=-1).mean())


def _y_multiplied(params, x, target, lengths):
    y, loss = _many_to_many(params, x, target, lengths, hide=False)
    return y * (np.arange(len(x))[:, None] < lengths)[..., None], loss


_MANY_TO_MANY = (
    Mistake(
        "output one step late",
        "your y[t] comes from the state before x[t] was read.",
        {"many_to_many": lambda *args: _many_to_many(*args, late=True)},
    ),
    Mistake(
        "state not carried",
        "every step of yours starts from the state 0. The state goes on from step to step.",
        {"many_to_many": lambda *args: _many_to_many(*args, keep=False)},
    ),
    Mistake(
        "only the last output",
        "your y is the output of the last step. There is one for every step.",
        {"many_to_many": _only_last},
    ),
    Mistake(
        "padding left in y",
        "your y goes on after a row's length. Where a row has ended y is 0.",
        {"many_to_many": lambda *args: _many_to_many(*args, hide=False)},
    ),
    Mistake(
        "y multiplied by the mask",
        "you multiply y by the mask. Where the padding holds NaN that leaves NaN, for NaN times 0 is not 0: choose "
        "with np.where instead.",
        {"many_to_many": _y_multiplied},
    ),
    Mistake(
        "mask ignored in the loss",
        "your loss counts the padding, with the targets -1 taken as the last class. Only the steps before a row's "
        "length count.",
        {"many_to_many": _last_class_in_padding},
    ),
    Mistake(
        "padding in the denominator",
        "your loss leaves the padding out of the sum but divides by all T·B steps. Divide by the steps that count.",
        {"many_to_many": lambda *args: _many_to_many(*args, mean=padding_counted)},
    ),
    Mistake(
        "mean of the rows' means",
        "your loss is the mean of the rows' own means, so that a step of a short row counts more. Every step that "
        "counts has the same weight.",
        {"many_to_many": lambda *args: _many_to_many(*args, mean=mean_of_rows)},
    ),
    Mistake(
        "loss summed",
        "your loss is summed over the steps that count. It is their mean.",
        {"many_to_many": lambda *args: _many_to_many(*args, mean=lambda surprise, mask: surprise[mask].sum())},
    ),
    Mistake(
        "softmax without a shift",
        "your softmax takes exp of the logits as they are, and exp(1000) is infinite. Softmax is the same for logits "
        "that are all shifted: take their largest off first.",
        {"many_to_many": lambda *args: _many_to_many(*args, log_p=log_softmax_plain)},
    ),
)

MISTAKES = {"7.3": _MANY_TO_ONE, "7.4": _MANY_TO_MANY}
