"""Decide what is taken of what arrived, and put it into ``submitted/``; a second time changes nothing."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from rnnlab.grading import class_list, collected, strangers
from rnnlab.grading.course import Course
from rnnlab.grading.errors import Refused
from rnnlab.grading.intake import check_student_id, printable
from rnnlab.teaching.collect import times
from rnnlab.teaching.collect.arriving import Arrivals, Arrived
from rnnlab.teaching.collect.matching import Matching
from rnnlab.teaching.collect.patterns import Found, Pattern

_MOST = 200  # files of one student
_LARGEST = 128 * 2**20  # bytes of one student
_LONGEST = 255  # bytes of a file's name
_STAMP = "timestamp.txt"


class Left(NamedTuple):
    """What was not taken: its path, why, and whether somebody must look."""

    path: str
    why: str
    matters: bool = True


@dataclass
class Handed:
    """One student's submission."""

    files: dict[str, tuple[Arrived, Found]] = field(default_factory=dict)
    attempt: str = ""
    n_attempts: int = 1
    time: str = ""
    late: bool = False
    where: str = ""  # the first file's path, from which the platform's own name for it is made again


@dataclass
class Collection:
    """What was collected.

    Parameters
    ----------
    new, changed, unchanged : list of str
        Students.
    left : list of Left
        What was not taken.
    late : list of str
        Students whose work the platform calls late.
    no_time : list of str
        Students for whom no time is known.
    absent : list of str
        Students of the class list of whom nothing arrived.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    no_time: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def collect(
    course: Course,
    assignment: str,
    arrivals: Arrivals,
    pattern: Pattern,
    where: tzinfo,
    *,
    told: Iterable[tuple[tuple[str, ...], str]] = (),
    replace: bool = False,
    dry_run: bool = False,
) -> Collection:
    """Put what arrived into ``submitted/`` and return what became of it.

    Parameters
    ----------
    course : Course
    assignment : str
    arrivals : Arrivals
    pattern : Pattern
    where : tzinfo
        The zone of times that name none.
    told : iterable of (words for a student, time)
        Times from a table of the platform's.
    replace : bool
        Whether work may be replaced that did not come from here.
    dry_run : bool
        Only say what would be done.
    """
    people, wrong = class_list.read(course.root / class_list.FILE)
    if wrong:
        raise ValueError(wrong[0])
    done = Collection()
    done.left += [Left(path, why) for path, why in arrivals.refused]
    matching = Matching(people)
    handed = _sorted_out(arrivals.files, assignment, pattern, matching, where, done)
    _tell(handed, matching, told, where, done)
    known = collected.read(course, assignment)
    for student in sorted(handed):
        try:
            _take(course, assignment, student, handed[student], known, replace, dry_run, done)
        except Refused as error:
            done.left.append(Left(handed[student].where, str(error)))
    if not dry_run:
        collected.write(course, assignment, known)
    done.absent = sorted({person.id for person in people} - set(handed) - set(known))
    return done


def _sorted_out(
    files: Iterable[Arrived], assignment: str, pattern: Pattern, matching: Matching, where: tzinfo, done: Collection
) -> dict[str, Handed]:
    """Return each student's last attempt."""
    attempts: dict[str, dict[str, Handed]] = {}
    for one in files:
        try:
            found = pattern.read(one.path)
            if found is None:
                raise Refused(f"it is not named like {pattern.example}: rename it, or say how with --pattern")
            student = _student(found, matching)
            if found.own or found.file == "index.html":
                done.left.append(Left(one.path, "the platform wrote it, or keeps in it what was typed there", False))
                continue
            _add(attempts.setdefault(student, {}), one, found, assignment, where, done)
        except Refused as error:
            done.left.append(Left(one.path, str(error)))
    return {student: _last(mine, done) for student, mine in attempts.items() if mine}


def _student(found: Found, matching: Matching) -> str:
    if matching:
        return matching.find(found.who)
    return check_student_id(found.who[0] if found.who else "")


def _add(mine: dict[str, Handed], one: Arrived, found: Found, assignment: str, where: tzinfo, done: Collection) -> None:
    name = _name(found.file, assignment)
    handed = mine.setdefault(found.attempt, Handed(attempt=found.attempt, where=one.path))
    if found.time and not handed.time:
        try:
            handed.time = times.utc(found.time, where)
        except ValueError as error:
            done.left.append(Left(one.path, f"the work was taken, but not its time: it {error}"))
    handed.late |= found.late
    if name in handed.files:
        before = handed.files[name]
        if before[1].copy == found.copy:
            raise Refused(
                f"{printable(before[0].path)} has the same name and came before it, and only one can be taken"
            )
        if before[1].copy > found.copy:
            done.left.append(Left(one.path, "the same file was handed in again later", False))
            return
        done.left.append(Left(before[0].path, "the same file was handed in again later", False))
    elif len(handed.files) >= _MOST:
        raise Refused(f"the student handed in more than {_MOST} files")
    handed.files[name] = (one, found)


def _name(file: str, assignment: str) -> str:
    """Return where a file stands in the submission's folder."""
    parts = PurePosixPath(file).parts
    if parts and parts[0] == assignment and len(parts) > 1:
        parts = parts[1:]
    if not parts or any(part in ("..", "/") or part.startswith(".") or "\\" in part for part in parts):
        raise Refused("its name is none that a submission may hold")
    if parts[-1] == _STAMP:
        raise Refused("it gives a time, and the time comes from the platform alone")
    return "/".join(parts)


