"""A surface to draw on: nodes, arrows, valves, rails, text, in the one style of the book."""

from dataclasses import dataclass
from html import escape

import numpy as np

from rnnlab.figures.markup import number, short, svg_text, symbol

ROLES = ("x", "h", "y", "g", "c", "p", "ink", "neg", "pos")
WRITTEN = 0.44  # the same in a table of numbers, where only the number is written
SHADE = 0.22  # the opacity of the largest value: symbol and number on it keep 4.5:1 in both modes


@dataclass(frozen=True)
class Node:
    """Where a node is: its centre, half its width and height, and whether its outline is round."""

    x: float
    y: float
    half_width: float
    half_height: float
    round: bool = False

    @property
    def left(self) -> tuple[float, float]:
        """The middle of the left side."""
        return self.x - self.half_width, self.y

    @property
    def right(self) -> tuple[float, float]:
        """The middle of the right side."""
        return self.x + self.half_width, self.y

    @property
    def top(self) -> tuple[float, float]:
        """The middle of the upper side."""
        return self.x, self.y - self.half_height

    @property
    def bottom(self) -> tuple[float, float]:
        """The middle of the lower side."""
        return self.x, self.y + self.half_height

    def edge(self, towards: tuple[float, float], aside: float = 0.0) -> tuple[float, float]:
        """Return where a line from the centre, moved `aside` to its left, crosses the outline."""
        dx, dy = towards[0] - self.x, towards[1] - self.y
        length = float(np.hypot(dx, dy)) or 1.0
        ux, uy = dx / length, dy / length
        ox, oy = uy * aside, -ux * aside
        if self.round:
            reach = float(np.sqrt(max(self.half_width**2 - aside**2, 0.0)))
        else:
            across = (self.half_width - np.sign(ux) * ox) / abs(ux) if abs(ux) > 1e-9 else np.inf
            along = (self.half_height - np.sign(uy) * oy) / abs(uy) if abs(uy) > 1e-9 else np.inf
            reach = float(min(across, along))
        return self.x + ox + ux * reach, self.y + oy + uy * reach


Place = Node | tuple[float, float]


