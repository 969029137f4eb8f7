"""The built book in a browser."""

from contextlib import ExitStack

import pytest
from built import DISK
from rnnbook import weigh


@pytest.fixture
def visit(tabs):
    """Open a page at a width and in a mode; fail at the end if a request left it or its console held an error."""
    strays, errors = [], []
    with ExitStack() as opened:

        def go(page, base=DISK, **options):
            tab, go.heard = opened.enter_context(tabs.open(f"{base}/{page}", **options))
            opened.callback(lambda heard=go.heard: (strays.extend(heard.strays(base)), errors.extend(heard.errors)))
            return tab

        yield go
    assert strays == []
    assert errors == []


@pytest.fixture(scope="session")
def served():
    """Serve the book on this machine, until no page asks any more.

    Only from a server does the search page quote where it found a word.
    """
    with weigh.served() as base:
        yield base
