"""Rows are kept one by one, and a run goes on where it stopped."""

import json

import pytest

from rnnlab import cli, papers
from rnnlab.papers import runs

QUICK = "unbiased-cut"


@pytest.fixture
def counted(monkeypatch):
    """Count the rows that are really computed."""
    made = []

    def run_one(job):
        made.append(job)
        return papers.Row(
            *job,
            0.5,
            "2026-01-01",
            {"gradient": -6.0 + 0.01 * job[1], "whole": -6.0, "cut after 10": 10.0, "steps back": 2.0},
        )

    monkeypatch.setattr(runs, "run_one", run_one)
    return made


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, counted):
    def killed(done, n, row):
        if row.seed == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        papers.measure([QUICK], range(5), tmp_path, tell=killed)
    assert [row.seed for row in papers.read(QUICK, tmp_path)] == [0, 1, 2]
    with (tmp_path / f"{QUICK}.jsonl").open("a") as file:
        file.write('{"seed": 3, "sec')  # the power went off
    counted.clear()
    rows = papers.measure([QUICK], range(5), tmp_path)[QUICK]
    assert counted == [(QUICK, 3), (QUICK, 4)]
    assert [row.seed for row in rows] == [0, 1, 2, 3, 4]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{QUICK}.json"]


def test_more_seeds_are_added_to_a_finished_claim(tmp_path, counted):
    papers.measure([QUICK], range(2), tmp_path)
    counted.clear()
    papers.measure([QUICK], range(4), tmp_path)
    assert counted == [(QUICK, 2), (QUICK, 3)]
    held = json.loads((tmp_path / f"{QUICK}.json").read_text())
    assert held["n_seeds"] == 4
    assert held["verdict"] == papers.claims()[QUICK].rule.outcome([r["numbers"] for r in held["rows"]]).verdict
    assert {"rnnlab", "numpy", "python"} <= set(held["versions"])


def test_fewer_seeds_than_stored_lose_none(tmp_path, counted):
    papers.measure([QUICK], range(4), tmp_path)
    assert len(papers.measure([QUICK], range(2), tmp_path)[QUICK]) == 4


def test_a_claim_in_which_nothing_is_drawn_is_run_once(tmp_path, counted):
    papers.measure(["williams-peng"], range(1), tmp_path / "made")
    assert counted == [("williams-peng", 0)]
    counted.clear()
    papers.measure(["williams-peng"], range(5), tmp_path / "made")
    assert counted == []


def test_jobs_in_processes_give_the_same_rows(tmp_path):
    alone = papers.measure([QUICK], range(2), tmp_path / "alone")[QUICK]
    together = papers.measure([QUICK], range(2), tmp_path / "together", n_workers=2)[QUICK]
    assert [row.numbers for row in alone] == [row.numbers for row in together]


def test_an_unknown_claim_and_a_strange_file_are_named(tmp_path):
    with pytest.raises(ValueError, match="no claim 'latch-9', only"):
        papers.measure(["latch-9"], [0], tmp_path)
    (tmp_path / "latch-1.json").write_text("{")
    with pytest.raises(ValueError, match="expected rows of rnnlab papers"):
        papers.read("latch-1", tmp_path)
    (tmp_path / "latch-1.json").write_text('{"rows": [{"seed": 1}]}')
    with pytest.raises(ValueError, match="expected rows of rnnlab papers, with seed"):
        papers.read("latch-1", tmp_path)


def test_the_command_runs_lists_and_sums_up(tmp_path, capsys):
    folder = ["--results", str(tmp_path)]
    assert cli.main(["papers", QUICK, "--seeds", "2", *folder]) == 0
    ran = capsys.readouterr()
    assert ran.out.splitlines()[1].startswith(QUICK)
    assert "2/2" in ran.err
    assert cli.main(["papers", "--summary", *folder]) == 0
    summed = capsys.readouterr().out
    assert len(summed.splitlines()) == len(papers.claims()) + 1
    assert summed.count("not measured") == len(papers.claims()) - 1
    assert cli.main(["papers", "latch-1", "--list"]) == 0
    assert "differs:" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["latch-9"], ["--seeds", "0"], ["--jobs", "many"]])
def test_a_wrong_word_is_refused(wrong, tmp_path, capsys):
    try:
        code = cli.main(["papers", *wrong, "--results", str(tmp_path)])
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert wrong[-1] in capsys.readouterr().err
