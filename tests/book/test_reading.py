"""Reading in a browser: on a phone, in the dark, with the keyboard, with a screen reader, and without scripts."""

import datetime

import pytest
from built import PAGES, needs_book, needs_chromium, objections, open_answers
from rnnbook import site_checks, weigh

pytestmark = [needs_book, needs_chromium, pytest.mark.browser]


# A page is looked at in one of the two modes, which change places every day, and contrasts are computed for five texts
# of each colour, size and ground. `make check-site` does both modes, and all texts.
TODAY = datetime.date.today().toordinal()
LOOKS = [(page, ("light", "dark")[(TODAY + i) % 2]) for i, page in enumerate(PAGES)]
KINDS = 5

SIGNS = """() => [...document.querySelectorAll("[class*='fa-']")].filter((sign) => sign.checkVisibility())
    .filter((sign) => !getComputedStyle(sign).maskImage.startsWith("url(")).map((sign) => sign.className)"""

# What is drawn of a formula is hidden from a screen reader, which has the same as MathML: half of all tags.
COLOURED = """() => [...document.querySelectorAll(".katex")].filter((formula) =>
    [...formula.querySelectorAll(".katex-html *")].some((part) => part.style.color)).map((f) => f.textContent)"""
WITHOUT_DRAWN = "() => document.querySelectorAll('.katex-html').forEach((drawn) => drawn.remove())"


@pytest.mark.parametrize(("page", "scheme"), LOOKS)
def test_a_page_is_light_whole_on_a_phone_and_without_objections_by_axe(visit, served, page, scheme):
    """One visit for all that is looked at: loading a page takes as long as looking at it."""
    tab = visit(page, width=390, scheme=scheme, base=served)
    tab.evaluate("document.fonts.ready.then(() => null)")
    found = {"names that a table breaks": site_checks.words(tab)}
    open_answers(tab)
    found["cut off on a phone"] = site_checks.whole(tab)
    tab.set_viewport_size({"width": 1280, "height": 900})
    found["signs that are not drawn"] = tab.evaluate(SIGNS)
    found["formulas with a colour of their own"] = tab.evaluate(COLOURED)
    tab.evaluate(WITHOUT_DRAWN)
    found["axe"] = objections(tab, kinds=KINDS)
    found["heavy"] = weigh.beyond(weigh.sizes(visit.heard.asked, served), page)  # with what was asked for on the way
    assert {name: objection for name, objection in found.items() if objection} == {}


@pytest.mark.parametrize("page", ["book/02_unfolding.html", "book/notation.html"])
def test_no_line_can_begin_with_the_mark_that_follows_a_formula(visit, page):
    loose = """() => [...document.querySelectorAll("span.math")]
        .map((formula) => formula.nextSibling).filter((next) => next && /^[.,;:?!)]/.test(next.data))
        .map((next) => next.parentElement.textContent)"""
    assert visit(page).evaluate(loose) == []


def test_the_first_page_leads_to_the_book(visit):
    visit("index.html").wait_for_url("**/book/index.html")


def test_a_wide_equation_scrolls_with_the_arrow_keys(visit):
    tab = visit("book/02_unfolding.html", width=260)  # on a phone of 390 its equations fit
    wide = tab.locator(".katex-display[tabindex='0']").first
    wide.focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("(box) => box.scrollLeft > 0", arg=wide.element_handle())


@pytest.mark.parametrize("width", [390, 1280])
def test_without_scripts_the_head_scrolls_away_and_the_page_has_its_colours(visit, width):
    tab = visit("book/notation.html", width=width, script=False)
    head, title = tab.locator(".bd-header-article"), tab.locator("article h1")
    box, below = head.bounding_box(), title.bounding_box()
    assert box["y"] + box["height"] <= below["y"]
    assert head.evaluate("(head) => getComputedStyle(head).position") == "static"
    colour = "(page) => getComputedStyle(page).backgroundColor"
    assert tab.locator("html").get_attribute("data-theme") == "light"
    assert tab.locator("body").evaluate(colour) == "rgb(255, 255, 255)"
    assert not tab.locator(".sidebar-toggle:visible").count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_has_its_mode_before_it_is_drawn(visit, scheme):
    tab = visit("book/notation.html", scheme=scheme)
    assert tab.locator("html").get_attribute("data-theme") == scheme
    inline = tab.locator("head script:not([src])").first.inner_text()
    assert "prefers-color-scheme" in inline


def test_a_chosen_mode_outlives_the_page(visit, served):
    tab = visit("book/notation.html", scheme="light", base=served)
    while tab.locator("html").get_attribute("data-mode") != "dark":
        tab.locator(".theme-switch-button").last.click()
    tab.reload()
    assert tab.locator("html").get_attribute("data-theme") == "dark"
