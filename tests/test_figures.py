"""Figures: what is drawn, what is said, what a wrong argument is told, and how much they weigh."""

import importlib
import json
import re
from html import unescape
from xml.etree import ElementTree

import figure_gallery as gallery
import numpy as np
import pytest

from rnnlab import figures
from rnnlab.figures.frame import source
from rnnlab.figures.markup import html_text, number, runs, svg_text, width
from rnnlab.figures.patches import FIRST, LETTERS

STILL, MOVING = gallery.still(), gallery.moving()
EVERY = STILL | MOVING
drawings = pytest.mark.parametrize("name", [name for name in EVERY if name not in ("beside", "choice")])


def data_of(figure):
    """Return what the figure's script reads."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', figure.html, re.S)[1])


def said(html):
    """Return the sentence below the drawing."""
    return re.sub("<[^>]*>", "", re.search(r'<p class="rf-said"[^>]*>(.*?)</p>', html, re.S)[1])


@drawings
def test_a_drawing_is_well_formed_and_says_what_is_seen(name):
    root = ElementTree.fromstring(EVERY[name].svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == EVERY[name].alt != ""


@pytest.mark.parametrize("name", EVERY)
def test_the_whole_figure_is_well_formed(name):
    ElementTree.fromstring(EVERY[name].html)


def texts(element, right=0.0, down=0.0):
    """Yield every text element below one that is seen, with how far it is moved."""
    if "display:none" in element.get("style", ""):
        return
    move = re.match(r"translate\(([-\d.]+),([-\d.]+)\)", element.get("transform", ""))
    if move:
        right, down = right + float(move[1]), down + float(move[2])
    if element.tag == "text":
        yield element, right, down
    for child in element:
        yield from texts(child, right, down)


@drawings
def test_no_text_leaves_the_drawing(name):
    root = ElementTree.fromstring(EVERY[name].svg)
    _, _, wide, high = map(float, root.get("viewBox").split())
    for text, right, down in texts(root):
        kinds = text.get("class", "").split()
        x, y = float(text.get("x")) + right, float(text.get("y")) + down
        room = width("".join(text.itertext()), 16 if "t" in kinds else 13)
        start = x - room * (0 if "b" in kinds else 1 if "e" in kinds else 0.5)
        assert start >= -3, "".join(text.itertext())
        assert start + room <= wide + 3, "".join(text.itertext())
        assert 8 <= y <= high - 1, "".join(text.itertext())


@drawings
def test_coordinates_have_one_decimal_at_most(name):
    for value in re.findall(r' (?:d|points|x|y|cx|cy|r|width|height)="([^"]*)"', STILL.get(name, EVERY[name]).svg):
        if name not in ("heat", "numbers", "reading"):  # squares that touch need more
            assert not re.search(r"\.\d\d", value)


def test_the_script_and_the_numbers_are_small():
    assert len(source("figure.js").encode()) <= 3 * 1024
    for figure in MOVING.values():
        assert len(json.dumps(data_of(figure)["parts"]).encode()) <= 12 * 1024


def test_numbers_beyond_the_limit_are_refused():
    def noise(k):
        drawing = figures.stems(np.random.default_rng(k).normal(size=200), across="t", up="h", ylim=(-3, 3), alt="a")
        return drawing, f"k = {k}"

    with pytest.raises(ValueError, match=r"^the figure's numbers take \d+\.\d KB, expected at most 12: take fewer"):
        figures.interactive(noise, figures.slider("k", range(60)), question="?")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("slider", "w = 1.6: rests at ±0.891, a change shrinks to 33 % a step."),
        ("toggles", "Bits 1 1 0 1: the answers are 1 0 0 1."),
        ("steps", "After 2 steps back the gradient has come to h2."),
        ("choice", "You chose bias twice."),
        ("two sliders", "ρ = 1.5, inputs of size 1: predicted × 1.5 a step, measured × 1.27 a step."),
        ("lengths", "k = 4: 5 layers."),
    ],
)
def test_without_the_script_the_static_position_has_its_sentence_and_no_controls(name, sentence):
    html = MOVING[name].html
    assert unescape(said(html)) == sentence
    assert '<div class="rf-controls" hidden="">' in html


def digit(letter):
    """Return the number that a character stands for."""
    return ord(letter.replace("!", "<")) - FIRST


def unpack(form, code):
    """Return the path that the script makes of packed numbers."""
    pairs = zip(code[::2], code[1::2], strict=True)
    values = iter((digit(a) * LETTERS + digit(b) - 600) / 10 for a, b in pairs)
    return re.sub("#", lambda _: f"{next(values):g}", form)


def at_position(figure, place):
    """Return the figure's elements as the script would leave them at a position of its controls."""
    data = data_of(figure)
    root = ElementTree.fromstring(figure.html)
    elements = list(root.iter())[1:]
    for i, name, axes, values, *rest in data["parts"]:
        k = 0
        for axis in map(int, axes):
            k = k * data["n"][axis] + place[axis]
        value = values[digit(rest[0][k]) if rest and rest[0] else k]
        if len(rest) > 1:
            value = unpack(rest[1], value)
        if not name:
            for child in list(elements[i]):
                elements[i].remove(child)
            part = ElementTree.fromstring(f"<x>{value}</x>")
            elements[i].text = part.text
            elements[i].extend(list(part))
        elif value is None:
            elements[i].attrib.pop(name, None)
        else:
            elements[i].set(name, str(value))
    return root


