"""Atomic file writes: a file is replaced whole or not at all."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, mode: int | None = 0o644) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends well; until then, and if it fails, `path` stays.

    Parameters
    ----------
    path : Path
        Where to; its folder exists.
    mode : int or None, default 0o644
        The file's permissions; None leaves them to the umask.

    Raises
    ------
    OSError
        If the folder cannot be written to or the disk is full; it names `path`.
    """
    with _told_of(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        with _told_of(path):
            os.chmod(name, _usual_mode(path.parent) if mode is None else mode)
            os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Let an error name the file that was to be written, not the one that was to take its place."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, whole or not at all; see `replacing`."""
    with replacing(path) as file:
        file.write(text.encode("utf-8"))


def _usual_mode(folder: Path) -> int:
    """Return the permissions that a new file in a folder gets; the umask itself cannot be read without changing it."""
    path = folder / f".{os.getpid()}.{threading.get_ident()}.mode"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
    try:
        return path.stat().st_mode & 0o777
    finally:
        path.unlink(missing_ok=True)
