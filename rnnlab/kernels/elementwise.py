"""Passes over flat arrays and over one step's (B, H) arrays.

Each stands twice: as a NumPy expression and, below it, as the loops that run in its place inside a kernel.
"""

import numpy as np

from rnnlab.kernels.compile import compiled_form
from rnnlab.kernels.scalar import sigmoid, tanh

NAMES = ("tanh", "relu", "sigmoid", "linear", "leaky_relu")
TANH, RELU, SIGMOID, LINEAR, LEAKY_RELU = range(len(NAMES))
LEAK = 0.01


def activate(kind, a):
    """Replace the numbers of the flat array `a` by their activations."""
    if kind == TANH:
        a[:] = tanh(a)
    elif kind == RELU:
        np.maximum(a, 0, out=a)
    elif kind == SIGMOID:
        a[:] = sigmoid(a)
    elif kind == LEAKY_RELU:
        a[a < 0] *= LEAK


@compiled_form(activate)
def _activate(kind, a):
    def loops(kind, a):
        zero, leak = a.dtype.type(0), a.dtype.type(LEAK)
        if kind == TANH:
            for j in range(a.size):
                a[j] = tanh(a[j])
        elif kind == RELU:
            for j in range(a.size):
                a[j] = zero if a[j] < zero else a[j]
        elif kind == SIGMOID:
            for j in range(a.size):
                a[j] = sigmoid(a[j])
        elif kind == LEAKY_RELU:
            for j in range(a.size):
                a[j] = leak * a[j] if a[j] < zero else a[j]

    return loops


def times_slope(kind, value, d):
    """Multiply the flat array `d` by the slope where the activation has that `value`: each can be told from it."""
    if kind == TANH:
        d *= 1 - value * value
    elif kind == RELU:
        d *= value > 0
    elif kind == SIGMOID:
        d *= value * (1 - value)
    elif kind == LEAKY_RELU:
        d[value <= 0] *= LEAK


@compiled_form(times_slope)
def _times_slope(kind, value, d):
    def loops(kind, value, d):
        zero, one, leak = d.dtype.type(0), d.dtype.type(1), d.dtype.type(LEAK)
        if kind == TANH:
            for j in range(d.size):
                d[j] *= one - value[j] * value[j]
        elif kind == RELU:
            for j in range(d.size):
                d[j] *= one if value[j] > zero else zero
        elif kind == SIGMOID:
            for j in range(d.size):
                d[j] *= value[j] * (one - value[j])
        elif kind == LEAKY_RELU:
            for j in range(d.size):
                d[j] *= leak if value[j] <= zero else one

    return loops


def add_rows(a, u, b):
    """Add `u` (B, N) and, to each row, `b` (N,) to `a` (B, N)."""
    a += u
    a += b


@compiled_form(add_rows)
def _add_rows(a, u, b):
    def loops(a, u, b):
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                a[i, j] = a[i, j] + u[i, j] + b[j]

    return loops


def add(a, b, out):
    """Write `a` + `b` to `out`, all flat."""
    np.add(a, b, out=out)


@compiled_form(add)
def _add(a, b, out):
    def loops(a, b, out):
        for j in range(a.size):
            out[j] = a[j] + b[j]

    return loops


def hold_ended(lengths, t, h, h_next):
    """Copy `h` (B, H) to `h_next` in the rows that have no step `t` any more."""
    ended = lengths <= t
    h_next[ended] = h[ended]


@compiled_form(hold_ended)
def _hold_ended(lengths, t, h, h_next):
    def loops(lengths, t, h, h_next):
        for i in range(h.shape[0]):
            if lengths[i] <= t:
                for j in range(h.shape[1]):
                    h_next[i, j] = h[i, j]

    return loops


def add_ending(lengths, t, dlast, carried):
    """Add `dlast` (B, H) to `carried` in the rows whose last step is `t`."""
    ending = lengths == t + 1
    carried[ending] += dlast[ending]


@compiled_form(add_ending)
def _add_ending(lengths, t, dlast, carried):
    def loops(lengths, t, dlast, carried):
        for i in range(carried.shape[0]):
            if lengths[i] == t + 1:
                for j in range(carried.shape[1]):
                    carried[i, j] += dlast[i, j]

    return loops
