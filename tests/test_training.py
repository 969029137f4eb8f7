"""Training does what a loop written by hand does, stops when it should, and resumes to the last bit."""

import io
import math

import numpy as np
import pytest

from rnnlab import _progress, _pytree, batches, data, gradcheck, losses, optimizers, readout, rnn, training, variants

OBJECTIVE = variants.Objective(variants.many_to_one, rnn, losses.mse)
SOURCE = batches.endless(lambda rng: data.adding(rng, n_batch=8, n_steps=4))
OPTIMIZERS = [optimizers.SGD(0.05, momentum=0.9), optimizers.RMSprop(0.01), optimizers.Adam(0.01)]


def init(dtype=np.float64, seed=0):
    return variants.init(rnn, np.random.default_rng(seed), n_input=2, n_hidden=4, n_output=1, dtype=dtype)


def assert_same(one, two):
    """Compare two trees bit by bit."""
    for (name, a), (other, b) in zip(_pytree.leaves(one), _pytree.leaves(two), strict=True):
        assert name == other
        assert np.asarray(a).dtype == np.asarray(b).dtype, name
        np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize("clip", [None, 0.05])
def test_fit_is_the_loop_that_one_would_write(clip):
    optimizer = OPTIMIZERS[2]
    trained = training.fit(OBJECTIVE, init(), SOURCE, optimizer, 20, seed=3, clip=clip)
    params = init()
    memory = optimizer.init(params)
    for n in range(20):
        batch = data.adding(np.random.default_rng([3, n]), n_batch=8, n_steps=4)
        loss, gradient = OBJECTIVE(params, batch)
        norm = optimizers.global_norm(gradient)
        if clip is not None:
            gradient, _ = optimizers.clip_by_global_norm(gradient, clip)
        assert (trained.history.loss[n], trained.history.gradient_norm[n]) == (loss, norm)
        params, memory = optimizer.update(params, gradient, memory)
    assert_same(trained.params, params)
    assert trained.stopped == "all updates done"
    assert (trained.history.gradient_norm > 0.05).any(), "the bound was never reached"


def test_the_seed_decides_the_batches():
    one, same, other = (training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 3, seed=s) for s in (1, 1, 2))
    assert_same(one, same)
    assert (one.history.loss != other.history.loss).all()


def validate(params):
    return OBJECTIVE.value(params, data.adding(np.random.default_rng(99), 50, 4))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_resumed_run_is_the_uninterrupted_one_bit_by_bit(tmp_path, optimizer, dtype):
    options = {"clip": 0.5, "validate": validate, "validate_every": 4, "seed": 7}
    whole = training.fit(OBJECTIVE, init(dtype), SOURCE, optimizer, 30, **options)
    options["save_to"] = tmp_path / "run.npz"
    training.fit(OBJECTIVE, init(dtype), SOURCE, optimizer, 13, **options)
    resumed = training.fit(OBJECTIVE, init(dtype, seed=1), SOURCE, optimizer, 30, resume=True, **options)
    assert_same(resumed, whole)


def test_a_run_that_dies_goes_on_from_its_last_checkpoint(tmp_path):
    def dies(params, batch):
        dies.calls += 1
        if dies.calls == 18:
            raise RuntimeError("out of power")
        return OBJECTIVE(params, batch)

    dies.calls = 0
    path = tmp_path / "run.npz"
    with pytest.raises(RuntimeError):
        training.fit(dies, init(), SOURCE, OPTIMIZERS[1], 30, save_to=path, save_every=5)
    resumed = training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[1], 30, save_to=path, resume=True)
    assert_same(resumed, training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[1], 30))
    assert len(list(tmp_path.iterdir())) == 1


def test_patience_is_remembered_by_a_checkpoint(tmp_path):
    values = [3.0, 1.0, 2.0, 2.0, 2.0, 2.0, 0.0, 0.0]
    options = {"validate_every": 1, "patience": 4, "save_to": tmp_path / "run.npz"}
    scripted = iter(values)
    training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 4, validate=lambda p: next(scripted), **options)
    rest = training.fit(
        OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 9, validate=lambda p: next(scripted), resume=True, **options
    )
    assert rest.stopped == "no better for 4 validations"
    assert rest.history.validation.tolist() == values[:6]
    assert rest.history.validated_at.tolist() == [1, 2, 3, 4, 5, 6]


