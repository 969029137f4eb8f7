"""A model object does what the functions below it do, and keeps what belongs to its weights."""

import copy
import pickle

import numpy as np
import pytest
from saying import says

from rnnlab import (
    _pytree,
    batches,
    callbacks,
    data,
    gradcheck,
    gru,
    losses,
    lstm,
    metrics,
    optimizers,
    rnn,
    training,
    variants,
)
from rnnlab.bidirectional import Bidirectional
from rnnlab.model import Model
from rnnlab.recurrent_dropout import RecurrentDropout
from rnnlab.stack import Stack

BATCH = data.adding(np.random.default_rng(0), n_batch=40, n_steps=5)
TOKENS = np.random.default_rng(1).integers(0, 6, (7, 4))
TEXT = data.Batch(TOKENS[:-1], TOKENS[1:], per_step=True)


def same(one, two):
    pairs = zip(_pytree.leaves(one), _pytree.leaves(two), strict=True)
    return all(a == b and np.array_equal(x, y) for (a, x), (b, y) in pairs)


def test_it_trains_as_the_functions_do():
    model = Model(gru, 6, seed=3)
    fit = model.fit(BATCH, 20, n_batch=8, clip=None, optimizer=optimizers.Adam(0.02))
    rng = np.random.default_rng(3)
    params = variants.init(gru, rng, 2, 6, 1)
    objective = variants.Objective(variants.many_to_one, gru, losses.mse)
    by_hand = training.fit(objective, params, batches.Epochs(BATCH, 8), optimizers.Adam(0.02), 20, seed=3)
    np.testing.assert_array_equal(fit.history.loss, by_hand.history.loss)
    assert same(model.weights.cell, by_hand.params.cell)
    y = variants.many_to_one(gru, by_hand.params, BATCH.x).y
    np.testing.assert_array_equal(model.predict(BATCH.x), y)
    assert model.evaluate(BATCH, {"mae": metrics.mae})["mae"] == pytest.approx(np.abs(y - BATCH.target).mean())


@pytest.mark.parametrize("cell", [rnn, lstm, Stack(gru, 2), Bidirectional(lstm)])
@pytest.mark.parametrize("per_step", [False, True])
def test_the_gradient_of_a_model_with_an_embedding_is_right(cell, per_step):
    target = TOKENS[1:] if per_step else TOKENS[-1]
    batch = data.Batch(TOKENS[:-1], target, lengths=[6, 3, 1, 5], per_step=per_step)
    model = Model(cell, 3, readout=6, embedding=(6, 2), loss=losses.softmax_cross_entropy, per_step=per_step).build()
    _, gradient = model.objective(model.weights, batch)
    report = gradcheck.check(lambda weights: model.objective.value(weights, batch), model.weights, gradient)
    assert report.ok, report


def test_best_and_last_weights_metrics_and_callbacks(tmp_path):
    training_part, held = batches.split(BATCH, 0)
    told = []
    model = Model("lstm", 4)
    fit = model.fit(
        training_part,
        30,
        validate=held,
        validate_every=10,
        metrics={"rmse": metrics.rmse},
        callbacks=[told.append, callbacks.CsvLog(tmp_path / "log.csv"), callbacks.Checkpoints(tmp_path, 10, keep=2)],
    )
    assert len(told) == 30
    assert len(model.metrics["rmse"]) == len(fit.history.validation) == 3
    np.testing.assert_allclose(np.square(model.metrics["rmse"]), fit.history.validation)
    assert min(fit.history.validation) == pytest.approx(model.evaluate(held)["loss"])
    assert same(model.last, fit.last)
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == ["weights-0000020.npz", "weights-0000030.npz"]
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 31


@pytest.mark.parametrize("copied", ["file", "pickle", "deepcopy"])
@pytest.mark.parametrize("cell", [rnn, Stack(gru, 2), Stack(Bidirectional(lstm), 2), RecurrentDropout(Stack(lstm, 2))])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_model_comes_back_as_it_was(cell, copied, dtype, tmp_path):
    options = {"activation": "relu"} if cell is rnn else {"reset": "before"} if cell == Stack(gru, 2) else {}
    loss = losses.Quantiles((0.1, 0.9))
    model = Model(cell, 4, readout=2, loss=loss, per_step=False, options=options, dtype=dtype).build(2)
    if copied == "file":
        model.save(tmp_path / "model.npz")
        again = Model.load(tmp_path / "model.npz")
    else:
        again = copy.deepcopy(model) if copied == "deepcopy" else pickle.loads(pickle.dumps(model))
    assert repr(again) == repr(model)
    assert again.options == model.options
    np.testing.assert_array_equal(again.predict(BATCH.x.astype(dtype)), model.predict(BATCH.x.astype(dtype)))
    assert again.summary() == model.summary()


