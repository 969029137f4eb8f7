"""The glossary, and its definitions where a term is used."""

import re

import pytest
from built import CHAPTERS, ROOT, needs_book, needs_chromium, objections, text
from rnnbook import terms

GLOSSARY = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^(\S.*)\n  (.+)\n\n  (.+)$", GLOSSARY[GLOSSARY.index("```{glossary}") :], re.MULTILINE)
USING = [page for page in CHAPTERS if 'class="term"' in text(page)]


def test_the_glossary_is_sorted_and_has_no_term_twice():
    names = [name.removeprefix("the ").lower() for name, *_ in ENTRIES]
    assert len(names) >= 90
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("term", "definition", "chapter"), ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_a_definition_is_short_and_says_where_the_term_is_explained(term, definition, chapter):
    assert len(definition.split()) <= 30
    assert definition.endswith((".", "¼."))
    assert re.fullmatch(r"Chapter \d+|\[Chapter \d+\]\(#concept-[\w-]+\)", chapter)


DEFINED = (
    '<dl><dt id="term-gate">gate</dt><dt id="term-valve">valve</dt>'
    '<dd><p>A <a href="#x">number</a> below 1.</p><p>Chapter 9</p></dd></dl>'
)
USE = '<a class="reference internal" href="g.html#term-gate"><span class="xref std std-term">gates</span></a>'


def test_definitions_are_read_without_their_links():
    assert terms.definitions(DEFINED) == {"term-gate": "A number below 1.", "term-valve": "A number below 1."}


def test_each_use_gets_its_own_description_once():
    page = terms.embed(f"<p>{USE} {USE}</p>", terms.definitions(DEFINED))
    assert re.findall(r'aria-describedby="([^"]+)"', page) == re.findall(r'role="tooltip" id="([^"]+)"', page)
    assert len(set(re.findall(r'role="tooltip" id="([^"]+)"', page))) == 2
    assert terms.embed(page, terms.definitions(DEFINED)) == page


@needs_book
@needs_chromium
@pytest.mark.browser
@pytest.mark.skipif(not USING, reason="no chapter links a term yet")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_definition_shows_on_focus_and_on_hover_and_goes_on_escape(visit, width):
    tab = visit(USING[0], width=width)
    use = tab.locator("article .term:visible").first
    definition = use.locator(".definition")
    assert not definition.is_visible()
    use.locator("a").focus()
    assert definition.is_visible()
    box = definition.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert objections(tab, include=[["article .term"]]) == []
    tab.keyboard.press("Escape")
    assert not definition.is_visible()
    use.locator("a").blur()
    use.locator("a").hover()
    assert definition.is_visible()
