"""What stands in a submission's folder: its notebooks, and the files that they may need beside them."""

import contextlib
import os
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath

from rnnlab.grading import strangers
from rnnlab.grading.errors import Refused
from rnnlab.grading.settings import Settings

_UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # in the spelling of names in several scripts
_SPECIAL = "/\\*?[]<>"  # path separators, what nbgrader's own searches take for patterns, and HTML
_NOT_SHOWN = "<>&\"'`[]{}|*\\"
_MAX_DEPTH = 4
_RATIO = 200  # a notebook of text packs ten times smaller, one with images hardly at all
_DIRECTORY_BYTES = 2**21  # of an archive's table of contents
_ARCHIVES = 3
_ANY = 2**62  # bytes: where only the first few are read, a file may be as large as it is
SECRET = "submission_secret.txt"  # of nbgrader's exchange: under which feedback is found
_OURS = ("timestamp.txt", "feedback.html", SECRET)


@dataclass
class HandedIn:
    """What was read.

    Parameters
    ----------
    notebooks : dict
        Bytes by the path in the folder.
    beside : dict
        Other files that may be needed, likewise.
    notes : list of str
        What was left out, and why.
    """

    notebooks: dict[str, bytes] = field(default_factory=dict)
    beside: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


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
    inner = name.strip(_JOINERS)
    bad = sorted({c for c in name if unicodedata.category(c) in _UNPRINTABLE or c in _SPECIAL} - set(_JOINERS))
    if bad or inner != name:
        shown = " ".join(map(ascii, bad or sorted({*name} & {*_JOINERS})))
        raise Refused(f"the folder name {name!a} holds {shown}, which no student id may")
    return name


def same_name(name: str) -> str:
    """Return what names have in common that look alike: composed characters, and nothing invisible."""
    return unicodedata.normalize("NFC", "".join(c for c in name if c not in _JOINERS)).casefold()


def read(folder: Path, settings: Settings, first: frozenset[str] = frozenset()) -> HandedIn:
    """Return what was handed in.

    Parameters
    ----------
    folder : Path
    settings : Settings
    first : frozenset of str
        Names of notebooks that are read before others, as there is a limit to how much is.

    Raises
    ------
    Refused
        If the folder is a link or holds no notebook that may be read.
    """
    try:
        if folder.is_symlink() or folder.parent.is_symlink():
            raise Refused("the submission is a link to another place, not a folder")
        if not folder.is_dir():
            raise Refused("nothing was handed in")
        os.listdir(folder)
    except OSError as error:
        raise Refused(f"the folder cannot be opened: {error.strerror}") from None
    found, archives = HandedIn(), 0
    others: list[str] = []
    for path in _walk(folder, settings.n_files, found.notes, first):
        name = path.relative_to(folder).as_posix()
        try:
            if path.name.lower().endswith(".ipynb"):
                _add(found, name, read_plain(path, settings.notebook_mb * 2**20), settings)
            elif strangers.is_archive(path.name, _beginning(path)):
                archives += 1
                if archives > _ARCHIVES:
                    raise Refused(f"not looked at: of several archives, {_ARCHIVES} are")
                _unzip(read_plain(path, settings.notebook_mb * 2**20), name, settings, found)
            elif path.name not in _OURS and not _other(found, name, path, settings):
                others.append(name)
        except (Refused, OSError) as error:
            found.notes.append(f"{printable(name)}: {error.strerror if isinstance(error, OSError) else error}")
    if not found.notebooks:
        named = [*found.beside, *others]
        raise Refused("; ".join(["no notebook was found", *_instead(named, folder), *found.notes[:3]]))
    if found.beside:
        found.notes.append(
            f"{some(list(found.beside))} stood beside the notebook; the course's own packages come first"
        )
    if others:
        found.notes.append(f"{some(others)} was not used: too large, or of no use to a notebook")
    return found


