"""The graded notebook: as released, with the student's text, our cards, and the scores where nbgrader reads them."""

import html
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from rnnlab.grading import instructor, safe_html
from rnnlab.grading.judge import QuestionResult
from rnnlab.grading.release_notebook import ReleaseNotebook
from rnnlab.grading.submission import Added, Submission

_CODE, _ALL_CODE = 20_000, 200_000  # characters of a cell and of a notebook: whoever colours them may take the square
_ALL_WORDS = 120_000  # characters of Markdown likewise: a table of 30,000 takes seconds
_SHOWN = 20_000  # characters from elsewhere in the notebook, below a question under which nothing stands
NO_SANDBOX = "Graded without the sandbox: the code that was judged could reach what it should not."


def render(
    released: ReleaseNotebook,
    work: Submission | None,
    results: Iterable[QuestionResult],
    notes: Iterable[str],
    tests: Mapping[str, str] = MappingProxyType({}),
    rubrics: Mapping[str, str] = MappingProxyType({}),
    scored: bool = False,
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
    tests : mapping
        What went wrong in test cells of nbgrader's own kind, by their grade id; empty where nothing did.
    rubrics : mapping
        What whoever marks a written answer reads below it, by its grade id.
    scored : bool
        Whether nbgrader's own test cells give points by themselves here.
    """
    by_question = {result.question: result for result in results}
    graded = nbformat.from_dict(released.notebook)
    graded.cells = _said(notes)
    extra = dict(work.extra) if work else {}
    count, shown, told = 0, _Code(), _Words()
    for cell_as_released in released.notebook.cells:
        cell = nbformat.from_dict(cell_as_released)
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if work and grade_id in released.solutions:
            cell.source = work.solutions[grade_id]
            if cell.cell_type == "code":
                cell.source = shown.of(cell.source)
            if grade_id in released.prose and cell.source != released.solutions[grade_id]:
                cell.source = told.of(cell.source, work.pictures.get(grade_id))
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if grade_id in released.questions:
            count += 1
            cell.execution_count = count
            cell.outputs = outputs(by_question[released.questions[grade_id]], count, released.points[grade_id])
        elif grade_id in tests:
            text = f"It ended with {tests[grade_id]}" if tests[grade_id] else "It ran through"
            end = "" if scored else " A person decides what that is worth."
            cell.outputs = [new_output("stream", name="stdout", text=f"{text}.{end}")]
        graded.cells.append(cell)
        if grade_id in rubrics:
            graded.cells.append(instructor.beside(rubrics[grade_id], released.points.get(grade_id, 0.0), grade_id))
        after = extra.pop(grade_id, []) if grade_id else []
        if grade_id == "setup":
            after += extra.pop("", [])
        graded.cells += [_added(cell, len(graded.cells) + i, shown, told) for i, cell in enumerate(after)]
        if work and grade_id in released.prose and work.solutions[grade_id] == released.solutions[grade_id]:
            graded.cells += _elsewhere(work, grade_id)
    return nbformat.writes(graded, version=4)


def _said(notes: Iterable[str]) -> list:
    said = list(dict.fromkeys(notes))
    if not said:
        return []
    lines = "\n".join(f"- {_plain(html.escape(note))}" for note in said)
    return [new_markdown_cell(f"**From the grader**\n\n{lines}", id="grader-notes")]


class _Code:
    """Code as it is shown: what is drawn in colours must not take the page's maker for hours."""

    def __init__(self) -> None:
        self._left = _ALL_CODE

    def of(self, source: str) -> str:
        """Return a cell's code without blanks in empty lines, and cut where it is too long."""
        lines = (line if line.strip() else "" for line in source.split("\n"))
        text = "\n".join(lines)
        most = min(_CODE, self._left)
        self._left -= min(len(text), most)
        if len(text) <= most:
            return text
        return f"{text[:most]}\n# ... {len(text) - most} more characters: see the notebook that was handed in"


class _Words:
    """Text as it is shown, with the same in mind: beyond a bound it stands as it was written."""

    def __init__(self) -> None:
        self._left = _ALL_WORDS

    def of(self, source: str, pictures: safe_html.Pictures | None) -> str:
        """Return a cell's text, made fit for a page."""
        self._left -= len(source)
        return safe_html.markdown(source, pictures) if self._left >= 0 else safe_html.as_written(source)


def _added(added: Added, number: int, shown: _Code, told: _Words):
    """Return a cell that the student added."""
    if added.kind == "code":
        return new_code_cell(shown.of(added.source), id=f"added-{number}")
    return new_markdown_cell(told.of(added.source, added.pictures), id=f"added-{number}")


def _elsewhere(work: Submission, grade_id: str) -> list:
    """Return a cell with what may be the answer to a question under which nothing stands, for a person to read."""
    if not work.elsewhere:
        return []
    shown = [f"**Not in its place, so a person must look.** From elsewhere in the notebook, for `{grade_id}`:"]
    left = _SHOWN
    for where, text in work.elsewhere:
        if left <= 0:
            shown.append("And more: see the notebook that was handed in.")
            break
        shown.append(f"*{_plain(where)}*\n\n<pre>{safe_html.coded(text[:left])}</pre>")
        left -= len(text)
    return [new_markdown_cell("\n\n".join(shown), id=f"elsewhere-{grade_id}"[:64])]


def outputs(result: QuestionResult, count: int, worth: float) -> list:
    """Return what the cell of a check shows: the card, and the score where nbgrader reads it.

    Where the question is `worth` something else in this notebook than by its definition, that is said as well.
    """
    data = {"text/plain": result.text}
    if result.html:
        data["text/html"] = result.html
    card = new_output("display_data", data=data)
    if result.points is None:
        return [card]
    shown, points = [card], result.points
    if result.max_points and worth != result.max_points:
        points = result.points * worth / result.max_points
        shown.append(new_output("stream", name="stdout", text=f"Counted as {points:g} of {worth:g} points.\n"))
    return [*shown, new_output("execute_result", data={"text/plain": repr(points)}, execution_count=count)]


def _plain(text: str) -> str:
    """Return text that Markdown leaves alone."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+!|~$" else c for c in text.replace("\n", " "))
