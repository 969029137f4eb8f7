"""The embedded Reber grammar: the second symbol of a word returns as the last but one.

    B ─ T ─ [B … E] ─ T ─ E                      the inner [B … E] is a word of the Reber grammar
      └ P ─ [B … E] ─ P ┘

Wherever two arrows leave a state, each is taken with probability 1/2. A state's symbols differ, so that what was read
tells where one is, and the best prediction of the next symbol is exactly known.
"""

import math

import numpy as np

from rnnlab._settings import require_rng
from rnnlab.data.batch import Batch, one_hot, require_counts

REBER_SYMBOLS = "BTPSXVE"

_INNER = (("B1",), ("T2", "P3"), ("S2", "X4"), ("T3", "V5"), ("X3", "S6"), ("P4", "V6"), ("E7",))
_START, _CHOICE, _END, _DONE = 0, 1, 18, 19
_CLOSING = (16, 17)


def embedded_reber(rng: np.random.Generator, n_batch: int) -> Batch:
    """Return words of the embedded Reber grammar, each padded to the longest.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of words.
    n_batch : int
        B.

    Returns
    -------
    batch : Batch
        x (T, B, 7), one-hot in the order of `REBER_SYMBOLS`, target (T, B), index of the next symbol, for
        `losses.softmax_cross_entropy`, mask (T, B) and lengths (B,).

    Examples
    --------
    >>> x, target, mask, lengths = embedded_reber(np.random.default_rng(1), n_batch=1)
    >>> "".join(REBER_SYMBOLS[i] for i in [*x.argmax(axis=2)[:, 0], target[-1, 0]])
    'BPBPTTVVEPE'

    References
    ----------
    Reber 1967; Cleeremans, Servan-Schreiber and McClelland 1989; Hochreiter and Schmidhuber 1997, section 5.1.
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch)
    symbols, state = [], np.full(n_batch, _START)
    while (state != _DONE).any():
        symbol, state = _walk(rng, state)
        symbols.append(symbol)
    index = np.array(symbols)
    lengths = (index >= 0).sum(axis=0) - 1
    mask = index[1:] >= 0
    x = np.where(mask, index[:-1], -1)
    return Batch(one_hot(x, len(REBER_SYMBOLS)), np.where(mask, index[1:], 0), mask, lengths, per_step=True)


def continual_reber(rng: np.random.Generator, n_batch: int, n_steps: int = 100) -> Batch:
    """Return endless streams of embedded Reber words with nothing that marks where a word ends.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of words.
    n_batch, n_steps : int
        B and T; every stream begins with a word.

    Returns
    -------
    batch : Batch
        x (T, B, 7), one-hot in the order of `REBER_SYMBOLS`, and target (T, B), index of the next symbol, for
        `losses.softmax_cross_entropy`.

    Examples
    --------
    >>> batch = continual_reber(np.random.default_rng(0), n_batch=2, n_steps=30)
    >>> batch.x.shape, batch.target.shape
    ((30, 2, 7), (30, 2))

    References
    ----------
    Gers, Schmidhuber and Cummins 2000, section 4.
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps)
    symbols, state = [], np.full(n_batch, _START)
    for _ in range(n_steps + 1):
        symbol, state = _walk(rng, np.where(state == _DONE, _START, state))
        symbols.append(symbol)
    index = np.array(symbols)
    return Batch(one_hot(index[:-1], len(REBER_SYMBOLS)), index[1:].copy(), per_step=True)


def reber_successors(x: np.ndarray) -> np.ndarray:
    """Return which symbols the grammar allows next.

    A word or stream counts as solved when a network gives its greatest outputs to exactly these symbols at every step.

    Parameters
    ----------
    x : (T, B, 7) array
        Symbols as `embedded_reber` and `continual_reber` return them, from the start of a word.

    Returns
    -------
    allowed : (T, B, 7) array of bool
        All False in the padding.

    Raises
    ------
    ValueError
        If a symbol is not allowed where it stands.

    Examples
    --------
    >>> x, *_ = embedded_reber(np.random.default_rng(0), n_batch=1)
    >>> ["".join(np.array(list(REBER_SYMBOLS))[row[0]]) for row in reber_successors(x)[:4]]
    ['TP', 'B', 'TP', 'SX']
    """
    allowed = np.zeros(x.shape, bool)
    for b in range(x.shape[1]):
        state = _START
        for t in range(x.shape[0]):
            if not x[t, b].any():
                break
            symbol = int(x[t, b].argmax())
            steps = [following for s, following in zip(_SYMBOL[state], _NEXT[state], strict=True) if s == symbol]
            if not steps:
                raise ValueError(f"x[{t}, {b}] is {REBER_SYMBOLS[symbol]}, which the grammar does not allow there")
            state = _START if steps[0] == _DONE else int(steps[0])
            allowed[t, b, _SYMBOL[state]] = True
    return allowed


