"""Generated tasks obey their definitions, and their floors are what the best predictors reach: see `floors`."""

import math

import numpy as np
import pytest
from floors import code, entropies, hold_to, rng, squares

from rnnlab import data

ALL = [
    (data.sine, {}, 1, None),
    (data.echo, {}, 1, None),
    (data.adding, {}, 2, None),
    (data.adding_1997, {}, 2, None),
    (data.multiplication, {}, 2, None),
    (data.copying, {}, 10, 10),
    (data.temporal_order, {}, 8, 4),
    (data.temporal_order, {"n_marks": 3}, 8, 8),
    (data.latch, {}, 1, None),
    (data.first_element, {}, 1, None),
    (data.parity, {}, 1, None),
    (data.binary_adder, {}, 2, None),
    (data.xor_in_time, {"n_steps": 30}, 1, None),
    (data.embedded_reber, {}, 7, 7),
    (data.continual_reber, {}, 7, 7),
    (data.sentiment, {}, 20, None),
    (data.harmony, {}, 48, None),
]


@pytest.mark.parametrize(("task", "options", "n_input", "n_classes"), ALL)
def test_every_task_returns_one_form(task, options, n_input, n_classes):
    batch = task(rng(), 5, **options)
    n_steps = batch.x.shape[0]
    assert batch.x.shape == (n_steps, 5, n_input)
    assert batch.x.dtype == np.float64
    if n_classes is None:
        assert batch.target.dtype == np.float64
        assert batch.target.shape[-2] == 5
    else:
        assert np.issubdtype(batch.target.dtype, np.integer)
        assert batch.target.shape in ((5,), (n_steps, 5))
        assert 0 <= batch.target.min() <= batch.target.max() < n_classes
    if batch.lengths is not None:
        own = data.length_mask(batch.lengths, n_steps)
        assert batch.lengths.max() <= n_steps
        assert not batch.x[~own].any()
    if batch.mask is not None:
        assert batch.mask.shape == (n_steps, 5)


@pytest.mark.parametrize(("task", "options", "n_input", "n_classes"), ALL)
def test_the_generator_decides_everything(task, options, n_input, n_classes):
    one, same, other = (task(np.random.default_rng(seed), 5, **options) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.x, same.x)
    np.testing.assert_array_equal(one.target, same.target)
    assert one.x.shape != other.x.shape or (one.x != other.x).any()


@pytest.mark.parametrize("name", ["nothing", "lag 3", "lag 8", "lags 3, 8"])
def test_echo_floors_are_reached(name):
    x, target, mask, _ = data.echo(rng(), 4000, 40)
    keys = np.zeros(mask.shape, int)
    for bit, lag in enumerate((3, 8)):
        if str(lag) in name:
            keys[lag:] += x[:-lag, :, 0].astype(int) << bit
    losses, n = entropies(keys[8:], target[8:, :, 0])
    hold_to(data.echo_baselines()[name], losses, n, mask[8:])


def test_echo_floors_are_the_published_figures():
    baselines = data.echo_baselines()
    np.testing.assert_allclose(list(baselines.values()), [0.6616, 0.5192, 0.6277, 0.4545], atol=5e-5)


def test_echo_takes_any_weights():
    weights = {1: -0.5, 2: 0.25, 4: 0.25}
    x, target, mask, _ = data.echo(rng(), 4000, 24, weights=weights)
    assert mask.sum() == 20 * 4000
    flips = x[:, :, 0].astype(int)
    keys = flips[3:-1] + 2 * flips[2:-2] + 4 * flips[:-4]
    losses, n = entropies(keys, target[4:, :, 0])
    hold_to(data.echo_baselines(weights)["lags 1, 2, 4"], losses, n)


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_sine_floors_are_reached(noise):
    x, target, *_ = data.sine(rng(), 20000, 40, period=12.0, noise=noise)
    baselines = data.sine_baselines(period=12.0, noise=noise)
    hold_to(baselines["mean"], target[..., 0] ** 2, 0)
    hold_to(baselines["persistence"], (target - x)[..., 0] ** 2, 0)
    clean, *_ = data.sine(np.random.default_rng(20), 20000, 40, period=12.0)
    if noise:
        hold_to(baselines["wave known"], ((target - clean_next(clean, 12.0))[..., 0]) ** 2, 0)
    else:
        np.testing.assert_allclose(target[1:], 2 * math.cos(math.pi / 6) * x[1:] - x[:-1], atol=1e-12)


def clean_next(wave, period):
    """Return the next value of a noiseless wave from its values two by two."""
    following = np.empty_like(wave)
    following[:-1] = wave[1:]
    following[-1] = 2 * math.cos(2 * math.pi / period) * wave[-1] - wave[-2]
    return following


