"""MyST Markdown as plain Markdown, for a notebook that Jupyter shows without any extension.

What only Sphinx knows is said in words: a number that a cell computed, a source, the number of an equation.
"""

import re
from dataclasses import dataclass, field

from rnnbook import mistakes, results

DIRECTIVE = re.compile(r"^(`{3,}|:{3,})\{([\w-]+)\}[ ]*([^\n]*)\n(.*?)^\1[ ]*$\n?", re.MULTILINE | re.DOTALL)
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
# A role is named first: its text stands between the same marks as code does.
CODE = re.compile(r"\{[\w:-]+\}`[^`]+`|^(`{3,}).*?^\1[ ]*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^\]\[]*)\]\(([^)\s]+)\)")


@dataclass
class Known:
    """What a page's text refers to: values of cells, numbers of equations, works, and titles of pages."""

    values: dict = field(default_factory=dict)
    equations: dict = field(default_factory=dict)
    works: dict = field(default_factory=dict)
    titles: dict = field(default_factory=dict)


def plain(markdown, known):
    """Return a piece of MyST Markdown as plain Markdown.

    Parameters
    ----------
    markdown : str
        The text.
    known : Known
        What it refers to.
    """
    markdown = DIRECTIVE.sub(lambda found: directive(found[2], found[3], found[4]), markdown)
    code = []

    def aside(found):
        if found[0].startswith("{"):
            return found[0]
        code.append(found[0])
        return f"\0{len(code) - 1}\0"

    markdown = CODE.sub(aside, markdown)
    markdown = re.sub(r"^\([\w-]+\)=\n", "", markdown, flags=re.MULTILINE)
    markdown = re.sub(r"^\{[.#][^}\n]*\}\n", "", markdown, flags=re.MULTILINE)
    markdown = re.sub(r"\[([^\]]*)\]\{\.[\w-]+\}", r"\1", markdown)
    markdown = re.sub(
        r"\$\$(.+?)\$\$[ ]*\(([\w-]+)\)",
        lambda found: f"$${found[1].rstrip()}\n\\tag{{{known.equations.get(found[2], '*')}}}\n$$",
        markdown,
        flags=re.DOTALL,
    )
    markdown = ROLE.sub(lambda found: role(found[1], found[2], known), markdown)
    markdown = LINK.sub(lambda found: link(found[1], found[2], known), markdown)
    return re.sub("\0(\\d+)\0", lambda found: code[int(found[1])], markdown)


def directive(name, argument, body):
    """Return a directive as a quotation with its title in bold, or nothing if it has no text of its own."""
    body = re.sub(r"\A(?::[\w-]+:.*\n)+", "", body).strip("\n")
    if name == "mistakes":
        opening, items = mistakes.parts(body.splitlines())
        argument = mistakes.TITLE
        entries = [
            f"- **{mistakes.sentence_of(question, title)}**\n\n" + "\n".join(f"  {line}".rstrip() for _, line in lines)
            for question, title, lines in items
        ]
        body = "\n".join([*(line for _, line in opening), *entries])
    if not body.strip():
        return ""
    text = f"**{argument}**\n\n{body}" if argument else body
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines()) + "\n"


def role(name, text, known):
    """Return what a role shows: a value, a number, an author with the year; its own text for any other."""
    if name.startswith("glue"):
        return value(text, known.values)
    if name == "result":
        return results.look_up(text)
    if name == "eq":
        return f"({known.equations.get(text, text)})"
    if name.startswith("cite"):
        works = [known.works.get(key.strip(), (key.strip(), "")) for key in text.split(",")]
        if name == "cite:t":
            return " and ".join(f"{authors} ({year})" for authors, year in works)
        return f"({'; '.join(f'{authors}, {year}' for authors, year in works)})"
    return re.sub(r"\s*<[^>]*>$", "", text)


def value(text, values):
    """Return a value that a cell handed to the text, in the format that is asked for."""
    name, _, form = text.partition(":")
    shown = values.get(name, name)
    try:
        return format(int(shown) if form.endswith("d") else float(shown), form) if form else shown.strip("'\"")
    except ValueError:
        return shown.strip("'\"")


def link(text, target, known):
    """Return a link that works beside the other notebooks or on the network; the text alone for any other."""
    if re.match(r"https?:", target):
        return f"[{text}]({target})"
    stem = re.sub(r"^.*/|\.\w+(?:#.*)?$|#.*$", "", target)
    text = text or known.titles.get(stem, stem)
    return f"[{text}]({stem}.ipynb)" if re.match(r"\d\d_\w+\.md", target) else text


def works(bibliography):
    """Return the works of a BibTeX file: authors as a text has them, and the year."""
    from pybtex.database import parse_file
    from pybtex.richtext import Text

    found = {}
    for key, entry in parse_file(str(bibliography)).entries.items():
        names = [" ".join([*p.prelast_names, *p.last_names]) for p in entry.persons.get("author", [])]
        short = names[0] + " et al." if len(names) > 2 else " and ".join(names)
        authors = str(Text.from_latex(short or entry.fields.get("title", key)))
        found[key] = authors, entry.fields.get("year", "")
    return found
