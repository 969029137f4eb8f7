"""The comparison with other libraries: rivals compute what we do, and rows say what was measured."""

import json
from importlib import import_module
from xml.etree import ElementTree

import numpy as np
import pytest

from rnnlab import cli
from rnnlab.bench import grid, loops, memory, rivals, scaling, training
from rnnlab.bench.rounds import compare
from rnnlab.kernels.compile import JIT

KINDS = ["rnn", "gru", "lstm"]


def drawn(kind):
    cell, rng = import_module(f"rnnlab.{kind}"), np.random.default_rng(4)
    params = cell.init(rng, 3, 5, scheme="torch")
    params = type(params)(*(p + rng.normal(0, 0.3, p.shape) for p in params))
    return cell, params, rng.standard_normal((6, 4, 3)), rng.standard_normal((6, 4, 5))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", rivals.NAMES)
def test_a_rival_computes_the_same_layer_and_gradients(kind, name):
    pytest.importorskip(name)
    cell, params, x, dh = drawn(kind)
    tape = cell.forward(params, x)
    dparams, dx, dh_0 = cell.backward(tape, dh)
    theirs = rivals.phases(name, kind, params, x, dh)
    states = np.asarray(theirs["fwd"]())
    np.testing.assert_allclose(states[-6:], tape.h[1:], rtol=1e-11, atol=1e-13)
    states, gradients = theirs["fwdbwd"]()
    np.testing.assert_allclose(np.asarray(states.detach() if name == "torch" else states)[-6:], tape.h[1:], rtol=1e-11)
    if name == "torch":
        found = {"dx": gradients[0], "dh_0": gradients[1][0], "dw_x": gradients[-4], "dw_h": gradients[-3]}
    elif name == "jax":
        found = {"dx": gradients[1], "dh_0": gradients[2], "dw_x": gradients[0][0], "dw_h": gradients[0][1]}
    else:
        found = {"dx": gradients[-2], "dh_0": gradients[-1], "dw_x": gradients[0], "dw_h": gradients[1]}
        for got, want in zip(gradients[:-2], dparams, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)
    wanted = {"dx": dx, "dh_0": dh_0[0] if kind == "lstm" else dh_0, "dw_x": dparams.w_x, "dw_h": dparams.w_h}
    for key, want in wanted.items():
        np.testing.assert_allclose(np.asarray(found[key]), want, rtol=1e-10, atol=1e-12, err_msg=key)


def test_the_ratio_is_the_rivals_time_divided_by_ours():
    timing = compare(lambda: sum(range(2000)), lambda: sum(range(20000)), seconds=0.3)
    assert 4 < timing.low <= timing.ratio <= timing.high < 25


def test_the_command_writes_a_row_for_each_cell_size_phase_and_rival(tmp_path, capsys):
    file = tmp_path / "rows.json"
    options = ["--cells", "rnn,lstm", "--sizes", "3,2,2,4", "--rivals", "numpy", "--quick", "--json", str(file)]
    assert cli.main(["bench", *options]) == 0
    rows = json.loads(file.read_text())
    assert [(row["cell"], row["phase"], row["rival"]) for row in rows] == [
        (cell, phase, "numpy") for cell in ("rnn", "lstm") for phase in ("fwd", "fwdbwd")
    ]
    names = [
        "cell",
        "dtype",
        "threads",
        "T",
        "B",
        "D",
        "H",
        "phase",
        "rival",
        "ratio",
        "low",
        "high",
        "percent_of_peak",
    ]
    for row in rows:
        assert list(row) == names
        assert (row["dtype"], row["threads"], row["T"], row["B"], row["D"], row["H"]) == ("float32", 1, 3, 2, 2, 4)
        assert 0 < row["low"] <= row["ratio"] <= row["high"]
        assert row["percent_of_peak"] is None or 0 <= row["percent_of_peak"] < 100
    assert "lstm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cells", "rnn,elman"], "--cells: 'elman' is none of rnn, gru, lstm"),
        (["--rivals", "keras"], "--rivals: 'keras' is none of torch, jax, numpy"),
        (["--dtype", "float16"], "--dtype: 'float16' is none of float32, float64"),
    ],
)
def test_a_word_that_is_not_known_is_named(options, message, capsys):
    assert cli.main(["bench", *options]) == 2
    assert message in capsys.readouterr().err


def test_operations_count_the_products_forward_and_both_ways_back():
    assert grid.operations(3, (2, 5, 7, 11), "fwd") == 2 * 2 * 5 * (7 + 11) * 3 * 11
    assert grid.operations(3, (2, 5, 7, 11), "fwdbwd") == 3 * grid.operations(3, (2, 5, 7, 11), "fwd")


def measured(tmp_path, *options):
    """Run a subcommand and return the rows that it wrote."""
    file = tmp_path / "rows.json"
    assert cli.main(["bench", *options, "--json", str(file)]) == 0
    return json.loads(file.read_text())


