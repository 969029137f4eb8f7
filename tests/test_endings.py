"""However a run stops and goes on, is validated or interrupted: nothing is lost, drawn twice or passed over."""

import io
import os
import stat
import subprocess
import sys

import numpy as np
import pytest
from saying import says
from test_training import assert_same

from rnnlab import (
    _progress,
    batches,
    callbacks,
    checkpoint,
    data,
    gru,
    losses,
    lstm,
    optimizers,
    rnn,
    training,
    variants,
)
from rnnlab.bidirectional import Bidirectional
from rnnlab.stack import Stack

SOURCE = batches.endless(lambda rng: data.adding(rng, n_batch=4, n_steps=3))
SGD = optimizers.SGD(0.05)
OPTIMIZERS = [
    optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    optimizers.RMSprop(0.01),
    optimizers.Adam(optimizers.cosine(0.01, 30), weight_decay=0.1),
]
DEEP = Stack(gru, 2)
PLAIN = variants.Objective(variants.many_to_one, rnn, losses.mse)


def init(cell=rnn, seed=0, n_input=2):
    return variants.init(cell, seed, n_input, n_hidden=4, n_output=1)


def with_dropout(seed=5):
    return variants.Objective(variants.many_to_one, DEEP, losses.mse, {"dropout": 0.5, "rng": seed})


@pytest.mark.parametrize("stop", [1, 7, 12])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_dropout_goes_on_where_it_stopped_for_every_optimizer(tmp_path, optimizer, stop):
    validation = data.adding(99, 20, 3)
    options = {"clip": 0.5, "validate_every": 4, "patience": 9}

    def run(n_updates, objective, **more):
        value = with_dropout(1).value  # dropout is off in it
        return training.fit(
            objective,
            init(DEEP),
            SOURCE,
            optimizer,
            n_updates,
            validate=lambda p: value(p, validation),
            **options,
            **more,
        )

    whole = run(20, with_dropout())
    run(stop, with_dropout(), save_to=tmp_path / "run.npz")
    resumed = run(20, with_dropout(seed=77), save_to=tmp_path / "run.npz", resume=True)
    assert_same(resumed, whole)


STREAM = data.echo(3, 4, 23, weights={1: 0.4, 2: -0.1})


@pytest.mark.parametrize("stop", [1, 5, 9])
def test_a_stream_goes_on_with_the_state_that_it_carried(tmp_path, stop):
    stream = STREAM._replace(lengths=np.array([23, 9, 14, 23]))

    def run(n_epochs, **more):
        return training.fit_stream(
            Stack(lstm, 2),
            init(Stack(lstm, 2), n_input=1),
            stream,
            losses.sigmoid_cross_entropy,
            optimizers.Adam(0.01),
            5,
            n_epochs,
            dropout=0.3,
            rng=3,
            **more,
        )

    whole = run(3)
    path = tmp_path / "run.npz"
    stopped = run(3, save_to=path, callbacks=[lambda update: update.n == stop])
    assert stopped.stopped == f"stopped by a callback after {stop} batches"
    assert_same(run(3, save_to=path, resume=True), whole)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("cell", [rnn, lstm, Stack(gru, 2)])
def test_the_padding_of_a_stream_is_never_trained_on(cell, masked):
    lengths = np.array([23, 9, 14, 1])
    stream = STREAM._replace(lengths=lengths, mask=STREAM.mask if masked else None)
    spoiled = stream._replace(x=stream.x.copy(), target=stream.target.copy())
    padding = np.arange(23)[:, None] >= lengths
    spoiled.x[padding], spoiled.target[padding] = np.nan, 1e6
    one, other = (
        training.fit_stream(cell, init(cell, n_input=1), part, losses.mse, SGD, 4, 2) for part in (stream, spoiled)
    )
    assert_same(one, other)


def test_a_stream_ends_with_its_longest_row():
    stream = STREAM._replace(lengths=np.array([9, 3, 4, 1]))
    cut = data.Batch(stream.x[:9], stream.target[:9], stream.mask[:9], stream.lengths, per_step=True)
    long, short = (training.fit_stream(rnn, init(n_input=1), s, losses.mse, SGD, 4, 2) for s in (stream, cut))
    assert_same(long, short)


