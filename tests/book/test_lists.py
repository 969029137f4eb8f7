"""The pages made from tables: every question and every idea leads to a paragraph of the book."""

import csv
import re

import pytest
from built import HTML, ROOT, Tags, needs_book, needs_chromium, text

WRITTEN = {str(chapter) for chapter in range(12)} | {"13", "reference"}


def rows(name):
    with (ROOT / "book" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def due(name):
    """Return the rows whose chapter is written."""
    return [row for row in rows(name) if row["chapter"] in WRITTEN]


@pytest.fixture(scope="module")
def anchors():
    """Every anchor of the book's pages, with the pages that have it."""
    found = {}
    for page in HTML.glob("book/*.html"):
        for anchor in Tags(page.relative_to(HTML)).ids():
            found.setdefault(anchor, []).append(page.stem)
    return found


@needs_book
@pytest.mark.parametrize("row", due("questions.csv"), ids=lambda row: row["id"])
def test_every_question_has_its_paragraph_in_its_chapter(anchors, row):
    assert row["anchor"] == f"q-{row['id']}"
    pages = anchors.get(row["anchor"].lower(), [])
    assert [page for page in pages if page.startswith(f"{int(row['chapter']):02d}_")] == pages
    assert len(pages) == 1


@needs_book
@pytest.mark.parametrize("row", due("concepts.csv"), ids=lambda row: row["anchor"])
def test_every_idea_has_its_paragraph_in_its_chapter(anchors, row):
    pages = anchors.get(row["anchor"], [])
    assert len(pages) == 1
    if row["chapter"] != "reference":
        assert pages[0].startswith(f"{int(row['chapter']):02d}_")


@needs_book
@pytest.mark.parametrize(
    ("page", "table", "column"), [("questions", "questions.csv", "question"), ("concepts", "concepts.csv", "concept")]
)
def test_the_page_shows_each_row_and_no_other(page, table, column):
    links = re.findall(r'<li><p><a class="reference internal" href="[^"]*#([\w-]+)"', text(f"book/{page}.html"))
    assert links == [row["anchor"].lower() for row in rows(table) if row["anchor"]]


@pytest.mark.parametrize("row", rows("questions.csv"), ids=lambda row: row["id"])
def test_every_question_is_answered_in_one_sentence(row):
    assert row["question"]
    assert row["answer"].endswith(".")
    assert not re.search(r"[.?!] [A-Z]", row["answer"].replace("T$ ", "t$ "))
    assert len(row["answer"].split()) <= 40


@needs_book
@needs_chromium
@pytest.mark.browser
def test_the_filter_shows_the_questions_with_all_its_words(visit):
    tab = visit("book/questions.html")
    items = tab.locator(".learner-questions > li")
    every = items.count()
    tab.get_by_label("Show the questions with these words").focus()
    tab.keyboard.type("SHUFFLE windows")
    shown = items.filter(visible=True)
    assert 0 < shown.count() < every
    assert all("shuffl" in one.lower() and "window" in one.lower() for one in shown.all_inner_texts())
    assert tab.locator(".list-filter [role=status]").inner_text() == f"{shown.count()} of {every} questions"
    tab.keyboard.press("Control+a")
    tab.keyboard.press("Delete")
    assert items.filter(visible=True).count() == every


@needs_book
@needs_chromium
@pytest.mark.browser
def test_without_scripts_the_list_is_whole_and_the_filter_is_not_offered(visit):
    tab = visit("book/questions.html", script=False)
    assert tab.locator(".learner-questions > li").filter(visible=True).count() == sum(
        bool(r["anchor"]) for r in rows("questions.csv")
    )
    assert not tab.locator(".list-filter").is_visible()
