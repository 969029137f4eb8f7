"""Honest work as other programs keep it: notebooks from hosted services, editors and converters."""

# ruff: noqa: E501 - a case stands on a line

import json
from collections.abc import Callable

import nbformat

from rnnlab.grading.proof.material import FULL, GOOD, RIGHT, Cases, folder, joined, text

CASES: Cases = {}
Change = Callable[[dict], object]


def _code(source: str, **metadata) -> dict:
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [], "execution_count": None}


def _words(source: str, **metadata) -> dict:
    return {"cell_type": "markdown", "source": source, "metadata": metadata}


def _each(change: Callable[[int, dict], object]) -> Change:
    return lambda tree: [change(number, cell) for number, cell in enumerate(tree["cells"])]


def _marked(**values) -> Callable[[int, dict], None]:
    return lambda number, cell: cell["metadata"].update(values)


def _all(*changes: Change) -> Change:
    return lambda tree: [change(tree) for change in changes]


def _colab(tree: dict) -> None:
    about = {"provenance": [{"file_id": "1x", "timestamp": 1}], "toc_visible": True, "authorship_tag": "ABX9"}
    tree["metadata"] = {"colab": about, "accelerator": "GPU", "gpuClass": "standard",
                        "kernelspec": {"name": "python3", "display_name": "Python 3"}}  # fmt: skip
    tree["nbformat_minor"] = 0
    for number, cell in enumerate(tree["cells"]):
        cell.pop("id", None)
        cell["metadata"] |= {"id": f"x{number}", "colab_type": "code", "outputId": "y", "cellView": "form"}
        cell["metadata"]["executionInfo"] = {"status": "ok", "elapsed": 3, "user": {"displayName": "Kim"}}
    tree["cells"].insert(0, _words('<a href="https://colab.research.google.com/x" target="_parent">Open</a>'))
    tree["cells"].insert(1, _code("#@title Setup { run: 'auto' }\nlearning_rate = 0.1  #@param {type:'number'}"))


def _kaggle(tree: dict) -> None:
    tree["metadata"] |= {"kaggle": {"accelerator": "none", "dataSources": []}, "papermill": {"duration": 1.0}}
    first = (
        "# This Python 3 environment comes with many helpful analytics libraries installed\nimport numpy as np\n"
        "import pandas as pd\n\nimport os\nfor dirname, _, filenames in os.walk('/kaggle/input'):\n"
        "    for filename in filenames:\n        print(os.path.join(dirname, filename))"
    )
    tree["cells"].insert(0, _code(first, _uuid="8f2839f25d", _cell_guid="b1076dfc", trusted=True))
    _each(_marked(execution={"iopub.status.busy": "2024"}, _kg_hide_input=True))(tree)


def _deepnote(tree: dict) -> None:
    tree["metadata"] |= {"deepnote": {"is_reactive": False}, "deepnote_notebook_id": "a" * 32, "orig_nbformat": 2}
    tree["nbformat_minor"] = 0
    for number, cell in enumerate(tree["cells"]):
        cell.pop("id", None)
        cell["metadata"] |= {"cell_id": f"{number:032x}", "deepnote_cell_type": cell["cell_type"], "tags": []}
    tree["cells"].append(_words("<a style='text-decoration:none' href='https://deepnote.com'>Created in Deepnote</a>"))


def _databricks(tree: dict) -> None:
    for cell in tree["cells"]:
        cell["metadata"] = {"application/vnd.databricks.v1+cell": {"title": "", "nuid": "1"}}
    tree["metadata"] = {"application/vnd.databricks.v1+notebook": {"language": "python", "widgets": {}}}
    tree["cells"].insert(0, _code("# Databricks notebook source\ndbutils.widgets.removeAll()"))


