"""Several drawings side by side under one caption, such as the two sides of an equation."""

from html import escape

from rnnlab.figures.canvas import Canvas
from rnnlab.figures.frame import Figure
from rnnlab.figures.markup import html_text, short


class Row(Figure):
    """Drawings in a row; on a narrow screen they stand below each other. `svg` is the first of them."""

    def __init__(self, canvas: Canvas, body: str, *, alt: str, caption: str, question: str):
        super().__init__(canvas, alt=alt, caption=caption, question=question)
        self._body = body

    @property
    def html(self) -> str:
        """The figure as one HTML element."""
        ask = f'<p class="rf-ask">{html_text(self.question)}</p>' if self.question else ""
        below = f"<figcaption>{html_text(self.caption)}</figcaption>" if self.caption else ""
        return f'<figure class="rf">{ask}{self._body}{below}</figure>'


def row(*parts: Figure | str, caption: str = "", question: str = "") -> Row:
    """Put drawings side by side, with signs such as "=" between them.

    Parameters
    ----------
    *parts : Figure or str
        Left to right. The captions of the figures stand below each of them.
    caption : str
        The claim of them all. Mathematics stands between dollars.
    question : str
        What to ask above.

    Raises
    ------
    ValueError
        If there are fewer than two figures.

    Examples
    --------
    >>> from rnnlab.figures import matrix
    >>> row(matrix([[1.0]], alt="The number 1."))
    Traceback (most recent call last):
    ValueError: the row has 1 figure, expected at least 2
    """
    figures = [part for part in parts if isinstance(part, Figure)]
    if len(figures) < 2:
        raise ValueError(f"the row has {len(figures)} figure{'s' * (len(figures) != 1)}, expected at least 2")
    body = "".join(_sign(part) if isinstance(part, str) else _cell(part) for part in parts)
    style = "display:flex;flex-wrap:wrap;align-items:center;gap:.5rem"
    alt = " ".join(figure.alt for figure in figures)
    return Row(figures[0].canvas, f'<div style="{style}">{body}</div>', alt=alt, caption=caption, question=question)


def _sign(text: str) -> str:
    return f'<span aria-hidden="true">{escape(text)}</span>'


def _cell(figure: Figure) -> str:
    """Return one drawing: it wraps below its neighbour before it shrinks to less than four fifths."""
    wide = figure.canvas.width
    below = f'<div style="text-align:center">{html_text(figure.caption)}</div>' if figure.caption else ""
    return (
        f'<div class="rf-scroll" style="flex:1 1 {short(0.8 * wide)}px;max-width:{short(min(1.2 * wide, 460))}px">'
        f"{figure.svg}{below}</div>"
    )
