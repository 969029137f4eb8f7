"""Figures: what is drawn, what is said, and what a wrong argument is told."""

import json
import re

import numpy as np
import pytest

from rnnlab import figures


def data_of(figure):
    """Return what the figure's script reads."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', figure.html, re.S)[1])


def said(figure):
    """Return the sentence below the drawing."""
    return re.search(r'<p class="rf-said"[^>]*>(.*?)</p>', figure.html, re.S)[1]


def stems(heights, **changes):
    """Return a figure of two positions, with some arguments changed."""
    arguments = {"positions": ["1", "2"], "said": ["one", "two"], "across": "t", "up": "h", "caption": ""} | changes
    return figures.stems("a", heights=heights, **arguments)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_the_first_drawing_shows_k_steps_and_the_sentence_for_k(k):
    figure = figures.unfolding([f"at {n}" for n in range(1, 6)], k=k)
    steps = re.findall(r'<g class="rf-step" data-step="(\d)"[^>]*>', figure.html)
    hidden = re.findall(r'data-step="(\d)"[^>]*display:none', figure.html)
    assert steps == list("12345")
    assert hidden == [str(t) for t in range(k + 1, 6)]
    assert said(figure) == f"at {k}"


def test_every_copy_of_the_cell_has_one_arrow_for_each_of_the_three_matrices():
    html = figures.unfolding([""] * 6).html
    for step in html.split('<g class="rf-step"')[1:]:
        assert [step.count(f'rf-arrow {weight}"') for weight in ("w-x", "w-h", "w-y")] == [1, 1, 1]


@pytest.mark.parametrize("k", [0, 3, -1])
def test_k_beyond_the_facts_is_named(k):
    with pytest.raises(ValueError, match=rf"^k is {k}, expected 1 to 2, the number of facts$"):
        figures.unfolding(["one", "two"], k=k)


def test_text_cannot_close_the_script_or_open_a_tag():
    hostile = "</script><script>alert(1)</script>"
    figure = figures.unfolding([hostile], k=1)
    assert hostile not in figure.html
    assert data_of(figure)["facts"] == [hostile]


def test_the_control_is_hidden_until_its_script_runs():
    for figure in (figures.unfolding(["one"], k=1), stems([[0, 1], [1, 2]])):
        assert re.search(r'<label class="rf-slider" hidden>', figure.html)
        assert "label.hidden = false" in figure.html


def test_figures_ask_nothing_of_the_network():
    for figure in (figures.unfolding(["one"], k=1), stems([[0, 1], [1, 2]])):
        assert not re.search(r"https?:|src=|url\(|import\(|fetch", figure.html)


def test_stems_stand_on_zero_and_reach_their_heights():
    heights = np.array([[1.0, -1.0, 0.0], [0.5, 0.0, 3.0]])
    data = data_of(stems(heights))
    levels, floor = np.array(data["levels"]), data["floor"]
    unit = floor - levels[0, 0]
    assert unit > 0
    assert np.allclose(floor - levels, heights * unit, atol=0.2)  # levels are rounded to a tenth of a pixel


def test_stems_of_zeros_only_lie_on_the_floor():
    data = data_of(stems(np.zeros((2, 4))))
    assert np.all(np.array(data["levels"]) == data["floor"])


def test_stems_start_where_asked():
    assert said(stems([[0, 1], [1, 2]], start=1)) == "two"


def test_unequal_numbers_of_positions_are_named():
    with pytest.raises(
        ValueError, match=r"^heights has 1 rows and said 2 entries, expected 2, the number of positions$"
    ):
        stems([[0.0, 1.0]])


def test_a_height_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match=r"^heights holds a value that is not finite, expected finite numbers$"):
        stems([[0.0, np.nan], [0.0, 1.0]])
