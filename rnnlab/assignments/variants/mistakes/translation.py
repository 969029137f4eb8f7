"""Assignment 7: the wrong ways that students take in 7.6, each with the sentence that helps."""

import numpy as np

from rnnlab.assignments.variants.mistakes.networks import read_out, step_of
from rnnlab.checks.question import Mistake

# 7.6: `tape` is (params, x, inputs, h, s): the encoder's states h (T_in+1, B, H), the decoder's s (T_out+1, B, H)


def _translate(params, x, target, *, inputs=None, begin=lambda h: h[-1], flip=False, late=False):
    if inputs is None:
        inputs = np.concatenate([np.zeros_like(target[:1]), target[:-1]])
    h = [np.zeros((x.shape[1], len(params["encoder"]["b_h"])))]
    for x_t in x[::-1] if flip else x:
        h.append(step_of(params["encoder"], x_t, h[-1]))
    s = [begin(h)]
    for read in inputs:
        s.append(step_of(params["decoder"], read, s[-1]))
    read_from = np.stack(s[:-1] if late else s[1:])
    return read_out(params["readout"], read_from), (params, x, inputs, np.stack(h), np.stack(s))


def _own_output_read(params, x, target):
    inputs = np.zeros_like(target)
    for t in range(1, len(target)):
        y, _ = _translate(params, x, target, inputs=inputs)
        inputs[t] = y[t - 1]
    return _translate(params, x, target, inputs=inputs)


def _layer_back(
    layer, x, h, dh, carry, *, slope=lambda h: 1 - h**2, carried=1.0, w_h=lambda w: w, before=True, mean=False
):
    gradient = {name: np.zeros_like(value) for name, value in layer.items()}
    dx = np.zeros_like(x)
    for t in range(len(x) - 1, -1, -1):
        last = t == len(x) - 1
        da = (dh[t] + (1.0 if last else carried) * carry) * slope(h[t + 1])
        gradient["w_x"] += da.T @ x[t]
        gradient["w_h"] += da.T @ (h[t] if before else h[t + 1])
        gradient["b_h"] += da.sum(axis=0)
        dx[t] = da @ layer["w_x"]
        carry = da @ w_h(layer["w_h"])
    if mean:
        gradient = {name: value / x.shape[1] for name, value in gradient.items()}
    return gradient, dx, carry


def _translate_back(dy, tape, *, joined=1.0, late=False, mean=False, everywhere=False, **wrong):
    params, x, inputs, h, s = tape
    n = dy.shape[1] if mean else 1
    dreadout = {"w_y": np.einsum("tbo,tbh->oh", dy, s[:-1] if late else s[1:]) / n, "b_y": dy.sum(axis=(0, 1)) / n}
    ddecoder, _, dh_n = _layer_back(
        params["decoder"], inputs, s, dy @ params["readout"]["w_y"], 0.0, mean=mean, **wrong
    )
    dh = np.zeros_like(h[1:]) + (dh_n if everywhere else 0.0)
    first = 0.0 if everywhere else joined * dh_n
    dencoder, dx, _ = _layer_back(params["encoder"], x, h, dh, first, mean=mean, **wrong)
    return {"encoder": dencoder, "decoder": ddecoder, "readout": dreadout}, dx


_ENCODER_DECODER = (
    Mistake(
        "target of the same step read",
        "your decoder reads target[t] while it is to predict target[t]. It reads target[t - 1], and zeros at first.",
        {"encoder_decoder_forward": lambda params, x, target: _translate(params, x, target, inputs=target)},
    ),
    Mistake(
        "own output read",
        "your decoder reads its own output. That is what it does later, on its own; teacher forcing gives it the "
        "target of the step before.",
        {"encoder_decoder_forward": _own_output_read},
    ),
    Mistake(
        "nothing read by the decoder",
        "your decoder reads zeros at every step. From the second step on it reads the target of the step before.",
        {"encoder_decoder_forward": lambda params, x, target: _translate(params, x, target, inputs=0 * target)},
    ),
    Mistake(
        "last target read first",
        "at its first step your decoder reads the last target, as np.roll leaves it. It reads zeros there.",
        {"encoder_decoder_forward": lambda p, x, target: _translate(p, x, target, inputs=np.roll(target, 1, axis=0))},
    ),
    Mistake(
        "decoder starts from 0",
        "your decoder starts from the state 0 and so knows nothing of x. It starts where the encoder ended.",
        {"encoder_decoder_forward": lambda *args: _translate(*args, begin=lambda h: 0 * h[0])},
    ),
    Mistake(
        "encoder's last step left out",
        "your decoder starts from the state before the encoder's last step.",
        {"encoder_decoder_forward": lambda *args: _translate(*args, begin=lambda h: h[-2])},
    ),
    Mistake(
        "output one step late",
        "your y[t] comes from the decoder's state before step t.",
        {"encoder_decoder_forward": lambda *args: _translate(*args, late=True)},
    ),
    Mistake(
        "x reversed",
        "your encoder reads x from its end. That is a good trick, but not what is asked for.",
        {"encoder_decoder_forward": lambda *args: _translate(*args, flip=True)},
    ),
    Mistake(
        "no gradient to the encoder",
        "your encoder's gradients are 0. The decoder's first state is the encoder's last: the gradient that arrives at "
        "the one goes on into the other.",
        {"encoder_decoder_backward": lambda *args: _translate_back(*args, joined=0.0)},
    ),
    Mistake(
        "encoder's gradient at every step",
        "you add the decoder's gradient at every step of the encoder. Only the encoder's last state is read by the "
        "decoder; the steps before it are reached through w_h.",
        {"encoder_decoder_backward": lambda *args: _translate_back(*args, everywhere=True)},
    ),
    Mistake(
        "carried gradient dropped",
        "your gradients are those you get when the gradient carried from step t + 1 is dropped.",
        {"encoder_decoder_backward": lambda *args: _translate_back(*args, carried=0.0)},
    ),
    Mistake(
        "w_h transposed on the way back",
        "your gradient goes back through w_h.T. On the way forward a row of states is multiplied by w_h.T, on the way "
        "back by w_h.",
        {"encoder_decoder_backward": lambda *args: _translate_back(*args, w_h=lambda w: w.T)},
    ),
    Mistake(
        "slope 1 - h",
        "your slope of tanh is 1 - h. It is 1 - h².",
        {"encoder_decoder_backward": lambda *args: _translate_back(*args, slope=lambda h: 1 - h)},
    ),
    Mistake(
        "slope of the value",
        "your slope of tanh is taken at h. h is already tanh(a): the slope is 1 - h², not 1 - tanh(h)².",
        {"encoder_decoder_backward": lambda *args: _translate_back(*args, slope=lambda h: 1 - np.tanh(h) ** 2)},
    ),
    Mistake(
        "h[t+1] for h[t]",
        "your gradient of w_h pairs da_t with the state after the step. w_h has read the state before it.",
        {"encoder_decoder_backward": lambda *args: _translate_back(*args, before=False)},
    ),
    Mistake(
        "gradient averaged",
        "your gradients are averaged over the batch. They are summed: the mean is in dy already.",
        {"encoder_decoder_backward": lambda *args: _translate_back(*args, mean=True)},
    ),
    Mistake(
        "w_y paired with the state before",
        "your gradient of w_y pairs dy[t] with the decoder's state before step t. y[t] was read from the state after "
        "it.",
        {"encoder_decoder_backward": lambda *args: _translate_back(*args, late=True)},
    ),
)

MISTAKES = {"7.6": _ENCODER_DECODER}