def marked(batch):
    value, mark = batch.x[..., 0], batch.x[..., 1]
    assert ((mark == 1).sum(axis=0) == 2).all()
    first = (mark == 1).argmax(axis=0)
    second = len(mark) - 1 - (mark[::-1] == 1).argmax(axis=0)
    rows = np.arange(value.shape[1])
    return first, second, value[first, rows], value[second, rows]


@pytest.mark.parametrize("n_steps", [2, 7, 100])
def test_adding_and_multiplication_mark_one_value_in_each_half(n_steps):
    for task, operation in ((data.adding, np.add), (data.multiplication, np.multiply)):
        batch = task(rng(), 500, n_steps)
        first, second, one, two = marked(batch)
        assert first.max() == n_steps // 2 - 1
        assert (second.min(), second.max()) == (n_steps // 2, n_steps - 1)
        np.testing.assert_allclose(batch.target[:, 0], operation(one, two), rtol=1e-14)


def test_adding_and_multiplication_floors_are_reached():
    for low, high in ((0.0, 1.0), (-1.0, 1.0)):
        batch = data.adding(rng(), 200_000, 6, low=low, high=high)
        _, _, one, _ = marked(batch)
        baselines = data.adding_baselines(low=low, high=high)
        target = batch.target[:, 0]
        hold_to(baselines["mean"], (target - (low + high)) ** 2, 0)
        hold_to(baselines["one value"], (target - one - (low + high) / 2) ** 2, 0)
    batch = data.multiplication(rng(), 200_000, 6)
    _, _, one, _ = marked(batch)
    baselines = data.multiplication_baselines()
    hold_to(baselines["mean"], (batch.target[:, 0] - 0.25) ** 2, 0)
    hold_to(baselines["one value"], (batch.target[:, 0] - one / 2) ** 2, 0)


def test_adding_floors_are_the_published_figures():
    assert data.adding_baselines()["mean"] == pytest.approx(1 / 6)
    assert data.adding_baselines(low=-1.0)["mean"] == pytest.approx(2 / 3)
    assert data.first_element_baselines()["no memory"] == pytest.approx(1 / 3)
    assert data.temporal_order_baselines()["no mark"] == pytest.approx(math.log(4))
    assert data.copying_baselines(100)["no memory"] == pytest.approx(10 * math.log(8) / 120)


def test_adding_1997_is_as_published():
    batch = data.adding_1997(rng(), 3000, 60)
    value, mark = batch.x[..., 0], batch.x[..., 1]
    rows = np.arange(3000)
    first_is_marked = mark[0] == 1
    assert set(batch.lengths) == set(range(60, 67))
    np.testing.assert_array_equal(mark[batch.lengths - 1, rows], -1)
    np.testing.assert_array_equal(mark[0, ~first_is_marked], -1)
    np.testing.assert_array_equal(value[0, first_is_marked], 0)
    first, second, one, two = marked(batch)
    assert first.max() <= 9
    assert second.max() == 29
    np.testing.assert_allclose(batch.target[:, 0], 0.5 + (one + two) / 4, rtol=1e-14)


def test_adding_1997_floor_is_reached():
    target = data.adding_1997(rng(), 100_000, 20).target[:, 0]
    hold_to(data.adding_1997_baselines(20)["mean"], (target - 0.5) ** 2, 0)


def test_first_element_floor_is_reached():
    target = data.first_element(rng(), 100_000, 1).target[:, 0]
    hold_to(data.first_element_baselines()["no memory"], target**2, 0)


def test_copying_floor_is_reached_by_the_predictor_without_memory():
    x, target, *_ = data.copying(rng(), 2000, lag=15, n_symbols=5, n_copied=4)
    assert x.shape == (23, 2000, 7)
    index = x.argmax(axis=2)
    np.testing.assert_array_equal(index[:4], target[-4:])
    assert (index[18] == 6).all()
    assert (target[:-4] == 5).all()
    steps = np.repeat(np.arange(23)[:, None], 2000, axis=1)
    losses, n = entropies(steps, target)
    hold_to(data.copying_baselines(15, n_symbols=5, n_copied=4)["no memory"], losses, n)


@pytest.mark.parametrize(("n_marks", "windows"), [(2, [(10, 20), (50, 60)]), (3, [(10, 20), (33, 43), (66, 76)])])
def test_temporal_order_is_as_published(n_marks, windows):
    batch = data.temporal_order(rng(), 3000, 100, n_marks=n_marks)
    assert set(batch.lengths) == set(range(100, 111))
    for b in range(3000):
        symbols = batch.x[: batch.lengths[b], b].argmax(axis=1)
        places = np.flatnonzero(symbols >= 6)
        assert len(places) == n_marks
        assert all(low <= place <= high for place, (low, high) in zip(places, windows, strict=True))
        assert batch.target[b] == int("".join(str(s - 6) for s in symbols[places]), 2)
        assert (symbols[0], symbols[-1]) == (0, 1)
        assert set(symbols[1:-1]) <= set(range(2, 8))


@pytest.mark.parametrize("n_steps", [10, 13, 37])
def test_temporal_order_scales_to_short_sequences(n_steps):
    batch = data.temporal_order(rng(), 200, n_steps, n_marks=3)
    assert ((batch.x[..., 6:].sum(axis=(0, 2))) == 3).all()
    assert (batch.x[0, :, 0] == 1).all()


def test_temporal_order_classes_are_balanced():
    for n_marks in (2, 3):
        target = data.temporal_order(rng(), 100_000, 10, n_marks=n_marks).target
        losses, n = entropies(np.zeros_like(target), target)
        hold_to(data.temporal_order_baselines(n_marks=n_marks)["no mark"], losses, n)


def test_latch_shows_its_sign_only_at_first():
    x, target, *_ = data.latch(rng(), 50_000, 6, n_signal=2)
    np.testing.assert_array_equal(x[:2], np.broadcast_to(2 * target - 1, (2, 50_000, 1)))
    assert abs((x[2:] * (2 * target - 1)).mean()) < 5 * math.sqrt(0.2 / 200_000)
    assert x[2:].var() == pytest.approx(0.2, abs=5 * 0.2 * math.sqrt(2 / 200_000))
    losses, n = entropies(np.zeros(50_000), target[:, 0])
    hold_to(data.latch_baselines()["no memory"], losses, n)


def test_parity_floor_is_reached_by_the_predictor_without_memory():
    x, target, *_ = data.parity(rng(), 20_000, 5)
    losses, n = entropies(x[..., 0], target[..., 0])
    hold_to(data.parity_baselines(5)["no memory"], losses, n)
    np.testing.assert_array_equal(target[1:], (target[:-1] + x[1:]) % 2)


@pytest.mark.parametrize("n_bits", [1, 2, 8])
def test_binary_adder_adds_and_its_floors_are_reached(n_bits):
    x, target, *_ = data.binary_adder(rng(), 50_000, n_bits)
    powers = 2.0 ** np.arange(n_bits + 1)
    np.testing.assert_array_equal(powers @ x.sum(axis=2), powers @ target[..., 0])
    baselines = data.binary_adder_baselines(n_bits)
    for known, keys in (("nothing", np.zeros(x.shape[:2])), ("current bits", code(x))):
        losses, n = entropies(keys, target[..., 0])
        hold_to(baselines[known], losses, n)


def test_xor_in_time_floors_are_reached():
    for n_steps in (1, 2, 3, 4, 7):
        x, target, *_ = data.xor_in_time(rng(), 60_000, n_steps)
        baselines = data.xor_in_time_baselines(n_steps)
        losses, n = squares(np.zeros(x.shape[:2]), target[..., 0])
        hold_to(baselines["nothing"], losses, n)
        predicted = np.full(target.shape, 0.5)
        for t in range(1, n_steps, 3):
            predicted[t] = (x[t - 1] + x[t]) % 2
        hold_to(baselines["rule"], (target - predicted)[..., 0] ** 2, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.sine(rng(), 0), "n_batch is 0, expected a whole number of at least 1"),
        (lambda: data.parity(rng(), 3, 2.5), "n_steps is 2.5, expected a whole number of at least 1"),
        (lambda: data.echo(rng(), 3, 8), "n_steps is 8, expected more than the longest lag, 8"),
        (
            lambda: data.echo(rng(), 3, weights={1: 0.5, 2: 0.25}),
            "weights give chances from 0.5 to 1.25, expected them within 0 to 1",
        ),
        (lambda: data.echo_baselines({0: 0.5}), "lag 0 is 0, expected a whole number of at least 1"),
        (lambda: data.adding(rng(), 3, 1), "n_steps is 1, expected 2 or more, one for each mark"),
        (lambda: data.adding_1997(rng(), 3, 19), "n_steps is 19, expected 20 or more"),
        (lambda: data.temporal_order(rng(), 3, 9), "n_steps is 9, expected 10 or more"),
        (lambda: data.temporal_order(rng(), 3, n_marks=4), "n_marks is 4, expected 2 or 3"),
        (lambda: data.one_hot([0, 3], 3), "index holds 3, expected -1 to n-1=2"),
        (
            lambda: data.reber_successors(data.one_hot([[0], [0]], 7)),
            "x[1, 0] is B, which the grammar does not allow there",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        call()
    assert str(error.value) == message
