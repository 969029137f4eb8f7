"""Assignment 7: other right ways of writing the answers to 7.7, in styles that students use."""

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative


def _search_arrays(step, start, width, n):
    states, last, scores, symbols = [start[0]], np.array([start[1]]), np.zeros(1), np.zeros((1, 0), int)
    for _ in range(n):
        stepped = [step(state, int(symbol)) for state, symbol in zip(states, last, strict=True)]
        total = scores[:, None] + np.stack([log_p for _, log_p in stepped])
        best = np.argsort(-total, axis=None)[:width]
        parent, last = np.unravel_index(best, total.shape)
        states, scores = [stepped[i][0] for i in parent], total.ravel()[best]
        symbols = np.column_stack([symbols[parent], last])
    return symbols[0], scores[0]


def _search_heap(step, start, width, n):
    beams = [(0.0, (), *start)]
    for _ in range(n):
        candidates: list = []
        for score, symbols, state, symbol in beams:
            after, log_p = step(state, symbol)
            candidates.extend((score + p, (*symbols, s), after, s) for s, p in enumerate(log_p.tolist()))
        while len(candidates) > width:
            candidates.remove(min(candidates, key=lambda c: (c[0], c[1])))
        beams = candidates
    best = max(beams, key=lambda beam: beam[0])
    return np.array(best[1]), best[0]


def _search_recursive(step, start, width, n):
    return _go_on(step, [(0.0, [], start)], width, n)


def _go_on(step, beams, width, n):
    if n == 0:
        score, symbols, _ = max(beams, key=lambda beam: beam[0])
        return np.array(symbols), score
    longer = []
    for score, symbols, (state, symbol) in beams:
        state, log_p = step(state, symbol)
        longer += [(score + log_p[s], [*symbols, s], (state, s)) for s in range(len(log_p))]
    return _go_on(step, sorted(longer, key=lambda beam: -beam[0])[:width], width, n - 1)


@njit
def _best_numba(total, width):
    """Return the places of the largest: how many are larger, or as large and before it, is a place's rank."""
    best = np.zeros(min(width, len(total)), np.int64)
    for i in range(len(total)):
        rank = 0
        for j in range(len(total)):
            if total[j] > total[i] or (total[j] == total[i] and j < i):
                rank += 1
        if rank < width:
            best[rank] = i
    return best


def _search_numba(step, start, width, n):
    beams, scores = [([], *start)], np.zeros(1)
    for _ in range(n):
        after = [(symbols, *step(state, symbol)) for symbols, state, symbol in beams]
        longer = [([*symbols, s], state, s) for symbols, state, log_p in after for s in range(len(log_p))]
        total = np.concatenate([score + log_p for score, (_, _, log_p) in zip(scores, after, strict=True)])
        best = _best_numba(total, width)
        beams, scores = [longer[i] for i in best], total[best]
    return np.array(beams[0][0]), float(scores[0])


def _search_linked(step, start, width, n):
    layers = [[(0.0, None, *start)]]
    for _ in range(n):
        row = []
        for i, (score, _, state, symbol) in enumerate(layers[-1]):
            after, log_p = step(state, symbol)
            row += [(score + float(p), i, after, s) for s, p in enumerate(log_p)]
        row.sort(key=lambda entry: entry[0])
        layers.append(row[::-1][:width])
    symbols: list = []
    place = 0
    for layer in layers[:0:-1]:
        symbols.insert(0, layer[place][3])
        place = layer[place][1]
    return np.array(symbols), layers[-1][0][0]


ALTERNATIVES = {
    "7.7": (
        Alternative("arrays", {"beam_search": _search_arrays}),
        Alternative("worst thrown out", {"beam_search": _search_heap}),
        Alternative("recursion", {"beam_search": _search_recursive}),
        Alternative("linked back", {"beam_search": _search_linked}),
        Alternative("Numba", {"beam_search": _search_numba}),
    ),
}
