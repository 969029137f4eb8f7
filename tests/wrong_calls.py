"""Wrong calls by name: what is called, the error, and its message."""

from functools import partial

import numpy as np

from rnnlab import (
    analysis,
    batches,
    bptt,
    callbacks,
    compare,
    convert,
    data,
    embedding,
    forecasting,
    fused,
    gradcheck,
    losses,
    lstm,
    optimizers,
    plots,
    readout,
    rnn,
    rtrl,
    sampling,
    training,
    variants,
)
from rnnlab.bidirectional import Bidirectional
from rnnlab.model import Model
from rnnlab.stack import Stack

X = np.random.default_rng(0).normal(size=(5, 3, 2))
BATCH = data.Batch(X, np.ones((3, 1)), per_step=False)
PAIRS = data.PairBatch(X, X, np.ones((5, 3, 1)))
PARAMS = variants.init(lstm, 0, 2, 4, 1)
OBJECTIVE = variants.Objective(variants.many_to_one, lstm, losses.mse)
TASK = compare.Task(partial(data.adding, n_batch=2, n_steps=4), losses.mse, n_output=1, n_updates=1)


def fit(objective=OBJECTIVE, source=None, **options):
    source = source or batches.Epochs(BATCH, 2)
    return training.fit(objective, PARAMS, source, optimizers.Adam(0.01), 3, **options)


def tokens_stepper():
    return sampling.stepper(lstm, variants.init(lstm, 0, 3, 3, 3))