def _last(mine: dict[str, Handed], done: Collection) -> Handed:
    """Return the last of a student's attempts; those without a time come before those with one."""
    *earlier, last = sorted(mine.values(), key=lambda handed: (handed.time, handed.attempt))
    last.n_attempts = len(mine)
    same = [handed for handed in earlier if handed.time == last.time and not handed.time]
    for handed in earlier:
        why = (
            "a later attempt of the student was taken" if handed not in same else "which attempt is the last is unclear"
        )
        done.left += [Left(one.path, why, handed in same) for one, _ in handed.files.values()]
    return last


def _tell(
    handed: dict[str, Handed],
    matching: Matching,
    told: Iterable[tuple[tuple[str, ...], str]],
    where: tzinfo,
    done: Collection,
) -> None:
    for whom, text in told:
        try:
            student = matching.find(whom)
            if student in handed:
                handed[student].time = times.utc(text, where)
        except (Refused, ValueError) as error:
            done.left.append(Left(f"the time of {' '.join(whom)}", str(error)))


def _take(
    course: Course,
    assignment: str,
    student: str,
    handed: Handed,
    known: dict[str, dict],
    replace: bool,
    dry_run: bool,
    done: Collection,
) -> None:
    contents = _contents(handed, done)
    if not contents:
        raise Refused("nothing of what this student handed in could be taken")
    digest = _digest(contents)
    before, folder = known.get(student), course.submitted(student, assignment)
    if before and before["digest"] == digest and not handed.time:
        handed.time = before["time"]  # the same work: its time is known from before, and this source has none
    there = _digest(_held(folder)) if os.path.lexists(folder) else ""
    if before and before["time"] > handed.time > "":
        raise Refused(f"what was collected before is later ({before['time'][:16]}) and stays")
    if there and there != digest and there != (before or {}).get("digest") and not replace:
        raise Refused(
            f"{folder} holds other work, which did not come from a collection: --replace puts this in its place"
        )
    _count(done, student, handed, before, there, digest)
    if dry_run:
        return
    if there != digest:
        _put(folder, contents)
    stamp = folder / _STAMP
    if handed.time:
        _write(stamp, f"{handed.time}\n".encode())
    else:
        stamp.unlink(missing_ok=True)
    known[student] = {
        "time": handed.time,
        "late": handed.late,
        "digest": digest,
        "where": handed.where,
        "attempts": _attempts(handed, before, digest),
    }


def _attempts(handed: Handed, before: dict | None, digest: str) -> int:
    """Return how often a student has handed in: as an archive shows, or as often as other work was collected."""
    earlier = before.get("attempts", 1) if before else 0
    return max(handed.n_attempts, earlier + (before is None or before["digest"] != digest))


def _count(done: Collection, student: str, handed: Handed, before: dict | None, there: str, digest: str) -> None:
    same = there == digest and before is not None and before["time"] == handed.time
    (done.unchanged if same else done.changed if there else done.new).append(student)
    if handed.late:
        done.late.append(student)
    if not handed.time:
        done.no_time.append(student)


def _contents(handed: Handed, done: Collection) -> dict[str, bytes]:
    """Return the files' bytes, within what one student may hand in."""
    contents: dict[str, bytes] = {}
    total = 0
    for name, (one, _) in handed.files.items():
        try:
            _require_writable(name, handed.files)
            data = one.read()
            total += len(data)
            if total > _LARGEST:
                raise Refused(f"the student's files have more than {_LARGEST >> 20} MB together")
            contents[name] = data
        except Refused as error:
            done.left.append(Left(one.path, str(error)))
    if contents and not any(
        name.lower().endswith((".ipynb", ".zip")) or strangers.is_notebook(name, data)
        for name, data in contents.items()
    ):
        done.left.append(Left(handed.where, "taken, but there is no notebook among the student's files"))
    return contents


def _require_writable(name: str, others: Container[str]) -> None:
    """Refuse a file that no file system holds, or not beside the others: the student's other files are taken."""
    path = PurePosixPath(name)
    if any(len(part.encode("utf-8", "replace")) > _LONGEST for part in path.parts):
        raise Refused("its name is longer than a file's may be")
    if any(folder.as_posix() in others for folder in path.parents):
        raise Refused("another file has the name of its folder")


def _digest(contents: dict[str, bytes]) -> str:
    state = hashlib.sha256()
    for name, data in sorted(contents.items()):
        state.update(f"{name!a} {len(data)} ".encode() + data)
    return state.hexdigest()


def _held(folder: Path) -> dict[str, bytes]:
    """Return what stands in a submission's folder, within bounds; a link counts as something that is not ours."""
    held: dict[str, bytes] = {}
    total = 0
    for top, folders, names in os.walk(folder):
        for name in [*names, *(one for one in folders if os.path.islink(Path(top, one)))]:
            path = Path(top, name)
            if name == _STAMP and path.parent == folder:
                continue
            plain = path.is_file() and not path.is_symlink()
            total += path.stat().st_size if plain else 0
            if total > 2 * _LARGEST or len(held) > 2 * _MOST:
                return {"too much": b""}
            held[path.relative_to(folder).as_posix()] = path.read_bytes() if plain else b"a link"
    return held


def _put(folder: Path, contents: dict[str, bytes]) -> None:
    """Put a submission in its place as a whole: what was there before goes only once all is written."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".collected-", dir=folder.parent) as scratch:
        fresh, old = Path(scratch, "new"), Path(scratch, "old")
        fresh.mkdir()
        for name, data in contents.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            _write(fresh / name, data)
        if os.path.lexists(folder):
            os.rename(folder, old)
        os.rename(fresh, folder)
        shutil.rmtree(old, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except (OSError, UnicodeEncodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name cannot be written"
        raise Refused(f"it cannot be written here: {reason}") from None