def visible(root):
    """Return the texts and shapes that are seen, without those hidden and without order."""
    found = []

    def walk(element):
        if "display:none" in element.get("style", "") or "off" in element.get("class", "").split():
            return
        if element.tag in ("path", "rect", "circle", "polygon", "text"):
            numbers = [f"{float(n):.1f}" for key in ("d", "points", "x", "y", "cx", "cy", "width", "height", "r")
                       for n in re.findall(r"-?\d+\.?\d*", element.get(key, ""))]  # fmt: skip
            found.append((element.tag, element.get("class", ""), "".join(element.itertext()), " ".join(numbers)))
        for child in element:
            walk(child)

    walk(root)
    return sorted(found)


@pytest.mark.parametrize(
    ("name", "draw", "place", "values"),
    [
        ("slider", gallery.cobweb, (0,), (-2.0,)),
        ("slider", gallery.cobweb, (25,), (3.0,)),
        ("toggles", gallery.bits, (0, 1, 1, 0), (0, 1, 1, 0)),
        ("toggles", gallery.bits, (1, 1, 1, 1), (1, 1, 1, 1)),
        ("steps", gallery.back, (0,), (1,)),
        ("steps", gallery.back, (2,), (3,)),
        ("two sliders", gallery.norms, (0, 2), (0.5, 0.5)),
        ("two sliders", gallery.norms, (5, 0), (2, 0.01)),
    ],
)
def test_the_patches_lead_to_the_drawing_and_the_sentence_of_each_position(name, draw, place, values):
    root = at_position(MOVING[name], place)
    drawing, sentence = draw(*values)
    expected = visible(ElementTree.fromstring(drawing.svg))
    assert visible(next(svg for svg in root.iter("svg"))) == expected
    words = next(p for p in root.iter("p") if p.get("class") == "rf-said")
    assert "".join(words.itertext()) == re.sub("<[^>]*>", "", html_text(sentence))


def test_text_cannot_close_the_script_or_open_a_tag():
    hostile = "</script><script>alert(1)</script><!--"
    figure = figures.interactive(
        lambda k: (figures.stems([k, 1], across=hostile, up="h", alt=hostile), f"{hostile}{k}"),
        figures.slider(hostile, [1, 2]),
        question=hostile,
        caption=hostile,
    )
    assert "<script>alert" not in figure.html
    assert "<!--" not in figure.html
    assert said(figure.html) == "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--1"
    assert data_of(figure)["n"] == [2]


def test_figures_ask_nothing_of_the_network():
    for text in (*(figure.html for figure in EVERY.values()), source("figure.css"), source("figure.js")):
        assert not re.search(r"https?:|src=|url\(|import\(|fetch", text)


