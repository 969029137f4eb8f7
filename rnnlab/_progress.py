"""A progress bar for training."""

import sys
import time
from types import TracebackType
from typing import TextIO


class Progress:
    """Show one line, rewritten in place at most ten times a second.

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
        self._n, self._shown = n, shown
        self._stream = sys.stderr if stream is None else stream
        self._start = time.monotonic()
        self._last = -1.0
        self._width = 0

    def show(self, step: int, text: str) -> None:
        """Say that `step` steps are done, and `text`."""
        now = time.monotonic()
        if not self._shown or (now - self._last < 0.1 and step < self._n):
            return
        self._last = now
        done = 20 * step // self._n
        line = f"{'█' * done}{'░' * (20 - done)} {step}/{self._n}  {text}  {now - self._start:.0f} s"
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._width:
            self._stream.write("\n")
            self._stream.flush()
