"""``rnnlab grade export`` and ``feedback``: marks and pages for students and platforms."""

import argparse
import csv
import io
import sys
from pathlib import Path

from rnnlab import _files
from rnnlab.cli import UserError
from rnnlab.cli._text import clean
from rnnlab.grading.course import Course
from rnnlab.grading.export import rows, safe
from rnnlab.grading.feedback import feedback
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.teaching import feedback_archive, gradebooks

NEEDS_LOOK = 3


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab grade export`` takes."""
    parser.add_argument("assignment", nargs="?", help="the name of its folder, such as 02_unfolding")
    parser.add_argument("--all", action="store_true", help="every assignment that is graded, and the total")
    formats = ", ".join(gradebooks.FORMATS)
    parser.add_argument("--to", default="csv", metavar="FORMAT", help=f"one of {formats} (default: csv)")
    parser.add_argument("--file", type=Path, metavar="FILE", help="where to (default: standard output)")
    parser.add_argument("--title", default="", metavar="TEXT", help="what the platform calls the assignment's column")
    parser.add_argument("--absent", type=float, metavar="POINTS", help="what absent students get (default: no mark)")
    parser.add_argument("--partial", action="store_true", help="export work that is not marked completely, too")


def feedback_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab grade feedback`` takes."""
    parser.add_argument("--student", action="append", metavar="ID", help="only this student (may be repeated)")
    parser.add_argument("--force", action="store_true", help="make again what is there")
    parser.add_argument("--zip", choices=feedback_archive.PLATFORMS, help="pack the pages as this platform takes them")
    parser.add_argument("--file", type=Path, metavar="FILE", help="the archive (default: feedback-ASSIGNMENT.zip)")


def export(args: argparse.Namespace) -> int:
    """Write the marks."""
    format, path = args.to, args.file
    if format not in gradebooks.FORMATS:
        if path is not None or not Path(format).suffix:
            raise UserError(f"--to is {format!r}, expected one of {', '.join(gradebooks.FORMATS)}")
        format, path = "csv", Path(format)  # as in --to grades.csv
    if bool(args.assignment) == args.all:
        raise UserError("name one assignment, or --all")
    if args.title and args.all:
        raise UserError("--title names the column of one assignment, and --all has several")
    with GradebookStore(Course(args.course)) as book:
        if format == "csv" and not args.all:
            lines, n_heads, still = rows(book, args.assignment), 1, []
        else:
            chosen = book.assignments() if args.all else [args.assignment]
            if not chosen:
                raise UserError("the gradebook knows no assignment: nothing was graded yet")
            found = gradebooks.marks(book, chosen, absent=args.absent, partial=args.partial)
            lines, n_heads = gradebooks.table(found, format, args.title), 2 if format == "canvas" else 1
            still = sorted(found.status("open"))
    _write(lines, path)
    if path is not None:
        print(f"{len(lines) - n_heads} students in {path}")
    if still:
        names = ", ".join(still[:20])
        said = (
            f"{len(still)} without a mark, as nobody has marked all of their answers: {names}; --partial exports them"
        )
        print(clean(said), file=sys.stderr)
    return 0


def _write(lines: list[list], path: Path | None) -> None:
    guarded = [[safe(cell) for cell in line] for line in lines]
    if path is None:
        csv.writer(sys.stdout).writerows(guarded)
        return
    with _files.replacing(path) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=True)
        csv.writer(text).writerows(guarded)
        text.detach()


def pages(args: argparse.Namespace) -> int:
    """Make feedback pages, and pack them."""
    course = Course(args.course)
    made, failed = feedback(course, args.assignment, args.student, args.force)
    print(f"{len(made)} feedback pages made")
    for student, why in failed.items():
        print(clean(f"no page for {student}: {why}"), file=sys.stderr)
    unknown: list[str] = []
    if args.zip:
        path = args.file or Path(f"feedback-{args.assignment}.zip")
        n_packed, unknown = feedback_archive.archive(course, args.assignment, made, args.zip, path)
        print(f"{n_packed} of them in {path}, named as {args.zip} takes them")
    for student in unknown:
        print(clean(f"{student} is not in it: the work did not come from {args.zip}'s archive"), file=sys.stderr)
    return NEEDS_LOOK if failed or unknown else 0
