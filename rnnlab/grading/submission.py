"""What was handed in, made into what can be run: find the notebook, repair what is certain, keep the student's part.

The released notebook is the frame. Of a submission nothing is kept but the text of the solution cells and of code
cells that the student added; metadata, outputs, checks and every other file are the course's own or left out.
"""

import os
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from rnnlab.grading import notebook_file
from rnnlab.grading.errors import Refused
from rnnlab.grading.notebook_file import Cell
from rnnlab.grading.release_notebook import ReleaseNotebook, squeeze
from rnnlab.grading.settings import Settings

_UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_SPECIAL = "/\\*?[]<>"  # path separators, what nbgrader's own searches take for patterns, and HTML
_MAX_DEPTH = 4
_RATIO = 200  # a notebook of text packs ten times smaller, one with images hardly at all


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
    """

    cells: tuple[tuple[str, str], ...]
    solutions: dict[str, str]
    extra: dict[str, list[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def check_student_id(name: str) -> str:
    """Return `name`, a folder's name, if it can be a student's id in gradebook and file system.

    Raises
    ------
    Refused
        If it cannot, naming what is wrong.
    """
    if not name or len(name) > 128:
        raise Refused(f"a student's folder name has {len(name)} characters, expected 1 to 128")
    if name.startswith((".", " ")) or name.endswith(" "):
        raise Refused(f"the folder name {name!r} begins with a dot or a blank, or ends with a blank")
    bad = sorted({c for c in name if unicodedata.category(c) in _UNPRINTABLE or c in _SPECIAL})
    if bad:
        raise Refused(f"the folder name {name!r} holds {' '.join(map(repr, bad))}, which no student id may")
    return name


def files(folder: Path, settings: Settings) -> tuple[dict[str, bytes], list[str]]:
    """Return the notebooks in a submission's folder by their path in it, and notes on what was left out.

    Raises
    ------
    Refused
        If the folder is a link or holds no notebook that may be read.
    """
    notes: list[str] = []
    if folder.is_symlink() or folder.parent.is_symlink():
        raise Refused("the submission is a link to another place, not a folder")
    if not folder.is_dir():
        raise Refused("nothing was handed in")
    found: dict[str, bytes] = {}
    others: list[str] = []
    for path in _walk(folder, settings.n_files, notes):
        name = path.relative_to(folder).as_posix()
        try:
            if path.suffix.lower() == ".ipynb":
                found[name] = _read(path, settings)
            elif path.suffix.lower() == ".zip":
                found |= _unzip(_read(path, settings), name, settings, notes)
            elif path.name not in ("timestamp.txt", "feedback.html"):
                others.append(path.name)
        except (Refused, OSError) as error:
            notes.append(f"{_printable(name)}: {error.strerror if isinstance(error, OSError) else error}")
    if others:
        notes.append(f"only notebooks are graded, so {_some(others)} was not used: the course's own packages are")
    if not found:
        raise Refused("; ".join(["no notebook was found", *notes[:3]]))
    return found, notes


def choose(released: ReleaseNotebook, found: dict[str, bytes], settings: Settings) -> tuple[list[Cell], list[str]]:
    """Return the cells of the notebook that answers `released`: by its name, else by its content.

    Raises
    ------
    Refused
        If none does.
    """
    wanted = f"{released.name}.ipynb"
    reasons: list[str] = []
    candidates = []
    for name, data in sorted(
        found.items(), key=lambda item: (item[0] != wanted, item[0].casefold() != wanted, item[0])
    ):
        try:
            cells, notes = notebook_file.cells(data, settings.n_cells)
        except Refused as error:
            reasons.append(f"{_printable(name)}: {error}")
            continue
        if name == wanted:
            return cells, notes
        known = len({cell.grade_id for cell in cells} & released.grade_ids)
        written = sum(_is_written(cell, released) for cell in cells)
        candidates.append((known > 0 or len(found) == 1, written, name, cells, notes))
    candidates = [c for c in candidates if c[0]]
    if not candidates:
        raise Refused(
            "; ".join(reasons[:3]) or f"there is no {wanted} and no other notebook that is this one by content"
        )
    _, _, name, cells, notes = max(candidates, key=lambda c: c[1])
    notes = [f"{_printable(name)} was taken for {wanted}", *notes]
    return cells, notes + reasons[:3]


def assemble(released: ReleaseNotebook, cells: list[Cell]) -> Submission:
    """Return the student's part of `cells`, in the student's order.

    A solution cell still as released runs first, so that it never replaces work done elsewhere.
    """
    solutions = dict(released.solutions)
    extra: dict[str, list[str]] = {}
    run: list[tuple[str, str]] = []
    last = ""
    for number, cell in enumerate(cells, 1):
        if cell.grade_id in released.solutions:
            last = cell.grade_id
            if _is_written(cell, released):
                if squeeze(solutions[last]) != squeeze(released.solutions[last]) and last not in released.prose:
                    extra.setdefault(last, []).append(solutions[last])
                solutions[last] = cell.source
                if last not in released.prose:
                    run.append((last, cell.source))
        elif cell.kind == "code" and _is_own(cell, released):
            extra.setdefault(last, []).append(cell.source)
            run.append((f"cell {number}", cell.source))
    code = {name: text for name, text in released.solutions.items() if name not in released.prose}
    untouched = [(name, text) for name, text in code.items() if solutions[name] == text]
    setup = [(f"setup {i}", source) for i, source in enumerate(released.setup, 1)]
    return Submission((*setup, *untouched, *run), solutions, extra, ())


def _is_written(cell: Cell, released: ReleaseNotebook) -> bool:
    stub = released.solutions.get(cell.grade_id)
    return stub is not None and squeeze(cell.source) != squeeze(stub)


def _is_own(cell: Cell, released: ReleaseNotebook) -> bool:
    text = squeeze(cell.source)
    return bool(text) and text not in released.plain and cell.grade_id not in released.points


def _walk(folder: Path, at_most: int, notes: list[str]) -> Iterator[Path]:
    """Yield the plain files under `folder`, its own before those of its folders; links and devices are left out."""
    queue, seen = [(folder, 0)], 0
    while queue:
        here, depth = queue.pop(0)
        with os.scandir(here) as entries:
            listed = sorted(entries, key=lambda entry: (not entry.name.endswith(".ipynb"), entry.name))
        for entry in listed:
            seen += 1
            if seen > at_most:
                notes.append(f"the submission holds more than {at_most} files; the rest was not read")
                return
            if entry.is_symlink() or not (entry.is_dir() or entry.is_file(follow_symlinks=False)):
                notes.append(f"{_printable(entry.name)} is a link or a device, not a file")
            elif entry.is_dir(follow_symlinks=False):
                if depth < _MAX_DEPTH and entry.name not in (".ipynb_checkpoints", "__MACOSX"):
                    queue.append((Path(entry.path), depth + 1))
            else:
                yield Path(entry.path)


def _read(path: Path, settings: Settings) -> bytes:
    return read_plain(path, settings.notebook_mb * 2**20)


def read_plain(path: Path, limit: int) -> bytes:
    """Return a file's bytes if it is a plain file of at most `limit` bytes; links are not followed.

    Raises
    ------
    Refused
        If it is not.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Refused("it is no plain file")
        data = file.read(limit + 1)
        if len(data) > limit:
            raise Refused(f"it has {status.st_size / 2**20:.0f} MB, at most {limit / 2**20:.0f} MB are read")
        return data


