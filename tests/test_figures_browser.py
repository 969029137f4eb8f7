"""One figure of each kind in a browser: keyboard and clicks, both modes, a phone's width, without scripts."""

import re
from contextlib import ExitStack

import figure_gallery as gallery
import pytest

weigh = pytest.importorskip("rnnbook.weigh")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(weigh.CHROMIUM is None, reason="no Chromium found: set CHROMIUM to its path"),
]


@pytest.fixture
def visit(tabs, tmp_path):
    """Open the page of all figures; fail at the end if the console held an error or a warning."""
    errors = []
    with ExitStack() as opened:

        def go(theme="light", html=None, **options):
            path = tmp_path / f"{theme}.html"
            path.write_text(html or gallery.page(theme), encoding="utf-8")
            bad = ("error", "warning")
            tab, heard = opened.enter_context(tabs.open(path.as_uri(), motion="no-preference", bad=bad, **options))
            opened.callback(lambda: errors.extend(heard.errors))
            return tab

        yield go
    assert errors == []


def figure(tab, question):
    """Return the interactive figure that asks a question."""
    return tab.locator("figure.rf-live", has=tab.locator(".rf-ask", has_text=re.compile(question)))


def test_a_slider_moves_with_the_keys_and_says_so(visit):
    tab = visit()
    live = figure(tab, "remember a sign")
    slider, said = live.locator("input"), live.locator(".rf-said")
    line = live.locator("path.thick").first
    tab.evaluate("addEventListener('rf:change', () => (window.told = (window.told || 0) + 1))")
    before = line.get_attribute("d")
    for count, (key, w, rest) in enumerate(
        [("ArrowRight", "1.8", "0.933"), ("End", "3", "0.995"), ("Home", "−2", "")], 1
    ):
        slider.press(key)
        assert said.inner_text().startswith(f"w = {w.replace('−', '-')}: rests at ±{rest}")
        assert slider.get_attribute("aria-valuetext") == w
        assert live.locator("output").inner_text() == w
        assert line.get_attribute("d") != before
        assert tab.evaluate("window.told") == count


def test_two_sliders_move_one_drawing(visit):
    live = figure(visit(), "does it explode")
    said = live.locator(".rf-said")
    assert said.inner_text().endswith("measured × 1.27 a step.")
    live.locator("input").nth(1).press("Home")
    assert said.inner_text() == "ρ = 1.5, inputs of size 0.01: predicted × 1.5 a step, measured × 1.50 a step."
    live.locator("input").nth(0).press("Home")
    assert said.inner_text() == "ρ = 0.5, inputs of size 0.01: predicted × 0.5 a step, measured × 0.50 a step."


def test_bits_are_turned_by_click_and_by_key(visit):
    live = figure(visit(), "Flip the first bit")
    said, first = live.locator(".rf-said"), live.locator("button").first
    first.click()
    assert said.inner_text() == "Bits 0 1 0 1: the answers are 0 1 1 0."
    assert first.get_attribute("aria-pressed") == "false"
    assert first.inner_text() == "x1 = 0"
    first.press("Enter")
    assert said.inner_text() == "Bits 1 1 0 1: the answers are 1 0 0 1."
    values = live.locator("svg text.v").all_text_contents()
    assert values.count("1") == 5  # three bits and two answers
    assert first.get_attribute("aria-pressed") == "true"


def test_steps_stop_at_both_ends_and_play(visit):
    tab = visit()
    live = figure(tab, "arrives at")
    said, back, on, play = (live.locator(".rf-said"), *live.locator("button").all())
    on.click()
    assert said.inner_text() == "After 3 steps back the gradient has come to h1."
    assert on.get_attribute("aria-disabled") == "true"
    on.press("ArrowLeft")
    on.press("ArrowLeft")
    on.press("ArrowLeft")
    assert said.inner_text() == "After 1 steps back the gradient has come to h3."
    assert back.get_attribute("aria-disabled") == "true"
    seen = "(paths) => paths.filter((path) => path.getClientRects().length).length"
    assert live.locator("path.back").evaluate_all(seen) == 3  # from the loss, from y, and on to the state before
    play.click()
    assert play.inner_text() == "Pause"
    said.get_by_text("After 3 steps").wait_for(timeout=5000)
    assert play.inner_text() == "Play"


def test_nothing_plays_by_itself(visit):
    tab = visit()
    before = tab.locator(".rf-said").all_inner_texts()
    tab.wait_for_timeout(1200)
    assert tab.locator(".rf-said").all_inner_texts() == before


