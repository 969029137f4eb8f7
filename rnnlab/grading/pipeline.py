"""Take a class through submission, sandbox and judge; write what comes of it, a batch at a time."""

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import nbformat

from rnnlab import _files
from rnnlab.grading import collected, intake, lateness, people, workers
from rnnlab.grading.course import Course
from rnnlab.grading.errors import Refused
from rnnlab.grading.gradebook import GradebookStore, SubmissionResult
from rnnlab.grading.questions import asked
from rnnlab.grading.release_notebook import ReleaseNotebook
from rnnlab.grading.settings import Settings
from rnnlab.grading.workers import Job

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
    no_time : dict
        Students whose timestamp.txt holds no usable time, so that their work is never late, and what it holds.
    faults : dict
        Students with a question that the course itself could not judge, and what went wrong.
    misplaced : dict
        Students who handed in nothing under the assignment's name, but something like it.
    absent : list of str
        Students of the gradebook, or with a folder, who handed in nothing.
    unlisted : list of str
        Students with work or in the gradebook who are not on the class list, as after a typing error in an id.
    judge_mb : dict
        The most memory that the grading process held, by student; empty where this very process grades.
    class_list : list of str
        What is wrong with the class list.
    changes : list of str
        What has changed in the assignment since it was last graded.
    penalties : list of str
        Students for whom the penalty for lateness changed.
    late_fault : str
        Why penalties could not be worked out; empty otherwise.
    """

    graded: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    no_time: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    misplaced: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    class_list: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    penalties: list[str] = field(default_factory=list)
    late_fault: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    judge_mb: dict[str, float] = field(default_factory=dict)
    max_score: float = 0.0
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing needs a person's look."""
        return not (self.refused or self.faults or self.misplaced or self.class_list or self.late_fault)


