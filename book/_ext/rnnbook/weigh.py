"""What a reader's browser loads for each page: `python -m rnnbook.weigh`, which ends with 1 if one is too heavy.

A browser opens each page of the built book from a server on this machine, with nothing in its cache, and the size of
every answer is taken as gzip would send it. Fonts and pictures are sent as they are.
"""

import gzip
import os
import re
import shutil
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HTML = Path(__file__).resolve().parents[3] / "_build" / "html"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]

MOST_REQUESTS = 25
MOST_KB = {"text": 250, "figures": 450}
PACKED = {".woff2", ".png", ".jpg"}


def pages(html=HTML):
    """Return the names of the built pages, without the one that only leads to the front page."""
    found = [page.relative_to(html) for page in html.rglob("*.html")]
    return sorted(str(page) for page in found if page.parts[0] != "_static" and page != Path("index.html"))


def kind(page, html=HTML):
    """Say whether a page is "text" or has "figures"."""
    article = re.search(r"<article\b.*?</article>", (html / page).read_text(encoding="utf-8"), re.DOTALL)
    return "figures" if article and re.search(r"<figure\b|<img\b", article[0]) else "text"


def size(path):
    """Return the bytes in which a file is sent."""
    data = path.read_bytes()
    return len(data) if path.suffix in PACKED else len(gzip.compress(data, 6))


@contextmanager
def served(folder=HTML):
    """Serve a folder on this machine; the address is the value."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def end_headers(self):
            self.send_header("Cache-Control", "no-store")  # a page loads the same whichever was loaded before it
            super().end_headers()

    class Server(ThreadingHTTPServer):
        def handle_error(self, request, client_address):
            if not isinstance(sys.exc_info()[1], ConnectionError):  # a page that is closed takes no more
                super().handle_error(request, client_address)

    with Server(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def weigh(browser, base, page, html=HTML):
    """Return the files that a page loads, each with the bytes in which it is sent."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    asked = []
    tab.on("request", lambda request: asked.append(request.url) if request.url.startswith(base) else None)
    tab.goto(f"{base}/{page}", wait_until="networkidle")
    context.close()
    return sizes(asked, base, html)


def sizes(asked, base, html=HTML):
    """Return the files behind addresses that a page asked for, each with the bytes in which it is sent."""
    files = [url.removeprefix(base + "/").partition("?")[0].partition("#")[0] for url in asked]
    return {file: size(html / file) for file in files if (html / file).is_file()}


def beyond(files, page, html=HTML):
    """Say in a list of at most one line how a page loads more than it may."""
    most, kb = limits(page, html)
    total = sum(files.values()) / 1000
    over = len(files) > most or total > kb
    return [f"{len(files)} requests and {total:.0f} KB, at most {most} and {kb}"] if over else []


def limits(page, html=HTML):
    """Return the most requests and the most KB (of 1,000 bytes) that a page may take."""
    return MOST_REQUESTS, MOST_KB[kind(page, html)]


def main():
    """Print the table, for all pages or those named on the command line."""
    from playwright.sync_api import sync_playwright

    print(f"{'page':60}{'requests':>9}{'KB gzip':>9}{'limit':>7}")
    beyond = False
    with served() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for page in sys.argv[1:] or pages():
            files = weigh(browser, base, page)
            requests, kb = limits(page)
            total = sum(files.values()) / 1000
            bad = len(files) > requests or total > kb
            print(f"{page:60}{len(files):9}{total:9.0f}{kb:7}{'  beyond' * bad}", flush=True)
            beyond |= bad
        browser.close()
    return int(beyond)


if __name__ == "__main__":
    sys.exit(main())
