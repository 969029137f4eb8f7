"""Assignment 12: other right ways of writing the answers, in styles that students use. All must get full marks."""

import math

import numpy as np
from numba import guvectorize, njit

from rnnlab.checks.question import Alternative


@njit
def _forward_arrays(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = np.empty((len(x) + 1, len(h_0), len(b_h)))
    y = np.empty((len(x), len(h_0), len(b_y)))
    h[0] = h_0
    for t in range(len(x)):
        h[t + 1] = np.tanh(x[t] @ w_x.T + h[t] @ w_h.T + b_h)
        y[t] = h[t + 1] @ w_y.T + b_y
    return h, y


@njit
def _forward_sequences(x, h_0, w_x, w_h, b_h, w_y, b_y):
    """Go through one sequence after the other, and through time inside."""
    n_steps, n_batch, n_input = x.shape
    n_hidden, n_output = len(b_h), len(b_y)
    h, y = np.zeros((n_steps + 1, n_batch, n_hidden)), np.zeros((n_steps, n_batch, n_output))
    for b in range(n_batch):
        for i in range(n_hidden):
            h[0, b, i] = h_0[b, i]
        for t in range(n_steps):
            for i in range(n_hidden):
                a = b_h[i]
                for d in range(n_input):
                    a += w_x[i, d] * x[t, b, d]
                for j in range(n_hidden):
                    a += w_h[i, j] * h[t, b, j]
                h[t + 1, b, i] = math.tanh(a)
            for o in range(n_output):
                a = b_y[o]
                for i in range(n_hidden):
                    a += w_y[o, i] * h[t + 1, b, i]
                y[t, b, o] = a
    return h, y


@njit
def _recur(a, w_h, h):
    for t in range(len(a)):
        for b in range(a.shape[1]):
            for i in range(a.shape[2]):
                total = a[t, b, i]
                for j in range(a.shape[2]):
                    total += w_h[i, j] * h[t, b, j]
                h[t + 1, b, i] = math.tanh(total)


def _forward_hoisted(x, h_0, w_x, w_h, b_h, w_y, b_y):
    """Take the products that are no recurrence with NumPy and compile the recurrence alone."""
    h = np.empty((len(x) + 1, *h_0.shape))
    h[0] = h_0
    _recur(x @ w_x.T + b_h, w_h, h)
    return h, h[1:] @ w_y.T + b_y


@guvectorize("(t,d),(i),(i,d),(i,i),(i),(s)->(s,i)", nopython=True)
def _over_time(x, h_0, w_x, w_h, b_h, n_states, h):
    for i in range(len(b_h)):
        h[0, i] = h_0[i]
    for t in range(len(x)):
        for i in range(len(b_h)):
            a = b_h[i]
            for d in range(x.shape[1]):
                a += w_x[i, d] * x[t, d]
            for j in range(len(b_h)):
                a += w_h[i, j] * h[t, j]
            h[t + 1, i] = math.tanh(a)


def _forward_ufunc(x, h_0, w_x, w_h, b_h, w_y, b_y):
    rows = np.ascontiguousarray(x.swapaxes(0, 1))
    states = np.empty((len(h_0), len(x) + 1, len(b_h)))
    _over_time(rows, h_0, w_x, w_h, b_h, np.zeros(len(x) + 1), states)
    h = np.ascontiguousarray(states.swapaxes(0, 1))
    return h, h[1:] @ w_y.T + b_y


@njit
def _backward_arrays(dy, x, h, w_x, w_h, w_y):
    dw_x, dw_h, dw_y = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros_like(w_y)
    db_h, db_y, dx = np.zeros(len(w_h)), np.zeros(len(w_y)), np.empty_like(x)
    dh = np.zeros_like(h[0])
    for t in range(len(x) - 1, -1, -1):
        dw_y += dy[t].T @ h[t + 1]
        db_y += dy[t].sum(axis=0)
        da = (dy[t] @ w_y + dh) * (1 - h[t + 1] ** 2)
        dw_x += da.T @ x[t]
        dw_h += da.T @ h[t]
        db_h += da.sum(axis=0)
        dx[t] = da @ w_x
        dh = da @ w_h
    return dw_x, dw_h, db_h, dw_y, db_y, dx, dh


@njit
def _recur_back(dh, h, w_h, da, carried):
    for t in range(len(dh) - 1, -1, -1):
        for b in range(dh.shape[1]):
            for i in range(dh.shape[2]):
                da[t, b, i] = (dh[t, b, i] + carried[b, i]) * (1 - h[t + 1, b, i] ** 2)
            for j in range(dh.shape[2]):
                total = 0.0
                for i in range(dh.shape[2]):
                    total += da[t, b, i] * w_h[i, j]
                carried[b, j] = total


def _backward_hoisted(dy, x, h, w_x, w_h, w_y):
    """Compile the recurrence alone and take all sums over time with NumPy."""
    da, dh_0 = np.empty_like(h[1:]), np.zeros_like(h[0])
    _recur_back(dy @ w_y, h, w_h, da, dh_0)
    flat, outputs = da.reshape(-1, len(w_h)), dy.reshape(-1, len(w_y))
    dw_x, dw_h = flat.T @ x.reshape(len(flat), -1), flat.T @ h[:-1].reshape(len(flat), -1)
    return dw_x, dw_h, flat.sum(0), outputs.T @ h[1:].reshape(len(flat), -1), outputs.sum(0), da @ w_x, dh_0


@njit
def _backward_sequences(dy, x, h, w_x, w_h, w_y):
    """Go through one sequence after the other, and back through time inside."""
    n_steps, n_batch, n_input = x.shape
    n_hidden, n_output = len(w_h), len(w_y)
    dw_x, dw_h, dw_y = np.zeros(w_x.shape), np.zeros(w_h.shape), np.zeros(w_y.shape)
    db_h, db_y = np.zeros(n_hidden), np.zeros(n_output)
    dx, dh_0, da = np.zeros(x.shape), np.zeros((n_batch, n_hidden)), np.zeros(n_hidden)
    for b in range(n_batch):
        for t in range(n_steps - 1, -1, -1):
            for i in range(n_hidden):
                into = dh_0[b, i]
                for o in range(n_output):
                    into += dy[t, b, o] * w_y[o, i]
                    dw_y[o, i] += dy[t, b, o] * h[t + 1, b, i]
                da[i] = into * (1 - h[t + 1, b, i] * h[t + 1, b, i])
                db_h[i] += da[i]
            for o in range(n_output):
                db_y[o] += dy[t, b, o]
            for j in range(n_hidden):
                dh_0[b, j] = 0.0
                for i in range(n_hidden):
                    dh_0[b, j] += da[i] * w_h[i, j]
                    dw_h[i, j] += da[i] * h[t, b, j]
            for i in range(n_hidden):
                for d in range(n_input):
                    dx[t, b, d] += da[i] * w_x[i, d]
                    dw_x[i, d] += da[i] * x[t, b, d]
    return dw_x, dw_h, db_h, dw_y, db_y, dx, dh_0


@njit
def _sum_products(a, b, out):
    for t in range(len(a)):
        for k in range(a.shape[1]):
            for i in range(a.shape[2]):
                for j in range(b.shape[2]):
                    out[i, j] += a[t, k, i] * b[t, k, j]


def _backward_passes(dy, x, h, w_x, w_h, w_y):
    """Make one compiled pass for the recurrence and one for each sum of products."""
    da, dh_0 = np.empty_like(h[1:]), np.zeros_like(h[0])
    _recur_back(dy @ w_y, h, w_h, da, dh_0)
    dw_x, dw_h, dw_y = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros_like(w_y)
    _sum_products(da, x, dw_x)
    _sum_products(da, h[:-1], dw_h)
    _sum_products(dy, h[1:], dw_y)
    return dw_x, dw_h, da.sum(axis=(0, 1)), dw_y, dy.sum(axis=(0, 1)), da @ w_x, dh_0


def _keep_by_number(step, x, h_0):
    n_steps = len(x)
    every = math.isqrt(n_steps)
    kept, h = {}, h_0
    for t in range(n_steps):
        if t % every == 0:
            kept[str(t)] = h
        h = step(x[t], h)
    return kept, h


def _back_by_number(step, step_backward, dh, x, kept):
    dx, carried, total = np.zeros_like(x), np.zeros_like(dh[0]), None
    end = len(x)
    for start in sorted(map(int, kept), reverse=True):
        states = {start: kept[str(start)]}
        for t in range(start, end - 1):
            states[t + 1] = step(x[t], states[t])
        for t in range(end - 1, start - 1, -1):
            dx[t], carried, dparams = step_backward(dh[t] + carried, x[t], states.pop(t))
            total = dparams if total is None else {k: total[k] + dparams[k] for k in total}
        end = start
    return dx, carried, total


def _keep_stacked(step, x, h_0):
    every = max(1, round(len(x) ** 0.5))
    kept = np.empty((-(-len(x) // every), *h_0.shape))
    h = h_0.copy()
    for t in range(len(x)):
        if t % every == 0:
            kept[t // every] = h
        h = step(x[t], h)
    return kept, h


def _back_stacked(step, step_backward, dh, x, kept):
    every = max(1, round(len(x) ** 0.5))
    dx, carried = np.zeros_like(x), np.zeros_like(dh[0])
    sums: dict = {}
    for k in range(len(kept) - 1, -1, -1):
        start, end = k * every, min((k + 1) * every, len(x))
        segment = np.empty((end - start, *kept[k].shape))
        segment[0] = kept[k]
        for t in range(1, end - start):
            segment[t] = step(x[start + t - 1], segment[t - 1])
        for t in range(end - 1, start - 1, -1):
            dx[t], carried, dparams = step_backward(dh[t] + carried, x[t], segment[t - start])
            for name, gradient in dparams.items():
                sums.setdefault(name, np.zeros_like(gradient))
                sums[name] += gradient
    return dx, carried, sums


def _keep_first(step, x, h_0):
    h = h_0
    for x_t in x:
        h = step(x_t, h)
    return h_0, h


def _halve(step, step_backward, dh, x, h, carried, dx, sums):
    """Go back through a segment by halves: more work, and only log₂ T states held at once."""
    if len(x) == 1:
        dx[0], carried, dparams = step_backward(dh[0] + carried, x[0], h)
        for name, gradient in dparams.items():
            sums[name] = sums.get(name, 0) + gradient
        return carried
    half = len(x) // 2
    middle = h
    for x_t in x[:half]:
        middle = step(x_t, middle)
    carried = _halve(step, step_backward, dh[half:], x[half:], middle, carried, dx[half:], sums)
    return _halve(step, step_backward, dh[:half], x[:half], h, carried, dx[:half], sums)


def _back_halving(step, step_backward, dh, x, kept):
    dx = np.zeros_like(x)
    sums: dict = {}
    dh_0 = _halve(step, step_backward, dh, x, kept, np.zeros_like(dh[0]), dx, sums)
    return dx, dh_0, sums


@njit
def _starts(n_steps):
    every = math.ceil(math.sqrt(n_steps))
    return np.arange(0, n_steps, every)


def _keep_numba(step, x, h_0):
    kept, h = [], h_0
    starts = set(_starts(len(x)))
    for t, x_t in enumerate(x):
        if t in starts:
            kept.append(h)
        h = step(x_t, h)
    return tuple(kept), h


def _back_numba(step, step_backward, dh, x, kept):
    starts = _starts(len(x))
    return _back_by_number(step, step_backward, dh, x, {str(t): h for t, h in zip(starts, kept, strict=True)})


ALTERNATIVES = {
    "12.1": (
        Alternative("Numba", {"rnn_forward_fast": _forward_arrays}),
        Alternative("sequence by sequence", {"rnn_forward_fast": _forward_sequences}),
        Alternative("recurrence alone compiled", {"rnn_forward_fast": _forward_hoisted}),
        Alternative("generalised ufunc", {"rnn_forward_fast": _forward_ufunc}),
    ),
    "12.2": (
        Alternative("Numba", {"rnn_backward_fast": _backward_arrays}),
        Alternative("sequence by sequence", {"rnn_backward_fast": _backward_sequences}),
        Alternative("recurrence alone compiled", {"rnn_backward_fast": _backward_hoisted}),
        Alternative("a compiled pass for each sum", {"rnn_backward_fast": _backward_passes}),
    ),
    "12.3": (
        Alternative(
            "a dict by step", {"forward_checkpointed": _keep_by_number, "backward_checkpointed": _back_by_number}
        ),
        Alternative("stacked arrays", {"forward_checkpointed": _keep_stacked, "backward_checkpointed": _back_stacked}),
        Alternative("recursive halving", {"forward_checkpointed": _keep_first, "backward_checkpointed": _back_halving}),
        Alternative("Numba", {"forward_checkpointed": _keep_numba, "backward_checkpointed": _back_numba}),
    ),
    "12.4": (
        Alternative("three digits", {"predicted_factor": lambda: 1.333}),
        Alternative("a NumPy number", {"predicted_factor": lambda: np.float32(4 / 3)}),
        Alternative("forward twice, backward once", {"predicted_factor": lambda: (1 + 1 + 2) / (1 + 2)}),
        Alternative("what is added", {"predicted_factor": lambda: 1 + 1 / 3}),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {
    "12.3": {
        "segment = np.empty((end, *kept[k].shape))": "every row is written over",
        "dx, dh_0, dparams = (np.empty_like(x), np.zeros_like(dh[-1]), {})": "all steps of dh have the same shape",
        "times = range(k * every, min(len(x), (k + 1) * every))": "the smaller of two numbers, named in either order",
    },
}
