"""The loop around every training: updates, validation, patience, checkpoints, and how it ends."""

import dataclasses
import math
import numbers
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnlab import _arrays, _pytree, _randomness, checkpoint, optimizers
from rnnlab._progress import Progress
from rnnlab._settings import require_flag, require_number, require_path
from rnnlab.losses import NothingCounts

Take = Callable[[Any, int], tuple[float, Any]]


class Update(NamedTuple):
    """What a callback is told after an update.

    Attributes
    ----------
    n : int
        How many batches were read so far.
    loss, gradient_norm : float
        Before the update; the norm before clipping.
    params : tree of arrays
        The weights after it, read-only.
    validation : float or None
        The validation loss, where it was taken after this update.
    last : bool
        Whether it is the last update that was asked for.
    """

    n: int
    loss: float
    gradient_norm: float
    params: Any
    validation: float | None
    last: bool = False


class Settings(NamedTuple):
    """What `training.fit` and `training.fit_stream` have in common."""

    optimizer: optimizers.Optimizer
    clip: float | None
    validate: Callable[[Any], float] | None
    validate_every: int
    patience: int | None
    min_delta: float
    save_to: Path | None
    save_every: int
    resume: bool
    progress: bool
    callbacks: Sequence[Callable[[Update], Any]]


def settings(
    optimizer: optimizers.Optimizer,
    clip: float | None,
    validate: Callable[[Any], float] | None,
    validate_every: int,
    patience: int | None,
    min_delta: float,
    save_to: str | Path | None,
    save_every: int,
    resume: bool,
    progress: bool,
    callbacks: Sequence[Callable[[Update], Any]],
) -> Settings:
    """Return checked settings, before the first update is paid for."""
    optimizers.require_optimizer(optimizer)
    for name, value in (("validate_every", validate_every), ("save_every", save_every)):
        _arrays.require_count(name, value)
    if patience is not None:
        _arrays.require_count("patience", patience)
        if validate is None:
            raise ValueError("patience is given without validate, expected a function from weights to a loss")
    if validate is not None and not callable(validate):
        raise TypeError(
            f"validate is {type(validate).__name__}, expected a function from weights to a loss, such as "
            "lambda params: objective.value(params, batch)"
        )
    if not isinstance(callbacks, list | tuple) or not all(map(callable, callbacks)):
        raise TypeError(f"callbacks is {callbacks!r:.60}, expected a list of functions")
    for one in callbacks:
        if validate is None and getattr(one, "on", None) == "validation":
            raise ValueError(f"{type(one).__name__} is given without validate, expected it, or on='loss'")
    if clip is not None:
        clip = require_number("clip", clip, 0, open_end=True)
    min_delta = require_number("min_delta", min_delta, 0)
    resume, progress = require_flag("resume", resume), require_flag("progress", progress)
    if resume and save_to is None:
        raise ValueError("resume is True without save_to, expected the checkpoint's file")
    path = None if save_to is None else _require_writable(require_path("save_to", save_to))
    return Settings(
        optimizer, clip, validate, validate_every, patience, min_delta, path, save_every, resume, progress, callbacks
    )


def _require_writable(path: Path) -> Path:
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}, expected one for checkpoints")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise PermissionError(f"{path}: cannot be written, expected the name of a file in a folder of one's own")
    return path


class State(NamedTuple):
    """Everything that the next update depends on; this is what a checkpoint holds."""

    seed: int
    rule: str  # the optimizer's kind and settings, and what an update reads
    generators: tuple[str, ...]
    n_done: int
    params: Any
    optimizer: optimizers.State
    carried: Any  # the state of a stream
    best: Any
    best_loss: float
    least: float  # what a validation has to fall below by `min_delta`
    n_worse: int
    loss: np.ndarray
    gradient_norm: np.ndarray
    skipped: np.ndarray
    validated_at: np.ndarray
    validation: np.ndarray


