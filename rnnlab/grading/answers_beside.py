"""Answers in words that were handed in beside the notebook: in a document, on a picture, in a notebook of their own."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from rnnlab.grading.intake import printable

_TEXTS = ("txt", "md", "markdown", "rst", "tex", "log")
_PAPERS = ("pdf", "doc", "docx", "odt", "rtf", "pages", "ppt", "pptx", "odp", "htm", "html")
_PICTURES = ("png", "jpg", "jpeg", "heic", "gif", "webp", "bmp", "tif", "tiff", "mp3", "m4a", "mp4", "mov")
_NO_ANSWERS = ("readme", "license", "licence", "requirements", "changelog", "authors", "matplotlibrc")
_MOST = 5  # files that are named
_SHOWN = 20_000  # characters


def found(beside: Mapping[str, bytes], notebooks: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return where an answer may stand besides the notebook, and what stands there.

    Parameters
    ----------
    beside : mapping
        Other files that were handed in, by name.
    notebooks : mapping
        The text of notebooks that answer nothing, by name.

    Examples
    --------
    >>> found({"answer.txt": b"Because.", "README.md": b"x"}, {})
    [('the file answer.txt', 'Because.')]
    """
    return [*_documents(beside), *((f"the notebook {printable(n)}", t[:_SHOWN]) for n, t in notebooks.items() if t)][
        :_MOST
    ]


def _documents(beside: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, data in beside.items():
        path = PurePosixPath(name.lower())
        ending = path.suffix.removeprefix(".")
        if not data.strip() or path.stem.startswith(_NO_ANSWERS):
            continue
        if ending in _TEXTS:
            yield f"the file {printable(name)}", data[: 4 * _SHOWN].decode("utf-8", "replace")[:_SHOWN]
        elif ending in (*_PAPERS, *_PICTURES):
            yield f"the file {printable(name)}", "Open it in the folder that was handed in."
