"""Files that are damaged, odd or of another kind altogether, one kind after the other: marks where it is certain what
was meant, and a reason where it is not."""

import gzip
import io
import json
import os
import socket
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from rnnlab.grading.proof.material import ASSIGNMENT, BODY, FULL, GOOD, NOTHING, RIGHT, STEP, Cases, folder, text

CASES: Cases = {}
FILE = f"{ASSIGNMENT}.ipynb"
Change = Callable[[dict], object]


def _changed(change: Change) -> bytes:
    tree = json.loads(GOOD)
    change(tree)
    return json.dumps(tree).encode()


def _cells(change: Callable[[dict], object]) -> Change:
    return lambda tree: [change(cell) for cell in tree["cells"]]


def _code(change: Callable[[dict], object]) -> Change:
    return lambda tree: [change(cell) for cell in tree["cells"] if cell["cell_type"] == "code"]


def _add(*cells: object) -> Change:
    return lambda tree: tree["cells"].extend(cells)


# --- text that still is a notebook ----------------------------------------------------------------------------------

TEXTS = {
    "two-boms": b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD.encode(),
    "bom-crlf": b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(),
    "utf-16-crlf": json.dumps(json.loads(GOOD), indent=1).replace("\n", "\r\n").encode("utf-16"),
    "utf-32": GOOD.encode("utf-32"),
    "cp1252": text(RIGHT, first="# \u201cyes").replace("\\u201c", "\u201c").encode("cp1252"),
    "tabs": json.dumps(json.loads(GOOD), indent="\t").encode(),
    "cr-only": json.dumps(json.loads(GOOD), indent=1).replace("\n", "\r").encode(),
    "nul-before": bytes(7) + GOOD.encode(),
    "nan-in-metadata": b'{"x": NaN, ' + GOOD.encode()[1:],
    "a-number-too-large": b'{"x": 1e999, ' + GOOD.encode()[1:],
    "a-long-integer": b'{"x": ' + b"9" * 5000 + b", " + GOOD.encode()[1:],
    "a-key-twice": b'{"a": 1, "a": 2, ' + GOOD.encode()[1:],
    "lone-surrogate": text(RIGHT, last="# \ud800").encode("utf-8", "surrogatepass"),
    "nul-in-a-cell": text(RIGHT, last="x = '\x00'").encode(),
    "control-characters": text(RIGHT, last="# \x07\x1b[31m\x08").encode(),
}  # fmt: skip
CASES |= {f"text-{name}": (folder(data), FULL) for name, data in TEXTS.items()}

# --- a tree that is not quite one -----------------------------------------------------------------------------------

