"""More answers that are wrong in a corner, or keep something: sizes, magnitudes, zeros, options, memory."""

import numpy as np
import pytest
from assignments.wrong_answers import refused

from rnnlab import checks


def right(question, name):
    return checks.find(question).reference[name]


def _spoiled(value):
    """Return a value that is off by a hundredth of its first number, or by one."""
    if isinstance(value, np.ndarray):
        value = np.array(value)
        value.flat[:1] += 1 if value.dtype.kind in "iu" else 0.01 * (1 + abs(value.flat[:1]))
        return value
    if isinstance(value, tuple | list):
        return type(value)(_spoiled(item) for item in value)
    if isinstance(value, dict):
        return {key: _spoiled(item) for key, item in value.items()}
    return value + 1 if isinstance(value, int | float) else value


def wrong_where(question, name, applies, *items):
    """Return a maker of a function that is off where `applies(*args)`, in these items of its result or in all."""

    def answer(*args):
        value = right(question, name)(*args)
        if not applies(*args):
            return value
        if items:
            return tuple(_spoiled(item) if i in items else item for i, item in enumerate(value))
        return _spoiled(value)

    return question, lambda: {name: answer}


def _key(value, how):
    if isinstance(value, tuple | list):
        return tuple(_key(item, how) for item in value)
    if isinstance(value, dict):
        return tuple((key, _key(item, how)) for key, item in value.items())
    return how(value) if isinstance(value, np.ndarray) else value if isinstance(value, int | float | str) else None


def remembering(question, name, how=np.shape, places=slice(None)):
    """Return a maker of a function that keeps its answers by its settings and by `how(array)` of its arrays."""

    def make():
        kept = {}

        def answer(*args):
            key = _key(args[places], how)
            if key not in kept:
                kept[key] = right(question, name)(*args)
            return kept[key]

        return {name: answer}

    return question, make


def first_number(array):
    return array.shape, float(array.flat[0]) if array.size else 0.0


def total(array):
    return array.shape, round(float(np.sum(array)), 9)


def normalised(question, name, place, item):
    """Return a maker of a function that divides by the largest number of one argument: NaN where all are zero."""

    def answer(*args):
        value = list(right(question, name)(*args))
        with np.errstate(all="ignore"):
            value[item] = value[item] / np.abs(args[place]).max() * np.abs(args[place]).max()
        return tuple(value)

    return question, lambda: {name: answer}


