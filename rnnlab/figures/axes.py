"""Axes: from numbers to pixels, with few ticks, names and units."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from rnnlab.figures.canvas import Canvas, words
from rnnlab.figures.markup import short, width

WIDTH, HEIGHT = 380.0, 236.0
Range = tuple[float, float]


def finite(name: str, values: ArrayLike) -> np.ndarray:
    """Return the values as an array of floats, or say that one is not finite."""
    array = np.asarray(values, float)
    if array.size == 0:
        raise ValueError(f"{name} is empty, expected at least one number")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds a value that is not finite, expected finite numbers")
    return array


class Scale:
    """One axis: a range of numbers laid on a range of pixels, linearly or by logarithm."""

    def __init__(self, name: str, span: Range, pixels: Range, log: bool = False, whole: bool = False):
        low, high = float(span[0]), float(span[1])
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError(f"{name} runs from {low:g} to {high:g}, expected two finite numbers, the lower first")
        if log and low <= 0:
            raise ValueError(f"{name} has a logarithmic scale and begins at {low:g}, expected a positive number")
        self.low, self.high, self.pixels, self.log, self.whole = low, high, pixels, log, whole

    def __call__(self, value: ArrayLike, beyond: float = 0.0) -> np.ndarray:
        """Return pixels; what lies outside the range stays at its edge, or as many pixels beyond it."""
        array = np.asarray(value, float)
        if self.log:
            share = np.log(np.maximum(array, self.low * 1e-30) / self.low) / np.log(self.high / self.low)
        else:
            share = (array - self.low) / (self.high - self.low)
        first, last = self.pixels
        spare = beyond / abs(last - first)
        return first + np.clip(share, -spare, 1.0 + spare) * (last - first)

    def ticks(self, most: int) -> list[float]:
        """Return round numbers within the range, at most about `most` of them."""
        if self.log:
            first, last = int(np.ceil(np.log10(self.low) - 1e-9)), int(np.floor(np.log10(self.high) + 1e-9))
            every = max(1, int(np.ceil((last - first + 1) / most)))
            # At multiples of the step, so that 1 is among them where it lies within the range.
            found = [10.0**n for n in range(-(-first // every) * every, last + 1, every)]
            return found if len(found) > 1 else [v for n in range(first - 1, last + 1) for v in self._within(n)]
        raw = (self.high - self.low) / most
        unit = 10.0 ** np.floor(np.log10(raw))
        step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= raw * (1 - 1e-9))
        step = max(step, 1.0) if self.whole else step
        count = np.arange(np.ceil(self.low / step - 1e-9), np.floor(self.high / step + 1e-9) + 1)
        return [float(f"{n * step:.12g}") + 0.0 for n in count]  # + 0.0 turns -0.0 into 0.0

    def _within(self, n: int) -> list[float]:
        """Return 1, 2 and 5 times a power of ten, as far as they lie within the range."""
        return [m * 10.0**n for m in (1, 2, 5) if self.low <= m * 10.0**n <= self.high]


def tick_text(value: float) -> str:
    """Return the number at a tick: powers of ten as such where they would be long."""
    if value and (abs(value) >= 1e5 or abs(value) < 1e-3):
        exponent = int(np.floor(np.log10(abs(value)) + 1e-9))
        lead = value / 10.0**exponent
        return f"$10^{{{exponent}}}$" if abs(lead - 1) < 1e-6 else f"${lead:.2g}·10^{{{exponent}}}$"
    return f"{value:,.6g}".replace("-", "−")


class Axes:
    """A canvas with two axes.

    Parameters
    ----------
    across, up : str
        Names of the axes, with units.
    xlim, ylim : (low, high)
        Their ranges.
    log : str
        The axes with a logarithmic scale: "", "x", "y" or "xy".
    xticks : sequence of numbers, or mapping from number to text
        Where to write a number or a name below the axis; by default at a few round numbers.
    whole : bool
        Whether the numbers across are counts, so that no tick lies between two.
    foot : bool
        Whether to draw the lower line; without it, draw another, such as that of zero.
    clip : bool
        Whether lines may leave the ranges and are cut at the edge.
    margin : float
        The room to the right, for labels.
    size : (width, height)
        The size of the canvas.
    """

    def __init__(
        self,
        across: str,
        up: str,
        xlim: Range,
        ylim: Range,
        *,
        log: str = "",
        xticks: Sequence[float] | Mapping[float, str] | None = None,
        yticks: Sequence[float] | Mapping[float, str] | None = None,
        whole: bool = False,
        foot: bool = True,
        clip: bool = False,
        margin: float = 12.0,
        size: tuple[float, float] = (WIDTH, HEIGHT),
    ):
        if log not in ("", "x", "y", "xy"):
            raise ValueError(f"log is {log!r}, expected '', 'x', 'y' or 'xy'")
        self.canvas = Canvas(*size)
        top, bottom = 14.0 + (20 if up else 0), size[1] - (44 if across else 26)
        self.y = Scale("ylim", ylim, (bottom, top), "y" in log)
        y_marks = named(yticks, self.y, 5)
        left = max([26.0, *(width(text) + 12 for text in y_marks.values())])
        self.x = Scale("xlim", xlim, (left, size[0] - margin), "x" in log, whole)
        self.box = (left, top, size[0] - margin, bottom)
        x_marks = named(xticks, self.x, max(3, int((size[0] - margin - left) / 62)))
        self.clip = clip
        self._draw(x_marks, y_marks, across, up, foot)

    def _draw(self, x_marks: dict[float, str], y_marks: dict[float, str], across: str, up: str, foot: bool) -> None:
        """Draw the lines, the ticks and the names; the upward axis is named level, above its end."""
        left, top, right, bottom = self.box
        svg = f'<path class="a" d="M{short(left)},{short(top)} V{short(bottom)}{f" H{short(right)}" if foot else ""}"/>'
        for value, text in y_marks.items():
            y = float(self.y(value))
            svg += f'<path class="a" d="M{short(left - 4)},{short(y)} h4"/>' + words(left - 8, y + 4.5, text, "end")
        for value, text in x_marks.items():
            x = float(self.x(value))
            svg += f'<path class="a" d="M{short(x)},{short(bottom)} v4"/>' + words(x, bottom + 18, text)
        svg += words((left + right) / 2, bottom + 38, across) if across else ""
        svg += words(4, 14, up, "start") if up else ""
        self.canvas.add("axes", svg)

    def line(self, xs: ArrayLike, ys: ArrayLike, role: str = "ink", look: str = "") -> None:
        """Draw a line through points; `look` may be "dash", "thin" or "thick"."""
        beyond = 50.0 if self.clip else 0.0
        pixels = zip(self.x(xs, beyond), self.y(ys, beyond), strict=True)
        points = [f"{short(a)},{short(b)}" for a, b in pixels]
        mark = f' class="{look}"' if look else ""
        svg = f'<path{mark} d="M{" ".join(points)}"/>'
        if self.clip:
            left, top = short(self.box[0]), short(self.box[1])
            wide, high = short(self.box[2] - self.box[0]), short(self.box[3] - self.box[1])
            svg = (
                f'<svg x="{left}" y="{top}" width="{wide}" height="{high}" viewBox="{left} {top} {wide} {high}">'
                f"{svg}</svg>"
            )
        self.canvas.add("line", svg, role)

    def dots(self, xs: ArrayLike, ys: ArrayLike, role: str = "ink", radius: float = 3.5, opacity: float = 1.0) -> None:
        """Draw a dot at each point."""
        faint = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
        spots = "".join(
            f'<circle class="f" cx="{short(a)}" cy="{short(b)}" r="{radius:g}"{faint}/>'
            for a, b in zip(self.x(xs), self.y(ys), strict=True)
        )
        self.canvas.add("dots", spots, role)

    def baselines(self, levels: Mapping[str, float]) -> list[tuple[str, str, float]]:
        """Draw a dashed line at each level, and return what `labels` needs to name them."""
        left, _, right, _ = self.box
        for name, level in levels.items():
            y = float(self.y(finite(f"baseline {name!r}", level)))
            self.canvas.add("baseline", f'<path class="dash" d="M{short(left)},{short(y)} H{short(right)}"/>', "p")
        return [(name, "p", float(self.y(level))) for name, level in levels.items()]

    def labels(self, ends: Sequence[tuple[str, str, float]]) -> None:
        """Write names with their roles to the right of the axes, near their heights but apart from each other."""
        ends = [end for end in ends if end[0]]
        places = apart([y + 4.5 for _, _, y in ends], 16.0, (self.box[1] + 4, self.box[3] + 4))
        for (name, role, _), y in zip(ends, places, strict=True):
            self.canvas.text(self.box[2] + 6, y, name, role=role, anchor="start")


def margin(names: Iterable[str]) -> float:
    """Return the room that names to the right of the axes need."""
    return 10.0 + max([2.0, *(width(name) for name in names if name)])


def named(marks: Sequence[float] | Mapping[float, str] | None, scale: Scale, most: int) -> dict[float, str]:
    """Return the text at each tick."""
    if isinstance(marks, Mapping):
        return {float(value): str(text) for value, text in marks.items()}
    values = [float(v) for v in (scale.ticks(most) if marks is None else marks)]
    powers = scale.log and len(values) > 1 and (max(values) >= 1e4 or min(values) < 1e-2)
    return {v: f"$10^{{{round(np.log10(v))}}}$" if powers and marks is None else tick_text(v) for v in values}


def limits(values: ArrayLike, log: bool = False, zero: bool = False, spare: float = 0.04) -> Range:
    """Return a range that holds all values with a little room, and zero if asked."""
    array = finite("the values", values)
    if log:
        array = array[array > 0]
        if not array.size:
            raise ValueError("no value is positive, expected one on a logarithmic scale")
        low, high = float(array.min()), float(array.max())
        return (low / 1.3, high * 1.3) if high / low < 1e3 else (low / 2, high * 2)
    low, high = float(array.min()), float(array.max())
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    extra = (high - low) * spare or 0.5
    return low - (0 if zero and low == 0 else extra), high + (0 if zero and high == 0 else extra)


def apart(places: Sequence[float], gap: float, within: Range) -> list[float]:
    """Return the places moved as little as needed to lie `gap` apart, in their order, within a range."""
    order = np.argsort(places, kind="stable")
    moved = [float(places[i]) for i in order]
    for _ in range(60):
        for i in range(len(moved) - 1):
            overlap = gap - (moved[i + 1] - moved[i])
            if overlap > 0:
                moved[i] -= overlap / 2
                moved[i + 1] += overlap / 2
        moved = [min(max(place, within[0]), within[1]) for place in moved]
    out = [0.0] * len(moved)
    for place, i in zip(moved, order, strict=True):
        out[i] = place
    return out
