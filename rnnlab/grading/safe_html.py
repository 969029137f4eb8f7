"""What students write, made fit for a page: their Markdown becomes HTML without scripts, odd links or far pictures.

Cleaning is done by bleach, as nbconvert does it. The result is Markdown again, of which any renderer makes the same.
"""

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from urllib.parse import quote, unquote

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

Pictures = Mapping[str, tuple[str, str]]

_TAGS = frozenset(
    re.findall(
        r"\w+",
        "p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre code em strong b i u s del sub sup span div a img "
        "table thead tbody tr th td",
    )
)
_PROTOCOLS = ("http", "https", "mailto", "data")  # data for pictures: links are looked at once more
_DATA = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]*\Z")
_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
_RICH = re.compile(r"[<&\[]|://|^\s{0,3}\[", re.MULTILINE)
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()#+!|~<>&\"'\-:.=]")
_MOST = 30_000  # characters that are read as Markdown: some take time that grows with the square
_EMPTY = ("br", "hr", "img")
_LOOKALIKE = str.maketrans({"<": "\u2039", ">": "\u203a", "&": "\uff06", "`": "'", "[": "(", "]": ")"})


def words(text: str) -> str:
    """Return text in which neither HTML nor Markdown finds anything but words.

    Examples
    --------
    >>> words("<b>[x](y)</b>")
    '‹b›(x)(y)‹/b›'
    """
    return text.translate(_LOOKALIKE)


def markdown(text: str, pictures: Pictures | None = None) -> str:
    """Return a student's Markdown as it may be shown.

    Parameters
    ----------
    text : str
    pictures : mapping, optional
        By their name, pictures that were pasted into it: their kind, and the data in base64.
    """
    if len(text) > _MOST:
        return as_written(text)
    if not _RICH.search(text) and not pictures:
        return text
    try:
        return _rendered(text, pictures or {})
    except Exception:  # whatever a student's text makes of its renderer: a person reads it all the same
        return as_written(text)


def as_written(text: str) -> str:
    """Return text as it may be shown where nothing in it is read as Markdown.

    Examples
    --------
    >>> as_written("**a**")
    '<div><pre>&#42;&#42;a&#42;&#42;</pre></div>'
    """
    return f"<div><pre>{coded(text[:_MOST])}</pre></div>"


def _rendered(text: str, pictures: Pictures) -> str:
    renderer = IPythonRenderer(escape=True, attachments=_Missing())
    html = MarkdownWithMath(renderer=renderer).render(_attached(text, pictures))
    cleaned = bleach.clean(
        html,
        tags=_TAGS,
        attributes=_attribute,
        protocols=_PROTOCOLS,
        css_sanitizer=CSSSanitizer(allowed_css_properties=[]),
        strip_comments=True,
    )
    writer = _Writer(pictures)
    writer.feed(cleaned)
    writer.close()
    if not writer.shown:  # all of it is a comment, say, or the definition of a link
        return as_written(text)
    return f"<div>{''.join(writer.pieces)}</div>"


class _Missing(dict):
    """Stands for every picture that is not there, however it is written: the renderer refuses a page for one."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> dict[str, str]:
        return {"text/plain": quote(name, safe="")}


def _attached(text: str, pictures: Pictures) -> str:
    """Return Markdown whose pictures are named by their place in `pictures`, or by what is missing."""
    places = {name: f"rnnlab-picture/{number}" for number, name in enumerate(pictures)}

    def place(match: re.Match) -> str:
        name = match["name"].strip()
        return places.get(name) or places.get(unquote(name)) or f"rnnlab-picture/{escape(name)}"

    return re.sub(r"attachment:(?P<name>[^)\s\"'>]+)", place, text)


def _attribute(tag: str, name: str, value: str) -> bool:
    if tag == "a":
        return name == "href" and bool(_LINK.match(value))
    if tag == "img":
        return name in ("src", "alt")
    return tag in ("th", "td") and name == "align"


def coded(text: str) -> str:
    """Return text for a `pre`, of which neither HTML nor Markdown reads anything."""
    return _coded(text, "&#10;")


class _Writer(HTMLParser):
    """Writes HTML on one line, in which no Markdown is left to be read."""

    def __init__(self, pictures: Pictures):
        super().__init__(convert_charrefs=True)
        self.pictures = list(pictures.values())
        self.pieces: list[str] = []
        self.preformatted = 0
        self.shown = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            self._picture(values)
            return
        self.preformatted += tag == "pre"
        if tag == "a" and "href" in values:
            values["rel"] = "noopener noreferrer"
        written = "".join(f' {name}="{_coded(value)}"' for name, value in values.items())
        self.pieces.append(f"<{tag}{written}>")

    def _picture(self, values: dict[str, str]) -> None:
        self.shown = True
        kind, _, rest = values.get("src", "").partition("/")
        if kind == "rnnlab-picture" and rest.isdigit() and int(rest) < len(self.pictures):
            mime, data = self.pictures[int(rest)]
            self.pieces.append(f'<img src="data:{mime};base64,{data}" alt="{_coded(values.get("alt", ""))}">')
        elif _DATA.match(values.get("src", "")):
            self.pieces.append(f'<img src="{values["src"]}" alt="{_coded(values.get("alt", ""))}">')
        else:
            what = values.get("alt") or (rest if kind == "rnnlab-picture" else "") or "without a name"
            self.pieces.append(f"<em>{_coded(f'(picture that is not in the notebook: {what})')}</em>")

    def handle_endtag(self, tag: str) -> None:
        self.preformatted -= tag == "pre"
        if tag not in _EMPTY:
            self.pieces.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.shown |= bool(data.strip())
        self.pieces.append(_coded(data, "&#10;" if self.preformatted > 0 else " "))


def _coded(text: str, line_end: str = " ") -> str:
    """Return text with everything that Markdown or HTML would read written as a number."""
    return _MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", text).replace("\r", "").replace("\n", line_end)
