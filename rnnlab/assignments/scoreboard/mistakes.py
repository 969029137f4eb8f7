"""Assignment 13: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab import batches, data, gru, losses, lstm, optimizers, training, variants
from rnnlab.checks.question import Mistake

# 13.1: latch(weights, noise, lengths), guess(n_steps, width, seed), t_interval(numbers) and guessing_row()


def _latch(weights, noise, lengths, *, start=np.tanh, first=1, halves=(1, 2)):
    h = start(np.repeat([weights[half] for half in halves], noise.shape[1] // 2))
    for t in range(first, len(noise)):
        h = np.where(t < lengths, np.tanh(weights[0] * h + noise[t]), h)
    return h


def _guess(n_steps, width, seed, *, spread=0.2**0.5, right=np.all, failures=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(n_steps, n_steps + n_steps // 5 + 1, 100)
    noise = rng.normal(0, spread, (lengths.max(), 100))
    for n_trials in range(1 + failures, 1000):
        weights = rng.uniform(-width, width, 3)
        if right((_latch(weights, noise, lengths) > 0) == (np.arange(100) < 50)):
            return n_trials, weights
    return 1000, weights


def _interval(numbers, *, quantile=2.776, ddof=1, n=5):
    mean = float(np.mean(numbers))
    half = quantile * float(np.std(numbers, ddof=ddof)) / np.sqrt(n)
    return mean, mean - half, mean + half


_GUESSING_MISTAKES = (
    Mistake(
        "lengths ignored",
        "your sequences all go on to the longest length. Each ends at its own.",
        {"latch": lambda weights, noise, lengths: _latch(weights, noise, np.full(len(lengths), len(noise)))},
    ),
    Mistake(
        "noise at the start",
        "your sequences read row 0 of the noise. The first step has the start value instead.",
        {"latch": lambda *given: _latch(*given, first=0)},
    ),
    Mistake(
        "start without tanh",
        "your first state is the start value itself. It goes through tanh like every other.",
        {"latch": lambda *given: _latch(*given, start=lambda a: a)},
    ),
    Mistake(
        "classes exchanged",
        "your first half starts from u_minus. The first class has u_plus.",
        {"latch": lambda *given: _latch(*given, halves=(2, 1))},
    ),
    Mistake(
        "only failures counted",
        "your count is one too low: the guess that solves the task is a trial too.",
        {"guess": lambda n_steps, width, seed: _guess(n_steps, width, seed, failures=-1)},
    ),
    Mistake(
        "variance for spread",
        "your noise is too weak: 0.2 is its variance, and rng.normal asks for the standard deviation.",
        {"guess": lambda n_steps, width, seed: _guess(n_steps, width, seed, spread=0.2)},
    ),
    Mistake(
        "most sequences right",
        "you stop when most sequences are right. A guess counts when all 100 are.",
        {"guess": lambda n_steps, width, seed: _guess(n_steps, width, seed, right=lambda ok: ok.mean() > 0.5)},
    ),
    Mistake(
        "one class only",
        "you look at the first 50 sequences only: a unit that always says + then counts as a solution.",
        {"guess": lambda n_steps, width, seed: _guess(n_steps, width, seed, right=lambda ok: ok[:50].all())},
    ),
    Mistake(
        "the normal quantile",
        "your interval is too narrow: 1.96 holds where the spread is known. It is estimated from five numbers: 2.776.",
        {"t_interval": lambda numbers: _interval(numbers, quantile=1.96)},
    ),
    Mistake(
        "divided by n",
        "your standard deviation divides by 5. The mean is estimated from the same numbers, so divide by 4 (ddof=1).",
        {"t_interval": lambda numbers: _interval(numbers, ddof=0)},
    ),
    Mistake(
        "spread of one number",
        "your interval says where a sixth number may be. That of the mean is narrower by the root of 5.",
        {"t_interval": lambda numbers: _interval(numbers, n=1)},
    ),
    Mistake(
        "the paper's number",
        "your row holds the number of the paper. It should hold what your own simulations gave.",
        {"guessing_row": lambda: [6.0, 6.0, 6.0, 6.0, 6.0]},
    ),
)

# 13.2: forget_bias_run(cell, forget_bias, n_steps, n_updates, seed), gap_closed(gru, plain, biased), forget_bias_row()


def _run(
    cell,
    forget_bias,
    n_steps,
    n_updates,
    seed,
    *,
    clip: float | None = 1.0,
    batch_seed=lambda s: s,
    score=lambda loss: np.mean(loss[-20:]),
    lr=0.01,
):
    layer, options = (gru, {}) if cell == "gru" else (lstm, {"forget_bias": forget_bias})
    objective = variants.Objective(variants.many_to_one, layer, losses.mse)
    params = variants.init(layer, np.random.default_rng(seed), 2, 16, 1, **options)
    source = batches.endless(lambda rng: data.adding(rng, 32, n_steps))
    optimizer = optimizers.Adam(lr)
    fitted = training.fit(objective, params, source, optimizer, n_updates, seed=batch_seed(seed), clip=clip)
    return float(score(fitted.history.loss))


_ROW = {
    "gru": [0.003767, 0.002463, 0.004255, 0.005262, 0.003168],
    "plain": [0.07594, 0.09994, 0.1474, 0.03545, 0.1477],
    "biased": [0.01825, 0.01276, 0.05619, 0.02459, 0.01112],
}

_FORGET_MISTAKES = (
    Mistake(
        "forget bias not used",
        "your LSTM is the same whatever the forget bias is: hand it on to the layer's init.",
        {"forget_bias_run": lambda cell, bias, *more: _run(cell, 1.0, *more)},
    ),
    Mistake(
        "the last loss",
        "your number is the loss of the last update alone. Average the last 20, as one batch of 32 is mostly noise.",
        {"forget_bias_run": lambda *given: _run(*given, score=lambda loss: loss[-1])},
    ),
    Mistake(
        "all losses",
        "your number is the mean over the whole training. Average the last 20 updates.",
        {"forget_bias_run": lambda *given: _run(*given, score=np.mean)},
    ),
    Mistake(
        "not clipped",
        "your gradients are not clipped at norm 1.",
        {"forget_bias_run": lambda *given: _run(*given, clip=None)},
    ),
    Mistake(
        "the same batches for every seed",
        "your seed decides the weights but not the batches: give it to fit as well.",
        {"forget_bias_run": lambda *given: _run(*given, batch_seed=lambda seed: 0)},
    ),
    Mistake(
        "Adam's default step",
        "your step size is Adam's default. The setting says 0.01.",
        {"forget_bias_run": lambda *given: _run(*given, lr=0.001)},
    ),
    Mistake(
        "share of the loss",
        "your share is of the whole loss of the plain LSTM. The gap is what the GRU has less than it.",
        {"gap_closed": lambda gru, plain, biased: (plain - biased) / plain},
    ),
    Mistake(
        "share left open",
        "your share is what is left of the gap, not what is closed.",
        {"gap_closed": lambda gru, plain, biased: (biased - gru) / (plain - gru)},
    ),
    Mistake(
        "one share for all seeds",
        "you average the losses first. Each seed has its own share: the runs of a seed saw the same batches.",
        {
            "gap_closed": lambda gru, plain, biased: np.full(
                5, (plain.mean() - biased.mean()) / (plain.mean() - gru.mean())
            )
        },
    ),
    Mistake(
        "plain and biased exchanged",
        "your losses with and without the forget bias seem to have changed places.",
        {"forget_bias_row": lambda: {"gru": _ROW["gru"], "plain": _ROW["biased"], "biased": _ROW["plain"]}},
    ),
)

# 13.3: predicted_trials()

_PREDICTION_MISTAKES = (
    Mistake(
        "as before",
        "think of a negative w_h: the sign turns at every step. What does that do if all sequences end together?",
        {"predicted_trials": lambda: 8},
    ),
    Mistake(
        "one sign",
        "the two start values need different signs, and which of them is + depends on the sign of w_h: count the "
        "combinations that work, of eight.",
        {"predicted_trials": lambda: 2},
    ),
    Mistake(
        "harder",
        "sequences that are all the same ask for less, not for more.",
        {"predicted_trials": lambda: 16},
    ),
)

MISTAKES = {"13.1": _GUESSING_MISTAKES, "13.2": _FORGET_MISTAKES, "13.3": _PREDICTION_MISTAKES}
