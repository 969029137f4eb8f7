"""Each check of the built book has a page here on which it fails, and one on which it does not."""

import json
import subprocess
import sys

import pytest
from built import ROOT, needs_chromium

pytest.importorskip("playwright.sync_api")
from rnnbook import check_site, site_checks, weigh

TEXT = "<h1>Title</h1>" + "<p>Some words of a paragraph that are long enough to be read by somebody.</p>" * 3
SVG = (
    '<svg class="rf-svg" role="img" aria-label="A line that rises from left to right." width="200" height="50">{}</svg>'
)
LIVE = """<figure class="rf-live"><div class="rf-controls"><label>w <input type="range" min="0" max="3" value="0"
 oninput="document.getElementById('d').style.width = 80 + 200 * this.value + 'px'"></label></div>
 <div id="d" style="width: 80px; height: 20px; {}">x</div></figure>"""


def page_of(body, head="", title="Page"):
    """Return a page around a body."""
    head = f'<meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">{head}'
    start = f'<!doctype html><html lang="en"><head>{head}</head>'
    return f'{start}<body><main><article style="max-width: 360px">{body}</article></main></body></html>'


@pytest.fixture
def read(tmp_path):
    """Return a page as it is written, beside another page with an anchor."""
    (tmp_path / "other.html").write_text(page_of('<p id="here">x</p>'))

    def make(body):
        (tmp_path / "page.html").write_text(page_of(body))
        return site_checks.Page(tmp_path / "page.html")

    return make


@pytest.mark.parametrize(
    ("check", "bad", "good"),
    [
        (site_checks.references, '<a href="none.html">x</a>', '<a href="other.html">x</a>'),
        (site_checks.references, '<a href="other.html#there">x</a>', '<a href="other.html#here">x</a>'),
        (site_checks.references, '<a href="#there">x</a>', '<a id="there" href="#there">x</a>'),
        (site_checks.alternatives, '<img src="a.png">', '<img src="a.png" alt="A loss that falls.">'),
        (site_checks.alternatives, '<img alt="0123456789abcdef0123.png">', '<a href="https://a.org">x</a>'),
        (site_checks.alternatives, '<svg role="img" aria-label="Figure"></svg>', SVG.format("")),
        (site_checks.outside, '<script src="https://a.org/x.js"></script>', '<a href="https://a.org">x</a>'),
        (site_checks.outside, '<link href="//a.org/x.css">', '<link href="x.css">'),
    ],
)
def test_a_written_page_with_a_fault_fails(read, check, bad, good):
    assert check(read(bad), {}) != []
    assert check(read(good), {}) == []


CODE = "<style>.n {{ color: {} }}</style><pre>" + '<b>def</b> <span class="n">name</span> ' * 9 + "</pre>"
LINK = '<a href="#a" style="color: #00e; text-decoration: none">a link</a>'


def few_of_each_kind(tab):
    """Return the violations that are found where contrasts are computed for one text of each kind."""
    return site_checks.axe(tab, rules=["color-contrast", "link-in-text-block"], kinds=1)


WIDE = '<div style="width: 900px">{}</div>'
LINE = '<path d="M0,0 L9,9" style="stroke: {}" /><text style="fill: {}">a</text>'


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize(
    ("check", "bad", "good"),
    [
        (site_checks.whole, WIDE.format("x"), f'<div style="overflow-x: auto">{WIDE.format("x")}</div>'),
        (site_checks.whole, LIVE.format(""), LIVE.format("max-width: 300px")),
        (
            site_checks.words,
            '<table><tr><td style="width: 20px; overflow-wrap: anywhere">weight_ih_l0</td></tr></table>',
            "<table><tr><td>weight_ih_l0</td></tr></table>",
        ),
        (site_checks.colours, SVG.format(LINE.format("#ccc", "#000")), SVG.format(LINE.format("#888", "#000"))),
        (site_checks.colours, SVG.format(LINE.format("#000", "#888")), SVG.format(LINE.format("#888", "#666"))),
        (site_checks.accessible, '<p style="color: #aaa">faint</p>', TEXT),
        (few_of_each_kind, f'{TEXT * 9}<p>a <span style="color: #aaa">faint word</span></p>', TEXT * 9),
        (few_of_each_kind, f'{TEXT}<div style="background: #ccc"><p style="color: #777">faint</p></div>', TEXT),
        (few_of_each_kind, CODE.format("#aaa"), CODE.format("#555")),
        (few_of_each_kind, f"{TEXT}<p>Words with {LINK} in it</p>", f"{TEXT}<p>Words with <a href='#a'>a link</a></p>"),
        (site_checks.accessible, "<input>", '<h1>A</h1><label>name <input style="height: 24px"></label>'),
        (
            site_checks.accessible,
            TEXT + '<button style="width: 9px; height: 9px; padding: 0">a</button>' * 2,
            TEXT + '<button style="width: 24px; height: 24px; padding: 0">a</button>' * 2,
        ),
        (site_checks.stops, '<button style="outline: none">a</button>', "<button>a</button>"),
        (site_checks.stops, '<button style="position: fixed; left: -500px">a</button>', "<button>a</button>"),
        (site_checks.stops, '<button style="opacity: 0">a</button>', '<button style="opacity: .9">a</button>'),
        (site_checks.stops, "<p>nothing to stop at</p>", '<a href="#a">a</a>'),
        (
            site_checks.still,
            "<style>@keyframes k { to { opacity: 0 } } p { animation: k 1s infinite }</style><p>a</p>",
            "<p>a</p>",
        ),
        (site_checks.still, "<style>html { scroll-behavior: smooth }</style>", "<p>a</p>"),
        (site_checks.readable, "<p>short</p>", TEXT),
        (site_checks.readable, f'{TEXT}<span class="math">x</span>', f'{TEXT}<span class="math katex">x</span>'),
        (site_checks.readable, TEXT + LIVE.format(""), TEXT),
    ],
)
def test_a_shown_page_with_a_fault_fails(tabs, check, bad, good):
    def look(body):
        with tabs.open(width=390, height=700) as (tab, _):
            tab.set_content(page_of(body))
            return check(tab)

    assert look(bad) != []
    assert look(good) == []


