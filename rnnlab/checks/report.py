"""What a check found, for the student to read: as a small card in a notebook, as plain text in a terminal."""

from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from rnnlab.checks.describe import describe_both
from rnnlab.checks.student import Failed


@dataclass(frozen=True)
class PartResult:
    """One part of a question: its name, what it is worth, and whether it passed."""

    name: str
    points: float
    passed: bool


@dataclass(frozen=True)
class Failing:
    """The first case that failed: what was called, what differs, what came and what should have come."""

    part: str
    calls: tuple[str, ...]
    message: str
    got: Any
    want: Any
    sample: tuple[int, ...] = ()
    seed: int = 0
    code: str = ""

    def lines(self) -> list[tuple[str, str]]:
        """Return labelled lines: the calls, what draws them again, then expected and got."""
        labelled = [("call", call) for call in self.calls]
        if self.code:
            labelled.append(("again", self.code))
        if not isinstance(self.got, Failed):
            expected, got = describe_both(self.want, self.got)
            labelled += [("expected", expected), ("got", got)]
        return labelled


@dataclass(frozen=True, repr=False)
class Report:
    """The result of one question."""

    question: str
    title: str
    parts: tuple[PartResult, ...]
    hints: tuple[str, ...] = ()
    first_failing: Failing | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """The points earned."""
        return float(sum(part.points for part in self.parts if part.passed))

    @property
    def max_points(self) -> float:
        """The points there are."""
        return float(sum(part.points for part in self.parts))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values for a record: no array, no object of ours."""
        return {
            "question": self.question,
            "points": self.points,
            "max_points": self.max_points,
            "parts": [asdict(part) for part in self.parts],
            "hints": list(self.hints),
            "first_failing": self.first_failing
            and {
                "part": self.first_failing.part,
                "message": self.first_failing.message,
                "case": list(self.first_failing.sample),
                "seed": str(self.first_failing.seed),
            },
            "reason": self.reason,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        head = f"{self.question} {self.title}: {self.points:g} of {self.max_points:g} points"
        lines = [head, "-" * len(head)]
        lines += [f"{'✓' if p.passed else '✗'} {p.name} ({p.points:g})" for p in self.parts]
        if self.reason:
            lines += ["", self.reason]
        for hint in self.hints:
            lines += ["", f"Looks familiar: {hint}"]
        if self.first_failing:
            lines += ["", f"First case that fails, in “{self.first_failing.part}”: {self.first_failing.message}"]
            lines += [f"  {label:8} {_indent(text)}" for label, text in self.first_failing.lines()]
        lines += [f"Note: {note}" for note in self.notes]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        full = self.points == self.max_points
        colour = _GREEN if full else _AMBER if self.points else _RED
        head = f"<strong>{escape(self.question)} {escape(self.title)}</strong>"
        body = f'<ul style="margin:.4em 0;padding-left:0">{"".join(map(_row, self.parts))}</ul>'
        if self.reason:
            body += _paragraph(escape(self.reason))
        body += "".join(_paragraph(f"<strong>Looks familiar:</strong> {escape(hint)}") for hint in self.hints)
        if self.first_failing:
            where = (
                f"First case that fails, in “{escape(self.first_failing.part)}”: {escape(self.first_failing.message)}"
            )
            body += _paragraph(where) + _table(self.first_failing.lines())
        body += "".join(_paragraph(f"<small>{escape(note)}</small>") for note in self.notes)
        return (
            f'<div class="rnnlab-check" style="border-left:4px solid {colour};padding:.2em 1em;max-width:52em">'
            f"{head}: {self.points:g} of {self.max_points:g} points{body}</div>"
        )


_GREEN, _AMBER, _RED = "#2e7d32", "#b26a00", "#c62828"
_PLAIN = "margin:0;white-space:pre-wrap;background:none"  # a notebook stripes its tables, and paints a pre white


def _row(part: PartResult) -> str:
    mark, colour, word = ("✓", _GREEN, "") if part.passed else ("✗", _RED, " — not yet")
    return (
        f'<li style="list-style:none"><span aria-hidden="true" style="color:{colour}">{mark}</span> '
        f"{escape(part.name)}{word} <small>({part.points:g})</small></li>"
    )


def _paragraph(html: str) -> str:
    return f'<p style="margin:.4em 0">{html}</p>'


def _indent(text: str) -> str:
    return text.replace("\n", "\n" + " " * 11)


def _table(lines: list[tuple[str, str]]) -> str:
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;vertical-align:top;padding-right:1em">{escape(label)}</th>'
        f'<td style="text-align:left"><pre style="{_PLAIN}">{escape(text)}</pre></td></tr>'
        for label, text in lines
    )
    return f'<table style="margin:.2em 0">{rows}</table>' if rows else ""
