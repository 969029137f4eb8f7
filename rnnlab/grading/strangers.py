"""What a file is that is no notebook, as far as its name and its first bytes tell, and what to hand in instead."""

from pathlib import PurePosixPath

_BLANKS = b" \t\r\n\0"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_STARTS = {
    b"%PDF": "a PDF",
    b"{\\rtf": "a document in rich text (RTF)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a file packed by gzip",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"version https://git-lfs": "a pointer of Git LFS, in place of the file itself (git lfs pull fetches it)",
    b"bplist": "a placeholder or a settings file of macOS, in place of the file itself",
    b"book\0\0\0\0mark": "an alias of macOS, in place of the file itself",
    b"L\0\0\0\x01\x14\x02\0": "a shortcut of Windows, in place of the file itself",
    b"diff --git": "a list of changes made by git",
    b"SQLite format 3": "a database",
    b"\xd0\xcf\x11\xe0": "an Office document",
    b"404:": "an error message of a website",
    b"#!/usr/bin/env python": "a Python script",
}
_INSIDE = {b"word/": "a Word document", b"xl/": "an Excel table", b"ppt/": "a PowerPoint presentation"}
_ENDINGS = {
    "a PDF": "pdf",
    "an Office document": "doc docx odt pages xls xlsx ods ppt pptx",
    "a document in rich text (RTF)": "rtf",
    "a picture": "png jpg jpeg gif webp heic bmp tif tiff svg",
    "a web page": "html htm mhtml webarchive",
    "a Python script": "py",
    "a text": "md rmd qmd rst tex log",
    "a placeholder of iCloud, in place of the file itself (open it once, so that it is downloaded)": "icloud",
    "a link, in place of the file itself": "url webloc lnk desktop gdoc gsheet gslides",
    "an unfinished download": "crdownload part partial download",
    "a mail": "eml msg",
    "an archive that is not ZIP": "gz tgz tar bz2 xz 7z rar",
}
_BY_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}


def is_notebook(name: str, data: bytes) -> bool:
    """Say whether a file whose name does not end as a notebook's does is one all the same.

    Browsers and mail programs add ``.txt`` or ``.json``; Windows hides the ending that it takes away.

    Examples
    --------
    >>> is_notebook("work.ipynb.txt", b'{"cells": [], "nbformat": 4}')
    True
    >>> is_notebook("table.json", b'{"cells": [1, 2]}')
    False
    """
    for mark in _MARKS:
        data = data.removeprefix(mark)
    packed = data.replace(b"\0", b"") if ".ipynb" in name.lower() or b"\0" in data[:4] else data
    return packed.lstrip(_BLANKS).startswith(b"{") and b'"nbformat"' in packed and b'"cells"' in packed


def is_archive(name: str, start: bytes) -> bool:
    """Say whether a file is a ZIP archive to be opened: by its name, or by its first bytes where it has another.

    Examples
    --------
    >>> is_archive("work.zip", b""), is_archive("work", b"PK\3\4"), is_archive("essay.docx", b"PK\3\4")
    (True, True, False)
    """
    low = name.lower()
    unclear = ".zip" in low or not PurePosixPath(low).suffix  # as work.zip.txt, which a browser has made of work.zip
    return low.endswith(".zip") or (unclear and start == b"PK\3\4")


def kind(data: bytes) -> str:
    """Return what a file's bytes show it to be, with its article; empty where they show nothing.

    Examples
    --------
    >>> kind(b"%PDF-1.7")
    'a PDF'
    """
    for start, found in _STARTS.items():
        if data.startswith(start):
            return found
    if data.startswith(b"PK\3\4"):
        inside = next((found for part, found in _INSIDE.items() if part in data[:100_000]), "")
        return inside or "a ZIP archive (if it holds the notebook, give it a name that ends in .zip)"
    return ""


def by_name(name: str) -> str:
    """Return what a file's name says that it is, with its article; empty where it says nothing.

    Examples
    --------
    >>> by_name("02_unfolding.pdf")
    'a PDF'
    """
    return _BY_ENDING.get(PurePosixPath(name.lower()).suffix.removeprefix("."), "")
