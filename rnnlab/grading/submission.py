"""What was handed in, made into what can be run: find the notebook, repair what is certain, keep the student's part.

The released notebook is the frame. Of a submission the text of the solution cells is kept, and every cell that the
student added or wrote in; metadata, outputs and the checks themselves are the course's own.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import NamedTuple

from rnnlab.grading import answers_beside, notebook_file
from rnnlab.grading.errors import Refused
from rnnlab.grading.intake import HandedIn, printable
from rnnlab.grading.notebook_file import Cell
from rnnlab.grading.release_notebook import ReleaseNotebook, squeeze
from rnnlab.grading.settings import Settings

# Blanks, not line ends: where those count as well, a key held down costs time that grows with the square of its lines.
_CHECK_CALL = re.compile(r'^[ \t]*(?:\w+[ \t]*=[ \t]*|print\()?check\(\s*["\'](\d+\.\d+)["\']', re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#(.*)$", re.MULTILINE)
_QUOTED = re.compile(  # a text that is a statement, or printed: not a docstring, which is indented
    r"^(?:[\w ]*=[ ]*)?(?:print\()?[rf]?"
    r'(?:"""(.{20,5000}?)"""|\'\'\'(.{20,5000}?)\'\'\'|"([^"\n]{20,5000})"|\'([^\'\n]{20,5000})\')',
    re.DOTALL | re.MULTILINE,
)
_COUNT = re.compile(r"(?:[ _]?\(|-)([0-9]{1,4})\)?(?=\.[^./]*$)")  # as browsers and platforms count files of one name
_FENCED = re.compile(r"```[ \w]*\n(.*?)\n?```", re.DOTALL)  # code as Markdown has it
_FUNCTION = re.compile(r"(?:[ \t]*+(?:(?:#|import |from )[^\n]*+)?+\n)*+def (\w{1,80})\(")  # after comments and imports
_WORDS = 5  # a comment of so many words may be an answer
_SIGNS = 8  # or of so many characters, where a word is one or two of them


class Added(NamedTuple):
    """A cell that the release does not have."""

    kind: str
    source: str
    pictures: dict[str, tuple[str, str]]


class Experiment(NamedTuple):
    """A cell of the release that is only to be looked at: run where something that it defines is used."""

    at: int  # how many cells come before it
    label: str
    source: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Submission:
    """A student's part of one notebook.

    Parameters
    ----------
    cells : tuple of (label, source)
        What is to be run, in order; a label is a grade id or "cell 7".
    solutions : dict
        The student's text by grade id, for every solution cell of the released.
    extra : dict
        Cells that the student added, by the grade id of the solution cell that they follow ("" before the first).
    notes : tuple of str
        What was repaired or left out, for the student to read.
    checks : dict
        Where the checks of a question stand, by its number: how many of `cells` come before each.
    tests : dict
        Where nbgrader's own test cells stand, by their grade id.
    experiments : tuple of Experiment
    pictures : dict
        Pictures in written answers, by the answer's grade id.
    elsewhere : tuple of (str, str)
        Text in the notebook that the release does not have and that is no answer by its place: where, and what.
    beside : dict
        Other files that were handed in.
    folder : str
        Where the notebook stands among them.
    """

    cells: tuple[tuple[str, str], ...]
    solutions: dict[str, str]
    extra: dict[str, list[Added]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    checks: dict[str, tuple[int, ...]] = field(default_factory=dict)
    tests: dict[str, int] = field(default_factory=dict)
    experiments: tuple[Experiment, ...] = ()
    pictures: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    elsewhere: tuple[tuple[str, str], ...] = ()
    beside: dict[str, bytes] = field(default_factory=dict)
    folder: str = ""


class _Candidate(NamedTuple):
    """A notebook that may be the one that was meant."""

    named: bool  # as the release is
    likeness: int  # how many cells of the release it has
    written: int  # how many of them, and of its own, hold work
    foreign: str  # what shows that it is another notebook
    name: str
    cells: list[Cell]
    notes: list[str]

    def beats(self, other: "_Candidate") -> bool:
        """Return whether this one is more likely meant: of two attempts that are numbered or dated, the later."""
        if self._kind != other._kind:
            return self._kind > other._kind
        mine, its = _attempt(self.name), _attempt(other.name)
        return mine[1] > its[1] if mine[0] == its[0] else self.written > other.written

    @property
    def _kind(self) -> tuple:
        mine = self.likeness > 0 or not self.foreign
        return mine, self.written > 0 and self.likeness > 0, self.written > 0, self.named


def _attempt(name: str) -> tuple[str, list[int]]:
    """Return what the names of several attempts have in common, and the numbers in which they differ."""
    plain, more = _COUNT.sub("", name), _COUNT.search(name)
    numbers = [*map(int, re.findall(r"[0-9]{1,18}", plain)), int(more[1]) if more else 0]
    return re.sub(r"[0-9]{1,18}", "#", plain), numbers


def choose(released: ReleaseNotebook, found: dict[str, bytes], settings: Settings) -> tuple[list[Cell], list[str]]:
    """Return the cells of the notebook that answers `released`: by its name and content, else by its content.

    Raises
    ------
    Refused
        If none does.
    """
    best, notes, _ = _best(released, found, settings)
    return best.cells, notes


def read(released: ReleaseNotebook, handed_in: HandedIn, settings: Settings) -> tuple[Submission, list[str]]:
    """Return what stands in the notebook that answers `released`, with the files beside it, and notes on the choice.

    Raises
    ------
    Refused
        If no notebook does.
    """
    best, notes, others = _best(released, handed_in.notebooks, settings)
    work = assemble(released, best.cells)
    if released.prose:
        work = replace(work, elsewhere=(*work.elsewhere, *answers_beside.found(handed_in.beside, others)))
    folder = PurePosixPath(best.name).parent.as_posix()
    beside = _beside(handed_in, best, settings)
    return replace(work, beside=beside, folder="" if folder == "." or not beside else folder), notes


def _beside(handed_in: HandedIn, best: _Candidate, settings: Settings) -> dict[str, bytes]:
    """Return the files that the notebook may need.

    Another notebook is one of them if this one speaks of it, as `%run helpers.ipynb` does.
    """
    text = "\n".join(cell.source for cell in best.cells if cell.kind == "code")
    files = dict(handed_in.beside)
    left = settings.beside_mb * 2**20 - sum(map(len, files.values()))
    for name, data in handed_in.notebooks.items():
        if name != best.name and PurePosixPath(name).name in text and len(data) <= left:
            left -= len(data)
            files[name] = data
    return files


def _best(
    released: ReleaseNotebook, found: dict[str, bytes], settings: Settings
) -> tuple[_Candidate, list[str], dict[str, str]]:
    """Return the notebook that was meant, notes on the choice, and the text of those that are no answer to any."""
    wanted = f"{released.name}.ipynb"
    reasons: list[str] = []
    best: _Candidate | None = None
    passed_over: list[str] = []
    others: dict[str, str] = {}
    for name, data in sorted(found.items(), key=lambda item: (item[0] != wanted, item[0])):
        try:
            candidate = _candidate(released, name, data, settings)
        except Refused as error:
            reasons.append(f"{printable(name)}: {error}")
            continue
        if candidate.foreign and not candidate.likeness:
            reasons.append(f"{printable(name)} is another notebook: {candidate.foreign}")
        elif not (candidate.named or candidate.likeness or len(found) == 1):
            others[name] = "\n\n".join(cell.source for cell in candidate.cells)
        elif best is None or candidate.beats(best):
            passed_over += [best.name] if best else []
            best = candidate
        else:
            passed_over.append(name)
    if best is None:
        reason = f"there is no {wanted} and no other notebook that is this one by content"
        raise Refused("; ".join(reasons[:3]) or reason)
    used = "\n".join(cell.source for cell in best.cells)  # as %run helpers.ipynb does
    passed_over += [name for name in others if PurePosixPath(name).name not in used]
    notes = [f"{printable(name)} was not graded: {printable(best.name)} was" for name in passed_over[:3]]
    if best.name != wanted:
        notes.insert(0, f"{printable(best.name)} was taken for {wanted}")
    return best, notes + best.notes + reasons[:3], others


def _candidate(released: ReleaseNotebook, name: str, data: bytes, settings: Settings) -> _Candidate:
    cells, notes = notebook_file.cells(data, settings.n_cells, settings)
    known = released.texts | {""}
    likeness = sum(cell.grade_id in released.grade_ids - {"setup"} for cell in cells)
    likeness += sum(squeeze(cell.source) in released.texts - {squeeze(s) for s in released.setup} for cell in cells)
    written = sum(squeeze(cell.source) not in known for cell in cells)
    others = sorted({n for cell in cells for n in _CHECK_CALL.findall(cell.source)} - set(released.questions.values()))
    foreign = f"it checks {', '.join(others[:3])}" if others else ""
    if not foreign and (ids := sorted({c.grade_id for c in cells} - released.grade_ids - {""})):
        foreign = f"its cells are called {', '.join(map(printable, ids[:3]))}"
    return _Candidate(
        PurePosixPath(name).name == f"{released.name}.ipynb", likeness, written, foreign, name, cells, notes
    )


def assemble(released: ReleaseNotebook, cells: list[Cell]) -> Submission:
    """Return the student's part of `cells`, in the student's order.

    A solution cell still as released runs first, so that it never replaces work done elsewhere.
    """
    return _Assembly(released).take(cells)


class _Assembly:
    """A submission in the making."""

    def __init__(self, released: ReleaseNotebook):
        self.released = released
        self.solutions = dict(released.solutions)
        self.extra: dict[str, list[Added]] = {}
        self.run: list[tuple[str, str]] = []
        self.checks: dict[str, list[int]] = {}
        self.tests: dict[str, int] = {}
        self.experiments: list[Experiment] = []
        self.pictures: dict[str, dict] = {}
        self.elsewhere: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self.last = ""

    def take(self, cells: list[Cell]) -> Submission:
        for number, cell in enumerate(cells, 1):
            self._cell(number, cell)
        released = self.released
        code = {name: text for name, text in released.solutions.items() if name not in released.prose}
        untouched = [(name, text) for name, text in code.items() if self.solutions[name] == text]
        before = [(f"setup {i}", source) for i, source in enumerate(released.setup, 1)] + untouched
        n = len(before)
        return Submission(
            (*before, *self.run),
            self.solutions,
            self.extra,
            tuple(self.notes),
            {question: tuple(n + at for at in places) for question, places in self.checks.items()},
            {name: n + at for name, at in self.tests.items()},
            tuple(one._replace(at=n + one.at) for one in self.experiments),
            self.pictures,
            tuple(self.elsewhere),
        )

    def _cell(self, number: int, cell: Cell) -> None:
        released, text = self.released, squeeze(cell.source)
        if cell.grade_id in released.prose:
            self._written(cell, text)
        elif cell.grade_id in released.solutions:
            self._solution(cell, text)
        elif text in released.checks:
            self.checks.setdefault(released.checks[text], []).append(len(self.run))
        elif cell.grade_id in released.questions:
            self._in_a_check(number, cell)
        elif cell.grade_id in released.tests and text == squeeze(released.tests[cell.grade_id]):
            self.tests[cell.grade_id] = len(self.run)
        elif text in released.experiments and cell.kind == "code":
            names = released.experiments[text]
            self.experiments.append(Experiment(len(self.run), f"cell {number}", cell.source, names))
        elif text and text not in released.texts:
            self._added(number, cell)

    def _written(self, cell: Cell, text: str) -> None:
        name = self.last = cell.grade_id
        if text == squeeze(self.released.solutions[name]) or not (text or cell.pictures):
            return
        first = self.solutions[name] == self.released.solutions[name]
        self.solutions[name] = cell.source if first else f"{self.solutions[name]}\n\n{cell.source}"
        self.pictures.setdefault(name, {}).update(cell.pictures)

    def _solution(self, cell: Cell, text: str) -> None:
        name = self.last = cell.grade_id
        stub = self.released.solutions[name]
        if text == squeeze(stub):
            return
        if cell.kind != "code" and (fenced := _FENCED.fullmatch(cell.source.strip())):
            cell = cell._replace(source=fenced[1])
        if squeeze(self.solutions[name]) != squeeze(stub):
            self.extra.setdefault(name, []).append(Added("code", self.solutions[name], {}))
        self.solutions[name] = cell.source
        self.run.append((name, cell.source))
        self._comments(name, cell.source)

    def _in_a_check(self, number: int, cell: Cell) -> None:
        """Keep what a student wrote into the cell of a check, or in its place, and run it before the check."""
        question = self.released.questions[cell.grade_id]
        own = "\n".join(line for line in cell.source.split("\n") if not _is_check(line)).strip()
        if own:
            self.notes.append(
                f"the cell of check {question} holds text of yours: it was kept, and is run if it is code"
            )
            kind = "code" if cell.kind == "code" else "markdown"
            self.extra.setdefault(self.last, []).append(Added(kind, own, cell.pictures))
            self.elsewhere.append((f"in the cell of check {question}", own))
            if kind == "code":
                self.run.append((f"cell {number}", own))
        self.checks.setdefault(question, []).append(len(self.run))

    def _added(self, number: int, cell: Cell) -> None:
        if cell.kind != "code" and (code := self._answers(cell)):
            self.notes.append(f"cell {number} is text and holds an answer: it was run as code")
            cell = cell._replace(kind="code", source=code)
        if cell.kind == "code":
            self.run.append((f"cell {number}", cell.source))
            if (found := _CHECK_CALL.findall(cell.source)) and found[-1] in self.released.questions.values():
                self.checks.setdefault(found[-1], []).append(len(self.run))
        own = self._own_lines(cell) if cell.kind != "code" else cell.source
        if not own.strip() and not cell.pictures:
            return
        self.extra.setdefault(self.last, []).append(Added(cell.kind, cell.source, cell.pictures))
        self.elsewhere.append((f"cell {number}", own))

    def _answers(self, cell: Cell) -> str:
        """Return the code in a text that begins with a function that is asked for, as a cell of another kind may."""
        fenced = _FENCED.fullmatch(cell.source.strip())
        code = fenced[1] if fenced else cell.source
        first = _FUNCTION.match(code)
        return code if first and first[1] in self.released.solutions else ""

    def _own_lines(self, cell: Cell) -> str:
        """Return those lines of a text that the release does not have: students write below a question, too."""
        return "\n".join(
            line for line in cell.source.split("\n") if line.strip("# ").strip() not in self.released.lines
        )

    def _comments(self, name: str, source: str) -> None:
        lines = [text.strip() for text in _COMMENT.findall(source)]
        lines += [line.strip() for found in _QUOTED.findall(source) for text in found for line in text.split("\n")]
        own = [text for text in lines if _is_said(text) and text not in self.released.lines]
        if own:
            self.elsewhere.append((f"comments in the cell of {name}", "\n".join(own)))


def _is_said(text: str) -> bool:
    """Say whether a text may be an answer in words: a few of them, or of a language that puts no blanks between."""
    return len(text.split()) >= _WORDS or sum(c > "\u2fff" for c in text) >= _SIGNS


def _is_check(line: str) -> bool:
    return bool(_CHECK_CALL.match(line))
