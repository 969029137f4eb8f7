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


def as_much_noise_as_possible(n_steps, width, seed):
    """Draw noise for the longest sequence that is possible, where the text draws it for the longest that there is."""
    rng = np.random.default_rng(seed)
    longest = n_steps + n_steps // 5
    lengths = rng.integers(n_steps, longest + 1, 100)
    noise = rng.normal(0, np.sqrt(0.2), (longest, 100))
    n_trials, right = 0, False
    while not right:
        n_trials, weights = n_trials + 1, rng.uniform(-width, width, 3)
        right = ((scoreboard.latch(weights, noise, lengths) > 0) == (np.arange(100) < 50)).all()
    return n_trials, weights


def clearly_right(n_steps, width, seed):
    """Ask for states that are further than a twentieth from 0."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(n_steps, n_steps + n_steps // 5 + 1, 100)
    noise = rng.normal(0, np.sqrt(0.2), (lengths.max(), 100))
    signs = np.where(np.arange(100) < 50, 1.0, -1.0)
    n_trials, right = 0, False
    while not right:
        n_trials, weights = n_trials + 1, rng.uniform(-width, width, 3)
        right = (signs * scoreboard.latch(weights, noise, lengths) > 0.05).all()
    return n_trials, weights


def no_bias_for_zero(cell, bias, *more):
    """Leave the layer's own bias, which is 1, where the bias is false."""
    return scoreboard.forget_bias_run(cell, bias or 1.0, *more)


def size_of_the_gap(gru, plain, biased):
    return (plain - biased) / np.abs(plain - gru)


WRONG = {
    "noise for the longest possible": ("13.1", {"guess": as_much_noise_as_possible}),
    "a sign with a margin": ("13.1", {"guess": clearly_right}),
    "no bias where it is 0": ("13.2", {"forget_bias_run": no_bias_for_zero}),
    "the size of the gap": ("13.2", {"gap_closed": size_of_the_gap}),
    "at most 200 updates": (
        "13.2",
        {"forget_bias_run": lambda *a: scoreboard.forget_bias_run(*a[:3], min(a[3], 200), a[4])},
    ),
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
    refused(*WRONG[name], seeds=(3,))


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

    accepted("13.1", {"t_interval": t_interval}, seeds=(3,))


def test_a_row_may_be_a_tuple_or_an_array():
    accepted("13.1", {"guessing_row": lambda: [np.float32(number) for number in scoreboard.TRIALS]}, seeds=(3,))
    accepted("13.1", {"guessing_row": lambda: np.array(scoreboard.TRIALS)}, seeds=(3,))
    accepted(
        "13.2", {"forget_bias_row": lambda: {arm: tuple(row) for arm, row in scoreboard.LOSSES.items()}}, seeds=(3,)
    )
