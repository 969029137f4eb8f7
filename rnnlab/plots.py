"""Static plots of training curves, forecasts, gates and piano rolls.

Each is inline SVG: text and axes have the colour of the page's own text, light or dark, and the other colours stand out
from both. Each says in words what it shows, for those who do not see it.
"""

import html
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays
from rnnlab._settings import require_flag, require_mapping, require_number

try:
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.colors import TwoSlopeNorm, to_rgb
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator
except ImportError as error:
    raise ImportError("plots need matplotlib: install it with  pip install 'rnnlab[course]'") from error

COLOURS = ("#0072b2", "#d55e00", "#008a64", "#a5569f")

_INK = "#010203"  # no other part of a figure has this colour, so that it can be told and replaced
_STYLE: Any = {
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
    "path.simplify": True,
    "path.simplify_threshold": 0.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "rnnlab",
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


@dataclass(frozen=True)
class Picture:
    """A figure as the value of a notebook's cell.

    Parameters
    ----------
    svg : str
        The drawing.
    alt : str
        What it shows, in words.

    Examples
    --------
    >>> Picture("<svg></svg>", "Nothing.").alt
    'Nothing.'
    """

    svg: str
    alt: str

    def _repr_html_(self) -> str:
        return self.svg

    def save(self, path: str | Path) -> None:
        """Write the drawing as a file of its own, black on white where the page's colours would have been."""
        standalone = self.svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" color="#000" ', 1)
        Path(path).write_text(standalone, encoding="utf-8")


def loss_curves(
    losses: Mapping[str, ArrayLike], baselines: Mapping[str, float] | None = None, *, smooth: int = 1, log: bool = False
) -> Picture:
    """Draw losses over updates, with the exact floors that say what has been learned.

    Parameters
    ----------
    losses : mapping from str to (N,) array
        One curve each; at most four.
    baselines : mapping from str to float, optional
        A dashed line each, such as `data.echo_baselines` returns.
    smooth : int, default 1
        Show means over so many updates.
    log : bool, default False
        Draw losses on a logarithmic scale; a floor of 0 is then left out.

    Returns
    -------
    picture : Picture

    Raises
    ------
    ValueError
        If there is no curve, or more than four, or one is empty.

    Examples
    --------
    >>> "0.25" in loss_curves({"tanh": [0.5, 0.4, 0.3]}, {"floor": 0.25}).svg
    True
    """
    log = require_flag("log", log)
    if not isinstance(losses, Mapping):
        found = type(losses).__name__
        raise TypeError(f"losses is {found}, expected a mapping from names, such as {{'loss': history.loss}}")
    curves = {name: _curve(name, values, smooth) for name, values in losses.items()}
    if not 1 <= len(curves) <= len(COLOURS):
        raise ValueError(f"losses holds {len(curves)} curves, expected 1 to {len(COLOURS)}")
    floors = {} if baselines is None else require_mapping("baselines", baselines)
    baselines = {name: value for name, value in floors.items() if value > 0 or not log}
    with rc_context(_STYLE):
        figure, axes = _blank("updates", "loss")
        for colour, (name, values) in zip(COLOURS, curves.items(), strict=False):
            axes.plot(smooth * np.arange(1, len(values) + 1), values, color=colour, label=name, linewidth=1.5)
        for name, value in baselines.items():
            axes.axhline(value, color=_INK, linewidth=0.8, linestyle=(0, (4, 3)))
            axes.annotate(
                f" {name} {value:.4g}", (1, value), xycoords=("axes fraction", "data"), va="center", fontsize=9
            )
        axes.set_yscale("log" if log else "linear")
        if len(curves) > 1:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(curves), borderaxespad=0)
        alt = "; ".join(f"{name}: from {v[0]:.4g} to {v[-1]:.4g}" for name, v in curves.items())
        dashed = ", ".join(f"{name} {value:.4g}" for name, value in baselines.items())
        return _picture(figure, f"Loss over updates. {alt}." + (f" Dashed baselines: {dashed}." if dashed else ""))


