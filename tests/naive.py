"""Every cell as scalar loops, written from the equations alone: slow, and plain enough to be believed.

Each function takes one row: x (T, D) and the parts of its state (H,), as nested lists or arrays, and returns lists.
"""

import math


def sigmoid(a):
    return 1 / (1 + math.exp(-a))


ACTIVATIONS = {
    "tanh": math.tanh,
    "relu": lambda a: a if a > 0 else 0.0,
    "sigmoid": sigmoid,
    "linear": lambda a: a,
    "leaky_relu": lambda a: a if a > 0 else 0.01 * a,
}


def affine(w, v, b, row):
    """Row `row` of w v + b."""
    total = b[row]
    for column in range(len(v)):
        total += w[row][column] * v[column]
    return total


def product(w, v, row):
    """Row `row` of w v."""
    return affine(w, v, [0.0] * (row + 1), row)


def rnn(params, x, state, activation="tanh"):
    """h_t = f(w_x x_t + w_h h_{t-1} + b_h)."""
    (h,) = state
    f, n_hidden = ACTIVATIONS[activation], len(h)
    states = [list(h)]
    for x_t in x:
        h = [f(affine(params.w_x, x_t, params.b_h, j) + product(params.w_h, h, j)) for j in range(n_hidden)]
        states.append(h)
    return states, (h,)


def gru(params, x, state, reset="after"):
    """Cho et al. 2014, with the reset gate after the product (as PyTorch has it) or before it (as they have it)."""
    (h,) = state
    units = range(len(h))
    r_row, z_row, n_row = 0, len(h), 2 * len(h)  # where each gate's rows begin
    states = [list(h)]
    for x_t in x:

        def gate(first, j, x_t=x_t, h=h):
            return sigmoid(affine(params.w_x, x_t, params.b_h, first + j) + product(params.w_h, h, first + j))

        r, z = [gate(r_row, j) for j in units], [gate(z_row, j) for j in units]
        if reset == "after":
            recalled = [r[j] * (product(params.w_h, h, n_row + j) + params.b_hn[j]) for j in units]
        else:
            kept = [r[j] * h[j] for j in units]
            recalled = [product(params.w_h, kept, n_row + j) + params.b_hn[j] for j in units]
        n = [math.tanh(affine(params.w_x, x_t, params.b_h, n_row + j) + recalled[j]) for j in units]
        h = [(1 - z[j]) * n[j] + z[j] * h[j] for j in units]
        states.append(h)
    return states, (h,)


def lstm(params, x, state):
    """Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; rows in the order i, f, g, o."""
    h, c = state
    units = range(len(h))
    states = [list(h)]
    for x_t in x:

        def a(gate, j, x_t=x_t, h=h):
            row = "ifgo".index(gate) * len(h) + j
            return affine(params.w_x, x_t, params.b_h, row) + product(params.w_h, h, row)

        c = [sigmoid(a("f", j)) * c[j] + sigmoid(a("i", j)) * math.tanh(a("g", j)) for j in units]
        h = [sigmoid(a("o", j)) * math.tanh(c[j]) for j in units]
        states.append(h)
    return states, (h, c)
