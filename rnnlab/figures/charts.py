"""Plots of numbers: curves, stems, bars, clouds, cobwebs."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from rnnlab.figures.axes import HEIGHT, WIDTH, Axes, Range, finite, limits, margin
from rnnlab.figures.canvas import words
from rnnlab.figures.frame import Figure
from rnnlab.figures.markup import number, short

ORDER = ("h", "x", "y", "g", "c", "ink")
LOOKS = ("", "dash", "dots", "", "dash", "dots")
Ticks = Sequence[float] | Mapping[float, str] | None


def curves(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    across: str,
    up: str,
    baselines: Mapping[str, float] | None = None,
    roles: Mapping[str, str] | None = None,
    dashed: Sequence[str] = (),
    dots: bool = False,
    log: str = "",
    xlim: Range | None = None,
    ylim: Range | None = None,
    xticks: Ticks = None,
    yticks: Ticks = None,
    size: tuple[float, float] = (WIDTH, HEIGHT),
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw curves, each named at its right end, over dashed baselines.

    Parameters
    ----------
    x : (N,) array
        The positions.
    lines : mapping from name to (N,) or (S, N) array
        What to draw: one curve, or one for each of S seeds, thin, with their median thick. An empty name is not
        written.
    across, up : str
        Names of the axes, with units.
    baselines : mapping from name to number
        Levels to compare with, such as exact floors.
    roles : mapping from name to role
        Colours; by default h, x, y, g, c, ink in turn.
    dashed : sequence of names
        The curves to dash, such as predictions.
    dots : bool
        Whether to mark the points.
    log : str
        The axes with a logarithmic scale: "", "x", "y" or "xy".
    xlim, ylim : (low, high)
        Ranges; set them where the frames of an interactive figure must share theirs.

    Raises
    ------
    ValueError
        If a curve does not have N values, or one is not finite, or not positive where the scale is logarithmic.

    Examples
    --------
    >>> curves([1, 2], {"tanh": [1.0, 0.5, 0.2]}, across="step", up="loss", alt="It falls.")
    Traceback (most recent call last):
    ValueError: line 'tanh' has 3 values, expected 2, one for each x
    """
    xs = finite("x", x)
    data = {name: np.atleast_2d(finite(f"line {name!r}", line)) for name, line in lines.items()}
    for name, rows in data.items():
        if rows.shape[1] != len(xs):
            raise ValueError(f"line {name!r} has {rows.shape[1]} values, expected {len(xs)}, one for each x")
        if "y" in log and (rows <= 0).any() and ylim is None:
            raise ValueError(f"line {name!r} holds a value that is not positive; a logarithmic scale needs ylim then")
    levels = list((baselines or {}).values())
    everything = np.concatenate([*(rows.ravel() for rows in data.values()), np.asarray(levels, float)])
    axes = Axes(
        across, up,
        xlim or ((xs.min(), xs.max()) if xs.min() < xs.max() else limits(xs)),
        ylim or limits(everything, "y" in log),
        log=log, xticks=xticks, yticks=yticks, clip=xlim is not None or ylim is not None,
        margin=margin([*data, *(baselines or {})]), size=size,
    )  # fmt: skip
    ends = axes.baselines(baselines or {})
    for i, (name, rows) in enumerate(data.items()):
        role = (roles or {}).get(name, ORDER[i % len(ORDER)])
        for row in rows if len(rows) > 1 else ():
            axes.line(xs, row, role, "thin")
        middle = np.median(rows, axis=0)
        axes.line(xs, middle, role, "dash" if name in dashed else "thick" if len(rows) > 1 else "")
        if dots:
            axes.dots(xs, middle, role)
        ends.append((name, role, float(axes.y(middle[-1]))))
    axes.labels(ends)
    return Figure(axes.canvas, alt=alt, caption=caption, question=question)


