"""Assignment 13: other right ways, which the check must accept."""

import itertools
import math
import statistics

import numpy as np
from numba import njit

from rnnlab import data, gru, losses, lstm, optimizers, variants
from rnnlab.checks.question import Alternative


def _sequences(n_steps, seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(n_steps, n_steps + n_steps // 5 + 1, 100)
    return rng, lengths, rng.normal(0, math.sqrt(0.2), (max(lengths), 100))


def _latch_one_by_one(weights, noise, lengths):
    """Follow one sequence after the other."""
    w_h, *starts = weights
    ends = []
    for b, n in enumerate(lengths):
        h = math.tanh(starts[2 * b // len(lengths)])
        for x in noise[1:n, b]:
            h = math.tanh(w_h * h + x)
        ends.append(h)
    return np.array(ends)


def _guess_one_by_one(n_steps, width, seed):
    rng, lengths, noise = _sequences(n_steps, seed)
    n_trials, right = 0, False
    while not right:
        weights = [float(rng.uniform(-width, width)) for _ in range(3)]
        n_trials += 1
        right = weights[1] * weights[2] < 0 and bool(
            (_latch_one_by_one(weights, noise, lengths) * np.repeat([1, -1], 50) > 0).all()
        )
    return n_trials, np.array(weights)


def _latch_kept(weights, noise, lengths):
    """Keep all states and pick each sequence's last."""
    half = noise.shape[1] // 2
    h = np.empty_like(noise)
    h[0] = np.tanh([weights[1]] * half + [weights[2]] * half)
    for t in range(1, len(h)):
        h[t] = np.tanh(weights[0] * h[t - 1] + noise[t])
    return h[lengths - 1, np.arange(2 * half)]


def _guess_signs(n_steps, width, seed):
    rng, lengths, noise = _sequences(n_steps, seed)
    wanted = np.repeat([1.0, -1.0], 50)
    for n_trials in itertools.count(1):
        weights = rng.uniform(-width, width, size=3)
        if np.array_equal(np.sign(_latch_kept(weights, noise, lengths)), wanted):
            return n_trials, weights
    raise AssertionError


@njit
def _latch_numba(weights, noise, lengths):
    h = np.empty(len(lengths))
    for b in range(len(lengths)):
        h[b] = np.tanh(weights[1] if 2 * b < len(lengths) else weights[2])
        for t in range(1, lengths[b]):
            h[b] = np.tanh(weights[0] * h[b] + noise[t, b])
    return h


def _guess_numba(n_steps, width, seed):
    rng, lengths, noise = _sequences(n_steps, seed)
    n_trials, weights = 1, rng.uniform(-width, width, 3)
    while True:
        h = _latch_numba(weights, noise, lengths)
        if h[:50].min() > 0 > h[50:].max():
            return n_trials, weights
        n_trials, weights = n_trials + 1, rng.uniform(-width, width, 3)


def _latch_recursive(weights, noise, lengths):
    def state(t):
        if t == 0:
            return np.tanh(np.concatenate([np.full(len(lengths) // 2, u) for u in weights[1:]]))
        before = state(t - 1)
        after = np.tanh(weights[0] * before + noise[t])
        after[t >= lengths] = before[t >= lengths]
        return after

    return state(len(noise) - 1)


def _guess_recursive(n_steps, width, seed):
    rng, lengths, noise = _sequences(n_steps, seed)

    def trial(n_trials):
        weights = rng.uniform(-width, width, 3)
        h = _latch_recursive(weights, noise, lengths)
        right = (h[:50] > 0).all() and (h[50:] < 0).all()
        return (n_trials, weights) if right else trial(n_trials + 1)

    return trial(1)


def _interval_statistics(numbers):
    mean = statistics.fmean(numbers)
    half = 2.776 * statistics.stdev(map(float, numbers)) / math.sqrt(5)
    return mean, mean - half, mean + half


def _interval_sums(numbers):
    mean = sum(numbers) / 5
    error = (sum((number - mean) ** 2 for number in numbers) / 4 / 5) ** 0.5
    return float(mean), float(mean - 2.776 * error), float(mean + 2.776 * error)


def _trials_rounded():
    return [8.1, 9.7, 9.0, 9.2, 8.7]


def _trials():
    return [8.075, 9.7, 9.05, 9.25, 8.675]


def _by_hand(cell, forget_bias, n_steps, n_updates, seed, *, objective=variants.Objective):
    layer = {"gru": gru, "lstm": lstm}[cell]
    options = {"forget_bias": forget_bias} if cell == "lstm" else {}
    params = variants.init(layer, np.random.default_rng(seed), n_input=2, n_hidden=16, n_output=1, **options)
    optimizer, history = optimizers.Adam(0.01), []
    state = optimizer.init(params)
    for n in range(n_updates):
        batch = data.adding(np.random.default_rng([seed, n]), 32, n_steps)
        loss, gradient = objective(variants.many_to_one, layer, losses.mse)(params, batch)
        history.append(loss)
        gradient, _ = optimizers.clip_by_global_norm(gradient, 1.0)
        params, state = optimizer.update(params, gradient, state)
    return sum(history[-20:]) / len(history[-20:])


def _own_objective(variant, layer, loss):
    """Take forward, loss and backward apart."""

    def run(params, batch):
        tape = variant(layer, params, batch.x)
        value, dy = loss(tape.y, batch.target)
        return value, variants.backward(tape, dy)[0]

    return run


def _apart(*given):
    return _by_hand(*given, objective=_own_objective)


def _own_loss(variant, layer, loss):
    def run(params, batch):
        tape = variant(layer, params, batch.x)
        e = tape.y - batch.target
        return float(np.mean(e**2)), variants.backward(tape, 2 * e / e.size)[0]

    return run


def _no_loss_function(*given):
    return _by_hand(*given, objective=_own_loss)


def _bias_set(cell, forget_bias, n_steps, n_updates, seed):
    """Write the forget bias into weights that were drawn with another one."""
    if cell == "gru":
        return _by_hand(cell, forget_bias, n_steps, n_updates, seed)
    layer_init = lstm.init

    class Layer:
        forward, backward = staticmethod(lstm.forward), staticmethod(lstm.backward)

    params = layer_init(np.random.default_rng(seed), 2, 16, forget_bias=5.0)
    bias = params.b_h.copy()
    bias[16:32] = forget_bias
    rng = np.random.default_rng(seed)
    layer_init(rng, 2, 16)
    network = variants.Params(params._replace(b_h=bias), variants.readout.init(rng, 16, 1))
    optimizer, history = optimizers.Adam(0.01), []
    state = optimizer.init(network)
    objective = variants.Objective(variants.many_to_one, Layer, losses.mse)
    for n in range(n_updates):
        loss, gradient = objective(network, data.adding(np.random.default_rng([seed, n]), 32, n_steps))
        history.append(loss)
        gradient = optimizers.clip_by_global_norm(gradient, 1.0)[0]
        network, state = optimizer.update(network, gradient, state)
    return float(np.mean(history[-20:]))


def _closed_loop(gru, plain, biased):
    return np.array([(p - b) / (p - g) for g, p, b in zip(gru, plain, biased, strict=True)])


def _closed_rest(gru, plain, biased):
    return 1 - (biased - gru) / (plain - gru)


def _closed_split(gru, plain, biased):
    gap = np.subtract(plain, gru)
    return np.divide(np.subtract(plain, biased), gap)


def _closed_stacked(gru, plain, biased):
    steps = -np.diff([plain, biased, gru], axis=0)
    return steps[0] / steps.sum(axis=0)


def _losses():
    return {
        "gru": [0.0038, 0.0025, 0.0043, 0.0053, 0.0032],
        "plain": [0.0759, 0.0999, 0.1474, 0.0354, 0.1477],
        "biased": [0.0182, 0.0128, 0.0562, 0.0246, 0.0111],
    }


def _losses_without_jit():
    """Return what the same runs gave with NumPy in place of compiled loops."""
    return {
        "gru": [0.003767, 0.002463, 0.004255, 0.005262, 0.003168],
        "plain": [0.07594, 0.09994, 0.1474, 0.03542, 0.1477],
        "biased": [0.01825, 0.01276, 0.03749, 0.02459, 0.01112],
    }


ALTERNATIVES = {
    "13.1": (
        Alternative(
            "sequence by sequence",
            {
                "latch": _latch_one_by_one,
                "guess": _guess_one_by_one,
                "t_interval": _interval_statistics,
                "guessing_row": _trials_rounded,
            },
        ),
        Alternative(
            "all states kept",
            {"latch": _latch_kept, "guess": _guess_signs, "t_interval": _interval_sums, "guessing_row": _trials},
        ),
        Alternative(
            "Numba",
            {"latch": _latch_numba, "guess": _guess_numba, "t_interval": _interval_sums, "guessing_row": _trials},
        ),
        Alternative(
            "recursion",
            {
                "latch": _latch_recursive,
                "guess": _guess_recursive,
                "t_interval": _interval_statistics,
                "guessing_row": _trials,
            },
        ),
    ),
    "13.2": (
        Alternative(
            "a loop of one's own",
            {"forget_bias_run": _by_hand, "gap_closed": _closed_loop, "forget_bias_row": _losses},
        ),
        Alternative(
            "forward and backward apart",
            {"forget_bias_run": _apart, "gap_closed": _closed_rest, "forget_bias_row": _losses_without_jit},
        ),
        Alternative(
            "a loss of one's own",
            {"forget_bias_run": _no_loss_function, "gap_closed": _closed_split, "forget_bias_row": _losses},
        ),
        Alternative(
            "the bias written in",
            {"forget_bias_run": _bias_set, "gap_closed": _closed_stacked, "forget_bias_row": _losses},
        ),
    ),
    "13.3": (
        Alternative("a float", {"predicted_trials": lambda: 4.0}),
        Alternative("a NumPy number", {"predicted_trials": lambda: np.int64(4)}),
        Alternative("two signs", {"predicted_trials": lambda: 2 * 2}),
        Alternative("a chance", {"predicted_trials": lambda: 1 / (0.5 * 0.5)}),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
_ENDLESS = "a thousand guesses without success have a chance below 1e-11 even for the narrowest range"
EQUIVALENT = {
    "13.1": {
        "for n_trials in range(1, 1001):": _ENDLESS,
        "for n_trials in range(1, 999):": _ENDLESS,
        "if ((latch(weights, noise, lengths) >= 0) == first_class).all():": "no state is exactly 0",
    },
}