def _percent(tree: dict) -> None:
    for cell in tree["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = "# %%\n" + joined(cell)


def _merged(first: str, second: str) -> Change:
    """Return what "merge cells" does: the second's text goes to the end of the first, which keeps its own marks."""

    def change(tree: dict) -> None:
        named = {c["metadata"].get("nbgrader", {}).get("grade_id", ""): c for c in tree["cells"]}
        named[first]["source"] = f"{joined(named[first])}\n{joined(named[second])}"
        tree["cells"].remove(named[second])

    return change


def _split(tree: dict) -> None:
    """Cut the cell of rnn_forward in two, as "split cell" does: the upper half is a new cell without marks."""
    at = next(i for i, c in enumerate(tree["cells"]) if "def _forward_list" in joined(c))
    upper, _, lower = joined(tree["cells"][at]).partition("rnn_forward =")
    tree["cells"][at]["source"] = f"rnn_forward ={lower}"
    tree["cells"].insert(at, _code(upper))


def _copied(tree: dict) -> None:
    """Paste every cell below itself, marks and all."""
    tree["cells"] = [json.loads(json.dumps(cell)) for cell in tree["cells"] for _ in range(2)]


def _backwards(tree: dict) -> None:
    """Bring all answers to the end, behind the checks."""
    tree["cells"].sort(key=lambda cell: "def " in joined(cell))


def _fenced(tree: dict) -> None:
    """Make text of every answer's cell, with the code as Markdown has it."""
    for cell in tree["cells"]:
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution"):
            cell.update(cell_type="markdown", source=f"```python\n{joined(cell)}\n```")


def _output(**output) -> Change:
    def change(tree: dict) -> None:
        for cell in tree["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = [output]

    return change


_TRACEBACK = {"output_type": "error", "ename": "E", "evalue": "\x1b[31m", "traceback": ["\x1b[0;31m"] * 200}
_WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "1", "version_major": 2}, "text/plain": "x"}
CHANGES: dict[str, Change] = {
    "colab": _colab,
    "kaggle": _kaggle,
    "deepnote": _deepnote,
    "databricks": _databricks,
    "vscode": _all(_each(_marked(vscode={"languageId": "python"})), lambda t: t["metadata"].update(orig_nbformat=4)),
    "dataspell": _each(_marked(collapsed=False, pycharm={"name": "#%%\n"}, jupyter={"outputs_hidden": False})),
    "jupyterlite": lambda tree: tree["metadata"].update(
        kernelspec={"name": "python", "display_name": "Python (Pyodide)", "language": "python"},
        language_info={"codemirror_mode": {"name": "python", "version": 3}, "name": "python", "version": "3.8"},
    ),
    "cocalc": _all(_each(_marked(collapsed=True, slideshow={"slide_type": "skip"})), lambda t: t.update(nbformat_minor=4)),
    "sagemaker": lambda tree: tree["metadata"].update(instance_type="ml.t3.medium", availableInstances=[{"a": 1}]),
    "jupytext": _all(_percent, lambda t: t["metadata"].update(jupytext={"formats": "ipynb,py:percent"})),
    "execute-time": _each(_marked(ExecuteTime={"end_time": "2024", "start_time": "2024"}, heading_collapsed=True)),
    "nbdime": _each(_marked(nbdime={"a": 1}, lines_to_next_cell=2, scrolled=True, editable=True, deletable=False)),
    "nbgrader-old-schema": _each(lambda n, c: c["metadata"].get("nbgrader", {}).update(schema_version=1)),
    "marks-under-another-key": _each(lambda n, c: c["metadata"].update(nbg=c["metadata"].pop("nbgrader", {}))),
    "minor-0-without-ids": _all(_each(lambda n, c: c.pop("id", None)), lambda tree: tree.update(nbformat_minor=0)),
    "minor-2-with-ids": lambda tree: tree.update(nbformat_minor=2),
    "minor-5-without-ids": _all(_each(lambda n, c: c.pop("id", None)), lambda tree: tree.update(nbformat_minor=5)),
    "prompts-and-types-of-3": _each(lambda n, c: c.update(prompt_number=n, collapsed=False, language="python")),
    "split-cell": _split,
    "copied-cells": _copied,
    "answers-last": _backwards,
    "answers-in-a-fence": _fenced,
    "merged-with-check": _merged("rnn_step", "check_rnn_step"),
    "merged-with-next-answer": _merged("rnn_forward", "unfold"),
    "merged-check-with-answer": _merged("check_rnn_step", "rnn_forward"),
    "output-widget": _output(output_type="display_data", data=_WIDGET, metadata={}),
    "output-traceback": _output(**_TRACEBACK),
    "output-long": _output(output_type="stream", name="stdout", text=["x" * 100 + "\n"] * 3000),
    "output-of-3": _output(output_type="pyout", prompt_number=1, text=["1"], html="<b>1</b>"),
    "output-vega": _output(output_type="display_data", data={"application/vnd.vegalite.v4+json": {"a": [{}]}}, metadata={}),
}  # fmt: skip
for name, _change in CHANGES.items():
    CASES[f"tool-{name}"] = folder(text(RIGHT, change=_change)), FULL


def _old(minor: int) -> bytes:
    """Return the work in format 3, with its cells over two worksheets."""
    tree = json.loads(GOOD)
    for number, cell in enumerate(tree["cells"]):
        cell["id"] = f"cell-{number}"
    old = json.loads(nbformat.writes(nbformat.v3.downgrade(nbformat.reads(json.dumps(tree), as_version=4)), version=3))
    cells = old["worksheets"][0]["cells"]
    half = len(cells) // 2
    old["worksheets"] = [{"cells": cells[:half], "metadata": {}}, {"cells": cells[half:]}]
    return json.dumps({**old, "nbformat_minor": minor}).encode()


CASES["tool-two-worksheets"] = folder(_old(0)), FULL
CASES["tool-indented"] = folder(json.dumps(json.loads(GOOD), indent=4, sort_keys=True)), FULL
CASES["tool-on-one-line"] = folder(json.dumps(json.loads(GOOD), separators=(",", ":"))), FULL
CASES["tool-ascii-escapes"] = folder(text(RIGHT, last="# \u03c3 \U0001f600 e\u0301")), FULL
