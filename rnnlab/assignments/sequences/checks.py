"""Assignment 1, sequences: windows and their targets, and the predictors that every network must beat."""

import numpy as np

from rnnlab.assignments._drawing import per, unit
from rnnlab.assignments.sequences.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.data.sequences import windows

HIDES = ("rnnlab.data.sequences", "rnnlab.data.forecast")
ALLOWS = ("data.real",)


def make_windows(series, k, horizon):
    return windows(series, k, horizon)


def persistence_mse(series, horizon):
    return float(np.mean((series[horizon:] - series[:-horizon]) ** 2))


def ar_fit(series, k):
    x, target = windows(series, k)
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), target, rcond=None)[0]


def ar_mse(series, weights):
    x, target = windows(series, len(weights) - 1)
    return float(np.mean((x @ weights[:-1] + weights[-1] - target) ** 2))


def _values(draw: CaseGenerator, n: int) -> np.ndarray:
    """Return a series by turns of normal numbers, of whole numbers that repeat, and of tiny or huge ones."""
    if draw.case % 3 == 1:
        return np.clip(np.round(draw.array(n)), -2, 2)
    return draw.array(n, scale=unit(draw))


def _windows_case(draw: CaseGenerator):
    k, horizon = draw.size(1, 9, large=26), draw.size(1, 6, large=33)
    return _values(draw, k + horizon + draw.size(1, 12, large=400)), k, horizon


def _pair(answer):
    return answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, answer)


def _x(ask: StudentProxy, draw: CaseGenerator):
    return _pair(ask("make_windows", *_windows_case(draw)))[0]


def _target(ask: StudentProxy, draw: CaseGenerator):
    return _pair(ask("make_windows", *_windows_case(draw)))[1]


def _one_window(ask: StudentProxy, draw: CaseGenerator):
    """Make windows of the shortest series there is, and of one value more."""
    k, horizon = draw.size(1, 9, large=26), draw.size(1, 6, large=33)
    return ask("make_windows", _values(draw, k + horizon + draw.case % 2), k, horizon)


def _leak(ask: StudentProxy, draw: CaseGenerator):
    """Change the series from some step on: which windows and which targets notice?"""
    series, k, horizon = _windows_case(draw)
    changed = series.copy()
    changed[int(draw.rng.integers(k, len(series))) :] += 1 + np.abs(series).max()
    pairs = [_pair(ask("make_windows", s, k, horizon)) for s in (series, changed)]
    (x, target), (x_changed, target_changed) = pairs
    return _changed_rows(x, x_changed), _changed_rows(target, target_changed)


def _changed_rows(before, after):
    same_form = isinstance(before, np.ndarray) and isinstance(after, np.ndarray) and before.shape == after.shape
    if not same_form or before.ndim == 0:
        return before
    return (before != after).reshape(len(before), -1).any(axis=1)


def _persistence(ask: StudentProxy, draw: CaseGenerator):
    horizon = draw.size(1, 6, large=33)
    scale = unit(draw)
    series = scale * (draw.array(horizon + draw.size(1, 20, large=400)) + draw.rng.normal())
    return per(ask("persistence_mse", series, horizon), scale**2)


def _noisy_series(draw: CaseGenerator, k: int):
    """Return a series long enough for k + 1 weights, away from zero mean, whose windows are far from dependent.

    9k + 10 windows of almost independent numbers and a column of ones have a condition number below 100, and the normal
    equations square it: 1e4 roundings are 2e-12, well inside the tolerance.
    """
    series = draw.array(10 * k + 10 + draw.size(1, 20), ordinary=True)
    series[1:] += 0.3 * series[:-1]
    return series + draw.rng.uniform(1, 1.5)


def _fit(ask: StudentProxy, draw: CaseGenerator):
    k = draw.size(1, 6, large=24)
    return ask("ar_fit", _noisy_series(draw, k), k)


