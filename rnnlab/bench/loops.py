"""Two phases that are more than a pass, ours and PyTorch's: a whole training step, and sampling token by token.

A training step answers once, after the last step, with one number: loss, gradient, clipping and Adam. Sampling draws T
tokens for each of B rows, each read before the next is drawn; tokens are one of D.
"""

from typing import Any

import numpy as np

from rnnlab import data, fused, losses, optimizers, sampling, variants
from rnnlab.bench import rivals, training
from rnnlab.bench.rivals import Size

PHASES = ("train_step", "sample")
_LR = 0.001


def ours(cell: Any, size: Size, dtype: str) -> rivals.Phases:
    """Return our own two phases.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> ours(rnn, (5, 2, 3, 4), "float32")["sample"]().shape
    (5, 2)
    """
    n_steps, n_batch, _, _ = size
    params, batch = _network(cell, size, dtype, 1), _batch(size, dtype)
    optimizer = optimizers.Adam(_LR)
    state = optimizer.init(params)
    step = sampling.stepper(cell, _network(cell, size, dtype, size[2]))
    start = np.zeros(n_batch, int)

    def train_step() -> float:
        nonlocal params, state
        params, state, loss, _ = fused.step(cell, params, state, batch.x, batch.target, optimizer, clip=training.CLIP)
        return loss

    def sample() -> np.ndarray:
        return sampling.generate(step, None, start, n_steps, np.random.default_rng(0))

    return {"train_step": train_step, "sample": sample}


def torch(cell: Any, kind: str, size: Size, dtype: str) -> rivals.Phases:
    """Return PyTorch's two phases, with the same first weights."""
    library = rivals.library("torch")
    n_steps, n_batch, n_input, n_hidden = size
    batch = _batch(size, dtype)
    task = training.Task(
        "step", kind, cell, variants.many_to_one, losses.mse, lambda rng: batch, n_input, n_hidden, 1, _LR, 0.0, 1
    )
    take = training.theirs(task, _network(cell, size, dtype, 1))
    params = _network(cell, size, dtype, n_input)
    layer, head = rivals.torch_layer(kind, params.cell), rivals.torch_head(params.readout)
    rows = library.eye(n_input, dtype=head.weight.dtype)

    def sample() -> Any:
        with library.inference_mode():
            tokens, state, drawn = library.zeros(n_batch, dtype=library.int64), None, []
            for _ in range(n_steps):
                h, state = layer(rows[tokens][None], state)
                tokens = library.multinomial(library.softmax(head(h[0]), 1), 1)[:, 0]
                drawn.append(tokens)
            return library.stack(drawn)

    return {"train_step": lambda: take([batch])[0], "sample": sample}


def _network(cell: Any, size: Size, dtype: str, n_output: int) -> Any:
    return variants.init(cell, np.random.default_rng(0), size[2], size[3], n_output, dtype=dtype)


def _batch(size: Size, dtype: str) -> data.Batch:
    n_steps, n_batch, n_input, _ = size
    rng = np.random.default_rng(1)
    x, target = rng.standard_normal((n_steps, n_batch, n_input)), rng.standard_normal((n_batch, 1))
    return data.Batch(x.astype(dtype), target.astype(dtype), per_step=False)
