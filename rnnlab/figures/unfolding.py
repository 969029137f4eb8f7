"""A recurrent layer as a loop and, beside it, as k copies of one cell, with a slider for k."""

from collections.abc import Sequence

from rnnlab.figures.frame import Figure, frame, slider, symbol

PITCH, TOP, MIDDLE, BOTTOM = 62, 30, 122, 214
LEFT = 24
HEIGHT = 244


def unfolding(facts: Sequence[str], k: int = 4) -> Figure:
    """Draw the feedback loop and its unfolding for 1 to ``len(facts)`` steps.

    Parameters
    ----------
    facts : sequence of str
        What to say below the drawing at k = 1, 2, ...: the numbers that the caller computed for that k.
    k : int
        The number of steps drawn first, and the only drawing where no script runs.

    Returns
    -------
    figure : Figure
        Shown by a notebook as it is.

    Raises
    ------
    ValueError
        If `k` is not a number of steps that `facts` speaks of.

    Examples
    --------
    >>> unfolding(["one copy", "two copies"], k=3)
    Traceback (most recent call last):
    ValueError: k is 3, expected 1 to 2, the number of facts
    """
    if not 1 <= k <= len(facts):
        raise ValueError(f"k is {k}, expected 1 to {len(facts)}, the number of facts")
    steps = "".join(_step(t, shown=t <= k) for t in range(1, len(facts) + 1))
    drawing = (
        '<div class="rf-row">'
        f'<svg class="rf-loop" role="img" width="116" height="{HEIGHT}" viewBox="0 0 116 {HEIGHT}" '
        'aria-label="The loop: x t enters a cell through w x, the cell feeds its state back to itself '
        f'through w h, and y t leaves it through w y.">{_loop()}</svg>'
        '<div class="rf-scroll">'
        f'<svg role="group" height="{HEIGHT}" width="{width(k)}" viewBox="0 0 {width(k)} {HEIGHT}" '
        'aria-label="The same cell once per step: each copy reads its own x and the state of the copy to its left.">'
        f"{_node('h', 0, LEFT, MIDDLE)}{steps}</svg></div></div>"
    )
    caption = (
        "First the loop, then the same layer unfolded for k steps: all arrows of one colour are the same matrix. "
        "Point at a step, or reach it with the Tab key, to light every path that ends in its output; Enter keeps it "
        "lit. The biases, one set as well, are not drawn."
    )
    control = slider("<i>k</i>", [str(n) for n in range(1, len(facts) + 1)], k - 1)
    data = {"facts": list(facts), "widths": [width(n) for n in range(1, len(facts) + 1)]}
    return frame("unfolding", control, drawing, facts[k - 1], caption, data)


def width(k: int) -> int:
    """Return the width in pixels of the drawing of k steps."""
    return LEFT + PITCH * k + 26


def _step(t: int, shown: bool) -> str:
    """Return the copy that reads x_t: its three arrows first, so that the nodes cover their ends."""
    x = LEFT + PITCH * t
    arrows = (
        _arrow("w-h", x - PITCH + 19, MIDDLE, x - 21, MIDDLE, symbol("w", "h"), x - PITCH / 2, MIDDLE - 24)
        + _arrow("w-x", x, BOTTOM - 17, x, MIDDLE + 19, symbol("w", "x"), x + 14, MIDDLE + 48)
        + _arrow("w-y", x, MIDDLE - 17, x, TOP + 19, symbol("w", "y"), x + 14, TOP + 46)
    )
    nodes = _node("x", t, x, BOTTOM) + _node("h", t, x, MIDDLE) + _node("y", t, x, TOP)
    hidden = "" if shown else ' style="display:none"'
    # The button lies over the drawing and holds no text: a name has to contain every letter that a button shows.
    touch = (
        f'<rect class="rf-touch" x="{x - 22}" y="6" width="44" height="{HEIGHT - 12}" rx="8" '
        f'tabindex="0" role="button" aria-pressed="false" aria-label="Step {t}: light the paths to y {t}"/>'
    )
    return f'<g class="rf-step" data-step="{t}"{hidden}>{arrows}{nodes}{touch}</g>'


def _loop() -> str:
    """Return the folded network: one cell whose state comes back to it one step later."""
    x = 44
    back = f"M{x + 18},{MIDDLE - 4} C{x + 74},{MIDDLE - 8} {x + 11},{MIDDLE - 94} {x + 11},{MIDDLE - 22}"
    return (
        f'<g class="w-h"><path d="{back}"/>{_head("w-h", x + 11, MIDDLE - 30, x + 11, MIDDLE - 18)}'
        f'<text x="{x + 55}" y="{MIDDLE - 30}">{symbol("w", "h")}</text></g>'
        + _arrow("w-x", x, BOTTOM - 17, x, MIDDLE + 19, symbol("w", "x"), x + 14, MIDDLE + 48)
        + _arrow("w-y", x, MIDDLE - 17, x, TOP + 19, symbol("w", "y"), x - 14, TOP + 46)
        + "".join(_node(letter, "t", x, y) for letter, y in (("x", BOTTOM), ("h", MIDDLE), ("y", TOP)))
    )


def _node(letter: str, subscript: object, x: float, y: float) -> str:
    """Return a state as a box, an input or an output as a circle, with its symbol inside."""
    shape = (
        f'<rect x="{x - 18}" y="{y - 17}" width="36" height="34" rx="7"/>'
        if letter == "h"
        else f'<circle cx="{x}" cy="{y}" r="16"/>'
    )
    text = f'<text x="{x}" y="{y + 4}">{symbol(letter, subscript)}</text>'
    return f'<g class="rf-node rf-{letter}">{shape}{text}</g>'


def _arrow(weight: str, x1: float, y1: float, x2: float, y2: float, label: str, x: float, y: float) -> str:
    """Return a straight arrow that stands for a weight matrix, and its label at (x, y)."""
    line = f'<path d="M{x1},{y1} L{x2},{y2}"/>{_head(weight, x1, y1, x2, y2)}'
    return f'<g class="rf-arrow {weight}">{line}<text x="{x}" y="{y}">{label}</text></g>'


def _head(weight: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the tip of an upright or level arrow that comes from (x1, y1)."""
    dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
    corners = [(x2, y2), (x2 - 7 * dx - 4 * dy, y2 - 7 * dy - 4 * dx), (x2 - 7 * dx + 4 * dy, y2 - 7 * dy + 4 * dx)]
    return f'<polygon class="{weight}" points="{" ".join(f"{a},{b}" for a, b in corners)}"/>'
