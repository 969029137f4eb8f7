"""Strips with a column a step: states as shades, blame as bars, words with what a network makes of them."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from rnnlab.figures.axes import Scale, finite, named
from rnnlab.figures.canvas import WRITTEN, Canvas, head, words
from rnnlab.figures.frame import Figure
from rnnlab.figures.markup import number, short, width


def heat(
    strips: Mapping[str, ArrayLike] | ArrayLike,
    *,
    across: str = "step $t$",
    first: int = 1,
    scale: float | None = None,
    ticks: Sequence[str] | None = None,
    marks: Mapping[int, str] | None = None,
    write: bool = False,
    row: float | None = None,
    size: float = 380.0,
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw states as shaded squares, units downwards and steps to the right; several strips are stacked.

    Parameters
    ----------
    strips : mapping from label to (units, steps) or (steps,) array, or one such array
        The states. Blue is below zero and red above, paler the smaller.
    first : int
        The number of the first step.
    scale : float
        The size that is shaded fully; by default the largest there is.
    ticks : sequence of text
        What to write below each column instead of its number, such as letters or words.
    marks : mapping from step to text
        Steps to point at from above.
    write : bool
        Whether to write each value into its square; needs room.
    row : float
        The height of a row; by default 22, or 8 where there are more than eight units.
    size : float
        The width of the drawing.

    Raises
    ------
    ValueError
        If the strips differ in steps, or a value is not finite.

    Examples
    --------
    >>> heat({"tanh": [[0.5, -0.5]], "relu": [[0.5, 0.0, 1.0]]}, alt="Two strips.")
    Traceback (most recent call last):
    ValueError: strip 'relu' has 3 steps, expected 2
    """
    table = strips if isinstance(strips, Mapping) else {"": strips}
    data = {name: np.atleast_2d(finite(f"strip {name!r}", values)) for name, values in table.items()}
    steps = next(iter(data.values())).shape[1]
    for name, values in data.items():
        if values.shape[1] != steps:
            raise ValueError(f"strip {name!r} has {values.shape[1]} steps, expected {steps}")
    top = max(float(np.abs(values).max()) for values in data.values())
    full = scale or top or 1.0
    row = row or (22.0 if max(len(values) for values in data.values()) <= 8 else 8.0)
    left = max([6.0, *(width(name) + 14 for name in data if name)])
    column = (size - left - 6) / steps
    y = 8.0 + (20 if marks else 0)
    canvas = Canvas(size, y + sum(len(v) * row + 10 for v in data.values()) + (38 if across else 20))
    for step, text in (marks or {}).items():
        x = left + (step - first + 0.5) * column
        canvas.add("mark", head(x, y - 1, 0, 1, 8) + words(x, y - 11, text))
    for name, values in data.items():
        if name:
            canvas.text(left - 8, y + len(values) * row / 2 + 4.5, name, anchor="end")
        # Where a number is written, the shades stop before the halfway, so that it stays legible.
        squares(canvas, values / full, left, y, column, row, most=WRITTEN if write else 1.0)
        for (i, j), value in np.ndenumerate(values) if write else ():
            canvas.text(left + (j + 0.5) * column, y + (i + 0.5) * row + 4.5, number(value))
        y += len(values) * row + 10
    _below(canvas, left, y, column, steps, first, ticks, across)
    return Figure(canvas, alt=alt, caption=caption, question=question)


def squares(
    canvas: Canvas,
    shares: np.ndarray,
    left: float,
    y: float,
    column: float,
    row: float,
    look: str = "",
    most: float = 1.0,
) -> None:
    """Draw shares from -1 to 1 as squares in a thin frame, one path for each of twelve shades.

    A negative square carries a short bar, its minus sign, so that the sign can be read without the colours.
    """
    wide, high = column * shares.shape[1], row * len(shares)
    frame = f'<rect x="{short(left)}" y="{short(y)}" width="{short(wide)}" height="{short(high)}" class="a"/>'
    canvas.add("frame", frame, "p", look)
    levels = np.clip(np.round(shares * 12), -12, 12).astype(int)
    for level in range(-12, 13):
        at = np.argwhere(levels == level)
        path = "".join(
            f"M{left + j * column:.4g},{y + i * row:.4g}h{column:.3g}v{row:.3g}h{-column:.3g}z" for i, j in at
        )
        if level and path:
            svg = f'<path class="f" fill-opacity="{abs(level) / 12 * most:.2g}" d="{path}"/>'
            canvas.add(f"shade{level}", svg, "pos" if level > 0 else "neg", look)
    if column < 7 or row < 7 or most < 1:
        return
    half = min(column, row, 14.0) * 0.22
    bars = "".join(
        f"M{left + (j + 0.5) * column - half:.4g},{y + (i + 0.5) * row:.4g}h{2 * half:.3g}"
        for i, j in np.argwhere(levels < 0)
    )
    if bars:
        canvas.add("minus", f'<path class="a" d="{bars}"/>', "ink", look)


