"""What every cell does before its time loop: validate what it was given, and keep it as the tape will."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _fitting


def require_params(params: Any, n_gates: int) -> Any:
    """Return a cell's `params` as arrays of one dtype whose shapes fit each other.

    Parameters
    ----------
    params : Params
        w_x (G·H, D), w_h (G·H, H), b_h (G·H,) and, in a GRU, b_hn (H,).
    n_gates : int
        G.

    Returns
    -------
    params : Params
        The same weights.

    Raises
    ------
    TypeError, ValueError
        If a dtype or a shape does not fit, or a weight is not finite.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> require_params(rnn.Params(np.ones((3, 2)), np.ones((3, 4)), np.ones(3)), n_gates=1)
    Traceback (most recent call last):
    ValueError: w_x has shape (3, 2), expected (H=4, D=2)
    """
    if not {"w_x", "w_h", "b_h"} <= set(getattr(params, "_fields", ())):
        raise TypeError(f"params is {_kind(params)}, expected the Params of a cell, as its init returns them")
    named: dict[str, Any] = params._asdict()
    dtype = _arrays.float_dtype(named, named.values())
    inputs, units = ("D", _last_length(params.w_x)), ("H", _last_length(params.w_h))
    rows = units if n_gates == 1 else (f"{n_gates}H", units[1] and n_gates * units[1])
    axes = {"w_x": (rows, inputs), "w_h": (rows, units), "b_h": (rows,), "b_hn": (units,)}
    checked = [_arrays.require_axes(name, value, dtype, *axes[name]) for name, value in named.items()]
    return type(params)(*(_arrays.require_finite(name, value) for name, value in zip(named, checked, strict=True)))


def prepare(
    params: Any, x: ArrayLike, lengths: ArrayLike | None, n_gates: int
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...], np.ndarray]:
    """Return what a forward pass is given, room for the copies of it that a tape keeps, and the lengths.

    The kernels make the copies, and look at the copies whether all numbers are finite: another thread may write to what
    was given.

    Parameters
    ----------
    params : Params
        A cell's weights.
    x, lengths
        As `require_sequence`.
    n_gates : int
        As `require_params`.

    Returns
    -------
    given : tuple of arrays
        x (T, B, D), and the weights in the order of their fields.
    own : tuple of arrays
        Empty arrays of the same shapes.
    lengths : (B,) int array

    Raises
    ------
    TypeError, ValueError
        As `require_params` and `require_sequence`.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> given, own, lengths = prepare(rnn.init(np.random.default_rng(0), 2, 3), np.ones((5, 4, 2)), None, 1)
    >>> [array.shape for array in own], lengths
    ([(5, 4, 2), (3, 2), (3, 3), (3,)], array([5, 5, 5, 5]))
    """
    given = _fitting.given(params, x, n_gates)
    if given is None:
        params = require_params(params, n_gates)
        x, lengths = require_sequence(x, lengths, params)
        given = (x, *params)
    else:
        whole, lengths = lengths is None, _arrays.require_lengths(lengths, *given[0].shape[:2])
        given = given if whole else (without_padding(given[0], lengths), *given[1:])
    return given, tuple([np.empty(array.shape, array.dtype) for array in given]), lengths


def refuse(params: Any, own: tuple[np.ndarray, ...]) -> None:
    """Say which number among the copies of weights and inputs is not finite.

    Raises
    ------
    ValueError
        Always, if there is one.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.array([np.nan]))
    >>> refuse(params, (np.ones((1, 1, 1)), *params))
    Traceback (most recent call last):
    ValueError: b_h[0] is nan, expected finite numbers
    """
    for name, array in zip((*params._fields, "x"), (*own[1:], own[0]), strict=True):
        _arrays.require_finite(name, array)


def _kind(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def require_tape(tape: Any, kind: type) -> Any:
    """Return a cell's tape with arrays that kernels can take, or say whose it is.

    Parameters
    ----------
    tape : Tape
        What `backward` was given.
    kind : type
        The tape of its cell.

    Returns
    -------
    tape : Tape

    Raises
    ------
    TypeError, ValueError
        If it is the tape of another cell or network, or of a `forward` that kept no gates.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> require_tape((1, 2), rnn.Tape)
    Traceback (most recent call last):
    TypeError: tape is tuple, expected rnnlab.rnn.Tape
    """
    gates = getattr(require_kind("tape", tape, kind), "gates", None)
    if gates is not None and len(gates) != len(tape.h) - 1:
        raise ValueError("tape holds no gates, expected one of a forward without tape=False")
    return tape if _closed(tape) else _close(tape)


def require_kind(name: str, value: Any, *kinds: type) -> Any:
    """Return `value` if it is of one of these types, or say of which it is.

    Raises
    ------
    TypeError
        If it is of another.

    Examples
    --------
    >>> from rnnlab import gru, rnn
    >>> require_kind("params", gru.init(0, 1, 2), rnn.Params)
    Traceback (most recent call last):
    TypeError: params is rnnlab.gru.Params, expected rnnlab.rnn.Params
    """
    if not isinstance(value, kinds):
        wanted = " or ".join(f"{kind.__module__}.{kind.__name__}" for kind in kinds)
        raise TypeError(f"{name} is {_kind(value)}, expected {wanted}")
    return value


def _last_length(value: ArrayLike) -> int | None:
    return (np.shape(value) or (None,))[-1]


def require_sequence(x: ArrayLike, lengths: ArrayLike | None, params: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the input with its padding set to 0, and the lengths.

    Parameters
    ----------
    x : (T, B, D) array
        Input; past a row's length anything, even NaN.
    lengths : (B,) int array or None
        Number of steps that count in each row.
    params : Params
        A cell's checked weights.

    Returns
    -------
    x : (T, B, D) array
        Of the weights' dtype.
    lengths : (B,) int array
        T where None was given.

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype or length does not fit, or an input before its row's length is not finite.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = rnn.init(np.random.default_rng(0), 1, 2)
    >>> require_sequence([[[5.0]], [[np.nan]]], [1], params)[0].ravel()
    array([5., 0.])
    """
    x = _arrays.require("x", x, params.w_x.dtype, T=None, B=None, D=params.w_x.shape[1])
    n_steps, n_batch, _ = x.shape
    lengths = _arrays.require_lengths(lengths, n_steps, n_batch)
    read = without_padding(x, lengths)
    return _arrays.require_finite("x", x.copy() if read is x else read), lengths


