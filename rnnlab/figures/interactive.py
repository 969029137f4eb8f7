"""Figures that a reader moves: any drawing of this package, at each position of a few controls."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import product

from rnnlab.figures.canvas import Canvas
from rnnlab.figures.frame import Figure, attribute, captioned, with_style
from rnnlab.figures.markup import html_text, number, symbol
from rnnlab.figures.markup import plain as spoken
from rnnlab.figures.patches import merge, patch, sentence

DATA_LIMIT = 12 * 1024


@dataclass(frozen=True)
class Control:
    """Something to move: how it looks (`kind`), its name, its values and how they are written."""

    kind: str
    label: str
    values: tuple
    texts: tuple[str, ...]


def control(kind: str, label: str, values: Sequence, texts: Sequence[str] | None) -> Control:
    """Return a control after checking that it has a name, two positions and a text for each."""
    written = tuple(number(value) for value in values) if texts is None else tuple(texts)
    if not label.strip():
        raise ValueError("label is empty, expected the control's name")
    if len(values) < 2:
        raise ValueError(f"{label} has {len(values)} values, expected at least 2")
    if len(written) != len(values):
        raise ValueError(f"{label} has {len(written)} texts, expected {len(values)}, one for each value")
    return Control(kind, label, tuple(values), written)


def slider(label: str, values: Sequence, texts: Sequence[str] | None = None) -> Control:
    """Return a slider over `values`, written as `texts`.

    Raises
    ------
    ValueError
        If there are fewer than two values, or not a text for each.

    Examples
    --------
    >>> slider("w_h", [0.5, 1.0]).texts
    ('0.5', '1')
    """
    return control("slider", label, values, texts)


def steps(label: str, values: Sequence, texts: Sequence[str] | None = None) -> Control:
    """Return buttons one back, one on and play over `values`; otherwise as `slider`.

    Examples
    --------
    >>> steps("step", range(3)).values
    (0, 1, 2)
    """
    return control("steps", label, values, texts)


def choice(label: str, values: Sequence, texts: Sequence[str] | None = None) -> Control:
    """Return a button for each value, of which one is pressed; otherwise as `slider`.

    Examples
    --------
    >>> choice("function", ["tanh", "relu"]).kind
    'choice'
    """
    return control("choice", label, values, texts)


def toggle(label: str, values: Sequence = (0, 1), texts: Sequence[str] | None = None) -> Control:
    """Return a button that changes between two values, such as a bit; otherwise as `slider`.

    Raises
    ------
    ValueError
        If there are not two values.

    Examples
    --------
    >>> toggle("x_1").texts
    ('0', '1')
    """
    if len(values) != 2:
        raise ValueError(f"{label} has {len(values)} values, expected 2")
    return control("toggle", label, values, texts)


class Interactive(Figure):
    """A figure with controls; `svg` and `html` show its static position until the script runs."""

    def __init__(self, body: str, html: str, canvas: Canvas, alt: str, caption: str, question: str):
        super().__init__(canvas, alt=alt, caption=caption, question=question)
        self._body, self._html = body, html

    @property
    def svg(self) -> str:
        """The drawing at its static position."""
        return self._body

    @property
    def html(self) -> str:
        """The figure with its controls, its sentence and its numbers."""
        return self._html


def interactive(
    draw: Callable[..., tuple[Figure | Canvas, str]],
    *controls: Control,
    start: object = None,
    question: str,
    alt: str = "",
    caption: str = "",
) -> Interactive:
    """Draw one figure for each position of the controls, and let the reader choose.

    Parameters
    ----------
    draw : callable
        Called with a value of each control; returns the figure there and the sentence to say below it, which must
        name the position. Give all positions the same ranges of axes.
    controls : Control
        What to move: `slider`, `steps`, `choice`, `toggle`. Arrow keys move the first.
    start : value, or tuple of values
        Where to begin, and what is shown where no script runs; by default each control's first value.
    question : str
        What to ask above: the drawing answers it.
    alt : str
        What is seen; by default the text of the figure drawn at `start`.
    caption : str
        The claim.

    Raises
    ------
    ValueError
        If `start` is not among the values, a sentence is empty, or the numbers take more than 12 KB.

    Examples
    --------
    >>> from rnnlab import figures
    >>> def draw(w):
    ...     echo = [w**t for t in range(10)]
    ...     drawing = figures.stems(echo, across="step t", up="state", ylim=(0, 1), alt="An echo that fades.")
    ...     return drawing, f"w = {w}: after 9 steps {echo[9]:.2g} is left."
    >>> figure = figures.interactive(draw, figures.slider("w", [0.5, 0.8]), start=0.8, question="How long?")
    """
    if not controls:
        raise ValueError("there is no control, expected at least one")
    sizes = [len(one.values) for one in controls]
    at = position(controls, start)
    places = list(product(*(range(size) for size in sizes)))
    drawn = [draw(*(one.values[i] for one, i in zip(controls, place, strict=True))) for place in places]
    first = places.index(tuple(at))
    canvases = [one.canvas if isinstance(one, Figure) else one for one, _ in drawn]
    shown = drawn[first][0]
    alt = alt or (shown.alt if isinstance(shown, Figure) else "")
    canvas = canvases[first]
    if not alt.strip():
        raise ValueError("alt is empty, expected a sentence that says what is seen")
    if not all(text.strip() for _, text in drawn):
        raise ValueError("a sentence is empty, expected one for each position")

    page = Page(sizes, first)
    page.write(f'<figure class="rf rf-live"><p class="rf-ask">{html_text(question)}</p>')
    page.write('<div class="rf-controls" hidden="">')
    page.merge([[("control", widget(*each)) for each in zip(controls, place, at, strict=True)] for place in places])
    page.write('</div><div class="rf-scroll">')
    for name in canvas.attributes():
        page.change(name, [one.attributes()[name] for one in canvases])
    page.write(canvas.opening(alt))
    page.merge([one.parts for one in canvases])
    page.write(canvas.closing() + "</div>")
    body = page.html[page.html.index('<div class="rf-scroll">') + 23 : -6]
    page.say('<p class="rf-said" aria-live="polite" aria-atomic="true">', [html_text(text) for _, text in drawn])
    page.write(f"</p>{captioned(caption)}{page.data(at)}</figure>")
    return Interactive(body, page.html, canvas, alt, caption, question)


class Page:
    """HTML under construction, with the patches that lead from its static position to the others.

    A patch finds its element by counting the tags before it, so everything the figure holds is written here.
    """

    def __init__(self, sizes: Sequence[int], first: int):
        self.html, self.sizes, self.first = "", sizes, first
        self.patches: list[list] = []

    def count(self) -> int:
        """Return the number of elements within the figure that begin before this point."""
        return len(re.findall("<[a-zA-Z]", self.html)) - 1

    def write(self, html: str) -> None:
        """Add what does not change."""
        self.html += html

    def change(self, name: str, values: Sequence[str | None], skip: int = 0) -> None:
        """Let an attribute of the next element change, or of the one `skip` elements later."""
        self.patches += patch(self.count() + skip, name, values, self.sizes)

    def merge(self, frames: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Add parts, given once for each position."""
        html, patches = merge(frames, self.sizes, self.first, self.count())
        self.html += html
        self.patches += patches

    def say(self, opening: str, texts: Sequence[str]) -> None:
        """Add an element with a sentence, given once for each position."""
        html, patches = sentence(texts, self.sizes, self.first, self.count())
        self.html += opening + html
        self.patches += patches

    def data(self, at: Sequence[int]) -> str:
        """Return the element that holds the numbers, for the script."""
        data = json.dumps(
            {"n": list(self.sizes), "at": list(at), "parts": self.patches}, ensure_ascii=False, separators=(",", ":")
        )
        # Nothing within may look like a tag, neither in a page nor in the stricter one of an EPUB.
        data = data.replace("<", "\\u003c").replace("&", "\\u0026")
        if len(data.encode()) > DATA_LIMIT:
            raise ValueError(
                f"the figure's numbers take {len(data.encode()) / 1024:.1f} KB, expected at most 12: "
                "take fewer positions or fewer points"
            )
        return f'<script type="application/json">{data}</script>'


