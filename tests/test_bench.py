"""The comparison with other libraries: rivals compute what we do, and rows say what was measured."""

import json
from importlib import import_module

import numpy as np
import pytest

from rnnlab import cli
from rnnlab.bench import grid, rivals
from rnnlab.bench.rounds import compare

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
