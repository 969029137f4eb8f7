"""Two networks of one kind, one reading forward and one backward in time.

    →h_t = cell(x_t, →h_{t-1}),   ←h_t = cell(x_t, ←h_{t+1}),   h_t = (→h_t, ←h_t)

A row that ends early is read backward from its own last step, so that its padding is read by neither.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _recurrence
from rnnlab._cell import Buildable, Portable, require_network, require_options
from rnnlab._settings import require_rng


class Params(NamedTuple):
    """The weights of both directions, or their gradients."""

    ahead: Any
    reverse: Any


class Tape(NamedTuple):
    """What `Bidirectional.backward` needs from `Bidirectional.forward`."""

    ahead: Any
    reverse: Any  # of the reversed rows
    h: np.ndarray  # (T+1, B, 2H): h[t+1] is both states after reading x[t], each from its own side

    @property
    def x(self) -> np.ndarray:
        """The input (T, B, D), with 0 in the padding."""
        return self.ahead.x

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps that count in each row (B,)."""
        return self.ahead.lengths

    @property
    def h_n(self) -> tuple[Any, Any]:
        """Both last states, of which the reverse one has read the row's first step last."""
        return self.ahead.h_n, self.reverse.h_n


def reverse(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Reverse each row's steps before its length; leave its padding where it is.

    Parameters
    ----------
    values : (T, B, D) array
        Sequences.
    lengths : (B,) int array
        Number of steps that count in each row.

    Returns
    -------
    reversed : (T, B, D) array
        A new array.

    Raises
    ------
    TypeError, ValueError
        If a length is no whole number from 1 to T, or their number differs.

    Examples
    --------
    >>> reverse(np.arange(4.0).reshape(4, 1, 1), np.array([3])).ravel()
    array([2., 1., 0., 3.])
    """
    n_steps, n_batch = values.shape[:2]
    lengths = _arrays.require_lengths(lengths, n_steps, n_batch)
    if lengths.min() == n_steps:
        return values[::-1].copy()
    steps = np.arange(n_steps)[:, None]
    source = np.where(steps < lengths, lengths - 1 - steps, steps)
    return values[source, np.arange(n_batch)]  # whole rows at a time


def _joined(ahead: np.ndarray, back: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return both states at every step (T+1, B, 2H), those of the reverse direction where their inputs stand."""
    n_steps, (_, n_batch, n_hidden) = len(ahead) - 1, back.shape
    h = np.empty((n_steps + 1, n_batch, ahead.shape[2] + n_hidden), ahead.dtype)
    h[:, :, :-n_hidden] = ahead
    h[0, :, -n_hidden:] = back[0]
    if lengths.min() == n_steps:
        h[1:, :, -n_hidden:] = back[:0:-1]
    else:
        counts = (np.arange(1, n_steps + 1)[:, None] <= lengths)[:, :, None]
        h[1:, :, -n_hidden:] = np.where(counts, reverse(back[1:], lengths), back[0])
    return h


@dataclass(frozen=True)
class Bidirectional(Portable):
    """A cell for both directions: it has the cell's `init`, `forward` and `backward`, and states twice as wide.

    Parameters
    ----------
    cell : module
        `rnn`, `gru`, `lstm` or anything with their functions.

    References
    ----------
    Schuster and Paliwal 1997, section II.

    Examples
    --------
    >>> from rnnlab import lstm
    >>> both = Bidirectional(lstm)
    >>> params = both.init(np.random.default_rng(0), n_input=2, n_hidden=3)
    >>> tape = both.forward(params, np.ones((7, 4, 2)))
    >>> tape.h.shape
    (8, 4, 6)
    >>> dparams, dx, dh_0 = both.backward(tape, np.ones((7, 4, 6)))
    >>> dparams.reverse.w_h.shape, dx.shape
    ((12, 3), (7, 4, 2))
    """

    cell: Buildable

    def __post_init__(self) -> None:
        require_network("cell", self.cell)

    @property
    def directions(self) -> int:
        """How many times as wide as a cell's its states are."""
        return 2

    def init(self, rng: np.random.Generator, n_input: int, n_hidden: int, **options: Any) -> Params:
        """Draw first weights of both directions.

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        n_input, n_hidden : int
            D, and H in each direction.
        **options
            As the cell's own `init` takes them.

        Returns
        -------
        params : Params
            The weights of both.
        """
        require_options("init", self.cell, options, "init")
        rng = require_rng(rng)  # once: from one seed both directions would draw the same weights
        return Params(*(self.cell.init(rng, n_input, n_hidden, **options) for _ in Params._fields))

    def forward(
        self,
        params: Params,
        x: ArrayLike,
        state: tuple[Any, Any] | None = None,
        *,
        lengths: ArrayLike | None = None,
        **options: Any,
    ) -> Tape:
        """Read a batch of sequences from both ends.

        Parameters
        ----------
        params : Params
            The weights of both directions.
        x : (T, B, D) array
            Input, time first.
        state : (state, state), optional
            First states of the forward and of the backward direction, as the cell takes them; zeros by default.
        lengths : (B,) int array, optional
            Number of steps that count in each row.
        **options
            As the cell's own `forward` takes them.

        Returns
        -------
        tape : Tape
            ``tape.h`` (T+1, B, 2H) holds both states at every step; in the padding, the forward direction's last and
            the backward direction's first.

        Raises
        ------
        TypeError, ValueError
            As the cell's own `forward`.
        """
        _recurrence.require_kind("params", params, Params)
        require_options("Bidirectional", self.cell, options)
        first, second = _two("state", state)
        ahead = self.cell.forward(params.ahead, x, first, lengths=lengths, **options)
        turned = reverse(ahead.x, ahead.lengths)
        back = self.cell.forward(params.reverse, turned, second, lengths=lengths, **options)
        return Tape(ahead, back, _joined(ahead.h, back.h, ahead.lengths))

    def backward(
        self, tape: Tape, dh: ArrayLike | None, dh_n: tuple[Any, Any] | None = None
    ) -> tuple[Params, np.ndarray, tuple[Any, Any]]:
        """Propagate a loss's gradient back through both directions.

        Parameters
        ----------
        tape : Tape
            What `forward` returned.
        dh : (T, B, 2H) array or None
            ∂loss/∂h[1:]; ignored in the padding. None is 0.
        dh_n : (state, state), optional
            ∂loss/∂(tape.h_n), added to it.

        Returns
        -------
        dparams : Params
            Gradient of both directions' weights.
        dx : (T, B, D) array
            Gradient of the input, 0 in the padding.
        dh_0 : (state, state)
            Gradient of both first states.

        Raises
        ------
        TypeError, ValueError
            As the cell's own `backward`.
        """
        _recurrence.require_kind("tape", tape, Tape)
        n_steps, n_batch, n_hidden = tape.h[1:].shape
        d_ahead = d_reverse = None
        if dh is not None:
            dh = _arrays.require("dh", dh, tape.h.dtype, T=n_steps, B=n_batch, H=n_hidden)
            d_ahead, d_reverse = dh[:, :, : n_hidden // 2], reverse(dh[:, :, n_hidden // 2 :], tape.lengths)
        dh_n_ahead, dh_n_reverse = _two("dh_n", dh_n)
        dparams_ahead, dx_ahead, dstart_ahead = self.cell.backward(tape.ahead, d_ahead, dh_n_ahead)
        dparams_reverse, dx_reverse, dstart_reverse = self.cell.backward(tape.reverse, d_reverse, dh_n_reverse)
        dx = dx_ahead + (dx_reverse[::-1] if tape.lengths.min() == n_steps else reverse(dx_reverse, tape.lengths))
        return Params(dparams_ahead, dparams_reverse), dx, (dstart_ahead, dstart_reverse)


def _two(name: str, states: Any) -> tuple[Any, Any]:
    """Return the states of both directions, or say that they are no pair."""
    if states is None:
        return None, None
    stacked = isinstance(states, np.ndarray) and states.ndim == 3
    if not (stacked or isinstance(states, tuple | list)) or len(states) != 2:
        raise TypeError(f"{name} is not a pair, expected one state for each direction: (ahead, reverse)")
    return states[0], states[1]