def position(controls: Sequence[Control], start: object) -> list[int]:
    """Return the number of the position at which each control starts."""
    if start is None:
        return [0] * len(controls)
    values = tuple(start) if isinstance(start, (tuple, list)) and len(controls) > 1 else (start,)
    if len(values) != len(controls):
        raise ValueError(f"start has {len(values)} values, expected {len(controls)}, one for each control")
    for one, value in zip(controls, values, strict=True):
        if value not in one.values:
            raise ValueError(f"start is {value!r} for {one.label}, expected one of {list(one.values)}")
    return [one.values.index(value) for one, value in zip(controls, values, strict=True)]


def widget(one: Control, at: int, start: int) -> str:
    """Return the HTML of a control at a position; the browser itself keeps the value of a slider."""
    name, text = html_text(symbol(one.label)), html_text(one.texts[at])
    speak, last = attribute(spoken(one.label)), len(one.values) - 1
    if one.kind == "slider":
        return (
            f'<label class="rf-control"><span>{name} = <output>{text}</output></span><input type="range" min="0" '
            f'max="{last}" step="1" value="{start}" autocomplete="off" '
            f'aria-valuetext="{attribute(spoken(one.texts[at]))}"/></label>'
        )
    if one.kind == "steps":
        return (
            f'<div class="rf-control" role="group" aria-label="{speak}">'
            f'<button type="button" data-by="-1" aria-disabled="{str(at == 0).lower()}">Back</button>'
            f'<button type="button" data-by="1" aria-disabled="{str(at == last).lower()}">Next</button>'
            f'<button type="button" data-play="">Play</button><span>{name} <output>{text}</output></span></div>'
        )
    if one.kind == "toggle":
        return (
            f'<div class="rf-control"><button type="button" data-to="{1 - at}" aria-pressed="{str(at > 0).lower()}">'
            f"{name} = <output>{text}</output></button></div>"
        )
    buttons = "".join(
        f'<button type="button" data-to="{i}" aria-pressed="{str(i == at).lower()}">{html_text(text)}</button>'
        for i, text in enumerate(one.texts)
    )
    return f'<div class="rf-control" role="group" aria-label="{speak}"><span>{name}</span>{buttons}</div>'


