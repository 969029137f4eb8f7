"""Assignment 2: other right ways of writing the answers, in styles that students use. All must get full marks."""

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative


def _step_loops(x, h, w_x, w_h, b_h):
    out = np.empty(h.shape)
    for b in range(h.shape[0]):
        for i in range(h.shape[1]):
            a = b_h[i]
            for d in range(x.shape[1]):
                a += w_x[i, d] * x[b, d]
            for j in range(h.shape[1]):
                a += w_h[i, j] * h[b, j]
            out[b, i] = np.tanh(a)
    return out


def _step_einsum(x, h, w_x, w_h, b_h):
    return np.tanh(np.einsum("bd,hd->bh", x, w_x) + np.einsum("bi,hi->bh", h, w_h) + b_h)


_step_numba = njit(_step_loops)


def _step_columns(x, h, w_x, w_h, b_h):
    return np.ascontiguousarray(np.tanh(w_x @ x.T + w_h @ h.T + b_h[:, None]).T)


def _step_joined(x, h, w_x, w_h, b_h):
    ones = np.ones((len(x), 1))
    return np.tanh(np.hstack([x, h, ones]) @ np.hstack([w_x, w_h, b_h[:, None]]).T)


def _forward_list(x, h_0, w_x, w_h, b_h, w_y, b_y):
    states = [h_0]
    for x_t in x:
        states.append(np.tanh(x_t @ w_x.T + states[-1] @ w_h.T + b_h))
    return np.stack(states), np.stack([state @ w_y.T + b_y for state in states[1:]])


def _forward_hoisted(x, h_0, w_x, w_h, b_h, w_y, b_y):
    a = np.einsum("tbd,hd->tbh", x, w_x) + b_h
    h = np.concatenate([h_0[None], np.zeros_like(a)])
    for t, a_t in enumerate(a):
        np.tanh(a_t + np.dot(h[t], w_h.T), out=h[t + 1])
    return h, np.einsum("tbh,oh->tbo", h[1:], w_y) + b_y


@njit
def _forward_numba(x, h_0, w_x, w_h, b_h, w_y, b_y):
    n_steps, n_batch, n_input = x.shape
    n_hidden, n_output = len(b_h), len(b_y)
    h = np.zeros((n_steps + 1, n_batch, n_hidden))
    y = np.zeros((n_steps, n_batch, n_output))
    h[0] = h_0
    for t in range(n_steps):
        for b in range(n_batch):
            for i in range(n_hidden):
                a = b_h[i]
                for d in range(n_input):
                    a += w_x[i, d] * x[t, b, d]
                for j in range(n_hidden):
                    a += w_h[i, j] * h[t, b, j]
                h[t + 1, b, i] = np.tanh(a)
            for o in range(n_output):
                y[t, b, o] = b_y[o]
                for j in range(n_hidden):
                    y[t, b, o] += w_y[o, j] * h[t + 1, b, j]
    return h, y


def _forward_recursive(x, h_0, w_x, w_h, b_h, w_y, b_y):
    if len(x) == 0:
        return h_0[None], np.empty((0, len(h_0), len(b_y)))
    h, y = _forward_recursive(x[:-1], h_0, w_x, w_h, b_h, w_y, b_y)
    last = _step_columns(x[-1], h[-1], w_x, w_h, b_h)
    return np.concatenate([h, last[None]]), np.concatenate([y, (last @ w_y.T + b_y)[None]])


def _unfold_filled(w_x, w_h, b_h, w_y, b_y, k):
    layers = []
    for _ in range(k):
        weight = np.empty((len(b_h), w_x.shape[1] + len(b_h)))
        weight[:, : w_x.shape[1]] = w_x
        weight[:, w_x.shape[1] :] = w_h
        layers.append((weight, b_h.copy()))
    layers.append((w_y.copy(), b_y.copy()))
    return layers


def _unfold_stacked(w_x, w_h, b_h, w_y, b_y, k):
    return [*((np.vstack([w_x.T, w_h.T]).T, b_h) for _ in range(k)), (w_y, b_y)]


def _feedforward_split(x, layers):
    n_input = x.shape[2]
    h = None
    for x_t, (weight, bias) in zip(x, layers[:-1], strict=True):
        a = x_t @ weight[:, :n_input].T + bias
        h = np.tanh(a if h is None else a + h @ weight[:, n_input:].T)
    return h @ layers[-1][0].T + layers[-1][1]


def _feedforward_einsum(x, layers):
    h = np.zeros((x.shape[1], len(layers[0][1])))
    for t, (weight, bias) in enumerate(layers[:-1]):
        h = np.tanh(np.einsum("bi,hi->bh", np.concatenate((x[t], h), 1), weight) + bias)
    return np.einsum("bh,oh->bo", h, layers[-1][0]) + layers[-1][1]


def _feedforward_loops(x, layers):
    rows = []
    for b in range(x.shape[1]):
        h = [0.0] * len(layers[0][1])
        for t, (weight, bias) in enumerate(layers[:-1]):
            z = [*x[t, b], *h]
            h = [np.tanh(bias[i] + sum(w * v for w, v in zip(weight[i], z, strict=True))) for i in range(len(bias))]
        weight, bias = layers[-1]
        rows.append([bias[o] + sum(w * v for w, v in zip(weight[o], h, strict=True)) for o in range(len(bias))])
    return np.array(rows)


