"""``rnnlab release``: derive the notebooks from their sources."""

import argparse
from pathlib import Path

from rnnlab import checks
from rnnlab.cli import UserError
from rnnlab.grading.release import release


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab release`` takes."""
    parser.add_argument("assignment", nargs="*", help="the names of their folders in solutions/; all by default")
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="the folder with solutions/")


def main(args: argparse.Namespace) -> int:
    """Release the assignments named and print where their notebooks are."""
    for assignment in args.assignment or checks.packages():
        try:
            print(release(assignment, args.course), flush=True)
        except ValueError as error:
            raise UserError(str(error)) from None
    return 0
