"""A sentence read word by word: how high the bars are, what is hidden, and how little an interactive one stores."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from rnnlab import figures
from rnnlab.figures.reading import BLAME, TALL

WORDS = ["the", "film", "was", "never", "boring"]
BELIEF = np.array([0.5, 0.25, 0.5, 0.75, 1.0])
STATES = np.tanh(np.random.default_rng(0).normal(size=(5, 16)))


def strip(at=5, **options):
    return figures.reading(WORDS, STATES, BELIEF, 1 - BELIEF, BELIEF, at=at, alt="A sentence.", **options)


def beliefs(figure):
    """Return the heights of the belief's bars."""
    return [float(tall) for tall in re.findall(r'height="([\d.]+)" style="fill:var\(--r\)"', figure.svg)]


def blames(figure):
    """Return how far down each bar of the blame reaches."""
    bars = re.search(r'class="f" d="(M[^"]*h[^"]*V[^"]*z)"', figure.svg.split('rf-g"')[-1])[1]
    return [float(end) - float(base) for base, end in re.findall(r"M[\d.]+,([\d.]+) h[\d.]+ V([\d.]+)", bars)]


@pytest.mark.parametrize("size", [None, 380])
def test_the_bars_are_as_high_as_the_beliefs(size):
    assert beliefs(strip(size=size)) == pytest.approx(list(BELIEF * TALL), abs=0.1)


@pytest.mark.parametrize(("highest", "scale"), [(None, 0.75), (1, 1.0), (2, 2.0)])
def test_blame_is_measured_by_the_largest_or_by_what_is_given(highest, scale):
    found = blames(strip(at=4, highest=highest))
    assert found == pytest.approx([b / scale * BLAME for b in (0.5, 0.25, 0.5, 0.75, 0)], abs=0.15)


@pytest.mark.parametrize("at", [1, 3, 5])
def test_what_is_not_read_yet_has_neither_belief_nor_state_and_a_pale_word(at):
    figure = strip(at=at, size=380)
    assert len(beliefs(figure)) == at
    looks = [
        look
        for look, word in re.findall(r'<g(?: class="(\w*)")?><g transform="rotate[^>]*><text[^>]*>(\w+)', figure.svg)
    ]
    assert looks == [""] * (at - 1) + ["w"] + ["dim"] * (5 - at)


def test_a_size_is_kept_and_a_sentence_of_eleven_words_fits_a_phone():
    words = ["the", "film", "was", "never", "boring", "although", "the", "plot", "was", "not", "moving"]
    figure = figures.reading(words, np.zeros((11, 16)), np.full(11, 0.5), size=380, alt="A sentence.")
    assert float(ElementTree.fromstring(figure.svg).get("viewBox").split()[2]) == 380
    assert "min-width" not in figure.svg


def test_of_the_columns_an_interactive_one_stores_only_whether_they_are_seen():
    rng = np.random.default_rng(1)
    all_states, all_beliefs = np.tanh(rng.normal(size=(4, 11, 16))), rng.random((4, 11))

    def draw(number, at):
        words = [f"{'abcd'[number]}{t}" for t in range(11)]
        states, belief = all_states[number], all_beliefs[number]
        figure = figures.reading(words, states, belief, belief, rng.random(11), at=at, size=380, alt="a")
        return figure, f"Sentence {number}, word {at}."

    figure = figures.interactive(
        draw, figures.choice("sentence", range(4)), figures.steps("word", range(1, 12)), question="?"
    )
    stored = re.search(r'<script type="application/json">(.*?)</script>', figure.html, re.S)[1]
    assert len(stored.encode()) < 12 * 1024
    shown = [part for part in json.loads(stored)["parts"] if part[1] == "style"]
    assert len(shown) >= 43  # all columns but the first of the first sentence, which is always seen with it


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"at": 6}, "at is 6, expected 1 to 5, the number of words"),
        ({"belief": [0.5]}, "belief has 1 rows, expected 5, one for each word"),
        ({"blame": [0.1] * 4}, "blame has 4 rows, expected 5, one for each word"),
        ({"states": [[np.nan]] * 5}, "states holds a value that is not finite"),
    ],
)
def test_a_wrong_argument_is_named(change, message):
    arguments = {"states": STATES, "belief": BELIEF} | change
    with pytest.raises(ValueError, match=f"^{message}"):
        figures.reading(WORDS, alt="A sentence.", **arguments)
