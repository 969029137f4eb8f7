"""``rnnlab grade``: run, show, export, feedback, stats, similar, audit, demo, prove, doctor."""

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from rnnlab.cli import UserError, _handing_back, _names, _understanding
from rnnlab.cli import _text as text
from rnnlab.cli._mistakes import mistakes
from rnnlab.grading import changes, demo, people, rescore
from rnnlab.grading.course import Course
from rnnlab.grading.errors import NotReleased
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.pipeline import Summary, run
from rnnlab.grading.questions import by_cell
from rnnlab.grading.sandbox.host import doctor
from rnnlab.grading.settings import Settings
from rnnlab.teaching import check_course

NEEDS_LOOK = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``rnnlab grade`` takes."""
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)

    def step(name: str, summary: str, assignment: bool = True) -> argparse.ArgumentParser:
        sub = steps.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if assignment:
            sub.add_argument("assignment", help="the name of its folder, such as 02_unfolding")
        if name not in ("doctor", "prove"):
            sub.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="the folder with submitted/")
        return sub

    judge = step("run", "grade what was handed in and write the gradebook")
    judge.add_argument("--student", action="append", metavar="ID", help="only this student (may be repeated)")
    judge.add_argument("--force", action="store_true", help="grade again what has not changed")
    judge.add_argument(
        "--only", action="append", default=[], metavar="Q", help="judge only this question again, as 2.3"
    )
    judge.add_argument("--diff", action="store_true", help="show which scores have changed, and why")
    judge.add_argument("--workers", type=int, default=1, metavar="N", help="how many to grade at a time (default 1)")
    judge.add_argument(
        "--dask", default="", metavar="ADDRESS", help="grade on a Dask cluster: its scheduler, as tcp://10.0.0.1:8786"
    )
    judge.add_argument("--timestamps", action="store_true", help="trust each timestamp.txt: the collector wrote it")
    judge.add_argument("--no-sandbox", action="store_true", help="run students' code unprotected; stamps every result")
    judge.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    step("show", "print the gradebook's table")
    _handing_back.export_arguments(step("export", "write the marks as a platform takes them", assignment=False))
    _handing_back.feedback_arguments(step("feedback", "make each student's feedback page"))
    _understanding.stats_arguments(step("stats", "say how the class did, question by question"))
    _understanding.similar_arguments(step("similar", "list work that is nearly the same"))
    _understanding.audit_arguments(step("audit", "say everything about one student's mark"))
    made = step("demo", "make a class to try the grader on", assignment=False)
    made.add_argument("assignment", nargs="?", default="02_unfolding", help="default: 02_unfolding")
    made.add_argument("--copies", type=int, default=1, metavar="N", help="how many of each kind of student")
    proof = step("prove", "grade a collection of attacks, honest work and broken files, and count what is wrong", False)
    proof.add_argument("--json", action="store_true", help="print everything as JSON")
    proof.add_argument("--limit", type=int, default=0, metavar="N", help="at most N of each kind (default: all)")
    proof.add_argument("--kills", type=int, default=300, metavar="N", help="kill a run at N points (default: 300)")
    proof.add_argument(
        "--stock", type=int, default=0, metavar="N",
        help="let nbgrader alone, without a sandbox, grade N of each kind that do no harm (default: none)",
    )  # fmt: skip
    proof.add_argument("--only", action="append", metavar="PART", help="only this part (may be repeated)")
    proof.add_argument(
        "--to", type=Path, metavar="FILE", help="keep what each part finds in a file, beside the other parts there"
    )
    proof.add_argument(
        "--resume", action="store_true", help="leave out the parts that the file holds from the same command"
    )
    step("doctor", "say what this machine's sandbox gives", assignment=False)


def main(args: argparse.Namespace) -> int:
    """Run a step and return its exit code: 0 done, 2 a mistake in how it was called, 3 something needs a look."""
    with mistakes():
        _name(args)
        return _STEPS[args.step](args)


def _name(args: argparse.Namespace) -> None:
    """Take names as they are, where paths were typed."""
    if getattr(args, "assignment", None) is not None:
        args.assignment = _names.assignment(args.assignment)
    whom = getattr(args, "student", None)
    if whom:
        args.student = _names.last(whom) if isinstance(whom, str) else [_names.last(one) for one in whom]


def _run(args: argparse.Namespace) -> int:
    if args.workers < 1:
        raise UserError(f"--workers is {args.workers}, expected at least 1")
    settings = Settings(isolated=not args.no_sandbox)
    before = _rows(args) if args.diff else _NOTHING
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    # Drawn when there is news, and not by a thread: a process with threads cannot be copied for the workers.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("grading", total=None)

        def progress(student: str, done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, description=_clean(student)[:24], refresh=True)

        course = Course(args.course)
        try:
            course.release(args.assignment)
        except NotReleased:
            if args.assignment not in check_course.assignments(course):
                raise UserError(_names.unknown(course, args.assignment)) from None
            raise
        summary = run(
            course,
            args.assignment,
            settings,
            students=args.student,
            force=args.force,
            timestamps=args.timestamps,
            seed=args.seed,
            n_workers=args.workers,
            only=[number for each in args.only for number in each.split(",")],
            dask=args.dask,
            told=lambda said: bar.console.print(_clean(said), highlight=False),
            progress=progress,
        )
    _report(summary, settings, args.assignment)
    if args.diff:
        _differences(args, before)
    return 0 if summary.clean else NEEDS_LOOK


class _Scores(NamedTuple):
    """The scores of a class, what each cell is worth, and how its question is called."""

    rows: list[dict[str, Any]]
    points: dict[str, float]
    numbers: dict[str, str]


_NOTHING = _Scores([], {}, {})


def _rows(args: argparse.Namespace) -> _Scores:
    with GradebookStore(Course(args.course)) as book:
        if args.assignment not in book.assignments():
            return _NOTHING
        return _Scores(book.table(args.assignment)[1], book.cell_points(args.assignment), _numbers(args))


def _differences(args: argparse.Namespace, before: _Scores) -> None:
    """Print every score that has changed, and why."""
    with GradebookStore(Course(args.course)) as book:
        records = book.records(args.assignment)
    after = _rows(args)
    found = rescore.differences(before.rows, after.rows)
    for student, cell, old, new in found:
        number = {**before.numbers, **after.numbers}.get(cell) or changes.label(cell.removeprefix("check_"))
        report = records.get(student, {}).get("questions", {}).get(number, {})
        why = rescore.why(cell, before.points, after.points, report)
        shown = ["–" if score is None else f"{score:g}" for score in (old, new)]
        print(text.clean(f"{student}, {number}: {shown[0]} → {shown[1]}{f': {why}' if why else ''}"))
    print(f"{len(found)} scores have changed.")


def _report(summary: Summary, settings: Settings, assignment: str) -> None:
    console = Console()
    if not settings.isolated:
        console.print("[bold red]Graded without the sandbox:[/] every result says so.")
    for line in summary.changes:
        console.print(_clean(f"Changed: {line}."), soft_wrap=True)
    says = {student: f"0 points: {reason}" for student, reason in summary.reasons.items()}
    says |= dict.fromkeys(summary.faults, "needs your look: a question that the course could not judge")
    says |= {student: f"not graded: {reason}" for student, reason in summary.refused.items()}
    for student, why in summary.no_time.items():
        said = f"no usable time, so never late: timestamp.txt {why}"
        says[student] = f"{says[student]}; {said}" if student in says else said
    for student, name in summary.misplaced.items():
        says[student] = f"not graded: handed in as {name}, so rename it to {assignment} if that is what it is"
    if says:
        table = Table(Column("student", overflow="fold"), "what to know", title=None)
        for student in sorted(says):
            table.add_row(_clean(student), _clean(says[student]))
        console.print(table)
    n_graded, n_recorded = len(summary.graded), len(summary.recorded)
    console.print(
        f"{n_graded} graded, {n_recorded} recorded as 0 with the reason, {len(summary.unchanged)} unchanged, "
        f"{len(summary.refused) + len(summary.faults) + len(summary.misplaced)} to look at, in {summary.seconds:.1f} s."
    )
    if summary.absent:
        console.print(_clean(f"{len(summary.absent)} handed in nothing: {', '.join(summary.absent[:200])}"))
    if summary.unlisted:
        console.print(_clean(_unlisted(summary.unlisted)), soft_wrap=True)
    for line in [*summary.class_list, *filter(None, [summary.late_fault])]:
        console.print(_clean(line))
    if summary.penalties:
        console.print(_clean(f"Lateness costs something else than before: {', '.join(summary.penalties[:200])}"))
    for student, fault in summary.faults.items():
        print("\n".join(map(text.clean, ["", f"{student}:", *fault.split("\n")])), file=sys.stderr)


def _unlisted(students: list[str]) -> str:
    return (
        f"{len(students)} not on the class list: {', '.join(students[:20])}. Add them to students.csv, or correct the "
        f"folder's name; nbgrader db student remove {students[0]} --force takes a wrong name out of the gradebook"
    )


def _clean(text: str) -> str:
    """Return text that neither rich nor a terminal reads as anything but text."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text).replace("[", "\\[")


def _show(args: argparse.Namespace) -> int:
    with GradebookStore(Course(args.course)) as book:
        names, entries = book.table(args.assignment)
        absent = people.absent(book, (row["student"] for row in entries))
    numbers = _numbers(args)
    heads = [numbers.get(name, changes.label(name)) for name in names]
    table = Table(Column("student", overflow="fold"), *heads, "total", "of", box=box.SIMPLE_HEAD)
    marks = {row["student"]: _mark(row) for row in entries}
    if any(marks.values()):
        table.add_column()
    for row in entries:
        cells = [row["open"].get(name, "–" if score is None else f"{score:g}") for name, score in row["cells"].items()]
        look = [marks[row["student"]]] if any(marks.values()) else []
        total = "–" if len(row["open"]) == len(cells) and cells else f"{row['total']:g}"
        table.add_row(_clean(row["student"]), *cells, total, f"{row['max_score']:g}", *look)
    for student in absent:
        table.add_row(_clean(student), *["–"] * len(names), people.ABSENT, "")
    Console().print(table)
    return 0


def _mark(row: dict[str, Any]) -> str:
    """Return what stands beside a student's total, empty for most."""
    return ", ".join(["needs a look"] * row["needs_look"] + ["no usable time"] * row["no_time"])


def _numbers(args: argparse.Namespace) -> dict[str, str]:
    """Return the questions' numbers by the names of their cells."""
    return {name: question.id for name, question in by_cell(Course(args.course), args.assignment).items()}


def _demo(args: argparse.Namespace) -> int:
    if args.copies < 1:
        raise UserError(f"--copies is {args.copies}, expected at least 1")
    args.course.mkdir(parents=True, exist_ok=True)
    students = demo.make(args.course, args.assignment, args.copies)
    print(f"{len(students)} students handed in {args.assignment} in {args.course / 'submitted'}")
    print(f"Next: rnnlab grade run {args.assignment} --course {args.course}")
    return 0


def _doctor(args: argparse.Namespace) -> int:
    checks = doctor.examine()
    table = Table("", "what", "here")
    for check in checks:
        mark = "[green]✓[/]" if check.good else "[red]✗[/]" if check.needed else "[yellow]–[/]"
        table.add_row(mark, check.what, _clean(check.says))
    console = Console()
    console.print(table)
    if all(check.good for check in checks if check.needed):
        console.print("Submissions are graded in the sandbox on this machine.")
        return 0
    console.print(doctor.ADVICE)
    return 1


def _prove(args: argparse.Namespace) -> int:
    from rnnlab.grading.proof import prove, table

    for name in ("limit", "kills", "stock"):
        if getattr(args, name) < 0:
            raise UserError(f"--{name} is {getattr(args, name)}, expected at least 0")
    only = args.only or prove.SECTIONS
    if unknown := sorted(set(only) - set(prove.SECTIONS)):
        raise UserError(f"--only {unknown[0]}: there are only {', '.join(prove.SECTIONS)}")
    # What decides about the result of a part, and not where it is kept or which parts were asked for.
    decides = (("limit", 0), ("kills", 300), ("stock", 0))
    words = [f"--{name} {getattr(args, name)}" for name, usual in decides if getattr(args, name) != usual]
    command = " ".join(["rnnlab grade prove", *words])
    if args.resume:
        if args.to is None:
            raise UserError("--resume needs --to, the file that is gone on with")
        done = table.parts_of(args.to, command)
        only = [part for part in only if part not in done]
        print(f"done before: {', '.join(done) or 'nothing'}", file=sys.stderr)

    def keep(part: str, found: prove.Proof) -> None:
        if args.to is not None:
            table.store(args.to, part, found, command)

    options = {"n_kills": args.kills, "n_stock": args.stock, "only": only, "done": keep}
    proof = prove.prove(args.limit, lambda said: print(said, file=sys.stderr, flush=True), **options)
    if args.resume:
        proof = table.joined(args.to, args.only or prove.SECTIONS)
    if args.json:
        print(proof.as_json())
        return 0 if proof.holds else NEEDS_LOOK
    shown = Table("what", "tried", "wrong", "nbgrader alone", box=box.SIMPLE_HEAD)
    for row in table.rows(proof.as_dict()):
        shown.add_row(*row)
    console = Console()
    console.print(shown)
    for line in table.details(proof.as_dict()):
        console.print(_clean(line))
    return 0 if proof.holds else NEEDS_LOOK


_STEPS = {
    "run": _run,
    "show": _show,
    "export": _handing_back.export,
    "feedback": _handing_back.pages,
    "stats": _understanding.stats,
    "similar": _understanding.similar,
    "audit": _understanding.audit,
    "demo": _demo,
    "doctor": _doctor,
    "prove": _prove,
}
