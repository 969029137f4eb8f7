"""Text from files: packed or not, in any encoding, with a message that names the file and the line."""

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from rnnlab._settings import require_path

_UNPACK: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    ".gz": ("gzip", gzip.decompress),
    ".bz2": ("bzip2", bz2.decompress),
    ".xz": ("xz", lzma.decompress),
}
_PACKED = {
    b"PK\x03\x04": "a zip archive or spreadsheet",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\x1f\x8b": "packed by gzip",
}
# The marks of UTF-32 come first: the little one begins with that of UTF-16.
_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]


def read_text(path: str | Path, *, encoding: str | None = None) -> str:
    """Return the text of a file: UTF-8, or UTF-16 with its mark, unless another encoding is named.

    Parameters
    ----------
    path : str or Path
        The file; one that ends in ``.gz``, ``.bz2``, ``.xz`` or ``.zip`` is unpacked.
    encoding : str, optional
        Such as ``"windows-1252"``. By default UTF-8, or UTF-16 where the file begins with its byte order mark.

    Returns
    -------
    text : str
        Its lines, joined by line feeds.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or not in that encoding: the message names file and line.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.txt")
    ...     _ = file.write_text("one\\ntwo")
    ...     read_text(file)
    'one\\ntwo'
    """
    return "\n".join(lines(path, encoding))


def lines(path: str | Path, encoding: str | None = None) -> list[str]:
    """Return the lines of a text file, unpacked and decoded; see `read_text`."""
    require_file(path)
    content = _unpacked(require_path("path", path))
    for beginning, what in _PACKED.items():
        if content.startswith(beginning):
            raise ValueError(
                f"{path}: {what}, expected text" + ("; gzip is read from a name in .gz" * ("gzip" in what))
            )
    text = _decoded(path, content, encoding).rstrip("\x1a")  # the end of a file, to old programs
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        hint = f"; encoding='{_without_mark(content)}' may fit" if encoding is None and _without_mark(content) else ""
        raise ValueError(f"{path}, line {line}: byte 0x00, expected UTF-8 text{hint}")
    if not text.strip():
        raise ValueError(f"{path}, line 1: empty, expected text")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def require_file(path: str | Path) -> None:
    """Raise where the address of a page is given in place of a file.

    Raises
    ------
    ValueError
        If it is.
    """
    if str(path).startswith(("http://", "https://")):
        raise ValueError(f"{path}: an address, expected a file: urllib.request.urlretrieve brings it here")


def _decoded(path: str | Path, content: bytes, encoding: str | None) -> str:
    if encoding is not None and not isinstance(encoding, str):
        raise ValueError(f"encoding is {encoding!r}, expected one that Python knows, such as 'cp1252'")
    if encoding is None:
        encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8-sig")
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        name = "UTF-8" if encoding == "utf-8-sig" else encoding
        raise ValueError(
            f"{path}, line {line}: byte 0x{content[error.start]:02x}, expected {name} text; "
            "encoding='cp1252' or another may fit"
        ) from None
    except LookupError:
        raise ValueError(f"encoding is {encoding!r}, expected one that Python knows, such as 'cp1252'") from None


def _without_mark(content: bytes) -> str:
    """Return in which UTF-16 a text without a mark seems to be: letters of English leave every other byte 0."""
    zeros = content[:200].count(0)
    if zeros < len(content[:200]) // 4:
        return ""
    return "utf-16-be" if content[0] == 0 else "utf-16-le"


def _unpacked(path: Path) -> bytes:
    content, ending = path.read_bytes(), path.suffix.lower()
    if ending == ".zip":
        return _only_member(path, content)
    if ending not in _UNPACK:
        return content
    name, unpack = _UNPACK[ending]
    try:
        return unpack(content)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise ValueError(f"{path}: not a readable {name} file ({error})") from error


def _only_member(path: Path, content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
            if len(names) != 1:
                raise ValueError(f"{path}: an archive of {len(names)} files, expected one")
            return archive.read(names[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{path}: not a readable zip file ({error})") from error


def shorten(text: str) -> str:
    """Return a text as a message shows it."""
    return text if len(text) <= 40 else text[:39] + "…"
