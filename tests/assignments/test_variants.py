"""The reference answers of assignments 7 and 8 are right, and samples are judged fairly."""

import itertools

import numpy as np
import pytest

from rnnlab import gradcheck
from rnnlab import sampling as library_sampling
from rnnlab.assignments._series import uneven_lengths
from rnnlab.assignments.bidirectional import checks as bidirectional
from rnnlab.assignments.variants import beam_cases
from rnnlab.assignments.variants import cases as variants_cases
from rnnlab.assignments.variants import checks as variants
from rnnlab.assignments.variants import symbol_law as sampling
from rnnlab.checks.question import CaseGenerator
from rnnlab.checks.student import Failed

RNG_SEEDS = range(6)


def draw(seed):
    return CaseGenerator(np.random.default_rng(seed), seed)


def softmax_loss(y, target):
    return -np.mean([np.log(np.exp(a)[p] / np.exp(a).sum()) for a, p in zip(y, target, strict=True)])


def one_row(params, x):
    """Return the output after each step of one sequence (T, D), term by term."""
    h, outputs = [0.0] * len(params["b_h"]), []
    for x_t in x:
        h = [
            np.tanh(
                params["b_h"][i]
                + sum(params["w_x"][i, d] * x_t[d] for d in range(len(x_t)))
                + sum(params["w_h"][i, j] * h[j] for j in range(len(h)))
            )
            for i in range(len(h))
        ]
        outputs.append(params["w_y"] @ np.array(h) + params["b_y"])
    return np.array(outputs)


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_the_four_shapes_are_those_of_each_row_by_itself(seed):
    d = draw(seed)
    params = variants_cases.network(d, 3, 4, 3)
    n_steps, lengths = 7, uneven_lengths(d, 7, 4)
    x, target = d.array(n_steps, 4, 3), d.rng.integers(0, 3, (n_steps, 4))
    rows = [one_row(params, x[:n, b]) for b, n in enumerate(lengths)]

    y, loss = variants.many_to_one(params, x, target[0], lengths)
    np.testing.assert_allclose(y, [row[-1] for row in rows], rtol=1e-12)
    assert loss == pytest.approx(softmax_loss(y, target[0]), rel=1e-12)

    y, loss = variants.many_to_many(params, x, target, lengths)
    for b, n in enumerate(lengths):
        np.testing.assert_allclose(y[:n, b], rows[b], rtol=1e-12)
        assert not y[n:, b].any()
    of_rows = [softmax_loss(rows[b], target[:n, b]) * n for b, n in enumerate(lengths)]
    assert loss == pytest.approx(sum(of_rows) / lengths.sum(), rel=1e-12)

    y, loss = variants.one_to_one(params, x[0], x[1])
    np.testing.assert_allclose(y, [row[0] for row in rows], rtol=1e-12)
    assert loss == pytest.approx(np.mean((y - x[1]) ** 2), rel=1e-12)


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_one_to_many_reads_what_it_has_put_out(seed):
    d = draw(seed)
    params, x = variants_cases.network(d, 3, 4, 3), d.array(4, 3)
    n_steps, lengths = 7, uneven_lengths(d, 7, 4)
    target = d.array(n_steps, 4, 3)
    y, loss = variants.one_to_many(params, x, target, lengths)
    errors = []
    for b, n in enumerate(lengths):
        read = np.concatenate([x[b : b + 1], y[: n - 1, b]])
        np.testing.assert_allclose(one_row(params, read), y[:n, b], rtol=1e-11)
        assert not y[n:, b].any()
        errors.extend((y[:n, b] - target[:n, b]).ravel() ** 2)
    assert loss == pytest.approx(np.mean(errors), rel=1e-12)


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_the_gradients_of_encoder_and_decoder_are_those_of_central_differences(seed):
    d = draw(seed)
    params, x, target = variants_cases.pair_of_networks(d)
    y, tape = variants.encoder_decoder_forward(params, x, target)
    dy = d.array(*y.shape)

    def loss(values):
        return float((variants.encoder_decoder_forward(values["params"], values["x"], target)[0] * dy).sum())

    dparams, dx = variants.encoder_decoder_backward(dy, tape)
    report = gradcheck.check(loss, {"params": params, "x": x}, {"params": dparams, "x": dx})
    assert report.ok, str(report)


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_the_gradients_of_both_ways_are_those_of_central_differences(seed):
    d = draw(seed)
    params, x, lengths = bidirectional._case(d, padded=True)
    h, tape = bidirectional.bidirectional_forward(params, x, lengths)
    dh = d.array(*h.shape)

    def loss(values):
        return float((bidirectional.bidirectional_forward(values["params"], values["x"], lengths)[0] * dh).sum())

    dparams, dx = bidirectional.bidirectional_backward(dh, tape)
    report = gradcheck.check(loss, {"params": params, "x": x}, {"params": dparams, "x": dx})
    assert report.ok, str(report)


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_both_ways_are_two_networks_that_read_each_row_from_its_two_ends(seed):
    d = draw(seed)
    params, x, lengths = bidirectional._case(d, padded=True)
    n_hidden = len(params["forward"]["b_h"])
    look = {"w_y": np.eye(n_hidden), "b_y": np.zeros(n_hidden)}
    h, _ = bidirectional.bidirectional_forward(params, x, lengths)
    for b, n in enumerate(lengths):
        np.testing.assert_allclose(h[:n, b, :n_hidden], one_row({**params["forward"], **look}, x[:n, b]), rtol=1e-11)
        turned = one_row({**params["backward"], **look}, x[:n, b][::-1])
        np.testing.assert_allclose(h[:n, b, n_hidden:], turned[::-1], rtol=1e-11)
        assert not h[n:, b].any()


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_a_search_of_full_width_finds_the_likeliest_of_all_sequences(seed):
    tree = beam_cases.Tree(draw(seed), 3, 4)
    scores = {}
    for symbols in itertools.product(range(3), repeat=4):
        (state, symbol), score = tree.start, 0.0
        for s in symbols:
            state, log_p = tree.step(state, symbol)
            score, symbol = score + log_p[s], s
        scores[symbols] = score
    symbols, score = variants.beam_search(tree.step, tree.start, 3**4, 4)
    assert tuple(symbols) == max(scores, key=lambda s: scores[s])
    assert score == pytest.approx(max(scores.values()), rel=1e-12)


