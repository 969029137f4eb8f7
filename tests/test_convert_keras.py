"""Weights in the order of Keras, checked against its layers' equations written as loops over its own arrays."""

from pathlib import Path

import numpy as np
import pytest
from networks import NETWORKS, draw
from saying import says
from scipy.special import expit

from rnnlab import convert, gru, lstm, rnn
from rnnlab.bidirectional import Bidirectional
from rnnlab.stack import Stack

RECORDED = Path(__file__).parent / "data" / "keras.npz"  # by record_keras.py


def simple(kernel, recurrent, bias, x):
    h, out = np.zeros((x.shape[1], len(recurrent))), []
    for x_t in x:
        h = np.tanh(x_t @ kernel + h @ recurrent + bias)
        out.append(h)
    return np.array(out)


def long_short(kernel, recurrent, bias, x):
    h, c, out = np.zeros((x.shape[1], len(recurrent))), 0.0, []
    for x_t in x:
        i, f, g, o = np.split(x_t @ kernel + h @ recurrent + bias, 4, axis=1)
        c = expit(f) * c + expit(i) * np.tanh(g)
        h = expit(o) * np.tanh(c)
        out.append(h)
    return np.array(out)


def gated(kernel, recurrent, bias, x):
    n, out = len(recurrent), []
    h = np.zeros((x.shape[1], n))
    first, second = bias if bias.ndim == 2 else (bias, 0 * bias)
    for x_t in x:
        given = x_t @ kernel + first
        kept = h @ recurrent[:, : 2 * n] + second[: 2 * n]
        z, r = expit(given[:, :n] + kept[:, :n]), expit(given[:, n : 2 * n] + kept[:, n:])
        last = recurrent[:, 2 * n :]
        recalled = r * (h @ last + second[2 * n :]) if bias.ndim == 2 else (r * h) @ last
        h = z * h + (1 - z) * np.tanh(given[:, 2 * n :] + recalled)
        out.append(h)
    return np.array(out)


def drawn(cell, rng):
    """Return random weights with biases that are not 0, and inputs."""
    params = cell.init(rng, 3, 4)
    return type(params)(*(rng.normal(0, 0.5, part.shape) for part in params)), rng.normal(size=(6, 2, 3))


@pytest.mark.parametrize(
    ("cell", "theirs", "reset"),
    [(rnn, simple, None), (lstm, long_short, None), (gru, gated, "after"), (gru, gated, "before")],
    ids=["rnn", "lstm", "gru-after", "gru-before"],
)
def test_both_ways_the_outputs_are_those_of_the_equations_of_keras(cell, theirs, reset):
    rng = np.random.default_rng(0)
    params, x = drawn(cell, rng)
    options = {} if reset is None else {"reset": reset}
    h = cell.forward(params, x, **options).h[1:]
    listed = convert.to_keras(params, **options)
    np.testing.assert_allclose(theirs(*listed, x), h, rtol=1e-12, atol=1e-14)
    listed = [rng.normal(0, 0.5, part.shape) for part in listed]
    found = cell.forward(convert.from_keras(cell, listed), x, **options).h[1:]
    np.testing.assert_allclose(found, theirs(*listed, x), rtol=1e-12, atol=1e-14)


def test_the_direction_that_reads_backward_comes_second():
    rng = np.random.default_rng(0)
    both = Bidirectional(lstm)
    listed = [rng.normal(size=part.shape) for part in convert.to_keras(both.init(rng, 3, 4))]
    x = rng.normal(size=(6, 2, 3))
    expected = np.concatenate([long_short(*listed[:3], x), long_short(*listed[3:], x[::-1])[::-1]], axis=2)
    found = both.forward(convert.from_keras(both, listed), x).h[1:]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", NETWORKS)
def test_there_and_back_the_outputs_are_the_same(name):
    about = draw(name)
    network = about.about.network
    again = convert.from_keras(network, convert.to_keras(about.params))
    np.testing.assert_allclose(about.forward(params=again).h, about.forward().h, rtol=1e-12, atol=1e-14)


def test_a_layer_is_asked_for_its_weights_and_they_are_copied():
    class Layer:
        def get_weights(self):
            return self.listed

    layer = Layer()
    layer.listed = convert.to_keras(lstm.init(np.random.default_rng(0), 3, 4))
    params = convert.from_keras(lstm, layer)
    assert not any(np.shares_memory(ours, theirs) for ours in params for theirs in layer.listed)


