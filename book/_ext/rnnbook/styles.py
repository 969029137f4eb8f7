"""One stylesheet for the whole book, with the rules that its pages can need and no others.

The theme and its relatives bring seven stylesheets, written for every page that anybody might make. A rule stays here
if each class, id and tag that its selector asks for occurs in some written page, or is named by a script that could add
it. What stays keeps its order, so the cascade is the same.
"""

import hashlib
import posixpath
import re
from urllib.parse import urlsplit

import tinycss2

SHEET = "_static/site.css"

# What scripts put on a page without having the name in a string of their own: Bootstrap's menus and hints, KaTeX never.
DYNAMIC = [
    "show",
    "fade",
    "active",
    "disabled",
    "collapsed",
    "collapsing",
    "tooltip",
    "tooltip-inner",
    "tooltip-arrow",
    "bs-tooltip-auto",
    "bs-tooltip-top",
    "bs-tooltip-bottom",
    "bs-tooltip-start",
    "bs-tooltip-end",
    "dropdown-menu-end",
    "highlighted",
    "copybtn",
    "success",
    "highlight-link",
    "search-summary",
    "context",
    "dialog",
    "kbd",
]
QUIET_SCRIPTS = ("bootstrap.js", "searchindex.js", "language_data.js", "clipboard.min.js")
# Not asked for by selectors: states, which come and go with the reader, and what is inside `:not(...)` or `:is(...)`.
LINK = re.compile(r'[ \t]*<link\b(?=[^>]*rel="stylesheet")[^>]*href="([^"]+)"[^>]*>\n?')


def bundle(out, pages):
    """Write the book's one stylesheet and return the pages with a link to it in the place of all they had.

    Parameters
    ----------
    out : Path
        The folder of the built book.
    pages : dict
        Its pages, each path with its HTML.
    """
    bundled = (out / SHEET).resolve()
    hrefs = {
        (page.parent / urlsplit(href).path).resolve(): None
        for page, html in pages.items()
        for href in LINK.findall(html)
    }
    sheets = [sheet for sheet in hrefs if sheet != bundled]
    if not sheets:  # no page was written again
        return pages
    known = names_in(pages.values(), [s for s in out.rglob("*.js") if s.name not in QUIET_SCRIPTS])
    rules = [rule for sheet in sheets for rule in read(sheet, out)]
    text = serialize(drop_unused_variables(keep(rules, known), " ".join(pages.values())))
    (out / SHEET).write_text(text, encoding="utf-8")
    for sheet in sheets:
        sheet.unlink()
    (out / "_static" / "basic.css").unlink(missing_ok=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return {
        page: relink(html, posixpath.relpath(str(out / SHEET), str(page.parent)), digest)
        for page, html in pages.items()
    }


def relink(html, href, digest):
    """Return the page with one link to a stylesheet, where the first was."""
    first = LINK.search(html)
    if not first:
        return html
    link = f'  <link rel="stylesheet" href="{href}?v={digest}" />\n'
    return html[: first.start()] + link + LINK.sub("", html[first.start() :])


def names_in(pages, scripts):
    """Return every class, id and tag of the pages, and every word that stands in a string of a script."""
    names = set(DYNAMIC)
    for html in pages:
        names.update(tag.lower() for tag in re.findall(r"<([a-zA-Z][\w-]*)", html))
        for value in re.findall(r'\b(?:class|id)="([^"]*)"', html):
            names.update(value.split())
        for inline in re.findall(r"<script\b[^>]*>(.*?)</script>", html, re.DOTALL):
            names.update(words_of_strings(inline))
    for script in scripts:
        names.update(words_of_strings(script.read_text(encoding="utf-8")))
    return names


def words_of_strings(script):
    """Return the words in a script's strings."""
    strings = re.findall(r'"[^"\n]*"|\'[^\'\n]*\'|`[^`]*`', script)
    return {word for string in strings for word in re.findall(r"[a-zA-Z][\w-]*", string)}


def read(sheet, out):
    """Return the rules of a stylesheet, with those it imports, its addresses as seen from the bundle."""
    rules = []
    for rule in parse(sheet.read_text(encoding="utf-8")):
        if rule.type == "at-rule" and rule.lower_at_keyword == "import":
            href = next(token.value for token in rule.prelude if token.type in {"string", "url"})
            rules += read((sheet.parent / href).resolve(), out)
        elif not (rule.type == "at-rule" and rule.lower_at_keyword == "charset"):
            readdress(rule, sheet.parent, (out / SHEET).parent)
            rules.append(rule)
    return rules


def parse(text):
    """Return the rules of a text, without comments and space between them."""
    return tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)


