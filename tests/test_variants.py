"""The four shapes are the cell and the readout, put together as drawn, and their gradients are right."""

import numpy as np
import pytest
from saying import says

from rnnlab import _pytree, data, gradcheck, gru, losses, lstm, readout, rnn, variants
from rnnlab.bidirectional import Bidirectional
from rnnlab.stack import Stack

CELLS = {"rnn": rnn, "gru": gru, "lstm": lstm, "stack": Stack(lstm, 2)}
BOTH_WAYS = {"both": Bidirectional(gru), "deep both": Stack(Bidirectional(rnn), 2)}
T, B, D, H, N_OUT = 5, 3, 2, 4, 2
LENGTHS = np.array([5, 2, 4])


@pytest.fixture(params=CELLS)
def cell(request):
    return CELLS[request.param]


def rng():
    return np.random.default_rng(3)


def shapes(cell, params, pairs, x, target_input):
    """Return the run of every shape as a function of (its weights, its input)."""
    return {
        "one_to_one": (params, x[0], lambda p, x: variants.one_to_one(cell, p, x)),
        "one_to_many": (params, x[0], lambda p, x: variants.one_to_many(cell, p, x, n_steps=4)),
        "many_to_one": (params, x, lambda p, x: variants.many_to_one(cell, p, x)),
        "many_to_one with lengths": (params, x, lambda p, x: variants.many_to_one(cell, p, x, lengths=LENGTHS)),
        "many_to_many": (params, x, lambda p, x: variants.many_to_many(cell, p, x)),
        "encoder_decoder": (
            pairs,
            x,
            lambda p, x: variants.encoder_decoder(cell, p, x, target_input, lengths=LENGTHS),
        ),
    }


@pytest.fixture
def runs(cell):
    params = variants.init(cell, rng(), D, H, N_OUT)
    pairs = variants.init_encoder_decoder(cell, rng(), D, 3, H, N_OUT)
    return shapes(cell, params, pairs, rng().normal(size=(T, B, D)), rng().normal(size=(7, B, 3)))


