"""Training loops: by batches, by windows of a long stream, and the sliding window that introductions print.

repeat   loss, gradient of the next batch;  shorten the gradient;  step     (`fit`)

repeat   h ← 0;  for t = 0 … n − k:  unfold k steps from h_t,  e = y_{t+k} − p_{t+k},  backpropagate e,  step
                                                                            (`sliding_window`)
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _pytree, _recurrence, _run, optimizers, readout, variants
from rnnlab._cell import DRAWN, Network, require_ahead, require_options
from rnnlab._reading import filled
from rnnlab._run import Update
from rnnlab._settings import require_number, require_rng, require_seed
from rnnlab.batches import Source
from rnnlab.data.batch import counting, has_target_per_step, require_batch


class History(NamedTuple):
    """What happened at every update.

    Attributes
    ----------
    loss, gradient_norm : (N,) arrays
        Before each update; the norm before clipping.
    validated_at, validation : (M,) arrays
        After how many batches the validation loss was taken, and the loss.
    skipped : (S,) array of int
        Numbers of the batches in which no step counted: they made no update and are none of the N.
    """

    loss: np.ndarray
    gradient_norm: np.ndarray
    validated_at: np.ndarray
    validation: np.ndarray
    skipped: np.ndarray = np.empty(0, int)


class Fit(NamedTuple):
    """What training led to.

    Attributes
    ----------
    params, last : trees of arrays
        The weights with the best validation loss, or the last where nothing was validated; and the last in any case.
    history : History
        What happened on the way.
    stopped : str
        Why it ended: "all updates done", "no better for … validations", "…: not finite at update …", "interrupted
        after … batches" or "stopped by a callback after … batches".
    """

    params: Any
    history: History
    stopped: str
    last: Any = None


def _fit(run: _run.Run, stopped: str) -> Fit:
    state = run.state()
    history = History(state.loss, state.gradient_norm, state.validated_at, state.validation, state.skipped)
    return Fit(run.result(), history, stopped, state.params)


def fit(
    objective: Callable[[Any, Any], tuple[float, Any]],
    params: Any,
    source: Source,
    optimizer: optimizers.Optimizer,
    n_updates: int,
    *,
    seed: int = 0,
    clip: float | None = None,
    validate: Callable[[Any], float] | None = None,
    validate_every: int = 100,
    patience: int | None = None,
    min_delta: float = 0.0,
    save_to: str | Path | None = None,
    save_every: int = 1000,
    resume: bool = False,
    progress: bool = False,
    callbacks: Sequence[Callable[[Update], Any]] = (),
) -> Fit:
    """Train.

    Ctrl-C ends it and returns what was learnt so far. A batch in which no step counts is skipped.

    Parameters
    ----------
    objective : callable
        From weights and a batch to the loss and its gradient, such as a `variants.Objective`.
    params : tree of arrays
        First weights; they are not changed.
    source : callable
        From the seed and the number of an update to its batch: `batches.endless` or `batches.Epochs`.
    optimizer : optimizers.Optimizer
        The rule of the step.
    n_updates : int
        How many, those before a resumption included.
    seed : int, default 0
        Decides the batches.
    clip : float, optional
        Shorten longer gradients to this norm.
    validate : callable, optional
        From weights to a loss on data that are not trained on. It is taken at the end too.
    validate_every : int, default 100
        Updates between validations.
    patience : int, optional
        Stop after so many validations that were no better than the best.
    min_delta : float, default 0
        How much lower a validation loss must be to count as better for `patience`.
    save_to : str or Path, optional
        File for checkpoints, in a folder that is there.
    save_every : int, default 1000
        Updates between checkpoints; there is one at the end in any case.
    resume : bool, default False
        Go on from the checkpoint. The result is, to the last bit, that of a run without interruption, dropout included:
        the states of the generators among the options are part of the checkpoint.
    progress : bool, default False
        Show a bar on the error stream; where that is a file, a line for each tenth of the way.
    callbacks : sequence of callable, default ()
        Each is called after every update with an `Update`; the run ends when one returns True.

    Returns
    -------
    fit : Fit

    Raises
    ------
    FileNotFoundError, ValueError
        If a number is out of range, patience or resumption lacks what it needs, or the checkpoint is of another run.

    Examples
    --------
    >>> from rnnlab import batches, data, losses, rnn
    >>> objective = variants.Objective(variants.many_to_one, rnn, losses.mse)
    >>> params = variants.init(rnn, np.random.default_rng(0), n_input=2, n_hidden=8, n_output=1)
    >>> source = batches.endless(lambda rng: data.adding(rng, n_batch=20, n_steps=2))
    >>> trained = fit(objective, params, source, optimizers.Adam(0.01), n_updates=300)
    >>> first, *_, last = trained.history.loss
    >>> bool(first > 0.1 > 0.01 > last), trained.stopped
    (True, 'all updates done')
    """
    _arrays.require_count("n_updates", n_updates)
    _require_callable("objective", objective, "a function from weights and a batch, such as a variants.Objective")
    seed = require_seed("seed", seed)
    _require_callable("source", source, "a function from a seed and a number, such as batches.Epochs(batch, n_batch)")
    settings = _run.settings(
        optimizer, clip, validate, validate_every, patience, min_delta, save_to, save_every, resume, progress, callbacks
    )
    run = _run.Run(params, settings, seed, getattr(objective, "options", ()), reads=getattr(source, "reads", ""))
    stopped = run.loop(lambda weights, n: objective(weights, source(seed, n)), n_updates)
    return _fit(run, stopped)


def _require_callable(name: str, value: Any, wanted: str) -> None:
    if not callable(value):
        raise TypeError(f"{name} is {type(value).__name__}, expected {wanted}")


def fit_stream(
    cell: Network,
    params: variants.Params,
    stream: Any,
    loss: Callable[..., tuple[float, np.ndarray]],
    optimizer: optimizers.Optimizer,
    k: int,
    n_epochs: int = 1,
    *,
    clip: float | None = None,
    validate: Callable[[Any], float] | None = None,
    validate_every: int = 100,
    patience: int | None = None,
    min_delta: float = 0.0,
    save_to: str | Path | None = None,
    save_every: int = 1000,
    resume: bool = False,
    progress: bool = False,
    callbacks: Sequence[Callable[[Update], Any]] = (),
    **options: Any,
) -> Fit:
    """Train on long sequences, window after window, with the state carried on and the gradient cut.

    Parameters
    ----------
    cell : module
        Such as `rnnlab.rnn`.
    params : variants.Params
        First weights of a network that answers at every step; they are not changed.
    stream : data.Batch
        x (T, B, D) with a target for every step. A mask may leave steps out; those after a row's length never count.
    loss : function
        Of `rnnlab.losses`.
    optimizer : optimizers.Optimizer
        The rule of the step.
    k : int
        Steps of a window; the last one is shorter where k does not divide T.
    n_epochs : int, default 1
        How many times to go through; each begins with the state zero.
    clip : float, optional
        Shorten longer gradients to this norm.
    validate : callable, optional
        From weights to a loss on data that are not trained on. It is taken at the end too.
    validate_every : int, default 100
        Updates between validations.
    patience : int, optional
        Stop after so many validations that were no better than the best.
    min_delta : float, default 0
        How much lower a validation loss must be to count as better for `patience`.
    save_to : str or Path, optional
        File for checkpoints, in a folder that is there.
    save_every : int, default 1000
        Updates between checkpoints; there is one at the end in any case.
    resume : bool, default False
        Go on from the checkpoint. The result is, to the last bit, that of a run without interruption, dropout included:
        the states of the generators among the options are part of the checkpoint.
    progress : bool, default False
        Show a bar on the error stream; where that is a file, a line for each tenth of the way.
    callbacks : sequence of callable, default ()
        Each is called after every update with an `Update`; the run ends when one returns True.
    **options
        What the cell's ``forward`` takes.

    Returns
    -------
    fit : Fit
        A window without a step that counts makes no update.

    Raises
    ------
    TypeError, ValueError
        If `k` or `n_epochs` is not a whole number in range, the network reads in both directions, an option is not the
        cell's, or as `fit`.

    References
    ----------
    Williams and Peng 1990, BPTT(h; h') with h = h' = k.

    Examples
    --------
    >>> from rnnlab import data, losses, rnn
    >>> stream = data.echo(np.random.default_rng(0), n_batch=50, n_steps=600, weights={2: 0.5})
    >>> params = variants.init(rnn, np.random.default_rng(1), n_input=1, n_hidden=8, n_output=1)
    >>> trained = fit_stream(rnn, params, stream, losses.sigmoid_cross_entropy, optimizers.Adam(0.03), k=5)
    >>> bool(trained.history.loss[-1] < data.echo_baselines({2: 0.5})["nothing"])
    True
    """
    require_batch("stream", stream)
    _require_callable("loss", loss, "a function of rnnlab.losses")
    _arrays.require_count("k", k, at_most=len(stream.x))
    _arrays.require_count("n_epochs", n_epochs)
    require_ahead("fit_stream", cell)
    require_options("fit_stream", cell, options)
    if options.get("rng") is not None:
        options["rng"] = require_rng(options["rng"])
    settings = _run.settings(
        optimizer, clip, validate, validate_every, patience, min_delta, save_to, save_every, resume, progress, callbacks
    )
    windows = _Windows(cell, stream, loss, k, options)
    reads = f"windows of {k} of {windows.starts.stop} steps"
    run = _run.Run(params, settings, 0, options, windows.zeros(params), reads=reads)
    stopped = run.loop(lambda weights, n: windows.take(run, weights, n), len(windows.starts) * n_epochs)
    return _fit(run, stopped)


class _Windows:
    """The windows of a stream, of which each begins with the state that the one before left in its run."""

    def __init__(self, cell: Network, stream: Any, loss: Any, k: int, options: dict[str, Any]) -> None:
        self.cell, self.stream, self.loss, self.k, self.options = cell, stream, loss, k, options
        n_steps, n_batch = np.shape(stream.x)[:2]
        self.lengths = _arrays.require_lengths(stream.lengths, n_steps, n_batch)
        if not has_target_per_step(stream):
            raise ValueError("stream has a target per sequence, expected one for every step")
        self.mask = counting(stream, n_steps, per_step=True)
        self.starts = range(0, int(self.lengths.max()), k)

    def zeros(self, params: variants.Params) -> Any:
        """Return the state before the first window."""
        _recurrence.require_kind("params", params, variants.Params)
        evaluated = {name: value for name, value in self.options.items() if name not in DRAWN}
        tape = self.cell.forward(params.cell, np.zeros_like(self.stream.x[:1]), **evaluated)
        return _pytree.map(np.zeros_like, tape.h_n)

    def take(self, run: _run.Run, params: variants.Params, n: int) -> tuple[float, Any]:
        """Read window `n` with the rows that have not ended, and return the loss and its gradient."""
        start = self.starts[n % len(self.starts)]
        window, rows = slice(start, start + self.k), self.lengths > start
        before = _pytree.map(np.zeros_like, run.carried) if start == 0 else run.carried
        x = self.stream.x[window][:, rows]
        lengths = None if self.stream.lengths is None else np.minimum(self.lengths[rows] - start, len(x))
        state = _pytree.map(lambda part: part[rows], before)
        tape = variants.many_to_many(self.cell, params, x, state=state, lengths=lengths, **self.options)
        run.carried = _pytree.map(lambda old, new: filled(old, rows, new), before, tape.steps.h_n)
        mask = None if self.mask is None else self.mask[window][:, rows]
        value, dy = self.loss(tape.y, self.stream.target[window][:, rows], mask)
        return value, variants.backward(tape, dy)[0]


def sliding_window(
    cell: Network,
    params: variants.Params,
    x: ArrayLike,
    target: ArrayLike,
    k: int,
    *,
    lr: float,
    n_epochs: int,
    tolerance: float = 0.0,
    **options: Any,
) -> tuple[variants.Params, np.ndarray]:
    """Train by sliding a window of `k` steps along a sequence, with one step of descent at each place.

    One epoch sets the state to zero and then goes through t = 0 … n - k. Window t begins at the state h_t that the
    window before left after its first step, reads x[t] … x[t+k-1] and compares only its last output.

    Parameters
    ----------
    cell : module
        Such as `rnnlab.rnn`.
    params : variants.Params
        First weights; they are not changed.
    x : (n, B, D) array
        The sequence, or B of them side by side.
    target : (n, B, O) array
        ``target[i]`` is what the output should be after reading ``x[i]``: p_{i+1} where, as in tutorials, the state
        after k inputs is called h_k.
    k : int
        Steps of the unfolded network, 1 to n.
    lr : float
        Step size.
    n_epochs : int
        How many times at most the window slides along.
    tolerance : float, default 0
        Stop after an epoch whose mean loss is at most this.
    **options
        What the cell's ``forward`` takes.

    Returns
    -------
    params : variants.Params
        Trained weights.
    losses : (E,) array
        Mean over each epoch's windows of the loss ½ Σ e², whose gradient is e = y - p, taken before the step.

    Raises
    ------
    ValueError
        If shapes do not fit or `k` is not a whole number from 1 to n.

    References
    ----------
    The loop is that of the introductions that this course grew out of; see the chapter on backpropagation through time.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> wave = np.sin(np.arange(60) / 4)[:, None, None]
    >>> params = variants.init(rnn, np.random.default_rng(0), n_input=1, n_hidden=8, n_output=1)
    >>> params, losses = sliding_window(rnn, params, wave[:-1], wave[1:], k=5, lr=0.05, n_epochs=20)
    >>> bool(losses[-1] < losses[0] / 10)
    True
    """
    require_ahead("sliding_window", cell)
    require_options("sliding_window", cell, options)
    x, target = _arrays.as_array("x", x), _arrays.as_array("target", target)
    if x.ndim != 3 or target.ndim != 3 or x.shape[:2] != target.shape[:2]:
        raise ValueError(f"x has shape {x.shape} and target {target.shape}, expected (n, B, D) and (n, B, O)")
    k, n_epochs = _arrays.require_count("k", k, at_most=len(x)), _arrays.require_count("n_epochs", n_epochs)
    _recurrence.require_kind("params", params, variants.Params)
    optimizer, tolerance = optimizers.SGD(lr), require_number("tolerance", tolerance, 0)
    optimizer_state = optimizer.init(params)
    losses = []
    for _ in range(n_epochs):
        state, total = None, 0.0
        for t in range(len(x) - k + 1):
            tape = cell.forward(params.cell, x[t : t + k], state, **options)
            output = readout.forward(params.readout, tape.h[-1])
            e = output.y - target[t + k - 1]
            total += float(np.sum(e * e)) / 2
            dreadout, dh = readout.backward(output, e)
            dcell, _, _ = cell.backward(tape, _only_last(tape.h, dh))
            state = cell.forward(params.cell, x[t : t + 1], state, **options).h_n
            params, optimizer_state = optimizer.update(params, variants.Params(dcell, dreadout), optimizer_state)
        losses.append(total / (len(x) - k + 1))
        if losses[-1] <= tolerance:
            break
    return params, np.array(losses)


def _only_last(h: np.ndarray, dh: np.ndarray) -> np.ndarray:
    every = np.zeros((len(h) - 1, *dh.shape), dh.dtype)
    every[-1] = dh
    return every
