"""The written pages: nothing comes from elsewhere, links lead somewhere, pictures and pages say what they are."""

import re

import pytest
from built import HTML, PAGES, Tags, needs_book, on_every_page, text
from rnnbook import pages

pytestmark = needs_book


@on_every_page
def test_scripts_styles_and_pictures_come_from_the_book_itself(page):
    loaded = [a.get("src") or a.get("href") for tag, a in Tags(page).tags if tag in {"script", "link", "img", "iframe"}]
    assert [url for url in loaded if url and re.match(r"(https?:)?//", url)] == []


@on_every_page
def test_every_local_link_leads_to_a_file(page):
    targets = {
        a["href"].partition("#")[0].partition("?")[0] for tag, a in Tags(page).tags if tag == "a" and "href" in a
    }
    local = {url for url in targets if url and not re.match(r"[a-z]+:", url)}
    assert sorted(url for url in local if not ((HTML / page).parent / url).exists()) == []


@on_every_page
def test_pictures_have_an_alternative_text_that_is_not_a_hash(page):
    texts = [a.get("alt", "") for tag, a in Tags(page).tags if tag == "img"]
    assert [text for text in texts if not text or re.fullmatch(r"\S*[0-9a-f]{16,}\S*", text)] == []


@on_every_page
def test_every_equation_was_set(page):
    html = text(page)
    assert "katex-error" not in html
    assert html.count('class="katex"') == len(re.findall(r'class="math', html))


def test_the_exercise_is_shown_as_the_student_gets_it():
    html = text("exercises/02_unfolding/02_unfolding.html")
    assert "YOUR CODE HERE" in html
    assert "Traceback" not in html


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page not in {"search.html", "genindex.html", "py-modindex.html"}]
)
def test_every_page_describes_itself_in_its_own_words(page):
    found = [a["content"] for tag, a in Tags(page).tags if tag == "meta" and a.get("name") == "description"]
    assert len(found) == 1
    assert 40 <= len(found[0]) <= 250


def test_an_exercise_is_described_by_its_title_and_first_paragraph():
    html = """<head><title>T</title></head><article class="bd-article"><section>
    <h1>Assignment 4: Loss<a class="headerlink" href="#x">#</a></h1>
<p>You write <code>f</code> &amp; g. Then more of it.</p></section></article>"""
    assert (
        '<meta content="Assignment 4: Loss. You write f &amp; g. Then more of it." name="description" />'
        in pages.describe(html)
    )


@pytest.mark.parametrize("corner", ['<th class="head"></th>', '<th class="head"><p></p></th>'])
def test_the_empty_corner_of_a_table_is_no_heading(corner):
    assert (
        pages.tidy(f'<tr>{corner}<th class="head"><p>a</p></th></tr>')
        == '<tr><td></td><th class="head"><p>a</p></th></tr>'
    )


MATHS = '<math xmlns="m"><mi>f</mi><mo>(</mo><mi>a</mi><mo>)</mo><annotation encoding="x">f(a)</annotation></math>'
FORMULA = f'<span class="katex"><span class="katex-mathml">{MATHS}</span><span aria-hidden="true">f(a)</span></span>'


def test_a_heading_that_is_one_formula_has_a_name():
    named = pages.name_formula(f'<th class="head"><p>{FORMULA}</p></th>')
    assert re.findall(r'<math aria-label="([^"]*)"', named) == ["f(a)"]
    assert pages.name_formula(named) == named


def test_a_heading_with_words_around_its_formula_is_left_alone():
    head = f'<th class="head"><p>slope {FORMULA}</p></th>'
    assert pages.name_formula(head) == head


def test_the_search_page_has_a_description_too():
    html = "<html><head><title>Search</title></head><body></body></html>"
    assert pages.tidy(html, searches=True).count('name="description"') == 1


def test_a_description_that_is_there_is_left_alone():
    html = '<meta content="mine" name="description" /><title>T</title>'
    assert pages.describe(html) == html


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Short.", "Short."),
        ("A" * 70 + ". " + "b" * 100, "A" * 70 + "."),
        ("word " * 40, ("word " * 31).strip() + "…"),
    ],
)
def test_a_long_description_ends_with_a_sentence_or_a_word(given, expected):
    assert pages.shorten(given) == expected


def test_the_side_bar_has_the_parts_of_the_book_in_order():
    html = text("book/notation.html")
    captions = re.findall(r'class="caption-text">([^<]+)<', html[: html.index("<article")])
    assert captions == [
        "How a recurrent network works",
        "How it learns",
        "What is built from it",
        "What it is good for",
        "Reference",
        "For teachers",
        "About",
    ]


@pytest.mark.parametrize("number", range(1, 7))
def test_each_assignment_stands_under_its_chapter(number):
    html = text("book/notation.html")
    below = re.search(rf'">{number}\. [^<]*</a><details>.*?</details>', html, re.DOTALL)
    assert f">Assignment {number}</a>" in below[0]