OUTPUTS = {
    "one_to_one": (B, N_OUT),
    "one_to_many": (4, B, N_OUT),
    "many_to_one": (B, N_OUT),
    "many_to_one with lengths": (B, N_OUT),
    "many_to_many": (T, B, N_OUT),
    "encoder_decoder": (7, B, N_OUT),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_gradient_equals_central_differences(runs, name):
    params, x, run = runs[name]
    tape = run(params, x)
    assert tape.y.shape == OUTPUTS[name]
    target = rng().normal(size=tape.y.shape)
    _, dy = losses.mse(tape.y, target)
    dparams, dx, _ = variants.backward(tape, dy)
    report = gradcheck.check(lambda v: losses.mse(run(v[0], v[1]).y, target)[0], (params, x), (dparams, dx))
    assert report.ok, str(report)


def test_gradient_of_the_decoders_input_equals_central_differences(cell):
    pairs = variants.init_encoder_decoder(cell, rng(), D, 3, H, N_OUT)
    x, target_input = rng().normal(size=(T, B, D)), rng().normal(size=(7, B, 3))
    target = rng().normal(size=(7, B, N_OUT))

    def run(target_input):
        return variants.encoder_decoder(cell, pairs, x, target_input)

    tape = run(target_input)
    _, _, given = variants.backward(tape, losses.mse(tape.y, target)[1])
    report = gradcheck.check(lambda v: losses.mse(run(v).y, target)[0], target_input, given)
    assert report.ok, str(report)


def test_outputs_are_the_readout_of_the_states_as_drawn(cell):
    params = variants.init(cell, rng(), D, H, N_OUT)
    x = rng().normal(size=(T, B, D))
    h = cell.forward(params.cell, x).h
    y = readout.forward(params.readout, h[1:]).y
    np.testing.assert_array_equal(variants.many_to_many(cell, params, x).y, y)
    np.testing.assert_allclose(variants.many_to_one(cell, params, x).y, y[-1], rtol=1e-12)
    np.testing.assert_allclose(variants.one_to_one(cell, params, x[0]).y, y[0], rtol=1e-12)
    silent = np.zeros_like(x)
    silent[0] = x[0]
    many = variants.many_to_many(cell, params, silent).y
    np.testing.assert_array_equal(variants.one_to_many(cell, params, x[0], T).y, many)


def test_a_decoder_goes_on_from_each_rows_last_state(cell):
    pairs = variants.init_encoder_decoder(cell, rng(), D, 3, H, N_OUT)
    x, target_input = rng().normal(size=(T, B, D)), rng().normal(size=(7, B, 3))
    y = variants.encoder_decoder(cell, pairs, x, target_input, lengths=LENGTHS).y
    for b, n in enumerate(LENGTHS):
        last = cell.forward(pairs.encoder, x[:n, b : b + 1]).h_n
        alone = cell.forward(pairs.decoder, target_input[:, b : b + 1], last)
        np.testing.assert_allclose(y[:, b : b + 1], readout.forward(pairs.readout, alone.h[1:]).y, rtol=1e-11)


@pytest.mark.parametrize("variant", [variants.many_to_one, variants.many_to_many])
def test_padding_reaches_neither_loss_nor_gradient(cell, variant):
    params = variants.init(cell, rng(), D, H, N_OUT)
    x = rng().normal(size=(T, B, D))
    target = rng().normal(size=(T, B, N_OUT))[0 if variant is variants.many_to_one else slice(None)]
    objective = variants.Objective(variant, cell, losses.mse)
    loss, gradient = objective(params, data.Batch(x, target, None, LENGTHS))
    spoiled, spoiled_target = x.copy(), target.copy()
    spoiled[~data.length_mask(LENGTHS, T)] = np.nan
    if target.ndim == 3:
        spoiled_target[~data.length_mask(LENGTHS, T)] = np.nan
    again, same = objective(params, data.Batch(spoiled, spoiled_target, None, LENGTHS))
    assert again == loss
    _pytree.map(np.testing.assert_array_equal, same, gradient)
    assert objective.value(params, data.Batch(x, target, None, LENGTHS)) == loss


def test_a_batch_of_rows_is_the_mean_of_its_rows(cell):
    params = variants.init(cell, rng(), D, H, N_OUT)
    x, target = rng().normal(size=(T, B, D)), rng().normal(size=(B, N_OUT))
    objective = variants.Objective(variants.many_to_one, cell, losses.mse)
    _, gradient = objective(params, data.Batch(x, target, None, LENGTHS))
    rows = [objective(params, data.Batch(x[:n, [b]], target[[b]]))[1] for b, n in enumerate(LENGTHS)]
    mean = _pytree.map(lambda *parts: sum(parts) / B, *rows)
    _pytree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14), gradient, mean)


def test_pairs_of_texts_become_teacher_forced_batches(cell):
    letters = data.Vocabulary.of(["abc"], extra=("<start>", "<end>"))
    batch = data.pair_batch([("ab", "cab"), ("c", "b")], letters, letters)
    assert letters.decode(batch.target[:, 0]) == ["c", "a", "b", "<end>"]
    assert letters.decode(batch.target_input[:, 0].argmax(axis=1)) == ["<start>", "c", "a", "b"]
    assert not batch.target_input[~batch.mask].any()
    params = variants.init_encoder_decoder(cell, rng(), 5, 5, H, 5)
    objective = variants.Objective(variants.encoder_decoder, cell, losses.softmax_cross_entropy)
    loss, gradient = objective(params, batch)
    report = gradcheck.check(lambda p: objective.value(p, batch), params, gradient)
    assert report.ok, str(report)
    assert loss == pytest.approx(np.log(5), abs=1)


