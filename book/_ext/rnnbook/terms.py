"""Definitions where a term is used: hidden beside its link, and shown on hover and on focus by the stylesheet alone.

The text comes from the glossary's own page after all pages are written, so it is in the page itself: no script fetches
it, and it works from a disk.
"""

import re

USE = re.compile(
    r'(<a class="reference internal" href="[^"]*#(term-[^"]+)"[^>]*>\s*<span class="xref std std-term">.*?</a>)',
    re.DOTALL,
)


def definitions(glossary):
    """Return the definitions of a glossary's page: the id of each term, with the first paragraph below it."""
    found = {}
    for entry in re.finditer(r"((?:<dt\b.*?</dt>\s*)+)<dd>\s*<p>(.*?)</p>", glossary, re.DOTALL):
        text = re.sub(r"<a\b[^>]*>(.*?)</a>", r"\1", entry[2], flags=re.DOTALL)
        found |= dict.fromkeys(re.findall(r'id="(term-[^"]+)"', entry[1]), text)
    return found


def embed(html, found):
    """Return a page in which each use of a term has its definition beside it.

    Parameters
    ----------
    html : str
        The page.
    found : dict
        The definitions, as `definitions` returns them.
    """
    numbers = iter(range(1, html.count("std-term") + 1))

    def beside(use):
        if use[2] not in found:
            return use[0]
        name = f"definition-{next(numbers)}"
        link = use[1].replace("<a ", f'<a aria-describedby="{name}" ', 1)
        text = f'<span class="definition" role="tooltip" id="{name}">{found[use[2]]}</span>'
        return f'<span class="term">{link}{text}</span>'

    # A page that was not written again holds them already: its links have their description.
    return USE.sub(beside, html)


def setup(app):
    """Nothing to register: `pages` calls `embed` when all is written."""
