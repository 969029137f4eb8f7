"""bptt and rtrl: the exact rules equal full backpropagation, the random ones equal it in the mean."""

from types import SimpleNamespace

import numpy as np
import pytest
from cells import CELLS, draw
from networks import arrays
from saying import says

from rnnlab import analysis, bptt, gradcheck, gru, lstm, rnn, rtrl
from rnnlab.bidirectional import Bidirectional
from rnnlab.stack import Stack

EXACT = {
    "truncated-never": lambda *args, **options: bptt.truncated(*args, k1=2, k2=100, **options),
    "truncated-every-step-never": lambda *args, **options: bptt.truncated(*args, k1=1, k2=7, **options),
    "checkpointed": bptt.checkpointed,
    "checkpointed-by-1": lambda *args, **options: bptt.checkpointed(*args, segment=1, **options),
    "checkpointed-by-7": lambda *args, **options: bptt.checkpointed(*args, segment=7, **options),
    "rtrl": rtrl.rtrl,
    "never-cut": lambda *args, **options: bptt.randomly_truncated(*args, p=0, rng=np.random.default_rng(0), **options),
}
NAMES = ("rnn-tanh", "rnn-leaky_relu", "gru-after", "gru-before", "lstm")


def dloss(start, h):
    """Of a loss that is no quadratic, weighs every step and unit apart, and knows which step it is."""
    weights = np.cos(1.0 + np.arange(start, start + len(h)))[:, None, None] * (1 + np.arange(h.shape[2]))
    return (weights * (1 - np.tanh(h) ** 2)).astype(h.dtype)


def apply(rule, drawn, **changes):
    given = drawn._replace(**changes)
    cell = given.cell
    return rule(cell.module, given.params, given.x, dloss, given.state, lengths=given.lengths, **cell.options)


