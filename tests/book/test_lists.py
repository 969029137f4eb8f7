"""The pages made from tables: every question and every idea leads to a paragraph of the book."""

import csv
import json
import re

import pytest
from built import HTML, ROOT, Tags, needs_book, needs_chromium, text
from sphinx.search.en import SearchEnglish

# For each text that is typed: whether an item is shown, and how many are. Hundreds of them, so not one by one.
FILTERED = """([box, asked]) => asked.map(([id, words]) => {
    box.value = words;
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    const seen = (item) => item.checkVisibility({ visibilityProperty: true });
    const items = [...document.querySelectorAll(".learner-questions > li")];
    return [seen(document.getElementById(id)), items.filter(seen).length];
})"""
WRITTEN = {str(chapter) for chapter in range(14)} | {"reference"}


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


def test_what_else_was_asked_is_numbered_through_and_stands_chapter_by_chapter():
    also = rows("also_asked.csv")  # a new one takes the next number, so that a link to an older one still leads there
    assert sorted(row["id"] for row in also) == [f"A{number:03d}" for number in range(1, len(also) + 1)]
    assert [row["chapter"] for row in also] == sorted((row["chapter"] for row in also), key=int)
    assert not {row["question"] for row in also} & {row["question"] for row in rows("questions.csv")}
    assert {row["chapter"] for row in also} == {str(chapter) for chapter in range(14)}


@pytest.mark.parametrize("row", rows("also_asked.csv"), ids=lambda row: row["id"])
def test_what_else_was_asked_has_a_short_answer_of_some_sentences(row):
    plain = re.sub(r"\$[^$]*\$|`[^`]*`", "x", row["answer"])
    assert 2 <= len(re.findall(r"[.?!][)\"]?(?=\s|$)", plain)) <= 5
    assert len(row["answer"].split()) <= 95
    assert plain.endswith((".", ".)"))


@needs_book
def test_the_page_has_an_anchor_for_each_answer_and_leads_on_from_it(anchors):
    items = re.findall(
        r'<li id="(also-\w+)"><p><a class="reference internal" href="[^"]*#([\w-]+)"', text("book/questions.html")
    )
    assert items == [(f"also-{row['id'].lower()}", row["anchor"].lower()) for row in rows("also_asked.csv")]
    assert all(len(anchors[anchor]) == 1 for _, anchor in items)


@needs_book
def test_the_search_finds_the_page_by_the_words_of_each_question():
    index = json.loads(text("searchindex.js").removeprefix("Search.setIndex(").removesuffix(")"))
    page, language = index["docnames"].index("book/questions"), SearchEnglish({})

    def has(word):
        stem = language.stem(word.lower())
        kept = stem if language.word_filter(stem) else word.lower()  # as Sphinx does: "one" is not kept as "on"
        found = [index[kind].get(kept, []) for kind in ("terms", "titleterms")]
        return any(page in (places if isinstance(places, list) else [places]) for places in found)

    for row in rows("also_asked.csv"):
        words = re.findall(r"[A-Za-z]\w{2,}", row["question"])
        searched = [word for word in words if language.word_filter(word.lower())]
        assert searched
        assert [word for word in searched if not has(word)] == []


@needs_book
@needs_chromium
@pytest.mark.browser
def test_the_filter_finds_every_answer_by_the_words_of_its_question(visit):
    tab = visit("book/questions.html")
    box = tab.get_by_label("Show the questions with these words").element_handle()
    asked = [
        [f"also-{row['id'].lower()}", " ".join(re.findall(r"[A-Za-z]{3,}", row["question"]))]
        for row in rows("also_asked.csv")
    ]
    found = tab.evaluate(FILTERED, [box, asked])
    assert len(found) == len(asked)
    assert [one for one, shown in zip(asked, found, strict=True) if not (shown[0] and shown[1] < 10)] == []


@needs_book
@needs_chromium
@pytest.mark.browser
def test_the_filter_leaves_no_heading_over_an_empty_list(visit):
    tab = visit("book/questions.html")
    tab.get_by_label("Show the questions with these words").fill("Masking mask_value")
    assert tab.locator(".learner-questions > li").filter(visible=True).count() == 1
    assert tab.locator("article h2").filter(visible=True).count() == 1
    assert tab.locator(".rubric").filter(visible=True).all_inner_texts() == ["Also asked"]
    tab.get_by_label("Show the questions with these words").fill("batch_first bug")
    assert tab.locator(".rubric").filter(visible=True).count() == 0


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


# What is typed, how the question begins that is found, and what is said of the words.
IN_OTHER_WORDS = [
    ("Where does layer normalisation go?", "Where does layer normalization", ""),  # the other spelling
    ("why is my validation loss lower than the training loss??", "My validation loss is lower", ""),
    ("how to initialize the hidden state", "Zeros, random numbers or learned numbers for h_0", ""),  # other endings
    ("echo state networks", "What is an echo state network", ""),
    (
        "bounded tanh gradient in Fortran",
        "Tanh is bounded. How can its gradient explode?",
        ", with 3 of these 4 words",
    ),
    (
        "My predictions are shifted by one day, they are lagging behind!",
        "My predictions look like the true curve",
        ", with 6 of these 7 words",
    ),
    ("Why is R2 negative on my test set", "My R² is negative.", ", with 3 of these 4 words"),
    (
        "in which order are clip_grad_norm_ and backward called",
        "Where does clipping go",
        ", with 2 of these 4 words",
    ),
]


@needs_book
@needs_chromium
@pytest.mark.browser
def test_the_filter_finds_a_question_in_other_words(visit):
    tab = visit("book/questions.html")
    box, items = tab.get_by_label("Show the questions with these words"), tab.locator(".learner-questions > li")
    for typed, question, most in IN_OTHER_WORDS:
        box.fill(typed)
        shown = items.filter(visible=True).all_inner_texts()
        assert len(shown) < 20, typed
        assert any(one.startswith(question) for one in shown), typed
        said = tab.locator(".list-filter [role=status]").inner_text()
        assert said.endswith(f" questions{most}"), typed


@needs_book
@needs_chromium
@pytest.mark.browser
def test_the_filter_says_so_where_hardly_a_word_is_known(visit):
    tab = visit("book/questions.html")
    tab.get_by_label("Show the questions with these words").fill("gradient qwertz uiop asdf")
    assert tab.locator(".learner-questions > li").filter(visible=True).count() == 0
    assert tab.locator(".list-filter [role=status]").inner_text().startswith("0 of ")


@needs_book
@needs_chromium
@pytest.mark.browser
def test_without_scripts_the_list_is_whole_and_the_filter_is_not_offered(visit):
    tab = visit("book/questions.html", script=False)
    assert tab.locator(".learner-questions > li").filter(visible=True).count() == sum(
        bool(r["anchor"]) for r in [*rows("questions.csv"), *rows("also_asked.csv")]
    )
    assert not tab.locator(".list-filter").is_visible()
