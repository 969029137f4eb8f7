"""``rnnlab release``: derive the notebooks from their sources."""

import argparse
from pathlib import Path

from rnnlab import checks
from rnnlab.cli import UserError
from rnnlab.grading.course import OWN
from rnnlab.grading.release import SOURCES, release


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab release`` takes."""
    parser.add_argument(
        "assignment", nargs="*", help="the names of their folders in solutions/ or assignments/; all by default"
    )
    parser.add_argument(
        "--course", type=Path, default=Path(), metavar="DIR", help="the folder with solutions/ or assignments/"
    )


def main(args: argparse.Namespace) -> int:
    """Release the assignments named and print where their notebooks are."""
    for assignment in args.assignment or _all(args.course):
        try:
            print(release(assignment, args.course), flush=True)
        except ValueError as error:
            raise UserError(str(error)) from None
    return 0


def _all(root: Path) -> list[str]:
    """Return the assignments of a checkout, or those of a course's own."""
    if (root / SOURCES).is_dir():
        return list(checks.packages())
    found = sorted(path.stem for path in (root / OWN).glob("*/*.py") if path.stem == path.parent.name)
    if not found:
        raise UserError(f"there is no {root / SOURCES} and nothing in {root / OWN}: --course names the course's folder")
    return found
