"""Assignment 8: other right ways of writing the answers, in styles that students use. All must get full marks."""

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative

# reverse_rows


def _reverse_columns(x, lengths):
    columns = [np.concatenate([x[:n, b][::-1], x[n:, b]]) for b, n in enumerate(lengths)]
    return np.stack(columns, axis=1)


def _reverse_index(x, lengths):
    t, b = np.indices(x.shape[:2])
    return x[np.where(t < lengths, lengths - 1 - t, t), b]


def _reverse_loops(x, lengths):
    turned = np.empty_like(x)
    for t in range(x.shape[0]):
        for b in range(x.shape[1]):
            turned[t, b] = x[lengths[b] - 1 - t if t < lengths[b] else t, b]
    return turned


_reverse_numba = njit(_reverse_loops)


# Row by row: each row is read by itself, in its own length, so that there is no padding


def _read(layer, x):
    h = [np.zeros(len(layer["b_h"]))]
    for x_t in x:
        h.append(np.tanh(layer["w_x"] @ x_t + layer["w_h"] @ h[-1] + layer["b_h"]))
    return np.array(h)


def _rows(params, x, lengths):
    n_hidden = len(params["forward"]["b_h"])
    out = np.zeros((*x.shape[:2], 2 * n_hidden))
    states = []
    for b, n in enumerate(lengths):
        h, s = _read(params["forward"], x[:n, b]), _read(params["backward"], x[:n, b][::-1])
        out[:n, b, :n_hidden], out[:n, b, n_hidden:] = h[1:], s[:0:-1]
        states.append((x[:n, b], h, s))
    return out, {"params": params, "n_steps": len(x), "rows": states}


def _rows_back(dh, tape):
    params = tape["params"]
    gradient = {way: {name: np.zeros_like(w) for name, w in layer.items()} for way, layer in params.items()}
    n_hidden = dh.shape[2] // 2
    dx = np.zeros((tape["n_steps"], len(tape["rows"]), params["forward"]["w_x"].shape[1]))
    for b, (x, h, s) in enumerate(tape["rows"]):
        n = len(x)
        dx[:n, b] += _row_back(params["forward"], gradient["forward"], x, h, dh[:n, b, :n_hidden])
        dx[:n, b] += _row_back(params["backward"], gradient["backward"], x[::-1], s, dh[:n, b, n_hidden:][::-1])[::-1]
    return gradient, dx


def _row_back(layer, gradient, x, h, dh):
    da, carry = np.zeros_like(dh), 0.0
    for t in reversed(range(len(x))):
        da[t] = (dh[t] + carry) * (1 - h[t + 1] ** 2)
        carry = layer["w_h"].T @ da[t]
    gradient["w_x"] += np.einsum("th,td->hd", da, x)
    gradient["w_h"] += np.einsum("th,ti->hi", da, h[:-1])
    gradient["b_h"] += da.sum(axis=0)
    return da @ layer["w_x"]


# Held states: a row's state stands still in its padding; the other layer reads in descending t and waits for its row


def _held(params, x, lengths):
    n_steps, n_batch, _ = x.shape
    on = (np.arange(n_steps)[:, None] < lengths)[..., None]
    clean = np.where(on, x, 0.0)
    states = {}
    for way, layer in params.items():
        h = np.zeros((n_steps, n_batch, len(layer["b_h"])))
        before = np.zeros_like(h[0])
        for t in range(n_steps) if way == "forward" else reversed(range(n_steps)):
            a = np.einsum("bd,hd->bh", clean[t], layer["w_x"]) + np.einsum("bi,hi->bh", before, layer["w_h"])
            h[t] = before = np.where(on[t], np.tanh(a + layer["b_h"]), 0.0)
        states[way] = h
    both = np.concatenate([states["forward"], states["backward"]], axis=-1)
    return both, (params, clean, on, states)


def _held_back(dh, tape):
    params, x, on, states = tape
    n_hidden = dh.shape[2] // 2
    dparams, dx = {}, np.zeros_like(x)
    for way, layer in params.items():
        forward = way == "forward"
        h, part = states[way], np.where(on, dh, 0.0)[..., :n_hidden] if forward else dh[..., n_hidden:]
        zero = np.zeros_like(h[:1])
        before = np.concatenate([zero, h[:-1]] if forward else [h[1:], zero])
        da, carry = np.zeros_like(h), np.zeros_like(h[0])
        for t in reversed(range(len(x))) if forward else range(len(x)):
            da[t] = np.where(on[t], (part[t] + carry) * (1 - h[t] ** 2), 0.0)
            carry = da[t] @ layer["w_h"]
        weights = {"w_x": np.tensordot(da, x, ([0, 1], [0, 1])), "w_h": np.tensordot(da, before, ([0, 1], [0, 1]))}
        dparams[way] = {**weights, "b_h": da.sum(axis=(0, 1))}
        dx += da @ layer["w_x"]
    return dparams, dx


