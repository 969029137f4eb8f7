"""Tasks that need long memory: the classic long-time-lag problems, with their exact baselines.

adding            p = X₁ + X₂, the two marked values among many
multiplication    p = X₁ X₂
copying           repeat ten symbols after a wait
temporal_order    which marks came, in which order, among distractors
"""

import math

import numpy as np

from rnnlab._settings import require_rng
from rnnlab.data.batch import Batch, one_hot, require_counts, require_range


def adding(rng: np.random.Generator, n_batch: int, n_steps: int = 100, *, low: float = 0.0, high: float = 1.0) -> Batch:
    """Return values of which two are marked, one in each half, and the sum of these two.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of values and marks.
    n_batch, n_steps : int
        B and T, at least 2.
    low, high : float, default 0 and 1
        Range of the values.

    Returns
    -------
    batch : Batch
        x (T, B, 2), values and marks, and target (B, 1), for `losses.mse`.

    Examples
    --------
    >>> x, target, *_ = adding(np.random.default_rng(0), n_batch=3, n_steps=10)
    >>> bool(np.allclose((x[:, :, 0] * x[:, :, 1]).sum(axis=0), target[:, 0]))
    True

    References
    ----------
    Arjovsky, Shah and Bengio 2016, section 5.2; the original is in `adding_1997`.
    """
    rng = require_rng(rng)
    x, first, second = _two_marked(rng, n_batch, n_steps, low, high)
    return Batch(x, (first + second)[:, None], per_step=False)


def adding_baselines(*, low: float = 0.0, high: float = 1.0) -> dict[str, float]:
    """Return the mean squared error of always predicting the mean, of knowing one value, and of knowing both.

    Parameters
    ----------
    low, high : float, default 0 and 1
        Range of the values.

    Returns
    -------
    baselines : dict of str to float
        "mean", "one value" and "both values".

    Examples
    --------
    >>> adding_baselines(low=-1.0)["mean"] * 3
    2.0
    """
    low, high = require_range(low, high)
    variance = (high - low) ** 2 / 12
    return {"mean": 2 * variance, "one value": variance, "both values": 0.0}


def multiplication(rng: np.random.Generator, n_batch: int, n_steps: int = 100) -> Batch:
    """Return values in [0, 1] of which two are marked, one in each half, and the product of these two.

    The arguments and the result are those of `adding`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of values and marks.
    n_batch, n_steps : int
        B and T.

    Returns
    -------
    batch : Batch
        x (T, B, 2) and target (B, 1).

    Examples
    --------
    >>> multiplication(np.random.default_rng(0), n_batch=3, n_steps=10).target.shape
    (3, 1)
    """
    rng = require_rng(rng)
    x, first, second = _two_marked(rng, n_batch, n_steps, 0.0, 1.0)
    return Batch(x, (first * second)[:, None], per_step=False)


def multiplication_baselines() -> dict[str, float]:
    """Return the mean squared error of always predicting the mean, of knowing one value, and of knowing both.

    Returns
    -------
    baselines : dict of str to float
        "mean", "one value" and "both values".

    Examples
    --------
    >>> {known: round(144 * floor, 9) for known, floor in multiplication_baselines().items()}
    {'mean': 7.0, 'one value': 4.0, 'both values': 0.0}
    """
    return {"mean": 1 / 9 - 1 / 16, "one value": 1 / 36, "both values": 0.0}


