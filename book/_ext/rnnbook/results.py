"""Numbers from stored runs: ``{result}`file:key:format` `` shows a value of ``book/results/<file>.json``.

What takes too long to run with the pages is stored once, with its seeds and versions. A sentence never repeats such a
number by hand.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxRole

RESULTS = Path(__file__).resolve().parents[2] / "results"


def look_up(text, folder=RESULTS):
    """Return the formatted value that ``file:key:format`` names.

    Parameters
    ----------
    text : str
        The name of a file without its ``.json``; a path of keys joined by dots, with whole numbers for places in lists;
        and a format as Python knows it, as in ``echo:carried.5.median:.3f``.

    Raises
    ------
    ValueError
        If a part is missing: the message names what there is.
    """
    pieces = text.split(":", 2)
    if len(pieces) != 3:
        raise ValueError(f"expected file:key:format, got {text!r}")
    name, path, form = pieces
    file = folder / f"{name}.json"
    if not file.is_file():
        there = ", ".join(sorted(other.stem for other in folder.glob("*.json"))) or "none"
        raise ValueError(f"there is no book/results/{name}.json, only {there}")
    value = json.loads(file.read_text(encoding="utf-8"))
    for key in path.split("."):
        value = step(value, key, f"{name}:{path}")
    try:
        return format(value, form)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}:{path} is {value!r}, which the format {form!r} does not fit: {error}") from None


def step(value, key, where):
    """Return what a key leads to, in a dict or a list."""
    if isinstance(value, dict) and key in value:
        return value[key]
    if isinstance(value, list) and key.isdigit() and int(key) < len(value):
        return value[int(key)]
    there = (
        ", ".join(value) if isinstance(value, dict) else f"0 to {len(value) - 1}" if isinstance(value, list) else "none"
    )
    raise ValueError(f"{where}: there is no key {key!r}, only {there}")


class Result(SphinxRole):
    """The role: the value as text, or a warning that says what is missing."""

    def run(self):
        name = self.text.split(":", 1)[0]
        self.env.note_dependency(str(RESULTS / f"{name}.json"))
        try:
            shown = look_up(self.text)
        except ValueError as error:
            message = self.inliner.reporter.warning(f"result: {error}", line=self.lineno)
            return [nodes.problematic(self.rawtext, self.rawtext)], [message]
        return [nodes.inline(shown, shown, classes=["result"])], []


def setup(app):
    """Register this part with Sphinx."""
    app.add_role("result", Result())
