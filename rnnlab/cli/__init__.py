"""The ``rnnlab`` command: one module a group of commands, imported when it is named.

Each of them has ``arguments(parser)`` and ``main(args) -> int``.
"""

import argparse
import codecs
import io
import os
import sys
from importlib import import_module

import rnnlab

# The products here are small: more than one thread for each would only wait for the others.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

COMMANDS = {
    "release": ("rnnlab.cli.release", "derive the students' notebooks from their sources"),
    "assign": ("rnnlab.cli.assign", "list the questions, validate their checks, begin a new one"),
    "bench": ("rnnlab.cli.bench", "time the cells beside other libraries"),
    "course": ("rnnlab.cli.course", "set up a course's folder, say what it lacks"),
    "collect": ("rnnlab.cli.collect", "take what a learning platform hands out into the course"),
    "papers": ("rnnlab.cli.papers", "run published claims, theirs beside ours"),
    "grade": ("rnnlab.cli.grade", "grade a class: run, show, export, feedback, demo, doctor"),
}


# What a console without these characters is shown in their place.
_PLAIN = {
    "✓": "+",
    "✗": "x",
    "–": "-",
    "—": "-",
    "…": "...",
    "·": ".",
    "×": "x",
    "→": "->",
    "’": "'",
    "“": '"',
    "”": '"',
}


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Stand in for characters that the console does not have, where Python would stop."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(each, "?") for each in error.object[error.start : error.end]), error.end


def _speak_anywhere() -> None:
    """Let no command stop at a character that the console does not have."""
    codecs.register_error("rnnlab.plainly", _plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="rnnlab.plainly")


class UserError(Exception):
    """Something that whoever typed the command can put right; shown without a trace."""


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    _speak_anywhere()
    parser = argparse.ArgumentParser(prog="rnnlab", description="Recurrent neural networks: a course and its library.")
    parser.add_argument("--version", action="version", version=rnnlab.__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = next((word for word in argv if not word.startswith("-")), "")
    for name, (module, summary) in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == named:
            try:
                import_module(module).arguments(sub)
            except ModuleNotFoundError as error:  # the library is installed without the course
                if (error.name or "").startswith("rnnlab"):
                    raise
                print(f"rnnlab: {name} needs {error.name}:  pip install 'rnnlab[course]'", file=sys.stderr)
                return 2
    args = parser.parse_args(argv)
    try:
        return import_module(COMMANDS[args.command][0]).main(args)
    except UserError as error:
        print(f"rnnlab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("rnnlab: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # as when the output goes to `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
