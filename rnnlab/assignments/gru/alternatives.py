"""Assignment 9: other right ways of writing the answers, in styles that students use. All must get full marks."""

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative


def _logistic(a):
    return np.where(a >= 0, 1 / (1 + np.exp(-np.abs(a))), np.exp(-np.abs(a)) / (1 + np.exp(-np.abs(a))))


def _step_blocks(x, h, params, reset):
    w_xr, w_xz, w_xn = np.vsplit(params["w_x"], 3)
    w_hr, w_hz, w_hn = np.vsplit(params["w_h"], 3)
    b_r, b_z, b_n = params["b_h"].reshape(3, -1)
    r = _logistic(x @ w_xr.T + h @ w_hr.T + b_r)
    z = _logistic(x @ w_xz.T + h @ w_hz.T + b_z)
    if reset == "after":
        n = np.tanh(x @ w_xn.T + b_n + r * (h @ w_hn.T + params["b_hn"]))
    else:
        n = np.tanh(x @ w_xn.T + b_n + (r * h) @ w_hn.T + params["b_hn"])
    return n + z * (h - n), r, z, n


def _step_einsum(x, h, params, reset):
    size = h.shape[-1]
    w_x, w_h = (params[name].reshape(3, size, -1) for name in ("w_x", "w_h"))
    a = np.einsum("bd,ghd->gbh", x, w_x) + params["b_h"].reshape(3, 1, size)
    r, z = 1 / (1 + np.exp(-(a[:2] + np.einsum("bj,ghj->gbh", h, w_h[:2]))))
    read, factor = (h, r) if reset == "after" else (r * h, np.ones_like(r))
    n = np.tanh(a[2] + factor * (np.einsum("bj,hj->bh", read, w_h[2]) + params["b_hn"]))
    return (1 - z) * n + z * h, r, z, n


def _step_columns(x, h, params, reset):
    size = h.shape[1]
    a = params["w_x"] @ x.T + params["b_h"][:, None]
    b = params["w_h"] @ h.T
    r, z = (0.5 + 0.5 * np.tanh((a[k : k + size] + b[k : k + size]) / 2) for k in (0, size))
    b_hn = params["b_hn"][:, None]
    q = r * (b[2 * size :] + b_hn) if reset == "after" else params["w_h"][2 * size :] @ (r * h.T) + b_hn
    n = np.tanh(a[2 * size :] + q)
    return tuple(np.ascontiguousarray(part.T) for part in (z * h.T + n - z * n, r, z, n))


@njit
def _row_numba(x, h, w_x, w_h, b_h, b_hn, before):
    size = len(h)
    r, z, n, new = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
    for k in range(2 * size):
        a = b_h[k]
        for d in range(len(x)):
            a += w_x[k, d] * x[d]
        for j in range(size):
            a += w_h[k, j] * h[j]
        s = 0.5 + 0.5 * np.tanh(0.5 * a)
        if k < size:
            r[k] = s
        else:
            z[k - size] = s
    for i in range(size):
        a, q = b_h[2 * size + i], b_hn[i]
        for d in range(len(x)):
            a += w_x[2 * size + i, d] * x[d]
        for j in range(size):
            q += w_h[2 * size + i, j] * h[j] * (r[j] if before else 1.0)
        n[i] = np.tanh(a + q * (1.0 if before else r[i]))
        new[i] = (1 - z[i]) * n[i] + z[i] * h[i]
    return new, r, z, n


def _step_numba(x, h, params, reset):
    more = (params["w_x"], params["w_h"], params["b_h"], params["b_hn"], reset == "before")
    rows = [_row_numba(x[b], h[b], *more) for b in range(len(x))]
    return tuple(np.array(parts) for parts in zip(*rows, strict=True))


def _gates_backward(dh, h, r, z, n, w_hn, b_hn, reset):
    """Return the gradients of the three pre-activations and of the candidate's product."""
    da_n = (dh - dh * z) * (1 - n**2)
    da_z = dh * (h - n) * (z - z**2)
    if reset == "after":
        return da_n * (h @ w_hn.T + b_hn) * (r - r**2), da_z, da_n, da_n * r
    return (da_n @ w_hn) * h * (r - r**2), da_z, da_n, da_n


