"""The chapter on published claims: its arithmetic by hand, and its prose says what the stored rows say."""

import json
import math

import chapters
import pytest

from rnnlab import papers

CHAPTER = "13_scoreboard"
STORED = chapters.BOOK / "results" / "papers"


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


def stored(name):
    return json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))


def test_no_gradient_is_displayed_without_a_check():
    assert chapters.gradient_labels(CHAPTER) == set()


@pytest.mark.parametrize("name", list(papers.claims()))
def test_stored_rows_say_how_they_came_about(name):
    found = stored(name)
    assert found["command"] == f"rnnlab papers {name} --seeds {found['n_seeds']}"
    assert {"rnnlab", "numpy", "python"} <= set(found["versions"])
    assert len(found["rows"]) == len(found["seeds"]) == found["n_seeds"]
    claim = papers.claims()[name]
    outcome = claim.rule.outcome([row["numbers"] for row in found["rows"]])
    assert (found["verdict"], found["says"], found["rule"]) == (outcome.verdict, claim.says, claim.rule.rule)


def test_the_interval_by_hand_is_what_the_cell_computes(page):
    assert page.five == [7, 9, 8, 12, 9]
    squares = [(value - 9) ** 2 for value in page.five]
    assert squares == [4, 0, 1, 9, 0]
    s = math.sqrt(sum(squares) / 4)
    assert round(s, 2) == 1.87
    assert round(2.776 * s / math.sqrt(5), 2) == 2.32 == round(papers.interval(page.five)[2] - 9, 2)
    assert round(2.776 * s * math.sqrt(1.2), 2) == 5.69 == round(papers.interval(page.five, True)[2] - 9, 2)
    assert not 6 > 9 - 2.32
    assert 6 > 9 - 5.69


def test_what_is_said_of_guessing_holds(page):
    mean, low, high = papers.interval(page.groups)
    assert not low <= 6 <= high, "the true mean is not 6"
    _, low, high = papers.interval(page.groups, True)
    assert low <= 6 <= high, "such an experiment can give 6"
    assert len(page.groups) == 10
    assert stored("latch-1")["verdict"] == "reproduced"
    assert page.searches.mean() == pytest.approx(mean)


def test_the_slider_counts_the_seeds_that_tell_six_from_nine(page):
    sentences = {n: page.narrowing(n)[1] for n in (2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40)}
    inside = {}
    for n in sentences:
        _, low, high = papers.interval(page.tens[:n])
        inside[n] = sum(low <= value <= high for value in (6, 9))
    assert page.told == min(n for n in inside if inside[n] < 2)
    for n, said in sentences.items():
        assert ("both" in said) == (inside[n] == 2)
        assert ("neither" in said) == (inside[n] == 0)
    assert page.told == 5
    assert "6 is inside, 9 is not" in sentences[5], "five seeds seem to say 6"
    assert "9 is inside, 6 is not" in sentences[40], "forty say the other"
    assert 0.3 < page.width(40) / page.width(10) < 0.7, "about half the width"


def test_what_is_said_of_single_rows_holds():
    xor = stored("elman-xor")
    assert xor["verdict"] == "reproduced"
    assert 0 < xor["means"]["error at the third bit"] < 0.5 < xor["means"]["error elsewhere"], "a dip, not a solution"
    assert stored("reversed-source")["verdict"] == "direction only"
    two = stored("two-sequences-1997")
    assert two["verdict"] == "not reproduced"
    assert two["low"] < 39_850 < two["high"], "the interval even holds it"
    counts, weak = ([row["numbers"][key] for row in two["rows"]] for key in ("sequences", "sequences, weaker noise"))
    assert [n for n in counts if n < 80_000] == [23_000], "one learns it, in fewer"
    assert sorted(weak)[0] == 10_000
    assert sorted(weak)[-2:] == [65_000, 80_000]
    copy = stored("copy-floor")
    assert copy["verdict"] == "reproduced"
    bias = stored("forget-bias")
    assert (bias["n_seeds"], bias["verdict"]) == (5, "not reproduced")
    assert 0.95 < bias["low"] < 1, "a hair from its claim"
    parts = stored("lstm-parts")["means"]
    assert parts["whole"] < 0.01 < min(parts["no input gate"], parts["no forget gate"])


def test_what_is_said_of_the_whole_table_holds(page):
    gradients = ("bengio-latch", "influence-balance", "unbiased-cut", "williams-peng")
    assert {stored(name)["verdict"] for name in gradients} == {"reproduced"}, "the four claims about gradients hold"
    early = [claim for claim in papers.claims().values() if claim.key == "hochreiter1997"]
    missed = [claim for claim in early if stored(claim.name)["verdict"] == "direction only"]
    assert missed
    assert all(stored(claim.name)["high"] < claim.rule.published for claim in missed), "ours is smaller"


def test_the_chances_of_a_check_are_right():
    assert round(0.97**5, 2) == 0.86
    assert round(0.6**5, 2) == 0.08


def test_the_practice_is_solved(page):
    mean, low, high = papers.interval([12, 15, 11, 14, 13])
    assert (mean, round(low, 2), round(high, 2)) == (13, 11.04, 14.96)
    assert page.power(5, 400) < 0.5 < page.power(20, 400)


def test_the_graded_answers_are_not_given_away():
    said = chapters.text(CHAPTER)
    assert "same length" not in said
    assert "equal length" not in said