def embedded_reber_baselines() -> dict[str, float]:
    """Return the cross-entropy by what is remembered, as the mean over all steps of very many words.

    Returns
    -------
    baselines : dict of str to float
        "current symbol", "inner word" and "everything", in nats.

    Examples
    --------
    >>> {known: round(floor, 4) for known, floor in embedded_reber_baselines().items()}
    {'current symbol': 1.2718, 'inner word': 0.5041, 'everything': 0.4411}
    """
    n_states = _DONE + 1
    passing = np.zeros((n_states, n_states))
    for state in range(_DONE):
        for following in _NEXT[state]:
            passing[state, following] += 0.5
    start = np.zeros(n_states)
    start[_START] = 1
    passing[_DONE] = 0
    visits = np.linalg.solve(np.eye(n_states) - passing.T, start)
    visits[_DONE] = 0
    return _baselines(visits, after_end=None)


def continual_reber_baselines(n_steps: int = 100) -> dict[str, float]:
    """Return the cross-entropy by what is remembered, as the mean over the steps of a stream.

    Parameters
    ----------
    n_steps : int, default 100
        T.

    Returns
    -------
    baselines : dict of str to float
        "current symbol", "inner word" and "everything", in nats.

    Examples
    --------
    >>> {known: round(floor, 4) for known, floor in continual_reber_baselines(100).items()}
    {'current symbol': 1.2805, 'inner word': 0.4656, 'everything': 0.4096}
    """
    visits, chance = np.zeros(_DONE + 1), np.zeros(_DONE + 1)
    chance[_START] = 1
    for _ in range(n_steps):
        visits += chance
        following = np.zeros_like(chance)
        for side in range(2):
            np.add.at(following, _NEXT[:, side], chance / 2)
        following[_START], following[_DONE] = following[_DONE], 0
        chance = following
    return _baselines(visits, after_end=_START)


def _baselines(visits: np.ndarray, after_end: int | None) -> dict[str, float]:
    """Return the floors from how often each state is left within the steps that are read."""
    n_symbols = len(REBER_SYMBOLS)
    pairs = np.zeros((n_symbols, n_symbols))
    total = everything = forgotten = 0.0
    for state in range(_DONE):
        for symbol, following in zip(_SYMBOL[state], _NEXT[state], strict=True):
            following = after_end if following == _DONE else following
            if following is None:
                continue
            count = visits[state] / 2
            total += count
            everything += count * _branching(following)
            forgotten += count * (math.log(2) if following in _CLOSING else _branching(following))
            np.add.at(pairs[symbol], _SYMBOL[following], count / 2)
    share = pairs / pairs.sum(axis=1, keepdims=True).clip(min=1e-300)
    surprise = -(pairs * np.log(np.where(share > 0, share, 1))).sum()
    sums = {"current symbol": surprise, "inner word": forgotten, "everything": everything}
    return {known: float(value / total) for known, value in sums.items()}


def _branching(state: int) -> float:
    return 0.0 if _SYMBOL[state, 0] == _SYMBOL[state, 1] else math.log(2)


def _walk(rng: np.random.Generator, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the symbol that each row emits, -1 where it is done, and its new state."""
    side = rng.integers(0, 2, len(state))
    return _SYMBOL[state, side], _NEXT[state, side]


def _tables() -> tuple[np.ndarray, np.ndarray]:
    """Return the symbol and the next state of each state's two arrows; a single arrow stands twice."""
    arrows: list[tuple[str, ...]] = [("B1",), ("T2", "P9")]
    for first, closing in ((2, _CLOSING[0]), (9, _CLOSING[1])):
        for inner in _INNER:
            arrows.append(tuple(f"{a[0]}{closing if a == 'E7' else first + int(a[1:])}" for a in inner))
    arrows += [(f"T{_END}",), (f"P{_END}",), (f"E{_DONE}",)]
    symbol, following = np.full((_DONE + 1, 2), -1), np.full((_DONE + 1, 2), _DONE)
    for state, out in enumerate(arrows):
        for side in range(2):
            arrow = out[side % len(out)]
            symbol[state, side], following[state, side] = REBER_SYMBOLS.index(arrow[0]), int(arrow[1:])
    return symbol, following


_SYMBOL, _NEXT = _tables()