def adding_1997(rng: np.random.Generator, n_batch: int, n_steps: int = 100) -> Batch:
    """Return the adding problem as first published.

    Values are drawn from [-1, 1], lengths from T to T + T/10. The first mark is on one of the first ten steps, the
    second on one of the first T/2 steps; the mark is -1 on the first and the last step. A marked first step has the
    value 0. The target is 0.5 + (X1 + X2) / 4; a sequence counts as solved when the error is below 0.04.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of values, marks and lengths.
    n_batch, n_steps : int
        B and the least length, at least 20.

    Returns
    -------
    batch : Batch
        x (T + T/10, B, 2), target (B, 1) and lengths (B,).

    Raises
    ------
    ValueError
        If `n_steps` is below 20.

    Examples
    --------
    >>> adding_1997(np.random.default_rng(0), n_batch=3).x.shape
    (110, 3, 2)

    References
    ----------
    Hochreiter and Schmidhuber 1997, section 5.4.
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps)
    if n_steps < 20:
        raise ValueError(f"n_steps is {n_steps}, expected 20 or more")
    n_most = n_steps + n_steps // 10
    rows = np.arange(n_batch)
    lengths = rng.integers(n_steps, n_most + 1, n_batch)
    value, mark = rng.uniform(-1, 1, (n_most, n_batch)), np.zeros((n_most, n_batch))
    first = rng.integers(0, 10, n_batch)
    second = rng.integers(0, n_steps // 2 - 1, n_batch)
    second += second >= first  # the marked step is no candidate: skip over it
    mark[0], mark[lengths - 1, rows] = -1, -1
    mark[first, rows], mark[second, rows] = 1, 1
    value[0, (first == 0) | (second == 0)] = 0
    target = 0.5 + (value[first, rows] + value[second, rows]) / 4
    x = np.stack([value, mark], axis=2)
    x[np.arange(n_most)[:, None] >= lengths] = 0
    return Batch(x, target[:, None], lengths=lengths, per_step=False)


def adding_1997_baselines(n_steps: int = 100) -> dict[str, float]:
    """Return the mean squared error of always predicting 0.5 in `adding_1997`.

    Parameters
    ----------
    n_steps : int, default 100
        The least length, as `adding_1997` takes it.

    Returns
    -------
    baselines : dict of str to float
        "mean".

    Examples
    --------
    >>> round(adding_1997_baselines()["mean"], 5)
    0.0392
    """
    first_is_zero = 1 / 10
    second_is_zero = (1 - first_is_zero) / (n_steps // 2 - 1)
    return {"mean": (2 - first_is_zero - second_is_zero) / 3 / 16}


def copying(rng: np.random.Generator, n_batch: int, lag: int = 100, *, n_symbols: int = 8, n_copied: int = 10) -> Batch:
    """Return symbols to be repeated after a wait.

    The input is `n_copied` symbols, `lag` - 1 blanks, a signal, and `n_copied` blanks; the target is blank until the
    signal has been read and then the symbols.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of symbols.
    n_batch, lag : int
        B and the wait; T = lag + 2 n_copied.
    n_symbols, n_copied : int, default 8 and 10
        Size of the alphabet and number of symbols to repeat. The blank is the class n_symbols, the signal the next.

    Returns
    -------
    batch : Batch
        x (T, B, n_symbols + 2) and target (T, B) of class indices, for `losses.softmax_cross_entropy`.

    Examples
    --------
    >>> x, target, *_ = copying(np.random.default_rng(0), n_batch=1, lag=3, n_symbols=2, n_copied=2)
    >>> x.argmax(axis=2)[:, 0].tolist(), target[:, 0].tolist()
    ([1, 1, 2, 2, 3, 2, 2], [2, 2, 2, 2, 2, 1, 1])

    References
    ----------
    Arjovsky, Shah and Bengio 2016, section 5.1.
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, lag=lag, n_symbols=n_symbols, n_copied=n_copied)
    symbols = rng.integers(0, n_symbols, (n_copied, n_batch))
    blank = np.full((lag + 2 * n_copied, n_batch), n_symbols)
    index, target = blank.copy(), blank
    index[:n_copied], index[n_copied + lag - 1] = symbols, n_symbols + 1
    target[-n_copied:] = symbols
    return Batch(one_hot(index, n_symbols + 2), target, per_step=True)


def copying_baselines(lag: int = 100, *, n_symbols: int = 8, n_copied: int = 10) -> dict[str, float]:
    """Return the cross-entropy without memory of the symbols, and with it.

    Parameters
    ----------
    lag : int, default 100
        Steps between the symbols and the signal to repeat them.
    n_symbols, n_copied : int, default 8 and 10
        How many symbols there are, and how many are to be copied.

    Returns
    -------
    baselines : dict of str to float
        "no memory" and "memory", in nats per step.

    Examples
    --------
    >>> round(copying_baselines(100)["no memory"], 4)
    0.1733
    """
    return {"no memory": n_copied * math.log(n_symbols) / (lag + 2 * n_copied), "memory": 0.0}


