"""The references of assignment 5 are right: by central differences, by each other, and on average exactly."""

import itertools
import random

import numpy as np
import pytest
from assignments.wrong_answers import always_lose, never_lose

from rnnlab import bptt, checks, gradcheck, rnn
from rnnlab.assignments.truncation import checks as asked
from rnnlab.assignments.truncation import cuts
from rnnlab.checks.question import CaseGenerator, StudentProxy
from rnnlab.checks.student import Failed, LocalStudent

SIZES = [(1, 1, 1, 1, 1), (2, 1, 3, 2, 1), (5, 3, 2, 4, 2), (7, 2, 4, 4, 4)]  # T, B, D, H, O


def task(sizes, seed=0):
    n_steps, n_batch, n_input, n_hidden, n_output = sizes
    rng = np.random.default_rng(seed)
    shapes = [(n_hidden, n_input), (n_hidden, n_hidden), (n_hidden,), (n_output, n_hidden), (n_output,)]
    x, target = rng.normal(size=(n_steps, n_batch, n_input)), rng.normal(size=(n_steps, n_batch, n_output))
    return x, target, tuple(rng.normal(size=shape) * 0.7 for shape in shapes)


def outputs(x, h, w_x, w_h, b_h, w_y, b_y):
    ys = []
    for x_t in x:
        h = np.tanh(x_t @ w_x.T + h @ w_h.T + b_h)
        ys.append(h @ w_y.T + b_y)
    return np.stack(ys)


def loss(x, target, weights):
    return float(np.sum((outputs(x, np.zeros((x.shape[1], len(weights[2]))), *weights) - target) ** 2)) / 2


