"""The adding problem for several cells, in single precision and compiled as one step where that is possible."""

import numpy as np

from rnnlab import batches, data, fused, gru, losses, lstm, optimizers, training, variants
from rnnlab.batches import Source

BLOCK = 50


def source(n_steps: int, n_batch: int = 32) -> Source:
    """Return batches of the adding problem in single precision."""

    def draw(rng: np.random.Generator) -> data.Batch:
        batch = data.adding(rng, n_batch, n_steps)
        return batch._replace(x=batch.x.astype(np.float32), target=batch.target.astype(np.float32))

    return batches.endless(draw)


def blocks(loss: np.ndarray) -> np.ndarray:
    """Return the mean loss of each 50 updates."""
    whole = len(loss) // BLOCK * BLOCK
    return np.asarray(loss[:whole]).reshape(-1, BLOCK).mean(axis=1)


def below(loss: np.ndarray, floor: float, n_most: int) -> float:
    """Return after how many updates the mean loss of 50 was first below a floor, or the most there were."""
    found = np.flatnonzero(blocks(loss) < floor)
    return float(BLOCK * (found[0] + 1)) if len(found) else float(n_most)


def add(
    cell,
    seed: int,
    n_steps: int,
    n_updates: int,
    n_hidden: int,
    change=None,
    lr: float = 0.01,
    activation="tanh",
    **start,
) -> np.ndarray:
    """Return the loss of every update of one training with Adam, clipped at norm 1."""
    params = variants.init(cell, np.random.default_rng([seed, 20]), 2, n_hidden, 1, dtype=np.float32, **start)
    if change is not None:
        params = change(params)
    fit = fused.fit(
        cell, params, source(n_steps), optimizers.Adam(lr), n_updates, seed=seed, clip=1.0, activation=activation
    )
    return fit.history.loss


def add_slowly(
    params: variants.Params,
    seed: int,
    n_steps: int,
    n_updates: int,
    optimizer: optimizers.Optimizer,
    floor: float,
    cell=lstm,
    clip: float | None = None,
    **options,
) -> np.ndarray:
    """Return the losses of a training that `fused` does not offer, up to the first 50 whose mean is below a floor."""
    objective = variants.Objective(variants.many_to_one, cell, losses.mse, options)
    recent: list[float] = []

    def is_done(update: training.Update) -> bool:
        recent.append(update.loss)
        return update.n % BLOCK == 0 and float(np.mean(recent[-BLOCK:])) < floor

    fit = training.fit(
        objective, params, source(n_steps), optimizer, n_updates, seed=seed, clip=clip, callbacks=[is_done]
    )
    return fit.history.loss


def gru_weights(seed: int, n_hidden: int) -> variants.Params:
    """Draw first weights of a GRU."""
    return variants.init(gru, np.random.default_rng([seed, 20]), 2, n_hidden, 1, dtype=np.float32)
