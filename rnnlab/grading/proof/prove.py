"""Grade the whole collection and count what must be none: marks unearned, marks lost, answers no person would see."""

import json
import resource
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.pipeline import run
from rnnlab.grading.proof import attacks, broken, honest, imports, lines, order, written
from rnnlab.grading.proof.material import ASSIGNMENT, GOOD, Cases, Folder, Material, R, folder, write
from rnnlab.grading.settings import Settings

QUICK = Settings(cell_seconds=4, first_call_seconds=10, call_seconds=4, memory_mb=700, submission_seconds=60)
LAST = "~last"  # honest work that is graded after all others: what they did must not be felt
_CANARY = "canary-5f0c"  # stands beside the gradebook and in no text that a student's code may reach


@dataclass
class Row:
    """What came of one kind of submission.

    Parameters
    ----------
    tried : int
        How many submissions.
    wrong : dict
        Those that got other points than are their due: what they got and what they should have.
    without_reason : list of str
        Those that got nothing and are not told why.
    """

    tried: int = 0
    wrong: dict[str, list] = field(default_factory=dict)
    without_reason: list[str] = field(default_factory=list)


@dataclass
class Proof:
    """What the proof found."""

    attacks: Row = field(default_factory=Row)
    honest: Row = field(default_factory=Row)
    written: Row = field(default_factory=Row)
    broken: Row = field(default_factory=Row)
    canaries: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    longest_seconds: float = 0.0
    peak_mb: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether nothing was found that must not be."""
        rows = (self.attacks, self.honest, self.written, self.broken)
        return not (self.canaries or self.effects or self.faults or any(r.wrong or r.without_reason for r in rows))

    def as_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps({**asdict(self), "holds": self.holds}, indent=2)


def prove(limit: int = 0, progress: Callable[[str], None] = lambda said: None) -> Proof:
    """Grade the collection in folders of its own and return what was found.

    Parameters
    ----------
    limit : int
        At most so many submissions of each kind and assignment, taken evenly; with 0, all.
    progress : callable
        Told what is graded next.
    """
    proof = Proof()
    _grade(proof, proof.attacks, "attacks", ASSIGNMENT, _some(attacks.CASES, limit), progress)
    for assignment in _evenly(imports.ASSIGNMENTS, min(limit, 2)):
        _grade(proof, proof.attacks, "attacks", assignment, _some(imports.cases(assignment), limit), progress)
    for cases in (honest.CASES, lines.CASES, order.CASES):
        _grade(proof, proof.honest, "honest work", ASSIGNMENT, _some(cases, limit), progress)
    _grade(proof, proof.written, "written answers", written.ASSIGNMENT, _some(written.CASES, limit), progress)
    _grade(proof, proof.broken, "broken files", ASSIGNMENT, _some(broken.CASES, limit), progress)
    proof.peak_mb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10)
    return proof


def _evenly(items: Iterable, limit: int) -> list:
    found = list(items)
    return found if not limit or len(found) <= limit else found[:: -(-len(found) // limit)]


def _some(cases: Cases, limit: int) -> Cases:
    return {name: cases[name] for name in _evenly(cases, limit)}


def _grade(proof: Proof, row: Row, kind: str, assignment: str, cases: Cases, progress: Callable[[str], None]) -> None:
    if not cases:
        return
    progress(f"{kind}, {assignment}: {len(cases)}")
    by_hand = set(Material(assignment).released.by_hand)
    with tempfile.TemporaryDirectory(prefix="rnnlab-proof-") as home:
        write(Path(home), {**cases, LAST: (_honest(assignment), [])}, assignment)
        Path(home, "canary.txt").write_text(_CANARY, encoding="utf-8")
        course = Course(Path(home))
        summary = run(course, assignment, QUICK)
        proof.faults |= {f"{assignment}: {name}": text for name, text in (summary.faults | summary.refused).items()}
        with GradebookStore(course) as book:
            entries = {entry["student"]: entry for entry in book.table(assignment)[1]}
            records = book.records(assignment)
        proof.longest_seconds = max(proof.longest_seconds, *(record["seconds"] for record in records.values()))
        for name in cases:
            text = "".join(p.read_text("utf-8") for p in course.autograded(name, assignment).glob("*.ipynb"))
            if _CANARY in text:
                proof.canaries.append(name)
    most = _scores(entries.pop(LAST), assignment)
    if most != list(_points(assignment)):
        proof.effects.append(f"{assignment}: {most}")
    row.tried += len(cases)
    for name, (_, expected) in cases.items():
        _compare(
            row, f"{assignment}: {name}", entries[name], expected, assignment, by_hand if kind[0] == "w" else set()
        )
        if entries[name]["total"] == 0 and not _reason(records[name]) and not entries[name]["open"]:
            row.without_reason.append(f"{assignment}: {name}")


def _honest(assignment: str) -> Folder:
    if assignment == ASSIGNMENT:
        return folder(GOOD)
    material = Material(assignment)
    return material.folder(material.text(material.right))


def _points(assignment: str) -> list[float]:
    released = Material(assignment).released
    return [released.points[name] for name in released.questions]


def _scores(entry: dict, assignment: str) -> list[float | None]:
    return [entry["cells"][name] for name in Material(assignment).released.questions]


def _compare(row: Row, name: str, entry: dict, expected: list, assignment: str, by_hand: set[str]) -> None:
    """Note a submission that got other points than its due; None among them is not looked at."""
    got = _scores(entry, assignment)
    due = [most if part == R else part for part, most in zip(expected, _points(assignment), strict=True)]
    if any(part is not None and part != points for part, points in zip(due, got, strict=True)):
        row.wrong[name] = [got, due]
    elif any(entry["open"].get(cell) != "needs a person" for cell in by_hand):
        row.wrong[name] = ["the answer would reach no person"]


def _reason(record: dict) -> bool:
    """Say whether the student is told why there are no points."""
    return bool(record.get("reason") or record.get("notes") or record.get("questions"))
