"""What every generated task returns: inputs, targets and which steps count."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab._arrays import require_count


class Batch(NamedTuple):
    """Sequences with their targets.

    Attributes
    ----------
    x : (T, B, D) array
        Inputs, time first. Steps after a row's length hold zeros.
    target : array
        One per step, (T, B, O) or (T, B) of class indices, or one per sequence, (B, O) or (B,).
    mask : (T, B) array of bool or None
        True where a step's target counts; None where all count or where there is one target per sequence.
    lengths : (B,) array of int or None
        Steps of each row; None where all have T.
    """

    x: np.ndarray
    target: np.ndarray
    mask: np.ndarray | None = None
    lengths: np.ndarray | None = None


class PairBatch(NamedTuple):
    """Sources with targets of other lengths, for an encoder-decoder.

    Attributes
    ----------
    x : (S, B, D) array
        Sources, time first.
    target_input : (T, B, E) array
        What the decoder reads: a start sign, then every right answer but the last.
    target : (T, B) or (T, B, O) array
        The right answers.
    mask : (T, B) array of bool or None
        True where an answer counts.
    lengths : (B,) array of int or None
        Steps of each source.
    """

    x: np.ndarray
    target_input: np.ndarray
    target: np.ndarray
    mask: np.ndarray | None = None
    lengths: np.ndarray | None = None


def one_hot(index: ArrayLike, n: int) -> np.ndarray:
    """Return vectors with a 1 at each index.

    Parameters
    ----------
    index : (...) array of int
        Which entry is 1; -1 gives a vector of zeros, for padding.
    n : int
        Number of entries.

    Returns
    -------
    array : (..., n) array

    Raises
    ------
    ValueError
        If an index is outside -1 to n-1.

    Examples
    --------
    >>> one_hot([2, -1], 3)
    array([[0., 0., 1.],
           [0., 0., 0.]])
    """
    index = np.asarray(index)
    if index.size and not -1 <= index.min() <= index.max() < n:
        bad = index[(index < -1) | (index >= n)].flat[0]
        raise ValueError(f"index holds {bad}, expected -1 to n-1={n - 1}")
    return np.vstack([np.eye(n), np.zeros(n)])[index]


def length_mask(lengths: ArrayLike, n_steps: int) -> np.ndarray:
    """Return True at each row's own steps and False at its padding.

    Parameters
    ----------
    lengths : (B,) array of int
        Steps of each row.
    n_steps : int
        T, the padded length.

    Returns
    -------
    mask : (T, B) array of bool

    Examples
    --------
    >>> length_mask([1, 3], 3).astype(int)
    array([[1, 1],
           [0, 1],
           [0, 1]])
    """
    return np.arange(n_steps)[:, None] < np.asarray(lengths)


def require_counts(**counts: Any) -> None:
    """Raise unless every named count is a whole number of at least 1.

    Parameters
    ----------
    **counts : int
        Sizes, by the names that an error message gives them.

    Raises
    ------
    ValueError
        If one is not: the message names it.

    Examples
    --------
    >>> require_counts(n_batch=0)
    Traceback (most recent call last):
    ValueError: n_batch is 0, expected a whole number of at least 1
    """
    for name, value in counts.items():
        require_count(name, value)
