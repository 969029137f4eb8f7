"""One question judged again: its card and score in the graded notebook and nothing else."""

from collections.abc import Iterable
from typing import Any

import nbformat

from rnnlab.grading.graded_notebook import outputs
from rnnlab.grading.judge import QuestionResult
from rnnlab.grading.release_notebook import ReleaseNotebook


def patched(text: str, released: ReleaseNotebook, results: Iterable[QuestionResult]) -> str:
    """Return a graded notebook with the cards and scores of `results` in the place of those that it has."""
    notebook = nbformat.reads(text, as_version=4)
    by_question = {result.question: result for result in results}
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        result = by_question.get(released.questions.get(grade_id, ""))
        if result is not None:
            cell.outputs = outputs(result, cell.execution_count or 1, released.points[grade_id])
    return nbformat.writes(notebook, version=4)


def differences(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[tuple[str, str, Any, Any]]:
    """Return (student, cell, score before, score after) for every score that is another one; None where there is none.

    Parameters
    ----------
    before, after : list of dict
        The rows of `GradebookStore.table`.
    """
    earlier = {row["student"]: row["cells"] for row in before}
    found = []
    for row in after:
        old, new = earlier.get(row["student"], {}), row["cells"]
        changed = [cell for cell in {**old, **new} if old.get(cell) != new.get(cell)]
        found += [(row["student"], cell, old.get(cell), new.get(cell)) for cell in changed]
    return found


def why(cell: str, before: dict[str, float], after: dict[str, float], report: dict[str, Any]) -> str:
    """Return why a score is another one, as far as that can be known: the question changed, or what failed now.

    Parameters
    ----------
    cell : str
    before, after : dict
        What each cell was and is worth.
    report : dict
        What came of the question the last time that it was judged.
    """
    if before and cell not in before:
        return "the question is new"
    if cell not in after:
        return "the question was dropped"
    failed = ", ".join(part["name"] for part in report.get("parts", []) if not part["passed"])
    reasons = (
        [f"worth {after[cell]:g} now, before {before[cell]:g}"] if before.get(cell, after[cell]) != after[cell] else []
    )
    reasons += [f"failed now: {failed}"] if failed else []
    return "; ".join(reasons)
