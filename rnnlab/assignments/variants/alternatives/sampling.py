"""Assignment 7: other right ways of writing the answers to 7.5 and 7.8, in styles that students use."""

import numpy as np
from numba import njit

from rnnlab.assignments.variants.alternatives.networks import weights
from rnnlab.checks.question import Alternative

# 7.5


def _draw(params, start, n, temperature, choose):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    h, symbols = np.zeros(len(b_h)), [start]
    for _ in range(n):
        one_hot = np.eye(w_x.shape[1])[symbols[-1]]
        h = np.tanh(w_x @ one_hot + w_h @ h + b_h)
        symbols.append(choose((w_y @ h + b_y) / temperature))
    return np.array(symbols[1:])


def _softmax(a):
    p = np.exp(a - np.max(a))
    return p / p.sum()


def _draw_inverse(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    return _draw(params, start, n, temperature, lambda a: int((np.cumsum(_softmax(a)) < rng.random()).sum() % len(a)))


def _draw_gumbel(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    return _draw(params, start, n, temperature, lambda a: int(np.argmax(a + rng.gumbel(size=len(a)))))


def _draw_multinomial(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    return _draw(params, start, n, temperature, lambda a: int(rng.multinomial(1, _softmax(a)).argmax()))


def _draw_old_generator(params, start, n, temperature, seed):
    random = np.random.RandomState(seed)
    return _draw(params, start, n, temperature, lambda a: random.choice(len(a), p=_softmax(a)))


@njit
def _pick_numba(a, u):
    total = 0.0
    for i in range(len(a)):
        total += np.exp(a[i])
    left = u * total
    for i in range(len(a) - 1):
        left -= np.exp(a[i])
        if left < 0:
            return i
    return len(a) - 1


def _draw_numba(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    return _draw(params, start, n, temperature, lambda a: _pick_numba(a - a.max(), rng.random()))


ALTERNATIVES = {
    "7.5": (
        Alternative("cumulated chances", {"sample": _draw_inverse}),
        Alternative("Gumbel noise", {"sample": _draw_gumbel}),
        Alternative("multinomial", {"sample": _draw_multinomial}),
        Alternative("RandomState", {"sample": _draw_old_generator}),
        Alternative("Numba", {"sample": _draw_numba}),
    ),
    "7.8": (
        Alternative("a float", {"predicted_ratio": lambda: 81.0}),
        Alternative("a NumPy number", {"predicted_ratio": lambda: np.int64(81)}),
        Alternative("a square", {"predicted_ratio": lambda: 9**2}),
        Alternative("through logarithms", {"predicted_ratio": lambda: np.exp(np.log(9) / 0.5)}),
    ),
}
