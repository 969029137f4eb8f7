"""Where a wrong number would come without a word: dtypes, scales, labels of series, and notes struck again."""

import numpy as np
import pytest
from saying import says

from rnnlab import activations, data, losses, metrics, optimizers
from rnnlab.forecasting import Forecaster, Linear, Scaler, Seasonal

DAYS = [f"2026-01-0{day}" for day in range(1, 7)]


@pytest.mark.parametrize(
    "optimizer", [optimizers.SGD(0.1, 0.9), optimizers.RMSprop(), optimizers.Adam(weight_decay=0.1)]
)
def test_weights_keep_their_dtype_whatever_the_gradients_is(optimizer):
    weights = {"w": np.ones(2, np.float32), "b": np.zeros(1, np.float32)}
    wide = {"w": np.array([0.5, -0.25]), "b": np.array([1.0])}
    state = short = optimizer.init(weights)
    found = expected = weights
    for _ in range(2):
        found, state = optimizer.update(found, wide, state)
        narrow = {name: gradient.astype(np.float32) for name, gradient in wide.items()}
        expected, short = optimizer.update(expected, narrow, short)
    for name, array in found.items():
        assert array.dtype == state.means[0][name].dtype == np.float32
        np.testing.assert_array_equal(array, expected[name])


@pytest.mark.parametrize("constant", [0.1, 14.62, 1e9 / 3, -1e-9, 0.0])
def test_what_is_constant_is_not_divided_by_a_rounding_error(constant):
    series = np.full(1000, constant)
    scaler = Scaler.fit(series)
    assert scaler.spread == 1
    assert abs(scaler.transform([constant + 0.5])[0] - 0.5) < 1e-6
    forecast = Linear(3, 2).fit(series).predict(series)
    np.testing.assert_allclose(forecast.expected, constant, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12, 1e200, 1e307])
def test_numbers_of_every_size_are_scaled(unit):
    series = unit * np.array([1.0, 3.0, np.nan, 1.0, 3.0])
    scaler = Scaler.fit(series)
    np.testing.assert_allclose(scaler.transform(series), [-1, 1, np.nan, -1, 1])
    np.testing.assert_allclose(scaler.inverse_transform([1.0]), 3 * unit)
    assert scaler == Scaler.fit(series)


def test_series_in_levels_of_an_index_are_never_joined():
    pandas = pytest.importorskip("pandas")
    levels = pandas.MultiIndex.from_product([["a", "b"], pandas.to_datetime(DAYS)])
    long = pandas.Series(np.arange(12.0), levels)
    for cut in (
        lambda: data.windows(long, 2),
        lambda: data.streams(long, 1),
        lambda: Seasonal(1, 1).fit(long),
        lambda: data.windows(long.to_frame(), 2),
    ):
        with pytest.raises(ValueError, match=r"index of .* has 2 levels, as that of several series has.*groups="):
            cut()
    x, target = data.windows(long, 2, groups=levels.get_level_values(0))
    expected = [data.windows(long[group].to_numpy(), 2) for group in "ab"]
    np.testing.assert_array_equal(x, np.concatenate([one for one, _ in expected]))
    np.testing.assert_array_equal(target, np.concatenate([one for _, one in expected]))
    gappy = long.drop(long.index[3])
    with pytest.raises(ValueError, match=r"time of series of group a goes from .* which is a gap"):
        data.windows(gappy, 2, groups=gappy.index.get_level_values(0))


@pytest.mark.parametrize(
    "index",
    [
        lambda pandas: pandas.to_timedelta([0, 15, 30, 45, 90, 105], "min"),
        lambda pandas: [0.0, 0.1, 0.2, 0.3, 0.7, 0.8],
        lambda pandas: [2000, 2001, 2002, 2003, 2005, 2006],
    ],
)
def test_gaps_are_seen_in_times_of_every_kind(index):
    pandas = pytest.importorskip("pandas")
    series = pandas.Series(np.arange(6.0), index(pandas))
    for cut in (data.windows, data.streams, lambda series, k: Seasonal(1, 1).fit(series)):
        with pytest.raises(ValueError, match=r"goes from .* at 4"):
            cut(series, 2)
    x, _ = data.windows(series, 2, gaps="drop")
    assert x.tolist() == [[0, 1], [1, 2]]
    for time in (series.index, pandas.Series(series.index), series.index.to_numpy()):
        np.testing.assert_array_equal(data.windows(series.to_numpy(), 2, time=time, gaps="drop")[0], x)


def test_a_column_of_dates_says_when_as_an_index_of_them_does():
    pandas = pytest.importorskip("pandas")
    for dates in (pandas.to_datetime(DAYS), pandas.to_datetime(DAYS, utc=True), pandas.PeriodIndex(DAYS, freq="D")):
        assert len(data.windows(np.arange(6.0), 2, time=pandas.Series(dates))[0]) == 4
        with pytest.raises(ValueError, match="which is a gap"):
            data.windows(np.arange(5.0), 2, time=pandas.Series(dates.delete(2)))


@pytest.mark.parametrize("labels", ["10:00 10:01 10:05", "2026Q1 2026Q2 2026Q4", "Jan-2026 Feb-2026 May-2026"])
def test_times_as_text_are_refused_where_gaps_would_go_unseen(labels):
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match=r"index of series is text such as .* expected dates"):
        data.windows(pandas.Series([1.0, 2, 3], labels.split()), 1)
    names = pandas.Series([1.0, 2, 3], ["Q5", "may", "a:b"])  # which are no times
    assert len(data.windows(names, 1)[0]) == 2