@pytest.mark.parametrize("rule", EXACT)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("padded", [False, True])
def test_a_rule_that_cuts_nothing_is_full_backpropagation(rule, name, padded):
    drawn = draw(name, n_steps=7, n_hidden=4, padded=padded)
    expected, found = apply(bptt.full, drawn), apply(EXACT[rule], drawn)
    assert type(found.dparams) is type(expected.dparams)
    for got, want in zip(arrays(found), arrays(expected), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", EXACT)
@pytest.mark.parametrize("name", NAMES)
def test_float32_follows_float64(rule, name):
    single = draw(name, n_steps=7, n_hidden=4, dtype=np.float32)
    params = type(single.params)(*(p.astype(float) for p in single.params))
    found, expected = apply(EXACT[rule], single), apply(bptt.full, single, params=params)
    for got, want in zip(arrays(found), arrays(expected), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize("rule", EXACT)
def test_layers_learn_by_every_rule(rule):
    deep, rng = Stack(lstm, 2), np.random.default_rng(0)
    params, x = deep.init(rng, 2, 3), rng.standard_normal((7, 2, 2))
    expected = bptt.full(deep, params, x, dloss, lengths=[7, 4])
    found = EXACT[rule](deep, params, x, dloss, lengths=[7, 4])
    for got, want in zip(arrays(found), arrays(expected), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", EXACT)
def test_nothing_in_the_padding_reaches_a_result_not_even_nan(rule):
    drawn = draw("gru-after", n_steps=7)
    x = drawn.x.copy()
    x[np.arange(7)[:, None] >= drawn.lengths] = np.nan

    def spoilt(start, h):
        dh = dloss(start, h)
        dh[np.arange(start, start + len(h))[:, None] >= drawn.lengths] = np.nan
        return dh

    clean = apply(EXACT[rule], drawn)
    found = EXACT[rule](gru, drawn.params, x, spoilt, drawn.state, lengths=drawn.lengths)
    for got, want in zip(arrays(found), arrays(clean), strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("k1", "k2"), [(1, 1), (1, 3), (2, 3), (3, 3), (2, 4), (7, 7)])
def test_truncated_is_the_gradient_with_each_window_s_first_state_held_fixed(name, k1, k2):
    drawn = draw(name, n_steps=7, n_batch=2, n_hidden=3)
    drawn = drawn._replace(lengths=np.array([7, 4]))
    cell, options = drawn.cell.module, drawn.cell.options
    ends = [*range(k1, 7, k1), 7]

    def loss(params):
        total = 0.0
        for begin, end in zip([0, *ends[:-1]], ends, strict=True):
            start = max(0, end - k2)
            for row, length in enumerate(drawn.lengths):
                stop = min(end, length)
                if begin >= stop:
                    continue
                state = drawn.cell.whole([part[row : row + 1] for part in drawn.cell.parts(drawn.state)])
                if start > 0:  # by the weights as they are, not as they are moved
                    state = cell.forward(drawn.params, drawn.x[:start, row : row + 1], state, **options).h_n
                h = cell.forward(params, drawn.x[start:stop, row : row + 1], state, **options).h[1:]
                steps = np.cos(1.0 + np.arange(begin, stop))[:, None, None] * (1 + np.arange(3))
                total += np.sum(steps * np.tanh(h[begin - start :]))
        return total

    def truncated(*args, **options):
        return bptt.truncated(*args, k1=k1, k2=k2, **options)

    report = gradcheck.check(loss, drawn.params, apply(truncated, drawn).dparams)
    assert report.ok, report


@pytest.mark.parametrize(("k1", "k2"), [(1, 2), (3, 3)])
def test_terms_that_truncation_cuts_are_absent_to_the_last_bit(k1, k2):
    """The loss of the last step alone: nothing before its window may matter but by the state."""
    drawn = draw("rnn-tanh", n_steps=6, padded=False)

    def last_only(start, h):
        dh = np.zeros_like(h)
        if start + len(h) == 6:
            dh[-1] = 1
        return dh

    truncated = bptt.truncated(rnn, drawn.params, drawn.x, last_only, drawn.state, k1=k1, k2=k2)
    state = rnn.forward(drawn.params, drawn.x[: 6 - k2], drawn.state).h_n
    alone = bptt.full(rnn, drawn.params, drawn.x[6 - k2 :], lambda start, h: last_only(6 - k2, h), state)
    for got, want in zip(truncated.dparams, alone.dparams, strict=True):
        np.testing.assert_array_equal(got, want)


def z_scores(rule, drawn, n_draws):
    """How many standard errors the mean of a random rule is from the full gradient, entry by entry; and the errors."""
    expected = np.concatenate([part.ravel() for part in apply(bptt.full, drawn).dparams])
    draws = np.empty((n_draws, expected.size))
    for row in draws:
        row[:] = np.concatenate([part.ravel() for part in apply(rule, drawn).dparams])
    errors = draws.std(axis=0, ddof=1) / np.sqrt(n_draws)
    exact = errors < 1e-12 * np.abs(expected).max()  # entries that chance does not touch
    np.testing.assert_allclose(draws.mean(axis=0)[exact], expected[exact], rtol=1e-9)
    return ((draws.mean(axis=0) - expected)[~exact]) / errors[~exact], errors, expected


# A right rule has an entry beyond 4 standard errors with probability 6e-5 an entry: with the 60 or so entries here, one
# seed in 250 would raise a false alarm. The seed is fixed, so that none does by chance.
UNBIASED = {
    "cut with probability 1/3": (
        "rnn-tanh",
        4000,
        lambda rng: lambda *args, **options: bptt.randomly_truncated(*args, p=1 / 3, rng=rng, **options),
    ),
    "cut in an LSTM": (
        "lstm",
        1000,
        lambda rng: lambda *args, **options: bptt.randomly_truncated(*args, p=0.5, rng=rng, **options),
    ),
    "uoro": ("rnn-tanh", 2000, lambda rng: lambda *args, **options: rtrl.uoro(*args, rng=rng, **options)),
    "uoro in a GRU": ("gru-after", 1000, lambda rng: lambda *args, **options: rtrl.uoro(*args, rng=rng, **options)),
}


@pytest.mark.parametrize("case", UNBIASED)
def test_the_mean_of_a_random_rule_is_the_full_gradient(case):
    name, n_draws, make = UNBIASED[case]
    drawn = draw(name, n_steps=4, n_batch=1, n_input=2, n_hidden=3, padded=False)
    z, errors, expected = z_scores(make(np.random.default_rng(0)), drawn, n_draws)
    assert np.abs(z).max() < 4

    def cut(*args, **options):
        return bptt.truncated(*args, k1=1, k2=2, **options)

    # So many draws would have told plain truncation from it: some entry's bias is far beyond its error.
    biased = np.concatenate([part.ravel() for part in apply(cut, drawn).dparams])
    assert np.max(np.abs(biased - expected) / np.maximum(errors, 1e-12)) > 8


@pytest.mark.parametrize("rule", ["uoro", "cut"])
def test_random_rules_depend_on_their_generator_alone(rule):
    drawn = draw("lstm")

    def found(seed):
        rng = np.random.default_rng(seed)
        if rule == "uoro":
            return apply(lambda *args, **options: rtrl.uoro(*args, rng=rng, **options), drawn)
        return apply(lambda *args, **options: bptt.randomly_truncated(*args, p=0.5, rng=rng, **options), drawn)

    for got, want in zip(arrays(found(1)), arrays(found(1)), strict=True):
        np.testing.assert_array_equal(got, want)
    assert np.any(found(1).dparams.w_h != found(2).dparams.w_h)


def test_checkpointed_never_holds_more_than_a_segment_and_one_state_for_each():
    read = []

    def forward(params, x, *args, **options):
        read.append(len(x))
        return rnn.forward(params, x, *args, **options)

    cell = SimpleNamespace(forward=forward, backward=rnn.backward)
    drawn = draw("rnn-tanh", n_steps=50, padded=False)
    bptt.checkpointed(cell, drawn.params, drawn.x, dloss)
    assert max(read) == 8  # √50 rounded up
    assert sum(read) <= 2 * 50 + 1  # every step twice, and one to see the form of a state


def test_the_influence_is_the_derivative_of_the_state_by_the_weights():
    drawn = draw("lstm", n_steps=3, n_batch=1, n_input=2, n_hidden=2, padded=False)
    memory, state = rtrl.Influence(4, sum(p.size for p in drawn.params)), drawn.state
    for x_t in drawn.x[:, 0]:
        step = rtrl.Step(lstm, drawn.params, x_t, state, {})
        memory.advance(step)
        state = step.h_n
    for unit in range(4):

        def loss(params, unit=unit):
            return np.concatenate(lstm.forward(params, drawn.x, drawn.state).h_n, axis=1)[0, unit]

        expected = gradcheck.numeric(loss, drawn.params)
        np.testing.assert_allclose(
            memory.matrix[unit], np.concatenate([part.ravel() for part in expected]), rtol=1e-7, atol=1e-9
        )


@pytest.mark.parametrize("name", CELLS)
def test_a_step_s_jacobian_is_its_finite_difference(name):
    drawn = draw(name, n_steps=1, n_batch=1, n_input=2, n_hidden=3, padded=False)
    step = rtrl.Step(drawn.cell.module, drawn.params, drawn.x[0, 0], drawn.state, drawn.cell.options)
    jacobian = step.by_state()
    for unit, row in enumerate(jacobian):

        def loss(state, unit=unit):
            return np.concatenate(drawn.cell.parts(drawn.forward(state=state).h_n), axis=1)[0, unit]

        expected = np.concatenate(drawn.cell.parts(gradcheck.numeric(loss, drawn.state)), axis=1)[0]
        np.testing.assert_allclose(row, expected, rtol=1e-7, atol=1e-9)


def test_mistakes_are_named():
    drawn, rng = draw("rnn-tanh", padded=False), np.random.default_rng(0)

    def call(rule, x=drawn.x, dloss=dloss, **options):
        return rule(rnn, drawn.params, x, dloss, **options)

    with says(ValueError, "k1 is 0, expected a whole number from 1 to 6"):
        call(bptt.truncated, k1=0, k2=3)
    with says(ValueError, "k1 is 7, expected a whole number from 1 to 6"):
        call(bptt.truncated, k1=7, k2=7)
    with says(ValueError, "k2 is 2, expected at least k1=3"):
        call(bptt.truncated, k1=3, k2=2)
    with says(ValueError, "k2 is 2.5, expected a whole number of at least 1"):
        call(bptt.truncated, k1=1, k2=2.5)
    with says(ValueError, "p is 1, expected at least 0 and less than 1"):
        call(bptt.randomly_truncated, p=1, rng=rng)
    with says(ValueError, "segment is 0, expected a whole number from 1 to 6"):
        call(bptt.checkpointed, segment=0)
    spoilt = drawn.x.copy()
    spoilt[4, 1, 0] = np.nan
    for rule in EXACT.values():
        with says(ValueError, "x[4, 1, 0] is nan, expected finite numbers"):
            call(rule, x=spoilt)
        with says(ValueError, "x has shape (6, 4), expected (T, B, D)"):
            call(rule, x=drawn.x[:, :, 0])
        with says(ValueError, "lengths[1] is 0, expected 1 to T=6"):
            call(rule, lengths=[1, 0, 1, 1])
        with says(ValueError, "state has shape (4, 4), expected (B=4, H=5)"):
            call(rule, state=np.zeros((4, 4)))
    with says(ValueError, "dh has shape (1, 4), expected (T=1, B=4, H=5)"):
        call(rtrl.rtrl, dloss=lambda start, h: h[:, :, 0])
    with says(ValueError, "dh has shape (3, 4), expected (T=3, B=4, H=5)"):
        call(bptt.checkpointed, dloss=lambda start, h: h[:, :, 0])


DEEP = Stack(gru, 3)


def dropped(seed=0, n_steps=8):
    """A network with dropout: its weights, an input, and options with a new generator."""
    rng = np.random.default_rng(seed)
    return DEEP.init(rng, 2, 4), rng.standard_normal((n_steps, 3, 2)), {"dropout": 0.5, "rng": np.random.default_rng(7)}


def segment_by_segment(params, x, options, segment, lengths):
    """Return the last state, the hidden states and the generator's next number, each segment being read once."""
    state = DEEP.forward(params, x[:1]).h_n
    state, h = bptt._pytree.map(np.zeros_like, state), []
    sequence = bptt.require_sequence("checkpointed", DEEP, params, x, None, lengths, options)
    for start in range(0, len(x), segment):
        window = bptt.read(DEEP, params, sequence, start, min(start + segment, len(x)), options)
        sequence = sequence._replace(state=window.h_n)
        h.append(window.h)
    return sequence.state, np.concatenate(h), options["rng"].random()


@pytest.mark.parametrize("lengths", [None, [8, 3, 5]])
@pytest.mark.parametrize("segment", [1, 3, 4, 8])
def test_dropout_is_drawn_once_however_often_a_segment_is_read(segment, lengths):
    params, x, options = dropped()
    expected, _, following = segment_by_segment(params, x, options, segment, lengths)
    rules = [lambda options: bptt.checkpointed(DEEP, params, x, dloss, segment=segment, lengths=lengths, **options)]
    if 8 % segment == 0:
        rules.append(
            lambda options: bptt.truncated(DEEP, params, x, dloss, k1=segment, k2=segment, lengths=lengths, **options)
        )
    for rule in rules:
        options = dropped()[2]
        found = rule(options)
        for got, want in zip(arrays(found.h_n), arrays(expected), strict=True):
            np.testing.assert_array_equal(got, want)
        assert options["rng"].random() == following, "the generator does not end where one reading ends"


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.SFC64, np.random.Philox])
def test_the_checkpointed_gradient_with_dropout_is_that_of_one_network(kind):
    params, x, _ = dropped(n_steps=5)

    def loss(params):
        options = {"dropout": 0.5, "rng": np.random.Generator(kind(7))}
        _, h, _ = segment_by_segment(params, x, options, 2, None)
        return float((h**2).sum() / 2)

    options = {"dropout": 0.5, "rng": np.random.Generator(kind(7))}
    found = bptt.checkpointed(DEEP, params, x, lambda start, h: h, segment=2, **options)
    report = gradcheck.check(loss, params, found.dparams)
    assert report.ok, report


def test_a_seed_is_no_new_beginning_for_every_segment():
    params, x, options = dropped()
    seeded = bptt.checkpointed(DEEP, params, x, dloss, segment=2, dropout=0.5, rng=7)
    drawn = bptt.checkpointed(DEEP, params, x, dloss, segment=2, **options)
    for got, want in zip(arrays(seeded), arrays(drawn), strict=True):
        np.testing.assert_array_equal(got, want)


def test_dropout_is_refused_where_steps_are_read_again():
    params, x, options = dropped()
    for rule in (
        lambda: bptt.truncated(DEEP, params, x, dloss, k1=2, k2=4, **options),
        lambda: rtrl.rtrl(DEEP, params, x, dloss, **options),
        lambda: analysis.jacobians(DEEP, params, x, **options),
    ):
        with pytest.raises(ValueError, match="more than once"):
            rule()
    without = options | {"dropout": 0.0}
    expected = bptt.truncated(DEEP, params, x, dloss, k1=2, k2=4)
    found = bptt.truncated(DEEP, params, x, dloss, k1=2, k2=4, **without)
    for got, want in zip(arrays(found), arrays(expected), strict=True):
        np.testing.assert_array_equal(got, want)


def test_a_loss_that_draws_is_refused_by_the_gradient_check():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="for the same values, expected one that draws no random numbers"):
        gradcheck.check(lambda w: float(w.sum() + rng.random()), np.ones(2), np.ones(2))


@pytest.mark.parametrize("rule", [r for name, r in EXACT.items()])
def test_a_network_that_reads_the_future_is_refused(rule):
    both = Bidirectional(rnn)
    with pytest.raises(ValueError, match="cell reads in both directions: expected one that reads ahead"):
        rule(both, both.init(0, 2, 3), np.ones((7, 1, 2)), dloss)