def forecast(
    history: ArrayLike,
    expected: ArrayLike,
    *,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    truth: ArrayLike | None = None,
    beside: Mapping[str, ArrayLike] | None = None,
    unit: str = "value",
) -> Picture:
    """Draw what was known, what is forecast with its interval, and what came.

    Parameters
    ----------
    history : (N,) array
        The values up to the origin.
    expected : (F,) array
        The forecast from there on.
    low, high : (F,) arrays, optional
        The ends of its interval.
    truth : (F,) array, optional
        What came.
    beside : mapping from str to (F,) array, optional
        Other forecasts, such as persistence; at most two.
    unit : str, default "value"
        What the vertical axis measures.

    Returns
    -------
    picture : Picture

    Raises
    ------
    ValueError
        If a part is empty or of another length than the forecast, or only one end of the interval is given.

    Examples
    --------
    >>> forecast([1.0, 2.0], [3.0, 4.0], low=[2.5, 3.0], high=[3.5, 5.0], unit="load in MW").alt
    'Forecast of 2 steps after 2: from 3 to 4. Interval at the end: 3 to 5.'
    """
    known, middle = _curve("history", history, 1), _curve("expected", expected, 1)
    if (low is None) != (high is None):
        raise ValueError("low and high are the ends of one interval, expected both or neither")
    others = {} if beside is None else require_mapping("beside", beside)
    others = {name: _curve(name, values, 1) for name, values in others.items()}
    if len(others) > 2:
        raise ValueError(f"beside holds {len(others)} forecasts, expected at most 2")
    ends = {"low": low, "high": high, "truth": truth}
    parts = {name: _curve(name, values, 1) for name, values in ends.items() if values is not None}
    for name, values in (parts | others).items():
        if len(values) != len(middle):
            raise ValueError(f"{name} has {len(values)} values, expected {len(middle)} as expected has")
    ahead = np.arange(1, len(middle) + 1)
    alt = f"Forecast of {len(middle)} steps after {len(known)}: from {middle[0]:.4g} to {middle[-1]:.4g}."
    with rc_context(_STYLE):
        figure, axes = _blank("steps after the last known", unit)
        axes.plot(np.arange(1 - len(known), 1), known, color=_INK, linewidth=1.2, label="history")
        if "low" in parts:
            axes.fill_between(ahead, parts["low"], parts["high"], color=COLOURS[0], alpha=0.25, label="interval")
            alt += f" Interval at the end: {parts['low'][-1]:.4g} to {parts['high'][-1]:.4g}."
        axes.plot(ahead, middle, color=COLOURS[0], linewidth=1.5, label="forecast")
        if "truth" in parts:
            axes.plot(ahead, parts["truth"], color=COLOURS[1], linewidth=1.2, linestyle=(0, (3, 2)), label="truth")
            alt += f" What came: from {parts['truth'][0]:.4g} to {parts['truth'][-1]:.4g}."
        for colour, (name, values) in zip(COLOURS[2:], others.items(), strict=False):
            axes.plot(ahead, values, color=colour, linewidth=1.2, linestyle=":", label=name)
            alt += f" {name[:1].upper()}{name[1:]}: from {values[0]:.4g} to {values[-1]:.4g}."
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=5, borderaxespad=0)
        return _picture(figure, alt)


def gradient_by_lag(norms: Mapping[str, ArrayLike]) -> Picture:
    """Draw how long the gradient still is, the further back in time it has gone.

    Parameters
    ----------
    norms : mapping from str to (L,) array
        ``norms[name][k]`` is the norm of the gradient with respect to the state k steps back; at most four curves.

    Returns
    -------
    picture : Picture

    Raises
    ------
    ValueError
        If there is no curve, or more than four, or one is empty.

    Examples
    --------
    >>> gradient_by_lag({"tanh": [1.0, 0.5, 0.25]}).svg.count("<svg")
    1
    """
    curves = {name: _curve(name, values, 1) for name, values in require_mapping("norms", norms).items()}
    if not 1 <= len(curves) <= len(COLOURS):
        raise ValueError(f"norms holds {len(curves)} curves, expected 1 to {len(COLOURS)}")
    with rc_context(_STYLE):
        figure, axes = _blank("steps back in time", "norm of the gradient")
        for colour, (name, values) in zip(COLOURS, curves.items(), strict=False):
            axes.semilogy(np.where(values > 0, values, np.nan), color=colour, label=name, linewidth=1.5)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(curves), borderaxespad=0)
        alt = "; ".join(
            f"{name}: {v[0]:.3g} at once, {v[-1]:.3g} after {len(v) - 1} steps" for name, v in curves.items()
        )
        return _picture(figure, f"Norm of the gradient by steps back in time, logarithmic. {alt}.")


