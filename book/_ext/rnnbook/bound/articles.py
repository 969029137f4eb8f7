"""What the bound book takes from the built pages: their articles, in order.

What only a screen can do is left out.
"""

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from bs4 import BeautifulSoup
from bs4.element import Tag

ROOT = Path(__file__).resolve().parents[4]
HTML = ROOT / "_build" / "html"

# Pages for whoever works on the course. The assignments are notebooks: a list of them stands at the end.
LEFT_OUT = re.compile(r"book/(interface|howto|teaching|architecture|about)|exercises/")
DRAWN = re.compile('<span class="katex-html"')
SPAN = re.compile("<span|</span>")
HOLLOW = re.compile(r'<span class="katex-html" data-drawn="([^"]+)"></span>')
SCREEN_ONLY = {"headerlink", "toctree-wrapper", "list-filter", "notebook-link", "screen-only"}


@dataclass
class Article:
    """A page of the book: its name as `book/02_unfolding`, the part it belongs to, its title, and its tags.

    What is drawn of a formula is an empty tag: nothing looks into it, and it is half of all tags. `html` puts it back.
    """

    name: str
    part: str
    title: str
    body: Tag
    answers: list = field(default_factory=list)
    drawn: dict = field(default_factory=dict)

    @property
    def key(self):
        """The last part of its name, which is its address in the bound book."""
        return self.name.rpartition("/")[2]

    def html(self):
        """Return the article as HTML, with its formulas drawn."""
        return HOLLOW.sub(lambda mark: self.drawn[mark[1]], str(self.body))


def listed(root=ROOT):
    """Return the names of all pages in `_toc.yml`, in its order, each with the caption of its part."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    found = [(contents["root"], "")]
    for part in contents["parts"]:
        for entry in part["chapters"]:
            found += [(page["file"], part.get("caption", "")) for page in (entry, *entry.get("sections", []))]
    return found


def articles(html=HTML, root=ROOT):
    """Return the articles of the bound book."""
    return [read(html, name, part) for name, part in listed(root) if not LEFT_OUT.match(name)]


def read(html, name, part=""):
    """Return one page's article, without what only a screen can do."""
    page = (html / f"{name}.html").read_text(encoding="utf-8")
    rest, drawn = without_drawn(name, re.search(r"<article\b.*?</article>", page, re.DOTALL)[0])
    body = tree(rest).article
    for figure in of_class(body, "rf"):
        say_position(figure)
    for tag in [tag for tag in tags(body) if screen_only(tag)]:
        tag.decompose()
    for cell in of_class(body, "cell"):
        if cell.name == "div" and not cell.get_text(strip=True) and not cell.find(["svg", "img"]):
            cell.decompose()
    return Article(name, part, body.h1.get_text().strip(), body, drawn=drawn)


def without_drawn(page, html):
    """Return the HTML of a page with an empty tag for what is drawn of each formula, and what stood there."""
    rest, drawn, end = "", {}, 0
    for n, start in enumerate(DRAWN.finditer(html)):
        rest += html[end : start.start()] + f'<span class="katex-html" data-drawn="{page} {n}"></span>'
        end, depth = start.end(), 1
        while depth:
            tag = SPAN.search(html, end)
            end, depth = tag.end(), depth + (1 if tag[0] == "<span" else -1)
        drawn[f"{page} {n}"] = html[start.start() : end]
    return rest + html[end:], drawn


def tags(body):
    """Return all tags below one, without a CSS selector: it would try each of a hundred thousand tags."""
    return [tag for tag in body.descendants if isinstance(tag, Tag)]


def of_class(body, name):
    """Return the tags below one that have a class."""
    return [tag for tag in tags(body) if name in tag.attrs.get("class", ())]


def screen_only(tag):
    """Say whether a tag is one that only a screen can use."""
    classes = tag.attrs.get("class", ())
    if tag.name in {"script", "button"} or not SCREEN_ONLY.isdisjoint(classes):
        return True
    if tag.name == "details" and "hide" in classes:
        return True
    return "definition" in classes and "term" in tag.parent.attrs.get("class", ())


def tree(html):
    """Return a piece of HTML as a tree whose names have the case that SVG asks for."""
    soup = BeautifulSoup(html, "html.parser")
    for svg in soup.find_all("svg"):
        for lower, right in (("viewbox", "viewBox"), ("preserveaspectratio", "preserveAspectRatio")):
            if lower in svg.attrs:
                svg.attrs[right] = svg.attrs.pop(lower)
        if "rf-svg" in svg.get("class", []):  # the site draws a fifth larger than its text asks for
            svg["width"] = svg["viewBox"].split()[2]
    return soup


def say_position(figure):
    """Name the position at which an interactive figure is shown, in front of its sentence; its controls go."""
    bar = figure.find(class_="rf-controls", recursive=False)
    if bar is None:
        return
    shown = [said for control in bar.select(".rf-control") if (said := value_of(control))]
    sentence = figure.find(class_="rf-said", recursive=False)
    # All rolls of a player are shown, and a question has its answer below it: neither has a position.
    named = sentence is not None and all(says(sentence, value) for _, value in shown)
    if shown and not named and sentence is not None and not {"rf-player", "rf-predict"} & set(figure["class"]):
        sentence.insert(0, tree(f'<span class="rf-shown">Shown: {"; ".join(said for said, _ in shown)}.</span> '))
    bar.decompose()
    for tag in figure.find_all(attrs={"aria-live": True}):
        del tag["aria-live"], tag["aria-atomic"]
        if not tag.get_text(strip=True):
            tag.decompose()


def value_of(control):
    """Return the name and value at which a control stands, as HTML, and the value as text; None if it has none."""
    name, chosen = control.span, control.find("button", attrs={"aria-pressed": "true"})
    if name is None:
        return None
    if chosen is not None:
        return f"{name.decode_contents()}: {chosen.decode_contents()}", chosen.get_text()
    value = " ".join(output.get_text() for output in name.find_all("output"))
    for output in name.find_all("output"):
        output.unwrap()
    return name.decode_contents(), value


def says(sentence, value):
    """Say whether a sentence names a value already."""
    return re.search(rf"(?<![\w.−-]){re.escape(value)}(?![\w.]*\w)", sentence.get_text()) is not None


def relink(article, address):
    """Point each link of an article to where its target is in the bound book; text stays where there is none.

    Parameters
    ----------
    article : Article
        Its links are changed in place.
    address : callable
        Returns the new address of a page's name and an anchor, or None.
    """
    for link in article.body.find_all("a"):
        target = link.get("href", "")
        if not re.match(r"[a-z]+:", target):
            file, _, anchor = target.partition("#")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(article.name), file)) if file else article.name
            new = address(re.sub(r"\.html$", "", path), anchor) if target else None
            if new is None:
                link.unwrap()
                continue
            link["href"] = new
        for attribute in ("aria-describedby", "download", "title", "role"):
            del link[attribute]
