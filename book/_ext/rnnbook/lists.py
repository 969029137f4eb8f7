"""Two pages made from tables: what learners asked, and where each idea of the course is explained.

Each row names the anchor of the paragraph that answers. A row without one belongs to a chapter that is not written yet
and is left out; an anchor that no page has is a warning, as for any other link. What else was asked has its whole
answer on the page, and an anchor of its own.
"""

import csv
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).resolve().parents[2]


def rows(name):
    """Return the rows of a table in the book's folder, each a dict."""
    with (BOOK / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def title_of(chapter):
    """Return the heading of a chapter, as "2. Unfolding", or ``None`` if no such chapter is written."""
    found = sorted(BOOK.glob(f"{int(chapter):02d}_*.md")) if chapter.isdigit() else []
    return re.search(r"^# (.+)$", found[0].read_text(encoding="utf-8"), re.MULTILINE)[1] if found else None


def link(document, anchor, children):
    """Return a link to an anchor, to be resolved when all pages are read."""
    reference = addnodes.pending_xref(
        "",
        refdomain="std",
        reftype="ref",
        reftarget=anchor.lower(),
        refexplicit=True,
        refwarn=True,
        refdoc=document,
    )
    reference += nodes.inline("", "", *children, classes=["std", "std-ref"])
    return reference


class Listing(SphinxDirective):
    """A list made from a table, grouped by chapter."""

    table = ""
    kind = ""

    def run(self):
        self.env.note_dependency(str(BOOK / self.table))
        groups = {}
        for row in rows(self.table):
            if row["anchor"]:
                groups.setdefault(row["chapter"], []).append(row)
        return [self.group(chapter, members) for chapter, members in groups.items()]

    def group(self, chapter, members):
        title = title_of(chapter) or ("Elsewhere in the book" if not chapter.isdigit() else f"Chapter {chapter}")
        section = nodes.section(ids=[f"chapter-{chapter}"], names=[f"chapter-{chapter}"])
        section += nodes.title(title, title)
        section += nodes.bullet_list("", *[self.item(row) for row in members], classes=[self.kind])
        return section

    def inline(self, text):
        parsed, messages = self.state.inline_text(text, self.lineno)
        return [*parsed, *messages]


class LearnerQuestions(Listing):
    """What learners asked: their words, linked to the paragraph that answers, and the answer in a sentence.

    Below them, in each chapter, stands what else was asked: there the answer is whole, and the link leads to what it
    leans on. Each of these has an anchor of its own, ``also-a001``, for it is answered nowhere else.
    """

    table = "questions.csv"
    more = "also_asked.csv"
    kind = "learner-questions"

    def item(self, row, ids=()):
        question = nodes.paragraph("", "", link(self.env.docname, row["anchor"], self.inline(row["question"])))
        return nodes.list_item("", question, nodes.paragraph("", "", *self.inline(row["answer"])), ids=list(ids))

    def group(self, chapter, members):
        section = super().group(chapter, members)
        also = [row for row in rows(self.more) if row["chapter"] == chapter]
        if also:
            items = [self.item(row, ids=[f"also-{row['id'].lower()}"]) for row in also]
            section += nodes.rubric("", "Also asked", classes=["also-asked"])
            section += nodes.bullet_list("", *items, classes=[self.kind, "also-asked"])
        return section

    def run(self):
        self.env.note_dependency(str(BOOK / self.more))
        return [nodes.raw("", FILTER, format="html"), *super().run()]


class Concepts(Listing):
    """The ideas of the course, each linked to where it is explained."""

    table = "concepts.csv"
    kind = "concepts"

    def item(self, row):
        reference = link(self.env.docname, row["anchor"], self.inline(row["concept"]))
        return nodes.list_item("", nodes.paragraph("", "", reference))


# Shown by book.js: without scripts the list is whole and there is nothing to filter it with.
FILTER = """<div class="list-filter" hidden>
<label for="list-filter">Show the questions with these words</label>
<input type="search" id="list-filter" autocomplete="off">
<p role="status"></p>
</div>"""


def setup(app):
    """Register this part with Sphinx."""
    app.add_directive("learner-questions", LearnerQuestions)
    app.add_directive("concepts", Concepts)
