"""Assignment 7 refuses wrong answers that are right in most cases, and accepts right ones of any style."""

import time

import numpy as np
import pytest
from assignments.wrong_answers import accepted, named, refused, report_of

from rnnlab.assignments.variants import checks as variants
from rnnlab.assignments.variants.mistakes.networks import log_softmax
from rnnlab.assignments.variants.mistakes.sampling import chosen, softmax
from rnnlab.assignments.variants.mistakes.sampling import sampled as other_sample


def mask_by_shape(params, x, target, lengths):
    """Take the mask as (B, T) wherever that fits."""
    y, _ = variants.many_to_many(params, x, target, np.full_like(lengths, len(x)))
    if len(x) != x.shape[1]:
        return variants.many_to_many(params, x, target, lengths)
    mask = np.arange(len(x)) < lengths[:, None]
    y = np.where(mask[..., None], y, 0.0)
    log_p = log_softmax(y)
    picked = np.take_along_axis(log_p, np.where(mask, target, 0)[..., None], axis=2)
    return y, float(-picked[mask].mean())


def squeezed(function):
    """Squeeze all axes of size 1 out of y."""

    def answer(*args):
        y, loss = function(*args)
        return np.squeeze(y), loss

    return answer


def short_only(function, axis):
    """Be right as long as there are at most 16 steps."""

    def answer(params, *args):
        y, loss = function(params, *args)
        return (0 * y, 0.0) if len(args[axis]) > 16 else (y, loss)

    return answer


def longest_row_decides(function):
    """Cut the arrays at the longest row, so that y is too short where no row has all steps."""

    def answer(params, x, target, lengths):
        n = lengths.max()
        return function(params, x[:n], target[:n], lengths)

    return answer


def padding_as_zero_times(params, x, target, lengths):
    """Multiply the padding of x by 0, which leaves what is not finite."""
    return variants.many_to_one(params, x * (np.arange(len(x))[:, None] < lengths)[..., None], target, lengths)


def reads_zeroed(params, x, target, lengths):
    """Clip x, which only shows in padding that is enormous or where data are."""
    return variants.many_to_one(params, x, target, np.minimum(lengths, max(1, len(x) - 1)))


def floored_loss(params, x, target, lengths):
    y, _ = variants.many_to_one(params, x, target, lengths)
    p = np.exp(log_softmax(y))[np.arange(len(y)), target]
    return y, float(-np.log(p + 1e-12).mean())


