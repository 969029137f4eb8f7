"""Links to the bound book on the site: `python -m rnnbook.bound.offer`, once PDF, EPUB and ZIP are made.

The page about the book has an empty, hidden list for them. A site that is built without them shows no dead links.
"""

import re
import shutil
import sys

from rnnbook.bound import archive, epub, paper
from rnnbook.bound.articles import HTML

KINDS = [
    (paper.OUT, "PDF, to print"),
    (epub.OUT, "EPUB, for an e-reader"),
    (archive.OUT, "ZIP of these pages, to read offline"),
]
PLACE = re.compile(r'<ul class="downloads"[^>]*>.*?</ul>', re.DOTALL)


def main(html=HTML, kinds=KINDS):
    """Put the files that are there into the site, and link them.

    Raises
    ------
    ValueError
        If the page about the book has no place for them.
    """
    folder, page = html / "downloads", html / "book" / "about.html"
    folder.mkdir(exist_ok=True)
    items = ""
    for file, text in kinds:
        if file.is_file():
            shutil.copy(file, folder)
            size = file.stat().st_size / 1e6
            items += f'<li><a href="../downloads/{file.name}" download>{text}</a> ({size:.1f} MB)</li>'
    written, count = PLACE.subn(f'<ul class="downloads">{items}</ul>', page.read_text(encoding="utf-8"))
    if not count:
        raise ValueError(f"{page} has no list of the class downloads")
    page.write_text(written, encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
