"""The book on paper: its outline, the numbers of its pages, its links, its fonts."""

import re

import pytest
from built import CHAPTERS, HTML, needs_book, needs_chromium, text
from rnnbook.bound import answers, articles, contents, paper

pypdf = pytest.importorskip("pypdf")
printed = [pytest.mark.slow, pytest.mark.browser, needs_book, needs_chromium]


def marks(function):
    for mark in printed:
        function = mark(function)
    return function


@pytest.fixture(scope="module")
def pdf(tmp_path_factory):
    """Print the book once; `make pdf` may have done it already, from the same pages."""
    made, pages = paper.OUT, HTML / "index.html"
    if not made.is_file() or made.stat().st_mtime < pages.stat().st_mtime:
        made = tmp_path_factory.mktemp("paper") / "book.pdf"
        paper.main(["--out", str(made)])
    return pypdf.PdfReader(made)


@pytest.fixture(scope="module")
def outline(pdf):
    """Return the entries of the outline's first level, each with its page, counted from 1."""
    entries = [entry for entry in pdf.outline if not isinstance(entry, list)]
    return {entry.title: pdf.get_destination_page_number(entry) + 1 for entry in entries}


def title(page):
    return re.search(r"<h1>([^<]+)", re.search(r"<article.*", text(page), re.DOTALL)[0])[1]


@marks
def test_the_outline_has_every_chapter_in_order(outline):
    titles = [name for name in outline if re.match(r"\d+\. ", name)]
    assert titles == [title(page) for page in CHAPTERS]
    assert "Contents" in outline
    assert "Glossary" in outline
    assert list(outline.values()) == sorted(outline.values())


@marks
def test_the_contents_give_the_page_on_which_each_chapter_begins(pdf, outline):
    lines = pdf.pages[outline["Contents"] - 1].extract_text()
    for page in CHAPTERS:
        name = title(page)
        assert re.search(rf"{re.escape(name)}\s*{outline[name]}\b", lines)


@marks
def test_every_page_after_the_title_has_its_number(pdf):
    for number in {3, 4, len(pdf.pages) // 2, len(pdf.pages)}:
        assert str(number) in pdf.pages[number - 1].extract_text().split("\n")


@marks
def test_every_link_leads_to_a_place_in_the_book_or_to_the_network(pdf):
    places, leads = set(pdf.named_destinations), 0
    for page in pdf.pages:
        for note in page.get("/Annots", []):
            note = note.get_object()
            if note["/Subtype"] != "/Link":
                continue
            leads += 1
            if "/Dest" in note:
                assert note["/Dest"] in places
            else:
                assert re.match(r"https?://", note["/A"]["/URI"])
    assert leads > 500


@marks
def test_it_says_what_it_is_and_who_wrote_it(pdf):
    told = pdf.metadata
    assert (told.title, told.author, told.subject) == (contents.TITLE, contents.AUTHOR, contents.SUBTITLE)


@marks
def test_it_is_tagged_and_its_fonts_are_inside(pdf):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    for page in pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            if font["/Subtype"] == "/Type0":
                font = font["/DescendantFonts"][0].get_object()
            if font["/Subtype"] != "/Type3":  # its signs are drawn in the file itself
                assert any(f"/FontFile{kind}" in font["/FontDescriptor"] for kind in ("", "2", "3"))


PAGE = """<article class="bd-article"><section id="top"><h1>1. One<a class="headerlink" href="#top">#</a></h1>
<div class="cell"><details class="hide"><summary>x</summary>hidden</details></div>
<figure class="rf rf-live"><p class="rf-ask">Which?</p><div class="rf-controls" hidden=""><label class="rf-control">
<span>rate = <output>0.5</output></span><input type="range"/></label></div>
<svg class="rf-svg" viewBox="0 0 380 9" width="456"></svg>
<p class="rf-said" aria-live="polite">SAID</p><script>1</script></figure>
<section id="check"><h2>Check yourself</h2><p><strong>1.</strong> Why?</p>
<details class="answer"><summary>Answer</summary><p>So.</p></details>
<p class="screen-only">Move it.</p><a href="02_two.html#a">two</a><a href="teaching.html">teaching</a></section>
</section></article>"""


@pytest.fixture
def article(tmp_path, request):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "01_one.html").write_text(PAGE.replace("SAID", getattr(request, "param", "It falls.")))
    return articles.read(tmp_path, "book/01_one")


