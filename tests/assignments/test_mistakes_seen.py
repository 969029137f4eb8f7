"""Mistakes that 57 people are known to have made lose points; nearly all are named, and none is called another one."""

import pytest
from assignments import seen_mistakes_1_to_6, seen_mistakes_7_to_13

from rnnlab import checks
from rnnlab.checks.question import PUBLIC_SEED
from rnnlab.checks.student import LocalStudent

SEEN = seen_mistakes_1_to_6.SEEN | seen_mistakes_7_to_13.SEEN


def test_there_are_57_and_at_least_45_are_named():
    assert len(SEEN) == 57
    assert sum(words is not None for _, _, words in SEEN.values()) >= 45


@pytest.mark.parametrize("name", SEEN)
def test_a_mistake_that_was_seen_loses_points_and_is_called_what_it_is(name):
    number, functions, words = SEEN[name]
    question = checks.find(number)
    for seed in (PUBLIC_SEED, 7):
        report = question.examine(LocalStudent({**question.reference, **functions}), seed)
        assert report.points < question.points
        assert [hint for hint in report.hints if words is None or words not in hint] == []
        assert words is None or report.hints
