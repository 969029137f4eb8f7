"""Words, symbols and numbers: one small notation for drawings, sentences and captions."""

import re
from html import escape
from typing import NamedTuple

import numpy as np

SYMBOL = re.compile(r"^[A-Za-zΑ-Ωα-ω∂ℓ]([_^](\{[^}]*\}|[^{}\s]))+$")
PIECE = re.compile(r"([_^])(?:\{([^}]*)\}|(.))|([^_^]+)")


class Run(NamedTuple):
    """A stretch of text set in one way: its text, whether it is mathematics, and its level (-1 sub, 0, 1 super)."""

    text: str
    math: bool
    level: int


def runs(text: str) -> list[Run]:
    """Split text into runs: mathematics stands between dollars, and a lone symbol such as ``w_h`` needs none."""
    if "$" not in text and SYMBOL.match(text):
        text = f"${text}$"
    found = []
    for i, part in enumerate(text.split("$")):
        if i % 2 == 0:
            found += [Run(part, False, 0)] if part else []
            continue
        for mark, braced, single, plain in PIECE.findall(part):
            level = {"_": -1, "^": 1}.get(mark, 0)
            found.append(Run((braced or single or plain).replace("-", "−"), True, level))
    return found


def symbol(label: str) -> str:
    """Return a label, a single letter taken for a symbol: f stands for $f$ on a gate, not in a word."""
    return f"${label}$" if len(label) == 1 and label.isalpha() else label


def svg_text(text: str) -> str:
    """Return the content of an SVG text element; a single plain run stays bare."""
    parts = runs(text)
    if len(parts) == 1 and not parts[0].math:
        return escape(parts[0].text)
    raised = 0.0
    out = []
    for run in parts:
        place = {-1: 0.28, 0: 0.0, 1: -0.38}[run.level]
        # dy is measured in the run's own size, which is smaller for sub- and superscripts.
        shift = (place - raised) / (0.72 if run.level else 1.0)
        raised = place
        kind = ("m" if run.math else "") + ("s" if run.level else "")
        pieces = re.findall(r"[^\W\d_]+|[\W\d_]+", run.text) if run.math else [run.text]
        for i, piece in enumerate(pieces):
            upright = run.math and not piece[0].isalpha()
            name = kind.replace("m", "n") if upright else kind
            move = f' dy="{shift:.2f}em"' if shift and not i else ""
            out.append(f"<tspan{f' class={chr(34)}{name}{chr(34)}' if name else ''}{move}>{escape(piece)}</tspan>")
    return "".join(out)


def html_text(text: str) -> str:
    """Return the text as HTML, for a sentence, a label or a caption."""
    out = []
    for run in runs(text):
        tag = {-1: "sub", 0: "", 1: "sup"}[run.level]
        words = re.split(r"([^\W\d_]+)", run.text) if run.math else [run.text]
        piece = "".join(f"<i>{word}</i>" if i % 2 else escape(word, quote=False) for i, word in enumerate(words))
        out.append(f"<{tag}>{piece}</{tag}>" if tag else piece)
    return "".join(out)


def plain(text: str) -> str:
    """Return the text as a screen reader should get it: no dollars, no braces."""
    return re.sub(r"[_{}]+", " ", "".join(text.split("$"))).replace("  ", " ").strip() if "$" in text else text


def width(text: str, size: float = 13.0) -> float:
    """Return an upper estimate of the drawn width in pixels, for a wide font."""
    total = 0.0
    for run in runs(text):
        each = 0.0
        for letter in run.text:
            each += (
                0.34 if letter in " .,:;'|ijl()[]" else 0.9 if letter in "mwMW—" else 0.72 if letter.isupper() else 0.62
            )
        total += each * (0.8 if run.level else 1.25 if run.math else 1.0)
    return total * size


def number(value: object, digits: int = 2) -> str:
    """Return a value as it is written into a node: two decimals at most, more only where nothing else is left."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) > 0:
        return ", ".join(number(one, digits) for one in value)
    real = float(value)  # type: ignore[arg-type]
    if not np.isfinite(real):
        raise ValueError(f"a value is {real}, expected a finite number")
    size = abs(real)
    if size and (size >= 1e5 or size < 1e-3):
        head, exponent = f"{real:.1e}".split("e")
        text = f"{float(head):g}e{int(exponent)}"
    elif 0 < size < 0.1:
        text = f"{real:.{digits}g}"
    else:
        digits = max(0, digits - (size >= 10) - (size >= 100))
        # An eighth reads 0.13, as by hand, and not 0.12, as from format, which rounds a half to even.
        text = f"{np.sign(real) * np.floor(size * 10**digits + 0.5 + 1e-9) / 10**digits:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−") if text != "-0" else "0"


def short(value: float) -> str:
    """Return a coordinate with at most one decimal, to keep drawings small."""
    text = f"{float(value):.1f}"
    text = text[:-2] if text.endswith(".0") else text
    return "0" if text == "-0" else text