def test_every_check_has_a_page_on_which_it_fails():
    both = test_a_written_page_with_a_fault_fails, test_a_shown_page_with_a_fault_fails
    marks = [mark for test in both for mark in test.pytestmark if mark.name == "parametrize"]
    checks = {**site_checks.WRITTEN, **site_checks.SHOWN, **site_checks.ONCE}.values()
    assert {case[0] for mark in marks for case in mark.args[1]} == {*checks, site_checks.readable, few_of_each_kind}


@needs_chromium
@pytest.mark.browser
def test_what_covers_the_text_is_seen(tabs):
    with tabs.open(width=390, height=700) as (tab, _):
        tab.set_content(page_of(TEXT) + '<div style="position: fixed; inset: 0; background: #fff">menu</div>')
        assert any("covers" in said for said in site_checks.readable(tab))


def results_page(*hrefs):
    items = "".join(f'<li><a href="{href}">x</a></li>' for href in hrefs)
    return page_of(
        f'<p class="search-summary">Search finished, found {len(hrefs)} pages</p><ul class="search">{items}</ul>'
    )


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize(
    ("hrefs", "expected"),
    [
        (["book/02_a.html", "book/interface/cells.html"], []),
        (["book/interface/cells.html", "book/02_a.html"], ["the interface comes before a chapter"]),
        (["book/interface/cells.html"], ["no chapter among 1 results"]),
    ],
)
def test_a_search_that_buries_the_chapters_fails(chromium, hrefs, expected):
    tab = chromium.new_page()
    tab.set_content(results_page(*hrefs))
    assert site_checks.chapters_first(tab) == expected
    tab.close()


@needs_chromium
@pytest.mark.browser
def test_errors_strays_and_weight_are_noted_for_a_whole_book(chromium, tmp_path, monkeypatch):
    noise = (
        '<script>console.error("broken")</script><img src="http://127.0.0.1:9/a.png" alt="Something from elsewhere.">'
    )
    (tmp_path / "a.html").write_text(page_of(TEXT + noise))
    monkeypatch.setattr(weigh, "MOST_KB", {"text": 0.1, "figures": 0.1})
    result = check_site.check(["a.html"], tmp_path, chromium, [(390, "light")])
    found = {complaint["check"] for complaint in result.complaints}
    assert {"no outside request", "no console error", "weight", "nothing from outside"} <= found
    assert set(result.looks) == {
        *site_checks.WRITTEN,
        *site_checks.SHOWN,
        *site_checks.ONCE,
        *("no outside request", "no console error", "without scripts", "weight"),
    }
    assert "a.html (the file) nothing from outside: http://127.0.0.1:9/a.png" in result.table()


def test_four_pages_stand_for_all(tmp_path):
    for name, size in {"heavy.html": 9, "light.html": 1}.items():
        (tmp_path / name).write_text("x" * size)
    assert check_site.bounded(["heavy.html", "light.html"], tmp_path) == ["heavy.html"]


@needs_chromium
@pytest.mark.browser
def test_the_command_prints_json_and_fails_with_a_complaint(tmp_path):
    button = '<button style="width: 60px; height: 30px">a</button>'  # a browser's own size may be too small
    (tmp_path / "a.html").write_text(page_of(f'{TEXT}<a href="gone.html">gone</a>{button}'))
    code = (
        "import sys; from pathlib import Path; from rnnbook import weigh, check_site, site_checks\n"
        "weigh.HTML = Path(sys.argv.pop(1)); site_checks.VIEWS[:] = [(390, 'light')]\n"
        "sys.exit(check_site.main())"
    )
    command = [sys.executable, "-c", code, str(tmp_path), "--json", "a.html"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT / "book" / "_ext")
    found = json.loads(done.stdout)
    assert [complaint["check"] for complaint in found["complaints"]] == ["links and anchors"], found["complaints"]
    assert done.returncode == 1