def test_a_choice_swaps_a_text(visit):
    live = figure(visit(), "the check say")
    assert live.locator("pre").inner_text() == "expected 1 < 2\nthe bias is added twice"
    live.get_by_role("button", name="right").click()
    assert live.locator("pre").inner_text() == "All checks pass."
    assert live.locator(".rf-said").inner_text() == "You chose right."


def test_a_drawing_may_grow(visit):
    live = figure(visit(), "grows with k")
    live.locator("input").press("End")
    assert live.locator("circle:visible").count() == 2 * 9
    live.locator("input").press("Home")
    assert live.locator("circle:visible").count() == 2 * 2
    assert live.locator("svg").get_by_text("1 times").is_visible()


def test_the_answer_waits_for_the_prediction(visit):
    box = visit().locator(".rf-predict")
    answer, shown = box.locator(".rf-answer"), box.locator(".rf-reveal svg")
    assert not answer.is_visible()
    assert not shown.is_visible()
    box.get_by_role("button", name="one").click()
    assert answer.inner_text().startswith("No. All:")
    assert shown.is_visible()
    box.get_by_role("button", name="all").click()
    assert answer.inner_text().startswith("Yes. All:")


def test_without_scripts_the_static_position_stands_with_its_sentence(visit):
    tab = visit(script=False)
    assert tab.locator(".rf-controls:visible").count() == 0
    assert figure(tab, "remember a sign").locator(".rf-said").inner_text().startswith("w = 1.6: rests at")
    assert tab.locator(".rf-predict .rf-answer").is_visible()
    assert tab.locator(".rf-predict .rf-reveal svg").is_visible()


def test_in_print_the_controls_are_gone_and_the_sentences_stay(visit):
    tab = visit()
    tab.emulate_media(media="print")
    assert tab.locator("button:visible, input:visible").count() == 0
    assert tab.locator(".rf-said:visible").count() == len(gallery.moving())


def test_a_notebook_cell_works_alone_and_a_second_copy_of_the_script_does_no_harm(visit, monkeypatch):
    monkeypatch.delenv("RNNLAB_FIGURES", raising=False)
    one = gallery.moving()["steps"]._repr_html_()
    tab = visit(html=f'<!doctype html><meta charset="utf-8"><title>cells</title><div>{one}</div><div>{one}</div>')
    for live in tab.locator("figure.rf-live").all():
        live.get_by_role("button", name="Next").click()
        assert live.locator(".rf-said").inner_text() == "After 3 steps back the gradient has come to h1."


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_leaves_a_phone_and_no_text_meets_another(visit, theme):
    tab = visit(theme, width=390)
    assert tab.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert tab.evaluate(CUT_OFF) == []
    for width in (390, 1280):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate(MEETING) == []
        assert tab.evaluate(LEAVING) == []


# What stands outside the page and cannot be scrolled to.
CUT_OFF = """() => [...document.querySelectorAll("main *")].filter((box) => {
    const place = box.getBoundingClientRect();
    return place.width && (place.right > innerWidth + 1 || place.left < -1) && !box.closest(".rf-scroll");
}).map((box) => box.outerHTML.slice(0, 120))"""

MEETING = """() => [...document.querySelectorAll(".rf-svg")].flatMap((svg) => {
    const seen = (text) => text.getClientRects().length && getComputedStyle(text).visibility !== "hidden";
    const boxes = [...svg.querySelectorAll("text")].filter(seen)
        .map((text) => [text.textContent, text.getBoundingClientRect()]).filter(([words]) => words);
    return boxes.flatMap(([a, p], i) => boxes.slice(i + 1).filter(([, q]) =>
        Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1.5 &&
        Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 5).map(([b]) => a + " | " + b));
})"""

LEAVING = """() => [...document.querySelectorAll(".rf-svg")].flatMap((svg) => {
    const frame = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].filter((text) => {
        const box = text.getBoundingClientRect();
        return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1
            || box.top < frame.top - 3 || box.bottom > frame.bottom + 3);
    }).map((text) => text.textContent);
})"""


def test_ticks_are_legible_on_a_phone_and_buttons_can_be_touched(visit):
    tab = visit(width=390)
    sizes = """() => [...document.querySelectorAll(".rf-svg")].map((svg) =>
        svg.getBoundingClientRect().width / svg.viewBox.baseVal.width * 13)"""
    assert min(size for size in tab.evaluate(sizes) if size) >= 12
    for control in tab.locator("button:visible, input:visible").all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 32


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to(visit, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(visit(theme), context={"include": [[".rf"]]}).response["violations"]
    assert [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found if v["id"] != "region"] == []
