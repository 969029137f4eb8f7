"""The statistics as one self-contained page, with plots in the book's style."""

from html import escape

from rnnlab import figures
from rnnlab.teaching.statistics import QuestionStatistics, Statistics

_BINS = 10
_STYLE = """
body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif;color:#222832;background:#fff}
table{border-collapse:collapse}th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ccd2d9}
th:nth-child(2),td:nth-child(2){text-align:left}li{margin:.3rem 0}.wide{overflow-x:auto}
"""


def page(found: Statistics) -> str:
    """Return the page's HTML."""
    title = f"{escape(found.assignment)}: how the class did"
    parts = [f"<h1>{title}</h1>", f"<p>{escape(summary(found))}</p>", _plots(found), _table(found)]
    parts += [_mistakes(question) for question in found.questions if question.mistakes]
    style = f"<style>{_STYLE}{figures.frame.source('figure.css')}</style>"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>{style}'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def summary(found: Statistics) -> str:
    """Return the class in a sentence or two."""
    said = f"{found.handed_in} handed in, {found.absent} did not."
    if found.mean is not None:
        said += f" Of {found.max_score:g} points they have {found.mean:.2f} on average, the median is {found.median:g}."
    if found.late:
        said += f" {found.late} lost points for lateness."
    if again := {n: students for n, students in found.attempts.items() if n > 1}:
        said += f" {sum(again.values())} handed in more than once, at most {max(again)} times."
    return said


def _plots(found: Statistics) -> str:
    shown = {q.question: q for q in found.questions if q.mean is not None}
    if not shown:
        return ""
    means = {number: round(100 * (q.mean or 0.0), 1) for number, q in shown.items()}
    words = ", ".join(f"{number} {value:g} %" for number, value in means.items())
    drawn = figures.bars(
        means,
        up="mean share of the points (%)",
        ylim=(0, 112),
        size=(max(320, 46 * len(means)), 240),
        alt=f"A bar for each question: {words}.",
        caption="The mean share of the points that each question earned.",
    ).html
    if found.totals:
        counts = _histogram(found.totals, found.max_score)
        words = ", ".join(f"{n} with {name} points" for name, n in counts.items())
        drawn += figures.bars(
            counts,
            up="students",
            across="points",
            size=(600, 240),
            alt=f"How many students have how many points: {words}.",
            caption="How many students have how many points.",
        ).html
    return drawn


def _histogram(totals: tuple[float, ...], full: float) -> dict[str, int]:
    """Return counts by ranges of points; the last range holds its end."""
    edges = [full * i / _BINS for i in range(_BINS + 1)]
    counts = [0] * _BINS
    for total in totals:
        counts[min(_BINS - 1, int(_BINS * total / full)) if full else 0] += 1
    return {f"{low:.3g}–{high:.3g}": n for low, high, n in zip(edges, edges[1:], counts, strict=False)}


def share(value: float | None) -> str:
    """Return a share as it is shown, a dash where there is none."""
    return "–" if value is None else f"{value:.0%}"


def cells(q: QuestionStatistics) -> list[str]:
    """Return a question's row."""
    discrimination = "–" if q.discrimination is None else f"{q.discrimination:.2f}"
    still = str(q.open) if q.open else ""
    return [q.question, q.title, f"{q.points:g}", share(q.mean), share(q.zero), share(q.full), discrimination, still]


HEADS = ("question", "what", "points", "mean", "none", "all", "discrimination", "open")


def _table(found: Statistics) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADS)
    rows = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in cells(q)) + "</tr>" for q in found.questions)
    said = (
        "<p><i>mean</i>: the mean share of the points; <i>none</i>, <i>all</i>: the shares of students with none and "
        "all of them; <i>discrimination</i>: the correlation with the points of all other questions, low where strong "
        "students do no better than others; <i>open</i>: without a mark yet.</p>"
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{said}'


def _mistakes(q: QuestionStatistics) -> str:
    items = "".join(f"<li><b>{m.students}</b>: {escape(m.sentence)}</li>" for m in q.mistakes)
    return f"<h2>{escape(q.question)} {escape(q.title)}: known mistakes</h2><ul>{items}</ul>"