class Prediction:
    """A question with answers to choose from; the verdict, and a figure if given, appear after the choice."""

    def __init__(self, html: str):
        self.html = html

    def _repr_html_(self) -> str:
        return with_style(self.html)


def predict(
    question: str, choices: Sequence[str], right: int, because: str, figure: Figure | None = None
) -> Prediction:
    """Ask before telling: choose, then reveal. Without scripts and in print the answer is shown.

    Parameters
    ----------
    question : str
        The question.
    choices : sequence of str
        The answers offered.
    right : int
        The number of the right one, from 0.
    because : str
        The answer in words, with the reason.
    figure : Figure
        A figure that shows it.

    Raises
    ------
    ValueError
        If `right` is not the number of a choice.

    Examples
    --------
    >>> predict("Flip the first bit: how many answers change?", ["one", "all"], 2, "All of them do.")
    Traceback (most recent call last):
    ValueError: right is 2, expected 0 to 1, the number of a choice
    """
    if not 0 <= right < len(choices):
        raise ValueError(f"right is {right}, expected 0 to {len(choices) - 1}, the number of a choice")
    page = Page([1 + len(choices)], 0)
    page.write(f'<div class="rf rf-live rf-predict"><p class="rf-ask">{html_text(question)}</p>')
    page.write('<div class="rf-controls" hidden="">')
    page.merge([[("control", _choices(choices, chosen))] for chosen in range(1 + len(choices))])
    page.write("</div>")
    # Without scripts nothing is patched: the answer stands there. The script begins by hiding it.
    page.change("hidden", ["", *[None] * len(choices)])
    page.write('<p class="rf-answer" aria-live="polite" aria-atomic="true">')
    page.change("", ["Answer.", *("Yes." if i == right else "No." for i in range(len(choices)))])
    page.write(f"<b>Answer.</b> {html_text(because)}</p>")
    if figure is not None:
        page.change("hidden", ["", *[None] * len(choices)], skip=1)  # behind the numbers
    shown = f'<div class="rf-reveal">{figure.html}</div>' if figure is not None else ""
    return Prediction(f"{page.html}{page.data([0])}{shown}</div>")


def _choices(choices: Sequence[str], chosen: int) -> str:
    """Return a button for each answer, the chosen one pressed; 0 is none."""
    buttons = "".join(
        f'<button type="button" data-to="{i}" aria-pressed="{str(i == chosen).lower()}">{html_text(text)}</button>'
        for i, text in enumerate(choices, 1)
    )
    return f'<div class="rf-control" role="group" aria-label="Your answer">{buttons}</div>'


class Panel(Canvas):
    """Text in place of a drawing, such as a checker's card; lines keep their breaks.

    Parameters
    ----------
    text : str
        What it says.

    Examples
    --------
    >>> Panel("bias added twice").parts[0][0]
    'panel'
    """

    def __init__(self, text: str):
        super().__init__(380, 100)
        self.add_panel(text)

    def add_panel(self, text: str) -> None:
        """Set the text."""
        self.parts.append(("panel", f"<pre>{escape(text)}</pre>"))

    def attributes(self) -> dict[str, str]:
        """Return none: a text takes the width that it finds."""
        return {}

    def opening(self, alt: str) -> str:
        """Return the start tag."""
        return f'<div class="rf-panel" role="group" aria-label="{attribute(alt)}">'

    def closing(self) -> str:
        """Return the end tag."""
        return "</div>"
