"""Atomic file writes: a file is replaced whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends well; until then, and if it fails, `path` stays.

    Parameters
    ----------
    path : Path
        Where to; its folder exists.
    mode : int, default 0o644
        The file's permissions.

    Raises
    ------
    OSError
        If the folder cannot be written to or the disk is full.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, whole or not at all; see `replacing`."""
    with replacing(path) as file:
        file.write(text.encode("utf-8"))
