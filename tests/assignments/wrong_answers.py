"""Wrong answers that no list of known mistakes has, and right ones of any style: what becomes of them."""

from dataclasses import replace

from rnnlab import checks
from rnnlab.checks.question import PUBLIC_SEED
from rnnlab.checks.student import LocalStudent

SEEDS = (PUBLIC_SEED, 3, 2**100 + 1)


def report_of(question, functions, seed=PUBLIC_SEED, named=True):
    """Return the report on functions, all others being the reference's; unless `named`, no mistake is looked for."""
    asked = checks.find(question)
    if not named:
        asked = replace(asked, mistakes=())
    return asked.examine(LocalStudent({**asked.reference, **functions}), seed)


def lost(question: str, seed: int = PUBLIC_SEED, **functions) -> float:
    """Return how many points these functions lose beside the reference's others."""
    report = report_of(question, functions, seed, named=False)
    return report.max_points - report.points


def always_lose(question: str, **functions) -> bool:
    """Return whether these functions lose points for every one of `SEEDS`."""
    return all(lost(question, seed, **functions) > 0 for seed in SEEDS)


def never_lose(question: str, **functions) -> bool:
    """Return whether these functions have full marks for every one of `SEEDS`."""
    return all(lost(question, seed, **functions) == 0 for seed in SEEDS)


def refused(question, functions, seeds=SEEDS):
    """Assert that an answer loses points for each of the seeds, and return the last report."""
    for seed in seeds:
        report = report_of(question, functions, seed, named=False)
        assert report.points < report.max_points, f"{question} accepts it for seed {seed}"
    return report


def accepted(question, functions, seeds=SEEDS):
    """Assert that an answer has full marks for each of the seeds."""
    for seed in seeds:
        report = report_of(question, functions, seed, named=False)
        assert report.points == report.max_points, str(report)


def named(question, functions, hint, seed=0):
    """Assert that an answer loses points and is told the sentence that holds `hint`, and no other."""
    report = report_of(question, functions, seed)
    assert report.points < report.max_points
    assert len(report.hints) == 1, report.hints
    assert hint in report.hints[0]