@pytest.mark.parametrize("name", BOTH_WAYS)
@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_both_directions_answer_after_all_they_have_read(name, lengths):
    cell = BOTH_WAYS[name]
    params = variants.init(cell, rng(), D, H, N_OUT)
    x, target = rng().normal(size=(T, B, D)), rng().normal(size=(B, N_OUT))
    objective = variants.Objective(variants.many_to_one, cell, losses.mse)
    batch = data.Batch(x, target, None, lengths)
    _, gradient = objective(params, batch)
    report = gradcheck.check(lambda p: objective.value(p, batch), params, gradient)
    assert report.ok, str(report)
    h = cell.forward(params.cell, x, lengths=lengths).h
    for b, n in enumerate(LENGTHS if lengths is not None else [T] * B):
        both = np.concatenate([h[n, b, :H], h[1, b, H:]])
        y = both @ params.readout.w_y.T + params.readout.b_y
        np.testing.assert_allclose(variants.many_to_one(cell, params, x, lengths=lengths).y[b], y, rtol=1e-11)


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_a_tagger_that_reads_both_ways_has_the_right_gradient(name):
    cell = BOTH_WAYS[name]
    params = variants.init(cell, rng(), D, H, N_OUT)
    batch = data.Batch(rng().normal(size=(T, B, D)), rng().integers(0, N_OUT, (T, B)), None, LENGTHS)
    objective = variants.Objective(variants.many_to_many, cell, losses.softmax_cross_entropy)
    report = gradcheck.check(lambda p: objective.value(p, batch), params, objective(params, batch)[1])
    assert report.ok, str(report)


def test_a_decoder_that_would_read_the_answers_ahead_is_refused():
    with pytest.raises(ValueError, match=r"^cell reads in both directions, expected one that cannot read the answers"):
        variants.encoder_decoder(Bidirectional(rnn), None, np.zeros((T, B, D)), np.zeros((T, B, D)))


@pytest.mark.parametrize("name", OUTPUTS)
def test_float32_stays_float32(runs, name):
    params, x, run = runs[name]
    narrow = _pytree.map(np.float32, params)
    tape, twin = run(narrow, np.float32(x)), run(params, x)
    dparams, dx, _ = variants.backward(tape, np.ones_like(tape.y))
    assert {leaf.dtype for _, leaf in _pytree.leaves((dparams, dx, tape.y))} == {np.dtype(np.float32)}
    np.testing.assert_allclose(tape.y, twin.y, rtol=1e-4, atol=1e-5)


def test_a_single_input_of_the_wrong_shape_is_named(cell):
    params = variants.init(cell, rng(), D, H, N_OUT)
    for run in (variants.one_to_one, lambda *a: variants.one_to_many(*a, n_steps=2)):
        with pytest.raises(ValueError, match=r"^x has shape \(5, 3, 2\), expected \(B, D\)$"):
            run(cell, params, np.zeros((T, B, D)))
    with pytest.raises(ValueError, match=r"^n_steps is 0, expected a whole number of at least 1$"):
        variants.one_to_many(cell, params, np.zeros((B, D)), 0)


VALUES = {"mse": (N_OUT, float), "sigmoid_cross_entropy": (N_OUT, float), "softmax_cross_entropy": (None, int)}


def wrapped(*args, **options):
    """A variant of one's own."""
    return variants.many_to_many(*args, **options)


@pytest.mark.parametrize("variant", [variants.many_to_many, wrapped])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", VALUES)
def test_neither_the_mask_nor_the_lengths_are_forgotten(name, masked, variant):
    size, kind = VALUES[name]
    shape = (T, B) if size is None else (T, B, size)
    x, target = rng().normal(size=(T, B, D)), rng().integers(0, 2, shape).astype(kind)
    mask = rng().random((T, B)) < 0.7 if masked else np.ones((T, B), bool)
    mask[0] = True
    read = np.arange(T)[:, None] < LENGTHS
    objective = variants.Objective(variant, rnn, getattr(losses, name))
    params = variants.init(rnn, rng(), D, 4, N_OUT)
    found = objective(params, data.Batch(x, target, mask, LENGTHS))
    expected = objective(params, data.Batch(x, target, mask & read, LENGTHS))
    x[~read], target[~(mask & read)] = 1e6, 1
    spoiled = objective(params, data.Batch(x, target, mask, LENGTHS))
    for one, other in ((found, expected), (found, spoiled)):
        assert one[0] == other[0]
        for (_, a), (_, b) in zip(_pytree.leaves(one[1]), _pytree.leaves(other[1]), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_batch_of_the_other_kind_is_named():
    batch = data.adding(0, 3, 4)
    objective = variants.Objective(variants.many_to_many, rnn, losses.mse)
    with says(ValueError, "batch has a target per sequence, and many_to_many answers at every step"):
        objective(variants.init(rnn, 0, 2, 4, 1), batch)
