"""The order of batches, as a function of the seed and the update's number alone.

A run can therefore stop at any update and resume exactly: no state of the data's order has to be saved.
"""

import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlab import _arrays
from rnnlab._settings import require_flag, require_rng, require_seed
from rnnlab.data.batch import has_target_per_step, require_batch

Source = Callable[[int, int], Any]


def endless(draw: Callable[[np.random.Generator], Any]) -> Source:
    """Return a source that draws a new batch for every update.

    Parameters
    ----------
    draw : callable
        From a generator to a batch.

    Returns
    -------
    source : callable
        ``source(seed, n)`` is the batch of update n.

    Examples
    --------
    >>> from rnnlab import data
    >>> source = endless(lambda rng: data.adding(rng, n_batch=3, n_steps=10))
    >>> bool((source(0, 5).x == source(0, 5).x).all()), bool((source(0, 5).x == source(0, 6).x).all())
    (True, False)
    """
    return Endless(draw)


@dataclass(frozen=True)
class Endless:
    """What `endless` returns: a source that draws a new batch for every update.

    Parameters
    ----------
    draw : callable
        From a generator to a batch.

    Examples
    --------
    >>> from rnnlab import data
    >>> def draw(rng):
    ...     return data.adding(rng, n_batch=3, n_steps=10)
    >>> Endless(draw)(0, 5).x.shape  # seed 0, update 5
    (10, 3, 2)
    """

    draw: Callable[[np.random.Generator], Any]

    def __post_init__(self) -> None:
        if not callable(self.draw):
            raise TypeError(f"draw is {type(self.draw).__name__}, expected a function from a generator to a batch")

    def __call__(self, seed: int, n: int) -> Any:
        """Return the batch of update `n`."""
        seed, n = require_seed("seed", seed), require_seed("n", n)
        return self.draw(np.random.default_rng([seed, n]))


