"""Assignment 7: what other right answers to its questions have in common."""

import numpy as np
from numba import njit


def weights(params):
    return (params[name] for name in ("w_x", "w_h", "b_h", "w_y", "b_y"))


@njit
def layer_numba(z, weight, bias):
    a = np.empty((len(z), len(bias)))
    for b in range(len(z)):
        for i in range(len(bias)):
            a[b, i] = bias[i]
            for j in range(z.shape[1]):
                a[b, i] += weight[i, j] * z[b, j]
    return a


def step_numba(x, h, w_x, w_h, b_h):
    return np.tanh(layer_numba(np.hstack((x, h)), np.hstack((w_x, w_h)), b_h))


def log_sum_exp(y):
    top = y.max(axis=-1)
    return top + np.log(np.exp(y - top[..., None]).sum(axis=-1))
