"""Words and pictures of each chapter: `python -m rnnbook.words`, which ends with 1 if a chapter is beyond a limit.

A chapter has at most 2,500 words, counted in its Markdown without code, equations and front matter, and one picture or
more for every 400 of them. Pictures are counted in the built page, where it does not matter how they were made.
"""

import re
import sys
from html.parser import HTMLParser
from math import ceil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MOST_WORDS = 2500
WORDS_PER_PICTURE = 400

CODE = "code-cell|raw|math|code|code-block|literalinclude"
PLAIN = [
    (r"\A---\n.*?\n---\n", ""),  # front matter
    (rf"^(`{{3,}})\{{(?:{CODE})\}}(?s:.*?)^\1\s*$", ""),
    # The frame of a box; what is in it counts. It goes before plain code is looked for, as its end looks like a start.
    (rf"^(`{{3,}})\{{(?!(?:{CODE})\}})[^\n]*\n((?s:.*?))^\1\s*$", r"\2"),
    (r"^(`{3,})[^{\n]*\n(?s:.*?)^\1\s*$", ""),
    (r"\$\$(?s:.*?)\$\$(?:\s*\([\w-]+\))?", " "),
    (r"(?<![\\$])\$[^$]+\$", " "),
    (r"^\s*\\begin\{(\w+\*?)\}(?s:.*?)\\end\{\1\}", " "),
    (r"^(?:`{3,}|:{3,}).*$", ""),  # the frame of a box; what is in it counts
    (r"^:[\w-]+:.*$", ""),  # options
    (r"^\([\w-]+\)=$", ""),  # anchors
    (r"^\{[.#][^}\n]*\}$", ""),  # the class of a paragraph
    (r"^(?:\d+\.\d+|-): .*$", ""),  # the name of a known mistake
    (r"<!--(?s:.*?)-->|</?\w[^>]*>", " "),
    (r"\{(?:cite|eq|numref|glue|result)(?::\w+)?\}`[^`]*`", " "),
    (r"\{[\w:-]+\}`([^`<]*)(?:<[^`]*>)?`", r"\1"),
    (r"!?\[([^\]]*)\]\([^)]*\)", r"\1"),
    (r"\]\{\.[\w-]+\}", "]"),  # the class of a few words
]


def count_words(markdown):
    """Return how many words of prose a page in MyST Markdown has."""
    for pattern, replacement in PLAIN:
        markdown = re.sub(pattern, replacement, markdown, flags=re.MULTILINE)
    return len(re.findall(r"\w[\w'’.\-]*", markdown))


class Pictures(HTMLParser):
    """Counts the pictures of a page: its figures, and the images outside of them."""

    def __init__(self):
        super().__init__()
        self.count = self.depth = self.inside = 0

    def handle_starttag(self, tag, attrs):
        if tag == "article":
            self.inside += 1
        elif self.inside and tag in {"figure", "img"}:
            self.count += not self.depth
            self.depth += tag == "figure"

    def handle_endtag(self, tag):
        self.inside -= tag == "article"
        self.depth -= tag == "figure" and self.depth > 0


def count_pictures(html):
    """Return how many pictures the article of a built page has."""
    parser = Pictures()
    parser.feed(html)
    return parser.count


def pictures_needed(words):
    """Return how many pictures a chapter of so many words has at least."""
    return ceil(words / WORDS_PER_PICTURE)


def chapters(root=ROOT):
    """Return for each chapter its name, its words, and its pictures, ``None`` while its page is not built."""
    found = []
    for source in sorted((root / "book").glob("[0-9][0-9]_*.md")):
        page = root / "_build" / "html" / "book" / f"{source.stem}.html"
        pictures = count_pictures(page.read_text(encoding="utf-8")) if page.is_file() else None
        found.append((source.stem, count_words(source.read_text(encoding="utf-8")), pictures))
    return found


def main():
    """Print the table and return 1 if a chapter is beyond a limit, else 0."""
    print(f"{'chapter':32}{'words':>7}{'pictures':>10}{'at least':>10}")
    beyond = False
    for name, words, pictures in chapters():
        need = pictures_needed(words)
        bad = words > MOST_WORDS or (pictures is not None and pictures < need)
        print(f"{name:32}{words:7}{'not built' if pictures is None else pictures:>10}{need:10}{'  beyond' * bad}")
        beyond |= bad
    return int(beyond)


if __name__ == "__main__":
    sys.exit(main())