def test_the_main_table_is_drawn_as_a_file_of_its_own(tmp_path):
    file = tmp_path / "table.svg"
    options = ["--cells", "rnn,gru", "--sizes", "3,2,2,4", "4,1,2,3", "--rivals", "numpy", "--quick"]
    assert cli.main(["bench", *options, "--plot", str(file)]) == 0
    root = ElementTree.parse(file).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    circles = root.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 2 * 2 * 2, "one for each cell, size and phase"
    drawn_text = "".join(root.itertext())
    assert "3, 2, 2, 4" in drawn_text
    assert "numpy ÷ rnnlab" in drawn_text


def test_startup_tells_the_first_process_from_later_ones(tmp_path):
    cold, warm = measured(tmp_path, "startup", "--cells", "rnn", "--quick")
    assert (cold["cell"], cold["cache"], warm["cache"]) == ("rnn", "cold", "warm")
    for row in (cold, warm):
        assert row["process"] >= row["importing"] > 0
        assert 0 < row["low"] <= row["process_ratio"] <= row["high"]
        assert row["import_ratio"] > 0
    if JIT:
        assert cold["forward"] > 2 * warm["forward"], "the first process compiles"


@pytest.mark.skipif(not memory.available(), reason="needs a record of memory that can be reset")
def test_memory_finds_what_a_pass_keeps_and_what_checkpoints_save(tmp_path):
    rows = measured(tmp_path, "memory", "--cells", "lstm", "--sizes", "1000,4,2,64", "--rivals", "numpy")
    kept = {row["library"]: row for row in rows}
    assert list(kept) == [memory.OURS, memory.CHECKPOINTED, "numpy"]
    for row in rows:
        assert row["megabytes"] == pytest.approx(row["floats"] * 1000 * 4 * 64 * 4 / 1e6, rel=0.01)
    assert kept[memory.OURS]["floats"] > 5, "four gates and c of every step at least"
    assert kept[memory.CHECKPOINTED]["floats"] < kept[memory.OURS]["floats"] / 2


def test_scaling_times_each_axis_and_fits_its_exponent(tmp_path):
    file = tmp_path / "growth.svg"
    rows = measured(tmp_path, "scaling", "--cells", "rnn", "--quick", "--plot", str(file))
    assert [(row["axis"], row["sizes"]) for row in rows] == [(axis, list(n)) for axis, n in scaling.QUICK.items()]
    for row in rows:
        assert len(row["seconds"]) == len(row["sizes"])
        assert row["low"] <= row["exponent"] <= row["high"]
    assert 0.5 < rows[0]["last"] < 1.5, "four times the steps take about four times as long"
    assert ElementTree.parse(file).getroot().tag.endswith("svg")


def test_an_exponent_is_the_slope_in_logarithms():
    sizes = np.array([2, 4, 8, 16])
    found = scaling.exponents(sizes, np.array([5e-6 * sizes**1.5, 1e-3 * sizes**0.0]))
    np.testing.assert_allclose(found, [1.5, 0], atol=1e-12)


@pytest.mark.parametrize(
    "task", [training.adding(8, 6, most=20), training.characters("a rose is a rose " * 9, 6, most=20)]
)
def test_both_sides_of_a_training_run_learn_the_same(task):
    pytest.importorskip("torch")
    (row,) = training.rows([task._replace(target=0.0)])
    assert row.updates == row.rival_updates == 20
    assert row.loss == pytest.approx(row.rival_loss, rel=1e-3)
    assert min(row.seconds, row.rival_seconds, row.wall, row.rival_wall) > 0
    assert row.low <= row.high


def test_a_side_stops_at_the_target():
    pytest.importorskip("torch")
    (row,) = training.rows([training.adding(2, 8, target=0.2, most=400)])
    assert row.loss <= 0.2
    assert row.updates < 400


def test_training_names_a_text_that_is_not_there(capsys):
    pytest.importorskip("torch")
    assert cli.main(["bench", "training", "--text", "nowhere.txt"]) == 2
    assert "--text: " in capsys.readouterr().err


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_step_is_the_same_in_pytorch(kind):
    pytest.importorskip("torch")
    cell, size = import_module(f"rnnlab.{kind}"), (6, 4, 3, 5)
    ours, theirs = loops.ours(cell, size, "float64"), loops.torch(cell, kind, size, "float64")
    for _ in range(4):
        assert ours["train_step"]() == pytest.approx(theirs["train_step"](), rel=1e-6)
    for side in (ours, theirs):
        tokens = np.asarray(side["sample"]())
        assert tokens.shape == (6, 4)
        assert 0 <= tokens.min() <= tokens.max() < 3


def test_phases_that_a_rival_lacks_are_left_out(tmp_path):
    pytest.importorskip("torch")
    options = ["--cells", "rnn", "--sizes", "3,2,4,4", "--rivals", "torch,numpy", "--phases", "fwd,sample", "--quick"]
    rows = measured(tmp_path, *options)
    assert [(row["rival"], row["phase"]) for row in rows] == [("torch", "fwd"), ("torch", "sample"), ("numpy", "fwd")]