def some_empty(seed, n):
    """Batches of which every third has no step that counts."""
    batch = data.echo(np.random.default_rng([seed, n]), 3, 12)
    return batch._replace(mask=np.zeros_like(batch.mask)) if n % 3 == 1 else batch


def test_a_batch_in_which_nothing_counts_is_skipped_and_counted(tmp_path):
    objective = variants.Objective(variants.many_to_many, rnn, losses.sigmoid_cross_entropy)
    run = {"objective": objective, "params": init(n_input=1), "source": some_empty, "optimizer": OPTIMIZERS[2]}
    whole = training.fit(**run, n_updates=10)
    assert whole.history.skipped.tolist() == [1, 4, 7]
    assert len(whole.history.loss) == 7
    training.fit(**run, n_updates=5, save_to=tmp_path / "run.npz")
    assert_same(training.fit(**run, n_updates=10, save_to=tmp_path / "run.npz", resume=True), whole)
    nothing = training.fit(**run | {"source": lambda seed, n: some_empty(seed, 1)}, n_updates=4)
    assert (len(nothing.history.loss), nothing.history.skipped.tolist()) == (0, [0, 1, 2, 3])
    assert_same(nothing.params, run["params"])


def test_callbacks_hear_of_the_end_and_not_of_a_batch_in_which_nothing_counted(tmp_path):
    objective = variants.Objective(variants.many_to_many, rnn, losses.sigmoid_cross_entropy)
    for n_updates, n_heard in ((4, [1, 3, 4]), (5, [1, 3, 4, 5])):  # numbers 2 and 5 say nothing
        heard, saves = [], callbacks.Checkpoints(tmp_path / str(n_updates), every=100)
        tell = [lambda update, heard=heard: heard.append(update.n), saves]
        training.fit(objective, init(n_input=1), some_empty, SGD, n_updates, callbacks=tell)
        assert heard == n_heard
        assert [path.name for path in saves.paths] == [f"weights-000000{n_updates}.npz"]


def test_the_end_is_validated_whatever_the_interval():
    trained = training.fit(PLAIN, init(), SOURCE, SGD, 10, validate=lambda p: 1.0, validate_every=100)
    assert trained.history.validated_at.tolist() == [10]
    trained = training.fit(PLAIN, init(), SOURCE, SGD, 10, validate=lambda p: 1.0, validate_every=4)
    assert trained.history.validated_at.tolist() == [4, 8, 10]
    trained = training.fit(PLAIN, init(), SOURCE, SGD, 8, validate=lambda p: 1.0, validate_every=4)
    assert trained.history.validated_at.tolist() == [4, 8]


def test_a_last_validation_that_is_the_best_decides_the_weights():
    values = iter([3.0, 1.0])
    trained = training.fit(PLAIN, init(), SOURCE, SGD, 5, validate=lambda p: next(values), validate_every=4)
    assert_same(trained.params, trained.last)


def test_the_best_and_the_last_weights_are_both_there():
    values = iter([1.0, 3.0])
    trained = training.fit(PLAIN, init(), SOURCE, SGD, 8, validate=lambda p: next(values), validate_every=4)
    assert_same(trained.params, training.fit(PLAIN, init(), SOURCE, SGD, 4).params)
    assert_same(trained.last, training.fit(PLAIN, init(), SOURCE, SGD, 8).params)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_validation_that_is_never_a_number_is_said_and_returns_the_last_weights(bad):
    with pytest.warns(RuntimeWarning, match=f"^validate gave {bad:g}, never a finite loss: the last weights"):
        trained = training.fit(PLAIN, init(), SOURCE, SGD, 8, validate=lambda p: bad, validate_every=4)
    assert_same(trained.params, training.fit(PLAIN, init(), SOURCE, SGD, 8).params)


def test_patience_asks_for_a_least_improvement():
    values = [1.0, 0.99, 0.98, 0.97, 0.5, 0.49, 0.48, 0.47]
    scripted = iter(values)
    trained = training.fit(
        PLAIN, init(), SOURCE, SGD, 99, validate=lambda p: next(scripted), validate_every=1, patience=3, min_delta=0.1
    )
    assert trained.history.validation.tolist() == values[:4]
    assert_same(trained.params, training.fit(PLAIN, init(), SOURCE, SGD, 4).params)


