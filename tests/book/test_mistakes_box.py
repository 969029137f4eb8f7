"""The box "What people get wrong" says what the checks say."""

import pytest

pytest.importorskip("sphinx")

from rnnbook import mistakes


def test_the_sentence_is_the_check_s_own():
    said = mistakes.known("4.3")["carried dh dropped"]
    assert mistakes.sentence_of("4.3", "carried dh dropped") == said[0].upper() + said[1:]


def test_a_mistake_without_a_check_speaks_for_itself():
    assert mistakes.sentence_of("-", "the first call is timed") == "The first call is timed."


def test_an_unknown_mistake_is_named_beside_those_there_are():
    with pytest.raises(ValueError, match=r"question 4.3 has no known mistake 'nothing', only .*'carried dh dropped'"):
        mistakes.sentence_of("4.3", "nothing")


def test_an_unknown_question_is_named():
    with pytest.raises(ValueError, match=r"9\.99"):
        mistakes.sentence_of("9.99", "nothing")


def test_the_box_is_read_into_its_parts():
    opening, items = mistakes.parts(
        ["First.", "", "4.3: h[t + 1] for h[t]", ": It shows.", "  More.", "", "-: timed: once"]
    )
    assert opening == [(0, "First."), (1, "")]
    assert items == [("4.3", "h[t + 1] for h[t]", [(3, "It shows."), (4, "More."), (5, "")]), ("-", "timed: once", [])]


def test_a_line_that_belongs_to_nothing_is_named():
    with pytest.raises(ValueError, match=r"got 'astray'"):
        mistakes.parts(["4.3: a", "astray"])


def test_code_in_a_sentence_is_set_as_code():
    found = mistakes.inline("`a` comes before `b_h`, not after.")
    assert [(type(node).__name__, node.astext()) for node in found] == [
        ("literal", "a"),
        ("Text", " comes before "),
        ("literal", "b_h"),
        ("Text", ", not after."),
    ]
