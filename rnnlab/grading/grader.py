"""One submission from its folder to its result."""

import hashlib
import os
import time
from pathlib import Path

from nbgrader.utils import parse_utc

import rnnlab
from rnnlab import checks
from rnnlab.grading import intake, sheet
from rnnlab.grading.course import Course
from rnnlab.grading.decode import Refused
from rnnlab.grading.gradebook import Graded, GradedNotebook
from rnnlab.grading.judge import Verdict, judge, without_work
from rnnlab.grading.sandbox import Zygote
from rnnlab.grading.settings import Settings
from rnnlab.grading.skeleton import Skeleton


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
    """

    def __init__(self, course: Course, assignment: str, settings: Settings, seed: int, timestamps: bool = False):
        self.course, self.assignment, self.settings = course, assignment, settings
        self.seed, self.timestamps = seed, timestamps
        self.skeletons = course.release(assignment)
        self.questions = {question.id: question for question in checks.load(assignment)}
        hidden = {name for question in self.questions.values() for name in question.hides}
        setup = [source for skeleton in self.skeletons for source in skeleton.setup]
        self.zygote = Zygote(sorted(hidden), settings, setup)
        self._release = hashlib.sha256(repr([s.notebook for s in self.skeletons]).encode()).hexdigest()

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, *_exc) -> None:
        self.zygote.close()

    def grade(self, student: str, known: str = "") -> Graded | None:
        """Return the result of a student's submission, None where it is still the one whose digest is `known`."""
        started = time.monotonic()
        folder = self.course.submitted(student, self.assignment)
        found: dict[str, bytes] = {}
        notes: list[str] = []
        reason = ""
        try:
            found, notes = intake.files(folder, self.settings)
        except Refused as error:
            reason = str(error)
        timestamp, note = self._timestamp(folder)
        notes += note
        digest = self._digest(found, reason, timestamp)
        if digest == known:
            return None
        papers, judged = {}, []
        for skeleton in self.skeletons:
            paper, verdicts = self._notebook(skeleton, found, reason, notes)
            papers[skeleton.name] = paper
            judged += verdicts
        reasons = {v.record["reason"] for v in judged if v.record.get("reason") and not v.record.get("parts")}
        record = {
            "questions": {v.question: v.record for v in judged},
            "faults": {v.question: v.fault for v in judged if v.fault},
            "notes": notes,
            "sandboxed": self.settings.isolated,
            "seconds": round(time.monotonic() - started, 3),
        }
        nothing = all(not v.record.get("parts") for v in judged) and not record["faults"]
        return Graded(student, digest, papers, "; ".join(sorted(reasons)) if nothing else "", record, timestamp)

    def fault(self, student: str, trace: str) -> Graded:
        """Return the result of a submission that the grader itself failed on: no score, for a person to look at."""
        says = "The grader made a mistake here, not you. Your instructor will look at it."
        papers = {}
        for skeleton in self.skeletons:
            asked = [self.questions[number] for number in skeleton.questions.values()]
            verdicts = [Verdict(q.id, None, float(q.points), "", says) for q in asked]
            scores: dict[str, float | None] = dict.fromkeys(skeleton.points)
            comments: dict[str, str | None] = dict.fromkeys(skeleton.solutions)
            text = sheet.render(skeleton, None, verdicts, [says])
            papers[skeleton.name] = GradedNotebook(scores, comments, text)
        return Graded(student, "", papers, "", {"faults": {"": trace}, "sandboxed": self.settings.isolated})

    def _notebook(
        self, skeleton: Skeleton, found: dict[str, bytes], reason: str, notes: list[str]
    ) -> tuple[GradedNotebook, list[Verdict]]:
        asked = [self.questions[number] for number in skeleton.questions.values()]
        work, said = None, list(notes)
        try:
            if reason:
                raise Refused(reason)
            cells, more = intake.choose(skeleton, found, self.settings)
            work = intake.work(skeleton, cells)
            said += more
            verdicts = judge(work, asked, self.zygote.open, self.seed, self.settings)
        except Refused as error:
            said.append(f"0 points: {error}")
            verdicts = without_work(str(error), asked)
        if not self.settings.isolated:
            said.insert(0, sheet.NO_SANDBOX)
        notes += [note for note in said if note not in notes]
        points = {verdict.question: verdict.points for verdict in verdicts}
        scores = {grade_id: points[number] for grade_id, number in skeleton.questions.items()}
        scores |= {grade_id: self._by_hand(skeleton, grade_id, work) for grade_id in skeleton.by_hand}
        comments = {name: self._comment(skeleton, name, work, verdicts) for name in skeleton.solutions}
        return GradedNotebook(scores, comments, sheet.render(skeleton, work, verdicts, said)), verdicts

    def _by_hand(self, skeleton: Skeleton, grade_id: str, work: intake.Work | None) -> float | None:
        """Return no points where there is no answer, and None where a person must read one."""
        answered = work is not None and work.solutions.get(grade_id) != skeleton.solutions.get(grade_id)
        return None if answered else 0.0

    def _comment(self, skeleton: Skeleton, name: str, work: intake.Work | None, verdicts: list[Verdict]) -> str | None:
        if work is None:
            return verdicts[0].text
        return "No response." if work.solutions[name] == skeleton.solutions[name] else None

    def _timestamp(self, folder: Path) -> tuple[str | None, list[str]]:
        path = folder / "timestamp.txt"
        if not os.path.lexists(path):
            return None, []
        if not self.timestamps:
            return None, ["timestamp.txt was not used: the time comes from the collector only"]
        try:
            text = intake.read_plain(path, 200).decode("ascii").strip()
            parse_utc(text)
        except (OSError, Refused, ValueError, OverflowError):
            return None, ["timestamp.txt holds no time and was not used"]
        return text, []

    def _digest(self, found: dict[str, bytes], reason: str, timestamp: str | None) -> str:
        state = hashlib.sha256(f"{rnnlab.__version__} {self._release} {reason} {timestamp}".encode())
        state.update(b"sandbox" if self.settings.isolated else b"open")
        for name in sorted(found):
            state.update(f"{name!a} {len(found[name])} ".encode() + found[name])
        return state.hexdigest()
