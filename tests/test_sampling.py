"""What is drawn has the distribution it should; beam search finds what exhaustive search finds.

Frequencies are compared with probabilities by a chi-squared statistic at one false alarm in a million; the
seeds are fixed.
"""

import itertools

import numpy as np
import pytest
from saying import says
from scipy.special import log_softmax, softmax
from scipy.stats import chi2

from rnnlab import _pytree, data, gru, lstm, readout, rnn, sampling, variants
from rnnlab.bidirectional import Bidirectional
from rnnlab.stack import Stack

CELLS = {"rnn": rnn, "gru": gru, "lstm": lstm, "stack": Stack(lstm, 2)}
LOGITS = np.array([0.3, -1.0, 2.0, 0.0, 1.2])


def rng():
    return np.random.default_rng(8)


def hold_to(counts, chances):
    """Compare how often each token was drawn with its chance; a token of chance 0 may never be drawn."""
    possible = chances > 0
    assert not counts[~possible].any()
    expected = chances[possible] * counts.sum()
    statistic = ((counts[possible] - expected) ** 2 / expected).sum()
    assert statistic < chi2.isf(1e-6, possible.sum() - 1), (counts, expected)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("top_k", [None, 3, 5])
def test_tokens_have_the_distribution_of_the_softmax(temperature, top_k):
    logits = np.broadcast_to(LOGITS, (200_000, 5))
    drawn = sampling.draw(rng(), logits, temperature=temperature, top_k=top_k)
    kept = LOGITS if top_k is None else np.where(np.sort(LOGITS)[-top_k] <= LOGITS, LOGITS, -np.inf)
    hold_to(np.bincount(drawn, minlength=5), softmax(kept / temperature))


@pytest.mark.parametrize("temperature", [0.0, 1e-9, 1e-300])
def test_without_temperature_the_best_is_taken(temperature):
    logits = rng().normal(size=(50, 4, 6))
    drawn = sampling.draw(rng(), logits, temperature=temperature)
    np.testing.assert_array_equal(drawn, logits.argmax(axis=-1))


def test_only_the_best_k_are_drawn_and_of_equals_the_first():
    drawn = sampling.draw(rng(), np.zeros((5000, 4)), top_k=2)
    assert set(drawn) == {0, 1}
    np.testing.assert_array_equal(sampling.draw(rng(), np.tile(LOGITS, (99, 1)), top_k=1), 2)


