"""Work that is nearly the same, after the release and the reference answers are taken away. A report, never a penalty.

Code is read as tokens: comments, blanks and the names that students choose do not count, so that a copy with other
names is still a copy. What is left of a notebook is the set of its runs of `RUN` tokens, without those that the
released notebook or a reference answer has, and without those that many in the class have. Two notebooks are reported
when they share most of the runs that either has, and enough of them to mean something.
"""

import builtins
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

RUN = 12
THRESHOLD = 0.8
LEAST = 40  # shared runs, about as many tokens
_COMMON = 0.2  # of the class: what more than that have is not copied from one
_FEW = 4
_KEPT = {*keyword.kwlist, *dir(builtins)}
_SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
_MOST = 200_000  # characters of a notebook


class Pair(NamedTuple):
    """Two students whose work is nearly the same: the share of the runs of either that both have, and how many."""

    share: float
    shared: int
    one: str
    other: str


def tokens(code: str) -> list[str]:
    """Return a code's tokens, with every name that is free to choose written as ``_``.

    Examples
    --------
    >>> tokens("h = np.tanh(a)  # the state") == tokens("state = numpy.tanh(z)")
    True
    """
    found: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code[:_MOST]).readline):
            if token.type in _SKIPPED or (token.type == tokenize.STRING and _alone(found)):
                continue
            free = token.type == tokenize.NAME and token.string not in _KEPT and (not found or found[-1] != ".")
            found.append("_" if free else token.string)
    except (tokenize.TokenError, SyntaxError):  # the part before the fault counts
        pass
    return found


def _alone(before: list[str]) -> bool:
    """Say whether a text here is a docstring, which counts as a comment."""
    return not before or before[-1] == ":"


def runs(code: str) -> set[int]:
    """Return the runs of tokens in a code, as hashes."""
    every = tokens(code)
    return {hash(tuple(every[i : i + RUN])) for i in range(len(every) - RUN + 1)}


def similar(
    work: Mapping[str, Iterable[str]],
    known: Iterable[str] = (),
    threshold: float = THRESHOLD,
    least: int = LEAST,
) -> list[Pair]:
    """Return the pairs of students whose work is nearly the same, the most alike first.

    Parameters
    ----------
    work : mapping
        Each student's cells.
    known : iterable of str
        Cells that everyone has: those of the release and of the reference answers.
    threshold : float
        The least share of the runs that either has.
    least : int
        The least number of shared runs.
    """
    given: set[int] = set().union(*map(runs, known), set())
    own = {student: set().union(*map(runs, cells), set()) - given for student, cells in work.items()}
    frequency = Counter(run for mine in own.values() for run in mine)
    at_most = max(_FEW, _COMMON * len(own))
    same = _same(own, least)
    own = {student: {run for run in mine if frequency[run] <= at_most} for student, mine in own.items()}
    holders: dict[int, list[str]] = {}
    for student, mine in own.items():
        for run in mine:
            holders.setdefault(run, []).append(student)
    shared = Counter(pair for students in holders.values() for pair in combinations(sorted(students), 2))
    found = []
    for (one, other), n in shared.items():
        share = n / len(own[one] | own[other])
        if n >= least and share >= threshold and (one, other) not in same:
            found.append(Pair(round(share, 3), n, one, other))
    found += [Pair(1.0, n, *pair) for pair, n in same.items()]
    return sorted(found, key=lambda pair: (-pair.share, -pair.shared, pair.one, pair.other))


def _same(own: Mapping[str, set[int]], least: int) -> dict[tuple[str, str], int]:
    """Return pairs whose runs are all the same, however many in the class have them: a group may be large."""
    groups: dict[frozenset[int], list[str]] = {}
    for student in sorted(own):
        if len(own[student]) >= least:
            groups.setdefault(frozenset(own[student]), []).append(student)
    return {pair: len(mine) for mine, students in groups.items() for pair in combinations(students, 2)}
