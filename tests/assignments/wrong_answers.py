"""Wrong answers that no list of known mistakes has, and right ones of any style: what becomes of them."""

from dataclasses import replace
from functools import cache

from rnnlab import checks
from rnnlab.checks.question import PUBLIC_SEED
from rnnlab.checks.student import LocalStudent

SEEDS = (PUBLIC_SEED, 2**100 + 1)


@cache
def unnamed(question):
    """Return a question that looks for no known mistake: one for all, as it keeps what the reference answers."""
    return replace(checks.find(question), mistakes=())


def report_of(question, functions, seed=PUBLIC_SEED, named=True):
    """Return the report on functions, all others being the reference's; unless `named`, no mistake is looked for."""
    asked = checks.find(question) if named else unnamed(question)
    return asked.examine(LocalStudent({**asked.reference, **functions}), seed)


def loses(question: str, functions, seed: int) -> bool:
    """Return whether these functions lose points beside the reference's others; no more is asked than that takes."""
    asked = unnamed(question)
    return asked.loses(LocalStudent({**asked.reference, **functions}), seed)


def always_lose(question: str, **functions) -> bool:
    """Return whether these functions lose points for every one of `SEEDS`."""
    return all(loses(question, functions, seed) for seed in SEEDS)


def never_lose(question: str, **functions) -> bool:
    """Return whether these functions have full marks for every one of `SEEDS`."""
    return not any(loses(question, functions, seed) for seed in SEEDS)


def refused(question, functions, seeds=SEEDS):
    """Assert that an answer loses points for each of the seeds."""
    for seed in seeds:
        assert loses(question, functions, seed), f"{question} accepts it for seed {seed}"


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
