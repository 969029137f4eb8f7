"""Assignment 7: other right ways of writing the answers to 7.1 and 7.2, in styles that students use."""

import numpy as np

from rnnlab.assignments.variants.alternatives.networks import layer_numba, step_numba, weights
from rnnlab.checks.question import Alternative

# 7.1


def _single_einsum(params, x, target):
    w_x, _, b_h, w_y, b_y = weights(params)
    y = np.einsum("bh,oh->bo", np.tanh(np.einsum("bd,hd->bh", x, w_x) + b_h), w_y) + b_y
    return y, float(((y - target) ** 2).sum() / y.size)


def _single_loops(params, x, target):
    w_x, _, b_h, w_y, b_y = weights(params)
    y = np.zeros(target.shape)
    for b in range(len(x)):
        h = [np.tanh(b_h[i] + sum(w_x[i, d] * x[b, d] for d in range(x.shape[1]))) for i in range(len(b_h))]
        for o in range(len(b_y)):
            y[b, o] = b_y[o] + sum(w_y[o, i] * h[i] for i in range(len(b_h)))
    return y, sum((a - p) ** 2 for a, p in zip(y.ravel(), target.ravel(), strict=True)) / y.size


def _single_columns(params, x, target):
    w_x, _, b_h, w_y, b_y = weights(params)
    y = (w_y @ np.tanh(w_x @ x.T + b_h[:, None]) + b_y[:, None]).T
    return y, np.square(y - target).mean()


def _single_numba(params, x, target):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    y = layer_numba(step_numba(x, np.zeros((len(x), len(b_h))), w_x, w_h, b_h), w_y, b_y)
    return y, float(np.mean((y - target) ** 2))


# 7.2


def _generate_rows(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    y, errors = np.zeros(target.shape), []
    for b, length in enumerate(lengths):
        h, read = np.zeros(len(b_h)), x[b]
        for t in range(length):
            h = np.tanh(w_x @ read + w_h @ h + b_h)
            read = y[t, b] = w_y @ h + b_y
            errors.extend((read - target[t, b]) ** 2)
    return y, float(np.mean(errors))


def _generate_joined(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    joined, bias = w_h + w_x @ w_y, b_h + w_x @ b_y  # reading one's own output is a recurrence in h alone
    h = [np.tanh(x @ w_x.T + b_h)]
    while len(h) < len(target):
        h.append(np.tanh(h[-1] @ joined.T + bias))
    y = np.array(h) @ w_y.T + b_y
    for b, length in enumerate(lengths):
        y[length:, b] = 0
    error = np.concatenate([(y - target)[:length, b] for b, length in enumerate(lengths)])
    return y, float((error**2).mean())


def _generate_einsum(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    mask = np.array([[t < length for length in lengths] for t in range(len(target))])
    y, h = np.zeros_like(target), np.zeros((len(x), len(b_h)))
    for t in range(len(target)):
        read = x if t == 0 else y[t - 1]
        h = np.tanh(np.einsum("bd,hd->bh", read, w_x) + np.einsum("bi,hi->bh", h, w_h) + b_h)
        y[t] = np.einsum("bh,oh->bo", h, w_y) + b_y
    y[~mask] = 0.0
    error = np.where(mask[:, :, None], y - np.where(mask[:, :, None], target, 0.0), 0.0)
    return y, np.vdot(error, error) / (mask.sum() * x.shape[1])


def _generate_numba(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = weights(params)
    h, outputs = np.zeros((len(x), len(b_h))), [x]
    for _ in target:
        h = step_numba(outputs[-1], h, w_x, w_h, b_h)
        outputs.append(layer_numba(h, w_y, b_y))
    mask = np.arange(len(target)).reshape(-1, 1) < lengths
    y = np.stack(outputs[1:])
    return np.where(mask[..., None], y, 0.0), float(np.mean((y[mask] - target[mask]) ** 2))


ALTERNATIVES = {
    "7.1": (
        Alternative("einsum", {"one_to_one": _single_einsum}),
        Alternative("scalar loops", {"one_to_one": _single_loops}),
        Alternative("columns", {"one_to_one": _single_columns}),
        Alternative("Numba", {"one_to_one": _single_numba}),
    ),
    "7.2": (
        Alternative("row by row", {"one_to_many": _generate_rows}),
        Alternative("one recurrence in h", {"one_to_many": _generate_joined}),
        Alternative("einsum", {"one_to_many": _generate_einsum}),
        Alternative("Numba", {"one_to_many": _generate_numba}),
    ),
}
