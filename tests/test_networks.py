"""What holds for cells in both directions and in layers."""

import numpy as np
import pytest
from networks import NETWORKS, arrays, draw, valid
from saying import says

from rnnlab import _pytree, gradcheck, gru, lstm, rnn, variants
from rnnlab.bidirectional import Bidirectional, reverse
from rnnlab.stack import Stack

every_network = pytest.mark.parametrize("name", NETWORKS)
bidirectional = pytest.mark.parametrize("name", ["both-rnn", "both-gru", "both-lstm"])


def one_row(drawn, row):
    """The valid steps of one row by the naive loops: states (length, H) and every last state, in order."""
    length = drawn.x.shape[0] if drawn.lengths is None else drawn.lengths[row]
    about, x = drawn.about, drawn.x[:length, row]
    layers = drawn.params if about.n_layers > 1 else (drawn.params,)
    starts = drawn.state if about.n_layers > 1 else (drawn.state,)
    lasts = []

    def run(params, x, start):
        states, last = about.naive(params, x, [part[row] for part in arrays(start)])
        lasts.extend(last)
        return np.array(states)[1:]

    for params, start in zip(layers, starts, strict=True):
        if about.both:
            ahead = run(params.ahead, x, start[0])
            x = np.concatenate([ahead, run(params.reverse, x[::-1], start[1])[::-1]], axis=1)
        else:
            x = run(params, x, start)
    return x, lasts


@every_network
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_forward_is_the_equations_written_as_scalar_loops(name, padded, seed):
    sizes = np.random.default_rng(seed).integers(1, 6, 4)
    drawn = draw(name, seed, *sizes, padded=padded)
    tape = drawn.forward()
    for row in range(drawn.x.shape[1]):
        h, lasts = one_row(drawn, row)
        np.testing.assert_allclose(tape.h[1 : len(h) + 1, row], h, rtol=1e-11, atol=1e-14)
        for got, want in zip(arrays(tape.h_n), lasts, strict=True):
            np.testing.assert_allclose(got[row], want, rtol=1e-11, atol=1e-14)


@every_network
@pytest.mark.parametrize("padded", [False, True])
def test_every_gradient_is_its_central_difference(name, padded):
    drawn = draw(name, n_steps=4, n_batch=3, n_input=2, n_hidden=3, padded=padded)

    def loss(values):
        params, x, state = values
        tape = drawn.forward(params=params, x=x, state=state)
        last = zip(arrays(tape.h_n), arrays(drawn.dh_n), strict=True)
        return np.sum(tape.h[1:] * drawn.dh * valid(drawn)) + sum(np.sum(part * dpart) for part, dpart in last)

    report = gradcheck.check(loss, (drawn.params, drawn.x, drawn.state), drawn.backward(), tolerance=1e-6)
    assert report.ok, report


@every_network
def test_float32_follows_float64(name):
    single = draw(name, n_steps=12, dtype=np.float32)
    double = single._replace(
        **{
            field: _pytree.map(lambda a: a.astype(float), getattr(single, field))
            for field in ("params", "state", "dh_n")
        },
        x=single.x.astype(float),
        dh=single.dh.astype(float),
    )
    np.testing.assert_allclose(single.forward().h, double.forward().h, rtol=1e-4, atol=1e-5)
    for got, want in zip(arrays(single.backward()), arrays(double.backward()), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())


@every_network
def test_nothing_in_the_padding_reaches_a_result_not_even_nan(name):
    drawn = draw(name)
    x, dh = np.where(valid(drawn), drawn.x, np.nan), np.where(valid(drawn), drawn.dh, np.nan)
    tape, spoilt = drawn.forward(), drawn.forward(x=x)
    np.testing.assert_array_equal(spoilt.h, tape.h)
    for expected, got in zip(arrays(drawn.backward()), arrays(drawn.backward(spoilt, dh=dh)), strict=True):
        np.testing.assert_array_equal(got, expected)
    assert not np.any(drawn.backward()[1][~valid(drawn)[:, :, 0]])


