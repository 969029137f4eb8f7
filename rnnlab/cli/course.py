"""``rnnlab course``: new, check, edit, due."""

import argparse
from datetime import datetime
from pathlib import Path

from rnnlab.cli import UserError
from rnnlab.cli._mistakes import mistakes
from rnnlab.cli._text import clean
from rnnlab.grading import class_list, lateness
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.teaching import check_course, new_course
from rnnlab.teaching.collect import times

INCOMPLETE = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab course`` takes."""
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    made = steps.add_parser("new", help="make a course's folder that works at once")
    made.add_argument("folder", type=Path, metavar="DIR", help="a folder that is not there yet, or empty")
    made.add_argument(
        "--assignments", default="", metavar="A,B", help="only these, such as 02_unfolding (default: all)"
    )
    made.add_argument(
        "--db",
        default="",
        metavar="URL",
        help="keep the gradebook there, as postgresql://me@host/course (default: a file)",
    )
    edit = steps.add_parser("edit", help="put an assignment's source into the folder, to change it")
    edit.add_argument("assignment", help="such as 02_unfolding, or a new name for one of your own")
    edit.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="the course's folder")
    due = steps.add_parser("due", help="say when an assignment is due, for all or for one student")
    due.add_argument("assignment", help="the name of its folder, such as 02_unfolding")
    due.add_argument("time", nargs="+", help='such as "2026-05-04 23:59", or none')
    due.add_argument("--student", metavar="ID", help="only for this student: an extension, or none to take it back")
    due.add_argument("--zone", default="", metavar="ZONE", help="such as Europe/Berlin (default: this machine's)")
    due.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="the course's folder")
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
    made = new_course.new_course(args.folder, named, db_url=args.db)
    print(f"{len(made)} assignment{'' if len(made) == 1 else 's'} in {args.folder}")
    print(f"Next: fill {args.folder / 'students.csv'}, then: cd {args.folder} && rnnlab course check")
    return 0


def _check(args: argparse.Namespace) -> int:
    found = list(check_course.problems(Course(args.course)))
    for line in found:
        print(clean(line))
    if not found:
        print("Nothing is missing.")
    return INCOMPLETE if found else 0


def _edit(args: argparse.Namespace) -> int:
    path = new_course.edit(Course(args.course), args.assignment)
    print(f"{path} is yours to change")
    print(f"Next: rnnlab release {args.assignment}")
    return 0


def _due(args: argparse.Namespace) -> int:
    course = Course(args.course)
    if args.assignment not in check_course.assignments(course):
        raise UserError(check_course.unknown(course, args.assignment))
    when = _moment(" ".join(args.time), args.zone)
    if args.student:
        listed, _ = class_list.read(course.root / class_list.FILE)
        if args.student not in {person.id for person in listed}:
            raise UserError(f"{class_list.FILE} has no student {args.student!r}")
        lateness.extend(course, args.assignment, args.student, when)
    else:
        with GradebookStore(course) as book:
            lateness.set_due(book, args.assignment, when)
    for_whom = f" for {clean(args.student)}" if args.student else ""
    print(f"{args.assignment} is due {f'{when:%Y-%m-%d %H:%M} UTC' if when else 'at no time of its own'}{for_whom}.")
    print(f"Next: rnnlab grade run {args.assignment}, which works out anew what lateness costs")
    return 0


def _moment(text: str, zone: str) -> datetime | None:
    """Return a time in UTC, or None for none; a day alone could mean its beginning or its end."""
    if text == "none":
        return None
    if not text.strip():
        raise UserError('the time is empty: write one such as "2026-05-04 23:59", or none')
    try:
        when = times.moment(text, times.zone(zone))
    except ValueError as error:
        raise UserError(str(error).removeprefix("holds ").replace(", which is not", " is not")) from None
    if ":" not in text:
        raise UserError(f'{text} has no time of day: write "{text} 23:59" if work may come until the end of that day')
    return when


_STEPS = {"new": _new, "check": _check, "due": _due, "edit": _edit}
