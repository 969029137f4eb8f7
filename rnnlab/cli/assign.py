"""``rnnlab assign``: list, validate, begin a new one."""

import argparse
import json
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from rnnlab import checks
from rnnlab.checks import own
from rnnlab.cli import UserError
from rnnlab.grading.course import OWN
from rnnlab.grading.validate import Validation, validate_all
from rnnlab.teaching.new_assignment import new_assignment

COMPLAINTS = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab assign`` takes."""
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    listed = steps.add_parser("list", help="list every question and its points")
    listed.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="a course with questions of its own")
    summary = "validate the checks: what they catch, what they accept, how long they take"
    check = steps.add_parser("validate", aliases=["prove"], help=summary)
    check.add_argument("assignment", nargs="*", help="all by default")
    check.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="the folder with solutions/")
    check.add_argument("--seeds", type=int, default=500, metavar="N", help="secret seeds for the reference (500)")
    check.add_argument("--mutants", type=int, metavar="N", help="at most about so many a question (default: all)")
    check.add_argument("--workers", type=int, default=2, metavar="N", help="processes that share the work (2)")
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    new = steps.add_parser("new", help="write the skeleton of an assignment: one question that works, to be replaced")
    new.add_argument("assignment", help="its number and name, such as 14_attention")
    new.add_argument(
        "--course", type=Path, default=Path(), metavar="DIR", help="the checkout, with rnnlab/assignments/"
    )


def main(args: argparse.Namespace) -> int:
    """Run a step and return its exit code: 0 done, 3 a check has a gap."""
    own.use(args.course / OWN)
    if args.step == "new":
        return _new(args)
    return _list() if args.step == "list" else _validate(args)


def _new(args: argparse.Namespace) -> int:
    try:
        written = new_assignment(args.assignment, args.course)
    except ValueError as error:
        raise UserError(str(error)) from None
    for path in written:
        print(path)
    print("Replace what is marked TODO, then:")
    print(f"  rnnlab release {args.assignment}")
    print(f"  rnnlab assign validate {args.assignment}")
    return 0


def _list() -> int:
    table = Table("question", "what", "functions", "points")
    total = 0.0
    for assignment in checks.known():
        for question in checks.load(assignment):
            table.add_row(question.id, question.title, ", ".join(question.names), f"{question.points:g}")
            total += question.points
    table.add_row("", "all", "", f"{total:g}")
    Console().print(table)
    return 0


def _validate(args: argparse.Namespace) -> int:
    validations: list[Validation] = []
    quiet = Console(stderr=True)
    assignments = args.assignment or list(checks.known())
    try:
        for validation in validate_all(assignments, args.course, args.seeds, args.mutants, args.workers):
            quiet.print(f"{validation.question} …", end=" ")
            validations.append(validation)
    except ValueError as error:
        raise UserError(str(error)) from None
    quiet.print()
    if args.json:
        print(json.dumps([validation.as_dict() for validation in validations], indent=2))
    else:
        Console().print(_table(validations))
    for validation in validations:
        for missing in validation.missing:
            quiet.print(f"{validation.question}: {missing}", markup=False, soft_wrap=True)
        for complaint in validation.complaints:
            quiet.print(f"{validation.question}: {complaint}", markup=False)
    return COMPLAINTS if any(validation.complaints for validation in validations) else 0


def _table(validations: list[Validation]) -> Table:
    columns = (
        "question", "points", "mistakes", "mutants", "others", "theirs", "alarms", "drawn", "kept", "kinds", "hints",
        "false", "s",
    )  # fmt: skip
    table = Table(
        *columns,
        box=box.SIMPLE_HEAD,
        caption=(
            "mistakes named; mutants caught, and in brackets those that change nothing; others accepted, and their "
            "mutants; false alarms; share of all sizes drawn; kept results found; wrong kinds of values without a "
            "fault; mutants with a hint; wrong answers to other questions with a hint; median time"
        ),
    )
    for p in validations:
        table.add_row(
            p.question,
            f"{p.points:g}",
            f"{p.known_mistakes['caught']} of {p.known_mistakes['total']}",
            _caught(p.mutants),
            f"{p.alternatives['accepted']} of {p.alternatives['total']}",
            _caught(p.other_mutants),
            f"{p.false_alarms['count']} of {p.false_alarms['seeds']}",
            f"{p.drawn['seen'] / p.drawn['all']:.0%}" if p.drawn["all"] else "",
            f"{p.kept['found']} of {p.kept['total']}",
            f"{p.kinds['handled']} of {p.kinds['total']}",
            str(p.hints["mutants"]),
            f"{p.hints['false']} of {p.hints['others']}",
            f"{p.seconds:.3f}",
        )
    return table


def _caught(mutants: dict[str, int]) -> str:
    same = f" ({mutants['equivalent']})" if mutants["equivalent"] else ""
    return f"{mutants['killed']} of {mutants['total']}{same}"
