"""What was given in place of something else is named by the function that was called."""

import sys
from importlib import import_module

import numpy as np
import pytest
from saying import says
from wrong_calls import CALLS, PARAMS, X, fit
from wrong_series_and_flags import CALLS as MORE_CALLS

from rnnlab import (
    bptt,
    callbacks,
    checkpoint,
    convert,
    data,
    initializers,
    losses,
    lstm,
    rnn,
    rtrl,
)


@pytest.mark.parametrize("name", [*CALLS, *MORE_CALLS])
def test_a_wrong_call_is_named(name):
    call, error, message = (CALLS | MORE_CALLS)[name]
    with says(error, message):
        call()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("loss", [losses.mse, losses.gaussian, losses.Quantiles((0.1, 0.9))])
def test_a_target_that_is_missing_is_named_by_its_place_unless_it_is_masked(loss, bad):
    n_outputs = 1 if loss is losses.mse else 2
    y, target = np.ones((3, n_outputs)), np.array([[1.0], [bad], [2.0]])
    with says(ValueError, f"target[1, 0] is {bad}, expected finite numbers"):
        loss(y, target)
    value, dy = loss(y, target, [1, 0, 1])
    assert np.isfinite(value)
    assert np.isfinite(dy).all()


def test_a_callback_may_answer_with_numpys_true():
    assert fit(callbacks=[lambda update: np.bool_(update.n >= 2)]).stopped == "stopped by a callback after 2 batches"


def test_tensors_that_no_array_can_hold_are_named():
    torch = pytest.importorskip("torch")
    with says(TypeError, "weight_ih_l0 has dtype torch.bfloat16, expected float64 or float32: network.float() has it"):
        convert.from_torch(lstm, torch.nn.LSTM(2, 3).to(torch.bfloat16))
    with pytest.raises(TypeError, match="x is Tensor, which gives no array"):
        lstm.forward(PARAMS.cell, torch.ones(5, 3, 2, dtype=torch.float64, requires_grad=True))


def test_positive_weight_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    logits, target, weight = rng.normal(size=(4, 3)), rng.integers(0, 2, (4, 3)).astype(float), np.array([1.0, 5, 0.2])
    loss, dlogits = losses.sigmoid_cross_entropy(logits, target, positive_weight=weight)
    twin = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        twin, torch.tensor(target), pos_weight=torch.tensor(weight)
    )
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(dlogits, twin.grad.numpy(), rtol=1e-12)
    with says(ValueError, "positive_weight is 0, expected a number above 0, or 3 of them"):
        losses.sigmoid_cross_entropy(logits, target, positive_weight=0)


def test_a_float32_step_of_a_score_is_the_fraction_that_was_meant(tmp_path):
    roll = np.eye(7, 88)[::-1].copy()
    data.write_score(tmp_path / "a.mid", roll, step=np.float32(1 / 3))
    np.testing.assert_array_equal(data.read_score(tmp_path / "a.mid", step=1 / 3), roll)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC"])
def test_gaps_are_seen_in_times_with_a_zone_in_periods_and_in_dates(zone):
    pandas = pytest.importorskip("pandas")
    hours = pandas.date_range("2026-03-28", periods=60, freq="h", tz=zone)  # summer time begins in Berlin
    series = pandas.Series(np.arange(60.0), hours)
    assert len(data.windows(series, 2)[0]) == 58
    assert len(data.windows(series.to_numpy(), 2, time=hours)[0]) == 58
    days = [day.date() for day in hours[::24]]
    months = pandas.PeriodIndex(["2026-01", "2026-02", "2026-04", "2026-05"], freq="M")
    for gappy in (
        series.drop(hours[30]),
        pandas.Series([1.0, 2, 3, 4], months),
        pandas.Series([1.0, 2, 3, 4], [*days, days[-1].replace(day=31, month=5)]),
    ):
        with pytest.raises(ValueError, match="which is a gap"):
            data.windows(gappy, 2)


def test_every_kind_of_seed_is_taken_for_its_generator():
    params = rnn.init(0, 2, 3)
    draws = [
        lambda rng: initializers.glorot(rng, 3, 2),
        lambda rng: initializers.orthogonal(rng, 3),
        lambda rng: rtrl.uoro(rnn, params, X, lambda start, h: h, rng=rng).dparams.w_h,
        lambda rng: bptt.randomly_truncated(rnn, params, X, lambda start, h: h, p=0.5, rng=rng).dparams.w_h,
    ]
    for draw in draws:
        expected = draw(np.random.default_rng(7))
        for seed in (7, np.int64(7), np.random.SeedSequence(7), np.random.PCG64(7)):
            np.testing.assert_array_equal(draw(seed), expected)


def test_a_callback_cannot_change_what_is_trained_on():
    def spoil(update):
        with pytest.raises(ValueError, match="read-only"):
            update.params.cell.w_x[...] = 9

    np.testing.assert_array_equal(fit(callbacks=[spoil]).params.cell.w_x, fit().params.cell.w_x)


def test_files_that_cannot_be_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint to go on from; resume=False begins a run"):
        fit(save_to=tmp_path / "run.npz", resume=True)
    with pytest.raises(IsADirectoryError, match="is a folder, expected the name of a file"):
        checkpoint.save(tmp_path, {"w": 1.0})


@pytest.mark.parametrize(
    ("package", "use", "message"),
    [
        ("matplotlib", lambda _: import_module("rnnlab.plots"), "plots need matplotlib: .*'rnnlab\\[course\\]'"),
        (
            "matplotlib",
            lambda _: callbacks.LivePlot(),
            "a live plot needs IPython and matplotlib: .*'rnnlab\\[course\\]'",
        ),
        ("sklearn.base", lambda _: import_module("rnnlab.estimators"), "need scikit-learn 1.6.*'rnnlab\\[data\\]'"),
        ("pandas", data.read_frame, "tables with dates need pandas: .*'rnnlab\\[data\\]'"),
        ("mido", lambda path: data.read_score(path), "mido.*'rnnlab\\[data\\]'"),
        ("music21", lambda path: data.read_score(path.with_suffix(".abc")), "music21.*'rnnlab\\[data\\]'"),
    ],
)
def test_an_extra_that_is_missing_is_named_with_what_installs_it(tmp_path, monkeypatch, package, use, message):
    path = tmp_path / "file.mid"
    for name in (path, path.with_suffix(".abc")):
        name.write_text("t,x\n2026-01-01,1\n")
    for module in ("rnnlab.plots", "rnnlab.estimators"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=message):
        use(path)
