"""How far a network remembers: Jacobians, their products, gradient norms by lag; and what its gates do.

With s_t the state (h_t; in an LSTM h_t and c_t),

    ∂s_T/∂s_t = J_T J_{T-1} … J_{t+1},   J_t = ∂s_t/∂s_{t-1},   ∂L/∂s_t = ∂L/∂s_T ∂s_T/∂s_t.

Where the J shrink vectors the gradient vanishes with the lag T - t, and where they stretch them it explodes.

References
----------
Bengio, Simard and Frasconi 1994, section IV; Pascanu, Mikolov and Bengio 2013, section 2.1.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _pytree, bptt
from rnnlab._cell import Cell, Network
from rnnlab.rtrl import unflattened


class GateStatistics(NamedTuple):
    """What one gate of each unit did over all steps and rows, every field (H,)."""

    mean: np.ndarray
    std: np.ndarray
    shut: np.ndarray  # part of the time below 0.1
    open: np.ndarray  # part of the time above 0.9


def jacobians(
    cell: Network,
    params: Any,
    x: ArrayLike,
    state: Any = None,
    *,
    lengths: ArrayLike | None = None,
    **options: Any,
) -> np.ndarray:
    """Return the derivative of every state by the one before.

    Parameters
    ----------
    cell : module or Stack
        `rnn`, `gru`, `lstm`, or layers of one.
    params : Params
        Its weights.
    x : (T, B, D) array
        Input.
    state : state, optional
        The state before the first step; zeros by default.
    lengths : (B,) int array, optional
        Number of steps that count in each row.
    **options
        As the cell's own `forward` takes them.

    Returns
    -------
    jacobians : (T, B, S, S) array
        Entry [t, b, i, j] is ∂s_{t+1,i}/∂s_{t,j}, where t counts from 0 as in `x`; the identity in the padding. S is
        H, and 2H in an LSTM: first all of h, then all of c.

    Raises
    ------
    TypeError, ValueError
        As the cell's own `forward`.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = rnn.Params(np.array([[1.0]]), np.array([[0.5]]), np.array([0.0]))
    >>> jacobians(rnn, params, np.zeros((2, 1, 1)), activation="linear").ravel()
    array([0.5, 0.5])
    """
    sequence = bptt.require_sequence("jacobians", cell, params, x, state, lengths, options)
    bptt.refuse_draws("jacobians", sequence)
    n_steps, n_batch = np.shape(x)[:2]
    n_state = sum(part.shape[1] for _, part in _pytree.leaves(sequence.state))
    units = np.eye(n_state, dtype=sequence.x.dtype)
    found = np.tile(units, (n_steps, n_batch, 1, 1))
    for t in range(len(sequence.x)):
        rows = np.flatnonzero(sequence.lengths > t)
        copies = _pytree.map(lambda part, rows=rows: np.repeat(part[rows], n_state, axis=0), sequence.state)
        inputs = np.repeat(sequence.x[t : t + 1, rows], n_state, axis=1)
        tape = cell.forward(params, inputs, copies, **options)
        _, _, dh_0 = cell.backward(tape, None, unflattened(np.tile(units, (len(rows), 1)), copies))
        columns = np.concatenate([part for _, part in _pytree.leaves(dh_0)], axis=1)
        found[t, rows] = columns.reshape(len(rows), n_state, n_state)
        sequence = sequence._replace(state=bptt.read(cell, params, sequence, t, t + 1, options).h_n)
    return found


def products(jacobians: ArrayLike) -> np.ndarray:
    """Return the derivative of the last state by every state.

    Parameters
    ----------
    jacobians : (T, ..., S, S) array
        ∂s_{t+1}/∂s_t.

    Returns
    -------
    products : (T+1, ..., S, S) array
        Entry [t] is ∂s_T/∂s_t; the last is the identity.

    Raises
    ------
    ValueError
        If the last two axes are not equally long.

    Examples
    --------
    >>> products(np.full((3, 1, 1), 0.5)).ravel()
    array([0.125, 0.25 , 0.5  , 1.   ])
    """
    steps = _require_square("jacobians", jacobians, "T")
    found = np.empty((len(steps) + 1, *steps.shape[1:]), steps.dtype)
    found[-1] = np.eye(steps.shape[-1])
    for t in reversed(range(len(steps))):
        found[t] = found[t + 1] @ steps[t]
    return found


def spectral_radius(w: ArrayLike) -> np.ndarray:
    """Return the largest absolute eigenvalue, the rate at which powers of a matrix grow in the long run.

    Parameters
    ----------
    w : (..., N, N) array
        Matrices, such as w_h.

    Returns
    -------
    radius : (...) array
        One number for each.

    Raises
    ------
    ValueError
        If the last two axes are not equally long.

    Examples
    --------
    >>> float(spectral_radius([[0.0, 2.0], [0.5, 0.0]]))
    1.0
    """
    return np.abs(np.linalg.eigvals(_require_square("w", w))).max(axis=-1)


def gradient_norms(
    cell: Network,
    params: Any,
    x: ArrayLike,
    dh_n: Any,
    state: Any = None,
    *,
    lengths: ArrayLike | None = None,
    **options: Any,
) -> np.ndarray:
    """Return how long the gradient of a loss on the last state is, lag by lag back through time.

    Parameters
    ----------
    cell, params, x, state, lengths, **options
        As in `jacobians`.
    dh_n : state
        ∂loss/∂s_T.

    Returns
    -------
    norms : (T+1, B) array
        Entry [k, b] is the length of ∂loss/∂s_{T-k} in row b, T being the row's length; NaN where k exceeds it.

    Raises
    ------
    TypeError, ValueError
        As the cell's own `forward` and `backward`.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = rnn.Params(np.array([[1.0]]), np.array([[0.5]]), np.array([0.0]))
    >>> gradient_norms(rnn, params, np.zeros((3, 1, 1)), np.ones((1, 1)), activation="linear").ravel()
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    sequence = bptt.require_sequence("gradient_norms", cell, params, x, state, lengths, options)
    n_steps, n_batch = np.shape(x)[:2]
    windows = []
    for t in range(len(sequence.x)):
        windows.append(bptt.read(cell, params, sequence, t, t + 1, options))
        sequence = sequence._replace(state=windows[-1].h_n)
    delta = _pytree.map(
        lambda part, like: _arrays.require("dh_n", part, like.dtype, B=n_batch, H=like.shape[1]), dh_n, sequence.state
    )
    norms = np.full((n_steps + 1, n_batch), np.nan)
    norms[0] = _lengths(delta)
    for t in reversed(range(len(windows))):
        rows = windows[t].rows
        _, dh_0 = windows[t].backward(np.zeros_like(windows[t].h), delta)
        delta = _pytree.map(lambda new, old, rows=rows: np.where(rows[:, None], new, old), dh_0, delta)
        norms[(sequence.lengths - t)[rows], rows] = _lengths(delta)[rows]
    return norms