def stems(
    values: ArrayLike,
    *,
    across: str,
    up: str,
    first: int = 0,
    role: str = "h",
    baselines: Mapping[str, float] | None = None,
    ylim: Range | None = None,
    xticks: Ticks = None,
    size: tuple[float, float] = (WIDTH, HEIGHT),
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw a sequence as stems that stand on zero.

    Parameters
    ----------
    values : (N,) array
        The sequence.
    first : int
        The number of the leftmost stem.

    Raises
    ------
    ValueError
        If a value is not finite.

    Examples
    --------
    >>> stems([1, float("nan")], across="step t", up="state h", alt="An echo.")
    Traceback (most recent call last):
    ValueError: values holds a value that is not finite, expected finite numbers
    """
    heights = np.atleast_1d(finite("values", values))
    xs = first + np.arange(len(heights))
    levels = list((baselines or {}).values())
    span = ylim or limits([*heights, *levels], zero=True)
    axes = Axes(
        across,
        up,
        (xs[0] - 0.6, xs[-1] + 0.6),
        span,
        xticks=xticks,
        whole=True,
        foot=False,
        margin=margin(baselines or {}),
        size=size,
    )
    axes.labels(axes.baselines(baselines or {}))
    floor = float(axes.y(0.0))
    axes.canvas.add("zero", f'<path class="a" d="M{short(axes.box[0])},{short(floor)} H{short(axes.box[2])}"/>')
    marks = "".join(
        f'<path d="M{short(a)},{short(floor)} V{short(b)}"/><circle class="f" cx="{short(a)}" cy="{short(b)}" r="3.5"/>'
        for a, b in zip(axes.x(xs), axes.y(heights), strict=True)
    )
    axes.canvas.add("stems", marks, role)
    return Figure(axes.canvas, alt=alt, caption=caption, question=question)


def bars(
    values: Mapping[str, ArrayLike],
    *,
    up: str,
    across: str = "",
    baselines: Mapping[str, float] | None = None,
    roles: Mapping[str, str] | None = None,
    ranges: Mapping[str, Range] | None = None,
    write: bool = True,
    log: str = "",
    ylim: Range | None = None,
    size: tuple[float, float] = (WIDTH, HEIGHT),
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw a bar for each name; several numbers become dots, one a seed, over a bar up to their median.

    Parameters
    ----------
    values : mapping from name to number or (S,) array
        The bars, left to right. A name with a line break takes two lines.
    baselines : mapping from name to number
        Levels to compare with.
    ranges : mapping from name to (low, high)
        Error bars.
    write : bool
        Whether to write the number above the bar.

    Raises
    ------
    ValueError
        If a value is not finite.

    Examples
    --------
    >>> bars({"k = 1": [392, 369, 489], "k = 3": [354, 315, 366]}, up="squared error", alt="k = 3 errs less.").alt
    'k = 3 errs less.'
    """
    data = {name: np.atleast_1d(finite(f"bar {name!r}", value)) for name, value in values.items()}
    levels = list((baselines or {}).values())
    extents = [end for pair in (ranges or {}).values() for end in pair]
    everything = np.concatenate([*data.values(), np.asarray([*levels, *extents], float)])
    span = ylim or (limits(everything, True) if log else limits(everything, zero=True, spare=0.16))
    axes = Axes(
        across, up, (-0.5, len(data) - 0.5), span,
        log="y" if log else "", xticks={}, foot=False, margin=margin(baselines or {}), size=size,
    )  # fmt: skip
    axes.labels(axes.baselines(baselines or {}))
    left, _, right, bottom = axes.box
    floor = bottom if log else float(axes.y(max(min(0.0, span[1]), span[0])))
    half = min(22.0, (right - left) / len(data) * 0.32)
    for i, (name, several) in enumerate(data.items()):
        _bar(axes, i, several, floor, half, (ranges or {}).get(name), (roles or {}).get(name, "h"), write)
        for j, line in enumerate(name.split("\n")):
            axes.canvas.add("name", words(float(axes.x(i)), bottom + 18 + 16 * j, line))
    axes.canvas.add("zero", f'<path class="a" d="M{short(left)},{short(floor)} H{short(right)}"/>')
    return Figure(axes.canvas, alt=alt, caption=caption, question=question)


def _bar(
    axes: Axes, i: int, several: np.ndarray, floor: float, half: float, ends: Range | None, role: str, write: bool
) -> None:
    """Draw one bar from the floor up to the median, with a dot a seed, its error bar and its number."""
    at, middle = float(axes.x(i)), float(np.median(several))
    top = highest = float(axes.y(middle))
    svg = (
        f'<rect x="{short(at - half)}" y="{short(min(top, floor))}" width="{short(2 * half)}" '
        f'height="{short(abs(floor - top))}" style="fill:var(--r)" fill-opacity=".28"/>'
    )
    if len(several) > 1:
        spread = np.linspace(-0.6, 0.6, len(several)) * half
        heights = axes.y(several)
        highest = min(top, float(heights.min()))
        svg += "".join(
            f'<circle class="f" cx="{short(at + dx)}" cy="{short(y)}" r="2.8"/>'
            for dx, y in zip(spread, heights, strict=True)
        )
    if ends is not None:
        low, high = (float(y) for y in axes.y(np.asarray(ends, float)))
        highest = min(highest, high)
        svg += f'<path d="M{short(at)},{short(low)} V{short(high)} M{short(at - 6)},{short(low)} h12"/>'
        svg += f'<path d="M{short(at - 6)},{short(high)} h12"/>'
    if write:
        place = highest - 7 if middle >= 0 else top + 16
        svg += f'<text class="v" x="{short(at)}" y="{short(place)}">{number(middle)}</text>'
    axes.canvas.add("bar", svg, role)


def cloud(
    x: ArrayLike,
    y: ArrayLike,
    *,
    across: str,
    up: str,
    role: str = "x",
    diagonal: bool = False,
    line: tuple[float, float] | None = None,
    log: str = "",
    xlim: Range | None = None,
    ylim: Range | None = None,
    size: tuple[float, float] = (320.0, 300.0),
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw a cloud of points, with the diagonal y = x or a line (slope, constant) to compare with.

    Raises
    ------
    ValueError
        If x and y differ in length or a value is not finite.

    Examples
    --------
    >>> cloud([1, 2], [1], across="now", up="next", alt="A cloud.")
    Traceback (most recent call last):
    ValueError: y has 1 values, expected 2, one for each x
    """
    xs, ys = finite("x", x), finite("y", y)
    if len(xs) != len(ys):
        raise ValueError(f"y has {len(ys)} values, expected {len(xs)}, one for each x")
    axes = Axes(across, up, xlim or limits(xs, "x" in log), ylim or limits(ys, "y" in log), log=log, size=size)
    if diagonal:
        ends = np.array([max(axes.x.low, axes.y.low), min(axes.x.high, axes.y.high)])
        axes.line(ends, ends, "p", "dash")
    axes.dots(xs, ys, role, 3.0, 0.55)
    if line is not None:
        ends = np.array([axes.x.low, axes.x.high])
        axes.line(ends, line[0] * ends + line[1], "h")
    return Figure(axes.canvas, alt=alt, caption=caption, question=question)


def cobweb(
    f: Callable[[np.ndarray], np.ndarray],
    start: float,
    steps: int = 20,
    *,
    span: Range = (-1.5, 1.5),
    resting: Sequence[float] = (),
    across: str = "$h_{t-1}$",
    up: str = "$h_t$",
    role: str = "h",
    size: tuple[float, float] = (320.0, 300.0),
    alt: str,
    caption: str = "",
    question: str = "",
) -> Figure:
    """Draw a state fed back through f: up to the curve, across to the diagonal, and again.

    Parameters
    ----------
    f : callable
        From an array of states to the next states.
    start : float
        Where the walk begins.
    resting : sequence of float
        The resting points to mark with rings.

    Raises
    ------
    ValueError
        If f returns a value that is not finite.

    Examples
    --------
    >>> figure = cobweb(lambda h: np.tanh(1.5 * h), 0.1, resting=[-0.859, 0, 0.859], alt="The walk ends at 0.859.")
    """
    axes = Axes(across, up, span, span, size=size)
    grid = np.linspace(*span, 61)
    axes.line(grid, grid, "p", "dash")
    axes.line(grid, finite("f", f(grid)), role, "thick")
    walk = [(start, 0.0 if span[0] <= 0 <= span[1] else span[0])]
    h = float(start)
    for _ in range(steps):
        after = float(finite("f", f(np.array([h])))[0])
        walk += [(h, after), (after, after)]
        h = after
    xs, ys = np.array(walk).T
    axes.line(xs, ys, "x", "web")
    axes.dots([start], [walk[0][1]], "x", 4.5)
    for point in resting:
        a, b = float(axes.x(point)), float(axes.y(point))
        axes.canvas.add("ring", f'<circle class="l" cx="{short(a)}" cy="{short(b)}" r="6.5" stroke-width="2.5"/>')
    return Figure(axes.canvas, alt=alt, caption=caption, question=question)
