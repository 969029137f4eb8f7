"""Assignment 5: what the wrong ways of its questions have in common: a network's run, and sums over its steps."""

import numpy as np


def forward(x, h_0, w_x, w_h, b_h):
    h = [h_0]
    for x_t in x:
        h.append(np.tanh(x_t @ w_x.T + h[-1] @ w_h.T + b_h))
    return np.stack(h)


def read(x, target, weights):
    h = forward(x, np.zeros((x.shape[1], len(weights[2]))), *weights[:3])
    return h, h[1:] @ weights[3].T + weights[4] - target


def sum_of_outer(a, b):
    return np.einsum("tbi,tbj->ij", a, b)


def recurrent(da, x, h):
    return sum_of_outer(da, x), sum_of_outer(da, h[:-1]), da.sum(axis=(0, 1))


def plus(total, more):
    return tuple(a + b for a, b in zip(total, more, strict=True))
