"""``rnnlab bench``: the cells beside other libraries, and what else about speed can be measured."""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

import rnnlab
from rnnlab._files import write_text
from rnnlab.bench import grid, memory, plot, rivals, scaling, startup, training
from rnnlab.cli import UserError, _bench_grading, bench_tables
from rnnlab.data import read_text
from rnnlab.kernels import tiers

CELLS = ("rnn", "gru", "lstm")
DTYPES = ("float32", "float64")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab bench`` takes."""
    _common(parser)
    parser.add_argument("--dtype", default="float32", metavar="A,B", help="float32, float64 or both (float32)")
    parser.add_argument(
        "--sizes", nargs="+", type=_size, metavar="T,B,D,H", help="lengths of time, batch, input and state (a grid)"
    )
    parser.add_argument(
        "--phases", default="fwd,fwdbwd", metavar="A,B", help=f"of {', '.join(grid.PHASES)} (fwd,fwdbwd)"
    )
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="that share a pass, ours and PyTorch's (1)")
    _rivals(parser, "torch,numpy")
    _plot(parser)
    what = parser.add_subparsers(dest="what", metavar="{startup,memory,scaling,training,grading}")
    _common(what.add_parser("startup", help="import and first calls, beside a trivial compiled function"))
    sub = what.add_parser("memory", help="memory of a pass forward and back, with and without checkpoints")
    _common(sub)
    sub.add_argument("--dtype", default="float32", choices=DTYPES, help="(float32)")
    sub.add_argument("--sizes", nargs="+", type=_size, metavar="T,B,D,H", help="(1000,16,64,128)")
    _rivals(sub, "torch")
    sub = what.add_parser("scaling", help="how the time grows with T, B and H")
    _common(sub)
    sub.add_argument("--dtype", default="float32", choices=DTYPES, help="(float32)")
    _plot(sub)
    _bench_grading.arguments(what.add_parser("grading", help="the grader beside nbgrader alone"))
    sub = what.add_parser("training", help="whole runs to the same loss, beside PyTorch")
    sub.add_argument("--text", type=Path, metavar="FILE", help="what the character model reads (generated reviews)")
    sub.add_argument("--loss", type=float, default=0.6, metavar="NATS", help="where that counts as learned (0.6)")
    sub.add_argument("--seed", type=int, default=0, help="first weights and batches (0)")
    _less(sub)


def main(args: argparse.Namespace) -> int:
    """Measure, print a table and return the exit code."""
    if args.what == "grading":
        return _bench_grading.main(args)
    measure, table, draw = _WHAT[args.what]
    out = Console()
    found: list[Any] = []
    rows = measure(args, out)
    with out.status("measuring") as status:
        for row in rows:
            found.append(row)
            status.update(f"measuring, {len(found)} done")
    out.print(table(found))
    if args.json:
        write_text(args.json, json.dumps([row._asdict() for row in found], indent=1) + "\n")
    if draw and args.plot:
        write_text(args.plot, draw(found))
    return 0


def _ratios(args: argparse.Namespace, out: Console) -> Iterator[grid.Row]:
    cells, dtypes, names = _cells(args), _of("--dtype", args.dtype, DTYPES), _installed(args)
    peaks = {dtype: tiers.peak(dtype) for dtype in dtypes}
    if args.threads < 1:
        raise UserError(f"--threads: {args.threads} is not a number of threads")
    clock = "one thread; CPU time" if args.threads == 1 else f"{args.threads} threads; elapsed time"
    out.print(f"kernels: {rnnlab.engine()}; {clock}, by turns")
    for dtype, peak in peaks.items():
        out.print(f"{dtype}: " + (f"at most {peak / 1e9:.0f} Gflop/s" if peak else "the machine's peak is not known"))
    sizes = args.sizes or (grid.QUICK if args.quick else grid.SIZES)
    seconds = 0.5 if args.quick else 2.0
    phases = _of("--phases", args.phases, grid.PHASES)
    return grid.rows(cells, sizes, dtypes, names, peaks, seconds, phases, args.threads)


def _startup(args: argparse.Namespace, out: Console) -> Iterator[startup.Row]:
    return startup.rows(_of("--cells", args.cells, CELLS), 1 if args.quick else 5)


def _memory(args: argparse.Namespace, out: Console) -> Iterator[memory.Row]:
    kinds, names = _of("--cells", args.cells, CELLS), _installed(args)
    if not memory.available():
        raise UserError("bench memory needs Linux, and a /proc/self/clear_refs that can be written to")
    sizes = args.sizes or [(200, 16, 64, 128) if args.quick else (1000, 16, 64, 128)]
    return memory.rows(kinds, sizes, args.dtype, names)


def _scaling(args: argparse.Namespace, out: Console) -> Iterator[scaling.Row]:
    cells = _cells(args)
    if args.quick:
        return scaling.rows(cells, args.dtype, scaling.QUICK, rounds=3)
    return scaling.rows(cells, args.dtype)


def _training(args: argparse.Namespace, out: Console) -> Iterator[training.Row]:
    if rivals.missing("torch"):
        raise UserError("bench training: torch is not installed")
    try:
        text = read_text(args.text) if args.text else training.reviews()
    except (OSError, ValueError) as error:
        raise UserError(f"--text: {error}") from error
    if args.quick:
        tasks = [training.adding(10, 8, most=40), training.characters(text, 16, most=40)]
    else:
        tasks = [training.adding(), training.characters(text, target=args.loss)]
    return training.rows(tasks, args.seed)


# For each subcommand: what yields its rows, the table of them, and the picture, if there is one.
_Parts = tuple[Callable[..., Iterator[Any]], Callable[[list[Any]], Any], Callable[[list[Any]], str] | None]
_WHAT: dict[str | None, _Parts] = {
    None: (_ratios, bench_tables.ratios, plot.table),
    "startup": (_startup, bench_tables.starts, None),
    "memory": (_memory, bench_tables.peaks, None),
    "scaling": (_scaling, bench_tables.exponents, plot.growth),
    "training": (_training, bench_tables.runs, None),
}


def _less(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="small and short: to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cells", default=",".join(CELLS), metavar="A,B", help=f"of {', '.join(CELLS)} (all)")
    _less(parser)


def _rivals(parser: argparse.ArgumentParser, default: str) -> None:
    names = ", ".join(rivals.NAMES)
    parser.add_argument("--rivals", default=default, metavar="A,B", help=f"of {names} ({default})")


def _plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write a picture there, as SVG")


def _cells(args: argparse.Namespace) -> dict[str, Any]:
    return {kind: import_module(f"rnnlab.{kind}") for kind in _of("--cells", args.cells, CELLS)}


def _installed(args: argparse.Namespace) -> list[str]:
    names = _of("--rivals", args.rivals, rivals.NAMES)
    for name in filter(rivals.missing, names):
        raise UserError(f"--rivals: {name} is not installed")
    return names


def _size(text: str) -> grid.Size:
    parts = text.split(",")
    if len(parts) != 4 or not all(part.isdecimal() and int(part) for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not T,B,D,H, four whole numbers of at least 1")
    n_steps, n_batch, n_input, n_hidden = map(int, parts)
    return n_steps, n_batch, n_input, n_hidden


def _of(option: str, text: str, known: Iterable[str]) -> list[str]:
    words = text.split(",")
    for word in words:
        if word not in known:
            raise UserError(f"{option}: {word!r} is none of {', '.join(known)}")
    return words
