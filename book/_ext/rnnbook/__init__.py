"""The book's own Sphinx extension: one module for each thing that Jupyter Book leaves to be done."""

from rnnbook import imports, lists, mistakes, notebooks, offline, pages, results, running, search, sidebar, terms, toc

PARTS = (offline, running, pages, sidebar, search, lists, mistakes, results, terms, toc, imports, notebooks)


def setup(app):
    """Register every part with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
