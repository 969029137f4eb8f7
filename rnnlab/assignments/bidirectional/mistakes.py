"""Assignment 8: the wrong ways that students take, each with the sentence that helps.

A tape here is (params, x, lengths, h, s): x with 0 in the padding, and the states h (T+1, B, H) of the layer that reads
forward and s (T+1, B, H) of the layer that reads backward, in the order in which it reads.
"""

import numpy as np

from rnnlab.checks.question import Mistake


def _reverse(x, lengths):
    t = np.arange(len(x))[:, None]
    return np.take_along_axis(x, np.where(t < lengths, lengths - 1 - t, t)[..., None], axis=0)


def _reverse_all(x, lengths):
    return x[::-1].copy()


def _reverse_in_place(x, lengths):
    for b, length in enumerate(lengths):
        x[:length, b] = x[:length, b][::-1].copy()
    return x


def _reverse_rolled(x, lengths, by=0, end=0.0):
    out = np.full_like(x, end)
    for b, length in enumerate(lengths):
        out[:length, b] = np.roll(x[:length, b][::-1], by, axis=0)
    return out


def _reverse_batch(x, lengths):
    return x[:, ::-1].copy()


# forward


def _read(layer, x):
    h = [np.zeros((x.shape[1], len(layer["b_h"])))]
    for x_t in x:
        h.append(np.tanh(x_t @ layer["w_x"].T + h[-1] @ layer["w_h"].T + layer["b_h"]))
    return np.stack(h)


def _as_it_is(x, lengths):
    return x


def _both(
    params,
    x,
    lengths,
    *,
    turn=_reverse,
    align=_reverse,
    hide=True,
    names=("forward", "backward"),
    late=False,
    order=1,
):
    counts = (np.arange(len(x))[:, None] < lengths)[..., None]
    safe = np.where(counts, x, 0.0)
    x = safe
    h, s = _read(params[names[0]], x), _read(params[names[1]], turn(x, lengths))
    seen = s[:-1] if late else s[1:]
    halves = [h[1:], align(seen, lengths)][::order]
    both = np.concatenate(halves, axis=2)
    return np.where(counts, both, 0.0) if hide else both, (params, safe, lengths, h, s)


def _added(params, x, lengths):
    both, tape = _both(params, x, lengths)
    return sum(np.split(both, 2, axis=2)), tape


def _one_after_the_other(params, x, lengths):
    both, tape = _both(params, x, lengths)
    return np.concatenate(np.split(both, 2, axis=2), axis=0), tape


def _carried_over(params, x, lengths):
    """The layer that reads backward starts where the other has ended."""
    counts = (np.arange(len(x))[:, None] < lengths)[..., None]
    both, (params, x, lengths, h, _) = _both(params, x, lengths)
    s = [h[lengths, np.arange(len(lengths))]]
    layer = params["backward"]
    for x_t in _reverse(x, lengths):
        s.append(np.tanh(x_t @ layer["w_x"].T + s[-1] @ layer["w_h"].T + layer["b_h"]))
    states = np.stack(s)
    both = np.concatenate([h[1:], _reverse(states[1:], lengths)], axis=2)
    return np.where(counts, both, 0.0), (params, x, lengths, h, states)


# backward


def _layer_back(layer, x, h, dh, *, slope=lambda h: 1 - h**2, carried=1.0, w_h=lambda w: w, before=True):
    gradient = {name: np.zeros_like(value) for name, value in layer.items()}
    dx, carry = np.zeros_like(x), 0.0
    for t in range(len(x) - 1, -1, -1):
        da = (dh[t] + carried * carry) * slope(h[t + 1])
        gradient["w_x"] += da.T @ x[t]
        gradient["w_h"] += da.T @ (h[t] if before else h[t + 1])
        gradient["b_h"] += da.sum(axis=0)
        dx[t] = da @ layer["w_x"]
        carry = da @ w_h(layer["w_h"])
    return gradient, dx


def _back(
    dh, tape, *, turn=_reverse, align=_reverse, hide=True, parts=(1, 1), order=1, swapped=False, mean=False, **wrong
):
    params, x, lengths, h, s = tape
    counts = (np.arange(len(x))[:, None] < lengths)[..., None]
    dh = np.where(counts, dh, 0.0) if hide else dh
    df, db = np.split(dh, 2, axis=2)[::order]
    there, dx = _layer_back(params["forward"], x, h, df, **wrong)
    back, dx_turned = _layer_back(params["backward"], _reverse(x, lengths), s, turn(db, lengths), **wrong)
    if swapped:
        there, back = back, there
    if mean:
        there, back = ({name: g / x.shape[1] for name, g in layer.items()} for layer in (there, back))
    return {"forward": there, "backward": back}, parts[0] * dx + parts[1] * align(dx_turned, lengths)