@dataclass(frozen=True)
class Epochs:
    """A source that goes through the rows of one big batch again and again, each time in a new order.

    Parameters
    ----------
    batch : data.Batch or data.PairBatch
        All rows.
    n_batch : int
        Rows per update; the last update of an epoch takes what is left.
    by_length : bool, default False
        Put rows of similar length together, which leaves less padding to compute, and shuffle the groups.

    Examples
    --------
    >>> from rnnlab import data
    >>> source = Epochs(data.sentiment(np.random.default_rng(0), 10), n_batch=4, by_length=True)
    >>> source.n_updates, [source(0, n).target.shape[0] for n in range(3)]
    (3, [4, 2, 4])
    """

    batch: Any
    n_batch: int
    by_length: bool = False

    def __post_init__(self) -> None:
        _arrays.require_count("n_batch", self.n_batch)
        require_batch("batch", self.batch)
        if require_flag("by_length", self.by_length) and self.batch.lengths is None:
            raise ValueError("batch has no lengths, expected them for by_length=True")
        _arrays.require_lengths(self.batch.lengths, *self.batch.x.shape[:2])

    @property
    def n_updates(self) -> int:
        """Updates per epoch."""
        return -(-self.batch.x.shape[1] // self.n_batch)

    @property
    def reads(self) -> str:
        """What an update reads, in words: a checkpoint is gone on with by the same only."""
        return f"{self.n_batch} of {self.batch.x.shape[1]} rows{' by length' * self.by_length}"

    def __call__(self, seed: int, n: int) -> Any:
        """Return the batch of update `n`, cut to its longest row."""
        seed, n = require_seed("seed", seed), require_seed("n", n)
        epoch, place = divmod(n, self.n_updates)
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(self.batch.x.shape[1])
        if self.by_length:
            order = order[np.argsort(np.asarray(self.batch.lengths)[order], kind="stable")]
            place = rng.permutation(self.n_updates)[place]
        return take(self.batch, order[place * self.n_batch : (place + 1) * self.n_batch])


def take(batch: Any, rows: Any) -> Any:
    """Return some rows of a batch, cut to the longest of them.

    Parameters
    ----------
    batch : data.Batch or data.PairBatch
        All rows. Its ``per_step`` says whether there is a target per step or per row.
    rows : (N,) array of int
        Which rows.

    Returns
    -------
    batch : of the same type

    Raises
    ------
    TypeError, ValueError
        If the rows are no whole numbers, there is no such row, or the batch leaves open whether its targets are one
        per step.

    Examples
    --------
    >>> from rnnlab import data
    >>> batch = data.embedded_reber(np.random.default_rng(0), n_batch=20)
    >>> short = take(batch, np.flatnonzero(batch.lengths < 10))
    >>> short.x.shape[0] == short.target.shape[0] == int(short.lengths.max())
    True
    """
    require_batch("batch", batch)
    n_batch = batch.x.shape[1]
    rows = _arrays.require_index("rows", rows, n_batch, least=-n_batch)
    if rows.ndim != 1 or len(rows) == 0:
        raise ValueError(f"rows has shape {rows.shape}, expected (N,) with N at least 1")
    per_step = has_target_per_step(batch)
    every = _arrays.require_lengths(batch.lengths, len(batch.x), n_batch)
    lengths = None if batch.lengths is None else every[rows]
    n_read = len(batch.x) if lengths is None else int(lengths.max())
    taken = {"x": batch.x[:n_read, rows], "lengths": lengths}
    n_answers = n_read
    if hasattr(batch, "target_input"):  # the answers are cut by their own lengths
        n_answers = len(batch.target_input)
        if batch.mask is not None and np.any(batch.mask[:, rows]):
            n_answers = int(batch.mask[:, rows].any(axis=1).nonzero()[0][-1]) + 1
        taken["target_input"] = batch.target_input[:n_answers, rows]
    else:
        taken["per_step"] = per_step
    for name in ("target", "mask"):
        values = getattr(batch, name)
        if values is not None:
            if np.shape(values)[per_step : per_step + 1] != (n_batch,):
                axes = f"T, B={n_batch}" if per_step else f"B={n_batch}"
                raise ValueError(f"{name} has shape {np.shape(values)}, expected ({axes})")
            taken[name] = values[:n_answers, rows] if per_step else values[rows]
    return batch._replace(**taken)


def split(batch: Any, rng: np.random.Generator, share: float = 0.2) -> tuple[Any, Any]:
    """Return a batch without, and with only, a random share of its rows.

    It suits rows that have nothing to do with each other, such as reviews. Windows of one series overlap: drawn at
    random, the validation windows would contain values that were trained on. For them there is `split_in_time`.

    Parameters
    ----------
    batch : data.Batch or data.PairBatch
        All rows.
    rng : numpy.random.Generator
        Source of the choice.
    share : float, default 0.2
        How many rows, as a share, to keep for validation; at least one row goes to each side.

    Returns
    -------
    training, validation : of the same type

    Raises
    ------
    ValueError
        If the share is not between 0 and 1, or there is only one row.

    Examples
    --------
    >>> from rnnlab import data
    >>> training, validation = split(data.sentiment(np.random.default_rng(0), 10), np.random.default_rng(0))
    >>> len(training.target), len(validation.target)
    (8, 2)
    """
    rng = require_rng(rng)
    n, n_kept = _n_kept(batch, share)
    order = rng.permutation(n)
    return take(batch, order[n_kept:]), take(batch, order[:n_kept])


def split_in_time(batch: Any, share: float = 0.2, gap: int = 0) -> tuple[Any, Any]:
    """Return the earlier rows of a batch and, after a gap, the last ones.

    Parameters
    ----------
    batch : data.Batch or data.PairBatch
        Rows in the order of time, such as the windows of one series.
    share : float, default 0.2
        How many rows, as a share, to keep for validation: the last ones.
    gap : int, default 0
        Rows left out between the two. Of windows of k values that look h steps ahead, k + h - 1 keep every value that
        a validation window reads or answers apart from those of the training windows.

    Returns
    -------
    training, validation : of the same type

    Raises
    ------
    ValueError
        If the share is not between 0 and 1, or no row is left to train on.

    Examples
    --------
    >>> from rnnlab import data
    >>> x, target = data.windows(np.arange(20.0), k=3)
    >>> batch = data.Batch(x.T[:, :, None], target[:, None], per_step=False)
    >>> training, validation = split_in_time(batch, share=0.25, gap=3)
    >>> training.target.max() < validation.x.min()
    np.True_
    """
    n, n_kept = _n_kept(batch, share)
    if isinstance(gap, bool) or not isinstance(gap, int | np.integer) or not 0 <= gap < n - n_kept:
        raise ValueError(f"gap is {gap!r}, expected 0 to {n - n_kept - 1} with {n_kept} of {n} rows kept")
    return take(batch, np.arange(n - n_kept - gap)), take(batch, np.arange(n - n_kept, n))


def _n_kept(batch: Any, share: float) -> tuple[int, int]:
    """Return how many rows there are, and how many of them are kept for validation."""
    require_batch("batch", batch)
    n = batch.x.shape[1]
    if not isinstance(share, numbers.Real) or not 0 < share < 1 or n < 2:
        raise ValueError(f"share is {share!r} of {n} rows, expected a share between 0 and 1 of at least 2 rows")
    return n, min(n - 1, max(1, round(float(share) * n)))
