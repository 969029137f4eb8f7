"""One submission from its folder to its result."""

import hashlib
import os
import time
from functools import cache
from pathlib import Path

import rnnlab
from rnnlab.checks import cases
from rnnlab.grading import collected, graded_notebook, instructor, intake, provenance, safe_html, submission, timestamps
from rnnlab.grading.course import Course
from rnnlab.grading.errors import Refused
from rnnlab.grading.gradebook import NotebookResult, SubmissionResult
from rnnlab.grading.judge import QuestionResult, judge, without_work
from rnnlab.grading.questions import asked
from rnnlab.grading.release_notebook import ReleaseNotebook
from rnnlab.grading.rescore import patched
from rnnlab.grading.sandbox.host import view
from rnnlab.grading.sandbox.host.fork_server import ForkServer
from rnnlab.grading.settings import Settings


class Grader:
    """Grades submissions one after the other with one warm sandbox.

    Parameters
    ----------
    course : Course
    assignment : str
    settings : Settings
    seed : int
        The secret from which cases are drawn.
    timestamps : bool
        Whether the collector wrote the timestamp.txt in each folder.
    only : tuple of str
        Numbers of questions: judge these again, of work that is graded, and leave everything else as it is.
    """

    def __init__(
        self,
        course: Course,
        assignment: str,
        settings: Settings,
        seed: int,
        timestamps: bool = False,
        only: tuple[str, ...] = (),
    ):
        self.only = frozenset(only)
        self.course, self.assignment, self.settings = course, assignment, settings
        self.seed, self.timestamps = seed, timestamps
        self._collected = collected.read(course, assignment)
        self.released_notebooks = course.release(assignment)
        rule = asked(assignment, self.released_notebooks)
        self.questions, self._code = rule.questions, _code(rule.folders, rule.homes)
        self._tests = {one.name: instructor.tests(course, assignment, one) for one in self.released_notebooks}
        self._rubrics = {one.name: instructor.rubrics(course, assignment, one) for one in self.released_notebooks}
        setup = [source for released in self.released_notebooks for source in released.setup]
        points = {number: float(question.points) for number, question in self.questions.items()}
        self.fork_server = ForkServer(sorted(rule.absent), settings, setup, rule.says, points)
        own = (self._tests, course.scores_test_cells) if any(self._tests.values()) else ""
        release = f"{[s.notebook for s in self.released_notebooks]}{own}"
        self._release = hashlib.sha256(release.encode()).hexdigest()

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, *_exc) -> None:
        self.fork_server.close()

    def prepare(self) -> None:
        """Have ready what a copy of this process will need: the sandbox, and what the reference answers in each case.

        Questions that train something are left out: their reference may take longer than a copy has to wait for it.
        """
        if self.settings.isolated:
            self.fork_server.begin()
        for number, question in self.questions.items():
            if question.seconds is None and (not self.only or number in self.only):
                cases.shared(question, self.seed).prepare()

    def grade(self, student: str, known: str = "") -> SubmissionResult | None:
        """Return the result of a student's submission, None where it is still the one whose digest is `known`."""
        started, clock = time.monotonic(), time.process_time()
        folder = self.course.submitted(student, self.assignment)
        found = intake.HandedIn()
        reason = ""
        try:
            found = intake.read(
                folder, self.settings, frozenset(f"{one.name}.ipynb" for one in self.released_notebooks)
            )
        except Refused as error:
            reason = str(error)
        timestamp, no_time = self._timestamp(student, folder)
        notes = found.notes + ([f"timestamp.txt {no_time}"] if no_time else [])
        digest = self._digest(found, reason, timestamp or no_time * self.timestamps)
        if digest == known and not self.only:
            return None
        notebooks, judged, used = {}, [], 0.0
        for released in self.released_notebooks:
            graded, results, seconds = self._notebook(student, released, found, reason, notes)
            used += seconds
            notebooks[released.name] = graded
            judged += results
        reasons = {v.record["reason"] for v in judged if v.record.get("reason") and not v.record.get("parts")}
        record = {
            "questions": {v.question: v.record for v in judged},
            "faults": {v.question: v.fault for v in judged if v.fault},
            "notes": notes,
            "no_time": no_time * self.timestamps,
            "sandboxed": self.settings.isolated,
            "ran": provenance.of_now(self.settings, self.seed),
            "seconds": round(time.monotonic() - started, 3),
            "processor_seconds": {"judge": round(time.process_time() - clock, 3), "student": round(used, 3)},
        }
        nothing = all(not v.record.get("parts") for v in judged) and not record["faults"]
        return SubmissionResult(
            student, digest, notebooks, "; ".join(sorted(reasons)) if nothing else "", record, timestamp, self.only
        )

    def failed(self, student: str, trace: str) -> SubmissionResult:
        """Return the result of a submission that the grader itself failed on: no score, for a person to look at."""
        return failed_result(student, self.assignment, self.released_notebooks, self.settings, trace)

    def _notebook(
        self, student: str, released: ReleaseNotebook, found: intake.HandedIn, reason: str, notes: list[str]
    ) -> tuple[NotebookResult, list[QuestionResult], float]:
        numbers = [number for number in released.questions.values() if not self.only or number in self.only]
        here = [self.questions[number] for number in numbers]
        work, said, tests, used = None, list(notes), {}, 0.0
        try:
            if reason:
                raise Refused(reason)
            work, more = submission.read(released, found, self.settings)
            said += [*more, *work.notes]
            judged = judge(
                work,
                here,
                self.fork_server.open,
                self.seed,
                self.settings,
                {} if self.only else self._tests[released.name],
            )
            results = judged.results
            tests, used = judged.tests, judged.used
        except Refused as error:
            said.append(f"0 points: {error}")
            results = without_work(str(error), here)
        if self.only:
            path = self.course.autograded(student, self.assignment) / f"{released.name}.ipynb"
            names = [name for name, number in released.questions.items() if number in self.only]
            again = {name: self._score(released, name, results) for name in names}
            return (
                NotebookResult(again, {}, patched(path.read_text(encoding="utf-8"), released, results)),
                results,
                used,
            )
        if not self.settings.isolated:
            said.insert(0, graded_notebook.NO_SANDBOX)
        notes += [note for note in said if note not in notes]
        scores = {name: self._score(released, name, results) for name in released.questions}
        scores |= {name: self._by_hand(released, name, work, tests) for name in released.by_hand}
        comments = {name: self._comment(released, name, work, results) for name in released.solutions}
        text = graded_notebook.render(
            released, work, results, said, tests, self._rubrics[released.name], self.course.scores_test_cells
        )
        return NotebookResult(scores, comments, text), results, used

    def _score(self, released: ReleaseNotebook, grade_id: str, results: list[QuestionResult]) -> float | None:
        """Return a question's points on the scale of the notebook's own."""
        result = next(result for result in results if result.question == released.questions[grade_id])
        if result.points is None or not result.max_points:
            return result.points
        return result.points * released.points[grade_id] / result.max_points

    def _by_hand(
        self, released: ReleaseNotebook, grade_id: str, work: submission.Submission | None, tests: dict[str, str]
    ) -> float | None:
        """Return no points where there is no answer, and None where a person must read one or look for it."""
        if work is None:
            return 0.0
        if self.course.scores_test_cells and grade_id in tests:
            return 0.0 if tests[grade_id] else released.points[grade_id]
        if grade_id in released.tests:
            return None
        return None if self._answered(released, grade_id, work) or work.elsewhere else 0.0

    @staticmethod
    def _answered(released: ReleaseNotebook, grade_id: str, work: submission.Submission) -> bool:
        return work.solutions.get(grade_id) != released.solutions.get(grade_id) or bool(work.pictures.get(grade_id))

    def _comment(
        self,
        released: ReleaseNotebook,
        name: str,
        work: submission.Submission | None,
        results: list[QuestionResult],
    ) -> str | None:
        if work is None:
            return safe_html.words(results[0].text) if results else None
        if self._answered(released, name, work):
            return None
        if name in released.prose and work.elsewhere:
            return "Nothing stands in the place of this answer. Text from elsewhere in the notebook is shown below it."
        return "No response."

    def _timestamp(self, student: str, folder: Path) -> tuple[str | None, str]:
        """Return when it was handed in, or what is wrong with the file that should say so."""
        if student in self._collected:  # by `rnnlab collect`, which wrote the file
            return self._collected[student]["time"] or None, ""
        path = folder / "timestamp.txt"
        if not os.path.lexists(path):
            return None, ""
        if not self.timestamps:
            return None, "was not used: the time comes from the collector only"
        try:
            return timestamps.read(intake.read_plain(path, 200)), ""
        except (OSError, Refused):
            return None, "cannot be read and was not used"
        except ValueError as error:
            return None, f"{error}; it was not used"

    def _digest(self, found: intake.HandedIn, reason: str, timestamp: str | None) -> str:
        state = hashlib.sha256(f"{self._code} {self._release} {reason} {timestamp}".encode())
        state.update(b"sandbox" if self.settings.isolated else b"open")
        state.update(repr(self.settings).encode())
        for files in (found.notebooks, found.beside):
            for name in sorted(files):
                state.update(f"{name!a} {len(files[name])} ".encode() + files[name])
        return state.hexdigest()


