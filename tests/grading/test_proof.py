"""The proof: a bounded part of its collection is graded, and nothing is unearned or lost."""

import json

import pytest

from rnnlab.cli import main
from rnnlab.grading.proof import (
    attacks,
    broken,
    damaged,
    downloads,
    habits,
    honest,
    imports,
    kills,
    layouts,
    lines,
    order,
    prove,
    searches,
    table,
    tools,
    tricks,
    written,
)


def test_the_collection_is_as_large_as_is_promised():
    tried = len(attacks.CASES) + sum(len(imports.cases(name)) for name in imports.ASSIGNMENTS)
    assert tried + len(searches.cases("")) >= 200
    assert len(tricks.CASES) >= 180
    assert sum(len(one.CASES) for one in (honest, lines, order, tools, habits, layouts)) >= 500
    assert len(written.CASES) >= 39
    kinds = (broken.CASES, damaged.CASES, downloads.CASES)
    assert len({name for cases in kinds for name in cases}) == sum(map(len, kinds)) >= 220


@pytest.mark.slow
@pytest.mark.sandbox
def test_in_a_part_of_the_collection_nothing_is_unearned_or_lost(tmp_path, capsys):
    """All parts of the proof, two of each kind: under two minutes of one processor."""
    command = ["grade", "prove", "--json", "--limit", "2", "--kills", "8", "--to", str(tmp_path / "found.json")]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["holds"]
    assert found["attacks"]["tried"] >= 4
    assert found["honest"]["tried"] == 12
    assert found["written"]["tried"] == found["broken"]["tried"] == 2
    assert found["kinds"]["questions"] == 56
    assert found["kinds"]["tried"] >= 100
    assert found["kills"]["tried"] >= 5
    assert 50 < found["peak_mb"] <= 600
    assert found["n_controls"] >= 6
    kept = json.loads((tmp_path / "found.json").read_text())
    assert set(kept["parts"]) == set(prove.SECTIONS)
    assert all({"date", "versions", "command"} < set(part) for part in kept["parts"].values())
    assert [tuple(row) for row in kept["table"]] == table.rows(found)
    assert table.stored(tmp_path / "found.json") == found


@pytest.mark.sandbox
def test_a_search_that_does_not_find_what_lies_in_its_own_folder_is_told_to_be_blind(monkeypatch):
    """That a search of all files finds it, and no canary, is asked above: it is in the part of the collection."""
    assert "search-files-called" in prove._some(searches.cases(""), 2)
    monkeypatch.setitem(searches.ROUTES, "files", "walk('.')")
    proof = prove.Proof()
    cases = {
        name: case
        for name, case in searches.cases(searches.canary()).items()
        if name.startswith(("search-files-called", "search-env"))
    }
    other = searches.canary()  # one that lies nowhere
    prove._grade(proof, proof.attacks, "searches", prove.ASSIGNMENT, cases, lambda said: None, control=other)
    assert proof.attacks == prove.Row(tried=3)
    assert proof.blind == ["search-files-called"]
    assert len(proof.canaries) == 1  # and what it does find counts as found


def test_a_canary_in_a_page_is_found():
    one = searches.canary()
    assert searches.found_in(f"<p>{one}</p>") == {one}
    assert searches.found_in("rnnlab-canary-") == set()
    assert not searches.found_in(searches._SEARCH)


@pytest.mark.sandbox
def test_a_killed_write_leaves_no_file_behind(tmp_path):
    """The effects of a run in which a file is half written: what a rerun leaves is what an undisturbed run leaves."""
    begun, canned, calm = kills._prepared(tmp_path, prove.QUICK)
    n_effects, _ = kills._forked(kills._counted, begun[2], 1, canned)
    assert n_effects > 50
    for point in range(40, 52, 3):
        course = tmp_path / f"run-{point}"
        kills.shutil.copytree(begun[2], course)
        assert kills._forked(kills._cut, course, 1, canned, float(point)) is None
        assert kills._forked(kills._run, course, 1, canned) == calm


def test_a_proof_that_was_cut_off_is_gone_on_with(tmp_path, capsys, monkeypatch):
    """The parts that the file holds from the same command stay; those of another one are run again."""
    words = ["grade", "prove", "--limit", "1", "--only", "kinds", "--json", "--to", str(tmp_path / "found.json")]
    asked = []
    monkeypatch.setattr(prove, "kinds", lambda limit: asked.append(limit) or prove.Kinds(1, 2, []))
    assert main([*words, "--resume"]) == 0
    assert main([*words, "--resume"]) == 0
    assert asked == [1]
    assert "done before: kinds" in capsys.readouterr().err
    assert main([*words, "--resume"]) == 0
    assert json.loads(capsys.readouterr().out)["kinds"]["tried"] == 2
    assert asked == [1]
    assert main([*words, "--limit", "2", "--resume"]) == 0
    assert asked == [1, 2]
    found = json.loads((tmp_path / "found.json").read_text())["parts"]["kinds"]
    assert found["command"] == "rnnlab grade prove --limit 2"


def test_what_is_wrong_is_counted_and_named():
    row = prove.Row()
    entry = {"cells": dict.fromkeys(prove.Material("02_unfolding").released.questions, 1.0), "open": {}}
    prove._compare(row, "kim", entry, [0, "R", None, None, None], "02_unfolding", set())
    assert row.wrong == {"kim": [[1.0] * 5, [0, 5.0, None, None, None]]}
    proof = prove.Proof(attacks=row)
    assert not proof.holds
    assert list(table.details(proof.as_dict())) == [f"kim: {row.wrong['kim']}"]


@pytest.mark.parametrize(
    "words", [["--limit", "-1"], ["--kills", "-1"], ["--only", "everything"], ["--resume", "--only", "kinds"]]
)
def test_a_proof_that_cannot_be_run_is_refused(words, capsys):
    assert main(["grade", "prove", *words]) == 2
    assert words[0] in capsys.readouterr().err