def _below(
    canvas: Canvas,
    left: float,
    y: float,
    column: float,
    steps: int,
    first: int,
    ticks: Sequence[str] | None,
    across: str,
) -> None:
    """Write numbers or words below the columns, as many as have room, and the name of the axis."""
    if ticks is not None and len(ticks) != steps:
        raise ValueError(f"ticks has {len(ticks)} entries, expected {steps}, one for each step")
    texts = [str(text) for text in ticks] if ticks is not None else [str(first + t) for t in range(steps)]
    widest = max(width(text) for text in texts) + 6
    every = max(1, int(np.ceil(widest / column)))
    every = next((n for n in (1, 2, 5, 10, 20, 25, 50, 100) if n >= every), every) if ticks is None else 1
    for t, text in enumerate(texts):
        if every == 1 or (first + t) % every == 0:
            canvas.text(left + (t + 0.5) * column, y + 8, text)
    if across:
        canvas.text(left + steps * column / 2, y + 28, across)


def blame(
    values: ArrayLike,
    *,
    texts: Sequence[str] | None = None,
    lit: Sequence[int] | None = None,
    up: str = "size of the gradient",
    across: str = "step $t$",
    first: int = 1,
    log: bool = False,
    lowest: float | None = None,
    highest: float | None = None,
    write: bool = False,
    height: float = 90.0,
    size: float = 380.0,
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw how much each step bears on the answer: a bar a step, in the gradient's colour.

    Parameters
    ----------
    values : (T,) array
        Sizes, not negative.
    texts : sequence of T texts
        What to write below each bar instead of its number, such as letters or words.
    lit : sequence of steps
        The steps to draw fully; the others are dimmed.
    log : bool
        Whether each equal height is an equal factor; `lowest` is then the foot of the bars.
    highest : float
        The size that fills the height; by default the largest value.

    Raises
    ------
    ValueError
        If a value is negative or not finite.

    Examples
    --------
    >>> blame([0.1, -0.2], alt="Two bars.")
    Traceback (most recent call last):
    ValueError: values holds -0.2, expected sizes, which are not negative
    """
    sizes = np.atleast_1d(finite("values", values))
    if (sizes < 0).any():
        raise ValueError(f"values holds {sizes.min():g}, expected sizes, which are not negative")
    steps, top = len(sizes), highest or float(sizes.max()) or 1.0
    foot = lowest or (float(sizes[sizes > 0].min()) / 2 if log and (sizes > 0).any() else 0.0)
    scale = Scale("values", (foot, top), (0.0, height), log)
    ticks = {text: float(scale(value)) for value, text in named(None, scale, 3 if log else 2).items()}
    left = max(width(text) + 14 for text in ticks)
    column, start = (size - left - 6) / steps, 30.0
    canvas = Canvas(size, start + height + (44 if across else 26))
    floor = start + height
    canvas.text(4, 14, up, anchor="start")
    svg = f'<path class="a" d="M{short(left)},{short(start)} V{short(floor)} H{short(size - 6)}"/>'
    svg += "".join(words(left - 6, floor - tall + 4.5, text, "end") for text, tall in ticks.items())
    canvas.add("axes", svg)
    thick = min(column * 0.72, 26.0)
    for t, tall in enumerate(float(pixels) for pixels in scale(sizes)):
        x = left + (t + 0.5) * column
        place = f'x="{short(x - thick / 2)}" y="{short(floor - tall)}" width="{short(thick)}" height="{short(tall)}"'
        bar = f'<rect class="f" {place}/>'
        if write:
            bar += f'<text class="v" x="{short(x)}" y="{short(floor - tall - 5)}">{number(sizes[t])}</text>'
        canvas.add("bar", bar, "g", "dim" if lit is not None and first + t not in lit else "")
    _below(canvas, left, floor + 10, column, steps, first, texts, across)
    return Figure(canvas, alt=alt, caption=caption, question=question)