def test_the_weights_that_validated_best_are_returned():
    values = iter([3.0, 1.0, math.nan, 2.0, 1.0])
    trained = training.fit(
        OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 50, validate=lambda p: next(values), validate_every=2, patience=3
    )
    assert trained.stopped == "no better for 3 validations"
    assert_same(trained.params, training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 4).params)
    assert len(trained.history.loss) == 10


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_divergence_stops_before_it_reaches_the_weights(tmp_path, bad):
    def diverges(params, batch):
        loss, gradient = OBJECTIVE(params, batch)
        diverges.calls += 1
        return (loss, gradient) if diverges.calls < 5 else (bad, gradient)

    diverges.calls = 0
    trained = training.fit(diverges, init(), SOURCE, OPTIMIZERS[0], 50)
    assert trained.stopped.startswith(f"loss {bad:g}, gradient norm ")
    assert trained.stopped.endswith(": not finite at update 4")
    assert_same(trained.params, training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 4).params)


def test_a_gradient_that_is_not_finite_stops_too():
    def diverges(params, batch):
        loss, gradient = OBJECTIVE(params, batch)
        return loss, _pytree.map(lambda g: g * np.nan, gradient)

    trained = training.fit(diverges, init(), SOURCE, OPTIMIZERS[0], 50, clip=1.0)
    assert trained.stopped.endswith("gradient norm nan: not finite at update 0")
    assert_same(trained.params, init())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_updates": 0}, "n_updates is 0, expected a whole number of at least 1"),
        ({"validate_every": 0}, "validate_every is 0, expected a whole number of at least 1"),
        ({"save_every": 1.5}, "save_every is 1.5, expected a whole number of at least 1"),
        ({"patience": 3}, "patience is given without validate, expected a function from weights to a loss"),
        ({"patience": 0, "validate": validate}, "patience is 0, expected a whole number of at least 1"),
        ({"resume": True}, "resume is True without save_to, expected the checkpoint's file"),
        ({"clip": 0}, "clip is 0, expected a number above 0"),
    ],
)
def test_options_that_make_no_sense_are_named(options, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], **{"n_updates": 5, **options})
    assert str(error.value) == message


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 2, save_to=path)

    def resume(params=None, optimizer=OPTIMIZERS[0], **options):
        training.fit(OBJECTIVE, params or init(), SOURCE, optimizer, 4, save_to=path, resume=True, **options)

    with pytest.raises(ValueError, match=r"run\.npz: the run had the seed 0, expected 5$"):
        resume(seed=5)
    wider = variants.init(rnn, np.random.default_rng(0), n_input=2, n_hidden=5, n_output=1)
    with pytest.raises(ValueError, match=r"params\.cell\.w_x has shape \(4, 2\), expected \(5, 2\)$"):
        resume(wider)
    with pytest.raises(ValueError, match=r"params\.cell\.w_x has dtype float64, expected float32$"):
        resume(init(np.float32))
    with pytest.raises(
        ValueError, match=r"run\.npz: the run had the optimizer SGD\(lr=0\.05.*, expected Adam\(lr=0\.01"
    ):
        resume(optimizer=OPTIMIZERS[2])
    with pytest.raises(FileNotFoundError):
        training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 4, save_to=tmp_path / "absent.npz", resume=True)


def test_progress_is_one_line_that_tells_the_truth():
    stream = io.StringIO()
    with _progress.Progress(40, True, stream) as bar:
        for n in range(1, 41):
            bar.show(n, f"loss {1 / n:.3f}")
    shown = stream.getvalue().split("\r")
    assert shown[-1] == "█" * 20 + " 40/40  loss 0.025  0 s\n"
    assert "\n" not in "".join(shown[:-1])
    assert len(shown) < 10


def test_progress_is_silent_unless_asked_for(capsys):
    training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 3)
    assert capsys.readouterr() == ("", "")
    training.fit(OBJECTIVE, init(), SOURCE, OPTIMIZERS[0], 3, progress=True)
    assert "3/3  loss" in capsys.readouterr().err


STREAM = data.echo(np.random.default_rng(0), 6, 23, weights={1: 0.4, 2: -0.1})


@pytest.mark.parametrize("k", [1, 4, 23])
def test_a_stream_is_read_on_from_window_to_window(k):
    params = variants.init(rnn, np.random.default_rng(0), 1, 4, 1)
    optimizer = OPTIMIZERS[2]
    trained = training.fit_stream(rnn, params, STREAM, losses.sigmoid_cross_entropy, optimizer, k, 2, clip=0.1)
    memory, seen = optimizer.init(params), []
    for _ in range(2):
        h = np.zeros((6, 4))
        for start in range(0, 23, k):
            x, target, mask = (part[start : start + k] for part in STREAM[:3])
            tape = rnn.forward(params.cell, x, h)
            h = tape.h[-1]
            if not mask.any():
                continue
            output = readout.forward(params.readout, tape.h[1:])
            loss, dy = losses.sigmoid_cross_entropy(output.y, target, mask)
            dreadout, dh = readout.backward(output, dy)
            gradient = variants.Params(rnn.backward(tape, dh)[0], dreadout)
            params, memory = optimizer.update(params, optimizers.clip_by_global_norm(gradient, 0.1)[0], memory)
            seen.append(loss)
    assert_same(trained.params, params)
    assert trained.history.loss.tolist() == seen


