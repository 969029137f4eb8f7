"""Submissions of every kind that reaches a grader, as small pieces of source, and the points that each must get.

`STUDENTS` maps a name to what is written into the student's folder and the points expected for the five questions of
assignment 02_unfolding, in their order. 'R' stands for all of a question's points, numbers for themselves.
"""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat

from rnnlab import checks
from rnnlab.checks.sources import written_answers
from rnnlab.grading.demo import Class
from rnnlab.grading.release_notebook import read
from rnnlab.grading.sandbox.host.view import PACKAGE

ASSIGNMENT = "02_unfolding"
RELEASED = PACKAGE.parent / "exercises" / ASSIGNMENT
RELEASE_NOTEBOOK = read(RELEASED)[0]
CLASS = Class(ASSIGNMENT, RELEASE_NOTEBOOK.notebook)
POINTS = [question.points for question in checks.load(ASSIGNMENT)]
R = "R"
FULL = [R] * 5
NOTHING = [0] * 5

# Independent of one another, so that what breaks one answer leaves the others whole.
RIGHT = dict(CLASS.right)
for key, number in (("2.1", 1), ("2.2", 0), ("2.3", 0)):
    RIGHT |= written_answers(ASSIGNMENT, key, checks.other_answers(ASSIGNMENT)[key][number].style)
STEP = "def rnn_step(x, h, w_x, w_h, b_h):\n"
BODY = "    return np.tanh(x @ w_x.T + h @ w_h.T + b_h)\n"
WRONG = {
    "rnn_step": STEP + "    return np.zeros_like(h)\n",
    "rnn_forward": "def rnn_forward(x, h_0, *weights):\n    return np.zeros(1), np.zeros(1)\n",
    "unfold": "def unfold(*args):\n    return []\n",
    "feedforward": "def feedforward(x, layers):\n    return np.zeros(1)\n",
    "count_parameters": "def count_parameters(*args):\n    return 0\n",
    "predicted_weights": "def predicted_weights():\n    return 0\n",
}

Folder = dict[str, bytes | Callable[[Path], None]]
STUDENTS: dict[str, tuple[Folder, list]] = {}


def text(answers: dict[str, str], first: str = "", last: str = "", change: Callable[[dict], None] | None = None) -> str:
    """Return a notebook's text: answers, cells before and after them, and a change to the whole at the end."""
    notebook = CLASS.handed_in(answers, first)
    if last:
        notebook.cells.append(nbformat.v4.new_code_cell(last))
    tree = json.loads(nbformat.writes(notebook, version=4))
    if change is not None:
        change(tree)
    return json.dumps(tree)


def folder(data: str | bytes, name: str = f"{ASSIGNMENT}.ipynb", **more) -> Folder:
    """Return a folder that holds one notebook and more besides."""
    return {name: data if isinstance(data, bytes) else data.encode(), **more}


def add(name: str, points: list, *args, **options) -> None:
    STUDENTS[name] = folder(text(*args, **options)), points


def breaks(name: str, in_call: str, in_cell: str = "") -> None:
    """Add a student whose rnn_step does something bad when called, and one whose cell does."""
    body = "".join(f"    {line}\n" for line in in_call.splitlines())
    add(f"{name}-called", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + body + BODY})
    add(f"{name}-cell", [0, R, R, R, R], {**RIGHT, "rnn_step": (in_cell or in_call) + "\n" + STEP + BODY})


# --- tags, transformers, patches, forged outputs -------------------------------------------------------------------


def _tags(only_grade: bool) -> Callable[[dict], None]:
    def change(tree: dict) -> None:
        for cell in tree["cells"]:
            if not only_grade or cell["metadata"].get("nbgrader", {}).get("grade"):
                cell["metadata"]["tags"] = ["skip-execution"]

    return change


def _forged_outputs(tree: dict) -> None:
    for cell in tree["cells"]:
        if cell["cell_type"] == "code":
            data = {"text/plain": "100.0"}
            cell["outputs"] = [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}]