@pytest.mark.parametrize("seed", RNG_SEEDS)
@pytest.mark.parametrize("width", [1, 2, 5])
def test_the_search_is_the_librarys(seed, width):
    tree = beam_cases.Tree(draw(seed), 3, 4)

    def step(state, tokens):
        after = [tree.step(row, int(token)) for row, token in zip(state, tokens, strict=True)]
        return np.stack([log_p for _, log_p in after]), np.stack([row for row, _ in after])

    best = library_sampling.beam_search(step, tree.start[0][None], tree.start[1], width, 4)[0]
    symbols, score = variants.beam_search(tree.step, tree.start, width, 4)
    assert symbols.tolist() == best.tokens
    assert score == pytest.approx(best.log_probability, rel=1e-12)


@pytest.mark.parametrize("seed", RNG_SEEDS)
@pytest.mark.parametrize("width", [1, 2, 5, 81])
def test_the_tree_is_searched_as_beam_search_searches_it(seed, width):
    tree = beam_cases.Tree(draw(seed), 3, 4)
    node = 0
    for symbol in variants.beam_search(tree.step, tree.start, width, 4)[0]:
        node = 3 * node + int(symbol) + 1
    assert tree.search(width) == node


def speaker(seed):
    params = variants_cases.network(draw(seed), 4, 8, 4)
    return {**params, "w_x": 2 * params["w_x"]}


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_symbols_drawn_rightly_are_judged_so(seed):
    params = speaker(seed)
    for again in range(20):
        symbols = variants.sample(params, 0, 400, 0.7, again)
        assert sampling.judge_symbols(symbols, params, 0, 0.7) == sampling.RIGHT


def test_the_law_by_which_symbols_were_drawn_is_named():
    params, temperature = speaker(1), 0.6
    forgetful, deaf = {**params, "w_h": 0 * params["w_h"]}, {**params, "w_x": params["w_x"][:, [0, 0, 0, 0]]}
    even = {**params, "w_y": 0 * params["w_y"], "b_y": 0 * params["b_y"]}
    drawn = {
        sampling.MULTIPLIED: (params, 1 / temperature),
        sampling.UNUSED: (params, 1.0),
        sampling.TWICE: (params, temperature**2),
        sampling.LIKELIEST: (params, 1e-3),
        sampling.UNIFORM: (even, 1.0),
        sampling.FORGETFUL: (forgetful, temperature),
        sampling.DEAF: (deaf, temperature),
    }
    for says, (network, at) in drawn.items():
        symbols = variants.sample(network, 0, 400, at, 3)
        with pytest.raises(Failed) as failed:
            sampling.judge_symbols(symbols, params, 0, temperature)
        assert failed.value.message == says


def test_symbols_of_no_known_law_are_refused_by_their_frequencies():
    params = {name: 0 * value for name, value in speaker(0).items()}
    params["b_y"] = np.log([0.4, 0.3, 0.2, 0.1])
    rotated = {**params, "b_y": np.log([0.05, 0.45, 0.45, 0.05])}
    with pytest.raises(Failed, match="the frequencies of the symbols are not those"):
        sampling.judge_symbols(variants.sample(rotated, 0, 400, 1.0, 5), params, 0, 1.0)
    with pytest.raises(Failed, match="one and the same symbol comes every time"):
        sampling.judge_symbols(np.full(400, 3), params, 0, 1.0)


def test_the_judgement_on_symbols_has_the_false_alarm_rate_that_it_claims():
    """Of 2,000 right samples 0.8 are expected to fail at 4e-4 each; 8 or more have a probability of 1e-6."""
    params = {name: 0 * value for name, value in speaker(0).items()}
    params["b_y"] = np.log([0.45, 0.3, 0.2, 0.05])
    p = np.exp(params["b_y"])
    alarms = 0
    for seed in range(2000):
        symbols = np.random.default_rng(seed).choice(4, 1200, p=p)
        try:
            sampling.judge_symbols(symbols, params, 0, 1.0)
        except Failed:
            alarms += 1
    assert alarms < 8
