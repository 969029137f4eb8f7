"""The built book in a browser."""

import pytest
from built import DISK
from rnnbook import weigh


@pytest.fixture
def visit(chromium):
    """Open a page at a width and in a mode; fail at the end if a request left it or its console held an error."""
    contexts, asked, strays, errors = [], [], [], []

    def go(page, width=1280, scheme="light", script=True, motion="reduce", base=DISK):
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
            reduced_motion=motion,
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda r: asked.append(r.url))
        tab.on("request", lambda r: None if r.url.startswith((base, "data:", "blob:")) else strays.append(r.url))
        tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda e: errors.append(str(e)))
        tab.goto(f"{base}/{page}")
        return tab

    go.asked = asked
    yield go
    for context in contexts:
        context.close()
    assert strays == []
    assert errors == []


@pytest.fixture(scope="session")
def served():
    """Serve the book on this machine, until no page asks any more.

    Only from a server does the search page quote where it found a word.
    """
    with weigh.served() as base:
        yield base