def test_what_a_file_cannot_hold_is_asked_for(tmp_path):
    model = Model(gru, 3, readout=1, loss=lambda y, target, mask: losses.mse(y, target, mask), per_step=False).build(2)
    model.save(tmp_path / "model.npz")
    with says(ValueError, f"{tmp_path / 'model.npz'}: its loss is none of the library's, expected it as loss="):
        Model.load(tmp_path / "model.npz")
    Model.load(tmp_path / "model.npz", loss=losses.mse)


@pytest.mark.parametrize("cell", [rnn, gru, lstm, Stack(lstm, 2)])
def test_one_step_at_a_time_is_the_whole_sequence(cell):
    model = Model(cell, 4, readout=3, embedding=(6, 2), per_step=True).build()
    steps = model.steps()
    one_by_one = np.array([steps.read(tokens) for tokens in TOKENS])
    np.testing.assert_allclose(one_by_one, model.predict(TOKENS), rtol=1e-12, atol=1e-14)
    steps.reset(rows=[1])
    after = steps.read(TOKENS[0])
    np.testing.assert_allclose(after[1], one_by_one[0, 1], rtol=1e-12)
    assert not np.allclose(after[0], one_by_one[0, 0])
    with pytest.raises(ValueError, match="reads in both directions"):
        Model(Bidirectional(rnn), 4, readout=3, per_step=True).build(2).steps()


def test_sampling_uses_the_options_of_the_weights():
    model = Model(gru, 8, readout=6, embedding=(6, 4), per_step=True, options={"reset": "before"}).build()
    drawn = model.generate([0, 3], 5, 0, temperature=0)
    scores = model.predict(np.concatenate([[[0, 3]], drawn[:-1]]))
    np.testing.assert_array_equal(drawn, scores.argmax(axis=2))
    one_hot = Model(gru, 8, readout=6, per_step=True, options={"reset": "before"}).build(6)
    drawn = one_hot.generate([0, 3], 5, 0, temperature=0)
    scores = one_hot.predict(data.one_hot(np.concatenate([[[0, 3]], drawn[:-1]]), 6))
    np.testing.assert_array_equal(drawn, scores.argmax(axis=2))