add("skips-tests", NOTHING, WRONG, change=_tags(only_grade=True))
add("skips-all", NOTHING, WRONG, change=_tags(only_grade=False))
add("forges-outputs", NOTHING, WRONG, change=_forged_outputs)
PATCHES = {
    "patches-allclose": "import numpy.testing as t\nt.assert_allclose = np.allclose = lambda *a, **k: True\n"
    "np.array_equal = np.array_equiv = lambda *a, **k: True",
    "ast-transformer": "import ast\nclass All(ast.NodeTransformer):\n    def visit_Call(self, node):\n"
    "        return ast.Constant(100.0)\nget_ipython().ast_transformers.append(All())",
    "input-transformer": "get_ipython().input_transformers_post.append(lambda lines: ['100.0\\n'])",
    "replaces-run-cell": "ip = get_ipython()\nip.run_cell = lambda *a, **k: 100.0\ntype(ip).run_cell = ip.run_cell",
    "display-hook": "import sys\nsys.displayhook = lambda value: print(100.0)",
    "iopub": "import sys, json\nsys.__stdout__.write(json.dumps({'output_type': 'execute_result', "
    "'data': {'text/plain': '100.0'}}))",
    "replaces-check": "import rnnlab.checks as q\ndef check(*a):\n    return 100.0\nq.check = check",
    "patches-codec": "import sys\nfor name, module in list(sys.modules.items()):\n"
    "    if name.startswith('child'):\n        for key in ('encode', 'decode'):\n"
    "            if hasattr(module, key):\n                setattr(module, key, lambda *a, **k: b'100.0')",
    "writes-to-channel": "import os\nfor fd in range(3, 50):\n    try:\n        os.write(fd, b'\\x08\\0\\0\\0forged')\n"
    "    except OSError:\n        pass",
    "closes-channel": "import os\nos.closerange(3, 200)",
    "huge-message": "import os\nfor fd in range(3, 50):\n    try:\n        os.write(fd, b'\\xff\\xff\\xff\\x7f')\n"
    "    except OSError:\n        pass",
    "score-in-names": "score = points = grade = max_points = 100.0\n_ = __ = ___ = Out = 100.0",
}
for name, source in PATCHES.items():
    add(name, NOTHING, WRONG, first=source)
    add(f"{name}-last", NOTHING, WRONG, last=source)

# --- answers that compare equal to anything -------------------------------------------------------------------------

_YES = "__eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True\n    __hash__ = None\n"
SUBCLASSES = {
    "array-subclass": f"class Yes(np.ndarray):\n    {_YES}",
    "list-subclass": f"class Yes(list):\n    {_YES}    def view(self, *a): return self",
    "float-subclass": f"class Yes(float):\n    {_YES}",
    "array-interface": f"class Yes:\n    {_YES}    def __array__(self, *a, **k): return np.zeros(1)\n"
    "    shape = (1, 1)\n    dtype = np.dtype(float)",
}
for name, source in SUBCLASSES.items():
    made = "np.zeros_like(h).view(Yes)" if name == "array-subclass" else "Yes.__new__(Yes)"
    add(name, [0, R, R, R, R], {**RIGHT, "rnn_step": f"{source}\n{STEP}    return {made}\n"})
