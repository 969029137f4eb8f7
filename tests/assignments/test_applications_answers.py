"""Assignment 11 refuses what has learned nothing, sees the future after training, or answers with no real numbers."""

import numpy as np
import pytest
from assignments.wrong_answers import accepted, refused, report_of

from rnnlab import readout, rnn, variants
from rnnlab.assignments.applications import answers, tasks
from rnnlab.data import one_hot


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


def last_row(function, change):
    """Be right but in the answer to the last step, which no data of the same length can judge."""

    def answer(params, data):
        right = function(params, data).copy()
        right[-1] = change(right)
        return right

    return answer


def in_chunks(function, n):
    """Begin with an empty memory every n steps."""
    return lambda params, x: np.concatenate([function(params, x[i : i + n]) for i in range(0, len(x), n)])


def mean_so_far(params, series):
    """Forecast the mean of what was read until eight values are there."""
    means = np.cumsum(series, axis=0) / np.arange(1, len(series) + 1)[:, None]
    return np.concatenate([means[:7], answers.forecast(params, series)[7:]])


def with_spread(params, series, spread):
    """Forecast with another spread than that of the training data."""
    network = variants.Params(rnn.Params(**params["cell"]), readout.Params(**params["readout"]))
    scaled = ((series - params["mean"]) / params["spread"])[..., None]
    return params["mean"] + spread * variants.many_to_many(rnn, network, scaled).y[..., 0]


def as_many_as_occur(learn, *places):
    """Take the largest number that occurs for the number of words, notes or digits."""

    def answer(*given):
        given = list(given)
        for data, number in places:
            given[number] = int(given[data].max()) + 1
        return learn(*given)

    return answer


def reading(choose):
    """Translate reading, at each step, what `choose(t, n_target, word answered before)` is."""

    def translate(params, source, n_steps):
        encoder, decoder = rnn.Params(**params["encoder"]), rnn.Params(**params["decoder"])
        n_target = len(params["readout"]["b_y"])
        state, words = rnn.forward(encoder, one_hot(source, encoder.w_x.shape[1])).h_n, []
        word = np.full(source.shape[1], n_target)
        for t in range(n_steps):
            state = rnn.step(decoder, one_hot(choose(t, n_target, word), n_target + 1), state)
            word = readout.forward(readout.Params(**params["readout"]), state).y.argmax(axis=1)
            words.append(word)
        return np.array(words)

    return {"translate": translate}


def second_word_again(params, source, n_steps):
    words = answers.translate(params, source, min(n_steps, 2))
    return np.concatenate([words, *(n_steps - 2) * [words[-1:]]])


def backward_in_time(notes, *more):
    """Learn which note came before: melodies are as likely one way as the other."""
    return answers.learn_music(notes[::-1], *more)


def last_two(params, notes):
    return np.stack([answers.next_note(params, notes[max(0, t - 1) : t + 1])[-1] for t in range(len(notes))])


WRONG = {
    "the last forecast again": ("11.1", {"forecast": last_row(answers.forecast, lambda right: right[-2])}),
    "a memory of sixteen steps": ("11.1", {"forecast": in_chunks(answers.forecast, 16)}),
    "the mean until eight values are there": ("11.1", {"forecast": mean_so_far}),
    "no idea of the last note": ("11.2", {"next_note": last_row(answers.next_note, lambda right: -np.log(8))}),
    "a memory of eight notes": ("11.2", {"next_note": in_chunks(answers.next_note, 8)}),
    "notes that occur": ("11.2", {"learn_music": as_many_as_occur(answers.learn_music, (0, 1))}),
    "words that occur": ("11.3", {"learn_sentiment": as_many_as_occur(answers.learn_sentiment, (0, 3))}),
    "words and digits that occur": (
        "11.4",
        {"learn_translation": as_many_as_occur(answers.learn_translation, (0, 2), (1, 3))},
    ),
    "always the start sign": ("11.4", reading(lambda t, n_target, word: np.full_like(word, n_target))),
    "0 as the start sign": ("11.4", reading(lambda t, n_target, word: word if t else 0 * word)),
    "the last digit as the start sign": ("11.4", reading(lambda t, n_target, word: np.minimum(word, n_target - 1))),
    "the second word again and again": ("11.4", {"translate": second_word_again}),
    "music learned in reverse": ("11.2", {"learn_music": backward_in_time}),
    "the last two notes only": ("11.2", {"next_note": last_two}),
    "not multiplied by the spread": ("11.1", {"forecast": lambda params, series: with_spread(params, series, 1.0)}),
    "the spread of the data shown": ("11.1", {"forecast": lambda params, series: with_spread(params, series, 3.5)}),
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


def test_a_hint_on_what_numbers_are_is_given_where_it_is_true():
    for change, said in (
        (lambda log_p: -log_p, "the signs are turned round"),
        (np.exp, "the numbers of each step add up to 1"),
        (lambda log_p: log_p**2, "the answer holds no number below 0"),
    ):
        report = report_of("11.2", {"next_note": lambda *given, change=change: change(answers.next_note(*given))}, 0)
        assert said in str(report)
        assert [hint for hint in report.hints if "probabilities" in hint] == list(report.hints)[: int(change is np.exp)]


def test_a_translation_of_the_last_word_alone_is_not_said_to_be_the_same_for_all_numbers():
    report = report_of("11.4", {"translate": lambda params, source, n: answers.translate(params, source[-1:], n)}, 0)
    assert report.points < report.max_points
    assert not report.hints


@pytest.mark.parametrize(
    "value", [None, "text", np.zeros((0, 3)), np.array("text"), True], ids=["None", "text", "empty", "array", "bool"]
)
@pytest.mark.parametrize("question", ["11.1", "11.2", "11.3", "11.4"])
def test_values_of_no_use_lose_points_and_stop_nothing(question, value):
    name = {"11.1": "forecast", "11.2": "next_note", "11.3": "sentiment", "11.4": "translate"}[question]
    report = report_of(question, {name: lambda *given: value}, 0, named=False)
    assert report.points < report.max_points


def test_single_precision_will_do():
    def single(function):
        return lambda *given: function(*given).astype(np.float32)

    accepted("11.1", {"forecast": single(answers.forecast)}, seeds=(0,))
    accepted("11.2", {"next_note": single(answers.next_note)}, seeds=(0,))
    accepted("11.3", {"sentiment": single(answers.sentiment)}, seeds=(0,))
