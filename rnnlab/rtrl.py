"""Real-time recurrent learning: gradients carried forward in time, so that no past states have to be kept.

The influence P_t = ∂s_t/∂θ of all weights θ on the state s_t (h_t; in an LSTM also c_t) obeys

    P_t = J_t P_{t-1} + F_t,   J_t = ∂s_t/∂s_{t-1},   F_t = ∂s_t/∂θ (s_{t-1} held fixed),   ∂L/∂θ = Σ_t ∂L_t/∂s_t P_t.

`rtrl` computes just that: S × N numbers for S in the state and N weights, S² N multiplications a step. `uoro` keeps a
product s̃ θ̃ᵀ of two vectors instead, whose mean is P_t:

    s̃_t = ρ_0 J_t s̃_{t-1} + ρ_1 ν,   θ̃_t = θ̃_{t-1} / ρ_0 + νᵀF_t / ρ_1,   with ν drawn ±1, and ρ to balance the lengths.
"""

from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _pytree
from rnnlab._cell import Cell
from rnnlab._settings import require_rng
from rnnlab.bptt import Gradient, LossGradient, refuse_draws, require_sequence


def rtrl(
    cell: Cell,
    params: Any,
    x: ArrayLike,
    dloss: LossGradient,
    state: Any = None,
    *,
    lengths: ArrayLike | None = None,
    **options: Any,
) -> Gradient:
    """Return the full gradient by real-time recurrent learning.

    Parameters
    ----------
    cell, params, x, dloss, state, lengths, **options
        As in `bptt.full`.

    Returns
    -------
    gradient : Gradient
        ``dparams`` and the final state ``h_n``.

    Raises
    ------
    TypeError, ValueError
        As `bptt.full`.

    References
    ----------
    Williams and Zipser 1989, section 2.

    Examples
    --------
    >>> from rnnlab import bptt, rnn
    >>> params, x = rnn.init(np.random.default_rng(0), 1, 2), np.ones((9, 1, 1))
    >>> forward, backward = (rule(rnn, params, x, lambda start, h: h) for rule in (rtrl, bptt.full))
    >>> bool(np.allclose(forward.dparams.w_h, backward.dparams.w_h))
    True
    """
    return _online("rtrl", cell, params, x, dloss, state, lengths, options, Influence)


def uoro(
    cell: Cell,
    params: Any,
    x: ArrayLike,
    dloss: LossGradient,
    state: Any = None,
    *,
    rng: np.random.Generator,
    lengths: ArrayLike | None = None,
    **options: Any,
) -> Gradient:
    """Return a gradient whose mean over the generator's draws is the full one, by unbiased online optimization.

    Parameters
    ----------
    cell, params, x, dloss, state, lengths, **options
        As in `bptt.full`.
    rng : Generator
        Draws ν, anew for every row.

    Returns
    -------
    gradient : Gradient
        ``dparams`` and the final state ``h_n``.

    Raises
    ------
    TypeError, ValueError
        As `bptt.full`.

    References
    ----------
    Tallec and Ollivier 2018, "Unbiased online recurrent optimization", section 3.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params, rng = rnn.init(np.random.default_rng(0), 1, 2), np.random.default_rng(1)
    >>> uoro(rnn, params, np.ones((9, 1, 1)), lambda start, h: h, rng=rng).dparams.w_h.shape
    (2, 2)
    """
    return _online(
        "uoro",
        cell,
        params,
        x,
        dloss,
        state,
        lengths,
        options,
        partial(RankOne, rng=require_rng(rng)),
    )


class Memory(Protocol):
    """What a forward rule knows of the past: ∂s_{t-1}/∂θ, or a substitute."""

    def pull(self, dstate: np.ndarray) -> np.ndarray:
        """Return dstate (S,) times the influence, (N,)."""

    def advance(self, step: "Step") -> None:
        """Take in one more step."""


class Influence:
    """The influence itself: ``matrix`` (S, N).

    Parameters
    ----------
    n_state, n_params : int
        S and N.

    Examples
    --------
    >>> Influence(2, 3).pull(np.ones(2))
    array([0., 0., 0.])
    """

    def __init__(self, n_state: int, n_params: int):
        self.matrix = np.zeros((n_state, n_params))

    def pull(self, dstate: np.ndarray) -> np.ndarray:
        """Return dstate (S,) times the influence, (N,)."""
        return dstate @ self.matrix

    def advance(self, step: "Step") -> None:
        """P ← J P + F."""
        units = np.eye(len(self.matrix))
        rows = [step.back(unit) for unit in units]
        by_state = np.array([dstate for _, dstate in rows])
        self.matrix = by_state @ self.matrix + np.array([dparams for dparams, _ in rows])


class RankOne:
    """A product of two vectors with the influence for its mean: ``state`` (S,) and ``params`` (N,).

    Parameters
    ----------
    n_state, n_params : int
        S and N.
    rng : Generator
        Draws ν.

    Examples
    --------
    >>> RankOne(2, 3, np.random.default_rng(0)).pull(np.ones(2))
    array([0., 0., 0.])
    """

    def __init__(self, n_state: int, n_params: int, rng: np.random.Generator):
        self.state, self.params, self.rng = np.zeros(n_state), np.zeros(n_params), require_rng(rng)

    def pull(self, dstate: np.ndarray) -> np.ndarray:
        """Return dstate (S,) times the product, (N,)."""
        return (dstate @ self.state) * self.params

    def advance(self, step: "Step") -> None:
        """s̃ ← ρ_0 J s̃ + ρ_1 ν, θ̃ ← θ̃ / ρ_0 + νᵀF / ρ_1."""
        nu = self.rng.choice([-1.0, 1.0], len(self.state))
        moved, drawn = step.by_state() @ self.state, step.back(nu)[0]
        old, new = _balance(self.params, moved), _balance(drawn, nu)
        self.state = old * moved + new * nu
        self.params = self.params / old + drawn / new


