"""Many steps in little room, and figures put together."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np

from rnnlab.figures.axes import finite
from rnnlab.figures.canvas import Canvas
from rnnlab.figures.frame import Figure, attribute, captioned
from rnnlab.figures.markup import html_text, short


def chain(
    steps: int,
    *,
    name: str = "",
    values: Sequence | None = None,
    losses: Collection[int] = (),
    back: Collection[int] = (),
    cuts: Collection[int] = (),
    lit: Collection[int] | None = None,
    marks: Mapping[int, str] | None = None,
    carried: str = "",
    first: int = 1,
    size: float = 380.0,
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw a chain of states in little room: a box a step, its number below, what happens to it around.

    Parameters
    ----------
    steps : int
        The number T of states.
    name : str
        What to write above the chain.
    values : sequence of T numbers
        Values, shaded by size.
    losses : collection of steps
        The steps with a loss, a triangle above.
    back : collection of steps
        The steps whose arrow from the step before is also walked backwards: dashed, below.
    cuts : collection of steps
        The steps whose arrow from the step before is cut for the gradient: scissors.
    lit : collection of steps
        The steps to draw fully; the others are dimmed.
    marks : mapping from step to text
        What to write above a step, such as a coin's side.
    carried : str
        What is carried forward from step to step besides the state, such as a matrix: drawn as squares on the line.

    Raises
    ------
    ValueError
        If there is no step, or not a value for each.

    Examples
    --------
    >>> figure = chain(12, losses=[12], back=range(9, 13), cuts=[8], alt="The last loss reaches back four steps.")
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}, expected at least 1")
    if values is not None and len(values) != steps:
        raise ValueError(f"values has {len(values)} entries, expected {steps}, one for each step")
    pitch = min(50.0, (size - 12) / steps)
    side = min(24.0, pitch * 0.62)
    top = (22.0 if name else 4.0) + (24 if losses or marks else 4)
    y = top + side / 2 + 4
    below = 16.0 if back or cuts or carried else 0.0
    canvas = Canvas(size, y + side / 2 + below + 26)
    if name:
        canvas.text(6, 15, name, anchor="start")
    scale = float(np.abs(finite("values", values)).max()) if values is not None else 1.0
    nodes = []
    for i in range(steps):
        t, x = first + i, 6 + (i + 0.5) * pitch
        look = "dim" if lit is not None and t not in lit else ""
        _box(canvas, x, y, side, None if values is None else 0.6 * abs(float(values[i])) / (scale or 1.0), look)
        canvas.text(x, y + side / 2 + below + 17, str(t))
        nodes.append((x, look))
        if t in losses:
            corners = f"{short(x)},{short(top - 19)} {short(x + 7)},{short(top - 7)} {short(x - 7)},{short(top - 7)}"
            svg = f'<polygon points="{corners}"/><path d="M{short(x)},{short(y - side / 2)} V{short(top - 6)}"/>'
            canvas.add("loss", svg, "ink", look)
        if marks and t in marks:
            canvas.text(x, top - 6, marks[t])
    for i in range(1, steps):
        _link(canvas, nodes[i - 1][0] + side / 2, nodes[i][0] - side / 2, y, side, nodes[i][1], first + i, back, cuts)
    if carried:
        _line(canvas, [x for x, _ in nodes], y + side / 2 + 8)
        canvas.text(size - 6, 15, carried, role="g", anchor="end")
    return Figure(canvas, alt=alt, caption=caption, question=question)


def _box(canvas: Canvas, x: float, y: float, side: float, dark: float | None, look: str) -> None:
    """Draw a state, shaded as dark as its value is large."""
    box = f'x="{short(x - side / 2)}" y="{short(y - side / 2)}" width="{short(side)}" height="{short(side)}" rx="4"'
    shaded = "" if dark is None else f'<rect {box} class="f" fill-opacity="{dark:.2g}"/>'
    canvas.add("state", f"<rect {box}/>{shaded}", "h", look)


def _line(canvas: Canvas, across: Sequence[float], y: float) -> None:
    """Draw what is carried forward: a line below the chain, with a square between each two states."""
    for left, right in pairwise(across):
        place = f'x="{short((left + right) / 2 - 4)}" y="{short(y - 4)}" width="8" height="8"'
        canvas.add("carried", f'<rect class="f" {place}/>', "g")
    canvas.add("line", f'<path class="a" d="M{short(across[0])},{short(y)} H{short(across[-1])}"/>', "g")


def _link(
    canvas: Canvas,
    x1: float,
    x2: float,
    y: float,
    side: float,
    look: str,
    t: int,
    back: Collection[int],
    cuts: Collection[int],
) -> None:
    """Draw the arrow into step t, the walk back below it, or the scissors."""
    tip = f"{short(x2)},{short(y)} {short(x2 - 5)},{short(y - 3)} {short(x2 - 5)},{short(y + 3)}"
    svg = f'<path d="M{short(x1)},{short(y)} H{short(x2 - 4)}"/><polygon class="f" points="{tip}"/>'
    canvas.add("link", svg, "h", look)
    low, middle = y + side / 2 + 8, (x1 + x2) / 2
    if t in cuts:
        blades = "".join(
            f"M{short(middle - d)},{short(low + 3)} L{short(middle + d)},{short(low - 8)}" for d in (4.0, -4.0)
        )
        rings = "".join(
            f'<circle class="l" cx="{short(middle + d)}" cy="{short(low + 5)}" r="2.4"/>' for d in (-4.5, 4.5)
        )
        canvas.add("cut", f'<path d="{blades}"/>{rings}', "ink")
    elif t in back:
        a, b = x2 + side / 2, x1 - side / 2
        tip = f"{short(b)},{short(low)} {short(b + 7)},{short(low - 4)} {short(b + 7)},{short(low + 4)}"
        svg = f'<path class="back" d="M{short(a)},{short(low)} H{short(b + 6)}"/><polygon class="f" points="{tip}"/>'
        canvas.add("back", svg, "g")


def stack(*figures: Figure, gap: float = 14.0, alt: str, caption: str = "", question: str = "") -> Figure:
    """Return one drawing with the given ones below each other; it may be a frame of an interactive figure.

    Raises
    ------
    ValueError
        If there is none, or `alt` is empty.

    Examples
    --------
    >>> from rnnlab.figures import blame, heat
    >>> figure = stack(heat([[1, 2]], alt="a"), blame([1, 2], alt="b"), alt="States, and their blame below.")
    """
    if not figures:
        raise ValueError("there is no figure, expected at least one")
    heights = [figure.canvas.height for figure in figures]
    canvas = Canvas(max(figure.canvas.width for figure in figures), sum(heights) + gap * (len(figures) - 1))
    y = 0.0
    for i, figure in enumerate(figures):
        move = f'<g transform="translate(0,{short(y)})">' if y else "<g>"
        canvas.parts += [(f"{kind}/{i}", f"{move}{svg}</g>") for kind, svg in figure.canvas.parts]
        y += figure.canvas.height + gap
    return Figure(canvas, alt=alt, caption=caption, question=question)


class Beside(Figure):
    """Several drawings side by side, below each other on a phone; each keeps its own text alternative."""

    def __init__(self, figures: Sequence[Figure], alt: str, caption: str, question: str):
        super().__init__(figures[0].canvas, alt=alt, caption=caption, question=question)
        self.figures = figures

    @property
    def svg(self) -> str:
        """The drawings, one SVG element after the other."""
        return "".join(figure.svg for figure in self.figures)

    @property
    def html(self) -> str:
        """The figure as one HTML element."""
        ask = f'<p class="rf-ask">{html_text(self.question)}</p>' if self.question else ""
        each = "".join(f'<div class="rf-scroll">{figure.svg}</div>' for figure in self.figures)
        row = f'<div class="rf-row" role="group" aria-label="{attribute(self.alt)}">{each}</div>'
        return f'<figure class="rf">{ask}{row}{captioned(self.caption)}</figure>'


def beside(*figures: Figure, alt: str, caption: str = "", question: str = "") -> Figure:
    """Return the figures side by side, below each other on a phone. Not a frame of an interactive figure: `stack` is.

    Raises
    ------
    ValueError
        If there is none, or `alt` is empty.

    Examples
    --------
    >>> from rnnlab.figures import stems
    >>> one = stems([1, 2], across="step", up="h", alt="Two stems.")
    >>> figure = beside(one, one, alt="The same twice.")
    """
    if not figures:
        raise ValueError("there is no figure, expected at least one")
    return Beside(figures, alt, caption, question)
