"""``rnnlab bench``: the cells beside other libraries."""

import argparse
import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

import rnnlab
from rnnlab._files import write_text
from rnnlab.bench import grid, rivals
from rnnlab.cli import UserError
from rnnlab.kernels import tiers

CELLS = ("rnn", "gru", "lstm")
DTYPES = ("float32", "float64")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab bench`` takes."""
    parser.add_argument("--cells", default=",".join(CELLS), metavar="A,B", help=f"of {', '.join(CELLS)} (all)")
    parser.add_argument(
        "--sizes", nargs="+", type=_size, metavar="T,B,D,H", help="lengths of time, batch, input and state (a grid)"
    )
    parser.add_argument("--dtype", default="float32", metavar="A,B", help="float32, float64 or both (float32)")
    parser.add_argument("--rivals", default="torch,numpy", metavar="A,B", help="of torch, jax, numpy (torch,numpy)")
    parser.add_argument("--quick", action="store_true", help="three sizes and short rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")


def main(args: argparse.Namespace) -> int:
    """Measure, print a table and return the exit code."""
    kinds, dtypes = _of("--cells", args.cells, CELLS), _of("--dtype", args.dtype, DTYPES)
    names = _of("--rivals", args.rivals, rivals.NAMES)
    for name in filter(rivals.missing, names):
        raise UserError(f"--rivals: {name} is not installed")
    sizes = args.sizes or (grid.QUICK if args.quick else grid.SIZES)
    out = Console()
    peaks = {dtype: tiers.peak(dtype) for dtype in dtypes}
    out.print(f"kernels: {rnnlab.engine()}; one thread; CPU time, by turns")
    for dtype, peak in peaks.items():
        out.print(f"{dtype}: " + (f"at most {peak / 1e9:.0f} Gflop/s" if peak else "the machine's peak is not known"))
    cells = {kind: import_module(f"rnnlab.{kind}") for kind in kinds}
    found = []
    with out.status("measuring") as status:
        for row in grid.rows(cells, sizes, dtypes, names, peaks, 0.5 if args.quick else 2.0):
            found.append(row)
            status.update(f"{row.cell} {row.T},{row.B},{row.D},{row.H} {row.phase} beside {row.rival}")
    out.print(_table(found))
    if args.json:
        write_text(args.json, json.dumps([row._asdict() for row in found], indent=1) + "\n")
    return 0


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


def _table(found: list[grid.Row]) -> Table:
    table = Table(
        "cell", "dtype", "T, B, D, H", "phase", "rival", "ratio", "spread", "% of peak",
        box=box.SIMPLE_HEAD, caption="ratio: the rival's time divided by ours, median of the rounds; spread: quartiles",
    )  # fmt: skip
    for row in found:
        table.add_row(
            row.cell, row.dtype, f"{row.T}, {row.B}, {row.D}, {row.H}", row.phase, row.rival,
            f"{row.ratio:.2f}", f"{row.low:.2f}-{row.high:.2f}",
            "" if row.percent_of_peak is None else f"{row.percent_of_peak:.0f}",
        )  # fmt: skip
    return table