def test_it_learns_what_letter_follows():
    text = np.tile([0, 1, 2, 3, 4, 5], 20)
    batch = data.Batch(text[:-1, None], text[1:, None], per_step=True)
    model = Model("gru", 12, readout=6, embedding=(6, 4), loss=losses.softmax_cross_entropy)
    model.fit(batch, 150, optimizer=optimizers.Adam(0.05))
    assert model.evaluate(batch, {"accuracy": metrics.accuracy})["accuracy"] > 0.95
    assert model.generate([2], 4, 0, temperature=0).ravel().tolist() == [3, 4, 5, 0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Model("lstn"), ValueError, "cell is 'lstn', expected one of rnn, gru, lstm, or a cell itself"),
        (lambda: Model(gru, embedding=6), TypeError, "embedding is 6, expected (number of tokens, length of their"),
        (lambda: Model(gru, loss="mse"), TypeError, "loss is 'mse', expected a function of rnnlab.losses"),
        (lambda: Model(gru, options={"restet": 1}), TypeError, "Model() has no option 'restet'; of the cell's own"),
        (lambda: Model(gru, per_step=False).predict(BATCH.x), ValueError, "the model has no weights yet, expected fit"),
        (lambda: Model(gru).fit(BATCH, 1, metrics={"mae": metrics.mae}), ValueError, "metrics are given without"),
        (
            lambda: Model(gru, loss=losses.softmax_cross_entropy).fit(TEXT, 1),
            ValueError,
            "readout is None, expected how many outputs there are: with this loss the targets do not say it",
        ),
        (lambda: Model(gru).fit((BATCH.x, BATCH.target), 1), TypeError, "batch is tuple, expected a data.Batch"),
        (lambda: Model(gru).fit(BATCH, 1, validate=len), TypeError, "validate is builtin_function_or_method, expected"),
        (
            lambda: Model(gru).fit(BATCH, 1, validate=BATCH, metrics=[metrics.mae]),
            TypeError,
            "metrics is [<function mae",
        ),
        (lambda: Model(gru, options="reset"), TypeError, "options is 'reset', expected a mapping, such as {'reset': "),
        (
            lambda: Model(gru, per_step=True, readout=1).fit(BATCH, 1),
            ValueError,
            "batch has a target for each sequence, and the model answers every step",
        ),
        (
            lambda: Model(gru, readout=9, embedding=(5, 2), per_step=True).build().generate([1], 3, 0),
            ValueError,
            "readout is 9, expected a score for each of 5 tokens",
        ),
        (lambda: callbacks.EarlyStopping(3, on="los"), ValueError, "on is 'los', expected 'validation' or 'loss'"),
        (lambda: metrics.coverage([1.0], [2.0, 3.0], [1.0]), ValueError, "low has shape (1,), high (2,), expected"),
    ],
)
def test_what_makes_no_model_is_named(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("network", [rnn, gru, lstm, Stack(gru, 2), Bidirectional(lstm)])
def test_a_sequence_is_read_with_one_mask(network):
    wrapped, rng = RecurrentDropout(network), np.random.default_rng(0)
    params = wrapped.init(rng, 2, 4)
    x, lengths = rng.normal(size=(6, 3, 2)), [6, 2, 4]
    tape = wrapped.forward(params, x, lengths=lengths, recurrent_dropout=0.5, rng=1)
    for row, mask in enumerate(tape.masks):
        weights = _pytree.map(np.multiply, params, mask)
        alone = network.forward(weights, x[:, row : row + 1], lengths=lengths[row : row + 1])
        np.testing.assert_array_equal(tape.h[:, row : row + 1], alone.h)
    assert not same(tape.masks[0], tape.masks[1])
    dh = rng.normal(size=tape.h[1:].shape)
    valid = (np.arange(6)[:, None] < lengths)[:, :, None]

    def loss(values):
        again = wrapped.forward(values["params"], values["x"], lengths=lengths, recurrent_dropout=0.5, rng=1)
        return np.sum(again.h[1:] * dh * valid)

    dparams, dx, _ = wrapped.backward(tape, dh)
    report = gradcheck.check(loss, {"params": params, "x": x}, {"params": dparams, "x": dx})
    assert report.ok, report


def test_recurrent_dropout_is_of_training_alone_and_goes_on_where_it_stopped(tmp_path):
    def fit(n, **more):
        options = {"recurrent_dropout": 0.3, "dropout": 0.2, "rng": np.random.default_rng(5)}
        model = Model(RecurrentDropout(Stack(gru, 2)), 3, options=options)
        return model, model.fit(BATCH, n, n_batch=8, save_to=tmp_path / "run.npz", **more)

    _, whole = fit(12)
    fit(5)
    model, resumed = fit(12, resume=True)
    assert same(resumed.params, whole.params)
    np.testing.assert_array_equal(model.predict(BATCH.x), model.predict(BATCH.x))
    plain = variants.many_to_one(Stack(gru, 2), variants.Params(model.weights.cell, model.weights.readout), BATCH.x)
    np.testing.assert_array_equal(model.predict(BATCH.x), plain.y)
    with says(ValueError, "recurrent_dropout is 0.3 without rng, expected a Generator to draw it"):
        RecurrentDropout(gru).forward(gru.init(0, 2, 3), BATCH.x, recurrent_dropout=0.3)


def test_early_stopping_looks_at_validations_alone():
    stop = callbacks.EarlyStopping(2, min_delta=0.1)
    answers = [
        stop(callbacks.Update(n, 1.0, 1.0, None, value)) for n, value in enumerate([3, None, 2, 1.95, None, 1.93])
    ]
    assert answers == [False, False, False, False, False, True]


def test_a_live_plot_is_drawn_again_in_place(monkeypatch):
    pytest.importorskip("matplotlib")
    display = pytest.importorskip("IPython.display")
    shown, plot = [], callbacks.LivePlot(every=2)

    class Handle:
        def update(self, html):
            shown.append(html.data)

    monkeypatch.setattr(display, "display", lambda html, display_id: shown.append(html.data) or Handle())
    for n in range(1, 7):
        plot(callbacks.Update(n, 1 / n, 1.0, None, None))
    assert len(shown) == 3
    assert all("<svg" in html for html in shown)


def test_a_progress_bar_can_be_shown(capsys):
    Model(gru, 2).fit(BATCH, 3, progress=True)
    assert "3/3" in capsys.readouterr().err
