"""When values were measured is never guessed: what an index says of gaps, of days off and of the next time counts."""

import numpy as np
import pytest

from rnnlab import data, forecasting
from rnnlab.forecasting import series as parts

pandas = pytest.importorskip("pandas")
ROWS = pandas.Series(np.arange(12.0))
HOURS = pandas.Series(np.sin(np.arange(80.0)), pandas.date_range("2026-01-01", periods=80, freq="h"), name="load")
TEXT = pandas.Series(ROWS.to_numpy(), [f"2026-01-{day:02}" for day in range(1, 13)])
PLACES = [
    lambda s: data.windows(s, 2),
    lambda s: data.streams(s, 2),
    lambda s: forecasting.Mean(2, 2).fit(s),
    lambda s: forecasting.Forecaster("gru", k=2, horizon=2, n_hidden=2, n_updates=1).fit(s),
]


@pytest.mark.parametrize("use", PLACES)
@pytest.mark.parametrize(
    ("series", "message"),
    [
        (ROWS.drop(5), "series|sequence.* goes from 4 to 6 at 5.*to_numpy"),
        (ROWS.sample(frac=1, random_state=0), "goes from 6 to 11 at 1|is 4 at 2"),
        (pandas.concat([ROWS, ROWS]), "goes from 11 to 0 at 12|is 0 at 12"),
        (ROWS[::-1], "goes from 11 to 10 at 1|is 10 at 1"),
        (ROWS.set_axis([*range(1990, 2000), 2003.0, 2004.0]), r"goes from 1999(\.0)? to 2003"),
        (TEXT, r"index of \w+ is text such as '2026-01-01', expected dates: \w+\.index = pandas\.to_datetime"),
    ],
)
def test_rows_that_were_taken_out_and_dates_of_text_are_named_wherever_a_series_is_cut(use, series, message):
    use(series.set_axis(pandas.RangeIndex(5, 5 + len(series))))
    use(series.to_numpy())
    with pytest.raises(ValueError, match=message):
        use(series)


def test_windows_go_round_a_row_that_was_taken_out():
    assert data.windows(ROWS.drop(5), 2, gaps="drop")[0].tolist() == [
        [0, 1],
        [1, 2],
        [2, 3],
        [6, 7],
        [7, 8],
        [8, 9],
        [9, 10],
    ]
    labels = pandas.Series(["a", "b", "b"] * 4)  # the rows of a long table are those of several series
    assert len(data.windows(ROWS, 2, groups=labels)[0]) == 2 + 6
    assert len(parts.each(ROWS.drop(5), groups=labels.drop(5))) == 2


def test_days_of_a_market_have_no_gap_at_weekends():
    days = pandas.bdate_range("2026-01-01", periods=60)
    price = pandas.Series(np.arange(60.0), pandas.DatetimeIndex(list(days)))
    assert len(data.windows(price, 20)[0]) == 40
    closed = price.drop(days[20])
    with pytest.raises(ValueError, match="which is a gap"):
        data.windows(closed, 2)
    assert len(data.windows(closed, 2, gaps="drop")[0]) == 59 - 2 - 2
    assert (
        forecasting.Seasonal(5, 2).fit(closed).predict(closed).index.equals(pandas.bdate_range("2026-03-26", periods=2))
    )


def test_times_that_come_too_soon_are_named():
    finer = pandas.date_range("2026-01-01", periods=20, freq="h").append(
        pandas.date_range("2026-01-01 20:00", periods=9, freq="30min")
    )
    for use in PLACES:
        with pytest.raises(ValueError, match=r"to 2026-01-01T20:30:00.* at 21, half the usual step or less"):
            use(pandas.Series(np.arange(29.0), finer))


def test_an_hour_that_the_clock_shows_twice_is_named_as_such():
    berlin = pandas.date_range("2026-10-24", periods=40, freq="h", tz="Europe/Berlin")
    series = pandas.Series(np.arange(40.0), berlin)
    assert len(data.windows(series, 2)[0]) == 38
    wall = berlin.tz_localize(None)  # as a file has it, and as the page on forecasts reads it
    assert wall.tz_localize("Europe/Berlin", ambiguous="infer").equals(berlin)
    with pytest.raises(ValueError, match=r"expected later than .*; a clock that is put back shows an hour twice"):
        data.windows(series.set_axis(berlin.tz_localize(None)), 2)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (
            pandas.date_range("2025-01-15", periods=12, freq="MS") + pandas.Timedelta("14D"),
            ["2026-02-15", "2026-03-15"],
        ),
        (
            pandas.date_range("2025-01-31", periods=12, freq=pandas.offsets.MonthEnd()).delete(4),
            ["2026-01-31", "2026-02-28"],
        ),
        (pandas.date_range("2022-01-01", periods=12, freq="QS").delete(4), ["2025-01-01", "2025-04-01"]),
        (
            pandas.date_range("2026-03-15", periods=14, freq="D", tz="Europe/Berlin").delete(4),
            ["2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00"],
        ),
        (pandas.date_range("2026-03-01", periods=14, freq="2h").delete(4), ["2026-03-02 04:00", "2026-03-02 06:00"]),
    ],
)
def test_the_times_to_come_are_those_of_the_calendar_though_one_is_left_out(times, expected):
    ahead = parts.following(pandas.DatetimeIndex(list(times)), 2)
    assert [time.isoformat() for time in ahead] == [pandas.Timestamp(time).isoformat() for time in expected]


