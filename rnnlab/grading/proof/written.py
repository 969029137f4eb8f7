"""Written answers in every place where students put them: each must reach a person, and none is 0 by machine."""

import base64
import json
from collections.abc import Callable

import nbformat

from rnnlab.grading.proof.material import Cases, Material, joined

ASSIGNMENT = "03_activation_functions"
MATERIAL = Material(ASSIGNMENT)
(NAME,) = MATERIAL.released.prose
ANSWER = "A saturated unit has a slope near zero, so hardly any gradient comes back through it."
_PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()
Change = Callable[[dict], None]
CASES: Cases = {}


def _cell(kind: str, source: str, **more) -> dict:
    outputs: dict = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "source": source, "metadata": {}, **outputs, **more}


def _place(tree: dict) -> int:
    return next(
        i for i, cell in enumerate(tree["cells"]) if cell["metadata"].get("nbgrader", {}).get("grade_id") == NAME
    )


def _change(**values) -> Change:
    return lambda tree: tree["cells"][_place(tree)].update(values)


def _insert(offset: int, *cells: dict) -> Change:
    def change(tree: dict) -> None:
        at = len(tree["cells"]) if offset == 99 else 1 if offset == -99 else _place(tree) + offset
        tree["cells"][at:at] = [dict(cell) for cell in cells]

    return change


def _into(which: Callable[[dict], bool], add: str) -> Change:
    def change(tree: dict) -> None:
        cell = next(cell for cell in tree["cells"] if which(cell))
        cell["source"] = joined(cell) + add

    return change


def _is_check(cell: dict) -> bool:
    return joined(cell).startswith("check(")


def _replaced(*cells: dict) -> Change:
    def change(tree: dict) -> None:
        at = _place(tree)
        tree["cells"][at : at + 1] = [dict(cell) for cell in cells]

    return change


def _marked(source: str, grade_id: str, kind: str = "markdown") -> dict:
    marks = {"grade": True, "grade_id": grade_id, "locked": False, "points": 4, "schema_version": 3, "solution": True}
    return _cell(kind, source) | {"metadata": {"nbgrader": marks}}


