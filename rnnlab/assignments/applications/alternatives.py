"""Assignment 11: other right ways, which the check must accept."""

import numpy as np

from rnnlab import batches, data, gru, losses, lstm, optimizers, readout, rnn, sampling, training, variants
from rnnlab.checks.question import Alternative


def _weights_of(params):
    return {name: v if isinstance(v, np.ndarray) else _weights_of(v) for name, v in params._asdict().items()}


def _network(cell, params):
    return variants.Params(cell.Params(**params["cell"]), readout.Params(**params["readout"]))


def _by_hand(objective, params, batch, n_batch, n_updates, seed, optimizer):
    """Train without `fit`: every update takes rows at random."""
    rng, state = np.random.default_rng(seed), optimizer.init(params)
    for _ in range(n_updates):
        rows = rng.permutation(batch.x.shape[1])[:n_batch]
        _, gradient = objective(params, batches.take(batch, rows))
        params, state = optimizer.update(params, gradient, state)
    return params


# 11.1


def _series_batch(series):
    mean, spread = float(series.mean()), float(series.std())
    scaled = ((series - mean) / spread)[..., None]
    return mean, spread, data.Batch(scaled[:-1], scaled[1:])


def _learn_forecast_with(cell, series, n_updates, seed):
    mean, spread, batch = _series_batch(series)
    params = variants.init(cell, np.random.default_rng(seed), 1, 16, 1)
    objective = variants.Objective(variants.many_to_many, cell, losses.mse)
    optimizer = optimizers.Adam(0.03)
    fitted = training.fit(objective, params, batches.Epochs(batch, 32), optimizer, n_updates, seed=seed, clip=1.0)
    return {"mean": mean, "spread": spread, **_weights_of(fitted.params)}


def _forecast_with(cell, params, series):
    scaled = ((series - params["mean"]) / params["spread"])[..., None]
    return params["mean"] + params["spread"] * variants.many_to_many(cell, _network(cell, params), scaled).y[..., 0]


def _learn_forecast_by_hand(series, n_updates, seed):
    mean, spread, batch = _series_batch(series)
    params = variants.init(rnn, np.random.default_rng(seed), 1, 24, 1)
    objective = variants.Objective(variants.many_to_many, rnn, losses.mse)
    params = _by_hand(objective, params, batch, 32, n_updates, seed, optimizers.RMSprop(0.01))
    return {"mean": mean, "spread": spread, **_weights_of(params)}


def _learn_reservoir(series, n_updates, seed, n_hidden=80):
    """Leave the recurrent weights as they were drawn and solve for the output weights."""
    rng = np.random.default_rng(seed)
    w_h = rng.normal(size=(n_hidden, n_hidden))
    w_h *= 0.4 / abs(np.linalg.eigvals(w_h)).max()
    params = {"w_h": w_h, "w_x": 0.8 * rng.normal(size=n_hidden), "b_h": 0.8 * rng.normal(size=n_hidden)}
    params |= {"mean": float(series.mean()), "spread": float(series.std())}
    h = _reservoir(params, series)[:-1].reshape(-1, n_hidden)
    target = ((series[1:] - params["mean"]) / params["spread"]).ravel()
    return params | {"w_y": np.linalg.solve(h.T @ h + 0.1 * np.eye(n_hidden), h.T @ target)}


def _reservoir(params, series):
    h, states = np.zeros((series.shape[1], len(params["b_h"]))), []
    for x in (series - params["mean"]) / params["spread"]:
        h = np.tanh(x[:, None] * params["w_x"] + h @ params["w_h"].T + params["b_h"])
        states.append(h)
    return np.array(states)


def _forecast_reservoir(params, series):
    return params["mean"] + params["spread"] * (_reservoir(params, series) @ params["w_y"])


# 11.2


def _learn_music_with(cell, notes, n_notes, n_updates, seed):
    batch = data.Batch(data.one_hot(notes[:-1], n_notes), notes[1:])
    params = variants.init(cell, np.random.default_rng(seed), n_notes, 24, n_notes)
    objective = variants.Objective(variants.many_to_many, cell, losses.softmax_cross_entropy)
    optimizer = optimizers.Adam(0.02)
    return _weights_of(
        training.fit(objective, params, batches.Epochs(batch, 32), optimizer, n_updates, seed=seed).params
    )


