"""Assignment 1: other right ways of writing the answers, in styles that students use. All must get full marks."""

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative


def _windows_view(series, k, horizon):
    x = np.lib.stride_tricks.sliding_window_view(series, k)
    return x[: len(series) - k - horizon + 1], series[k + horizon - 1 :]


def _windows_index(series, k, horizon):
    start = np.arange(series.size - k - horizon + 1)
    return series[start[:, None] + np.arange(k)], series[start + k + horizon - 1]


def _windows_loops(series, k, horizon):
    rows, targets = [], []
    m = 0
    while m + k + horizon <= len(series):
        rows.append([series[m + j] for j in range(k)])
        targets.append(series[m + k + horizon - 1])
        m += 1
    return np.array(rows), np.array(targets)


def _windows_shifted(series, k, horizon):
    n = len(series) - k - horizon + 1
    columns = [series[j : j + n] for j in range(k)]
    return np.stack(columns, axis=1), series[-n:].copy()


@njit
def _windows_numba(series, k, horizon):
    n = len(series) - k - horizon + 1
    x, target = np.empty((n, k)), np.empty(n)
    for m in range(n):
        x[m] = series[m : m + k]
        target[m] = series[m + k + horizon - 1]
    return x, target


def _persistence_loop(series, horizon):
    total = 0.0
    for t in range(horizon, len(series)):
        total += (series[t] - series[t - horizon]) ** 2
    return total / (len(series) - horizon)


def _persistence_dot(series, horizon):
    change = series[horizon:] - series[: len(series) - horizon]
    return change @ change / change.size


_persistence_numba = njit(_persistence_loop)


def _persistence_windows(series, horizon):
    x, target = _windows_shifted(series, 1, horizon)
    return np.square(target - x[:, 0]).mean()


def _with_ones(series, k):
    x, target = _windows_index(series, k, 1)
    return np.hstack([x, np.ones((len(x), 1))]), target


def _fit_normal(series, k):
    x, target = _with_ones(series, k)
    return np.linalg.solve(x.T @ x, x.T @ target)


def _fit_qr(series, k):
    x, target = _with_ones(series, k)
    q, r = np.linalg.qr(x)
    return np.linalg.solve(r, q.T @ target)


def _fit_pseudoinverse(series, k):
    x, target = _with_ones(series, k)
    return np.linalg.pinv(x) @ target


def _fit_centred(series, k):
    x, target = _windows_view(series, k, 1)
    slopes = np.linalg.lstsq(x - x.mean(axis=0), target - target.mean(), rcond=None)[0]
    return np.append(slopes, target.mean() - x.mean(axis=0) @ slopes)


def _mse_loop(series, weights):
    k = len(weights) - 1
    total = 0.0
    for t in range(k, len(series)):
        predicted = weights[k]
        for j in range(k):
            predicted += weights[j] * series[t - k + j]
        total += (predicted - series[t]) ** 2
    return total / (len(series) - k)


_mse_numba = njit(_mse_loop)


def _mse_convolution(series, weights):
    k = len(weights) - 1
    predicted = np.convolve(series[:-1], weights[:-1][::-1], mode="valid") + weights[-1]
    return np.mean((predicted - series[k:]) ** 2)


def _mse_einsum(series, weights):
    x, target = _with_ones(series, len(weights) - 1)
    error = np.einsum("mk,k->m", x, weights) - target
    return float(np.einsum("m,m->", error, error) / len(error))


ALTERNATIVES = {
    "1.1": (
        Alternative("sliding view", {"make_windows": _windows_view}),
        Alternative("index array", {"make_windows": _windows_index}),
        Alternative("scalar loops", {"make_windows": _windows_loops}),
        Alternative("shifted columns", {"make_windows": _windows_shifted}),
        Alternative("Numba", {"make_windows": _windows_numba}),
    ),
    "1.2": (
        Alternative(
            "loops and normal equations",
            {"persistence_mse": _persistence_loop, "ar_fit": _fit_normal, "ar_mse": _mse_loop},
        ),
        Alternative(
            "dot, QR, convolution", {"persistence_mse": _persistence_dot, "ar_fit": _fit_qr, "ar_mse": _mse_convolution}
        ),
        Alternative(
            "windows, pseudoinverse, einsum",
            {"persistence_mse": _persistence_windows, "ar_fit": _fit_pseudoinverse, "ar_mse": _mse_einsum},
        ),
        Alternative("Numba", {"persistence_mse": _persistence_numba, "ar_fit": _fit_centred, "ar_mse": _mse_numba}),
    ),
    "1.3": (
        Alternative("a float", {"predicted_error": lambda: 4.0}),
        Alternative("a NumPy number", {"predicted_error": lambda: np.float64(4)}),
        Alternative("the variances of four steps", {"predicted_error": lambda: sum(1 for _ in range(4))}),
        Alternative("the square of four steps that all go one way, over four", {"predicted_error": lambda: 4**2 / 4}),
    ),
}
