"""Assignment 11: the reference answers, a training and what it is for, of each application."""

import functools

import numpy as np

from rnnlab import batches, data, gru, losses, optimizers, readout, rnn, training, variants
from rnnlab.checks import codec


def remembered(learn):
    """Return `learn` so that it does not repeat its last trainings: recognising mistakes asks for the same again."""

    @functools.lru_cache(maxsize=16)
    def trained(given: bytes):
        return learn(*codec.decode(given))

    return functools.wraps(learn)(lambda *given: trained(codec.encode(given)))


def weights_of(params):
    return {name: v if isinstance(v, np.ndarray) else weights_of(v) for name, v in params._asdict().items()}


@remembered
def learn_forecast(series, n_updates, seed, n_hidden=16, n_batch=16, lr=0.03):
    mean, spread = float(series.mean()), float(series.std())
    scaled = ((series - mean) / spread)[..., None]
    objective = variants.Objective(variants.many_to_many, rnn, losses.mse)
    params = variants.init(rnn, np.random.default_rng(seed), 1, n_hidden, 1)
    source = batches.Epochs(data.Batch(scaled[:-1], scaled[1:]), n_batch)
    fitted = training.fit(objective, params, source, optimizers.Adam(lr), n_updates, seed=seed)
    return {"mean": mean, "spread": spread, **weights_of(fitted.params)}


def forecast(params, series):
    network = variants.Params(rnn.Params(**params["cell"]), readout.Params(**params["readout"]))
    scaled = ((series - params["mean"]) / params["spread"])[..., None]
    return params["mean"] + params["spread"] * variants.many_to_many(rnn, network, scaled).y[..., 0]


@remembered
def learn_music(notes, n_notes, n_updates, seed, n_hidden=16, n_batch=32, lr=0.02):
    objective = variants.Objective(variants.many_to_many, rnn, losses.softmax_cross_entropy)
    params = variants.init(rnn, np.random.default_rng(seed), n_notes, n_hidden, n_notes)
    source = batches.Epochs(data.Batch(data.one_hot(notes[:-1], n_notes), notes[1:]), n_batch)
    return weights_of(training.fit(objective, params, source, optimizers.Adam(lr), n_updates, seed=seed).params)


def next_note(params, notes):
    network = variants.Params(rnn.Params(**params["cell"]), readout.Params(**params["readout"]))
    n_notes = len(params["readout"]["b_y"])
    logits = variants.many_to_many(rnn, network, data.one_hot(notes, n_notes)).y
    logits = logits - logits.max(axis=2, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))


@remembered
def learn_sentiment(words, lengths, positive, n_words, n_updates, seed, n_hidden=16, n_batch=32, lr=0.03):
    objective = variants.Objective(variants.many_to_one, gru, losses.sigmoid_cross_entropy)
    params = variants.init(gru, np.random.default_rng(seed), n_words, n_hidden, 1)
    batch = data.Batch(data.one_hot(words, n_words), positive[:, None], lengths=lengths)
    source = batches.Epochs(batch, n_batch)
    return weights_of(training.fit(objective, params, source, optimizers.Adam(lr), n_updates, seed=seed).params)


def sentiment(params, words, lengths):
    network = variants.Params(gru.Params(**params["cell"]), readout.Params(**params["readout"]))
    x = data.one_hot(words, network.cell.w_x.shape[1])
    return 1 / (1 + np.exp(-variants.many_to_one(gru, network, x, lengths=lengths).y[:, 0]))


@remembered
def learn_translation(source, target, n_source, n_target, n_updates, seed, n_hidden=32, n_batch=20, lr=0.01):
    start = np.full((1, target.shape[1]), n_target)
    read = data.one_hot(np.concatenate([start, target[:-1]]), n_target + 1)
    batch = data.PairBatch(data.one_hot(source, n_source), read, target)
    objective = variants.Objective(variants.encoder_decoder, rnn, losses.softmax_cross_entropy)
    rng = np.random.default_rng(seed)
    params = variants.init_encoder_decoder(rnn, rng, n_source, n_target + 1, n_hidden, n_target)
    fitted = training.fit(objective, params, batches.Epochs(batch, n_batch), optimizers.Adam(lr), n_updates, seed=seed)
    return weights_of(fitted.params)


def translate(params, source, n_steps):
    encoder, decoder = rnn.Params(**params["encoder"]), rnn.Params(**params["decoder"])
    n_source, n_target = encoder.w_x.shape[1], len(params["readout"]["b_y"])
    state = rnn.forward(encoder, data.one_hot(source, n_source)).h_n
    words = np.full((n_steps + 1, source.shape[1]), n_target)
    for t in range(n_steps):
        state = rnn.step(decoder, data.one_hot(words[t], n_target + 1), state)
        words[t + 1] = readout.forward(readout.Params(**params["readout"]), state).y.argmax(axis=1)
    return words[1:]
