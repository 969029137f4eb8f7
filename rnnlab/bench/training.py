"""Whole training runs, ours and PyTorch's, from the same first weights over the same batches, to the same loss.

The two take turns, a block of updates each, until each one's loss has fallen to the target. Only the updates are
timed: batches are drawn before the block begins. Both compute in float32 with one thread.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from rnnlab import batches, data, gru, losses, lstm, optimizers, variants
from rnnlab.bench import rivals

BLOCK = 10  # updates in a block; a block's mean is the loss that is compared with the target
CLIP = 1.0


class Task(NamedTuple):
    """A task, the network that learns it, and where it counts as learned."""

    name: str
    kind: str
    cell: Any
    variant: Callable[..., Any]
    loss: Any
    draw: Callable[[np.random.Generator], data.Batch]
    n_input: int
    n_hidden: int
    n_output: int
    lr: float
    target: float
    most: int  # updates, should the target not be reached


class Row(NamedTuple):
    """One run beside its rival's. `ratio` is the rival's CPU time divided by ours, to the target."""

    task: str
    cell: str
    n_hidden: int
    target: float
    rival: str
    updates: int
    rival_updates: int
    loss: float  # of the last block
    rival_loss: float
    seconds: float  # CPU time of our updates
    rival_seconds: float
    wall: float  # elapsed time of our updates, other programs' share of the machine included
    rival_wall: float
    ratio: float
    low: float  # quartiles of the ratio block by block
    high: float


def adding(n_steps: int = 200, n_hidden: int = 32, target: float = 0.01, most: int = 4000) -> Task:
    """Return the task of adding the two marked numbers among `n_steps`, for a GRU.

    Examples
    --------
    >>> adding(10).draw(np.random.default_rng(0)).x.shape
    (10, 32, 2)
    """
    draw = partial(data.adding, n_batch=32, n_steps=n_steps)
    return Task(
        f"adding, T = {n_steps}", "gru", gru, variants.many_to_one, losses.mse, draw, 2, n_hidden, 1, 0.01, target, most
    )


def characters(text: str, n_hidden: int = 128, target: float = 1.0, most: int = 2000) -> Task:
    """Return the task of naming the next character of a text, for an LSTM that reads 64 of them.

    Examples
    --------
    >>> characters("to be or not to be, " * 9).n_input  # t, o, b, e, r, n, comma and space
    8
    """
    letters = data.Vocabulary.of([text])
    index, n = letters.encode(text), len(letters)
    draw = partial(data.excerpts, index=index, n_batch=32, n_steps=64, n_tokens=n)
    loss = losses.softmax_cross_entropy
    return Task("characters", "lstm", lstm, variants.many_to_many, loss, draw, n, n_hidden, n, 0.01, target, most)


def reviews(n: int = 2000) -> str:
    """Return a text to learn by character: generated reviews, a line each.

    Examples
    --------
    >>> len(reviews(3).splitlines())
    3
    """
    return "\n".join(data.read_sentences(data.sentiment(np.random.default_rng(0), n)))


def rows(tasks: Sequence[Task], seed: int = 0) -> Iterator[Row]:
    """Train on each task, ours and PyTorch by turns, and yield a row when both are done.

    Parameters
    ----------
    tasks : sequence of Task
        Such as `adding` and `characters` return.
    seed : int, default=0
        Decides the first weights and the batches.

    Yields
    ------
    row : Row
    """
    for task in tasks:
        rng = np.random.default_rng([seed, 1])
        params = variants.init(task.cell, rng, task.n_input, task.n_hidden, task.n_output, dtype=np.float32)
        source = batches.endless(task.draw)
        # Compile and warm up first, on copies of both.
        for block in (_ours(task, params), theirs(task, params)):
            block([_float32(source(seed, n)) for n in range(2)])
        yield _race(task, source, seed, _ours(task, params), theirs(task, params))


class _Side:
    """One of the two runs: its losses and times, block by block."""

    def __init__(self, take: Callable[[list[data.Batch]], list[float]], target: float) -> None:
        self.take, self.target = take, target
        self.losses: list[float] = []
        self.cpu: list[float] = []
        self.wall: list[float] = []

    @property
    def done(self) -> bool:
        return bool(self.losses) and self.losses[-1] <= self.target

    def block(self, given: list[data.Batch]) -> None:
        cpu, wall = time.process_time(), time.perf_counter()
        found = self.take(given)
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)
        self.losses.append(float(np.mean(found)))


def _race(task: Task, source: batches.Source, seed: int, first: Any, second: Any) -> Row:
    sides = _Side(first, task.target), _Side(second, task.target)
    for start in range(0, task.most, BLOCK):
        given = [_float32(source(seed, n)) for n in range(start, start + BLOCK)]
        for side in sides if start // BLOCK % 2 else sides[::-1]:
            if not side.done:
                side.block(given)
        if all(side.done for side in sides):
            break
    one, other = sides
    ratios = [b / max(a, 1e-9) for a, b in zip(one.cpu, other.cpu, strict=False)]
    low, _, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    updates = [BLOCK * len(side.losses) for side in sides]
    times = (sum(one.cpu), sum(other.cpu), sum(one.wall), sum(other.wall), sum(other.cpu) / max(sum(one.cpu), 1e-9))
    ends = one.losses[-1], other.losses[-1]
    rounded = (round(value, 4) for value in (*ends, *times, low, high))
    return Row(task.name, task.kind, task.n_hidden, task.target, "torch", *updates, *rounded)


def _float32(batch: data.Batch) -> data.Batch:
    kind = batch.target.dtype.kind
    return batch._replace(
        x=batch.x.astype(np.float32), target=batch.target.astype(np.float32 if kind == "f" else np.int64)
    )


def _ours(task: Task, params: Any) -> Callable[[list[data.Batch]], list[float]]:
    objective = variants.Objective(task.variant, task.cell, task.loss)
    optimizer = optimizers.Adam(task.lr)
    state = optimizer.init(params)

    def take(given: list[data.Batch]) -> list[float]:
        nonlocal params, state
        found = []
        for batch in given:
            loss, gradient = objective(params, batch)
            gradient, _ = optimizers.clip_by_global_norm(gradient, CLIP)
            params, state = optimizer.update(params, gradient, state)
            found.append(loss)
        return found

    return take


def theirs(task: Task, params: Any) -> Callable[[list[data.Batch]], list[float]]:
    """Return a function that trains PyTorch's network, from these first weights, on a list of batches."""
    torch = rivals.library("torch")
    torch.set_num_threads(1)
    layer, head = rivals.torch_layer(task.kind, params.cell), rivals.torch_head(params.readout)
    _keep_second_bias(layer.bias_hh_l0, task)
    weights = [weight for part in (layer, head) for weight in part.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(weights, lr=task.lr)
    every_step = task.variant is variants.many_to_many

    def take(given: list[data.Batch]) -> list[float]:
        found = []
        for batch in given:
            optimizer.zero_grad()
            x, target = torch.from_numpy(batch.x), torch.from_numpy(batch.target)
            h = layer(x)[0]
            if every_step:
                loss = torch.nn.functional.cross_entropy(head(h).flatten(0, 1), target.flatten())
            else:
                loss = torch.nn.functional.mse_loss(head(h[-1]), target)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, CLIP)
            optimizer.step()
            found.append(loss.item())
        return found

    return take


def _keep_second_bias(bias: Any, task: Task) -> None:
    """Train PyTorch's second bias only where ours has one, in a GRU's candidate: two that are added learn faster."""
    if task.kind != "gru":
        bias.requires_grad_(False)
        return
    mask = rivals.library("torch").zeros_like(bias)
    mask[-task.n_hidden :] = 1
    bias.register_hook(lambda gradient: gradient * mask)
