"""``rnnlab collect``: put what a learning platform hands out into ``submitted/``."""

import argparse
from pathlib import Path

from rnnlab.cli import UserError
from rnnlab.cli._mistakes import mistakes
from rnnlab.cli._text import clean
from rnnlab.grading.course import Course
from rnnlab.teaching import check_course
from rnnlab.teaching.collect import times
from rnnlab.teaching.collect.arriving import Arrivals, arriving
from rnnlab.teaching.collect.collecting import Collection, collect
from rnnlab.teaching.collect.patterns import PLATFORMS, Pattern

NEEDS_LOOK = 3
_SHOWN = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab collect`` takes."""
    parser.add_argument("source", type=Path, metavar="FILE-OR-FOLDER", help="the ZIP archive, or what was in it")
    parser.add_argument("--from", dest="platform", choices=PLATFORMS, required=True, help="who made it")
    parser.add_argument(
        "--assignment", metavar="NAME", help="such as 02_unfolding (default: what the files are called)"
    )
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="the course's folder")
    parser.add_argument("--pattern", default="", metavar="REGEX", help="how files are named, with (?P<student>...)")
    parser.add_argument(
        "--times", type=Path, metavar="CSV", help="a table with students and times, as Moodle's worksheet"
    )
    parser.add_argument("--zone", default="", metavar="ZONE", help="of the platform's times (default: this machine's)")
    parser.add_argument("--replace", action="store_true", help="replace work that did not come from a collection, too")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")


def main(args: argparse.Namespace) -> int:
    """Collect, say what was done, and return the exit code: 0 done, 3 something was not taken."""
    with mistakes():
        course = Course(args.course)
        pattern, zone = Pattern(args.platform, args.pattern), times.zone(args.zone)
        arrivals = arriving(args.source)
        assignment = args.assignment or _guessed(course, arrivals)
        if assignment not in check_course.assignments(course):
            raise UserError(check_course.unknown(course, assignment))
        told = times.table(args.times) if args.times else []
        options = {"told": told, "replace": args.replace, "dry_run": args.dry_run}
        done = collect(course, assignment, arrivals, pattern, zone, **options)
    return _report(done, assignment, args)


def _guessed(course: Course, arrivals: Arrivals) -> str:
    """Return the one assignment after which files are called."""
    names = check_course.assignments(course)
    meant = {name for name in names if any(name in one.path for one in arrivals.files)}
    if len(meant) != 1:
        raise UserError("which assignment is it? Name it, as in --assignment 02_unfolding")
    return meant.pop()


def _report(done: Collection, assignment: str, args: argparse.Namespace) -> int:
    would = "would be " if args.dry_run else ""
    print(
        f"{assignment}: {len(done.new)} {would}new, {len(done.changed)} {would}changed, {len(done.unchanged)} unchanged"
    )
    if any((done.new, done.changed, done.unchanged)) and args.platform in ("blackboard", "brightspace"):
        print(f"Times are in the zone {args.zone or 'of this machine'}; --zone says otherwise.")
    for text, students in (
        ("late, as the platform says", done.late),
        ("without a time, so never late", done.no_time),
        ("handed in nothing", done.absent),
    ):
        if students:
            more = ", …" if len(students) > 20 else ""
            print(clean(f"{len(students)} {text}: {', '.join(students[:20])}{more}"))
    matter = [left for left in done.left if left.matters]
    for title, lines in (("Not taken", matter), ("Left out", [left for left in done.left if not left.matters])):
        for left in lines[:_SHOWN]:
            print(clean(f"{title}: {left.path}: {left.why}"))
        if len(lines) > _SHOWN:
            print(f"{title}: and {len(lines) - _SHOWN} more")
    return NEEDS_LOOK if matter else 0