def states(h: ArrayLike, *, labels: str | None = None) -> Picture:
    """Draw hidden states over time as colours, blue below 0 and red above.

    Parameters
    ----------
    h : (T, H) array
        States of one row.
    labels : str, optional
        One character per step, written below.

    Returns
    -------
    picture : Picture

    Raises
    ------
    ValueError
        If the shape is another, a number is not finite, or there is not one label per step.

    Examples
    --------
    >>> states(np.zeros((3, 2)), labels="abc").svg.count("<svg")
    1
    """
    array = _arrays.require_finite("h", _arrays.require("h", h, np.float64, T=None, H=None))
    if labels is not None and not isinstance(labels, str | list | tuple | np.ndarray):
        raise TypeError(f"labels is {labels!r:.40}, expected a character for each step")
    if labels is not None and len(labels) != len(array):
        raise ValueError(f"labels has {len(labels)} characters, expected T={len(array)}")
    bound = float(np.abs(array).max()) or 1.0
    with rc_context(_STYLE):
        figure, axes = _blank("step" if labels is None else "", "unit", height=2.4)
        image = axes.imshow(
            array.T, aspect="auto", cmap="RdBu_r", norm=TwoSlopeNorm(0, -bound, bound), interpolation="nearest"
        )
        figure.colorbar(image, ax=axes).outline.set_visible(False)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        if labels is not None:
            axes.set_xticks(range(len(labels)), list(labels))
        busiest = int(np.abs(np.diff(array, axis=0)).sum(axis=0).argmax())
        alt = f"{array.shape[1]} units over {len(array)} steps, between {array.min():.2g} and {array.max():.2g}"
        return _picture(figure, f"Hidden states as colours: {alt}; unit {busiest} moves most.")


def piano_roll(roll: ArrayLike, *, lowest: int = 21, step: float = 0.5) -> Picture:
    """Draw which notes sound when.

    Parameters
    ----------
    roll : (T, K) array
        1 where a key sounds, else 0.
    lowest : int, default 21
        The MIDI pitch of the first key.
    step : float, default 0.5
        Length of a step, in quarter notes.

    Returns
    -------
    picture : Picture

    Raises
    ------
    ValueError
        If the shape is another, something is neither 0 nor 1, or nothing sounds.

    Examples
    --------
    >>> piano_roll(np.eye(88)[[40, 44, 47]]).svg.count("<svg")
    1
    """
    keys = _arrays.require("roll", roll, np.float64, T=None, K=None)
    sounds = _arrays.require_flags("roll", keys, keys.shape)
    step = require_number("step", step, 0, open_end=True)
    if isinstance(lowest, bool) or not isinstance(lowest, int | np.integer):
        raise ValueError(f"lowest is {lowest!r:.40}, expected the MIDI pitch of the first key, such as 21")
    used = np.flatnonzero(sounds.any(axis=0))
    if not len(used):
        raise ValueError("roll is silent, expected at least one note")
    first, last = max(0, used[0] - 1), min(sounds.shape[1], used[-1] + 2)
    pixels = np.zeros((last - first, len(sounds), 4))
    pixels[..., :3] = to_rgb(COLOURS[0])
    pixels[..., 3] = sounds[:, first:last].T
    with rc_context(_STYLE):
        figure, axes = _blank("quarter notes", "", height=2.8)
        extent = (0, len(sounds) * step, lowest + first - 0.5, lowest + last - 0.5)
        axes.imshow(pixels[::-1], aspect="auto", extent=extent, interpolation="nearest")
        octaves = [p for p in range(lowest + first, lowest + last) if p % 12 == 0]
        axes.set_yticks(octaves, [f"C{p // 12 - 1}" for p in octaves])
        axes.grid(axis="y", color=_INK, alpha=0.25, linewidth=0.6)
        alt = f"{len(sounds) * step:g} quarter notes, pitches {lowest + used[0]} to {lowest + used[-1]}"
        return _picture(figure, f"Piano roll: {alt}, {sounds.sum(axis=1).mean():.2g} notes at a time on average.")


def _curve(name: str, values: ArrayLike, smooth: int) -> np.ndarray:
    _arrays.require_count("smooth", smooth)
    curve = _arrays.require(name, values, np.float64, N=None)
    smooth = min(smooth, len(curve))
    return curve[: len(curve) // smooth * smooth].reshape(-1, smooth).mean(axis=1)


def _blank(x_label: str, y_label: str, height: float = 3.0) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    return figure, axes


def _picture(figure: Figure, alt: str) -> Picture:
    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    drawing = re.sub(r"<metadata>.*?</metadata>", "", buffer.getvalue()[buffer.getvalue().index("<svg") :], flags=re.S)
    inner = drawing[drawing.index(">") + 1 :].replace(_INK, "currentColor")
    box = re.search(r'viewBox="[^"]*"', drawing)
    assert box is not None
    head = f'<svg {box[0]} style="width:100%;max-width:46rem" role="img" aria-label="{html.escape(alt, quote=True)}"'
    return Picture(f'{head} xmlns:xlink="http://www.w3.org/1999/xlink">{inner}', alt)
