"""``rnnlab course``: new, check."""

import argparse
from pathlib import Path

from rnnlab.cli import UserError
from rnnlab.cli._mistakes import mistakes
from rnnlab.cli._text import clean
from rnnlab.grading.course import Course
from rnnlab.teaching import check_course, new_course

INCOMPLETE = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab course`` takes."""
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    made = steps.add_parser("new", help="make a course's folder that works at once")
    made.add_argument("folder", type=Path, metavar="DIR", help="a folder that is not there yet, or empty")
    made.add_argument(
        "--assignments", default="", metavar="A,B", help="only these, such as 02_unfolding (default: all)"
    )
    check = steps.add_parser("check", help="say what a course's folder lacks")
    check.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="the course's folder")


def main(args: argparse.Namespace) -> int:
    """Run a step and return its exit code: 0 done, 3 something is missing."""
    with mistakes():
        return _STEPS[args.step](args)


def _new(args: argparse.Namespace) -> int:
    if args.folder.is_symlink() and not args.folder.exists():
        raise UserError(f"{args.folder} is a link to nothing")
    named = list(filter(None, args.assignments.split(",")))
    made = new_course.new_course(args.folder, named)
    print(f"{len(made)} assignments in {args.folder}")
    print(f"Next: fill {args.folder / 'students.csv'}, then: cd {args.folder} && rnnlab course check")
    return 0


def _check(args: argparse.Namespace) -> int:
    found = list(check_course.problems(Course(args.course)))
    for line in found:
        print(clean(line))
    if not found:
        print("Nothing is missing.")
    return INCOMPLETE if found else 0


_STEPS = {"new": _new, "check": _check}