def _backward_blocks(dh, x, h, r, z, n, params, reset):
    w_xr, w_xz, w_xn = np.vsplit(params["w_x"], 3)
    w_hr, w_hz, w_hn = np.vsplit(params["w_h"], 3)
    da_r, da_z, da_n, dq = _gates_backward(dh, h, r, z, n, w_hn, params["b_hn"], reset)
    dx = da_r @ w_xr + da_z @ w_xz + da_n @ w_xn
    gain, read = (1, h) if reset == "after" else (r, r * h)
    dh_before = z * dh + da_r @ w_hr + da_z @ w_hz + gain * (dq @ w_hn)
    dparams = {
        "w_x": np.vstack([da_r.T @ x, da_z.T @ x, da_n.T @ x]),
        "w_h": np.vstack([da_r.T @ h, da_z.T @ h, dq.T @ read]),
        "b_h": np.hstack([da_r.sum(0), da_z.sum(0), da_n.sum(0)]),
        "b_hn": dq.sum(0),
    }
    return dx, dh_before, dparams


def _backward_einsum(dh, x, h, r, z, n, params, reset):
    size = h.shape[1]
    w_x, w_h = (params[name].reshape(3, size, -1) for name in ("w_x", "w_h"))
    da_r, da_z, da_n, dq = _gates_backward(dh, h, r, z, n, w_h[2], params["b_hn"], reset)
    into_x, into_h = np.stack([da_r, da_z, da_n]), np.stack([da_r, da_z, dq])
    read = np.stack([h, h, h if reset == "after" else r * h])
    factor = np.stack([np.ones_like(r), np.ones_like(r), np.ones_like(r) if reset == "after" else r])
    dh_before = dh * z + np.einsum("gbi,gij,gbj->bj", into_h, w_h, factor)
    dparams = {
        "w_x": np.einsum("gbi,bd->gid", into_x, x).reshape(3 * size, -1),
        "w_h": np.einsum("gbi,gbj->gij", into_h, read).reshape(3 * size, size),
        "b_h": into_x.sum(1).ravel(),
        "b_hn": dq.sum(axis=0),
    }
    return np.einsum("gbi,gid->bd", into_x, w_x), dh_before, dparams


def _backward_rows(dh, x, h, r, z, n, params, reset):
    """Go through the batch row by row and add up."""
    total = {name: np.zeros_like(value) for name, value in params.items()}
    dx, dh_before = np.empty_like(x), np.empty_like(h)
    for b in range(len(x)):
        row = slice(b, b + 1)
        dx[row], dh_before[row], dparams = _backward_blocks(
            dh[row], x[row], h[row], r[row], z[row], n[row], params, reset
        )
        for name in total:
            total[name] += dparams[name]
    return dx, dh_before, total


@njit
def _row_backward_numba(dh, x, h, r, z, n, w_x, w_h, b_hn, before, dx, dh_before, dw_x, dw_h, db_h, db_hn):
    size = len(h)
    da, dq, dread = np.zeros(3 * size), np.zeros(size), np.zeros(size)
    for i in range(size):
        da[2 * size + i] = dh[i] * (1 - z[i]) * (1 - n[i] * n[i])
        da[size + i] = dh[i] * (h[i] - n[i]) * z[i] * (1 - z[i])
        dq[i] = da[2 * size + i] * (1.0 if before else r[i])
        db_hn[i] += dq[i]
        dh_before[i] = dh[i] * z[i]
        for j in range(size):
            dread[j] += dq[i] * w_h[2 * size + i, j]
            dw_h[2 * size + i, j] += dq[i] * h[j] * (r[j] if before else 1.0)
    for i in range(size):
        q = b_hn[i]
        for j in range(size):
            q += w_h[2 * size + i, j] * h[j]
        dr = dread[i] * h[i] if before else da[2 * size + i] * q
        da[i] = dr * r[i] * (1 - r[i])
        dh_before[i] += dread[i] * (r[i] if before else 1.0)
    for k in range(3 * size):
        db_h[k] += da[k]
        for d in range(len(x)):
            dx[d] += da[k] * w_x[k, d]
            dw_x[k, d] += da[k] * x[d]
        if k < 2 * size:
            for j in range(size):
                dh_before[j] += da[k] * w_h[k, j]
                dw_h[k, j] += da[k] * h[j]