def _log_softmax(logits):
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def _next_note_with(cell, params, notes):
    x = data.one_hot(notes, len(params["readout"]["b_y"]))
    return _log_softmax(variants.many_to_many(cell, _network(cell, params), x).y)


def _learn_music_by_hand(notes, n_notes, n_updates, seed):
    batch = data.Batch(data.one_hot(notes[:-1], n_notes), notes[1:])
    params = variants.init(rnn, np.random.default_rng(seed), n_notes, 16, n_notes)
    objective = variants.Objective(variants.many_to_many, rnn, losses.softmax_cross_entropy)
    return _weights_of(_by_hand(objective, params, batch, 64, n_updates, seed, optimizers.RMSprop(0.01)))


def _next_note_by_steps(params, notes):
    """Run the tanh layer in NumPy; a one-hot input picks a column of w_x."""
    cell, output = params["cell"], params["readout"]
    h, answers = np.zeros((notes.shape[1], len(cell["b_h"]))), []
    for now in notes:
        h = np.tanh(cell["w_x"].T[now] + h @ cell["w_h"].T + cell["b_h"])
        answers.append(_log_softmax(h @ output["w_y"].T + output["b_y"]))
    return np.array(answers)


# 11.3


def _review_batch(words, lengths, positive, n_words):
    return data.Batch(data.one_hot(words, n_words), positive[:, None], lengths=lengths)


def _learn_sentiment_with(cell, words, lengths, positive, n_words, n_updates, seed, *, by_length=False):
    batch = _review_batch(words, lengths, positive, n_words)
    params = variants.init(cell, np.random.default_rng(seed), n_words, 24, 1)
    objective = variants.Objective(variants.many_to_one, cell, losses.sigmoid_cross_entropy)
    source = batches.Epochs(batch, 32, by_length=by_length)
    return _weights_of(
        training.fit(objective, params, source, optimizers.Adam(0.03), n_updates, seed=seed, clip=1.0).params
    )


def _sentiment_with(cell, params, words, lengths):
    x = data.one_hot(words, params["cell"]["w_x"].shape[1])
    return 1 / (1 + np.exp(-variants.many_to_one(cell, _network(cell, params), x, lengths=lengths).y[:, 0]))


def _learn_sentiment_by_hand(words, lengths, positive, n_words, n_updates, seed):
    batch = _review_batch(words, lengths, positive, n_words)
    params = variants.init(gru, np.random.default_rng(seed), n_words, 16, 1)
    objective = variants.Objective(variants.many_to_one, gru, losses.sigmoid_cross_entropy)
    return _weights_of(_by_hand(objective, params, batch, 64, n_updates, seed, optimizers.Adam(0.03)))


def _learn_two_classes(words, lengths, positive, n_words, n_updates, seed):
    batch = data.Batch(data.one_hot(words, n_words), positive.astype(int), lengths=lengths)
    params = variants.init(gru, np.random.default_rng(seed), n_words, 16, 2)
    objective = variants.Objective(variants.many_to_one, gru, losses.softmax_cross_entropy)
    fitted = training.fit(objective, params, batches.Epochs(batch, 32), optimizers.Adam(0.03), n_updates, seed=seed)
    return _weights_of(fitted.params)


def _second_class(params, words, lengths):
    x = data.one_hot(words, params["cell"]["w_x"].shape[1])
    return np.exp(_log_softmax(variants.many_to_one(gru, _network(gru, params), x, lengths=lengths).y))[:, 1]


# 11.4


def _pairs(source, target, n_source, n_target):
    read = np.concatenate([np.full((1, target.shape[1]), n_target), target[:-1]])
    return data.PairBatch(data.one_hot(source, n_source), data.one_hot(read, n_target + 1), target)