def gate_statistics(cell: Cell, tape: Any) -> dict[str, GateStatistics]:
    """Return how far open the gates were.

    Parameters
    ----------
    cell : module
        `gru` or `lstm`.
    tape : Tape
        What its `forward` returned.

    Returns
    -------
    statistics : dict of GateStatistics
        By the gate's name, "r" and "z" or "i", "f" and "o"; over the steps that count.

    Raises
    ------
    ValueError
        If the cell has no gates.

    References
    ----------
    Karpathy, Johnson and Fei-Fei 2016, section 4.2, for the fractions.

    Examples
    --------
    >>> from rnnlab import lstm
    >>> tape = lstm.forward(lstm.init(np.random.default_rng(0), 2, 3), np.zeros((5, 1, 2)))
    >>> gate_statistics(lstm, tape)["f"].mean.round(2)  # the forget bias is 1
    array([0.73, 0.73, 0.73])
    """
    if not hasattr(tape, "gates"):
        raise ValueError("the tape has no gates, expected one of gru or lstm")
    if not hasattr(cell, "GATES"):
        raise ValueError(f"cell is {cell!r:.60}, without GATES, expected the names of the parts of its tape's gates")
    if len(tape.gates) != len(tape.x):
        raise ValueError("the tape holds no gates, expected one of a forward without tape=False")
    valid = np.arange(len(tape.x))[:, None] < tape.lengths
    blocks = zip(cell.GATES, np.split(tape.gates[valid], len(cell.GATES), axis=1), strict=True)
    return {
        name: GateStatistics(a.mean(axis=0), a.std(axis=0), (a < 0.1).mean(axis=0), (a > 0.9).mean(axis=0))
        for name, a in blocks
        if name not in ("g", "n")  # candidates, from -1 to 1
    }


def _lengths(state: Any) -> np.ndarray:
    return np.linalg.norm(np.concatenate([part for _, part in _pytree.leaves(state)], axis=1), axis=1)


def _require_square(name: str, matrices: ArrayLike, *axes: str) -> np.ndarray:
    array = _arrays.as_array(name, matrices)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name} has dtype {array.dtype}, expected floats")
    n_other = array.ndim - 2 - len(axes)
    if n_other < 0 or array.shape[-1] != array.shape[-2]:
        expected = ", ".join((*axes, "..., N, N"))
        raise ValueError(f"{name} has shape {array.shape}, expected ({expected})")
    return _arrays.require_finite(name, array)
