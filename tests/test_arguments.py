"""Whatever stands in the place of an argument is taken, or named with what was expected: no error comes from within."""

import inspect
import warnings

import numpy as np
import pytest

from rnnlab import (
    activations,
    analysis,
    batches,
    bptt,
    callbacks,
    checkpoint,
    compare,
    convert,
    data,
    embedding,
    forecasting,
    fused,
    gradcheck,
    gru,
    initializers,
    losses,
    lstm,
    metrics,
    optimizers,
    readout,
    rnn,
    rtrl,
    sampling,
    training,
    variants,
)
from rnnlab.bidirectional import Bidirectional
from rnnlab.model import Model
from rnnlab.recurrent_dropout import RecurrentDropout
from rnnlab.stack import Stack

X, WAVE = np.random.default_rng(0).normal(size=(4, 3, 2)), np.sin(np.arange(40.0))
STATE, BATCH = np.zeros((3, 4)), data.Batch(X, np.ones((3, 1)), per_step=False)
CELLS = {cell: cell.init(0, 2, 4) for cell in (rnn, lstm, gru)}
PARAMS, TOKENS = variants.init(lstm, 0, 2, 4, 1), variants.init(lstm, 0, 3, 4, 3)
OBJECTIVE, ROWS = variants.Objective(variants.many_to_one, lstm, losses.mse), batches.Epochs(BATCH, 2)
RULE = {"cell": rnn, "params": CELLS[rnn], "x": X, "dloss": lambda start, h: h}
DRAWN = {"rng": 0, "n_input": 2, "n_hidden": 3}
RUN = {"params": PARAMS, "source": ROWS, "optimizer": optimizers.SGD(0.1), "n_updates": 1}
SCORES = {"logits": [[1.0, 2.0]], "target": [1]}
BEFORE = {"state": STATE, "x_t": X[0]}

LAYERS = (Stack(lstm, 2), Bidirectional(rnn), RecurrentDropout(gru))
HEAD, VECTORS = readout.init(0, 4, 2), embedding.init(0, 5, 2)
STREAM = data.Batch(X, np.ones((4, 3, 1)), per_step=True)
LETTERS = data.Vocabulary.of(["ab"], ("<start>", "<end>"))
MODEL = Model("gru", 3, readout=1, per_step=False).build(2)
WRITER = Model("gru", 3, readout=4, embedding=(4, 2), loss=losses.softmax_cross_entropy, per_step=True).build()
NETWORK = forecasting.Forecaster("rnn", k=2, horizon=2, n_hidden=2, n_updates=1).fit(WAVE)

