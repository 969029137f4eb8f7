"""The order of what a search finds: chapters first, the interface last.

Sphinx prefers names in code, so a reader who looks for "unfolding" would meet functions before the chapter.
"""

from pathlib import Path


def configure(app, config):
    """Give the search page our own scores. This has to be a setting: the scores are written into its script."""
    config.html_search_scorer = str(Path(__file__).with_name("scorer.js"))


def setup(app):
    """Register this part with Sphinx."""
    app.connect("config-inited", configure)
