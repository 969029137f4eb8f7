"""Train several cells on several tasks from several seeds, and say how they compare.

One seed says little: a difference between cells counts only where it is larger than that between seeds. Each run is
one row of a file, so that what was cut off goes on where it stopped.
"""

import json
import math
import multiprocessing
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from rnnlab import _arrays, _pytree, batches, optimizers, training, variants
from rnnlab._cell import Buildable, Portable
from rnnlab._progress import Progress
from rnnlab._settings import require_mapping, require_number, require_path, require_seed, settle
from rnnlab.data.batch import counting, has_target_per_step

_TEST = 1_000_003  # batches are drawn from (seed, update); no run has so many updates


class Row(NamedTuple):
    """One run: what was trained on what, from which seed, and the loss on new data after it."""

    cell: str
    task: str
    seed: int
    loss: float
    n_parameters: int
    stopped: str  # why it ended, as in `training.Fit`
    setting: str = ""  # the cell and the task in words, so that a file of another task is not taken for this one's


class Summary(NamedTuple):
    """All seeds of one cell on one task."""

    cell: str
    task: str
    n_seeds: int
    mean: float
    low: float  # the 95 % interval of the mean; NaN with a single seed
    high: float
    n_parameters: int


@dataclass(frozen=True)
class Task:
    """Data, the shape of the answer and how long to train: everything but the cell.

    Parameters
    ----------
    draw : callable
        From a generator to a `data.Batch`; for processes a function of a module or a `functools.partial` of one.
    loss : callable
        Of `rnnlab.losses`.
    n_output : int
        O.
    variant : callable, default variants.many_to_one
        `variants.many_to_one` or `variants.many_to_many`.
    n_hidden : int, default 16
        H.
    n_updates : int, default 1000
        Updates of each run.
    optimizer : optimizers.Optimizer, default Adam(0.01)
        The rule of the step.
    clip : float, optional
        Shorten longer gradients to this norm.
    n_tests : int, default 20
        Batches of new data on which the loss is measured at the end.

    Examples
    --------
    >>> from functools import partial
    >>> from rnnlab import data, losses
    >>> task = Task(partial(data.adding, n_batch=8, n_steps=6), losses.mse, n_output=1, n_updates=5)
    >>> task.n_hidden
    16
    """

    draw: Callable[[np.random.Generator], Any]
    loss: variants.Loss
    n_output: int
    variant: Callable[..., Any] = variants.many_to_one
    n_hidden: int = 16
    n_updates: int = 1000
    optimizer: optimizers.Optimizer = field(default_factory=partial(optimizers.Adam, 0.01))
    clip: float | None = None
    n_tests: int = 20

    def __post_init__(self) -> None:
        for name in ("draw", "loss", "variant"):
            if not callable(getattr(self, name)):
                raise TypeError(f"{name} is {getattr(self, name)!r:.60}, expected a function")
        if self.clip is not None:
            settle(self, clip=require_number("clip", self.clip, 0, open_end=True))
        for name in ("n_output", "n_hidden", "n_updates", "n_tests"):
            _arrays.require_count(name, getattr(self, name))
        optimizers.require_optimizer(self.optimizer)