def readdress(rule, here, there):
    """Make the relative addresses in a rule relative to another folder, in place."""
    for token in rule.content or []:
        if token.type == "url" and not re.match(r"[a-z]+:|/|#", token.value):
            token.value = posixpath.relpath(str(here / token.value), str(there))
            token.representation = f'url("{token.value}")'


def keep(rules, known):
    """Return the rules that a page with the known names can need."""
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [s for s in split(rule.prelude) if wanted(s, known)]
            declarations = [d for d in declarations_of(rule) if not icon_font(d)]
            if selectors and declarations:
                kept.append((selectors, declarations))
        elif rule.type == "at-rule" and rule.lower_at_keyword in {"media", "supports", "layer"} and rule.content:
            inner = keep(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), known)
            if inner:
                kept.append((f"@{rule.lower_at_keyword} {squeeze(rule.prelude)}", inner))
        elif rule.lower_at_keyword == "keyframes" and squeeze(rule.prelude).startswith("fa-"):
            continue
        elif "Font Awesome" not in tinycss2.serialize(rule.content or []):
            head = f"@{rule.lower_at_keyword} {squeeze(rule.prelude)}".strip()
            kept.append((head, squeeze(rule.content or [])))
    return kept


def split(prelude):
    """Return the selectors of a rule, each a list of tokens."""
    selectors = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def wanted(selector, known):
    """Say whether each class, id and tag that a selector asks for is known, and none belongs to the icon font."""
    before = None
    for token in selector:
        if token.type == "hash" and token.value not in known:
            return False
        if token.type == "ident" and before != ":" and token.value not in known:
            return False
        before = token.value if token.type == "literal" else None
        if token.type == "literal" and token.value == "::":
            before = ":"
    return True


def declarations_of(rule):
    """Return the declarations of a rule as pairs: the name, and the text of its value."""
    found = tinycss2.parse_declaration_list(rule.content, skip_comments=True, skip_whitespace=True)
    return [
        (d.name, squeeze(d.value) + ("!important" if d.important else "")) for d in found if d.type == "declaration"
    ]


def icon_font(declaration):
    """Say whether a declaration is one of the icon font, whose signs `icons.css` draws."""
    name, value = declaration
    private = r"[\ue000-\uf8ff]|\\[ef][0-9a-f]{3}\b"  # where such fonts keep their signs
    return name.startswith(("--fa-", "--pst-icon-")) or bool(
        re.search(f"--fa-|--pst-icon-|Font Awesome|{private}", value)
    )


def squeeze(tokens):
    """Return tokens as text with no more space than it needs."""
    return re.sub(r"\s+", " ", tinycss2.serialize([t for t in tokens if t.type != "comment"])).strip()


def serialize(rules):
    """Return rules as the text of a stylesheet."""
    text = []
    for head, body in rules:
        if isinstance(head, list):
            head = ",".join(squeeze(selector) for selector in head)
            text.append(f"{head}{{{';'.join(f'{name}:{value}' for name, value in body)}}}")
        else:
            text.append(f"{head}{{{body if isinstance(body, str) else serialize(body)}}}" if body else f"{head};")
    return "\n".join(text) + "\n"


def drop_unused_variables(rules, html):
    """Return rules without the variables that neither they nor a page ask for, however those hang together."""
    while True:
        asked = set(re.findall(r"var\(\s*(--[\w-]+)", serialize(rules) + html))
        fewer = without(rules, asked)
        if fewer == rules:
            return rules
        rules = fewer


def without(rules, asked):
    """Return rules without the variables that are not asked for, and without the rules that this leaves empty."""
    kept = []
    for head, body in rules:
        if isinstance(head, list):
            body = [(name, value) for name, value in body if not name.startswith("--") or name in asked]
        elif not isinstance(body, str):
            body = without(body, asked)
        if body or isinstance(body, str):
            kept.append((head, body))
    return kept