@every_network
def test_rows_of_a_batch_are_independent_and_their_gradients_add_up(name):
    drawn = draw(name)
    tape, (dparams, dx, _) = drawn.forward(), drawn.backward()
    total = _pytree.map(np.zeros_like, dparams)
    for row in range(drawn.x.shape[1]):
        pick = slice(row, row + 1)
        alone = drawn._replace(
            x=drawn.x[:, pick],
            lengths=drawn.lengths[pick],
            dh=drawn.dh[:, pick],
            **{
                field: _pytree.map(lambda part, pick=pick: part[pick], getattr(drawn, field))
                for field in ("state", "dh_n")
            },
        )
        np.testing.assert_allclose(alone.forward().h[:, 0], tape.h[:, row], rtol=1e-12, atol=1e-14)
        dparams_row, dx_row, _ = alone.backward()
        np.testing.assert_allclose(dx_row[:, 0], dx[:, row], rtol=1e-11, atol=1e-13)
        total = _pytree.map(np.add, total, dparams_row)
    for got, want in zip(arrays(total), arrays(dparams), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-12)


@every_network
def test_a_network_is_used_like_a_cell_with_no_state_and_no_gradient_given(name):
    drawn = draw(name)
    nothing = _pytree.map(np.zeros_like, drawn.state)
    np.testing.assert_array_equal(drawn.forward(state=None).h, drawn.forward(state=nothing).h)
    assert not any(array.any() for array in arrays(drawn.backward(dh=None, dh_n=None)))
    tape = drawn.forward()
    np.testing.assert_array_equal(tape.x, np.where(valid(drawn), drawn.x, 0))
    np.testing.assert_array_equal(tape.lengths, drawn.lengths)


