"""Long short-term memory.

    i_t = σ(w_xi x_t + w_hi h_{t-1} + b_i)        input gate
    f_t = σ(w_xf x_t + w_hf h_{t-1} + b_f)        forget gate
    g_t = tanh(w_xg x_t + w_hg h_{t-1} + b_g)     candidate
    o_t = σ(w_xo x_t + w_ho h_{t-1} + b_o)        output gate
    c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t,   h_t = o_t ⊙ tanh c_t

The four blocks of rows stand in the order i, f, g, o in w_x, w_h and b_h. Back through time, with dh_t including what
comes from t+1, dc_t = f_{t+1} ⊙ dc_{t+1} + dh_t ⊙ o_t ⊙ (1 - tanh² c_t), and the pre-activations' gradients are

    da_i = dc ⊙ g ⊙ i(1 - i),      da_f = dc ⊙ c_{t-1} ⊙ f(1 - f),
    da_g = dc ⊙ i ⊙ (1 - g²),      da_o = dh ⊙ tanh c ⊙ o(1 - o).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnlab import _arrays, _recurrence, activations, initializers
from rnnlab.kernels import lstm as kernels

KIND = "lstm"
GATES = ("i", "f", "g", "o")
State = tuple[np.ndarray, np.ndarray]


class Params(NamedTuple):
    """The weights, or their gradients."""

    w_x: np.ndarray  # (4H, D)
    w_h: np.ndarray  # (4H, H)
    b_h: np.ndarray  # (4H,)


class Tape(NamedTuple):
    """What `backward` needs from `forward`: copies of what it was given, in arrays that cannot be written to."""

    params: Params
    x: np.ndarray  # (T, B, D), with 0 in the padding
    h: np.ndarray  # (T+1, B, H): h[t+1] is the state after reading x[t]
    c: np.ndarray  # (T+1, B, H); the last alone after ``tape=False``
    gates: np.ndarray  # (T, B, 4H): i, f, g, o; none after ``tape=False``
    lengths: np.ndarray  # (B,)

    @property
    def h_n(self) -> State:
        """(h, c) after each row's last step, each (B, H), as `forward` takes it: copies, to be changed at will."""
        return self.h[-1].copy(), self.c[-1].copy()


def init(
    rng: np.random.Generator,
    n_input: int,
    n_hidden: int,
    *,
    forget_bias: ArrayLike = 1.0,
    scheme: str = "orthogonal",
    dtype: DTypeLike = np.float64,
) -> Params:
    """Draw first weights.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    n_input, n_hidden : int
        D and H.
    forget_bias : float or (H,) array, default=1.0
        Added to the forget gate's bias, one number for each unit or one for all, so that the cell begins by
        remembering; PyTorch adds 0.
    scheme : {"orthogonal", "glorot", "identity", "torch"}, default="orthogonal"
        How, as `initializers.recurrent` describes.
    dtype : dtype, default=float64
        float64 or float32.

    Returns
    -------
    params : Params
        w_x (4H, D), w_h (4H, H) and b_h (4H,).

    Raises
    ------
    ValueError
        If a size is not a whole number of at least 1, there is no such scheme, or the bias is not finite.

    References
    ----------
    Gers, Schmidhuber and Cummins 2000, section 4; Jozefowicz, Zaremba and Sutskever 2015, section 5.

    Examples
    --------
    >>> init(np.random.default_rng(0), n_input=2, n_hidden=1).b_h
    array([0., 1., 0., 0.])
    """
    w_x, w_h, b_input, b_recurrent = initializers.recurrent(rng, 4, n_input, n_hidden, scheme, dtype)
    b_h = b_input + b_recurrent
    b_h[n_hidden : 2 * n_hidden] += _forget_bias(forget_bias, n_hidden)
    return Params(w_x, w_h, b_h)


def _forget_bias(bias: ArrayLike, n_hidden: int) -> np.ndarray:
    """Return what is added to the forget gate's bias: one number, or one for each unit."""
    array = _arrays.as_array("forget_bias", bias)
    if array.dtype.kind not in "fiu" or array.shape not in ((), (n_hidden,)):
        raise ValueError(f"forget_bias is {bias!r:.60}, expected a number, or {n_hidden} of them")
    if not np.isfinite(array).all():
        raise ValueError(f"forget_bias is {bias!r:.60}, expected finite numbers")
    return array


def step(params: Params, x_t: ArrayLike, state: Sequence[ArrayLike]) -> State:
    """Return the state after one more input.

    Parameters
    ----------
    params : Params
        Weights.
    x_t : (B, D) array
        Input.
    state : ((B, H) array, (B, H) array)
        h and c before it.

    Returns
    -------
    state : ((B, H) array, (B, H) array)
        h and c after it.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit.

    Examples
    --------
    >>> params = init(np.random.default_rng(0), n_input=2, n_hidden=3)
    >>> h, c = step(params, np.ones((4, 2)), (np.zeros((4, 3)), np.zeros((4, 3))))
    >>> h.shape, c.shape
    ((4, 3), (4, 3))
    """
    w_x, w_h, b_h = _recurrence.require_params(params, n_gates=4)
    x_t = _arrays.require("x_t", x_t, w_x.dtype, B=None, D=w_x.shape[1])
    h, c = _two("state", "(h_0, c_0)", state)
    h = _arrays.require("h_0", h, w_x.dtype, B=len(x_t), H=w_h.shape[1])
    c = _arrays.require("c_0", c, w_x.dtype, B=len(x_t), H=w_h.shape[1])
    i, f, g, o = np.split(x_t @ w_x.T + h @ w_h.T + b_h, 4, axis=1)
    c = activations.sigmoid(f) * c + activations.sigmoid(i) * activations.tanh(g)
    return activations.sigmoid(o) * activations.tanh(c), c


