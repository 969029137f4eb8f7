"""The proof: a bounded part of its collection is graded, and nothing is unearned or lost."""

import json

import pytest

from rnnlab.cli import main
from rnnlab.grading.proof import attacks, broken, honest, imports, lines, order, prove, written


def test_the_collection_is_as_large_as_is_promised():
    tried = len(attacks.CASES) + sum(len(imports.cases(name)) for name in imports.ASSIGNMENTS)
    assert tried >= 200
    assert len(honest.CASES) + len(lines.CASES) + len(order.CASES) >= 250
    assert len(written.CASES) >= 39
    assert len(broken.CASES) >= 40


@pytest.mark.sandbox
def test_in_a_part_of_the_collection_nothing_is_unearned_or_lost(monkeypatch, capsys):
    for kind in (honest, lines, order, broken):
        monkeypatch.setattr(kind, "CASES", {})
    monkeypatch.setattr(prove.imports, "ASSIGNMENTS", ())
    assert main(["grade", "prove", "--json", "--limit", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["holds"]
    assert found["attacks"]["tried"] == found["written"]["tried"] == 2


def test_what_is_wrong_is_counted_and_named():
    row = prove.Row()
    entry = {"cells": dict.fromkeys(prove.Material("02_unfolding").released.questions, 1.0), "open": {}}
    prove._compare(row, "kim", entry, [0, "R", None, None, None], "02_unfolding", set())
    assert row.wrong == {"kim": [[1.0] * 5, [0, 5.0, None, None, None]]}
    assert not prove.Proof(attacks=row).holds
