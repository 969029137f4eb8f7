"""Files as they come: cut off, damaged, packed, misnamed. Each gets its marks or a reason."""

import io
import json
import zipfile
from pathlib import Path

import nbformat

from rnnlab.grading.proof.material import ASSIGNMENT, FULL, GOOD, NOTHING, RIGHT, Cases, folder, text

CASES: Cases = {}

# --- files ----------------------------------------------------------------------------------------------------------

READABLE = {
    "bom": b"\xef\xbb\xbf" + GOOD.encode(),
    "utf-16": GOOD.encode("utf-16"),
    "utf-16-be": b"\xfe\xff" + GOOD.encode("utf-16-be"),
    "utf-16-no-bom": GOOD.encode("utf-16-le"),
    "latin-1": text(RIGHT, first="# caf\u00e9").replace("\\u00e9", "\u00e9").encode("latin-1"),
    "crlf-file": json.dumps(json.loads(GOOD), indent=1).replace("\n", "\r\n").encode(),
    "nul-at-end": GOOD.encode() + bytes(100),
    "blank-lines": b"\n\n" + GOOD.encode() + b"\n\n",
    "nbformat-3": nbformat.writes(nbformat.v3.downgrade(nbformat.reads(GOOD, as_version=4)), version=3).encode(),
}
for name, data in READABLE.items():
    CASES[f"file-{name}"] = folder(data), FULL
UNREADABLE = {
    "empty": b"",
    "blanks": b" \n\n",
    "only-nul": bytes(5000),
    "html": b"<!DOCTYPE html><html><body>Log in</body></html>",
    "list": b"[]",
    "null": b"null",
    "number": b"17",
    "text": b'"notebook"',
    "empty-dict": b"{}",
    "cells-a-dict": b'{"cells": {}}',
    "conflict": GOOD.replace('"cells"', '\n<<<<<<< HEAD\n"cells"\n=======\n>>>>>>> other\n').encode(),
    "cut-off": GOOD[:-50].encode(),
    "cut-early": GOOD[:100].encode(),
    "deep": b"[" * 200_000,
    "deep-cells": b'{"cells": ' + b"[" * 100_000,
    "binary": bytes(range(256)) * 40,
    "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94",
    "many-cells": json.dumps({"cells": [{"cell_type": "code", "source": "1"}] * 5000}).encode(),
    "huge": b'{"cells": [], "x": "' + b"x" * (50 * 2**20) + b'"}',
}
for name, data in UNREADABLE.items():
    CASES[f"file-{name}"] = folder(data), NOTHING
CASES["name-copy"] = folder(GOOD, "hw (1).ipynb"), FULL
CASES["name-case"] = folder(GOOD, "02_Unfolding.IPYNB"), FULL
CASES["name-deeper"] = folder(GOOD, "my work/final/02_unfolding.ipynb"), FULL
CASES["name-two"] = folder(GOOD, "a.ipynb", **{"b.ipynb": text({}).encode()}), FULL
CASES["name-broken-and-copy"] = folder(b"", **{"02_unfolding (1).ipynb": GOOD.encode()}), FULL
CASES["name-other-work"] = folder(b'{"cells": []}', "other.ipynb"), NOTHING
CASES["no-files"] = {}, NOTHING
CASES["shadows-numpy"] = folder(GOOD, **{"numpy.py": b"tanh = None", "rnnlab.py": b"raise SystemExit"}), FULL
CASES["own-timestamp"] = folder(GOOD, **{"timestamp.txt": b"1999-01-01 00:00:00 UTC"}), FULL
CASES["odd-timestamp"] = folder(GOOD, **{"timestamp.txt": b"\xff\xfe yesterday"}), FULL
CASES["many-files"] = folder(GOOD, **{f"data/{i}.txt": b"" for i in range(10_000)}), FULL


def _zip(*members: tuple[str, bytes], link: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
    return packed.getvalue()


def _bomb(path: Path) -> None:
    """Write an archive of little size that holds 400 MB: only where it is handed in, as packing them takes a second."""
    path.write_bytes(_zip((f"{ASSIGNMENT}.ipynb", bytes(400 * 2**20))))


CASES["zip"] = {"work.zip": _zip((f"work/{ASSIGNMENT}.ipynb", GOOD.encode()))}, FULL
CASES["zip-escapes"] = {"work.zip": _zip((f"../../{ASSIGNMENT}.ipynb", GOOD.encode()))}, NOTHING
CASES["zip-absolute"] = {"work.zip": _zip((f"/tmp/{ASSIGNMENT}.ipynb", GOOD.encode()))}, NOTHING
CASES["zip-link"] = {"work.zip": _zip(link=f"{ASSIGNMENT}.ipynb")}, NOTHING
CASES["zip-bomb"] = {"work.zip": _bomb}, NOTHING
CASES["zip-broken"] = {"work.zip": b"PK\x03\x04 and nothing"}, NOTHING
CASES["zip-of-many"] = {"work.zip": _zip(*((f"{i}.txt", b"") for i in range(10_000)))}, NOTHING
