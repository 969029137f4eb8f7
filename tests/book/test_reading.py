"""Reading in a browser: on a phone, in the dark, with the keyboard, with a screen reader, and without scripts."""

import pytest
from built import needs_book, needs_chromium, objections, on_every_page, open_answers

pytestmark = [needs_book, needs_chromium, pytest.mark.browser]


@on_every_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to(visit, page, scheme):
    tab = visit(page, scheme=scheme)
    open_answers(tab)
    assert objections(tab, rules=["color-contrast"] if scheme == "dark" else None) == []


CUT_OFF = """() => [...document.querySelectorAll("article *")].filter((box) => {
    const place = box.getBoundingClientRect();
    if (!place.width || !box.checkVisibility({ visibilityProperty: true })) return false;
    if (box.closest(".katex-mathml, .katex svg, .visually-hidden")) return false; // a brace is cut to length by design
    if (place.right <= innerWidth + 1 && place.left >= -1) return false;
    for (let outer = box.parentElement; outer; outer = outer.parentElement)
        if (["auto", "scroll"].includes(getComputedStyle(outer).overflowX) && outer.tagName !== "HTML") {
            const frame = outer.getBoundingClientRect();
            const start = place.left + outer.scrollLeft >= frame.left - 1;
            const end = place.right + outer.scrollLeft - frame.left <= outer.scrollWidth + 1;
            if (start && end && frame.right <= innerWidth + 1) return false;
        }
    return true;
}).map((box) => box.outerHTML.slice(0, 120))"""


@on_every_page
def test_nothing_is_cut_off_on_a_phone(visit, page):
    tab = visit(page, width=390)
    open_answers(tab)
    assert tab.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert tab.evaluate(CUT_OFF) == []


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


BROKEN = """() => {
    const broken = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const cell = node.parentElement.closest("article table:not(.genindextable) :is(td, th)");
        if (!cell || node.parentElement.closest(".katex")) continue;
        for (const word of node.data.matchAll(/[\\w.]+/g)) {
            const range = document.createRange();
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) broken.push(word[0]);
        }
    }
    return broken;
}"""


@on_every_page
def test_no_name_in_a_table_is_broken_on_a_phone(visit, page):
    assert visit(page, width=390).evaluate(BROKEN) == []


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


SIGNS = """() => [...document.querySelectorAll("[class*='fa-']")].filter((sign) => sign.checkVisibility())
    .filter((sign) => !getComputedStyle(sign).maskImage.startsWith("url(")).map((sign) => sign.className)"""


@on_every_page
def test_every_sign_on_a_button_is_drawn(visit, page):
    assert visit(page).evaluate(SIGNS) == []
