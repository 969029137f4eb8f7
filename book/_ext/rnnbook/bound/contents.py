"""What the bound book has beside the pages of the site: what to know of it, its order, a list of the assignments."""

import re
from html import escape

from rnnbook.bound.articles import ROOT, Article, listed, read, tree

TITLE = "Recurrent Neural Networks"
SUBTITLE = "From the first loop to the last gradient"
AUTHOR = "The rnnlab authors"

NOTE = """<p><strong>This edition.</strong> It holds the chapters and the reference part of the online book. A
figure that moves there is shown at one position, which is named below it; what plays there is silent. Answers and
solutions stand at the end of each chapter. Code that only draws a figure is left out; each chapter's notebook has it.
Code that is shown ran when the book was built, and what it printed stands below it.</p>"""


def version(root=ROOT):
    """Return the version of the library that the book belongs to."""
    return re.search(r'^version = "(.+)"$', (root / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]


def about(html):
    """Return what stands on the back of the title page, as HTML."""
    page = read(html, "book/about").body
    page.h1.decompose()
    return NOTE + "".join(str(paragraph) for paragraph in page.find_all("p"))


def assignments(html, root=ROOT, part=""):
    """Return a list of the graded notebooks as one more article: what each asks for, with its questions."""
    entries, drawn = [], {}
    for name, _ in listed(root):
        if name.startswith("exercises/"):
            page = read(html, name)
            body, drawn = page.body, drawn | page.drawn
            title, first = body.h1.get_text().strip(), body.h1.find_next("p")
            questions = [h2.get_text().strip() for h2 in body.find_all("h2") if re.match(r"\d+\.\w", h2.get_text())]
            entries.append(
                f'<section id="{name.rpartition("/")[2]}"><h2>{escape(title)}</h2>{first}'
                f"<ul>{''.join(f'<li>{escape(question)}</li>' for question in questions)}</ul></section>"
            )
    text = (
        "<p>Each chapter has a notebook of graded questions. It comes with the course, in the folder "
        "<code>exercises</code>, and can be downloaded from its page. A check beside each question says at once "
        "what is right.</p>"
    )
    body = tree(f"<article><section><h1>Assignments</h1>{text}{''.join(entries)}</section></article>").article
    return Article("book/assignments", part, "Assignments", body, drawn=drawn)


def bound(html, root=ROOT):
    """Return every article of the bound book in order, and what gives a link its new place.

    The second value maps the name of a page and an anchor to the key of an article and an anchor there, or None.
    """
    from rnnbook.bound.articles import articles

    found = articles(html, root)
    found[0].title = "At a glance"  # the front page: its own title is on the title page
    found[0].body.h1.string = found[0].title
    found.append(assignments(html, root, found[-1].part))
    keys = {article.name: article.key for article in found}

    def where(name, anchor):
        if name in keys:
            return keys[name], anchor
        return ("assignments", name.rpartition("/")[2]) if name.startswith("exercises/") else None

    return found, where


def by_part(found):
    """Yield the parts of the book in order: each caption, with its articles."""
    parts = {}
    for article in found:
        parts.setdefault(article.part, []).append(article)
    return parts.items()
