"""A chapter's own code and labels, for tests that hold the page to what it shows."""

import functools
import re
import types
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
_CELL = re.compile(r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n(?P<body>.*?)^(?P=fence)\s*$", re.M | re.S)
_OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:[^\n]*\n)+)", re.M | re.S)


def text(chapter: str) -> str:
    """Return the Markdown of ``book/<chapter>.md``."""
    return (BOOK / f"{chapter}.md").read_text(encoding="utf-8")


def cells(chapter: str) -> list[str]:
    """Return the source of each code cell, without its options."""
    return [_OPTIONS.sub("", found["body"]) for found in _CELL.finditer(text(chapter))]


@functools.cache
def run(chapter: str, upto: str | None = None) -> types.SimpleNamespace:
    """Return the names that a chapter's cells define, run in order as a reader would.

    Parameters
    ----------
    chapter : str
        "04_backpropagation".
    upto : str, optional
        Stop after the first cell that contains this text.
    """
    names: dict = {"display": lambda *_: None}
    for number, source in enumerate(cells(chapter), start=1):
        exec(compile(source, f"{chapter} cell {number}", "exec"), names)
        if upto is not None and upto in source:
            break
    else:
        assert upto is None, f"no cell of {chapter} contains {upto!r}"
    return types.SimpleNamespace(**names)


def gradient_labels(chapter: str) -> set[str]:
    """Return the labels of all displayed gradients: equations labelled ``(grad-...)``."""
    return set(re.findall(r"^\$\$\s*\((grad-[\w-]+)\)\s*$", text(chapter), re.M))