def test_an_interrupted_run_returns_what_it_learnt_and_goes_on(tmp_path):
    def interrupted(params, batch):
        found = objective(params, batch)  # the generator has drawn by now
        interrupted.calls += 1
        if interrupted.calls == 8:
            raise KeyboardInterrupt
        return found

    objective = with_dropout()
    interrupted.calls, interrupted.options = 0, objective.options
    path = tmp_path / "run.npz"
    trained = training.fit(interrupted, init(DEEP), SOURCE, OPTIMIZERS[2], 20, save_to=path)
    assert trained.stopped == "interrupted after 7 batches"
    assert_same(trained.params, training.fit(with_dropout(), init(DEEP), SOURCE, OPTIMIZERS[2], 7).params)
    resumed = training.fit(with_dropout(1), init(DEEP), SOURCE, OPTIMIZERS[2], 20, save_to=path, resume=True)
    assert_same(resumed, training.fit(with_dropout(), init(DEEP), SOURCE, OPTIMIZERS[2], 20))


def test_weights_and_result_share_no_memory():
    params = init()
    trained = training.fit(lambda p, batch: (np.nan, p), params, SOURCE, SGD, 3)
    assert not np.shares_memory(trained.params.cell.w_x, params.cell.w_x)


def test_validation_is_without_dropout():
    objective, batch = with_dropout(), data.adding(0, 5, 3)
    values = {objective.value(init(DEEP), batch) for _ in range(3)}
    plain = variants.Objective(variants.many_to_one, DEEP, losses.mse)
    assert values == {plain.value(init(DEEP), batch)}
    assert len({objective(init(DEEP), batch)[0] for _ in range(3)}) == 3


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"optimizer": optimizers.Adam},
            TypeError,
            "optimizer is the class Adam, expected an object such as Adam(0.01)",
        ),
        (
            {"optimizer": "adam"},
            TypeError,
            "optimizer is 'adam', expected an object such as rnnlab.optimizers.Adam(0.01)",
        ),
        (
            {"validate": data.adding(0, 2, 3)},
            TypeError,
            "validate is Batch, expected a function from weights to a loss, such as "
            "lambda params: objective.value(params, batch)",
        ),
        (
            {"source": data.adding(0, 2, 3)},
            TypeError,
            "source is Batch, expected a function from a seed and a number, such as batches.Epochs(batch, n_batch)",
        ),
        ({"min_delta": -1}, ValueError, "min_delta is -1, expected a number from 0"),
    ],
)
def test_the_wrong_kind_of_argument_is_named_before_anything_is_trained(options, error, message):
    given = {"objective": PLAIN, "params": init(), "source": SOURCE, "optimizer": SGD, "n_updates": 3}
    with says(error, message):
        training.fit(**given | options)


def test_a_folder_that_is_missing_is_noticed_at_once(tmp_path):
    def never(params, batch):
        raise AssertionError("trained before the folder was looked for")

    path = tmp_path / "missing" / "run.npz"
    with says(FileNotFoundError, f"{path}: there is no folder {path.parent}, expected one for checkpoints"):
        training.fit(never, init(), SOURCE, SGD, 3, save_to=path)
    with pytest.raises(PermissionError, match="cannot be written"):
        training.fit(never, init(), SOURCE, SGD, 3, save_to=tmp_path)


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_who_may_read_a_checkpoint_is_decided_by_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        checkpoint.save(tmp_path / "run.npz", {"w": 1.0})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "run.npz").stat().st_mode) == 0o666 & ~mask
    assert os.listdir(tmp_path) == ["run.npz"]


def test_a_schedule_written_by_hand_does_not_stand_in_the_way_of_resuming(tmp_path):
    optimizer = optimizers.SGD(lambda n: 0.1 / (n + 1))
    whole = training.fit(PLAIN, init(), SOURCE, optimizer, 6)
    training.fit(PLAIN, init(), SOURCE, optimizer, 3, save_to=tmp_path / "run.npz")
    resumed = training.fit(PLAIN, init(), SOURCE, optimizer, 6, save_to=tmp_path / "run.npz", resume=True)
    assert_same(resumed, whole)


