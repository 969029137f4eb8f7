"""The simple recurrent network.

h_t = f(w_x x_t + w_h h_{t-1} + b_h), with the same weights at every step; f is tanh unless another is named.

With a_t the argument of f, its gradient da_t = (dh_t + w_hᵀ da_{t+1}) ⊙ f'(a_t) runs back through time, and

dw_x = Σ_t da_t x_tᵀ,   dw_h = Σ_t da_t h_{t-1}ᵀ,   db_h = Σ_t da_t,   dx_t = w_xᵀ da_t,   dh_0 = w_hᵀ da_1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnlab import _arrays, _recurrence, activations, initializers
from rnnlab.kernels import rnn as kernels

KIND = "rnn"
GATES = ("h",)  # the blocks of rows in the weights: here there is one


class Params(NamedTuple):
    """The weights, or their gradients."""

    w_x: np.ndarray  # (H, D)
    w_h: np.ndarray  # (H, H)
    b_h: np.ndarray  # (H,)


class Tape(NamedTuple):
    """What `backward` needs from `forward`: copies of what it was given, in arrays that cannot be written to."""

    params: Params
    x: np.ndarray  # (T, B, D), with 0 in the padding
    h: np.ndarray  # (T+1, B, H): h[t+1] is the state after reading x[t]
    lengths: np.ndarray  # (B,)
    activation: str

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
        w_x (H, D), w_h (H, H) and b_h (H,).

    Raises
    ------
    ValueError
        If a size is not a whole number of at least 1, or there is no such scheme.

    Examples
    --------
    >>> init(np.random.default_rng(0), n_input=2, n_hidden=3).w_x.shape
    (3, 2)
    """
    w_x, w_h, b_input, b_recurrent = initializers.recurrent(rng, 1, n_input, n_hidden, scheme, dtype)
    return Params(w_x, w_h, b_input + b_recurrent)


def step(params: Params, x_t: ArrayLike, state: ArrayLike, *, activation: str = "tanh") -> np.ndarray:
    """Return the hidden state after one more input.

    Parameters
    ----------
    params : Params
        Weights.
    x_t : (B, D) array
        Input.
    state : (B, H) array
        Hidden state before it.
    activation : str, default="tanh"
        One of `activations.NAMES`.

    Returns
    -------
    state : (B, H) array
        Hidden state after it.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit.

    Examples
    --------
    >>> params = Params(np.array([[1.0]]), np.array([[2.0]]), np.array([0.5]))
    >>> step(params, [[3.0]], [[-1.0]], activation="linear")
    array([[1.5]])
    """
    w_x, w_h, b_h = params = _recurrence.require_params(params, n_gates=1)
    x_t = _arrays.require("x_t", x_t, w_x.dtype, B=None, D=w_x.shape[1])
    h = _arrays.require("state", state, w_x.dtype, B=len(x_t), H=len(w_h))
    return activations.value(activation, x_t @ w_x.T + h @ w_h.T + b_h)


def forward(
    params: Params,
    x: ArrayLike,
    state: ArrayLike | None = None,
    *,
    lengths: ArrayLike | None = None,
    activation: str = "tanh",
    n_threads: int = 1,
    tape: bool = True,
) -> Tape:
    """Read a batch of sequences.

    Parameters
    ----------
    params : Params
        Weights: w_x (H, D), w_h (H, H) and b_h (H,), all float64 or all float32.
    x : (T, B, D) array
        Input, time first.
    state : (B, H) array, optional
        h_0; zeros by default.
    lengths : (B,) int array, optional
        Number of steps that count in each row, 1 to T. Later ones are padding: the state stands still and nothing
        depends on what they hold.
    activation : str, default="tanh"
        One of `activations.NAMES`.
    n_threads : int, default=1
        How many threads share the batch, to the same bits; worth it where a pass takes milliseconds. The plain kernels
        use one.
    tape : bool, default=True
        As the gated cells take it: here `backward` needs nothing that a pass without it would not hold.

    Returns
    -------
    tape : Tape
        ``tape.h`` (T+1, B, H) holds h_0 and all hidden states, ``tape.h_n`` (B, H) each row's last.

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype, length or name does not fit, or a weight or an input is not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = init(rng, n_input=2, n_hidden=3)
    >>> x = rng.standard_normal((7, 4, 2))
    >>> tape = forward(params, x)
    >>> tape.h.shape
    (8, 4, 3)
    >>> first = forward(params, x[:5])
    >>> bool(np.allclose(forward(params, x[5:], first.h_n).h_n, tape.h_n))
    True
    """
    kind = activations.kind(activation)
    tape = tape if type(tape) is bool else _arrays.require_flag("tape", tape)
    given, own, lengths = _recurrence.prepare(params, x, lengths, n_gates=1)
    n_steps, n_batch, _ = own[0].shape
    h = np.empty((n_steps + 1, n_batch, len(own[2])), own[0].dtype)
    h[0] = 0 if state is None else _recurrence.require_state("state", state, h)
    if not kernels.forward_pass(kind, lengths, given, own, h, _recurrence.require_threads(n_threads)):
        _recurrence.refuse(params, own)
    _recurrence.lock(*own, h, lengths)
    return Tape(Params._make(own[1:]), own[0], h, lengths, activation)


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

    References
    ----------
    Werbos 1990, section III; Goodfellow, Bengio and Courville 2016, section 10.2.2.

    Examples
    --------
    >>> tape = forward(init(np.random.default_rng(0), 2, 3), np.ones((7, 4, 2)))
    >>> dparams, dx, dh_0 = backward(tape, tape.h[1:])  # the loss is half the sum of squares
    >>> dparams.w_h.shape, dx.shape, dh_0.shape
    ((3, 3), (7, 4, 2), (4, 3))
    """
    params, x, h, lengths, activation = _recurrence.require_tape(tape, Tape)
    dh = _recurrence.require_gradient(dh, h, lengths)
    dh_n = _recurrence.require_state("dh_n", dh_n, h)
    kind = activations.kind(activation)
    *dparams, dx, dh_0 = kernels.backward_pass(
        kind, lengths, x, params.w_x, params.w_h, h, dh, dh_n, _recurrence.require_threads(n_threads)
    )
    return Params(*dparams), dx, dh_0
