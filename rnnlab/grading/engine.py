"""Take a class through intake, sandbox and judge; write what comes of it, a batch at a time."""

import hashlib
import json
import os
import secrets
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import rnnlab
from rnnlab import questions
from rnnlab.grading import intake, sheet
from rnnlab.grading.course import Course
from rnnlab.grading.decode import Refused
from rnnlab.grading.gradebook import Book, Graded, GradedNotebook
from rnnlab.grading.judge import Verdict, judge, without_work
from rnnlab.grading.sandbox import Unavailable, Zygote
from rnnlab.grading.settings import Settings
from rnnlab.grading.skeleton import Skeleton

BATCH = 16


@dataclass
class Summary:
    """What a run did.

    Parameters
    ----------
    graded, recorded : list of str
        Students whose work was judged; students who got 0 points, with the reason in `reasons`.
    unchanged : list of str
        Students whose result stands: nothing new was handed in.
    refused : dict
        Folders that can be no student's, and why.
    faults : dict
        Students with a question that the course itself could not judge, and what went wrong.
    """

    graded: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    max_score: float = 0.0
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing needs a person's look."""
        return not (self.refused or self.faults)


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
        self.questions = {question.id: question for question in questions.load(assignment)}
        hidden = {name for question in self.questions.values() for name in question.hides}
        self.zygote = Zygote(sorted(hidden), settings)
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
        comments = {name: self._comment(skeleton, name, work, verdicts) for name in skeleton.solutions}
        return GradedNotebook(scores, comments, sheet.render(skeleton, work, verdicts, said)), verdicts

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
        from nbgrader.utils import parse_utc

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


def run(
    course: Course,
    assignment: str,
    settings: Settings | None = None,
    *,
    students: Iterable[str] | None = None,
    force: bool = False,
    timestamps: bool = False,
    seed: int | None = None,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda student, done, of: None,
) -> Summary:
    """Grade an assignment's submissions and write the gradebook.

    Parameters
    ----------
    course : Course
    assignment : str
    settings : Settings, optional
    students : iterable of str, optional
        Whom to grade; everyone where left out.
    force : bool
        Grade again what has not changed.
    timestamps : bool
        Whether the collector wrote the timestamp.txt in each folder.
    seed : int, optional
        For tests only: the secret is drawn and logged otherwise.
    progress : callable
        Told the student, how many are done, and of how many.

    Raises
    ------
    Busy
        If another run is at work in this course.
    Unavailable
        If this machine does not let the sandbox be built.
    """
    settings = settings or Settings()
    started = time.monotonic()
    with course.alone():
        secret = Secret(course, assignment, seed)
        with Book(course) as book, Grader(course, assignment, settings, secret.seed, timestamps) as grader:
            grader.zygote.open().close()  # no sandbox, no grading: known before anything is written
            book.register(assignment, grader.skeletons)
            summary = Summary(max_score=sum(sum(s.points.values()) for s in grader.skeletons))
            names = _chosen(course, assignment, students, summary)
            known = {} if force else _standing(course, assignment, book, grader.skeletons)
            for batch in _batches(_results(grader, names, known, summary, progress)):
                _write(course, assignment, book, batch)
        secret.finish()
    summary.seconds = time.monotonic() - started
    return summary


def _results(
    grader: Grader,
    names: list[str],
    known: dict[str, str],
    summary: Summary,
    progress: Callable[[str, int, int], None],
) -> Iterator[Graded]:
    for done, student in enumerate(names, 1):
        try:
            graded = grader.grade(student, known.get(student, ""))
        except Unavailable:
            raise
        except Exception:
            summary.faults[student] = traceback.format_exc()[-2000:]
            graded = None
        else:
            _note(summary, student, graded)
        if graded is not None:
            yield graded
        progress(student, done, len(names))


def _note(summary: Summary, student: str, graded: Graded | None) -> None:
    if graded is None:
        summary.unchanged.append(student)
        return
    (summary.recorded if graded.reason else summary.graded).append(student)
    if graded.reason:
        summary.reasons[student] = graded.reason
    summary.scores[student] = sum(s or 0.0 for n in graded.notebooks.values() for s in n.scores.values())
    if graded.record["faults"]:
        summary.faults[student] = "\n".join(graded.record["faults"].values())


def _chosen(course: Course, assignment: str, students: Iterable[str] | None, summary: Summary) -> list[str]:
    here = course.students(assignment)
    wanted = here if students is None else list(students)
    names = []
    for name in wanted:
        try:
            if name not in here:
                raise Refused(f"there is no submission of {assignment} by {name}")
            names.append(intake.check_student_id(name))
        except Refused as error:
            summary.refused[name.encode("utf-8", "replace").decode()] = str(error)
    return names


def _standing(course: Course, assignment: str, book: Book, skeletons: tuple[Skeleton, ...]) -> dict[str, str]:
    """Return the digests of results that are whole: in the gradebook and on disk."""

    def on_disk(student: str) -> bool:
        folder = course.autograded(student, assignment)
        return all((folder / f"{skeleton.name}.ipynb").is_file() for skeleton in skeletons)

    return {student: digest for student, digest in book.digests(assignment).items() if on_disk(student)}


def _batches(results: Iterator[Graded]) -> Iterator[list[Graded]]:
    """Group results so that few transactions are needed, and that a crash costs at most a few seconds' work."""
    batch: list[Graded] = []
    since = time.monotonic()
    for result in results:
        batch.append(result)
        if len(batch) >= BATCH or time.monotonic() - since > 5:
            yield batch
            batch, since = [], time.monotonic()
    if batch:
        yield batch


def _write(course: Course, assignment: str, book: Book, batch: list[Graded]) -> None:
    for graded in batch:
        folder = course.autograded(graded.student, assignment)
        folder.mkdir(parents=True, exist_ok=True)
        for name, notebook in graded.notebooks.items():
            replace(folder / f"{name}.ipynb", notebook.text)
        stamp = folder / "timestamp.txt"
        if graded.timestamp is not None:
            replace(stamp, graded.timestamp)
        else:
            stamp.unlink(missing_ok=True)
    book.write(assignment, batch)


def replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class Secret:
    """The seed of a grading run: drawn anew for each, kept when a run was cut off so that its rerun asks the same.

    It stands in the grader's own folder and nowhere that a student can see.
    """

    def __init__(self, course: Course, assignment: str, seed: int | None = None):
        self._path = course.state / "runs.jsonl"
        self._assignment = assignment
        last = self._last()
        self.seed = last["seed"] if last and last["state"] == "begun" else secrets.randbits(63)
        if seed is not None:
            self.seed = seed
        self._log("begun")

    def _last(self) -> dict | None:
        if not self._path.exists():
            return None
        lines = [_line(text) for text in self._path.read_text(encoding="utf-8").splitlines()]
        mine = [line for line in lines if line and line.get("assignment") == self._assignment]
        return mine[-1] if mine else None

    def finish(self) -> None:
        """Note that the run came to its end."""
        self._log("done")

    def _log(self, state: str) -> None:
        line = {
            "assignment": self._assignment,
            "seed": self.seed,
            "state": state,
            "time": time.strftime("%FT%TZ", time.gmtime()),
        }
        with os.fdopen(os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "w") as file:
            file.write(json.dumps(line) + "\n")


def _line(text: str) -> dict | None:
    try:
        return json.loads(text)
    except ValueError:  # the line that a crash cut off
        return None
