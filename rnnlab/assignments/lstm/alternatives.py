"""Assignment 10: other right ways of writing the answers, in styles that students use. All must get full marks."""

import math

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative


def _logistic(a):
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1 / (1 + e), e / (1 + e))


def _forward_blocks(x, h_0, c_0, params):
    w_xi, w_xf, w_xg, w_xo = np.split(params["w_x"], 4)
    w_hi, w_hf, w_hg, w_ho = np.split(params["w_h"], 4)
    b_i, b_f, b_g, b_o = np.split(params["b_h"], 4)
    h, c, gates = [h_0], [c_0], []
    for x_t in x:
        i = _logistic(x_t @ w_xi.T + h[-1] @ w_hi.T + b_i)
        f = _logistic(x_t @ w_xf.T + h[-1] @ w_hf.T + b_f)
        g = np.tanh(x_t @ w_xg.T + h[-1] @ w_hg.T + b_g)
        o = _logistic(x_t @ w_xo.T + h[-1] @ w_ho.T + b_o)
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
        gates.append(np.hstack([i, f, g, o]))
    return np.array(h), np.array(c), np.array(gates)


def _forward_filled(x, h_0, c_0, params):
    """Take the input's product for all steps at once and fill arrays made beforehand."""
    size = h_0.shape[1]
    gates = np.einsum("tbd,kd->tbk", x, params["w_x"]) + params["b_h"]
    h, c = np.empty((2, len(x) + 1, *h_0.shape))
    h[0], c[0] = h_0, c_0
    for t, a in enumerate(gates):
        a += h[t] @ params["w_h"].T
        a[:, : 2 * size] = _logistic(a[:, : 2 * size])
        a[:, 3 * size :] = _logistic(a[:, 3 * size :])
        np.tanh(a[:, 2 * size : 3 * size], out=a[:, 2 * size : 3 * size])
        i, f, g, o = (a[:, k * size : (k + 1) * size] for k in range(4))
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    return h, c, gates


def _forward_halves(x, h_0, c_0, params):
    """Read one half of the sequence after the other: the recursion is only log₂ T deep."""
    if len(x) == 1:
        return _forward_blocks(x, h_0, c_0, params)
    half = len(x) // 2
    first = _forward_halves(x[:half], h_0, c_0, params)
    second = _forward_halves(x[half:], first[0][-1], first[1][-1], params)
    h, c = (np.vstack([one, other[1:]]) for one, other in zip(first[:2], second[:2], strict=True))
    return h, c, np.vstack([first[2], second[2]])


@njit
def _loops(x, h_0, c_0, w_x, w_h, b_h):
    n_steps, n_batch, n_input = x.shape
    size = h_0.shape[1]
    h, c = np.zeros((n_steps + 1, n_batch, size)), np.zeros((n_steps + 1, n_batch, size))
    gates = np.zeros((n_steps, n_batch, 4 * size))
    for b in range(n_batch):
        for j in range(size):
            h[0, b, j], c[0, b, j] = h_0[b, j], c_0[b, j]
    for t in range(n_steps):
        for b in range(n_batch):
            for k in range(4 * size):
                a = b_h[k]
                for d in range(n_input):
                    a += w_x[k, d] * x[t, b, d]
                for j in range(size):
                    a += w_h[k, j] * h[t, b, j]
                inside = 2 * size <= k < 3 * size
                gates[t, b, k] = math.tanh(a) if inside else 0.5 + 0.5 * math.tanh(0.5 * a)
            for j in range(size):
                keep, new = gates[t, b, size + j], gates[t, b, j] * gates[t, b, 2 * size + j]
                c[t + 1, b, j] = keep * c[t, b, j] + new
                h[t + 1, b, j] = gates[t, b, 3 * size + j] * math.tanh(c[t + 1, b, j])
    return h, c, gates


def _forward_numba(x, h_0, c_0, params):
    return _loops(x, h_0, c_0, params["w_x"], params["w_h"], params["b_h"])