def test_style_and_script_come_with_a_figure_unless_the_page_links_them(monkeypatch):
    monkeypatch.delenv("RNNLAB_FIGURES", raising=False)
    assert source("figure.css") in STILL["stems"]._repr_html_()
    assert source("figure.js") not in STILL["stems"]._repr_html_()
    assert source("figure.js") in MOVING["steps"]._repr_html_()
    assert source("figure.js") in gallery.prediction()._repr_html_()
    monkeypatch.setenv("RNNLAB_FIGURES", "linked")
    assert MOVING["steps"]._repr_html_() == MOVING["steps"].html
    assert "<style" not in MOVING["steps"].html


def heights(figure):
    """Return how far each stem goes up from the floor, in pixels."""
    lines = re.findall(r'<path d="M[\d.]+,([\d.]+) V([\d.]+)"/><circle', figure.svg)
    return [float(floor) - float(end) for floor, end in lines]


def test_stems_stand_on_zero_and_reach_their_heights():
    values = np.array([1.0, -1.0, 0.0, 0.5])
    found = np.array(heights(figures.stems(values, across="t", up="h", alt="a")))
    assert found[0] > 50
    assert np.allclose(found, values * found[0], atol=0.2)  # pixels are rounded to a tenth


def test_a_curve_that_leaves_its_range_is_cut_at_the_edge():
    figure = figures.curves([0, 1, 2], {"": [0, 1, 9]}, across="x", up="y", ylim=(0, 2), alt="a")
    clip = next(ElementTree.fromstring(figure.svg).iter("svg"))
    box = next(element for element in clip.iter("svg") if element is not clip)
    line = re.findall(r"[\d.-]+,([\d.-]+)", box.find("path").get("d"))
    assert float(line[2]) < float(box.get("y"))


def test_seeds_are_thin_and_their_median_thick():
    figure = figures.curves([0, 1], {"a": [[1, 1], [2, 5], [9, 2]]}, across="x", up="y", ylim=(0, 10), alt="a")
    assert figure.svg.count('class="thin"') == 3
    assert figure.svg.count('class="thick"') == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.125, "0.13"), (-0.5, "−0.5"), (0.03125, "0.031"), (1, "1"), (434.2, "434"), (12.34, "12.3"), (-0.0, "0"),
     (2e-6, "2e-6".replace("-", "−")), ((2, 1), "2, 1"), ("½", "½"), (0.999, "1"), (1 / 3, "0.33")],
)  # fmt: skip
def test_a_value_is_written_to_two_digits(value, text):
    assert number(value) == text


def test_mathematics_stands_between_dollars_or_is_a_lone_symbol():
    assert [run.text for run in runs("state $h_{t-1}$")] == ["state ", "h", "t−1"]
    assert html_text("w_h") == "<i>w</i><sub><i>h</i></sub>"
    assert html_text("a < b & c") == "a &lt; b &amp; c"
    assert svg_text("a") == "a"
    assert "dy" in svg_text("$x_1$ and")


@pytest.mark.parametrize("size", [0.0, 0.3, 1.0])
def test_a_valve_is_filled_as_far_as_it_is_open(size):
    canvas = figures.Canvas(60, 60)
    canvas.valve(30, 30, size, "f")
    water = re.search(r'd="M[\d.]+,([\d.]+)', canvas.parts[0][1])
    assert float(water[1]) == pytest.approx(30 if size == 1 else 45 - 30 * size, abs=0.1)


def test_an_arrow_begins_and_ends_on_the_outlines():
    canvas = figures.Canvas(200, 200)
    box, ring = canvas.cell(50, 100), canvas.circle(150, 100)
    canvas.arrow(box, ring, aside=5)
    start = re.search(r'd="M([\d.]+),([\d.]+)', canvas.parts[-1][1])
    tip = re.search(r'points="([\d.]+),([\d.]+)', canvas.parts[-1][1])
    assert [float(start[1]), float(start[2])] == [75, 95]
    assert np.hypot(float(tip[1]) - 150, float(tip[2]) - 100) == pytest.approx(23, abs=0.1)


