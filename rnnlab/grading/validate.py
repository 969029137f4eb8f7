"""The validation that the checks are any good: what they catch, what they accept, how long they take.

For every question: each known mistake must lose points and be named; mutants of the reference answer must lose points
in one of three drawings, or stand in the list of those that change nothing, with the reason; every alternative must
have full marks, and some of its mutants must lose points likewise; the reference must have full marks for hundreds of
secret seeds. What the framework does for every question is validated, too: that each size is drawn from all of its
range, that results which an answer keeps and changes later are found, that no kind of value ends a check, and that
hints are true.
"""

import secrets
import signal
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from rnnlab import checks
from rnnlab.checks import discovery, own
from rnnlab.checks.mutants import Mutant, mutants
from rnnlab.checks.probes import parameters
from rnnlab.checks.question import Question
from rnnlab.checks.sources import written_answers
from rnnlab.checks.student import LocalStudent
from rnnlab.grading import shipped
from rnnlab.grading import validate_framework as framework
from rnnlab.grading.course import OWN
from rnnlab.grading.release import SETUP, SOURCES, instructor_notebook

_MISTAKES, _ALTERNATIVES = 5, 4  # a question of a single point may have three mistakes
_OF_EACH = 6  # mutants of an alternative, spread evenly
_DRAWS = 3  # a mutant that one drawing in a hundred lets through must not turn the validation into a lottery


@dataclass
class Validation:
    """What was found of one question; its fields are the keys of the report."""

    question: str
    assignment: str
    points: float
    known_mistakes: dict[str, int]
    mutants: dict[str, int]
    alternatives: dict[str, int]
    other_mutants: dict[str, int]
    false_alarms: dict[str, int]
    drawn: dict[str, int]
    kept: dict[str, int]
    kinds: dict[str, int]
    hints: dict[str, int]
    seconds: float
    complaints: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def as_dict(self) -> dict:
        """Return the report without what is said in sentences, as plain values."""
        return {key: value for key, value in asdict(self).items() if key not in ("complaints", "missing")}


def validate(
    assignment: str,
    root: Path = Path(),
    n_seeds: int = 500,
    n_mutants: int | None = None,
    n_answers: int | None = None,
) -> Iterator[Validation]:
    """Yield the validation of each question of an assignment.

    Parameters
    ----------
    assignment : str
        An assignment's name.
    root : Path
        The folder of the course, where the reference answers are, and questions of its own.
    n_seeds : int
        How many secret seeds the reference is checked with.
    n_mutants : int, optional
        Try about this many mutants, spread evenly; all by default. So many wrong answers to other questions are tried,
        too.
    n_answers : int, optional
        Try about this many known mistakes and about this many alternatives, spread evenly, and each kind of value once,
        not twice; all by default.
    """
    for question in checks.load(assignment):
        yield validate_question(assignment, question.id, root, n_seeds, n_mutants, n_answers)


def validate_all(
    assignments: Sequence[str],
    root: Path = Path(),
    n_seeds: int = 500,
    n_mutants: int | None = None,
    n_workers: int = 1,
) -> Iterator[Validation]:
    """Yield the validation of each question of some assignments, in their order; the work is shared by processes.

    Parameters
    ----------
    assignments : sequence of str
        An assignment's name.
    root, n_seeds, n_mutants
        See `validate`.
    n_workers : int
        How many processes; with 1, this one.
    """
    own.use(root / OWN)
    every = [(assignment, question.id) for assignment in assignments for question in checks.load(assignment)]
    work = partial(_validate_one, root=root, n_seeds=n_seeds, n_mutants=n_mutants)
    if n_workers == 1:
        yield from map(work, every)
        return
    with ProcessPoolExecutor(n_workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, every)


def _validate_one(place: tuple[str, str], **how) -> Validation:
    return validate_question(*place, **how)


def validate_question(
    assignment: str,
    number: str,
    root: Path = Path(),
    n_seeds: int = 500,
    n_mutants: int | None = None,
    n_answers: int | None = None,
) -> Validation:
    """Return the validation of one question, given its assignment and number; see `validate`."""
    own.use(root / OWN)
    (question,) = (q for q in checks.load(assignment) if q.id == number)
    return _validate(question, assignment, _answers(assignment, question, root), n_seeds, n_mutants, n_answers)


