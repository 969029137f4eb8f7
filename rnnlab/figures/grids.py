"""Tables of squares, and matrices as rectangles with their shapes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from rnnlab.figures.canvas import WRITTEN, Canvas, words
from rnnlab.figures.frame import Figure
from rnnlab.figures.markup import number, short, symbol, width

KINDS = ("", "kept", "lit", "cut", "pad", "none")


def grid(
    texts: Sequence[Sequence[object]],
    kinds: Sequence[Sequence[str]] | None = None,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    across: str = "",
    down: str = "",
    role: str = "h",
    square: float | None = None,
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw a table of squares: padding, windows of a series, kept and cut terms.

    Parameters
    ----------
    texts : R rows of C values
        What stands in each square: a number, a text, "" or None.
    kinds : R rows of C texts
        How each square looks: "" plain, "kept" shaded, "lit" shaded with a heavy frame, "cut" crossed out, "pad"
        hatched, "none" not drawn.
    rows, columns : sequences of text
        Names of the rows, to the left, and of the columns, below.
    across, down : str
        What the columns and the rows are.
    role : str
        Whose colour the shaded squares have.

    Raises
    ------
    ValueError
        If the rows differ in length, or a kind is unknown.

    Examples
    --------
    >>> grid([[1, 2], [3]], alt="A table.")
    Traceback (most recent call last):
    ValueError: row 1 has 1 squares, expected 2
    """
    across_count = len(texts[0])
    looks = kinds or [[""] * across_count for _ in texts]
    for name, table in (("row", texts), ("row of kinds", looks)):
        for i, line in enumerate(table):
            if len(line) != across_count:
                raise ValueError(f"{name} {i} has {len(line)} squares, expected {across_count}")
    written = [["" if text is None else number(text) for text in line] for line in texts]
    left = max([4.0, *(width(name) + 12 for name in rows or [])])
    fit = max([26.0, *(width(text) + 10 for line in written for text in line), *(width(c) + 6 for c in columns or [])])
    side = square or min(max(fit, 26.0), 44.0) if (380 - left) / across_count < 44 else square or max(fit, 34.0)
    tall = min(side, 34.0)
    top = 24.0 if down else 4.0
    canvas = Canvas(
        max(left + across_count * side + 6, width(down) + 12, left + width(across)),
        top + tall * len(texts) + (20 if columns else 0) + (20 if across else 0) + 8,
    )
    if down:
        canvas.text(4, 14, down, anchor="start")
    for i, line in enumerate(written):
        if rows:
            canvas.text(left - 8, top + (i + 0.5) * tall + 4.5, rows[i], anchor="end")
        for j, text in enumerate(line):
            _square(canvas, left + j * side, top + i * tall, side, tall, text, looks[i][j], role)
    y = top + tall * len(texts) + 17
    for j, name in enumerate(columns or []):
        canvas.text(left + (j + 0.5) * side, y, name)
    if across:
        canvas.text(left + across_count * side / 2, y + (20 if columns else 2), across)
    return Figure(canvas, alt=alt, caption=caption, question=question)


def _square(canvas: Canvas, x: float, y: float, side: float, tall: float, text: str, kind: str, role: str) -> None:
    """Draw one square; each kind differs by more than its colour."""
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(repr(k) for k in KINDS)}")
    if kind == "none":
        return
    place = f'x="{short(x + 1)}" y="{short(y + 1)}" width="{short(side - 2)}" height="{short(tall - 2)}" rx="3"'
    svg = f'<rect {place} class="{"thick" if kind == "lit" else "a"}"/>'
    if kind in ("kept", "lit"):
        svg += f'<rect {place} class="f" fill-opacity=".25"/>'
    elif kind == "pad":
        reaches = [(d, min(tall - 6, side - 6 - d)) for d in np.arange(0, side - 8, 8)]
        marks = "".join(f"M{short(x + 3 + d)},{short(y + tall - 3)} l{short(r)},{short(-r)}" for d, r in reaches)
        svg += f'<path class="thin" d="{marks}"/>'
    elif kind == "cut":
        wide, high = short(side - 8), short(tall - 8)
        marks = f"M{short(x + 4)},{short(y + 4)} l{wide},{high} m0,-{high} l-{wide},{high}"
        svg += f'<path class="thin" d="{marks}"/>'
    if text:
        svg += f'<g class="rf-ink">{words(x + side / 2, y + tall / 2 + 4.5, text)}</g>'
    canvas.add("square" + kind, svg, role if kind in ("kept", "lit") else "ink")