@pytest.mark.parametrize("scale", [1e4, 1e300])
def test_huge_scores_are_drawn_silently(scale):
    drawn = sampling.draw(rng(), np.tile([scale, -scale, scale], (2000, 1)))
    assert set(drawn) == {0, 2}
    assert sampling.draw(rng(), [-np.inf, 0.0]) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sampling.draw(rng(), LOGITS, temperature=-1), "temperature is -1, expected 0 or more"),
        (lambda: sampling.draw(rng(), LOGITS, temperature=np.nan), "temperature is nan, expected 0 or more"),
        (lambda: sampling.draw(rng(), LOGITS, top_k=6), "top_k is 6, expected a whole number from 1 to 5"),
        (
            lambda: sampling.draw(rng(), [0.0, np.nan]),
            "logits has the best score nan in a row, expected a finite one",
        ),
        (lambda: sampling.generate(chain, None, [0], 0, rng()), "n is 0, expected a whole number of at least 1"),
        (lambda: sampling.beam_search(chain, EMPTY, 0, 0, 3), "width is 0, expected a whole number of at least 1"),
        (lambda: sampling.beam_search(chain, EMPTY, 0, 2, -1), "n is -1, expected a whole number of at least 1"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        call()
    assert str(error.value) == message


TABLE = np.random.default_rng(5).normal(0, 2, (4, 4, 4))
EMPTY = np.zeros((1, 0))


def chain(state, tokens):
    """Return scores that depend on the last token alone."""
    return TABLE[0, tokens], state


def pairs(state, tokens):
    """Return scores that depend on the last two tokens: the state is the one before."""
    return TABLE[state[:, 0], tokens], tokens[:, None].copy()


def test_generated_tokens_follow_their_chain():
    tokens = sampling.generate(chain, EMPTY, np.zeros(20_000, int), 4, rng(), temperature=2.0)
    assert tokens.shape == (4, 20_000)
    chances = softmax(TABLE[0] / 2, axis=1)
    for before in range(4):
        after = tokens[3][tokens[2] == before]
        hold_to(np.bincount(after, minlength=4), chances[before])


@pytest.mark.parametrize("name", CELLS)
def test_a_network_goes_on_from_what_it_drew(name):
    cell = CELLS[name]
    params = variants.init(cell, rng(), 6, 5, 6)
    tokens = sampling.generate(sampling.stepper(cell, params), None, [1, 4, 2], 7, rng(), temperature=0.0)
    read = np.vstack([[1, 4, 2], tokens[:-1]])
    scores = variants.many_to_many(cell, params, data.one_hot(read, 6)).y
    np.testing.assert_array_equal(scores.argmax(axis=2), tokens)


@pytest.mark.parametrize("temperature", [0.0, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("n_batch", [1, 3])
@pytest.mark.parametrize(("name", "options"), [*((name, {}) for name in CELLS), ("rnn", {"activation": "relu"})])
def test_tokens_drawn_in_one_call_are_those_drawn_step_by_step(name, options, n_batch, temperature):
    cell = CELLS[name]
    params = variants.init(cell, rng(), 6, 5, 6)
    sharp = params._replace(readout=readout.Params(6 * params.readout.w_y, rng().normal(size=6)))
    state = cell.forward(sharp.cell, rng().normal(size=(3, n_batch, 6)), **options).h_n
    before = _pytree.map(np.copy, state)
    step, start = sampling.stepper(cell, sharp, **options), np.arange(n_batch)
    one = sampling.generate(step, state, start, 60, rng(), temperature=temperature)
    many = sampling.generate(lambda *a: step(*a), state, start, 60, rng(), temperature=temperature)
    np.testing.assert_array_equal(one, many)
    _pytree.map(np.testing.assert_array_equal, state, before)
    if temperature >= 1:
        assert len(np.unique(one)) > 2


def test_a_network_without_kernel_is_sampled_step_by_step():
    params = variants.init(gru, rng(), 6, 5, 6)
    step = sampling.stepper(gru, params, reset="before")
    one = sampling.generate(step, None, [0, 1], 30, rng())
    many = sampling.generate(lambda *a: step(*a), None, [0, 1], 30, rng())
    np.testing.assert_array_equal(one, many)


@pytest.mark.parametrize("name", CELLS)
def test_weights_that_are_not_finite_are_named_while_sampling(name):
    params = variants.init(CELLS[name], rng(), 6, 5, 6)
    broken = params._replace(readout=params.readout._replace(b_y=np.full(6, np.nan)))
    with pytest.raises(ValueError, match=r"^logits has the best score nan in a row, expected a finite one$"):
        sampling.generate(sampling.stepper(CELLS[name], broken), None, [0], 5, rng())


@pytest.mark.parametrize("name", CELLS)
def test_float32_networks_are_sampled(name):
    params = variants.init(CELLS[name], rng(), 6, 5, 6, dtype=np.float32)
    step = sampling.stepper(CELLS[name], params)
    tokens = sampling.generate(step, None, [0], 4000, rng())
    assert tokens.shape == (4000, 1)
    assert set(tokens[:, 0]) == set(range(6))


def test_sampling_follows_the_chances_of_the_network():
    params = variants.init(rnn, rng(), 4, 5, 4)
    sharp = params._replace(readout=readout.Params(4 * params.readout.w_y, rng().normal(size=4)))
    tokens = sampling.generate(sampling.stepper(rnn, sharp), None, np.full(100_000, 2), 1, rng(), temperature=0.7)
    scores = variants.many_to_many(rnn, sharp, data.one_hot([[2]], 4)).y[0, 0]
    hold_to(np.bincount(tokens[0], minlength=4), softmax(scores / 0.7))


def test_notes_have_the_chances_of_the_sigmoid():
    params = variants.init(rnn, rng(), 3, 4, 3)
    start = np.tile([1.0, 0.0, 1.0], (100_000, 1))
    roll = sampling.generate_notes(rnn, params, start, 1, rng())[0]
    scores = readout.forward(params.readout, rnn.forward(params.cell, start[None, :1]).h_n).y
    for key, chance in enumerate(1 / (1 + np.exp(-scores[0]))):
        on = int(roll[:, key].sum())
        hold_to(np.array([100_000 - on, on]), np.array([1 - chance, chance]))


def every_sequence(step, state, start, n):
    """Return all sequences of n tokens with their log-probabilities, likeliest first."""
    found = []
    for tokens in itertools.product(range(4), repeat=n):
        total, s, last = 0.0, state, start
        for token in tokens:
            scores, s = step(s, np.array([last]))
            total += log_softmax(scores[0])[token]
            last = token
        found.append((list(tokens), total))
    return sorted(found, key=lambda pair: -pair[1])


@pytest.mark.parametrize(("step", "state"), [(chain, EMPTY), (pairs, np.zeros((1, 1), int))])
def test_a_beam_of_full_width_is_exhaustive(step, state):
    found = sampling.beam_search(step, state, 0, width=64, n=4)
    expected = every_sequence(step, state, 0, 4)[:64]
    np.testing.assert_allclose([h.log_probability for h in found], [total for _, total in expected], rtol=1e-12)
    exact = {tuple(tokens): total for tokens, total in every_sequence(step, state, 0, 4)}
    assert len({tuple(h.tokens) for h in found}) == 64
    for hypothesis in found:
        assert exact[tuple(hypothesis.tokens)] == pytest.approx(hypothesis.log_probability, rel=1e-12)


def test_a_beam_of_one_is_greedy():
    state = np.zeros((1, 1), int)
    (found,) = sampling.beam_search(pairs, state, 0, width=1, n=9)
    greedy = sampling.generate(pairs, state, [0], 9, rng(), temperature=0.0)
    assert found.tokens == greedy[:, 0].tolist()


@pytest.mark.parametrize("name", CELLS)
def test_a_beam_carries_each_hypothesis_own_state(name):
    cell = CELLS[name]
    params = variants.init(cell, rng(), 4, 5, 4)
    sharp = params._replace(readout=params.readout._replace(w_y=8 * params.readout.w_y))
    for tokens, log_probability in sampling.beam_search(sampling.stepper(cell, sharp), None, 1, width=5, n=6):
        scores = variants.many_to_many(cell, sharp, data.one_hot([[t] for t in [1, *tokens[:-1]]], 4)).y[:, 0]
        total = log_softmax(scores, axis=1)[np.arange(6), tokens].sum()
        assert log_probability == pytest.approx(total, rel=1e-10)


def test_a_wider_beam_finds_what_the_greedy_choice_misses():
    def step(state, tokens):
        return np.log([[0.4, 0.3, 0.3], [0.0, 0.9, 0.1], [0.6, 0.3, 0.1]])[tokens], state

    with np.errstate(divide="ignore"):
        greedy, wider = (sampling.beam_search(step, EMPTY, 2, width, 2)[0] for width in (1, 2))
    assert greedy.tokens == [0, 0]
    assert wider.tokens == [1, 1]
    np.testing.assert_allclose(np.exp([greedy.log_probability, wider.log_probability]), [0.24, 0.27])


def test_complete_sequences_compete_with_open_ones():
    found = sampling.beam_search(chain, EMPTY, 0, width=300, n=4, end=3)
    expected = {}
    for tokens, total in every_sequence(chain, EMPTY, 0, 4):
        if 3 not in tokens[:-1]:
            expected[tuple(tokens)] = total
    for n in (1, 2, 3):
        for tokens, total in every_sequence(chain, EMPTY, 0, n):
            if tokens[-1] == 3 and 3 not in tokens[:-1]:
                expected[tuple(tokens)] = total
    ranked = sorted(expected.items(), key=lambda item: -item[1])
    assert len(found) == len(ranked) < 300
    np.testing.assert_allclose([h.log_probability for h in found], [total for _, total in ranked], rtol=1e-12)
    assert {tuple(h.tokens) for h in found} == set(expected)


def test_a_search_ends_when_nothing_open_can_win():
    calls = []

    def step(state, tokens):
        calls.append(len(tokens))
        return np.tile([0.0, 0.0, 20.0], (len(tokens), 1)), state

    (found,) = sampling.beam_search(step, EMPTY, 0, width=1, n=1000, end=2)
    assert found.tokens == [2]
    assert len(calls) == 1


def test_tokens_that_cannot_follow_are_left_out():
    def step(state, tokens):
        return np.where(np.arange(3) == 1, -np.inf, np.zeros((len(tokens), 3))), state

    found = sampling.beam_search(step, EMPTY, 0, width=50, n=2)
    assert sorted(h.tokens for h in found) == [[0, 0], [0, 2], [2, 0], [2, 2]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_mean_nothing_are_refused_by_every_way_to_choose(bad):
    def step(state, tokens):
        scores = np.full((len(tokens), 3), -np.inf) if bad == -np.inf else np.zeros((len(tokens), 3))
        scores[:, 1] = bad
        return scores, state

    message = f"logits has the best score {bad} in a row, expected a finite one"
    for choose in (
        lambda: sampling.beam_search(step, EMPTY, 0, width=2, n=3),
        lambda: sampling.generate(step, EMPTY, [0], 3, 0),
        lambda: sampling.draw(0, step(None, [0])[0]),
    ):
        with says(ValueError, message):
            choose()


@pytest.mark.parametrize(("start", "end"), [(0.5, None), (True, None), (0, 1.5), (0, 9)])
def test_a_start_or_an_end_that_is_no_token_is_refused(start, end):
    with pytest.raises((TypeError, ValueError), match="expected"):
        sampling.beam_search(lambda state, tokens: (np.zeros((len(tokens), 3)), state), EMPTY, start, 2, 3, end=end)


def test_a_penalty_of_length_ranks_by_the_mean_of_a_token():
    def step(state, tokens):  # to end at once has the chance 0.4; to go on has 0.6, then 0.6 again, then the end
        return np.log([[0.6, 0.4], [0.5, 0.5]])[tokens], state

    short, *_ = sampling.beam_search(step, EMPTY, 0, width=4, n=3, end=1)
    long, *_ = sampling.beam_search(step, EMPTY, 0, width=4, n=3, end=1, length_penalty=1)
    assert (short.tokens, long.tokens) == ([1], [0, 0, 0])
    assert long.log_probability == pytest.approx(3 * np.log(0.6))


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.4, [0]), (0.5, [0]), (0.51, [0, 1]), (0.85, [0, 1, 2]), (1.0, [0, 1, 2, 3])]
)
def test_the_fewest_best_that_have_the_chance_are_drawn_by_their_chances(top_p, kept):
    chances = np.array([0.5, 0.3, 0.15, 0.05])
    logits = np.tile(np.log(chances), (40_000, 1))
    counts = np.bincount(sampling.draw(0, logits, top_p=top_p), minlength=4) / 40_000
    expected = np.where(np.isin(np.arange(4), kept), chances, 0)
    np.testing.assert_allclose(counts, expected / expected.sum(), atol=0.01)
    assert set(np.flatnonzero(counts)) == set(kept)


@pytest.mark.parametrize("top_p", [0, 1.1, -1, np.nan])
def test_a_share_that_is_none_is_named(top_p):
    with pytest.raises(ValueError, match=r"^top_p is .*, expected more than 0 and at most 1$"):
        sampling.draw(0, [[0.0, 1.0]], top_p=top_p)


def test_notes_that_nobody_could_hear_are_refused():
    params = variants.init(rnn, 0, n_input=5, n_hidden=3, n_output=5)
    with pytest.raises(ValueError, match=r"^start\[0, 0\] is 0\.5, expected 0 or 1$"):
        sampling.generate_notes(rnn, params, np.full((1, 5), 0.5), 2, 0)
    silent = params._replace(readout=params.readout._replace(b_y=np.full(5, np.nan)))
    with pytest.raises(ValueError, match=r"^scores has nan, expected numbers$"):
        sampling.generate_notes(rnn, silent, np.eye(5)[:1], 2, 0)


@pytest.mark.parametrize("network", [Bidirectional(rnn), Stack(Bidirectional(rnn), 2)])
def test_a_network_that_reads_the_future_cannot_carry_its_state_on(network):
    params = variants.init(network, 0, n_input=3, n_hidden=3, n_output=3)
    for name, call in {
        "stepper": lambda: sampling.stepper(network, params),
        "generate_notes": lambda: sampling.generate_notes(network, params, np.eye(3), 2, 0),
    }.items():
        with says(
            ValueError,
            f"{name} carries the state on, and cell reads in both directions: expected one that reads ahead",
        ):
            call()


def test_an_option_that_nobody_takes_is_named():
    params = variants.init(rnn, 0, n_input=3, n_hidden=3, n_output=3)
    with says(TypeError, "stepper() has no option 'width'; of the cell's own there are: activation"):
        sampling.stepper(rnn, params, width=3)
    deep = Stack(gru, 2)
    with says(TypeError, "Objective() has no option 'progress'; of the cell's own there are: dropout, reset, rng"):
        variants.Objective(variants.many_to_one, deep, np.sum, {"progress": True})