def test_the_only_fitted_series_is_known_without_its_name():
    network = forecasting.Forecaster("rnn", k=4, horizon=2, n_hidden=2, n_updates=2).fit(HOURS)
    expected = network.predict().expected
    for same in (HOURS, HOURS.to_numpy(), HOURS.rename(None), HOURS[-5:], HOURS[-5:].to_numpy(), HOURS.tolist()):
        np.testing.assert_array_equal(network.predict(same).expected, expected)
    assert network.predict(HOURS[-5:].rename("another")).expected.tolist() != expected.tolist()


def test_what_is_known_of_each_group_may_go_on():
    long = pandas.concat([HOURS, HOURS])
    of = np.repeat(["a", "b"], 80)
    network = forecasting.Forecaster("rnn", k=4, horizon=2, n_hidden=2, n_updates=2)
    network.fit(long, groups=of, known=np.arange(160.0))
    ahead = {"a": np.arange(82.0), "b": np.arange(80, 162.0)}
    assert set(network.predict(known=ahead)) == {"a", "b"}
    for known, message in (
        (np.arange(164.0), "known has 164 rows, expected 160 as groups; a mapping from each group"),
        ({"a": ahead["a"]}, "known has nothing for group 'b'"),
    ):
        with pytest.raises(ValueError, match=message):
            network.predict(known=known)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"calendar": ["day"]}, r"^calendar is \('day',\), expected several of hour, weekday, month, yearday"),
        ({"holidays": ["24.12.2026"]}, "^holidays has '24.12.2026', expected dates such as '2026-12-24'"),
    ],
)
def test_a_calendar_is_checked_where_it_is_given(options, message):
    assert forecasting.Forecaster(holidays="2026-12-24").holidays == (np.datetime64("2026-12-24"),)
    with pytest.raises(ValueError, match=message):
        forecasting.Forecaster(**options)


@pytest.mark.parametrize(
    ("series", "inputs", "error", "message"),
    [
        (
            pandas.DataFrame({"a": HOURS, "b": "x"}),
            None,
            TypeError,
            "column 'b' of series has dtype .*, expected numbers",
        ),
        ([HOURS, HOURS], HOURS.to_frame(), ValueError, "inputs is DataFrame, expected a list of 2 parts"),
        ([HOURS, HOURS], [HOURS], ValueError, "inputs has 1 parts, expected 2"),
    ],
)
def test_the_column_or_part_that_is_none_is_named(series, inputs, error, message):
    for use in (lambda: data.windows(series, 2, inputs=inputs), lambda: parts.each(series, inputs)):
        with pytest.raises(error, match=message):
            use()
    with pytest.raises(ValueError, match="series has two columns 'load'"):
        parts.each(pandas.concat([HOURS, HOURS], axis=1))


def test_a_backtest_leaves_out_the_origins_that_touch_a_gap():
    late = HOURS.drop(HOURS.index[60]).where(lambda s: s.index != HOURS.index[70])
    simple = {"season": forecasting.Seasonal(4, 2), "mean": forecasting.Mean(3, 2)}
    (season, _) = forecasting.backtest(simple, late, n_train=50, horizon=2, gaps="drop")
    starts = [one.index[0].hour + 24 * (one.index[0].day - 1) for one in season.forecasts]
    # The first step, the next, or one of four before them are neither the hour that is left out nor the missing value.
    assert starts == [n for n in range(50, 79) if not {60, 70} & set(range(n - 4, n + 2))]
    whole = forecasting.backtest(simple, HOURS, n_train=50, horizon=2)[0]
    assert whole == forecasting.backtest(simple, HOURS, n_train=50, horizon=2, gaps="drop")[0]._replace(
        forecasts=whole.forecasts
    )
    hint = "; gaps='drop' leaves out the origins that touch it"
    for series, message in (
        (late, rf"which is a gap{hint}$"),
        (HOURS.where(HOURS.index != HOURS.index[70]), rf"^series\[70\] is nan, after the first origin{hint}$"),
    ):
        with pytest.raises(ValueError, match=message):
            forecasting.backtest(simple, series, n_train=50, horizon=2)
    with pytest.raises(ValueError, match="series has a gap near every origin, expected 4 values before one"):
        forecasting.backtest(simple, HOURS.where(HOURS.index != HOURS.index[78]), n_train=78, horizon=2, gaps="drop")