ONE = {"across": "t", "up": "h", "alt": "a"}
WRONG = [
    (lambda: figures.stems([0.0, np.nan], **ONE), "values holds a value that is not finite, expected finite numbers"),
    (lambda: figures.stems([1], across="t", up="h", alt=" "), "alt is empty, expected a sentence"),
    (lambda: figures.unfolded([1], y=[1, 2], alt="a"), "y has 2 values, expected 1, one for each step"),
    (lambda: figures.unfolded([np.inf], alt="a"), "a value is inf, expected a finite number"),
    (lambda: figures.unfolded(0, alt="a"), "x has 0 steps, expected at least 1"),
    (lambda: figures.cloud([1, 2], [1], **ONE), "y has 1 values, expected 2, one for each x"),
    (lambda: figures.bars({"a": [np.nan]}, up="e", alt="a"), "bar 'a' holds a value that is not finite"),
    (lambda: figures.curves([1], {"a": [1]}, log="z", **ONE), "log is 'z', expected '', 'x', 'y' or 'xy'"),
    (lambda: figures.curves([1, 2], {"a": [0, 1]}, log="y", **ONE), "line 'a' holds a value that is not positive"),
    (lambda: figures.curves([1, 2], {"a": [0, 1]}, ylim=(1, 1), **ONE), "ylim runs from 1 to 1, expected two finite"),
    (lambda: figures.blame([-1], alt="a"), "values holds -1, expected sizes, which are not negative"),
    (lambda: figures.heat([[np.nan]], alt="a"), "strip '' holds a value that is not finite"),
    (lambda: figures.heat([[1, 2]], ticks=["a"], alt="a"), "ticks has 1 entries, expected 2, one for each step"),
    (lambda: figures.grid([[1]], [["odd"]], alt="a"), "kind is 'odd', expected one of"),
    (lambda: figures.matrix([1, 2], alt="a"), "values is not a matrix of finite numbers"),
    (lambda: figures.shapes([("a", 0, 1, "h")], alt="a"), "a is drawn 0 × 1, expected positive sizes"),
    (lambda: figures.chain(3, values=[1], alt="a"), "values has 1 entries, expected 3, one for each step"),
    (lambda: figures.Canvas(9, 9).valve(1, 1, 1.5), "openness is 1.5, expected 0 to 1"),
    (lambda: figures.Canvas(9, 9).cell(1, 1, role="q"), "role is 'q', expected one of x, h, y"),
    (lambda: figures.slider("w", [1]), "w has 1 values, expected at least 2"),
    (lambda: figures.toggle("w", [1, 2, 3]), "w has 3 values, expected 2"),
    (lambda: figures.slider("w", [1, 2], ["a"]), "w has 1 texts, expected 2, one for each value"),
    (lambda: figures.slider(" ", [1, 2]), "label is empty, expected the control's name"),
    (lambda: figures.interactive(gallery.bits, question="?"), "there is no control, expected at least one"),
    (lambda: figures.predict("?", ["a"], 1, "b"), "right is 1, expected 0 to 0, the number of a choice"),
    (lambda: figures.beside(alt="a"), "there is no figure, expected at least one"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_a_wrong_argument_is_named(call, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        call()


def drawn(k):
    """Return a drawing and no sentence."""
    return figures.stems([k], across="t", up="h", alt="a"), " "


def test_a_position_without_a_sentence_and_a_start_that_is_no_value_are_refused():
    with pytest.raises(ValueError, match=r"^a sentence is empty, expected one for each position$"):
        figures.interactive(drawn, figures.slider("k", [1, 2]), question="?")
    with pytest.raises(ValueError, match=r"^start is 3 for k, expected one of \[1, 2\]$"):
        figures.interactive(drawn, figures.slider("k", [1, 2]), start=3, question="?")


def test_the_guide_names_every_function():
    guide = importlib.import_module("rnnlab.figures").__doc__
    assert [name for name in figures.__all__ if name != "Node" and name not in guide] == []
