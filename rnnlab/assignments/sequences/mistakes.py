"""Assignment 1: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 1.1: make_windows(series, k, horizon)


def _windows(series, k, horizon, *, first=0, more=0, step=1):
    starts = range(0, len(series) - k - horizon + 1 + more, step)
    x = [series[m + first : m + first + k] for m in starts]
    return np.array(x), np.array([series[m + k + horizon - 1] for m in starts])


def _last_missing(series, k, horizon):
    return _windows(series, k, horizon, more=-1)


def _horizon_from_next(series, k, horizon):
    starts = range(len(series) - k - horizon)
    x = np.array([series[m : m + k] for m in starts])
    return x, np.array([series[m + k + horizon] for m in starts])


def _horizon_one_short(series, k, horizon):
    x, _ = _windows(series, k, horizon)
    return x, series[k + horizon - 2 :][: len(x)]


def _horizon_ignored(series, k, horizon):
    x, _ = _windows(series, k, horizon)
    return x, series[k : k + len(x)]


def _target_inside(series, k, horizon):
    _, target = _windows(series, k, horizon)
    return np.array([series[m + horizon : m + horizon + k] for m in range(len(target))]), target


def _side_by_side(series, k, horizon):
    return _windows(series, k, horizon, step=k)


def _newest_first(series, k, horizon):
    x, target = _windows(series, k, horizon)
    return x[:, ::-1].copy(), target


def _transposed(series, k, horizon):
    x, target = _windows(series, k, horizon)
    return x.T.copy(), target


def _column_target(series, k, horizon):
    x, target = _windows(series, k, horizon)
    return x, target[:, None]


def _wrapped(series, k, horizon):
    x = np.stack([np.roll(series, -j) for j in range(k)], axis=1)
    return x, np.roll(series, -(k + horizon - 1))


def _all_standardised(series, k, horizon):
    return _windows((series - series.mean()) / series.std(), k, horizon)


def _target_by_value(series, k, horizon):
    x, _ = _windows(series, k, horizon)
    values = list(series)
    return x, np.array([values[values.index(window[-1]) + horizon] for window in x])


def _scaled(series):
    return (series - series.min()) / (series.max() - series.min())


_WINDOW_MISTAKES = (
    Mistake(
        "last window missing",
        "your last window is not there: a series of N values has N - k - horizon + 1 windows. Count those of a series "
        "of k + horizon values by hand.",
        {"make_windows": _last_missing},
    ),
    Mistake(
        "horizon counted from the next value",
        "your target lies one step too late: horizon 1 is the value right after the window, not the one after that.",
        {"make_windows": _horizon_from_next},
    ),
    Mistake(
        "horizon one too short",
        "your target lies one step too early: with horizon 1 it is the last value of the window itself, which the "
        "predictor has already seen.",
        {"make_windows": _horizon_one_short},
    ),
    Mistake(
        "horizon ignored",
        "your target is always the value right after the window, whatever the horizon is.",
        {"make_windows": _horizon_ignored},
    ),
    Mistake(
        "target inside the window",
        "your windows end with the target itself: whoever reads x needs to predict nothing. That is leakage.",
        {"make_windows": _target_inside},
    ),
    Mistake(
        "windows side by side",
        "your windows do not overlap. One begins at every step, not at every k-th.",
        {"make_windows": _side_by_side},
    ),
    Mistake(
        "newest first",
        "your windows run backward. Time runs to the right: the newest value is the last of its row.",
        {"make_windows": _newest_first},
    ),
    Mistake(
        "windows in columns",
        "your windows stand in columns. There is one window a row: x is (M, k).",
        {"make_windows": _transposed},
    ),
    Mistake(
        "target as a column",
        "your target is a column of shape (M, 1). One number a window makes an array of shape (M,).",
        {"make_windows": _column_target},
    ),
    Mistake(
        "end joined to the beginning",
        "your series is bent into a ring: where it ends, your windows go on with its beginning. "
        "np.roll does that; a window that would need values after the last one must be left out.",
        {"make_windows": _wrapped},
    ),
    Mistake(
        "standardised with the whole series",
        "your values are standardised with the mean and the spread of the whole series, the future included. Windows "
        "hold the values as they are.",
        {"make_windows": _all_standardised},
    ),
    Mistake(
        "scaled with the whole series",
        "your values are scaled to 0 to 1 with the smallest and the largest of the whole series, the future included. "
        "Windows hold the values as they are.",
        {"make_windows": lambda series, k, horizon: _windows(_scaled(series), k, horizon)},
    ),
    Mistake(
        "target found by value",
        "your target is looked up by the window's last value (list.index or np.where), and finds the first place where "
        "that value stands. Values repeat: count steps instead.",
        {"make_windows": _target_by_value},
    ),
)

# 1.2: persistence_mse(series, horizon), ar_fit(series, k), ar_mse(series, weights)


def _steps(series, horizon):
    return series[horizon:] - series[:-horizon]


def _ring_persistence(series, horizon):
    return float(np.mean((series - np.roll(series, horizon)) ** 2))


def _fit(series, k):
    x, target = _windows(series, k, 1)
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), target, rcond=None)[0]


def _fit_without_constant(series, k):
    x, target = _windows(series, k, 1)
    return np.linalg.lstsq(x, target, rcond=None)[0]


def _fit_newest_first(series, k):
    weights = _fit(series, k)
    return np.concatenate([weights[:-1][::-1], weights[-1:]])


def _fit_ridge(series, k):
    x, target = _windows(series, k, 1)
    x = np.column_stack([x, np.ones(len(x))])
    return np.linalg.solve(x.T @ x + 0.1 * np.eye(k + 1), x.T @ target)


def _fit_two_ahead(series, k):
    x, target = _windows(series, k, 2)
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), target, rcond=None)[0]


def _errors(series, weights):
    x, target = _windows(series, len(weights) - 1, 1)
    return x @ weights[:-1] + weights[-1] - target


def _mse_without_constant(series, weights):
    return float(np.mean((_errors(series, weights) - weights[-1]) ** 2))


def _mse_reversed(series, weights):
    return float(np.mean(_errors(series, np.concatenate([weights[:-1][::-1], weights[-1:]])) ** 2))


def _mse_refitted(series, weights):
    return float(np.mean(_errors(series, _fit(series, len(weights) - 1)) ** 2))


def _mse_free_running(series, weights):
    k = len(weights) - 1
    run = list(series[:k])
    while len(run) < len(series):
        run.append(float(np.dot(run[-k:], weights[:-1]) + weights[-1]))
    return float(np.mean((np.array(run[k:]) - series[k:]) ** 2))


_BASELINE_MISTAKES = (
    Mistake(
        "persistence: sum",
        "your persistence error is the sum of the squares. A mean squared error is their mean.",
        {"persistence_mse": lambda series, horizon: float(np.sum(_steps(series, horizon) ** 2))},
    ),
    Mistake(
        "persistence: absolute",
        "your persistence error is the mean absolute error. Square the differences first.",
        {"persistence_mse": lambda series, horizon: float(np.mean(np.abs(_steps(series, horizon))))},
    ),
    Mistake(
        "persistence: root",
        "your persistence error is the root of the mean square. Here the error is the mean square itself.",
        {"persistence_mse": lambda series, horizon: float(np.sqrt(np.mean(_steps(series, horizon) ** 2)))},
    ),
    Mistake(
        "persistence: horizon ignored",
        "your persistence looks one step ahead, whatever the horizon is.",
        {"persistence_mse": lambda series, horizon: float(np.mean(np.diff(series) ** 2))},
    ),
    Mistake(
        "persistence: differences of differences",
        "your persistence error is that of differences taken horizon times over (np.diff with n). The prediction is "
        "one value of the series, and so is the target.",
        {"persistence_mse": lambda series, horizon: float(np.mean(np.diff(series, n=horizon) ** 2))},
    ),
    Mistake(
        "persistence: ring",
        "your persistence also predicts the first values of the series from its last ones. np.roll bends the series "
        "into a ring; leave out what has no value horizon steps before it.",
        {"persistence_mse": _ring_persistence},
    ),
    Mistake(
        "persistence: standardised",
        "your persistence error is that of the standardised series. The error is measured in the series' own units: "
        "take its values as they are.",
        {"persistence_mse": lambda s, horizon: float(np.mean(_steps((s - s.mean()) / s.std(), horizon) ** 2))},
    ),
    Mistake(
        "persistence: variance",
        "your persistence error is the error of predicting the mean. Persistence predicts the latest value.",
        {"persistence_mse": lambda series, horizon: float(np.var(series))},
    ),
    Mistake(
        "fit: no constant",
        "your fit has k weights and no constant. A series does not swing around 0: add a column of ones.",
        {"ar_fit": _fit_without_constant},
    ),
    Mistake(
        "fit: newest first",
        "your weights are in the wrong order: the first belongs to the oldest value of the window, as in make_windows.",
        {"ar_fit": _fit_newest_first},
    ),
    Mistake(
        "fit: constant first",
        "your constant comes first. It comes last, after the k weights.",
        {"ar_fit": lambda series, k: np.roll(_fit(series, k), 1)},
    ),
    Mistake(
        "fit: ridge",
        "your weights are pulled toward zero by something added to the diagonal. Plain least squares has no such term.",
        {"ar_fit": _fit_ridge},
    ),
    Mistake(
        "fit: two steps ahead",
        "your weights predict two steps ahead. The target is the value right after the window.",
        {"ar_fit": _fit_two_ahead},
    ),
    Mistake(
        "error: no constant",
        "your ar_mse leaves out the constant, the last of the weights.",
        {"ar_mse": _mse_without_constant},
    ),
    Mistake(
        "error: weights reversed",
        "your ar_mse gives the first weight to the newest value. It belongs to the oldest.",
        {"ar_mse": _mse_reversed},
    ),
    Mistake(
        "error: refitted",
        "your ar_mse fits the weights anew on the series it is given. It must judge the weights it is given: fitting "
        "on what you judge with is leakage.",
        {"ar_mse": _mse_refitted},
    ),
    Mistake(
        "error: predictions fed back",
        "your ar_mse feeds its own predictions back. Each prediction is made from the k true values before it.",
        {"ar_mse": _mse_free_running},
    ),
    Mistake(
        "error: sum",
        "your ar_mse is the sum of the squares. A mean squared error is their mean.",
        {"ar_mse": lambda series, weights: float(np.sum(_errors(series, weights) ** 2))},
    ),
)

_PREDICTIONS = (
    Mistake(
        "as one step",
        "you took the error of one step. Between today and four steps ahead lie four of them, and none undoes another "
        "but by chance.",
        {"predicted_error": lambda: 1},
    ),
    Mistake(
        "root of the time",
        "you gave the typical distance after four steps. The mean squared error is its square.",
        {"predicted_error": lambda: 2},
    ),
    Mistake(
        "square of the time",
        "you added the four steps as if they all went the same way. They are independent: which of their moments add?",
        {"predicted_error": lambda: 16},
    ),
    Mistake(
        "one too few",
        "you counted the steps between the two values and left one out. From s[t] to s[t + 4] it is four steps.",
        {"predicted_error": lambda: 3},
    ),
)

MISTAKES = {"1.1": _WINDOW_MISTAKES, "1.2": _BASELINE_MISTAKES, "1.3": _PREDICTIONS}
