"""What every generated task returns: inputs, targets and which steps count."""

import math
import numbers
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnlab._arrays import as_array, require_count, require_flags, require_index, require_lengths


class _Arrays(NamedTuple):
    x: np.ndarray
    target: np.ndarray
    mask: np.ndarray | None = None
    lengths: np.ndarray | None = None


class Batch(_Arrays):
    """Sequences with their targets.

    Attributes
    ----------
    x : (T, B, D) array
        Inputs, time first. Steps after a row's length hold zeros.
    target : array
        One per step, (T, B, O) or (T, B) of class indices, or one per sequence, (B, O) or (B,).
    mask : array of bool or None
        True where a target counts: (T, B) of steps, or (B,) where there is one target per sequence. None where all do.
    lengths : (B,) array of int or None
        Steps of each row; None where all have T. Steps after them never count, whatever the mask says.
    per_step : bool or None
        Whether there is a target per step. None leaves it to the shapes, and is refused where they do not decide. It
        is given by name and is none of the four parts that a batch is unpacked into.

    Examples
    --------
    >>> batch = Batch(np.zeros((5, 2, 1)), np.zeros((2, 1)), per_step=False)
    >>> x, target, mask, lengths = batch
    >>> batch.per_step, batch._replace(x=x + 1).per_step, batch._replace(target=np.zeros((5, 2, 1))).per_step
    (False, False, None)
    """

    per_step: bool | None = None

    def __new__(
        cls,
        x: np.ndarray,
        target: np.ndarray,
        mask: np.ndarray | None = None,
        lengths: np.ndarray | None = None,
        *,
        per_step: bool | None = None,
    ) -> "Batch":
        batch = super().__new__(cls, *map(_array, ("x", "target", "mask", "lengths"), (x, target, mask, lengths)))
        batch.per_step = None if per_step is None else bool(require_flags("per_step", per_step, ()))
        return batch

    def _replace(self, **changes: Any) -> "Batch":
        """Return a batch with some parts changed; of targets with other dimensions, `per_step` has to be given anew."""
        same_form = np.ndim(changes.get("target", self.target)) == np.ndim(self.target)
        return type(self)(**{**self._asdict(), "per_step": self.per_step if same_form else None, **changes})


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


def _array(name: str, value: Any) -> Any:
    """Return a list or a table of pandas as an array; what is none of these is left as it is."""
    return as_array(name, value) if isinstance(value, list) or hasattr(value, "to_numpy") else value


def require_batch(name: str, batch: Any) -> None:
    """Raise unless a value has the parts of a `Batch` or `PairBatch`.

    Raises
    ------
    TypeError
        If it has not, as a plain pair of arrays.

    Examples
    --------
    >>> require_batch("batch", (np.zeros((5, 2, 1)), np.zeros((2, 1))))
    Traceback (most recent call last):
    TypeError: batch is tuple, expected a data.Batch: data.Batch(x, target, per_step=...)
    """
    if not all(hasattr(batch, part) for part in ("x", "target", "mask", "lengths")):
        raise TypeError(f"{name} is {type(batch).__name__}, expected a data.Batch: data.Batch(x, target, per_step=...)")


def inputs_for(variant: Any, batch: Any) -> tuple[Any, ...]:
    """Return what a variant reads of a batch.

    Raises
    ------
    TypeError
        If it is no batch, or pairs are given to another than an encoder-decoder, or the reverse.
    """
    require_batch("batch", batch)
    name, pairs = getattr(variant, "__name__", ""), hasattr(batch, "target_input")
    if name == "encoder_decoder" and not pairs:
        raise TypeError(f"batch is {type(batch).__name__}, expected a data.PairBatch for encoder_decoder")
    if name in ("one_to_one", "one_to_many", "many_to_one", "many_to_many") and pairs:
        raise TypeError(
            f"batch is {type(batch).__name__}, which encoder_decoder reads, expected a data.Batch for {name}"
        )
    return (batch.x, batch.target_input) if pairs else (batch.x,)


def has_target_per_step(batch: Any) -> bool:
    """Return whether a batch has a target per step, or one per sequence.

    Parameters
    ----------
    batch : Batch or PairBatch
        What it states decides, then what its shapes leave possible.

    Returns
    -------
    per_step : bool

    Raises
    ------
    ValueError
        If the target has neither shape, or could be either and nothing is stated.

    Examples
    --------
    >>> has_target_per_step(Batch(np.zeros((5, 2, 1)), np.zeros((5, 2, 3))))
    True
    >>> has_target_per_step(Batch(np.zeros((2, 2, 1)), np.zeros((2, 2)), per_step=False))
    False
    """
    if hasattr(batch, "target_input"):
        return True
    (n_steps, n_batch), shape = np.shape(batch.x)[:2], np.shape(batch.target)
    each_step = shape[:2] == (n_steps, n_batch)
    each_row = shape[:1] == (n_batch,) and len(shape) < 3
    stated = batch.per_step
    if stated is None and batch.mask is not None:
        stated = np.ndim(batch.mask) == 2
    if (stated and each_step) or (stated is not None and not stated and each_row):
        return bool(stated)
    if stated is not None or not (each_step or each_row):
        wanted = {True: "(T, B, ...)", False: "(B, ...)", None: "(T, B, ...) or (B, ...)"}[stated]
        hint = "; x is (T, B, D), time first: x.swapaxes(0, 1)" if shape[:1] == (n_steps,) else ""
        raise ValueError(f"target has shape {shape}, expected {wanted} with T={n_steps} and B={n_batch}{hint}")
    if each_step and each_row:
        raise ValueError(
            f"target has shape {shape} with T=B={n_batch}, which is one per step or one per sequence: "
            "expected the batch to say per_step=True or per_step=False"
        )
    return each_step


