"""The book as a PDF: `python -m rnnbook.bound.paper`, which a browser prints from one long page.

It is printed twice: only the first print says on which page each chapter begins.
"""

import argparse
import re
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from pygments.formatters import HtmlFormatter

from rnnbook import weigh
from rnnbook.bound import answers, contents
from rnnbook.bound.articles import HTML, ROOT, of_class, relink

HERE = Path(__file__).parent
OUT = ROOT / "_build" / "rnnlab-book.pdf"
COLUMN = 612  # pixels: what the margins in paper.css leave of A4

SHEET = 950  # and what they leave of its height

# A table that words alone make too wide gets narrower columns, in which they break.
NARROW = """(width) => [...document.querySelectorAll("article table")]
    .filter((table) => table.getBoundingClientRect().right > width + 1)
    .forEach((table) => table.classList.add("too-wide"))"""

# What is wider than the column would be cut at the edge of the sheet, and a figure higher than a sheet would be split.
MISFITS = """([width, height]) => [...document.querySelectorAll("article *")].filter((box) => {
    const place = box.getBoundingClientRect();
    if (box.matches("figure, .rf") && place.height > height) return true;
    if (box.closest("svg, .katex-mathml")) return box.matches("svg.rf-svg") && place.right > width + 1;
    if (box.closest(".katex") && !box.matches(".katex")) return false;
    const inside = box.matches("pre, .katex-display") && box.scrollWidth > box.clientWidth + 1;
    return place.width && (place.right > width + 1 || place.left < -1 || inside);
}).map((box) => `${box.closest("article").id}: ${box.outerHTML.slice(0, 160)}`)"""

NUMBER = """(pages) => document.querySelectorAll("[data-page]").forEach((box) => {
    box.textContent = pages[box.dataset.page];
})"""


def whole(html=HTML):
    """Return the whole book as one page for the printer.

    Parameters
    ----------
    html : Path
        The folder of the built site.
    """
    found, where = contents.bound(html)

    def address(name, anchor):
        place = where(name, anchor)
        return place and "#" + ".".join(part for part in place if part)

    for article in found:
        answers.collect(
            article,
            lambda name, n, key=article.key: f'<a href="#answer-{n}">{name}: page {number(f"{key}.answer-{n}")}</a>',
        )
        relink(article, address)
        for tag in article.body.find_all(id=True):
            tag["id"] = f"{article.key}.{tag['id']}"
        read_out(article.body)
        article.body.attrs = {"id": article.key, "style": f"page: p-{article.key}"}
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{contents.TITLE}</title>'
        f"<style>{style(found)}</style></head><body>{title_page(html)}{table(found)}"
        f"{''.join(article.html() for article in found)}</body></html>"
    )


def read_out(body):
    """Give each formula its source as a name: its signs are hidden from screen readers, and a PDF has no MathML."""
    for formula in of_class(body, "katex"):
        source = formula.find("annotation")
        if source is not None:
            formula["role"], formula["aria-label"] = "img", source.get_text()
            formula.find(class_="katex-mathml").decompose()


def number(target):
    """Return the place where the page number of a target will stand."""
    return f'<span data-page="{escape(target)}">000</span>'


def title_page(html):
    """Return the title page and its back."""
    return (
        f'<div class="title-page"><p class="book-title">{contents.TITLE}</p>'
        f'<p class="book-subtitle">{contents.SUBTITLE}</p>'
        f'<p class="book-author">{contents.AUTHOR}</p><p class="book-version">Version {contents.version()}</p></div>'
        f'<div class="imprint">{contents.about(html)}</div>'
    )


def table(found):
    """Return the table of contents."""
    rows = ""
    for part, members in contents.by_part(found):
        rows += f'<p class="part">{escape(part)}</p>' if part else ""
        rows += "<ul>" + "".join(
            f'<li><a href="#{article.key}"><span>{escape(article.title)}</span>{number(article.key)}</a></li>'
            for article in members
        )
        rows += "</ul>"
    return f'<nav class="contents"><h1>Contents</h1>{rows}</nav>'


def style(found):
    """Return the styles of all that is on the pages, with fonts and a running head for each article."""
    katex = (ROOT / "book" / "_vendor" / "katex" / "katex.min.css").read_text(encoding="utf-8")
    katex = katex.replace("url(fonts/", f"url({(ROOT / 'book/_vendor/katex/fonts').as_uri()}/")
    figures = (ROOT / "rnnlab" / "figures" / "figure.css").read_text(encoding="utf-8")
    code = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
    own = (HERE / "paper.css").read_text(encoding="utf-8").replace("url(fonts/", f"url({(HERE / 'fonts').as_uri()}/")
    heads = "".join(f"@page p-{a.key} {{ @top-left {{ content: {quoted(a.title)}; }} }}\n" for a in found)
    return "\n".join([katex, figures, code, own, heads])


def quoted(text):
    """Return a text as a string of CSS."""
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def pages_of(pdf):
    """Return the number of the page on which each target of a link stands."""
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    return {
        name.lstrip("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def write(page, out):
    """Print a page to a file.

    Raises
    ------
    ValueError
        If something does not fit on a sheet, or a page number changed between the two prints.
    """
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        source, draft = Path(folder) / "book.html", Path(folder) / "draft.pdf"
        source.write_text(page, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=weigh.CHROMIUM, args=weigh.QUIET)
        tab = browser.new_page(viewport={"width": COLUMN, "height": 900})
        tab.set_default_timeout(600_000)
        tab.emulate_media(media="print", color_scheme="light")
        tab.goto(source.as_uri())
        tab.evaluate(NARROW, COLUMN)
        if misfits := tab.evaluate(MISFITS, [COLUMN, SHEET]):
            raise ValueError(f"{len(misfits)} parts do not fit on a page:\n" + "\n".join(misfits[:20]))
        tab.pdf(path=draft, prefer_css_page_size=True, print_background=True)
        pages = pages_of(draft)
        tab.evaluate(NUMBER, pages)
        tab.pdf(path=out, prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        browser.close()
    if pages_of(out) != pages:
        raise ValueError("the pages moved when their numbers were filled in")


def describe(out):
    """Write title, author and subject into the file."""
    from pypdf import PdfWriter

    writer = PdfWriter(out, incremental=True)  # what the browser wrote stays as it is
    writer.add_metadata({"/Title": contents.TITLE, "/Author": contents.AUTHOR, "/Subject": contents.SUBTITLE})
    writer.write(out)


def main(argv=None):
    """Print the book."""
    parser = argparse.ArgumentParser(prog="make pdf", description="Print the built book to one PDF.")
    parser.add_argument("--html", type=Path, default=HTML, help="the folder of the built site")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write")
    args = parser.parse_args(argv)
    write(whole(args.html), args.out)
    describe(args.out)
    print(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
