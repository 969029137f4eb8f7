"""Tasks on bits, whose rule is short and whose memory is one bit.

parity         p_t = x_0 ⊕ … ⊕ x_t
binary_adder   p = the sum of two numbers, lowest bit first: the carry has to be remembered
xor_in_time    of every three bits the third is the exclusive or of the first two
"""

import math

import numpy as np

from rnnlab._settings import require_rng
from rnnlab.data.batch import Batch, require_counts
from rnnlab.data.signals import binary_entropy


def parity(rng: np.random.Generator, n_batch: int, n_steps: int = 20) -> Batch:
    """Return random bits and whether the number of ones so far is odd.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of bits.
    n_batch, n_steps : int
        B and T.

    Returns
    -------
    batch : Batch
        x (T, B, 1) and target (T, B, 1) of 0 and 1, for `losses.sigmoid_cross_entropy`.

    Examples
    --------
    >>> x, target, *_ = parity(np.random.default_rng(0), n_batch=1, n_steps=6)
    >>> x[:, 0, 0].astype(int).tolist(), target[:, 0, 0].astype(int).tolist()
    ([1, 1, 1, 0, 0, 0], [1, 0, 1, 1, 1, 1])
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps)
    bits = rng.integers(0, 2, (n_steps, n_batch, 1))
    return Batch(bits.astype(float), (bits.cumsum(axis=0) % 2).astype(float), per_step=True)


def parity_baselines(n_steps: int = 20) -> dict[str, float]:
    """Return the cross-entropy without memory, where only the first step can be right for a reason, and with it.

    The predictor without memory sees the current bit, but not which step it is at.

    Parameters
    ----------
    n_steps : int, default 20
        T.

    Returns
    -------
    baselines : dict of str to float
        "no memory" and "memory", in nats.

    Examples
    --------
    >>> {known: round(floor, 4) for known, floor in parity_baselines(2).items()}
    {'no memory': 0.5623, 'memory': 0.0}
    """
    return {"no memory": binary_entropy(0.5 + 0.5 / n_steps), "memory": 0.0}


def binary_adder(rng: np.random.Generator, n_batch: int, n_bits: int = 8) -> Batch:
    """Return two numbers, lowest bit first, and the bits of their sum.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of numbers.
    n_batch, n_bits : int
        B and the bits of each number; T = n_bits + 1, for the last carry.

    Returns
    -------
    batch : Batch
        x (T, B, 2) and target (T, B, 1) of 0 and 1, for `losses.sigmoid_cross_entropy`.

    Examples
    --------
    >>> x, target, *_ = binary_adder(np.random.default_rng(0), n_batch=5, n_bits=4)
    >>> value = 2 ** np.arange(5)
    >>> bool((value @ x[:, :, 0] + value @ x[:, :, 1] == value @ target[:, :, 0]).all())
    True
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_bits=n_bits)
    x = np.zeros((n_bits + 1, n_batch, 2), int)
    x[:-1] = rng.integers(0, 2, (n_bits, n_batch, 2))
    target, carry = np.empty((n_bits + 1, n_batch, 1)), np.zeros(n_batch, int)
    for t, bits in enumerate(x):
        total = bits.sum(axis=1) + carry
        target[t, :, 0], carry = total % 2, total // 2
    return Batch(x.astype(float), target, per_step=True)


def binary_adder_baselines(n_bits: int = 8) -> dict[str, float]:
    """Return the cross-entropy of knowing nothing, of knowing the current bits only, and of knowing the carry too.

    None of the predictors knows which step it is at.

    Parameters
    ----------
    n_bits : int, default 8
        Bits of each number.

    Returns
    -------
    baselines : dict of str to float
        "nothing", "current bits" and "carry", in nats.

    Examples
    --------
    >>> {known: round(floor, 4) for known, floor in binary_adder_baselines(8).items()}
    {'nothing': 0.6931, 'current bits': 0.6676, 'carry': 0.0}
    """
    carries = [0.5 - 0.5 ** (t + 1) for t in range(n_bits + 1)]
    n_steps = n_bits + 1
    ones = n_bits / 2 + carries[-1]
    among = sum(carries[:-1]) / 4  # for each pair of bits, the expected number of steps at which a carry meets it
    both_zero = n_bits / 4 + 1
    current = both_zero * binary_entropy((among + carries[-1]) / both_zero)
    current += 3 * n_bits / 4 * binary_entropy(among / (n_bits / 4))
    return {"nothing": binary_entropy(ones / n_steps), "current bits": current / n_steps, "carry": 0.0}


def xor_in_time(rng: np.random.Generator, n_batch: int, n_steps: int = 3000) -> Batch:
    """Return a stream of bits, of every three the third is the exclusive or of the first two, and the next bits.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of bits.
    n_batch, n_steps : int
        B and T.

    Returns
    -------
    batch : Batch
        x (T, B, 1) and target (T, B, 1), for `losses.mse`.

    Examples
    --------
    >>> x, *_ = xor_in_time(np.random.default_rng(0), n_batch=2, n_steps=9)
    >>> bool(((x[0::3] + x[1::3]) % 2 == x[2::3]).all())
    True

    References
    ----------
    Elman 1990, the section on exclusive or.
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps)
    bits = rng.integers(0, 2, (n_steps // 3 + 1, 3, n_batch, 1))
    bits[:, 2] = bits[:, 0] ^ bits[:, 1]
    stream = bits.reshape(-1, n_batch, 1)[: n_steps + 1].astype(float)
    return Batch(stream[:-1].copy(), stream[1:].copy(), per_step=True)


def xor_in_time_baselines(n_steps: int = 3000) -> dict[str, float]:
    """Return the mean squared error of always predicting one half and of knowing the rule and the place.

    Parameters
    ----------
    n_steps : int, default 3000
        T.

    Returns
    -------
    baselines : dict of str to float
        "nothing" and "rule".

    Examples
    --------
    >>> xor_in_time_baselines(6)
    {'nothing': 0.25, 'rule': 0.16666666666666666}
    """
    return {"nothing": 0.25, "rule": 0.25 * (n_steps - math.ceil((n_steps - 1) / 3)) / n_steps}
