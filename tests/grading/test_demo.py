"""The demo class: what each of its students did is what the gradebook shows."""

import pytest

from rnnlab import checks
from rnnlab.cli import main
from rnnlab.grading import demo
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.pipeline import run
from rnnlab.grading.settings import Settings

pytestmark = pytest.mark.sandbox
A = "02_unfolding"
PATIENT = Settings(first_call_seconds=25, call_seconds=5, cell_seconds=5)  # one style is compiled when it is called
HASTY = Settings(first_call_seconds=2, call_seconds=2, cell_seconds=2, patience=10)  # for one that never ends


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo")
    assert main(["grade", "demo", "--course", str(root)]) == 0
    course = Course(root)
    everyone = course.students(A)
    for settings, students in ((PATIENT, [s for s in everyone if s != "di-endless"]), (HASTY, ["di-endless"])):
        summary = run(course, A, settings, students=students, n_workers=min(2, len(students)))
        assert summary.clean
    with GradebookStore(course) as opened:
        yield opened


@pytest.fixture(scope="module")
def cells(book) -> dict[str, list[float]]:
    _, rows = book.table(A)
    order = [f"check_{question.key}" for question in checks.load(A)]
    return {row["student"]: [row["cells"][name] for name in order] for row in rows}


EXPECTED = {
    "ada-right": [4, 5, 5, 2, 1],
    "bo-blank": [0, 0, 0, 0, 0],
    "cy-crash": [0, 5, 5, 2, 1],
    "di-endless": [0, 5, 5, 2, 1],
    "ed-forger": [0, 0, 0, 0, 0],
    "flo-damaged": [4, 5, 5, 2, 1],
    "gus-no-notebook": [0, 0, 0, 0, 0],
    "hal-cut-off": [0, 0, 0, 0, 0],
    "ida-half": [4, 0, 0, 0, 0],
    "jo-style-1": [4, 5, 5, 2, 1],
    "jo-style-2": [4, 5, 5, 2, 1],
    "jo-style-3": [4, 5, 5, 2, 1],
    "jo-style-4": [4, 5, 5, 2, 1],
    "jo-style-5": [4, 5, 5, 2, 1],
}


@pytest.mark.parametrize("student", EXPECTED)
def test_the_gradebook_shows_what_the_student_did(cells, student):
    assert cells[student] == EXPECTED[student]


def test_students_with_a_known_mistake_lose_points_there_and_are_told_which_it_is(cells, book):
    records = book.records(A)
    asked = checks.load(A)
    checked = 0
    for number, question in enumerate(asked):
        for mistake in question.mistakes[:2]:
            (student,) = (name for name in cells if name == f"kim-{question.id}-{demo._slug(mistake.name)}")
            assert cells[student][number] < question.points
            assert mistake.hint in records[student]["questions"][question.id]["hints"]
            assert sum(cells[student]) > 0
            checked += 1
    assert checked >= 8
    assert checked + len(EXPECTED) == len(cells)


def test_no_students_text_has_the_marks_of_a_solution(tmp_path):
    demo.make(tmp_path, A)
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.glob("submitted/*/*/*.ipynb")]
    assert len(texts) > 20
    assert not [text for text in texts if "BEGIN SOLUTION" in text or "END SOLUTION" in text]


def test_copies_of_the_class_have_names_of_their_own(tmp_path):
    made = demo.make(tmp_path, A, copies=3)
    assert len(made) == len(set(made)) == 3 * (len(EXPECTED) + 10)
