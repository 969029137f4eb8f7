"""The gated recurrent unit.

    r_t = σ(w_xr x_t + w_hr h_{t-1} + b_r)                        reset gate
    z_t = σ(w_xz x_t + w_hz h_{t-1} + b_z)                        update gate
    n_t = tanh(w_xn x_t + b_n + r_t ⊙ (w_hn h_{t-1} + b_hn))      candidate, reset after the product (PyTorch, cuDNN)
    n_t = tanh(w_xn x_t + b_n + w_hn (r_t ⊙ h_{t-1}) + b_hn)      candidate, reset before it (Cho et al. 2014)
    h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}

The three blocks of rows stand in the order r, z, n in w_x, w_h and b_h. Back through time, with dh_t including what
comes from t+1 and q = w_hn h_{t-1} + b_hn,

    da_n = dh ⊙ (1 - z) ⊙ (1 - n²),   da_z = dh ⊙ (h_{t-1} - n) ⊙ z(1 - z),
    da_r = da_n ⊙ q ⊙ r(1 - r),  dq = da_n ⊙ r                    with the reset after,
    da_r = (w_hnᵀ da_n) ⊙ h_{t-1} ⊙ r(1 - r)                      with the reset before,

and dh ⊙ z reaches h_{t-1} directly.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnlab import _arrays, _recurrence, activations, initializers
from rnnlab.kernels import gru as kernels

KIND = "gru"
GATES = ("r", "z", "n")
RESETS = ("after", "before")


class Params(NamedTuple):
    """The weights, or their gradients."""

    w_x: np.ndarray  # (3H, D)
    w_h: np.ndarray  # (3H, H)
    b_h: np.ndarray  # (3H,)
    b_hn: np.ndarray  # (H,)


class Tape(NamedTuple):
    """What `backward` needs from `forward`: copies of what it was given, in arrays that cannot be written to."""

    params: Params
    x: np.ndarray  # (T, B, D), with 0 in the padding
    h: np.ndarray  # (T+1, B, H): h[t+1] is the state after reading x[t]
    gates: np.ndarray  # (T, B, 3H): r, z, n; none after ``tape=False``
    q: np.ndarray  # (T, B, H): w_hn h + b_hn with the reset after the product, r ⊙ h with the reset before
    lengths: np.ndarray  # (B,)
    reset: str

    @property
    def h_n(self) -> np.ndarray:
        """The state (B, H) after each row's last step, as `forward` takes it: a copy, to be changed at will."""
        return self.h[-1].copy()