_BIDIRECTIONAL = (
    Mistake(
        "padding reversed to the front",
        "reversing the whole array brings the padding of short rows to the front, and the layer that reads backward "
        "begins with it. Reverse the first lengths[b] steps of each row and leave the padding where it is.",
        {"reverse_rows": _reverse_all},
    ),
    Mistake(
        "padding lost",
        "your reversed x has zeros where the padding was. The padding stays as it is.",
        {"reverse_rows": _reverse_rolled},
    ),
    Mistake(
        "reversed in place",
        "your reverse_rows writes over x. Whoever called it still needs x: make a new array.",
        {"reverse_rows": _reverse_in_place},
    ),
    Mistake(
        "batch reversed",
        "you reversed the order of the rows. Time is the first axis.",
        {"reverse_rows": _reverse_batch},
    ),
    Mistake(
        "not reversed",
        "your reverse_rows gives x back as it is.",
        {"reverse_rows": lambda x, lengths: x.copy()},
    ),
    Mistake(
        "outputs not re-aligned",
        "your backward half is in the order in which that layer reads, last step first. h[t] belongs to x[t] in both "
        "halves: turn its states round once more.",
        {"bidirectional_forward": lambda *args: _both(*args, align=_as_it_is)},
    ),
    Mistake(
        "forward turns the whole array",
        "your forward turns the whole array round, so that the padding of short rows is read first.",
        {"bidirectional_forward": lambda *args: _both(*args, turn=_reverse_all, align=_reverse_all)},
    ),
    Mistake(
        "both layers read forward",
        "both of your layers read from the first step to the last.",
        {"bidirectional_forward": lambda *args: _both(*args, turn=_as_it_is, align=_as_it_is)},
    ),
    Mistake(
        "one layer for both ways",
        "both of your halves come from params['forward']. The two layers have weights of their own.",
        {"bidirectional_forward": lambda *args: _both(*args, names=("forward", "forward"))},
    ),
    Mistake(
        "layers swapped",
        "params['backward'] reads forward in your network, and params['forward'] backward.",
        {"bidirectional_forward": lambda *args: _both(*args, names=("backward", "forward"))},
    ),
    Mistake(
        "halves swapped",
        "your h has the backward half first.",
        {"bidirectional_forward": lambda *args: _both(*args, order=-1)},
    ),
    Mistake(
        "halves added",
        "you added the two halves. They stand side by side: h is (T, B, 2H).",
        {"bidirectional_forward": _added},
    ),
    Mistake(
        "halves one after the other",
        "you joined the two halves along time. They stand side by side: h is (T, B, 2H).",
        {"bidirectional_forward": _one_after_the_other},
    ),
    Mistake(
        "backward half without x[t]",
        "your backward half at step t is the state before that layer has read x[t].",
        {"bidirectional_forward": lambda *args: _both(*args, late=True)},
    ),
    Mistake(
        "backward layer does not start from 0",
        "your layer that reads backward starts where the other one ended. Both start from 0.",
        {"bidirectional_forward": _carried_over},
    ),
    Mistake(
        "padding left in h",
        "your h goes on after a row's length. Where a row has ended h is 0.",
        {"bidirectional_forward": lambda *args: _both(*args, hide=False)},
    ),
    Mistake(
        "gradient of the backward half not turned",
        "your layer that reads backward gets its gradients in the order of x. It has read last step first, so they "
        "must be turned round, too.",
        {"bidirectional_backward": lambda *args: _back(*args, turn=_as_it_is)},
    ),
    Mistake(
        "dx not re-aligned",
        "the gradient that the backward layer gives for its input is in the order in which it reads. Turn it round "
        "before you add it to the other.",
        {"bidirectional_backward": lambda *args: _back(*args, align=_as_it_is)},
    ),
    Mistake(
        "dx of one layer",
        "your dx comes from the layer that reads forward alone. Both layers have read x: their gradients add up.",
        {"bidirectional_backward": lambda *args: _back(*args, parts=(1, 0))},
    ),
    Mistake(
        "gradients of the layers swapped",
        "the gradients of the two layers are in each other's place.",
        {"bidirectional_backward": lambda *args: _back(*args, swapped=True)},
    ),
    Mistake(
        "halves of dh swapped",
        "the first half of dh belongs to the layer that reads forward.",
        {"bidirectional_backward": lambda *args: _back(*args, order=-1)},
    ),
    Mistake(
        "gradient in the padding used",
        "you use what dh holds in the padding. h is 0 there whatever the weights are: no gradient comes from it.",
        {"bidirectional_backward": lambda *args: _back(*args, hide=False)},
    ),
    Mistake(
        "carried gradient dropped",
        "your gradients are those you get when the gradient carried from step t + 1 is dropped.",
        {"bidirectional_backward": lambda *args: _back(*args, carried=0.0)},
    ),
    Mistake(
        "w_h transposed on the way back",
        "your gradient goes back through w_h.T. On the way forward a row of states is multiplied by w_h.T, on the way "
        "back by w_h.",
        {"bidirectional_backward": lambda *args: _back(*args, w_h=lambda w: w.T)},
    ),
    Mistake(
        "slope 1 - h",
        "your slope of tanh is 1 - h. It is 1 - h².",
        {"bidirectional_backward": lambda *args: _back(*args, slope=lambda h: 1 - h)},
    ),
    Mistake(
        "h[t+1] for h[t]",
        "your gradient of w_h pairs da_t with the state after the step. w_h has read the state before it.",
        {"bidirectional_backward": lambda *args: _back(*args, before=False)},
    ),
    Mistake(
        "gradient averaged",
        "your gradients are averaged over the batch. They are summed: the mean is in dh already.",
        {"bidirectional_backward": lambda *args: _back(*args, mean=True)},
    ),
)

_PREDICTIONS = (
    Mistake(
        "a mere guess",
        "0.5 is what one gets who knows none of the three bits. When the two that are known agree, the third cannot "
        "change the majority any more.",
        {"predicted_accuracy": lambda: 0.5},
    ),
    Mistake(
        "the future known",
        "one of the three bits has not been read yet, and nothing before it tells what it will be.",
        {"predicted_accuracy": lambda: 1.0},
    ),
    Mistake(
        "two bits of three",
        "two of the three bits are known, but that does not make two thirds of the answers right. Take the cases: "
        "the two agree, or they do not.",
        {"predicted_accuracy": lambda: 2 / 3},
    ),
    Mistake(
        "one half too little",
        "when the two known bits differ, the answer is the third: a guess of it is right half of the time, not a "
        "quarter.",
        {"predicted_accuracy": lambda: 0.625},
    ),
)

MISTAKES = {"8.1": _BIDIRECTIONAL, "8.2": _PREDICTIONS}