def matrix(
    values: ArrayLike,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    across: str = "",
    down: str = "",
    scale: float | None = None,
    write: bool = True,
    square: float = 40.0,
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw a matrix of numbers, shaded blue below zero and red above, each number written.

    Raises
    ------
    ValueError
        If `values` is not a matrix of finite numbers.

    Examples
    --------
    >>> matrix([[0.8, 3], [0, 0.8]], alt="The matrix with 0.8 twice and a 3.").canvas.width
    90.0
    """
    table = np.asarray(values, float)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise ValueError("values is not a matrix of finite numbers")
    full = scale or float(np.abs(table).max()) or 1.0
    left = max([5.0, *(width(name) + 12 for name in rows or [])])
    top, tall = (24.0 if down else 4.0), min(square, 32.0)
    canvas = Canvas(
        max(left + square * table.shape[1] + 5, width(down) + 10),
        top + tall * len(table) + (20 if columns else 0) + (20 if across else 0) + 8,
    )
    if down:
        canvas.text(4, 14, down, anchor="start")
    for i, line in enumerate(table):
        if rows:
            canvas.text(left - 8, top + (i + 0.5) * tall + 4.5, rows[i], anchor="end")
        for j, value in enumerate(line):
            x, y = left + j * square, top + i * tall
            place = f'x="{short(x)}" y="{short(y)}" width="{short(square)}" height="{short(tall)}"'
            dark = min(abs(value) / full, 1) * WRITTEN
            svg = f'<g class="rf-p"><rect {place} class="a"/></g><rect {place} class="f" fill-opacity="{dark:.2g}"/>'
            if write:
                svg += (
                    f'<text class="v" x="{short(x + square / 2)}" y="{short(y + tall / 2 + 5)}">{number(value)}</text>'
                )
            canvas.add("entry", svg, "pos" if value > 0 else "neg")
    y = top + tall * len(table) + 17
    for j, name in enumerate(columns or []):
        canvas.text(left + (j + 0.5) * square, y, name)
    if across:
        canvas.text(left + table.shape[1] * square / 2, y + (20 if columns else 2), across)
    return Figure(canvas, alt=alt, caption=caption, question=question)


def shapes(
    terms: Sequence[str | tuple],
    *,
    unit: float = 13.0,
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw an equation between arrays as rectangles with their shapes, rows downwards.

    Parameters
    ----------
    terms : sequence
        Left to right: a sign such as "=" or "+", or a tuple (symbol, rows, columns, role) with the drawn size as
        numbers, or (symbol, (rows, "H"), (columns, "D"), role) where the shape is named.

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    >>> figure = shapes(
    ...     [("a_t", (4, "H"), (1, "1"), "h"), "=", ("w_x", (4, "H"), (2, "D"), "x"), ("x_t", (2, "D"), (1, "1"), "x")],
    ...     alt="An H × D matrix times a vector of D.",
    ... )
    """
    boxes = [term if isinstance(term, str) else _box(term) for term in terms]
    height = max(box[1] * unit for box in boxes if not isinstance(box, str))
    middle, x = 26 + height / 2, 22.0
    total = x
    for box in boxes:
        total += width(box) + 26 if isinstance(box, str) else wide_of(box, unit) + 30
    canvas = Canvas(total, height + 64)
    for box in boxes:
        if isinstance(box, str):
            canvas.text(x + width(box) / 2 - 4, middle + 5, box, size="t")
            x += width(box) + 26
            continue
        letter, n, rows, _, columns, role = box
        wide, tall = wide_of(box, unit), max(n * unit, 26.0)
        place = f'x="{short(x)}" y="{short(middle - tall / 2)}" width="{short(wide)}" height="{short(tall)}" rx="2"'
        svg = f'<rect {place}/><rect {place} class="f" fill-opacity=".18"/>' + words(x + wide / 2, middle + 5, letter)
        svg += f'<g class="rf-ink">{words(x + wide / 2, middle - tall / 2 - 7, symbol(columns))}'
        canvas.add("matrix", svg + words(x - 6, middle - tall / 2 + 14, symbol(rows), "end") + "</g>", role)
        x += wide + 30
    return Figure(canvas, alt=alt, caption=caption, question=question)


def wide_of(box: tuple, unit: float) -> float:
    """Return the drawn width of a matrix: that of its columns, and room for its symbol."""
    return max(box[3] * unit, width(box[0]) + 10, 26.0)


def _box(term: tuple) -> tuple[str, float, str, float, str, str]:
    """Return symbol, drawn rows, their name, drawn columns, their name, role."""
    symbol, rows, columns, role = term
    (n, rows), (m, columns) = (pair if isinstance(pair, tuple) else (pair, str(pair)) for pair in (rows, columns))
    if not (n > 0 and m > 0):
        raise ValueError(f"{symbol} is drawn {n} × {m}, expected positive sizes")
    return symbol, float(n), rows, float(m), columns, role
