"""The book as an EPUB: `python -m rnnbook.bound.epub`.

It has one file for each chapter, formulas as MathML, figures as SVG.
"""

import argparse
import os
import re
import sys
import uuid
import zipfile
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from pygments.formatters import HtmlFormatter

from rnnbook.bound import answers, contents
from rnnbook.bound.articles import HTML, ROOT, of_class, relink

HERE = Path(__file__).parent
OUT = ROOT / "_build" / "rnnlab-book.epub"
FONT = "stix-two-math.woff"  # for formulas: few readers have a font whose brackets can grow

PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><meta charset="utf-8"/><title>{title}</title><link rel="stylesheet" href="book.css"/></head>
<body>{body}</body>
</html>
"""

PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>
<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>en</dc:language>
<dc:rights>CC BY 4.0</dc:rights>
<meta property="dcterms:modified">{modified}</meta>
<meta property="schema:accessMode">textual</meta><meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta property="schema:accessibilitySummary">Formulas are MathML. Each figure has a text alternative.</meta>
</metadata>
<manifest>
{manifest}
</manifest>
<spine>
{spine}
</spine>
</package>
"""

CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book/book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""


def pages(html=HTML):
    """Return the pages of the e-book in order: the name of each file with its title, its text, and its part."""
    found, where = contents.bound(html)
    names = {article.key: f"{article.key}.xhtml" for article in found}

    def address(name, anchor):
        place = where(name, anchor)
        return place and names[place[0]] + (f"#{place[1]}" if place[1] else "")

    written = {"title.xhtml": (contents.TITLE, title_page(html), "")}
    for article in found:
        answers.collect(article, lambda name, n: f'<a href="#answer-{n}">{name}</a>')
        relink(article, address)
        adapt(article.body)
        article.body.name = "main"
        article.body.attrs = {"id": f"{article.key}-page"}
        written[names[article.key]] = article.title, str(article.body), article.part
    return written


def title_page(html):
    """Return the first page: title, author, version, and what to know of this edition."""
    return (
        f'<section class="title-page"><h1>{contents.TITLE}</h1><p class="subtitle">{contents.SUBTITLE}</p>'
        f"<p>{contents.AUTHOR}</p><p>Version {contents.version()}</p></section>{contents.about(html)}"
    )


def adapt(body):
    """Leave what XHTML and e-readers know: MathML for a formula, namespaces, no widths for a screen."""
    for formula in of_class(body, "katex"):
        math, source = formula.find("math"), formula.find("annotation")
        if source is not None:
            math["alttext"] = source.get_text()
            source.decompose()
        math.semantics.unwrap()
        for tag in (
            math,
            *math.find_all("mtable"),
        ):  # what a validator refuses: a name beside `alttext`, an empty width
            tag.attrs = {name: value for name, value in tag.attrs.items() if value and name != "aria-label"}
        for bar in math.find_all(["mi", "mo"], string="∥"):  # the bars of a norm, not the sign for "parallel"
            bar.string = "‖"
            bar.name, bar.attrs = "mo", {"stretchy": "false", "lspace": "0", "rspace": "0"}
        formula.replace_with(math.extract())
    for display in of_class(body, "katex-display"):
        display.unwrap()
    for svg in body.find_all("svg"):
        svg["xmlns"] = "http://www.w3.org/2000/svg"
        svg["style"] = "max-width:100%"
    for tag in body.find_all(["div", "p", "span", "ul", "ol"], attrs={"hidden": True}):
        del tag["hidden"]
    for tag in body.find_all(True):
        for attribute in ("data-roll", "autocomplete", "tabindex"):
            tag.attrs.pop(attribute, None)


def navigation(written):
    """Return the page of contents, by parts."""
    parts, entries = {}, ""
    for name, (title, _, part) in written.items():
        parts.setdefault(part, []).append(f'<li><a href="{name}">{escape(title)}</a></li>')
    for part, items in parts.items():
        lines = "".join(items)
        entries += f"<li><span>{escape(part)}</span><ol>{lines}</ol></li>" if part else lines
    body = f'<nav epub:type="toc" id="toc"><h1>Contents</h1><ol>{entries}</ol></nav>'
    return PAGE.format(title="Contents", body=body)


def package(written, moment):
    """Return the list of all files, with what the book is called and who it is by."""
    manifest = ['<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>']
    manifest.append('<item id="css" href="book.css" media-type="text/css"/>')
    manifest.append(f'<item id="font" href="{FONT}" media-type="font/woff"/>')
    spine = []
    for number, (name, (_, body, _)) in enumerate(written.items()):
        has = [kind for kind, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in body]
        properties = f' properties="{" ".join(has)}"' if has else ""
        manifest.append(f'<item id="p{number}" href="{name}" media-type="application/xhtml+xml"{properties}/>')
        spine.append(f'<itemref idref="p{number}"/>')
    spine.insert(1, '<itemref idref="nav"/>')
    return PACKAGE.format(
        identifier=uuid.uuid5(uuid.NAMESPACE_URL, f"rnnlab-book-{contents.version()}"),
        title=contents.TITLE,
        author=contents.AUTHOR,
        modified=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        manifest="\n".join(manifest),
        spine="\n".join(spine),
    )


def style():
    """Return the styles of figures, code and text."""
    figures = (ROOT / "rnnlab" / "figures" / "figure.css").read_text(encoding="utf-8")
    light = [
        spelt_out(*rule) for rule in re.findall(r"([^{}]+)\{([^{}]*)\}", figures) if not rule[0].strip().startswith("@")
    ]
    code = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
    return "\n".join([*filter(None, light), code, (HERE / "epub.css").read_text(encoding="utf-8")])


def spelt_out(prelude, body):
    """Return a rule without `:is(...)`, which many e-readers do not know, "" if it is for the dark or for controls."""
    selectors = [re.sub(r"/\*.*?\*/", "", prelude, flags=re.DOTALL).strip()]
    while any(":is(" in selector for selector in selectors):
        found = [re.search(r":is\(([^()]*)\)", selector) for selector in selectors]
        selectors = [
            selector[: is_.start()] + choice.strip() + selector[is_.end() :] if is_ else selector
            for selector, is_ in zip(selectors, found, strict=True)
            for choice in (is_[1].split(",") if is_ else [""])
        ]
    if re.search(r"data-|\[hidden|button|input|:focus", "".join(selectors)):
        return ""
    return f"{', '.join(selectors)} {{{body}}}"


def write(written, out):
    """Write the e-book, with the same bytes for the same pages where SOURCE_DATE_EPOCH is set."""
    moment = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", datetime.now(UTC).timestamp())), UTC)
    files = {"META-INF/container.xml": CONTAINER, "book/book.opf": package(written, moment)}
    files |= {"book/nav.xhtml": navigation(written), "book/book.css": style()}
    files[f"book/{FONT}"] = (HERE / "fonts" / FONT).read_bytes()
    files |= {f"book/{name}": PAGE.format(title=escape(t), body=body) for name, (t, body, _) in written.items()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        date = moment.timetuple()[:6]
        archive.writestr(zipfile.ZipInfo("mimetype", date), "application/epub+zip")  # first, and not packed
        for name, text in files.items():
            info = zipfile.ZipInfo(name, date)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)


def main(argv=None):
    """Write the book."""
    parser = argparse.ArgumentParser(prog="make epub", description="Bind the built book to one EPUB.")
    parser.add_argument("--html", type=Path, default=HTML, help="the folder of the built site")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write")
    args = parser.parse_args(argv)
    write(pages(args.html), args.out)
    print(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
