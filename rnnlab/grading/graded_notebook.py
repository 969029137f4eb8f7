"""The graded notebook: as released, with the student's text, our cards, and the scores where nbgrader reads them."""

import html
import re
from collections.abc import Iterable

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from rnnlab.grading.judge import QuestionResult
from rnnlab.grading.release_notebook import ReleaseNotebook
from rnnlab.grading.submission import Submission

_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
NO_SANDBOX = "Graded without the sandbox: the code that was judged could reach what it should not."


def render(
    released: ReleaseNotebook, work: Submission | None, results: Iterable[QuestionResult], notes: Iterable[str]
) -> str:
    """Return the graded notebook as text.

    Parameters
    ----------
    released : ReleaseNotebook
    work : Submission or None
        None where nothing could be read.
    results : iterable of QuestionResult
        One for each question of the notebook.
    notes : iterable of str
        What the student should know besides: repairs, reasons.
    """
    by_question = {result.question: result for result in results}
    graded = nbformat.from_dict(released.notebook)
    graded.cells = []
    said = [html.escape(note) for note in notes]
    if said:
        lines = "\n".join(f"- {_plain(note)}" for note in said)
        graded.cells.append(new_markdown_cell(f"**From the grader**\n\n{lines}", id="grader-notes"))
    extra = dict(work.extra) if work else {}
    count = 0
    for cell_as_released in released.notebook.cells:
        cell = nbformat.from_dict(cell_as_released)
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id in released.solutions:
            cell.source = work.solutions[grade_id] if work else released.solutions[grade_id]
            if grade_id in released.prose:
                cell.source = _harmless(cell.source)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if grade_id in released.questions:
            count += 1
            cell.execution_count = count
            cell.outputs = _outputs(by_question[released.questions[grade_id]], count)
        graded.cells.append(cell)
        after = extra.pop(grade_id, []) if grade_id else []
        if grade_id == "setup":
            after += extra.pop("", [])
        graded.cells += [new_code_cell(source, id=f"added-{len(graded.cells) + i}") for i, source in enumerate(after)]
    return nbformat.writes(graded, version=4)


def _outputs(result: QuestionResult, count: int) -> list:
    data = {"text/plain": result.text}
    if result.html:
        data["text/html"] = result.html
    card = new_output("display_data", data=data)
    if result.points is None:
        return [card]
    score = new_output("execute_result", data={"text/plain": repr(result.points)}, execution_count=count)
    return [card, score]


def _harmless(text: str) -> str:
    """Return Markdown without HTML: a script in it would run in the browser of whoever reads the answer."""
    return _TAG.sub("&lt;", text)


def _plain(text: str) -> str:
    """Return text that Markdown leaves alone."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+!|~$" else c for c in text.replace("\n", " "))