def _backward_numba(dh, x, h, r, z, n, params, reset):
    w_x, w_h, b_h, b_hn = (params[name] for name in ("w_x", "w_h", "b_h", "b_hn"))
    dx, dh_before = np.zeros_like(x), np.zeros_like(h)
    sums = [np.zeros_like(a) for a in (w_x, w_h, b_h, b_hn)]
    for b in range(len(x)):
        given = (dh[b], x[b], h[b], r[b], z[b], n[b], w_x, w_h, b_hn, reset == "before")
        _row_backward_numba(*given, dx[b], dh_before[b], *sums)
    return dx, dh_before, dict(zip(("w_x", "w_h", "b_h", "b_hn"), sums, strict=True))


def _convert_indexed(params, source, target):
    """Go by way of a table of rows: which row of ours is which row or column of theirs."""
    bias = {"rnnlab": "b_h", "torch": "bias_ih_l0", "keras": "bias"}[source]
    size = params[bias].shape[-1] // 3
    rows = np.arange(3 * size)
    keras = np.r_[rows[size : 2 * size], rows[:size], rows[2 * size :]]
    candidate = rows >= 2 * size
    if source == "keras":
        w_x, w_h = (params[name][:, keras].T for name in ("kernel", "recurrent_kernel"))
        first, second = params["bias"][:, keras]
    elif source == "torch":
        w_x, w_h, first, second = (params[k] for k in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"))
    else:
        w_x, w_h, first = params["w_x"], params["w_h"], params["b_h"]
        second = np.where(candidate, np.tile(params["b_hn"], 3), 0.0)
    if target == "keras":
        return {
            "kernel": w_x[keras].T,
            "recurrent_kernel": w_h[keras].T,
            "bias": np.array([first[keras], second[keras]]),
        }
    if target == "torch":
        return {"weight_ih_l0": w_x, "weight_hh_l0": w_h, "bias_ih_l0": first, "bias_hh_l0": second}
    return {"w_x": w_x, "w_h": w_h, "b_h": first + np.where(candidate, 0.0, second), "b_hn": second[candidate]}


def _joined(named, order):
    return {name: np.concatenate([blocks[gate] for gate in order]) for name, blocks in named.items()}


def _convert_blocks(params, source, target):
    """Take everything apart into gates, by name, and put it together again."""
    if source == "rnnlab":
        w_x, w_h, b = (dict(zip("rzn", np.split(params[k], 3), strict=True)) for k in ("w_x", "w_h", "b_h"))
        b_hn = params["b_hn"]
    elif source == "torch":
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        w_x, w_h, b, c = (dict(zip("rzn", np.split(params[k], 3), strict=True)) for k in names)
        b, b_hn = {"r": b["r"] + c["r"], "z": b["z"] + c["z"], "n": b["n"]}, c["n"]
    else:
        theirs = (params["kernel"].T, params["recurrent_kernel"].T, params["bias"][0], params["bias"][1])
        w_x, w_h, b, c = (dict(zip("zrn", np.split(a, 3), strict=True)) for a in theirs)
        b, b_hn = {"r": b["r"] + c["r"], "z": b["z"] + c["z"], "n": b["n"]}, c["n"]
    zero = np.zeros_like(b_hn)
    if target == "rnnlab":
        return {**_joined({"w_x": w_x, "w_h": w_h, "b_h": b}, "rzn"), "b_hn": b_hn}
    second = {"r": zero, "z": zero, "n": b_hn}
    if target == "torch":
        named = {"weight_ih_l0": w_x, "weight_hh_l0": w_h, "bias_ih_l0": b, "bias_hh_l0": second}
        return _joined(named, "rzn")
    made = _joined({"kernel": w_x, "recurrent_kernel": w_h, "first": b, "second": second}, "zrn")
    bias = np.array([made["first"], made["second"]])
    return {"kernel": made["kernel"].T, "recurrent_kernel": made["recurrent_kernel"].T, "bias": bias}


def _convert_other_share(params, source, target):
    """Give r and z half of their bias in each of the two: any share acts the same."""
    made = _convert_indexed(params, source, target)
    if target == "torch":
        half = np.where(np.arange(len(made["bias_ih_l0"])) < 2 * len(made["bias_ih_l0"]) // 3, 0.5, 0.0)
        total = made["bias_ih_l0"] + made["bias_hh_l0"]
        made["bias_ih_l0"] = np.where(half > 0, half * total, made["bias_ih_l0"])
        made["bias_hh_l0"] = np.where(half > 0, half * total, made["bias_hh_l0"])
    return made


@njit
def _exchange_numba(w):
    size = len(w) // 3
    out = w.copy()
    for i in range(size):
        for j in range(w.shape[1]):
            out[i, j], out[size + i, j] = w[size + i, j], w[i, j]
    return out


def _convert_numba(params, source, target):
    if source == "keras":
        first, second = (_exchange_numba(b[:, None].copy())[:, 0] for b in params["bias"])
        w_x, w_h = (_exchange_numba(params[k].T.copy()) for k in ("kernel", "recurrent_kernel"))
        theirs = {"weight_ih_l0": w_x, "weight_hh_l0": w_h, "bias_ih_l0": first, "bias_hh_l0": second}
        return _convert_indexed(theirs, "torch", target)
    if target == "keras":
        made = _convert_indexed(params, source, "torch")
        w_x, w_h = (_exchange_numba(made[k]).T for k in ("weight_ih_l0", "weight_hh_l0"))
        bias = [_exchange_numba(made[k][:, None].copy())[:, 0] for k in ("bias_ih_l0", "bias_hh_l0")]
        return {"kernel": w_x, "recurrent_kernel": w_h, "bias": np.array(bias)}
    return _convert_indexed(params, source, target)


ALTERNATIVES = {
    "9.1": (
        Alternative("named blocks", {"gru_step": _step_blocks}),
        Alternative("einsum", {"gru_step": _step_einsum}),
        Alternative("columns", {"gru_step": _step_columns}),
        Alternative("Numba", {"gru_step": _step_numba}),
    ),
    "9.2": (
        Alternative("named blocks", {"gru_step_backward": _backward_blocks}),
        Alternative("einsum", {"gru_step_backward": _backward_einsum}),
        Alternative("row by row", {"gru_step_backward": _backward_rows}),
        Alternative("Numba", {"gru_step_backward": _backward_numba}),
    ),
    "9.3": (
        Alternative("index table", {"convert_gates": _convert_indexed}),
        Alternative("named blocks", {"convert_gates": _convert_blocks}),
        Alternative("biases shared by halves", {"convert_gates": _convert_other_share}),
        Alternative("Numba", {"convert_gates": _convert_numba}),
    ),
    "9.4": (
        Alternative("a float", {"predicted_steps": lambda: 7.0}),
        Alternative("a NumPy number", {"predicted_steps": lambda: np.int64(7)}),
        Alternative("by logarithms", {"predicted_steps": lambda: int(np.ceil(np.log(0.5) / np.log(0.9)))}),
        Alternative("counted", {"predicted_steps": lambda: next(n for n in range(100) if 0.9**n <= 0.5)}),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {
    "9.3": {
        "half = np.where(np.arange(len(made['bias_ih_l0'])) < 2 * len(made['bias_ih_l0']) // 3, 0.5, -1.0)": "only whether it is positive is looked at",  # noqa: E501
    },
}
