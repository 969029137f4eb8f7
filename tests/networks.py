"""Networks made of cells: both directions, several layers. What their tests need to know of each."""

from typing import Any, NamedTuple

import naive
import numpy as np

from rnnlab import _pytree, gru, lstm, rnn
from rnnlab.bidirectional import Bidirectional
from rnnlab.stack import Stack


class Network(NamedTuple):
    """A network, the naive loops of its cell, and PyTorch's words for the same."""

    network: Any
    cell: Any
    naive: Any
    kind: str
    n_layers: int = 1
    both: bool = False


NETWORKS = {
    "both-rnn": Network(Bidirectional(rnn), rnn, naive.rnn, "RNN", both=True),
    "both-gru": Network(Bidirectional(gru), gru, naive.gru, "GRU", both=True),
    "both-lstm": Network(Bidirectional(lstm), lstm, naive.lstm, "LSTM", both=True),
    "three-rnn": Network(Stack(rnn, 3), rnn, naive.rnn, "RNN", 3),
    "two-gru": Network(Stack(gru, 2), gru, naive.gru, "GRU", 2),
    "two-lstm": Network(Stack(lstm, 2), lstm, naive.lstm, "LSTM", 2),
    "two-both-lstm": Network(Stack(Bidirectional(lstm), 2), lstm, naive.lstm, "LSTM", 2, both=True),
    "two-both-gru": Network(Stack(Bidirectional(gru), 2), gru, naive.gru, "GRU", 2, both=True),
}


class Drawn(NamedTuple):
    """A network with everything that its forward and backward take."""

    about: Network
    params: Any
    x: np.ndarray
    state: Any
    lengths: Any
    dh: np.ndarray
    dh_n: Any

    def forward(self, **changes):
        given = self._replace(**changes)
        return self.about.network.forward(given.params, given.x, given.state, lengths=given.lengths)

    def backward(self, tape=None, **changes):
        given = self._replace(**changes)
        return self.about.network.backward(given.forward() if tape is None else tape, given.dh, given.dh_n)


def draw(name, seed=0, n_steps=6, n_batch=4, n_input=3, n_hidden=5, padded=True, dtype=np.float64):
    """Draw weights with biases, an input, a first state and gradients."""
    about, rng = NETWORKS[name], np.random.default_rng(seed)
    params = about.network.init(rng, n_input, n_hidden, scheme="torch", dtype=dtype)
    params = _pytree.map(lambda p: p + rng.normal(0, 0.3, p.shape).astype(dtype), params)
    lengths = np.array([n_steps, *rng.integers(1, n_steps + 1, n_batch - 1)]) if padded else None

    def normal(shape):
        return rng.standard_normal(shape).astype(dtype)

    x = normal((n_steps, n_batch, n_input))
    tape = about.network.forward(params, x)
    state, dh_n = (_pytree.map(lambda part: normal(part.shape), tape.h_n) for _ in range(2))
    return Drawn(about, params, x, state, lengths, normal(tape.h[1:].shape), dh_n)


def arrays(found):
    """The arrays of a tree in order."""
    return [array for _, array in _pytree.leaves(found)]


def valid(drawn):
    """Which steps count (T, B, 1)."""
    n_steps, n_batch, _ = drawn.x.shape
    lengths = np.full(n_batch, n_steps) if drawn.lengths is None else drawn.lengths
    return (np.arange(n_steps)[:, None] < lengths)[:, :, None]
