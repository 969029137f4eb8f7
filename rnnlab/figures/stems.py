"""A sequence drawn as stems, one picture per position of a slider."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from rnnlab.figures.frame import Figure, frame, slider

WIDTH, HEIGHT = 440, 230
LEFT, RIGHT, TOP, BOTTOM = 48, 430, 16, 188


def stems(
    label: str,
    positions: Sequence[str],
    heights: ArrayLike,
    said: Sequence[str],
    *,
    across: str,
    up: str,
    caption: str,
    start: int = 0,
    first: int = 0,
) -> Figure:
    """Draw one of several sequences, chosen with a slider.

    Parameters
    ----------
    label : str
        What the slider changes, as HTML.
    positions : sequence of str
        The slider's value at each of its N positions.
    heights : (N, P) array
        The sequence to draw at each position.
    said : sequence of str
        What to say below the drawing at each position.
    across, up : str
        Names of the axes.
    caption : str
        The caption, as HTML.
    start : int
        The position drawn first, and the only one where no script runs.
    first : int
        The number of the leftmost stem.

    Returns
    -------
    figure : Figure
        Shown by a notebook as it is.

    Raises
    ------
    ValueError
        If `positions`, `heights` and `said` do not speak of equally many positions, or a height is not finite.

    Examples
    --------
    >>> stems("a", ["1", "2"], [[0.0, 1.0]], ["one", "two"], across="t", up="h", caption="")
    Traceback (most recent call last):
    ValueError: heights has 1 rows and said 2 entries, expected 2, the number of positions
    """
    heights = np.asarray(heights, float)
    if not len(heights) == len(said) == len(positions):
        raise ValueError(
            f"heights has {len(heights)} rows and said {len(said)} entries, "
            f"expected {len(positions)}, the number of positions"
        )
    if not np.isfinite(heights).all():
        raise ValueError("heights holds a value that is not finite, expected finite numbers")
    low, high = min(0.0, heights.min()), max(0.0, heights.max())
    levels = BOTTOM - (heights - low) / ((high - low) or 1.0) * (BOTTOM - TOP)
    floor = float(BOTTOM + low / ((high - low) or 1.0) * (BOTTOM - TOP))
    xs = np.linspace(LEFT + 12, RIGHT - 8, heights.shape[1])
    bars = "".join(
        f'<path d="M{x:.1f},{floor:.1f} V{y:.1f}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        for x, y in zip(xs, levels[start], strict=True)
    )
    drawing = (
        f'<svg class="rf-plot" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" aria-label="{up} over {across}">'
        f"{_axes(low, high, floor, xs, first, across, up)}<g class='rf-marks'>{bars}</g></svg>"
    )
    data = {"positions": list(positions), "levels": levels.round(1).tolist(), "floor": floor, "said": list(said)}
    return frame("stems", slider(label, positions, start), drawing, said[start], caption, data)


def _axes(low: float, high: float, floor: float, xs: np.ndarray, first: int, across: str, up: str) -> str:
    """Return the zero line, the ends of the upward axis, and a number under every few stems."""
    every = max(1, len(xs) // 10)
    ends = "".join(
        f'<text class="rf-tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        for value, y in {low: BOTTOM, high: TOP, 0.0: floor}.items()
    )
    ticks = "".join(
        f'<text class="rf-tick" x="{x:.1f}" y="{BOTTOM + 18}">{first + i}</text>'
        for i, x in enumerate(xs)
        if i % every == 0
    )
    return (
        f'<path class="rf-axis" d="M{LEFT},{floor:.1f} H{RIGHT} M{LEFT},{TOP} V{BOTTOM}"/>{ends}{ticks}'
        f'<text class="rf-name" x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 4}">{across}</text>'
        f'<text class="rf-name" x="14" y="{(TOP + BOTTOM) / 2}" '
        f'transform="rotate(-90 14 {(TOP + BOTTOM) / 2})">{up}</text>'
    )