def test_without_any_bias_it_is_zero():
    listed = convert.to_keras(gru.init(np.random.default_rng(0), 3, 4))
    params = convert.from_keras(gru, listed[:2])
    assert not params.b_h.any()
    assert not params.b_hn.any()


def test_float32_stays_float32():
    listed = convert.to_keras(gru.init(np.random.default_rng(0), 3, 4, dtype=np.float32))
    assert {part.dtype for part in [*listed, *convert.from_keras(gru, listed)]} == {np.dtype(np.float32)}


def test_mistakes_are_named():
    listed = convert.to_keras(lstm.init(np.random.default_rng(0), 3, 4))
    with says(ValueError, "weights has 1 arrays, expected 3 for this network: (3, 16)"):
        convert.from_keras(lstm, listed[:1])
    with says(ValueError, "weights has 3 arrays, expected 6 for this network: (3, 16), (4, 16), (16,)"):
        convert.from_keras(Stack(lstm, 2), listed)
    with says(ValueError, "weights[0] and [1] have shapes (3, 16) and (4, 16), expected (D, 3H) and (H, 3H)"):
        convert.from_keras(gru, listed)
    with says(ValueError, "weights[2] has shape (15,), expected (16,)"):
        convert.from_keras(lstm, [*listed[:2], listed[2][:15]])
    with says(ValueError, "weights[1] is float64 of shape (4,), expected a matrix of floats"):
        convert.from_keras(lstm, [listed[0], listed[1][:, 0], listed[2]])
    with says(ValueError, "reset is 'behind', expected 'after' or 'before'"):
        convert.to_keras(gru.init(np.random.default_rng(0), 3, 4), reset="behind")


@pytest.mark.parametrize(
    ("name", "cell", "options"),
    [
        ("rnn", rnn, {}),
        ("gru-after", gru, {"reset": "after"}),
        ("gru-before", gru, {"reset": "before"}),
        ("lstm", lstm, {}),
        ("both-lstm", Bidirectional(lstm), {}),
    ],
)
def test_the_outputs_are_those_that_keras_gave(name, cell, options):
    """Keras runs in float32. Of its GRU's two biases the gates have the sum, so that weights come back as others."""
    with np.load(RECORDED) as recorded:
        weights = [recorded[f"{name}/{place}"] for place in range(sum(k.startswith(f"{name}/") for k in recorded) - 1)]
        x, expected = recorded["x"].swapaxes(0, 1), recorded[f"{name}/y"].swapaxes(0, 1)
    params = convert.from_keras(cell, weights)
    np.testing.assert_allclose(cell.forward(params, x, **options).h[1:], expected, rtol=1e-5, atol=1e-6)
    back = convert.to_keras(params, **options)
    assert [part.shape for part in back] == [part.shape for part in weights]
    again = convert.from_keras(cell, back)
    np.testing.assert_allclose(cell.forward(again, x, **options).h[1:], expected, rtol=1e-5, atol=1e-6)


class Described:
    """A layer of Keras, as far as it is asked."""

    def __init__(self, cell=lstm, **config):
        self.config, self.weights = config, convert.to_keras(cell.init(0, 2, 3))

    def get_config(self):
        return self.config

    def get_weights(self):
        return self.weights


PLAIN = {"activation": "tanh", "recurrent_activation": "sigmoid", "go_backwards": False}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"recurrent_activation": "hard_sigmoid"},
            "a layer with recurrent_activation='hard_sigmoid', expected 'sigmoid'",
        ),
        ({"activation": "elu"}, "a network with 'elu', which its arrays do not say, expected 'tanh'"),
        ({"go_backwards": True}, "a layer with go_backwards=True, expected False"),
    ],
)
def test_what_the_weights_of_a_layer_do_not_say_is_refused(config, message):
    assert convert.from_keras(lstm, Described(**PLAIN)).w_x.shape == (12, 2)
    inside = {"class_name": "LSTM", "config": PLAIN | config}
    for about in (PLAIN | config, {"merge_mode": "concat", "layer": inside}, {"layers": [inside]}):
        with says(ValueError, f"weights is {message}"):
            convert.from_keras(lstm, Described(**about))
    with says(ValueError, "weights is a layer with merge_mode='sum', expected 'concat'"):
        convert.from_keras(lstm, Described(merge_mode="sum", layer={"class_name": "LSTM", "config": PLAIN}))