@pytest.mark.parametrize("sizes", SIZES)
def test_with_a_reach_of_all_steps_the_gradient_is_the_central_difference(sizes):
    x, target, weights = task(sizes)
    for k1 in (1, (len(x) + 1) // 2, len(x)):
        gradients = asked.tbptt(x, target, weights, k1, len(x) + k1)
        assert gradcheck.check(lambda w: loss(x, target, w), weights, gradients).ok


@pytest.mark.parametrize(("k1", "k2"), [(1, 1), (1, 3), (2, 2), (2, 3), (3, 5)])
def test_a_truncated_gradient_is_the_central_difference_with_older_weights_held_fast(k1, k2):
    """Each block's losses depend on the weights of its last k2 steps; the state before these is a constant."""
    x, target, weights = task(SIZES[3], seed=1)
    tape = asked._errors(x, target, weights)[0]

    def blocks(w):
        total = 0.0
        for block in range(0, len(x), k1):
            end = min(block + k1, len(x))
            start = max(0, end - k2)
            y = outputs(x[start:end], tape[start], *w)
            total += float(np.sum((y[block - start :] - target[block:end]) ** 2)) / 2
        return total

    assert gradcheck.check(blocks, weights, asked.tbptt(x, target, weights, k1, k2)).ok


def test_the_influence_is_the_central_difference_of_the_state():
    x, _, (w_x, w_h, b_h, _, _) = task((6, 1, 3, 4, 1), seed=2)
    influence, h = np.zeros((4, 4, 8)), np.zeros(4)
    for x_t in x[:, 0]:
        influence, h = asked.rtrl_step(influence, x_t, h, w_x, w_h, b_h)

    def unit(joined, i):
        state = np.zeros(4)
        for x_t in x[:, 0]:
            state = np.tanh(joined @ np.concatenate([x_t, state, [1.0]]))
        return float(state[i])

    joined = np.hstack([w_x, w_h, b_h[:, None]])
    for i in range(4):
        assert gradcheck.check(lambda w, i=i: unit(w, i), joined, influence[i]).ok


def test_forward_and_backward_through_time_give_the_same_gradient():
    x, target, weights = task((12, 1, 2, 5, 3), seed=3)
    influence, h, gradient = np.zeros((5, 5, 8)), np.zeros(5), np.zeros((5, 8))
    for x_t, p in zip(x[:, 0], target[:, 0], strict=True):
        influence, h = asked.rtrl_step(influence, x_t, h, *weights[:3])
        gradient += np.einsum("i,ijm->jm", weights[3].T @ (weights[3] @ h + weights[4] - p), influence)
    dw_x, dw_h, db_h, *_ = asked.tbptt(x, target, weights, 12, 12)
    np.testing.assert_allclose(gradient, np.hstack([dw_x, dw_h, db_h[:, None]]), rtol=1e-9, atol=1e-9)


def test_the_mean_over_all_choices_of_cuts_is_the_full_gradient():
    x, target, weights = task((5, 2, 2, 3, 2), seed=4)
    c, mean = 0.3, [0.0] * 5
    for cut in itertools.product((True, False), repeat=4):
        chance = np.prod([c if here else 1 - c for here in cut])
        found = asked._with_factors(x, target, weights, np.where(cut, 0.0, 1 / (1 - c)))
        mean = [m + chance * g for m, g in zip(mean, found, strict=True)]
    for got, want in zip(mean, asked.tbptt(x, target, weights, 1, 5), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-11)


def test_the_mean_of_four_thousand_draws_is_within_four_standard_errors_of_the_full_gradient():
    x, target, weights = task((4, 1, 1, 2, 1), seed=5)
    draws = np.array([asked.randomly_truncated(x, target, weights, 0.3, seed)[1] for seed in range(4000)])
    full = asked.tbptt(x, target, weights, 1, 4)[1]
    z = (draws.mean(axis=0) - full) / (draws.std(axis=0) / np.sqrt(4000))
    assert np.abs(z).max() < 4  # the seeds are fixed, so this does not fail by chance


def test_cut_where_the_library_cuts_the_gradient_is_the_librarys():
    x, target, weights = task((6, 2, 2, 3, 2), seed=9)
    c, dh = 0.4, asked._errors(x, target, weights)[1] @ weights[3]
    found = bptt.randomly_truncated(
        rnn, rnn.Params(*weights[:3]), x, lambda t, h: dh[t : t + 1], p=c, rng=np.random.default_rng(10)
    )
    cut = np.random.default_rng(10).random(6)[:5][::-1] < c  # the library draws on its way back
    want = asked._with_factors(x, target, weights, np.where(cut, 0.0, 1 / (1 - c)))
    assert 0 < cut.sum() < 5
    for got, gradient in zip(found.dparams, want, strict=False):
        np.testing.assert_allclose(got, gradient, rtol=1e-11, atol=1e-12)


def test_the_transparent_network_shows_the_factors():
    network = cuts.Transparent(CaseGenerator(np.random.default_rng(6), 0), 31, 2)
    factors = np.random.default_rng(7).uniform(0, 3, 30).round(6)

    def answer(x, target, weights, c, seed):
        return asked._with_factors(x, target, weights, factors)

    shown = network.ask_factors(StudentProxy(LocalStudent({"randomly_truncated": answer})), 0.5, 0)
    np.testing.assert_allclose(shown, np.stack([factors, factors], axis=1), atol=1e-6)


@pytest.mark.parametrize(("probability", "says"), [(0.0, "never"), (0.25, "too seldom"), (0.8, "too often")])
def test_the_frequency_of_cuts_is_told(probability, says):
    def answer(x, target, weights, c, seed):
        cut = np.random.default_rng(seed).random(len(x) - 1) < probability
        return asked._with_factors(x, target, weights, np.where(cut, 0.0, 1 / (1 - c)))

    draw = CaseGenerator(np.random.default_rng(8), 0)
    with pytest.raises(Failed, match=says):
        cuts.how_cuts_come(StudentProxy(LocalStudent({"randomly_truncated": answer})), draw)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("question", checks.load("05_truncation")[:3], ids=lambda q: q.id)
def test_numbers_beyond_all_bounds_are_wrong_and_do_no_harm(question, value):
    def fill(tree):
        return tuple(fill(v) for v in tree) if isinstance(tree, tuple) else np.full_like(tree, value)

    wild = {name: lambda *args, f=f: fill(f(*args)) for name, f in question.reference.items()}
    assert question.examine(LocalStudent(wild)).points == 0


# What is right for ordinary sizes and numbers alone, or random in another way, loses.


@pytest.mark.parametrize(
    "change",
    [np.squeeze, lambda d: np.clip(d, -1000, 1000), lambda d: np.where(np.abs(d) < 1e-6, 0, d)],
    ids=["squeezed", "clipped", "small ones dropped"],
)
def test_a_truncated_gradient_that_is_right_for_ordinary_numbers_loses(change):
    assert always_lose("5.1", tbptt=lambda *args: tuple(change(d) for d in asked.tbptt(*args)))


@pytest.mark.parametrize("limit", [10, 25])
def test_a_reach_or_a_block_of_a_few_steps_at_most_loses(limit):
    assert always_lose("5.1", tbptt=lambda x, p, w, k1, k2: asked.tbptt(x, p, w, min(k1, limit), min(k2, limit)))


def test_a_block_longer_than_the_sequence_must_be_taken():
    def refuses(x, target, weights, k1, k2):
        assert k1 <= len(x)
        return asked.tbptt(x, target, weights, k1, k2)

    assert always_lose("5.1", tbptt=refuses)


def test_an_influence_that_is_clipped_or_squeezed_loses():
    def step(change):
        return lambda *args: tuple(change(result) for result in asked.rtrl_step(*args))

    assert never_lose("5.2", rtrl_step=step(lambda a: a))
    assert always_lose("5.2", rtrl_step=step(np.squeeze))
    assert always_lose("5.2", rtrl_step=step(lambda a: np.clip(a, -100, 100)))


def cut_by(draws):
    """Return the function of 5.3 that cuts where `draws(seed, n, c, rows)`, (n, rows) or (n,) bools, says so."""

    def answer(x, target, weights, c, seed):
        cut = draws(seed, len(x) - 1, c)
        return asked._with_factors(x, target, weights, np.where(cut, 0.0, 1 / (1 - c)))

    return answer


def _uniform(seed, n):
    return np.random.default_rng(seed).random(n)


def _first_never(seed, n, c):
    cut = _uniform(seed, n) < c
    cut[-1:] = False
    return cut


def _far_pairs(seed, n, c):
    u = _uniform(seed, n)
    u[n // 2 :] = u[: n - n // 2]
    return u < c


def _mirrored(seed, n, c):
    u = _uniform(seed, n)
    u[n // 2 :] = 1 - u[: n - n // 2]
    return u < c


def _alternate(seed, n, c):
    u = _uniform(seed, n)
    u[1::2] = u[: len(u[1::2]) * 2 : 2]
    return u < c


def _sticky(seed, n, c):
    u, again = np.random.default_rng(seed).random((2, n))
    for step in range(1, n):
        u[step] = u[step - 1] if again[step] < 0.3 else u[step]
    return u < c


def _a_seed_a_step(seed, n, c):
    return np.array([_uniform(seed + step, 1)[0] for step in range(n)]) < c


WRONG_DRAWS = {
    "three of ten steps share the draw of the one before": _sticky,
    "the next seed for the next step": _a_seed_a_step,
    "no cut at the first throw": _first_never,
    "steps far apart share a draw": _far_pairs,
    "mirrored": _mirrored,
    "neighbours share a draw": _alternate,
    "ten draws repeated": lambda seed, n, c: np.resize(_uniform(seed, 10) < c, n),
    "last digits of the seed": lambda seed, n, c: _uniform(seed % 1000, n) < c,
    "last bit of the seed": lambda seed, n, c: _uniform(seed % 2, n) < c,
    "last bit of the seed dropped": lambda seed, n, c: _uniform(seed // 2, n) < c,
    "low half of the seed": lambda seed, n, c: _uniform(seed % 2**16, n) < c,
    "high bits of the seed": lambda seed, n, c: _uniform(seed >> 12, n) < c,
    "c squared": lambda seed, n, c: _uniform(seed, n) < c**2,
    "a fixed number of cuts": lambda seed, n, c: np.random.default_rng(seed).permutation(n) < round(c * n),
    "normal draws": lambda seed, n, c: np.random.default_rng(seed).normal(size=n) < c,
    "rarer toward the beginning": lambda seed, n, c: _uniform(seed, n) < c * np.linspace(0.5, 1.5, n),
}


@pytest.mark.parametrize("name", WRONG_DRAWS)
def test_cuts_that_are_random_in_another_way_lose(name):
    assert always_lose("5.3", randomly_truncated=cut_by(WRONG_DRAWS[name]))


def test_a_cut_in_one_row_that_cuts_all_rows_loses():
    def answer(x, target, weights, c, seed):
        cut = (np.random.default_rng(seed).random((len(x) - 1, x.shape[1])) < c).any(axis=1)
        return asked._with_factors(x, target, weights, np.where(cut, 0.0, 1 / (1 - c)))

    assert always_lose("5.3", randomly_truncated=answer)


@pytest.mark.parametrize("generator", [np.random.RandomState, random.Random, np.random.default_rng])
@pytest.mark.parametrize("backward", [False, True])
def test_any_generator_from_the_seed_and_any_order_of_draws_has_full_marks(generator, backward):
    def draws(seed, n, c):
        rng = generator(seed)
        cut = np.array([rng.random() < c for _ in range(n)], bool)
        return cut[::-1] if backward else cut

    assert never_lose("5.3", randomly_truncated=cut_by(draws))


def test_the_rounding_of_large_gradients_costs_nothing():
    """Where inputs are in the thousands, the same sum in another order differs by more than 1e-9."""
    (question,) = (q for q in asked.QUESTIONS if q.id == "5.3")
    for answer in checks.other_answers("05_truncation")["5.3"][:3]:
        report = question.examine(LocalStudent(answer.functions), 145433783095508284968384231999395351254)
        assert report.points == question.points, str(report)


def test_a_right_answer_is_refused_by_one_drawing_in_three_hundred_at_most():
    """Of 400 drawings the level lets fewer than 1.2 be refused on average; 7 or more come with probability 3e-4."""
    refused = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        cut, c = rng.random((18, 8, 24)), rng.uniform(0.38, 0.45)
        try:
            cuts._judged(cut < c, c)
        except Failed:
            refused += 1
    assert refused < 7


@pytest.mark.parametrize(("number", "points"), [(0.65, 1), (0.6513, 1), (0.6549, 1), (0.656, 0), (0.644, 0), (0.66, 0)])
def test_a_predicted_fraction_counts_to_two_digits(number, points):
    assert checks.examine("5.4", lambda: number).points == points