# Once more: the tape holds the inputs alone


def _forgetful(params, x, lengths):
    return _held(params, x, lengths)[0], [params, x, lengths]


def _forgetful_back(dh, tape):
    return _held_back(dh, _held(*tape)[1])


# Numba


@njit
def _run_numba(w_x, w_h, b_h, x):
    h = np.zeros((x.shape[0] + 1, x.shape[1], len(b_h)))
    for t in range(x.shape[0]):
        for b in range(x.shape[1]):
            for i in range(len(b_h)):
                a = b_h[i]
                for d in range(x.shape[2]):
                    a += w_x[i, d] * x[t, b, d]
                for j in range(len(b_h)):
                    a += w_h[i, j] * h[t, b, j]
                h[t + 1, b, i] = np.tanh(a)
    return h


@njit
def _back_numba(w_h, h, dh):
    da = np.empty_like(dh)
    carry = np.zeros(dh.shape[1:])
    for t in range(len(dh) - 1, -1, -1):
        for b in range(dh.shape[1]):
            for i in range(dh.shape[2]):
                da[t, b, i] = (dh[t, b, i] + carry[b, i]) * (1 - h[t + 1, b, i] ** 2)
            for j in range(dh.shape[2]):
                carry[b, j] = 0.0
                for i in range(dh.shape[2]):
                    carry[b, j] += da[t, b, i] * w_h[i, j]
    return da


def _compiled(params, x, lengths):
    on = (np.arange(len(x))[:, None] < lengths)[..., None]
    clean = np.where(on, x, 0.0)
    there, back = params["forward"], params["backward"]
    h = _run_numba(there["w_x"], there["w_h"], there["b_h"], clean)
    s = _run_numba(back["w_x"], back["w_h"], back["b_h"], _reverse_loops(clean, lengths))
    both = np.concatenate([h[1:], _reverse_loops(s[1:], lengths)], axis=2)
    return np.where(on, both, 0.0), {"params": params, "x": clean, "lengths": lengths, "h": h, "s": s}


def _compiled_back(dh, tape):
    params, x, lengths = tape["params"], tape["x"], tape["lengths"]
    df, db = np.split(np.where((np.arange(len(x))[:, None] < lengths)[..., None], dh, 0.0), 2, axis=2)
    da = _back_numba(params["forward"]["w_h"], tape["h"], np.ascontiguousarray(df))
    de = _back_numba(params["backward"]["w_h"], tape["s"], _reverse_loops(db, lengths))
    dx = da @ params["forward"]["w_x"] + _reverse_loops(de @ params["backward"]["w_x"], lengths)
    gradients = {}
    for way, d, read, h in (("forward", da, x, tape["h"]), ("backward", de, _reverse_loops(x, lengths), tape["s"])):
        w_x, w_h = np.einsum("tbh,tbd->hd", d, read), np.einsum("tbh,tbi->hi", d, h[:-1])
        gradients[way] = {"w_x": w_x, "w_h": w_h, "b_h": d.sum(axis=(0, 1))}
    return gradients, dx


def _best_share():
    """Share of right answers of who says what the coin before and the coin now have most."""
    coins = [(before, now, after) for before in (0, 1) for now in (0, 1) for after in (0, 1)]
    return sum((before + now + after >= 2) == (before + now >= 1) for before, now, after in coins) / len(coins)


ALTERNATIVES = {
    "8.1": (
        Alternative(
            "row by row",
            {
                "reverse_rows": _reverse_columns,
                "bidirectional_forward": _rows,
                "bidirectional_backward": _rows_back,
            },
        ),
        Alternative(
            "held at zero, einsum",
            {
                "reverse_rows": _reverse_index,
                "bidirectional_forward": _held,
                "bidirectional_backward": _held_back,
            },
        ),
        Alternative(
            "forward once more",
            {
                "reverse_rows": _reverse_loops,
                "bidirectional_forward": _forgetful,
                "bidirectional_backward": _forgetful_back,
            },
        ),
        Alternative(
            "Numba",
            {
                "reverse_rows": _reverse_numba,
                "bidirectional_forward": _compiled,
                "bidirectional_backward": _compiled_back,
            },
        ),
    ),
    "8.2": (
        Alternative("a fraction", {"predicted_accuracy": lambda: 3 / 4}),
        Alternative("a NumPy number", {"predicted_accuracy": lambda: np.float32(0.75)}),
        Alternative("half are sure, half a guess", {"predicted_accuracy": lambda: 0.5 * 1 + 0.5 * 0.5}),
        Alternative("all eight cases", {"predicted_accuracy": lambda: _best_share()}),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {
    "8.1": {
        "da, carry = (np.ones_like(dh), 0.0)": "every row is written over",
        "x = np.where(counts, x, 1.0)": "what stands in the padding reaches nothing, as long as it is finite",
        "x = np.where(counts, x, -1.0)": "what stands in the padding reaches nothing, as long as it is finite",
    },
}
