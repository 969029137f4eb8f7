"""The e-book: every chapter, well-formed, with links that lead somewhere and nothing from the network."""

import re
import xml.etree.ElementTree as ET
import zipfile
from posixpath import join, normpath

import pytest
from built import CHAPTERS, needs_book
from rnnbook.bound import epub
from rnnbook.bound.articles import tree

XHTML, OPF = "{http://www.w3.org/1999/xhtml}", "{http://www.idpf.org/2007/opf}"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Bind the book once, and return its files: names with their bytes, in their order."""
    out = tmp_path_factory.mktemp("epub") / "book.epub"
    epub.main(["--out", str(out)])
    with zipfile.ZipFile(out) as archive:
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def pages(book):
    """Return the pages as trees."""
    return {name: ET.fromstring(data) for name, data in book.items() if name.endswith(".xhtml")}


@needs_book
def test_it_begins_with_what_it_is(book):
    assert next(iter(book)) == "mimetype"
    assert book["mimetype"] == b"application/epub+zip"


@needs_book
def test_it_has_every_chapter_in_its_order_and_in_its_contents(book, pages):
    names = [page.removeprefix("book/").replace(".html", ".xhtml") for page in CHAPTERS]
    package = ET.fromstring(book["book/book.opf"])
    files = {item.get("id"): item.get("href") for item in package.iter(f"{OPF}item")}
    spine = [files[item.get("idref")] for item in package.iter(f"{OPF}itemref")]
    assert [name for name in spine if re.match(r"\d\d_", name)] == names
    assert {f"book/{name}" for name in files.values()} == {name for name in book if name.startswith("book/")} - {
        "book/book.opf"
    }
    listed = [link.get("href") for link in pages["book/nav.xhtml"].iter(f"{XHTML}a")]
    assert listed == [name for name in spine if name != "nav.xhtml"]
    assert [name for name in spine if re.match("teaching|interface|howto|architecture", name)] == []


@needs_book
def test_every_link_leads_to_a_place_in_the_book_or_to_the_network(pages):
    ids = {name: [tag.get("id") for tag in page.iter() if tag.get("id")] for name, page in pages.items()}
    assert all(len(found) == len(set(found)) for found in ids.values())
    for name, page in pages.items():
        for link in page.iter(f"{XHTML}a"):
            target = link.get("href")
            if re.match(r"https?:", target):
                continue
            file, _, anchor = target.partition("#")
            there = normpath(join("book", file)) if file else name
            assert there in pages, target
            assert not anchor or anchor in ids[there], target


@needs_book
def test_nothing_is_loaded_and_nothing_runs(book, pages):
    for page in pages.values():
        for tag in page.iter():
            assert tag.tag not in {f"{XHTML}{name}" for name in ("script", "img", "iframe", "input", "button")}
            assert not tag.get("src")
    addresses = re.findall(r"url\(([^)]*)\)|@import", book["book/book.css"].decode())
    assert addresses == [epub.FONT]
    assert ":is(" not in book["book/book.css"].decode()


@needs_book
def test_formulas_are_mathml_and_figures_drawings(book):
    chapters = [book[f"book/{page[5:-5]}.xhtml"].decode() for page in CHAPTERS]
    assert all("<svg" in chapter for chapter in chapters)
    assert all("<math" in chapter and "katex" not in chapter for chapter in chapters)


@pytest.mark.parametrize(
    ("prelude", "expected"),
    [
        (".a", ".a {x}"),
        (".a :is(b, .c) d", ".a b d, .a .c d {x}"),
        (":is(a, b):is(c, d)", "ac, ad, bc, bd {x}"),
        ('html[data-theme="dark"] .a', ""),
    ],
)
def test_rules_are_spelt_out_for_old_readers(prelude, expected):
    assert epub.spelt_out(prelude, "x") == expected


def test_a_formula_keeps_its_source_as_its_text():
    body = tree(
        '<p><span class="katex"><span class="katex-mathml"><math><semantics><mi>a</mi><annotation encoding="x">\\alpha'
        "</annotation></semantics></math></span><span class='katex-html'>a</span></span></p>"
    )
    epub.adapt(body)
    assert str(body) == '<p><math alttext="\\alpha"><mi>a</mi></math></p>'
