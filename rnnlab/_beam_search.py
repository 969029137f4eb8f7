"""The search for a likely sequence, which `sampling` offers, and what both ask of scores."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _pytree
from rnnlab._settings import require_number

Step = Callable[[Any, np.ndarray], tuple[np.ndarray, Any]]


class Hypothesis(NamedTuple):
    """A sequence of tokens and the logarithm of its probability."""

    tokens: list[int]
    log_probability: float


def beam_search(
    step: Step,
    state: Any,
    start: int,
    width: int,
    n: int,
    *,
    end: int | None = None,
    length_penalty: float = 0.0,
) -> list[Hypothesis]:
    """Return the likeliest sequences found by keeping the best `width` at every step.

    Parameters
    ----------
    step : callable
        Of `stepper`, or any other of its form; scores of -inf are tokens that cannot follow.
    state : array or tuple
        The state of one row before the start.
    start : int
        The token that is read first; it is not part of the results.
    width : int
        How many beginnings are kept. 1 is the greedy choice; V to the power of n - 1 leaves nothing out.
    n : int
        How many tokens at most.
    end : int, optional
        The token after which a sequence is complete. Complete ones compete with the others by log-probability.
    length_penalty : float, default 0
        Rank by the log-probability divided by the number of tokens to this power: 0 favours short sequences, 1 ranks
        by the mean of a token.

    Returns
    -------
    hypotheses : list of Hypothesis
        At most `width`, the best first, each with its whole log-probability.

    Raises
    ------
    TypeError, ValueError
        If `width` or `n` is not a whole number of at least 1, `start` or `end` is no token, or a row's best score is
        not finite.

    References
    ----------
    Sutskever, Vinyals and Le 2014, section 3.2; Wu et al. 2016, section 7, for penalties of length.

    Examples
    --------
    >>> def step(state, tokens):  # 0 looks best at first, but nothing good follows it
    ...     table = np.log([[0.5, 0.5], [0.05, 0.95], [0.6, 0.4]])
    ...     return table[tokens], state
    >>> [h.tokens for h in beam_search(step, np.zeros((1, 0)), start=2, width=1, n=2)]
    [[0, 0]]
    >>> [h.tokens for h in beam_search(step, np.zeros((1, 0)), start=2, width=2, n=2)]
    [[1, 1], [0, 0]]
    """
    _arrays.require_count("width", width)
    _arrays.require_count("n", n)
    open_ones, complete = [Hypothesis([], 0.0)], list[Hypothesis]()
    tokens = _arrays.require("start", _arrays.require_index("start", np.atleast_1d(start)), int, B=1)
    if not callable(step):
        raise TypeError(f"step is {step!r:.60}, expected a function such as sampling.stepper(cell, params)")
    end = None if end is None else int(_arrays.require("end", _arrays.require_index("end", end), int))
    power = require_number("length_penalty", length_penalty, 0)

    def worth(h: Hypothesis) -> float:
        return h.log_probability / len(h.tokens) ** power

    for _ in range(n):
        scores, state = step(state, tokens)
        if end is not None and end >= np.shape(scores)[-1]:
            raise ValueError(f"end is {end}, expected a token from 0 to {np.shape(scores)[-1] - 1}")
        total = _log_softmax(scores) + np.array([h.log_probability for h in open_ones])[:, None]
        order = np.argsort(-total, axis=None, kind="stable")[: width + len(open_ones)]
        rows, kept = list[int](), list[Hypothesis]()
        for row, token in zip(*np.unravel_index(order, total.shape), strict=True):
            if total[row, token] == -np.inf or len(kept) == width:
                break
            longer = Hypothesis([*open_ones[row].tokens, int(token)], float(total[row, token]))
            if token == end:
                complete.append(longer)
            else:
                rows.append(row)
                kept.append(longer)
        open_ones = kept
        complete = sorted(complete, key=lambda h: -worth(h))[:width]
        # a sequence only gets less likely as it grows; at best it has the full length to be divided by
        if not kept or (len(complete) == width and worth(complete[-1]) >= kept[0].log_probability / n**power):
            break
        tokens = np.array([h.tokens[-1] for h in kept])
        state = _pytree.map(lambda part, rows=rows: part[rows], state)
    return sorted([*complete, *open_ones], key=lambda h: -worth(h))[:width]


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    scores = require_scores(scores)
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def require_scores(logits: ArrayLike) -> np.ndarray:
    """Return scores as floats, of which every row has a finite best one."""
    scores = _arrays.as_array("logits", logits)
    if scores.ndim == 0 or scores.size == 0:
        raise ValueError(f"logits has shape {scores.shape}, expected (..., V) with at least one entry")
    if scores.dtype.kind not in "fiub":
        raise TypeError(f"logits has dtype {scores.dtype}, expected floats")
    scores = scores.astype(float, copy=False)
    best = scores.max(axis=-1)  # NaN wins
    if not np.isfinite(best).all():
        raise ValueError(f"logits has the best score {best[~np.isfinite(best)][0]} in a row, expected a finite one")
    return scores
