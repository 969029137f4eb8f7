"""What every page of the built book must satisfy. A check returns its complaints: texts, none where all is well."""

import html
import re
from html.parser import HTMLParser
from urllib.parse import unquote

from rnnbook import site_scripts as scripts

VIEWS = [(width, scheme) for width in (390, 768, 1280) for scheme in ("light", "dark")]
FEW_VIEWS = [(390, "light"), (1280, "dark")]
MOST_STOPS = 120  # of the tab key, on a page with hundreds of links
# The rules that compute contrasts, for the marked texts alone.
OF_KINDS = [
    {"id": "color-contrast", "selector": "[data-kind]"},
    {"id": "link-in-text-block", "selector": "a[href][data-kind]"},
]
NO_WORDS = re.compile(r"\S*[0-9a-f]{16,}\S*|\S+\.(png|svg|jpg)|image|picture|figure|plot", re.IGNORECASE)


class Page(HTMLParser):
    """The tags, anchors and links of a page, read from its file."""

    def __init__(self, path):
        super().__init__()
        self.path, self.tags, self.anchors = path, [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Note a tag."""
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.anchors |= {attrs[name] for name in ("id", "name") if attrs.get(name)}


def references(page, pages):
    """Return the internal links that lead to no file, or to a file without that anchor.

    Parameters
    ----------
    page : Page
        The page.
    pages : dict
        Pages by their path, to be filled as they are needed.
    """
    found = []
    for tag, attrs in page.tags:
        target = attrs.get("href") if tag == "a" else None
        if not target or re.match(r"[a-z]+:|//", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.path.parent / unquote(file.partition("?")[0])).resolve() if file else page.path.resolve()
        if not path.is_file():
            found.append(f"{target}: there is no such file")
        elif anchor and path.suffix == ".html":
            there = pages.setdefault(path, None) or pages.__setitem__(path, Page(path)) or pages[path]
            if unquote(anchor) not in there.anchors:
                found.append(f"{target}: there is no such anchor")
    return found


def alternatives(page, _pages=None):
    """Return the pictures and drawings whose alternative text is missing or says nothing."""
    found = []
    for tag, attrs in page.tags:
        if tag == "img" or (tag == "svg" and attrs.get("role") == "img"):
            said = html.unescape(attrs.get("alt" if tag == "img" else "aria-label") or "")
            if len(said) < 12 or NO_WORDS.fullmatch(said.strip()):
                found.append(f"{tag} has the alternative text {said!r}")
    return found


def outside(page, _pages=None):
    """Return what a page would load from another site."""
    loading = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "video": "src"}
    addresses = [attrs.get(loading[tag]) for tag, attrs in page.tags if tag in loading]
    return [address for address in addresses if address and re.match(r"(https?:)?//", address)]


def axe(tab, include=None, rules=None, extra=(), kinds=None):
    """Return axe's violations: each rule, and the first tags that break it.

    Parameters
    ----------
    tab : playwright page
        The page.
    include : list, optional
        Selectors to look at.
    rules : list of str, optional
        Only these rules; all that are on by default, and `label-content-name-mismatch`, where left out.
    extra : sequence of str
        More rules that are off by default.
    kinds : int, optional
        Compute contrasts only for so many texts of each kind: of a colour, a size and a ground. The page is not as it
        was after that: other words of code have lost their tags.
    """
    from axe_playwright_python.sync_playwright import Axe

    # Preloading would fetch files, which a browser refuses on a disk.
    on = {"label-content-name-mismatch": {"enabled": True}} | {rule: {"enabled": True} for rule in extra}
    # Of rules that are kept it would otherwise list every tag: megabytes, and half of the time.
    quiet = {"preload": False, "resultTypes": ["violations"]}
    options = quiet | ({"runOnly": rules} if rules else {"rules": on})
    tab.evaluate(Axe().axe_script)
    if kinds is not None:
        tab.evaluate(scripts.MARK_KINDS, kinds)
        tab.evaluate("(rules) => axe.configure({ rules })", OF_KINDS)
    run = "([include, options]) => axe.run(include ? { include } : document, options).then((found) => found.violations)"
    found = tab.evaluate(run, [include, options])
    return [(violation["id"], [node["html"][:120] for node in violation["nodes"]]) for violation in found]


def accessible(tab):
    """Return axe's violations as texts, with those of targets smaller than 24 pixels."""
    return [f"{rule}: {tags[0]} ({len(tags)} times)" for rule, tags in axe(tab, extra=["target-size"])]


def open_answers(tab):
    """Open everything that is folded in the article."""
    tab.evaluate("document.querySelectorAll('article details').forEach((box) => (box.open = true))")


def whole(tab):
    """Return what is cut off, with every slider at each of its positions."""
    found = [*tab.evaluate(scripts.WIDER_THAN_WINDOW), *tab.evaluate(scripts.CUT_OFF, "article")]
    return [*found, *tab.evaluate(scripts.EVERY_POSITION)]


def words(tab):
    """Return names that a table breaks."""
    return tab.evaluate(scripts.BROKEN_WORDS)


def colours(tab):
    """Return the parts of drawings that are too faint on the page's ground."""
    return tab.evaluate(scripts.FAINT)


def stops(tab):
    """Return the stops of the tab key that cannot be seen, and controls that the key does not reach."""
    found, reached = [], 0
    for _ in range(MOST_STOPS):
        tab.keyboard.press("Tab")
        stop = tab.evaluate(scripts.FOCUSED)
        if stop is None or (stop["end"] and reached):
            break
        reached += 1
        if stop["fault"]:  # what slides into view needs a moment
            tab.wait_for_timeout(300)
            stop = tab.evaluate(scripts.FOCUSED) or stop
        if stop["fault"]:
            found.append(f"{stop['name']} {stop['fault']}")
    return found if reached else ["the tab key stops nowhere"]


def still(tab):
    """Return what moves although the reader asked for less motion."""
    return tab.evaluate(scripts.MOVING)


def readable(tab):
    """Return what is missing or covered in a page whose scripts do not run."""
    return tab.evaluate(scripts.WITHOUT_SCRIPTS)


def chapters_first(tab):
    """Return what is wrong with the results of a search: none, or the interface above a chapter."""
    tab.wait_for_function("document.querySelector('.search-summary')?.textContent.includes('found')", timeout=10_000)
    hrefs = tab.locator("ul.search > li a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    chapters = [place for place, href in enumerate(hrefs) if re.match(r"book/\d\d_", href)]
    interface = [place for place, href in enumerate(hrefs) if href.startswith("book/interface")]
    if not chapters:
        return [f"no chapter among {len(hrefs)} results"]
    return ["the interface comes before a chapter"] if interface and min(interface) < max(chapters) else []


WRITTEN = {"links and anchors": references, "alternative texts": alternatives, "nothing from outside": outside}
SHOWN = {
    "nothing cut off": whole,
    "words not broken": words,
    "colours of drawings": colours,
    "axe and targets": accessible,
}
ONCE = {"stops of the tab key": stops, "reduced motion": still}