def code_digest(packages: tuple[str, ...]) -> str:
    """Return a digest of all that decides about a mark: the checks, the grader, and the assignment's folders named."""
    return _code(tuple(view.PACKAGE / name for name in packages), packages)


@cache
def _code(packages: tuple[Path, ...], names: tuple[str, ...]) -> str:
    """Return a digest of all that decides about a mark: the checks, the assignment's questions and the grader.

    The packages' names are there as those of a course's own change with their text.
    """
    state = hashlib.sha256(rnnlab.__version__.encode())
    for folder in (view.PACKAGE / "checks", view.PACKAGE / "grading", *packages):
        for path in sorted(folder.rglob("*.py")):
            state.update(path.read_bytes())
    return state.hexdigest()


def failed_result(
    student: str, assignment: str, released_notebooks: tuple[ReleaseNotebook, ...], settings: Settings, reason: str
) -> SubmissionResult:
    """Return the result of a submission that could not be graded: no score, and the reason for a person to look at."""
    questions = asked(assignment, released_notebooks).questions
    note = "This could not be graded by machine. Your instructor will look at it."
    notebooks = {}
    for released in released_notebooks:
        here = [questions[number] for number in released.questions.values()]
        results = [QuestionResult(q.id, None, float(q.points), "", note) for q in here]
        scores: dict[str, float | None] = dict.fromkeys(released.points)
        comments: dict[str, str | None] = dict.fromkeys(released.solutions)
        text = graded_notebook.render(released, None, results, [note])
        notebooks[released.name] = NotebookResult(scores, comments, text)
    return SubmissionResult(student, "", notebooks, "", {"faults": {"": reason}, "sandboxed": settings.isolated})
