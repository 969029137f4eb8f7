"""A network that reads the token that it has just drawn, as `kernels.sample`, with the engine's products.

With one row there is nothing to share a weight with: each is read once for every token, from packed panels that stay in
the cache, and a row's sums are added in chains, as `panels` says. The exponentials of all scores are taken a register
at a time.
"""

import math

import numpy as np

from rnnlab.kernels.compile import fragment
from rnnlab.kernels.engine.activations import exp, tanh
from rnnlab.kernels.engine.gru import gates_row as gru_gates_row
from rnnlab.kernels.engine.lstm import gates_row as lstm_gates_row
from rnnlab.kernels.engine.panels import PANEL
from rnnlab.kernels.engine.products import add_row, clear_row, copy_row, pack_rows, packed_size, product
from rnnlab.kernels.engine.vectors import after, at, elementwise, engine_kernel, lanes_of

tanh_row = elementwise(lambda a: tanh(a), 1, 1)
exp_row = elementwise(lambda a: exp(a), 1, 1)


@fragment
def packed(weights, lanes):
    """Return a packed copy of weights (N, H): what a product with them reads."""
    rows, n_terms = weights.shape
    out = np.empty(packed_size(n_terms, rows, lanes), weights.dtype)
    pack_rows(weights, n_terms, rows, lanes * PANEL, lanes, lanes, out, 0, n_terms, lanes)
    return out


@fragment
def draw(scores, temperature, uniform, tokens):
    """Write one token a row to `tokens` (B,), by `uniform` (B,) draws; -1 where no score (B, V) is best.

    The scores are overwritten.
    """
    for i in range(scores.shape[0]):
        row = scores[i]
        place = 0
        for j in range(row.size):
            if row[j] > row[place] or row[j] != row[j]:  # a NaN is kept, for nothing is larger
                place = j
        best = row[place]
        if not math.isfinite(best):
            tokens[i] = -1
        elif temperature == 0:
            tokens[i] = place
        else:
            for j in range(row.size):
                row[j] = (row[j] - best) / temperature
            exp_row(row.size, at(row, 0))
            total = 0.0
            for j in range(row.size):
                total += row[j]
            reached, token, edge = 0.0, 0, uniform[i] * total
            for j in range(row.size):
                reached += row[j]
                if reached <= edge:
                    token = j + 1
            tokens[i] = token


@fragment
def take(sums, w_x_t, b_h, tokens):
    """Fill `sums` (B, N) with the bias and what each row's token adds: a row of `w_x_t` (V, N)."""
    n_batch, rows = sums.shape
    for b in range(n_batch):
        copy_row(rows, at(sums, b * rows), at(w_x_t, tokens[b] * rows))
        add_row(rows, at(sums, b * rows), at(b_h, 0))


@fragment
def answer(h, to_y, b_y, scores, temperature, uniform, tokens, lanes):
    """Score all tokens from the states h (B, H), and draw the next of each row."""
    n_batch, n_hidden = h.shape
    old, s, n_tokens = at(h, 0), at(scores, 0), len(b_y)
    product(
        old, n_hidden, n_hidden, old, n_hidden, 0, at(to_y, 0), n_batch, n_tokens, at(b_y, 0), 0, s, n_tokens, lanes
    )
    draw(scores, temperature, uniform, tokens)


@engine_kernel
def rnn(w_x_t, w_h, b_h, w_y, b_y, h, temperature, uniform, tokens):
    """Fill `tokens` from a simple network with tanh."""
    lanes, n_batch, n_hidden = lanes_of(h), h.shape[0], h.shape[1]
    from_h, to_y = packed(w_h, lanes), packed(w_y, lanes)
    new, scores = np.empty_like(h), np.empty((n_batch, len(b_y)), h.dtype)
    temperature = h.dtype.type(temperature)
    for t in range(len(uniform)):
        take(new, w_x_t, b_h, tokens[t])
        old, a = at(h, 0), at(new, 0)
        product(
            old, n_hidden, n_hidden, old, n_hidden, 0, at(from_h, 0), n_batch, n_hidden, a, n_hidden, a, n_hidden, lanes
        )
        tanh_row(h.size, a)
        copy_row(h.size, old, a)
        answer(h, to_y, b_y, scores, temperature, uniform[t], tokens[t + 1], lanes)


@engine_kernel
def lstm(w_x_t, w_h, b_h, w_y, b_y, h, c, temperature, uniform, tokens):
    """Fill `tokens` from an LSTM."""
    lanes, n_batch, n_hidden = lanes_of(h), h.shape[0], h.shape[1]
    from_h, to_y, rows = packed(w_h, lanes), packed(w_y, lanes), len(b_h)
    gates, scores = np.empty((n_batch, rows), h.dtype), np.empty((n_batch, len(b_y)), h.dtype)
    temperature = h.dtype.type(temperature)
    for t in range(len(uniform)):
        take(gates, w_x_t, b_h, tokens[t])
        old, a = at(h, 0), at(gates, 0)
        product(old, n_hidden, n_hidden, old, n_hidden, 0, at(from_h, 0), n_batch, rows, a, rows, a, rows, lanes)
        for b in range(n_batch):
            i, its_h, its_c = at(gates, b * rows), at(h, b * n_hidden), at(c, b * n_hidden)
            lstm_gates_row(
                n_hidden, i, after(i, n_hidden), after(i, 2 * n_hidden), after(i, 3 * n_hidden), its_h, its_c, its_c
            )
        answer(h, to_y, b_y, scores, temperature, uniform[t], tokens[t + 1], lanes)


@engine_kernel
def gru(w_x_t, w_h, b_h, b_hn, w_y, b_y, h, temperature, uniform, tokens):
    """Fill `tokens` from a GRU whose reset comes after the product."""
    lanes, n_batch, n_hidden = lanes_of(h), h.shape[0], h.shape[1]
    from_h, to_y, rows = packed(w_h, lanes), packed(w_y, lanes), len(b_h)
    gates, scores = np.empty((n_batch, rows), h.dtype), np.empty((n_batch, len(b_y)), h.dtype)
    products, q, bias = np.empty_like(gates), np.empty_like(h), np.empty(rows, h.dtype)
    clear_row(2 * n_hidden, at(bias, 0))
    copy_row(n_hidden, at(bias, 2 * n_hidden), at(b_hn, 0))
    temperature = h.dtype.type(temperature)
    for t in range(len(uniform)):
        take(gates, w_x_t, b_h, tokens[t])
        old, u = at(h, 0), at(products, 0)
        product(old, n_hidden, n_hidden, old, n_hidden, 0, at(from_h, 0), n_batch, rows, at(bias, 0), 0, u, rows, lanes)
        for b in range(n_batch):
            r, u_r, its_h = at(gates, b * rows), at(products, b * rows), at(h, b * n_hidden)
            gru_gates_row(
                n_hidden, r, after(r, n_hidden), after(r, 2 * n_hidden), at(q, b * n_hidden), its_h,
                u_r, after(u_r, n_hidden), after(u_r, 2 * n_hidden), its_h,
            )  # fmt: skip
        answer(h, to_y, b_y, scores, temperature, uniform[t], tokens[t + 1], lanes)
