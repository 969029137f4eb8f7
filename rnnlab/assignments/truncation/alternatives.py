"""Assignment 5: other right ways of writing the answers, in styles that students use. All must get full marks."""

import random

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative


def _run(x, target, w_x, w_h, b_h, w_y, b_y):
    h = np.zeros((len(x) + 1, x.shape[1], len(b_h)))
    for t, x_t in enumerate(x):
        h[t + 1] = np.tanh(x_t @ w_x.T + h[t] @ w_h.T + b_h)
    return h, h[1:] @ w_y.T + b_y - target


# 5.1


def _tbptt_by_paths(x, target, weights, k1, k2):
    """Follow each loss back on its own, to where its block's reach ends."""
    h, error = _run(x, target, *weights)
    n_steps = len(x)
    dw_x, dw_h, db_h = (np.zeros_like(w) for w in weights[:3])
    for t in range(n_steps):
        end = min(n_steps, (t // k1 + 1) * k1)
        blame = error[t] @ weights[3]
        for s in range(t, max(0, end - k2) - 1, -1):
            blame = blame * (1 - h[s + 1] ** 2)
            dw_x += blame.T @ x[s]
            dw_h += blame.T @ h[s]
            db_h += blame.sum(axis=0)
            blame = blame @ weights[1]
    return dw_x, dw_h, db_h, np.tensordot(error, h[1:], ([0, 1], [0, 1])), error.sum((0, 1))


def _tbptt_streaming(x, target, weights, k1, k2):
    """Keep only the last k2 steps, as one would on a stream without end."""
    w_x, w_h, b_h, w_y, b_y = weights
    total = dict.fromkeys(("w_x", "w_h", "b_h", "w_y", "b_y"), 0.0)
    kept: list = []
    h = np.zeros((x.shape[1], len(b_h)))
    for t in range(len(x)):
        after = np.tanh(x[t] @ w_x.T + h @ w_h.T + b_h)
        kept = [*kept, (x[t], h, after, after @ w_y.T + b_y - target[t])][-k2:]
        h = after
        if (t + 1) % k1 and t + 1 < len(x):
            continue
        new, dh = t % k1 + 1, 0.0
        for age, (inputs, before, state, e) in enumerate(reversed(kept)):
            if age < new:
                dh = dh + e @ w_y
                total["w_y"] = total["w_y"] + e.T @ state
                total["b_y"] = total["b_y"] + e.sum(axis=0)
            da = dh * (1 - state * state)
            total["w_x"] = total["w_x"] + da.T @ inputs
            total["w_h"] = total["w_h"] + da.T @ before
            total["b_h"] = total["b_h"] + da.sum(axis=0)
            dh = da @ w_h
    return tuple(total.values())


def _blocks_loops(x, h, error, w_h, w_y, k1, k2):
    n_steps, n_batch, n_input = x.shape
    n_hidden = len(w_h)
    dw_x, dw_h, db_h = np.zeros((n_hidden, n_input)), np.zeros((n_hidden, n_hidden)), np.zeros(n_hidden)
    for block in range(0, n_steps, k1):
        end = min(block + k1, n_steps)
        for b in range(n_batch):
            carried = np.zeros(n_hidden)
            for s in range(end - max(0, end - k2)):
                t = end - 1 - s
                before = np.zeros(n_hidden)
                for i in range(n_hidden):
                    da = carried[i]
                    if t >= block:
                        for o in range(len(w_y)):
                            da += error[t, b, o] * w_y[o, i]
                    da *= 1.0 - h[t + 1, b, i] ** 2
                    db_h[i] += da
                    for d in range(n_input):
                        dw_x[i, d] += da * x[t, b, d]
                    for j in range(n_hidden):
                        dw_h[i, j] += da * h[t, b, j]
                        before[j] += da * w_h[i, j]
                carried = before
    return dw_x, dw_h, db_h


_blocks_numba = njit(_blocks_loops)


def _tbptt_loops(x, target, weights, k1, k2):
    h, error = _run(x, target, *weights)
    recurrent = _blocks_loops(x, h, error, weights[1], weights[3], k1, k2)
    return *recurrent, np.einsum("tbo,tbi->oi", error, h[1:]), np.einsum("tbo->o", error)


def _tbptt_numba(x, target, weights, k1, k2):
    h, error = _run(x, target, *weights)
    recurrent = _blocks_numba(x, h, error, weights[1], weights[3], k1, k2)
    return *recurrent, np.einsum("tbo,tbi->oi", error, h[1:]), np.einsum("tbo->o", error)


# 5.2


def _rtrl_loops(influence, x, h, w_x, w_h, b_h):
    n_hidden, n_input = w_x.shape
    a = b_h.copy()
    for i in range(n_hidden):
        for d in range(n_input):
            a[i] += w_x[i, d] * x[d]
        for j in range(n_hidden):
            a[i] += w_h[i, j] * h[j]
    after = np.tanh(a)
    new = np.zeros(influence.shape)
    for i in range(n_hidden):
        for j in range(n_hidden):
            for m in range(influence.shape[2]):
                for n in range(n_hidden):
                    new[i, j, m] += w_h[i, n] * influence[n, j, m]
        for d in range(n_input):
            new[i, i, d] += x[d]
        for j in range(n_hidden):
            new[i, i, n_input + j] += h[j]
        new[i, i, n_input + n_hidden] += 1.0
        new[i] *= 1.0 - after[i] ** 2
    return new, after


@njit
def _carry_numba(w_h, influence):
    new = np.zeros(influence.shape)
    for i in range(len(w_h)):
        for n in range(len(w_h)):
            new[i] += w_h[i, n] * influence[n]
    return new


def _rtrl_numba(influence, x, h, w_x, w_h, b_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    new = _carry_numba(w_h, influence)
    for i in range(len(h)):
        new[i, i] += np.concatenate((x, h, np.ones(1)))
        new[i] *= 1 - after[i] ** 2
    return new, after


def _rtrl_matrix(influence, x, h, w_x, w_h, b_h):
    """Join the last two indices: the influence is a matrix (H, P)."""
    n_hidden = len(h)
    reads = np.hstack((x, h, 1.0))
    after = np.tanh(np.hstack((w_x, w_h, b_h[:, None])) @ reads)
    new = w_h @ influence.reshape(n_hidden, -1) + np.kron(np.eye(n_hidden), reads)
    return (np.diag(1 - after**2) @ new).reshape(influence.shape), after


def _rtrl_diagonal(influence, x, h, w_x, w_h, b_h):
    after = np.tanh(np.dot(w_x, x) + np.dot(w_h, h) + b_h)
    new = np.tensordot(w_h, influence, axes=(1, 0))
    units, n_input = np.arange(len(h)), len(x)
    new[units, units, :n_input] += x
    new[units, units, n_input:-1] += h
    new[units, units, -1] += 1
    new *= (1 - np.square(after)).reshape(-1, 1, 1)
    return new, after


def _rtrl_by_row(influence, x, h, w_x, w_h, b_h):
    """Take the weights a row at a time: row j acts directly on unit j alone."""
    after = np.tanh(w_x.dot(x) + w_h.dot(h) + b_h)
    slope = (1 - after) * (1 + after)
    rows = []
    for j in range(len(h)):
        row = w_h @ influence[:, j]
        row[j] += np.concatenate((x, h, [1]))
        rows.append(slope[:, None] * row)
    return np.stack(rows, axis=1), after


# 5.3


def _random_list(x, target, weights, c, seed):
    rng = np.random.default_rng(seed)
    h, error = _run(x, target, *weights)
    das: list = []
    carried = 0
    for t in range(len(x) - 1, -1, -1):
        das.insert(0, (error[t] @ weights[3] + carried) * (1 - h[t + 1] ** 2))
        carried = 0 if rng.random() < c else das[0] @ weights[1] / (1 - c)
    da = np.array(das)
    dw_x, dw_h = np.einsum("tbi,tbj->ij", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
    return dw_x, dw_h, da.sum((0, 1)), np.einsum("tbi,tbj->ij", error, h[1:]), error.sum((0, 1))


def _random_pieces(x, target, weights, c, seed):
    """Cut the sequence into pieces first, then go back through each piece."""
    rng = random.Random(seed)
    cuts = [t for t in range(1, len(x)) if rng.random() < c]
    h, error = _run(x, target, *weights)
    dw_x, dw_h, db_h = (np.zeros_like(w) for w in weights[:3])
    for start, end in zip([0, *cuts], [*cuts, len(x)], strict=True):
        dh = np.zeros_like(h[0])
        for t in reversed(range(start, end)):
            da = (error[t] @ weights[3] + dh) * (1 - h[t + 1] ** 2)
            dw_x, dw_h, db_h = dw_x + da.T @ x[t], dw_h + da.T @ h[t], db_h + da.sum(0)
            dh = da @ weights[1] / (1 - c)
    return dw_x, dw_h, db_h, np.tensordot(error, h[1:], ([0, 1], [0, 1])), error.sum((0, 1))


def _random_by_paths(x, target, weights, c, seed):
    """Follow each loss back with a weight that grows with every step, until the first cut."""
    passes = np.random.default_rng(seed).binomial(1, 1 - c, size=len(x)) / (1 - c)
    h, error = _run(x, target, *weights)
    da = np.zeros_like(h[1:])
    for loss in range(len(x)):
        blame = error[loss] @ weights[3] * (1 - h[loss + 1] ** 2)
        da[loss] += blame
        for t in range(loss - 1, -1, -1):
            blame = passes[t] * (blame @ weights[1]) * (1 - h[t + 1] ** 2)
            da[t] += blame
    dw_x, dw_h = np.einsum("tbi,tbj->ij", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
    return dw_x, dw_h, da.sum((0, 1)), np.einsum("tbi,tbj->ij", error, h[1:]), error.sum((0, 1))


@njit
def _random_back_numba(h, error, w_h, w_y, passes):
    da = np.zeros((len(error), error.shape[1], len(w_h)))
    for s in range(len(error)):
        t = len(error) - 1 - s
        for b in range(error.shape[1]):
            for i in range(len(w_h)):
                for o in range(len(w_y)):
                    da[t, b, i] += error[t, b, o] * w_y[o, i]
                if s > 0:
                    for j in range(len(w_h)):
                        da[t, b, i] += passes[t] * da[t + 1, b, j] * w_h[j, i]
                da[t, b, i] *= 1.0 - h[t + 1, b, i] ** 2
    return da


def _random_numba(x, target, weights, c, seed):
    keep = 1 - c
    passes = (np.random.default_rng(seed).uniform(size=len(x)) < keep).astype(float) / keep
    h, error = _run(x, target, *weights)
    da = _random_back_numba(h, error, weights[1], weights[3], passes)
    dw_x, dw_h = np.einsum("tbi,tbj->ij", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
    return dw_x, dw_h, da.sum((0, 1)), np.einsum("tbi,tbj->ij", error, h[1:]), error.sum((0, 1))


ALTERNATIVES = {
    "5.1": (
        Alternative("path by path", {"tbptt": _tbptt_by_paths}),
        Alternative("as on a stream", {"tbptt": _tbptt_streaming}),
        Alternative("scalar loops", {"tbptt": _tbptt_loops}),
        Alternative("Numba", {"tbptt": _tbptt_numba}),
    ),
    "5.2": (
        Alternative("scalar loops", {"rtrl_step": _rtrl_loops}),
        Alternative("a matrix and a Kronecker product", {"rtrl_step": _rtrl_matrix}),
        Alternative("added on the diagonal", {"rtrl_step": _rtrl_diagonal}),
        Alternative("row by row", {"rtrl_step": _rtrl_by_row}),
        Alternative("Numba", {"rtrl_step": _rtrl_numba}),
    ),
    "5.3": (
        Alternative("list, a draw a step", {"randomly_truncated": _random_list}),
        Alternative("pieces, another generator", {"randomly_truncated": _random_pieces}),
        Alternative("path by path", {"randomly_truncated": _random_by_paths}),
        Alternative("Numba", {"randomly_truncated": _random_numba}),
    ),
    "5.4": (
        Alternative("two digits", {"predicted_fraction": lambda: 0.65}),
        Alternative("a NumPy number", {"predicted_fraction": lambda: np.float32(0.651)}),
        Alternative("a geometric sum", {"predicted_fraction": lambda: 1 - 0.9**10}),
        Alternative(
            "term by term",
            {"predicted_fraction": lambda: sum(0.9**k for k in range(10)) / sum(0.9**k for k in range(200))},
        ),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {
    "5.1": {
        "end = min(len(x), block + k1)": "the smaller of two numbers, in either order",
        "for t in reversed(range(max(end - k2, 0), end)):": "the larger of two numbers, in either order",
        "carried = np.zeros_like(h[1])": "all states have one shape",
        "carried = np.zeros_like(h[-1])": "as above",
    },
    "5.3": {
        "carried = np.zeros_like(h[1])": "all states have one shape",
        "carried = np.zeros_like(h[-1])": "as above",
        "carried = da @ w_h * (rng.random() > c) / (1 - c)": "a drawn number is not exactly c",
    },
}