def counting(batch: Any, n_answers: int, per_step: bool) -> np.ndarray | None:
    """Return which answers count by a batch's mask and its lengths, both of them.

    Parameters
    ----------
    batch : Batch or PairBatch
        The lengths of a PairBatch are those of its sources and say nothing about its answers.
    n_answers : int
        Steps that answer.
    per_step : bool
        Whether every step answers, or each row once.

    Returns
    -------
    mask : (T, B) or (B,) array of bool, or None
        None where all count.

    Raises
    ------
    ValueError
        If the mask has another shape or holds anything but 0 and 1.

    Examples
    --------
    >>> batch = Batch(np.zeros((3, 2, 1)), np.zeros((3, 2, 1)), np.ones((3, 2)), np.array([3, 1]))
    >>> counting(batch, 3, per_step=True).astype(int).T.tolist()
    [[1, 1, 1], [1, 0, 0]]
    """
    n_batch = np.shape(batch.x)[1]
    shape = (n_answers, n_batch) if per_step else (n_batch,)
    mask = None if batch.mask is None else require_flags("mask", batch.mask, shape)
    if not per_step or batch.lengths is None or hasattr(batch, "target_input"):
        return mask
    read = np.arange(n_answers)[:, None] < require_lengths(batch.lengths, len(batch.x), n_batch)
    return read if mask is None else mask & read


def require_range(low: Any, high: Any) -> tuple[float, float]:
    """Return the ends of a range of drawn values as Python floats, or say what is wrong.

    Raises
    ------
    ValueError
        If one is not a finite number, or they are not in order.

    Examples
    --------
    >>> require_range(1.0, 0.0)
    Traceback (most recent call last):
    ValueError: high is 0.0, expected a number above low=1
    """
    for name, value in (("low", low), ("high", high)):
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not math.isfinite(value):
            raise ValueError(f"{name} is {value!r:.40}, expected a finite number")
    if not low < high:
        raise ValueError(f"high is {high!r:.40}, expected a number above low={float(low):g}")
    return float(low), float(high)


def one_hot(index: ArrayLike, n: int, dtype: DTypeLike = np.float64) -> np.ndarray:
    """Return vectors with a 1 at each index.

    Parameters
    ----------
    index : (...) array of int
        Which entry is 1; -1 gives a vector of zeros, for padding.
    n : int
        Number of entries.
    dtype : dtype, default float64
        Of the vectors.

    Returns
    -------
    array : (..., n) array
        It is all the memory that is taken.

    Raises
    ------
    TypeError
        If the index is of floats or flags, or the dtype is none of numbers.
    ValueError
        If an index is outside -1 to n-1.

    Examples
    --------
    >>> one_hot([2, -1], 3)
    array([[0., 0., 1.],
           [0., 0., 0.]])
    """
    index, n = require_index("index", index, least=np.iinfo(np.intp).min), require_count("n", n)
    wrong = (index < -1) | (index >= n)
    if wrong.any():
        raise ValueError(f"index holds {index[wrong][0]}, expected -1 to n-1={n - 1}")
    vectors = np.zeros((index.size, n), require_type(dtype))
    flat = index.ravel()
    marked = np.flatnonzero(flat >= 0)
    vectors[marked, flat[marked]] = 1
    return vectors.reshape(*index.shape, n)


def require_type(dtype: DTypeLike) -> np.dtype:
    """Return the dtype of vectors of 0 and 1, or say that it is none of numbers.

    Raises
    ------
    TypeError
        If it is not.
    """
    try:
        found = np.dtype(dtype)
    except TypeError:  # no dtype at all
        raise TypeError(f"dtype is {dtype!r:.60}, expected one of numbers, such as float64") from None
    if found.kind not in "biufc":
        raise TypeError(f"dtype is {found}, expected one of numbers, such as float64")
    return found


def length_mask(lengths: ArrayLike, n_steps: int) -> np.ndarray:
    """Return True at each row's own steps and False at its padding.

    Parameters
    ----------
    lengths : (B,) array of int
        Steps of each row, 0 to T.
    n_steps : int
        T, the padded length.

    Returns
    -------
    mask : (T, B) array of bool

    Raises
    ------
    TypeError, ValueError
        If a length is no whole number, or out of range, or there is not one for each row.

    Examples
    --------
    >>> length_mask([1, 3], 3).astype(int)
    array([[1, 1],
           [0, 1],
           [0, 1]])
    """
    found = require_index("lengths", lengths, require_count("n_steps", n_steps) + 1)
    if found.ndim != 1:
        raise ValueError(f"lengths has shape {found.shape}, expected (B,)")
    return np.arange(n_steps)[:, None] < found


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
