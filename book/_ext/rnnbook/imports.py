"""The drawing of who imports whom, made from the package's own imports when the book is built.

```{imports}
:layers: cli, grading, assignments, checks, *library
:alt: What is seen.
The caption.
```

The layers are named from the top. What begins with ``*`` stands for all parts that no other layer has, and
``cells = rnn gru lstm`` is a layer of three parts. An import that goes upward makes the build fail, so that the drawing
cannot show a rule that the code breaks. With ``:table:`` the same numbers are a table.
"""

import ast
import functools
from collections import Counter
from html import escape
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

PACKAGE = Path(__file__).resolve().parents[3] / "rnnlab"
WIDTH, STEP, BOX = 340, 78, (130, 44)
logger = logging.getLogger(__name__)


@functools.cache  # the page of the packages draws and tabulates the same files
def imported(code, package):
    """Return the first-level parts of `package` that a piece of code imports by an absolute import."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith(f"{package}.")}
    return frozenset(found)


def read_layers(text):
    """Return the parts of each layer by its name, from the top; a layer without parts of its own takes the rest."""
    layers = {}
    for layer in text.split(","):
        name, _, parts = (piece.strip() for piece in layer.partition("="))
        layers[name.lstrip("*")] = [] if name.startswith("*") else (parts or name).split()
    return layers


def layer_of(part, layers):
    """Return the name of the layer that has a part of the package, None where no layer has."""
    for name, parts in layers.items():
        if part in parts:
            return name
    return next((name for name, parts in layers.items() if not parts), None)


def arrows(layers, package=PACKAGE):
    """Return how many files of each layer import from each other layer.

    Parameters
    ----------
    layers : dict
        From the top, as `read_layers` returns it.
    package : Path
        Where the package is.

    Raises
    ------
    ValueError
        If a file imports from a layer above its own: the message names both.
    """
    count, order = Counter(), list(layers)
    known = {path.stem for path in package.iterdir()}
    for file in sorted(package.rglob("*.py")):
        inside = file.relative_to(package).with_suffix("").parts
        own = layer_of(inside[0], layers)
        if own is None or inside[0].startswith("__"):
            continue
        others = {}
        for part in sorted(imported(file.read_text(encoding="utf-8"), package.name) & known):
            others.setdefault(layer_of(part, layers), part)
        for other, part in others.items():
            if other is None or other == own:
                continue
            if order.index(other) < order.index(own):
                raise ValueError(f"{'/'.join(inside)}.py imports {package.name}.{part}, which is above it")
            count[own, other] += 1
    return count


def sentence(count):
    """Return the arrows in words, for whoever cannot see them."""
    return (
        "; ".join(f"{own} imports {other} in {n} file{'s'[: n > 1]}" for (own, other), n in sorted(count.items())) + "."
    )


def draw(layers, count, alt, caption=""):
    """Return the figure: a box for each layer from the top, an arrow for each pair, the number of files beside it."""
    from rnnlab import figures

    order = list(layers)
    canvas = figures.Canvas(WIDTH, STEP * (len(order) - 1) + BOX[1] + 12)
    boxes = {
        layer: canvas.cell(WIDTH / 2, BOX[1] / 2 + 6 + STEP * row, layer, size=BOX, role="ink")
        for row, layer in enumerate(order)
    }
    sides = {}  # arrows that pass a box go round it, left and right by turns
    for own, other in sorted(count, key=lambda pair: order.index(pair[1]) - order.index(pair[0])):
        n, skipped = str(count[own, other]), order.index(other) - order.index(own) - 1
        if not skipped:
            canvas.arrow(boxes[own], boxes[other], label=n)
            continue
        side = sides[skipped] = -sides.get(skipped, -1)
        (x, top), (_, bottom) = ((box.right if side > 0 else box.left) for box in (boxes[own], boxes[other]))
        bow = 10 + 24 * skipped
        canvas.arrow((x, top + 5 * skipped), (x, bottom - 5 * skipped), bend=side * bow)
        canvas.text(x + side * (bow + 6), (top + bottom) / 2 + 5, n, anchor="start" if side > 0 else "end")
    return figures.Figure(canvas, alt=f"{alt} {sentence(count)}", caption=caption)


def table(layers, count, caption=""):
    """Return the same numbers as an HTML table: a row for who imports, a column for what is imported."""
    columns = [name for name in layers if any(other == name for _, other in count)]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ["files that import", *columns])
    rows = ""
    for own in layers:
        cells = "".join(f"<td>{count[own, other] or '–'}</td>" for other in columns)
        rows += f'<tr><th scope="row">{escape(own)}</th>{cells}</tr>'
    inner = f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="pst-scrollable-table-container"><table class="table">{inner}</table></div>'


class Imports(SphinxDirective):
    """The drawing; the page is read again when a file of the package changes."""

    option_spec: ClassVar = {
        "layers": directives.unchanged_required,
        "alt": directives.unchanged_required,
        "table": directives.flag,
    }
    has_content = True

    def run(self):
        layers, caption = read_layers(self.options["layers"]), " ".join(self.content)
        for file in PACKAGE.rglob("*.py"):
            self.env.note_dependency(str(file))
        try:
            count = arrows(layers)
        except ValueError as error:
            logger.warning("imports: %s", error, location=self.get_location())
            return []
        if "table" in self.options:
            return [nodes.raw("", table(layers, count, caption), format="html")]
        return [nodes.raw("", draw(layers, count, self.options["alt"], caption).html, format="html")]


def setup(app):
    """Register this part with Sphinx."""
    app.add_directive("imports", Imports)
