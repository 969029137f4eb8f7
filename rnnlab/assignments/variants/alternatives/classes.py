"""Assignment 7: other right ways of writing the answers to 7.3 and 7.4, in styles that students use."""

import numpy as np

from rnnlab.assignments.variants.alternatives.networks import layer_numba, log_sum_exp, step_numba, weights
from rnnlab.checks.question import Alternative

# 7.3


def _class_rows(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    logits = []
    for b, length in enumerate(lengths):
        h = np.zeros(len(b_h))
        for x_t in x[:length, b]:
            h = np.tanh(w_x @ x_t + w_h @ h + b_h)
        logits.append(w_y @ h + b_y)
    y = np.array(logits)
    return y, float(np.mean([log_sum_exp(y[b]) - y[b, k] for b, k in enumerate(target)]))


def _class_picked(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    h = [np.zeros((x.shape[1], len(b_h)))]
    for x_t in np.where(np.arange(len(x))[:, None, None] < lengths[:, None], x, 0.0):
        h.append(np.tanh(x_t @ w_x.T + h[-1] @ w_h.T + b_h))
    y = np.stack(h)[lengths, range(len(lengths))] @ w_y.T + b_y
    return y, float((log_sum_exp(y) - y[range(len(y)), target]).mean())


def _class_shrinking(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    h = np.zeros((x.shape[1], len(b_h)))
    for t, x_t in enumerate(x):
        on = lengths > t
        h[on] = np.tanh(np.einsum("bd,hd->bh", x_t[on], w_x) + np.einsum("bi,hi->bh", h[on], w_h) + b_h)
    y = np.einsum("bh,oh->bo", h, w_y) + b_y
    return y, float(_nll(y, target))


def _nll(y, target):
    return np.mean(np.logaddexp.reduce(y, axis=1) - np.take_along_axis(y, target[:, None], axis=1)[:, 0])


def _class_numba(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    h = np.zeros((x.shape[1], len(b_h)))
    for t in range(len(x)):
        h = np.where((t < lengths)[:, None], step_numba(x[t], h, w_x, w_h, b_h), h)
    y = layer_numba(h, w_y, b_y)
    return y, float(_nll(y, target))


# 7.4


def _tag_rows(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    y, surprises = np.zeros((*target.shape, len(b_y))), []
    for b, length in enumerate(lengths):
        h = np.zeros(len(b_h))
        for t in range(length):
            h = np.tanh(w_x @ x[t, b] + w_h @ h + b_h)
            y[t, b] = w_y @ h + b_y
            surprises.append(log_sum_exp(y[t, b]) - y[t, b, target[t, b]])
    return y, float(np.mean(surprises))


def _tag_masked(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    mask = np.arange(len(x))[:, None] < lengths
    a = np.einsum("tbd,hd->tbh", np.where(mask[..., None], x, 0), w_x) + b_h
    h = np.zeros((x.shape[1], len(b_h)))
    for a_t in a:
        a_t[:] = h = np.tanh(a_t + h @ w_h.T)
    y = np.zeros((*target.shape, len(b_y)))
    y[mask] = a[mask] @ w_y.T + b_y
    return y, float(_nll(y[mask], target[mask]))


def _tag_one_hot(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    h, outputs = np.zeros((x.shape[1], len(b_h))), []
    for t, x_t in enumerate(x):
        h = np.tanh(x_t @ w_x.T + h @ w_h.T + b_h)
        outputs.append(np.where((t < lengths)[:, None], h @ w_y.T + b_y, 0))
    y = np.stack(outputs)
    counts = (target[..., None] == np.arange(len(b_y))) & (np.arange(len(x))[:, None] < lengths)[..., None]
    return y, float(((log_sum_exp(y)[..., None] - y) * counts).sum() / counts.sum())


def _tag_numba(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    h, y = np.zeros((x.shape[1], len(b_h))), np.empty((*target.shape, len(b_y)))
    for t in range(len(x)):
        h = step_numba(x[t], h, w_x, w_h, b_h)
        y[t] = layer_numba(h, w_y, b_y)
    padding = np.arange(len(x))[:, None] >= lengths
    y[padding] = 0.0
    return y, float(_nll(y[~padding], target[~padding]))


ALTERNATIVES = {
    "7.3": (
        Alternative("row by row", {"many_to_one": _class_rows}),
        Alternative("states picked", {"many_to_one": _class_picked}),
        Alternative("only rows that go on", {"many_to_one": _class_shrinking}),
        Alternative("Numba", {"many_to_one": _class_numba}),
    ),
    "7.4": (
        Alternative("row by row", {"many_to_many": _tag_rows}),
        Alternative("steps chosen", {"many_to_many": _tag_masked}),
        Alternative("one-hot targets", {"many_to_many": _tag_one_hot}),
        Alternative("Numba", {"many_to_many": _tag_numba}),
    ),
}
