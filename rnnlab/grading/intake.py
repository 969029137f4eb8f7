"""What stands in a submission's folder: its notebooks, and the files that they may need beside them."""

import os
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath

from rnnlab.grading.errors import Refused
from rnnlab.grading.settings import Settings

_UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # in the spelling of names in several scripts
_SPECIAL = "/\\*?[]<>"  # path separators, what nbgrader's own searches take for patterns, and HTML
_NOT_SHOWN = "<>&\"'`[]{}()|*\\"
_MAX_DEPTH = 4
_RATIO = 200  # a notebook of text packs ten times smaller, one with images hardly at all
_DIRECTORY_BYTES = 2**21  # of an archive's table of contents
_ARCHIVES = 3
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
    if folder.is_symlink() or folder.parent.is_symlink():
        raise Refused("the submission is a link to another place, not a folder")
    if not folder.is_dir():
        raise Refused("nothing was handed in")
    found, others, archives = HandedIn(), [], 0
    for path in _walk(folder, settings.n_files, found.notes, first):
        name = path.relative_to(folder).as_posix()
        try:
            if path.suffix.lower() == ".ipynb":
                _add(found, name, read_plain(path, settings.notebook_mb * 2**20), settings)
            elif path.suffix.lower() == ".zip" and archives < _ARCHIVES:
                archives += 1
                _unzip(read_plain(path, settings.notebook_mb * 2**20), name, settings, found)
            elif path.name not in _OURS and not _beside(found, name, path, settings):
                others.append(path.name)
        except (Refused, OSError) as error:
            found.notes.append(f"{printable(name)}: {error.strerror if isinstance(error, OSError) else error}")
    if found.beside:
        found.notes.append(
            f"{some(list(found.beside))} stood beside the notebook; the course's own packages come first"
        )
    if others:
        found.notes.append(f"{some(others)} was not used: too large, or of no use to a notebook")
    if not found.notebooks:
        raise Refused("; ".join(["no notebook was found", *found.notes[:3]]))
    return found


def _add(found: HandedIn, name: str, data: bytes, settings: Settings) -> None:
    """Keep a notebook, within what is looked at of one submission."""
    held = sum(map(len, found.notebooks.values()))
    if len(found.notebooks) >= settings.n_notebooks or (held and held + len(data) > settings.notebook_mb * 2**20):
        raise Refused("not looked at: there are other notebooks, and more than that is not read")
    found.notebooks[name] = data


def _beside(found: HandedIn, name: str, path: Path, settings: Settings) -> bool:
    """Keep a file that may be needed beside the notebook; return whether it is."""
    if any(part.startswith(".") for part in PurePosixPath(name).parts) or not name.isprintable():
        return False
    left = settings.beside_mb * 2**20 - sum(map(len, found.beside.values()))
    try:
        found.beside[name] = read_plain(path, left)
    except Refused:
        return False
    return True


def _walk(folder: Path, at_most: int, notes: list[str], first: frozenset[str]) -> Iterator[Path]:
    """Yield the plain files under `folder`, its own before those of its folders; links and devices are left out."""
    queue, seen = [(folder, 0)], 0
    while queue:
        here, depth = queue.pop(0)
        with os.scandir(here) as entries:
            listed = sorted(
                entries, key=lambda entry: (entry.name not in first, not entry.name.endswith(".ipynb"), entry.name)
            )
        for entry in listed:
            seen += 1
            if seen > at_most:
                notes.append(f"the submission holds more than {at_most} files; the rest was not read")
                return
            if entry.is_symlink() or not (entry.is_dir() or entry.is_file(follow_symlinks=False)):
                notes.append(f"{printable(entry.name)} is a link or a device, not a file")
            elif entry.is_dir(follow_symlinks=False):
                if depth < _MAX_DEPTH and entry.name not in (".ipynb_checkpoints", "__MACOSX", "__pycache__"):
                    queue.append((Path(entry.path), depth + 1))
            else:
                yield Path(entry.path)


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
        if status.st_size > limit:
            raise Refused(f"it has {status.st_size / 2**20:.0f} MB, at most {limit / 2**20:.0f} MB are read")
        return file.read(limit)


def _unzip(data: bytes, name: str, settings: Settings, found: HandedIn) -> None:
    """Keep the notebooks of an archive, read in memory: nothing is ever unpacked to a path that it names."""
    limit = settings.notebook_mb * 2**20
    try:
        _require_small_directory(data)
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for info in archive.infolist()[: 10 * settings.n_files]:
                inside = f"{name}:{info.filename}"
                parts = PurePosixPath(info.filename).parts
                if info.is_dir() or not info.filename.lower().endswith(".ipynb") or "__MACOSX" in parts:
                    continue
                if info.filename.startswith(("/", "\\")) or ".." in info.filename.replace("\\", "/").split("/"):
                    found.notes.append(f"{printable(inside)} points outside of the archive and was not read")
                elif stat.S_ISLNK(info.external_attr >> 16):
                    found.notes.append(f"{printable(inside)} is a link and was not read")
                elif info.file_size > limit or info.file_size > _RATIO * max(info.compress_size, 1):
                    found.notes.append(f"{printable(inside)} would unpack to {info.file_size} bytes and was not read")
                elif ".ipynb_checkpoints" not in parts:
                    with archive.open(info) as file:
                        _add(found, "/".join(parts[-2:]) if parts[-1] in found.notebooks else parts[-1],
                             file.read(limit), settings)  # fmt: skip
                if len(found.notes) > 50:
                    break
    except Exception as error:  # whatever a spoiled archive makes of its reader
        found.notes.append(f"{printable(name)} is no archive that can be read: {str(error)[:100]}")


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
