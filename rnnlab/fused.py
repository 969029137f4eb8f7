"""A whole training step in one compiled call: faster for small networks, where Python's overhead dominates.

It computes what `variants.Objective`, `optimizers.clip_by_global_norm` and an optimizer's ``update`` do one after the
other, for an `rnn`, a `gru` or an `lstm` that answers once (`variants.many_to_one`) and `losses.mse`.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _fitting, _recurrence, activations, optimizers, readout, training, variants
from rnnlab._cell import Cell
from rnnlab._settings import require_number
from rnnlab.batches import Source
from rnnlab.data.batch import require_batch
from rnnlab.kernels import products, registry


def step(
    cell: Cell,
    params: variants.Params,
    state: optimizers.State,
    x: ArrayLike,
    target: ArrayLike,
    optimizer: optimizers.SGD | optimizers.Adam,
    *,
    lengths: ArrayLike | None = None,
    clip: float | None = None,
    activation: str = "tanh",
) -> tuple[variants.Params, optimizers.State, float, float]:
    """Return new weights, the optimizer's new state, the loss and the gradient's norm before clipping.

    Parameters
    ----------
    cell : module
        `rnnlab.rnn`, `rnnlab.gru` (its reset after the product) or `rnnlab.lstm`.
    params : variants.Params
        Weights; they are not changed.
    state : optimizers.State
        What ``optimizer.init(params)`` returned, or this function.
    x : (T, B, D) array
        Inputs.
    target : (B, O) array
        What the outputs after each row's last step should be.
    optimizer : optimizers.SGD or optimizers.Adam
        The rule of the step.
    lengths : (B,) array of int, optional
        Steps of each row; T by default.
    clip : float, optional
        Shorten a longer gradient to this norm.
    activation : str, default "tanh"
        One of `activations.NAMES`, in an `rnn`.

    Returns
    -------
    params : variants.Params
    state : optimizers.State
    loss, norm : float
        Where one of them is not finite, weights and state are returned as they were given.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit, or the cell, the optimizer or a gated cell's activation is another.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = variants.init(rnn, np.random.default_rng(0), n_input=2, n_hidden=3, n_output=1)
    >>> optimizer = optimizers.Adam(0.01)
    >>> state = optimizer.init(params)
    >>> losses = []
    >>> for _ in range(200):
    ...     params, state, loss, norm = step(rnn, params, state, np.ones((5, 4, 2)), np.ones((4, 1)), optimizer)
    ...     losses.append(loss)
    >>> losses[0] > 0.1 > 0.001 > losses[-1]
    True
    """
    kernels = _kernels(cell, activation)
    optimizers.require_optimizer(optimizer)
    params, x, lengths = _taken(cell, params, x, lengths)
    target = _arrays.require("target", target, x.dtype, B=x.shape[1], O=len(params.readout.b_y))
    settings = _settings(optimizer, state.n_updates, clip)
    theta = _flat(params)
    means = _flat_means(state, theta, optimizer)
    take, work, reads_all = _step(cell, kernels, activation, x, params)
    if not (reads_all or products.finite(x, *params.cell)):
        _require_finite(cell, params, x, lengths)
    loss, norm = take(lengths, x, target, theta, np.empty_like(theta), means, settings, work)
    if not (math.isfinite(loss) and math.isfinite(norm)):
        _require_finite(cell, params, x, lengths)
        return params, state, loss, norm
    new = optimizers.State(state.n_updates + 1, tuple(_like(params, mean) for mean in means))
    return _like(params, theta), new, loss, norm


def fit(
    cell: Cell,
    params: variants.Params,
    source: Source,
    optimizer: optimizers.SGD | optimizers.Adam,
    n_updates: int,
    *,
    seed: int = 0,
    clip: float | None = None,
    activation: str = "tanh",
) -> training.Fit:
    """Train as `training.fit` does, by steps of one call each.

    Parameters
    ----------
    cell : module
        `rnnlab.rnn`, `rnnlab.gru` (its reset after the product) or `rnnlab.lstm`.
    params : variants.Params
        First weights; they are not changed.
    source : callable
        From the seed and the number of an update to its batch: `batches.endless` or `batches.Epochs`.
    optimizer : optimizers.SGD or optimizers.Adam
        The rule of the step.
    n_updates : int
        How many.
    seed : int, default 0
        Decides the batches.
    clip : float, optional
        Shorten longer gradients to this norm.
    activation : str, default "tanh"
        One of `activations.NAMES`, in an `rnn`.

    Returns
    -------
    fit : training.Fit

    Raises
    ------
    TypeError, ValueError
        As `step`.

    Examples
    --------
    >>> from rnnlab import batches, data, rnn
    >>> params = variants.init(rnn, np.random.default_rng(0), n_input=2, n_hidden=8, n_output=1)
    >>> source = batches.endless(lambda rng: data.adding(rng, n_batch=20, n_steps=2))
    >>> trained = fit(rnn, params, source, optimizers.Adam(0.01), n_updates=300)
    >>> bool(trained.history.loss[0] > 0.1 > 0.01 > trained.history.loss[-1])
    True
    """
    kernels = _kernels(cell, activation)
    optimizers.require_optimizer(optimizer)
    params = _checked(cell, _recurrence.require_kind("params", params, variants.Params))
    if not callable(source):
        raise TypeError(
            f"source is {type(source).__name__}, expected a function from a seed and a number, such as "
            "batches.Epochs(batch, n_batch)"
        )
    _arrays.require_count("n_updates", n_updates)
    theta, state = _flat(params), optimizer.init(params)
    gradient, means = np.empty_like(theta), np.zeros((len(state.means), theta.size), theta.dtype)
    losses, norms, shape, stopped = [], [], (0, 0), ""
    for n in range(n_updates):
        batch = source(seed, n)
        require_batch("batch", batch)
        if getattr(batch, "per_step", None):
            raise ValueError("batch has a target per step, expected one per sequence: training.fit takes it")
        if batch.mask is not None and not np.all(batch.mask):
            raise ValueError("batch has a mask, expected none: training.fit takes it")
        x, lengths = _recurrence.require_sequence(batch.x, batch.lengths, params.cell)
        target = _arrays.require("target", batch.target, x.dtype, B=x.shape[1], O=len(params.readout.b_y))
        if x.shape[:2] != shape:
            (take, work, _), shape = _step(cell, kernels, activation, x, params), x.shape[:2]
        loss, norm = take(lengths, x, target, theta, gradient, means, _settings(optimizer, n, clip), work)
        losses.append(loss)
        norms.append(norm)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            stopped = f"loss {loss:g}, gradient norm {norm:g}: not finite at update {n}"
            break
    none = np.empty(0)
    history = training.History(np.array(losses), np.array(norms), none.astype(int), none)
    last = _like(params, theta)
    return training.Fit(last, history, stopped or "all updates done", last)


def _kernels(cell: Cell, activation: str) -> registry.Kernels:
    kernels = registry.of(cell)
    if kernels is None:
        name = getattr(cell, "__name__", type(cell).__name__)
        raise ValueError(f"cell is {name}, expected rnnlab.rnn, rnnlab.gru or rnnlab.lstm")
    if kernels.takes_activation:
        activations.kind(activation)
    elif activation != "tanh":
        raise ValueError(f"activation is {activation!r}, expected 'tanh' in a gated cell")
    return kernels


def _step(
    cell: Cell, kernels: registry.Kernels, activation: str, x: np.ndarray, params: variants.Params
) -> tuple[Callable[..., tuple[float, float]], tuple[np.ndarray, ...], bool]:
    """Return the kernel for batches of this size, its workspace, and whether it sees what is not finite by itself."""
    engine = registry.engine_step(kernels, x.shape, params.cell) if activation == "tanh" else None
    if engine is not None:
        return engine, _engine_work(cell, x, params), True
    plain = registry.plain_step(kernels, x.dtype)
    take = partial(plain, activations.kind(activation)) if kernels.takes_activation else plain
    return take, _work(cell, x, params), False


def _taken(
    cell: Cell, params: variants.Params, x: ArrayLike, lengths: ArrayLike | None
) -> tuple[variants.Params, np.ndarray, np.ndarray]:
    """Return checked weights, input and lengths: at one look where all are arrays that fit as they are.

    Such a look leaves it open whether the input and the cell's weights are finite.
    """
    given = _fitting.given(params.cell, x, len(cell.GATES)) if lengths is None else None
    if given is not None and isinstance(params.readout, readout.Params):
        (x, w_x, w_h, *_), (w_y, b_y) = given, params.readout
        fits = _fitting.array(b_y, np.shape(b_y)[:1], w_x.dtype) and len(b_y) > 0
        if fits and _fitting.array(w_y, (len(b_y), w_h.shape[1]), w_x.dtype):
            return params, x, np.full(x.shape[1], len(x), np.intp)
    params = _checked(cell, params)
    return params, *_recurrence.require_sequence(x, lengths, params.cell)


def _require_finite(cell: Cell, params: variants.Params, x: np.ndarray, lengths: np.ndarray) -> None:
    _checked(cell, params)
    _recurrence.require_sequence(x, lengths, params.cell)


def _checked(cell: Cell, params: variants.Params) -> variants.Params:
    weights = _recurrence.require_params(params.cell, n_gates=len(cell.GATES))
    n_output = len(params.readout.b_y)
    w_y = _arrays.require("w_y", params.readout.w_y, weights.w_x.dtype, O=n_output, H=weights.w_h.shape[1])
    b_y = _arrays.require("b_y", params.readout.b_y, weights.w_x.dtype, O=n_output)
    return variants.Params(weights, readout.Params(w_y, b_y))


def _settings(optimizer: optimizers.SGD | optimizers.Adam, n_updates: int, clip: float | None) -> np.ndarray:
    max_norm = math.inf if clip is None else require_number("clip", clip, 0, open_end=True)
    if not isinstance(optimizer, optimizers.SGD | optimizers.Adam):
        optimizers.require_optimizer(optimizer)
        raise TypeError(f"optimizer is {type(optimizer).__name__}, expected SGD or Adam")
    lr = optimizers.lr_at(optimizer, n_updates)
    if getattr(optimizer, "nesterov", False) or getattr(optimizer, "weight_decay", 0):
        raise ValueError(f"optimizer is {optimizer}, expected one without nesterov and weight_decay")
    if isinstance(optimizer, optimizers.SGD):
        return np.array([max_norm, lr, optimizer.momentum])
    n, beta1, beta2 = n_updates + 1, optimizer.beta1, optimizer.beta2
    return np.array([max_norm, lr / (1 - beta1**n), beta1, beta2, math.sqrt(1 - beta2**n), optimizer.eps])


def _work(cell: Cell, x: np.ndarray, params: variants.Params) -> tuple[np.ndarray, ...]:
    """Return the workspace that the kernel needs, in its order."""
    n_steps, n_batch, _ = x.shape
    n_rows, n_hidden = params.cell.w_h.shape
    h, dh = np.zeros((n_steps + 1, n_batch, n_hidden), x.dtype), np.zeros((n_steps, n_batch, n_hidden), x.dtype)
    da, recurrent = np.empty((n_steps, n_batch, n_rows), x.dtype), np.empty((n_batch, n_rows), x.dtype)
    w_h_t, state = np.empty((n_hidden, n_rows), x.dtype), np.zeros_like(dh[0])
    y = np.empty((n_batch, len(params.readout.b_y)), x.dtype)
    ends = y, np.empty_like(y)
    if len(cell.GATES) == 1:
        return h, da, dh, w_h_t, recurrent, state, *ends
    more = [state.copy() for _ in range(3)]
    if len(cell.GATES) == 3:
        return h, np.empty_like(da), np.empty_like(dh), da, da.copy(), dh, w_h_t, recurrent, state, *more[:2], *ends
    return h, h.copy(), np.empty_like(da), da, dh, w_h_t, recurrent, state, *more, *ends


def _engine_work(cell: Cell, x: np.ndarray, params: variants.Params) -> tuple[np.ndarray, ...]:
    """Return the workspace that the engine's kernel needs, in its order."""
    n_steps, n_batch, _ = x.shape
    n_rows, n_hidden = params.cell.w_h.shape
    h, y = np.empty((n_steps + 1, n_batch, n_hidden), x.dtype), np.empty((n_batch, len(params.readout.b_y)), x.dtype)
    h[0] = 0
    work = h, np.empty_like(h[0]), np.empty_like(h[0]), y, np.empty_like(y), np.empty((0, 0, 0), x.dtype)
    if len(cell.GATES) == 1:
        return work
    gates = np.empty((n_steps, n_batch, n_rows), x.dtype)
    if len(cell.GATES) == 3:
        return *work, gates, np.empty_like(h[1:])
    c = np.empty_like(h)
    c[0] = 0
    return *work, c, gates, np.zeros_like(h[0]), np.empty_like(h[0])


def _flat(*trees: Any) -> np.ndarray:
    return np.concatenate([array for tree in trees for part in tree for array in part], axis=None)


def _flat_means(state: optimizers.State, theta: np.ndarray, optimizer: optimizers.SGD | optimizers.Adam) -> np.ndarray:
    """Return an optimizer's means, each a row like the weights `theta` (P,)."""
    n_means = 1 if isinstance(optimizer, optimizers.SGD) else 2
    flat = _flat(*state.means) if len(state.means) == n_means else theta[:0]
    if flat.size != n_means * theta.size or flat.dtype != theta.dtype:
        raise ValueError(
            f"state does not fit params, expected what {type(optimizer).__name__}'s init or update returned"
        )
    return flat.reshape(n_means, -1)


def _like(params: variants.Params, theta: np.ndarray) -> variants.Params:
    """Return weights of the same shapes whose numbers stand in `theta` one after the other."""
    start, found = 0, []
    for part in params:
        arrays = []
        for array in part:
            arrays.append(theta[start : start + array.size].reshape(array.shape))
            start += array.size
        found.append(type(part)._make(arrays))
    return type(params)._make(found)
