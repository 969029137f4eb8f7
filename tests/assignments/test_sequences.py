"""The answers to assignment 1 that no library function holds are what their definitions say."""

import numpy as np
import pytest

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
        for k in (1, 6):
            draw = CaseGenerator(np.random.default_rng(seed), 0)
            x, _ = sequences.make_windows(sequences._noisy_series(draw, k), k, 1)
            assert np.linalg.cond(np.column_stack([x, np.ones(len(x))])) < 100


def test_four_steps_of_a_random_walk_have_four_times_the_variance():
    walk = np.cumsum(np.random.default_rng(0).normal(size=200_000))
    assert round(sequences.persistence_mse(walk, 4)) == sequences.QUESTIONS[2].reference["predicted_error"]()