TREES: dict[str, Change] = {
    "nbformat-5": lambda tree: tree.update(nbformat=5, nbformat_minor=0),
    "nbformat-4-99": lambda tree: tree.update(nbformat_minor=99),
    "nbformat-text": lambda tree: tree.update(nbformat="4"),
    "nbformat-missing": lambda tree: (tree.pop("nbformat"), tree.pop("nbformat_minor")),
    "nbformat-null": lambda tree: tree.update(nbformat=None, nbformat_minor=None),
    "metadata-missing": lambda tree: tree.pop("metadata"),
    "metadata-list": lambda tree: tree.update(metadata=[1, 2]),
    "metadata-text": lambda tree: tree.update(metadata="none"),
    "kernelspec-null": lambda tree: tree["metadata"].update(kernelspec=None),
    "kernel-of-r": lambda tree: tree["metadata"].update(kernelspec={"name": "ir", "display_name": "R"}),
    "language-of-julia": lambda tree: tree["metadata"].update(language_info={"name": "julia"}),
    "keys-beside": lambda tree: tree.update(extra={"a": [1]}, worksheets=[]),
    "cell-metadata-gone": _cells(lambda cell: cell.pop("metadata")),
    "ids-alike": _cells(lambda cell: cell.update(id="same")),
    "ids-with-blanks": _cells(lambda cell: cell.update(id="not an id!")),
    "ids-numbers": _cells(lambda cell: cell.update(id=17)),
    "ids-very-long": _cells(lambda cell: cell.update(id="x" * 5000)),
    "outputs-missing": _code(lambda cell: cell.pop("outputs", None)),
    "outputs-a-dict": _code(lambda cell: cell.update(outputs={"a": 1})),
    "outputs-null": _code(lambda cell: cell.update(outputs=None)),
    "outputs-of-no-kind": _code(lambda cell: cell.update(outputs=[{"output_type": "hologram"}, 3, None])),
    "count-a-text": _code(lambda cell: cell.update(execution_count="many")),
    "source-in-lines": _cells(lambda cell: cell.update(source="".join(cell["source"]).splitlines(keepends=True))),
    "all-markdown": _cells(lambda cell: cell.update(cell_type="markdown")),  # the code is still there
    "all-raw": _cells(lambda cell: cell.update(cell_type="raw")),
    "source-in-lines-without-ends": _cells(lambda cell: cell.update(source="".join(cell["source"]).split("\n"))),
    "cells-twice-the-second-empty": lambda tree: tree.update(worksheets=[{"cells": []}]),
    "a-null-cell": _add(None),
    "a-number-cell": _add(3),
    "a-list-cell": _add([1, 2]),
    "a-cell-of-no-kind": _add({"source": "1 + 1", "metadata": {}}),
    "a-cell-of-an-odd-kind": _add({"cell_type": "sql", "source": "SELECT 1", "metadata": {}}),
    "a-source-of-numbers": _add({"cell_type": "code", "source": [1, 2], "metadata": {}, "outputs": []}),
    "a-source-null": _add({"cell_type": "code", "source": None, "metadata": {}, "outputs": []}),
    "a-source-missing": _add({"cell_type": "code", "metadata": {}, "outputs": []}),
    "a-source-dict": _add({"cell_type": "code", "source": {"a": "b"}, "metadata": {}, "outputs": []}),
    "attachments-a-list": _add({"cell_type": "markdown", "source": "x", "metadata": {}, "attachments": [1]}),
    "a-conflict-in-a-cell": _add({"cell_type": "code", "metadata": {}, "outputs": [], "source": (
        "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other")}),
    "five-hundred-cells": _add(*({"cell_type": "code", "source": "1", "metadata": {}, "outputs": []},) * 500),
    "deep-outputs": _code(lambda cell: cell.update(outputs=json.loads("[" * 300 + "]" * 300))),
}  # fmt: skip
CASES |= {f"tree-{name}": (folder(_changed(change)), FULL) for name, change in TREES.items()}


def _one_cell(tree: dict) -> None:
    """Leave one code cell that holds the whole work, and no marks."""
    whole = "\n\n".join(["import numpy as np", *RIGHT.values()])
    tree["cells"] = [{"cell_type": "code", "source": whole, "metadata": {}, "outputs": [], "execution_count": None}]


CASES["tree-eight-million-line-ends"] = (  # each is a line of its own in the file, which has 46 MB then
    folder(_changed(_add({"cell_type": "code", "source": ["\n"] * 8_000_000, "metadata": {}, "outputs": []}))),
    NOTHING,
)
CASES["tree-one-cell"] = folder(_changed(_one_cell)), FULL
CASES["tree-no-checks"] = (
    folder(_changed(lambda tree: tree.update(
        cells=[c for c in tree["cells"] if not c["metadata"].get("nbgrader", {}).get("grade")]))), FULL)  # fmt: skip
NO_WORK: dict[str, Change] = {
    "cells-null": lambda tree: tree.update(cells=None),
    "cells-text": lambda tree: tree.update(cells="def rnn_step"),
    "cells-nested": lambda tree: tree.update(cells=[tree["cells"]]),
    "sources-numbers": _cells(lambda cell: cell.update(source=17)),
    "sources-dicts": _cells(lambda cell: cell.update(source={"text": "x = 1"})),
    "sources-under-another-key": _cells(lambda cell: cell.update(code=cell.pop("source"))),
    "cells-empty": lambda tree: tree.update(cells=[]),
    "cells-numbers": lambda tree: tree.update(cells=[1, 2, 3]),
    "source-emptied": _cells(lambda cell: cell.update(source="")),
}
CASES |= {f"tree-{name}": (folder(_changed(change)), NOTHING) for name, change in NO_WORK.items()}

# --- not a notebook -------------------------------------------------------------------------------------------------

_SCRIPT = f"import numpy as np\n\n{STEP}{BODY}".encode()


