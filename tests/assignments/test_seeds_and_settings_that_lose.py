"""Answers with another seed for 0, kept by some settings alone, with bounds of their own, or over their input."""

import numpy as np
import pytest
from assignments.test_corners_and_memories import right
from assignments.wrong_answers import refused

from rnnlab import activations, readout, rnn
from rnnlab.data import one_hot

SEEDS = 0, 2**127 + 13


def with_argument(question, name, place, form):
    """Return a maker of a function that takes one argument in a form of its own."""

    def answer(*args):
        return right(question, name)(*args[:place], form(args[place]), *args[place + 1 :])

    return question, lambda: {name: answer}


def kept_without(question, name, place):
    """Return a maker of a function that keeps its answers by all arguments but one."""

    def make():
        kept = {}

        def answer(*args):
            key = repr(args[:place] + args[place + 1 :])
            if key not in kept:
                kept[key] = right(question, name)(*args)
            return kept[key]

        return {name: answer}

    return question, make


def weights_in_a_global(question, learn, use):
    """Return a maker of functions of which the second takes the weights that were learned last."""

    def make():
        last = {}

        def learned(*args):
            last["weights"] = right(question, learn)(*args)
            return last["weights"]

        return {learn: learned, use: lambda params, *data: right(question, use)(last["weights"], *data)}

    return question, make


def unseeded_where_zero(question, name):
    """Return a maker of a function whose answer is another one at each call with seed 0."""

    def make():
        calls = []

        def answer(*args):
            calls.append(0)
            return right(question, name)(*args[:-1], args[-1] or 1000 + len(calls))

        return {name: answer}

    return question, make


def saturated(weights, noise, lengths):
    return right("13.1", "latch")(np.clip(weights, -20, 20), noise, lengths)


def rounded_interval(numbers):
    mean, low, high = right("13.1", "t_interval")(numbers)
    return mean, round(low, 6), round(high, 6)


def fewer_trials(n_steps, width, seed):
    n_trials, weights = right("13.1", "guess")(n_steps, width, seed)
    return min(n_trials, 450), weights


def short_gru(cell, bias, n_steps, n_updates, seed):
    n_updates = n_updates if cell == "lstm" else min(n_updates, 50)
    return right("13.2", "forget_bias_run")(cell, bias, n_steps, n_updates, seed)


def wide_layers_spoiled(question, name, place, item):
    def answer(*args):
        found = list(right(question, name)(*args))
        if len(args[place]) > 100:
            found[item] = 0.5 * found[item]
        return tuple(found)

    return question, lambda: {name: answer}


def all_states_below(n):
    """Keep all states of a sequence of fewer than n steps."""

    def every(x):
        return 1 if len(x) < n else int(np.ceil(np.sqrt(len(x))))

    def forward(step, x, h_0):
        kept, h = [], h_0
        for t, x_t in enumerate(x):
            if t % every(x) == 0:
                kept.append(h)
            h = step(x_t, h)
        return kept, h

    def backward(step, step_backward, dh, x, kept):
        if len(x) >= n:
            return right("12.3", "backward_checkpointed")(step, step_backward, dh, x, kept)
        dx, carried, total = np.empty_like(x), np.zeros_like(dh[0]), {}
        for t in reversed(range(len(x))):
            dx[t], carried, dparams = step_backward(dh[t] + carried, x[t], kept[t])
            total = {name: total.get(name, 0) + gradient for name, gradient in dparams.items()}
        return dx, carried, total

    return "12.3", lambda: {"forward_checkpointed": forward, "backward_checkpointed": backward}


def three_weights(step, step_backward, dh, x, kept):
    dx, dh_0, dparams = right("12.3", "backward_checkpointed")(step, step_backward, dh, x, kept)
    (one, a), (two, b), (three, c) = dparams.items()
    return dx, dh_0, {one: a, two: b, three: c}


def never_twice(params, source, n_steps):
    """Answer no word twice in a row."""
    encoder, decoder = rnn.Params(**params["encoder"]), rnn.Params(**params["decoder"])
    n_target, words = len(params["readout"]["b_y"]), []
    state = rnn.forward(encoder, one_hot(source, encoder.w_x.shape[1])).h_n
    for _ in range(n_steps):
        state = rnn.step(
            decoder, one_hot(words[-1] if words else np.full(source.shape[1], n_target), n_target + 1), state
        )
        scores = readout.forward(readout.Params(**params["readout"]), state).y.copy()
        if words:
            np.put_along_axis(scores, words[-1][:, None], -np.inf, axis=1)
        words.append(scores.argmax(axis=1))
    return np.array(words)