SHAPES = {
    "a mask that is transposed where T is B": ("7.4", {"many_to_many": mask_by_shape}),
    "squeezed, 7.1": ("7.1", {"one_to_one": squeezed(variants.one_to_one)}),
    "squeezed, 7.2": ("7.2", {"one_to_many": squeezed(variants.one_to_many)}),
    "squeezed, 7.3": ("7.3", {"many_to_one": squeezed(variants.many_to_one)}),
    "squeezed, 7.4": ("7.4", {"many_to_many": squeezed(variants.many_to_many)}),
    "at most 16 steps, 7.2": ("7.2", {"one_to_many": short_only(variants.one_to_many, 1)}),
    "at most 16 steps, 7.3": ("7.3", {"many_to_one": short_only(variants.many_to_one, 0)}),
    "at most 16 steps, 7.4": ("7.4", {"many_to_many": short_only(variants.many_to_many, 0)}),
    "as long as the longest row": ("7.4", {"many_to_many": longest_row_decides(variants.many_to_many)}),
    "a row always has all steps": ("7.3", {"many_to_one": reads_zeroed}),
    "a floor under the probability": ("7.3", {"many_to_one": floored_loss}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_that_is_right_in_most_cases_loses_points(name):
    refused(*SHAPES[name])


# 7.5


def sampler(**switch):
    return {"sample": lambda *args: other_sample(*args, **switch)}


def nucleus(a, temperature):
    p = softmax(a / temperature)
    order = np.argsort(-p)
    kept = order[: np.searchsorted(np.cumsum(p[order]), 0.9) + 1]
    cut = np.zeros_like(p)
    cut[kept] = p[kept]
    return cut / cut.sum()


def rounded_to(digits):
    def chances(a, temperature):
        p = np.round(softmax(a / temperature), digits)
        return p / p.sum()

    return chances


def with_penalty(params, start, n, temperature, seed):
    last = [start]

    def chances(a, temperature):
        return softmax((a - 0.5 * (np.arange(len(a)) == last[0])) / temperature)

    def choose(rng, p):
        last[0] = chosen(rng, p)
        return last[0]

    return other_sample(params, start, n, temperature, seed, chances=chances, choose=choose)


def begun_by_the_likeliest(params, start, n, temperature, seed):
    """Take the likeliest symbol first, and draw the others."""
    rng, h, symbol, symbols = np.random.default_rng(seed), np.zeros(len(params["b_h"])), start, []
    for step in range(n):
        h = np.tanh(params["w_x"][:, symbol] + params["w_h"] @ h + params["b_h"])
        p = softmax((params["w_y"] @ h + params["b_y"]) / temperature)
        symbol = int(rng.choice(len(p), p=p)) if step else int(np.argmax(p))
        symbols.append(symbol)
    return np.array(symbols)


def without_the_last_hundredth(a, temperature):
    """Leave out the symbols that make up the last hundredth of the chances."""
    p = softmax(a / temperature)
    order = np.argsort(-p)
    kept = order[: np.searchsorted(np.cumsum(p[order]), 0.99) + 1]
    p = np.where(np.isin(np.arange(len(p)), kept), p, 0.0)
    return p / p.sum()


def with_uniforms(of_step):
    """Sample by inversion, of the uniform number that `of_step` gives for step i and a list of fresh ones."""

    def sample(params, start, n, temperature, seed):
        fresh, places = np.random.default_rng(seed).random(n), iter(range(n))

        def choose(rng, p):
            u = of_step(next(places), fresh)
            return min(int(np.searchsorted(np.cumsum(p), u)), len(p) - 1)

        return other_sample(params, start, n, temperature, seed, choose=choose)

    return {"sample": sample}


def seed_cut(cut):
    return {
        "sample": lambda params, start, n, temperature, seed: variants.sample(params, start, n, temperature, cut(seed))
    }


def a_seed_a_step(params, start, n, temperature, seed):
    steps = iter(range(n))
    return other_sample(
        params,
        start,
        n,
        temperature,
        seed,
        choose=lambda rng, p: chosen(np.random.default_rng(seed + next(steps)), p),
    )


SAMPLERS = {
    "the next seed for the next symbol": {"sample": a_seed_a_step},
    "temperature squared": sampler(chances=lambda a, t: softmax(a / t**2)),
    "temperature to the power 1.5": sampler(chances=lambda a, t: softmax(a / t**1.5)),
    "root of the temperature": sampler(chances=lambda a, t: softmax(a / t**0.5)),
    "temperature of at most 1": sampler(chances=lambda a, t: softmax(a / min(t, 1))),
    "the likeliest 90 % only": sampler(chances=nucleus),
    "chances in tenths": sampler(chances=rounded_to(1)),
    "chances in hundredths": sampler(chances=rounded_to(2)),
    "a penalty on repetition": {"sample": with_penalty},
    "start is always 0": {"sample": lambda params, start, *more: variants.sample(params, 0, *more)},
    "two steps share a draw": with_uniforms(lambda i, fresh: fresh[i // 2]),
    "two steps share a draw, one later": with_uniforms(lambda i, fresh: fresh[(i + 1) // 2]),
    "u and 1 - u": with_uniforms(lambda i, fresh: fresh[i // 2] if i % 2 else 1 - fresh[i // 2]),
    "ten draws repeated": with_uniforms(lambda i, fresh: fresh[i % 10]),
    "a hundred draws repeated": with_uniforms(lambda i, fresh: fresh[i % 100]),
    "the likeliest 99 % only": sampler(chances=without_the_last_hundredth),
    "the likeliest symbol first": {"sample": begun_by_the_likeliest},
    "temperature of at least 0.001": sampler(chances=lambda a, t: softmax(a / max(t, 1e-3))),
    "temperature of at most 100": sampler(chances=lambda a, t: softmax(a / min(t, 100))),
    "half of the seed": seed_cut(lambda seed: seed // 2),
    "last digits of the seed": seed_cut(lambda seed: seed % 1000),
    "the seed's parity": seed_cut(lambda seed: seed % 2),
    "first digits of the seed": seed_cut(lambda seed: seed // 1000),
    "sixteen bits of the seed": seed_cut(lambda seed: seed % 2**16),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_of_another_law_loses_points(name):
    refused("7.5", SAMPLERS[name])


def test_the_likeliest_symbol_alone_is_called_that_where_other_laws_would_give_it_too():
    def likeliest_below(params, start, n, temperature, seed):
        return variants.sample(params, start, n, 1e-9 if temperature < 0.1 else temperature, seed)

    report = report_of("7.5", {"sample": likeliest_below}, 0, named=False)
    assert report.points < report.max_points
    assert "nearly always the likeliest symbol comes" in report.first_failing.message


def test_a_temperature_applied_twice_is_called_that():
    named("7.5", SAMPLERS["temperature squared"], "in two places")


# 7.6


def equal_lengths_only(params, x, target):
    """Read as many targets as there are inputs."""
    y, tape = variants.encoder_decoder_forward(params, x, target)
    return (y[:-1], tape) if len(x) == len(target) else (y, tape)


def clipped(c):
    def backward(dy, tape):
        dparams, dx = variants.encoder_decoder_backward(dy, tape)
        return {k: {n: np.clip(g, -c, c) for n, g in layer.items()} for k, layer in dparams.items()}, dx

    return {"encoder_decoder_backward": backward}


def small_as_zero(dy, tape):
    dparams, dx = variants.encoder_decoder_backward(dy, tape)
    cut = {k: {n: np.where(abs(g) < 1e-8, 0, g) for n, g in layer.items()} for k, layer in dparams.items()}
    return cut, np.where(abs(dx) < 1e-8, 0, dx)


def tape_in_a_global():
    kept = {}

    def forward(params, x, target):
        y, kept["tape"] = variants.encoder_decoder_forward(params, x, target)
        return y, ()

    return {
        "encoder_decoder_forward": forward,
        "encoder_decoder_backward": lambda dy, tape: variants.encoder_decoder_backward(dy, kept["tape"]),
    }


def ten_steps_back(dy, tape):
    dparams, dx = variants.encoder_decoder_backward(dy, tape)
    dx = dx.copy()
    dx[:-10] = 0
    return dparams, dx


TRANSLATORS = {
    "as many steps out as in": {"encoder_decoder_forward": equal_lengths_only},
    "gradients clipped at 5": clipped(5.0),
    "gradients clipped at 1000": clipped(1000.0),
    "small gradients taken for 0": {"encoder_decoder_backward": small_as_zero},
    "the tape in a global": tape_in_a_global(),
    "ten steps back": {"encoder_decoder_backward": ten_steps_back},
}


@pytest.mark.parametrize("name", TRANSLATORS)
def test_a_translator_that_is_right_in_most_cases_loses_points(name):
    refused("7.6", TRANSLATORS[name])


# 7.7


def width_cut(step, start, width, n):
    return variants.beam_search(step, start, min(width, len(step(*start)[1])), n)


def floored(floor):
    def answer(step, start, width, n):
        def floored_step(state, symbol):
            state, log_p = step(state, symbol)
            return state, np.maximum(log_p, floor)

        return variants.beam_search(floored_step, start, width, n)

    return answer


def compares_states(step, start, width, n):
    """Sort beams as tuples: where scores and symbols tie, arrays are compared."""
    beams = [(0.0, *start)]
    for _ in range(n):
        longer = []
        for score, state, symbol in beams:
            after, log_p = step(state, symbol)
            longer += [(score + p, after, s) for s, p in enumerate(log_p)]
        beams = sorted(longer, reverse=True)[:width]
    return variants.beam_search(step, start, width, n)


def unsorted_single(step, start, width, n):
    if n > 1:
        return variants.beam_search(step, start, width, n)
    log_p = step(*start)[1]
    return np.array([0]), float(log_p[0])


BEAMS = {
    "a width cut to V": width_cut,
    "log p not below -6": floored(-6.0),
    "log p not below -9": floored(-9.0),
    "states compared where scores tie": compares_states,
    "a single symbol, unsorted": unsorted_single,
}


@pytest.mark.parametrize("name", BEAMS)
def test_a_search_that_is_right_in_most_cases_loses_points(name):
    refused("7.7", {"beam_search": BEAMS[name]})


def test_ties_may_be_broken_either_way():
    def last_of_equals(step, start, width, n):
        beams = [(0.0, [], start)]
        for _ in range(n):
            longer = []
            for score, symbols, (state, symbol) in beams:
                after, log_p = step(state, symbol)
                longer += [(score + log_p[i], [*symbols, i], (after, i)) for i in range(len(log_p))]
            longer.reverse()
            beams = sorted(longer, key=lambda beam: -beam[0])[:width]
        return np.array(beams[0][1]), float(beams[0][0])

    accepted("7.7", {"beam_search": last_of_equals})


def test_a_search_that_keeps_every_beginning_is_ended():
    def keeps_all(step, start, width, n):
        beams = [(0.0, [], *start)]
        for _ in range(n):
            longer = []
            for score, symbols, state, symbol in beams:
                after, log_p = step(state, symbol)
                longer += [(score + float(p), [*symbols, v], after, v) for v, p in enumerate(log_p)]
            beams = longer
        score, symbols, *_ = max(beams, key=lambda beam: beam[0])
        return np.array(symbols), score

    started = time.process_time()
    refused("7.7", {"beam_search": keeps_all}, seeds=(0,))
    assert time.process_time() - started < 10