class Canvas:
    """An SVG drawing, built part by part; what is added later lies on top.

    Parameters
    ----------
    width, height : float
        The size in pixels. Up to 383 wide, the drawing fits a phone with its text at 12 pixels or more; a wider one
        scrolls there.

    Raises
    ------
    ValueError
        If the size is not positive and finite.

    Examples
    --------
    >>> canvas = Canvas(200, 60)
    >>> x, h = canvas.circle(40, 30, "x_t"), canvas.cell(140, 30, "h_t", 0.5)
    >>> canvas.arrow(x, h, role="x", label="w_x")
    >>> len(canvas.parts)
    3
    """

    def __init__(self, width: float, height: float):
        if not (0 < width < 5000 and 0 < height < 5000):
            raise ValueError(f"the size is {width} × {height}, expected positive numbers below 5000")
        self.width, self.height = width, height
        self.parts: list[tuple[str, str]] = []

    def svg(self, alt: str) -> str:
        """Return the drawing as one SVG element with a text alternative."""
        return self.opening(alt) + "".join(part for _, part in self.parts) + self.closing()

    def opening(self, alt: str) -> str:
        """Return the start tag: the drawing grows with its column up to a fifth, and never shrinks below legibility."""
        rest = "".join(f' {name}="{value}"' for name, value in self.attributes().items())
        return f'<svg class="rf-svg" role="img" aria-label="{escape(alt)}"{rest}>'

    def attributes(self) -> dict[str, str]:
        """Return the attributes that give the drawing its size."""
        least = f"min-width:{short(self.width)}px;" if self.width > 383 else ""
        box = f"0 0 {short(self.width)} {short(self.height)}"
        return {"viewBox": box, "width": short(self.width * 1.2), "style": f"{least}max-width:100%"}

    def closing(self) -> str:
        """Return the end tag."""
        return "</svg>"

    def add(self, kind: str, svg: str, role: str = "", look: str = "") -> None:
        """Add a part of your own; `kind` names what it is, so that an interactive figure finds it again."""
        if role and role not in ROLES:
            raise ValueError(f"role is {role!r}, expected one of {', '.join(ROLES)}")
        names = " ".join(name for name in (f"rf-{role}" if role and role != "ink" else "", look) if name)
        self.parts.append((kind, f'<g class="{names}">{svg}</g>' if names else f"<g>{svg}</g>"))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        role: str = "ink",
        anchor: str = "middle",
        size: str = "",
        look: str = "",
    ) -> None:
        """Write text; `anchor` is start, middle or end, `size` "" or "t" (title), `look` as for `cell`."""
        self.add("text", words(x, y, text, anchor, size), role, look)

    def cell(
        self,
        x: float,
        y: float,
        label: str = "",
        value: object = None,
        *,
        role: str = "h",
        scale: float = 1.0,
        size: tuple[float, float] = (50, 46),
        look: str = "",
    ) -> Node:
        """Draw a state: a rounded box with its symbol, and its value shaded by its size over ``scale``.

        `look` is "" or "ghost" (a copy), "dim" (unlit).
        """
        node = Node(x, y, size[0] / 2, size[1] / 2)
        place = f'x="{short(x - size[0] / 2)}" y="{short(y - size[1] / 2)}" width="{short(size[0])}" '
        self._node("cell", "rect", place + f'height="{short(size[1])}" rx="8"', node, label, value, role, scale, look)
        return node

    def circle(
        self,
        x: float,
        y: float,
        label: str = "",
        value: object = None,
        *,
        role: str = "x",
        scale: float = 1.0,
        radius: float = 23,
        look: str = "",
    ) -> Node:
        """Draw an input or an output: a circle, otherwise as `cell`."""
        node = Node(x, y, radius, radius, round=True)
        place = f'cx="{short(x)}" cy="{short(y)}" r="{short(radius)}"'
        self._node("circle", "circle", place, node, label, value, role, scale, look)
        return node

    def _node(
        self,
        kind: str,
        tag: str,
        place: str,
        node: Node,
        label: str,
        value: object,
        role: str,
        scale: float,
        look: str,
    ) -> None:
        """Add a shape with what is written in it: the symbol alone in the middle, or above its value."""
        svg, label = f"<{tag} {place}/>", symbol(label)
        if value is None:
            self.add(kind, svg + (words(node.x, node.y + 5, label, size="t") if label else ""), role, look)
            return
        svg += f'<{tag} {place} class="f" fill-opacity="{shade(value, scale):.2f}"/>'
        if label:
            svg += words(node.x, node.y - 5, label)
        svg += f'<text class="v" x="{short(node.x)}" y="{short(node.y + (14 if label else 5))}">{number(value)}</text>'
        self.add(kind + "=", svg, role, look)

    def loss(self, x: float, y: float, label: str = "", value: object = None, *, look: str = "") -> Node:
        """Draw a loss: a small triangle, with its label and value to the right."""
        corners = f"{short(x)},{short(y - 11)} {short(x + 12)},{short(y + 9)} {short(x - 12)},{short(y + 9)}"
        said = label if value is None else f"{number(value)}" if not label else f"${label}$ = {number(value)}"
        self.add("loss", f'<polygon points="{corners}"/>' + words(x + 15, y + 6, said, "start"), "ink", look)
        return Node(x, y, 10, 9)

    def operation(self, x: float, y: float, sign: str = "+", *, role: str = "ink", look: str = "") -> Node:
        """Draw a small circle with a sign, such as + where two lines meet or × where one scales another."""
        svg = f'<circle cx="{short(x)}" cy="{short(y)}" r="11"/>' + words(x, y + 5, sign)
        self.add("operation", svg, role, look)
        return Node(x, y, 11, 11, round=True)

    def valve(
        self, x: float, y: float, openness: float, label: str = "", *, value: bool = True, look: str = ""
    ) -> Node:
        """Draw a gate on the line that it multiplies: filled up to its openness, 0 to 1, its letter inside."""
        if not 0 <= openness <= 1:
            raise ValueError(f"openness is {openness}, expected 0 to 1")
        radius = 15.0
        level = radius * (1 - 2 * openness)
        half = float(np.sqrt(max(radius**2 - level**2, 0.0)))
        water = (
            f"M{short(x - half)},{short(y + level)} A15,15 0 {int(openness > 0.5)} 0 {short(x + half)},"
            f"{short(y + level)} Z"
            if openness < 1
            else f"M{short(x - 15)},{short(y)} a15,15 0 1 0 30,0 a15,15 0 1 0 -30,0 Z"
        )
        svg = f'<circle cx="{short(x)}" cy="{short(y)}" r="15"/><path class="f" fill-opacity=".3" d="{water}"/>'
        svg += words(x, y + 5, symbol(label), size="t") if label else ""
        svg += f'<text x="{short(x + 19)}" y="{short(y - 10)}" class="b">{number(openness)}</text>' if value else ""
        self.add("valve", svg, "ink", look)
        return Node(x, y, radius, radius, round=True)

    def bar(self, x: float, y: float, *, height: float = 34, label: str = "", look: str = "") -> None:
        """Draw the bar that stands for a state set back to its start."""
        svg = (
            f'<path class="thick" d="M{short(x - 3)},{short(y - height / 2)} v{short(height)} m6,0 v{short(-height)}"/>'
        )
        self.add("bar", svg + (words(x, y - height / 2 - 6, label) if label else ""), "ink", look)

    def rail(self, x1: float, y: float, x2: float, *, role: str = "c", look: str = "") -> None:
        """Draw a stretch of the double rail on which a cell state c travels, left to right."""
        svg = f'<path d="M{short(x1)},{short(y - 2.5)} H{short(x2)} M{short(x1)},{short(y + 2.5)} H{short(x2)}"/>'
        self.add("rail", svg, role, look)

    def arrow(
        self,
        start: Place,
        end: Place,
        *,
        role: str = "ink",
        label: str = "",
        back: bool = False,
        cut: bool = False,
        aside: float = 0.0,
        bend: float = 0.0,
        label_side: int = 1,
        look: str = "",
    ) -> None:
        """Draw an arrow between nodes or points, from outline to outline.

        Parameters
        ----------
        start, end : Node or (x, y)
            Where it begins and where its tip is.
        role : str
            Whose colour it has; a backward arrow (`back`) is dashed and takes the gradient's.
        label : str
            What it stands for, written beside its middle: above or to the right, or opposite with `label_side` -1.
        cut : bool
            Mark it with scissors: nothing passes.
        aside : float
            Move it to its left by so many pixels, so that a forward and a backward arrow run side by side.
        bend : float
            Bow it out to its left by so many pixels.
        """
        role = "g" if back and role == "ink" else role
        (x1, y1), (x2, y2) = ends(start, end, aside)
        dx, dy = x2 - x1, y2 - y1
        length = float(np.hypot(dx, dy)) or 1.0
        ux, uy = dx / length, dy / length
        middle = ((x1 + x2) / 2 + uy * bend, (y1 + y2) / 2 - ux * bend)
        knee = ((x1 + x2) / 2 + 2 * uy * bend, (y1 + y2) / 2 - 2 * ux * bend)
        tx, ty = (x2 - knee[0], y2 - knee[1]) if bend else (dx, dy)
        turn = float(np.hypot(tx, ty)) or 1.0
        tx, ty = tx / turn, ty / turn
        neck = f"{short(x2 - 7 * tx)},{short(y2 - 7 * ty)}"
        line = f"Q{short(knee[0])},{short(knee[1])} {neck}" if bend else f"L{neck}"
        svg = f'<path d="M{short(x1)},{short(y1)} {line}"{" class=" + chr(34) + "back" + chr(34) if back else ""}/>'
        svg += head(x2, y2, tx, ty)
        if cut:
            svg += scissors(*middle)
        if label:
            # Beside a level line the label stands above or below it, beside an upright one to its right or left.
            level = abs(ux) > abs(uy)
            gap = 8.0 if level else 7.0
            lx = middle[0] + (0 if level else gap * label_side)
            ly = middle[1] + ((-gap if label_side > 0 else gap + 10) if level else 5)
            anchor = "middle" if level else "start" if label_side > 0 else "end"
            svg += words(lx, ly, symbol(label), anchor)
        self.add("back" if back else "arrow", svg, role, look)


