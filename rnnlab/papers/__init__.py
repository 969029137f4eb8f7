"""Published claims as small experiments: theirs beside ours, from several seeds, with an interval and a verdict.

A claim states before its first run how the verdict follows from the numbers (`Number`, `Order`, `Same`). What it
measures is one row for each seed. ``rnnlab papers`` runs them; the book's last chapter is built from the stored rows.
"""

from rnnlab.papers.claim import Claim, Number, Order, Outcome, Same, interval
from rnnlab.papers.registry import claims
from rnnlab.papers.runs import Row, measure, read, write
from rnnlab.papers.table import table

__all__ = [
    "Claim",
    "Number",
    "Order",
    "Outcome",
    "Row",
    "Same",
    "claims",
    "interval",
    "measure",
    "read",
    "table",
    "write",
]
