"""Wrong answers that a check once accepted, or might: each must lose points, on the public seed and on others."""

from rnnlab import checks
from rnnlab.checks.question import PUBLIC_SEED
from rnnlab.checks.student import LocalStudent

SEEDS = (PUBLIC_SEED, 3, 2**100 + 1)


def lost(question: str, seed: int = PUBLIC_SEED, **functions) -> float:
    """Return how many points these functions lose beside the reference's others."""
    asked = checks.find(question)
    report = asked.examine(LocalStudent({**asked.reference, **functions}), seed)
    return asked.points - report.points


def always_lose(question: str, **functions) -> bool:
    """Return whether these functions lose points for every one of `SEEDS`."""
    return all(lost(question, seed, **functions) > 0 for seed in SEEDS)


def never_lose(question: str, **functions) -> bool:
    """Return whether these functions have full marks for every one of `SEEDS`."""
    return all(lost(question, seed, **functions) == 0 for seed in SEEDS)
