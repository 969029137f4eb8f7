"""Reading a sequence in pieces: from a kept state, with the rows that have not ended, and with what was drawn."""

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _pytree, _randomness, _recurrence
from rnnlab._cell import Network, require_ahead, require_options
from rnnlab._settings import require_rng


class Sequence(NamedTuple):
    """Checked input, with the state before its first step."""

    x: np.ndarray  # (T, B, D), with 0 in the padding
    state: Any
    lengths: np.ndarray  # (B,)
    draws: bool  # whether reading it takes numbers from a generator among the options, as dropout does


def require_sequence(
    caller: str,
    cell: Network,
    params: Any,
    x: ArrayLike,
    state: Any,
    lengths: ArrayLike | None,
    options: dict[str, Any],
) -> Sequence:
    """Return checked input and the first state.

    Parameters
    ----------
    caller : str
        The function that was called, for messages.
    cell, params, x, state, lengths, options
        As in `full`.

    Returns
    -------
    sequence : Sequence
        The input with 0 in its padding, the state (zeros for None) and the lengths (T for None).

    Raises
    ------
    TypeError, ValueError
        As the cell's own `forward`.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = rnn.init(np.random.default_rng(0), 1, 2)
    >>> require_sequence("full", rnn, params, [[[1.0]]], None, None, {}).state
    array([[0., 0.]])
    """
    leaf = next((leaf for _, leaf in _pytree.leaves(params)), None)
    dtype = np.asarray(leaf).dtype
    if dtype.kind != "f":
        raise TypeError(f"params is {type(params).__name__}, expected weights, as init of the cell returns them")
    x = _arrays.require("x", x, dtype, T=None, B=None, D=None)
    lengths = _arrays.require_lengths(lengths, *x.shape[:2])
    x = _arrays.require_finite("x", _recurrence.without_padding(x, lengths))
    require_ahead(caller, cell)
    require_options(caller, cell, options)
    if options.get("rng") is not None:
        options["rng"] = require_rng(options["rng"])  # a seed would begin anew in every piece
    before = _randomness.states(options)
    tape = cell.forward(params, x[:1], state, **options)  # says what is wrong, and knows the form of a state
    draws = _randomness.states(options) != before
    _randomness.restore(options, before)
    if state is None:
        state = _pytree.map(np.zeros_like, tape.h_n)
    state = _pytree.map(lambda part, like: np.asarray(part, like.dtype), state, tape.h_n)
    return Sequence(x[: lengths.max()], state, lengths, draws)


def refuse_draws(caller: str, sequence: Sequence) -> None:
    """Raise if reading a sequence draws random numbers, where its steps are read more than once.

    Raises
    ------
    ValueError
        The gradient would belong to no network.
    """
    if sequence.draws:
        raise ValueError(f"{caller} reads every step more than once, expected options without dropout")


def read(cell: Network, params: Any, sequence: Sequence, start: int, end: int, options: dict[str, Any]) -> "Window":
    """Read some of a sequence's steps from its state.

    Parameters
    ----------
    cell, params : module or Stack, Params
        What reads.
    sequence : Sequence
        The input, its state being that before step `start`.
    start, end : int
        The first step to read and the first not to.
    options : dict
        As the cell's own `forward` takes them.

    Returns
    -------
    window : Window
        The tape of the rows that have any of these steps; the others stand still.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = rnn.init(np.random.default_rng(0), 1, 2)
    >>> sequence = require_sequence("full", rnn, params, np.ones((5, 3, 1)), None, [5, 1, 2], {})
    >>> read(rnn, params, sequence, 1, 4, {}).h.shape
    (3, 3, 2)
    """
    rows = sequence.lengths > start
    state = _pytree.map(lambda part: part[rows], sequence.state)
    lengths = np.minimum(sequence.lengths[rows] - start, end - start)
    tape = cell.forward(params, sequence.x[start:end, rows], state, lengths=lengths, **options)
    return Window(cell, rows, tape, _pytree.map(lambda old, new: filled(old, rows, new), sequence.state, tape.h_n))


class Window(NamedTuple):
    """What some steps did to the rows that have them."""

    cell: Network
    rows: np.ndarray  # (B,) of bool
    tape: Any  # of these rows alone
    h_n: Any  # the state of all rows afterwards

    @property
    def h(self) -> np.ndarray:
        """The hidden states (k, B, H), 0 in the other rows."""
        h = self.tape.h[1:]
        out = np.zeros((len(h), len(self.rows), h.shape[2]), h.dtype)
        out[:, self.rows] = h
        return out

    def backward(self, dh: ArrayLike, dh_n: Any) -> tuple[Any, Any]:
        """Return the gradient of the weights and of the state before, given those of h (k, B, H) and of `h_n`."""
        n_steps, _, n_hidden = self.tape.h[1:].shape
        dh = _arrays.require("dh", dh, self.tape.h.dtype, T=n_steps, B=len(self.rows), H=n_hidden)
        if dh_n is not None:
            dh_n = _pytree.map(lambda part: part[self.rows], dh_n)
        dparams, _, dh_0 = self.cell.backward(self.tape, dh[:, self.rows], dh_n)
        return dparams, _pytree.map(lambda old, new: filled(np.zeros_like(old), self.rows, new), self.h_n, dh_0)


def filled(array: np.ndarray, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a copy of an array with other values in some rows."""
    out = array.copy()
    out[rows] = values
    return out


def states_at(
    cell: Network, params: Any, sequence: Sequence, starts: list[int], options: dict[str, Any]
) -> tuple[dict[int, Any], dict[int, list[str]]]:
    """Return the states before these steps, which begin at 0 and do not fall, and those of the generators."""
    states, dice = {0: sequence.state}, {0: _randomness.states(options)}
    for before, start in itertools.pairwise(starts):
        if start not in states:
            states[start] = read(cell, params, sequence._replace(state=states[before]), before, start, options).h_n
            dice[start] = _randomness.states(options)
    return states, dice
