"""Assignment 13: other right ways, which the check must accept."""

import math
import statistics

import numpy as np
from numba import njit

from rnnlab import data, gru, losses, lstm, optimizers, variants
from rnnlab.questions.core import Alternative


def _sequences(n_steps, seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(n_steps, n_steps + n_steps // 5 + 1, 100)
    return rng, lengths, rng.normal(0, math.sqrt(0.2), (max(lengths), 100))


def _guess_one_by_one(n_steps, seed):
    """Look at one sequence after the other and stop at the first that is wrong."""
    rng, lengths, noise = _sequences(n_steps, seed)

    def right(b, w_h, start):
        h = math.tanh(start)
        for x in noise[1 : lengths[b], b]:
            h = math.tanh(w_h * h + x)
        return h > 0 if b < 50 else h < 0

    n_trials = 1
    while True:
        w_h, plus, minus = (float(rng.uniform(-100, 100)) for _ in range(3))
        if all(right(b, w_h, plus if b < 50 else minus) for b in range(100)):
            return n_trials, np.array([w_h, plus, minus])
        n_trials += 1


def _guess_states_kept(n_steps, seed):
    """Keep all states and pick each sequence's last."""
    rng, lengths, noise = _sequences(n_steps, seed)
    sign = np.repeat([1, -1], 50)
    solved, n_trials = False, 0
    while not solved:
        weights = rng.uniform(-100, 100, size=3)
        h = np.empty_like(noise)
        h[0] = np.tanh(np.repeat(weights[1:], 50))
        for t in range(1, len(h)):
            h[t] = np.tanh(weights[0] * h[t - 1] + noise[t])
        solved, n_trials = bool((h[lengths - 1, np.arange(100)] * sign > 0).all()), n_trials + 1
    return n_trials, weights


@njit
def _solves(weights, lengths, noise):
    for b in range(100):
        h = np.tanh(weights[1] if b < 50 else weights[2])
        for t in range(1, lengths[b]):
            h = np.tanh(weights[0] * h + noise[t, b])
        if (h > 0) != (b < 50):
            return False
    return True


def _guess_numba(n_steps, seed):
    rng, lengths, noise = _sequences(n_steps, seed)
    n_trials, weights = 1, rng.uniform(-100, 100, 3)
    while not _solves(weights, lengths, noise):
        n_trials, weights = n_trials + 1, rng.uniform(-100, 100, 3)
    return n_trials, weights


def _guess_recursive(n_steps, seed):
    rng, lengths, noise = _sequences(n_steps, seed)

    def trial(n_trials):
        weights = rng.uniform(-100, 100, 3)
        h = np.tanh(np.concatenate([np.full(50, weights[1]), np.full(50, weights[2])]))
        for t, x in enumerate(noise[1:], start=1):
            h[t < lengths] = np.tanh(weights[0] * h + x)[t < lengths]
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
    memory = optimizer.init(params)
    for n in range(n_updates):
        batch = data.adding(np.random.default_rng([seed, n]), 32, n_steps)
        loss, gradient = objective(variants.many_to_one, layer, losses.mse)(params, batch)
        history.append(loss)
        gradient, _ = optimizers.clip_by_global_norm(gradient, 1.0)
        params, memory = optimizer.update(params, gradient, memory)
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
    memory = optimizer.init(network)
    objective = variants.Objective(variants.many_to_one, Layer, losses.mse)
    for n in range(n_updates):
        loss, gradient = objective(network, data.adding(np.random.default_rng([seed, n]), 32, n_steps))
        history.append(loss)
        gradient = optimizers.clip_by_global_norm(gradient, 1.0)[0]
        network, memory = optimizer.update(network, gradient, memory)
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
            {"guess": _guess_one_by_one, "t_interval": _interval_statistics, "guessing_row": _trials_rounded},
        ),
        Alternative(
            "all states kept", {"guess": _guess_states_kept, "t_interval": _interval_sums, "guessing_row": _trials}
        ),
        Alternative("Numba", {"guess": _guess_numba, "t_interval": _interval_sums, "guessing_row": _trials}),
        Alternative(
            "recursion", {"guess": _guess_recursive, "t_interval": _interval_statistics, "guessing_row": _trials}
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
}

EQUIVALENT: dict[str, dict[str, str]] = {}
