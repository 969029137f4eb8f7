"""Assignment 5: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake


def _forward(x, h_0, w_x, w_h, b_h):
    h = [h_0]
    for x_t in x:
        h.append(np.tanh(x_t @ w_x.T + h[-1] @ w_h.T + b_h))
    return np.stack(h)


def _read(x, target, weights):
    h = _forward(x, np.zeros((x.shape[1], len(weights[2]))), *weights[:3])
    return h, h[1:] @ weights[3].T + weights[4] - target


def _sum_of_outer(a, b):
    return np.einsum("tbi,tbj->ij", a, b)


def _recurrent(da, x, h):
    return _sum_of_outer(da, x), _sum_of_outer(da, h[:-1]), da.sum(axis=(0, 1))


def _plus(total, more):
    return tuple(a + b for a, b in zip(total, more, strict=True))


# 5.1: every function below has the signature (x, target, weights, k1, k2)


def _back(dh, h, w_h):
    da, carried = np.zeros_like(dh), 0.0
    for t in reversed(range(len(dh))):
        da[t] = (dh[t] + carried) * (1 - h[t + 1] ** 2)
        carried = da[t] @ w_h
    return da


def _tbptt(
    x,
    target,
    weights,
    k1,
    k2,
    *,
    reach=lambda start, end, k2: max(0, end - k2),
    counts=lambda start, block, end: block,
    blocks=lambda n, k1: range(0, n, k1),
    scale=1.0,
):
    h, dy = _read(x, target, weights)
    total = tuple(np.zeros_like(w) for w in weights)
    for block in blocks(len(x), k1):
        end = min(block + k1, len(x))
        start = reach(block, end, k2)
        first = max(start, counts(start, block, end))
        dh = np.zeros_like(h[start + 1 : end + 1])
        dh[first - start :] = dy[first:end] @ weights[3]
        da = _back(dh, h[start : end + 1], weights[1])
        output = _sum_of_outer(dy[first:end], h[first + 1 : end + 1]), dy[first:end].sum(axis=(0, 1))
        total = _plus(total, (*_recurrent(da, x[start:end], h[start : end + 1]), *output))
    return tuple(scale * g for g in total)


def _tbptt_not_carried(x, target, weights, k1, k2):
    total = tuple(np.zeros_like(w) for w in weights)
    for block in range(0, len(x), k1):
        end = min(block + k1, len(x))
        start = max(0, end - k2)
        h, dy = _read(x[start:end], target[start:end], weights)
        dy[: block - start] = 0
        da = _back(dy @ weights[3], h, weights[1])
        output = _sum_of_outer(dy, h[1:]), dy.sum(axis=(0, 1))
        total = _plus(total, (*_recurrent(da, x[start:end], h), *output))
    return total


def _tbptt_averaged(x, target, weights, k1, k2):
    n_blocks = -(-len(x) // k1)
    return _tbptt(x, target, weights, k1, k2, scale=1 / n_blocks)


_TBPTT_MISTAKES = (
    Mistake(
        "k1 and k2 swapped",
        "your k1 and k2 are in each other's place: k1 is how often one goes back, k2 is how far.",
        {"tbptt": lambda x, target, weights, k1, k2: _tbptt(x, target, weights, k2, k1)},
    ),
    Mistake(
        "state not carried",
        "your forward pass starts from h = 0 wherever the backward pass ends. Only the gradient is cut: the states are "
        "those of one run over the whole sequence.",
        {"tbptt": _tbptt_not_carried},
    ),
    Mistake(
        "leaks across the cut",
        "your gradient goes back to the first step, however small k2 is.",
        {"tbptt": lambda *args: _tbptt(*args, reach=lambda block, end, k2: 0)},
    ),
    Mistake(
        "one step too far",
        "your backward passes go through k2 + 1 steps. The step where they start is the first of the k2.",
        {"tbptt": lambda *args: _tbptt(*args, reach=lambda block, end, k2: max(0, end - k2 - 1))},
    ),
    Mistake(
        "one step too short",
        "your backward passes go through k2 - 1 steps. The step where they start is the first of the k2.",
        {"tbptt": lambda *args: _tbptt(*args, reach=lambda block, end, k2: max(0, min(end - 1, end - k2 + 1)))},
    ),
    Mistake(
        "reach counted from the block's start",
        "your backward passes go k2 steps back from where their block of losses begins. It is k2 steps from its end.",
        {"tbptt": lambda *args: _tbptt(*args, reach=lambda block, end, k2: max(0, block - k2))},
    ),
    Mistake(
        "short last block left out",
        "your sum lacks the last losses where k1 does not divide T. The last block may be short.",
        {"tbptt": lambda *args: _tbptt(*args, blocks=lambda n, k1: range(0, n - k1 + 1, k1))},
    ),
    Mistake(
        "losses counted again",
        "every backward pass of yours starts from all the losses within its reach, so that some count several times. A "
        "block brings in its own k1 losses only.",
        {"tbptt": lambda *args: _tbptt(*args, counts=lambda start, block, end: start)},
    ),
    Mistake(
        "only a block's last loss",
        "only the last loss of each block counts in yours. All of its k1 losses do.",
        {"tbptt": lambda *args: _tbptt(*args, counts=lambda start, block, end: end - 1)},
    ),
    Mistake(
        "averaged over the blocks",
        "your gradient is the mean over the blocks. The loss is a sum over all steps, and so is its gradient.",
        {"tbptt": _tbptt_averaged},
    ),
    Mistake(
        "square without its half",
        "your gradient is twice too large. The loss is half of the squared error, so dy is y - p.",
        {"tbptt": lambda *args: _tbptt(*args, scale=2.0)},
    ),
)

# 5.2: every step below has the signature (influence, x, h, w_x, w_h, b_h)


def _inputs(x, h):
    return np.concatenate([x, h, np.ones(1)])


def _slope(after, before):
    return 1 - after**2


def _rtrl(influence, x, h, w_x, w_h, b_h, *, reads=_inputs, slope=_slope, own=np.eye, carry=lambda w_h: w_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    direct = own(len(h))[:, :, None] * reads(x, h)
    carried = np.tensordot(carry(w_h), influence, 1)
    return slope(after, h)[:, None, None] * (direct + carried), after


def _rtrl_state_after(influence, x, h, w_x, w_h, b_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    return _rtrl(influence, x, h, w_x, w_h, b_h, reads=lambda x, h: _inputs(x, after))


def _rtrl_slope_of_direct(influence, x, h, w_x, w_h, b_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    direct = np.eye(len(h))[:, :, None] * _inputs(x, h) * (1 - after**2)[:, None, None]
    return direct + np.tensordot(w_h, influence, 1), after


def _rtrl_wrong_axis(influence, x, h, w_x, w_h, b_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    direct = np.eye(len(h))[:, :, None] * _inputs(x, h)
    return (1 - after**2)[:, None, None] * (direct + np.einsum("jl,ilm->ijm", w_h, influence)), after


def _rtrl_in_place(influence, x, h, w_x, w_h, b_h):
    new, after = _rtrl(influence, x, h, w_x, w_h, b_h)
    influence[:] = new
    return influence, after


_RTRL_MISTAKES = (
    Mistake(
        "nothing carried",
        "your influence forgets the steps before: the old one has to come along, through w_h.",
        {"rtrl_step": lambda *args: _rtrl(*args, carry=np.zeros_like)},
    ),
    Mistake(
        "carried without w_h",
        "your old influence is added as it is. It reaches the new state only through w_h.",
        {"rtrl_step": lambda *args: _rtrl(*args, carry=lambda w_h: np.eye(len(w_h)))},
    ),
    Mistake(
        "w_h transposed",
        "your influence is carried by the transpose of w_h. Forward in time it is w_h itself.",
        {"rtrl_step": lambda *args: _rtrl(*args, carry=np.transpose)},
    ),
    Mistake(
        "w_h on the wrong index",
        "your w_h is summed with the second index of the influence, the weight's. It is the first, the state's.",
        {"rtrl_step": _rtrl_wrong_axis},
    ),
    Mistake(
        "state after for state before",
        "the direct part of yours reads the new state. What w_h is multiplied with is the state before the step.",
        {"rtrl_step": _rtrl_state_after},
    ),
    Mistake(
        "every weight on every unit",
        "in yours a weight acts directly on all units. Row j of the weights acts directly on unit j alone.",
        {"rtrl_step": lambda *args: _rtrl(*args, own=lambda n: np.ones((n, n)))},
    ),
    Mistake(
        "no slope",
        "your influence is that on the pre-activation. The state is its tanh: the slope is missing.",
        {"rtrl_step": lambda *args: _rtrl(*args, slope=lambda after, before: np.ones_like(after))},
    ),
    Mistake(
        "slope of the direct part only",
        "your slope multiplies the direct part only. What is carried goes through the same tanh.",
        {"rtrl_step": _rtrl_slope_of_direct},
    ),
    Mistake(
        "1 - h",
        "your slope is 1 - h. The slope of tanh is 1 - tanh², and h is that tanh.",
        {"rtrl_step": lambda *args: _rtrl(*args, slope=lambda after, before: 1 - after)},
    ),
    Mistake(
        "slope at the state before",
        "your slope is taken at the state before the step. It is this step's tanh: take the state after.",
        {"rtrl_step": lambda *args: _rtrl(*args, slope=lambda after, before: 1 - before**2)},
    ),
    Mistake(
        "order of the columns",
        "your columns have w_h before w_x. Their order is w_x, w_h, b_h.",
        {"rtrl_step": lambda *args: _rtrl(*args, reads=lambda x, h: _inputs(h, x))},
    ),
    Mistake(
        "bias forgotten",
        "the influence of the bias is zero in yours. A bias is a weight whose input is always 1.",
        {"rtrl_step": lambda *args: _rtrl(*args, reads=lambda x, h: np.concatenate([x, h, np.zeros(1)]))},
    ),
    Mistake(
        "influence overwritten",
        "your step writes the new influence over the old one. Make a new array.",
        {"rtrl_step": _rtrl_in_place},
    ),
)

# 5.3: every function below has the signature (x, target, weights, c, seed)


def _draw_each(rng, n, c):
    return rng.random(n) < c


def _random(x, target, weights, c, seed, *, draws=_draw_each, kept=lambda c: 1 / (1 - c), rng=np.random.default_rng):
    h, dy = _read(x, target, weights)
    factors = np.where(draws(rng(seed), len(x), c), 0.0, kept(c))
    da, carried = np.zeros_like(h[1:]), 0.0
    for t in reversed(range(len(x))):
        da[t] = (dy[t] @ weights[3] + carried) * (1 - h[t + 1] ** 2)
        carried = factors[t] * (da[t] @ weights[1])
    return *_recurrent(da, x, h), _sum_of_outer(dy, h[1:]), dy.sum(axis=(0, 1))


def _random_stops(x, target, weights, c, seed):
    h, dy = _read(x, target, weights)
    cut = np.random.default_rng(seed).random(len(x)) < c
    da, carried = np.zeros_like(h[1:]), 0.0
    for t in reversed(range(len(x))):
        da[t] = (dy[t] @ weights[3] + carried) * (1 - h[t + 1] ** 2)
        if cut[t]:
            break
        carried = da[t] @ weights[1] / (1 - c)
    return *_recurrent(da, x, h), _sum_of_outer(dy, h[1:]), dy.sum(axis=(0, 1))


def _random_loss_too(x, target, weights, c, seed):
    h, dy = _read(x, target, weights)
    factors = np.where(np.random.default_rng(seed).random(len(x)) < c, 0.0, 1 / (1 - c))
    da, carried = np.zeros_like(h[1:]), 0.0
    for t in reversed(range(len(x))):
        da[t] = factors[t] * (dy[t] @ weights[3] + carried) * (1 - h[t + 1] ** 2)
        carried = da[t] @ weights[1]
    return *_recurrent(da, x, h), _sum_of_outer(dy, h[1:]), dy.sum(axis=(0, 1))


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
    recurrent = _sum_of_outer(da, x), _sum_of_outer(da, np.stack(h)), da.sum(axis=(0, 1))
    return *recurrent, _sum_of_outer(dy, after), dy.sum(axis=(0, 1))


def _random_by_row(x, target, weights, c, seed):
    rows = range(x.shape[1])
    total = tuple(np.zeros_like(w) for w in weights)
    rng = np.random.default_rng(seed)
    for b in rows:
        row = slice(b, b + 1)
        one = _random(x[:, row], target[:, row], weights, c, 0, rng=lambda _: rng)
        total = _plus(total, one)
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

MISTAKES = {
    "5.1": _TBPTT_MISTAKES,
    "5.2": _RTRL_MISTAKES,
    "5.3": _RANDOM_MISTAKES,
    "5.4": _PREDICTIONS,
}
