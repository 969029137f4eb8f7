"""Every size that a question draws is seen at its lowest, large, equal to another and unlike all others."""

from collections import defaultdict

import numpy as np
import pytest

from rnnlab import checks
from rnnlab.checks.cases import ALIKE, Cases, drawn
from rnnlab.checks.draw import CaseGenerator, Plan, plans

EVERY = [q for assignment in checks.packages() for q in checks.load(assignment)]


@pytest.mark.parametrize("n_axes", range(1, 6))
@pytest.mark.parametrize("turn", range(7))
def test_twelve_cases_are_a_full_plan(n_axes, turn):
    found = plans(12, n_axes, turn)
    assert len(found) == 12
    assert found[0].kind == "small"
    assert {plan.axes for plan in found if plan.kind == "low"} == {(axis,) for axis in range(n_axes)}
    assert {"large", "different"} <= {plan.kind for plan in found}
    assert Plan("equal", tuple(range(n_axes))) in found


@pytest.mark.parametrize("n_axes", range(4, 8))
@pytest.mark.parametrize("turn", range(7))
def test_every_axis_is_low_once_and_large_once_where_they_are_many(n_axes, turn):
    found = plans(12, n_axes, turn)
    assert {plan.axes for plan in found if plan.kind == "low"} == {(axis,) for axis in range(n_axes)}
    assert {axis for plan in found for axis in plan.large} == set(range(n_axes))
    assert any(plan.kind == "large" and len(plan.axes) == 2 for plan in found)


def test_parts_of_few_cases_see_together_what_one_of_many_sees():
    kinds = {(plan.kind, plan.axes) for turn in range(4) for start in range(11) for plan in plans(4, 4, turn, start)}
    assert {("low", (axis,)) for axis in range(4)} | {("large", (axis, (axis + 1) % 4)) for axis in range(4)} <= kinds
    assert ("equal", (0, 1, 2, 3)) in kinds


def sizes(plan, n=3, **bounds):
    draw = CaseGenerator(np.random.default_rng(0), 3, plan)
    return [draw.size(**bounds) for _ in range(n)]


def test_sizes_are_as_the_plan_says():
    assert sizes(Plan("low", (1,)))[1] == 1
    assert min(sizes(Plan("low", (1,)))[::2]) > 1
    assert len(set(sizes(Plan("different")))) == 3
    assert len(set(sizes(Plan("equal", (0, 1, 2))))) == 1
    assert sizes(Plan("large", (2,)))[2] == 33
    assert sizes(Plan("large", (2,)), steps=True)[2] == 40
    assert sizes(Plan("large", (2,)), large=100)[2] == 100
    assert sizes(Plan("large", (2,)), high=4)[2] <= 4
    assert max(sizes(Plan("small"))) <= 2
    low, _, large = sizes(Plan("low", (0,), (2,)))
    assert (low, large) == (1, 33)


def test_another_drawing_has_the_same_sizes_and_other_numbers():
    question = checks.find("2.2")
    cases = Cases(question, 5)
    one, other = (cases.draw(question.parts[0], sample) for sample in ((3,), (3, 1)))
    assert [one.size() for _ in range(5)] == [other.size() for _ in range(5)]
    assert not np.array_equal(one.array(4), other.array(4))


@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_every_axis_is_drawn_from_all_of_its_range(question):
    """With six of 30 seeds or more, since a part of few cases sees a share of the plan with each of them."""
    seen = defaultdict(set)
    for seed in range(30):
        for place, found in drawn(question, seed).items():
            seen[place] |= found
        missing = {place: _whole(found) - found for place, found in seen.items()}
        if seed > 4 and not any(missing.values()):
            return
    raise AssertionError({place: kinds for place, kinds in missing.items() if kinds})


def _whole(found):
    alone = not found & {"equal", "unequal"}
    return {"low", "large"} | (set() if alone else {"equal", "unequal"})


def test_one_seed_sees_most_of_the_plan_over_a_question():
    """An axis of one part is one of its siblings' too: what one part does not see with a seed, others mostly do."""
    for question in (q for q in EVERY if q.seconds is None and min(p.n_cases for p in q.parts) > 5):
        for seed in range(3):
            places = defaultdict(set)
            for (_, axis), found in drawn(question, seed).items():
                if axis < 4:
                    places[axis] |= found
            missing = {axis: {"low", "large"} - found for axis, found in places.items()}
            assert sum(map(len, missing.values())) <= 0.25 * 2 * len(places), (question.id, missing)


def test_a_drawing_alike_has_the_same_settings_and_first_numbers():
    question = checks.find("6.3")
    cases, part = Cases(question, 5), question.parts[0]
    one, other = (cases.draw(part, sample) for sample in ((3,), (3, ALIKE + 1)))
    assert one.size() == other.size()
    assert one.rng.random() == other.rng.random()
    first, changed = one.array(2, 3), other.array(2, 3)
    assert first.flat[0] == changed.flat[0]
    assert sorted(first.flat) == sorted(changed.flat)
    assert not np.array_equal(first, changed)
    assert np.array_equal(one.array(4), other.array(4))  # the second array is as before


def test_a_full_plan_ends_with_unusual_arrays():
    question = checks.find("2.1")
    cases, part = Cases(question, 5), question.parts[3]
    last = range(cases.count(part) - 4, cases.count(part))
    drawn = [[draw.array(3) for _ in range(7)] for draw in (cases.draw(part, (case,)) for case in last)]
    zeros = [[not array.any() for array in arrays] for arrays in drawn[:2]]
    assert all(a != b for a, b in zip(*zeros, strict=True))  # each is zero in one of two cases
    assert any(np.abs(array).max() < 1e-6 for array in drawn[2])
    assert all((array % 1 == 0).all() or (array / 0.7 % 1 == 0).all() for array in drawn[3])
    assert all(cases.draw(part, (case,)).ordinary for case in range(last[0]))


def test_an_option_does_not_go_with_a_size():
    question = checks.find("9.1")
    cases, part = Cases(question, 1), question.parts[0]
    seen = {(cases._plans[part.name][case], cases.draw(part, (case,)).option("after", "before")) for case in range(23)}
    assert all((Plan("low", (axis,)), reset) in seen for axis in range(3) for reset in ("after", "before"))


def test_a_case_that_is_drawn_again_begins_with_the_attempt_that_succeeded():
    made = []

    def drawn(found):
        draw = CaseGenerator(np.random.default_rng(3), 0, found=found)

        def attempt():
            made.append(draw.array(2))
            return made[-1] if (made[-1] > 1).all() else None

        return [draw.until(attempt), draw.until(attempt), draw.array(1), draw.n_arrays]

    found = {}
    first = drawn(found)
    assert len(made) > 10
    made.clear()
    for one, again in zip(first, drawn(found), strict=True):
        np.testing.assert_array_equal(one, again)
    assert len(made) == 2
