"""The search: chapters come first, found words are legible, and it works from a disk."""

import pytest
from built import DISK, needs_book, needs_chromium, objections

pytestmark = [needs_book, needs_chromium, pytest.mark.browser]


def test_the_search_finds_a_word_of_the_chapter_from_a_disk(visit):
    tab = visit("search.html?q=parity")
    tab.locator("ul.search li a", has_text="Unfolding").first.wait_for(timeout=5000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["search.html?q=unfolding", "book/02_unfolding.html?highlight=parity"])
def test_a_found_word_is_legible(visit, served, page, scheme):
    tab = visit(page, scheme=scheme, base=served)
    tab.locator(".highlighted").first.wait_for(timeout=5000)
    found = objections(tab, include=[[".highlighted"]], rules=["color-contrast"])
    assert found == []


@pytest.mark.parametrize("place", ["disk", "server"])
@pytest.mark.parametrize("word", ["forward", "unfolding", "state"])
def test_chapters_come_before_the_interface(visit, served, word, place):
    tab = visit(f"search.html?q={word}", base=DISK if place == "disk" else served)
    tab.wait_for_function("document.querySelector('.search-summary')?.textContent.includes('found')")
    found = tab.locator("ul.search > li a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    chapters = [place for place, href in enumerate(found) if href.startswith("book/0")]
    interface = [place for place, href in enumerate(found) if href.startswith("book/interface")]
    assert chapters
    assert interface
    assert max(chapters) < min(interface)


def test_the_search_box_of_a_page_leads_to_the_search(visit):
    tab = visit("book/notation.html")
    tab.keyboard.press("Control+k")
    tab.locator("#pst-search-dialog input").fill("unfolding")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=unfolding")
    tab.locator("ul.search li a").first.wait_for(timeout=5000)