class Run:
    """The state of a run in progress."""

    def __init__(
        self,
        params: Any,
        settings: Settings,
        seed: int,
        generators: Any = (),
        carried: Any = None,
        *,
        reads: str = "",  # what of the data an update reads, as far as it can be told
    ) -> None:
        params = _pytree.map(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, params)
        self.settings, self.seed, self.generators = settings, seed, generators
        self.rule = f"{describe(settings.optimizer)}, clip={settings.clip}{reads and f', {reads}'}"
        self.params, self.optimizer_state, self.carried = params, settings.optimizer.init(params), carried
        self.best, self.best_loss, self.least, self.n_worse, self.n_done = params, math.inf, math.inf, 0, 0
        self.lists: dict[str, list] = {name: [] for name in _LISTS}
        self.ended = ""
        if settings.resume:
            self._resume()
        self._commit()

    def loop(self, take: Take, n_batches: int) -> str:
        """Train until `n_batches` are read, or something ends it; return what."""
        save_to, save_every = self.settings.save_to, self.settings.save_every
        with Progress(n_batches, self.settings.progress) as bar:
            try:
                while self.n_done < n_batches and not self._ends():
                    counted = self._step(take)
                    self._commit()
                    validation = None
                    if self.settings.validate and self.n_done % self.settings.validate_every == 0 and not self.ended:
                        validation = self._validate()
                        self._commit()
                    if self.lists["loss"]:
                        loss, norm = self.lists["loss"][-1], self.lists["gradient_norm"][-1]
                        bar.show(self.n_done, f"loss {loss:.4g}  gradient {norm:.3g}")
                        last = self.n_done == n_batches
                        if counted or last or validation is not None:
                            self._tell(Update(self.n_done, loss, norm, self.params, validation, last))
                    if save_to is not None and self.n_done % save_every == 0 and not self.diverged:
                        checkpoint.save(save_to, self.state())
            except KeyboardInterrupt:
                self._rewind()
                self.ended = f"interrupted after {self.n_done} batches"
        self._close()
        return self._ends() or "all updates done"

    @property
    def diverged(self) -> bool:
        """Whether a loss or a gradient was not finite."""
        return "not finite" in self.ended

    def result(self) -> Any:
        """Return the best weights, or the last where nothing was validated."""
        return self.best if self.best_loss < math.inf else self.params

    def state(self) -> State:
        """Return what a checkpoint holds."""
        kinds = {"skipped": int, "validated_at": int}
        lists = {name: np.array(values, kinds.get(name, float)) for name, values in self.lists.items()}
        generators = tuple(_randomness.states(self.generators))
        return State(
            self.seed,
            self.rule,
            generators,
            self.n_done,
            self.params,
            self.optimizer_state,
            self.carried,
            self.best,
            self.best_loss,
            self.least,
            self.n_worse,
            **lists,
        )

    def _step(self, take: Take) -> bool:
        """Read a batch and learn from it; return whether anything in it counted."""
        try:
            loss, gradient = _pair(take(self.params, self.n_done))
        except NothingCounts:
            self.lists["skipped"].append(self.n_done)
            self.n_done += 1
            return False
        if self.settings.clip is None:
            norm = optimizers.global_norm(gradient)
        else:
            gradient, norm = optimizers.clip_by_global_norm(gradient, self.settings.clip)
        self.lists["loss"].append(loss)
        self.lists["gradient_norm"].append(norm)
        if math.isfinite(loss) and math.isfinite(norm):
            self.params, self.optimizer_state = self.settings.optimizer.update(
                self.params, gradient, self.optimizer_state
            )
            self.n_done += 1
        else:
            self.ended = f"loss {loss:g}, gradient norm {norm:g}: not finite at update {self.n_done}"
        return True

    def _validate(self) -> float:
        assert self.settings.validate is not None
        try:
            loss = _number("validate", self.settings.validate(self.params))
        except NothingCounts:
            loss = math.nan  # said at the end as any validation without a number is; what was learnt is kept
        self.lists["validated_at"].append(self.n_done)
        self.lists["validation"].append(loss)
        if loss < self.best_loss:
            self.best, self.best_loss = self.params, loss
        if loss < self.least - self.settings.min_delta:
            self.least, self.n_worse = loss, 0
        else:
            self.n_worse += 1
        return loss

    def _tell(self, update: Update) -> None:
        if self.settings.callbacks:  # to look at: what a callback overwrites would be trained on
            update = update._replace(params=_pytree.map(_read_only, update.params))
        for callback in self.settings.callbacks:
            if _is_true(callback(update)) and not self.ended:
                self.ended = f"stopped by a callback after {self.n_done} batches"

    def _ends(self) -> str:
        if self.settings.patience is not None and self.n_worse >= self.settings.patience and not self.ended:
            return f"no better for {self.n_worse} validations"
        return self.ended

    def _close(self) -> None:
        """Save, then validate what has not been validated; the checkpoint goes on as if it had not."""
        if self.settings.save_to is not None and not self.diverged:
            checkpoint.save(self.settings.save_to, self.state())
        validated = self.lists["validated_at"][-1:] == [self.n_done]
        if self.settings.validate and not validated and not self.ended and self.n_done:
            self._validate()
            self.n_worse = 0  # the run is over, and this was no reason for it
        if self.lists["validation"] and self.best_loss == math.inf:
            warnings.warn(
                f"validate gave {self.lists['validation'][-1]:g}, never a finite loss: the last weights are returned",
                RuntimeWarning,
                stacklevel=4,
            )

    def _commit(self) -> None:
        lengths = {name: len(values) for name, values in self.lists.items()}
        kept = (self.params, self.optimizer_state, self.carried, self.n_done)
        self._kept = kept, (self.best, self.best_loss, self.least, self.n_worse), lengths, self._dice()

    def _dice(self) -> list[str]:
        return _randomness.states(self.generators)

    def _rewind(self) -> None:
        """Go back to the last update that was complete."""
        kept, validated, lengths, dice = self._kept
        self.params, self.optimizer_state, self.carried, self.n_done = kept
        self.best, self.best_loss, self.least, self.n_worse = validated
        for name, length in lengths.items():
            del self.lists[name][length:]
        _randomness.restore(self.generators, dice)

    def _resume(self) -> None:
        path = self.settings.save_to
        assert path is not None
        if not path.exists():
            raise FileNotFoundError(f"{path}: no checkpoint to go on from; resume=False begins a run")
        rule = checkpoint.entry(path, "rule")
        if rule is not None and rule != self.rule:
            raise ValueError(f"{path}: the run had the optimizer {rule}, expected {self.rule}")
        state: State = checkpoint.load(path, self.state())
        if state.seed != self.seed:
            raise ValueError(f"{path}: the run had the seed {state.seed}, expected {self.seed}")
        for name in ("n_done", "params", "carried", "best", "best_loss", "least", "n_worse"):
            setattr(self, name, getattr(state, name))
        self.optimizer_state = state.optimizer
        self.lists = {name: getattr(state, name).tolist() for name in _LISTS}
        _randomness.restore(self.generators, state.generators)


