"""Every kind of submission that reaches a grader gets the points it deserves, in nbgrader's own gradebook."""

from pathlib import Path

import hostile
import pytest
from nbgrader.api import Gradebook

from rnnlab.grading.course import Course
from rnnlab.grading.pipeline import Summary, run
from rnnlab.grading.settings import Settings

pytestmark = pytest.mark.sandbox
# No answer here needs 0.3 s of a processor. The wait for one is given back, up to ten times the limit.
QUICK = Settings(
    cell_seconds=1.5, first_call_seconds=1.5, call_seconds=1.5, patience=10, memory_mb=700, submission_seconds=60
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> tuple[Course, Summary]:
    root = tmp_path_factory.mktemp("hostile")
    hostile.write(root, hostile.STUDENTS)
    course = Course(root)
    return course, run(course, hostile.ASSIGNMENT, QUICK, seed=11, n_workers=2)


@pytest.fixture(scope="module")
def scores(graded) -> dict[str, list[float]]:
    course, _ = graded
    found = {}
    with Gradebook(course.db_url, course.course_id) as book:
        order = list(hostile.RELEASE_NOTEBOOK.questions)
        for submission in book.assignment_submissions(hostile.ASSIGNMENT):
            grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
            assert not any(grade.needs_manual_grade for grade in grades.values())
            found[submission.student.id] = [grades[name].score for name in order]
    return found


@pytest.mark.parametrize("student", hostile.STUDENTS)
def test_the_gradebook_shows_what_the_work_deserves(student, scores):
    _, expected = hostile.STUDENTS[student]
    wanted = [most if part == hostile.R else part for part, most in zip(expected, hostile.POINTS, strict=True)]
    assert scores[student] == wanted


def test_no_submission_is_taken_for_a_fault_of_the_course(graded):
    _, summary = graded
    assert summary.faults == {}
    assert summary.refused == {}


def test_every_graded_notebook_is_small(graded):
    course, _ = graded
    sizes = [path.stat().st_size for path in Path(course.root, "autograded").rglob("*.ipynb")]
    assert len(sizes) == len(hostile.STUDENTS)
    assert max(sizes) < 200_000
