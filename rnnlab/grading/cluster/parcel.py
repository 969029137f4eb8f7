"""Folders as plain values, to be sent to a machine that does not see this one's files.

Nothing in a folder is interpreted here: links stay links, and of a file that is too large to be graded only its size is
sent.
"""

import os
import stat
from pathlib import Path
from typing import NamedTuple

_ENTRIES = 2000  # of a folder: the grader looks at a few hundred
_DEPTH = 8


class Entry(NamedTuple):
    """A file, folder or link.

    Attributes
    ----------
    path : str
        Relative to where it was packed.
    kind : str
        "file", "folder", "link", "large" (a file that is not sent) or "other" (a pipe or a device).
    data : bytes
        A file's bytes, or a link's target.
    size : int
        A file's size.
    """

    path: str
    kind: str
    data: bytes = b""
    size: int = 0


def pack(root: Path, place: Path, limit: int) -> list[Entry]:
    """Return what stands at a place below `root`, and the folders that lead to it.

    Parameters
    ----------
    root, place : Path
    limit : int
        Of a file with more bytes only the size is sent; so it is once all together have eight times as many.

    Raises
    ------
    ValueError
        If the place is not below `root`.
    """
    if not place.is_relative_to(root):
        raise ValueError(f"{place} is outside of {root}: a cluster can only be sent what is in the course's folder")
    found = []
    for parent in reversed(place.relative_to(root).parents[:-1]):
        entry = _entry(root, root / parent, 0)
        found += [entry] if entry else []
        if entry is None or entry.kind != "folder":
            return found
    left = 8 * limit
    queue = [(place, 0)]
    while queue and len(found) < _ENTRIES:
        here, depth = queue.pop(0)
        entry = _entry(root, here, min(limit, left))
        if entry is None:
            continue
        found.append(entry)
        left -= len(entry.data)
        if entry.kind == "folder" and depth < _DEPTH:
            queue += [(here / name, depth + 1) for name in sorted(os.listdir(here))[:_ENTRIES]]
    return found


def _entry(root: Path, path: Path, left: int) -> Entry | None:
    name = path.relative_to(root).as_posix()
    try:
        status = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return Entry(name, "link", os.fsencode(os.readlink(path)))
    if stat.S_ISDIR(status.st_mode):
        return Entry(name, "folder")
    if not stat.S_ISREG(status.st_mode):
        return Entry(name, "other")
    if status.st_size > left:
        return Entry(name, "large", size=status.st_size)
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        data = file.read(left)
    return Entry(name, "file", data, len(data))


def unpack(entries: list[Entry], root: Path) -> None:
    """Make what was packed below another `root`."""
    for entry in entries:
        path = root / entry.path
        if entry.kind == "folder":
            path.mkdir(exist_ok=True)
        elif entry.kind == "link":
            if not os.path.lexists(path):
                os.symlink(os.fsdecode(entry.data), path)
        elif entry.kind == "other":
            if not os.path.lexists(path):
                os.mkfifo(path)
        else:
            path.write_bytes(entry.data)
            if entry.kind == "large":
                os.truncate(path, entry.size)