def _answers(assignment: str, question: Question, root: Path) -> dict[str, str]:
    """Return the solution cells by the name of what they define, after the cell that sets up.

    They come from the sources of a checkout, from those that rnnlab has, or for a course's own question from the
    course's own. There are none where there is no source yet.
    """
    its_own = discovery.home_of(question.id).startswith(own.ROOT)
    here = root / (OWN if its_own else SOURCES) / assignment / f"{assignment}.py"
    source = here if its_own or here.exists() else shipped.source(assignment)
    if not source.is_file():
        return {}
    notebook = instructor_notebook(source, its_own)
    marked = ((cell, cell.metadata.get("nbgrader", {})) for cell in notebook.cells if cell.cell_type == "code")
    return {
        mark["grade_id"]: cell.source for cell, mark in marked if mark.get("solution") or mark.get("grade_id") == SETUP
    }


def _validate(
    question: Question,
    assignment: str,
    cells: dict[str, str],
    n_seeds: int,
    n_mutants: int | None,
    n_answers: int | None,
) -> Validation:
    complaints: list[str] = []
    drawings = [secrets.randbits(128) for _ in range(_DRAWS)]  # the same for all: what the reference answers is shared
    known = _some(question.mistakes, n_answers)
    caught = [_caught(question, mistake, drawings[0], complaints) for mistake in known]
    right = checks.other_answers(assignment).get(question.id, ())
    others = _some(right, n_answers)
    accepted = [_accepted(question, other, drawings[0], complaints) for other in others]
    trial = _Trial(question, assignment, drawings, complaints)
    every = [(name, mutant) for name in question.names if name in cells for mutant in mutants(cells[name])]
    trial.of(cells, _some(every, n_mutants), _in_one_notebook)
    counts, hinted = trial.counts, trial.hinted
    complaints += _too_few(question, len(right))
    seconds, alarms = [], 0
    for _ in range(n_seeds):
        seed, start = secrets.randbits(128), time.process_time()
        report = question.examine(LocalStudent(question.reference), seed)
        seconds.append(time.process_time() - start)
        if report.points != question.points:
            alarms += 1
            complaints.append(f"false alarm for the seed {seed}:\n{report}")
    return Validation(
        question.id,
        assignment,
        question.points,
        {"total": len(caught), "caught": sum(caught)},
        counts,
        {"total": len(accepted), "accepted": sum(accepted)},
        _of_alternatives(question, assignment, others, n_mutants, drawings, complaints),
        {"seeds": n_seeds, "count": alarms},
        framework.share_drawn(question),
        framework.kept_results(question, complaints),
        framework.kinds_tried(question, complaints, 1 if n_answers else 2),
        {"mistakes": sum(caught), "mutants": hinted, **framework.false_hints(question, n_mutants)},
        statistics.median(seconds) if seconds else 0.0,
        complaints,
        _not_there(question, assignment, cells),
    )


def _too_few(question: Question, n_right: int) -> list[str]:
    """Return complaints about too few known answers; a course's own question may have none of them."""
    if discovery.home_of(question.id).startswith(own.ROOT):
        return []
    least = _MISTAKES if question.points > 1 else 3
    counts = (("known mistakes", len(question.mistakes), least), ("other right answers", n_right, _ALTERNATIVES))
    return [f"{what}: {n}, expected at least {wanted}" for what, n, wanted in counts if n < wanted]


