"""From several drawings to one drawing and the few attributes that change between them.

Each drawing is a list of parts. Parts of the same kind and structure are taken for the same part, in order of their
occurrence; a part that a drawing lacks is hidden there. What is left to store are attributes and texts. A value that
depends on one of two controls is stored for the positions of that one only, equal values are stored once, and numbers
inside a path are packed two characters each.
"""

import re
from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any
from xml.etree import ElementTree

import numpy as np

Part = tuple[str, str]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
FIRST, LETTERS = 39, 88  # the characters ' to ~, with ! in place of <, which a page of an EPUB must not hold


def merge(
    frames: Sequence[Sequence[Part]], sizes: Sequence[int], start: int, count: int
) -> tuple[str, list[list[Any]]]:
    """Return the parts of all drawings as they stand at `start`, and the patches that lead to the others.

    `frames` holds one list of parts for each position of the controls, whose numbers of positions are `sizes`, the
    last control changing fastest; `count` elements come before them.
    """
    tables = [dict(keyed(parts)) for parts in frames]
    out, patches = [], []
    for key in common_order([list(table) for table in tables]):
        trees = [ElementTree.fromstring(table[key]) if key in table else None for table in tables]
        shown = next(tree for tree in (trees[start], *trees) if tree is not None)
        hidden = [None if tree is not None else "display:none" for tree in trees]
        patches += patch(count, "style", hidden, sizes)
        if hidden[start]:
            shown.set("style", "display:none")
        lists = [list((shown if tree is None else tree).iter()) for tree in trees]
        for j, elements in enumerate(zip(*lists, strict=True)):
            names = sorted({name for element in elements for name in element.attrib if j or name != "style"})
            for name in names:
                patches += patch(count + j, name, [element.get(name) for element in elements], sizes)
            texts = [escape(element.text or "", quote=False) for element in elements]
            patches += patch(count + j, "", texts, sizes)
        out.append(ElementTree.tostring(shown, encoding="unicode", short_empty_elements=False))
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
    """Return a part without its attributes and without the texts that have no tag beside them: these may change."""
    return re.sub(r"(<\w[^>]*>)[^<]*(?=</)", r"\1", re.sub(r"<(\w+)[^>]*?(/?)>", r"<\1\2>", svg))


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
    index = "".join(digit(unique.index(value)) for value in values) if len(unique) <= LETTERS else ""
    if len(unique) == len(values):
        index = ""
    kept = unique if index else values
    form, stored = packed(kept) if name in ("d", "points") else ("", [plain(value) for value in kept])
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
    return form, ["".join(digit(v // LETTERS) + digit(v % LETTERS) for v in row[changing]) for row in tenths]


def digit(value: int) -> str:
    """Return the character that stands for a number below `LETTERS`."""
    return chr(FIRST + value).replace("<", "!")


def plain(value: str | None) -> str | int | float | None:
    """Return a value as JSON writes it shortest: a number where the text is one."""
    if value is not None and re.fullmatch(r"-?(0|[1-9]\d{0,6})(\.\d{0,5}[1-9])?", value):
        return float(value) if "." in value else int(value)
    return value


def sentence(texts: Sequence[str], sizes: Sequence[int], start: int, count: int) -> tuple[str, list[list[Any]]]:
    """Return the sentence at `start` and the patches to the others, word by word where that is shorter.

    `count` elements come before the sentence's own, of which the first is the one that holds it.
    """
    whole = texts[start], patch(count, "", texts, sizes)
    rows = [text.split(" ") for text in texts]
    if len({len(row) for row in rows}) != 1 or any(text.count("<") for row in rows for text in row):
        return whole
    words: list[str] = []
    patches: list[list[Any]] = []
    for column in zip(*rows, strict=True):
        found = patch(count + 1 + len(patches), "", column, sizes)
        words.append(f"<span>{column[start]}</span>" if found else column[start])
        patches += found
    return min((" ".join(words), patches), whole, key=lambda choice: len(repr(choice)))
