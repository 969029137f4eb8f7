"""Simulations of the best predictors of a generated task, to compare its floors with.

The baselines are checked against simulations with the limit of five standard errors: one false alarm in 1.7 million
draws of a test. The simulated predictor learns its chances from the same draws, which lowers its loss by about half a
unit per chance and draw; a whole unit is allowed for.
"""

import math

import numpy as np


def entropies(keys, target):
    """Return -log p(target | key) with p counted in these very draws, and the number of chances counted."""
    cell = np.unique(keys, return_inverse=True)[1].reshape(target.shape)
    values = np.unique(target, return_inverse=True)[1].reshape(target.shape)
    counts = np.zeros((cell.max() + 1, values.max() + 1))
    np.add.at(counts, (cell, values), 1)
    return -np.log(counts[cell, values] / counts.sum(axis=1)[cell]), int((counts > 0).sum())


def squares(keys, target):
    """Return (target - mean of its key)² and the number of means."""
    cell = np.unique(keys, return_inverse=True)[1].reshape(target.shape)
    n = np.bincount(cell.ravel())
    means = np.bincount(cell.ravel(), target.ravel()) / n
    return (target - means[cell]) ** 2, len(n)


def hold_to(floor, losses, n_chances, mask=None, n_per=1):
    """Compare a floor with simulated losses (T, B), rows being independent, or (B,)."""
    losses = np.atleast_2d(losses)
    mask = np.ones(losses.shape, bool) if mask is None else mask
    total, n = np.where(mask, losses, 0).sum(axis=0), mask.sum(axis=0) * n_per
    measured = total.sum() / n.sum()
    limit = 5 * math.sqrt(((total - floor * n) ** 2).sum()) / n.sum() + n_chances / n.sum()
    assert limit <= 0.03 * floor + 1e-12, "the simulation is too short to tell"
    assert abs(measured - floor) <= limit + 1e-12, (measured, floor, limit)


def rng():
    return np.random.default_rng(20)


def code(x):
    """Return one integer per vector of zeros and ones in the last axis."""
    return x.astype(int) @ (1 << np.arange(x.shape[-1]))
