"""Tabs of a browser that are used again: to make a new context costs more than to load a page of the book."""

from contextlib import contextmanager
from dataclasses import dataclass, field

# What a page has stored is not for the next one. A page that is no file's and no server's cannot store anything.
FORGET = """() => {
    try {
        localStorage.clear();
        sessionStorage.clear();
    } catch (error) {
        if (error.name !== "SecurityError") throw error;
    }
}"""


@dataclass
class Heard:
    """What a page asked for, and the errors in its console."""

    asked: list = field(default_factory=list)
    errors: list = field(default_factory=list)

    def strays(self, *own):
        """Return the addresses that begin with none of these."""
        return [url for url in self.asked if not url.startswith((*own, "data:", "blob:"))]


class Tabs:
    """The tabs of a browser. One that is given back is emptied, and taken for the next page.

    Parameters
    ----------
    browser : playwright browser
        Where they are opened.
    """

    def __init__(self, browser):
        self._browser, self._free = browser, {True: [], False: []}

    @contextmanager
    def open(
        self, address=None, *, width=1280, height=900, scheme="light", script=True, motion="reduce", bad=("error",)
    ):
        """Open a page; the value is its tab, and what is heard of it.

        Parameters
        ----------
        address : str, optional
            The page; an empty one where left out.
        width, height : int
            Of the window, in pixels.
        scheme, motion : str
            What the reader prefers.
        script : bool
            Whether scripts run.
        bad : tuple of str
            The kinds of a console's messages that are errors.
        """
        free = self._free[script]
        tab = free.pop() if free else self._browser.new_context(java_script_enabled=script).new_page()
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(media="null", color_scheme=scheme, reduced_motion=motion)
        heard = Heard()
        listeners = {
            "request": lambda request: heard.asked.append(request.url),
            "console": lambda message: heard.errors.append(message.text) if message.type in bad else None,
            "pageerror": lambda error: heard.errors.append(str(error)),
        }
        for event, listener in listeners.items():
            tab.on(event, listener)
        if address is not None:
            tab.goto(address)
        yield tab, heard
        for event, listener in listeners.items():
            tab.remove_listener(event, listener)
        tab.mouse.move(-1, -1)  # nothing of the next page is pointed at
        tab.evaluate(FORGET)
        tab.goto("about:blank")
        free.append(tab)
