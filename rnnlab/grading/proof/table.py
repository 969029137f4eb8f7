"""What the proof found, as a table: for a terminal, and for the book from a stored file."""

import contextlib
import datetime
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from rnnlab import _files

_ROWS = {
    "attacks": "attacks, and unearned marks",
    "honest": "honest variants, and marks lost",
    "written": "written answers, and those that reach no person",
    "broken": "broken and damaged files, and wrong outcomes",
}
_PACKAGES = ("rnnlab", "numpy", "numba", "nbgrader")


def rows(found: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return what was tried, how often, what was wrong, and what nbgrader alone makes of it.

    Parameters
    ----------
    found : mapping
        What `Proof.as_dict` returns; parts that were not run are left out.
    """
    lines = []
    for kind, name in _ROWS.items():
        row = found[kind]
        if row["tried"]:
            wrong = len(row["wrong"]) + len(row["without_reason"])
            lines.append((name, str(row["tried"]), str(wrong), _alone(found["stock"], kind)))
    every = [
        ("values of a wrong kind, and faults of the course", found["kinds"]["tried"], len(found["kinds"]["faults"])),
        ("runs killed, and reruns that end elsewhere", found["kills"]["tried"], len(found["kills"]["different"])),
        ("canaries planted, and those found by a submission", found["n_planted"], len(found["canaries"])),
        ("honest work between the others, and effects on it", found["n_controls"], len(found["effects"])),
    ]
    lines += [(name, f"{tried:,}", str(wrong), "") for name, tried, wrong in every if tried]
    if found["peak_mb"]:
        lines.append(("the judge's memory at most, of 600 MB", f"{found['peak_mb']:.0f} MB", "", ""))
        lines.append(("the longest that a submission took", f"{found['longest_seconds']:.1f} s", "", ""))
    return lines


def _alone(stock: Mapping[str, Any] | None, kind: str) -> str:
    if not stock:
        return ""
    told = {"attacks": "unearned", "honest": "lost", "broken": "without_outcome"}.get(kind, "")
    return f"{stock[told]} of {stock[kind]}" if told and stock[kind] else ""


def details(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for everything that is wrong."""
    for kind in _ROWS:
        yield from (f"{name}: {what}" for name, what in found[kind]["wrong"].items())
        yield from (f"{name}: no reason is told" for name in found[kind]["without_reason"])
    yield from found["kinds"]["faults"]
    yield from (f"killed, {point}: a rerun ends elsewhere" for point in found["kills"]["different"])
    yield from (f"canary: {name}" for name in found["canaries"])
    yield from (f"{name} does not find what lies in its own folder" for name in found["blind"])
    yield from (f"effect on {name}" for name in found["effects"])
    yield from (f"fault of the course: {name}: {text[-300:]}" for name, text in found["faults"].items())


def store(path: Path, part: str, proof: Any, command: str) -> None:
    """Write what a part of the proof found, when, with which versions and by which command, beside the other parts."""
    parts = _parts(path)
    parts[part] = {"date": datetime.date.today().isoformat(), "command": command, "versions": _versions()}
    parts[part] |= proof.as_dict()
    kept = {"table": rows(_joined(parts).as_dict()), "parts": parts}
    _files.write_text(path, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def stored(path: Path) -> dict[str, Any]:
    """Return what all parts that a file holds found together, as `Proof.as_dict` does."""
    return _joined(_parts(path)).as_dict()


def parts_of(path: Path, command: str) -> list[str]:
    """Return which parts a file holds that this very command has found with the present versions."""
    return [
        name for name, part in _parts(path).items() if (part["command"], part["versions"]) == (command, _versions())
    ]


def joined(path: Path, names: Iterable[str]) -> Any:
    """Return the `Proof` that some of a file's parts make together."""
    wanted = set(names)
    return _joined({name: part for name, part in _parts(path).items() if name in wanted})


def _parts(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))["parts"] if path.exists() else {}


def _joined(parts: Mapping[str, Mapping]) -> Any:
    from rnnlab.grading.proof.prove import Proof, from_dict

    whole = Proof()
    for part in parts.values():
        whole.add(from_dict(part))
    return whole


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions
