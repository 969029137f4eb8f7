"""Grade the whole collection and count what must be none: marks unearned, marks lost, answers no person would see."""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.pipeline import run
from rnnlab.grading.proof import (
    attacks,
    broken,
    damaged,
    downloads,
    habits,
    honest,
    imports,
    layouts,
    lines,
    order,
    searches,
    tools,
    tricks,
    written,
)
from rnnlab.grading.proof.kills import Kills, kills
from rnnlab.grading.proof.kinds import Kinds, kinds
from rnnlab.grading.proof.material import ASSIGNMENT, GOOD, Cases, Folder, Material, R, folder, write
from rnnlab.grading.proof.stock import Stock, stock
from rnnlab.grading.settings import Settings

QUICK = Settings(cell_seconds=4, first_call_seconds=10, call_seconds=4, submission_seconds=60)
CONTROL = "~control"  # honest work after every so many others, and at last: what those did must not be felt
_EVERY = 25
_BROKEN = {**broken.CASES, **damaged.CASES, **downloads.CASES}
SECTIONS = ("attacks", "searches", "honest", "written", "broken", "kinds", "kills", "stock")


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
    kinds: Kinds = field(default_factory=Kinds)
    kills: Kills = field(default_factory=Kills)
    stock: Stock | None = None
    n_planted: int = 0
    canaries: list[str] = field(default_factory=list)
    blind: list[str] = field(default_factory=list)
    n_controls: int = 0
    effects: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    longest_seconds: float = 0.0
    longest: str = ""
    peak_mb: float = 0.0
    largest: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether nothing was found that must not be."""
        rows = (self.attacks, self.honest, self.written, self.broken)
        found = self.canaries or self.blind or self.effects or self.faults or self.kinds.faults or self.kills.different
        return not found and not any(row.wrong or row.without_reason for row in rows)

    def as_dict(self) -> dict:
        """Return everything as plain values."""
        return {**asdict(self), "holds": self.holds}

    def as_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(self.as_dict(), indent=2)

    def add(self, part: "Proof") -> None:
        """Add what a part of the proof found."""
        for name in ("attacks", "honest", "written", "broken"):
            mine, its = getattr(self, name), getattr(part, name)
            joint = Row(mine.tried + its.tried, mine.wrong | its.wrong, mine.without_reason + its.without_reason)
            setattr(self, name, joint)
        self.kinds = part.kinds if part.kinds.tried else self.kinds
        self.kills = part.kills if part.kills.tried else self.kills
        self.stock = part.stock or self.stock
        self.n_planted, self.n_controls = self.n_planted + part.n_planted, self.n_controls + part.n_controls
        self.canaries, self.blind = self.canaries + part.canaries, self.blind + part.blind
        self.effects, self.faults = self.effects + part.effects, self.faults | part.faults
        if part.longest_seconds > self.longest_seconds:
            self.longest_seconds, self.longest = part.longest_seconds, part.longest
        if part.peak_mb > self.peak_mb:
            self.peak_mb, self.largest = part.peak_mb, part.largest
        self.seconds |= part.seconds


def prove(
    limit: int = 0,
    progress: Callable[[str], None] = lambda said: None,
    *,
    n_kills: int = 300,
    n_stock: int = 0,
    only: Iterable[str] = SECTIONS,
    done: Callable[[str, Proof], None] = lambda name, part: None,
) -> Proof:
    """Grade the collection in folders of its own and return what was found.

    Parameters
    ----------
    limit : int
        At most so many submissions of each kind and assignment, taken evenly; with 0, all.
    progress : callable
        Told what is graded next.
    n_kills : int
        At how many points a run is killed.
    n_stock : int
        How many submissions of each kind also go through nbgrader alone.
    only : iterable of str
        The parts of the proof to run, of `SECTIONS`.
    done : callable
        Told the name of each part and what was found in it, when it has been run.
    """
    whole, wanted = Proof(), set(only)
    for name in SECTIONS:
        if name in wanted:
            part, began = Proof(), time.monotonic()
            _sections(part, limit, progress, n_kills, n_stock)[name]()
            part.seconds[name] = round(time.monotonic() - began, 1)
            whole.add(part)
            done(name, part)
    return whole


def from_dict(found: Mapping) -> Proof:
    """Return what a stored part found."""
    own = {name: found[name] for name in asdict(Proof()) if name in found}
    rows = {name: Row(**own[name]) for name in ("attacks", "honest", "written", "broken")}
    alone = Stock(**own["stock"]) if own["stock"] else None
    return Proof(**{**own, **rows, "kinds": Kinds(**own["kinds"]), "kills": Kills(**own["kills"]), "stock": alone})


def _sections(
    proof: Proof, limit: int, progress: Callable[[str], None], n_kills: int, n_stock: int
) -> Mapping[str, Callable[[], None]]:
    def grade(row: Row, kind: str, assignment: str, cases: Cases, control: str = "") -> None:
        _grade(proof, row, kind, assignment, _some(cases, limit), progress, control)

    def honestly() -> None:
        kinds_of = (honest.CASES, lines.CASES, order.CASES, tools.CASES, habits.CASES, layouts.CASES)
        together = {name: case for cases in kinds_of for name, case in _some(cases, limit).items()}
        _grade(proof, proof.honest, "honest work", ASSIGNMENT, together, progress)

    return {
        "attacks": lambda: _attacked(proof, grade, limit),
        "searches": lambda: _searched(proof, grade),
        "honest": honestly,
        "written": lambda: grade(proof.written, "written answers", written.ASSIGNMENT, written.CASES),
        "broken": lambda: grade(proof.broken, "broken files", ASSIGNMENT, _BROKEN),
        "kinds": lambda: _tried(proof, limit, progress),
        "kills": lambda: _killed(proof, n_kills, progress),
        "stock": lambda: _compared(proof, n_stock, progress),
    }


def _attacked(proof: Proof, grade: Callable[..., None], limit: int) -> None:
    grade(proof.attacks, "attacks", ASSIGNMENT, {**attacks.CASES, **tricks.CASES})
    for assignment in _evenly(imports.ASSIGNMENTS, min(limit, 2)):
        grade(proof.attacks, "attacks", assignment, imports.cases(assignment))


def _searched(proof: Proof, grade: Callable[..., None]) -> None:
    control = searches.canary()
    grade(proof.attacks, "searches", ASSIGNMENT, searches.cases(control), control)


def _tried(proof: Proof, limit: int, progress: Callable[[str], None]) -> None:
    progress("values of the wrong kind, at every question")
    proof.kinds = kinds(limit)


def _killed(proof: Proof, n_kills: int, progress: Callable[[str], None]) -> None:
    progress(f"killed runs: {n_kills}")
    proof.kills = kills(n_kills, QUICK)


def _compared(proof: Proof, n_stock: int, progress: Callable[[str], None]) -> None:
    if n_stock:
        progress(f"nbgrader alone: {n_stock} of each kind")
        proof.stock = stock(n_stock, QUICK)


def _evenly(items: Iterable, limit: int) -> list:
    found = list(items)
    return found if not limit or len(found) <= limit else found[:: -(-len(found) // limit)]


def _some(cases: Cases, limit: int) -> Cases:
    return {name: cases[name] for name in _evenly(cases, limit)}


def _grade(
    proof: Proof,
    row: Row,
    kind: str,
    assignment: str,
    cases: Cases,
    progress: Callable[[str], None],
    control: str = "",
) -> None:
    if not cases:
        return
    progress(f"{kind}, {assignment}: {len(cases)}")
    by_hand = set(Material(assignment).released.by_hand)
    with tempfile.TemporaryDirectory(prefix="rnnlab-proof-") as home:
        root = Path(home, "course")
        controls = _with_controls(cases, assignment)
        write(root, {**cases, **controls}, assignment)
        course = Course(root)
        with searches.planted(root) as places:
            summary = run(course, assignment, searches.SETTINGS if control else QUICK, n_workers=1)
            proof.n_planted += len(places)
        neighbour = {searches.NEIGHBOUR} if assignment == ASSIGNMENT else set()
        faults = {name: said for name, said in (summary.faults | summary.refused).items() if name not in neighbour}
        proof.faults |= {f"{assignment}: {name}": said for name, said in faults.items()}
        with GradebookStore(course) as book:
            entries = {entry["student"]: entry for entry in book.table(assignment)[1]}
            records = book.records(assignment)
        _note_sizes(proof, assignment, records, summary.judge_mb)
        for name in cases:
            files = course.autograded(name, assignment).glob("*.ipynb")
            told = json.dumps(records.get(name, {})) + "".join(path.read_text("utf-8") for path in files)
            found = searches.found_in(told) - {control}
            if found or "source in " in told.replace("\\\\", ""):
                proof.canaries.append(f"{assignment}: {name}: {', '.join(sorted(found)) or 'source of the checks'}")
            if control and name.startswith(tuple(f"search-{n}-" for n in searches.CONTROLLED)) and control not in told:
                proof.blind.append(name)
    proof.n_controls += len(controls)
    for name in controls:
        if (got := _scores(entries.pop(name), assignment)) != list(_points(assignment)):
            proof.effects.append(f"{assignment}: {name}: {got}")
    row.tried += len(cases)
    for name, (_, expected) in cases.items():
        _compare(
            row, f"{assignment}: {name}", entries[name], expected, assignment, by_hand if kind[0] == "w" else set()
        )
        if entries[name]["total"] == 0 and not _reason(records[name]) and not entries[name]["open"]:
            row.without_reason.append(f"{assignment}: {name}")


def _with_controls(cases: Cases, assignment: str) -> Cases:
    """Return honest submissions whose names put them between the others, which are graded in the order of names."""
    work = _honest(assignment)
    between = [f"{name}{CONTROL}" for name in sorted(cases)[_EVERY - 1 :: _EVERY]]
    return {name: (work, []) for name in [*between, CONTROL]}


def _note_sizes(proof: Proof, assignment: str, records: Mapping[str, dict], sizes: Mapping[str, float]) -> None:
    for name, record in records.items():
        if record.get("seconds", 0.0) > proof.longest_seconds:
            proof.longest_seconds, proof.longest = record["seconds"], f"{assignment}: {name}"
    for name, size in sizes.items():
        if size > proof.peak_mb:
            proof.peak_mb, proof.largest = round(size, 1), f"{assignment}: {name}"


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