def _learn_translation_with(cell, source, target, n_source, n_target, n_updates, seed, *, lr=0.01, n_hidden=32):
    params = variants.init_encoder_decoder(
        cell, np.random.default_rng(seed), n_source, n_target + 1, n_hidden, n_target
    )
    objective = variants.Objective(variants.encoder_decoder, cell, losses.softmax_cross_entropy)
    data_source = batches.Epochs(_pairs(source, target, n_source, n_target), 30)
    return _weights_of(training.fit(objective, params, data_source, optimizers.Adam(lr), n_updates, seed=seed).params)


def _translate_with(cell, params, source, n_steps):
    encoder, decoder = cell.Params(**params["encoder"]), cell.Params(**params["decoder"])
    network = variants.EncoderDecoder(encoder, decoder, readout.Params(**params["readout"]))
    n_target = len(network.readout.b_y)
    state = cell.forward(encoder, data.one_hot(source, encoder.w_x.shape[1])).h_n
    read, words = np.full(source.shape[1], n_target), []
    for _ in range(n_steps):
        tape = cell.forward(decoder, data.one_hot(read, n_target + 1)[None], state)
        read, state = readout.forward(network.readout, tape.h[-1]).y.argmax(axis=1), tape.h_n
        words.append(read)
    return np.array(words)


def _learn_translation_by_hand(source, target, n_source, n_target, n_updates, seed):
    rng = np.random.default_rng(seed)
    params = variants.init_encoder_decoder(rnn, rng, n_source, n_target + 1, 32, n_target)
    objective = variants.Objective(variants.encoder_decoder, rnn, losses.softmax_cross_entropy)
    batch = _pairs(source, target, n_source, n_target)
    return _weights_of(_by_hand(objective, params, batch, 30, n_updates, seed, optimizers.RMSprop(0.01)))


def _translate_again(params, source, n_steps):
    """Run the decoder from the start for each word, with teacher forcing on its own answers."""
    parts = rnn.Params(**params["encoder"]), rnn.Params(**params["decoder"]), readout.Params(**params["readout"])
    n_source, n_target = parts[0].w_x.shape[1], len(parts[2].b_y)
    read = np.full((1, source.shape[1]), n_target)
    for _ in range(n_steps):
        x, target_input = data.one_hot(source, n_source), data.one_hot(read, n_target + 1)
        answer = variants.encoder_decoder(rnn, variants.EncoderDecoder(*parts), x, target_input).y[-1]
        read = np.concatenate([read, sampling.draw(np.random.default_rng(0), answer, temperature=0)[None]])
    return read[1:]


