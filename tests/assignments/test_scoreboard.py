"""The numbers that assignment 13 expects are those of the experiments."""

import math

import numpy as np
import pytest

from rnnlab.assignments.scoreboard import checks as scoreboard


def test_the_row_of_guessing_is_what_guessing_gives():
    """The first of its five means; counts do not depend on rounding."""
    assert np.mean([scoreboard.guess(500, 100.0, seed)[0] for seed in range(40)]) == scoreboard.TRIALS[0]


def test_the_states_of_the_latch_are_those_of_the_equation():
    rng = np.random.default_rng(0)
    noise, lengths = rng.normal(size=(6, 4)), np.array([1, 6, 3, 6])
    ends = scoreboard.latch(np.array([1.5, 0.5, -0.3]), noise, lengths)
    for b, n in enumerate(lengths):
        h = math.tanh(0.5 if b < 2 else -0.3)
        for t in range(1, n):
            h = math.tanh(1.5 * h + noise[t, b])
        assert ends[b] == pytest.approx(h)


def test_with_equal_lengths_four_guesses_suffice_and_with_different_ones_eight():
    equal = [scoreboard.guess(4, 100, seed)[0] for seed in range(1500)]
    different = [scoreboard.guess(10, 100, seed)[0] for seed in range(1500)]
    # Five standard errors of a geometric mean.
    assert np.mean(equal) == pytest.approx(4, abs=5 * 4 / math.sqrt(1500))
    assert np.mean(different) == pytest.approx(8.2, abs=5 * 8.2 / math.sqrt(1500))


def test_the_interval_holds_the_mean_in_nineteen_of_twenty_experiments():
    rng = np.random.default_rng(1)
    intervals = [scoreboard.t_interval(rng.normal(3, 2, 5)) for _ in range(4000)]
    share = np.mean([low < 3 < high for _, low, high in intervals])
    assert share == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4000))


@pytest.mark.parametrize("arm", scoreboard.LOSSES)
def test_the_losses_of_the_row_are_those_of_the_runs(arm):
    """One of the five seeds of each network; the factor of two is the check's own."""
    cell, bias = {"gru": ("gru", 0.0), "plain": ("lstm", 0.0), "biased": ("lstm", 1.0)}[arm]
    loss = scoreboard.forget_bias_run(cell, bias, 30, 300, 0)
    assert 0.5 < loss / scoreboard.LOSSES[arm][0] < 2


def test_the_bias_closes_part_of_the_gap_for_every_seed():
    shares = scoreboard.gap_closed(*(np.array(numbers) for numbers in scoreboard.LOSSES.values()))
    assert ((shares > 0) & (shares < 1)).all()
