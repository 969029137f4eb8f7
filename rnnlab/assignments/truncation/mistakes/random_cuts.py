"""Assignment 5: the wrong ways that students take in 5.3 and 5.4, each with the sentence that helps."""

import numpy as np

from rnnlab.assignments.truncation.mistakes.networks import plus, read, recurrent, sum_of_outer
from rnnlab.checks.question import Mistake

# 5.3: every function below has the signature (x, target, weights, c, seed)


def _draw_each(rng, n, c):
    return rng.random(n) < c


def _random(x, target, weights, c, seed, *, draws=_draw_each, kept=lambda c: 1 / (1 - c), rng=np.random.default_rng):
    h, dy = read(x, target, weights)
    factors = np.where(draws(rng(seed), len(x), c), 0.0, kept(c))
    da, carried = np.zeros_like(h[1:]), 0.0
    for t in reversed(range(len(x))):
        da[t] = (dy[t] @ weights[3] + carried) * (1 - h[t + 1] ** 2)
        carried = factors[t] * (da[t] @ weights[1])
    return *recurrent(da, x, h), sum_of_outer(dy, h[1:]), dy.sum(axis=(0, 1))


def _draw_pairs(rng, n, c):
    return np.repeat(rng.random(n // 2 + 1), 2)[:n] < c


def _draw_no_first(rng, n, c):
    cut = rng.random(n) < c
    cut[-2:] = False  # the throw before the last step's gradient is carried: what comes after it is zero anyway
    return cut


def _random_stops(x, target, weights, c, seed):
    h, dy = read(x, target, weights)
    cut = np.random.default_rng(seed).random(len(x)) < c
    da, carried = np.zeros_like(h[1:]), 0.0
    for t in reversed(range(len(x))):
        da[t] = (dy[t] @ weights[3] + carried) * (1 - h[t + 1] ** 2)
        if cut[t]:
            break
        carried = da[t] @ weights[1] / (1 - c)
    return *recurrent(da, x, h), sum_of_outer(dy, h[1:]), dy.sum(axis=(0, 1))


def _random_loss_too(x, target, weights, c, seed):
    h, dy = read(x, target, weights)
    factors = np.where(np.random.default_rng(seed).random(len(x)) < c, 0.0, 1 / (1 - c))
    da, carried = np.zeros_like(h[1:]), 0.0
    for t in reversed(range(len(x))):
        da[t] = factors[t] * (dy[t] @ weights[3] + carried) * (1 - h[t + 1] ** 2)
        carried = da[t] @ weights[1]
    return *recurrent(da, x, h), sum_of_outer(dy, h[1:]), dy.sum(axis=(0, 1))


def _random_states_too(x, target, weights, c, seed):
    cut = np.random.default_rng(seed).random(len(x)) < c
    start = np.zeros((1, x.shape[1], len(weights[2])))
    h, before = [], start[0]
    for t in range(len(x)):
        before = start[0] if cut[t] else before
        h.append(before)
        before = np.tanh(x[t] @ weights[0].T + before @ weights[1].T + weights[2])
    after = np.stack([*h[1:], before])
    dy = after @ weights[3].T + weights[4] - target
    da, carried = np.zeros_like(after), 0.0
    for t in reversed(range(len(x))):
        da[t] = (dy[t] @ weights[3] + carried) * (1 - after[t] ** 2)
        carried = 0.0 if cut[t] else da[t] @ weights[1] / (1 - c)
    recurrent = sum_of_outer(da, x), sum_of_outer(da, np.stack(h)), da.sum(axis=(0, 1))
    return *recurrent, sum_of_outer(dy, after), dy.sum(axis=(0, 1))


def _random_by_row(x, target, weights, c, seed):
    rows = range(x.shape[1])
    total = tuple(np.zeros_like(w) for w in weights)
    rng = np.random.default_rng(seed)
    for b in rows:
        row = slice(b, b + 1)
        one = _random(x[:, row], target[:, row], weights, c, 0, rng=lambda _: rng)
        total = plus(total, one)
    return total


_RANDOM_MISTAKES = (
    Mistake(
        "cut without making up for it",
        "yours cuts, but where it does not cut it carries the gradient as it is. What gets through has to make up for "
        "what does not: divide.",
        {"randomly_truncated": lambda *args: _random(*args, kept=lambda c: 1.0)},
    ),
    Mistake(
        "divided by c",
        "yours divides by c, the probability of a cut. What gets through does so with probability 1 - c.",
        {"randomly_truncated": lambda *args: _random(*args, kept=lambda c: 1 / c if c else 1.0)},
    ),
    Mistake(
        "multiplied by 1 - c",
        "yours multiplies by 1 - c what gets through. That makes it smaller still: divide.",
        {"randomly_truncated": lambda *args: _random(*args, kept=lambda c: 1 - c)},
    ),
    Mistake(
        "kept with probability c",
        "yours carries on with probability c and cuts with 1 - c. It is the other way round.",
        {"randomly_truncated": lambda *args: _random(*args, draws=lambda rng, n, c: rng.random(n) >= c)},
    ),
    Mistake(
        "one draw for all steps",
        "yours draws once and cuts everywhere or nowhere. Each step back has a draw of its own.",
        {"randomly_truncated": lambda *args: _random(*args, draws=lambda rng, n, c: np.full(n, rng.random() < c))},
    ),
    Mistake(
        "one draw for two steps",
        "yours uses each draw for two steps. The throws are independent: each step back has a draw of its own.",
        {"randomly_truncated": lambda *args: _random(*args, draws=_draw_pairs)},
    ),
    Mistake(
        "no cut at the first throw",
        "yours never cuts between the last step and the one before it, but divides there by 1 - c all the same. The "
        "first throw is as good as the others.",
        {"randomly_truncated": lambda *args: _random(*args, draws=_draw_no_first)},
    ),
    Mistake(
        "never cut",
        "yours never cuts: it is the full gradient, unbiased but as long as the sequence.",
        {
            "randomly_truncated": lambda *args: _random(
                *args, draws=lambda rng, n, c: np.zeros(n, bool), kept=np.ones_like
            )
        },
    ),
    Mistake(
        "seed unused",
        "yours gives another answer when it is called again with the same seed. Draw from np.random.default_rng(seed).",
        {"randomly_truncated": lambda *args: _random(*args, rng=lambda seed: np.random.default_rng())},
    ),
    Mistake(
        "a seed of its own",
        "yours cuts at the same steps whatever the seed. Draw from np.random.default_rng(seed).",
        {"randomly_truncated": lambda *args: _random(*args, rng=lambda seed: np.random.default_rng(0))},
    ),
    Mistake(
        "ends at the first cut",
        "yours ends at the first cut, and the losses of all earlier steps are lost. A cut drops what is carried; the "
        "loop goes on.",
        {"randomly_truncated": _random_stops},
    ),
    Mistake(
        "the step's own loss too",
        "yours multiplies all of dh, the step's own loss included. Only what is carried from the step after is cut.",
        {"randomly_truncated": _random_loss_too},
    ),
    Mistake(
        "states cut too",
        "yours sets the state to zero at a cut. Only the gradient is cut; the forward pass knows nothing of it.",
        {"randomly_truncated": _random_states_too},
    ),
    Mistake(
        "each row by itself",
        "yours cuts each sequence of the batch at steps of its own. One draw a step serves the whole batch.",
        {"randomly_truncated": _random_by_row},
    ),
)

_PREDICTIONS = (
    Mistake(
        "what is lost",
        "that is the fraction that is lost. What is left?",
        {"predicted_fraction": lambda: 0.9**10},
    ),
    Mistake(
        "steps counted",
        "you took the share of the steps. They do not count alike: one step back has 0.9 of the weight of the one "
        "after it.",
        {"predicted_fraction": lambda: 10 / 200},
    ),
    Mistake(
        "all of it",
        "a tenth step back still has the weight 0.9 to the tenth, about a third, and there are 190 more behind it.",
        {"predicted_fraction": lambda: 1.0},
    ),
    Mistake(
        "one step's share",
        "that is the share of the last step alone. Ten steps are left.",
        {"predicted_fraction": lambda: 0.1},
    ),
)


MISTAKES = {"5.3": _RANDOM_MISTAKES, "5.4": _PREDICTIONS}
