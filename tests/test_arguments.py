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
    data,
    embedding,
    forecasting,
    fused,
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
            assert error is None or "expected" in str(error) or isinstance(error, FileNotFoundError), said


def _error(call, given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call(**given)
        except Exception as error:
            return error
