"""The box "What people get wrong": the sentences are those that the checks say when they recognise a mistake.

```{mistakes}
An opening paragraph, if there is one.

4.3: carried dh dropped
: What it looks like, in Markdown.
  Further lines are indented.

-: A mistake that no check can see.
: What it looks like.
```
"""

import re

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

TITLE = "What people get wrong"
HEAD = re.compile(r"(\d+\.\d+|-): (.+)")
logger = logging.getLogger(__name__)


def known(question):
    """Return the known mistakes of a question: what each is called, and the sentence that a check says about it.

    The one place that knows where the course keeps them.
    """
    from rnnlab.checks import find

    return {m.name: m.hint for m in find(question).mistakes}


def sentence_of(question, name):
    """Return what a check says about a mistake, as a sentence of its own.

    Raises
    ------
    ValueError
        If there is no such question, or it has no such mistake: the message names those there are.
    """
    if question == "-":
        return sentence(name)
    found = known(question)
    if name not in found:
        raise ValueError(f"question {question} has no known mistake {name!r}, only {', '.join(map(repr, found))}")
    return sentence(found[name])


def sentence(text):
    """Return a text that begins like a sentence and ends like one."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."


def inline(text):
    """Return the nodes of a sentence in which code stands between backticks."""
    pieces = enumerate(text.split("`"))
    return [nodes.literal(piece, piece) if i % 2 else nodes.Text(piece) for i, piece in pieces if piece]


def parts(lines):
    """Return the opening lines of the box, and its items: question, name, and the numbered lines of the text.

    Raises
    ------
    ValueError
        If a line after the first item belongs to none.
    """
    opening, items = [], []
    for number, line in enumerate(lines):
        head = HEAD.fullmatch(line.rstrip())
        if head:
            items.append((*head.groups(), []))
        elif not items:
            opening.append((number, line))
        elif not line.strip() or line.startswith((": ", "  ")):
            items[-1][2].append((number, line[2:]))
        else:
            raise ValueError(f"expected `4.3: name`, or text after `: ` or two blanks, got {line!r}")
    return opening, items


class Mistakes(SphinxDirective):
    """The box: one item for each mistake, the check's sentence and below it what the mistake looks like."""

    has_content = True

    def run(self):
        box = nodes.admonition(classes=["mistakes"])
        box += nodes.title(TITLE, TITLE)
        try:
            opening, items = parts(self.content)
        except ValueError as error:
            logger.warning("mistakes: %s", error, location=self.get_location())
            return []
        self.parse(opening, box)
        box += nodes.bullet_list("", *[self.item(*item) for item in items])
        return [box]

    def item(self, question, name, text):
        item = nodes.list_item()
        try:
            said = sentence_of(question, name)
        except ValueError as error:
            logger.warning("mistakes: %s", error, location=self.get_location())
            said = name
        item += nodes.paragraph("", "", nodes.strong(said, "", *inline(said)))
        self.parse(text, item)
        return item

    def parse(self, numbered, parent):
        if any(line.strip() for _, line in numbered):
            source = self.get_source_info()[0]
            lines = StringList([line for _, line in numbered], items=[(source, number) for number, _ in numbered])
            self.state.nested_parse(lines, self.content_offset + numbered[0][0], parent)


def setup(app):
    """Register this part with Sphinx."""
    app.add_directive("mistakes", Mistakes)