@njit
def _layer_numba(z, weight, bias):
    a = np.zeros((len(z), len(bias)))
    for b in range(len(z)):
        for i in range(len(bias)):
            a[b, i] = bias[i]
            for j in range(z.shape[1]):
                a[b, i] += weight[i, j] * z[b, j]
    return a


def _feedforward_numba(x, layers):
    h = np.zeros((x.shape[1], len(layers[0][1])))
    for x_t, layer in zip(x, layers, strict=False):
        h = np.tanh(_layer_numba(np.concatenate((x_t, h), axis=1), *layer))
    return _layer_numba(h, *layers[-1])


def _count_shapes(cell, n_input, n_hidden, n_output):
    rows = {"rnn": n_hidden, "gru": 3 * n_hidden, "lstm": 4 * n_hidden, "bidirectional": n_hidden}[cell]
    shapes = [(rows, n_input), (rows, n_hidden), (rows,)] * (2 if cell == "bidirectional" else 1)
    shapes += [(n_hidden,)] if cell == "gru" else []
    shapes += [(n_output, 2 * n_hidden if cell == "bidirectional" else n_hidden), (n_output,)]
    return int(sum(np.prod(shape) for shape in shapes))


def _count_arrays(cell, n_input, n_hidden, n_output):
    gates = {"rnn": 1, "gru": 3, "lstm": 4, "bidirectional": 2}[cell]
    arrays = [np.zeros((n_hidden, n_input + n_hidden + 1)) for _ in range(gates)]
    arrays.append(np.zeros(n_hidden * (cell == "gru")))
    arrays.append(np.zeros((n_output, n_hidden + n_hidden * (cell == "bidirectional") + 1)))
    return sum(a.size for a in arrays)


def _count_match(cell, n_input, n_hidden, n_output):
    simple = n_hidden * n_input + n_hidden**2 + n_hidden
    last = n_output * n_hidden + n_output
    match cell:
        case "rnn":
            return simple + last
        case "gru":
            return 3 * simple + n_hidden + last
        case "lstm":
            return 4 * simple + last
        case _:
            return 2 * simple + last + n_output * n_hidden


_count_simple = njit(lambda d, h: h * (d + h + 1))


def _count_numba(cell, d, h, o):
    times = {"rnn": 1, "gru": 3, "lstm": 4, "bidirectional": 2}[cell]
    last = o * ((2 if cell == "bidirectional" else 1) * h + 1)
    return times * _count_simple(d, h) + last + (h if cell == "gru" else 0)


ALTERNATIVES = {
    "2.1": (
        Alternative("scalar loops", {"rnn_step": _step_loops}),
        Alternative("einsum", {"rnn_step": _step_einsum}),
        Alternative("columns", {"rnn_step": _step_columns}),
        Alternative("one joined matrix", {"rnn_step": _step_joined}),
        Alternative("Numba", {"rnn_step": _step_numba}),
    ),
    "2.2": (
        Alternative("list of states", {"rnn_forward": _forward_list}),
        Alternative("einsum, input product hoisted", {"rnn_forward": _forward_hoisted}),
        Alternative("Numba", {"rnn_forward": _forward_numba}),
        Alternative("recursion", {"rnn_forward": _forward_recursive}),
    ),
    "2.3": (
        Alternative("slices", {"unfold": _unfold_filled, "feedforward": _feedforward_split}),
        Alternative("einsum", {"unfold": _unfold_stacked, "feedforward": _feedforward_einsum}),
        Alternative("scalar loops", {"unfold": _unfold_filled, "feedforward": _feedforward_loops}),
        Alternative("Numba", {"unfold": _unfold_filled, "feedforward": _feedforward_numba}),
    ),
    "2.4": (
        Alternative("products of shapes", {"count_parameters": _count_shapes}),
        Alternative("arrays counted", {"count_parameters": _count_arrays}),
        Alternative("match", {"count_parameters": _count_match}),
        Alternative("Numba", {"count_parameters": _count_numba}),
    ),
    "2.5": (
        Alternative("a float", {"predicted_weights": lambda: 42.0}),
        Alternative("a NumPy number", {"predicted_weights": lambda: np.int64(42)}),
        Alternative("worked out", {"predicted_weights": lambda: 4 * (3 + 4 + 1) + 2 * (4 + 1)}),
        Alternative(
            "the sizes of five arrays",
            {"predicted_weights": lambda: sum(np.zeros(shape).size for shape in [(4, 3), (4, 4), (4,), (2, 4), (2,)])},
        ),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {
    "2.3": {
        "rows.append([bias[o] + sum((w * v for w, v in zip(h, weight[o], strict=True))) for o in range(len(bias))])": "the terms of a sum may stand in any order",  # noqa: E501
        "h = np.zeros((x.shape[1], len(hidden[-1][1])))": "all hidden layers have the same size",
        "h = np.zeros((x.shape[1], len(hidden[0][0])))": "a weight has as many rows as its bias has entries",
    },
}
