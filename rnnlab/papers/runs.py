"""Runs claims seed by seed and keeps each row at once, so that what was killed goes on where it stopped."""

import datetime
import json
import math
import multiprocessing
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import rnnlab
from rnnlab._files import write_text
from rnnlab.papers.claim import Claim
from rnnlab.papers.registry import claims


class Row(NamedTuple):
    """One seed of one claim."""

    claim: str
    seed: int
    seconds: float  # of the processor
    date: str
    numbers: dict[str, float]


def measure(
    names: Iterable[str],
    seeds: Iterable[int],
    folder: str | Path,
    *,
    n_workers: int = 0,
    tell: Callable[[int, int, Row], Any] | None = None,
) -> dict[str, list[Row]]:
    """Run claims for several seeds, except for what is already stored.

    Parameters
    ----------
    names : iterable of str
        Of `claims`.
    seeds : iterable of int
        A claim in which nothing is drawn is run for the first one only.
    folder : str or Path
        Holds ``NAME.json`` of finished claims, and ``NAME.jsonl``, to which each row is added when it is done, of
        others. It is made if missing.
    n_workers : int, default 0
        Rows at a time, each in a process of its own; with 0 all are made in this one.
    tell : callable, optional
        Called after each row with how many are done, how many there are, and the row.

    Returns
    -------
    rows : dict of str to list of Row
        Of the claims named, in the order of seeds, with all that was stored.

    Raises
    ------
    ValueError
        If there is no such claim, or a file holds something else.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     rows = measure(["williams-peng"], [0], folder)
    >>> rows["williams-peng"][0].numbers["steps back"]
    2.0
    """
    known, folder = claims(), Path(folder)
    names, seeds = list(dict.fromkeys(names)), [int(seed) for seed in dict.fromkeys(seeds)]
    for name in names:
        if name not in known:
            raise ValueError(f"there is no claim {name!r}, only {', '.join(known)}")
    folder.mkdir(parents=True, exist_ok=True)
    found = {name: {row.seed: row for row in read(name, folder)} for name in names}
    wanted = {name: seeds[:1] if known[name].is_exact else seeds for name in names}
    jobs = [(name, seed) for name in names for seed in wanted[name] if seed not in found[name]]
    n_all = sum(map(len, wanted.values()))
    for n, row in enumerate(_done(jobs, n_workers), n_all - len(jobs) + 1):
        _append(folder / f"{row.claim}.jsonl", row)
        found[row.claim][row.seed] = row
        if tell is not None:
            tell(n, n_all, row)
        if all(seed in found[row.claim] for seed in wanted[row.claim]):
            write(known[row.claim], found[row.claim].values(), folder)
    return {name: [rows[seed] for seed in sorted(rows)] for name, rows in found.items()}


def read(name: str, folder: str | Path) -> list[Row]:
    """Return the stored rows of a claim, finished or not; a last line that was cut off is left out.

    Parameters
    ----------
    name : str
        Of the claim.
    folder : str or Path
        As `measure` takes it.

    Returns
    -------
    rows : list of Row
        In the order of seeds.

    Raises
    ------
    ValueError
        If a file holds something else.

    Examples
    --------
    >>> read("latch-1", "no folder")
    []
    """
    whole, open_ = Path(folder, f"{name}.json"), Path(folder, f"{name}.jsonl")
    rows: list[Row] = []
    if whole.exists():
        rows = [_row(name, each, whole) for each in _json(whole.read_text(encoding="utf-8"), whole)["rows"]]
    if open_.exists():
        lines = open_.read_text(encoding="utf-8").split("\n")
        rows += [_row(name, _json(line, open_), open_) for line in lines[:-1]]
    return sorted({row.seed: row for row in rows}.values(), key=lambda row: row.seed)


def write(claim: Claim, rows: Iterable[Row], folder: str | Path) -> Path:
    """Store a finished claim, with what its rows come to, and remove the file of its open rows.

    Parameters
    ----------
    claim : Claim
        Whose rows.
    rows : iterable of Row
        All of them.
    folder : str or Path
        Where.

    Returns
    -------
    path : Path
        The file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> claim = claims()["williams-peng"]
    >>> with TemporaryDirectory() as folder:
    ...     path = write(claim, [Row(claim.name, 0, 0.1, "2026-01-01", {"steps back": 2.0})], folder)
    ...     read(claim.name, folder)[0].seed
    0
    """
    rows = sorted(rows, key=lambda row: row.seed)
    outcome = claim.rule.outcome([row.numbers for row in rows])
    held = {
        "command": f"rnnlab papers {claim.name} --seeds {len(rows)}",
        "date": max(row.date for row in rows),
        "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "title": claim.title,
        "source": claim.source,
        "says": claim.says,
        "rule": claim.rule.rule,
        "n_seeds": len(rows),
        "seeds": [row.seed for row in rows],
        "seconds": round(sum(row.seconds for row in rows), 1),
        **{name: _short(value) for name, value in outcome._asdict().items()},
        "means": {key: _short(float(np.mean([row.numbers[key] for row in rows]))) for key in rows[0].numbers},
        "rows": [{k: v for k, v in row._asdict().items() if k != "claim"} for row in rows],
    }
    path = Path(folder, f"{claim.name}.json")
    write_text(path, json.dumps(held, ensure_ascii=False, indent=1) + "\n")
    path.with_suffix(".jsonl").unlink(missing_ok=True)
    return path


def run_one(job: tuple[str, int]) -> Row:
    """Run one claim for one seed."""
    name, seed = job
    start = time.process_time()
    numbers = claims()[name].run(seed)
    seconds = round(time.process_time() - start, 2)
    kept = {key: float(f"{value:.6g}") for key, value in numbers.items()}
    return Row(name, seed, seconds, datetime.date.today().isoformat(), kept)


def _done(jobs: list[tuple[str, int]], n_workers: int) -> Iterator[Row]:
    if not n_workers:
        yield from map(run_one, jobs)
        return
    # Spawned and not forked: threads that a parent has started do not survive a fork.
    with ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn")) as pool:
        for run in as_completed([pool.submit(run_one, job) for job in jobs]):
            yield run.result()


def _append(path: Path, row: Row) -> None:
    """Add a row to a file, in place of a last line that was cut off."""
    held = {key: value for key, value in row._asdict().items() if key != "claim"}
    with path.open("ab+") as file:
        file.seek(0)
        whole = file.read()
        file.truncate(whole.rfind(b"\n") + 1)
        file.write(json.dumps(held).encode() + b"\n")


def _json(text: str, path: Path) -> dict[str, Any]:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{path}: {text:.40}, expected rows of rnnlab papers") from None


def _row(name: str, held: dict[str, Any], path: Path) -> Row:
    try:
        return Row(name, **held)
    except TypeError:
        raise ValueError(f"{path}: expected rows of rnnlab papers, with {', '.join(Row._fields[1:])}") from None


def _short(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) else None
