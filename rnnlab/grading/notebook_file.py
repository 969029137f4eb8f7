"""From the bytes of something that should be a notebook to its cells, or a plain reason why not."""

import codecs
import json
import re
from typing import Any, NamedTuple

from rnnlab.grading.errors import Refused


class Cell(NamedTuple):
    """A cell as handed in: nothing but its kind, its text and the name that it claims."""

    kind: str
    source: str
    grade_id: str


_CONFLICT = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
_SURROGATE = re.compile("[\ud800-\udfff]")


def cells(data: bytes, max_cells: int) -> tuple[list[Cell], list[str]]:
    """Return a notebook's cells, and notes on what had to be repaired.

    Raises
    ------
    Refused
        If `data` is no notebook, saying what it is instead as far as can be told.
    """
    notes: list[str] = []
    text = _text(data, notes)
    tree = _tree(text)
    if not isinstance(tree, dict):
        raise Refused(f"the file holds a JSON {_kind(tree)}, not a notebook")
    raw = tree.get("cells")
    if not isinstance(raw, list) and isinstance(tree.get("worksheets"), list):
        notes.append("the notebook is in the old format 3; it was read as it is")
        raw = [cell for sheet in tree["worksheets"] if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))]
    if not isinstance(raw, list):
        raise Refused("the file is JSON, but no notebook: it has no list of cells")
    if len(raw) > max_cells:
        raise Refused(f"the notebook has {len(raw)} cells, at most {max_cells} are read")
    return [cell for cell in map(_cell, raw) if cell is not None], notes


def _text(data: bytes, notes: list[str]) -> str:
    if not data.strip(b"\0 \t\r\n"):
        raise Refused("the file is empty")
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            notes.append(f"the file began with a byte order mark; it was read as {encoding.upper()}")
            return data[len(mark) :].decode(encoding, "replace")
    for start, encoding in ((b"{\0", "utf-16-le"), (b"\0{", "utf-16-be")):
        if data.lstrip(b"\n").startswith(start):
            notes.append(f"the file was read as {encoding.upper()}")
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        notes.append("the file is not UTF-8; it was read as Latin-1")
        return data.decode("latin-1")


def _tree(text: str) -> Any:
    text = text.strip("\0 \t\r\n")
    if text.startswith("<") and not text.startswith("<<<<<<<"):
        raise Refused("the file is a web page, not a notebook: download the notebook itself and hand that in")
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        if _CONFLICT.search(text):
            raise Refused(
                "the file holds merge-conflict markers (<<<<<<<): resolve them and hand it in again"
            ) from None
        if error.pos >= len(text) - 1:
            raise Refused("the file is cut off: it ends in the middle of the notebook") from None
        raise Refused(f"the file is no notebook: it stops being JSON at line {error.lineno}") from None
    except (RecursionError, ValueError):
        raise Refused("the file is not a valid notebook: its JSON cannot be read") from None


def _cell(raw: Any) -> Cell | None:
    if not isinstance(raw, dict):
        return None
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    source = _SURROGATE.sub("\ufffd", source.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n"))
    return Cell(str(raw.get("cell_type", "code")), source, grade_id if isinstance(grade_id, str) else "")


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []


def _kind(tree: Any) -> str:
    return {list: "list", str: "text", type(None): "null"}.get(type(tree), "number")