def compare(
    cells: Mapping[str, Buildable],
    tasks: Mapping[str, Task],
    seeds: Iterable[int],
    *,
    save_to: str | Path | None = None,
    n_workers: int = 0,
    progress: bool = False,
) -> list[Row]:
    """Train every cell on every task from every seed.

    Parameters
    ----------
    cells : mapping from str to cell
        Such as ``{"gru": rnnlab.gru, "two layers": Stack(rnnlab.gru, 2)}``.
    tasks : mapping from str to Task
        What they learn.
    seeds : iterable of int
        Each decides first weights, batches and test data. A seed gives every cell the same data.
    save_to : str or Path, optional
        File to which each run is added as a line of JSON when it is done. Runs that stand there are not made again. A
        run is known by the names of its cell and task and its seed: after a change of settings, use another file.
    n_workers : int, default 0
        Runs at a time, each in a process of its own; with 0 all are made in this one. A script calls it below
        ``if __name__ == "__main__":``, for each process imports the script again.
    progress : bool, default False
        Show a bar on the error stream.

    Returns
    -------
    rows : list of Row
        In the order of tasks, cells and seeds.

    Raises
    ------
    FileNotFoundError
        If the folder of `save_to` is missing.
    ValueError
        If nothing is to be compared, `save_to` holds something else, as runs of a task with other settings, or what is
        compared cannot be sent to another process.

    Examples
    --------
    >>> from functools import partial
    >>> from rnnlab import data, gru, losses, rnn
    >>> task = Task(partial(data.adding, n_batch=8, n_steps=6), losses.mse, n_output=1, n_updates=5, n_tests=2)
    >>> rows = compare({"rnn": rnn, "gru": gru}, {"adding": task}, seeds=range(2))
    >>> [(row.cell, row.seed, row.n_parameters) for row in rows]
    [('rnn', 0, 321), ('rnn', 1, 321), ('gru', 0, 945), ('gru', 1, 945)]
    """
    for name, value in (("cells", cells), ("tasks", tasks)):
        if not isinstance(value, Mapping):
            raise TypeError(f"{name} is {type(value).__name__}, expected a mapping from names, such as {{'gru': gru}}")
    if not isinstance(seeds, Iterable):
        raise TypeError(f"seeds is {seeds!r:.40}, expected several, such as range({seeds!r:.20})")
    each = [require_seed("a seed", seed) for seed in dict.fromkeys(seeds)]
    wanted = [(task, cell, seed) for task in tasks for cell in cells for seed in each]
    if not wanted:
        raise ValueError("there is nothing to compare, expected at least one cell, task and seed")
    path = None if save_to is None else require_path("save_to", save_to)
    if path is not None and not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}")
    found = {(row.task, row.cell, row.seed): row for row in (read(path) if path is not None and path.exists() else [])}
    for (task, cell, _), row in found.items():
        if task in tasks and cell in cells and row.setting not in ("", _setting(cells[cell], tasks[task])):
            raise ValueError(
                f"{path}: {cell!r} on {task!r} was run with {row.setting}, not with "
                f"{_setting(cells[cell], tasks[task])}: expected another name, or another file"
            )
    jobs = [_Job(cells[key[1]], tasks[key[0]], (key[1], key[0]), key[2]) for key in wanted if key not in found]
    with Progress(len(wanted), progress) as bar:
        for row in _done(jobs, n_workers):
            found[row.task, row.cell, row.seed] = row
            if path is not None:
                _append(path, row)
            bar.show(sum(key in found for key in wanted), f"{row.cell}, {row.task}, seed {row.seed}: {row.loss:.4g}")
    return [found[key] for key in wanted]


def read(path: str | Path) -> list[Row]:
    """Return the runs that `compare` has written to a file; a last line that was cut off is left out.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    rows : list of Row

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line is no run: the message names it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "runs.jsonl")
    ...     _ = file.write_text(json.dumps(Row("gru", "echo", 0, 0.5, 9, "")._asdict()))
    ...     read(file)[0].loss
    0.5
    """
    lines = require_path("path", path).read_text(encoding="utf-8").split("\n")
    rows = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            rows.append(Row(**json.loads(line)))
        except (ValueError, TypeError):
            if number == len(lines):
                break
            raise ValueError(f"{path}, line {number}: {line:.40}, expected a run of rnnlab.compare") from None
    return rows