def temporal_order(rng: np.random.Generator, n_batch: int, n_steps: int = 100, *, n_marks: int = 2) -> Batch:
    """Return distractors with two or three marks among them, X or Y, and which marks came in which order.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of distractors, marks, their places and lengths.
    n_batch, n_steps : int
        B and the least length, at least 10; lengths go up to T + T/10. The places are 10 to 20 and 50 to 60 of 100
        steps for two marks, 10 to 20, 33 to 43 and 66 to 76 for three, and in proportion for other lengths.
    n_marks : int, default 2
        2 or 3.

    Returns
    -------
    batch : Batch
        x (T + T/10, B, 8), one-hot in the order E, B, a, b, c, d, X, Y, target (B,) of class indices (XX 0, XY 1,
        YX 2, YY 3, and so on) for `losses.softmax_cross_entropy`, and lengths (B,).

    Raises
    ------
    ValueError
        If `n_steps` is below 10, or `n_marks` neither 2 nor 3.

    Examples
    --------
    >>> batch = temporal_order(np.random.default_rng(0), n_batch=3)
    >>> batch.x.shape, batch.target.shape
    ((110, 3, 8), (3,))

    References
    ----------
    Hochreiter and Schmidhuber 1997, section 5.6, tasks 6a and 6b.
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps)
    if n_marks not in (2, 3):
        raise ValueError(f"n_marks is {n_marks}, expected 2 or 3")
    if n_steps < 10:
        raise ValueError(f"n_steps is {n_steps}, expected 10 or more")
    starts = (10, 50) if n_marks == 2 else (10, 33, 66)
    n_most = n_steps + n_steps // 10
    rows = np.arange(n_batch)
    lengths = rng.integers(n_steps, n_most + 1, n_batch)
    index = rng.integers(2, 6, (n_most, n_batch))
    index[0], index[lengths - 1, rows] = 0, 1
    target = np.zeros(n_batch, int)
    for start in starts:
        places = rng.integers(start * n_steps // 100, (start + 10) * n_steps // 100 + 1, n_batch)
        marks = rng.integers(0, 2, n_batch)
        index[places, rows] = 6 + marks
        target = 2 * target + marks
    index[np.arange(n_most)[:, None] >= lengths] = -1
    return Batch(one_hot(index, 8), target, lengths=lengths, per_step=False)


def temporal_order_baselines(*, n_marks: int = 2) -> dict[str, float]:
    """Return the cross-entropy by the number of marks that are remembered.

    Parameters
    ----------
    n_marks : int, default 2
        2 or 3.

    Returns
    -------
    baselines : dict of str to float
        "no mark", "1 mark" and so on, and "all marks", in nats.

    Examples
    --------
    >>> {known: round(floor, 3) for known, floor in temporal_order_baselines().items()}
    {'no mark': 1.386, '1 mark': 0.693, 'all marks': 0.0}
    """
    names = ["no mark", "1 mark", "2 marks"][:n_marks]
    names.append("all marks")
    return {name: (n_marks - known) * math.log(2) for known, name in enumerate(names)}


def _two_marked(
    rng: np.random.Generator, n_batch: int, n_steps: int, low: float, high: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x (T, B, 2) and the two marked values, each (B,)."""
    require_counts(n_batch=n_batch, n_steps=n_steps)
    if n_steps < 2:
        raise ValueError(f"n_steps is {n_steps}, expected 2 or more, one for each mark")
    rows, (low, high) = np.arange(n_batch), require_range(low, high)
    value, mark = rng.uniform(low, high, (n_steps, n_batch)), np.zeros((n_steps, n_batch))
    first, second = rng.integers(0, n_steps // 2, n_batch), rng.integers(n_steps // 2, n_steps, n_batch)
    mark[first, rows] = mark[second, rows] = 1
    return np.stack([value, mark], axis=2), value[first, rows], value[second, rows]
