"""A class of 66 for a term: what each of them hands in, in the archives of two platforms, and what is due to them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

OWN = "echoes"
RIGHT_STEP = "def rnn_step(x, h, w_x, w_h, b_h):\n    return np.tanh(x @ w_x.T + h @ w_h.T + b_h)"
RIGHT_SUM = """def leaky_sum(x, a):
    h = np.zeros(len(x))
    for t in range(len(x)):
        h[t] = x[t] + a * h[t - 1] * (t > 0)
    return h"""
WHOLE = {"leaky_sum": RIGHT_SUM, "rnn_step": RIGHT_STEP}
OTHER = {
    "leaky_sum": "def leaky_sum(x, a):\n"
    "    return np.array([sum(a ** (t - s) * x[s] for s in range(t + 1)) for t in range(len(x))])",
    "rnn_step": RIGHT_STEP,
}
LONG = """def leaky_sum(x, a):
    length = x.shape[0]
    response = np.power(a, np.arange(length, dtype=float))
    total = np.zeros((length, length))
    for start, value in enumerate(x):
        total[start, start:] = value * response[: length - start]
    checked = np.where(np.isfinite(total), total, 0.0)
    largest = np.abs(checked).max(initial=0.0)
    if largest == 0.0 or length <= 1:
        return checked.sum(axis=0)
    return np.add.reduce(checked, axis=0)"""
COPIED = LONG.replace("response", "kern").replace("total", "table").replace("checked", "ok").replace("largest", "m")
CRASHES = "def leaky_sum(x, a):\n    import os\n    os._exit(0)"
FORGES = """def leaky_sum(x, a):
    import sqlite3, glob
    for path in ["gradebook.db", *glob.glob("/*/*/gradebook.db")]:
        sqlite3.connect(path).execute("UPDATE grade SET manual_score = 100")
    return x"""
# What is handed in, and the points that are due for leaky_sum (of 3) and rnn_step (of 4).
KINDS = {
    "whole": (WHOLE, 3, 4),
    "other": (OTHER, 3, 4),
    "sum only": ({"leaky_sum": RIGHT_SUM}, 3, 0),
    "step only": ({"rnn_step": RIGHT_STEP}, 0, 4),
    "known mistake": ({**WHOLE, "leaky_sum": "def leaky_sum(x, a):\n    return np.cumsum(x)"}, 0, 4),
    "blank": ({}, 0, 0),
    "crashes": ({**WHOLE, "leaky_sum": CRASHES}, 0, 4),
    "forges": ({**WHOLE, "leaky_sum": FORGES}, 0, 4),
}
ORDINARY = ("whole", "other", "whole", "sum only", "known mistake", "whole", "step only", "other", "blank", "whole")
WRITTEN = {2: "It keeps sums and factors.", 9: "Because it is.", 33: "double(a + b) is double(a) + double(b)."}
HTML, CUT_OFF, LONG_ONE, COPY, CRASH, FORGER = 4, 8, 10, 45, 14, 47  # numbers of students who are out of the ordinary
LATE = {5: "2026-05-05 08:00", 12: "2026-05-06 08:00"}  # of those in Moodle; the others handed in on the day
N_MOODLE, N_CANVAS, N_ABSENT = 31, 29, 6
AGAIN = (31, 33, 36)  # hand in a second time, now right


@dataclass
class BigClass:
    """The class, for one released notebook."""

    release: Path

    @cached_property
    def notebook(self) -> nbformat.NotebookNode:
        return nbformat.read(self.release, as_version=4)

    def ids(self) -> list[str]:
        return [f"s{i:02}" for i in range(N_MOODLE + N_CANVAS + N_ABSENT)]

    def kind(self, i: int) -> str:
        return {CRASH: "crashes", FORGER: "forges", LONG_ONE: "whole", COPY: "whole"}.get(
            i, ORDINARY[i % len(ORDINARY)]
        )

    def due(self, i: int) -> tuple[float, float]:
        """Return the points for the two questions."""
        if i in (HTML, CUT_OFF):
            return 0, 0
        return KINDS[self.kind(i)][1:]

    def handed_in(self, i: int) -> bytes:
        if i == HTML:
            return b"<html>Log in to continue</html>"
        answers = dict(KINDS[self.kind(i)][0])
        if i in (LONG_ONE, COPY):
            answers["leaky_sum"] = LONG if i == LONG_ONE else COPIED
        text = self.filled(answers, WRITTEN.get(i, ""))
        return text[: len(text) - 300] if i == CUT_OFF else text

    def filled(self, answers: dict[str, str], written: str = "") -> bytes:
        notebook = nbformat.from_dict(self.notebook)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in answers:
                cell.source = answers[name]
            if name == "written_why" and written:
                cell.source = written
        return nbformat.writes(notebook).encode()

    def class_list(self) -> str:
        heads = "id,first_name,last_name,email,lms_user_id\n"
        return heads + "".join(f"{s},Name{i},Sur{i},{s}@example.org,{5000 + i}\n" for i, s in enumerate(self.ids()))

    def moodle(self) -> dict[str, bytes]:
        """Return an archive's entries; the first student's name is misspelt."""
        name = {0: "Nane0 Sur0"}
        entries = {
            f"{name.get(i, f'Name{i} Sur{i}')}_{900 + i}_assignsubmission_file_/{OWN}.ipynb": self.handed_in(i)
            for i in range(N_MOODLE)
        }
        return {
            **entries,
            "../../Name1 Sur1_1_assignsubmission_file_/evil.ipynb": entries[
                f"Name1 Sur1_901_assignsubmission_file_/{OWN}.ipynb"
            ],
        }

    def times(self) -> str:
        """Return Moodle's grading worksheet, as far as it is read."""
        lines = ["Identifier,Full name,Email address,Last modified (submission)"]
        for i, student in enumerate(self.ids()[:N_MOODLE]):
            lines.append(
                f"Participant {900 + i},Name{i} Sur{i},{student}@example.org,{LATE.get(i, '2026-05-04 20:00')}"
            )
        return "\n".join(lines) + "\n"

    def canvas(self) -> dict[str, bytes]:
        numbers = range(N_MOODLE, N_MOODLE + N_CANVAS)
        entries = {f"sur{i}name{i}_{5000 + i}_{7000 + i}_{OWN}.ipynb": self.handed_in(i) for i in numbers}
        return {
            **entries,
            "stranger_9999_7999_work.ipynb": self.handed_in(1),
            "my homework.ipynb": self.handed_in(1),
            f"-> sur60name60_{5060}_7060_{OWN}.ipynb": b"/etc/passwd",
            f"sur61name61_{5061}_7061_{OWN}.ipynb": b"\0" * (40 << 20),
        }

    def again(self) -> dict[str, bytes]:
        """Return the entries of Canvas's archive once some have handed in again."""
        return {
            f"sur{i}name{i}_{5000 + i}_{8000 + i}_{OWN}-1.ipynb": self.filled(WHOLE, WRITTEN.get(i, "")) for i in AGAIN
        }
