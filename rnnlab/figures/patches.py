"""From several drawings to one drawing and the few attributes that change between them.

Each drawing is a list of parts. Parts of the same kind and structure are taken for the same part, in order of their
occurrence; a part that a drawing lacks is hidden there. What is left to store are attributes and texts. A value that
depends on one of two controls is stored for the positions of that one only, equal values are stored once, and numbers
inside a path are packed two characters each.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np

Part = tuple[str, str]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
FIRST, LETTERS = 35, 92  # the characters # to ~; JSON needs no escape for any of them but the backslash


def merge(frames: Sequence[Sequence[Part]], sizes: Sequence[int], start: int) -> tuple[str, list[list[Any]]]:
    """Return the parts of all drawings as they stand at `start`, and the patches that lead to the others.

    `frames` holds one list of parts for each position of the controls, whose numbers of positions are `sizes`, the
    last control changing fastest.
    """
    tables = [dict(keyed(parts)) for parts in frames]
    order = common_order([list(table) for table in tables])
    out, patches, count = [], [], 1
    for key in order:
        trees = [ElementTree.fromstring(table[key]) if key in table else None for table in tables]
        present = next(tree for tree in ([trees[start], *trees]) if tree is not None)
        shown = [None if tree is not None else "display:none" for tree in trees]
        if any(shown):
            patches += patch(count, "style", shown, sizes)
            if shown[start]:
                present.set("style", "display:none")
        kept = [present if tree is None else tree for tree in trees]
        lists = [list(tree.iter()) for tree in kept]
        for j, elements in enumerate(zip(*lists, strict=True)):
            names = sorted({name for element in elements for name in element.attrib if (j or name != "style")})
            for name in names:
                patches += patch(count + j, name, [element.get(name) for element in elements], sizes)
            patches += patch(count + j, "", [element.text or "" for element in elements], sizes)
        out.append(ElementTree.tostring(present, encoding="unicode"))
        count += len(lists[0])
    return "".join(out), patches


def keyed(parts: Sequence[Part]) -> list[tuple[tuple[str, str, int], str]]:
    """Return each part with its key: kind, structure, and how many such parts came before it."""
    seen: Counter = Counter()
    out = []
    for kind, svg in parts:
        what = kind, structure(svg)
        out.append(((*what, seen[what]), svg))
        seen[what] += 1
    return out


def structure(svg: str) -> str:
    """Return the tags of a part without attributes; a text without tags inside may change, and so may be empty."""
    return "".join(re.findall(r"</?[\w]+|/>", svg))


def common_order(lists: Sequence[list[Any]]) -> list[Any]:
    """Return all keys, each behind the key that it follows in the first list that has it."""
    order: list[Any] = []
    for keys in lists:
        place = 0
        for key in keys:
            if key in order:
                place = max(place, order.index(key) + 1)
            else:
                order.insert(place, key)
                place += 1
    return order


def patch(element: int, name: str, values: Sequence[str | None], sizes: Sequence[int]) -> list[list[Any]]:
    """Return the patch for one attribute, or none if it never changes."""
    axes, values = reduce(values, sizes)
    if not axes:
        return []
    unique = list(dict.fromkeys(values))
    index = "".join(chr(FIRST + unique.index(value)) for value in values) if len(unique) <= LETTERS else ""
    if len(unique) == len(values):
        index = ""
    form, stored = packed(unique)
    if not index and len(unique) < len(values):
        form, stored = packed(list(values))
    entry: list[Any] = [element, name, axes, stored]
    return [[*entry, index, form] if form else [*entry, index] if index else entry]


def reduce(values: Sequence[Any], sizes: Sequence[int]) -> tuple[str, list[Any]]:
    """Return the controls on which the values depend, as digits, and the values for those controls' positions."""
    table = np.empty(len(values), object)
    table[:] = values
    table = table.reshape(sizes)
    axes = ""
    for axis in reversed(range(len(sizes))):
        line = table[(slice(None),) * axis + (slice(0, 1),)]
        if bool(np.all(table == line)):
            table = line
        else:
            axes = f"{axis}{axes}"
    return axes, list(table.ravel())


def packed(values: Sequence[str | None]) -> tuple[str, list[Any]]:
    """Return the text that long values share, # for each number that changes, and those numbers, packed; or as is."""
    texts = [value for value in values if value is not None]
    found = [NUMBER.findall(text) for text in texts]
    shapes = {NUMBER.sub("\0", text) for text in texts}
    if len(texts) < len(values) or len(shapes) != 1 or len(found[0]) < 2 or "#" in texts[0]:
        return "", [plain(value) for value in values]
    columns = list(zip(*found, strict=True))
    changing = [len(set(column)) > 1 for column in columns]
    tenths = np.array([[round(float(text) * 10) + 600 for text in row] for row in found])
    if tenths.min() < 0 or tenths.max() >= LETTERS**2:
        return "", [plain(value) for value in values]
    pieces = shapes.pop().split("\0")
    fixed = ["#" if moves else column[0] for moves, column in zip(changing, columns, strict=True)]
    form = "".join(piece + text for piece, text in zip(pieces, [*fixed, ""], strict=True))
    return form, [
        "".join(chr(FIRST + v // LETTERS) + chr(FIRST + v % LETTERS) for v in row[changing]) for row in tenths
    ]


def plain(value: str | None) -> str | int | float | None:
    """Return a value as JSON writes it shortest: a number where the text is one."""
    if value is not None and re.fullmatch(r"-?(0|[1-9]\d{0,6})(\.\d{0,5}[1-9])?", value):
        return float(value) if "." in value else int(value)
    return value


def sentence(texts: Sequence[str], sizes: Sequence[int]) -> list[Any]:
    """Return the sentences word by word where that is shorter: a word that changes with its controls and values."""
    rows = [text.split(" ") for text in texts]
    whole = [changing(list(texts), sizes)]
    if len({len(row) for row in rows}) != 1:
        return whole
    words: list[Any] = []
    for column in zip(*rows, strict=True):
        word = changing(list(column), sizes)
        joined = isinstance(word, str) and words and isinstance(words[-1], str)
        words[-1:] = [f"{words[-1]} {word}"] if joined else [*words[-1:], word]
    return min(words, whole, key=lambda choice: len(repr(choice)))


def changing(values: list[str], sizes: Sequence[int]) -> Any:
    """Return a text that never changes as it is, and another with its controls and values."""
    axes, kept = reduce(values, sizes)
    if not axes:
        return values[0]
    unique = list(dict.fromkeys(kept))
    if len(unique) == len(kept) or len(unique) > LETTERS:
        return [axes, kept]
    return [axes, unique, "".join(chr(FIRST + unique.index(value)) for value in kept)]