def _beginning(path: Path) -> bytes:
    """Return a file's first bytes, none where it cannot be read: whoever reads it says why."""
    with contextlib.suppress(OSError, Refused):
        return read_plain(path, _ANY, 4)
    return b""


def _instead(names: list[str], folder: Path) -> list[str]:
    """Say what is there in place of a notebook, and what to do."""
    if not names:
        copies = any(path.name == ".ipynb_checkpoints" for path in folder.iterdir())
        return ["there is only a copy that Jupyter keeps for itself, which may be old"] if copies else []
    told = [(name, strangers.by_name(name)) for name in names[:3]]
    lines = [f"{printable(name)} is {kind}" if kind else f"{printable(name)} is none" for name, kind in told]
    more = [f"and {len(names) - 3} more files"] if len(names) > 3 else []
    return [", ".join([*lines, *more]), "hand in the file that ends in .ipynb"]


def _add(found: HandedIn, name: str, data: bytes, settings: Settings) -> None:
    """Keep a notebook, within what is looked at of one submission."""
    held = sum(map(len, found.notebooks.values()))
    if len(found.notebooks) >= settings.n_notebooks or (held and held + len(data) > settings.notebook_mb * 2**20):
        raise Refused("not looked at: there are other notebooks, and more than that is not read")
    found.notebooks[name] = data


def _other(found: HandedIn, name: str, path: Path, settings: Settings) -> bool:
    """Keep a notebook under another name, or a file that may be needed beside one; return whether it is either."""
    left = settings.beside_mb * 2**20 - sum(map(len, found.beside.values()))
    try:
        data = read_plain(path, settings.notebook_mb * 2**20 if _may_be_one(path.name) else left)
    except Refused:
        return False
    if _may_be_one(path.name) and strangers.is_notebook(name, data):
        _add(found, name, data, settings)
        return True
    return len(data) <= left and _keep_beside(found, name, data)


def _may_be_one(name: str) -> bool:
    return ".ipynb" in name.lower() or PurePosixPath(name).suffix.lower() in ("", ".json", ".txt", ".ipy", ".ipyn")


def _keep_beside(found: HandedIn, name: str, data: bytes) -> bool:
    """Keep a file that may be needed beside the notebook; return whether it may."""
    if any(part.startswith(".") for part in PurePosixPath(name).parts) or not name.isprintable():
        return False
    found.beside[name] = data
    return True


def _walk(folder: Path, at_most: int, notes: list[str], first: frozenset[str]) -> Iterator[Path]:
    """Yield the plain files under `folder`, its own before those of its folders; links and devices are left out."""
    queue, seen = [(folder, 0)], 0
    while queue:
        here, depth = queue.pop(0)
        try:
            with os.scandir(here) as entries:
                listed = sorted(
                    entries, key=lambda entry: (entry.name not in first, not entry.name.endswith(".ipynb"), entry.name)
                )
        except OSError as error:
            notes.append(f"{printable(here.name)}: {error.strerror}")
            continue
        for entry in listed:
            seen += 1
            if seen > at_most:
                notes.append(f"the submission holds more than {at_most} files; the rest was not read")
                return
            if entry.is_symlink() or not (entry.is_dir() or entry.is_file(follow_symlinks=False)):
                notes.append(f"{printable(entry.name)} is a link or a device, not a file")
            elif entry.is_dir(follow_symlinks=False):
                if entry.name in (".ipynb_checkpoints", "__MACOSX", "__pycache__"):
                    continue
                if depth < _MAX_DEPTH:
                    queue.append((Path(entry.path), depth + 1))
                else:
                    notes.append(f"{printable(entry.name)} lies more than {_MAX_DEPTH} folders down and was not read")
            else:
                yield Path(entry.path)