add("object-array", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    return np.array([[object()]])\n"})
add("returns-nan", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    return np.full(h.shape, np.nan)\n"})
add("returns-zeros", NOTHING, WRONG)
add("returns-itself", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    a = []\n    a.append(a)\n    return a\n"})
add("returns-much", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    return np.zeros((9000, 9000))\n"})

# --- the library's own answer ---------------------------------------------------------------------------------------

LIBRARY = {
    "from-rnn": "    from rnnlab.rnn import step, Params\n    return step(Params(w_x, w_h, b_h), x, h)\n",
    "lazy-rnn": "    import rnnlab\n    return rnnlab.rnn.step(rnnlab.rnn.Params(w_x, w_h, b_h), x, h)\n",
    "kernel": "    from rnnlab.kernels import rnn\n    return rnn.step(w_x, w_h, b_h, x, h)\n",
    "reference": "    from rnnlab.assignments.unfolding.checks import rnn_step as f\n"
    "    return f(x, h, w_x, w_h, b_h)\n",
    "torch": "    import torch\n    return torch.nn.RNNCell(1, 1)(x, h)\n",
    "by-path": "    import importlib.util as u\n"
    f"    s = u.spec_from_file_location('r', {str(PACKAGE / 'rnn.py')!r})\n"
    "    m = u.module_from_spec(s)\n    s.loader.exec_module(m)\n    return m.step(m.Params(w_x, w_h, b_h), x, h)\n",
}
for name, source in LIBRARY.items():
    add(f"library-{name}", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + source})

# --- ends, loops, floods, hoards ------------------------------------------------------------------------------------

breaks("exits", "import os\nos._exit(3)")
breaks("quits", "import sys\nsys.exit(0)", "import os\nos._exit(0)")
breaks("kills-itself", "import os\nos.kill(os.getpid(), 9)")
breaks("kills-group", "import os\nos.killpg(0, 9)")
breaks("kills-all", "import os\nos.kill(-1, 9)\nos.kill(os.getpid(), 15)")
breaks("segfault", "import ctypes\nctypes.string_at(0)")
breaks("aborts", "import os\nos.abort()")
breaks("stack-overflow", "import sys\nsys.setrecursionlimit(10**9)\ndef f(n):\n    return max((f(n + 1),))\nf(0)")
breaks("endless", "while True:\n    pass")
breaks("ignores-sigint", "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass")
breaks("sleeps", "import time\ntime.sleep(1000)")
breaks("prints-for-ever", "while True:\n    print('x' * 10**6)")
breaks("hoards", "held = []\nwhile True:\n    held.append(bytearray(10**7))")
breaks("hoards-shared", "import mmap\nm = mmap.mmap(-1, 3 * 10**9)\nfor i in range(0, 3 * 10**9, 4096):\n    m[i] = 1")
add("asks-input", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    input('?')\n" + BODY})
add("fork-bomb", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    import os\n    while True: os.fork()\n" + BODY})
add("fork-bomb-before", FULL, RIGHT, first="import os\nwhile True:\n    os.fork()")
add("fills-disk", FULL, RIGHT, first="for i in range(10**4):\n    open(f'/tmp/{i}', 'wb').write(bytes(10**7))")
add("much-output", FULL, RIGHT, first="for i in range(200):\n    print('x' * 10**6)")
add("exits-last", FULL, RIGHT, last="import os\nos._exit(0)")
add(
    "background-thread",
    FULL,
    RIGHT,
    first="import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()",
)

# --- right answers that stock graders dislike -----------------------------------------------------------------------

add("warns", FULL, {**RIGHT, "rnn_step": STEP + "    import warnings\n    warnings.warn('careful')\n" + BODY})
add("prints", FULL, {**RIGHT, "rnn_step": STEP + "    print('here', x)\n" + BODY})
add("logs", FULL, {**RIGHT, "rnn_step": STEP + "    import logging\n    logging.error('here')\n" + BODY})
add("stderr", FULL, RIGHT, first="import sys\nprint('oh', file=sys.stderr)\nsys.stderr.write('x')")
add("overflows", FULL, {**RIGHT, "rnn_step": STEP + "    np.where(True, 0.0, np.exp(np.full(3, 1e4)))\n" + BODY})
add("raises-elsewhere", FULL, RIGHT, first="1 / 0", last="this is no Python")
add("helpers", FULL, {**RIGHT, "rnn_step": STEP + "    return np.tanh(pre(x, w_x) + pre(h, w_h) + b_h)\n"},
    first="def pre(a, w):\n    return a @ w.T")  # fmt: skip
add("helpers-after", FULL, {**RIGHT, "rnn_step": STEP + "    return np.tanh(pre(x, w_x) + pre(h, w_h) + b_h)\n"},
    last="def pre(a, w):\n    return a @ w.T")  # fmt: skip
add("defaults", FULL, {**RIGHT, "rnn_step": STEP.replace("b_h)", "b_h=0.0, *, extra=None)") + BODY})
add("partial-object", FULL, {**RIGHT, "rnn_step": "from functools import partial\ndef f(act, x, h, w_x, w_h, b_h):\n"
    "    return act(x @ w_x.T + h @ w_h.T + b_h)\nrnn_step = partial(f, np.tanh)\n"})  # fmt: skip
add("magics", FULL, RIGHT, first="%matplotlib inline\n%nothing_like_it\n!ls\nimport numpy as np", last="%%time\nx = 1")
add("written-elsewhere", FULL, {k: v for k, v in RIGHT.items() if k != "rnn_step"}, first=STEP + BODY)
add("seeks-source", FULL, {**RIGHT, "rnn_step": STEP + BODY + "import inspect\ninspect.getsource(rnn_step)"})
add("blank", NOTHING, {})

# --- metadata and cells ---------------------------------------------------------------------------------------------


def _each(change: Callable[[dict], None], which: str = "") -> Callable[[dict], None]:
    def all_cells(tree: dict) -> None:
        for cell in tree["cells"]:
            marks = cell["metadata"].get("nbgrader")
            if marks and (not which or marks.get(which)):
                change(cell)

    return all_cells


def _marks(**values) -> Callable[[dict], None]:
    return lambda cell: cell["metadata"]["nbgrader"].update(values)


METADATA = {
    "points": _each(_marks(points=1000), "grade"),
    "points-gone": _each(lambda cell: cell["metadata"]["nbgrader"].pop("points", None)),
    "grade-flag": _each(_marks(grade=False), "grade"),
    "all-solutions": _each(_marks(solution=True, grade=True)),
    "locked": _each(_marks(locked=True)),
    "schema": _each(_marks(schema_version=99)),
    "schema-text": _each(_marks(schema_version="x", points="many")),
    "other-id": _each(_marks(grade_id="mine"), "grade"),
    "no-marks": _each(lambda cell: cell["metadata"].update(nbgrader={})),
    "marks-a-list": _each(lambda cell: cell["metadata"].update(nbgrader=[1])),
    "no-metadata": lambda tree: [cell.update(metadata={}) for cell in tree["cells"]],
    "metadata-null": lambda tree: [cell.update(metadata=None) for cell in tree["cells"]],
    "checksum": _each(_marks(checksum="0")),
    "duplicate-ids": lambda tree: [cell.update(id="same") for cell in tree["cells"]],
    "no-kernelspec": lambda tree: tree.update(metadata={}),
    "other-kernel": lambda tree: tree.update(metadata={"kernelspec": {"name": "julia-1.9", "language": "julia"}}),
    "other-language": lambda tree: tree["metadata"].update(language_info={"name": "R"}),
    "nbformat-5": lambda tree: tree.update(nbformat=5, nbformat_minor=99),
    "nbformat-gone": lambda tree: [tree.pop("nbformat"), tree.pop("nbformat_minor")],
    "outputs-odd": lambda tree: [cell.update(outputs="none") for cell in tree["cells"]],
    "odd-cells": lambda tree: tree["cells"].extend([None, 3, [], {"cell_type": "code"}, {"source": {"a": 1}}]),
    "tests-deleted": lambda tree: tree.update(cells=[c for c in tree["cells"] if not _graded(c)]),
    "tests-doubled": lambda tree: tree.update(
        cells=[c for cell in tree["cells"] for c in [cell] * (1 + _graded(cell))]
    ),
    "tests-markdown": _each(lambda cell: cell.update(cell_type="markdown"), "grade"),
    "tests-edited": _each(lambda cell: cell.update(source="100.0"), "grade"),
    "tests-first": lambda tree: tree["cells"].sort(key=lambda cell: not _graded(cell)),
    "solutions-raw": _each(lambda cell: cell.update(cell_type="raw"), "solution"),
    "setup-deleted": lambda tree: tree.update(cells=tree["cells"][2:]),
    "setup-edited": _each(lambda cell: cell.update(source="raise SystemExit") if not _graded(cell) else None, "locked"),
    "crlf": lambda tree: [cell.update(source=_joined(cell).replace("\n", "\r\n")) for cell in tree["cells"]],
    "source-a-string": lambda tree: [cell.update(source=_joined(cell)) for cell in tree["cells"]],
    "nul-in-source": lambda tree: [cell.update(source=_joined(cell) + "\0") for cell in tree["cells"]],
    "surrogate": lambda tree: tree["cells"][3].update(source=_joined(tree["cells"][3]) + "\n# \ud800"),
    "pristine-after": lambda tree: tree["cells"].extend(_pristine()),
    "pristine-before": lambda tree: tree.update(cells=_pristine() + tree["cells"]),
}


def _graded(cell: dict) -> bool:
    marks = (cell.get("metadata") or {}).get("nbgrader")
    return bool(marks and marks.get("grade"))


def _joined(cell: dict) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def _pristine() -> list[dict]:
    released = json.loads(nbformat.writes(RELEASE_NOTEBOOK.notebook, version=4))
    return [cell for cell in released["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]


for name, change in METADATA.items():
    add(f"metadata-{name}", FULL, RIGHT, change=change)
    add(f"metadata-{name}-wrong", NOTHING, WRONG, change=change)

# --- files ----------------------------------------------------------------------------------------------------------

GOOD = text(RIGHT)
READABLE = {
    "bom": b"\xef\xbb\xbf" + GOOD.encode(),
    "utf-16": GOOD.encode("utf-16"),
    "utf-16-be": b"\xfe\xff" + GOOD.encode("utf-16-be"),
    "utf-16-no-bom": GOOD.encode("utf-16-le"),
    "latin-1": text(RIGHT, first="# caf\u00e9").replace("\\u00e9", "\u00e9").encode("latin-1"),
    "crlf-file": json.dumps(json.loads(GOOD), indent=1).replace("\n", "\r\n").encode(),
    "nul-at-end": GOOD.encode() + bytes(100),
    "blank-lines": b"\n\n" + GOOD.encode() + b"\n\n",
    "nbformat-3": nbformat.writes(nbformat.v3.downgrade(nbformat.reads(GOOD, as_version=4)), version=3).encode(),
}
for name, data in READABLE.items():
    STUDENTS[f"file-{name}"] = folder(data), FULL
UNREADABLE = {
    "empty": b"",
    "blanks": b" \n\n",
    "only-nul": bytes(5000),
    "html": b"<!DOCTYPE html><html><body>Log in</body></html>",
    "list": b"[]",
    "null": b"null",
    "number": b"17",
    "text": b'"notebook"',
    "empty-dict": b"{}",
    "cells-a-dict": b'{"cells": {}}',
    "conflict": GOOD.replace('"cells"', '\n<<<<<<< HEAD\n"cells"\n=======\n>>>>>>> other\n').encode(),
    "cut-off": GOOD[:-50].encode(),
    "cut-early": GOOD[:100].encode(),
    "deep": b"[" * 200_000,
    "deep-cells": b'{"cells": ' + b"[" * 100_000,
    "binary": bytes(range(256)) * 40,
    "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94",
    "many-cells": json.dumps({"cells": [{"cell_type": "code", "source": "1"}] * 5000}).encode(),
    "huge": b'{"cells": [], "x": "' + b"x" * (50 * 2**20) + b'"}',
}
for name, data in UNREADABLE.items():
    STUDENTS[f"file-{name}"] = folder(data), NOTHING
STUDENTS["name-copy"] = folder(GOOD, "hw (1).ipynb"), FULL
STUDENTS["name-case"] = folder(GOOD, "02_Unfolding.IPYNB"), FULL
STUDENTS["name-deeper"] = folder(GOOD, "my work/final/02_unfolding.ipynb"), FULL
STUDENTS["name-two"] = folder(GOOD, "a.ipynb", **{"b.ipynb": text({}).encode()}), FULL
STUDENTS["name-broken-and-copy"] = folder(b"", **{"02_unfolding (1).ipynb": GOOD.encode()}), FULL
STUDENTS["name-other-work"] = folder(b'{"cells": []}', "other.ipynb"), NOTHING
STUDENTS["no-files"] = {}, NOTHING
STUDENTS["shadows-numpy"] = folder(GOOD, **{"numpy.py": b"tanh = None", "rnnlab.py": b"raise SystemExit"}), FULL
STUDENTS["own-timestamp"] = folder(GOOD, **{"timestamp.txt": b"1999-01-01 00:00:00 UTC"}), FULL
STUDENTS["odd-timestamp"] = folder(GOOD, **{"timestamp.txt": b"\xff\xfe yesterday"}), FULL
STUDENTS["many-files"] = folder(GOOD, **{f"data/{i}.txt": b"" for i in range(10_000)}), FULL


def _zip(*members: tuple[str, bytes], link: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
    return packed.getvalue()


STUDENTS["zip"] = {"work.zip": _zip((f"work/{ASSIGNMENT}.ipynb", GOOD.encode()))}, FULL
STUDENTS["zip-escapes"] = {"work.zip": _zip((f"../../{ASSIGNMENT}.ipynb", GOOD.encode()))}, NOTHING
STUDENTS["zip-absolute"] = {"work.zip": _zip((f"/tmp/{ASSIGNMENT}.ipynb", GOOD.encode()))}, NOTHING
STUDENTS["zip-link"] = {"work.zip": _zip(link=f"{ASSIGNMENT}.ipynb")}, NOTHING
STUDENTS["zip-bomb"] = {"work.zip": _zip((f"{ASSIGNMENT}.ipynb", bytes(400 * 2**20)))}, NOTHING
STUDENTS["zip-broken"] = {"work.zip": b"PK\x03\x04 and nothing"}, NOTHING
STUDENTS["zip-of-many"] = {"work.zip": _zip(*((f"{i}.txt", b"") for i in range(10_000)))}, NOTHING


def write(root: Path, students: dict[str, tuple[Folder, list]]) -> None:
    """Write students' folders into a course."""
    for student, (files, _) in students.items():
        home = root / "submitted" / student / ASSIGNMENT
        home.mkdir(parents=True)
        for name, data in files.items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if callable(data):
                data(path)
            else:
                path.write_bytes(data)
