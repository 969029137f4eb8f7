"""Pictures of what was measured, as SVG files that stand by themselves."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from rnnlab import figures
from rnnlab.bench import grid, scaling
from rnnlab.figures.frame import source

PHASES = {"fwd": "forward", "fwdbwd": "forward and back", "train_step": "a training step", "sample": "sampling"}
ROLES = {"rnn": "h", "gru": "x", "lstm": "y"}
_WIDTH = 720.0
_Key = TypeVar("_Key")


def table(rows: Sequence[grid.Row]) -> str:
    """Return a picture of the ratios: one panel for each dtype, phase and rival, a dot with its spread for each row.

    Parameters
    ----------
    rows : sequence of grid.Row
        What `grid.rows` yields, at least one.

    Returns
    -------
    svg : str
        A file's whole text.

    Examples
    --------
    >>> row = grid.Row("rnn", "float32", 1, 50, 1, 32, 64, "fwd", "numpy", 20.0, 19.0, 21.0, 40.0)
    >>> table([row]).startswith("<svg ")
    True
    """
    panels = []
    for (dtype, phase, rival), some in _by(rows, lambda row: (row.dtype, row.phase, row.rival)).items():
        sizes = list(dict.fromkeys((row.T, row.B, row.D, row.H) for row in some))
        ends = [value for row in some for value in (row.low, row.high)]
        axes = figures.Axes(
            "T, B, D, H",
            f"{rival} ÷ rnnlab, {PHASES[phase]}, {dtype}",
            (-0.6, len(sizes) - 0.4),
            (min(0.5, min(ends) / 1.2), max(2.0, max(ends) * 1.2)),
            log="y",
            xticks={i: ", ".join(map(str, size)) for i, size in enumerate(sizes)},
            margin=60,
            size=(max(_WIDTH, 130.0 * len(sizes)), 260.0),
        )
        lines = axes.baselines({"equal": 1.0})
        kinds = list(dict.fromkeys(row.cell for row in some))
        for i, kind in enumerate(kinds):
            for row in (row for row in some if row.cell == kind):
                at = sizes.index((row.T, row.B, row.D, row.H)) + 0.18 * (i - (len(kinds) - 1) / 2)
                axes.line([at, at], [row.low, row.high], ROLES.get(kind, "ink"))
                axes.dots([at], [row.ratio], ROLES.get(kind, "ink"))
            lines.append((kind, ROLES.get(kind, "ink"), axes.box[1] + 20.0 * i))
        axes.labels(lines)
        panels.append(figures.Figure(axes.canvas, alt=f"Ratios beside {rival}."))
    return _file(panels, "Time of other libraries divided by ours, for cells, sizes and phases.")


def growth(rows: Sequence[scaling.Row]) -> str:
    """Return a picture of how times grow: one panel for each axis, a line for each cell.

    Parameters
    ----------
    rows : sequence of scaling.Row
        What `scaling.rows` yields, at least one.

    Returns
    -------
    svg : str
        A file's whole text.

    Examples
    --------
    >>> growth([scaling.Row("rnn", "float32", "T", [1, 2], [1e-3, 2e-3], 1.0, 1.0, 1.0, 1.0)]).startswith("<svg ")
    True
    """
    panels = []
    for axis, some in _by(rows, lambda row: row.axis).items():
        sizes = np.array([size for row in some for size in row.sizes], float)
        times = 1e3 * np.array([value for row in some for value in row.seconds])
        axes = figures.Axes(
            axis,
            "ms, forward and back",
            (sizes.min(), sizes.max()),
            (times.min() / 1.3, times.max() * 1.3),
            log="xy",
            xticks=sorted(set(sizes.tolist())),
            margin=150,
            size=(_WIDTH, 260.0),
        )
        ends = []
        for row in some:
            role = ROLES.get(row.cell, "ink")
            axes.line(row.sizes, 1e3 * np.array(row.seconds), role)
            axes.dots(row.sizes, 1e3 * np.array(row.seconds), role)
            ends.append((f"{row.cell}, {axis}^{row.exponent:.2f}", role, float(axes.y(1e3 * row.seconds[-1]))))
        axes.labels(ends)
        panels.append(figures.Figure(axes.canvas, alt=f"Time against {axis}."))
    return _file(panels, "Time against length, batch and number of units, on logarithmic axes.")


def _by(rows: Iterable[Any], key: Callable[[Any], _Key]) -> dict[_Key, list[Any]]:
    found: dict[_Key, list[Any]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def _file(panels: Sequence[figures.Figure], alt: str) -> str:
    svg = figures.stack(*panels, alt=alt).svg
    start = svg.index(">") + 1
    head = svg[:start].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"{head}<style>{source('figure.css')}</style>{svg[start:]}\n"
