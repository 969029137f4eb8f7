"""A step in one call is the step in many."""

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab import _pytree, activations, batches, data, fused, gru, losses, lstm, optimizers, rnn, training, variants
from rnnlab.kernels import calls
from rnnlab.kernels import rnn as kernels_rnn
from rnnlab.kernels.compile import JIT

CELLS = [rnn, gru, lstm]
OPTIMIZERS = [optimizers.SGD(0.1), optimizers.SGD(0.05, momentum=0.9), optimizers.Adam(0.02, beta1=0.8, eps=1e-4)]
sizes = st.tuples(*(st.integers(1, most) for most in (6, 4, 3, 5, 2)), st.integers(0, 2**32 - 1))


def draw(n_steps, n_batch, n_input, n_hidden, n_output, seed, dtype=np.float64, cell=rnn):
    rng = np.random.default_rng(seed)
    params = variants.init(cell, rng, n_input, n_hidden, n_output, dtype=dtype)
    x = rng.normal(size=(n_steps, n_batch, n_input)).astype(dtype)
    lengths = rng.integers(1, n_steps + 1, n_batch)
    return params, data.Batch(x, rng.normal(size=(n_batch, n_output)).astype(dtype), None, lengths)


def composed(cell, params, state, batch, optimizer, clip, **options):
    objective = variants.Objective(variants.many_to_one, cell, losses.mse, options)
    loss, gradient = objective(params, batch)
    norm = optimizers.global_norm(gradient)
    if clip is not None:
        gradient, norm = optimizers.clip_by_global_norm(gradient, clip)
    return *optimizer.update(params, gradient, state), loss, norm


def hold_to(one, two, rtol):
    for (name, a), (_, b) in zip(_pytree.leaves(one), _pytree.leaves(two), strict=True):
        assert np.asarray(a).dtype == np.asarray(b).dtype, name
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * max(1e-3, np.abs(b).max(initial=0)), err_msg=name)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("clip", [None, 0.1])
@settings(max_examples=20)
@given(size=sizes, activation=st.sampled_from(activations.NAMES))
def test_three_steps_equal_those_composed_of_their_parts(cell, optimizer, clip, size, activation):
    params, batch = draw(*size, cell=cell)
    options = {"activation": activation} if cell is rnn else {}
    one = two = (params, optimizer.init(params))
    for _ in range(3):
        given = batch.x, batch.target, optimizer
        one = fused.step(cell, *one[:2], *given, lengths=batch.lengths, clip=clip, **options)
        two = composed(cell, *two[:2], batch, optimizer, clip, **options)
        hold_to(one, two, 1e-9)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_float32_stays_float32(cell, optimizer):
    params, batch = draw(6, 4, 3, 5, 2, seed=1, dtype=np.float32, cell=cell)
    one = fused.step(cell, params, optimizer.init(params), batch.x, batch.target, optimizer, lengths=batch.lengths)
    two = composed(cell, params, optimizer.init(params), batch, optimizer, None)
    hold_to(one, two, 1e-4)
    assert one[0].cell.w_h.dtype == np.float32


def test_what_is_given_is_not_changed():
    params, batch = draw(6, 4, 3, 5, 2, seed=2)
    optimizer = OPTIMIZERS[2]
    given = params, optimizer.init(params), batch.x, batch.target
    before = _pytree.map(np.copy, given)
    fused.step(rnn, *given, optimizer)
    _pytree.map(np.testing.assert_array_equal, given, before)


def test_a_schedule_is_followed():
    params, batch = draw(6, 4, 3, 5, 2, seed=3)
    halving = optimizers.SGD(optimizers.step_decay(0.1, 0.5, every=1))
    state = halving.init(params)._replace(n_updates=2)
    one = fused.step(rnn, params, state, batch.x, batch.target, halving)
    two = fused.step(rnn, params, state, batch.x, batch.target, optimizers.SGD(0.025))
    _pytree.map(np.testing.assert_array_equal, one, two)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("clip", [None, 0.1])
def test_a_run_equals_that_of_the_ordinary_loop(cell, optimizer, clip):
    params = variants.init(cell, np.random.default_rng(7), 2, 6, 1)
    source = batches.Epochs(data.adding_1997(np.random.default_rng(0), 11, 20), n_batch=4)
    objective = variants.Objective(variants.many_to_one, cell, losses.mse)
    one = fused.fit(cell, params, source, optimizer, 12, seed=5, clip=clip)
    two = training.fit(objective, params, source, optimizer, 12, seed=5, clip=clip)
    assert one.stopped == two.stopped == "all updates done"
    hold_to((one.params, one.history), (two.params, two.history), 1e-9)


def test_a_run_that_diverges_stops_with_the_last_finite_weights():
    params = variants.init(rnn, np.random.default_rng(7), 2, 6, 1)
    batch = data.adding(np.random.default_rng(0), 5, 4)

    def source(seed, n):
        return batch if n < 3 else batch._replace(target=batch.target * np.inf)

    with np.errstate(invalid="ignore"):
        trained = fused.fit(rnn, params, source, optimizers.SGD(0.1), 9)
    assert trained.stopped.endswith("not finite at update 3")
    hold_to(trained.params, fused.fit(rnn, params, source, optimizers.SGD(0.1), 3).params, 0)