def _rising(ask: StudentProxy, draw: CaseGenerator):
    """Fit a series like that of carbon dioxide, whose windows are nearly multiples of a column of ones.

    The condition number is at most 30,000. Its square times the rounding is what the normal equations lose: 1e-7. By
    turns the unit is so large that the numbers are small.
    """
    k = draw.size(1, 6, large=12)
    time = np.arange(60 + 6 * k + draw.size(1, 20, large=400))
    wave = 3 * np.sin(2 * np.pi * time / 12 + draw.rng.uniform(0, 2 * np.pi))
    level, slope = draw.rng.uniform(50, 100), draw.rng.uniform(0.02, 0.1)
    scale = 1.0 if draw.case % 2 == 0 else float(10.0 ** draw.rng.uniform(-3, -2))
    weights = ask("ar_fit", scale * (level + slope * time + wave + draw.array(len(time), ordinary=True)), k)
    if not isinstance(weights, np.ndarray) or weights.shape != (k + 1,):
        return weights
    return weights / np.append(np.ones(k), scale)


def _exact(ask: StudentProxy, draw: CaseGenerator):
    """Fit a wave that its last two values and a constant give exactly; without noise there is nothing to average."""
    turn, level = draw.rng.uniform(0.5, 2.5), draw.rng.uniform(0.5, 2.0)
    wave = np.sin(turn * np.arange(20) + draw.rng.uniform(0, 2 * np.pi)) + level
    return ask("ar_fit", wave, 2)


def _mse(ask: StudentProxy, draw: CaseGenerator):
    k = draw.size(1, 6, large=24)
    scale = unit(draw)
    series, weights = draw.array(k + draw.size(1, 20, large=400), scale=scale), draw.array(k + 1)
    weights[-1] *= scale
    return per(ask("ar_mse", series, weights), scale**2)


def _fit_then_judge(ask: StudentProxy, draw: CaseGenerator):
    k = draw.size(1, 6)
    weights = ask("ar_fit", _noisy_series(draw, k), k)
    return weights, ask("ar_mse", _noisy_series(draw, k), weights)


QUESTIONS = (
    Question(
        "1.1",
        "Windows and targets: make_windows",
        ("make_windows",),
        {"make_windows": make_windows},
        (
            Part("the windows x", 0.75, _x, n_cases=8, answer="x"),
            Part("the targets", 0.75, _target, n_cases=8, answer="target"),
            Part("the last window there is", 0.5, _one_window, answer=("x", "target")),
            Part(
                "what the future changes",
                0.5,
                _leak,
                n_cases=8,
                answer=("the list of windows that notice a change", "the list of targets that notice a change"),
            ),
        ),
        MISTAKES["1.1"],
        shape_points=0.25,
        untouched_points=0.25,
        views=True,  # sliding_window_view is as good
        hides=HIDES,
    ),
    Question(
        "1.2",
        "Baselines: persistence_mse, ar_fit and ar_mse",
        ("persistence_mse", "ar_fit", "ar_mse"),
        {"persistence_mse": persistence_mse, "ar_fit": ar_fit, "ar_mse": ar_mse},
        (
            Part("persistence", 1, _persistence, n_cases=8, answer="the error, per square of the series' scale,"),
            Part("the weights of least squares", 0.75, _fit, n_cases=8, answer="weights"),
            Part("the weights of a series that rises", 0.25, _rising, n_cases=4, tolerance=1e-5, answer="weights"),
            Part("a wave without noise", 0.5, _exact, answer="weights"),
            Part(
                "the error of given weights",
                0.75,
                _mse,
                n_cases=8,
                answer="the error, per square of the series' scale,",
            ),
            Part("fitted on one series, judged on another", 0.25, _fit_then_judge, answer=("weights", "the error")),
        ),
        MISTAKES["1.2"],
        shape_points=0.25,
        untouched_points=0.25,
        hides=HIDES,
    ),
    Question(
        "1.3",
        "A prediction",
        ("predicted_error",),
        {"predicted_error": lambda: 4},
        (Part("the error four steps ahead", 1, lambda ask, draw: ask("predicted_error"), n_cases=1),),
        MISTAKES["1.3"],
        hides=HIDES,
    ),
)
