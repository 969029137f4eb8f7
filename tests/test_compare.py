"""Cells are compared over seeds: the same in any number of processes, and a run that was cut off goes on."""

import json
from functools import partial

import numpy as np
import pytest
from scipy import stats

import rnnlab.compare as comparing
from rnnlab import data, gru, losses, rnn, training, variants
from rnnlab.compare import Row, Task, compare, read, summarize, table
from rnnlab.stack import Stack

ADDING = Task(partial(data.adding, n_batch=4, n_steps=5), losses.mse, 1, n_hidden=3, n_updates=4, n_tests=2)
ECHO = Task(
    partial(data.echo, n_batch=4, n_steps=10), losses.sigmoid_cross_entropy, 1, variants.many_to_many, 3, 4, n_tests=2
)
CELLS = {"rnn": rnn, "deep": Stack(gru, 2)}


def test_each_cell_learns_each_task_from_each_seed_in_order():
    rows = compare(CELLS, {"adding": ADDING, "echo": ECHO}, range(2))
    assert [(row.task, row.cell, row.seed) for row in rows] == [
        (task, cell, seed) for task in ("adding", "echo") for cell in CELLS for seed in (0, 1)
    ]
    assert len({row.loss for row in rows}) == 8
    assert [row.n_parameters for row in rows if row.task == "adding"] == [22, 22, 127, 127]  # D=2, H=3, O=1


def test_training_lowers_the_loss_on_new_data():
    short, long = (Task(ADDING.draw, losses.mse, 1, n_hidden=8, n_updates=n) for n in (1, 300))
    before, after = (compare({"gru": gru}, {"adding": task}, [0])[0].loss for task in (short, long))
    assert after < before / 2


@pytest.mark.slow
def test_processes_give_the_same_numbers():
    here = compare(CELLS, {"adding": ADDING}, range(2))
    assert compare(CELLS, {"adding": ADDING}, range(2), n_workers=4) == here


def test_runs_that_stand_in_the_file_are_not_made_again(tmp_path):
    path = tmp_path / "runs.jsonl"
    whole = compare(CELLS, {"adding": ADDING}, range(2), save_to=path)
    assert read(path) == whole
    lines = path.read_text().splitlines(keepends=True)
    marked = json.dumps({**json.loads(lines[0]), "loss": 123.0}) + "\n"
    path.write_text(marked + "".join(lines[1:3]) + lines[3][:20])  # the last line was cut off
    again = compare(CELLS, {"adding": ADDING}, range(2), save_to=path)
    assert again[0].loss == 123.0
    assert again[1:] == whole[1:]
    assert compare(CELLS, {"adding": ADDING}, range(2), save_to=path) == again


def test_a_line_that_is_no_run_is_named(tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text("seed,loss\n0,1\n")
    with pytest.raises(ValueError, match=r"runs.jsonl, line 1: seed,loss, expected a run of rnnlab.compare"):
        read(path)


def test_progress_is_shown_on_the_error_stream(capsys):
    compare({"rnn": rnn}, {"adding": ADDING}, [3], progress=True)
    assert "rnn, adding, seed 3" in capsys.readouterr().err


def test_the_interval_is_that_of_students_t():
    values = np.random.default_rng(0).normal(size=7)
    (found,) = summarize([Row("a", "t", seed, value, 5, "") for seed, value in enumerate(values)])
    expected = stats.t.interval(0.95, 6, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)
    assert found.mean == pytest.approx(values.mean(), rel=1e-14)


def test_one_seed_has_no_interval():
    lines = table([Row("a", "t", 0, 0.25, 5, "")]).splitlines()
    assert lines[1].split() == ["t", "a", "5", "1", "0.25", "–"]


def test_mistakes_are_named(tmp_path):
    with pytest.raises(ValueError, match="nothing to compare"):
        compare(CELLS, {"adding": ADDING}, [])
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        compare(CELLS, {"adding": ADDING}, [0], save_to=tmp_path / "none" / "runs.jsonl")
    with pytest.raises(ValueError, match="n_updates is 0"):
        Task(ADDING.draw, losses.mse, 1, n_updates=0)


def uneven(rng):
    batch, n = data.echo(rng, 3, 12), int(rng.integers(1, 12))
    return batch._replace(lengths=np.full(3, n), mask=None)


def test_the_loss_is_the_mean_of_all_answers_and_not_of_batches(monkeypatch):
    task = Task(uneven, losses.sigmoid_cross_entropy, 1, variants.many_to_many, 2, 1, n_tests=3)
    seen, whole = [], training.fit
    monkeypatch.setattr(training, "fit", lambda *given, **more: seen.append(whole(*given, **more)) or seen[-1])
    (row,) = compare({"rnn": rnn}, {"echo": task}, [0])
    objective = variants.Objective(variants.many_to_many, rnn, losses.sigmoid_cross_entropy)
    tests = [uneven(np.random.default_rng([0, comparing._TEST + n])) for n in range(3)]
    total = sum(objective.value(seen[0].params, test) * test.lengths.sum() for test in tests)
    assert row.loss == pytest.approx(total / sum(test.lengths.sum() for test in tests), rel=1e-12)


def test_what_no_other_process_can_have_is_named():
    here = Task(lambda rng: data.adding(rng, 4, 5), losses.mse, 1, n_updates=1, n_tests=1)
    with pytest.raises(ValueError, match=r"^'rnn' on 'adding' cannot be sent to another process \(.*n_workers=0$"):
        compare({"rnn": rnn}, {"adding": here}, [0], n_workers=2)
    with pytest.raises(TypeError, match=r"^seeds is 3, expected several, such as range\(3\)"):
        compare({"rnn": rnn}, {"adding": here}, 3)
