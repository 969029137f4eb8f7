"""The scoreboard as plain text."""

from collections.abc import Iterable, Mapping

from rnnlab.papers.claim import Claim, Number
from rnnlab.papers.runs import Row


def table(claims: Iterable[Claim], rows: Mapping[str, list[Row]]) -> str:
    """Return the scoreboard of some claims.

    Parameters
    ----------
    claims : iterable of Claim
        In the order of the lines.
    rows : mapping from str to list of Row
        Of each claim's name; one without rows is said to be not measured.

    Returns
    -------
    text : str

    Examples
    --------
    >>> from rnnlab import papers
    >>> claim = papers.claims()["williams-peng"]
    >>> print(table([claim], {claim.name: [Row(claim.name, 0, 0.1, "2026-01-01", {"steps back": 2.0})]}))
    claim          theirs  ours  95 % interval  seeds  seconds  verdict
    williams-peng       2     2          exact      1        0  reproduced
    """
    lines = [["claim", "theirs", "ours", "95 % interval", "seeds", "seconds", "verdict"]]
    for claim in claims:
        held = rows.get(claim.name) or []
        if not held:
            lines.append([claim.name, theirs(claim), "", "", "0", "", "not measured"])
            continue
        mean, low, high, verdict = claim.rule.outcome([row.numbers for row in held])
        mark = "" if isinstance(claim.rule, Number) else "×"
        between = "exact" if claim.is_exact else f"{short(low)} to {short(high)}" if len(held) > 1 else ""
        seconds = f"{sum(row.seconds for row in held):.0f}"
        lines.append([claim.name, theirs(claim), f"{mark}{short(mean)}", between, str(len(held)), seconds, verdict])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if place in (0, 6) else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def theirs(claim: Claim) -> str:
    """Return the published number, or what order was claimed."""
    if isinstance(claim.rule, Number):
        return short(claim.rule.published)
    published = getattr(claim.rule, "published", None)
    if published is not None:
        return f"×{short(published)}"
    return "above ×1" if hasattr(claim.rule, "less") else "×1"


def short(value: float) -> str:
    """Return three digits, and whole numbers from 100 on."""
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:.3g}"
