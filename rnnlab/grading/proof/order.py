"""Honest work in every order: changed after its check, written after it, twice, in the check's own cell, in a copy."""

import io
import json
import zipfile
from collections.abc import Callable

from rnnlab import checks
from rnnlab.checks.sources import written_answers
from rnnlab.grading.proof.material import (
    ASSIGNMENT,
    BODY,
    FULL,
    GOOD,
    RIGHT,
    STEP,
    UNFOLDING,
    WRONG,
    Cases,
    Folder,
    Material,
    folder,
    joined,
    text,
)

CASES: Cases = {}


def _code(source: str) -> dict:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}


def _named(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _after(name: str, *sources: str) -> Callable[[dict], None]:
    """Return a change that puts cells after the one of that grade id."""

    def change(tree: dict) -> None:
        at = next(i for i, cell in enumerate(tree["cells"]) if _named(cell) == name) + 1
        tree["cells"][at:at] = [_code(source) for source in sources]

    return change


def _at_end(*sources: str) -> Callable[[dict], None]:
    return lambda tree: tree["cells"].extend(_code(source) for source in sources)


# --- after the check ------------------------------------------------------------------------------------------------

_LATER = {
    "np-is-3": "np = 3",
    "del-np": "del np",
    "del-function": "del rnn_step",
    "function-is-none": "rnn_step = None",
    "function-of-another-kind": "def rnn_step(x, h, w_x, w_h, b_h, leak):\n    return (1 - leak) * h",
    "going-further": "def rnn_step(x, h, w_x, w_h, b_h):\n    return np.maximum(0, x @ w_x.T + h @ w_h.T + b_h)",
    "stub-again": STEP + "    raise NotImplementedError()",
    "tanh-is-gone": "np.tanh = None",
    "reset": "%reset -f",
    "star-import": "from math import *",
    "exits": "import os\nos._exit(0)",
    "loops": "while True:\n    pass",
    "broken-cell": "def rnn_step(x:\n    return",
    "loop-variable": "for np in range(3):\n    pass",
    "shadowed-builtins": "len = max = sum = range = None",
    "raises": "raise KeyboardInterrupt",
}
_SPOILS = ("np-is-3", "del-np", "tanh-is-gone", "shadowed-builtins", "loop-variable", "loops", "reset")
for name, later in _LATER.items():
    expected = ["R", *[None] * 4] if name in _SPOILS else FULL
    CASES[f"after-check-{name}"] = folder(text(RIGHT, change=_after("check_rnn_step", later))), expected
    CASES[f"at-end-{name}"] = folder(text(RIGHT, change=_at_end(later))), FULL


def _moved(first: str, behind: str) -> Callable[[dict], None]:
    def change(tree: dict) -> None:
        cell = next(cell for cell in tree["cells"] if _named(cell) == first)
        tree["cells"].remove(cell)
        at = next(i for i, other in enumerate(tree["cells"]) if _named(other) == behind) + 1
        tree["cells"].insert(at, cell)

    return change


for key in ("rnn_step", "rnn_forward", "unfold", "feedforward", "count_parameters"):
    last = list(UNFOLDING.released.questions)[-1]
    CASES[f"written-after-its-check-{key}"] = folder(text(RIGHT, change=_moved(key, last))), FULL
CASES["wrong-first-right-before-check"] = (
    folder(text({**RIGHT, "rnn_step": WRONG["rnn_step"]}, change=_after("rnn_step", STEP + BODY))),
    FULL,
)
CASES["check-again-below"] = (
    folder(text({**RIGHT, "rnn_step": WRONG["rnn_step"]},
                change=_at_end(STEP + BODY, 'check("2.1", rnn_step)'))), FULL)  # fmt: skip
CASES["right-then-check-of-a-variant"] = (
    folder(text(RIGHT, change=_at_end(_LATER["going-further"], 'check("2.1", rnn_step)'))),
    FULL,
)
CASES["helper-after-check"] = (
    folder(text({**RIGHT, "rnn_step": STEP + "    return np.tanh(pre(x, w_x) + pre(h, w_h) + b_h)\n"},
                change=_at_end("def pre(a, w):\n    return a @ w.T"))), FULL)  # fmt: skip
CASES["global-used-and-changed"] = (
    folder(text({**RIGHT, "rnn_step": f"scale = 1.0\n{STEP}    h = scale * h\n{BODY}"},
                change=_after("check_rnn_step", "scale = 2.0"))), FULL)  # fmt: skip

# --- the value of a check, and work in its cell -----------------------------------------------------------------------

_VALUES = {
    "assert": 'assert check("2.1", rnn_step) > 3.9',
    "assert-equal": 'assert check("2.1", rnn_step) == 4.0',
    "sum": 'total = sum([check("2.1", rnn_step), check("2.2", rnn_forward)])\nassert total >= 9',
    "if": 'if check("2.1", rnn_step) < 4:\n    raise SystemExit("not yet")',
    "format": 'print(f"{check("2.1", rnn_step):.1f} points")'.replace('"2.1"', "'2.1'"),
    "examine": 'from rnnlab.checks import examine\nassert examine("2.1", rnn_step).points == 4',
    "while": 'while check("2.1", rnn_step) < 4:\n    pass',
}
_NEXT = RIGHT["rnn_forward"]
for name, line in _VALUES.items():
    CASES[f"check-value-{name}"] = folder(text({**RIGHT, "rnn_forward": f"{line}\n{_NEXT}"})), FULL


def _in_check(question: str, before: str = "", after: str = "", also: Callable[[dict], None] | None = None):
    def change(tree: dict) -> None:
        for cell in tree["cells"]:
            if _named(cell) == question:
                cell["source"] = f"{before}{joined(cell)}{after}"

    return change


CASES["answer-in-check-cell"] = (
    folder(text({k: v for k, v in RIGHT.items() if k != "rnn_step"},
                change=_in_check("check_rnn_step", STEP + BODY + "\n"))), FULL)  # fmt: skip
CASES["helper-in-check-cell"] = (
    folder(text({**RIGHT, "rnn_forward": "def rnn_forward(*a):\n    return forward_by_hand(*a)\n"},
                change=_in_check("check_rnn_forward", _NEXT.replace("def rnn_forward", "def forward_by_hand") + "\n"))),
    FULL,
)  # fmt: skip
CASES["print-in-check-cell"] = folder(text(RIGHT, change=_in_check("check_rnn_step", "", "\nprint('done')"))), FULL
CASES["magic-in-check-cell"] = folder(text(RIGHT, change=_in_check("check_rnn_step", "%%time\n"))), FULL
CASES["comment-in-check-cell"] = folder(text(RIGHT, change=_in_check("check_rnn_step", "# it works\n"))), FULL

# --- variables of the cells that are only to be looked at -------------------------------------------------------------


def _experiment_name() -> str:
    """Return a name that a released experiment defines, whatever the functions are."""
    names = {name for names in UNFOLDING.released.experiments.values() for name in names}
    return "weight" if "weight" in names else sorted(names)[0]


_USES = f"rnn_forward_ = None\n{_NEXT}".replace("rnn_forward_ = None\n", "").replace(
    "):\n", f"):\n    assert {_experiment_name()} is not None\n", 1
)
CASES["uses-what-an-experiment-defined"] = folder(text({**RIGHT, "rnn_forward": _USES})), FULL
CASES["cell-uses-what-an-experiment-defined"] = (
    folder(text({**RIGHT, "rnn_forward": f"kept = {_experiment_name()}\n{_NEXT}".replace(
        "):\n", "):\n    assert kept is not None\n", 1)})), FULL)  # fmt: skip

# --- right answers in other styles ------------------------------------------------------------------------------------

for question, styles in checks.other_answers(ASSIGNMENT).items():
    for number, each in enumerate(styles):
        answers = {**RIGHT, **written_answers(ASSIGNMENT, question, each.style)}
        CASES[f"style-{question}-{number}"] = folder(text(answers)), FULL

# --- which file counts ------------------------------------------------------------------------------------------------

_BLANK = text({}).encode()
_OTHER = Material("03_activation_functions")


def _fat(mb: float, key: str) -> bytes:
    tree = json.loads(GOOD)
    bulk = "A" * int(mb * 2**20)
    if key == "outputs":
        for cell in tree["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = [{"output_type": "display_data", "data": {"image/png": bulk}, "metadata": {}}]
                break
    elif key == "widgets":
        tree["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"a": bulk}}}
    else:
        tree["cells"][0]["attachments"] = {"a.png": {"image/png": bulk}}
    return json.dumps(tree).encode()


def _zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


FILES: dict[str, Folder] = {
    "copy-beside-untouched": folder(_BLANK, **{f"{ASSIGNMENT}-Copy1.ipynb": GOOD.encode()}),
    "copies-beside-untouched": folder(
        _BLANK, **{f"{ASSIGNMENT}-Copy1.ipynb": GOOD.encode(), f"{ASSIGNMENT}-Copy2.ipynb": _BLANK}
    ),
    "untouched-beside-work": folder(GOOD, **{f"{ASSIGNMENT}-Copy1.ipynb": _BLANK}),
    "another-notebook-under-the-name": folder(
        _OTHER.text(_OTHER.right), **{"work.ipynb": GOOD.encode()}
    ),
    "another-notebook-beside": folder(GOOD, **{"03_activation_functions.ipynb": _OTHER.text(_OTHER.right).encode()}),
    "backup-folder": folder(_BLANK, **{"backup/old.ipynb": _BLANK, "final/work.ipynb": GOOD.encode()}),
    "checkpoint": folder(GOOD, **{f".ipynb_checkpoints/{ASSIGNMENT}-checkpoint.ipynb": _BLANK}),
    "fat-outputs": folder(_fat(18, "outputs")),
    "fat-widgets": folder(_fat(18, "widgets")),
    "fat-attachments": folder(_fat(18, "attachments")),
    "name-accents": folder(GOOD, "de\u0301voir.ipynb"),
    "name-joiner": folder(GOOD, "\u0646\u200c\u0627.ipynb"),
    "name-download": folder(GOOD, f"{ASSIGNMENT} (2).ipynb"),
    "name-upper": folder(GOOD, f"{ASSIGNMENT.upper()}.IPYNB"),
    "zip-and-untouched": folder(_BLANK, **{"work.zip": _zipped((f"{ASSIGNMENT}.ipynb", GOOD.encode()))}),
    "zip-mac": {"work.zip": _zipped((f"homework/{ASSIGNMENT}.ipynb", GOOD.encode()),
                                    (f"__MACOSX/homework/._{ASSIGNMENT}.ipynb", b"\0\5\x16\7junk"))},
    "many-copies": folder(GOOD, "z.ipynb", **{f"copy{i}.ipynb": _BLANK for i in range(15)}),
    "notes-beside": folder(GOOD, **{"notes.md": b"# notes", "picture.png": bytes(1000), ".DS_Store": b"x"}),
    "large-cell": folder(text(RIGHT, last="x = '" + "a" * 9_000_000 + "'")),
    "long-comment": folder(text(RIGHT, last="#" + " word" * 50_000)),
    "many-line-ends": folder(text(RIGHT, last="\n" * 4_000_000)),
}  # fmt: skip
for name, files in FILES.items():
    CASES[f"file-{name}"] = files, FULL
