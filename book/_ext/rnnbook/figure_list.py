"""The figures of the built chapters, each with its purpose: `python -m rnnbook.figure_list`.

What a figure is for is what its question asks, or else what its caption says. An interactive one is listed with the
size of its numbers; the script that moves them all is the same for every figure.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from rnnbook.pages import plain_text

ROOT = Path(__file__).resolve().parents[3]
FIGURE = re.compile(r"<figure\b.*?</figure>", re.DOTALL)


@dataclass(frozen=True)
class Listed:
    """A figure: its purpose, its text alternative or live sentence, and the bytes of its numbers, 0 for a still one."""

    purpose: str
    alternative: str
    data: int

    @classmethod
    def of(cls, figure):
        """Return what is listed of a figure in HTML."""
        question = re.search(r'<p class="rf-ask">(.*?)</p>', figure, re.DOTALL)
        caption = re.search(r"<figcaption>(.*?)</figcaption>", figure, re.DOTALL)
        said = re.search(r'<(?:svg|img)\b[^>]*?\b(?:aria-label|alt)="(.+?)"', figure)
        said = said or re.search(r'<p class="rf-said"[^>]*>(.*?)</p>', figure, re.DOTALL)
        numbers = re.findall(r'<script type="application/json">(.*?)</script>', figure, re.DOTALL)
        return cls(
            plain_text((question or caption or ["", ""])[1]),
            plain_text(said[1]) if said else "",
            sum(len(text.encode()) for text in numbers),
        )


def figures_of(page):
    """Return the figures of a page in HTML, in their order."""
    return [Listed.of(found[0]) for found in FIGURE.finditer(page)]


def main():
    """Print every chapter's figures, and the size of the script that moves the interactive ones."""
    built = ROOT / "_build" / "html"
    total = moving = 0
    for page in sorted((built / "book").glob("[0-9][0-9]_*.html")):
        figures = figures_of(page.read_text(encoding="utf-8"))
        print(f"\n{page.stem}: {len(figures)} figures, {sum(bool(f.data) for f in figures)} interactive")
        for number, figure in enumerate(figures, start=1):
            print(f"{number:4}  {f'[{figure.data / 1000:.1f} KB] ' if figure.data else ''}{figure.purpose}")
        total, moving = total + len(figures), moving + sum(bool(f.data) for f in figures)
    script = (built / "_static" / "figure.js").stat().st_size
    print(f"\n{total} figures, {moving} interactive; one script of {script / 1000:.1f} KB moves them")


if __name__ == "__main__":
    main()
