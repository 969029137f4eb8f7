"""The claims themselves: complete, stored, and the fast ones still give what is stored."""

import re
from pathlib import Path

import numpy as np
import pytest

from rnnlab import papers
from rnnlab.papers.experiments import gradients, guessing

ROOT = Path(__file__).parents[2]
STORED = ROOT / "book" / "results" / "papers"
CLAIMS = papers.claims()
EACH = pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
REPEATED = [claim for claim in CLAIMS.values() if claim.fast]


def verdict(claim):
    """Return what the stored rows say."""
    return claim.rule.outcome([row.numbers for row in papers.read(claim.name, STORED)]).verdict


@EACH
def test_a_claim_says_everything(claim):
    assert re.fullmatch(r"[a-z0-9-]+", claim.name)
    assert len(claim.title) <= 27
    assert claim.says.endswith(".")
    assert all((claim.source, claim.setting, claim.deviations, claim.metric, claim.rule.rule))
    assert not claim.because or claim.because.endswith(".")


@EACH
def test_its_paper_is_among_the_references(claim):
    assert re.search(rf"^@\w+{{{claim.key},", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"), re.M)


@EACH
def test_its_rows_are_stored_from_enough_seeds(claim):
    rows = papers.read(claim.name, STORED)
    assert len(rows) >= (1 if claim.is_exact else 5)
    assert [row.seed for row in rows] == list(range(len(rows)))


@EACH
def test_what_failed_has_a_reason_as_far_as_known(claim):
    if verdict(claim) == "not reproduced":
        assert claim.because


def test_there_are_enough_and_they_fail_too():
    verdicts = {
        claim.rule.outcome([row.numbers for row in papers.read(name, STORED)]).verdict for name, claim in CLAIMS.items()
    }
    assert len(CLAIMS) >= 15
    assert verdicts == {"reproduced", "direction only", "not reproduced"}


@pytest.mark.parametrize("claim", REPEATED, ids=lambda claim: claim.name)
def test_a_fast_claim_gives_again_what_is_stored(claim):
    stored = papers.read(claim.name, STORED)[0].numbers
    found = claim.run(0)
    timed = {"times as long"}
    assert found.keys() == stored.keys()
    for key in found.keys() - timed:
        assert found[key] == pytest.approx(stored[key], rel=1e-4), key


def test_the_influence_balance_is_what_a_long_sum_gives():
    keep = 0.5 * np.eye(23) + 0.5 * np.eye(23, k=1)
    sign = np.where(np.arange(23) < 10, 1.0, -1.0)
    total, term = np.zeros(23), sign
    for _ in range(2000):
        total, term = total + term, keep @ term
    assert gradients.balance() == pytest.approx(total[0]) == pytest.approx(-6)
    assert [gradients.balance(n) for n in (1, 10)] == pytest.approx([1, 10])
    assert gradients.first_right() == 41


def test_a_guess_that_cannot_latch_is_refused_and_one_that_can_is_not():
    rng = np.random.default_rng(0)
    lengths, noise = rng.integers(5, 7, 100), np.zeros((6, 100))
    starts = np.repeat([[5.0, -5.0], [5.0, 5.0]], 50, axis=1)
    right = guessing._held(np.array([[3.0], [3.0]]), starts, noise[:, None], lengths)
    assert right.tolist() == [True, False]


def test_parity_is_judged_by_the_bits_of_a_sequences_own_length():
    bits = np.array([[1.0], [1.0], [1.0]])
    always_one = np.array([[0.0, 0.0, 0.0, 0.0, 100.0]])
    assert guessing._parity_right(always_one, bits, np.array([3]), 1).tolist() == [True]
    assert guessing._parity_right(always_one, bits, np.array([2]), 1).tolist() == [False]