def sealed(tree: Any) -> Any:
    """Return a tree of read-only views of arrays: what a tape hands out.

    `backward` reads a tape, so that a tape has its own copies of the weights and the input, and nobody can change a
    number in it without an error.

    Parameters
    ----------
    tree : tree
        Arrays that belong to the tape alone, and settings.

    Returns
    -------
    tree : tree

    Examples
    --------
    >>> sealed((np.zeros(2), "tanh"))[0][0] = 1
    Traceback (most recent call last):
    ValueError: assignment destination is read-only
    """
    if isinstance(tree, np.ndarray):
        view = tree.view()
        lock(view)
        return view
    return _each(sealed, tree)


def lock(*arrays: np.ndarray) -> None:
    """Make arrays read-only that nobody else has seen: for a new tape's this takes less time than `sealed`.

    Examples
    --------
    >>> h = np.zeros(2)
    >>> lock(h)
    >>> h.flags.writeable
    False
    """
    for array in arrays:
        array.setflags(False)  # type: ignore[call-arg]  # write, by its place: a keyword would take as long again


def _each(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply a function to the children of a tree, which takes less time than `_pytree.map`."""
    if isinstance(tree, tuple | list):
        children = [function(child) for child in tree]
        return type(tree)._make(children) if hasattr(tree, "_make") else type(tree)(children)
    if isinstance(tree, dict):
        return {key: function(child) for key, child in tree.items()}
    return tree


def _closed(tree: Any) -> bool:
    """Return True if all arrays are as `sealed` leaves them, for which kernels are compiled."""
    for child in tree:
        if isinstance(child, np.ndarray):
            flags = child.flags
            if flags.writeable or not flags.c_contiguous:
                return False
        elif isinstance(child, tuple) and not _closed(child):
            return False
    return True


def _close(tree: Any) -> Any:
    """Return a tape into which somebody has put arrays of their own so that kernels can take it."""
    return sealed(np.ascontiguousarray(tree)) if isinstance(tree, np.ndarray) else _each(_close, tree)


def require_threads(n_threads: int) -> int:
    """Return a number of threads, or say what is wrong with it.

    Raises
    ------
    ValueError
        If it is not a whole number of at least 1.

    Examples
    --------
    >>> require_threads(2)
    2
    """
    return n_threads if type(n_threads) is int and n_threads > 0 else _arrays.require_count("n_threads", n_threads)


def without_padding(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return values with 0 past each row's length.

    Parameters
    ----------
    values : (T, B, D) array
        Anything, even NaN, in the padding.
    lengths : (B,) int array
        Number of steps that count in each row.

    Returns
    -------
    values : (T, B, D) array
        `values` itself where nothing is padding.

    Examples
    --------
    >>> without_padding(np.array([[[1.0]], [[np.nan]]]), np.array([1])).ravel()
    array([1., 0.])
    """
    n_steps = len(values)
    if lengths[lengths.argmin()] == n_steps:  # a third of the time of lengths.min()
        return values
    return np.where((np.arange(n_steps)[:, None] < lengths)[:, :, None], values, values.dtype.type(0))


def require_state(name: str, state: ArrayLike | None, h: np.ndarray) -> np.ndarray:
    """Return a state, or its gradient, as an array: zeros where there is none.

    Parameters
    ----------
    name : str
        What the caller calls it.
    state : (B, H) array or None
        The state.
    h : (T+1, B, H) array
        The hidden states, for their shape and dtype.

    Returns
    -------
    state : (B, H) array
        The state.

    Raises
    ------
    TypeError, ValueError
        If its shape or dtype does not fit, or it is not finite.

    Examples
    --------
    >>> require_state("state", np.zeros((2, 3)), np.empty((8, 2, 4)))
    Traceback (most recent call last):
    ValueError: state has shape (2, 3), expected (B=2, H=4)
    """
    _, n_batch, n_hidden = h.shape
    if state is None:
        return np.zeros((n_batch, n_hidden), h.dtype)
    if not _fitting.array(state, (n_batch, n_hidden), h.dtype):
        state = _arrays.require(name, state, h.dtype, B=n_batch, H=n_hidden)
    return _arrays.require_finite(name, state)


def require_gradient(dh: ArrayLike | None, h: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the loss's gradient of the hidden states with the padding's set to 0.

    Parameters
    ----------
    dh : (T, B, H) array or None
        ∂loss/∂h[1:]; None where the loss reads the last state only.
    h : (T+1, B, H) array
        The hidden states.
    lengths : (B,) int array
        Number of steps that count in each row.

    Returns
    -------
    dh : (T, B, H) array
        Of the hidden states' dtype.

    Raises
    ------
    TypeError, ValueError
        If its shape or dtype does not fit.

    Examples
    --------
    >>> require_gradient(np.ones((2, 1, 1)), np.zeros((3, 1, 1)), np.array([1])).ravel()
    array([1., 0.])
    """
    n_steps, n_batch, n_hidden = h.shape
    n_steps -= 1
    if dh is None:
        return np.zeros((n_steps, n_batch, n_hidden), h.dtype)
    if _fitting.array(dh, (n_steps, n_batch, n_hidden), h.dtype):
        return without_padding(dh, lengths)
    return without_padding(_arrays.require("dh", dh, h.dtype, T=n_steps, B=n_batch, H=n_hidden), lengths)
