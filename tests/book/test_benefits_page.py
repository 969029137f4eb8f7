"""Benefits and drawbacks: each statement holds for the numbers it stands on."""

import json
import re

import chapters
import pytest

PAGE = "benefits_and_drawbacks"


@pytest.fixture(scope="module")
def page():
    return chapters.run(PAGE)


def stored(name):
    return json.loads((chapters.BOOK / "results" / f"{name}.json").read_text())


def test_what_is_computed_on_the_page_supports_its_sentences(page):
    assert page.share_right(10) == page.share_right(1000) == 1
    assert sum(part.size for part in (*page.cell, *page.output)) == 11
    assert page.floors["words without order"] > 0.3
    assert page.in_turn > page.together


def test_layers_shrink_one_gradient_and_not_the_other(page):
    assert page.deep_ratio("sigmoid", 1) < 0.01
    assert page.deep_ratio("tanh", 0) > 1


def test_memory_reaches_beyond_the_window(page):
    found = stored("echo_truncation")
    assert found["carried"]["k5"]["high"] < page.echo["lag 3"]
    assert found["carried"]["k1"]["median"] > found["readout_only"]["median"] > found["carried"]["k10"]["median"]


def test_gates_learn_what_a_plain_network_does_not(page):
    adding, parts = stored("adding_starts"), stored("lstm_parts")
    assert adding["tanh"]["low"] > 0.95 * page.adding["mean"], "it has learned nothing"
    assert adding["gru"]["high"] < 0.001
    assert parts["full"]["solved"] == parts["n_seeds"] > parts["forget_open"]["solved"] > parts["input_open"]["solved"]


def test_clipping_helps_the_short_task_alone():
    found = stored("clipping_temporal_order")
    assert found["short_large"]["clipped"]["solved"] == found["n_seeds"]
    assert found["short_large"]["unclipped"]["solved"] == found["long_large"]["clipped"]["solved"] == 0


def test_no_network_beats_the_line():
    found = stored("window_length")
    errors = [error for runs in found["error"].values() for error in runs["seeds"]]
    assert len(errors) == 40
    assert min(errors) == found["error"]["k3"]["lowest"] > found["baselines"]["ar9"]
    assert min(errors) < found["baselines"]["ar2"] < max(errors)


def test_a_second_direction_and_a_delay():
    found = stored("gap_letter")
    assert found["both"]["right"]["low"] > found["delayed"]["right"]["low"] > 0.99 > found["left"]["right"]["high"]
    assert found["leak"]["right_cut"]["high"] < found["exact"]["next"]["right"] < found["leak"]["right"]["low"]


def test_a_look_back_costs_as_much_as_a_step_where_the_page_says(page):
    assert 2 * page.H * (page.H * (page.H + page.H) // (2 * page.H)) == page.H * (page.H + page.H)


def test_every_statement_names_a_chapter_and_a_number():
    text = chapters.text(PAGE)
    for part in ("## For", "## Against"):
        section = re.sub(r"```.*?```", "", text.split(part)[1].split("\n## ")[0], flags=re.S)
        for statement in filter(None, map(str.strip, section.split("\n\n"))):
            assert re.search(r"\[chapter \d+\]|Chapter 12", statement, re.I), statement[:60]
            assert "{result}" in statement or "{glue:text}" in statement, statement[:60]
