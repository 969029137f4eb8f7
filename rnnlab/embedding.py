"""Vectors for tokens: x_t = w_e[token_t], a row of the table, which is w_eᵀ times the token's one-hot vector.

dw_e[v] = Σ dx_t over the steps at which the token was v.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnlab import _arrays, _recurrence
from rnnlab._settings import require_float_type, require_rng


class Params(NamedTuple):
    """The table, or its gradient."""

    w_e: np.ndarray  # (V, D)


class Tape(NamedTuple):
    """What `backward` needs from `forward`; of the table, which it does not copy, no more than the shape."""

    params: Params
    tokens: np.ndarray  # (T, B), with 0 in the padding
    lengths: np.ndarray  # (B,)
    x: np.ndarray  # (T, B, D)


def init(rng: np.random.Generator, n_tokens: int, n_output: int, *, dtype: DTypeLike = np.float64) -> Params:
    """Draw a first table: normal, of variance 1 / D, so that vectors have length about 1.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    n_tokens, n_output : int
        V and D.
    dtype : dtype, default=float64
        float64 or float32.

    Returns
    -------
    params : Params
        w_e (V, D).

    Raises
    ------
    ValueError
        If a size is not a whole number of at least 1.

    Examples
    --------
    >>> init(np.random.default_rng(0), n_tokens=65, n_output=8).w_e.shape
    (65, 8)
    """
    n_tokens = _arrays.require_count("n_tokens", n_tokens)
    n_output = _arrays.require_count("n_output", n_output)
    rng, dtype = require_rng(rng), require_float_type(dtype)
    return Params((rng.standard_normal((n_tokens, n_output)) / np.sqrt(n_output)).astype(dtype))


def forward(params: Params, tokens: ArrayLike, *, lengths: ArrayLike | None = None) -> Tape:
    """Look tokens up.

    Parameters
    ----------
    params : Params
        w_e (V, D).
    tokens : (T, B) int array
        Each from 0 to V-1; past a row's length anything.
    lengths : (B,) int array, optional
        Number of steps that count in each row.

    Returns
    -------
    tape : Tape
        ``tape.x`` (T, B, D) holds the vectors.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit, or there is no such token.

    Examples
    --------
    >>> forward(Params(np.array([[1.0, 2.0], [3.0, 4.0]])), [[1], [0]]).x[:, 0]
    array([[3., 4.],
           [1., 2.]])
    """
    _recurrence.require_kind("params", params, Params)
    w_e = _arrays.require("w_e", params.w_e, _arrays.float_dtype(params._fields, params), V=None, D=None)
    tokens = _arrays.require_index("tokens", tokens, least=np.iinfo(np.intp).min)
    tokens = _arrays.require("tokens", tokens, np.intp, T=None, B=None)
    lengths = _arrays.require_lengths(lengths, *tokens.shape)
    tokens = np.where(np.arange(len(tokens))[:, None] < lengths, tokens, 0)
    wrong = (tokens < 0) | (tokens >= len(w_e))
    if wrong.any():
        t, row = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        raise ValueError(f"tokens[{t}, {row}] is {tokens[t, row]}, expected 0 to {len(w_e) - 1}")
    table, own_tokens, own_lengths = _recurrence.sealed((Params(w_e), tokens, lengths))
    return Tape(table, own_tokens, own_lengths, w_e[tokens])


def backward(tape: Tape, dx: ArrayLike) -> Params:
    """Return the gradient of the table.

    Parameters
    ----------
    tape : Tape
        What `forward` returned.
    dx : (T, B, D) array
        ∂loss/∂x; ignored in the padding.

    Returns
    -------
    dparams : Params
        dw_e (V, D).

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit.

    Examples
    --------
    >>> tape = forward(Params(np.zeros((3, 1))), [[2], [2]])
    >>> backward(tape, np.ones((2, 1, 1))).w_e.ravel()
    array([0., 0., 2.])
    """
    _recurrence.require_kind("tape", tape, Tape)
    w_e = tape.params.w_e
    n_steps, n_batch = tape.tokens.shape
    dx = _arrays.require("dx", dx, w_e.dtype, T=n_steps, B=n_batch, D=w_e.shape[1])
    valid = np.arange(n_steps)[:, None] < tape.lengths
    dw_e = np.zeros_like(w_e)
    tokens = tape.tokens[valid]
    order = np.argsort(tokens, kind="stable")  # every token's steps side by side: np.add.at takes six times as long
    tokens = tokens[order]
    begins = np.flatnonzero(np.diff(tokens, prepend=-1))
    dw_e[tokens[begins]] = np.add.reduceat(dx[valid][order], begins, axis=0)
    return Params(dw_e)
