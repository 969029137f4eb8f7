"""What submissions are made of: the right answers of an assignment, and notebooks and folders with them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat

from rnnlab import checks
from rnnlab.checks.sources import written_answers
from rnnlab.grading import shipped
from rnnlab.grading.demo import Class
from rnnlab.grading.release_notebook import read

ASSIGNMENT = "02_unfolding"
POINTS = [question.points for question in checks.load(ASSIGNMENT)]
R = "R"
FULL = [R] * 5
NOTHING = [0] * 5

# Independent of one another, so that what breaks one answer leaves the others whole.
RIGHT = Class(ASSIGNMENT, read(shipped.exercises(ASSIGNMENT))[0].notebook).right
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

Folder = dict[str, bytes | Callable[[Path], object]]
Cases = dict[str, tuple[Folder, list]]  # a submission and the points that each question must get: R for all of them


def _code_cell(source: str) -> dict:
    """Return a new cell as a file holds it: its keys in order, its text in lines."""
    return dict(sorted({**nbformat.v4.new_code_cell(), "source": source.splitlines(keepends=True)}.items()))


class Material:
    """An assignment's released notebook with answers in it.

    Parameters
    ----------
    assignment : str
    """

    def __init__(self, assignment: str):
        self.assignment = assignment
        self.released = read(shipped.exercises(assignment))[0]
        self.people = Class(assignment, self.released.notebook)
        self.right = dict(self.people.right)
        # Once, not for each of a thousand notebooks: nbformat validates and copies, and indents slowly.
        self.blank = json.dumps(json.loads(nbformat.writes(self.released.notebook, version=4)))

    def text(
        self,
        answers: Mapping[str, str],
        first: str = "",
        last: str = "",
        change: Callable[[dict], object] | None = None,
    ) -> str:
        """Return a notebook's text: answers, cells before and after them, and a change to the whole at the end."""
        tree = json.loads(self.blank)
        for cell in tree["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            if marks.get("solution") and marks["grade_id"] in answers:
                cell["source"] = answers[marks["grade_id"]].splitlines(keepends=True)
        if first:
            tree["cells"].insert(2, _code_cell(first))
        if last:
            tree["cells"].append(_code_cell(last))
        if change is not None:
            change(tree)
        return json.dumps(tree)

    def folder(self, data: str | bytes, name: str = "", /, **more: bytes) -> Folder:
        """Return a folder that holds one notebook and more besides."""
        return {name or f"{self.assignment}.ipynb": data if isinstance(data, bytes) else data.encode(), **more}


UNFOLDING = Material(ASSIGNMENT)
text, folder = UNFOLDING.text, UNFOLDING.folder
GOOD = text(RIGHT)


def joined(cell: dict) -> str:
    """Return a cell's text, however it is written."""
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def is_graded(cell: dict) -> bool:
    """Say whether a cell of a file is a grade cell."""
    marks = (cell.get("metadata") or {}).get("nbgrader")
    return bool(marks and marks.get("grade"))


def write(root: Path, students: Cases, assignment: str = ASSIGNMENT) -> None:
    """Write students' folders into a course."""
    for student, (files, _) in students.items():
        home = root / "submitted" / student / assignment
        home.mkdir(parents=True)
        for name, data in files.items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if callable(data):
                data(path)
            else:
                path.write_bytes(data)
