"""The chapters as a table and as small pictures, both made from ``_toc.yml``.

A chapter without a page of its own, of which only the graded notebook exists, is shown as in preparation.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from rnnbook import sketches

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Chapter:
    """A chapter: its number, its title, and the names of its page and its graded notebook, "" where there is none."""

    number: int
    title: str
    page: str
    notebook: str


def chapters(root=ROOT):
    """Return the chapters that ``_toc.yml`` lists, in its order, with those that only have a graded notebook."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    found = []
    for entry in (entry for part in contents["parts"] for entry in part["chapters"]):
        files = [entry["file"], *(section["file"] for section in entry.get("sections", []))]
        page = next((file for file in files if re.fullmatch(r"book/\d\d_\w+", file)), "")
        notebook = next((file for file in files if file.startswith("exercises/")), "")
        if page or notebook:
            number = int(re.search(r"/(\d\d)_", page or notebook)[1])
            found.append(Chapter(number, title(root, page, notebook), page, notebook))
    return found


def title(root, page, notebook):
    """Return the title of a chapter without its number, from its page or from its graded notebook."""
    source = root / f"{page}.md"
    if page and source.is_file():
        heading = re.search(r"^# (.+)$", source.read_text(encoding="utf-8"), re.MULTILINE)[1]
    else:
        first = json.loads((root / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"][0]["source"]
        heading = "".join(first).splitlines()[0]
    return re.sub(r"^(# )?(Assignment )?\d+[.:] ", "", heading)


def link(document, target, text):
    """Return a link to a document, which is resolved, or warned about, when all pages are read."""
    reference = addnodes.pending_xref(
        "", refdomain="std", reftype="doc", reftarget=f"/{target}", refexplicit=True, refwarn=True, refdoc=document
    )
    reference += nodes.inline(text, text, classes=["doc"])
    return reference


class ChapterTable(SphinxDirective):
    """A table of the chapters, each with its graded notebook."""

    def run(self):
        self.env.note_dependency(str(ROOT / "_toc.yml"))
        table = nodes.table(classes=["chapter-table"])
        group = nodes.tgroup(cols=2)
        table += group
        group += [nodes.colspec(colwidth=70), nodes.colspec(colwidth=30)]
        head = ["chapter", "graded notebook"]
        group += nodes.thead("", row(*(nodes.paragraph("", text) for text in head)))
        group += nodes.tbody("", *(self.line(chapter) for chapter in chapters() if chapter.number))
        return [table]

    def line(self, chapter):
        name = f"{chapter.number}. {chapter.title}"
        if chapter.page:
            first = nodes.paragraph("", "", link(self.env.docname, chapter.page, name))
        else:
            first = nodes.paragraph("", "", nodes.Text(name), nodes.Text(" "), nodes.emphasis("", "(in preparation)"))
        return row(
            first, nodes.paragraph("", "", link(self.env.docname, chapter.notebook, f"Assignment {chapter.number}"))
        )


def row(*paragraphs):
    """Return a table's row."""
    return nodes.row("", *(nodes.entry("", paragraph) for paragraph in paragraphs))


class ChapterPictures(SphinxDirective):
    """The chapters as small pictures; those with a page lead to it."""

    def run(self):
        self.env.note_dependency(str(ROOT / "_toc.yml"))
        return [nodes.bullet_list("", *map(self.card, chapters()), classes=["chapter-pictures"])]

    def card(self, chapter):
        name = f"{chapter.number}. {chapter.title}"
        picture = nodes.raw("", sketches.picture(chapter.number), format="html")
        if chapter.page:
            text = nodes.paragraph("", "", link(self.env.docname, chapter.page, name))
            return nodes.list_item("", picture, text)
        text = nodes.paragraph("", "", nodes.Text(name), nodes.Text(" "), nodes.emphasis("", "in preparation"))
        return nodes.list_item("", picture, text, classes=["in-preparation"])


def setup(app):
    """Register this part with Sphinx."""
    app.add_directive("chapter-table", ChapterTable)
    app.add_directive("chapter-pictures", ChapterPictures)