ALTERNATIVES = {
    "11.1": (
        Alternative(
            "a GRU",
            {
                "learn_forecast": lambda series, n, seed: _learn_forecast_with(gru, series, n, seed),
                "forecast": lambda params, series: _forecast_with(gru, params, series),
            },
        ),
        Alternative(
            "an LSTM",
            {
                "learn_forecast": lambda series, n, seed: _learn_forecast_with(lstm, series, n, seed),
                "forecast": lambda params, series: _forecast_with(lstm, params, series),
            },
        ),
        Alternative(
            "a loop of one's own, RMSprop",
            {
                "learn_forecast": _learn_forecast_by_hand,
                "forecast": lambda params, series: _forecast_with(rnn, params, series),
            },
        ),
        Alternative("an echo state network", {"learn_forecast": _learn_reservoir, "forecast": _forecast_reservoir}),
    ),
    "11.2": (
        Alternative(
            "a GRU",
            {
                "learn_music": lambda notes, v, n, seed: _learn_music_with(gru, notes, v, n, seed),
                "next_note": lambda params, notes: _next_note_with(gru, params, notes),
            },
        ),
        Alternative(
            "an LSTM",
            {
                "learn_music": lambda notes, v, n, seed: _learn_music_with(lstm, notes, v, n, seed),
                "next_note": lambda params, notes: _next_note_with(lstm, params, notes),
            },
        ),
        Alternative(
            "a loop of one's own, RMSprop",
            {
                "learn_music": _learn_music_by_hand,
                "next_note": lambda params, notes: _next_note_with(rnn, params, notes),
            },
        ),
        Alternative(
            "note by note in NumPy",
            {
                "learn_music": lambda notes, v, n, seed: _learn_music_with(rnn, notes, v, n, seed),
                "next_note": _next_note_by_steps,
            },
        ),
    ),
    "11.3": (
        Alternative(
            "an LSTM",
            {
                "learn_sentiment": lambda *given: _learn_sentiment_with(lstm, *given),
                "sentiment": lambda params, words, lengths: _sentiment_with(lstm, params, words, lengths),
            },
        ),
        Alternative(
            "a loop of one's own",
            {
                "learn_sentiment": _learn_sentiment_by_hand,
                "sentiment": lambda params, words, lengths: _sentiment_with(gru, params, words, lengths),
            },
        ),
        Alternative(
            "batches of similar length",
            {
                "learn_sentiment": lambda *given: _learn_sentiment_with(gru, *given, by_length=True),
                "sentiment": lambda params, words, lengths: _sentiment_with(gru, params, words, lengths),
            },
        ),
        Alternative("two classes, softmax", {"learn_sentiment": _learn_two_classes, "sentiment": _second_class}),
    ),
    "11.4": (
        Alternative(
            "a larger layer",
            {
                "learn_translation": lambda *given: _learn_translation_with(rnn, *given, n_hidden=48),
                "translate": lambda params, source, n: _translate_with(rnn, params, source, n),
            },
        ),
        Alternative(
            "a loop of one's own, RMSprop",
            {
                "learn_translation": _learn_translation_by_hand,
                "translate": lambda params, source, n: _translate_with(rnn, params, source, n),
            },
        ),
        Alternative(
            "the source read backwards",
            {
                "learn_translation": lambda source, *given: _learn_translation_with(rnn, source[::-1], *given),
                "translate": lambda params, source, n: _translate_with(rnn, params, source[::-1], n),
            },
        ),
        Alternative(
            "the decoder run again for each word",
            {"learn_translation": lambda *given: _learn_translation_with(rnn, *given), "translate": _translate_again},
        ),
    ),
    "11.5": (
        Alternative("a float", {"predicted_right": lambda: 9.0}),
        Alternative("a NumPy number", {"predicted_right": lambda: np.int64(9)}),
        Alternative("the palindromes", {"predicted_right": lambda: len(range(11, 100, 11))}),
        Alternative(
            "counted", {"predicted_right": lambda: sum(str(n) == str(n)[::-1] for n in range(11, 100) if n % 10)}
        ),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
_FIT = "the first weights depend on the seed all the same; the order of the batches need not"
_SHIFT = "a softmax takes no notice of what is added to all scores, and these are far from overflowing"
_ONE = "there is one output, first and last"
_STATE = "two digits are so few that the decoder's state carries them without reading the first"
EQUIVALENT = {
    "11.1": {
        "fitted = training.fit(objective, params, source, optimizers.Adam(lr), n_updates)": _FIT,
        "return params['mean'] + params['spread'] * variants.many_to_many(rnn, network, scaled).y[..., -1]": _ONE,
    },
    "11.2": {
        "return weights_of(training.fit(objective, params, source, optimizers.Adam(lr), n_updates).params)": _FIT,
        "without: logits = logits - logits.max(axis=2, keepdims=True)": _SHIFT,
        "logits = logits + logits.max(axis=2, keepdims=True)": _SHIFT,
        "logits = logits": _SHIFT,
        "logits = logits - logits.max(keepdims=True)": _SHIFT,
        "logits = logits - logits.min(axis=2, keepdims=True)": _SHIFT,
    },
    "11.3": {
        "return weights_of(training.fit(objective, params, source, optimizers.Adam(lr), n_updates).params)": _FIT,
        "return 1 / (1 + np.exp(-variants.many_to_one(gru, network, x, lengths=lengths).y[:, -1]))": _ONE,
    },
    "11.4": {
        "read = data.one_hot(np.concatenate([start, target[:1]]), n_target + 1)": "the targets have two words",
        "return weights_of(training.fit(objective, params, data_source, optimizers.Adam(lr), n_updates).params)": _FIT,
        "state = rnn.step(decoder, data.one_hot(words[t + 1], n_target + 1), state)": _STATE,
        "state = rnn.step(decoder, data.one_hot(words[t - 1], n_target + 1), state)": _STATE,
    },
}
