"""A question's check accepts what is right, catches what is wrong, and says why."""

import numpy as np
import pytest

from rnnlab import checks
from rnnlab.checks.sources import written_answers
from rnnlab.checks.student import LocalStudent

EVERY = [q for assignment in checks.packages() for q in checks.load(assignment)]
MISTAKES = [(q, m) for q in EVERY for m in q.mistakes]
ALTERNATIVES = [
    (q, a)
    for assignment in checks.packages()
    for q in checks.load(assignment)
    for a in checks.other_answers(assignment).get(q.id, ())
]
# Of two functions that are wrong together, a report may name more; those of assignment 4 are named one by one.
TELLING = [q for q in EVERY if len(q.reference) == 1 or q in checks.load("04_backpropagation")]
LONG = 2**127 + 5  # as those that a class is graded with; `rnnlab assign validate` draws fresh ones


def graded(question, functions, seed=0):
    return question.examine(LocalStudent(functions), seed)


REPORTS = {}


def report_on(question, answer):
    """Return the report on a known mistake or another right answer, read from the text of its cells in a notebook.

    Several tests look at it. By the length of its name, an answer is graded with the seed of a notebook's check or with
    one as a class is graded with: about half with each.
    """
    key = question.id, getattr(answer, "name", ""), getattr(answer, "style", "")
    chapter = question.id.split(".")[0]
    if not any(other.split(".")[0] == chapter for other, *_ in REPORTS):
        REPORTS.clear()  # the tests go from assignment to assignment, and a report holds arrays
    if key not in REPORTS:
        seed = (0, LONG)[len(key[1] + key[2]) % 2]
        REPORTS[key] = graded(question, {**question.reference, **as_written(question, answer)}, seed)
    return REPORTS[key]


def as_written(question, answer):
    """Return an answer's functions as they are when its text stands in the cells of a notebook."""
    if getattr(answer, "style", "") == "Numba":
        return answer.functions  # to compile it once more would show nothing
    (assignment,) = (a for a in checks.packages() if question in checks.load(a))
    cells = written_answers(assignment, question.id, getattr(answer, "name", "") or answer.style)
    assert set(cells) == set(answer.functions)
    notebook = {}
    for cell in cells.values():
        exec(cell, notebook)
    return {name: notebook[name] for name in cells}


@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_the_reference_has_full_marks_for_every_seed(question):
    for seed in (0, LONG):  # `rnnlab assign validate` draws hundreds
        assert graded(question, question.reference, seed).points == question.points


@pytest.mark.parametrize(
    ("question", "alternative"), ALTERNATIVES, ids=lambda v: getattr(v, "style", getattr(v, "id", ""))
)
def test_another_right_way_has_full_marks(question, alternative):
    assert set(alternative.functions) == set(question.names)
    report = report_on(question, alternative)
    assert report.points == question.points, str(report)


@pytest.mark.parametrize(("question", "mistake"), MISTAKES, ids=lambda v: getattr(v, "name", getattr(v, "id", "")))
def test_a_known_mistake_loses_points_and_is_named(question, mistake):
    report = report_on(question, mistake)
    assert report.points < question.points, str(report)
    assert mistake.hint in report.hints, str(report)


@pytest.mark.parametrize("question", TELLING, ids=lambda q: q.id)
def test_the_checks_name_no_mistake_that_was_not_made(question):
    """A mistake's sentence beside a different mistake would send the student to the wrong line."""
    for mistake in question.mistakes:
        report = report_on(question, mistake)
        others = [m for m in question.mistakes if m.hint in report.hints and m is not mistake]
        assert not others, f"{mistake.name} was also called {[m.name for m in others]}"


@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_an_empty_notebook_has_no_points(question):
    def blank(*_args):
        raise NotImplementedError

    assert graded(question, dict.fromkeys(question.names, blank)).points == 0
    assert graded(question, {}).points == 0
    assert "is not written yet" in graded(question, dict.fromkeys(question.names, blank)).reason
    assert "is not there" in graded(question, {}).reason


@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_zeros_of_the_right_shape_earn_nothing(question):
    def zeros(value):
        if isinstance(value, np.ndarray):
            return np.zeros_like(value)
        if isinstance(value, tuple | list):
            return type(value)(zeros(v) for v in value)
        return 0

    flat = {name: lambda *args, f=f: zeros(f(*args)) for name, f in question.reference.items()}
    assert graded(question, flat).points == 0


@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_at_least_three_known_mistakes_and_five_where_the_answer_is_code(question):
    assert len(question.mistakes) >= (5 if question.points > 1 else 3)


def test_the_text_of_an_answer_takes_along_what_its_module_imports_from_its_assignment():
    (cell,) = written_answers("07_variants", "7.2", "mean of the rows' means").values()
    assert cell.count("import numpy as np") == cell.count("def mean_of_rows") == cell.count("def _one_to_many") == 1
    assert "rnnlab" not in cell
    assert "log_softmax" not in cell


def test_an_answer_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"question 2\.1 has no mistake and no alternative called 'nonsense'"):
        written_answers("02_unfolding", "2.1", "nonsense")
