"""Kinds of fault that no single function owns: what is not finite, not aligned, not counted, or of another run."""

from functools import partial

import numpy as np
import pytest

from rnnlab import batches, compare, data, forecasting, gru, losses, lstm, metrics, model, optimizers, rnn, training
from rnnlab import variants as v
from rnnlab.stack import Stack

RNG = np.random.default_rng(0)
X, TARGET = RNG.normal(size=(5, 4, 2)), RNG.normal(size=(4, 1))
BATCH = data.Batch(X, TARGET, per_step=False)
NOTHING = data.Batch(X, TARGET, mask=np.zeros(4), per_step=False)


@pytest.mark.parametrize("metric", [metrics.mae, metrics.rmse, metrics.accuracy])
def test_a_metric_of_what_is_no_number_is_none(metric):
    y = RNG.normal(size=(4, 3, 2))
    target = RNG.integers(0, 2, size=(4, 3)) if metric is metrics.accuracy else RNG.normal(size=(4, 3, 2))
    mask = np.ones((4, 3), bool)
    mask[1, 2] = False
    y[1, 2, 0] = np.nan
    assert np.isfinite(metric(y, target, mask))
    assert np.isnan(metric(y, target))


def test_coverage_of_what_is_missing_is_none():
    ends = np.zeros(3), np.ones(3)
    for part in range(3):
        parts = [*ends, np.full(3, 0.5)]
        assert metrics.coverage(*parts) == 1
        parts[part] = np.array([0.5, np.nan, 0.5])
        assert np.isnan(metrics.coverage(*parts))
    with pytest.raises(ValueError, match="target is empty"):
        metrics.coverage([], [], [])


def test_the_name_of_the_loss_is_taken():
    network = model.Model(rnn, 3, readout=1, loss=losses.mse, per_step=False)
    network.fit(BATCH, 2, n_batch=2)
    for measure in (lambda m: network.evaluate(BATCH, m), lambda m: network.fit(BATCH, 2, validate=BATCH, metrics=m)):
        with pytest.raises(ValueError, match="metrics has a 'loss', which is the name of the loss itself"):
            measure({"loss": metrics.mae})


def test_a_validation_in_which_nothing_counts_keeps_what_was_learnt():
    objective = v.Objective(v.many_to_one, lstm, losses.mse)
    params = v.init(lstm, 0, 2, 3, 1)
    fit = partial(training.fit, objective, params, batches.Epochs(BATCH, 2), optimizers.Adam(0.01), 4, validate_every=2)
    with pytest.warns(RuntimeWarning, match="validate gave nan") as said:
        found = fit(validate=lambda weights: objective.value(weights, NOTHING))
    assert len(said) == 1
    assert np.isnan(found.history.validation).all()
    np.testing.assert_array_equal(found.params.cell.w_x, fit().params.cell.w_x)


