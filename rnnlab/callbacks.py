"""What may happen after every update of a training: stop early, keep weights, write a log, draw the losses.

Each is called with a `training.Update`; the run ends when one returns True.
"""

import csv
import io
from importlib import import_module
from pathlib import Path
from typing import Any

from rnnlab import _arrays, _files, checkpoint
from rnnlab._run import Update
from rnnlab._settings import require_flag, require_number, require_path

__all__ = ["Checkpoints", "CsvLog", "EarlyStopping", "LivePlot", "Update"]


class EarlyStopping:
    """End the run when a loss has not fallen for a while.

    It begins anew with every run. A checkpoint does not hold what it has seen, as it does for `patience` of
    `training.fit`.

    Parameters
    ----------
    patience : int
        After how many losses without a better one.
    min_delta : float, default 0
        How much lower a loss must be to count as better.
    on : {"validation", "loss"}, default "validation"
        Whether validation losses are watched, which a run without them refuses, or those of the batches.

    Examples
    --------
    >>> stops = EarlyStopping(patience=2, on="loss")
    >>> [stops(Update(n, loss, 1.0, None, None)) for n, loss in enumerate([3.0, 2.0, 2.5, 2.0])]
    [False, False, False, True]
    """

    def __init__(self, patience: int, *, min_delta: float = 0.0, on: str = "validation") -> None:
        self.patience = _arrays.require_count("patience", patience)
        self.min_delta = require_number("min_delta", min_delta, 0)
        if on not in ("validation", "loss"):
            raise ValueError(f"on is {on!r}, expected 'validation' or 'loss'")
        self.on, self.best, self.n_worse, self._before = on, float("inf"), 0, 0

    def __call__(self, update: Update) -> bool:
        """Return whether the run should end."""
        if update.n <= self._before:
            self.best, self.n_worse = float("inf"), 0
        self._before = update.n
        value = update.validation if self.on == "validation" else update.loss
        if value is None:
            return False
        if value < self.best - self.min_delta:
            self.best, self.n_worse = value, 0
        else:
            self.n_worse += 1
        return self.n_worse >= self.patience


class Checkpoints:
    """Save the weights every so many updates and keep the last few files.

    Parameters
    ----------
    folder : str or Path
        Where; it is made if it is not there.
    every : int
        Updates between two files; the last update is saved too.
    keep : int, default 3
        How many files stay; older ones of this run are deleted.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> with TemporaryDirectory() as folder:
    ...     saves = Checkpoints(folder, every=10, keep=2)
    ...     for n in range(1, 41):
    ...         saves(Update(n, 1.0, 1.0, {"w": np.ones(2)}, None))
    ...     [path.name for path in saves.paths]
    ['weights-0000030.npz', 'weights-0000040.npz']
    """

    def __init__(self, folder: str | Path, every: int, *, keep: int = 3) -> None:
        self.folder = require_path("folder", folder)
        self.every, self.keep = _arrays.require_count("every", every), _arrays.require_count("keep", keep)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.paths: list[Path] = []

    def __call__(self, update: Update) -> None:
        """Save, where it is time."""
        if update.n % self.every and not update.last:
            return
        path = self.folder / f"weights-{update.n:07}.npz"
        checkpoint.save(path, update.params)
        self.paths = [*(old for old in self.paths if old != path), path]
        for old in self.paths[: -self.keep]:
            old.unlink(missing_ok=True)
        self.paths = self.paths[-self.keep :]


class CsvLog:
    """Write a line for every update: its number, loss, gradient norm and, where it was taken, validation loss.

    Parameters
    ----------
    path : str or Path
        The file. Of one that is there the lines before the first update stay, as after a resumption; those of updates
        that are made again are replaced.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     CsvLog(Path(folder, "log.csv"))(Update(1, 0.5, 2.0, None, None))
    ...     Path(folder, "log.csv").read_text().split()
    ['update,loss,gradient_norm,validation', '1,0.5,2.0,']
    """

    def __init__(self, path: str | Path) -> None:
        self.path = require_path("path", path)
        if not self.path.parent.is_dir():
            raise FileNotFoundError(f"{self.path}: there is no folder {self.path.parent}")
        self._before: int | None = None

    def __call__(self, update: Update) -> None:
        """Add a line."""
        if self._before is None or update.n <= self._before:
            self._cut(update.n)
        self._before = update.n
        begins = not self.path.exists() or not self.path.stat().st_size
        with self.path.open("a", newline="", encoding="utf-8") as file:
            lines = csv.writer(file, lineterminator="\n")
            if begins:
                lines.writerow(["update", "loss", "gradient_norm", "validation"])
            lines.writerow([update.n, update.loss, update.gradient_norm, update.validation])

    def _cut(self, n: int) -> None:
        """Take out the lines of an earlier run from update `n` on."""
        if not self.path.exists():
            return
        with self.path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.reader(file))
        kept = [line for line in lines if not (line and line[0].isdigit() and int(line[0]) >= n)]
        if len(kept) < len(lines):
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(kept)
            with _files.replacing(self.path, None) as file:
                file.write(text.getvalue().encode())


class LivePlot:
    """Draw the losses below a notebook's cell, again and again in place.

    Parameters
    ----------
    every : int, default 100
        Updates between two drawings; the last one is drawn too.
    log : bool, default False
        Draw losses on a logarithmic scale.

    Raises
    ------
    ImportError
        If IPython or matplotlib is not installed.

    Examples
    --------
    >>> plot = LivePlot(every=10)
    >>> plot(Update(1, 0.5, 2.0, None, None))
    """

    def __init__(self, every: int = 100, *, log: bool = False) -> None:
        self.every, self.log = _arrays.require_count("every", every), require_flag("log", log)
        self.losses: list[float] = []
        self._before = 0
        self._handle: Any = None
        for module in ("IPython.display", "rnnlab.plots"):
            try:
                import_module(module)
            except ImportError as error:
                message = "a live plot needs IPython and matplotlib: install them with  pip install 'rnnlab[course]'"
                raise ImportError(message) from error

    def __call__(self, update: Update) -> None:
        """Draw, where it is time."""
        if update.n <= self._before:  # another run, with a picture of its own
            self.losses, self._handle = [], None
        self._before = update.n
        self.losses.append(update.loss)
        if update.n % self.every and not update.last:
            return
        picture = import_module("rnnlab.plots").loss_curves({"loss": self.losses}, log=self.log)
        shown = import_module("IPython.display")
        if self._handle is None:
            self._handle = shown.display(shown.HTML(picture.svg), display_id=True)
        else:
            self._handle.update(shown.HTML(picture.svg))
