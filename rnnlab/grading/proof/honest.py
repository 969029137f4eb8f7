"""Honest work: right answers in every shape in which they come. Each must get all its points."""

import json
from collections.abc import Callable

import nbformat

from rnnlab.grading.proof.material import (
    BODY,
    FULL,
    RIGHT,
    STEP,
    UNFOLDING,
    Cases,
    folder,
    is_graded,
    joined,
    text,
)

CASES: Cases = {}


def add(name: str, points: list, *args, **options) -> None:
    """Add a notebook and the points that it must get."""
    CASES[name] = folder(text(*args, **options)), points


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
    "tests-deleted": lambda tree: tree.update(cells=[c for c in tree["cells"] if not is_graded(c)]),
    "tests-doubled": lambda tree: tree.update(
        cells=[c for cell in tree["cells"] for c in [cell] * (1 + is_graded(cell))]
    ),
    "tests-markdown": _each(lambda cell: cell.update(cell_type="markdown"), "grade"),
    "tests-edited": _each(lambda cell: cell.update(source="100.0"), "grade"),
    "tests-first": lambda tree: tree["cells"].sort(key=lambda cell: not is_graded(cell)),
    "solutions-raw": _each(lambda cell: cell.update(cell_type="raw"), "solution"),
    "setup-deleted": lambda tree: tree.update(cells=tree["cells"][2:]),
    "setup-edited": _each(
        lambda cell: cell.update(source="raise SystemExit") if not is_graded(cell) else None, "locked"
    ),
    "crlf": lambda tree: [cell.update(source=joined(cell).replace("\n", "\r\n")) for cell in tree["cells"]],
    "source-a-string": lambda tree: [cell.update(source=joined(cell)) for cell in tree["cells"]],
    "nul-in-source": lambda tree: [cell.update(source=joined(cell) + "\0") for cell in tree["cells"]],
    "surrogate": lambda tree: tree["cells"][3].update(source=joined(tree["cells"][3]) + "\n# \ud800"),
    "pristine-after": lambda tree: tree["cells"].extend(_pristine()),
    "pristine-before": lambda tree: tree.update(cells=_pristine() + tree["cells"]),
}


def _pristine() -> list[dict]:
    released = json.loads(nbformat.writes(UNFOLDING.released.notebook, version=4))
    return [cell for cell in released["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]


for name in METADATA:
    add(f"metadata-{name}", FULL, RIGHT, change=METADATA[name])
