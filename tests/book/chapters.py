"""A chapter's own code and labels, for tests that hold the page to what it shows."""

import contextlib
import functools
import io
import re
import sys
import tempfile
import types
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
_CELL = re.compile(r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n(?P<body>.*?)^(?P=fence)\s*$", re.M | re.S)
_FOLDERS: list[tempfile.TemporaryDirectory] = []  # that pages have made: to forget one before the end is a warning
_OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:[^\n]*\n)+)", re.M | re.S)


def text(chapter: str) -> str:
    """Return the Markdown of ``book/<chapter>.md``."""
    return (BOOK / f"{chapter}.md").read_text(encoding="utf-8")


def cells(chapter: str) -> list[str]:
    """Return the source of each code cell, without its options."""
    return [_OPTIONS.sub("", found["body"]) for found in _CELL.finditer(text(chapter))]


@functools.lru_cache(maxsize=2)  # the tests of a chapter stand in one file; what its cells define takes much space
def _ran(chapter: str, upto: str | None) -> tuple[types.SimpleNamespace, list[str]]:
    """Run a chapter's cells in order as a reader would, and return what they define and what each of them prints."""
    names: dict = {"display": lambda *_: None}
    printed = []
    for number, source in enumerate(cells(chapter), start=1):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(source, f"{chapter} cell {number}", "exec"), names)
        printed.append(out.getvalue())
        if upto is not None and upto in source:
            break
    else:
        assert upto is None, f"no cell of {chapter} contains {upto!r}"
    _FOLDERS.extend(value for value in names.values() if isinstance(value, tempfile.TemporaryDirectory))
    return types.SimpleNamespace(**names), printed


def run(chapter: str, upto: str | None = None) -> types.SimpleNamespace:
    """Return the names that a chapter's cells define, run in order as a reader would; print what they print.

    Parameters
    ----------
    chapter : str
        "04_backpropagation".
    upto : str, optional
        Stop after the first cell that contains this text.
    """
    names, printed = _ran(chapter, upto)
    sys.stdout.write("".join(printed))
    return names


def printed(chapter: str, text: str) -> str:
    """Return what the one cell that contains `text` prints when the chapter is run."""
    (number,) = [number for number, source in enumerate(cells(chapter)) if text in source]
    return _ran(chapter, None)[1][number]


def gradient_labels(chapter: str) -> set[str]:
    """Return the labels of all displayed gradients: equations labelled ``(grad-...)``."""
    return set(re.findall(r"^\$\$\s*\((grad-[\w-]+)\)\s*$", text(chapter), re.M))
