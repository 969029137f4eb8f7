"""Cases of question 7.7: models of sequences in which every beginning has chances of its own for what follows."""

from collections.abc import Callable

import numpy as np

from rnnlab.checks.question import CaseGenerator, StudentProxy
from rnnlab.checks.student import wrong


class Tree:
    """Log-probabilities of the next of `n_symbols`, drawn for every beginning of up to `n` symbols.

    Where `impossible`, one symbol in four cannot come: the logarithm of its probability is minus infinity. Where
    `tied`, all first symbols are equally likely: who keeps one beginning for each score loses the others.
    """

    def __init__(self, draw: CaseGenerator, n_symbols: int, n: int, impossible: bool = False, tied: bool = False):
        logits = draw.array((n_symbols ** (n + 1) - 1) // (n_symbols - 1), n_symbols, scale=1.5, ordinary=True)
        if impossible:
            gone = draw.rng.random(logits.shape) < 0.25
            gone[np.arange(len(gone)), draw.rng.integers(0, n_symbols, len(gone))] = False
            logits[gone] = -np.inf
        if tied:
            logits[0] = 0.0
        self.n_symbols, self.n = n_symbols, n
        with np.errstate(divide="ignore"):
            self.log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        self.start = (np.array([0]), n_symbols)  # no symbol yet: the number after the last

    def step(self, state, symbol):
        """Return the state after `symbol`, which is the number of the beginning so far, and what may follow it."""
        node = int(state[0])
        node = node * self.n_symbols + symbol + 1 if symbol < self.n_symbols else node
        return np.array([node]), self.log_p[node % len(self.log_p)]

    def search(self, width: int) -> int:
        """Return the number of the sequence that beam search finds."""
        node, score = np.zeros(1, int), np.zeros(1)
        for _ in range(self.n):
            longer = (score[:, None] + self.log_p[node]).ravel()
            best = np.argsort(-longer)[:width]
            beam, symbol = np.divmod(best, self.n_symbols)
            node, score = node[beam] * self.n_symbols + symbol + 1, longer[best]
        return int(node[0])

    def best(self) -> int:
        """Return the number of the likeliest of all sequences."""
        return self.search(self.n_symbols**self.n)

    def begins_with(self) -> int:
        """Return the first symbol of the likeliest of all sequences."""
        node = self.best()
        while node > self.n_symbols:
            node = (node - 1) // self.n_symbols
        return node - 1


def _tree(
    draw: CaseGenerator,
    n_symbols: int,
    n: int,
    fits: Callable[[Tree], bool],
    *,
    impossible: bool = False,
    tied: bool = False,
) -> Tree:
    """Return a tree in which a search finds, and does not find, what the case needs."""

    def attempt() -> Tree | None:
        tree = Tree(draw, n_symbols, n, impossible, tied)
        return tree if fits(tree) else None

    return draw.until(attempt)


class Chain:
    """Log-probabilities that depend on the step and on the last symbol: cheap enough for a long sequence.

    A search that keeps all beginnings would fill the memory, so there is an end to how often `step` can be called.
    """

    def __init__(self, draw: CaseGenerator, n_symbols: int, n: int, most: int):
        self.most = self.left = most
        logits = draw.array(n, n_symbols + 1, n_symbols, scale=1.5, ordinary=True)
        self.log_p = logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))
        self.start = (np.array([0]), n_symbols)

    def step(self, state, symbol):
        """Return the number of the next step, and what may follow `symbol` at this one."""
        self.left -= 1
        if self.left < 0:
            raise RuntimeError(f"step was called {self.most} times: are only the best beginnings kept at each step?")
        return state + 1, self.log_p[int(state[0]), symbol]


class Detour:
    """A first symbol of a probability just above 1 in 10,000, near certainty after it, even chances after all others.

    In the end this beginning is the best, so that what is said of small probabilities matters.
    """

    def __init__(self, draw: CaseGenerator, n_symbols: int = 24):
        self.n_symbols, self.way = n_symbols, int(draw.rng.integers(n_symbols))
        even = draw.array(n_symbols, n_symbols, scale=0.02, ordinary=True)
        self._even = even - np.log(np.exp(even).sum(axis=1, keepdims=True))
        self._first = self._even[0].copy()
        self._first[self.way] = draw.rng.uniform(-9.16, -9.08)
        self._sure = np.full(n_symbols, -12.0) + draw.rng.uniform(0, 1, n_symbols)
        self._sure[self.way] = 0.0
        for row in (self._first, self._sure):
            row -= np.log(np.exp(row).sum())
        self.start = (np.array([0.0]), n_symbols)

    def step(self, state, symbol):
        """Return 1 for the state on the way and -1 off it, and what may follow."""
        if symbol == self.n_symbols:
            return state, self._first
        on = state[0] == 1 or (state[0] == 0 and symbol == self.way)
        return np.array([1.0 if on else -1.0]), self._sure if on else self._even[symbol]


