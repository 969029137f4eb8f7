"""Forecasts know nothing of the future, cover what they promise, and beat what costs nothing."""

import pickle

import numpy as np
import pytest
from saying import says

from rnnlab import data, forecasting, metrics, rnn
from rnnlab.bidirectional import Bidirectional
from rnnlab.forecasting import Forecaster, Linear, Mean, Scaler, Seasonal, backtest, calendar
from rnnlab.forecasting.series import Clock, each, following
from rnnlab.forecasting.tables import scaled, scales_of, starts
from rnnlab.forecasting.ways import Direct

pandas = pytest.importorskip("pandas")
QUICK = {"k": 12, "horizon": 3, "n_hidden": 8, "n_updates": 60, "n_batch": 16}
WAVE = np.sin(np.arange(200) / 3)


def hourly(n_days=40, seed=0):
    """A load with days, weekends and a noise that lasts."""
    index = pandas.date_range("2026-01-05", periods=24 * n_days, freq="h")
    rng, noise = np.random.default_rng(seed), np.zeros(len(index))
    for n in range(1, len(noise)):
        noise[n] = 0.9 * noise[n - 1] + rng.normal()
    day = 20 * np.sin(2 * np.pi * (index.hour - 6) / 24) - 15 * (index.day_of_week >= 5)
    return pandas.Series(100 + day.to_numpy() + 3 * noise, index, name="load")


def test_a_network_beats_what_costs_nothing_and_covers_what_it_promises():
    load = hourly(80)
    known = {"calendar": ("hour", "weekday"), "k": 48, "horizon": 24, "n_updates": 300}
    scores = backtest(
        {
            "gru": Forecaster("gru", **known),
            "fed back": Forecaster("gru", feedback=True, **known),
            "persistence": Seasonal(1, 24),
            "a day ago": Seasonal(24, 24),
            "linear": Linear(48, 24),
        },
        load,
        n_train=24 * 60,
        horizon=24,
        step=12,
    )
    by_name = {score.name: score for score in scores}
    simple = min(by_name[name].mae for name in ("persistence", "a day ago", "linear"))
    for name in ("gru", "fed back"):
        assert by_name[name].mae < 0.9 * simple, forecasting.table(scores)
        assert 0.7 < by_name[name].coverage < 0.92, forecasting.table(scores)
    assert len(by_name["gru"].forecasts) == by_name["gru"].n_origins


@pytest.mark.parametrize(("name", "relative"), [("co2", True), ("sunspots", False)])
def test_eighty_percent_cover_eighty_percent_of_the_built_in_series(name, relative):
    pytest.importorskip("statsmodels")
    values = getattr(data, name)().value
    settings = {"k": 24, "horizon": 6, "n_hidden": 12, "n_updates": 250, "kept": 0.3, "relative": relative}
    n_train = int(0.6 * len(values))
    (score,) = backtest({"gru": Forecaster("gru", **settings)}, values, n_train=n_train, horizon=6)
    assert 0.75 <= score.coverage <= 0.85, score[:6]


