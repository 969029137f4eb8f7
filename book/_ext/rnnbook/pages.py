"""The last hand on the written pages: what the theme puts there with no option to decline is changed or taken out."""

import re
from html import escape, unescape
from pathlib import Path

from rnnbook import styles, terms

UNUSED = [
    "_static/**/*.map",
    "_static/**/fontawesome.js",
    "_static/vendor/fontawesome/**/*.*",
    "_static/locales/**/*.*",
    "_static/images/logo_*",
    "_static/*webpack-macros.html",
]

# Made before anything is drawn: a page in dark mode would flash otherwise, and have no colours without scripts.
MODE = """<script>
    (() => {
      const page = document.documentElement.dataset;
      page.mode = localStorage.getItem("mode") || "auto";
      const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      page.theme = page.mode === "auto" ? dark : page.mode;
    })();
  </script>"""

TIDY = [
    # The second copy of Font Awesome; the first goes with the stylesheets.
    (r"\s*<(?:script|link)\b[^>]*fontawesome\.js[^>]*>(?:</script>)?", ""),
    # Colours from the first moment on, and without scripts.
    (r'data-theme="auto"', 'data-theme="light" data-mode="auto"'),
    (r'<script data-cfasync="false">.*?</script>', lambda _: MODE),
    # Without scripts: no buttons that do nothing, and a head that scrolls away instead of lying on the text.
    (
        r"\.pst-js-only \{ display: none !important; \}",
        r"\g<0> .sidebar-toggle { display: none !important; } .bd-header-article { position: static !important; }",
    ),
    # Three copies of one line, and a comment for people who write themes.
    (r'<meta name="viewport" content="width=device-width, initial-scale=1"\s*/>', ""),
    (r"\s*<!--.*?-->", ""),
    (r'<div id="ethical-ad-placement".*?</div>', ""),
    # Names for screen readers: one for the navigation and its arrows, none that hides what a button says.
    (r'class="sidebar-primary-items__start sidebar-primary__section"', r'\g<0> role="navigation" aria-label="Book"'),
    (r'<summary>(?=<span class="toctree-toggle")', '<summary aria-label="Pages below this one">'),
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    (r'(<button class="btn search-button-field[^>]*?) aria-label="Search"', r"\1"),
    # The empty corner of a table heads nothing.
    (r'<th class="head">\s*(?:<p>\s*</p>)?\s*</th>', "<td></td>"),
    # Roles that ARIA does not allow where docutils puts them.
    (r'(<div class="citation"[^>]*) role="doc-biblioentry"', r"\1"),
    (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
]

# It has no first paragraph to take one from.
SEARCH = '<meta content="Search the book on recurrent neural networks: its chapters first." name="description" />'

# Only the search page searches. The search box of any other is a form that leads there, so the index, the largest
# script of all, is not for it.
ORDINARY = [
    (r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>', ""),
    (r'<script src="(?=[^"]*\.js)', '<script defer src="'),
    (r'<script defer (src="[^"]*documentation_options)', r"<script \1"),
]


def finish(app, exception):
    """Tidy every written page, put one stylesheet in the place of all, and delete what nothing asks for."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for unused in (file for pattern in UNUSED for file in out.glob(pattern)):
        unused.unlink()
    paths = [page for page in out.rglob("*.html") if "_static" not in page.relative_to(out).parts]
    written = {page: tidy(page.read_text(encoding="utf-8"), page.name == "search.html") for page in paths}
    glossary = out / "book" / "glossary.html"
    if glossary in written:
        found = terms.definitions(written[glossary])
        written = {page: terms.embed(html, found) for page, html in written.items()}
    written = styles.bundle(out, written)
    for page, html in written.items():
        page.write_text(html, encoding="utf-8")


def tidy(html, searches=False):
    """Return the page with every replacement made.

    Parameters
    ----------
    html : str
        The page as the theme wrote it.
    searches : bool
        Whether it is the search page.
    """
    for pattern, replacement in TIDY if searches else TIDY + ORDINARY:
        html = re.sub(pattern, replacement, html, flags=re.DOTALL)
    html = re.sub(r'<th class="head">.*?</th>', lambda head: name_formula(head[0]), html, flags=re.DOTALL)
    if searches:
        return scripts_last(html.replace("<title>", f"{SEARCH}\n    <title>", 1))
    return describe(html)


def name_formula(head):
    """Return a table's heading in which a formula that stands by itself has its text as its name.

    A heading is read out with every cell below it, and a formula without a name counts as no heading at all.
    """
    formula = re.compile(r'<span class="katex"><span class="katex-mathml">(<math\b.*?)</math>.*</span>', re.DOTALL)
    found = formula.search(head)
    if not found or "aria-label" in head or plain_text(formula.sub("", head)):
        return head
    said = plain_text(re.sub(r"<annotation\b.*?</annotation>", "", found[1], flags=re.DOTALL))
    return head.replace("<math ", f'<math aria-label="{escape(said)}" ', 1)


def plain_text(html):
    """Return the text of a piece of a page, on one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", html))).strip()


def scripts_last(html):
    """Return the search page with its scripts behind what they work on.

    They have to run one by one, in order, before the page counts as read, so they cannot be deferred. At the end they
    do so without keeping the page from being drawn.
    """
    plain = re.compile(r'\s*<script src="(?![^"]*documentation_options)[^"]*"></script>')
    head, body = html.split("</head>", 1)
    moved = "".join(plain.findall(head))
    return f"{plain.sub('', head)}</head>{body.replace('</body>', moved + chr(10) + '  </body>', 1)}"


def describe(html):
    """Return the page with a description made of its first paragraph, if it has none and begins with one."""
    if re.search(r'<meta [^>]*name="description"', html):
        return html
    title = r"<article\b.*?<h1>(.*?)<a class=\"headerlink\".*?</h1>\s*"
    link = r"(?:<p class=\"notebook-link\">.*?</p>\s*)?"
    found = re.search(rf"{title}{link}<p>(.*?)</p>", html, re.DOTALL)
    if not found:
        return html
    title, text = (plain_text(part) for part in found.groups())
    meta = f'<meta content="{escape(shorten(f"{title}. {text}"))}" name="description" />'
    return html.replace("<title>", f"{meta}\n    <title>", 1)


def shorten(text, limit=160):
    """Return the whole sentences of a text that fit in a limit, or as many words as do."""
    if len(text) <= limit:
        return text
    sentence = re.match(rf".{{60,{limit - 1}}}[.?!](?=\s)", text)
    return sentence.group() if sentence else text[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def setup(app):
    """Register this part with Sphinx."""
    app.connect("build-finished", finish, priority=900)  # after the theme, which writes a stylesheet then
