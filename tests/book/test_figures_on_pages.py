"""Interactive figures answer the keyboard, say what they show, and stand without scripts."""

import pytest
from built import needs_book, needs_chromium

pytestmark = [needs_book, needs_chromium, pytest.mark.browser]


def test_the_slider_answers_the_keyboard_and_says_so(visit):
    figure = visit("book/02_unfolding.html").locator("figure.rf-unfolding")
    slider, said = figure.locator("input"), figure.locator(".rf-said")
    shown = figure.locator(".rf-step:visible")
    assert shown.count() == 4
    for key, k in [("ArrowRight", 5), ("End", 8), ("Home", 1), ("ArrowUp", 2)]:
        slider.press(key)
        assert shown.count() == k
        assert said.inner_text().startswith(f"k = {k}: ")
        assert slider.get_attribute("aria-valuetext") == str(k)


def test_a_step_lights_the_paths_to_its_output_and_no_others(visit):
    tab = visit("book/02_unfolding.html")
    figure = tab.locator("figure.rf-unfolding")
    said, third = figure.locator(".rf-said"), figure.locator(".rf-step").nth(2)
    before = said.inner_text()
    button = third.locator(".rf-touch")
    button.focus()
    assert said.inner_text().startswith("y₃ depends on h₀ and on x₁ to x₃")
    lit = "(svg) => [...svg.querySelectorAll('.rf-on.rf-node text')].map((text) => text.textContent)"
    assert sorted(figure.locator(".rf-scroll svg").evaluate(lit)) == ["h0", "h1", "h2", "h3", "x1", "x2", "x3", "y3"]
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    button.press("Enter")
    button.blur()
    assert said.inner_text() == before


def test_the_stems_move_with_their_slider(visit):
    figure = visit("book/02_unfolding.html").locator("figure.rf-stems")
    dot, said = figure.locator(".rf-marks circle").nth(5), figure.locator(".rf-said")
    before = dot.get_attribute("cy"), said.inner_text()
    figure.locator("input").press("ArrowRight")
    assert float(dot.get_attribute("cy")) < float(
        before[0]
    )  # w_h is larger, more of the input is left, the dot is higher
    assert said.inner_text() != before[1]


def test_without_script_the_drawing_stands_and_the_slider_is_not_offered(visit):
    figure = visit("book/02_unfolding.html", script=False).locator("figure.rf-unfolding")
    assert figure.locator(".rf-step:visible").count() == 4
    assert not figure.locator("input").is_visible()
    assert figure.locator(".rf-said").inner_text().startswith("k = 4: ")


def test_nothing_moves_for_a_reader_who_asked_for_less_motion(visit):
    tab = visit("book/02_unfolding.html", motion="no-preference")
    duration = "getComputedStyle(document.querySelector('.rf-arrow')).transitionDuration"
    assert tab.evaluate(duration) != "0s"
    tab.emulate_media(reduced_motion="reduce")
    assert tab.evaluate(duration) == "0s"