def test_nothing_of_the_future_reaches_a_forecast():
    load = hourly(12)
    spoiled = load.copy()
    spoiled.iloc[200:] = 1e6
    inputs = np.arange(len(load), dtype=float)
    later = inputs.copy()
    later[200:] = -1e6
    forecaster = Forecaster("rnn", calendar=("hour",), **QUICK).fit(load.iloc[:200], inputs=inputs[:200])
    again = Forecaster("rnn", calendar=("hour",), **QUICK).fit(spoiled.iloc[:200], inputs=later[:200])
    for one, other in zip(forecaster.predict()[:3], again.predict()[:3], strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_windows_that_are_kept_share_no_value_with_those_that_are_trained_on():
    forecaster = Forecaster("rnn", kept=0.25, **QUICK)
    parts = each([WAVE, np.where(np.arange(90) == 40, np.nan, WAVE[:90])])
    training, held = forecaster._places(parts)
    for number, one in enumerate(parts):
        trained = {at + step for n, at in training if n == number for step in range(15)}
        answered = {at + 12 + step for n, at in held if n == number for step in range(3)}
        assert trained
        assert answered
        assert max(trained) < min(answered)
        assert np.isfinite(one.values[sorted(trained | answered)]).all()
    scales = scales_of(parts[0], 100)
    assert scales.value.mean == pytest.approx(WAVE[:100].mean())


def test_the_network_reads_what_the_table_in_the_module_says():
    one = each(WAVE, np.arange(200.0), np.arange(200.0) ** 2)[0]
    table = scaled(one, scales_of(one, 200))
    way = Direct(4, 2, (0.1, 0.5, 0.9))
    x, target, mask, _ = way.batch([table], [(0, 5), (0, 9)])
    assert x.shape == (6, 2, 4)
    np.testing.assert_array_equal(x[:4, 1, 0], table.values[9:13])
    np.testing.assert_array_equal(x[:4, 1, 1], table.inputs[9:13, 0])
    np.testing.assert_array_equal(x[:, 1, 2], table.known[9:15, 0])
    assert (x[4:, :, :2] == 0).all()
    assert x[:, 0, 3].tolist() == [0, 0, 0, 0, 1, 1]
    np.testing.assert_array_equal(target[4:, 0, 0], table.values[9:11])
    assert mask.astype(int).T.tolist() == [[0, 0, 0, 0, 1, 1]] * 2


def test_one_series_or_many_long_or_wide_give_the_same_forecasts():
    wide = pandas.DataFrame({"a": WAVE, "b": WAVE[::-1].copy()})
    long, groups = wide.melt()["value"].to_numpy(), wide.melt()["variable"].to_numpy()
    found = [
        Forecaster("rnn", **QUICK).fit(wide).predict(),
        Forecaster("rnn", **QUICK).fit(long, groups=groups).predict(),
        Forecaster("rnn", **QUICK).fit([WAVE, WAVE[::-1]]).predict(),
    ]
    assert [list(each) for each in found] == [["a", "b"], ["a", "b"], [0, 1]]
    for other in found[1:]:
        for one, same in zip(found[0].values(), other.values(), strict=True):
            np.testing.assert_array_equal(one.expected, same.expected)
    assert Forecaster("rnn", **QUICK).fit([WAVE, WAVE[:90]]).predict()[1].expected.shape == (3,)


def test_what_is_known_of_the_future_is_used():
    rng = np.random.default_rng(0)
    price = rng.integers(0, 2, 303).astype(float)
    demand = 5 - 3 * price + rng.normal(0, 0.1, 303)
    forecaster = Forecaster("gru", **{**QUICK, "n_updates": 300}).fit(demand[:300], known=price[:300])
    forecast = forecaster.predict(demand[:300], known=price)
    np.testing.assert_allclose(forecast.expected, 5 - 3 * price[300:], atol=0.5)
    with says(ValueError, "known has shape (300, 1), expected at least 303 rows, one for each time"):
        forecaster.predict()


def test_a_forecast_says_when():
    load = hourly(12)
    forecast = Forecaster("rnn", calendar=("hour",), **QUICK).fit(load).predict()
    assert str(forecast.index[0]) == "2026-01-17 00:00:00"
    assert forecast.frame().columns.tolist() == ["low", "expected", "high"]
    assert (forecast.low <= forecast.expected).all()
    assert (forecast.expected <= forecast.high).all()
    pytest.importorskip("matplotlib")
    picture = forecast.plot(truth=[1.0, 2.0, 3.0], beside={"persistence": [5.0, 5.0, 5.0]}, unit="MW")
    assert "Forecast of 3 steps" in picture.alt
    assert "Persistence: from 5 to 5." in picture.alt
    assert ">persistence<" in picture.svg


@pytest.mark.parametrize("freq", ["h", "D", "W", "MS", "YS"])
@pytest.mark.parametrize("forget", [False, True])
def test_the_times_that_follow_are_those_of_the_calendar(freq, forget):
    index = pandas.date_range("2026-01-31", periods=12, freq=freq)
    known = pandas.DatetimeIndex(list(index[:8])) if forget else index[:8]
    assert list(following(known, 4)) == list(index[8:])
    assert list(following(known, 4, whole=True)) == list(index)
    zoned = pandas.date_range("2026-03-28", periods=60, freq="h", tz="Europe/Berlin")
    assert list(following(zoned[:20], 40)) == list(zoned[20:])
    months = pandas.period_range("2026-01", periods=6, freq="M")
    assert list(following(months[:4], 2)) == list(months[4:])


def test_a_calendar_goes_round():
    hours = pandas.date_range("2026-01-01", periods=24 * 14, freq="h", tz="America/New_York")
    found = calendar(hours, ("hour", "weekday", "month", "yearday"), holidays=["2026-01-06"])
    assert found.shape == (336, 9)
    np.testing.assert_allclose(found[0, :4], found[168, :4], atol=1e-12)
    np.testing.assert_allclose(np.hypot(found[:, 0], found[:, 1]), 1)
    assert found[:, 8].sum() == 24
    assert found[np.asarray(hours.hour) == 6, 0].min() == pytest.approx(1)
    with says(ValueError, "parts is ('hours',), expected several of hour, weekday, month, yearday"):
        calendar(hours, ("hours",))
    with says(ValueError, "series has no dates for its index, expected them for a calendar"):
        each(WAVE, clock=Clock(("hour",)))


def test_gaps_are_left_out_and_a_gap_at_the_end_is_named():
    load = hourly(12)
    load.iloc[100] = np.nan
    gappy = load.drop(load.index[150:160])
    one = each(gappy)[0]
    begins = starts(one, 12, 3)
    times = gappy.index
    for at in begins:
        assert times[at + 14] - times[at] == pandas.Timedelta(hours=14)
        assert np.isfinite(one.values[at : at + 15]).all()
    forecaster = Forecaster("rnn", **QUICK).fit(gappy)
    message = "series has a gap in, or less than, its last k=12 values, expected them to read"
    with says(ValueError, message):
        forecaster.predict(gappy.iloc[:105])
    with says(ValueError, message):
        forecaster.predict(load.iloc[-8:])
    assert np.isfinite(forecaster.predict(load.iloc[-12:]).expected).all()


def test_simple_forecasts_are_what_they_say():
    line = np.arange(50.0)
    np.testing.assert_allclose(Linear(3, 4, ridge=1e-9).fit(line).predict(line).expected, [50, 51, 52, 53], atol=1e-4)
    np.testing.assert_array_equal(Seasonal(5, 3).fit(line).predict(line).expected, [45, 46, 47])
    np.testing.assert_array_equal(Mean(2, 3).fit(line).predict(line).expected, [48.5] * 3)
    noise = np.random.default_rng(0).normal(size=3000)
    (score,) = backtest({"mean": Mean(100, 2)}, noise, n_train=2000, horizon=2)
    assert score.coverage == pytest.approx(0.8, abs=0.03)


def test_a_scaler_is_undone_and_leaves_out_what_is_missing():
    values = np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]])
    scaler = Scaler.fit(values)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(values[:2])), values[:2])
    np.testing.assert_allclose(scaler.transform(values[:2])[:, 0], [-1, 1])
    np.testing.assert_array_equal(scaler.transform(values[:2])[:, 1], 0)


