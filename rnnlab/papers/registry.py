"""Finds the claims: every module of `rnnlab.papers.experiments` lists its own."""

from importlib import import_module
from pkgutil import iter_modules

from rnnlab.papers.claim import Claim


def claims() -> dict[str, Claim]:
    """Return all claims by name, in the order of the papers' years.

    Returns
    -------
    claims : dict of str to Claim

    Raises
    ------
    ValueError
        If two have the same name.

    Examples
    --------
    >>> len(claims()) >= 15, claims()["latch-1"].status
    (True, 'P')
    """
    package = import_module("rnnlab.papers.experiments")
    found: dict[str, Claim] = {}
    for module in sorted(info.name for info in iter_modules(package.__path__)):
        for claim in getattr(import_module(f"{package.__name__}.{module}"), "CLAIMS", ()):
            if claim.name in found:
                raise ValueError(f"two claims are called {claim.name}")
            found[claim.name] = claim
    return dict(sorted(found.items(), key=lambda item: _year(item[1])))


def _year(claim: Claim) -> int:
    return int("".join(letter for letter in claim.key if letter.isdigit()))
