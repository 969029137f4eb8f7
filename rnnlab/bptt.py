"""Backpropagation through time: full, checkpointed, truncated and randomly truncated.

Of the loss L = Σ_t L_t(h_t), with δ_t = ∂L/∂s_t the gradient of the state s_t (h_t; in an LSTM also c_t),

    δ_t = ∂L_t/∂s_t + δ_{t+1} ∂s_{t+1}/∂s_t,   ∂L/∂θ = Σ_t δ_t ∂s_t/∂θ (h_{t-1} held fixed).

`full` does that. `checkpointed` does it too, in √T as much memory, by reading every segment twice. `truncated` drops
the second term of δ after k2 steps, which is cheap and biased. `randomly_truncated` drops it with probability p at
every step and else divides it by 1 - p, so that its mean is right.

Every rule takes a cell, or layers of cells, and a function that returns ∂L_t/∂h_t: there is one interface for all, also
for those of `rtrl`, and each can be put in another's place.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _pytree, _randomness
from rnnlab._cell import Network, require_options
from rnnlab._reading import Sequence as Sequence
from rnnlab._reading import read as read
from rnnlab._reading import refuse_draws as refuse_draws
from rnnlab._reading import require_sequence as require_sequence
from rnnlab._reading import states_at
from rnnlab._settings import require_rng, require_share

LossGradient = Callable[[int, np.ndarray], np.ndarray]


class Gradient(NamedTuple):
    """What a learning rule found."""

    dparams: Any
    h_n: Any  # the state after the last step, as the cell takes it


def _asked(dloss: LossGradient, start: int, h: np.ndarray) -> np.ndarray:
    """Return the gradient of the loss by some states, or say what was given in its place.

    Raises
    ------
    TypeError
        If it is no function, or returns nothing, which would pass for a gradient of zeros.
    """
    if not callable(dloss):
        raise TypeError(f"dloss is {dloss!r:.60}, expected a function from a place and states to their gradient")
    found = dloss(start, h)
    if found is None:
        raise TypeError(f"dloss returned None, expected the gradient by the states, of shape {h.shape}")
    return found


def full(
    cell: Network,
    params: Any,
    x: ArrayLike,
    dloss: LossGradient,
    state: Any = None,
    *,
    lengths: ArrayLike | None = None,
    **options: Any,
) -> Gradient:
    """Return the gradient by backpropagation through all steps.

    Parameters
    ----------
    cell : module or Stack
        `rnn`, `gru`, `lstm`, or layers of one.
    params : Params
        Its weights.
    x : (T, B, D) array
        Input.
    dloss : callable
        From the number of a step and hidden states (k, B, H) of that step and those that follow to ∂loss/∂h (k, B, H).
    state : state, optional
        The state before the first step; zeros by default.
    lengths : (B,) int array, optional
        Number of steps that count in each row; what `dloss` returns for later ones is ignored.
    **options
        As the cell's own `forward` takes them.

    Returns
    -------
    gradient : Gradient
        ``dparams`` and the final state ``h_n``.

    Raises
    ------
    TypeError, ValueError
        As the cell's own `forward` and `backward`.

    References
    ----------
    Werbos 1990, section III.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = rnn.init(np.random.default_rng(0), 1, 2)
    >>> full(rnn, params, np.ones((5, 1, 1)), lambda start, h: h).dparams.b_h.shape  # half the sum of squares
    (2,)
    """
    require_options("full", cell, options)
    tape = cell.forward(params, x, state, lengths=lengths, **options)
    dparams, _, _ = cell.backward(tape, _asked(dloss, 0, tape.h[1:]))
    return Gradient(dparams, tape.h_n)


def truncated(
    cell: Network,
    params: Any,
    x: ArrayLike,
    dloss: LossGradient,
    state: Any = None,
    *,
    k1: int,
    k2: int,
    lengths: ArrayLike | None = None,
    **options: Any,
) -> Gradient:
    """Return the gradient by truncated backpropagation: every k1 steps, k2 steps back.

    The state is carried from step to step throughout. After each k1 steps their losses are propagated back, together,
    to k2 steps before; terms that would reach farther back are absent.

    Parameters
    ----------
    cell, params, x, dloss, state, lengths, **options
        As in `full`.
    k1 : int
        Number of steps whose losses are propagated back at a time.
    k2 : int
        Number of steps that they are propagated through, at least k1. With T or more it is `full`.

    Returns
    -------
    gradient : Gradient
        ``dparams`` and the final state ``h_n``.

    Raises
    ------
    TypeError, ValueError
        As `full`; and if k1 is not from 1 to T, or k2 less than k1, or more than k1 with dropout.

    References
    ----------
    Williams and Peng 1990, section 3.3, BPTT(k2; k1).

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params, x = rnn.init(np.random.default_rng(0), 1, 2), np.ones((5, 1, 1))
    >>> exact = full(rnn, params, x, lambda start, h: h).dparams.w_h
    >>> bool(np.allclose(truncated(rnn, params, x, lambda start, h: h, k1=1, k2=5).dparams.w_h, exact))
    True
    >>> bool(np.allclose(truncated(rnn, params, x, lambda start, h: h, k1=1, k2=2).dparams.w_h, exact))
    False
    """
    sequence = require_sequence("truncated", cell, params, x, state, lengths, options)
    k1 = _arrays.require_count("k1", k1, np.shape(x)[0])
    n_steps = len(sequence.x)
    if _arrays.require_count("k2", k2) < k1:
        raise ValueError(f"k2 is {k2}, expected at least k1={k1}")
    ends = [*range(k1, n_steps, k1), n_steps]
    starts = [max(0, end - k2) for end in ends]
    if sequence.draws and starts != [0, *ends[:-1]]:
        raise ValueError(
            f"k2 is {k2} and k1 {k1}, so that steps are read more than once, each time with other random numbers: "
            "expected k2=k1 that divides T, or options without dropout"
        )
    states, dice = states_at(cell, params, sequence, starts, options)
    total = _pytree.map(np.zeros_like, params)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        _randomness.restore(options, dice[start])
        window = read(cell, params, sequence._replace(state=states[start]), start, end, options)
        counted = slice(number * k1 - start, None)  # the losses of earlier steps were counted before
        dh = np.zeros_like(window.h)
        dh[counted] = _asked(dloss, number * k1, window.h[counted])
        total = _pytree.map(np.add, total, window.backward(dh, None)[0])
    return Gradient(total, window.h_n)


def randomly_truncated(
    cell: Network,
    params: Any,
    x: ArrayLike,
    dloss: LossGradient,
    state: Any = None,
    *,
    p: float,
    rng: np.random.Generator,
    lengths: ArrayLike | None = None,
    **options: Any,
) -> Gradient:
    """Return a gradient whose mean over the generator's draws is the full one (ARTBP).

    Parameters
    ----------
    cell, params, x, dloss, state, lengths, **options
        As in `full`.
    p : float
        Probability to cut the way back between a step and the one before, from 0 to less than 1. The mean number of
        steps back is 1 / p.
    rng : Generator
        Draws the cuts, the same for all rows.

    Returns
    -------
    gradient : Gradient
        ``dparams`` and the final state ``h_n``.

    Raises
    ------
    TypeError, ValueError
        As `full`; and if p is out of range.

    References
    ----------
    Tallec and Ollivier 2017, "Unbiasing truncated backpropagation through time", section 4.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params, rng = rnn.init(np.random.default_rng(0), 1, 2), np.random.default_rng(1)
    >>> found = randomly_truncated(rnn, params, np.ones((5, 1, 1)), lambda start, h: h, p=0.5, rng=rng)
    >>> found.dparams.w_h.shape
    (2, 2)
    """
    sequence = require_sequence("randomly_truncated", cell, params, x, state, lengths, options)
    p, rng = require_share("p", p), require_rng(rng)
    steps = []
    for t in range(len(sequence.x)):
        steps.append(read(cell, params, sequence, t, t + 1, options))
        sequence = sequence._replace(state=steps[-1].h_n)
    total, delta = _pytree.map(np.zeros_like, params), None
    for t in reversed(range(len(steps))):
        dparams, delta = steps[t].backward(_asked(dloss, t, steps[t].h), delta)
        total = _pytree.map(np.add, total, dparams)
        delta = None if rng.random() < p else _pytree.map(lambda part: part / (1 - p), delta)
    return Gradient(total, sequence.state)


def checkpointed(
    cell: Network,
    params: Any,
    x: ArrayLike,
    dloss: LossGradient,
    state: Any = None,
    *,
    segment: int | None = None,
    lengths: ArrayLike | None = None,
    **options: Any,
) -> Gradient:
    """Return the full gradient while keeping about 2√T states instead of T, by reading every segment twice.

    Parameters
    ----------
    cell, params, x, dloss, state, lengths, **options
        As in `full`.
    segment : int, optional
        Number of steps between kept states; √T rounded up by default.

    Returns
    -------
    gradient : Gradient
        ``dparams`` and the final state ``h_n``.

    Raises
    ------
    TypeError, ValueError
        As `full`; and if the segment is not from 1 to T.

    Notes
    -----
    Dropout is drawn once for each segment: its second reading sees the same numbers, and the generator ends as if
    every segment had been read once.

    References
    ----------
    Chen et al. 2016, section 3; Gruslys et al. 2016, section 2.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params, x = rnn.init(np.random.default_rng(0), 1, 2), np.ones((9, 1, 1))
    >>> exact = full(rnn, params, x, lambda start, h: h).dparams.w_h
    >>> bool(np.allclose(checkpointed(rnn, params, x, lambda start, h: h).dparams.w_h, exact))
    True
    """
    sequence = require_sequence("checkpointed", cell, params, x, state, lengths, options)
    n_steps = len(sequence.x)
    if segment is None:
        segment = math.isqrt(n_steps - 1) + 1
    segment = _arrays.require_count("segment", segment, np.shape(x)[0])
    starts = list(range(0, n_steps, segment))
    states, dice = states_at(cell, params, sequence, starts, options)
    total, delta, last = _pytree.map(np.zeros_like, params), None, None
    for start in reversed(starts):
        end = min(start + segment, n_steps)
        _randomness.restore(options, dice[start])  # the second reading draws what the first one drew
        window = read(cell, params, sequence._replace(state=states.pop(start)), start, end, options)
        dparams, delta = window.backward(_asked(dloss, start, window.h), delta)
        total = _pytree.map(np.add, total, dparams)
        if last is None:
            last, after = window.h_n, _randomness.states(options)
    _randomness.restore(options, after)
    return Gradient(total, last)