def test_tables_and_lists_are_arrays_once_they_are_in_a_batch():
    pandas = pytest.importorskip("pandas")
    forms = [TARGET.tolist(), pandas.DataFrame(TARGET)]
    for form in forms:
        batch = data.Batch(X, form, mask=[1, 0, 1, 1], lengths=pandas.Series([5, 4, 3, 2]), per_step=False)
        one, other = batches.split(batch, 0, 0.5)
        assert len(one.target) + len(other.target) == 4
        objective = v.Objective(v.many_to_one, rnn, losses.mse)
        params = v.init(rnn, 0, 2, 3, 1)
        expected = data.Batch(X, TARGET, np.array([1, 0, 1, 1]), np.array([5, 4, 3, 2]), per_step=False)
        assert objective.value(params, batch) == objective.value(params, expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_series_that_is_not_finite_is_named_wherever_one_is_cut(bad):
    series = np.arange(30.0)
    series[28] = bad
    for cut, place in [
        (lambda: data.windows(series, 3), r"series\[28\] is"),
        (lambda: data.streams(series, 3), r"sequence\[28\] is"),
        (lambda: data.seasonal_naive(series, 6, 2), r"history\[28\] is"),
    ]:
        with pytest.raises(ValueError, match=place):
            cut()
    assert data.seasonal_naive(series[:28], 6, 2).tolist() == [22, 23]


def test_measurements_of_other_times_are_not_taken_for_these():
    pandas = pytest.importorskip("pandas")
    hours = pandas.date_range("2026-01-01", periods=80, freq="h")
    series = pandas.Series(np.sin(np.arange(80.0)), index=hours)
    later = pandas.Series(series.to_numpy(), index=hours + pandas.Timedelta("1h"))
    network = partial(forecasting.Forecaster, "gru", k=5, horizon=2, n_hidden=2, n_updates=2)
    said = "has 2026-01-01T01:00:00.* where the series has 2026-01-01T00:00:00.*, at 0, expected the same times"
    for use in (
        lambda other: data.windows(series, 3, inputs=other),
        lambda other: data.windows([series], 3, inputs=[other.to_frame()]),
        lambda other: network().fit(series, inputs=other),
        lambda other: network().fit(series, known=other),
    ):
        use(series)
        with pytest.raises(ValueError, match=said):
            use(later)


@pytest.mark.parametrize("form", ["array", "table", "list"])
def test_a_forecaster_does_not_follow_the_series_that_it_was_fitted_to(form):
    pandas = pytest.importorskip("pandas")
    values = np.sin(np.arange(80.0))
    given = {"array": values, "table": pandas.DataFrame({"a": values}), "list": [values, values.copy()]}[form]
    network = forecasting.Forecaster("gru", k=5, horizon=2, n_hidden=2, n_updates=2).fit(given, inputs=None)
    expected = repr(network.predict())
    if form == "table":
        given.loc[:, "a"] = 0.0
    values[:] = 0
    assert repr(network.predict()) == expected


def test_the_columns_of_a_table_are_series_of_their_own():
    pandas = pytest.importorskip("pandas")
    hours = pandas.date_range("2026-01-01", periods=9, freq="h")
    table = pandas.DataFrame({"a": np.arange(9.0), "b": 10 * np.arange(9.0)}, index=hours)
    for found, expected in (
        (data.windows(table, 3), data.windows([table["a"], table["b"]], 3)),
        (
            data.windows(table, 3, inputs=table["a"]),
            data.windows([table["a"], table["b"]], 3, inputs=[table["a"]] * 2),
        ),
    ):
        for part, right in zip(found, expected, strict=True):
            np.testing.assert_array_equal(part, right)
    with pytest.raises(ValueError, match="which is a gap"):
        data.windows(table.drop(hours[4]), 3)


def test_a_grid_on_which_no_note_sounds_is_refused(tmp_path):
    pytest.importorskip("mido")
    data.write_score(tmp_path / "short.mid", np.eye(88)[[40, 41]], step=1 / 8)
    roll = data.read_score(tmp_path / "short.mid", step=1 / 8)
    assert roll.any(axis=1).all()
    silent = np.concatenate([np.zeros((1, 88)), roll])  # both notes lie between two steps of a half
    data.write_score(tmp_path / "short.mid", silent, step=1 / 8)
    with pytest.raises(ValueError, match=r"short\.mid: no note sounds at the start of a step, expected a smaller step"):
        data.read_score(tmp_path / "short.mid", step=0.5)


def test_inputs_that_end_with_a_gap_are_named_where_they_are_read():
    series = np.sin(np.arange(80.0))
    inputs = series.copy()
    inputs[-1] = np.nan
    network = forecasting.Forecaster("gru", k=5, horizon=2, n_hidden=2, n_updates=2).fit(series, inputs=inputs)
    with pytest.raises(ValueError, match="inputs has a gap in its last k=5 rows, expected them to read"):
        network.predict()


def test_runs_of_a_task_with_other_settings_are_not_taken_for_its_own(tmp_path):
    task = partial(compare.Task, partial(data.adding, n_batch=2, n_steps=3), losses.mse, 1, n_updates=2, n_tests=1)
    path = tmp_path / "runs.jsonl"
    first = compare.compare({"a": rnn}, {"t": task()}, [0], save_to=path)
    assert compare.compare({"a": rnn}, {"t": task()}, [0], save_to=path) == first
    changed = {
        "n_hidden": ({"a": rnn}, task(n_hidden=5)),
        "cell": ({"a": gru}, task()),
        "layers": ({"a": Stack(rnn, 2)}, task()),
        "optimizer": ({"a": rnn}, task(optimizer=optimizers.Adam(0.1))),
        "draw": ({"a": rnn}, compare.Task(partial(data.adding, n_batch=2, n_steps=4), losses.mse, 1, n_updates=2)),
    }
    for cells, other in changed.values():
        with pytest.raises(ValueError, match=r"runs\.jsonl: 'a' on 't' was run with cell=rnnlab\.rnn, draw=adding\("):
            compare.compare(cells, {"t": other}, [0, 1], save_to=path)
    assert compare.read(path) == first


@pytest.mark.parametrize("wrong", ["backwards", "twice", "missing"])
def test_times_that_are_not_in_order_are_named_by_every_forecast(wrong):
    pandas = pytest.importorskip("pandas")
    hours = pandas.date_range("2026-01-01", periods=40, freq="h")
    series = pandas.Series(np.sin(np.arange(40.0)), index=hours)
    bad = {
        "backwards": series.iloc[::-1],
        "twice": series.set_axis(hours[:39].append(hours[38:39])),
        "missing": series.set_axis(hours[:39].append(pandas.DatetimeIndex([pandas.NaT]))),
    }[wrong]
    simple = forecasting.Seasonal(4, 2), forecasting.Mean(4, 2), forecasting.Linear(4, 2)
    network = forecasting.Forecaster("gru", k=4, horizon=2, n_hidden=2, n_updates=1).fit(series)
    for use in (
        *(one.fit for one in simple),
        *(one.fit(series).predict for one in simple),
        network.predict,
        lambda s: forecasting.backtest({"season": simple[0]}, s, n_train=20, horizon=2),
        lambda s: data.seasonal_naive(s, 4, 2),
        lambda s: data.streams(s, 2),
        lambda s: data.windows(s, 3),
    ):
        with pytest.raises(ValueError, match=r"^time of \w+ is (2026.* expected later than|missing at 39)"):
            use(bad)


def test_a_time_that_is_left_out_counts_as_a_missing_value():
    pandas = pytest.importorskip("pandas")
    series = pandas.Series(np.arange(40.0), index=pandas.date_range("2026-01-01", periods=40, freq="h"))
    late = series.drop(series.index[37])
    for one in (forecasting.Seasonal(4, 2), forecasting.Mean(4, 2), forecasting.Linear(4, 2)):
        one.fit(series)
        blank = one.predict(series.where(series != 37))
        np.testing.assert_array_equal(one.predict(late).expected, blank.expected)
        assert one.predict(late).index.equals(blank.index)
    season = forecasting.Seasonal(4, 2)
    assert season.fit(series).predict(late).expected.tolist() == [36, 36]  # 37 is unknown: the value before it
    for use in (
        lambda: forecasting.backtest({"season": season}, late, n_train=20, horizon=2),
        lambda: data.seasonal_naive(late, 4, 2),
        lambda: data.streams(late, 2),
    ):
        with pytest.raises(ValueError, match=r"goes from 2026-01-02T12:.* to 2026-01-02T14:.* at 37, which is a gap"):
            use()
    assert data.seasonal_naive(late, 2, 2).tolist() == [38, 39]  # the gap lies before the last season
    months = series.set_axis(pandas.date_range("2026-01-01", periods=40, freq="MS"))
    assert data.seasonal_naive(months, 12, 1).tolist() == [28]
