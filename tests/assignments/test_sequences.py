"""The answers to assignment 1 that no library function holds are what their definitions say."""

import numpy as np
import pytest
from assignments.wrong_answers import always_lose

from rnnlab.assignments.sequences import checks as sequences
from rnnlab.checks.question import CaseGenerator


@pytest.mark.parametrize("horizon", [1, 3, 9])
def test_persistence_predicts_the_value_now(horizon):
    series = np.random.default_rng(horizon).normal(size=10)
    errors = [series[t] - series[t - horizon] for t in range(horizon, 10)]
    assert sequences.persistence_mse(series, horizon) == pytest.approx(sum(e * e for e in errors) / len(errors))


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_weights_leave_an_error_that_no_window_explains(k):
    """The smallest sum of squares is the one whose errors are orthogonal to every column."""
    series = np.random.default_rng(k).normal(size=40) + 3
    weights = sequences.ar_fit(series, k)
    errors = [series[t] - weights[:-1] @ series[t - k : t] - weights[-1] for t in range(k, 40)]
    for lag in range(1, k + 1):
        assert np.dot(errors, [series[t - lag] for t in range(k, 40)]) == pytest.approx(0, abs=1e-10)
    assert sum(errors) == pytest.approx(0, abs=1e-10)
    assert sequences.ar_mse(series, weights) == pytest.approx(np.mean(np.square(errors)))


def test_the_drawn_series_are_far_from_dependent():
    """The tolerance of the weights rests on it: the normal equations lose the square of the condition number."""
    for seed in range(300):
        for k in (1, 6, 24):
            draw = CaseGenerator(np.random.default_rng(seed), 0)
            x, _ = sequences.make_windows(sequences._noisy_series(draw, k), k, 1)
            assert np.linalg.cond(np.column_stack([x, np.ones(len(x))])) < 100


def test_four_steps_of_a_random_walk_have_four_times_the_variance():
    walk = np.cumsum(np.random.default_rng(0).normal(size=200_000))
    assert round(sequences.persistence_mse(walk, 4)) == sequences.QUESTIONS[2].reference["predicted_error"]()


def _looked_up(series, k, horizon):
    x, _ = sequences.make_windows(series, k, horizon)
    return x, np.array([series[list(series).index(window[-1]) + horizon] for window in x])


def _byte_index(series, k, horizon):
    n_windows = len(series) - k - horizon + 1
    index = np.arange(n_windows).astype(np.int8)[:, None] + np.arange(k, dtype=np.int8)
    return series[index.astype(np.int8)], series[k + horizon - 1 :]


def _at_most_eight(series, k, horizon):
    x, target = sequences.make_windows(series, k, horizon)
    x = x.copy()
    x[:, 8:] = x[:, :1]
    return x, target


def _without_repeats(series, k, horizon):
    x, target = sequences.make_windows(series, k, horizon)
    kept = [i for i in range(len(x)) if i == 0 or (x[i] != x[i - 1]).any()]
    return x[kept], target[kept]


@pytest.mark.parametrize("answer", [_looked_up, _byte_index, _at_most_eight, _without_repeats])
def test_windows_that_are_right_for_short_series_of_different_values_lose(answer):
    assert always_lose("1.1", make_windows=answer)


def _small_values_dropped(series, horizon):
    change = series[horizon:] - series[:-horizon]
    return float(np.mean(np.where(np.abs(change) < 1e-6, 0, change) ** 2))


def _short_horizons(series, horizon):
    return sequences.persistence_mse(series, min(horizon, 10))


@pytest.mark.parametrize("answer", [_small_values_dropped, _short_horizons])
def test_a_persistence_error_that_is_right_for_ordinary_numbers_loses(answer):
    assert always_lose("1.2", persistence_mse=answer)


def _cut_off(series, k):
    x, target = sequences.make_windows(series, k, 1)
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), target, rcond=1e-3)[0]


def _few_lags(series, k):
    weights = np.zeros(k + 1)
    few = min(k, 10)
    weights[k - few :] = sequences.ar_fit(series[k - few :], few)
    return weights


@pytest.mark.parametrize("answer", [_cut_off, _few_lags])
def test_weights_that_are_right_for_short_and_well_conditioned_windows_lose(answer):
    assert always_lose("1.2", ar_fit=answer)


def test_an_error_over_the_first_hundred_predictions_loses():
    assert always_lose("1.2", ar_mse=lambda series, weights: sequences.ar_mse(series[: 100 + len(weights)], weights))