def _some(every: Sequence, n: int | None) -> Sequence:
    """Return about `n` of a sequence, spread evenly, or all."""
    return every[:: max(1, len(every) // n)] if n else every


def _not_there(question: Question, assignment: str, cells: dict[str, str]) -> list[str]:
    """Return what could not be validated as the assignment does not have it yet, and where it would stand."""
    found: list[str] = []
    if not discovery.home_of(question.id).startswith(own.ROOT):
        return found
    if not question.mistakes:
        found.append("no known mistakes yet: wrong answers listed in MISTAKES of mistakes.py are recognised by name")
    if not checks.other_answers(assignment).get(question.id):
        found.append(
            "no alternatives yet: right answers listed in ALTERNATIVES of alternatives.py must have full marks"
        )
    if lost := [name for name in question.names if name not in cells]:
        found.append(f"no solution cell for {', '.join(lost)}, so no mutants: write one in {assignment}.py")
    return found


def _caught(question: Question, mistake, seed: int, complaints: list[str]) -> bool:
    report = question.examine(LocalStudent({**question.reference, **mistake.functions}), seed)
    caught = report.points < question.points and mistake.hint in report.hints
    if not caught:
        complaints.append(f"known mistake not caught by name: {mistake.name}\n{report}")
    return caught


def _accepted(question: Question, other, seed: int, complaints: list[str]) -> bool:
    report = question.examine(LocalStudent(other.functions), seed)
    if report.points != question.points:
        complaints.append(f"alternative not accepted: {other.style}\n{report}")
    return report.points == question.points


Functions = Callable[[Question, dict[str, str]], dict[str, Callable]]


@dataclass
class _Trial:
    """What became of the mutants of a question's answers that were tried so far."""

    question: Question
    assignment: str
    drawings: Sequence[int]
    complaints: list[str]
    counts: dict[str, int] = field(default_factory=lambda: {"total": 0, "killed": 0, "equivalent": 0})
    hinted: int = 0

    def of(self, cells: dict[str, str], some: Sequence[tuple[str, Mutant]], functions: Functions) -> None:
        """Try some mutants of an answer, each in place of a cell of it."""
        explained = discovery.table(self.assignment, "EQUIVALENT").get(self.question.id, {})
        for name, mutant in some:
            self.counts["total"] += 1
            killed, hints = _killed(self.question, {**cells, name: mutant.text}, functions, self.drawings)
            self.hinted += bool(hints)
            if killed:
                self.counts["killed"] += 1
            elif mutant.change in explained:
                self.counts["equivalent"] += 1
            else:
                self.complaints.append(f"mutant survives in {name}: {mutant.change}")


def _of_alternatives(question, assignment, others, n_mutants, drawings, complaints) -> dict[str, int]:
    """Return how many mutants of other right answers there are, and what became of them.

    A course's own question has none, nor has one that trains a network for a while, nor an answer that Numba compiles.
    What takes no arguments is a single value: a mutant of another way to it is another number, as those of the solution
    are, or the same one.
    """
    trial = _Trial(question, assignment, drawings, complaints)
    own_question = discovery.home_of(question.id).startswith(own.ROOT)
    if own_question or question.seconds is not None or not any(parameters(question, f) for f in question.names):
        return trial.counts
    for other in others:
        cells = written_answers(assignment, question.id, other.style)
        if any("njit" in text for text in cells.values()):
            continue
        every = [(name, mutant) for name in cells for mutant in mutants(cells[name])]
        trial.of(cells, _some(_some(every, _OF_EACH), n_mutants), _each_by_itself)  # always from the same few
    return trial.counts


def _in_one_notebook(question: Question, cells: dict[str, str]) -> dict[str, Callable]:
    """Run the solution's cells one after the other and return the functions of a question."""
    notebook: dict = {}
    for key, text in cells.items():
        exec(compile(text, f"<{key}>", "exec"), notebook)
        if key == SETUP and "njit" in notebook:  # a mutant that misses an array's end would take us along
            notebook["njit"] = partial(notebook["njit"], boundscheck=True)
    return {key: notebook[key] for key in question.names}


def _each_by_itself(question: Question, cells: dict[str, str]) -> dict[str, Callable]:
    """Run the cells of an alternative apart: each defines the helpers that it shares with others."""
    functions = dict(question.reference)
    for key, text in cells.items():
        notebook: dict = {}
        exec(compile(text, f"<{key}>", "exec"), notebook)
        functions[key] = notebook[key]
    return functions


def _killed(
    question: Question, cells: dict[str, str], functions: Functions, drawings: Sequence[int]
) -> tuple[bool, tuple[str, ...]]:
    """Return whether a mutant loses points in one of a few drawings, and the hints that it got there."""
    try:
        with _time_limit(20), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a mutant may be odd Python
            student = LocalStudent(functions(question, cells))
            student.around = _Budget(20).call
            for seed in drawings:
                report = question.examine(student, seed)
                if report.points < question.points:
                    return True, report.hints
        return False, ()
    except Exception:
        return True, ()


class _Budget:
    """The seconds that all calls of a mutant may take together; once they are spent, each call has a moment."""

    def __init__(self, seconds: float):
        self.left = seconds

    @contextmanager
    def call(self) -> Iterator[None]:
        start = time.monotonic()
        try:
            with _time_limit(max(self.left, 0.2)):
                yield
        finally:
            self.left -= time.monotonic() - start


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Stop a mutant that has become an endless loop, by an exception in its own frame."""

    def stop(*_):
        raise TimeoutError("took too long")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