def test_a_carried_state_learns_a_lag_longer_than_the_window():
    weights = {4: 0.5}
    stream = data.echo(np.random.default_rng(0), 60, 1500, weights=weights)
    params = variants.init(rnn, np.random.default_rng(1), 1, 32, 1)
    adam = optimizers.Adam(0.003)
    trained = training.fit_stream(rnn, params, stream, losses.sigmoid_cross_entropy, adam, k=3, clip=1.0)
    baselines = data.echo_baselines(weights)
    assert trained.history.loss[:3].mean() > baselines["nothing"] - 0.02
    assert trained.history.loss[-100:].mean() < (baselines["nothing"] + baselines["lag 4"]) / 2


def test_a_stream_that_diverges_is_left():
    params = variants.init(rnn, np.random.default_rng(0), 1, 4, 1)

    def diverged(y, target, mask):
        return math.nan, y * np.nan

    trained = training.fit_stream(rnn, params, STREAM, diverged, OPTIMIZERS[0], 4, 3)
    assert trained.stopped == "loss nan, gradient norm nan: not finite at update 0"
    assert_same(trained.params, params)
    assert len(trained.history.loss) == 1


def numeric_loop(params, x, target, k, lr, n_epochs):
    """The sliding loop with states by scalar formulas and every gradient by central differences."""

    def step(p, x_t, h):
        return np.tanh(x_t @ p.cell.w_x.T + h @ p.cell.w_h.T + p.cell.b_h)

    def half_square(p, t, h):
        for i in range(t, t + k):
            h = step(p, x[i], h)
        e = h @ p.readout.w_y.T + p.readout.b_y - target[t + k - 1]
        return 0.5 * (e * e).sum()

    errors = []
    for _ in range(n_epochs):
        h, squares = np.zeros((x.shape[1], len(params.cell.b_h))), []
        for t in range(len(x) - k + 1):
            squares.append(half_square(params, t, h))
            gradient = gradcheck.numeric(lambda p, t=t, h=h: half_square(p, t, h), params)
            h = step(params, x[t], h)
            params = _pytree.map(lambda w, g: w - lr * g, params, gradient)
        errors.append(np.mean(squares))
    return params, errors


@pytest.mark.parametrize(("k", "n_batch"), [(1, 1), (3, 1), (6, 1), (3, 2)])
def test_the_sliding_loop_is_the_printed_one(k, n_batch):
    rng = np.random.default_rng(4)
    x, target = rng.normal(size=(6, n_batch, 2)), rng.normal(size=(6, n_batch, 1))
    params, errors = training.sliding_window(rnn, init(), x, target, k, lr=0.1, n_epochs=2)
    expected, expected_errors = numeric_loop(init(), x, target, k, 0.1, 2)
    np.testing.assert_allclose(errors, expected_errors, rtol=1e-7)
    for (_, a), (_, b) in zip(_pytree.leaves(params), _pytree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)


def test_the_sliding_loop_stops_when_it_is_good_enough():
    wave = np.sin(np.arange(40) / 4)[:, None, None]
    _, errors = training.sliding_window(
        rnn, init_for_wave(), wave[:-1], wave[1:], 5, lr=0.1, n_epochs=99, tolerance=0.01
    )
    assert errors[-1] <= 0.01 < errors[-2]
    assert len(errors) < 99


def init_for_wave():
    return variants.init(rnn, np.random.default_rng(0), n_input=1, n_hidden=6, n_output=1)


@pytest.mark.parametrize(
    ("x", "target", "k", "message"),
    [
        ((6, 1, 2), (6, 1, 1), 7, "k is 7, expected a whole number from 1 to 6"),
        ((6, 1, 2), (6, 1, 1), 0, "k is 0, expected a whole number from 1 to 6"),
        (
            (6, 1, 2),
            (5, 1, 1),
            2,
            "x has shape (6, 1, 2) and target (5, 1, 1), expected (n, B, D) and (n, B, O)",
        ),
    ],
)
def test_windows_that_do_not_fit_are_named(x, target, k, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        training.sliding_window(rnn, init(), np.zeros(x), np.zeros(target), k, lr=0.1, n_epochs=1)
    assert str(error.value) == message
