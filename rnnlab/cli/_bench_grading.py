"""``rnnlab bench grading``: the grader beside nbgrader alone, and where the time goes."""

import argparse
import json
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from rnnlab._files import write_text
from rnnlab.cli import UserError


def main(args: argparse.Namespace) -> int:
    """Measure, print the tables and return the exit code."""
    for option in ("submissions", "stock", "tiny"):
        if getattr(args, option) < 2:
            raise UserError(f"--{option} is {getattr(args, option)}, expected at least 2")
    if args.rounds < 1:
        raise UserError(f"--rounds is {args.rounds}, expected at least 1")
    from rnnlab.cli._mistakes import mistakes  # which imports nbgrader: the other measurements need none

    with mistakes():
        return _large(args) if args.large else _beside(args)


def _beside(args: argparse.Namespace) -> int:
    from rnnlab.grading.speed.measure import Sizes, measure

    out, err = Console(), Console(stderr=True)
    sizes = Sizes(args.submissions, args.stock, args.tiny, args.rounds)
    if args.quick:
        sizes = Sizes(4, 2, 4, 1)
    found = measure(args.assignment, sizes, lambda said: err.print(said, highlight=False))
    out.print(_rows(found))
    out.print(_phases(found))
    if args.json:
        write_text(args.json, json.dumps(found, indent=1) + "\n")
    return 0


def _rows(found: dict) -> Table:
    caption = (
        f"{found['assignment']}; medians of {found['rounds']} rounds; {found['cores']} cores, load {found['load']}"
    )
    table = Table("what", "unit", "here", "nbgrader", "times better", box=box.SIMPLE_HEAD, caption=caption)
    for row in found["rows"]:
        stock = "" if row["stock"] is None else f"{row['stock']:.4g}"
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3g}"
        table.add_row(row["what"], row["unit"], f"{row['ours']:.4g}", stock, ratio)
    return table


def _phases(found: dict) -> Table:
    total = sum(found["phases"].values())
    table = Table("one submission, once warm", "ms of processor", "%", box=box.SIMPLE_HEAD)
    for phase, milliseconds in found["phases"].items():
        table.add_row(phase, f"{milliseconds:.1f}", f"{100 * milliseconds / total:.0f}")
    table.add_row("together", f"{total:.1f}", "100")
    return table


def _large(args: argparse.Namespace) -> int:
    from rnnlab.grading.speed.large import large

    found = large(args.large, args.workers)
    Console().print(
        f"{found['n']} submissions in {found['seconds']:.0f} s with {found['workers']} workers: "
        + ", ".join(f"{count} {what}" for what, count in found["outcomes"].items())
        + f"; {found['missing']} without an outcome, {found['wrong']} with other points than their due."
    )
    table = Table("done at", "MB held by the grading processes", box=box.SIMPLE_HEAD)
    for seconds, megabytes in found["curve"][:: max(1, len(found["curve"]) // 12)]:
        table.add_row(f"{seconds:.0f} s", f"{megabytes:.0f}")
    Console().print(table)
    if args.json:
        write_text(args.json, json.dumps(found, indent=1) + "\n")
    return 0 if not found["missing"] and not found["wrong"] else 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab bench grading`` takes."""
    parser.add_argument("--assignment", default="02_unfolding", metavar="NAME", help="(02_unfolding)")
    parser.add_argument("--submissions", type=int, default=60, metavar="N", help="right copies in the class (60)")
    parser.add_argument("--stock", type=int, default=60, metavar="N", help="how many nbgrader alone grades (60)")
    parser.add_argument("--tiny", type=int, default=60, metavar="N", help="submissions of one short question (60)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="(3)")
    parser.add_argument(
        "--large", type=int, default=0, metavar="N", help="instead, grade N small submissions of every kind in one run"
    )
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="for --large (2)")
    parser.add_argument("--quick", action="store_true", help="few submissions, one round: to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
