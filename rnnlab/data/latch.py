"""Tasks that show one thing at first and ask for it at the end, with their exact baselines.

latch             the sign of the first inputs, after noise
first_element     the first input, after noise
"""

import math

import numpy as np

from rnnlab._settings import require_number, require_rng
from rnnlab.data.batch import Batch, require_counts, require_range


def latch(
    rng: np.random.Generator, n_batch: int, n_steps: int = 100, *, n_signal: int = 1, variance: float = 0.2
) -> Batch:
    """Return a sign, shown at first and then buried in noise, and whether it was +.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of signs and noise.
    n_batch, n_steps : int
        B and T.
    n_signal : int, default 1
        Number of first steps that show the sign, 1 or -1.
    variance : float, default 0.2
        Variance of the noise on the other steps.

    Returns
    -------
    batch : Batch
        x (T, B, 1) and target (B, 1) of 0 and 1, for `losses.sigmoid_cross_entropy`.

    Examples
    --------
    >>> x, target, *_ = latch(np.random.default_rng(0), n_batch=4, n_steps=5)
    >>> bool(((x[0] > 0) == target).all())
    True

    References
    ----------
    Bengio, Simard and Frasconi 1994, section II; this form: Hochreiter and Schmidhuber 1997, section 5.3.
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps, n_signal=n_signal)
    target = rng.integers(0, 2, (n_batch, 1)).astype(float)
    x = rng.normal(0, math.sqrt(require_number("variance", variance, 0)), (n_steps, n_batch, 1))
    x[:n_signal] = 2 * target - 1
    return Batch(x, target, per_step=False)


def latch_baselines() -> dict[str, float]:
    """Return the cross-entropy without and with memory of the sign.

    Returns
    -------
    baselines : dict of str to float
        "no memory" and "memory", in nats.

    Examples
    --------
    >>> round(latch_baselines()["no memory"], 4)
    0.6931
    """
    return {"no memory": math.log(2), "memory": 0.0}


def first_element(
    rng: np.random.Generator, n_batch: int, n_steps: int = 100, *, low: float = -1.0, high: float = 1.0
) -> Batch:
    """Return uniform values of which the first has to be remembered.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of values.
    n_batch, n_steps : int
        B and T.
    low, high : float, default -1 and 1
        Range of the values.

    Returns
    -------
    batch : Batch
        x (T, B, 1) and target (B, 1), for `losses.mse`.

    Examples
    --------
    >>> x, target, *_ = first_element(np.random.default_rng(0), n_batch=4, n_steps=5)
    >>> bool((x[0] == target).all())
    True
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps)
    x = rng.uniform(*require_range(low, high), (n_steps, n_batch, 1))
    return Batch(x, x[0].copy(), per_step=False)


def first_element_baselines(*, low: float = -1.0, high: float = 1.0) -> dict[str, float]:
    """Return the mean squared error without and with memory of the first value.

    Parameters
    ----------
    low, high : float, default -1 and 1
        Range of the values.

    Returns
    -------
    baselines : dict of str to float
        "no memory" and "memory".

    Examples
    --------
    >>> round(first_element_baselines()["no memory"], 4)
    0.3333
    """
    low, high = require_range(low, high)
    return {"no memory": (high - low) ** 2 / 12, "memory": 0.0}
