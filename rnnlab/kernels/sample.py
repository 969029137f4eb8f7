"""A network that reads the token that it has just drawn, for any number of tokens in one call.

`tokens` (n+1, B) begins with what is read first and is filled; `uniform` (n, B) decides what is drawn. The states are
changed in place.
"""

import math

import numpy as np

from rnnlab.kernels.compile import inlined, kernel
from rnnlab.kernels.numba_ops import activate, add_rows, gru_after, lstm_gates


@inlined
def look_up(w_x_t, tokens, out):
    """Write the row of `w_x_t` (V, N) of each token (B,) to `out` (B, N): what w_x makes of a one-hot input."""
    for i in range(out.shape[0]):
        row = w_x_t[tokens[i]]
        for j in range(out.shape[1]):
            out[i, j] = row[j]


@inlined
def draw(scores, b_y, temperature, uniform, chances, tokens):
    """Write one token a row to `tokens` (B,), by `uniform` (B,) draws; -1 where no score (B, V) is best.

    `chances` (V,) is a float64 workspace.
    """
    for i in range(scores.shape[0]):
        row = scores[i]
        place = 0
        for j in range(row.size):
            row[j] += b_y[j]
            if row[j] > row[place] or row[j] != row[j]:  # a NaN is kept, for nothing is larger
                place = j
        best = float(row[place])
        if not math.isfinite(best):
            tokens[i] = -1
        elif temperature == 0:
            tokens[i] = place
        else:
            total = 0.0
            for j in range(row.size):
                chances[j] = math.exp((row[j] - best) / temperature)
                total += chances[j]
            reached, token, edge = 0.0, 0, uniform[i] * total
            for j in range(row.size):
                reached += chances[j]
                if reached <= edge:
                    token = j + 1
            tokens[i] = token


@kernel
def rnn(kind, w_x_t, w_h_t, b_h, w_y_t, b_y, h, temperature, uniform, tokens):
    """Fill `tokens` from a simple network."""
    recurrent, scores = np.empty_like(h), np.empty((len(h), len(b_y)), h.dtype)
    chances = np.empty(len(b_y))
    for t in range(len(uniform)):
        np.dot(h, w_h_t, recurrent)
        look_up(w_x_t, tokens[t], h)
        add_rows(h, recurrent, b_h)
        activate(kind, h)
        np.dot(h, w_y_t, scores)
        draw(scores, b_y, temperature, uniform[t], chances, tokens[t + 1])


@kernel
def lstm(w_x_t, w_h_t, b_h, w_y_t, b_y, h, c, temperature, uniform, tokens):
    """Fill `tokens` from an LSTM."""
    recurrent, scores = np.empty((len(h), len(b_h)), h.dtype), np.empty((len(h), len(b_y)), h.dtype)
    gates, chances = np.empty_like(recurrent), np.empty(len(b_y))
    for t in range(len(uniform)):
        np.dot(h, w_h_t, recurrent)
        look_up(w_x_t, tokens[t], gates)
        add_rows(gates, recurrent, b_h)
        lstm_gates(gates, c, c, h)
        np.dot(h, w_y_t, scores)
        draw(scores, b_y, temperature, uniform[t], chances, tokens[t + 1])


@kernel
def gru(w_x_t, w_h_t, b_h, b_hn, w_y_t, b_y, h, temperature, uniform, tokens):
    """Fill `tokens` from a GRU whose reset comes after the product."""
    recurrent, scores = np.empty((len(h), len(b_h)), h.dtype), np.empty((len(h), len(b_y)), h.dtype)
    gates, q, chances = np.empty_like(recurrent), np.empty_like(h), np.empty(len(b_y))
    for t in range(len(uniform)):
        np.dot(h, w_h_t, recurrent)
        look_up(w_x_t, tokens[t], gates)
        gru_after(gates, recurrent, b_h, b_hn, q, h, h)
        np.dot(h, w_y_t, scores)
        draw(scores, b_y, temperature, uniform[t], chances, tokens[t + 1])