def short_reviews_undecided(params, words, lengths):
    return np.where(lengths < 4, 0.5, right("11.3", "sentiment")(params, words, lengths))


def a_hundred_forecasts(params, series):
    forecasts = right("11.1", "forecast")(params, series)
    return np.where(np.arange(len(series))[:, None] < 100, forecasts, params["mean"])


def one_note_alone_spoiled(params, notes):
    return right("11.2", "next_note")(params, notes) - (len(notes) == 1)


def in_place(which):
    """Return a maker of an activation that writes the value of one function over what it was given."""

    def activation(name, a):
        value, slope = right("3.1", "activation")(name, a.copy())
        if name == which:
            a[...] = value
        return value, slope

    return "3.1", lambda: {"activation": activation}


RUN = "13.2", "forget_bias_run"
WRONG = {
    **{f"{name} in place": in_place(name) for name in activations.NAMES if name != "linear"},
    "a scale of at least a thousandth": with_argument("6.4", "identity_init", 2, lambda scale: max(scale, 1e-3)),
    "a scale of at most 1": with_argument("6.4", "identity_init", 2, lambda scale: min(scale, 1.0)),
    "another seed for 0 in guessing": with_argument("13.1", "guess", 2, lambda seed: seed or 1),
    "another seed for 0 in a run": with_argument(*RUN, 4, lambda seed: seed or 1),
    "no seed for 0 in a beginning": unseeded_where_zero("6.4", "orthogonal_init"),
    "another seed for 0 in cutting": with_argument("5.3", "randomly_truncated", 4, lambda seed: seed or 1),
    "no seed for 0 in sentiment": unseeded_where_zero("11.3", "learn_sentiment"),
    "seeds of 31 bits": with_argument("13.1", "guess", 2, lambda seed: seed % 2**31),
    "guesses kept without the width": kept_without("13.1", "guess", 1),
    "guesses kept without the length": kept_without("13.1", "guess", 0),
    "runs kept without the cell": kept_without(*RUN, 0),
    "runs kept without the bias": kept_without(*RUN, 1),
    "runs kept without the steps": kept_without(*RUN, 2),
    "runs kept without the updates": kept_without(*RUN, 3),
    "weights of at most 20": ("13.1", lambda: {"latch": saturated}),
    "a width of at most 150": with_argument("13.1", "guess", 1, lambda width: min(width, 150.0)),
    "at most 450 trials": ("13.1", lambda: {"guess": fewer_trials}),
    "an interval of six digits": ("13.1", lambda: {"t_interval": rounded_interval}),
    "a bias of at most 1": with_argument(*RUN, 1, lambda bias: min(bias, 1.0)),
    "a bias above -1": with_argument(*RUN, 1, lambda bias: max(bias, -1.0)),
    "at most 30 steps": with_argument(*RUN, 2, lambda n_steps: min(n_steps, 30)),
    "at least 5 updates": with_argument(*RUN, 3, lambda n_updates: max(n_updates, 5)),
    "at most 300 updates": with_argument(*RUN, 3, lambda n_updates: min(n_updates, 300)),
    "at most 50 updates of a GRU": ("13.2", lambda: {"forget_bias_run": short_gru}),
    "a share of at most 10 gaps": (
        "13.2",
        lambda: {"gap_closed": lambda *losses: np.clip(right("13.2", "gap_closed")(*losses), -10, 10)},
    ),
    "states of 100 units": wide_layers_spoiled("12.1", "rnn_forward_fast", 4, 0),
    "outputs of 100 units": wide_layers_spoiled("12.1", "rnn_forward_fast", 4, 1),
    "all states kept below 16 steps": all_states_below(16),
    "all states kept below 8 steps": all_states_below(8),
    "exactly three weights": ("12.3", lambda: {"backward_checkpointed": three_weights}),
    "a forecast by what was learned last": weights_in_a_global("11.1", "learn_forecast", "forecast"),
    "notes by what was learned last": weights_in_a_global("11.2", "learn_music", "next_note"),
    "reviews by what was learned last": weights_in_a_global("11.3", "learn_sentiment", "sentiment"),
    "no word twice in a row": ("11.4", lambda: {"translate": never_twice}),
    "no judgement below four words": ("11.3", lambda: {"sentiment": short_reviews_undecided}),
    "no forecast after a hundred steps": ("11.1", lambda: {"forecast": a_hundred_forecasts}),
    "chances after a single note": ("11.2", lambda: {"next_note": one_note_alone_spoiled}),
    "words by what was learned last": weights_in_a_global("11.4", "learn_translation", "translate"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_seed_or_a_setting_that_is_taken_for_another_loses_points(name):
    question, make = WRONG[name]
    for seed in SEEDS:
        refused(question, make(), (seed,))
