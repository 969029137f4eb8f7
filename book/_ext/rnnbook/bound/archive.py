"""The site as a ZIP: `python -m rnnbook.bound.archive`. Unpacked anywhere, its `index.html` is the whole book."""

import argparse
import sys
import zipfile
from pathlib import Path

from rnnbook.bound.articles import HTML, ROOT

OUT = ROOT / "_build" / "rnnlab-book.zip"
FOLDER = "rnnlab-book"  # what unpacking makes: one folder, not hundreds of files


def write(html, out):
    """Pack a built site."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in html.rglob("*") if path.is_file()):
            archive.write(file, Path(FOLDER) / file.relative_to(html))


def main(argv=None):
    """Write the archive."""
    parser = argparse.ArgumentParser(prog="make zip", description="Pack the built site for reading offline.")
    parser.add_argument("--html", type=Path, default=HTML, help="the folder of the built site")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write")
    args = parser.parse_args(argv)
    write(args.html, args.out)
    print(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