@pytest.mark.parametrize("cell", CELLS)
def test_padding_reaches_nothing(cell):
    params, batch = draw(6, 4, 3, 5, 2, seed=4, cell=cell)
    optimizer = OPTIMIZERS[2]
    spoiled = batch.x.copy()
    spoiled[~data.length_mask(batch.lengths, 6)] = np.nan
    one, two = (
        fused.step(cell, params, optimizer.init(params), x, batch.target, optimizer, lengths=batch.lengths)
        for x in (batch.x, spoiled)
    )
    _pytree.map(np.testing.assert_array_equal, one, two)


def test_a_loss_that_is_not_finite_leaves_the_weights_alone():
    params, batch = draw(6, 4, 3, 5, 2, seed=5)
    optimizer = OPTIMIZERS[2]
    state = optimizer.init(params)
    target = np.full_like(batch.target, np.nan)
    new, state, loss, norm = fused.step(rnn, params, state, batch.x, target, optimizer)
    assert np.isnan([loss, norm]).all()
    assert state is state
    _pytree.map(np.testing.assert_array_equal, new, params)


PARAMS, BATCH = draw(6, 4, 3, 5, 2, seed=6)
MEMORY = OPTIMIZERS[0].init(PARAMS)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: fused.step(rnn, PARAMS, MEMORY, BATCH.x[..., :2], BATCH.target, OPTIMIZERS[0]),
            ValueError,
            "x has shape (6, 4, 2), expected (T, B, D=3)",
        ),
        (
            lambda: fused.step(rnn, PARAMS, MEMORY, BATCH.x, BATCH.target[:3], OPTIMIZERS[0]),
            ValueError,
            "target has shape (3, 2), expected (B=4, O=2)",
        ),
        (
            lambda: fused.step(rnn, PARAMS, MEMORY, BATCH.x, BATCH.target, OPTIMIZERS[0], clip=-1),
            ValueError,
            "clip is -1, expected a number above 0",
        ),
        (
            lambda: fused.step(rnn, PARAMS, MEMORY, BATCH.x, BATCH.target, optimizers.RMSprop()),
            TypeError,
            "optimizer is RMSprop, expected SGD or Adam",
        ),
        (
            lambda: fused.step(variants, PARAMS, MEMORY, BATCH.x, BATCH.target, OPTIMIZERS[0]),
            ValueError,
            "cell is rnnlab.variants, expected rnnlab.rnn, rnnlab.gru or rnnlab.lstm",
        ),
        (
            lambda: fused.step(lstm, PARAMS, MEMORY, BATCH.x, BATCH.target, OPTIMIZERS[0], activation="relu"),
            ValueError,
            "activation is 'relu', expected 'tanh' in a gated cell",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message


@pytest.mark.skipif(not JIT, reason="nothing is compiled here")
@pytest.mark.parametrize("cell", CELLS)
def test_a_step_runs_what_its_cell_has_compiled(cell):
    params, batch = draw(6, 4, 3, 5, 2, seed=7, cell=cell)
    fused.step(cell, params, OPTIMIZERS[0].init(params), batch.x, batch.target, OPTIMIZERS[0])
    tape = cell.forward(params.cell, batch.x)
    cell.backward(tape, tape.h[1:])
    loops = import_module(f"rnnlab.kernels.{cell.KIND}")
    for loop in (loops.forward_after, loops.backward_after) if cell is gru else (loops.forward, loops.backward):
        for dtype in ("float32", "float64"):
            assert sum(dtype in str(signature) for signature in loop.signatures) <= 1
        assert loop.signatures


@pytest.mark.skipif(not JIT, reason="nothing is compiled here")
def test_a_kernel_that_is_called_with_what_it_was_not_compiled_for_does_not_compile():
    from numba import errors, njit

    address, call = calls.linked(kernels_rnn.forward, "n l 2 1 3 2")
    wrong = njit(lambda at, lengths, x: call(at, 0, lengths, x.T, x[0], x, x))  # the order of a transpose's numbers
    with pytest.raises(errors.TypingError):
        wrong(address(np.dtype(np.float64)), np.ones(1, np.intp), np.ones((2, 2)))


@pytest.mark.parametrize("size", [(2, 2, 3, 5, 2), (20, 20, 3, 32, 2)])  # where the plain kernels run, and the engine
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("cell", "name"), [(cell, name) for cell in CELLS for name in ("x", *cell.Params._fields)])
def test_what_is_not_finite_is_named(name, value, cell, size):
    params, batch = draw(*size, seed=8, cell=cell, dtype=np.float32)
    arrays = {"x": batch.x, **params.cell._asdict(), **params.readout._asdict()}
    arrays[name].flat[1] = value
    optimizer = OPTIMIZERS[2]
    with pytest.raises(ValueError, match=rf"^{name}\[.*\] is {value}, expected finite numbers$"):
        fused.step(cell, params, optimizer.init(params), batch.x, batch.target, optimizer)


@pytest.mark.parametrize(
    "state",
    [
        optimizers.State(0, ()),
        OPTIMIZERS[0].init(PARAMS),
        OPTIMIZERS[2].init(draw(6, 4, 3, 7, 2, seed=6)[0]),
        OPTIMIZERS[2].init(_pytree.map(np.float32, PARAMS)),
    ],
)
def test_a_state_of_others_is_named(state):
    with pytest.raises(ValueError, match=r"^state does not fit params, expected what Adam's init or update returned$"):
        fused.step(rnn, PARAMS, state, BATCH.x, BATCH.target, OPTIMIZERS[2])
