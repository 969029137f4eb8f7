"""The frame around every figure: slider above, drawing, read-out in words, caption, style and script."""

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files


class Figure:
    """A piece of HTML that a notebook shows as it is.

    Parameters
    ----------
    html : str
        The figure, complete with its style and script.
    """

    def __init__(self, html: str):
        self.html = html

    def _repr_html_(self) -> str:
        return self.html


def slider(label: str, texts: Sequence[str], start: int) -> str:
    """Return a labelled slider over the positions of `texts`, hidden until the script that serves it runs."""
    return (
        f'<label class="rf-slider" hidden><span>{label} = <b>{escape(texts[start])}</b></span>'
        f'<input type="range" min="0" max="{len(texts) - 1}" step="1" value="{start}" '
        f'aria-valuetext="{escape(texts[start])}"></label>'
    )


def frame(name: str, control: str, drawing: str, said: str, caption: str, data: object) -> Figure:
    """Return the figure `name`, whose script is the file of that name and finds `data` beside it."""
    here = files("rnnlab.figures")
    style = (here / "figure.css").read_text(encoding="utf-8")
    script = (here / f"{name}.js").read_text(encoding="utf-8")
    numbers = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return Figure(
        f'<figure class="rf rf-{name}"><style>{style}</style>{control}{drawing}'
        f'<p class="rf-said" aria-live="polite">{escape(said)}</p>'
        f'<figcaption>{caption}</figcaption><script type="application/json">{numbers}</script>'
        f"<script>{script}</script></figure>"
    )


def symbol(letter: str, subscript: object) -> str:
    """Return SVG text for a letter with a subscript, as in h with 3 below it."""
    return f'{letter}<tspan class="rf-sub" dy="4">{subscript}</tspan>'