def read_plain(path: Path, limit: int, first: int | None = None) -> bytes:
    """Return a file's bytes, or the `first` of them, if it is a plain file of at most `limit` bytes.

    Links are not followed.

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
        if status.st_size > limit:
            raise Refused(f"it has {status.st_size / 2**20:.0f} MB, at most {limit / 2**20:.0f} MB are read")
        return file.read(limit if first is None else first)


def _unzip(data: bytes, name: str, settings: Settings, found: HandedIn) -> None:
    """Keep what an archive holds, read in memory: nothing is ever unpacked to a path that it names."""
    try:
        _require_small_directory(data)
        with zipfile.ZipFile(BytesIO(data)) as archive:
            listed = [info for info in archive.infolist()[: 10 * settings.n_files] if not info.is_dir()]
            top = _common_folder([_inner(info) for info in listed])
            for info in listed:
                inner = _inner(info)
                parts = PurePosixPath(inner).parts
                if not {"__MACOSX", ".ipynb_checkpoints"} & set(parts) and not parts[-1].startswith("._"):
                    refused = _member(archive, info, inner.removeprefix(top), name, settings, found)
                    found.notes += [f"{printable(f'{name}:{info.filename}')} {refused}"] if refused else []
                if len(found.notes) > 50:
                    break
    except Exception as error:  # whatever a spoiled archive makes of its reader
        found.notes.append(f"{printable(name)} is no archive that can be read: {str(error)[:100]}")


def _inner(info: zipfile.ZipInfo) -> str:
    return info.filename.replace("\\", "/")


def _common_folder(names: list[str]) -> str:
    """Return the folder that an archive was made of, where there is one and everything is in it."""
    tops = {name.partition("/")[:2] for name in names if not name.startswith("__MACOSX/")}
    (top, slash) = tops.pop() if len(tops) == 1 else ("", "")
    return f"{top}/" if slash and top not in ("", ".", "..") else ""


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, inner: str, name: str, settings: Settings, found: HandedIn
) -> str:
    """Keep a file of an archive, or return why a notebook was not read."""
    limit = settings.notebook_mb * 2**20
    notebook = inner.lower().endswith(".ipynb")
    if PurePosixPath(inner).suffix.lower() == ".zip":
        return "is an archive in an archive and was not opened"
    outside = info.filename.startswith(("/", "\\")) or ".." in _inner(info).split("/")
    large = info.file_size > limit or info.file_size > _RATIO * max(info.compress_size, 1)
    link = stat.S_ISLNK(info.external_attr >> 16)
    if not notebook:
        left = settings.beside_mb * 2**20 - sum(map(len, found.beside.values()))
        crowded = len(found.beside) >= settings.n_files or inner in found.beside
        if not (outside or large or link or crowded) and info.file_size <= left:
            with archive.open(info) as file:
                data = file.read(left)
            if not (_may_be_one(PurePosixPath(inner).name) and strangers.is_notebook(inner, data)):
                _keep_beside(found, inner, data)
                return ""
            _add(found, inner, data, settings)
        return ""
    if outside:
        return "points outside of the archive and was not read"
    if link:
        return "is a link and was not read"
    if large:
        return f"would unpack to {info.file_size} bytes and was not read"
    with archive.open(info) as file:
        _add(found, f"{name}/{inner}" if inner in found.notebooks else inner, file.read(limit), settings)
    return ""


def _require_small_directory(data: bytes) -> None:
    """Refuse an archive whose table of contents is larger than any course's: reading it takes memory first."""
    at = data.rfind(b"PK\5\6", -66_000)
    if at >= 0 and int.from_bytes(data[at + 12 : at + 16], "little") > _DIRECTORY_BYTES:
        raise Refused("its table of contents is too large")


def printable(name: str) -> str:
    """Return a name without what a page, a table or a terminal might take for more than text."""
    return "".join(c if c.isprintable() and c not in _NOT_SHOWN else "\ufffd" for c in name)[:120]


def some(names: list[str]) -> str:
    """Return the first few of some names."""
    shown = ", ".join(printable(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more files"
