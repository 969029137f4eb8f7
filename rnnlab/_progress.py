"""A progress bar for training."""

import sys
import time
from types import TracebackType
from typing import TextIO

from rnnlab._settings import require_flag


class Progress:
    """Show one line, rewritten in place at most ten times a second.

    Where the stream is a file or a pipe, which keeps everything, it is a new line for each tenth of the way. Where its
    encoding has no blocks, the bar is made of ``#`` and ``-``.

    Parameters
    ----------
    n : int
        How many steps there are.
    shown : bool
        Show nothing if False.
    stream : text stream, optional
        The error stream by default.

    Examples
    --------
    >>> with Progress(4, shown=True, stream=sys.stdout) as bar:
    ...     bar.show(4, "done")  # doctest: +ELLIPSIS, +NORMALIZE_WHITESPACE
    ████████████████████ 4/4  done  0 s
    """

    def __init__(self, n: int, shown: bool, stream: TextIO | None = None) -> None:
        self._n, self._shown = n, require_flag("progress", shown)
        self._stream = sys.stderr if stream is None else stream
        self._start = time.monotonic()
        self._last = -1.0
        self._width = 0
        self._rewrites = _is_rewritten(self._stream)
        self._blocks = "█░" if _can_write("█░", self._stream) else "#-"
        self._tenths = 0

    def show(self, step: int, text: str) -> None:
        """Say that `step` steps are done, and `text`."""
        now = time.monotonic()
        if not self._rewrites:
            self._log(step, text, now)
            return
        if not self._shown or (now - self._last < 0.1 and step < self._n):
            return
        self._last = now
        done = 20 * step // self._n
        bar = self._blocks[0] * done + self._blocks[1] * (20 - done)
        line = f"{bar} {step}/{self._n}  {text}  {now - self._start:.0f} s"
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def _log(self, step: int, text: str, now: float) -> None:
        tenths = 10 * step // self._n
        if self._shown and tenths > self._tenths:
            self._tenths = tenths
            self._stream.write(f"{step}/{self._n}  {text}  {now - self._start:.0f} s\n")
            self._stream.flush()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._width:
            self._stream.write("\n")
            self._stream.flush()


def _is_rewritten(stream: TextIO) -> bool:
    """Return whether a line can be replaced: on a terminal, in a notebook and in memory, not in a file or a pipe."""
    if stream.isatty() or type(stream).__module__.startswith("ipykernel"):
        return True
    try:
        stream.fileno()
    except (OSError, AttributeError):
        return True
    return False


def _can_write(text: str, stream: TextIO) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