def forward(
    params: Params,
    x: ArrayLike,
    state: Sequence[ArrayLike] | None = None,
    *,
    lengths: ArrayLike | None = None,
    n_threads: int = 1,
    tape: bool = True,
) -> Tape:
    """Read a batch of sequences.

    Parameters
    ----------
    params : Params
        Weights: w_x (4H, D), w_h (4H, H) and b_h (4H,), all float64 or all float32.
    x : (T, B, D) array
        Input, time first.
    state : ((B, H) array, (B, H) array), optional
        h_0 and c_0; zeros by default.
    lengths : (B,) int array, optional
        Number of steps that count in each row, 1 to T. Later ones are padding: the state stands still and nothing
        depends on what they hold.
    n_threads : int, default=1
        How many threads share the batch, to the same bits; worth it where a pass takes milliseconds. The plain kernels
        use one.
    tape : bool, default=True
        False where nobody goes back: no gates are kept, and of c the last only, which takes less memory and time.

    Returns
    -------
    tape : Tape
        ``tape.h`` and ``tape.c`` (T+1, B, H) hold the first and all later states, ``tape.h_n`` each row's last.

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype or length does not fit, or a weight or an input is not finite.

    References
    ----------
    Hochreiter and Schmidhuber 1997, section 4; Gers, Schmidhuber and Cummins 2000, section 3, for the forget gate.

    Examples
    --------
    >>> tape = forward(init(np.random.default_rng(0), n_input=2, n_hidden=3), np.ones((7, 4, 2)))
    >>> tape.h.shape, tape.c.shape, tape.gates.shape
    ((8, 4, 3), (8, 4, 3), (7, 4, 12))
    """
    tape = tape if type(tape) is bool else _arrays.require_flag("tape", tape)
    given, own, lengths = _recurrence.prepare(params, x, lengths, n_gates=4)
    (n_steps, n_batch, _), dtype = own[0].shape, own[0].dtype
    h = np.empty((n_steps + 1, n_batch, own[2].shape[1]), dtype)
    gates, c = kernels.room(own, tape)
    h_0, c_0 = _two("state", "(h_0, c_0)", state)
    h[0] = 0 if h_0 is None else _recurrence.require_state("h_0", h_0, h)
    c[0] = 0 if c_0 is None else _recurrence.require_state("c_0", c_0, c)
    if not kernels.forward_pass(lengths, given, own, gates, h, c, _recurrence.require_threads(n_threads)):
        _recurrence.refuse(params, own)
    if not tape:
        gates, c = np.empty((0, *gates.shape[1:]), dtype), c[n_steps % len(c)][None].copy()
    _recurrence.lock(*own, h, c, gates, lengths)
    return Tape(Params._make(own[1:]), own[0], h, c, gates, lengths)


def backward(
    tape: Tape, dh: ArrayLike | None, dh_n: Sequence[ArrayLike] | None = None, *, n_threads: int = 1
) -> tuple[Params, np.ndarray, State]:
    """Propagate a loss's gradient back through time.

    Parameters
    ----------
    tape : Tape
        What `forward` returned; it is not changed.
    dh : (T, B, H) array or None
        ∂loss/∂h[1:], by whatever path does not go through a later state; ignored in the padding. None is 0.
    dh_n : ((B, H) array, (B, H) array), optional
        ∂loss/∂h_n and ∂loss/∂c_n, where ``tape.h_n`` is (h_n, c_n); added to what arrives from `dh`.
    n_threads : int, default=1
        As `forward` takes it.

    Returns
    -------
    dparams : Params
        Gradient of the weights, summed over steps and rows.
    dx : (T, B, D) array
        Gradient of the input, 0 in the padding.
    dh_0 : ((B, H) array, (B, H) array)
        Gradient of h_0 and c_0.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit.

    References
    ----------
    Greff et al. 2017, section II.B.

    Examples
    --------
    >>> tape = forward(init(np.random.default_rng(0), n_input=2, n_hidden=3), np.ones((7, 4, 2)))
    >>> dparams, dx, (dh_0, dc_0) = backward(tape, tape.h[1:])  # the loss is half the sum of squares
    >>> dparams.w_h.shape, dx.shape, dc_0.shape
    ((12, 3), (7, 4, 2), (4, 3))
    """
    params, x, h, c, gates, lengths = _recurrence.require_tape(tape, Tape)
    dh = _recurrence.require_gradient(dh, h, lengths)
    given_h, given_c = _two("dh_n", "(dh_n, dc_n)", dh_n)
    dh_last = _recurrence.require_state("dh_n", given_h, h)
    dc_last = _recurrence.require_state("dc_n", given_c, c)
    *dparams, dx, dh_0, dc_0 = kernels.backward_pass(
        lengths, x, params.w_x, params.w_h, gates, h, c, dh, dh_last, dc_last, _recurrence.require_threads(n_threads)
    )
    return Params(*dparams), dx, (dh_0, dc_0)


def _two(name: str, parts: str, state: Any) -> tuple[Any, Any]:
    if state is None:
        return None, None
    if not isinstance(state, tuple | list) or len(state) != 2:
        raise TypeError(f"{name} is not a pair, expected {parts}")
    return state[0], state[1]
