"""What a reader's browser loads, and the stylesheet that is cut to what the pages need."""

import pytest
from built import PAGES, needs_book, text
from rnnbook import styles, weigh


@pytest.mark.parametrize(("requests", "kb", "over"), [(25, 249, False), (26, 10, True), (2, 251, True)])
def test_a_page_may_load_so_many_files_of_so_many_bytes(tmp_path, requests, kb, over):
    """test_reading.py asks it of every page of the book."""
    (tmp_path / "a.html").write_text("<article><p>Words alone</p></article>")
    files = {f"{i}.js": 1000 * kb // requests for i in range(requests)}
    assert weigh.beyond(files, "a.html", tmp_path) == [f"{requests} requests and {kb} KB, at most 25 and 250"] * over


@needs_book
@pytest.mark.parametrize("page", [page for page in PAGES if page != "search.html"])
def test_only_the_search_page_loads_the_index(page):
    assert "searchindex.js" not in text(page)


@needs_book
def test_the_search_page_runs_its_scripts_in_order_after_it_is_drawn():
    html = text("search.html")
    assert "searchindex.js" not in html[: html.index("</head>")]
    places = [
        html.index(f'<script src="_static/{name}') for name in ("doctools.js", "searchtools.js", "language_data.js")
    ]
    assert places == sorted(places)


def kept(css, known):
    return styles.serialize(styles.keep(styles.parse(css), known)).strip()


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        (".used { color: red }", ".used{color:red}"),
        (".unused { color: red }", ""),
        (".used, .unused > a { color: red }", ".used{color:red}"),
        (".used .unused { color: red }", ""),
        (".used:not(.unused):hover::before { color: red }", ".used:not(.unused):hover::before{color:red}"),
        ("#used > p { color: red !important }", "#used > p{color:red!important}"),
        ("#unused { color: red }", ""),
        ("video { color: red }", ""),
        ("[data-x=y] { color: red }", "[data-x=y]{color:red}"),
        ("@media print { .used { color: red } .unused { color: red } }", "@media print{.used{color:red}\n}"),
        ("@media print { .unused { color: red } }", ""),
        ("@font-face { font-family: Font Awesome }", ""),
        ("@font-face { font-family: KaTeX }", "@font-face{font-family: KaTeX}"),
        (".used { content: '\uf00c'; color: red }", ".used{color:red}"),
        (".used { font: var(--fa-font-solid) }", ""),
    ],
)
def test_a_rule_is_kept_if_a_page_can_need_it(css, expected):
    assert kept(css, {"used", "a", "p"}) == expected


def test_variables_go_when_nothing_asks_for_them_any_more():
    rules = styles.keep(styles.parse(":root { --a: 1; --b: var(--a); --c: 2; --d: 3 } p { width: var(--c) }"), {"p"})
    assert (
        styles.serialize(styles.drop_unused_variables(rules, 'style="x: var(--d)"'))
        == ":root{--c:2;--d:3}\np{width:var(--c)}\n"
    )


def test_names_are_read_from_tags_classes_and_the_strings_of_scripts(tmp_path):
    script = tmp_path / "a.js"
    script.write_text("box.classList.add('is-open', `more less`); unquoted")
    known = styles.names_in(['<p class="a b" id="c"><script>x("d")</script>'], [script])
    assert {"p", "a", "b", "c", "d", "is-open", "more", "less"} <= known
    assert "unquoted" not in known


def test_addresses_are_seen_from_the_bundle(tmp_path):
    (tmp_path / "_static" / "k").mkdir(parents=True)
    sheet = tmp_path / "_static" / "k" / "k.css"
    sheet.write_text('@import "../base.css"; @font-face { src: url(fonts/a.woff2), url(data:x) }')
    (tmp_path / "_static" / "base.css").write_text("p { color: red }")
    rules = styles.serialize(styles.keep(styles.read(sheet, tmp_path), {"p"}))
    assert rules.startswith("p{color:red}")
    assert 'url("k/fonts/a.woff2")' in rules
    assert "data:x" in rules