def _backward_blocks(dh, dc_last, x, h, c, gates, params):
    w_x, w_h = np.split(params["w_x"], 4), np.split(params["w_h"], 4)
    dx = np.zeros_like(x)
    sums = [[np.zeros_like(w) for w in np.split(params[name], 4)] for name in ("w_x", "w_h", "b_h")]
    dh_t, dc = np.zeros_like(dc_last), dc_last
    for t in range(len(x) - 1, -1, -1):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        dh_t = dh_t + dh[t]
        do = dh_t * np.tanh(c[t + 1])
        dc = dc + dh_t * o / np.cosh(c[t + 1]) ** 2
        pre = [dc * g * i * (1 - i), dc * c[t] * f * (1 - f), dc * i * (1 - g * g), do * o * (1 - o)]
        dc, dh_t = dc * f, np.zeros_like(dc)
        for k, a in enumerate(pre):
            dx[t] += a @ w_x[k]
            dh_t += a @ w_h[k]
            sums[0][k] += a.T @ x[t]
            sums[1][k] += a.T @ h[t]
            sums[2][k] += a.sum(axis=0)
    return dx, dh_t, dc, {k: np.concatenate(v) for k, v in zip(("w_x", "w_h", "b_h"), sums, strict=True)}


def _factors(c, gates):
    """Return what dc and dh are multiplied by on their way to the pre-activations, for all steps at once."""
    i, f, g, o = np.split(gates, 4, axis=2)
    tanh_c = np.tanh(c[1:])
    from_c = np.stack([g * (i - i * i), c[:-1] * (f - f * f), i - i * g * g])
    return from_c, tanh_c * (o - o * o), o - o * tanh_c**2, f


def _backward_hoisted(dh, dc_last, x, h, c, gates, params):
    from_c, from_h, into_c, f = _factors(c, gates)
    da = np.empty(gates.shape)
    carried, dc = 0.0, dc_last
    for t in range(len(x) - 1, -1, -1):
        dh_t = dh[t] + carried
        dc = dc + dh_t * into_c[t]
        da[t] = np.hstack([*(dc * from_c[:, t]), dh_t * from_h[t]])
        carried, dc = np.dot(da[t], params["w_h"]), dc * f[t]
    flat = da.reshape(-1, da.shape[2])
    dparams = {
        "w_x": flat.T @ x.reshape(len(flat), -1),
        "w_h": flat.T @ h[:-1].reshape(len(flat), -1),
        "b_h": flat.sum(0),
    }
    return (flat @ params["w_x"]).reshape(x.shape), carried, dc, dparams


def _backward_rows(dh, dc_last, x, h, c, gates, params):
    """Go through the batch row by row and put together what comes out."""
    rows = [slice(b, b + 1) for b in range(x.shape[1])]
    parts = [_backward_hoisted(dh[:, b], dc_last[b], x[:, b], h[:, b], c[:, b], gates[:, b], params) for b in rows]
    total = {name: sum(part[3][name] for part in parts) for name in ("w_x", "w_h", "b_h")}
    dx = np.concatenate([part[0] for part in parts], axis=1)
    return dx, np.vstack([part[1] for part in parts]), np.vstack([part[2] for part in parts]), total


