"""Windows of series: no gap is passed over, none reaches across two series, every value is where it belongs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from saying import says

from rnnlab import data


@given(st.integers(1, 5), st.sets(st.integers(1, 6), min_size=1), st.integers(0, 20), st.integers(0, 2))
def test_windows_are_what_a_loop_cuts_out(k, ahead, more, n_inputs):
    ahead, rng = sorted(ahead), np.random.default_rng(0)
    n = k + ahead[-1] + more
    series, inputs = rng.normal(size=n), rng.normal(size=(n, n_inputs))
    x, target = data.windows(series, k, ahead, inputs=inputs if n_inputs else None)
    assert len(x) == len(target) == n - k - ahead[-1] + 1
    for m in range(len(x)):
        own = x[m, :, 0] if n_inputs else x[m]
        np.testing.assert_array_equal(own, series[m : m + k])
        np.testing.assert_array_equal(target[m], [series[m + k - 1 + step] for step in ahead])
        if n_inputs:
            np.testing.assert_array_equal(x[m, :, 1:], inputs[m : m + k])


@given(st.sets(st.integers(0, 19), max_size=6), st.integers(1, 3), st.integers(1, 3), st.sampled_from([np.nan, np.inf]))
def test_no_window_that_is_returned_touches_what_is_missing(missing, k, horizon, bad):
    series = np.arange(20.0)
    series[sorted(missing)] = bad
    whole = [m for m in range(21 - k - horizon) if not {*range(m, m + k), m + k - 1 + horizon} & missing]
    if not whole:
        return
    x, target = data.windows(series, k, horizon, gaps="drop")
    assert x[:, 0].tolist() == whole
    assert np.isfinite(x).all()
    assert np.isfinite(target).all()
    if missing:
        with says(
            ValueError,
            f"series[{min(missing)}] is {bad}, expected finite numbers; "
            "gaps='drop' leaves out the windows that touch it",
        ):
            data.windows(series, k, horizon)


@given(st.sets(st.integers(1, 18), max_size=4), st.integers(1, 3), st.integers(1, 3))
def test_no_window_that_is_returned_reaches_across_a_gap_in_time(left_out, k, horizon):
    time = np.array(sorted(set(range(20)) - left_out))
    series = time.astype(float)
    if not left_out:
        np.testing.assert_array_equal(
            data.windows(series, k, horizon)[0], data.windows(series, k, horizon, time=time)[0]
        )
        return
    with pytest.raises(ValueError, match="which is a gap; gaps='drop' leaves out"):
        data.windows(series, k, horizon, time=time)
    runs = np.split(time, np.flatnonzero(np.diff(time) > 1) + 1)
    if max(map(len, runs)) < k + horizon:
        with pytest.raises(ValueError, match="no window without a gap"):
            data.windows(series, k, horizon, time=time, gaps="drop")
        return
    x, target = data.windows(series, k, horizon, time=time, gaps="drop")
    assert len(x) == sum(max(0, len(run) - k - horizon + 1) for run in runs)
    assert (np.diff(x, axis=1) == 1).all()
    np.testing.assert_array_equal(x[:, -1] + horizon, target)


def test_the_dates_of_a_pandas_series_are_looked_at():
    pandas = pytest.importorskip("pandas")
    hours = pandas.date_range("2026-01-01", periods=8, freq="h")
    series = pandas.Series(np.arange(8.0), index=hours).drop(hours[3])
    with says(
        ValueError,
        "time of series goes from 2026-01-01T02:00:00.000000 to 2026-01-01T04:00:00.000000 at 3, which is a gap; "
        "gaps='drop' leaves out the windows that touch it",
    ):
        data.windows(series, 2)
    assert data.windows(series, 2, gaps="drop")[0].tolist() == [[0, 1], [4, 5], [5, 6]]
    assert len(data.windows(series.to_numpy(), 2)[0]) == 5, "an array has no dates"
    for freq in ("MS", "YS", "D", "W"):
        regular = pandas.Series(np.arange(30.0), index=pandas.date_range("2001-01-01", periods=30, freq=freq))
        assert len(data.windows(regular, 2)[0]) == 28, freq
    with pytest.raises(ValueError, match="expected later than"):
        data.windows(series[::-1], 2)
    nullable = pandas.Series([1, 2, None, 4], dtype="Int64")
    with pytest.raises(ValueError, match=r"^series\[2\] is nan, expected finite numbers"):
        data.windows(nullable, 1)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 3), st.integers(1, 3))
def test_no_window_reaches_across_two_series(lengths, k, horizon):
    parts = [100.0 * n + np.arange(length) for n, length in enumerate(lengths)]
    n_windows = [max(0, length - k - horizon + 1) for length in lengths]
    if not any(n_windows):
        with pytest.raises(ValueError, match="expected \\(N,\\) with N at least k\\+horizon="):
            data.windows(parts, k, horizon)
        return
    expected = data.windows(parts, k, horizon)
    x, target = expected
    assert len(x) == sum(n_windows)
    np.testing.assert_array_equal(x // 100, np.repeat(target[:, None] // 100, k, axis=1))
    long, groups = np.concatenate(parts), np.repeat(np.arange(len(parts)), lengths)
    for got, want in zip(data.windows(long, k, horizon, groups=groups), expected, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: data.windows(["1", "2", "3"], 1), TypeError, "series has dtype <U1, expected numbers"),
        (lambda: data.windows([True, False, True], 1), TypeError, "series has dtype bool, expected numbers"),
        (
            lambda: data.windows([1, 2], 1, 2),
            ValueError,
            "series has shape (2,), expected (N,) with N at least k+horizon=3",
        ),
        (
            lambda: data.windows(np.zeros((3, 2)), 1),
            ValueError,
            "series has shape (3, 2), expected (N,) with N at least k+horizon=2",
        ),
        (lambda: data.windows([1, 2, 3], 1, [2, 1]), ValueError, "horizon is [2, 1], expected rising numbers of steps"),
        (lambda: data.windows([1, 2, 3], 1, gaps="fill"), ValueError, "gaps is 'fill', expected one of refuse, drop"),
        (
            lambda: data.windows([1, 2, 3], 1, inputs=np.zeros((2, 1))),
            ValueError,
            "inputs has shape (2, 1), expected (N=3, C)",
        ),
        (
            lambda: data.windows([1, 2, 3], 1, groups=["a", None, "a"]),
            ValueError,
            "groups has a missing label at 1, expected one for every value",
        ),
        (
            lambda: data.windows([np.nan, 1.0], 1, gaps="drop"),
            ValueError,
            "series has no window without a gap, expected at least one",
        ),
        (
            lambda: data.windows([1, 2, 3], 1, time=[0, 2, 1]),
            ValueError,
            "time of series is 1 at 2, expected later than 2",
        ),
    ],
)
def test_what_makes_no_series_is_named(call, error, message):
    with says(error, message):
        call()


def test_a_backtest_never_trains_on_what_it_forecasts():
    for gap in (0, 2):
        folds = list(data.rolling_origin(20, n_train=8, horizon=3, step=2, gap=gap))
        assert [training.stop for training, _ in folds] == list(range(8, 18 - gap, 2))
        for training, test in folds:
            assert test.start - training.stop == gap
            assert test.stop - test.start == 3
            assert test.stop <= 20
    with says(ValueError, "n is 9, expected at least n_train+gap+horizon=11"):
        list(data.rolling_origin(9, 8, 3))


def test_the_seasonal_forecast_is_the_season_before():
    wave = np.tile([1, 5, 2], 6)
    np.testing.assert_array_equal(data.seasonal_naive(wave, 3, 7), np.tile([1, 5, 2], 3)[:7])
    np.testing.assert_array_equal(data.seasonal_naive([[1, 2], [3, 4]], 1, 2), [[2, 2], [4, 4]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.windows([[1.0, 2, 3], [4.0, 5, 6]], 2, groups=[0, 1]), "expected neither groups nor time"),
        (lambda: data.windows([[1.0, 2, 3], [4.0, 5, 6]], 2, inputs=[[1.0, 2, 3]]), "inputs has 1 parts, expected 2"),
        (lambda: data.windows(np.arange(4.0), 2, groups=[0, 1]), r"groups has shape \(2,\), expected \(4,\)"),
        (lambda: data.windows(np.arange(4.0), 2, groups=[0, None, 1, 1]), "groups has a missing label"),
        (lambda: data.windows(np.arange(4.0), 2, inputs=np.ones((3, 2))), r"inputs has shape \(3, 2\)"),
        (lambda: data.windows(np.arange(4.0), 2, time=np.arange(3)), r"time has shape \(3,\)"),
        (
            lambda: data.windows(np.arange(3.0), 2, time=np.array(["2026-01-01", "NaT", "2026-01-03"], "M8[D]")),
            "is missing at 1, expected one everywhere",
        ),
        (lambda: data.seasonal_naive(np.arange(3.0), 4, 2), r"history has shape \(3,\)"),
    ],
)
def test_what_does_not_belong_to_a_series_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