def run(
    course: Course,
    assignment: str,
    settings: Settings | None = None,
    *,
    students: Iterable[str] | None = None,
    force: bool = False,
    timestamps: bool = False,
    seed: int | None = None,
    n_workers: int = 0,
    only: Iterable[str] = (),
    dask: str = "",
    told: Callable[[str], None] = lambda said: None,
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
    n_workers : int
        How many submissions to grade at a time, each in a supervised process of its own; with 0, in this process.
    only : iterable of str
        Numbers of questions: judge these again, of work that is graded, and leave everything else as it is.
    dask : str
        The address of a Dask scheduler whose workers shall grade, instead of processes of this machine.
    told : callable
        Is given a line when a worker of the cluster joins, is left out or is lost.
    progress : callable
        Told the student, how many are done, and of how many.

    Raises
    ------
    ClusterUnusable
        If no worker of the cluster can grade.
    CourseLocked
        If another run is at work in this course.
    SandboxUnavailable
        If this machine does not let the sandbox be built.
    """
    settings = settings or Settings()
    started = time.monotonic()
    course.students(assignment)  # that this is no course's folder is said before anything is written there
    with course.lock():
        collected.read(course, assignment)  # that it is damaged is said before anything is begun
        secret = RunSeed(course, assignment, seed)
        job = Job(course.root, assignment, settings, secret.seed, timestamps, tuple(only))
        released_notebooks = course.release(assignment)
        known_questions = asked(assignment, released_notebooks).questions
        if lost := sorted(set(job.only) - set(known_questions)):
            raise ValueError(f"{assignment} has no question {', '.join(lost)}, only {', '.join(known_questions)}")
        with _source(job, n_workers, dask, told) as graded, GradebookStore(course) as book:
            changes = book.register(assignment, released_notebooks)
            class_list_faults = people.enter(book)
            summary = Summary(
                changes=changes,
                class_list=class_list_faults,
                max_score=sum(sum(s.points.values()) for s in released_notebooks),
            )
            _provide_source(course, assignment, released_notebooks)
            names = _chosen(course, assignment, students, summary)
            if students is None:
                summary.misplaced = course.misplaced(assignment)
                summary.absent = _absent(course, book, {*names, *summary.refused, *summary.misplaced})
                summary.unlisted = people.unlisted(book, names)
            standing = _standing(course, assignment, book, released_notebooks)
            if job.only:
                names = _graded_before(names, standing, summary)
            known = {} if force or job.only else standing
            results = graded.results(names, known, summary.judge_mb)
            for batch in _batches(_told(results, summary, len(names), progress)):
                _write(course, assignment, book, batch)
            _refresh_penalties(book, assignment, summary)
            summary.no_time = {name: why for name, why in book.no_time(assignment).items() if name in names}
        secret.finish()
    summary.seconds = time.monotonic() - started
    return summary


def _graded_before(names: list[str], standing: Mapping[str, str], summary: Summary) -> list[str]:
    """Return those with graded work; note the others as refused."""
    new = [name for name in names if name not in standing]
    summary.refused |= dict.fromkeys(new, "there is no graded work to judge again: run without --only")
    return [name for name in names if name in standing]


def _refresh_penalties(book: GradebookStore, assignment: str, summary: Summary) -> None:
    try:
        summary.penalties = lateness.refresh(book, assignment)
    except ValueError as error:
        summary.late_fault = str(error)


def _source(job: Job, n_workers: int, dask: str, told: Callable[[str], None]) -> AbstractContextManager[workers.Source]:
    if not dask:
        return workers.source(job, n_workers)
    if job.only:
        raise ValueError("--only judges what stands in this course's folder: run it without --dask")
    from rnnlab.grading.cluster.dispatch import Cluster  # which needs a package of its own

    return Cluster(job, dask, told)


def _told(
    results: Iterator[tuple[str, SubmissionResult | None]],
    summary: Summary,
    of: int,
    progress: Callable[[str, int, int], None],
) -> Iterator[SubmissionResult]:
    for done, (student, graded) in enumerate(results, 1):
        _note(summary, student, graded)
        progress(student, done, of)
        if graded is not None:
            yield graded


def _note(summary: Summary, student: str, graded: SubmissionResult | None) -> None:
    if graded is None:
        summary.unchanged.append(student)
        return
    (summary.recorded if graded.reason else summary.graded).append(student)
    if graded.reason:
        summary.reasons[student] = graded.reason
    summary.scores[student] = sum(s or 0.0 for n in graded.notebooks.values() for s in n.scores.values())
    if graded.record["faults"]:
        summary.faults[student] = "\n".join(graded.record["faults"].values())


def _provide_source(course: Course, assignment: str, released_notebooks: tuple[ReleaseNotebook, ...]) -> None:
    """Put the assignment where nbgrader's formgrader looks for it, if nothing is there: it shows no other."""
    folder = course.source(assignment)
    if folder.exists():
        return
    folder.mkdir(parents=True)
    for released in released_notebooks:
        _files.write_text(folder / f"{released.name}.ipynb", nbformat.writes(released.notebook, version=4))


def _absent(course: Course, book: GradebookStore, others: set[str]) -> list[str]:
    """Return who is known and handed in nothing."""
    known = {*book.students(), *course.everyone()}
    return sorted(intake.printable(name) for name in known - others)


def _chosen(course: Course, assignment: str, students: Iterable[str] | None, summary: Summary) -> list[str]:
    here = course.students(assignment)
    alike: dict[str, list[str]] = {}
    for name in here:
        alike.setdefault(intake.same_name(name), []).append(name)
    wanted = here if students is None else [_meant(name, here, alike) for name in students]
    names = []
    for name in wanted:
        try:
            if name not in here:
                raise Refused(f"there is no submission of {assignment} by {name}")
            names.append(intake.check_student_id(name))
        except Refused as error:
            summary.refused[name.encode("utf-8", "replace").decode()] = str(error)
    return names


def _meant(name: str, here: list[str], alike: dict[str, list[str]]) -> str:
    """Return the folder's name that a name stands for: the same letters may be written in more than one way."""
    others = alike.get(intake.same_name(name), [])
    return others[0] if name not in here and len(others) == 1 else name


def _standing(
    course: Course, assignment: str, book: GradebookStore, released_notebooks: tuple[ReleaseNotebook, ...]
) -> dict[str, str]:
    """Return the digests of results that are whole: in the gradebook and on disk."""

    def on_disk(student: str) -> bool:
        folder = course.autograded(student, assignment)
        return all((folder / f"{released.name}.ipynb").is_file() for released in released_notebooks)

    return {student: digest for student, digest in book.digests(assignment).items() if on_disk(student)}


def _batches(results: Iterator[SubmissionResult]) -> Iterator[list[SubmissionResult]]:
    """Group results so that few transactions are needed, and that a crash costs at most a few seconds' work."""
    batch: list[SubmissionResult] = []
    since = time.monotonic()
    for result in results:
        batch.append(result)
        if len(batch) >= BATCH or time.monotonic() - since > 5:
            yield batch
            batch, since = [], time.monotonic()
    if batch:
        yield batch


def _write(course: Course, assignment: str, book: GradebookStore, batch: list[SubmissionResult]) -> None:
    for graded in batch:
        folder = course.autograded(graded.student, assignment)
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".*.part"):  # of a run that was killed while it wrote
            left.unlink(missing_ok=True)
        for name, notebook in graded.notebooks.items():
            _files.write_text(folder / f"{name}.ipynb", notebook.text)
        with contextlib.suppress(OSError, Refused):  # there is one where the work came through nbgrader's exchange
            secret = intake.read_plain(course.submitted(graded.student, assignment) / intake.SECRET, 1000)
            _files.write_text(folder / intake.SECRET, secret.decode("utf-8", "replace"))
        stamp = folder / "timestamp.txt"
        if graded.timestamp is not None:
            _files.write_text(stamp, graded.timestamp)
        else:
            stamp.unlink(missing_ok=True)
    book.write(assignment, batch)


class RunSeed:
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
        lines = [_line(text) for text in self._path.read_text(encoding="utf-8", errors="replace").splitlines()]
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
            file.write(f"\n{json.dumps(line)}\n")  # on a line of its own, also behind one that a crash has cut off


def _line(text: str) -> dict | None:
    try:
        line = json.loads(text)
    except ValueError:  # the line that a crash cut off
        return None
    return line if isinstance(line, dict) and {"state", "seed"} <= set(line) else None