TREES = [
    {"a.b": 1.0, "a": {"b": 2.0}},
    {"a[0]": 1.0, "a": [2.0]},
    {0: 1.0, "0": 2.0},
    {"a": {"b.c": 1.0}, "a.b": {"c": 2.0}},
    {"": 1.0, "''": 2.0, "x y": 3.0, "a/b": 4.0, "c.npy": 5.0, "['a']": 6.0, "a": 7.0},
]


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_leaves_with_similar_names_are_kept_apart(tmp_path, tree):
    checkpoint.save(tmp_path / "tree.npz", tree)
    assert checkpoint.load(tmp_path / "tree.npz", tree) == tree


def test_streams_and_windows_say_which_option_they_do_not_know():
    stream, params = STREAM, init(n_input=1)
    with says(TypeError, "fit_stream() has no option 'valdate'; of the cell's own there are: activation"):
        training.fit_stream(rnn, params, stream, losses.mse, SGD, 4, valdate=len)
    with says(TypeError, "sliding_window() has no option 'progress'; of the cell's own there are: activation"):
        training.sliding_window(rnn, params, stream.x, stream.target, 3, lr=0.1, n_epochs=1, progress=True)
    both = Bidirectional(rnn)
    with says(
        ValueError,
        "fit_stream carries the state on, and cell reads in both directions: expected one that reads ahead",
    ):
        training.fit_stream(both, init(both, n_input=1), stream, losses.mse, SGD, 4)


def test_a_stream_is_validated_saved_and_shown_like_any_training(tmp_path, capsys):
    told = []
    trained = training.fit_stream(
        rnn,
        init(n_input=1),
        STREAM,
        losses.sigmoid_cross_entropy,
        SGD,
        5,
        3,
        validate=lambda p: 1.0,
        validate_every=2,
        patience=1,
        save_to=tmp_path / "run.npz",
        progress=True,
        callbacks=[told.append],
    )
    assert trained.stopped == "no better for 1 validations"
    assert [update.validation for update in told] == [None, 1.0, None, 1.0]
    assert "loss" in capsys.readouterr().err
    assert (tmp_path / "run.npz").exists()


def test_a_bar_is_made_of_what_the_stream_can_write():
    raw = io.BytesIO()
    with _progress.Progress(2, True, io.TextIOWrapper(raw, encoding="ascii", write_through=True)) as bar:
        bar.show(1, "loss 1")
        bar.show(2, "loss 1")
    assert raw.getvalue().decode("ascii").split("\r")[-1] == "#" * 20 + " 2/2  loss 1  0 s\n"


def test_a_log_file_gets_ten_lines():
    code = (
        "from rnnlab._progress import Progress\n"
        "with Progress(1000, True) as bar:\n    [bar.show(n, 'loss') for n in range(1, 1001)]\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr.splitlines() == [f"{100 * n}/1000  loss  0 s" for n in range(1, 11)]


def test_a_run_that_reads_other_rows_or_windows_is_not_gone_on_with(tmp_path):
    rows, path = data.adding(0, 6, 3), tmp_path / "rows.npz"
    training.fit(PLAIN, init(), batches.Epochs(rows, 2), SGD, 2, save_to=path)
    for other in (batches.Epochs(rows, 3), batches.Epochs(data.adding(0, 5, 3), 2)):
        with pytest.raises(ValueError, match=r"the run had the optimizer .*, 2 of 6 rows, expected .* of [65] rows$"):
            training.fit(PLAIN, init(), other, SGD, 4, save_to=path, resume=True)
    stream = {"stream": STREAM, "loss": losses.mse, "optimizer": SGD, "save_to": tmp_path / "stream.npz"}
    training.fit_stream(rnn, init(n_input=1), k=5, **stream)
    with pytest.raises(ValueError, match=r", windows of 5 of 23 steps, expected .*, windows of 4 of 23 steps$"):
        training.fit_stream(rnn, init(n_input=1), k=4, n_epochs=2, resume=True, **stream)
