"""Passes over one step's (B, N) arrays, and the functions in them, as NumPy expressions.

They run where nothing is compiled; elsewhere the loops of the same names in `elementwise` take their place.
"""

import numpy as np

NAMES = ("tanh", "sigmoid", "relu", "leaky_relu", "linear")
TANH, SIGMOID, RELU = 0, 1, 2
LEAKS = (0.0, 0.0, 0.0, 0.01, 1.0)  # the slope left of 0 of the last three


def tanh(x):
    """Return tanh x."""
    return np.tanh(x)


def sigmoid(x):
    """Return 1 / (1 + e^-x), silent for any x."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def activate(kind, a):
    """Replace the numbers of `a` (B, N) by their activations."""
    if kind == TANH:
        a[:] = tanh(a)
    elif kind == SIGMOID:
        a[:] = sigmoid(a)
    elif kind == RELU:
        np.maximum(a, 0, out=a)
    else:
        a[a <= 0] *= LEAKS[kind]


def times_slope(kind, value, d):
    """Multiply `d` (B, N) by the slopes where the activations have these values: they can be told from them."""
    if kind == TANH:
        d *= 1 - value * value
    elif kind == SIGMOID:
        d *= value * (1 - value)
    else:
        d[value <= 0] *= LEAKS[kind]


def add_rows(a, u, b):
    """Add `u` (B, N) and, to each row, `b` (N,) to `a` (B, N)."""
    a += u
    a += b


def add(a, b, out):
    """Write `a` + `b` to `out`, all (B, N)."""
    np.add(a, b, out)


def hold_ended(lengths, t, h, h_next):
    """Copy `h` (B, H) to `h_next` in the rows that have no step `t` any more."""
    ended = lengths <= t
    h_next[ended] = h[ended]


def add_ending(lengths, t, dlast, carried):
    """Add `dlast` (B, H) to `carried` in the rows whose last step is `t`."""
    ending = lengths == t + 1
    carried[ending] += dlast[ending]
