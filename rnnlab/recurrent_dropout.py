"""Dropout on the way through time, with one mask for each sequence.

    cell(x_t, m ⊙ h_{t-1})   in every product with w_h,   m the same at all steps of a row

Each entry of m is 0 with probability p, else 1 / (1 - p). A mask that changed from step to step would wipe out what a
network is to remember. As m multiplies columns of w_h, a row is read with weights of its own: it works for every cell,
in every layer and direction, and costs one call of the cell for each row.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _pytree
from rnnlab._cell import Buildable, Portable, directions, require_network, require_options
from rnnlab._recurrence import require_kind, sealed
from rnnlab._settings import require_rng, require_share


class Tape(NamedTuple):
    """What `RecurrentDropout.backward` needs from `RecurrentDropout.forward`."""

    rows: tuple[Any, ...]  # the network's tape for each row, or one for all where nothing is dropped
    masks: tuple[Any, ...]  # for each row, a tree like the weights
    lengths: np.ndarray  # (B,)

    @property
    def x(self) -> np.ndarray:
        """The input (T, B, D), with 0 in the padding."""
        return np.concatenate([row.x for row in self.rows], axis=1)

    @property
    def h(self) -> np.ndarray:
        """The states (T+1, B, H): ``h[t+1]`` is the state after reading ``x[t]``."""
        return np.concatenate([row.h for row in self.rows], axis=1)

    @property
    def h_n(self) -> Any:
        """Each row's last state."""
        first, *others = (row.h_n for row in self.rows)
        return _pytree.map(lambda *parts: np.concatenate(parts), first, *others)


@dataclass(frozen=True)
class RecurrentDropout(Portable):
    """A network that forgets some units in each sequence that it is trained on.

    Parameters
    ----------
    cell : module, Stack or Bidirectional
        `rnn`, `gru`, `lstm`, or layers of one.

    References
    ----------
    Gal and Ghahramani 2016, section 4.

    Examples
    --------
    >>> from rnnlab import lstm
    >>> network = RecurrentDropout(lstm)
    >>> params = network.init(np.random.default_rng(0), n_input=2, n_hidden=5)
    >>> tape = network.forward(params, np.ones((7, 4, 2)), recurrent_dropout=0.25, rng=1)
    >>> dparams, dx, dh_0 = network.backward(tape, np.ones((7, 4, 5)))
    >>> dparams.w_h.shape, dx.shape
    ((20, 5), (7, 4, 2))
    """

    cell: Buildable

    def __post_init__(self) -> None:
        require_network("cell", self.cell)

    @property
    def directions(self) -> int:
        """How many times as wide as a cell's its states are."""
        return directions(self.cell)

    def init(self, rng: np.random.Generator, n_input: int, n_hidden: Any, **options: Any) -> Any:
        """Draw first weights of the network.

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        n_input, n_hidden : int
            D and H.
        **options
            As the network's own `init` takes them.

        Returns
        -------
        params : Params
        """
        return self.cell.init(rng, n_input, n_hidden, **options)

    def forward(
        self,
        params: Any,
        x: ArrayLike,
        state: Any = None,
        *,
        lengths: ArrayLike | None = None,
        recurrent_dropout: float = 0.0,
        rng: np.random.Generator | None = None,
        **options: Any,
    ) -> Tape:
        """Read a batch of sequences, each with a mask of its own.

        Parameters
        ----------
        params : Params
            Weights of the network.
        x : (T, B, D) array
            Input, time first.
        state : state, optional
            The first state; zeros by default.
        lengths : (B,) int array, optional
            Number of steps that count in each row.
        recurrent_dropout : float, default=0.0
            Probability that a unit is silent in all of a row's steps; 0 where nothing is being trained.
        rng : Generator, optional
            Draws the masks, and the dropout between layers where there is one.
        **options
            As the network's own `forward` takes them.

        Returns
        -------
        tape : Tape

        Raises
        ------
        TypeError, ValueError
            As the network's own `forward`; and if the dropout or its generator does not fit.
        """
        require_options("RecurrentDropout", self.cell, options)
        share = require_share("recurrent_dropout", recurrent_dropout)
        if share and rng is None:
            raise ValueError(f"recurrent_dropout is {share} without rng, expected a Generator to draw it")
        if rng is not None:
            rng = require_rng(rng)
        if options.get("dropout"):
            options["rng"] = rng
        if not share or rng is None:
            whole = self.cell.forward(params, x, state, lengths=lengths, **options)
            return Tape((whole,), (None,), whole.lengths)
        array = _arrays.as_array("x", x)
        if array.ndim != 3 or not array.shape[1]:
            raise ValueError(f"x has shape {array.shape}, expected (T, B, D)")
        ends = _arrays.require_lengths(lengths, *array.shape[:2])
        rows, masks = list[Any](), list[Any]()
        for row in range(array.shape[1]):
            one = slice(row, row + 1)
            masks.append(_masks(params, share, rng))
            before = None if state is None else _pytree.map(lambda part, one=one: np.asarray(part)[one], state)
            weights = _pytree.map(np.multiply, params, masks[-1])
            rows.append(self.cell.forward(weights, array[:, one], before, lengths=ends[one], **options))
        return Tape(tuple(rows), sealed(tuple(masks)), ends)

    def backward(self, tape: Tape, dh: ArrayLike | None, dh_n: Any = None) -> tuple[Any, np.ndarray, Any]:
        """Propagate a loss's gradient back through all rows.

        Parameters
        ----------
        tape : Tape
            What `forward` returned.
        dh : (T, B, H) array or None
            ∂loss/∂h[1:]; ignored in the padding. None is 0.
        dh_n : state, optional
            ∂loss/∂(tape.h_n), added to it.

        Returns
        -------
        dparams : Params
            Gradient of the weights, in which a silent unit of a row has no part.
        dx : (T, B, D) array
            Gradient of the input, 0 in the padding.
        dh_0 : state
            Gradient of the first state.

        Raises
        ------
        TypeError, ValueError
            As the network's own `backward`.
        """
        require_kind("tape", tape, Tape)
        if tape.masks[0] is None:
            return self.cell.backward(tape.rows[0], dh, dh_n)
        if dh is not None:
            n_steps, n_batch, width = tape.h[1:].shape
            dh = _arrays.require("dh", dh, tape.rows[0].h.dtype, T=n_steps, B=n_batch, H=width)
        found = []
        for row, (inner, mask) in enumerate(zip(tape.rows, tape.masks, strict=True)):
            one = slice(row, row + 1)
            after = None if dh_n is None else _pytree.map(lambda part, one=one: np.asarray(part)[one], dh_n)
            dparams, dx, dh_0 = self.cell.backward(inner, None if dh is None else dh[:, one], after)
            found.append((_pytree.map(np.multiply, dparams, mask), dx, dh_0))
        each, dxs, befores = zip(*found, strict=True)
        dparams = _pytree.map(lambda *parts: np.sum(parts, axis=0), *each)
        return dparams, np.concatenate(dxs, axis=1), _pytree.map(lambda *parts: np.concatenate(parts), *befores)


def _masks(params: Any, share: float, rng: np.random.Generator) -> Any:
    """Return a tree like the weights: the mask of the units in each w_h, and 1 elsewhere."""

    def mask(name: str, weights: np.ndarray) -> np.ndarray:
        weights = np.asarray(weights)
        if name.rpartition(".")[2] != "w_h":
            return np.ones((), weights.dtype)
        kept = rng.random(weights.shape[-1]) >= share
        return np.asarray(kept / (1 - share), weights.dtype)

    return _pytree.build(params, (mask(name, leaf) for name, leaf in _pytree.leaves(params)))
