"""A sentence read word by word: what the network believes, its states, and which words bear on its answer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from rnnlab.figures.axes import finite
from rnnlab.figures.canvas import Canvas, words
from rnnlab.figures.frame import Figure
from rnnlab.figures.markup import short, width
from rnnlab.figures.strips import squares

# Where the beliefs begin and how high they are, where the states begin, a unit's height, and the room for the blame.
TOP, TALL, STATES, SQUARE, BLAME = 12.0, 64.0, 92.0, 8.0, 40.0
SLANT = 50  # degrees, of words that stand closer than they are wide


def reading(
    sentence: Sequence[str],
    states: ArrayLike,
    belief: ArrayLike,
    exact: ArrayLike | None = None,
    blame: ArrayLike | None = None,
    *,
    at: int | None = None,
    names: tuple[str, str, str] = ("belief", "state", "blame"),
    ends: tuple[str, str] = ("no", "yes"),
    highest: float | None = None,
    size: float | None = None,
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw a sentence read word by word: belief above, states below it, the words, and the blame of the answer.

    Parameters
    ----------
    sentence : sequence of T words
        The sentence.
    states : (T, H) array
        The state after each word, between -1 and 1.
    belief, exact : (T,) arrays
        What the network believes after each word, 0 to 1, as a bar; what is exactly true, as a tick.
    blame : (T,) array
        How much each word bears on the answer at `at`; what lies behind it is not drawn.
    at : int
        The number of words read, the whole sentence by default; later words are pale, with nothing above them.
    ends : (low, high)
        What a belief of 0 and of 1 means.
    highest : float
        The blame that fills the room for it; by default the largest there is.
    size : float
        The width of the drawing, with slanted words in equal columns; by default each column is as wide as its word.

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, or `at` is not a number of words.

    Examples
    --------
    >>> reading(["not", "dull"], [[0.5], [1.0]], [0.2, 0.9], at=3, alt="A sentence.")
    Traceback (most recent call last):
    ValueError: at is 3, expected 1 to 2, the number of words
    """
    count, read = len(sentence), len(sentence) if at is None else at
    table = np.atleast_2d(finite("states", states))
    rows = {"states": table, "belief": finite("belief", belief)}
    rows |= {"exact": finite("exact", exact)} if exact is not None else {}
    rows |= {"blame": finite("blame", blame)} if blame is not None else {}
    for name, values in rows.items():
        if len(values) != count:
            raise ValueError(f"{name} has {len(values)} rows, expected {count}, one for each word")
    if not 1 <= read <= count:
        raise ValueError(f"at is {read}, expected 1 to {count}, the number of words")
    left = max(width(name) for name in (*names, *ends)) + 14
    widths = [max(34.0, width(word) + 12) if size is None else (size - left - 6) / count for word in sentence]
    edges = [float(edge) for edge in left + np.concatenate([[0.0], np.cumsum(widths)])]
    foot = STATES + table.shape[1] * SQUARE
    # A slanted word hangs from its upper end.
    deep = 30.0 if size is None else 12 + max(map(width, sentence)) * np.sin(np.radians(SLANT)) + 10
    canvas = Canvas(edges[-1] + 6, foot + deep + (BLAME + 16 if blame is not None else 0))
    _names(canvas, left, edges[-1], foot, foot + deep + BLAME / 2 + 6, names, ends, blame is not None)
    for t, word in enumerate(sentence):
        x, middle = edges[t], (edges[t] + edges[t + 1]) / 2
        if t < read:
            _seen(canvas, " ".join(sentence[: t + 1]), x, widths[t], {name: rows[name][t] for name in rows})
        written = words(middle, foot + 20, word)
        if size is not None:
            turn = f"rotate(-{SLANT} {short(middle + 4)} {short(foot + 12)})"
            written = f'<g transform="{turn}">{words(middle + 4, foot + 14, word, "end")}</g>'
        canvas.add("word", written, "ink", "dim" if t >= read else "w" if t == read - 1 else "")
    if blame is not None:
        shown = np.where(np.arange(count) < read, rows["blame"], 0.0)
        _blame(canvas, edges, foot + deep + 6, shown / (highest or float(shown.max()) or 1.0) * BLAME)
    return Figure(canvas, alt=alt, caption=caption, question=question)


def _blame(canvas: Canvas, edges: Sequence[float], base: float, tall: np.ndarray) -> None:
    """Draw a bar down from the base for each word."""
    half = min(18.0, float(np.diff(edges).min()) * 0.7) / 2
    bars = "".join(
        f"M{short((left + right) / 2 - half)},{short(base)} h{short(2 * half)} "
        f"V{short(base + down)} h{short(-2 * half)} z"
        for left, right, down in zip(edges, edges[1:], tall, strict=False)
    )
    canvas.add("blame", f'<path class="f" d="{bars}"/>', "g")


def _names(
    canvas: Canvas,
    left: float,
    right: float,
    foot: float,
    blame: float,
    names: tuple[str, str, str],
    ends: tuple[str, str],
    blamed: bool,
) -> None:
    """Name the rows, and draw the lines of belief 0, a half and 1."""
    lines = "".join(f"M{short(left)},{short(TOP + share * TALL)} H{short(right)}" for share in (0, 0.5, 1))
    canvas.add("axes", f'<path class="a dots" d="{lines}"/>', "p")
    for y, text, role in (
        (TOP + 5, ends[1], "p"),
        (TOP + TALL + 3, ends[0], "p"),
        (TOP + TALL / 2 + 4, names[0], "y"),
        ((STATES + foot) / 2 + 4, names[1], "ink"),
        (blame + 4, names[2], "g"),
    )[: 5 if blamed else 4]:
        canvas.text(left - 8, y, text, anchor="end", role=role)


def _seen(canvas: Canvas, what: str, x: float, wide: float, rows: dict[str, np.ndarray]) -> None:
    """Draw what a word that has been read leaves: the belief, the exact one, the state.

    Its name is the sentence up to here: so an interactive figure finds the column again, and has nothing to store but
    whether it is seen.
    """
    part, middle, half = Canvas(wide, 1), x + wide / 2, min(9.0, wide * 0.36)
    high = float(rows["belief"]) * TALL
    bar = f'x="{short(middle - half)}" y="{short(TOP + TALL - high)}" width="{short(2 * half)}" height="{short(high)}"'
    svg = f'<g class="rf-y"><rect {bar} style="fill:var(--r)" fill-opacity=".3"/></g>'
    if "exact" in rows:
        level = TOP + (1 - float(rows["exact"])) * TALL
        tick = f"M{short(middle - half - 4)},{short(level)} h{short(2 * half + 8)}"
        svg += f'<g class="rf-p"><path class="thick" d="{tick}"/></g>'
    squares(part, rows["states"][:, None], x + 2, STATES, wide - 4, SQUARE)
    canvas.add(f"read {what}", svg + "".join(square for _, square in part.parts))
