"""What the tests need to know of each cell: its module, its options, its naive twin, the parts of its state."""

from typing import Any, NamedTuple

import naive
import numpy as np

from rnnlab import activations, gru, lstm, rnn


class Cell(NamedTuple):
    module: Any
    naive: Any
    options: dict
    state_names: tuple = ("state",)

    def whole(self, parts):
        """A state from its parts: an array where there is one, else a tuple."""
        return parts[0] if len(self.state_names) == 1 else tuple(parts)

    def parts(self, state):
        return (state,) if len(self.state_names) == 1 else state

    def forward(self, params, x, state=None, lengths=None):
        return self.module.forward(params, x, state, lengths=lengths, **self.options)


CELLS = {f"rnn-{name}": Cell(rnn, naive.rnn, {"activation": name}) for name in activations.NAMES}
CELLS |= {f"gru-{reset}": Cell(gru, naive.gru, {"reset": reset}) for reset in gru.RESETS}
CELLS |= {"lstm": Cell(lstm, naive.lstm, {}, ("h_0", "c_0"))}


class Drawn(NamedTuple):
    """A cell with everything that its forward and backward take."""

    cell: Cell
    params: Any
    x: np.ndarray
    state: Any
    lengths: Any
    dh: np.ndarray
    dh_n: Any

    def forward(self, **changes):
        given = self._replace(**changes)
        return self.cell.forward(given.params, given.x, given.state, given.lengths)

    def backward(self, tape=None, **changes):
        given = self._replace(**changes)
        return self.cell.module.backward(given.forward() if tape is None else tape, given.dh, given.dh_n)


def draw(name, seed=0, n_steps=6, n_batch=4, n_input=3, n_hidden=5, padded=True, dtype=np.float64):
    """Draw weights with biases, an input, a first state and gradients; the first row has no padding, the last has."""
    cell, rng = CELLS[name], np.random.default_rng(seed)
    params = cell.module.init(rng, n_input, n_hidden, scheme="torch", dtype=dtype)
    params = type(params)(*(p + rng.normal(0, 0.3, p.shape).astype(dtype) for p in params))

    def normal(*shape):
        return rng.standard_normal(shape).astype(dtype)

    def state():
        return cell.whole([normal(n_batch, n_hidden) for _ in cell.state_names])

    lengths = None
    if padded:
        lengths = rng.integers(1, n_steps + 1, n_batch)
        lengths[0], lengths[-1] = n_steps, max(1, n_steps - 2)
    x, dh = normal(n_steps, n_batch, n_input), normal(n_steps, n_batch, n_hidden)
    return Drawn(cell, params, x, state(), lengths, dh, state())


def flat(tree):
    """All numbers of nested tuples and arrays, in one row."""
    if isinstance(tree, tuple):
        return np.concatenate([flat(part) for part in tree])
    return np.ravel(tree)
