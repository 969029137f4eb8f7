"""Training loops: by batches, by windows of a long stream, and the sliding window that introductions print.

repeat   loss, gradient of the next batch;  shorten the gradient;  step     (`fit`)

repeat   h ← 0;  for t = 0 … n − k:  unfold k steps from h_t,  e = y_{t+k} − p_{t+k},  backpropagate e,  step
                                                                            (`sliding_window`)
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, checkpoint, optimizers, readout, variants
from rnnlab._cell import Network
from rnnlab._progress import Progress
from rnnlab.batches import Source


class History(NamedTuple):
    """What happened at every update.

    Attributes
    ----------
    loss, gradient_norm : (N,) arrays
        Before each update; the norm before clipping.
    validated_at, validation : (M,) arrays
        After how many updates the validation loss was taken, and the loss.
    """

    loss: np.ndarray
    gradient_norm: np.ndarray
    validated_at: np.ndarray
    validation: np.ndarray


class Fit(NamedTuple):
    """What training led to.

    Attributes
    ----------
    params : tree of arrays
        The weights with the best validation loss, or the last where nothing was validated.
    history : History
        What happened on the way.
    stopped : str
        Why it ended: "all updates done", "no better for … validations" or "…: not finite at update …".
    """

    params: Any
    history: History
    stopped: str


class _State(NamedTuple):
    """Everything that the next update depends on; this is what a checkpoint holds."""

    seed: int
    params: Any
    optimizer: optimizers.State
    best: Any
    best_loss: float
    n_worse: int
    history: History


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
    save_to: str | Path | None = None,
    save_every: int = 1000,
    resume: bool = False,
    progress: bool = False,
) -> Fit:
    """Train.

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
        From weights to a loss on data that are not trained on.
    validate_every : int, default 100
        Updates between validations.
    patience : int, optional
        Stop after so many validations that were no better than the best.
    save_to : str or Path, optional
        File for checkpoints.
    save_every : int, default 1000
        Updates between checkpoints; there is one at the end in any case.
    resume : bool, default False
        Go on from the checkpoint. The result is, to the last bit, that of a run without interruption.
    progress : bool, default False
        Show a bar on the error stream.

    Returns
    -------
    fit : Fit

    Raises
    ------
    ValueError
        If a number is out of range, patience or resumption lacks what it needs, or the checkpoint is of another run.
    FileNotFoundError
        If there is no checkpoint to resume from.

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
    for name, value in (("n_updates", n_updates), ("validate_every", validate_every), ("save_every", save_every)):
        _arrays.require_count(name, value)
    if patience is not None:
        _arrays.require_count("patience", patience)
        if validate is None:
            raise ValueError("patience is given without validate, expected a function from weights to a loss")
    run = _Run(_start(params, optimizer, seed))
    if resume:
        run = _Run(_resume(save_to, run.state()))
    with Progress(n_updates, progress) as bar:
        while run.optimizer_state.n_updates < n_updates and not run.stopped(patience):
            run.step(objective, source, optimizer, clip)
            n = run.optimizer_state.n_updates
            bar.show(n, f"loss {run.losses[-1]:.4g}  gradient {run.norms[-1]:.3g}")
            if validate is not None and n % validate_every == 0 and not run.diverged:
                run.validate(validate)
            if save_to is not None and n % save_every == 0 and not run.diverged:
                checkpoint.save(save_to, run.state())
    if save_to is not None and not run.diverged:
        checkpoint.save(save_to, run.state())
    state = run.state()
    best = state.best if len(state.history.validation) else state.params
    return Fit(best, state.history, run.stopped(patience) or "all updates done")


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
        x (T, B, D) with a target for every step; a mask may leave steps out.
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
    **options
        What the cell's ``forward`` takes.

    Returns
    -------
    fit : Fit
        A window without a step that counts makes no update.

    Raises
    ------
    ValueError
        If `k` or `n_epochs` is not a whole number in range.

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
    _arrays.require_count("k", k, at_most=len(stream.x))
    _arrays.require_count("n_epochs", n_epochs)
    run = _Run(_start(params, optimizer, seed=0))
    state: Any = None
    for start in [start for _ in range(n_epochs) for start in range(0, len(stream.x), k)]:
        window = slice(start, start + k)
        before = None if start == 0 else state
        tape = variants.many_to_many(cell, run.params, stream.x[window], state=before, **options)
        state = tape.steps.h_n
        mask = None if stream.mask is None else stream.mask[window]
        if mask is None or mask.any():
            value, dy = loss(tape.y, stream.target[window], mask)
            run.move(value, variants.backward(tape, dy)[0], optimizer, clip)
        if run.diverged:
            break
    last = run.state()
    return Fit(last.params, last.history, run.diverged or "all updates done")


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
    x, target = np.asarray(x), np.asarray(target)
    if x.ndim != 3 or target.ndim != 3 or x.shape[:2] != target.shape[:2]:
        raise ValueError(f"x has shape {x.shape} and target {target.shape}, expected (n, B, D) and (n, B, O)")
    _arrays.require_count("k", k, at_most=len(x))
    _arrays.require_count("n_epochs", n_epochs)
    optimizer = optimizers.SGD(lr)
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


