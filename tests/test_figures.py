"""Figures: what is drawn, what is said, and what a wrong argument is told."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from rnnlab import figures


def test_a_drawing_is_well_formed_and_says_what_is_seen():
    figure = figures.unfolded([1, 0, 1], [1, 0.5, 1.25], alt="Three steps & their values")
    root = ElementTree.fromstring(figure.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Three steps & their values"


def test_text_cannot_close_the_script_or_open_a_tag():
    hostile = "</script><script>alert(1)</script>"
    figure = figures.interactive(
        lambda k: (figures.stems([k, 1], across="t", up="h", alt="a"), f"{hostile} {k}"),
        figures.slider("k", [1, 2]),
        question=hostile,
    )
    assert "<script>alert" not in figure.html
    assert json.loads(re.search(r'json">(.*?)</script>', figure.html, re.S)[1])["n"] == [2]


def test_a_height_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match=r"^values holds a value that is not finite, expected finite numbers$"):
        figures.stems([0.0, np.nan], across="t", up="h", alt="a")
