"""Assignment 13 refuses rows and counts that nobody measured, and accepts right ones of any style."""

import numpy as np
import pytest
from assignments.wrong_answers import accepted, refused, report_of
from scipy import stats

from rnnlab.assignments.scoreboard import checks as scoreboard


def at_most_200(n_steps, width, seed):
    n_trials, weights = scoreboard.guess(n_steps, width, seed)
    return min(n_trials, 200), weights


def at_most_100_updates(cell, bias, n_steps, n_updates, seed):
    return scoreboard.forget_bias_run(cell, bias, n_steps, min(n_updates, 100), seed)


def invented_losses():
    rng = np.random.default_rng(0)
    return {arm: [float(loss * rng.uniform(0.6, 1.6)) for loss in row] for arm, row in scoreboard.LOSSES.items()}


WRONG = {
    "a constant count": ("13.1", {"guess": lambda n_steps, width, seed: (8, np.array([50.0, 50.0, -50.0]))}),
    "at most 200 trials": ("13.1", {"guess": at_most_200}),
    "a count of its own for width 100": (
        "13.1",
        {"guess": lambda n, width, seed: scoreboard.guess(n, width, seed + (width >= 100))},
    ),
    "a row that nobody measured": ("13.1", {"guessing_row": lambda: [8.0, 9.0, 9.0, 9.0, 8.0]}),
    "at most 100 updates": ("13.2", {"forget_bias_run": at_most_100_updates}),
    "losses that nobody measured": ("13.2", {"forget_bias_row": invented_losses}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_nobody_measured_loses_points(name):
    refused(*WRONG[name])


def test_a_row_that_is_wrong_is_not_told_the_right_one():
    for question, row, right in (
        ("13.1", {"guessing_row": lambda: [1.0] * 5}, "8.075"),
        ("13.2", {"forget_bias_row": lambda: {arm: [1.0] * 5 for arm in scoreboard.LOSSES}}, "0.0037"),
    ):
        report = report_of(question, row)
        assert report.points < report.max_points
        assert right not in str(report)


def test_a_quantile_with_all_its_digits_is_right():
    def t_interval(numbers):
        half = stats.t.ppf(0.975, 4) * np.std(numbers, ddof=1) / np.sqrt(5)
        return np.mean(numbers), np.mean(numbers) - half, np.mean(numbers) + half

    accepted("13.1", {"t_interval": t_interval})


def test_a_row_may_be_a_tuple_or_an_array():
    accepted("13.1", {"guessing_row": lambda: np.array(scoreboard.TRIALS)})
    accepted("13.2", {"forget_bias_row": lambda: {arm: tuple(row) for arm, row in scoreboard.LOSSES.items()}})