def summarize(rows: Iterable[Row]) -> list[Summary]:
    """Return the mean of each cell on each task over the seeds, with its 95 % interval.

    Parameters
    ----------
    rows : iterable of Row
        Of `compare` or `read`.

    Returns
    -------
    summaries : list of Summary
        In the order in which they first come. The interval is that of Student's t.

    Raises
    ------
    TypeError
        If something is no row.

    Examples
    --------
    >>> rows = [Row("gru", "echo", seed, loss, 9, "") for seed, loss in enumerate([0.4, 0.5, 0.6])]
    >>> [(s.cell, round(s.mean, 3), round(s.low, 3), round(s.high, 3)) for s in summarize(rows)]
    [('gru', 0.5, 0.252, 0.748)]
    """
    rows = list(rows) if isinstance(rows, Iterable) else [rows]
    if not all(isinstance(row, Row) for row in rows):
        raise TypeError(f"rows is {rows!r:.60}, expected rows of compare or read")
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.cell, row.task), []).append(row)
    found = []
    for (cell, task), each in groups.items():
        loss, n = np.array([row.loss for row in each]), len(each)
        half = float(special.stdtrit(n - 1, 0.975) * loss.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan
        mean = float(loss.mean())
        found.append(Summary(cell, task, n, mean, mean - half, mean + half, each[0].n_parameters))
    return found


def table(rows: Iterable[Row], floors: Mapping[str, float] | None = None) -> str:
    """Return a comparison as a table of plain text.

    Parameters
    ----------
    rows : iterable of Row
        Of `compare` or `read`.
    floors : mapping from str to float, optional
        The lowest loss that a task allows, such as `data.echo_baselines` knows it.

    Returns
    -------
    text : str

    Examples
    --------
    >>> rows = [Row("gru", "echo", seed, loss, 9, "") for seed, loss in enumerate([0.4, 0.5, 0.6])]
    >>> print(table(rows, {"echo": 0.35}))
    task  cell  parameters  seeds  loss  95 % interval  floor
    echo  gru            9      3   0.5  0.2516–0.7484   0.35
    """
    heads = ["task", "cell", "parameters", "seeds", "loss", "95 % interval", "floor"]
    lines = [heads]
    known = {} if floors is None else require_mapping("floors", floors)
    for s in summarize(rows):
        interval = "–" if math.isnan(s.low) else f"{s.low:.4g}–{s.high:.4g}"
        floor = "" if s.task not in known else f"{known[s.task]:.4g}"
        lines.append([s.task, s.cell, str(s.n_parameters), str(s.n_seeds), f"{s.mean:.4g}", interval, floor])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if place < 2 else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _setting(cell: Any, task: Task) -> str:
    """Return a cell and a task in words that are the same in every process."""
    parts = {"cell": _word(cell)}
    parts |= {part.name: _word(getattr(task, part.name)) for part in fields(task)}
    return ", ".join(f"{name}={value}" for name, value in parts.items())


def _word(value: Any) -> str:
    if isinstance(value, partial):
        options = [*map(_word, value.args), *(f"{key}={_word(each)}" for key, each in value.keywords.items())]
        return f"{_word(value.func)}({', '.join(options)})"
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    return str(name) if name else re.sub(r" at 0x[0-9a-f]+|<module '([^']*)'[^>]*>", r"\1", repr(value))


def _append(path: Path, row: Row) -> None:
    """Add a run to a file, in place of a last line that was cut off."""
    with path.open("ab+") as file:
        file.seek(0)
        whole = file.read()
        file.truncate(whole.rfind(b"\n") + 1)
        file.write(json.dumps(row._asdict()).encode() + b"\n")


@dataclass(frozen=True)
class _Job(Portable):
    """One run, which can be sent to another process although its cell may be a module."""

    cell: Any
    task: Task
    names: tuple[str, str]
    seed: int

    def __call__(self) -> Row:
        task, seed = self.task, self.seed
        objective = variants.Objective(task.variant, self.cell, task.loss)
        tests = [task.draw(np.random.default_rng([seed, _TEST + n])) for n in range(task.n_tests)]
        rng = np.random.default_rng([seed, _TEST - 1])
        params = variants.init(self.cell, rng, tests[0].x.shape[2], task.n_hidden, task.n_output)
        source = batches.endless(task.draw)
        fit = training.fit(objective, params, source, task.optimizer, task.n_updates, seed=seed, clip=task.clip)
        answers = [_n_answers(test) for test in tests]  # a batch of few answers says less than one of many
        loss = float(np.average([objective.value(fit.params, test) for test in tests], weights=answers))
        n_parameters = sum(np.size(leaf) for _, leaf in _pytree.leaves(params))
        return Row(*self.names, seed, loss, n_parameters, fit.stopped, _setting(self.cell, task))


def _n_answers(batch: Any) -> int:
    """Return how many answers count in a batch."""
    per_step = has_target_per_step(batch)
    n_steps = len(batch.target) if hasattr(batch, "target_input") else len(batch.x)
    counts = counting(batch, n_steps, per_step)
    return int(np.prod(np.shape(batch.target)[: 1 + per_step])) if counts is None else int(counts.sum())


def _done(jobs: list[_Job], n_workers: int) -> Iterator[Row]:
    """Yield the row of each run, in whatever order they end."""
    if not n_workers:
        yield from (job() for job in jobs)
        return
    for job in jobs:
        try:
            pickle.dumps(job)
        except Exception as error:  # whatever a part of it has to say
            cell, task = job.names
            raise ValueError(
                f"{cell!r} on {task!r} cannot be sent to another process ({error}): expected a cell, a draw and a loss "
                "that are in a module, or n_workers=0"
            ) from error
    # Spawned and not forked: threads that a parent has started do not survive a fork.
    with ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn")) as pool:
        for run in as_completed([pool.submit(job) for job in jobs]):
            yield run.result()