def test_a_backtest_refits_or_does_not():
    class Counting(Mean):
        fitted = 0

        def fit(self, series, **more):
            Counting.fitted += 1
            assert len(series) == 20 + 5 * (Counting.fitted - 1)
            return super().fit(series, **more)

    for refit, times in ((False, 1), (True, 5)):
        Counting.fitted = 0
        backtest({"mean": Counting(2, 5)}, WAVE[:45], n_train=20, horizon=5, step=5, refit=refit)
        assert Counting.fitted == times


def test_it_can_be_pickled_and_goes_on():
    forecaster = Forecaster("gru", **QUICK).fit(WAVE)
    again = pickle.loads(pickle.dumps(forecaster))
    np.testing.assert_array_equal(again.predict().low, forecaster.predict().low)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Forecaster(level=80), ValueError, "level is 80, expected a number between 0 and 1, such as 0.8"),
        (lambda: Forecaster(kept=1), ValueError, "kept is 1, expected at least 0 and less than 1"),
        (lambda: Forecaster(**QUICK).predict(), ValueError, "nothing was fitted, expected fit before predict"),
        (
            lambda: Forecaster(**QUICK).fit(WAVE[:10]),
            ValueError,
            "series has no window to train on, expected several times k+horizon=15 values without a gap",
        ),
        (
            lambda: Forecaster(feedback=True, **QUICK).fit(WAVE, inputs=WAVE),
            ValueError,
            "inputs are given with feedback=True, expected none: their future is not known",
        ),
        (lambda: Forecaster(**QUICK).fit("load.csv"), TypeError, "series has dtype <U8, expected numbers"),
        (
            lambda: Forecaster(**QUICK).fit(WAVE, inputs=WAVE[:9]),
            ValueError,
            "inputs has shape (9, 1), expected at least 200 rows, one for each time",
        ),
        (lambda: Forecaster(calendar="hour"), TypeError, "calendar is 'hour', expected several, such as ('hour',)"),
        (
            lambda: Forecaster(Bidirectional(rnn), feedback=True),
            ValueError,
            "feedback carries the state on, and cell reads in both directions: expected one that reads ahead",
        ),
        (
            lambda: Forecaster("rnn", **QUICK).fit(WAVE, inputs=WAVE).predict(WAVE),
            ValueError,
            "inputs has 0 columns, the calendar's included, expected 1 as in fit",
        ),
        (
            lambda: Forecaster(**QUICK).fit(WAVE, groups=[None] * 200),
            ValueError,
            "groups has a missing label at 0, expected one for every value",
        ),
        (
            lambda: backtest([Mean(5, 2)], WAVE, n_train=50, horizon=2),
            TypeError,
            "forecasters is list, expected a mapping from names",
        ),
        (
            lambda: backtest({"mean": Mean(5, 2)}, WAVE[:, None], n_train=50, horizon=2),
            ValueError,
            "series has shape (200, 1), expected (N,): compare several one by one",
        ),
        (lambda: Seasonal(5, 3).fit(WAVE[:6]), ValueError, "series has 6 values, expected at least 9"),
        (lambda: Mean(5, 3).predict(WAVE), ValueError, "nothing was fitted, expected fit before predict"),
        (
            lambda: backtest({"mean": Mean(5, 2)}, WAVE, n_train=50, horizon=3),
            ValueError,
            "mean forecasts 2 steps, expected horizon=3",
        ),
    ],
)
def test_what_cannot_be_forecast_is_named(call, error, message):
    with says(error, message):
        call()


def test_coverage_is_a_share():
    assert metrics.coverage([0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 2, 0.5]) == 0.75