class _Run:
    """The state of a run in progress."""

    def __init__(self, state: _State) -> None:
        self.seed, self.params, self.optimizer_state, self.best, self.best_loss, self.n_worse, history = state
        self.losses, self.norms, self.validated_at, self.validation = map(list, history)
        self.diverged = ""

    def state(self) -> _State:
        history = History(
            np.array(self.losses, float),
            np.array(self.norms, float),
            np.array(self.validated_at, int),
            np.array(self.validation, float),
        )
        return _State(self.seed, self.params, self.optimizer_state, self.best, self.best_loss, self.n_worse, history)

    def step(self, objective: Any, source: Source, optimizer: optimizers.Optimizer, clip: float | None) -> None:
        loss, gradient = objective(self.params, source(self.seed, self.optimizer_state.n_updates))
        self.move(loss, gradient, optimizer, clip)

    def move(self, loss: float, gradient: Any, optimizer: optimizers.Optimizer, clip: float | None) -> None:
        if clip is None:
            norm = optimizers.global_norm(gradient)
        else:
            gradient, norm = optimizers.clip_by_global_norm(gradient, clip)
        self.losses.append(loss)
        self.norms.append(norm)
        if math.isfinite(loss) and math.isfinite(norm):
            self.params, self.optimizer_state = optimizer.update(self.params, gradient, self.optimizer_state)
        else:
            self.diverged = (
                f"loss {loss:g}, gradient norm {norm:g}: not finite at update {self.optimizer_state.n_updates}"
            )

    def validate(self, validate: Callable[[Any], float]) -> None:
        loss = float(validate(self.params))
        self.validated_at.append(self.optimizer_state.n_updates)
        self.validation.append(loss)
        if loss < self.best_loss:
            self.best, self.best_loss, self.n_worse = self.params, loss, 0
        else:
            self.n_worse += 1

    def stopped(self, patience: int | None) -> str:
        if patience is not None and self.n_worse >= patience:
            return f"no better for {self.n_worse} validations"
        return self.diverged


def _start(params: Any, optimizer: optimizers.Optimizer, seed: int) -> _State:
    none = np.empty(0)
    history = History(none, none, np.empty(0, int), none)
    return _State(seed, params, optimizer.init(params), params, math.inf, 0, history)


def _resume(path: str | Path | None, like: _State) -> _State:
    if path is None:
        raise ValueError("resume is True without save_to, expected the checkpoint's file")
    state = checkpoint.load(path, like)
    if state.seed != like.seed:
        raise ValueError(f"{path}: the run had the seed {state.seed}, expected {like.seed}")
    return state
