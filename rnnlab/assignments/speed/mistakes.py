"""Assignment 12: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 12.1: rnn_forward_fast(x, h_0, w_x, w_h, b_h, w_y, b_y); the keywords of _forward switch one mistake on


def _forward(
    x, h_0, w_x, w_h, b_h, w_y, b_y, *, f=np.tanh, n_bias=1, turned=False, from_zero=False, late=0, per_unit=False
):
    h = np.zeros((len(x) + 1, *h_0.shape))
    h[0] = 0 if from_zero else h_0
    weight = w_h.T if turned else w_h
    for t in range(len(x)):
        a = x[t] @ w_x.T + n_bias * b_h
        if per_unit:
            state = h[t].copy()
            for i in range(len(b_h)):
                state[:, i] = f(a[:, i] + state @ weight[i])
            h[t + 1] = state
        else:
            h[t + 1] = f(a + h[t] @ weight.T)
    return h, h[1 - late : len(h) - late] @ w_y.T + b_y


def _running_total(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = np.zeros((len(x) + 1, *h_0.shape))
    h[0] = h_0
    for t in range(len(x)):
        h[t + 1] = np.tanh(np.cumsum(x[t] @ w_x.T + h[t] @ w_h.T + b_h, axis=1))
    return h, h[1:] @ w_y.T + b_y


def _first_sequence(x, h_0, *weights):
    h, y = _forward(x, h_0, *weights)
    h[1:, 1:], y[:, 1:] = 0, 0
    return h, y


_FORWARD_MISTAKES = (
    Mistake(
        "not compiled",
        "your function gives the right values, but step by step through the interpreter. Is @njit there, and is the "
        "loop over time inside the function that it compiles?",
        {"rnn_forward_fast": lambda *args: _forward(*args)},
    ),
    Mistake(
        "state overwritten while it is read",
        "your units read a state that is partly the new one already: unit i changes it before unit i + 1 has read "
        "it. Keep old and new apart.",
        {"rnn_forward_fast": lambda *args: _forward(*args, per_unit=True)},
    ),
    Mistake(
        "indices of w_h exchanged",
        "your h is the one you get with the two indices of w_h exchanged. w_h[i, j] is the weight from unit j to "
        "unit i.",
        {"rnn_forward_fast": lambda *args: _forward(*args, turned=True)},
    ),
    Mistake(
        "sum not started anew",
        "your sum runs on from unit to unit. It has to start anew, with the bias, for each of them.",
        {"rnn_forward_fast": _running_total},
    ),
    Mistake(
        "bias inside the inner loop",
        "your bias is added twice: once for the input's sum and once for the state's. It is the value that the one sum "
        "starts with.",
        {"rnn_forward_fast": lambda *args: _forward(*args, n_bias=2)},
    ),
    Mistake(
        "h_0 not copied",
        "your network starts from zero, whatever h_0 is given.",
        {"rnn_forward_fast": lambda *args: _forward(*args, from_zero=True)},
    ),
    Mistake(
        "output one step late",
        "your y[t] is read from h[t], the state before x[t] was read. The output of step t comes from h[t + 1].",
        {"rnn_forward_fast": lambda *args: _forward(*args, late=1)},
    ),
    Mistake(
        "only the first sequence",
        "your loops fill the first sequence of the batch only.",
        {"rnn_forward_fast": _first_sequence},
    ),
    Mistake(
        "no activation",
        "your h is the bare sum. The activation function comes last.",
        {"rnn_forward_fast": lambda *args: _forward(*args, f=lambda a: a)},
    ),
)

# 12.2: rnn_backward_fast(dy, x, h, w_x, w_h, w_y)


def _backward(
    dy,
    x,
    h,
    w_x,
    w_h,
    w_y,
    *,
    carry=1,
    turned=False,
    read=0,
    shown=1,
    slope=lambda h: 1 - h**2,
    summed=False,
    count=lambda batch: 1,
    keep=slice(None),
):
    from_y, slopes, weight = dy @ w_y, slope(h[1:]), w_h.T if turned else w_h
    da, dh = np.empty_like(from_y), np.zeros_like(h[0])
    for t in range(len(x))[::-1]:
        dh = dh + from_y[t]
        da[t] = dh * slopes[t]
        back = da[t] @ weight
        dh = dh + back if summed else carry * back
    n_batch, some = count(x.shape[1]), da[:, keep]
    dw_x = np.einsum("tbi,tbd->id", some, x[:, keep]) / n_batch
    dw_h = np.einsum("tbi,tbj->ij", some, h[read : len(x) + read, keep]) / n_batch
    dw_y = np.einsum("tbo,tbi->oi", dy, h[shown : len(x) + shown]) / n_batch
    sums = some.sum(axis=(0, 1)) / n_batch, dy.sum(axis=(0, 1)) / n_batch
    return dw_x, dw_h, sums[0], dw_y, sums[1], da @ w_x, dh


_BACKWARD_MISTAKES = (
    Mistake(
        "not compiled",
        "your function gives the right values, but step by step through the interpreter. Is @njit there, and is the "
        "loop over time inside the function that it compiles?",
        {"rnn_backward_fast": lambda *args: _backward(*args)},
    ),
    Mistake(
        "dh not set back to zero",
        "your dh still holds what it held at step t + 1 when the gradient from there is added to it. Start it anew at "
        "every step: only da @ w_h is carried.",
        {"rnn_backward_fast": lambda *args: _backward(*args, summed=True)},
    ),
    Mistake(
        "carried dh dropped",
        "your gradients are the ones you get when the dh carried from step t + 1 is dropped.",
        {"rnn_backward_fast": lambda *args: _backward(*args, carry=0)},
    ),
    Mistake(
        "indices of w_h exchanged",
        "your carried dh is the one you get with the two indices of w_h exchanged. w_h[i, j] is the weight from unit "
        "j to unit i, so dh[j] sums da[i] w_h[i, j] over i.",
        {"rnn_backward_fast": lambda *args: _backward(*args, turned=True)},
    ),
    Mistake(
        "h after the step in dw_h",
        "your dw_h is taken with h[t + 1]. What w_h multiplied at step t is the state before it, h[t].",
        {"rnn_backward_fast": lambda *args: _backward(*args, read=1)},
    ),
    Mistake(
        "h before the step in dw_y",
        "your dw_y is taken with h[t]. The output of step t was read from h[t + 1].",
        {"rnn_backward_fast": lambda *args: _backward(*args, shown=0)},
    ),
    Mistake(
        "1 - h for 1 - h squared",
        "your slope of tanh is 1 - h. In terms of the value h it is 1 - h squared.",
        {"rnn_backward_fast": lambda *args: _backward(*args, slope=lambda h: 1 - h)},
    ),
    Mistake(
        "tanh of the value",
        "your slope of tanh is taken at h. h is the value already: in terms of it the slope is 1 - h squared.",
        {"rnn_backward_fast": lambda *args: _backward(*args, slope=lambda h: 1 - np.tanh(h) ** 2)},
    ),
    Mistake(
        "averaged over the batch",
        "your weight gradients are divided by the batch's size. Sum over the batch: whether there is a mean is the "
        "loss's business, and then dy holds it already.",
        {"rnn_backward_fast": lambda *args: _backward(*args, count=float)},
    ),
    Mistake(
        "weights of the last sequence only",
        "your weight gradients are those of the batch's last sequence: each sequence overwrites what the one before "
        "has left. Add.",
        {"rnn_backward_fast": lambda *args: _backward(*args, keep=slice(-1, None))},
    ),
)

# 12.3: forward_checkpointed(step, x, h_0) and backward_checkpointed(step, step_backward, dh, x, kept)


def _every(n_steps):
    return int(np.ceil(np.sqrt(n_steps)))


def _keep(step, x, h_0, *, every=None, shift=0):
    every = every or _every(len(x))
    kept, h = [], h_0
    for t, x_t in enumerate(x):
        if (t - shift) % every == 0:
            kept.append(h)
        h = step(x_t, h)
    return kept, h


def _keep_after(step, x, h_0):
    kept, h = [], h_0
    for t, x_t in enumerate(x):
        h = step(x_t, h)
        if t % _every(len(x)) == 0:
            kept.append(h)
    return kept, h


def _last_kept(step, x, h_0):
    kept, _ = _keep(step, x, h_0)
    return kept, kept[-1]


def _back(step, step_backward, dh, x, kept, *, every=None, carry=1, carry_over=1, add=True, whole=False, late=False):
    every = every or _every(len(x))
    dx, into = np.zeros_like(x), np.zeros_like(dh[0])
    total: dict = {}
    for k in range(len(kept))[::-1]:
        end = (k + 1) * every
        times = range(k * every, min(end, len(x)) if not whole or end <= len(x) else k * every)
        into = carry_over * into
        states = [kept[k]]
        for t in times:
            states.append(step(x[t], states[-1]))
        part: dict = {}
        for j, t in reversed(list(enumerate(times))):
            dx[t], into, dparams = step_backward(dh[t] + carry * into, x[t], states[j + 1 if late else j])
            part = {name: part.get(name, 0) + gradient for name, gradient in dparams.items()}
        total = {name: (total.get(name, 0) if add else 0) + gradient for name, gradient in part.items()} or total
    return dx, into, total


_left_behind = {"states": [np.zeros(0)]}


def _leave_behind(step, x, h_0):
    kept, h = _keep(step, x, h_0, every=1)
    _left_behind["states"] = kept
    return kept[:1], h


def _take_up(step, step_backward, dh, x, kept):
    return _back(step, step_backward, dh, x, _left_behind["states"], every=1)


_CHECKPOINT_MISTAKES = (
    Mistake(
        "every state kept",
        "you keep every state, so that there is nothing left to compute again. That is the tape you wanted to do "
        "without.",
        {
            "forward_checkpointed": lambda *args: _keep(*args, every=1),
            "backward_checkpointed": lambda *args: _back(*args, every=1),
        },
    ),
    Mistake(
        "every state left behind in a variable",
        "what you return is short, but every state waits in a variable outside the function. It takes the same memory "
        "there.",
        {"forward_checkpointed": _leave_behind, "backward_checkpointed": _take_up},
    ),
    Mistake(
        "every second state kept",
        "you keep every second state, whatever the length. How far apart must they be so that what is kept and what is "
        "computed again are about as many?",
        {
            "forward_checkpointed": lambda *args: _keep(*args, every=2),
            "backward_checkpointed": lambda *args: _back(*args, every=2),
        },
    ),
    Mistake(
        "only the first state kept",
        "you keep h_0 alone and compute all states again at once: then all of them are held in the backward pass.",
        {
            "forward_checkpointed": lambda step, x, h_0: _keep(step, x, h_0, every=len(x)),
            "backward_checkpointed": lambda step, back, dh, x, kept: _back(step, back, dh, x, kept, every=len(x)),
        },
    ),
    Mistake(
        "gradient lost between segments",
        "your dh starts from zero in every segment. What the later segment sends back to its first state belongs to "
        "the one before.",
        {"backward_checkpointed": lambda *args: _back(*args, carry_over=0)},
    ),
    Mistake(
        "carried dh dropped",
        "your gradients are the ones you get when nothing is carried from step t + 1 to step t.",
        {"backward_checkpointed": lambda *args: _back(*args, carry=0)},
    ),
    Mistake(
        "weights of one segment only",
        "your gradients of the weights are those of the first segment alone: each segment overwrites what the ones "
        "after it have left. Add.",
        {"backward_checkpointed": lambda *args: _back(*args, add=False)},
    ),
    Mistake(
        "last segment forgotten",
        "your segments all have full length, so that the steps left over at the end get no gradient.",
        {"backward_checkpointed": lambda *args: _back(*args, whole=True)},
    ),
    Mistake(
        "states after the step",
        "your step_backward is given the state after its step. It starts from the state before.",
        {"backward_checkpointed": lambda *args: _back(*args, late=True)},
    ),
    Mistake(
        "kept one step late",
        "your kept states are those after the first step of each segment. To compute a segment again you need the "
        "state before its first step.",
        {"forward_checkpointed": _keep_after, "backward_checkpointed": lambda *args: _back(*args)},
    ),
    Mistake(
        "last kept state for the last state",
        "your last state is the last one you kept. It is the one after all steps.",
        {"forward_checkpointed": _last_kept},
    ),
)

_PREDICTIONS = (
    Mistake(
        "everything twice",
        "you reckoned that everything is done twice. Only the forward pass is.",
        {"predicted_factor": lambda: 2.0},
    ),
    Mistake(
        "backward as dear as forward",
        "you took a backward step to cost as much as a forward step. It costs twice as much.",
        {"predicted_factor": lambda: 1.5},
    ),
    Mistake(
        "nothing is free",
        "you reckoned with no extra work. The states that were not kept are computed again.",
        {"predicted_factor": lambda: 1.0},
    ),
    Mistake(
        "the extra steps alone",
        "you gave what is added, a third. The question is by what factor the whole grows.",
        {"predicted_factor": lambda: 1 / 3},
    ),
)

MISTAKES = {
    "12.1": _FORWARD_MISTAKES,
    "12.2": _BACKWARD_MISTAKES,
    "12.3": _CHECKPOINT_MISTAKES,
    "12.4": _PREDICTIONS,
}