def test_what_belongs_together_must_be_in_one_order():
    pandas = pytest.importorskip("pandas")
    series = pandas.Series(np.arange(4.0))
    turned = pandas.Series(list("aabb"), [3, 2, 1, 0])
    with says(ValueError, "groups has the label 3 where the series has 0, at 0, expected one order"):
        data.windows(series, 1, groups=turned)
    with says(ValueError, "inputs has the label 3 where the series has 0, at 0, expected one order"):
        data.windows(series, 1, inputs=turned.map(ord))
    assert data.windows(series, 1, groups=turned.to_numpy())[0].tolist() == [[0], [2]]


def test_a_forecast_goes_on_with_what_the_index_counts():
    pandas = pytest.importorskip("pandas")
    values = np.sin(np.arange(40.0))
    for index, expected in (
        (range(1950, 1990), [1990, 1991]),
        (range(40), [1, 2]),
        (range(0, 400, 10), [400, 410]),
        (np.arange(40) / 4, [10, 10.25]),
    ):
        series = pandas.Series(values, index)
        assert Seasonal(1, 2).fit(series).predict(series).frame().index.tolist() == expected
    years = pandas.Series(values, range(1950, 1990))
    network = Forecaster("rnn", k=3, horizon=2, n_updates=1, n_hidden=2).fit(years)
    assert network.predict().frame().index.tolist() == [1990, 1991]


def test_a_forecast_reads_the_columns_and_the_steps_that_were_fitted():
    pandas = pytest.importorskip("pandas")
    hours = pandas.date_range("2026-01-01", periods=42, freq="h")
    series = pandas.Series(np.sin(np.arange(40.0)), hours[:40])
    table = pandas.DataFrame({"a": np.arange(42.0), "b": np.ones(42)}, hours)
    network = Forecaster("rnn", k=3, horizon=2, n_updates=1, n_hidden=2).fit(series, inputs=table[:40], known=table)
    assert len(network.predict(series, inputs=table[:40], known=table).expected) == 2
    with says(ValueError, "known has the columns b, a, expected a, b in this order"):
        network.predict(series, inputs=table[:40], known=table[["b", "a"]])
    with says(ValueError, "inputs has the columns b, a, expected a, b in this order"):
        network.predict(series, inputs=table[:40][["b", "a"]], known=table)
    with says(ValueError, "known has the columns b, a, expected a, b in this order"):
        network.fit([series, series], known=[table, table[["b", "a"]]])
    plain = Forecaster("rnn", k=3, horizon=2, n_updates=1, n_hidden=2).fit(series)
    days = series.set_axis(pandas.date_range("2026-01-01", periods=40, freq="D"))
    with says(ValueError, "series has steps of 1 days, expected 0.0416667 as in fit"):
        plain.predict(days)


def test_errors_of_numbers_that_have_no_square_are_numbers():
    assert metrics.rmse([[1e200], [-1e200]], [[0.0], [0.0]]) == pytest.approx(1e200)
    assert metrics.mae(np.array([[3e38]], np.float32), np.array([[-3e38]], np.float32)) == pytest.approx(6e38)
    assert metrics.rmse(np.array([[3e38]], np.float32), np.array([[-3e38]], np.float32)) == pytest.approx(6e38)


def test_a_normal_law_that_is_sure_and_right_has_a_loss():
    value, dy = losses.gaussian([[2.0, -2000.0]], [[2.0]])
    assert value == pytest.approx((np.log(2 * np.pi) - 2000) / 2)
    np.testing.assert_array_equal(dy, [[0, 0.5]])


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)])
def test_an_index_of_any_shape_becomes_vectors(shape):
    index = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    np.testing.assert_array_equal(data.one_hot(index, 7), np.eye(7)[index])


def _roll(path, events):
    mido = pytest.importorskip("mido")
    track, now = mido.MidiTrack(), 0
    for tick, kind, pitch in events:
        track.append(mido.Message(kind, note=pitch, time=tick - now))
        now = tick
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(path)
    return data.read_score(path)


def test_a_key_struck_again_before_it_is_let_go_ends_with_its_one_end(tmp_path):
    on, off = "note_on", "note_off"
    once = [(0, on, 60), (480, on, 60), (960, off, 60)]
    roll = _roll(tmp_path / "a.mid", [*once, (9600, on, 62), (9840, off, 62)])
    assert roll[:, 39].nonzero()[0].tolist() == [0, 1, 2, 3]
    roll = _roll(tmp_path / "a.mid", [*once, (1920, on, 60), (2400, off, 60)])
    assert roll[:, 39].nonzero()[0].tolist() == [0, 1, 2, 3, 8, 9]
    two_voices = [*once, (1920, off, 60)]
    assert _roll(tmp_path / "a.mid", two_voices)[:, 39].nonzero()[0].tolist() == list(range(8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_order_of_bytes_changes_neither_numbers_nor_their_dtype(dtype):
    y = np.random.default_rng(0).normal(size=(4, 3)).astype(dtype)
    turned = y.astype(y.dtype.newbyteorder(">"))
    for of in (
        lambda y: losses.softmax_cross_entropy(y, [0, 1, 2, 0])[1],
        lambda y: losses.mse(y, y + 1)[1],
        lambda y: activations.tanh(y),
        lambda y: data.windows(y[:, 0], 1)[0],
    ):
        assert of(turned).dtype == of(y).dtype
        np.testing.assert_array_equal(of(turned), of(y))
