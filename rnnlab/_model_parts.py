"""The parts of a `model.Model`: its weights, and the function that it trains."""

import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, embedding, gru, losses, lstm, rnn, variants
from rnnlab._cell import DRAWN, Portable, require_network, require_options, takes_tape
from rnnlab._settings import require_rng
from rnnlab.data.batch import counting, has_target_per_step, require_batch

CELLS = {"rnn": rnn, "gru": gru, "lstm": lstm}


class Weights(NamedTuple):
    """The weights of a model, or their gradients."""

    embedding: Any  # embedding.Params, or None where it reads numbers
    cell: Any
    readout: Any


def cell_of(value: Any) -> Any:
    """Return a cell, of which the three of the library may be given by name.

    Raises
    ------
    TypeError, ValueError
        If there is no such cell.

    Examples
    --------
    >>> cell_of("gru") is gru
    True
    """
    if isinstance(value, str):
        if value not in CELLS:
            raise ValueError(f"cell is {value!r}, expected one of {', '.join(CELLS)}, or a cell itself")
        return CELLS[value]
    return require_network("cell", value)


def settled(cell: Any, options: Any) -> dict[str, Any]:
    """Return a cell's options as Python values, which a file can hold, and their seed as a generator.

    Raises
    ------
    TypeError
        If they are no mapping, or the cell has no such option.
    """
    if options is not None and not isinstance(options, Mapping):
        raise TypeError(f"options is {options!r:.60}, expected a mapping, such as {{'reset': 'before'}}")
    plain = {
        name: value.item() if isinstance(value, np.generic) and name != "rng" else value
        for name, value in (options or {}).items()
    }
    require_options("Model", cell, plain)
    if plain.get("rng") is not None:
        plain["rng"] = require_rng(plain["rng"])
    return plain


@dataclass(frozen=True)
class Objective(Portable):
    """The loss of a model on a batch, as a function of its weights; see `variants.Objective`."""

    cell: Any
    loss: Callable[..., Any]
    per_step: bool
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, weights: Weights, batch: Any) -> tuple[float, Weights]:
        """Return the loss and its gradient."""
        vectors, tape = self.run(weights, batch.x, batch.lengths, self.options)
        loss, dy = self._loss(batch, tape.y)
        inner, dx, _ = variants.backward(tape, dy)
        table = None if vectors is None else embedding.backward(vectors, dx)
        return loss, Weights(table, inner.cell, inner.readout)

    def value(self, weights: Weights, batch: Any) -> float:
        """Return the loss without dropout."""
        return float(self._loss(batch, self.answers(weights, batch.x, batch.lengths))[0])

    def answers(self, weights: Weights, x: ArrayLike, lengths: ArrayLike | None) -> np.ndarray:
        """Return the outputs without dropout."""
        options = {name: value for name, value in self.options.items() if name not in DRAWN}
        if takes_tape(self.cell):
            options["tape"] = False
        return np.array(self.run(weights, x, lengths, options)[1].y)

    def run(self, weights: Weights, x: ArrayLike, lengths: ArrayLike | None, options: Mapping[str, Any]) -> Any:
        """Return the tape of the embedding, or None, and that of the network."""
        vectors = None if weights.embedding is None else embedding.forward(weights.embedding, x, lengths=lengths)
        variant = variants.many_to_many if self.per_step else variants.many_to_one
        read: Any = x if vectors is None else vectors.x
        params = variants.Params(weights.cell, weights.readout)
        return vectors, variant(self.cell, params, read, lengths=lengths, **options)

    def counts(self, batch: Any, y: np.ndarray) -> np.ndarray | None:
        """Return which answers count."""
        require_batch("batch", batch)
        if getattr(batch, "per_step", None) not in (None, self.per_step):
            kinds = {True: "every step", False: "each sequence"}
            answers, given = kinds[self.per_step], kinds[batch.per_step]
            raise ValueError(f"batch has a target for {given}, and the model answers {answers}")
        return counting(batch, len(y), self.per_step)

    def _loss(self, batch: Any, y: np.ndarray) -> tuple[float, np.ndarray]:
        return self.loss(y, batch.target, self.counts(batch, y))


def require_loss(loss: Any, n_output: int | None) -> Any:
    """Return a loss, or say what is wrong: of one class there is nothing to learn.

    Raises
    ------
    TypeError, ValueError
        If it is no function, or one output is given as scores of classes.
    """
    if not callable(loss):
        raise TypeError(f"loss is {loss!r:.60}, expected a function of rnnlab.losses")
    if loss is losses.softmax_cross_entropy and n_output == 1:
        raise ValueError(
            "readout is 1, expected a score for each class; for yes and no losses.sigmoid_cross_entropy takes one"
        )
    return loss


def n_outputs(loss: Any, batch: Any) -> int:
    """Return how many outputs a loss needs for the targets of a batch.

    Raises
    ------
    ValueError
        If it cannot be known, as the number of classes; or the targets have no axis of outputs.
    """
    known = isinstance(loss, losses.Quantiles) or loss in (losses.mse, losses.sigmoid_cross_entropy, losses.gaussian)
    axes = ("T", "B", "O") if has_target_per_step(batch) else ("B", "O")
    if known and np.ndim(batch.target) < len(axes):
        raise ValueError(
            f"target has shape {np.shape(batch.target)}, expected ({', '.join(axes)}): target[..., None] has one output"
        )
    if isinstance(loss, losses.Quantiles):
        return len(loss.levels) * int(np.shape(batch.target)[-1])
    if loss in (losses.mse, losses.sigmoid_cross_entropy, losses.gaussian):
        return (2 if loss is losses.gaussian else 1) * int(np.shape(batch.target)[-1])
    raise ValueError("readout is None, expected how many outputs there are: with this loss the targets do not say it")


def require_width(n_hidden: Any) -> Any:
    """Return the width of the layers, or say what is wrong."""
    if isinstance(n_hidden, tuple | list) and len(n_hidden):
        return tuple(_arrays.require_count("n_hidden", width) for width in n_hidden)
    return _arrays.require_count("n_hidden", n_hidden)


def measured(name: str, value: Any) -> float:
    """Return what a metric returned as a float, or say that it is no number."""
    if np.ndim(value) or not isinstance(value, numbers.Real | np.ndarray):
        raise TypeError(f"metric {name!r} returned {value!r:.60}, expected one number")
    return float(value)


def require_measures(metrics: Any, validate: Any) -> None:
    """Raise unless metrics are functions by name, with rows to measure them on."""
    if validate is not None:
        require_batch("validate", validate)
    if not metrics:
        return
    if not isinstance(metrics, Mapping) or not all(map(callable, metrics.values())):
        raise TypeError(
            f"metrics is {metrics!r:.60}, expected functions by their names, such as {{'mae': metrics.mae}}"
        )
    if "loss" in metrics:
        raise ValueError("metrics has a 'loss', which is the name of the loss itself, expected another name")
    if validate is None:
        raise ValueError("metrics are given without validate, expected a data.Batch to measure them on")