def _unzip(data: bytes, name: str, settings: Settings, notes: list[str]) -> dict[str, bytes]:
    """Return the notebooks of an archive, read in memory: nothing is ever unpacked to a path that it names."""
    found: dict[str, bytes] = {}
    limit = settings.notebook_mb * 2**20
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for info in archive.infolist()[: settings.n_files]:
                inside = f"{name}:{info.filename}"
                if info.is_dir() or not info.filename.lower().endswith(".ipynb"):
                    continue
                if info.filename.startswith(("/", "\\")) or ".." in info.filename.replace("\\", "/").split("/"):
                    notes.append(f"{_printable(inside)} points outside of the archive and was not read")
                elif stat.S_ISLNK(info.external_attr >> 16):
                    notes.append(f"{_printable(inside)} is a link and was not read")
                elif info.file_size > limit or info.file_size > _RATIO * max(info.compress_size, 1):
                    notes.append(f"{_printable(inside)} would unpack to {info.file_size} bytes and was not read")
                elif len(found) < 20:
                    with archive.open(info) as file:
                        found[Path(info.filename).name] = file.read(limit)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
        notes.append(f"{_printable(name)} is no archive that can be read: {error}")
    return found


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in name)[:120]


def _some(names: list[str]) -> str:
    shown = ", ".join(_printable(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more files"
