"""A recurrent network as a loop, and unfolded into one copy of its cell a step."""

from collections.abc import Collection, Sequence

import numpy as np

from rnnlab.figures.canvas import Canvas, Node, head, words
from rnnlab.figures.frame import Figure
from rnnlab.figures.markup import number, short, width

PITCH = 94.0


def unfolded(
    x: int | Sequence,
    h: Sequence | None = None,
    y: Sequence | None = None,
    *,
    h0: object = None,
    losses: Sequence | None = None,
    dh: Sequence | None = None,
    loop: str = "",
    lit: Collection[int] | None = None,
    ghosts: Collection[int] = (),
    cuts: Collection[int] = (),
    outputs: bool | Collection[int] = True,
    weights: bool = True,
    first: int = 1,
    scale: float | None = None,
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw T copies of one cell, time from left to right, with the values that flow through them.

    Parameters
    ----------
    x : int or sequence of T values
        The inputs, or T itself to draw symbols only. A value is a number, a short vector, or a text such as "½".
    h, y : sequences of T values
        States and outputs; None leaves the symbols alone.
    h0 : value
        The state before the first step.
    losses : sequence of T values
        The loss of each step, None where there is none.
    dh : sequence of T values
        The gradient at each state; draws the backward arrows, None where none has arrived yet.
    loop : str
        If given, draw the folded network to the left and an arrow with this text, such as "unfold 4 times".
    lit : collection of steps
        The steps to show; the others are dimmed.
    ghosts : collection of steps
        The steps drawn as copies, with a broken outline.
    cuts : collection of steps
        The steps whose arrow from the state before is cut for the gradient.
    outputs : bool or collection of steps
        The steps that have an output, all by default.
    weights : bool
        Whether to name the arrows w_x, w_h, w_y.
    first : int
        The number of the first step.
    scale : float
        The size that is shaded darkest; by default the largest number given.

    Returns
    -------
    figure : Figure
        Shown by a notebook as it is.

    Raises
    ------
    ValueError
        If the sequences differ in length, a value is not finite, or `alt` is empty.

    Examples
    --------
    >>> unfolded([1, 0], [1, 0.5, 0.25], alt="Two steps")
    Traceback (most recent call last):
    ValueError: h has 3 values, expected 2, one for each step
    """
    steps = x if isinstance(x, int) else len(x)
    _require_steps(steps, h=h, y=y, losses=losses, dh=dh)
    numbers = range(first, first + steps)
    has_y = set(numbers) if outputs is True else set() if outputs is False else set(outputs)
    xs = None if isinstance(x, int) else list(x)
    scale = scale or largest(xs, h, y, [h0])
    box = cell_width([h0, *(h or [])])
    pitch = _pitch(steps, box, alone=not loop and dh is None and losses is None)
    left = (192.0 if loop else 0.0) + box / 2 + 6
    rows = _heights(losses is not None, bool(has_y))
    canvas = Canvas(left + pitch * steps + box / 2 + (34 if losses is not None else 8), rows["x"] + 30)
    if loop:
        _loop(canvas, 42, rows, bool(has_y), weights)
        _unfold_arrow(canvas, 126, 186, rows["h"], loop)
    before = canvas.cell(left, rows["h"], f"h_{first - 1}", h0, scale=scale, size=(box, 46), look="")
    for i, t in enumerate(numbers):
        look = "dim" if lit is not None and t not in lit else "ghost" if t in ghosts else ""
        before = _step(
            canvas, before, left + pitch * (i + 1), rows, t, look, box,
            x=None if xs is None else xs[i],
            h=None if h is None else h[i],
            y=None if y is None else y[i],
            loss=None if losses is None else losses[i],
            dh=None if dh is None else dh[i],
            has_y=t in has_y, names=weights, cut=t in cuts, back=dh is not None,
            later=dh is not None and any(d is not None for d in dh[i + 1 : i + 2]), scale=scale,
        )  # fmt: skip
    return Figure(canvas, alt=alt, caption=caption, question=question)


def _pitch(steps: int, box: float, *, alone: bool) -> float:
    """Return the distance from copy to copy: where nothing but them is drawn, a little less if it then fits a phone."""
    pitch, closest = PITCH + box - 50, (383 - box - 14) / steps
    return closest if alone and pitch - 14 <= closest < pitch else pitch


def _heights(has_losses: bool, has_y: bool) -> dict[str, float]:
    """Return how far down each row of nodes stands; a row that is not there stands above the drawing."""
    loss = 24.0 if has_losses else -34.0
    y = loss + (64 if has_losses else 62) if has_y else -24.0
    h = y + 94 if has_y else 48.0
    return {"loss": loss, "y": y, "h": h, "x": h + 94}


def _require_steps(steps: int, **rows: Sequence | None) -> None:
    """Raise unless there is a step, and each row that is given has a value for each."""
    if steps < 1:
        raise ValueError(f"x has {steps} steps, expected at least 1")
    for name, values in rows.items():
        if values is not None and len(values) != steps:
            raise ValueError(f"{name} has {len(values)} values, expected {steps}, one for each step")


def _step(
    canvas: Canvas, before: Node, at: float, rows: dict[str, float], t: int, look: str, box: float, *, x: object,
    h: object, y: object, loss: object, dh: object, has_y: bool, names: bool,
    back: bool, later: bool, cut: bool, scale: float,
) -> Node:  # fmt: skip
    """Draw the copy that reads x_t, and return its state."""
    state = canvas.cell(at, rows["h"], f"h_{t}", h, scale=scale, size=(box, 46), look=look)
    source = canvas.circle(at, rows["x"], f"x_{t}", x, scale=scale, look=look)
    gap = 8.0 if back or cut else 0.0
    canvas.arrow(source, state, role="x", label="w_x" if names else "", look=look, label_side=-1)
    canvas.arrow(before, state, role="h", label="w_h" if names else "", aside=gap, look=look)
    arrived = back and dh is not None
    if arrived or cut:
        canvas.arrow(state, before, back=True, aside=gap, cut=cut, look=look)
    if has_y:
        output = canvas.circle(at, rows["y"], f"y_{t}", y, role="y", scale=scale, look=look)
        canvas.arrow(state, output, role="y", label="w_y" if names else "", aside=gap, look=look, label_side=-1)
        if arrived and (loss is not None):
            canvas.arrow(output, state, back=True, aside=gap, look=look)
        if loss is not None:
            target = canvas.loss(at, rows["loss"], "", loss, look=look)
            canvas.arrow(output, target, aside=gap, look=look)
            if arrived:
                canvas.arrow(target, output, back=True, aside=gap, look=look)
    if arrived:
        if has_y and loss is not None and later:
            right, high = state.right[0] - 3, state.top[1] + 3
            badge = f'<circle cx="{short(right)}" cy="{short(high)}" r="8"/>'
            canvas.add("plus", badge + words(right, high + 4.5, "+"), "g", look)
        text = f"$dh$ {number(dh)}"
        canvas.text(at + 7, rows["h"] + 40, text, role="g", anchor="start", look=look)
    return state


def network_loop(*, outputs: bool = True, weights: bool = True, alt: str, caption: str = "") -> Figure:
    """Draw the folded network: one cell whose state comes back to it a step later.

    Raises
    ------
    ValueError
        If `alt` is empty.

    Examples
    --------
    >>> network_loop(alt="A cell that feeds its state back to itself.").alt
    'A cell that feeds its state back to itself.'
    """
    rows = {"y": 26.0, "h": 104.0, "x": 184.0} if outputs else {"h": 60.0, "x": 140.0}
    canvas = Canvas(150, int(rows["x"] + 30))
    _loop(canvas, 62, rows, outputs, weights)
    return Figure(canvas, alt=alt, caption=caption)


def _loop(canvas: Canvas, x: float, rows: dict[str, float], has_y: bool, names: bool) -> None:
    """Draw one cell with its loop to the right."""
    state = canvas.cell(x, rows["h"], "h_t")
    source = canvas.circle(x, rows["x"], "x_t")
    canvas.arrow(source, state, role="x", label="w_x" if names else "", label_side=-1)
    if has_y:
        output = canvas.circle(x, rows["y"], "y_t", role="y")
        canvas.arrow(state, output, role="y", label="w_y" if names else "", label_side=-1)
    right, y = state.right[0], rows["h"]
    path = f'<path d="M{right:.0f},{y - 9:.0f} c44,-26 44,44 8,20"/>'
    tip = head(right, y + 8, -0.93, -0.36)
    canvas.add("loop", path + tip + (words(right + 46, y + 6, "w_h") if names else ""), "h")


def _unfold_arrow(canvas: Canvas, x1: float, x2: float, y: float, label: str) -> None:
    """Draw the broad arrow from the loop to its copies, with its words on two lines if they are long."""
    shaft = f'<path class="thick" d="M{short(x1)},{short(y)} H{short(x2 - 8)}"/>'
    canvas.add("unfold", shaft + head(x2, y, 1, 0, 13), "p")
    top, _, tail = label.partition(" ")
    canvas.text((x1 + x2) / 2, y - 12 - (16 if tail else 0), top, role="p")
    if tail:
        canvas.text((x1 + x2) / 2, y - 12, tail, role="p")


def largest(*groups: Sequence | None) -> float:
    """Return the largest size among the numbers given, 1 if there is none."""
    sizes = [
        float(np.max(np.abs(np.asarray(value, float))))
        for group in groups
        for value in (group if group is not None else [])
        if value is not None and not isinstance(value, str)
    ]
    return max(sizes, default=1.0) or 1.0


def cell_width(values: Sequence) -> float:
    """Return the width of a box in which every value has room."""
    return max([50.0, *(width(number(value), 14) + 14 for value in values if value is not None)])
