"""The files of an archive or a folder, within bounds: nothing is ever unpacked to a path that it names."""

import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from rnnlab.grading.errors import Refused
from rnnlab.grading.intake import printable, read_plain

MOST_FILES = 200_000
_LARGEST = 64 * 2**20  # one file
_DIRECTORY = 128 * 2**20  # an archive's table of contents, which is read as a whole
_RATIO = 200
_HARMLESS = 2**20  # a file of this size may pack as well as it likes
_DEPTH = 12
_NOISE = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".DS_Store", "Thumbs.db", "desktop.ini"}
_DRIVE = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True)
class Arrived:
    """One file: its path inside the archive or folder, and how to read it."""

    path: str
    read: Callable[[], bytes]


@dataclass
class Arrivals:
    """The files that may be read, and the others: the path and why not."""

    files: list[Arrived] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def arriving(source: Path) -> Arrivals:
    """Return the files of a ZIP archive or of a folder.

    Raises
    ------
    ValueError
        If `source` is neither, or larger than any class makes it.
    """
    if source.is_dir():
        return _folder(source)
    if not source.is_file():
        raise ValueError(f"there is no file or folder {source}")
    if not zipfile.is_zipfile(source):
        raise ValueError(f"{source} is no ZIP archive: download the submissions again, or name the unpacked folder")
    return _archive(source)


def _archive(source: Path) -> Arrivals:
    with open(source, "rb") as file:
        file.seek(max(0, source.stat().st_size - 66_000))
        tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at >= 0 and 2**32 - 1 > int.from_bytes(tail[at + 12 : at + 16], "little") > _DIRECTORY:
        raise ValueError(f"{source} has a table of contents that is too large to read")
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise ValueError(f"{source} cannot be read: {error}; download it again") from None
    found, seen = Arrivals(), set()
    for number, info in enumerate(archive.infolist()):
        if number >= MOST_FILES:
            raise ValueError(f"{source} holds more than {MOST_FILES} files")
        path = _decoded(info)
        if info.is_dir() or noise(path):
            continue
        try:
            _check_path(path, info.orig_filename)
            _check_entry(info)
            if path in seen:
                raise Refused("an entry of the same name came before it, which was read")
        except Refused as error:
            found.refused.append((path, str(error)))
            continue
        seen.add(path)
        found.files.append(Arrived(path, partial(_unpacked, archive, info)))
    return found


def _check_entry(info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Refused("it is a link or a device, not a file")
    if info.flag_bits & 1:
        raise Refused("it is encrypted: ask for the password, unpack the archive, and collect the folder")
    if info.file_size > _LARGEST:
        raise Refused(f"it would unpack to {info.file_size / 2**20:.0f} MB, at most {_LARGEST >> 20} MB are read")
    if info.file_size > max(_HARMLESS, _RATIO * info.compress_size):
        raise Refused(
            f"it would unpack to {info.file_size} bytes from {info.compress_size}: an archive made to do harm"
        )


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as file:
            data = file.read(_LARGEST + 1)
    except Exception as error:  # whatever a spoiled archive makes of its reader
        raise Refused(f"it cannot be unpacked: {str(error)[:100]}") from None
    if len(data) > _LARGEST:
        raise Refused("it is larger than it says")
    return data


def _decoded(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; where no encoding is given it may be UTF-8 all the same, and else that of Windows."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            pass
    return info.filename


def _check_path(path: str, original: str = "") -> None:
    parts = PurePosixPath(path).parts
    plain = path.replace("\\", "/")
    if plain.startswith("/") or _DRIVE.match(path) or ".." in plain.split("/") or "\0" in original:
        raise Refused("its path points outside of the archive")
    if len(path) > 1000 or len(parts) > _DEPTH:
        raise Refused("its path is longer than any that a platform makes")
    if not path.isprintable():
        raise Refused("its name holds characters that cannot be shown")


def noise(path: str) -> bool:
    """Say whether a file is one that systems leave behind and nobody hands in."""
    return any(part in _NOISE or part.startswith("._") for part in PurePosixPath(path).parts)


def _folder(source: Path) -> Arrivals:
    found = Arrivals()
    for path in _walk(source, found, 0):
        inside = path.relative_to(source).as_posix()
        try:
            inside.encode()
            _check_path(inside)
        except (Refused, UnicodeEncodeError) as error:
            odd = "its name is in no known encoding"
            found.refused.append((printable(inside), odd if isinstance(error, UnicodeEncodeError) else str(error)))
            continue
        found.files.append(Arrived(inside, partial(_read, path)))
        if len(found.files) > MOST_FILES:
            raise ValueError(f"{source} holds more than {MOST_FILES} files")
    return found


def _walk(folder: Path, found: Arrivals, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda one: one.name)
    except OSError as error:
        found.refused.append((printable(folder.name), f"it cannot be opened: {error.strerror}"))
        return
    for entry in entries:
        if noise(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < _DEPTH:
                yield from _walk(Path(entry.path), found, depth + 1)
            else:
                found.refused.append((printable(entry.name), f"it lies more than {_DEPTH} folders down"))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        else:
            found.refused.append((printable(entry.name), "it is a link or a device, not a file"))


def _read(path: Path) -> bytes:
    try:
        return read_plain(path, _LARGEST)
    except OSError as error:
        raise Refused(f"it cannot be read: {error.strerror}") from None
