"""The table of kernels for each cell.

The recurrence itself is called by the cell that it belongs to: a cell's kernels have a `forward_pass` and a
`backward_pass`, which run in the tier that `tiers` chooses for the size of the work. What is looked up here is compiled
around the recurrence: a whole training step, and sampling. A cell says by its `KIND` which kernels are its own; one
that has none runs through its own ``forward`` and ``backward``.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

from rnnlab.kernels.tiers import takes_engine

KINDS = ("rnn", "gru", "lstm")


class Kernels(NamedTuple):
    """What is compiled around a cell's recurrence."""

    kind: str
    takes_activation: bool  # its first argument is then the activation's number
    train_step: Callable[..., tuple[float, float]]
    sample: Callable[..., None]


def of(cell: Any) -> Kernels | None:
    """Return a cell's kernels, None where it has none."""
    kind = getattr(cell, "KIND", None)
    return _of_kind(kind) if kind in KINDS else None


@cache
def _of_kind(kind: str) -> Kernels:
    from rnnlab.kernels import sample, train_step  # only here, so that a cell alone loads its recurrence alone

    return Kernels(kind, kind == "rnn", getattr(train_step, kind), getattr(sample, kind))


def plain_step(kernels: Kernels, dtype: Any) -> Callable[..., tuple[float, float]]:
    """Return the plain training step of a dtype, which knows where the cell's own passes are."""
    from rnnlab.kernels import train_step

    return partial(kernels.train_step, tuple(at(dtype) for at in train_step.PASSES[kernels.kind]))


def engine_step(kernels: Kernels, x_shape: tuple[int, ...], params: Any) -> Callable[..., tuple[float, float]] | None:
    """Return the engine's training step where it is to run, else None."""
    n_steps, n_batch, _ = x_shape
    if not takes_engine(n_steps * n_batch * (params.w_x.size + params.w_h.size)):
        return None
    from rnnlab.kernels.engine import train_step

    passes = tuple(at(params.w_h.dtype) for at in train_step.PASSES[kernels.kind])
    return partial(getattr(train_step, kernels.kind), passes)


def engine_sample(kernels: Kernels, n_tokens: int, w_h: Any, w_y: Any) -> Callable[..., None] | None:
    """Return the engine's sampling where it is to run, which takes w_h and w_y as they are, else None."""
    if not takes_engine(n_tokens * (w_h.size + w_y.size)):
        return None
    from rnnlab.kernels.engine import sample

    return getattr(sample, kernels.kind)
