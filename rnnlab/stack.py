"""Several layers: each reads the hidden states of the one below.

    h^1_t = cell(x_t, h^1_{t-1}),   h^l_t = cell(m^l_t ⊙ h^{l-1}_t, h^l_{t-1})

m is 1 without dropout; with dropout p each of its entries is 0 with probability p, else 1 / (1 - p). It stands between
layers only, never on the way through time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays
from rnnlab._cell import Buildable, Portable, directions, require_network, require_options
from rnnlab._recurrence import require_kind, sealed
from rnnlab._settings import require_rng, require_share


class Tape(NamedTuple):
    """What `Stack.backward` needs from `Stack.forward`."""

    layers: tuple[Any, ...]
    masks: tuple[np.ndarray | None, ...]  # m of every layer but the first

    @property
    def x(self) -> np.ndarray:
        """The input (T, B, D), with 0 in the padding."""
        return self.layers[0].x

    @property
    def h(self) -> np.ndarray:
        """The top layer's hidden states (T+1, B, H)."""
        return self.layers[-1].h

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps that count in each row (B,)."""
        return self.layers[0].lengths

    @property
    def h_n(self) -> tuple[Any, ...]:
        """Every layer's last state, the lowest first."""
        return tuple(layer.h_n for layer in self.layers)


