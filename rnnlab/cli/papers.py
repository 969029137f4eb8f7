"""``rnnlab papers``: published claims as experiments, theirs beside ours."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from rnnlab import papers
from rnnlab._progress import Progress
from rnnlab.cli import UserError

FOLDER = Path("book/results/papers")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab papers`` takes."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="claims to run (all); --list names them")
    parser.add_argument("--seeds", type=_count, default=5, metavar="N", help="seeds 0 to N-1 of each (5)")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="seeds at a time (1)")
    parser.add_argument("--fast", action="store_true", help="only claims that take about a second a seed")
    parser.add_argument("--summary", action="store_true", help="run nothing: print the table of what is stored")
    parser.add_argument("--list", action="store_true", help="run nothing: say what there is")
    parser.add_argument(
        "--results", type=Path, default=FOLDER, metavar="FOLDER", help=f"where rows are kept ({FOLDER.as_posix()})"
    )


def main(args: argparse.Namespace) -> int:
    """Run, summarise or list, and return the exit code."""
    known = papers.claims()
    names = args.names or list(known)
    for name in names:
        if name not in known:
            raise UserError(f"there is no claim {name!r}; rnnlab papers --list names them")
    chosen = [known[name] for name in names if known[name].fast or not args.fast]
    if args.list:
        print("\n\n".join(map(_described, chosen)))
        return 0
    if not args.summary:
        _run(chosen, args)
    try:
        rows = {claim.name: papers.read(claim.name, args.results) for claim in chosen}
    except ValueError as error:
        raise UserError(str(error)) from None
    print(papers.table(chosen, rows))
    return 0


def _run(chosen: Iterable[papers.Claim], args: argparse.Namespace) -> None:
    names = [claim.name for claim in chosen]
    with Progress(sum(1 if claim.is_exact else args.seeds for claim in chosen), shown=True) as bar:

        def tell(done: int, _: int, row: papers.Row) -> None:
            numbers = ", ".join(f"{key} {value:.4g}" for key, value in row.numbers.items())
            bar.show(done, f"{row.claim}, seed {row.seed}: {numbers}")

        try:
            n_workers = args.jobs if args.jobs > 1 else 0
            papers.measure(names, range(args.seeds), args.results, n_workers=n_workers, tell=tell)
        except KeyboardInterrupt:
            print("\nstopped: rows that are done are kept, and the same command goes on from there", file=sys.stderr)
            raise
        except (ImportError, ValueError, OSError) as error:
            raise UserError(str(error)) from None


def _described(claim: papers.Claim) -> str:
    said = [f"{claim.name}  ({claim.source}; {claim.status})", claim.says, f"here: {claim.setting}"]
    said += [f"differs: {each}" for each in claim.deviations]
    return "\n    ".join([*said, f"measured: {claim.metric}", f"verdict: {claim.rule.rule}"])


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)
