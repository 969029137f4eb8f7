"""The built book as the tests see it: its pages, their tags, and what a browser says about them."""

import functools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rnnbook import site_checks, weigh

ROOT = Path(__file__).resolve().parents[2]
HTML = weigh.HTML
PAGES = weigh.pages() if HTML.is_dir() else []
CHAPTERS = [page for page in PAGES if re.fullmatch(r"book/\d\d_\w+\.html", page)]
DISK = HTML.as_uri()

needs_book = pytest.mark.skipif(not PAGES, reason="the book is not built: make book")
on_every_page = pytest.mark.parametrize("page", PAGES)
needs_chromium = pytest.mark.skipif(weigh.CHROMIUM is None, reason="no Chromium found: set CHROMIUM to its path")


@functools.cache
class Tags(HTMLParser):
    """The start tags of a page, each with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(text(page))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def ids(self):
        return {attrs["id"] for _, attrs in self.tags if "id" in attrs}


def text(page):
    """Return the HTML of a page."""
    return (HTML / page).read_text(encoding="utf-8")


def objections(tab, include=None, rules=None, kinds=None):
    """Return axe's violations: the rule, and the first tags that break it."""
    pytest.importorskip("axe_playwright_python.sync_playwright")
    return site_checks.axe(tab, include, rules, kinds=kinds)


open_answers = site_checks.open_answers
