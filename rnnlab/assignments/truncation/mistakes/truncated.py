"""Assignment 5: the wrong ways that students take in 5.1, each with the sentence that helps."""

import numpy as np

from rnnlab.assignments.truncation.mistakes.networks import plus, read, recurrent, sum_of_outer
from rnnlab.checks.question import Mistake

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
    h, dy = read(x, target, weights)
    total = tuple(np.zeros_like(w) for w in weights)
    for block in blocks(len(x), k1):
        end = min(block + k1, len(x))
        start = reach(block, end, k2)
        first = max(start, counts(start, block, end))
        dh = np.zeros_like(h[start + 1 : end + 1])
        dh[first - start :] = dy[first:end] @ weights[3]
        da = _back(dh, h[start : end + 1], weights[1])
        output = sum_of_outer(dy[first:end], h[first + 1 : end + 1]), dy[first:end].sum(axis=(0, 1))
        total = plus(total, (*recurrent(da, x[start:end], h[start : end + 1]), *output))
    return tuple(scale * g for g in total)


def _tbptt_not_carried(x, target, weights, k1, k2):
    total = tuple(np.zeros_like(w) for w in weights)
    for block in range(0, len(x), k1):
        end = min(block + k1, len(x))
        start = max(0, end - k2)
        h, dy = read(x[start:end], target[start:end], weights)
        dy[: block - start] = 0
        da = _back(dy @ weights[3], h, weights[1])
        output = sum_of_outer(dy, h[1:]), dy.sum(axis=(0, 1))
        total = plus(total, (*recurrent(da, x[start:end], h), *output))
    return total


def _tbptt_averaged(x, target, weights, k1, k2):
    n_blocks = -(-len(x) // k1)
    return _tbptt(x, target, weights, k1, k2, scale=1 / n_blocks)


def _reach_at_end(n_steps):
    return lambda block, end, k2: max(0, end - k2) if end == n_steps else block


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
        "only the end goes back",
        "only the last loss of yours goes back k2 steps; all earlier ones stop at their own step. Every block's way "
        "back has k2 steps.",
        {"tbptt": lambda x, target, weights, k1, k2: _tbptt(x, target, weights, 1, k2, reach=_reach_at_end(len(x)))},
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


MISTAKES = {"5.1": _TBPTT_MISTAKES}
