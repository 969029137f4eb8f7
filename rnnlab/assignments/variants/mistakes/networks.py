"""Assignment 7: what the wrong ways of its questions have in common: a step, a readout, log-probabilities."""

import numpy as np


def as_it_is(value):
    return value


def step_of(params, x, h):
    return np.tanh(x @ params["w_x"].T + h @ params["w_h"].T + params["b_h"])


def read_out(params, h):
    return h @ params["w_y"].T + params["b_y"]


def start_of(params, n_batch):
    return np.zeros((n_batch, len(params["b_h"])))


def count(squares, mask):
    return mask.sum() * squares.shape[-1]


def log_softmax(y):
    shifted = y - y.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def log_softmax_plain(y):
    return np.log(np.exp(y) / np.exp(y).sum(axis=-1, keepdims=True))


def mean_of_masked(squares, mask):
    return squares[mask].mean()


def mean_of_rows(squares, mask):
    return np.mean([squares[mask[:, b], b].mean() for b in range(mask.shape[1])])


def padding_counted(squares, mask):
    return np.where(mask[..., None], squares, 0.0).mean()