def _read_only(leaf: Any) -> Any:
    if not isinstance(leaf, np.ndarray):
        return leaf
    view = leaf.view()
    view.flags.writeable = False
    return view


def _pair(found: Any) -> tuple[float, Any]:
    """Return what an objective gave, if it is a loss and a gradient."""
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise TypeError(f"objective returned {found!r:.60}, expected the loss and its gradient")
    return _number("objective", found[0]), found[1]


def _number(name: str, loss: Any) -> float:
    if not isinstance(loss, numbers.Real) and not (isinstance(loss, np.ndarray) and loss.ndim == 0):
        raise TypeError(f"{name} returned {loss!r:.60} as the loss, expected one number")
    return float(loss)


def _is_true(answer: Any) -> bool:
    return isinstance(answer, bool | np.bool_) and bool(answer)


_LISTS = ("loss", "gradient_norm", "skipped", "validated_at", "validation")


def describe(value: Any) -> str:
    """Return an optimizer or a setting as text that is the same in every process.

    Examples
    --------
    >>> describe(optimizers.SGD(0.1))
    'SGD(lr=0.1, momentum=0.0, nesterov=False)'
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (f"{field.name}={describe(getattr(value, field.name))}" for field in dataclasses.fields(value))
        return f"{type(value).__name__}({', '.join(fields)})"
    if callable(value):
        return getattr(value, "__qualname__", type(value).__name__)
    return repr(value) if value is None or isinstance(value, int | float | str) else type(value).__name__
