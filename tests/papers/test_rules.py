"""How a verdict follows from numbers."""

import math

import numpy as np
import pytest

from rnnlab import papers


def rows(key, values):
    return [{key: value} for value in values]


def test_the_interval_is_that_of_students_t():
    mean, low, high = papers.interval([7, 9, 8, 12, 9])
    assert mean == 9
    assert high - mean == pytest.approx(2.776445 * math.sqrt(3.5 / 5), rel=1e-6)
    assert mean - low == pytest.approx(high - mean)


def test_the_next_number_falls_into_its_interval_as_often_as_said():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(4000):
        *known, following = rng.normal(size=6)
        _, low, high = papers.interval(known, n_of_next=True)
        held.append(low <= following <= high)
    assert 0.94 < np.mean(held) < 0.96


def test_one_drawn_number_says_nothing():
    assert papers.interval([3.0]) == (3.0, -math.inf, math.inf)
    with pytest.raises(ValueError, match="no numbers"):
        papers.interval([])


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((5, 6, 7), "reproduced"), ((20, 21, 22), "direction only"), ((200, 201, 202), "not reproduced")],
)
def test_a_number_is_held_or_on_the_right_side_or_neither(values, verdict):
    assert papers.Number("n", 6, rival=100).outcome(rows("n", values)).verdict == verdict


def test_a_number_without_a_rival_is_held_or_not():
    assert papers.Number("n", 6).outcome(rows("n", (20, 21, 22))).verdict == "not reproduced"


def test_a_rival_may_be_measured_beside_it():
    found = [{"n": 20.0 + k, "guess": 100.0} for k in range(3)]
    assert papers.Number("n", 6, rival="guess").outcome(found).verdict == "direction only"
    assert papers.Number("n", 600, rival="guess").outcome(found).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((5, 6, 7), "reproduced"), ((20, 21, 22), "direction only"), ((2, 3, 99), "not reproduced")],
)
def test_a_seed_that_was_given_up_is_no_number(values, verdict):
    assert papers.Number("n", 6, given_up=99).outcome(rows("n", values)).verdict == verdict


def test_rounding_and_the_next_number_widen_what_is_held():
    values = rows("n", (7.0, 7.1, 7.2))
    assert papers.Number("n", 6.8).outcome(values).verdict == "not reproduced"
    assert papers.Number("n", 6.8, rounding=0.1).outcome(values).verdict == "reproduced"
    assert papers.Number("n", 6.8, of_next=True).outcome(values).verdict == "reproduced"


def test_an_exact_number_is_its_own_interval():
    assert papers.Number("n", 2, exact=True).outcome(rows("n", [2.0])) == (2, 2, 2, "reproduced")
    assert papers.Number("n", 2, exact=True).outcome(rows("n", [2.1])).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("factors", "own", "verdict"),
    [
        ((2, 2.1, 2.2), True, "reproduced"),
        ((2, 2.1, 2.2), False, "direction only"),
        ((0.5, 2, 3), True, "not reproduced"),
        ((0.4, 0.5, 0.6), True, "not reproduced"),
    ],
)
def test_an_order_needs_the_whole_interval_above_one(factors, own, verdict):
    found = [{"a": 3.0, "b": 3.0 * factor} for factor in factors]
    outcome = papers.Order("a", "b", own_setting=own).outcome(found)
    assert outcome.verdict == verdict
    assert outcome.mean == pytest.approx(np.prod(factors) ** (1 / 3))


@pytest.mark.parametrize(("factors", "verdict"), [((0.98, 1, 1.02), "direction only"), ((0.3, 1, 3), "not reproduced")])
def test_no_difference_needs_a_narrow_interval(factors, verdict):
    found = [{"a": factor, "b": 1.0} for factor in factors]
    assert papers.Same("a", "b", 1.25).outcome(found).verdict == verdict


def test_no_difference_between_runs_that_did_not_get_there_is_none():
    found = [{"a": 99.0, "b": 99.0}, {"a": 98.0, "b": 97.0}]
    assert papers.Same("a", "b", 2).outcome(found).verdict == "direction only"
    assert papers.Same("a", "b", 2, given_up=99).outcome(found).verdict == "not reproduced"


@pytest.mark.parametrize("rule", [papers.Number("a", 3), papers.Order("a", "b"), papers.Same("a", "b", 2)])
def test_a_single_seed_decides_nothing(rule):
    assert rule.outcome([{"a": 3.0, "b": 3.0}]).verdict == "undecided"
    assert rule.outcome([{"a": 3.0, "b": 3.0}] * 2).verdict != "undecided"


def test_a_claim_says_where_it_was_read():
    with pytest.raises(ValueError, match="expected P, A or S"):
        papers.Claim("a", "a", "a2000", "", "?", "", "", (), "", papers.Number("n", 1), lambda seed: {})
