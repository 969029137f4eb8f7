"""What a tape or a result keeps is its own: no change to an argument, or to what was handed out, reaches it."""

import copy
import pickle

import networks
import numpy as np
import pytest
from cells import CELLS, draw, flat
from saying import says

from rnnlab import _pytree, embedding, gru, lstm, optimizers, readout, rnn, sampling, variants
from rnnlab.bidirectional import Bidirectional
from rnnlab.stack import Stack


def arrays(tree):
    return [leaf for _, leaf in _pytree.leaves(tree) if isinstance(leaf, np.ndarray)]


def spoil(*trees):
    """Overwrite every array that can be written to."""
    for array in arrays(trees):
        if array.flags.writeable:
            array[...] = 77


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_nothing_that_happens_to_arguments_or_states_reaches_the_gradient(name, padded, dtype):
    drawn = draw(name, padded=padded, dtype=dtype)
    expected = flat(drawn.backward())
    tape = drawn.forward()
    spoil(drawn.params, drawn.x, drawn.state, drawn.lengths, tape.h_n, tape)
    np.testing.assert_array_equal(flat(drawn.backward(tape)), expected)


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_networks_made_of_cells_keep_their_own_too(name):
    drawn = networks.draw(name)
    expected = arrays(drawn.backward())
    tape = drawn.forward()
    spoil(drawn.params, drawn.x, drawn.state, drawn.lengths, tape.h_n, *tape)
    for found, was in zip(arrays(drawn.backward(tape)), expected, strict=True):
        np.testing.assert_array_equal(found, was)


def test_the_masks_of_dropout_cannot_be_written_to():
    deep = Stack(gru, 2)
    tape = deep.forward(deep.init(0, 2, 3), np.ones((4, 2, 2)), dropout=0.5, rng=1)
    with pytest.raises(ValueError, match="read-only"):
        tape.masks[0][...] = 1


@pytest.mark.parametrize("name", CELLS)
def test_an_entry_of_a_tape_cannot_be_overwritten(name):
    for array in arrays(draw(name).forward()):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_readout_and_embedding_keep_their_own():
    params, h, dy = readout.init(0, 3, 2), np.ones((4, 3)), np.ones((4, 2))
    expected = arrays(readout.backward(readout.forward(params, h), dy))
    tape = readout.forward(params, h)
    spoil(params, h, tape.y)
    for found, was in zip(arrays(readout.backward(tape, dy)), expected, strict=True):
        np.testing.assert_array_equal(found, was)
    table, tokens, lengths = embedding.init(0, 5, 3), np.array([[1, 2], [0, 3]]), np.array([2, 1])
    expected = embedding.backward(embedding.forward(table, tokens, lengths=lengths), np.ones((2, 2, 3))).w_e
    tape = embedding.forward(table, tokens, lengths=lengths)
    tokens[...], lengths[...] = 0, 1
    spoil(table, tape.x)
    np.testing.assert_array_equal(embedding.backward(tape, np.ones((2, 2, 3))).w_e, expected)


@pytest.mark.parametrize("variant", [variants.many_to_one, variants.many_to_many])
def test_a_network_with_a_readout_keeps_its_own(variant):
    params = variants.init(lstm, 0, 2, 3, 1)
    x, lengths = np.random.default_rng(0).normal(size=(4, 2, 2)), np.array([4, 2])
    expected = arrays(variants.backward(tape := variant(lstm, params, x, lengths=lengths), np.ones_like(tape.y)))
    tape = variant(lstm, params, x, lengths=lengths)
    spoil(params, x, lengths, tape.y)
    for found, was in zip(arrays(variants.backward(tape, np.ones_like(tape.y))), expected, strict=True):
        np.testing.assert_array_equal(found, was)


OBJECTS = {
    "bidirectional": Bidirectional(rnn),
    "stack": Stack(Bidirectional(lstm), 2),
    "objective": variants.Objective(variants.many_to_one, gru, np.square, {"reset": "before"}),
    "stepper": sampling.stepper(rnn, variants.init(rnn, 0, 3, 2, 3), activation="relu"),
    "schedule": optimizers.cosine(0.1, 10),
    "optimizer": optimizers.Adam(optimizers.step_decay(0.1, 0.5, 2)),
    "tape": variants.many_to_one(lstm, variants.init(lstm, 0, 2, 3, 1), np.ones((3, 2, 2))),
}
COPIES = {"pickle": lambda o: pickle.loads(pickle.dumps(o)), "deepcopy": copy.deepcopy, "copy": copy.copy}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_can_be_pickled_and_copied(name, how):
    again = COPIES[how](OBJECTS[name])
    assert type(again) is type(OBJECTS[name])
    for left, right in zip(arrays(vars_of(again)), arrays(vars_of(OBJECTS[name])), strict=True):
        np.testing.assert_array_equal(left, right)
    if name in ("bidirectional", "stack", "objective", "schedule", "optimizer"):
        assert again == OBJECTS[name]


def vars_of(thing):
    return tuple(thing) if isinstance(thing, tuple) else vars(thing)


@pytest.mark.parametrize("how", COPIES)
def test_a_copied_tape_leads_to_the_same_gradient(how):
    tape = OBJECTS["tape"]
    dy = np.ones_like(tape.y)
    for found, was in zip(
        arrays(variants.backward(COPIES[how](tape), dy)), arrays(variants.backward(tape, dy)), strict=True
    ):
        np.testing.assert_array_equal(found, was)


def test_an_objective_does_not_follow_the_mapping_it_was_given():
    options = {"reset": "before"}
    objective = variants.Objective(variants.many_to_one, gru, np.square, options)
    options["reset"] = "after"
    assert objective.options == {"reset": "before"}


def test_the_wrong_kind_of_argument_is_named():
    tape = lstm.forward(lstm.init(0, 2, 3), np.ones((3, 1, 2)))
    with says(TypeError, "tape is rnnlab.lstm.Tape, expected rnnlab.rnn.Tape"):
        rnn.backward(tape, None)
    with says(TypeError, "tape is rnnlab.lstm.Tape, expected rnnlab.stack.Tape"):
        Stack(lstm, 1).backward(tape, None)
    with says(TypeError, "params is dict, expected the Params of a cell, as its init returns them"):
        rnn.forward({"w_x": 1}, np.ones((3, 1, 2)))
    with says(TypeError, "params is rnnlab.lstm.Params, expected rnnlab.variants.Params"):
        variants.many_to_one(lstm, lstm.init(0, 2, 3), np.ones((3, 1, 2)))
    with says(TypeError, "params is rnnlab.lstm.Params, expected rnnlab.bidirectional.Params"):
        Bidirectional(lstm).forward(lstm.init(0, 2, 3), np.ones((3, 1, 2)))
    with says(ValueError, "h has shape (1, 4), expected (..., H=3), as many units as w_y has columns"):
        readout.forward(readout.init(0, 3, 2), np.ones((1, 4)))
    with says(ValueError, "dropout is 0.9 in a single layer, expected 0: it stands between layers only"):
        Stack(lstm, 1).forward((lstm.init(0, 2, 3),), np.ones((3, 1, 2)), dropout=0.9, rng=0)
    with says(TypeError, "dtype is int64, expected float64 or float32"):
        rnn.init(0, 2, 3, dtype=int)
    with says(TypeError, "rng is 'seed', expected a numpy.random.Generator or a seed of 0 or more"):
        rnn.init("seed", 2, 3)