def narrowest(ask: StudentProxy, draw: CaseGenerator):
    n_symbols = draw.size(2, 4)
    if draw.case == 5:  # a single symbol
        tree = Tree(draw, n_symbols, 1)
        return ask("beam_search", tree.step, tree.start, 1, 1)
    tree = _tree(draw, n_symbols, 2 + draw.case % 3, lambda t: t.search(1) != t.best(), impossible=draw.case == 3)
    return ask("beam_search", tree.step, tree.start, 1, tree.n)


def between(ask: StudentProxy, draw: CaseGenerator):
    """Search with a width that finds something else than a single beam, or than an exhaustive search, by turns.

    In the first case it is something else than what one beam more finds, and neither is the best. The last cases are a
    single symbol, a long sequence, and a best sequence that begins with an unlikely symbol.
    """
    if draw.case == 6:
        tree = _tree(draw, 5, 1, lambda t: t.best() not in (1, 5))  # the first symbol, or the last one
        return ask("beam_search", tree.step, tree.start, 3, 1)
    if draw.case == 7:
        chain = Chain(draw, 4, 60, 20 * 5 * 60)
        return ask("beam_search", chain.step, chain.start, 5, 60)
    if draw.case == 8:
        detour = Detour(draw)
        every = detour.n_symbols**3  # nothing is left out: a search that removes one at a time would take seconds
        return ask("beam_search", detour.step, detour.start, every, 3)
    width = max(int(draw.rng.integers(2, 4 if draw.case < 4 else 7)), 5 if draw.case == 4 else 2)

    def fits(tree: Tree) -> bool:
        found = tree.search(width)
        if draw.case == 0:
            return found != tree.search(width + 1) != tree.best() != found
        if draw.case == 4:
            return found != tree.search(tree.n_symbols)  # which is less than the width
        return found != (tree.search(1) if draw.case % 2 else tree.best())

    tree = _tree(draw, 4, 5, fits, impossible=draw.case == 5)
    return ask("beam_search", tree.step, tree.start, width, tree.n)


def widest(ask: StudentProxy, draw: CaseGenerator):
    """Search with a width that keeps everything, and once with one that is far larger.

    There all first symbols are equally likely, and the best sequence begins neither with the first of them nor with the
    last; in the last case all sequences are.
    """
    n_symbols = draw.size(2, 3)
    if draw.case == 4:
        return _equal_chances(ask, n_symbols)
    if draw.case == 3:
        tree = _tree(draw, 3, 3, lambda t: t.begins_with() == 1, tied=True)
        return ask("beam_search", tree.step, tree.start, 10_000 * tree.n_symbols**tree.n, tree.n)

    def fits(tree: Tree) -> bool:
        return tree.best() not in (tree.search(1), tree.search(tree.n_symbols))

    tree = _tree(draw, n_symbols, 3 + draw.case, fits, impossible=draw.case == 2)
    return ask("beam_search", tree.step, tree.start, tree.n_symbols**tree.n, tree.n)


def _equal_chances(ask: StudentProxy, n_symbols: int, n: int = 3):
    """Give all sequences the same probability: any of them is right, and its score is known."""
    log_p = np.full(n_symbols, -np.log(n_symbols))
    answer = ask("beam_search", lambda state, symbol: (state + 1, log_p), (np.zeros(2), 0), n_symbols**n, n)
    if not isinstance(answer, tuple | list) or len(answer) != 2 or not isinstance(answer[0], np.ndarray):
        return answer
    symbols, score = answer
    fits = symbols.shape == (n,) and symbols.dtype.kind in "iu" and ((symbols >= 0) & (symbols < n_symbols)).all()
    if not fits:
        raise wrong(f"where all sequences are equally likely, the symbols are not {n} whole numbers from 0 to V - 1")
    return np.zeros(n, int), score