@bidirectional
def test_reversing_time_swaps_the_halves(name):
    drawn = draw(name)
    swapped = drawn._replace(
        params=type(drawn.params)(drawn.params.reverse, drawn.params.ahead),
        state=drawn.state[::-1],
        x=reverse(drawn.x, drawn.lengths),
        dh=reverse(np.concatenate(np.split(drawn.dh, 2, axis=2)[::-1], axis=2), drawn.lengths),
        dh_n=drawn.dh_n[::-1],
    )
    halves = np.split(drawn.forward().h[1:], 2, axis=2)
    turned = np.concatenate([reverse(half, drawn.lengths) for half in halves[::-1]], axis=2)
    kept = valid(drawn)
    np.testing.assert_array_equal(swapped.forward().h[1:] * kept, turned * kept)
    dparams, dx, _ = drawn.backward()
    dparams_swapped, dx_swapped, _ = swapped.backward()
    np.testing.assert_allclose(dx_swapped, reverse(dx, drawn.lengths), rtol=1e-12, atol=1e-14)
    for got, want in zip(arrays(dparams_swapped), arrays((dparams.reverse, dparams.ahead)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)


@bidirectional
def test_the_middle_hears_of_both_ends(name):
    drawn = draw(name, padded=False)
    before = drawn.forward().h[3]
    for step, half in ((0, slice(0, 5)), (5, slice(5, 10))):
        x = drawn.x.copy()
        x[step] += 1
        moved = drawn.forward(x=x).h[3] != before
        assert moved[:, half].any()
        assert not moved[:, [j for j in range(10) if not half.start <= j < half.stop]].any()


@bidirectional
def test_in_the_padding_stand_the_last_state_ahead_and_the_first_in_reverse(name):
    drawn = draw(name)
    h = drawn.forward().h
    reverse_start = arrays(drawn.state[1])[0]
    for row, length in enumerate(drawn.lengths):
        assert np.all(h[length:, row, :5] == h[length, row, :5])
        assert np.all(h[length + 1 :, row, 5:] == reverse_start[row])


def dropped(drawn, seed=3, dropout=0.5):
    stack = drawn.about.network
    return stack.forward(
        drawn.params, drawn.x, drawn.state, lengths=drawn.lengths, dropout=dropout, rng=np.random.default_rng(seed)
    )


@pytest.mark.parametrize("name", ["three-rnn", "two-both-lstm"])
def test_gradients_with_dropout_are_central_differences_under_the_same_draw(name):
    drawn = draw(name, n_steps=4, n_batch=3, n_input=2, n_hidden=3)
    tape = dropped(drawn)

    def loss(params):
        return np.sum(dropped(drawn._replace(params=params)).h[1:] * drawn.dh * valid(drawn))

    dparams, _, _ = drawn.about.network.backward(tape, drawn.dh)
    report = gradcheck.check(loss, drawn.params, dparams)
    assert report.ok, report


def test_dropout_comes_from_its_generator_alone_and_keeps_the_mean():
    drawn = draw("three-rnn", n_steps=50, n_batch=20, n_hidden=20)
    tape = dropped(drawn, dropout=0.2)
    np.testing.assert_array_equal(tape.h, dropped(drawn, dropout=0.2).h)
    assert np.any(tape.h != dropped(drawn, seed=4, dropout=0.2).h)
    assert len(tape.masks) == 2
    for mask in tape.masks:
        assert set(np.unique(mask)) == {0, 1.25}
        # 20,000 draws: one false alarm in 16,000, were the seed not fixed
        assert abs(mask.mean() - 1) < 4 * 0.5 / np.sqrt(mask.size)
    assert drawn.forward().masks == (None, None)


def test_layers_of_layers_and_both_directions_of_layers_work():
    for network in (Stack(Stack(rnn, 2), 2), Bidirectional(Stack(rnn, 2))):
        rng = np.random.default_rng(0)
        params, x = network.init(rng, 2, 3), rng.standard_normal((4, 2, 2))

        def loss(params, network=network, x=x):
            return np.sum(network.forward(params, x, lengths=[4, 2]).h[1:, 0] ** 2) / 2

        tape = network.forward(params, x, lengths=[4, 2])
        dh = tape.h[1:] * np.array([1.0, 0.0])[:, None]
        report = gradcheck.check(loss, params, network.backward(tape, dh)[0])
        assert report.ok, report


@pytest.mark.parametrize("network", [Stack(lstm, 3), Stack(Bidirectional(gru), 3)], ids=["one way", "both ways"])
def test_layers_of_different_widths_work(network):
    rng = np.random.default_rng(0)
    params, x = network.init(rng, 2, (4, 2, 3)), rng.standard_normal((4, 2, 2))
    assert [part.shape[-1] for part in (network.forward(params, x).layers[n].h for n in range(3))] == [
        network.directions * width for width in (4, 2, 3)
    ]

    def loss(params):
        return np.sum(network.forward(params, x).h[1:] ** 2) / 2

    tape = network.forward(params, x)
    report = gradcheck.check(loss, params, network.backward(tape, tape.h[1:])[0])
    assert report.ok, report
    whole = variants.init(network, rng, 2, (4, 2, 3), 5)
    assert variants.many_to_many(network, whole, x).y.shape == (4, 2, 5)


def test_there_is_one_width_or_one_for_each_layer():
    with says(ValueError, "n_hidden has 2 widths, expected 3, one for each layer"):
        Stack(rnn, 3).init(np.random.default_rng(0), 2, (4, 5))


def test_mistakes_are_named():
    drawn = draw("three-rnn")
    stack = drawn.about.network
    with says(ValueError, "params has 2 parts, expected 3, one for each layer"):
        drawn.forward(params=drawn.params[:2])
    with says(ValueError, "params has no layers, expected 3, one for each layer"):
        drawn.forward(params=drawn.params[0])
    with says(ValueError, "state has no layers, expected 3, one for each layer"):
        drawn.forward(state=drawn.state[0])
    with says(ValueError, "dh_n has 1 parts, expected 3, one for each layer"):
        drawn.backward(dh_n=drawn.dh_n[:1])
    with says(ValueError, "dropout is 1, expected at least 0 and less than 1"):
        stack.forward(drawn.params, drawn.x, dropout=1)
    with says(ValueError, "dropout is 0.5 without rng, expected a Generator to draw it"):
        stack.forward(drawn.params, drawn.x, dropout=0.5)
    with says(ValueError, "n_layers is 0, expected a whole number of at least 1"):
        Stack(rnn, 0)
    both = draw("both-lstm")
    with says(ValueError, "dh has shape (6, 4, 5), expected (T=6, B=4, H=10)"):
        both.backward(dh=both.dh[:, :, :5])
    with says(ValueError, "x[2, 1, 0] is inf, expected finite numbers"):
        x = both.x.copy()
        x[2, 1, 0] = np.inf
        both.forward(x=x, lengths=None)
