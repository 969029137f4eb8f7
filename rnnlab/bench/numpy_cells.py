"""The cells as one writes them with NumPy alone: whole-array expressions in a Python loop over time."""

from typing import Any

import numpy as np


def _sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def forward(kind: str, params: Any, x: np.ndarray) -> tuple[np.ndarray, list[Any]]:
    """Return the states (T+1, B, H) and what each step keeps for the way back."""
    (n_steps, n_batch, _), n_hidden = x.shape, params.w_h.shape[1]
    h, c = np.zeros((n_steps + 1, n_batch, n_hidden), x.dtype), np.zeros((n_batch, n_hidden), x.dtype)
    from_x = x @ params.w_x.T + params.b_h
    kept: list[Any] = []
    for t in range(n_steps):
        from_h = h[t] @ params.w_h.T
        if kind == "rnn":
            h[t + 1] = np.tanh(from_x[t] + from_h)
            kept.append(None)
        elif kind == "gru":
            r, z = np.split(_sigmoid(from_x[t, :, : 2 * n_hidden] + from_h[:, : 2 * n_hidden]), 2, axis=1)
            q = from_h[:, 2 * n_hidden :] + params.b_hn
            n = np.tanh(from_x[t, :, 2 * n_hidden :] + r * q)
            h[t + 1] = (1 - z) * n + z * h[t]
            kept.append((r, z, n, q))
        else:
            i, f, g, o = np.split(from_x[t] + from_h, 4, axis=1)
            i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
            old, c = c, f * c + i * g
            h[t + 1] = o * np.tanh(c)
            kept.append((i, f, g, o, old, c))
    return h, kept


def backward(kind: str, params: Any, x: np.ndarray, h: np.ndarray, kept: list[Any], dh: np.ndarray) -> list[np.ndarray]:
    """Return the gradients of w_x, w_h, b_h, in a GRU b_hn, then of x and of h_0."""
    da = np.empty((*x.shape[:2], len(params.b_h)), x.dtype)
    da_h, carried, dc = da if kind != "gru" else np.empty_like(da), np.zeros_like(h[0]), np.zeros_like(h[0])
    for t in range(len(x) - 1, -1, -1):
        total = dh[t] + carried
        if kind == "rnn":
            da[t] = total * (1 - h[t + 1] ** 2)
            carried = da[t] @ params.w_h
        elif kind == "gru":
            r, z, n, q = kept[t]
            da_n = total * (1 - z) * (1 - n * n)
            gates = [da_n * q * r * (1 - r), total * (h[t] - n) * z * (1 - z)]
            da[t], da_h[t] = np.hstack([*gates, da_n]), np.hstack([*gates, da_n * r])
            carried = da_h[t] @ params.w_h + total * z
        else:
            i, f, g, o, old, c = kept[t]
            tanh_c = np.tanh(c)
            dc = dc + total * o * (1 - tanh_c * tanh_c)
            gates = [dc * g * i * (1 - i), dc * old * f * (1 - f), dc * i * (1 - g * g), total * tanh_c * o * (1 - o)]
            da[t], dc = np.hstack(gates), dc * f
            carried = da[t] @ params.w_h
    rows, rows_h = da.reshape(-1, da.shape[2]), da_h.reshape(-1, da.shape[2])
    found = [rows.T @ x.reshape(len(rows), -1), rows_h.T @ h[:-1].reshape(len(rows), -1), rows.sum(axis=0)]
    if kind == "gru":
        found.append(rows_h[:, -h.shape[2] :].sum(axis=0))
    return [*found, da @ params.w_x, carried]
