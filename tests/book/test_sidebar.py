"""The sidebar lists every page by its title, and nothing of what stands on the pages."""

import pytest
import yaml
from built import PAGES, ROOT, Tags, needs_book
from docutils import nodes
from rnnbook import sidebar
from sphinx import addnodes


def entry(text, *below):
    """Return an entry of a page's contents, with a list of what is below it."""
    link = nodes.reference("", "", nodes.Text(text), refuri="page", anchorname="")
    return nodes.list_item(
        "", addnodes.compact_paragraph("", "", link), *([nodes.bullet_list("", *below)] if below else [])
    )


def links(contents):
    """Return the texts of the links of a list of contents."""
    return [link.astext() for link in contents.findall(nodes.reference)]


def test_headings_go_and_pages_stay():
    page = nodes.bullet_list("", entry("Title", entry("a heading", entry("deeper"))))
    assert links(sidebar.titles(page)) == ["Title"]
    parent = nodes.bullet_list("", entry("Part", entry("a heading"), addnodes.toctree(entries=[(None, "page")])))
    short = sidebar.titles(parent)
    assert links(short) == ["Part"]
    assert [tree["entries"] for tree in short.findall(addnodes.toctree)] == [[(None, "page")]]
    assert links(parent) == ["Part", "a heading"], "the page's own contents are left as they were"


@needs_book
@pytest.mark.parametrize("page", PAGES[:1] + PAGES[-1:])
def test_the_sidebar_has_every_page_of_the_book(page):
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in contents["parts"] for chapter in part["chapters"]]
    files = [entry["file"] for chapter in chapters for entry in (chapter, *chapter.get("sections", []))]
    links = {attrs.get("href", "").split("/")[-1] for tag, attrs in Tags(page).tags if tag == "a"}
    missing = [file for file in files if f"{file.split('/')[-1]}.html" not in links and f"{file}.html" != page]
    assert files
    assert missing == []
