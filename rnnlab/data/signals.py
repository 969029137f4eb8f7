"""Signals to predict step by step, with the lowest loss that any predictor can reach.

sine    x_t = sin(2π t / period + phase) + noise,             p_t = x_{t+1}
echo    x_t a fair coin, P(p_t = 1) = 1/2 + Σ_k weight_k x_{t−lag_k}
"""

import itertools
import math
from collections.abc import Mapping

import numpy as np

from rnnlab._settings import require_number, require_rng
from rnnlab.data.batch import Batch, require_counts

ECHO = {3: 0.5, 8: -0.25}


def sine(
    rng: np.random.Generator, n_batch: int, n_steps: int = 50, *, period: float = 25.0, noise: float = 0.0
) -> Batch:
    """Return sine waves of random phase and, as targets, their next values.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of phases and noise.
    n_batch, n_steps : int
        B and T.
    period : float, default 25
        Steps of one wave.
    noise : float, default 0
        Standard deviation of the noise on every value.

    Returns
    -------
    batch : Batch
        x (T, B, 1) and target (T, B, 1), for `losses.mse`.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> batch = sine(np.random.default_rng(0), n_batch=2, n_steps=5)
    >>> batch.x.shape, bool((batch.x[1:] == batch.target[:-1]).all())
    ((5, 2, 1), True)
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps)
    period, noise = _checked_wave(period, noise)
    phase = rng.uniform(0, 2 * np.pi, n_batch)
    wave = np.sin(2 * np.pi * np.arange(n_steps + 1)[:, None] / period + phase)
    wave = (wave + noise * rng.standard_normal(wave.shape))[..., None]
    return Batch(wave[:-1].copy(), wave[1:].copy(), per_step=True)


def sine_baselines(*, period: float = 25.0, noise: float = 0.0) -> dict[str, float]:
    """Return the mean squared error of predicting the mean, of predicting no change, and of knowing the wave.

    Parameters
    ----------
    period : float, default 25
        Steps of a wave.
    noise : float, default 0
        Standard deviation of what is added to it.

    Returns
    -------
    baselines : dict of str to float
        "mean", "persistence" and "wave known".

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> {known: round(floor, 4) for known, floor in sine_baselines(period=25.0, noise=0.1).items()}
    {'mean': 0.51, 'persistence': 0.0514, 'wave known': 0.01}
    """
    period, noise = _checked_wave(period, noise)
    return {
        "mean": 0.5 + noise**2,
        "persistence": 1 - math.cos(2 * math.pi / period) + 2 * noise**2,
        "wave known": noise**2,
    }


def echo(
    rng: np.random.Generator, n_batch: int, n_steps: int = 50, *, weights: Mapping[int, float] | None = None
) -> Batch:
    """Return coin flips and targets whose chances echo earlier flips.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of flips and targets.
    n_batch, n_steps : int
        B and T.
    weights : mapping from int to float, optional
        Weight of the flip that many steps back, by default {3: 0.5, 8: -0.25}.

    Returns
    -------
    batch : Batch
        x (T, B, 1), target (T, B, 1) of 0 and 1 for `losses.sigmoid_cross_entropy`, and a mask (T, B) that leaves out
        the first steps, whose echoes come from flips that were never shown.

    Raises
    ------
    ValueError
        If some flips would make a chance leave [0, 1], or the sequence is too short for any step to count.

    Examples
    --------
    >>> batch = echo(np.random.default_rng(0), n_batch=2, n_steps=10)
    >>> batch.target.shape, batch.mask[:, 0].tolist().index(True)
    ((10, 2, 1), 8)
    """
    rng = require_rng(rng)
    weights = _checked(ECHO if weights is None else weights)
    require_counts(n_batch=n_batch, n_steps=n_steps)
    longest = max(weights)
    if n_steps <= longest:
        raise ValueError(f"n_steps is {n_steps}, expected more than the longest lag, {longest}")
    flips = rng.integers(0, 2, (longest + n_steps, n_batch, 1)).astype(float)
    chance = np.full((n_steps, n_batch, 1), 0.5)
    for lag, weight in weights.items():
        chance += weight * flips[longest - lag : longest - lag + n_steps]
    target = (rng.random(chance.shape) < chance).astype(float)
    mask = np.repeat(np.arange(n_steps)[:, None] >= longest, n_batch, axis=1)
    return Batch(flips[longest:].copy(), target, mask, per_step=True)


def echo_baselines(weights: Mapping[int, float] | None = None) -> dict[str, float]:
    """Return the cross-entropy of the best predictor that knows a given set of lags, for every set.

    Parameters
    ----------
    weights : mapping from int to float, optional
        As `echo` takes them.

    Returns
    -------
    baselines : dict of str to float
        By the lags that are known, "nothing" to all of them, in nats.

    Examples
    --------
    >>> {known: round(floor, 4) for known, floor in echo_baselines().items()}
    {'nothing': 0.6616, 'lag 3': 0.5192, 'lag 8': 0.6277, 'lags 3, 8': 0.4545}
    """
    weights = _checked(ECHO if weights is None else weights)
    lags = sorted(weights)
    baselines = {}
    for size in range(len(lags) + 1):
        for known in itertools.combinations(lags, size):
            hidden = 0.5 + sum(weights[lag] for lag in lags if lag not in known) / 2
            chances = [
                hidden + sum(weights[lag] * flip for lag, flip in zip(known, flips, strict=True))
                for flips in itertools.product((0, 1), repeat=size)
            ]
            baselines[_name(known)] = sum(map(binary_entropy, chances)) / len(chances)
    return baselines


def binary_entropy(p: float) -> float:
    """Return the entropy, in nats, of an event with probability `p`.

    Parameters
    ----------
    p : float
        A probability.

    Returns
    -------
    entropy : float
        From 0 to ln 2.

    Raises
    ------
    ValueError
        If it is no probability.

    Examples
    --------
    >>> round(binary_entropy(0.5), 4), round(binary_entropy(0.1), 4)
    (0.6931, 0.3251)
    """
    if not -1e-9 <= p <= 1 + 1e-9:  # sums of probabilities end a little beyond
        raise ValueError(f"p is {p}, expected a probability")
    return sum(-q * math.log(q) for q in (p, 1 - p) if 0 < q < 1)


def _checked_wave(period: float, noise: float) -> tuple[float, float]:
    return require_number("period", period, 0, open_end=True), require_number("noise", noise, 0)


def _name(lags: tuple[int, ...]) -> str:
    if not lags:
        return "nothing"
    return f"lag{'s' if len(lags) > 1 else ''} {', '.join(map(str, lags))}"


def _checked(weights: Mapping[int, float]) -> dict[int, float]:
    if not isinstance(weights, Mapping):
        raise TypeError(f"weights is {weights!r:.40}, expected a mapping from lags, such as {{3: 0.5, 8: -0.25}}")
    weights = {lag: require_number(f"weight of lag {lag}", weight, -1) for lag, weight in weights.items()}
    require_counts(**{f"lag {lag}": lag for lag in weights})
    low = 0.5 + sum(min(weight, 0) for weight in weights.values())
    high = 0.5 + sum(max(weight, 0) for weight in weights.values())
    if not weights or low < 0 or high > 1:
        raise ValueError(f"weights give chances from {low:g} to {high:g}, expected them within 0 to 1")
    return dict(weights)