def ends(start: Place, end: Place, aside: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the first and the last point of an arrow, on the outlines of its nodes."""
    a = (start.x, start.y) if isinstance(start, Node) else start
    b = (end.x, end.y) if isinstance(end, Node) else end
    length = float(np.hypot(b[0] - a[0], b[1] - a[1])) or 1.0
    ox, oy = (b[1] - a[1]) / length * aside, -(b[0] - a[0]) / length * aside
    first = start.edge(b, aside) if isinstance(start, Node) else (a[0] + ox, a[1] + oy)
    last = end.edge(a, -aside) if isinstance(end, Node) else (b[0] + ox, b[1] + oy)
    return first, last


def words(x: float, y: float, text: str, anchor: str = "middle", size: str = "") -> str:
    """Return an SVG text element; its class says where it is anchored and how large it is."""
    names = " ".join(name for name in ({"start": "b", "middle": "", "end": "e"}[anchor], size) if name)
    mark = f' class="{names}"' if names else ""
    return f'<text{mark} x="{short(x)}" y="{short(y)}">{svg_text(text)}</text>'


def head(x: float, y: float, ux: float, uy: float, size: float = 9.0) -> str:
    """Return the tip of an arrow that arrives at (x, y) in the direction (ux, uy)."""
    bx, by, half = x - size * ux, y - size * uy, size * 0.46
    corners = [(x, y), (bx - uy * half, by + ux * half), (bx + uy * half, by - ux * half)]
    return f'<polygon class="f" points="{" ".join(f"{short(a)},{short(b)}" for a, b in corners)}"/>'


def scissors(x: float, y: float) -> str:
    """Return a pair of open scissors across a line at (x, y)."""
    x, y = round(x, 1), round(y, 1)
    tips = "".join(f"M{short(x - d)},{short(y + 7)} L{short(x + d * 0.85)},{short(y - 11)}" for d in (6, -6))
    rings = "".join(f'<circle class="l" cx="{short(x + d)}" cy="{short(y + 10)}" r="3.4"/>' for d in (-7.5, 7.5))
    return f'<circle class="q" cx="{short(x)}" cy="{short(y)}" r="10"/><g class="rf-ink"><path d="{tips}"/>{rings}</g>'


def shade(value: object, scale: float) -> float:
    """Return the opacity that stands for the size of a value; a text has none, a vector that of its largest entry."""
    if isinstance(value, str) or not scale:
        return 0.0
    size = float(np.max(np.abs(np.asarray(value, float))))
    return SHADE * min(size / scale, 1.0)
