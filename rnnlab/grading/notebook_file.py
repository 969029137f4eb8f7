"""From the bytes of something that should be a notebook to its cells, or a plain reason why not."""

import base64
import binascii
import codecs
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from rnnlab.grading import strangers
from rnnlab.grading.errors import Refused
from rnnlab.grading.settings import Settings

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


class Cell(NamedTuple):
    """A cell as handed in: its kind, its text, the name that it claims, and the pictures pasted into it."""

    kind: str
    source: str
    grade_id: str
    pictures: dict[str, tuple[str, str]] = {}  # noqa: RUF012 - by their name: the kind, and the data in base64


_CONFLICT = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
_AROUND = "\0\x1a \t\r\n\u00a0\u200b\u2060\ufeff"  # what old programs write behind the end of a text is among it
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK_LINES = 100_000  # in a row: more are no text
_BLANK = re.compile(
    rb'(?<!\\)(?:"\\n",\s*+){%d,}+' % _BLANK_LINES
)  # without a way back, which would take memory for each
_PARTS = 2_000_000  # lists, dicts and what stands in them: each takes a hundred bytes or so once it is read


def cells(data: bytes, max_cells: int, settings: Settings | None = None) -> tuple[list[Cell], list[str]]:
    """Return a notebook's cells, and notes on what had to be repaired.

    Parameters
    ----------
    data : bytes
    max_cells : int
        A notebook with more is refused.
    settings : Settings, optional
        How much text a cell and a notebook may hold: cells beyond that are left out, with a note.

    Raises
    ------
    Refused
        If `data` is no notebook, saying what it is instead as far as can be told.
    """
    notes: list[str] = []
    text = _text(data, notes)
    tree = _tree(text, notes)
    del text
    if not isinstance(tree, dict):
        raise Refused(f"the file holds a JSON {_kind(tree)}, not a notebook")
    raw = tree.get("cells")
    if not (isinstance(raw, list) and raw) and isinstance(tree.get("worksheets"), list):
        notes.append("the notebook is in the old format 3; it was read as it is")
        sheets = [_list(sheet.get("cells")) for sheet in tree["worksheets"] if isinstance(sheet, dict)]
        raw = [cell for sheet in sheets for cell in sheet]
    if not isinstance(raw, list):
        raise Refused("the file is JSON, but no notebook: it has no list of cells")
    if len(raw) > max_cells:
        raise Refused(f"the notebook has {len(raw)} cells, at most {max_cells} are read")
    if raw and not any(isinstance(cell, dict) for cell in raw):
        notes.append("the notebook's list of cells holds no cell: nothing in it could be read")
    if not raw:
        notes.append("the notebook has no cells: its list of cells is empty")
    return _within(raw, settings or Settings(), notes), notes


def _within(raw: list, settings: Settings, notes: list[str]) -> list[Cell]:
    """Return the cells that fit within the limits."""
    found, length, pictures = [], 0, 0
    notes += _unread([number for number, one in enumerate(raw, 1) if not _is_text(one)])
    for number, one in enumerate(raw, 1):
        cell = _cell(one, settings)
        if cell is None:
            continue
        size = len(cell.source)
        if size > settings.cell_characters or length + size > settings.notebook_characters:
            notes.append(
                f"cell {number} holds {size} characters and was left out: at most {settings.cell_characters} "
                f"a cell and {settings.notebook_characters} a notebook are read"
            )
            continue
        length += size
        pictures += sum(len(data) for _, data in cell.pictures.values())
        if pictures > settings.pictures_mb * 2**20:
            notes.append(
                f"cell {number}: its pictures were left out, as all together have over {settings.pictures_mb} MB"
            )
            cell = cell._replace(pictures={})
        found.append(cell)
    if found and not any(cell.source.strip() for cell in found):
        notes.append(f"none of the notebook's {len(found)} cells holds any text")
    return found


def _is_text(raw: Any) -> bool:
    """Say whether a cell is one, and all of its text is text."""
    if not isinstance(raw, dict):
        return False
    source = raw.get("source", raw.get("input", ""))
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))


def _unread(numbers: list[int]) -> list[str]:
    if not numbers:
        return []
    shown = ", ".join(map(str, numbers[:3])) + (f" and {len(numbers) - 3} more" if len(numbers) > 3 else "")
    return [f"not all of cell {shown} could be read: what stands for its text in the file is no text"]


def _text(data: bytes, notes: list[str]) -> str:
    if not data.strip(b"\0 \t\r\n"):
        raise Refused("the file is empty")
    if kind := strangers.kind(data):
        raise Refused(f"the file is {kind}, not a notebook: hand in the notebook itself")
    data = _without_blank_lines(data, notes)
    if sum(data.count(mark) for mark in (b",", b"{", b"[")) > _PARTS:
        raise Refused(f"the file is JSON of over {_PARTS} parts, which no notebook's cells are")
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),  # before the mark of UTF-16, with which it begins
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            notes.append(f"the file began with a byte order mark; it was read as {encoding.upper()}")
            return data[len(mark) :].decode(encoding, "replace").lstrip("\ufeff")
    for start, encoding in ((b"{\0", "utf-16-le"), (b"\0{", "utf-16-be")):
        if data.lstrip(b"\n").startswith(start):
            notes.append(f"the file was read as {encoding.upper()}")
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        notes.append("the file is not UTF-8; it was read as Latin-1")
        return data.decode("latin-1")


