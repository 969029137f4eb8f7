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
