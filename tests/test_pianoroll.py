"""Piano rolls: what is drawn is what is stored and played, and nothing sounds before a click."""

import json
import os
import re
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest

from rnnlab import figures
from rnnlab.figures.frame import source

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SPY = """
window.started = 0;
const Sound = AudioContext;
window.AudioContext = class extends Sound { constructor() { super(); window.started += 1; } };
"""


def roll(*chords):
    table = np.zeros((len(chords), 88))
    for t, chord in enumerate(chords):
        table[t, list(chord)] = 1
    return table


A, B = roll([39, 46], [39, 48], [41]), roll([51], [], [51], [39])


def player(**options):
    return figures.pianoroll({"A": A, "B": B}, alt="Notes:", question="Which one?", **options)


def test_notes_are_stored_with_their_lengths_and_midi_pitches():
    stored = json.loads(re.search(r'application/json">(.*?)</script>', player().html)[1])
    assert stored["names"] == ["A", "B"]
    assert stored["notes"] == [[[0, 1, 67], [0, 2, 60], [1, 1, 69], [2, 1, 62]], [[0, 1, 72], [2, 1, 72], [3, 1, 60]]]


def test_every_note_is_drawn_once_and_all_rolls_over_the_same_keys():
    root = ElementTree.fromstring(player().html)
    drawings = list(root.iter("svg"))
    assert [len(list(drawing.iter("rect"))) for drawing in drawings] == [4, 3]
    assert len({drawing.get("viewBox") for drawing in drawings}) == 1
    heights = [{rect.get("y") for rect in drawing.iter("rect")} for drawing in drawings]
    assert len(heights[0] & heights[1]) == 1, "middle C is in both"


@pytest.mark.parametrize(
    ("rolls", "options", "message"),
    [
        ({"A": A}, {}, r"^rolls has 1 entries, expected at least 2"),
        ({"A": A, "B": B[:, :40]}, {}, r"^roll 'B' has shape \(4, 40\), expected \(T, 88\)"),
        ({"A": A, "B": 0 * B}, {}, r"^roll 'B' has no note"),
        ({"A": A, "B": B}, {"tempo": 300}, r"^tempo is 300, expected 40 to 160"),
    ],
)
def test_what_cannot_be_played_is_refused(rolls, options, message):
    with pytest.raises(ValueError, match=message):
        figures.pianoroll(rolls, alt="Notes:", **options)


def test_the_script_is_small_and_asks_nothing_of_the_network():
    script = source("pianoroll.js")
    assert len(script.encode()) <= 3 * 1024
    assert not re.search(r"https?:|src=|url\(|import\(|fetch|[<&]", script)


def test_names_are_text_and_not_markup():
    html = figures.pianoroll({"</script><b>": A, "B": B}, alt="Notes:").html
    assert "</script><b>" not in html
    ElementTree.fromstring(html)


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def visit(chromium, tmp_path, **options):
    path = tmp_path / "player.html"
    path.write_text(f'<!doctype html><meta charset="utf-8">{player()._repr_html_()}', encoding="utf-8")
    tab = chromium.new_context(**options).new_page()
    tab.add_init_script(SPY)
    tab.goto(path.as_uri())
    return tab


browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: set CHROMIUM to its path")


@pytest.mark.browser
@browser
def test_it_plays_when_asked_and_stops_when_asked(chromium, tmp_path):
    tab = visit(chromium, tmp_path)
    button, cursor = tab.locator("[data-play]"), tab.locator("[data-cursor]").first
    assert tab.evaluate("window.started") == 0, "nothing sounds by itself"
    assert cursor.get_attribute("class") == "off"
    button.press("Enter")
    assert tab.evaluate("window.started") == 1
    assert button.inner_text() == "Stop"
    assert tab.locator(".rf-said").inner_text() == "Playing A, 84 quarters a minute."
    tab.wait_for_function(
        "!document.querySelector('[data-cursor]').getAttribute('transform').startsWith('translate(0 ')"
    )
    assert cursor.get_attribute("class") == ""
    button.press("Space")
    assert button.inner_text() == "Play"
    assert tab.locator(".rf-said").inner_text() == "A: 4 notes."


@pytest.mark.browser
@browser
def test_it_stops_by_itself_at_the_end(chromium, tmp_path):
    tab = visit(chromium, tmp_path)
    tab.locator("input").fill("160")
    tab.locator("[data-play]").click()
    tab.wait_for_function("document.querySelector('[data-play]').textContent === 'Play'", timeout=8000)


@pytest.mark.browser
@browser
def test_arrows_choose_and_touch_does(chromium, tmp_path):
    tab = visit(chromium, tmp_path, has_touch=True, viewport={"width": 390, "height": 800})
    first, second = tab.locator("[data-roll]").all()
    assert (first.is_visible(), second.is_visible()) == (True, False)
    tab.get_by_role("button", name="A", exact=True).press("ArrowRight")
    assert (first.is_visible(), second.is_visible()) == (False, True)
    assert tab.locator(".rf-said").inner_text() == "B: 3 notes."
    tab.get_by_role("button", name="A", exact=True).tap()
    assert first.is_visible()
    for control in tab.locator("button, input").all():
        assert min(control.bounding_box()["width"], control.bounding_box()["height"]) >= 24
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
@browser
def test_without_scripts_all_rolls_are_there(chromium, tmp_path):
    tab = visit(chromium, tmp_path, java_script_enabled=False)
    assert [one.is_visible() for one in tab.locator("[data-roll]").all()] == [True, True]
    assert not tab.locator("[data-play]").is_visible()