def _packed(write: Callable[[zipfile.ZipFile], object]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        write(archive)
    return packed.getvalue()


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo(FILE)
        info.size = len(GOOD.encode())
        archive.addfile(info, io.BytesIO(GOOD.encode()))
    return packed.getvalue()


_ZIP = _packed(lambda archive: archive.writestr(FILE, GOOD))
STRANGERS = {
    "script": _SCRIPT,
    "markdown": b"# Assignment 2\n\n```python\nx = 1\n```\n",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "word": _packed(lambda archive: archive.writestr("word/document.xml", "<w:document/>")),
    "rar": b"Rar!\x1a\x07\x01\x00" + bytes(100),
    "seven-zip": b"7z\xbc\xaf\x27\x1c" + bytes(100),
    "sqlite": b"SQLite format 3\x00" + bytes(500),
    "cloud-link": b'{"url": "https://drive.google.com/open?id=1", "doc_id": "1"}',
    "json-lines": b'{"cells": 1}\n{"cells": 2}\n',
    "yaml": b"cells:\n- cell_type: code\n",
    "a-long-line": b"x" * 3_000_000,
    "html-export": b"<html><body><div class='jp-Notebook'>In [1]:</div></body></html>",
    "half-utf-16": GOOD.encode("utf-16")[1:-1],
}
CASES |= {f"no-notebook-{name}": (folder(data), NOTHING) for name, data in STRANGERS.items()}
CASES["no-notebook-beside-one"] = folder(STRANGERS["pdf"], **{"mine.ipynb": GOOD.encode()}), FULL

# --- archives and the file system -----------------------------------------------------------------------------------


def _encrypted() -> bytes:
    data = bytearray(_ZIP)
    data[6] |= 1  # the flag in the file's own header, and in the directory's
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


ARCHIVES: dict[str, tuple[dict, list]] = {
    "zip-in-zip": ({"work.zip": _packed(lambda archive: archive.writestr("inner.zip", _ZIP))}, NOTHING),
    "zip-encrypted": ({"work.zip": _encrypted()}, NOTHING),
    "zip-truncated": ({"work.zip": _ZIP[:-30]}, NOTHING),
    "zip-with-more-behind": ({"work.zip": _ZIP + b"\n" * 20}, FULL),
    "zip-backslashes": ({"work.zip": _packed(lambda archive: archive.writestr(f"work\\{FILE}", GOOD))}, FULL),
    "zip-under-a-notebook's-name": ({FILE: _ZIP}, NOTHING),
    "zip-empty": ({"work.zip": _packed(lambda archive: None)}, NOTHING),
    "zip-capitals": ({"WORK.ZIP": _ZIP}, FULL),
    "gzip": ({f"{FILE}.gz": gzip.compress(GOOD.encode())}, NOTHING),
    "tar": ({"work.tar.gz": _tar()}, NOTHING),
    "text-ending": ({f"{FILE}.txt": GOOD.encode()}, FULL),
    "json-ending": ({f"{ASSIGNMENT}.json": GOOD.encode()}, FULL),
    "hidden": ({f".{FILE}": GOOD.encode()}, FULL),
    "checkpoint-alone": ({f".ipynb_checkpoints/{ASSIGNMENT}-checkpoint.ipynb": GOOD.encode()}, NOTHING),
    "resource-fork": ({f"._{FILE}": b"\0\5\x16\7", FILE: GOOD.encode()}, FULL),
    "thirty-folders-down": ({f"{'a/' * 30}{FILE}": GOOD.encode()}, NOTHING),
    "a-long-name": ({f"{'x' * 240}.ipynb": GOOD.encode()}, FULL),
    "a-name-with-a-line-end": ({f"02\n{FILE}": GOOD.encode()}, FULL),
    "a-folder-of-that-name": ({f"{FILE}/inside.txt": b"x"}, NOTHING),
}
LINKS: dict[str, Callable[[Path], None]] = {
    "a-link-to-itself": lambda path: os.symlink(path.name, path),
    "a-link-to-nothing": lambda path: os.symlink("gone.ipynb", path),
    "a-link-out": lambda path: os.symlink("/etc/passwd", path),
    "a-link-to-a-neighbour": lambda path: os.symlink(f"../../~last/{ASSIGNMENT}/{FILE}", path),
    "a-pipe": os.mkfifo,
    "a-socket": lambda path: _bind(path),
    "a-sparse-file": lambda path: _sparse(path),
    "a-device": lambda path: os.symlink("/dev/zero", path),
}


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**31)


def _bind(path: Path) -> None:
    """Leave a socket in the file system; its name may be too long from afar."""
    here = os.getcwd()
    try:
        os.chdir(path.parent)
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


CASES |= {f"place-{name}": case for name, case in ARCHIVES.items()}
CASES |= {f"place-{name}": ({FILE: make}, NOTHING) for name, make in LINKS.items()}