PLACES: dict[str, Change] = {
    "in-its-place": _change(source=ANSWER),
    "as-lines": _change(source=[line + "\n" for line in ANSWER.split(", ")]),
    "as-raw": _change(source=ANSWER, cell_type="raw"),
    "as-code": _change(source=ANSWER, cell_type="code", outputs=[], execution_count=None),
    "as-code-comment": _change(source=f"# {ANSWER}", cell_type="code", outputs=[], execution_count=None),
    "below-the-stub": _into(lambda cell: "YOUR ANSWER HERE" in joined(cell), f"\n\n{ANSWER}"),
    "one-word": _change(source="yes"),
    "a-formula": _change(source="$$h' = 1 - h^2$$"),
    "html": _change(source=f"<p>{ANSWER}</p>"),
    "metadata-lost": _change(source=ANSWER, metadata={}),
    "metadata-null": _change(source=ANSWER, metadata=None),
    "metadata-a-list": _change(source=ANSWER, metadata={"nbgrader": [1]}),
    "other-id": _replaced(_marked(ANSWER, "cell-3f2a")),
    "id-of-a-check": _replaced(_marked(ANSWER, next(iter(MATERIAL.released.questions)))),
    "id-of-a-solution": _replaced(_marked(ANSWER, "written_4_w")),
    "split-in-two": _replaced(_marked(ANSWER[:30], NAME), _marked(ANSWER[30:], NAME)),
    "split-second-without-id": _replaced(_marked("YOUR ANSWER HERE", NAME), _cell("markdown", ANSWER)),
    "split-first-without-id": _replaced(_cell("markdown", ANSWER[:30]), _marked(ANSWER[30:], NAME)),
    "split-in-three": _replaced(*(_marked(part, NAME) for part in (ANSWER[:20], ANSWER[20:40], ANSWER[40:]))),
    "cell-below": _insert(1, _cell("markdown", ANSWER)),
    "cell-above": _insert(0, _cell("markdown", ANSWER)),
    "cell-above-the-question": _insert(-1, _cell("markdown", ANSWER)),
    "cell-at-the-end": _insert(99, _cell("markdown", ANSWER)),
    "cell-at-the-start": _insert(-99, _cell("markdown", ANSWER)),
    "raw-cell-below": _insert(1, _cell("raw", ANSWER)),
    "raw-cell-at-the-end": _insert(99, _cell("raw", ANSWER)),
    "code-cell-below": _insert(1, _cell("code", ANSWER)),
    "code-cell-comment": _insert(1, _cell("code", f"# {ANSWER}")),
    "code-cell-string": _insert(1, _cell("code", f'"""{ANSWER}"""')),
    "code-cell-print": _insert(1, _cell("code", f"print({ANSWER!r})")),
    "in-the-last-text": _into(lambda cell: "Going further" in joined(cell), f"\n\n{ANSWER}"),
    "in-the-first-text": _into(lambda cell: cell["cell_type"] == "markdown", f"\n\n{ANSWER}"),
    "in-the-question": _into(lambda cell: ".w " in joined(cell), f"\n\n{ANSWER}"),
    "in-a-check-cell": _into(_is_check, f"\n# {ANSWER}"),
    "in-an-experiment": _into(lambda cell: joined(cell).startswith("with when_written"), f"\n# {ANSWER}"),
    "in-a-solution-cell": _into(lambda cell: joined(cell).startswith("def activation"), f"\n# {ANSWER}"),
    "deleted-and-written-elsewhere": _replaced(_cell("markdown", ANSWER), _cell("markdown", "and more")),
    "picture": _change(
        source=f"{ANSWER}\n\n![image.png](attachment:image.png)",
        attachments={"image.png": {"image/png": _PICTURE}},
    ),
    "picture-alone": _change(
        source="![image.png](attachment:image.png)", attachments={"image.png": {"image/png": _PICTURE}}
    ),
    "picture-in-a-new-cell": _insert(
        1,
        _cell("markdown", "![i](attachment:i.png)", attachments={"i.png": {"image/png": _PICTURE}}),
    ),
    "picture-missing": _change(source=f"{ANSWER}\n\n![image.png](attachment:image.png)"),
    "picture-spoiled": _change(
        source=f"{ANSWER} ![p](attachment:p.png)", attachments={"p.png": {"image/png": "no base64 at all!"}}
    ),
    "picture-odd": _change(
        source=f"{ANSWER} ![p](attachment:p.svg)", attachments={"p.svg": {"image/svg+xml": "<svg/>"}}
    ),
    "attachments-a-list": _change(source=ANSWER, attachments=[1]),
    "heading-cell": _insert(1, _cell("heading", ANSWER, level=2)),
    "unknown-kind": _insert(1, _cell("essay", ANSWER)),
    "html-comment": _change(source=f"<!-- {ANSWER} -->"),
    "link-definition": _change(source=f"[//]: # ({ANSWER})"),
    "markdown-magic": _insert(1, _cell("code", f"%%markdown\n{ANSWER}")),
    "in-a-docstring": _into(lambda cell: joined(cell).startswith("def activation"), f'\n\n"""\n{ANSWER}\n"""'),
    "printed-in-a-solution-cell": _into(
        lambda cell: joined(cell).startswith("def activation"), f"\n\nprint({ANSWER!r})"
    ),
    "chinese-comment": _into(
        lambda cell: joined(cell).startswith("def activation"),
        "\n# \u9971\u548c\u5355\u5143\u7684\u659c\u7387\u63a5\u8fd1\u96f6",
    ),
    "japanese-in-its-place": _change(source="\u52fe\u914d\u304c\u6d88\u3048\u308b\u304b\u3089\u3067\u3059\u3002"),
    "attachment-named-twice": _change(source=f"{ANSWER} ![a](attachment:a![b](attachment:c))"),
}
for name in PLACES:
    CASES[f"written-{name}"] = MATERIAL.folder(MATERIAL.text(MATERIAL.right, change=PLACES[name])), ["R", "R", "R"]


def _old(data: str) -> bytes:
    tree = json.loads(data)
    for number, cell in enumerate(tree["cells"]):
        cell["id"] = f"cell-{number}"
    notebook = nbformat.v3.downgrade(nbformat.reads(json.dumps(tree), as_version=4))
    return nbformat.writes(notebook, version=3).encode()


for name in ("in-its-place", "cell-below", "cell-at-the-end"):
    data = MATERIAL.text(MATERIAL.right, change=PLACES[name])
    CASES[f"written-format-3-{name}"] = MATERIAL.folder(_old(data)), ["R", "R", "R"]
_WORK = MATERIAL.text(MATERIAL.right)
_ESSAY = json.dumps({"cells": [_cell("markdown", ANSWER)], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
for name, its in {
    "answer.txt": ANSWER.encode(), "notes/3w.md": ANSWER.encode(), "essay.ipynb": _ESSAY.encode(),
    "answers.pdf": b"%PDF-1.7", "photo.jpg": b"\xff\xd8\xff", "Written answers.docx": b"PK\3\4",
}.items():  # fmt: skip
    CASES[f"written-file-{name.replace('/', '-')}"] = MATERIAL.folder(_WORK, **{name: its}), ["R", "R", "R"]
BLANK: Cases = {"written-not": (MATERIAL.folder(MATERIAL.text(MATERIAL.right)), ["R", "R", "R"])}
