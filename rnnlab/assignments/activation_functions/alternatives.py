"""Assignment 3: other right ways of writing the answers, in styles that students use. All must get full marks."""

import math

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative


def _activation_match(name, a):
    match name:
        case "tanh":
            return np.tanh(a), 1.0 - np.tanh(a) ** 2
        case "sigmoid":
            with np.errstate(over="ignore"):
                s = 1 / (1 + np.exp(-a))
            return s, s - s**2
        case "relu":
            return np.maximum(a, 0.0), (a > 0).astype(float)
        case "leaky_relu":
            return np.maximum(a, 0.01 * a), np.where(a > 0, 1.0, 0.01)
        case _:
            return a, np.ones(a.shape)


def _one(name, a):
    if name == "tanh":
        return math.tanh(a), 1 - math.tanh(a) ** 2
    if name == "sigmoid":
        small = math.exp(-abs(a))
        s = 1 / (1 + small) if a >= 0 else small / (1 + small)
        return s, small / (1 + small) ** 2
    leak = {"relu": 0.0, "leaky_relu": 0.01, "linear": 1.0}[name]
    return (a, 1.0) if a > 0 else (leak * a, leak)


def _activation_scalars(name, a):
    pairs = np.array([_one(name, float(number)) for number in a.flat]).reshape(-1, 2)
    return pairs[:, 0].reshape(a.shape), pairs[:, 1].reshape(a.shape)


def _activation_table(name, a):
    small = np.exp(-np.abs(a))
    sigmoid = np.where(a >= 0, 1.0, small) / (1 + small)
    value = {
        "tanh": np.sign(a) * (1 - small**2) / (1 + small**2),
        "sigmoid": sigmoid,
        "relu": (a + np.abs(a)) / 2,
        "leaky_relu": np.where(a < 0, a / 100, a),
        "linear": +a,
    }
    slope = {
        "tanh": 1 - value["tanh"] * value["tanh"],
        "sigmoid": sigmoid * (1 - sigmoid),
        "relu": np.heaviside(a, 0.0),
        "leaky_relu": 0.01 + 0.99 * np.heaviside(a, 0.0),
        "linear": np.full_like(a, 1),
    }
    return value[name], slope[name]


def _activation_filled(name, a):
    if name == "tanh":
        value = np.tanh(a)
        return value, (1 - value) * (1 + value)
    if name == "sigmoid":
        value = np.tanh(a / 2) / 2 + 0.5
        return value, value * (1 - value)
    value, slope = a.copy(), np.ones_like(a)
    if name != "linear":
        leak = 0.01 if name == "leaky_relu" else 0.0
        value[a <= 0] *= leak
        slope[a <= 0] = leak
    return value, slope


@njit
def _fill(number, a, value, slope):
    for i in range(a.size):
        if number == 0:
            value[i] = math.tanh(a[i])
            slope[i] = 1 - value[i] ** 2
        elif number == 1:
            value[i] = 0.5 + 0.5 * math.tanh(0.5 * a[i])
            slope[i] = value[i] * (1 - value[i])
        else:
            leak = 0.0 if number == 2 else 0.01 if number == 3 else 1.0
            slope[i] = 1.0 if a[i] > 0 else leak
            value[i] = slope[i] * a[i]


def _activation_numba(name, a):
    flat = a.ravel()
    value, slope = np.empty_like(flat), np.empty_like(flat)
    _fill(("tanh", "sigmoid", "relu", "leaky_relu", "linear").index(name), flat, value, slope)
    return value.reshape(a.shape), slope.reshape(a.shape)


def _bound_svd(w_h, name):
    return np.linalg.svd(w_h)[1].max() / (4 if name == "sigmoid" else 1)


def _bound_eigenvalues(w_h, name):
    steepest = {"tanh": 1, "sigmoid": 1 / 4, "relu": 1, "leaky_relu": 1, "linear": 1}[name]
    return steepest * float(np.sqrt(np.linalg.eigvalsh(w_h.T @ w_h)[-1]))


def _bound_of_product(w_h, name):
    a = np.zeros(len(w_h)) if name in ("tanh", "sigmoid") else np.ones(len(w_h))
    _, slope = _activation_filled(name, a)
    return np.linalg.norm(np.diag(slope) @ w_h, ord=2)


@njit
def _longest_numba(w_h):
    return np.linalg.svd(w_h)[1][0]


def _bound_numba(w_h, name):
    return (0.25 if name == "sigmoid" else 1.0) * _longest_numba(w_h)


def _after_steps(n_steps):
    h = 1.0
    for _ in range(n_steps):
        h = math.tanh(h)
    return h


ALTERNATIVES = {
    "3.1": (
        Alternative("match", {"activation": _activation_match}),
        Alternative("scalars", {"activation": _activation_scalars}),
        Alternative("table of all", {"activation": _activation_table}),
        Alternative("filled in", {"activation": _activation_filled}),
        Alternative("Numba", {"activation": _activation_numba}),
    ),
    "3.2": (
        Alternative("singular values", {"slope_bound": _bound_svd}),
        Alternative("eigenvalues of the square", {"slope_bound": _bound_eigenvalues}),
        Alternative("the steepest Jacobian", {"slope_bound": _bound_of_product}),
        Alternative("Numba", {"slope_bound": _bound_numba}),
    ),
    "3.3": (
        Alternative("as a fraction", {"predicted_state": lambda: 12 / 100}),
        Alternative("a NumPy number", {"predicted_state": lambda: np.float64(0.12)}),
        Alternative("followed step by step", {"predicted_state": lambda: round(_after_steps(100), 2)}),
        Alternative("from the tail of tanh", {"predicted_state": lambda: round(math.sqrt(3 / (2 * 100)), 2)}),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {
    "3.2": {
        "return (value, (1 - value) * (1 - value))": "the steepest place is left as it is",
        "leak = 0.01 if name != 'leaky_relu' else 0.0": "the steepest place is left as it is",
        "slope[a < 0] = leak": "the steepest place is left as it is",
    },
}
