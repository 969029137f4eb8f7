"""Check the built book as its readers meet it: `python -m rnnbook.check_site`, which ends with 1 if it has complaints.

Every page at three widths, light and dark, from a server; once from a disk, with the tab key, and without scripts.
``--bounded`` looks at four pages (the heaviest, the notation, an exercise, the interface of the cells) in two views.
``--json`` prints the result for a machine. Pages can be named: `book/02_unfolding.html`.
"""

import argparse
import json
import sys
import time
from contextlib import contextmanager

from rnnbook import site_checks as checks
from rnnbook import weigh
from rnnbook.tabs import Tabs

TYPICAL = ("book/notation.html", "exercises/02_unfolding/02_unfolding.html", "book/interface/cells.html")


class Result:
    """Complaints by check, page and circumstance, and how often each check looked."""

    def __init__(self):
        self.looks, self.complaints = {}, []

    def note(self, check, page, circumstance, found):
        """Note what one look found."""
        self.looks[check] = self.looks.get(check, 0) + 1
        self.complaints += [{"check": check, "page": page, "at": circumstance, "what": str(what)} for what in found]

    def table(self):
        """Return the result as text."""
        lines = [f"{'check':26}{'looks':>7}{'complaints':>12}"]
        for check, looks in self.looks.items():
            lines.append(f"{check:26}{looks:7}{sum(c['check'] == check for c in self.complaints):12}")
        return "\n".join([*lines, *(f"{c['page']} ({c['at']}) {c['check']}: {c['what']}" for c in self.complaints)])


@contextmanager
def opened(tabs, address, result, *, width=1280, scheme="light", script=True):
    """Open a page; note at the end what it asked of other sites and what its console says."""
    with tabs.open(address, width=width, scheme=scheme, script=script) as (tab, heard):
        yield tab
    page, where = "/".join(address.split("/")[-2:]), f"{width} {scheme}{'' if script else ' without scripts'}"
    result.note("no outside request", page, where, heard.strays("/".join(address.split("/")[:3])))
    result.note("no console error", page, where, heard.errors)


def check_page(browser, tabs, base, html, page, result, views=checks.VIEWS):
    """Make every check of a page."""
    for width, scheme in views:
        with opened(tabs, f"{base}/{page}", result, width=width, scheme=scheme) as tab:
            checks.open_answers(tab)
            for name, one in checks.SHOWN.items():
                result.note(name, page, f"{width} {scheme}", one(tab))
    with opened(tabs, f"{html.as_uri()}/{page}", result) as tab:
        for name, one in checks.ONCE.items():
            result.note(name, page, "from a disk", one(tab))
    if page not in ("search.html", "genindex.html", "py-modindex.html"):
        with opened(tabs, f"{html.as_uri()}/{page}", result, width=390, script=False) as tab:
            result.note("without scripts", page, "390", checks.readable(tab))
    files = weigh.weigh(browser, base, page, html)
    result.note("weight", page, "1280", weigh.beyond(files, page, html))


def check(pages, html, browser, views=checks.VIEWS, say=lambda text: None):
    """Return the result for these pages of a built book.

    Parameters
    ----------
    pages : list of str
        Such as ``book/02_unfolding.html``.
    html : Path
        Where the built book is.
    browser : playwright browser
        What opens them.
    views : list of (int, str)
        Widths and modes.
    say : callable
        Told about each page.
    """
    result, read, tabs = Result(), {}, Tabs(browser)
    for page in pages:
        for name, one in checks.WRITTEN.items():
            result.note(name, page, "the file", one(checks.Page(html / page), read))
    with weigh.served(html) as base:
        for page in pages:
            started = time.monotonic()
            check_page(browser, tabs, base, html, page, result, views)
            say(f"{page} {time.monotonic() - started:.0f} s")
    if (html / "search.html").is_file():
        for word in ("forward", "unfolding"):
            with opened(tabs, f"{html.as_uri()}/search.html?q={word}", result) as tab:
                result.note("search from a disk", "search.html", word, checks.chapters_first(tab))
    return result


def bounded(pages, html):
    """Return four pages that stand for all: the heaviest file, and the typical ones."""
    heaviest = max(pages, key=lambda page: (html / page).stat().st_size)
    return list(dict.fromkeys([heaviest, *(page for page in TYPICAL if page in pages)]))


def main():
    """Check all pages, or those named, and print what was found."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="rnnbook.check_site", description="Check the built book.")
    parser.add_argument("pages", nargs="*", help="all by default")
    parser.add_argument("--bounded", action="store_true", help="four pages that stand for all")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    args = parser.parse_args()
    pages = args.pages or weigh.pages()
    if not pages:
        print("the book is not built: make book", file=sys.stderr)
        return 2
    if args.bounded:
        pages = bounded(pages, weigh.HTML)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=weigh.CHROMIUM, args=weigh.QUIET)
        views = checks.FEW_VIEWS if args.bounded else checks.VIEWS
        result = check(pages, weigh.HTML, browser, views, say=lambda text: print(text, file=sys.stderr, flush=True))
        browser.close()
    found = {"pages": pages, "looks": result.looks, "complaints": result.complaints}
    print(json.dumps(found, indent=1) if args.json else result.table())
    return int(bool(result.complaints))


if __name__ == "__main__":
    sys.exit(main())
