"""``rnnlab grade stats``, ``similar`` and ``audit``: what a class did, and why a mark is what it is."""

import argparse
import json
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from rnnlab import _files
from rnnlab.cli import UserError
from rnnlab.cli._text import clean
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.teaching import audit as auditing
from rnnlab.teaching import handed_in, similarity, statistics_page
from rnnlab.teaching.statistics import Statistics, statistics

_SHOWN = 50


def stats_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab grade stats`` takes."""
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with plots there")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def similar_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab grade similar`` takes."""
    limit = similarity.THRESHOLD
    parser.add_argument("--least", type=float, default=limit, metavar="SHARE", help=f"the least share ({limit:g})")
    parser.add_argument("--json", action="store_true", help="print the pairs as JSON")


def audit_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab grade audit`` takes."""
    parser.add_argument("student", metavar="ID", help="the student's id")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def stats(args: argparse.Namespace) -> int:
    """Print the statistics, and write the page."""
    with GradebookStore(Course(args.course)) as book:
        found = statistics(book, args.assignment)
    if args.html:
        _files.write_text(args.html, statistics_page.page(found))
    if args.json:
        print(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
        return 0
    _show(found)
    if args.html:
        print(f"The page is {args.html}")
    return 0


def _show(found: Statistics) -> None:
    console = Console()
    console.print(statistics_page.summary(found))
    heads = [
        Column(name, justify="left" if name in ("question", "what") else "right") for name in statistics_page.HEADS
    ]
    table = Table(*heads, box=box.SIMPLE_HEAD)
    for question in found.questions:
        table.add_row(*map(escape, statistics_page.cells(question)))
    console.print(table)
    for question in found.questions:
        for mistake in question.mistakes:
            console.print(escape(f"{question.question}: {mistake.students} × {mistake.sentence}"))


def similar(args: argparse.Namespace) -> int:
    """Print the pairs of students whose work is nearly the same."""
    if not 0 <= args.least <= 1:
        raise UserError(f"--least is {args.least:g}, expected a share from 0 to 1, as 0.8 for 80 %")
    course = Course(args.course)
    work = handed_in.code(course, args.assignment)
    pairs = similarity.similar(work, handed_in.given(course, args.assignment), args.least)
    if args.json:
        print(json.dumps([pair._asdict() for pair in pairs], indent=1))
        return 0
    for pair in pairs[:_SHOWN]:
        print(clean(f"{pair.share:.0%} the same, {pair.shared} places: {pair.one} and {pair.other}"))
    if len(pairs) > _SHOWN:
        print(f"and {len(pairs) - _SHOWN} more pairs: --json has them all")
    print(f"{len(pairs)} pairs among {len(work)} students. Look at both before you say anything: this proves nothing.")
    return 0


def audit(args: argparse.Namespace) -> int:
    """Print everything about a student's mark."""
    with GradebookStore(Course(args.course)) as book:
        found = auditing.audit(book, args.assignment, args.student)
    if args.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
        return 0
    for line in _lines(found):
        print(clean(line))
    return 0


def _lines(found: dict[str, Any]) -> list[str]:
    ran, limits = found["ran"], found["ran"].get("limits", {})
    versions = ", ".join(f"{name} {text}" for name, text in ran.get("versions", {}).items())
    came = found["collected"].get("where", "")
    lines = [f"{found['student']}, {found['assignment']}: {found['total']:g} of {found['max_score']:g} points"]
    lines += [f"handed in: {found['handed_in'] or 'no time is known'}" + (f", as {came}" if came else "")]
    lines += [f"file: {one['file']}, {one['bytes']} bytes, SHA-256 {one['sha256']}" for one in found["files"]]
    if ran:
        place = "in the sandbox" if found["sandboxed"] else "WITHOUT the sandbox"
        lines += [f"graded: {ran['when']} {place}, in {found['seconds']} s, cases from seed {ran['seed']}"]
        lines += [f"with: {versions}"]
        lines += [f"limits: {', '.join(f'{name} {value:g}' for name, value in limits.items())}"]
    lines += [f"note: {note}" for note in found["notes"]]
    for score in found["scores"]:
        lines += _score(score)
    if found["late_penalty"]:
        lines += [f"lateness: -{found['late_penalty']:g}"]
    return lines


def _score(score: dict[str, Any]) -> list[str]:
    points = score["open"] if score["score"] is None else f"{score['score']:g}"
    lines = [f"{score['question'] or score['cell']}: {points} of {score['of']:g}"]
    if score.get("by_hand") is not None:
        machine = score["by_machine"]
        lines[0] += f", entered by hand (the machine: {'nothing' if machine is None else f'{machine:g}'})"
    lines += [
        f"  {'passed' if part['passed'] else 'failed'}: {part['name']} ({part['points']:g})" for part in score["parts"]
    ]
    lines += [f"  {label}: {score[key]}" for label, key in _TOLD if score.get(key)]
    lines += [f"  looks familiar: {hint}" for hint in score["hints"]]
    return lines


_TOLD = (
    ("why", "reason"),
    ("first failing case", "failed"),
    ("its arguments", "again"),
    ("comment by hand", "comment"),
)