def init(
    rng: np.random.Generator,
    n_input: int,
    n_hidden: int,
    *,
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
    scheme : {"orthogonal", "glorot", "identity", "torch"}, default="orthogonal"
        How, as `initializers.recurrent` describes.
    dtype : dtype, default=float64
        float64 or float32.

    Returns
    -------
    params : Params
        w_x (3H, D), w_h (3H, H), b_h (3H,) and b_hn (H,).

    Raises
    ------
    ValueError
        If a size is not a whole number of at least 1, or there is no such scheme.

    Examples
    --------
    >>> init(np.random.default_rng(0), n_input=2, n_hidden=3).w_x.shape
    (9, 2)
    """
    w_x, w_h, b_h, b_recurrent = initializers.recurrent(rng, 3, n_input, n_hidden, scheme, dtype)
    b_h[: 2 * n_hidden] += b_recurrent[: 2 * n_hidden]
    return Params(w_x, w_h, b_h, b_recurrent[2 * n_hidden :])


def step(params: Params, x_t: ArrayLike, state: ArrayLike, *, reset: str = "after") -> np.ndarray:
    """Return the hidden state after one more input.

    Parameters
    ----------
    params : Params
        Weights.
    x_t : (B, D) array
        Input.
    state : (B, H) array
        Hidden state before it.
    reset : {"after", "before"}, default="after"
        Whether r multiplies what comes out of w_hn or what goes into it.

    Returns
    -------
    state : (B, H) array
        Hidden state after it.

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype or name does not fit.

    Examples
    --------
    >>> step(init(np.random.default_rng(0), 2, 3), np.ones((4, 2)), np.zeros((4, 3))).shape
    (4, 3)
    """
    w_x, w_h, b_h, b_hn = _recurrence.require_params(params, n_gates=3)
    _require_reset(reset)
    x_t = _arrays.require("x_t", x_t, w_x.dtype, B=None, D=w_x.shape[1])
    h = _arrays.require("state", state, w_x.dtype, B=len(x_t), H=w_h.shape[1])
    a_r, a_z, a_n = np.split(x_t @ w_x.T + b_h, 3, axis=1)
    w_hr, w_hz, w_hn = np.split(w_h, 3)
    r, z = activations.sigmoid(a_r + h @ w_hr.T), activations.sigmoid(a_z + h @ w_hz.T)
    recalled = r * (h @ w_hn.T + b_hn) if reset == "after" else (r * h) @ w_hn.T + b_hn
    return (1 - z) * activations.tanh(a_n + recalled) + z * h


def forward(
    params: Params,
    x: ArrayLike,
    state: ArrayLike | None = None,
    *,
    lengths: ArrayLike | None = None,
    reset: str = "after",
    n_threads: int = 1,
    tape: bool = True,
) -> Tape:
    """Read a batch of sequences.

    Parameters
    ----------
    params : Params
        Weights: w_x (3H, D), w_h (3H, H), b_h (3H,) and b_hn (H,), all float64 or all float32.
    x : (T, B, D) array
        Input, time first.
    state : (B, H) array, optional
        h_0; zeros by default.
    lengths : (B,) int array, optional
        Number of steps that count in each row, 1 to T. Later ones are padding: the state stands still and nothing
        depends on what they hold.
    reset : {"after", "before"}, default="after"
        Whether r multiplies what comes out of w_hn or what goes into it.
    n_threads : int, default=1
        How many threads share the batch, to the same bits; worth it where a pass takes milliseconds. The plain kernels
        use one.
    tape : bool, default=True
        False where nobody goes back: no gates are kept, which takes less memory and time.

    Returns
    -------
    tape : Tape
        ``tape.h`` (T+1, B, H) holds h_0 and all hidden states, ``tape.h_n`` (B, H) each row's last.

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype, length or name does not fit, or a weight or an input is not finite.

    References
    ----------
    Cho et al. 2014, section 2.3.

    Examples
    --------
    >>> tape = forward(init(np.random.default_rng(0), n_input=2, n_hidden=3), np.ones((7, 4, 2)), reset="before")
    >>> tape.h.shape, tape.gates.shape
    ((8, 4, 3), (7, 4, 9))
    """
    _require_reset(reset)
    tape = tape if type(tape) is bool else _arrays.require_flag("tape", tape)
    given, own, lengths = _recurrence.prepare(params, x, lengths, n_gates=3)
    (n_steps, n_batch, _), dtype = own[0].shape, own[0].dtype
    h = np.empty((n_steps + 1, n_batch, own[2].shape[1]), dtype)
    h[0] = 0 if state is None else _recurrence.require_state("state", state, h)
    gates, q = kernels.room(reset == "after", own, tape)
    n_threads = _recurrence.require_threads(n_threads)
    if not kernels.forward_pass(reset == "after", lengths, given, own, gates, q, h, n_threads):
        _recurrence.refuse(params, own)
    if not tape:
        gates, q = np.empty((0, *gates.shape[1:]), dtype), np.empty((0, *q.shape[1:]), dtype)
    _recurrence.lock(*own, h, gates, q, lengths)
    return Tape(Params._make(own[1:]), own[0], h, gates, q, lengths, reset)


def backward(
    tape: Tape, dh: ArrayLike | None, dh_n: ArrayLike | None = None, *, n_threads: int = 1
) -> tuple[Params, np.ndarray, np.ndarray]:
    """Propagate a loss's gradient back through time.

    Parameters
    ----------
    tape : Tape
        What `forward` returned; it is not changed.
    dh : (T, B, H) array or None
        ∂loss/∂h[1:], by whatever path does not go through a later state; ignored in the padding. None is 0.
    dh_n : (B, H) array, optional
        ∂loss/∂(tape.h_n), added to it.
    n_threads : int, default=1
        As `forward` takes it.

    Returns
    -------
    dparams : Params
        Gradient of the weights, summed over steps and rows.
    dx : (T, B, D) array
        Gradient of the input, 0 in the padding.
    dh_0 : (B, H) array
        Gradient of h_0.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit.

    Examples
    --------
    >>> tape = forward(init(np.random.default_rng(0), n_input=2, n_hidden=3), np.ones((7, 4, 2)))
    >>> dparams, dx, dh_0 = backward(tape, tape.h[1:])  # the loss is half the sum of squares
    >>> dparams.b_hn.shape, dx.shape, dh_0.shape
    ((3,), (7, 4, 2), (4, 3))
    """
    params, x, h, gates, q, lengths, reset = _recurrence.require_tape(tape, Tape)
    dh = _recurrence.require_gradient(dh, h, lengths)
    dh_n = _recurrence.require_state("dh_n", dh_n, h)
    n_threads = _recurrence.require_threads(n_threads)
    *dparams, dx, dh_0 = kernels.backward_pass(
        reset == "after", lengths, x, params.w_x, params.w_h, gates, q, h, dh, dh_n, n_threads
    )
    return Params(*dparams), dx, dh_0


def _require_reset(reset: str) -> None:
    if reset not in RESETS:
        raise ValueError(f"reset is {reset!r}, expected one of {', '.join(RESETS)}")