def _balance(params: np.ndarray, state: np.ndarray) -> float:
    """Return the ρ that makes ρ · state and params / ρ equally long."""
    lengths = np.linalg.norm(params), np.linalg.norm(state)
    return float(np.sqrt(lengths[0] / lengths[1])) if min(lengths) > 0 else 1.0


class Step:
    """One step of one row, and its derivatives.

    Parameters
    ----------
    cell, params : module or Stack, Params
        What reads.
    x_t : (D,) array
        Input.
    state : state
        The state before, of one row.
    options : dict
        As the cell's own `forward` takes them.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = rnn.Params(np.array([[1.0]]), np.array([[2.0]]), np.array([0.5]))
    >>> step = Step(rnn, params, np.array([3.0]), np.array([[-1.0]]), {"activation": "linear"})
    >>> step.h_n, step.by_state()
    (array([[1.5]]), array([[2.]]))
    """

    def __init__(self, cell: Cell, params: Any, x_t: np.ndarray, state: Any, options: dict[str, Any]):
        self.cell, self.params, self.x_t, self.state, self.options = cell, params, x_t, state, options
        self.tape = cell.forward(params, x_t[None, None], state, **options)

    @property
    def h_n(self) -> Any:
        """The state after."""
        return self.tape.h_n

    def back(self, dh_n: np.ndarray | None, dh: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of the weights (N,) and of the state before (S,), given that of the one after or of h."""
        given = None if dh_n is None else unflattened(dh_n[None], self.h_n)
        dparams, _, dh_0 = self.cell.backward(self.tape, None if dh is None else dh[None, None], given)
        return _flat(dparams), _flat(dh_0)

    def by_state(self) -> np.ndarray:
        """Return J (S, S), the derivative of the state after by the state before."""
        n_state = len(_flat(self.state))
        copies = _pytree.map(lambda part: np.repeat(part, n_state, axis=0), self.state)
        x = np.repeat(self.x_t[None, None], n_state, axis=1)
        tape = self.cell.forward(self.params, x, copies, **self.options)
        _, _, dh_0 = self.cell.backward(tape, None, unflattened(np.eye(n_state), copies))
        return np.concatenate([part for _, part in _pytree.leaves(dh_0)], axis=1)


def unflattened(rows: np.ndarray, like: Any) -> Any:
    """Return rows of numbers as states.

    Parameters
    ----------
    rows : (B, S) array
        One state a row.
    like : state
        A state of the form wanted.

    Returns
    -------
    state : state
        Its parts (B, H) hold the columns in order.

    Examples
    --------
    >>> unflattened(np.array([[1.0, 2.0]]), (np.zeros((1, 1)), np.zeros((1, 1))))
    (array([[1.]]), array([[2.]]))
    """
    parts = [part for _, part in _pytree.leaves(like)]
    ends = np.cumsum([part.shape[1] for part in parts])
    return _pytree.build(like, np.split(rows, ends[:-1], axis=1))


def _flat(numbers: Any) -> np.ndarray:
    return np.concatenate([np.ravel(part) for _, part in _pytree.leaves(numbers)])


def _online(
    caller: str,
    cell: Cell,
    params: Any,
    x: Any,
    dloss: LossGradient,
    state: Any,
    lengths: Any,
    options: dict[str, Any],
    memory: Any,
) -> Gradient:
    """Go through the steps once, every row with a memory of its own."""
    if not callable(dloss):
        raise TypeError(f"dloss is {dloss!r:.60}, expected a function from a place and states to their gradient")
    sequence = require_sequence(caller, cell, params, x, state, lengths, options)
    refuse_draws("learning forward in time", sequence)
    n_batch = sequence.x.shape[1]
    states = [_pytree.map(lambda part, row=row: part[row : row + 1], sequence.state) for row in range(n_batch)]
    memories: list[Memory] = [memory(len(_flat(states[0])), len(_flat(params))) for _ in range(n_batch)]
    total = np.zeros(len(_flat(params)))
    for t, x_t in enumerate(sequence.x):
        active = np.flatnonzero(sequence.lengths > t)
        steps = {row: Step(cell, params, x_t[row], states[row], options) for row in active}
        n_hidden = steps[active[0]].tape.h.shape[2]
        h = np.zeros((1, n_batch, n_hidden), x_t.dtype)
        for row, step in steps.items():
            h[0, row] = step.tape.h[1, 0]
        dh = _arrays.require("dh", dloss(t, h), x_t.dtype, T=1, B=n_batch, H=n_hidden)
        for row, step in steps.items():
            direct, dstate = step.back(None, dh[0, row])
            total += direct + memories[row].pull(dstate)
            memories[row].advance(step)
            states[row] = step.h_n
    last = _pytree.map(lambda *rows: np.concatenate(rows), *states)
    return Gradient(_shaped(total, params), last)


def _shaped(numbers: np.ndarray, like: Any) -> Any:
    leaves = [leaf for _, leaf in _pytree.leaves(like)]
    parts = np.split(numbers, np.cumsum([leaf.size for leaf in leaves])[:-1])
    shaped = (part.reshape(leaf.shape).astype(leaf.dtype) for part, leaf in zip(parts, leaves, strict=True))
    return _pytree.build(like, shaped)
