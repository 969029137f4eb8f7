"""A course's own questions: a folder with a ``checks.py`` is an assignment's package, as those are that rnnlab has.

One course is at hand at a time, the one whose folder was named last. A module's name holds a digest of the folder's
text, so that what has changed is imported afresh and nothing that is kept by a module's name is out of date.
"""

import hashlib
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from rnnlab.checks.question import Question

ROOT = "rnnlab_own"
FILE = "checks.py"
_at_hand: Path | None = None


def use(folder: Path) -> None:
    """Take a course's own questions from the folders in `folder`, as a course keeps them in ``assignments/``."""
    global _at_hand
    _at_hand = folder.resolve()


def packages() -> dict[str, str]:
    """Return the package of each assignment of the course at hand that has checks of its own."""
    if _at_hand is None or not _at_hand.is_dir():
        return {}
    return {path.parent.name: _package(path.parent) for path in sorted(_at_hand.glob(f"*/{FILE}"))}


def beside() -> dict[str, str]:
    """Return the package of a ``checks.py`` in the working folder, where a notebook runs; none where there is none."""
    here = Path.cwd()
    return {here.name: _package(here)} if (here / FILE).is_file() else {}


def folder(package: str) -> Path:
    """Return the folder of a course's own package."""
    return Path(sys.modules[package].__path__[0])


def _package(folder: Path) -> str:
    """Make a folder importable as a package, so that its modules import each other as ``from .mistakes import …``."""
    state = hashlib.sha256(str(folder).encode())
    for path in sorted(folder.glob("*.py")):
        state.update(path.name.encode() + path.read_bytes())
    name = f"{ROOT}_{state.hexdigest()[:16]}"
    if name not in sys.modules:
        package = ModuleType(name, "An assignment of a course's own.")
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def imported(package: str, name: str) -> ModuleType:
    """Return a package's module.

    Raises
    ------
    ValueError
        If it is a course's own and cannot be imported; the text says where and why.
    """
    if not package.startswith(ROOT):
        return import_module(f"{package}.{name}")
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # a file that is edited twice in a second is new
    try:
        return import_module(f"{package}.{name}")
    except Exception as error:
        said = " ".join(str(error).replace(f"{package}.", "").split())
        here = folder(package)
        what = f"{type(error).__name__}{_line(error, here)}"
        raise ValueError(f"{here / f'{name}.py'} cannot be used: {what}: {said}") from None
    finally:
        sys.dont_write_bytecode = before


def _line(error: Exception, where: Path) -> str:
    """Return the last line of the course's own text that an error went through."""
    found, trace = "", error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).parent == where:
            found = f" in line {trace.tb_lineno}"
        trace = trace.tb_next
    return found


def questions(package: str, taken: set[str]) -> tuple[Question, ...]:
    """Return the questions of a course's own package.

    Parameters
    ----------
    package : str
    taken : set of str
        Numbers that other questions have.

    Raises
    ------
    ValueError
        If the module cannot be imported, has no questions, or one of them has a number that another has.
    """
    module = imported(package, "checks")
    found = getattr(module, "QUESTIONS", None)
    where = folder(package) / FILE
    if not isinstance(found, tuple | list) or not all(isinstance(question, Question) for question in found):
        raise ValueError(f"{where} must have QUESTIONS, a tuple of rnnlab.checks.Question")
    numbers = [question.id for question in found]
    for number in numbers:
        if number in taken or numbers.count(number) > 1:
            raise ValueError(f"{where}: there is another question {number!r}: choose a number of its own")
    for question in found:
        if lost := sorted(set(question.names) - set(question.reference)):
            raise ValueError(f"{where}: question {question.id} has no reference for {', '.join(lost)}")
    return tuple(found)
