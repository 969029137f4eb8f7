"""A model comes back from its file as it was, what watches a run begins anew, and targets are explained."""

import numpy as np
import pytest
from saying import says

from rnnlab import batches, callbacks, data, gru, losses, metrics, optimizers, rnn, training, variants
from rnnlab.callbacks import Update
from rnnlab.model import Model
from rnnlab.stack import Stack

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 6, 2)), RNG.normal(size=(6, 1))
BATCH = data.Batch(X, Y, per_step=False)


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.Philox])
def test_a_model_that_was_loaded_trains_on_as_the_one_that_was_saved(tmp_path, kind):
    options = {"dropout": np.float32(0.5), "rng": np.random.Generator(kind(3)), "reset": np.str_("before")}
    model = Model(Stack(gru, np.int64(2)), np.int64(3), per_step=np.bool_(False), options=options, seed=np.int64(1))
    model.fit(BATCH, 2)
    model.save(tmp_path / "model.npz")
    again = Model.load(tmp_path / "model.npz")
    assert (again.options["dropout"], again.options["reset"]) == (0.5, "before")
    for one, other in zip(model.fit(BATCH, 3).params.cell[1], again.fit(BATCH, 3).params.cell[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_option_that_no_file_holds_is_named(tmp_path):
    model = Model("rnn", 2, readout=1, per_step=False).build(2)
    model.options["activation"] = np.tanh
    with says(
        ValueError, "option activation is <ufunc 'tanh'>, expected text, a number or a flag: a file holds no other"
    ):
        model.save(tmp_path / "model.npz")
    assert not (tmp_path / "model.npz").exists()


def test_what_watches_a_run_begins_anew_with_the_next(tmp_path):
    stops = callbacks.EarlyStopping(2, on="loss")
    assert [stops(Update(n, 1.0, 1.0, None, None)) for n in (1, 2, 3)] == [False, False, True]
    assert [stops(Update(n, 5.0, 1.0, None, None)) for n in (1, 2, 3)] == [False, False, True]
    log = tmp_path / "log.csv"
    for first, last, loss in ((1, 3, 0.1), (3, 4, 0.2), (1, 1, 0.3)):
        write = callbacks.CsvLog(log)
        for n in range(first, last + 1):
            write(Update(n, loss, 1.0, None, None))
        lines = [line.split(",")[:2] for line in log.read_text().splitlines()[1:]]
        assert lines == {3: [["1", "0.1"], ["2", "0.1"], ["3", "0.1"]], 1: [["1", "0.3"]]}.get(
            last, [["1", "0.1"], ["2", "0.1"], ["3", "0.2"], ["4", "0.2"]]
        )
    write(Update(1, 0.4, 1.0, None, None))  # the same object in another run
    assert log.read_text().splitlines()[1:] == ["1,0.4,1.0,"]


def test_answers_of_yes_and_no_have_an_accuracy():
    scores, answers = RNG.normal(size=(4, 3, 2)), RNG.integers(0, 2, (4, 3, 2))
    mask = np.ones((4, 3), bool)
    mask[1, 2] = False
    assert metrics.accuracy(scores, answers) == np.mean((scores > 0) == answers)
    assert metrics.accuracy(scores, answers.astype(float), mask) == np.mean(((scores > 0) == answers)[mask])
    scores[1, 2, 0] = np.nan
    assert np.isfinite(metrics.accuracy(scores, answers, mask))
    assert np.isnan(metrics.accuracy(scores, answers))
    model = Model("gru", 3, loss=losses.sigmoid_cross_entropy)
    yes = data.Batch(X, (Y > 0).astype(float), per_step=False)
    model.fit(yes, 2, validate=yes, metrics={"accuracy": metrics.accuracy})
    assert 0 <= model.metrics["accuracy"][0] <= 1


def test_perplexity_is_of_all_tokens_that_count():
    scores, target, mask = RNG.normal(size=(4, 3, 5)), RNG.integers(0, 5, (4, 3)), RNG.integers(0, 2, (4, 3)) > 0
    chances = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    surprise = -np.log(np.take_along_axis(chances, target[..., None], axis=-1)[..., 0])
    assert metrics.perplexity(scores, target, mask) == pytest.approx(np.exp(surprise[mask].mean()), rel=1e-12)
    assert metrics.perplexity([[0.0, -np.inf]], [1]) == np.inf


SINGLE = "logits has one score, which is always the best, expected one for each class; for yes and no "
CALLS = {
    "targets without outputs": (
        lambda: Model("gru", 3).fit(data.Batch(X, Y[:, 0], per_step=False), 2),
        "target has shape (6,), expected (B, O): target[..., None] has one output",
    ),
    "targets of steps without outputs": (
        lambda: Model("gru", 3).fit(data.Batch(X, np.ones((5, 6)), per_step=True), 2),
        "target has shape (5, 6), expected (T, B, O): target[..., None] has one output",
    ),
    "rows first": (
        lambda: Model("gru", 3).fit(data.Batch(X.swapaxes(0, 1), Y, per_step=False), 2),
        "target has shape (6, 1), expected (B, ...) with T=6 and B=5; x is (T, B, D), time first: x.swapaxes(0, 1)",
    ),
    "a mask of other rows": (
        lambda: batches.Epochs(data.Batch(X, Y, mask=np.ones(7), per_step=False), 2)(0, 0),
        "mask has shape (7,), expected (B=6)",
    ),
    "per step in words": (lambda: Model("gru", per_step="yes"), "per_step is yes, expected 0 or 1"),
    "the accuracy of one class": (
        lambda: metrics.accuracy(np.ones((4, 1)), np.zeros(4, int)),
        SINGLE + "sigmoid_cross_entropy takes one",
    ),
    "one class": (
        lambda: Model("gru", readout=1, loss=losses.softmax_cross_entropy),
        "readout is 1, expected a score for each class; for yes and no losses.sigmoid_cross_entropy takes one",
    ),
    "a class that is none": (
        lambda: losses.softmax_cross_entropy(np.ones((2, 3)), [0, -100]),
        "target[1] is -100, expected 0 to O-1=2; a mask leaves out what has no class",
    ),
    "looking ahead without momentum": (
        lambda: optimizers.SGD(0.1, nesterov=True),
        "nesterov is True with momentum 0, which changes nothing: expected momentum above 0",
    ),
    "a schedule of parts of an update": (
        lambda: optimizers.step_decay(1.0, 0.5, 2.5),
        "every is 2.5, expected a whole number of at least 1",
    ),
    "a rise of parts of an update": (
        lambda: optimizers.cosine(1.0, 10, 2.5),
        "n_warmup is 2.5, expected a whole number from 0 to 9",
    ),
    "a share in words": (
        lambda: Model("gru", 3, readout=4, embedding=(4, 2), per_step=True).build().generate([0], 2, 0, top_p="a"),
        "top_p is 'a', expected more than 0 and at most 1",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_setting_that_would_do_something_else_is_named(name):
    call, message = CALLS[name]
    with says(ValueError, message):
        call()


def test_the_class_of_layers_is_not_taken_for_layers():
    with says(TypeError, "cell is the class Stack, expected an object such as Stack(rnnlab.lstm, 2)"):
        Model(Stack)
    objective = variants.Objective(variants.many_to_one, rnn, losses.mse)
    params = variants.init(rnn, 0, 2, 3, 1)
    training.fit(objective, params, batches.Epochs(BATCH, 2), optimizers.SGD(optimizers.cosine(0.1, np.int64(3))), 2)