def _integer(digits: str) -> int:
    """Return a whole number; one of hundreds of digits, which Python refuses to read, says nothing in a notebook."""
    return int(digits) if len(digits) < 300 else 0


def _without_blank_lines(data: bytes, notes: list[str]) -> bytes:
    """Return a notebook's bytes without what a key held down leaves in a cell: line after line with nothing in it.

    Such a line is a whole item of the list of lines: quotes within a line are escaped.
    """
    if data.count(b'"\\n"') <= _BLANK_LINES:
        return data
    found, n = _BLANK.subn(lambda run: b'"\\n", ', data)
    if n:
        notes.append(f"of more than {_BLANK_LINES} blank lines in a row, one was kept")
    return found


def _tree(text: str, notes: list[str]) -> Any:
    text = text.removeprefix("\u00ef\u00bb\u00bf").strip(_AROUND)  # a mark that was read as text, and written again
    if "\0" in text:
        notes.append(f"the file holds {text.count(chr(0))} zero bytes: what stood in their place is lost")
    if text.startswith("<") and not text.startswith("<<<<<<<"):
        raise Refused("the file is a web page, not a notebook: download the notebook itself and hand that in")
    try:
        hook = _longest_cells(notes) if text.count('"cells"') > 1 else None  # it costs time, and is rarely needed
        return json.loads(text, strict=False, parse_int=_integer, object_pairs_hook=hook)
    except json.JSONDecodeError as error:
        raise _no_json(text, error) from None
    except (RecursionError, ValueError):
        raise Refused("the file is not a valid notebook: its JSON cannot be read") from None


def _longest_cells(notes: list[str]) -> Callable[[list[tuple[str, Any]]], dict]:
    """Return what makes a dict of pairs; of several lists of cells, as a bad merge leaves, it keeps the longest."""

    def made(pairs: list[tuple[str, Any]]) -> dict:
        lists = [value for key, value in pairs if key == "cells" and isinstance(value, list)]
        if len(lists) < 2:
            return dict(pairs)
        notes.append(f"the file holds {len(lists)} lists of cells: the longest was read")
        return {**dict(pairs), "cells": max(reversed(lists), key=len)}

    return made


def _no_json(text: str, error: json.JSONDecodeError) -> Refused:
    """Say why a text is no JSON, as far as can be told."""
    if _CONFLICT.search(text):
        return Refused("the file holds merge-conflict markers (<<<<<<<): resolve them and hand it in again")
    if error.msg == "Extra data":
        return Refused(f"more text stands behind the end of the notebook, from line {error.lineno}: take it away")
    if text.startswith("{") and not text.endswith("}") and "cells" in text[:200_000]:
        return Refused("the file is cut off: it ends in the middle of the notebook. Download or save it again")
    if not text.startswith(("{", "[")):
        return Refused("the file is no notebook: it does not begin as one does")
    return Refused(f"the file is no notebook: it stops being JSON at line {error.lineno}")


def _cell(raw: Any, settings: Settings) -> Cell | None:
    if not isinstance(raw, dict):
        return None
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        lines = [line for line in source if isinstance(line, str)]
        apart = any("\n" in line or "\r" in line for line in lines)  # some programs leave the line ends out
        source = ("" if apart else "\n").join(lines)
    if not isinstance(source, str):
        return None
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    source = source.removeprefix("\ufeff")  # what editors put before a text
    source = _SURROGATE.sub("\ufffd", source.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n"))
    pictures = _pictures(raw.get("attachments"), settings)
    return Cell(str(raw.get("cell_type", "code"))[:20], source, grade_id if isinstance(grade_id, str) else "", pictures)


def _pictures(attachments: Any, settings: Settings) -> dict[str, tuple[str, str]]:
    """Return the pictures among a cell's attachments that are what they say."""
    found = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in bundle.items() if isinstance(bundle, dict) else ():
            text = "".join(part for part in data if isinstance(part, str)) if isinstance(data, list) else data
            if kind in PICTURES and isinstance(text, str) and len(text) <= settings.pictures_mb * 2**20:
                text = re.sub(r"\s", "", text)
                try:
                    base64.b64decode(text, validate=True)
                except (binascii.Error, ValueError):
                    continue
                found[name] = (kind, text)
    return found


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []


def _kind(tree: Any) -> str:
    return {list: "list", str: "text", type(None): "null"}.get(type(tree), "number")
