"""Assignment 11 refuses what has learned nothing, sees the future after training, or answers with no real numbers."""

import numpy as np
import pytest
from assignments.wrong_answers import accepted, refused

from rnnlab.assignments.applications import answers, tasks


def formula(params, series):
    """Forecast by the formula that the text shows, scaled by the series itself; nothing is learned."""
    x = (series - params["mean"]) / params["spread"] * 0.72 - 0.05
    before = np.concatenate([x[:1], x[:-1]])
    return params["mean"] + params["spread"] * (np.cos(2.5 * x + 0.8 * before) + 0.05) / 0.72


def noise_for_weights(series, n_updates, seed):
    return {
        "mean": float(series.mean()),
        "spread": float(series.std()),
        "noise": np.random.default_rng(seed).normal(size=4),
    }


def counted_beforehand(params, notes):
    """Give the chances of a rule that was read off the text: a melody goes on in its direction."""
    way = np.zeros(notes.shape, int)
    for t in range(1, len(notes)):
        step = np.sign(notes[t] - notes[t - 1])
        way[t] = np.where(step == 0, way[t - 1], step)
    chances = np.full((*notes.shape, tasks.N_NOTES), 0.002)
    for t, b in np.ndindex(*notes.shape):
        ahead = notes[t, b] + way[t, b]
        ahead = ahead if 0 <= ahead < tasks.N_NOTES else notes[t, b] - way[t, b]
        chances[t, b, [notes[t, b], ahead]] += (0.2, 0.75)
        chances[t, b, np.clip(notes[t, b] - way[t, b], 0, 7)] += 0.04
    return np.log(chances / chances.sum(axis=2, keepdims=True))


def later_only(function, change):
    """Be right on small arrays, as the properties are looked at, and otherwise after training."""

    def answer(params, data, *more):
        right = function(params, data, *more)
        return right if data.shape[1] < 10 else change(right, data)

    return answer


def follows_the_future(right, series):
    """Add a little of the value to be forecast."""
    return right + 0.1 * (np.concatenate([series[1:], series[-1:]]) - right)


def reads_padding(params, words, lengths):
    return answers.sentiment(params, words, lengths) * np.where(words[-1] >= 0, 0.999, 1.0)


def global_batches(series, n_updates, seed):
    """Draw which series are used from NumPy's global generator."""
    chosen = np.random.permutation(series.shape[1])[: max(1, series.shape[1] // 2)]  # noqa: NPY002
    return answers.learn_forecast(series[:, chosen], n_updates, seed)


def few_seeds(learn, digits):
    return lambda *given: learn(*given[:-1], given[-1] % digits)


def complex_of(function):
    return lambda *given: function(*given) + 0j


WRONG = {
    "a formula, with noise for weights": ("11.1", {"learn_forecast": noise_for_weights, "forecast": formula}),
    "the future, after training": ("11.1", {"forecast": later_only(answers.forecast, follows_the_future)}),
    "the global generator": ("11.1", {"learn_forecast": global_batches}),
    "two seeds, 11.1": ("11.1", {"learn_forecast": few_seeds(answers.learn_forecast, 2)}),
    "a thousand seeds, 11.1": ("11.1", {"learn_forecast": few_seeds(answers.learn_forecast, 1000)}),
    "complex forecasts": ("11.1", {"forecast": complex_of(answers.forecast)}),
    "chances read off the text": ("11.2", {"next_note": counted_beforehand}),
    "chances that add up to 0.98": (
        "11.2",
        {"next_note": later_only(answers.next_note, lambda a, x: a + np.log(0.98))},
    ),
    "a thousand seeds, 11.2": ("11.2", {"learn_music": few_seeds(answers.learn_music, 1000)}),
    "padding, after training": ("11.3", {"sentiment": reads_padding}),
    "complex probabilities": ("11.3", {"sentiment": complex_of(answers.sentiment)}),
    "a thousand seeds, 11.4": ("11.4", {"learn_translation": few_seeds(answers.learn_translation, 1000)}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_only_looks_like_a_trained_network_loses_points(name):
    refused(*WRONG[name], seeds=(0, 1))


@pytest.mark.parametrize(
    "value", [None, "text", np.zeros((0, 3)), np.array("text"), True], ids=["None", "text", "empty", "array", "bool"]
)
@pytest.mark.parametrize("question", ["11.1", "11.2", "11.3", "11.4"])
def test_values_of_no_use_lose_points_and_stop_nothing(question, value):
    name = {"11.1": "forecast", "11.2": "next_note", "11.3": "sentiment", "11.4": "translate"}[question]
    refused(question, {name: lambda *given: value}, seeds=(0,))


def test_single_precision_will_do():
    def single(function):
        return lambda *given: function(*given).astype(np.float32)

    accepted("11.1", {"forecast": single(answers.forecast)}, seeds=(0,))
    accepted("11.3", {"sentiment": single(answers.sentiment)}, seeds=(0,))
