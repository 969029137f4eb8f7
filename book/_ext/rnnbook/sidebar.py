"""The sidebar's list of pages, made from the pages' titles alone.

For every page that it writes, Sphinx copies the headings and entries of all pages, only to take everything below the
titles out again: a third of the time that writing takes. Here that is taken out once.
"""

from docutils import nodes
from sphinx import addnodes


def titles(toc):
    """Return a copy of a page's contents with its title and the pages below it, without headings and entries."""
    short = toc.deepcopy()
    for entry in short.children:
        if isinstance(entry, nodes.list_item) and len(entry) > 1:
            below = list(entry.findall(addnodes.toctree))
            if below:
                entry[1][:] = below
            else:
                entry.pop(1)
    return short


def use_titles(app, pagename, templatename, context, doctree):
    """Let the template's list of all pages look at their titles, if titles are all that it asks for."""
    whole = context["toctree"]
    if not hasattr(app.builder, "short_tocs"):
        app.builder.short_tocs = {page: titles(toc) for page, toc in app.env.tocs.items()}

    def toctree(**options):
        if not options.get("titles_only"):
            return whole(**options)
        full, app.env.tocs = app.env.tocs, app.builder.short_tocs
        try:
            return whole(**options)
        finally:
            app.env.tocs = full

    context["toctree"] = toctree


def setup(app):
    """Register this part with Sphinx."""
    app.connect("html-page-context", use_titles, priority=100)  # before the theme takes hold of the list