@dataclass(frozen=True)
class Stack(Portable):
    """Layers of one kind of cell: it has the cell's `init`, `forward` and `backward`, and a tuple of states.

    Parameters
    ----------
    cell : module or Bidirectional
        `rnn`, `gru`, `lstm` or anything with their functions.
    n_layers : int
        How many.

    References
    ----------
    Dropout between layers only: Zaremba, Sutskever and Vinyals 2014, section 3.2.

    Examples
    --------
    >>> from rnnlab import gru
    >>> deep = Stack(gru, n_layers=3)
    >>> params = deep.init(np.random.default_rng(0), n_input=2, n_hidden=5)
    >>> tape = deep.forward(params, np.ones((7, 4, 2)), dropout=0.5, rng=np.random.default_rng(1))
    >>> tape.h.shape, len(tape.h_n)
    ((8, 4, 5), 3)
    >>> dparams, dx, dh_0 = deep.backward(tape, np.ones((7, 4, 5)))
    >>> dparams[2].w_h.shape, dx.shape
    ((15, 5), (7, 4, 2))
    """

    cell: Buildable
    n_layers: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_layers", _arrays.require_count("n_layers", self.n_layers))
        require_network("cell", self.cell)

    @property
    def directions(self) -> int:
        """How many times as wide as a cell's its states are."""
        return directions(self.cell)

    def init(
        self, rng: np.random.Generator, n_input: int, n_hidden: int | Sequence[int], **options: Any
    ) -> tuple[Any, ...]:
        """Draw first weights of every layer.

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        n_input : int
            D.
        n_hidden : int or sequence of int
            H in every layer (and direction), or one width for each layer, the lowest first.
        **options
            As the cell's own `init` takes them.

        Returns
        -------
        params : tuple of Params
            One for each layer, the lowest first.

        Raises
        ------
        ValueError
            If there is not one width for each layer, or as the cell's own `init`.

        Examples
        --------
        >>> from rnnlab import gru
        >>> params = Stack(gru, 2).init(np.random.default_rng(0), n_input=3, n_hidden=(8, 4))
        >>> [layer.w_x.shape for layer in params]
        [(24, 3), (12, 8)]
        """
        require_options("init", self.cell, options, "init")
        hidden = self._widths(n_hidden)
        inputs = [n_input] + [self.directions * width for width in hidden[:-1]]
        rng = require_rng(rng)  # once: from one seed all layers would draw the same weights
        return tuple(self.cell.init(rng, *sizes, **options) for sizes in zip(inputs, hidden, strict=True))

    def _widths(self, n_hidden: int | Sequence[int]) -> tuple[int, ...]:
        """Return the width of every layer, the lowest first, where one stands for all or there is one for each.

        Raises
        ------
        ValueError
            If there is not one for each.
        """
        if not isinstance(n_hidden, tuple | list):
            return (_arrays.require_count("n_hidden", n_hidden),) * self.n_layers
        if len(n_hidden) != self.n_layers:
            raise ValueError(f"n_hidden has {len(n_hidden)} widths, expected {self.n_layers}, one for each layer")
        return tuple(n_hidden)

    def forward(
        self,
        params: tuple[Any, ...],
        x: ArrayLike,
        state: tuple[Any, ...] | None = None,
        *,
        lengths: ArrayLike | None = None,
        dropout: float = 0.0,
        rng: np.random.Generator | None = None,
        **options: Any,
    ) -> Tape:
        """Read a batch of sequences through all layers.

        Parameters
        ----------
        params : tuple of Params
            One for each layer.
        x : (T, B, D) array
            Input, time first.
        state : tuple of states, optional
            Every layer's first state; zeros by default.
        lengths : (B,) int array, optional
            Number of steps that count in each row.
        dropout : float, default=0.0
            Probability that a hidden state does not reach the next layer; 0 where nothing is being trained.
        rng : Generator, optional
            Draws the dropout.
        **options
            As the cell's own `forward` takes them.

        Returns
        -------
        tape : Tape
            ``tape.h`` (T+1, B, H) holds the top layer's states, ``tape.h_n`` every layer's last.

        Raises
        ------
        TypeError, ValueError
            As the cell's own `forward`; and if the number of layers, the dropout or its generator does not fit.
        """
        _require_layers("params", params, self.n_layers)
        states = (None,) * self.n_layers if state is None else state
        _require_layers("state", states, self.n_layers)
        require_options("Stack", self.cell, options)
        dropout = require_share("dropout", dropout)
        if dropout and self.n_layers == 1:
            raise ValueError(f"dropout is {dropout} in a single layer, expected 0: it stands between layers only")
        if dropout:
            if rng is None:
                raise ValueError(f"dropout is {dropout} without rng, expected a Generator to draw it")
            rng = require_rng(rng)
        layers: list[Any] = []
        masks: list[np.ndarray | None] = []
        for layer_params, layer_state in zip(params, states, strict=True):
            if layers:
                below = layers[-1].h[1:]
                masks.append(_mask(rng, dropout, below))
                x = below.copy() if masks[-1] is None else below * masks[-1]  # a tape's own arrays are locked
            layers.append(self.cell.forward(layer_params, x, layer_state, lengths=lengths, **options))
        return Tape(tuple(layers), sealed(tuple(masks)))

    def backward(
        self, tape: Tape, dh: ArrayLike | None, dh_n: tuple[Any, ...] | None = None
    ) -> tuple[tuple[Any, ...], np.ndarray, tuple[Any, ...]]:
        """Propagate a loss's gradient back through all layers.

        Parameters
        ----------
        tape : Tape
            What `forward` returned.
        dh : (T, B, H) array or None
            ∂loss/∂h[1:] of the top layer; ignored in the padding. None is 0.
        dh_n : tuple of states, optional
            ∂loss/∂(tape.h_n), added to it.

        Returns
        -------
        dparams : tuple of Params
            Gradient of every layer's weights.
        dx : (T, B, D) array
            Gradient of the input, 0 in the padding.
        dh_0 : tuple of states
            Gradient of every layer's first state.

        Raises
        ------
        TypeError, ValueError
            As the cell's own `backward`.
        """
        require_kind("tape", tape, Tape)
        dh_ns = (None,) * self.n_layers if dh_n is None else dh_n
        _require_layers("dh_n", dh_ns, self.n_layers)
        found = []
        for layer, mask, dlayer_n in reversed(list(zip(tape.layers, (None, *tape.masks), dh_ns, strict=True))):
            dparams, dx, dh_0 = self.cell.backward(layer, dh, dlayer_n)
            found.append((dparams, dh_0))
            dh = dx if mask is None else dx * mask
        all_dparams, all_dstart = zip(*reversed(found), strict=True)
        return all_dparams, dx, all_dstart


def _mask(rng: np.random.Generator | None, dropout: float, below: np.ndarray) -> np.ndarray | None:
    if dropout == 0 or rng is None:
        return None
    kept = rng.random(below.shape) >= dropout
    return (kept / (1 - dropout)).astype(below.dtype)


def _require_layers(name: str, layers: Any, n_layers: int) -> None:
    several = isinstance(layers, tuple | list) and not hasattr(layers, "_fields")
    if not several or len(layers) != n_layers:
        found = f"{len(layers)} parts" if several else "no layers"
        raise ValueError(f"{name} has {found}, expected {n_layers}, one for each layer")