CALLS = {
    "a seed below 0": (lambda: fit(seed=-1), TypeError, "seed is -1, expected a whole number of 0 or more"),
    "a seed that is no whole number": (
        lambda: fit(seed=1.5),
        TypeError,
        "seed is 1.5, expected a whole number of 0 or more",
    ),
    "callbacks without a list": (
        lambda: fit(callbacks=print),
        TypeError,
        "callbacks is <built-in function print>, expected a list of functions",
    ),
    "callbacks of no functions": (
        lambda: fit(callbacks=[3]),
        TypeError,
        "callbacks is [3], expected a list of functions",
    ),
    "a validation without a loss": (
        lambda: fit(validate=lambda params: None),
        TypeError,
        "validate returned None as the loss, expected one number",
    ),
    "a validation of several losses": (
        lambda: fit(validate=lambda params: np.ones(2)),
        TypeError,
        "validate returned array([1., 1.]) as the loss, expected one number",
    ),
    "an objective without a gradient": (
        lambda: fit(lambda params, batch: 1.0),
        TypeError,
        "objective returned 1.0, expected the loss and its gradient",
    ),
    "a variant's name": (
        lambda: variants.Objective("many_to_one", lstm, losses.mse),
        TypeError,
        "variant is 'many_to_one', expected a function of rnnlab.variants",
    ),
    "a loss's name": (
        lambda: variants.Objective(variants.many_to_one, lstm, "mse"),
        TypeError,
        "loss is 'mse', expected a function of rnnlab.losses",
    ),
    "a cell's name in an objective": (
        lambda: variants.Objective(variants.many_to_one, "lstm", losses.mse),
        TypeError,
        "cell is 'lstm', expected a cell such as rnnlab.lstm, or layers of one",
    ),
    "a cell's name for weights": (
        lambda: variants.init("lstm", 0, 2, 3, 1),
        TypeError,
        "cell is 'lstm', expected a cell such as rnnlab.lstm, or layers of one",
    ),
    "a cell's name in layers": (
        lambda: Stack("lstm", 2),
        TypeError,
        "cell is 'lstm', expected a cell such as rnnlab.lstm, or layers of one",
    ),
    "a cell's name in two directions": (
        lambda: Bidirectional("lstm"),
        TypeError,
        "cell is 'lstm', expected a cell such as rnnlab.lstm, or layers of one",
    ),
    "a pair as a batch": (
        lambda: OBJECTIVE(PARAMS, (X, X)),
        TypeError,
        "batch is tuple, expected a data.Batch: data.Batch(x, target, per_step=...)",
    ),
    "a pair as a stream": (
        lambda: training.fit_stream(lstm, PARAMS, (X, X), losses.mse, optimizers.Adam(), 2),
        TypeError,
        "stream is tuple, expected a data.Batch: data.Batch(x, target, per_step=...)",
    ),
    "a pair in epochs": (
        lambda: batches.Epochs((X, X), 2),
        TypeError,
        "batch is tuple, expected a data.Batch: data.Batch(x, target, per_step=...)",
    ),
    "a share that is no number": (
        lambda: batches.split(BATCH, 0, "half"),
        ValueError,
        "share is 'half' of 3 rows, expected a share between 0 and 1 of at least 2 rows",
    ),
    "an array as a table of vectors": (
        lambda: embedding.forward(np.ones((3, 2)), [[1]]),
        TypeError,
        "params is numpy.ndarray, expected rnnlab.embedding.Params",
    ),
    "an array as a readout": (
        lambda: readout.forward(np.ones((3, 2)), np.ones((1, 2))),
        TypeError,
        "params is numpy.ndarray, expected rnnlab.readout.Params",
    ),
    "a tape of something else": (
        lambda: readout.backward(lstm.forward(PARAMS.cell, X), np.ones((1, 2))),
        TypeError,
        "tape is rnnlab.lstm.Tape, expected rnnlab.readout.Tape",
    ),
    "a tape of something else for vectors": (
        lambda: embedding.backward(lstm.forward(PARAMS.cell, X), np.ones((1, 2))),
        TypeError,
        "tape is rnnlab.lstm.Tape, expected rnnlab.embedding.Tape",
    ),
    "a whole network where its cell is converted": (
        lambda: convert.to_torch(PARAMS),
        TypeError,
        "params is rnnlab.variants.Params, expected weights of cells: its cell alone, params.cell",
    ),
    "nothing from Keras": (
        lambda: convert.from_keras(lstm, None),
        TypeError,
        "weights is NoneType, expected a list of arrays, such as layer.get_weights()",
    ),
    "a loss in place of its function": (
        lambda: gradcheck.check(1.0, PARAMS, PARAMS),
        TypeError,
        "loss is float, expected a function from values to one number",
    ),
    "a seed cut to a whole number": (
        lambda: compare.compare({"rnn": rnn}, {"adding": TASK}, [0.5]),
        TypeError,
        "a seed is 0.5, expected a whole number of 0 or more",
    ),
    "cells without names": (
        lambda: compare.compare([rnn], {"adding": TASK}, [0]),
        TypeError,
        "cells is list, expected a mapping from names, such as {'gru': gru}",
    ),
    "a temperature in words": (
        lambda: sampling.generate(tokens_stepper(), None, [1], 3, 0, temperature="hot"),
        ValueError,
        "temperature is 'hot', expected 0 or more",
    ),
    "an option that no cell has": (
        lambda: variants.many_to_many(lstm, PARAMS, X, droput=0.5),
        TypeError,
        "many_to_many() has no option 'droput'; of the cell's own there are: none",
    ),
    "an option of another cell": (
        lambda: Stack(lstm, 2).forward(Stack(lstm, 2).init(0, 2, 3), X, reset="before"),
        TypeError,
        "Stack() has no option 'reset'; of the cell's own there are: none",
    ),
    "an option of layers": (
        lambda: Bidirectional(lstm).forward(Bidirectional(lstm).init(0, 2, 3), X, dropout=0.5),
        TypeError,
        "Bidirectional() has no option 'dropout'; of the cell's own there are: none",
    ),
    "an option of no learning rule": (
        lambda: bptt.full(lstm, PARAMS.cell, X, lambda start, h: h, droput=0.5),
        TypeError,
        "full() has no option 'droput'; of the cell's own there are: none",
    ),
    "an option of no learning rule forward in time": (
        lambda: rtrl.uoro(rnn, rnn.init(0, 2, 3), X, lambda start, h: h, rng=0, reset="after"),
        TypeError,
        "uoro() has no option 'reset'; of the cell's own there are: activation",
    ),
    "an option of no analysis": (
        lambda: analysis.jacobians(lstm, PARAMS.cell, X, reset="after"),
        TypeError,
        "jacobians() has no option 'reset'; of the cell's own there are: none",
    ),
    "an option that no weights have": (
        lambda: variants.init(lstm, 0, 2, 4, 1, forget_bais=2.0),
        TypeError,
        "init() has no option 'forget_bais'; of the cell's own there are: dtype, forget_bias, scheme",
    ),
    "an option that no layers have": (
        lambda: Bidirectional(Stack(rnn, 2)).init(0, 2, 4, forget_bias=2.0),
        TypeError,
        "init() has no option 'forget_bias'; of the cell's own there are: dtype, scheme",
    ),
    "early stopping without a validation": (
        lambda: fit(callbacks=[callbacks.EarlyStopping(2)]),
        ValueError,
        "EarlyStopping is given without validate, expected it, or on='loss'",
    ),
    "an optimizer's class where steps are compiled": (
        lambda: fused.fit(lstm, PARAMS, batches.Epochs(BATCH, 2), optimizers.Adam, 3),
        TypeError,
        "optimizer is the class Adam, expected an object such as Adam(0.01)",
    ),
    "a clip of nothing": (lambda: fit(clip=0), ValueError, "clip is 0, expected a number above 0"),
    "a text from a network that reads to the end first": (
        lambda: Model(Bidirectional(rnn), 4, readout=3, embedding=(3, 2), per_step=True).build().generate([0], 3, 0),
        ValueError,
        "generate carries the state on, and cell reads in both directions: expected one that reads ahead",
    ),
    "dropout in words": (
        lambda: Stack(lstm, 2).forward(Stack(lstm, 2).init(0, 2, 3), X, dropout="0.5", rng=0),
        ValueError,
        "dropout is '0.5', expected at least 0 and less than 1",
    ),
    "one level": (
        lambda: losses.Quantiles(0.5),
        TypeError,
        "levels is 0.5, expected several numbers, such as (0.1, 0.5, 0.9)",
    ),
    "a compiled run on targets of every step": (
        lambda: fused.fit(
            lstm, PARAMS, lambda seed, n: data.Batch(X, np.ones((5, 3, 1)), per_step=True), optimizers.Adam(), 3
        ),
        ValueError,
        "batch has a target per step, expected one per sequence: training.fit takes it",
    ),
    "text where numbers are padded": (
        lambda: data.pad([["a", "b"], ["c"]]),
        TypeError,
        "sequences[0] has dtype <U1, expected numbers, as Vocabulary.encode gives them",
    ),
    "text as a stream": (
        lambda: data.streams("abc", 2),
        ValueError,
        "sequence is 'abc', expected (N, ...) numbers in order",
    ),
    "half a key": (
        lambda: data.render(np.full((2, 88), 0.5)),
        ValueError,
        "roll[0, 0] is 0.5, expected 0 or 1",
    ),
    "half a key in a picture": (
        lambda: plots.piano_roll(np.full((2, 88), 0.5)),
        ValueError,
        "roll[0, 0] is 0.5, expected 0 or 1",
    ),
    "a step in words": (
        lambda: data.write_score("never.mid", np.eye(2, 88), step="1/8"),
        ValueError,
        "step is '1/8', expected at least 0.015625",
    ),
    "a model's vectors of tokens": (
        lambda: sampling.stepper(rnn, Model(rnn, 3, readout=3, embedding=(3, 3), per_step=True).build().weights),
        ValueError,
        "params has an embedding, which stepper does not read: Model.generate does",
    ),
    "a gradient of nothing": (
        lambda: bptt.full(lstm, PARAMS.cell, X, lambda start, h: None),
        TypeError,
        "dloss returned None, expected the gradient by the states, of shape (5, 3, 4)",
    ),
    "a gradient in place of its function": (
        lambda: bptt.truncated(lstm, PARAMS.cell, X, X, k1=2, k2=2),
        TypeError,
        f"dloss is {X!r:.60}, expected a function from a place and states to their gradient",
    ),
    "pairs for one answer": (
        lambda: OBJECTIVE(PARAMS, PAIRS),
        TypeError,
        "batch is PairBatch, which encoder_decoder reads, expected a data.Batch for many_to_one",
    ),
    "a batch for an encoder-decoder": (
        lambda: variants.Objective(variants.encoder_decoder, lstm, losses.mse)(PARAMS, BATCH),
        TypeError,
        "batch is Batch, expected a data.PairBatch for encoder_decoder",
    ),
    "a wave of no steps": (
        lambda: data.sine(0, 2, period=0),
        ValueError,
        "period is 0, expected a number above 0",
    ),
    "the entropy of no probability": (
        lambda: data.binary_entropy(2.0),
        ValueError,
        "p is 2.0, expected a probability",
    ),
    "a tempo of nothing": (
        lambda: data.render(np.eye(2, 88), tempo=0),
        ValueError,
        "tempo is 0, expected a number above 0",
    ),
    "a step of nothing": (
        lambda: data.render(np.eye(2, 88), step=1e-9),
        ValueError,
        "a step of 1e-09 at a tempo of 96.0 is shorter than a sample, expected a longer one",
    ),
    "a forecaster's cell that is none": (
        lambda: forecasting.Forecaster("transformer"),
        ValueError,
        "cell is 'transformer', expected one of rnn, gru, lstm, or a cell itself",
    ),
    "a forecaster's step size in place of an optimizer": (
        lambda: forecasting.Forecaster(optimizer=0.01),
        TypeError,
        "optimizer is 0.01, expected an object such as rnnlab.optimizers.Adam(0.01)",
    ),
    "losses without names": (
        lambda: plots.loss_curves(fit().history),
        TypeError,
        "losses is History, expected a mapping from names, such as {'loss': history.loss}",
    ),
    "sentences of another task": (
        lambda: data.read_sentences(BATCH),
        ValueError,
        "batch has x of shape (5, 3, 2), expected (T, B, 20) and lengths, as sentiment returns them",
    ),
    "a generator of old": (
        lambda: lstm.init(np.random, 2, 3),
        TypeError,
        f"rng is {np.random!r:.60}, expected a numpy.random.Generator or a seed of 0 or more",
    ),
    "masked entries of one input": (
        lambda: variants.one_to_one(lstm, PARAMS, np.ma.masked_greater(X[0], 0)),
        ValueError,
        "x is a masked array with masked entries, expected numbers and a mask of its own",
    ),
}