SLIPPING = {
    # kept between calls
    "windows kept by settings": remembering("1.1", "make_windows"),
    "weights kept by length and k": remembering("1.2", "ar_fit"),
    "a step kept by shapes": remembering("2.1", "rnn_step"),
    "a step kept by first numbers": remembering("2.1", "rnn_step", first_number),
    "a step kept by sums": remembering("2.1", "rnn_step", total),
    "a step kept by its input alone": remembering("2.1", "rnn_step", lambda a: a.tobytes(), slice(0, 1)),
    "a step kept by all but the bias": remembering("2.1", "rnn_step", lambda a: a.tobytes(), slice(0, 4)),
    "training kept by settings": remembering("4.5", "train"),
    "training kept by first numbers": remembering("4.5", "train", first_number),
    "truncated gradients kept by settings": remembering("5.1", "tbptt"),
    "cuts kept by settings": remembering("5.3", "randomly_truncated"),
    "cuts kept by settings and first numbers": remembering("5.3", "randomly_truncated", first_number),
    "clipped gradients kept by names": remembering("6.3", "clip_by_norm"),
    "symbols kept by settings": remembering("7.5", "sample"),
    "conversions kept by shapes": remembering("9.3", "convert_gates"),
    "biases kept by half-life": remembering("10.3", "forget_bias", np.shape),
    # sizes
    "a batch of more than 20": wrong_where("2.1", "rnn_step", lambda x, *a: len(x) > 20),
    "more than 20 units": wrong_where("2.2", "rnn_forward", lambda x, h_0, *a: h_0.shape[1] > 20),
    "20 units of training": wrong_where("4.5", "train", lambda x, t, k, lr, n, w: len(w[2]) > 16),
    "more than 20 inputs": wrong_where("5.1", "tbptt", lambda x, *a: x.shape[2] > 20),
    "more than 20 hidden units in the decoder": wrong_where(
        "7.6", "encoder_decoder_forward", lambda p, x, t: len(p["decoder"]["b_h"]) > 20, 0
    ),
    "more than 20 rows both ways": wrong_where("8.1", "bidirectional_forward", lambda p, x, n: x.shape[1] > 20, 0),
    "more than 20 rows of a cell": wrong_where("10.1", "lstm_forward", lambda x, *a: x.shape[1] > 20, 1),
    # an option together with a size
    "reset before with one row": wrong_where("9.1", "gru_step", lambda x, h, p, r: r == "before" and len(x) == 1, 0),
    "reset after with one row": wrong_where("9.1", "gru_step", lambda x, h, p, r: r == "after" and len(x) == 1, 0),
    "reset before with one input, backward": wrong_where(
        "9.2", "gru_step_backward", lambda dh, x, h, r, z, n, p, reset: reset == "before" and x.shape[1] == 1, 0
    ),
    "reset after with one input, backward": wrong_where(
        "9.2", "gru_step_backward", lambda dh, x, h, r, z, n, p, reset: reset == "after" and x.shape[1] == 1, 0
    ),
    "the GRU of one input": wrong_where("2.4", "count_parameters", lambda cell, d, h, o: (cell, d) == ("gru", 1)),
    "the LSTM of one output": wrong_where("2.4", "count_parameters", lambda cell, d, h, o: (cell, o) == ("lstm", 1)),
    "linear and one unit": wrong_where("3.2", "slope_bound", lambda w_h, name: name == "linear" and len(w_h) == 1),
    "tanh and one unit": wrong_where("6.2", "decay_rate", lambda w_h, name: name == "tanh" and len(w_h) == 1),
    # magnitudes and zeros
    "inputs above 50": wrong_where("9.1", "gru_step", lambda x, *a: np.abs(x).max() > 50),
    "inputs above 50, a sequence": wrong_where("2.2", "rnn_forward", lambda x, *a: np.abs(x).max() > 50),
    "inputs above 50, many to many": wrong_where(
        "7.4", "many_to_many", lambda p, x, t, n: np.nanmax(np.where(np.abs(x) < 1e9, np.abs(x), 0)) > 50
    ),
    "inputs above 50, an LSTM": wrong_where("10.1", "lstm_forward", lambda x, *a: np.abs(x).max() > 50),
    "inputs above 50, compiled": wrong_where("12.1", "rnn_forward_fast", lambda x, *a: np.abs(x).max() > 50),
    "no gradient from above": normalised("4.3", "rnn_backward", 0, 3),
    "no gradient from above, one step": normalised("4.2", "rnn_step_backward", 0, 1),
    "no gradient at all, GRU": normalised("9.2", "gru_step_backward", 0, 0),
    "a state of zeros": wrong_where("2.1", "rnn_step", lambda x, h, *a: not h.any()),
    "a bias of zeros": wrong_where("7.1", "one_to_one", lambda p, x, t: not p["b_y"].any(), 0),
    "ties in the scores": wrong_where(
        "4.1", "cross_entropy", lambda y, t, m: y.shape[2] > 1 and bool((np.diff(np.sort(y)) == 0).any()), 1
    ),
}


@pytest.mark.parametrize("name", SLIPPING)
def test_an_answer_that_is_wrong_in_a_corner_loses_points(name):
    question, make = SLIPPING[name]
    for seed in (checks.PUBLIC_SEED, 3, 2**100 + 1):
        refused(question, make(), seeds=(seed,))