def test_times_that_are_not_in_order_are_named_with_what_orders_them():
    for series, hint in (
        (HOURS[::-1], r"; series\.sort_index\(\) orders them$"),
        (pandas.concat([HOURS, HOURS]), r"; many times come more than once: groups= keeps several series apart$"),
        (
            HOURS.set_axis(HOURS.index.normalize()),
            r"more than once: an hour in a column of its own belongs to the dates",
        ),
        (pandas.concat([HOURS[:13], HOURS[12:]]), r"; series\.groupby\(level=0\)\.mean\(\) makes one of each$"),
    ):
        with pytest.raises(ValueError, match=hint):
            data.windows(series, 2)


def test_what_is_known_of_the_future_has_the_dates_that_follow():
    network = forecasting.Forecaster("rnn", k=4, horizon=2, n_hidden=2, n_updates=2).fit(HOURS, known=HOURS)
    longer = pandas.date_range(HOURS.index[0], periods=82, freq="h")
    assert len(network.predict(known=pandas.Series(np.zeros(82), longer)).expected) == 2
    later = longer[:80].append(longer[80:] + pandas.Timedelta("1D"))
    with pytest.raises(ValueError, match=r"^known has 2026-01-05T08.* where 2026-01-04T08.* is to come, at 80$"):
        network.predict(known=pandas.Series(np.zeros(82), later))


def test_series_may_have_names_and_inputs_may_be_flags():
    network = forecasting.Forecaster("rnn", k=4, horizon=2, n_hidden=2, n_updates=2)
    dear = HOURS.index.hour > 16
    numbers = network.fit({"a": HOURS, "b": 2 * HOURS}, inputs={"a": dear * 1.0, "b": dear * 1.0}).predict()
    flags = network.fit({"a": HOURS, "b": 2 * HOURS}, inputs={"a": dear, "b": dear}).predict()
    assert set(flags) == {"a", "b"}
    np.testing.assert_array_equal(flags["b"].expected, numbers["b"].expected)
    for wrong, name in (({1.0, 2.0}, "set"), ((x for x in HOURS), "generator")):
        with pytest.raises(TypeError, match=f"series is .*{name}, expected an array, a list or a pandas Series"):
            network.fit(wrong)
    with pytest.raises(ValueError, match="series with its inputs has no window to train on"):
        network.fit(HOURS, inputs=HOURS * np.nan)
    with pytest.raises(ValueError, match="ridge is -1, expected a number from 0"):
        forecasting.Linear(2, 2, ridge=-1)
    with pytest.raises(ValueError, match="gap is -1, expected a whole number from 0"):
        list(data.rolling_origin(9, 3, 2, gap=-1))


def test_the_last_days_of_a_market_are_read_wherever_a_weekend_stands_in_them():
    days = pandas.bdate_range("2026-01-05", periods=40)
    prices = pandas.Series(np.sin(np.arange(40.0)), days)
    network = forecasting.Forecaster("rnn", k=3, horizon=2, n_hidden=2, n_updates=1).fit(prices)
    for start in range(6):
        tail = prices[start : start + 3]
        following = days[start + 3 : start + 5]
        assert network.predict(tail).frame().index.tolist() == following.tolist()
    with pytest.raises(ValueError, match="gap"):
        network.predict(prices.iloc[[0, 1, 4]])


def test_a_time_that_is_left_out_among_the_last_few_is_seen():
    network = forecasting.Forecaster("rnn", k=3, horizon=2, n_hidden=2, n_updates=1).fit(HOURS)
    n = len(HOURS)
    for gappy in (HOURS.drop(HOURS.index[n - 2]), HOURS.iloc[[n - 4, n - 3, n - 1]]):
        with pytest.raises(ValueError, match="series has a gap in, or less than, its last k=3 values"):
            network.predict(gappy)
    earlier = HOURS.drop(HOURS.index[n - 4])
    assert len(network.predict(earlier).expected) == 2
