"""The frame around every figure: question, controls, drawing, sentence, caption.

Style and script are the same for all figures, so a page needs them once. The book's pages link the two files, and its
build says so by setting the variable ``RNNLAB_FIGURES`` to ``linked`` for the kernels. Anywhere else, as in a notebook,
a cell cannot know whether another cell's output is still there; so each figure carries the style itself, and the script
if it has something to move. The script starts only figures that have not been started, so more copies do no harm.
"""

import os
from functools import cache
from html import escape
from importlib.resources import files

from rnnlab.figures.canvas import Canvas
from rnnlab.figures.markup import html_text


@cache
def source(name: str) -> str:
    """Return the text of a file of this package."""
    return (files("rnnlab.figures") / name).read_text(encoding="utf-8")


class Figure:
    """A drawing with its text alternative and caption; a notebook shows it as it is.

    Parameters
    ----------
    canvas : Canvas
        What is drawn.
    alt : str
        What is seen, for someone who cannot see it.
    caption : str
        The claim that the figure makes. Mathematics stands between dollars.
    question : str
        What to ask above the drawing.

    Raises
    ------
    ValueError
        If `alt` is empty.

    Examples
    --------
    >>> Figure(Canvas(100, 50), alt="")
    Traceback (most recent call last):
    ValueError: alt is empty, expected a sentence that says what is seen
    """

    def __init__(self, canvas: Canvas, *, alt: str, caption: str = "", question: str = ""):
        if not alt.strip():
            raise ValueError("alt is empty, expected a sentence that says what is seen")
        self.canvas, self.alt, self.caption, self.question = canvas, alt, caption, question

    @property
    def svg(self) -> str:
        """The drawing alone, as one SVG element."""
        return self.canvas.svg(self.alt)

    @property
    def html(self) -> str:
        """The figure as one HTML element."""
        ask = f'<p class="rf-ask">{html_text(self.question)}</p>' if self.question else ""
        return f'<figure class="rf">{ask}<div class="rf-scroll">{self.svg}</div>{captioned(self.caption)}</figure>'

    def _repr_html_(self) -> str:
        return with_style(self.html)


def captioned(caption: str) -> str:
    """Return the caption's element, or nothing."""
    return f"<figcaption>{html_text(caption)}</figcaption>" if caption else ""


def with_style(html: str) -> str:
    """Return the figure with its style, and its script if it has controls, unless the page links them."""
    if os.environ.get("RNNLAB_FIGURES") == "linked":
        return html
    script = f"<script>{source('figure.js')}</script>" if "rf-live" in html else ""
    return f"<style>{source('figure.css')}</style>{html}{script}"


def attribute(text: str) -> str:
    """Return text escaped for a double-quoted attribute."""
    return escape(text, quote=True)
