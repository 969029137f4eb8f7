"""Fuzz what reads students' files with a fuzzer that is guided by the code's own branches: ``make fuzz``.

Hypothesis draws files without looking at the code that reads them. Atheris (libFuzzer) keeps each file that reaches a
new branch and changes it further. Whatever the bytes, a reader gives what it promises or refuses, and nothing else.
A file that breaks a promise is kept in ``_build/fuzz/``; run it again by naming it after the target.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
FOUND = ROOT / "_build" / "fuzz"
MODULES = ["rnnlab.checks.codec", "rnnlab.grading", "zipfile"]


def notebook() -> tuple[Callable[[bytes], None], Iterator[bytes]]:
    """A file is cells that make work to be run and written, or it is refused."""
    import hostile

    from rnnlab.grading import notebook_file, submission
    from rnnlab.grading.errors import Refused

    def one(data: bytes) -> None:
        try:
            cells, _ = notebook_file.cells(data, 100)
        except Refused:
            return
        work = submission.assemble(hostile.RELEASE_NOTEBOOK, cells)
        for _, source in work.cells:
            source.encode()
        assert set(work.solutions) == set(hostile.RELEASE_NOTEBOOK.solutions)

    small = {"cells": [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "a"}}, "source": ["x = 1"]}]}
    old = {"worksheets": [small], "nbformat": 3}
    return one, iter([json.dumps(small).encode(), json.dumps(old).encode(), hostile.GOOD.encode()])


def archive() -> tuple[Callable[[bytes], None], Iterator[bytes]]:
    """A ZIP gives notebooks within the limits, or a note why it gives none."""
    from rnnlab.grading import intake
    from rnnlab.grading.settings import Settings

    limits = Settings(notebook_mb=1, beside_mb=1)

    def one(data: bytes) -> None:
        found = intake.HandedIn()
        intake._unzip(data, "a.zip", limits, found)
        assert sum(map(len, found.notebooks.values())) <= 2 * limits.notebook_mb * 2**20
        assert sum(map(len, found.beside.values())) <= limits.beside_mb * 2**20
        assert not [name for name in (*found.notebooks, *found.beside) if ".." in name.split("/")]

    def packed(*names: str) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            for name in names:
                made.writestr(name, '{"cells": []}')
        return file.getvalue()

    return one, iter([packed("a.ipynb"), packed("x/a.ipynb", "x/b.py"), packed("../a.ipynb", "/b.csv")])


def value() -> tuple[Callable[[bytes], None], Iterator[bytes]]:
    """Bytes are a value that is written as the same bytes again and again, or they are refused."""
    import numpy as np

    from rnnlab.checks import codec

    def one(data: bytes) -> None:
        try:
            value = codec.decode(data)
        except codec.CodecError:
            return
        written = codec.encode(value)
        assert codec.encode(codec.decode(written)) == written

    values = [1, 2.5, "text", None, True, [1, (2.0, "a")], {"a": np.zeros((2, 3))}, np.arange(3)[::-1], 2**70]
    return one, map(codec.encode, values)


class _Tags(HTMLParser):
    """The tags of a page with their attributes, as a browser takes them."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def words() -> tuple[Callable[[bytes], None], Iterator[bytes]]:
    """A written answer becomes a page without a script, a frame, or an address that is opened by itself."""
    from rnnlab.grading import safe_html

    harmful = {"script", "iframe", "object", "embed", "svg", "math", "style", "form", "link", "meta", "base", "input"}

    def one(data: bytes) -> None:
        page = safe_html.markdown(data.decode("utf-8", "replace"))
        for tag, attributes in _Tags(page).found if page.startswith("<div>") else ():
            assert tag not in harmful, page
            assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc")], page
            link = (attributes.get("href") or "#").lower()  # a scheme is the same in capitals
            assert link.startswith(("http:", "https:", "mailto:", "#")), page
            assert (attributes.get("src") or "data:image/").startswith("data:image/"), page

    texts = [
        "# a *b* `c`",
        "[a](javascript:b)",
        "[a](httP://b)",
        "![a](http://b)",
        "<script>a</script>",
        "$a<b>$",
        "|a|b|\n|-|-|\n|c|d|",
    ]
    return one, (text.encode() for text in texts)


TARGETS = {"notebook": notebook, "archive": archive, "value": value, "words": words}


def fuzz(target: str, options: list[str]) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris

    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "grading")]
    with atheris.instrument_imports(include=MODULES):
        one, first = TARGETS[target]()
    with TemporaryDirectory() as folder:
        for n, data in enumerate(first):
            Path(folder, str(n)).write_bytes(data)
        atheris.Setup([target, *options, *([] if Path(options[-1]).is_file() else [folder])], one)
        atheris.Fuzz()


def main() -> int:
    """Fuzz all targets for some seconds each, or run one on a file that was found."""
    parser = argparse.ArgumentParser(description="Fuzz what reads students' files, guided by the code's branches.")
    parser.add_argument("target", nargs="?", choices=TARGETS, help="all by default")
    parser.add_argument("file", nargs="?", help="one file that was found")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--runs", type=int, default=-1, help="files for each target (as many as there is time for)")
    parser.add_argument("--seed", type=int, default=0, help="the same files each time, for the same runs (0: others)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    FOUND.mkdir(parents=True, exist_ok=True)
    bounds = [f"-max_total_time={args.seconds}", f"-runs={args.runs}", f"-seed={args.seed}"]
    options = [*bounds, "-timeout=10", "-rss_limit_mb=2048", "-max_len=20000"]
    options += [f"-artifact_prefix={FOUND}/{args.target}-", "-print_final_stats=1", *([args.file] if args.file else [])]
    if args.inside:
        fuzz(args.target, options)
    failed = []
    for target in [args.target] if args.target else TARGETS:
        command = [sys.executable, __file__, target, *([args.file] if args.file else [])]
        passed = [f"--{name}={getattr(args, name)}" for name in ("seconds", "runs", "seed")]
        same = {"PYTHONHASHSEED": "0"} if args.seed else {}
        done = subprocess.run([*command, "--inside", *passed], capture_output=True, text=True, env=os.environ | same)
        tried = [line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        print(f"{target}: {tried[0] if tried else 'no'} files tried, {'ok' if done.returncode == 0 else 'FAILED'}")
        if done.returncode:
            failed.append(target)
            print((done.stdout + done.stderr)[-3000:])
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