def test_what_only_a_screen_can_do_is_left_out(article):
    assert article.title == "1. One"
    assert article.body.select("script, input, .headerlink, .cell, .screen-only, .rf-controls, [aria-live]") == []
    assert "hidden" not in article.body.get_text()
    assert article.body.svg["width"] == "380"
    assert 'viewBox="0 0 380 9"' in str(article.body)


DRAWN = '<span class="katex-html"><span><span>x</span><svg viewBox="0 0 1 1"><path d="M0"/></svg></span></span>'


@pytest.mark.parametrize("article", [f'{DRAWN} and <span class="katex-html">y</span>'], indirect=True)
def test_what_is_drawn_of_a_formula_comes_back_as_it_was(article):
    assert "y" not in article.body.find(class_="rf-said").get_text()
    answers.collect(article, lambda name, number: name)
    assert f'{DRAWN} and <span class="katex-html">y</span>' in article.html()


@pytest.mark.parametrize(
    ("article", "expected"),
    [
        ("It falls.", "Shown: rate = 0.5. It falls."),
        ("At 0.5 it falls.", "At 0.5 it falls."),
        ("At 10.5 it falls.", "Shown: rate = 0.5. At 10.5 it falls."),
    ],
    indirect=["article"],
)
def test_a_figure_names_its_position_unless_its_sentence_does(article, expected):
    assert article.body.find(class_="rf-said").get_text() == expected


def test_answers_stand_at_the_end_and_questions_lead_to_them(article):
    answers.collect(article, lambda name, number: f'<a href="#answer-{number}">{name}</a>')
    question = article.body.find(id="question-1")
    assert question.a["href"] == "#answer-1"
    assert question.find_previous_sibling("p").get_text() == "1. Why?"
    last = article.body.section.find_all("section", recursive=False)[-1]
    assert [tag.get_text() for tag in last.find_all(["h2", "p"])] == [answers.TITLE, "Check yourself", "1. So."]
    assert last.find(id="answer-1").a["href"] == "#question-1"


def test_what_is_folded_and_no_answer_stays_in_its_place(article):
    article.body.find("details", class_="answer").summary.string = "More of it"
    answers.collect(article, lambda name, number: name)
    assert article.body.find(id="answers") is None
    assert [tag.get_text() for tag in article.body.find(class_="unfolded").find_all("p")] == ["More of it", "So."]


def test_a_link_leads_to_its_new_place_and_is_text_where_there_is_none(article):
    places = {"book/02_two": "#two"}
    articles.relink(article, lambda name, anchor: f"{places[name]}.{anchor}" if name in places else None)
    assert [(link.get_text(), link["href"]) for link in article.body.find_all("a")] == [("two", "#two.a")]
    assert "teaching" in article.body.get_text()


@pytest.mark.browser
@needs_chromium
def test_a_table_that_is_too_wide_breaks_its_words(tmp_path):
    row = f"<table><tr><td>{'1' * 200}</td><td>two</td></tr></table>"
    style = (paper.HERE / "paper.css").read_text(encoding="utf-8")
    page = f"<!doctype html><style>{style}</style><article id=a><h1 id=b>One</h1>{row}<a href='#b'>b</a></article>"
    paper.write(page, tmp_path / "book.pdf")
    assert (tmp_path / "book.pdf").is_file()


@pytest.mark.browser
@needs_chromium
@pytest.mark.parametrize(
    "inside", ["<pre style='width:900px'>x</pre>", "<figure style='height:1200px'></figure>"], ids=["wide", "high"]
)
def test_what_does_not_fit_on_a_page_ends_the_printing(inside, tmp_path):
    page = f"<!doctype html><style>body {{ margin: 0 }}</style><article id=a>{inside}</article>"
    with pytest.raises(ValueError, match="1 parts do not fit"):
        paper.write(page, tmp_path / "book.pdf")
