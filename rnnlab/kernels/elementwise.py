"""Passes over one step's (B, N) arrays, as the loops that kernels run; `plain` has each as a NumPy expression."""

import rnnlab.kernels.scalar  # noqa: F401 - what tanh and sigmoid are when compiled
from rnnlab.kernels.compile import inlined
from rnnlab.kernels.plain import LEAKS, RELU, SIGMOID, TANH, sigmoid, tanh


@inlined
def activate(kind, a):
    """Replace the numbers of `a` (B, N) by their activations."""
    zero, leak = a.dtype.type(0), a.dtype.type(LEAKS[kind])
    for i in range(a.shape[0]):
        row = a[i]
        if kind == TANH:
            for j in range(row.size):
                row[j] = tanh(row[j])
        elif kind == SIGMOID:
            for j in range(row.size):
                row[j] = sigmoid(row[j])
        elif kind == RELU:
            for j in range(row.size):
                row[j] = zero if row[j] <= zero else row[j]
        else:
            for j in range(row.size):
                row[j] = leak * row[j] if row[j] <= zero else row[j]


@inlined
def times_slope(kind, value, d):
    """Multiply `d` (B, N) by the slopes where the activations have these values: they can be told from them."""
    zero, one, leak = d.dtype.type(0), d.dtype.type(1), d.dtype.type(LEAKS[kind])
    for i in range(d.shape[0]):
        row, of = d[i], value[i]
        if kind == TANH:
            for j in range(row.size):
                row[j] *= one - of[j] * of[j]
        elif kind == SIGMOID:
            for j in range(row.size):
                row[j] *= of[j] * (one - of[j])
        else:
            for j in range(row.size):
                row[j] *= leak if of[j] <= zero else one


@inlined
def add_rows(a, u, b):
    """Add `u` (B, N) and, to each row, `b` (N,) to `a` (B, N)."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[i, j] = a[i, j] + u[i, j] + b[j]


@inlined
def add(a, b, out):
    """Write `a` + `b` to `out`, all (B, N)."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] + b[i, j]


@inlined
def hold_ended(lengths, t, h, h_next):
    """Copy `h` (B, H) to `h_next` in the rows that have no step `t` any more."""
    for i in range(h.shape[0]):
        if lengths[i] <= t:
            for j in range(h.shape[1]):
                h_next[i, j] = h[i, j]


@inlined
def add_ending(lengths, t, dlast, carried):
    """Add `dlast` (B, H) to `carried` in the rows whose last step is `t`."""
    for i in range(carried.shape[0]):
        if lengths[i] == t + 1:
            for j in range(carried.shape[1]):
                carried[i, j] += dlast[i, j]