@njit
def _back_loops(dh, x, h, c, gates, w_x, w_h, dh_t, dc, dx, dw_x, dw_h, db_h):
    n_steps, n_batch, size = dh.shape
    da = np.zeros(4 * size)
    for t in range(n_steps - 1, -1, -1):
        for b in range(n_batch):
            for j in range(size):
                i, f = gates[t, b, j], gates[t, b, size + j]
                g, o = gates[t, b, 2 * size + j], gates[t, b, 3 * size + j]
                tanh_c, into_h = math.tanh(c[t + 1, b, j]), dh[t, b, j] + dh_t[b, j]
                into_c = dc[b, j] + into_h * o * (1 - tanh_c * tanh_c)
                da[j] = into_c * g * i * (1 - i)
                da[size + j] = into_c * c[t, b, j] * f * (1 - f)
                da[2 * size + j] = into_c * i * (1 - g * g)
                da[3 * size + j] = into_h * tanh_c * o * (1 - o)
                dc[b, j], dh_t[b, j] = into_c * f, 0.0
            for k in range(4 * size):
                db_h[k] += da[k]
                for d in range(x.shape[2]):
                    dx[t, b, d] += da[k] * w_x[k, d]
                    dw_x[k, d] += da[k] * x[t, b, d]
                for j in range(size):
                    dh_t[b, j] += da[k] * w_h[k, j]
                    dw_h[k, j] += da[k] * h[t, b, j]


def _backward_numba(dh, dc_last, x, h, c, gates, params):
    dparams = {name: np.zeros_like(params[name]) for name in ("w_x", "w_h", "b_h")}
    dx, dh_t, dc = np.zeros_like(x), np.zeros_like(dc_last), dc_last.copy()
    w_x, w_h = params["w_x"], params["w_h"]
    _back_loops(dh, x, h, c, gates, w_x, w_h, dh_t, dc, dx, dparams["w_x"], dparams["w_h"], dparams["b_h"])
    return dx, dh_t, dc, dparams


def _bias_logit(b_h, half_life):
    f = 0.5 ** (1 / half_life)
    i, _, g, o = np.split(b_h, 4)
    return np.concatenate([i, np.full_like(i, np.log(f) - np.log1p(-f)), g, o])


def _bias_reshaped(b_h, half_life):
    blocks = b_h.reshape(4, -1).copy()
    blocks[1] = 2 * np.arctanh(2 * 2 ** (-1 / half_life) - 1)
    return blocks.ravel()


def _bias_where(b_h, half_life):
    block = np.arange(len(b_h)) * 4 // len(b_h)
    return np.where(block == 1, -math.log(2 ** (1 / half_life) - 1), b_h)


@njit
def _bias_numba(b_h, half_life):
    changed = np.empty(len(b_h))
    size = len(b_h) // 4
    for k in range(len(b_h)):
        changed[k] = -math.log(math.expm1(math.log(2.0) / half_life)) if k // size == 1 else b_h[k]
    return changed


ALTERNATIVES = {
    "10.1": (
        Alternative("named blocks", {"lstm_forward": _forward_blocks}),
        Alternative("filled in place, input product hoisted", {"lstm_forward": _forward_filled}),
        Alternative("recursion by halves", {"lstm_forward": _forward_halves}),
        Alternative("Numba", {"lstm_forward": _forward_numba}),
    ),
    "10.2": (
        Alternative("named blocks", {"lstm_backward": _backward_blocks}),
        Alternative("factors and sums hoisted", {"lstm_backward": _backward_hoisted}),
        Alternative("row by row", {"lstm_backward": _backward_rows}),
        Alternative("Numba", {"lstm_backward": _backward_numba}),
    ),
    "10.3": (
        Alternative("logit", {"forget_bias": _bias_logit}),
        Alternative("blocks as rows", {"forget_bias": _bias_reshaped}),
        Alternative("where", {"forget_bias": _bias_where}),
        Alternative("Numba", {"forget_bias": _bias_numba}),
    ),
    "10.4": (
        Alternative("a float", {"predicted_steps": lambda: 15.0}),
        Alternative("a NumPy number", {"predicted_steps": lambda: np.int64(15)}),
        Alternative(
            "by logarithms", {"predicted_steps": lambda: math.ceil(math.log(0.01) / -math.log1p(math.exp(-1)))}
        ),
        Alternative(
            "counted", {"predicted_steps": lambda: next(n for n in range(100) if (1 + math.exp(-1)) ** -n <= 0.01)}
        ),
    ),
}
