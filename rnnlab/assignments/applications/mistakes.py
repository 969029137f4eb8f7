"""Assignment 11: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab import batches, data, gru, losses, optimizers, readout, rnn, training, variants
from rnnlab.checks.question import Mistake


def _weights_of(params):
    return {name: v if isinstance(v, np.ndarray) else _weights_of(v) for name, v in params._asdict().items()}


def _network(cell, params):
    return variants.Params(cell.Params(**params["cell"]), readout.Params(**params["readout"]))


def _fit(variant, cell, loss, params, batch, n_batch, lr, n_updates, seed):
    objective = variants.Objective(variant, cell, loss)
    return training.fit(
        objective, params, batches.Epochs(batch, n_batch), optimizers.Adam(lr), n_updates, seed=seed
    ).params


_UNSEEDED = "your first weights are drawn anew at every call, whatever the seed: give the generator the seed."
_ONE_SEED = "your seed changes nothing: all the randomness of the training must come from it."

# 11.1: learn_forecast(series, n_updates, seed) and forecast(params, series)


def _learn_forecast(series, n_updates, seed, *, pairs=lambda x: (x[:-1], x[1:]), rng=np.random.default_rng):
    mean, spread = float(series.mean()), float(series.std())
    scaled = ((series - mean) / spread)[..., None]
    params = variants.init(rnn, rng(seed), 1, 16, 1)
    if n_updates:
        batch = data.Batch(*pairs(scaled))
        params = _fit(variants.many_to_many, rnn, losses.mse, params, batch, 16, 0.03, n_updates, seed)
    return {"mean": mean, "spread": spread, **_weights_of(params)}


def _scaled_forecast(params, series):
    scaled = ((series - params["mean"]) / params["spread"])[..., None]
    return variants.many_to_many(rnn, _network(rnn, params), scaled).y[..., 0]


def _forecast(params, series):
    return params["mean"] + params["spread"] * _scaled_forecast(params, series)


_FORECAST_MISTAKES = (
    Mistake(
        "the target is the input",
        "your network has learned to repeat the value that it has just read. Its target after x[t] is x[t + 1].",
        {"learn_forecast": lambda series, n, seed: _learn_forecast(series, n, seed, pairs=lambda x: (x, x))},
    ),
    Mistake(
        "training thrown away",
        "your forecasts are those of a network that was never trained. `fit` leaves the weights that it is given as "
        "they are and returns new ones.",
        {"learn_forecast": lambda series, n, seed: _learn_forecast(series, 0, seed)},
    ),
    Mistake(
        "not scaled back",
        "your forecasts are in the units in which the network was trained. Undo the scaling before you return them.",
        {"forecast": _scaled_forecast},
    ),
    Mistake(
        "no memory",
        "each of your forecasts knows the last value only: nothing is carried from step to step.",
        {"forecast": lambda params, series: _forecast(params, series.reshape(1, -1)).reshape(series.shape)},
    ),
    Mistake(
        "sees what it forecasts",
        "your forecast of a value changes when that very value changes: it has been read. forecast[t] may use "
        "series[0] to series[t] only.",
        {"forecast": lambda params, series: _forecast(params, np.roll(series, -1, axis=0))},
    ),
    Mistake(
        "time and batch exchanged",
        "a change in one of your series reaches the forecasts of another: time is the first axis, the series are the "
        "second.",
        {"forecast": lambda params, series: _forecast(params, series.T).T},
    ),
    Mistake(
        "no seed",
        _UNSEEDED,
        {
            "learn_forecast": lambda series, n, seed: _learn_forecast(
                series, n, seed, rng=lambda _: np.random.default_rng()
            )
        },
    ),
    Mistake("one seed for all", _ONE_SEED, {"learn_forecast": lambda series, n, seed: _learn_forecast(series, n, 0)}),
)

# 11.2: learn_music(notes, n_notes, n_updates, seed) and next_note(params, notes)


def _learn_music(notes, n_notes, n_updates, seed, *, pairs=lambda x: (x[:-1], x[1:]), rng=np.random.default_rng):
    read, target = pairs(notes)
    params = variants.init(rnn, rng(seed), n_notes, 16, n_notes)
    if n_updates:
        batch = data.Batch(data.one_hot(read, n_notes), target)
        loss = losses.softmax_cross_entropy
        params = _fit(variants.many_to_many, rnn, loss, params, batch, 32, 0.02, n_updates, seed)
    return _weights_of(params)


def _logits(params, notes):
    x = data.one_hot(notes, len(params["readout"]["b_y"]))
    return variants.many_to_many(rnn, _network(rnn, params), x).y


def _log_softmax(logits, axis=2):
    logits = logits - logits.max(axis=axis, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=axis, keepdims=True))


def _next_note(params, notes):
    return _log_softmax(_logits(params, notes))


def _no_memory(params, notes):
    return _next_note(params, notes.reshape(1, -1)).reshape(*notes.shape, -1)


_MUSIC_MISTAKES = (
    Mistake(
        "scores instead of logarithms",
        "your numbers are not all below 0, as a network's scores are not. A log-softmax over the notes turns scores "
        "into what is asked for.",
        {"next_note": _logits},
    ),
    Mistake(
        "probabilities instead of logarithms",
        "your numbers are probabilities. Return their logarithms.",
        {"next_note": lambda params, notes: np.exp(_next_note(params, notes))},
    ),
    Mistake(
        "softmax over the melodies",
        "your chances add up to 1 over the melodies. They must do so over the notes, the last axis.",
        {"next_note": lambda params, notes: _log_softmax(_logits(params, notes), axis=1)},
    ),
    Mistake(
        "the target is the input",
        "your network has learned to name the note that it has just read. Its target after notes[t] is notes[t + 1].",
        {"learn_music": lambda notes, v, n, seed: _learn_music(notes, v, n, seed, pairs=lambda x: (x, x))},
    ),
    Mistake(
        "training thrown away",
        "your network was never trained, as far as its answers tell. `fit` returns the new weights.",
        {"learn_music": lambda notes, v, n, seed: _learn_music(notes, v, 0, seed)},
    ),
    Mistake(
        "no memory",
        "your answer knows the last note only, as a table of note pairs does: nothing is carried from step to step.",
        {"next_note": _no_memory},
    ),
    Mistake(
        "sees what it predicts",
        "your chances of a note change when that very note changes: it has been read.",
        {"next_note": lambda params, notes: _next_note(params, np.roll(notes, -1, axis=0))},
    ),
    Mistake(
        "time and batch exchanged",
        "a change in one of your melodies reaches another: time is the first axis, the melodies are the second.",
        {"next_note": lambda params, notes: _next_note(params, notes.T).transpose(1, 0, 2)},
    ),
    Mistake(
        "no seed",
        _UNSEEDED,
        {
            "learn_music": lambda notes, v, n, seed: _learn_music(
                notes, v, n, seed, rng=lambda _: np.random.default_rng()
            )
        },
    ),
    Mistake("one seed for all", _ONE_SEED, {"learn_music": lambda notes, v, n, seed: _learn_music(notes, v, n, 0)}),
)

# 11.3: learn_sentiment(words, lengths, positive, n_words, n_updates, seed) and sentiment(params, words, lengths)


def _learn_sentiment(words, lengths, positive, n_words, n_updates, seed, *, rng=np.random.default_rng):
    params = variants.init(gru, rng(seed), n_words, 16, 1)
    if n_updates:
        batch = data.Batch(data.one_hot(words, n_words), positive[:, None], lengths=lengths)
        loss = losses.sigmoid_cross_entropy
        params = _fit(variants.many_to_one, gru, loss, params, batch, 32, 0.03, n_updates, seed)
    return _weights_of(params)


def _score(params, words, lengths):
    x = data.one_hot(words, params["cell"]["w_x"].shape[1])
    return variants.many_to_one(gru, _network(gru, params), x, lengths=lengths).y[:, 0]


def _sentiment(params, words, lengths):
    return 1 / (1 + np.exp(-_score(params, words, lengths)))


def _last_word(params, words, lengths):
    last = words[lengths - 1, np.arange(len(lengths))]
    return _sentiment(params, last[None], np.ones_like(lengths))


def _bag(params, words, lengths):
    inside = np.arange(len(words))[:, None] < lengths
    return _sentiment(params, np.sort(np.where(inside, words, 99), axis=0) % 99, lengths)


_SENTIMENT_MISTAKES = (
    Mistake(
        "padding read",
        "what stands after the end of a review changes your answer. Give the layer the lengths.",
        {"sentiment": lambda params, words, lengths: _score_of_all(params, words)},
    ),
    Mistake(
        "only the last word",
        "your answer depends on the last word of a review alone: the earlier ones are not carried to the end.",
        {"sentiment": _last_word},
    ),
    Mistake(
        "a bag of words",
        "your answer stays the same when two words change places. The order of the words must reach the network.",
        {"sentiment": _bag},
    ),
    Mistake(
        "scores instead of probabilities",
        "your numbers are not all between 0 and 1, as a network's scores are not. The sigmoid makes probabilities of "
        "scores.",
        {"sentiment": _score},
    ),
    Mistake(
        "the other class",
        "your number is the probability that the review is negative.",
        {"sentiment": lambda params, words, lengths: 1 - _sentiment(params, words, lengths)},
    ),
    Mistake(
        "training thrown away",
        "your network was never trained, as far as its answers tell. `fit` returns the new weights.",
        {"learn_sentiment": lambda words, lengths, p, v, n, seed: _learn_sentiment(words, lengths, p, v, 0, seed)},
    ),
    Mistake(
        "no seed",
        _UNSEEDED,
        {
            "learn_sentiment": lambda words, lengths, p, v, n, seed: _learn_sentiment(
                words, lengths, p, v, n, seed, rng=lambda _: np.random.default_rng()
            )
        },
    ),
    Mistake(
        "one seed for all",
        _ONE_SEED,
        {"learn_sentiment": lambda words, lengths, p, v, n, seed: _learn_sentiment(words, lengths, p, v, n, 0)},
    ),
)


def _score_of_all(params, words):
    return _sentiment(params, words, np.full(words.shape[1], len(words)))


# 11.4: learn_translation(source, target, n_source, n_target, n_updates, seed) and translate(params, source, n_steps)


def _learn_translation(source, target, n_source, n_target, n_updates, seed, *, rng=np.random.default_rng):
    start = np.full((1, target.shape[1]), n_target)
    read = data.one_hot(np.concatenate([start, target[:-1]]), n_target + 1)
    batch = data.PairBatch(data.one_hot(source, n_source), read, target)
    params = variants.init_encoder_decoder(rnn, rng(seed), n_source, n_target + 1, 32, n_target)
    loss = losses.softmax_cross_entropy
    return _weights_of(_fit(variants.encoder_decoder, rnn, loss, params, batch, 20, 0.01, n_updates, seed))


def _answers(params, source, n_steps, *, hand_on=True):
    """Return the start sign and all answers (n_steps + 1, B)."""
    encoder, decoder = rnn.Params(**params["encoder"]), rnn.Params(**params["decoder"])
    n_target = len(params["readout"]["b_y"])
    state = rnn.forward(encoder, data.one_hot(source, encoder.w_x.shape[1])).h_n
    state = state if hand_on else np.zeros_like(state)
    words = np.full((n_steps + 1, source.shape[1]), n_target)
    for t in range(n_steps):
        state = rnn.step(decoder, data.one_hot(words[t], n_target + 1), state)
        words[t + 1] = readout.forward(readout.Params(**params["readout"]), state).y.argmax(axis=1)
    return words


_TRANSLATION_MISTAKES = (
    Mistake(
        "the state is not handed on",
        "all numbers get the same translation: nothing of the source reaches the decoder. It starts in the encoder's "
        "last state, after the source has been read.",
        {"translate": lambda params, source, n: _answers(params, source, n, hand_on=False)[1:]},
    ),
    Mistake(
        "start sign left in",
        "your translation begins with the start sign, so that every word comes one place late.",
        {"translate": lambda params, source, n: _answers(params, source, n)[:-1]},
    ),
    Mistake(
        "last word first",
        "your words are in the order of the source. The first word that the decoder answers is the first of the "
        "translation.",
        {"translate": lambda params, source, n: _answers(params, source, n)[:0:-1]},
    ),
    Mistake(
        "time and batch exchanged",
        "your translation has one row for each sentence. Time comes first: (n_steps, B).",
        {"translate": lambda params, source, n: _answers(params, source, n)[1:].T},
    ),
    Mistake(
        "always two words",
        "your translation has two words, however many are asked for.",
        {"translate": lambda params, source, n: _answers(params, source, 2)[1:]},
    ),
    Mistake(
        "as long as the source",
        "your translation is as long as the source. The decoder goes on for n_steps steps.",
        {"translate": lambda params, source, n: _answers(params, source, len(source))[1:]},
    ),
    Mistake(
        "no seed",
        _UNSEEDED,
        {
            "learn_translation": lambda source, target, v, w, n, seed: _learn_translation(
                source, target, v, w, n, seed, rng=lambda _: np.random.default_rng()
            )
        },
    ),
    Mistake(
        "one seed for all",
        _ONE_SEED,
        {"learn_translation": lambda source, target, v, w, n, seed: _learn_translation(source, target, v, w, n, 0)},
    ),
)

# 11.5: predicted_right()

_PREDICTION_MISTAKES = (
    Mistake(
        "none",
        "look at 77: does it matter there that the units come first?",
        {"predicted_right": lambda: 0},
    ),
    Mistake(
        "all but the doubles",
        "you counted the numbers that come out wrong.",
        {"predicted_right": lambda: 72},
    ),
    Mistake(
        "all",
        "every word is translated rightly, but siebenundachtzig has its seven first and 87 its eight.",
        {"predicted_right": lambda: 81},
    ),
)

MISTAKES = {
    "11.1": _FORECAST_MISTAKES,
    "11.2": _MUSIC_MISTAKES,
    "11.3": _SENTIMENT_MISTAKES,
    "11.4": _TRANSLATION_MISTAKES,
    "11.5": _PREDICTION_MISTAKES,
}
