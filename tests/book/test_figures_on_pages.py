"""Interactive figures answer the keyboard, say what they show, and stand without scripts."""

import pytest
from built import PAGES, needs_book, needs_chromium, text

pytestmark = [needs_book, needs_chromium, pytest.mark.browser]
LIVE = [page for page in PAGES if 'class="rf rf-live"' in text(page)]
on_pages_with_interactive_figures = pytest.mark.parametrize("page", LIVE)


@on_pages_with_interactive_figures
def test_what_outgrows_a_phone_scrolls_with_the_keys_and_every_control_answers_them(visit, page):
    """One visit for both: loading a page takes as long as looking at it."""
    tab = visit(page, width=390)
    for slider in tab.locator("figure.rf-live input").all():
        slider.press("End")
    for box in tab.locator("figure.rf .rf-scroll").all():
        wide = box.evaluate("(box) => box.scrollWidth > box.clientWidth")
        assert (box.get_attribute("tabindex") == "0") == wide
    for figure in tab.locator("figure.rf-live").all():
        said = figure.locator(".rf-said")
        for box in figure.locator(".rf-control").all():
            before, changed = said.inner_html(), False
            for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
                box.locator("input, button").first.press(key)
                changed |= said.inner_html() != before
            assert changed


@on_pages_with_interactive_figures
def test_without_script_the_drawing_stands_and_no_control_is_offered(visit, page):
    tab = visit(page, script=False)
    assert tab.locator(".rf-controls:visible").count() == 0
    for figure in tab.locator("figure.rf-live").all():
        assert figure.locator(".rf-scroll > *").first.is_visible()
        assert figure.locator(".rf-said").inner_text().strip()