CALLS = [
    *((cell.forward, {"params": params, "x": X}) for cell, params in CELLS.items()),
    *((cell.init, DRAWN) for cell in CELLS),
    *((cell.step, {"params": CELLS[cell], **BEFORE}) for cell in (rnn, gru)),
    (lstm.step, {"params": CELLS[lstm], **BEFORE, "state": (STATE, STATE)}),
    (variants.init, {"cell": lstm, **DRAWN, "n_output": 1}),
    (
        variants.init_encoder_decoder,
        {"cell": lstm, "rng": 0, "n_source": 2, "n_target": 2, "n_hidden": 3, "n_output": 1},
    ),
    (variants.many_to_one, {"cell": lstm, "params": PARAMS, "x": X}),
    (variants.one_to_many, {"cell": lstm, "params": PARAMS, "x": X[0], "n_steps": 2}),
    (bptt.full, RULE),
    (bptt.truncated, {**RULE, "k1": 2, "k2": 2}),
    (bptt.checkpointed, RULE),
    (bptt.randomly_truncated, {**RULE, "p": 0.5, "rng": 0}),
    (rtrl.rtrl, RULE),
    (rtrl.uoro, {**RULE, "rng": 0}),
    (analysis.jacobians, {"cell": rnn, "params": CELLS[rnn], "x": X}),
    (analysis.gradient_norms, {"cell": rnn, "params": CELLS[rnn], "x": X, "dh_n": STATE}),
    (analysis.products, {"jacobians": np.ones((3, 2, 2))}),
    (embedding.init, {"rng": 0, "n_tokens": 4, "n_output": 2}),
    (readout.init, {"rng": 0, "n_hidden": 4, "n_output": 2}),
    (initializers.recurrent, {"n_gates": 1, **DRAWN}),
    (activations.value, {"name": "tanh", "a": [1.0]}),
    (activations.derivative, {"name": "tanh", "a": [1.0]}),
    (sampling.draw, {"rng": 0, "logits": [1.0, 2.0]}),
    (sampling.generate, {"step": sampling.stepper(lstm, TOKENS), "state": None, "start": [1], "n": 2, "rng": 0}),
    (sampling.beam_search, {"step": sampling.stepper(lstm, TOKENS), "state": None, "start": 0, "width": 2, "n": 2}),
    (sampling.generate_notes, {"cell": lstm, "params": TOKENS, "start": np.zeros((1, 3)), "n": 2, "rng": 0}),
    (sampling.stepper, {"cell": lstm, "params": TOKENS}),
    (batches.Epochs, {"batch": BATCH, "n_batch": 2}),
    (batches.endless, {"draw": lambda rng: BATCH}),
    (batches.split, {"batch": BATCH, "rng": 0}),
    (batches.split_in_time, {"batch": BATCH}),
    (batches.take, {"batch": BATCH, "rows": [0]}),
    (training.fit, {"objective": OBJECTIVE, **RUN}),
    (fused.fit, {"cell": lstm, **RUN}),
    (optimizers.SGD, {"lr": 0.1}),
    (optimizers.Adam, {}),
    (optimizers.RMSprop, {}),
    (optimizers.cosine, {"lr": 0.1, "n_updates": 5}),
    (optimizers.step_decay, {"lr": 0.1, "factor": 0.5, "every": 2}),
    (optimizers.clip_by_global_norm, {"grads": [np.ones(2)], "max_norm": 1.0}),
    (losses.mse, {"y": [[1.0]], "target": [[2.0]]}),
    (losses.softmax_cross_entropy, SCORES),
    (losses.sigmoid_cross_entropy, {"logits": [[1.0]], "target": [[1.0]]}),
    (losses.gaussian, {"y": [[1.0, 0.0]], "target": [[1.0]]}),
    (losses.Quantiles, {"levels": (0.1, 0.9)}),
    (metrics.mae, {"y": [[1.0]], "target": [[2.0]]}),
    (metrics.accuracy, SCORES),
    (metrics.perplexity, SCORES),
    (metrics.coverage, {"low": [0.0], "high": [1.0], "target": [0.5]}),
    (data.windows, {"series": WAVE, "k": 3}),
    (data.seasonal_naive, {"history": WAVE, "period": 2, "n": 2}),
    (data.one_hot, {"index": [1], "n": 3}),
    (data.length_mask, {"lengths": [1, 2], "n_steps": 3}),
    (data.pad, {"sequences": [[1], [2, 3]]}),
    (data.streams, {"sequence": WAVE, "n_batch": 2}),
    (data.excerpts, {"rng": 0, "index": [0, 1, 2, 0], "n_batch": 2, "n_steps": 2, "n_tokens": 3}),
    (data.render, {"roll": np.eye(1, 88)}),
    (data.read_table, {"path": "never.csv"}),
    (data.read_score, {"path": "never.mid"}),
    (checkpoint.load, {"path": "never.npz", "like": {}}),
    (callbacks.EarlyStopping, {"patience": 2}),
    (Model, {"cell": "gru", "n_hidden": 3}),
    (forecasting.Forecaster, {}),
    (forecasting.Linear, {"k": 2, "horizon": 2}),
    (forecasting.Seasonal, {"period": 2, "horizon": 2}),
    (forecasting.Mean, {"k": 2, "horizon": 2}),
    (
        forecasting.backtest,
        {"forecasters": {"a": forecasting.Seasonal(1, 2)}, "series": WAVE, "n_train": 36, "horizon": 2},
    ),
    (forecasting.Scaler.fit, {"values": WAVE}),
    (forecasting.calendar, {"times": np.array(["2026-01-01"], "M8[h]")}),
    (Stack, {"cell": lstm, "n_layers": 2}),
    (Bidirectional, {"cell": lstm}),
    (compare.compare, {"cells": {"rnn": rnn}, "tasks": {}, "seeds": [0]}),
    *((cell.backward, {"tape": cell.forward(params, X), "dh": np.ones((4, 3, 4))}) for cell, params in CELLS.items()),
    *((layers.forward, {"params": layers.init(0, 2, 4), "x": X}) for layers in LAYERS),
    *((layers.init, DRAWN) for layers in LAYERS),
    *(
        (layers.backward, {"tape": layers.forward(layers.init(0, 2, 4), X), "dh": np.ones((4, 3, width))})
        for layers, width in zip(LAYERS, (4, 8, 4), strict=True)
    ),
    (variants.backward, {"tape": variants.many_to_one(lstm, PARAMS, X), "dy": np.ones((3, 1))}),
    (variants.many_to_many, {"cell": lstm, "params": PARAMS, "x": X}),
    (variants.one_to_one, {"cell": lstm, "params": PARAMS, "x": X[0]}),
    (variants.Objective, {"variant": variants.many_to_one, "cell": lstm, "loss": losses.mse}),
    (OBJECTIVE.value, {"params": PARAMS, "batch": BATCH}),
    (readout.forward, {"params": HEAD, "h": STATE}),
    (readout.backward, {"tape": readout.forward(HEAD, STATE), "dy": np.ones((3, 2))}),
    (embedding.forward, {"params": VECTORS, "tokens": [[1]]}),
    (embedding.backward, {"tape": embedding.forward(VECTORS, [[1]]), "dx": np.ones((1, 1, 2))}),
    (analysis.gate_statistics, {"cell": lstm, "tape": lstm.forward(CELLS[lstm], X)}),
    (analysis.spectral_radius, {"w": np.eye(2)}),
    (initializers.glorot, {"rng": 0, "n_out": 2, "n_in": 2}),
    (initializers.orthogonal, {"rng": 0, "n": 2}),
    (
        optimizers.SGD(0.1).update,
        {"params": np.ones(2), "grads": np.ones(2), "state": optimizers.SGD(0.1).init(np.ones(2))},
    ),
    (optimizers.global_norm, {"grads": [np.ones(2)]}),
    (optimizers.lr_at, {"optimizer": optimizers.SGD(0.1), "n_updates": 1}),
    (
        training.fit_stream,
        {
            "cell": lstm,
            "params": PARAMS,
            "stream": STREAM,
            "loss": losses.mse,
            "optimizer": optimizers.SGD(0.1),
            "k": 2,
        },
    ),
    (
        training.sliding_window,
        {"cell": lstm, "params": PARAMS, "x": X, "target": np.ones((4, 3, 1)), "k": 2, "lr": 0.1, "n_epochs": 1},
    ),
    (
        gradcheck.check,
        {"loss": lambda values: float((values**2).sum()), "values": np.ones(2), "gradients": 2 * np.ones(2)},
    ),
    (convert.to_torch, {"params": CELLS[lstm]}),
    (convert.from_torch, {"cell": lstm, "weights": convert.to_torch(CELLS[lstm])}),
    (convert.from_keras, {"cell": rnn, "weights": convert.to_keras(CELLS[rnn])}),
    (data.pair_batch, {"pairs": [("a", "a")], "source": LETTERS, "target": LETTERS}),
    (data.Vocabulary, {"tokens": ("a", "b")}),
    (data.Vocabulary.of, {"texts": ["ab"]}),
    (LETTERS.encode, {"text": "a"}),
    (LETTERS.decode, {"index": [0]}),
    (data.Batch, {"x": X, "target": np.ones((3, 1))}),
    *(
        (reader, {"path": "never.csv"})
        for reader in (data.read_frame, data.read_pairs, data.read_labelled, data.read_text)
    ),
    (data.write_score, {"path": "a.mid", "roll": np.eye(1, 88)}),
    (data.write_wave, {"path": "a.wav", "sound": [0.0]}),
    (data.rolling_origin, {"n": 10, "n_train": 5, "horizon": 2}),
    (data.adding_baselines, {}),
    (data.echo_baselines, {}),
    (data.sine, {"rng": 0, "n_batch": 2}),
    (checkpoint.save, {"path": "a.npz", "values": {"w": np.ones(2)}}),
    (checkpoint.entry, {"path": "never.npz", "name": "w"}),
    (callbacks.Checkpoints, {"folder": "kept", "every": 2}),
    (callbacks.CsvLog, {"path": "log.csv"}),
    (Model("gru", 3).fit, {"batch": BATCH, "n_updates": 1}),
    (MODEL.predict, {"x": X}),
    (MODEL.evaluate, {"batch": BATCH}),
    (MODEL.save, {"path": "model.npz"}),
    (Model.load, {"path": "never.npz"}),
    (WRITER.generate, {"start": [0], "n": 2, "rng": 0}),
    (WRITER.steps, {}),
    (NETWORK.predict, {"series": WAVE}),
    (forecasting.Seasonal(1, 2).fit, {"series": WAVE}),
    (compare.Task, {"draw": lambda rng: BATCH, "loss": losses.mse, "n_output": 1}),
    (compare.summarize, {"rows": []}),
    (compare.table, {"rows": []}),
]
NAMED = {f"{call.__module__}.{call.__qualname__}": (call, given) for call, given in CALLS}


@pytest.mark.parametrize("name", NAMED)
def test_what_stands_in_the_place_of_an_argument_is_taken_or_named(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # what is taken for a file's name is written there
    call, given = NAMED[name]
    for argument in inspect.signature(call).parameters.values():
        if argument.kind in (argument.VAR_KEYWORD, argument.VAR_POSITIONAL):
            continue
        for odd in (None, "no", -1, 2.5, 1j, {}, [], (1, 2), np.nan, object()):
            error = _error(call, {**given, argument.name: odd})
            said = f"{argument.name}={odd!r}: {error!r}"
            assert isinstance(error, None | TypeError | ValueError | OSError), said
            named = "expected" in str(error) or "is missing" in str(error)
            assert error is None or named or isinstance(error, FileNotFoundError), said


def _error(call, given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call(**given)
        except Exception as error:
            return error
