"""Assignment 7: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake


def _as_it_is(value):
    return value


def _step(params, x, h):
    return np.tanh(x @ params["w_x"].T + h @ params["w_h"].T + params["b_h"])


def _read_out(params, h):
    return h @ params["w_y"].T + params["b_y"]


def _start(params, n_batch):
    return np.zeros((n_batch, len(params["b_h"])))


# 7.1


def _one_to_one(params, x, target, *, activation=np.tanh, last=_as_it_is, loss=lambda e: np.mean(e**2), b_h=1, b_y=1):
    h = activation(x @ params["w_x"].T + b_h * params["b_h"])
    y = last(h @ params["w_y"].T + b_y * params["b_y"])
    return y, float(loss(y - target))


def _w_x_as_it_is(params, x, target):
    return _one_to_one({**params, "w_x": params["w_x"].T}, x, target)


_ONE_TO_ONE = (
    Mistake(
        "hidden bias forgotten",
        "your y is the one without b_h. Also a network that takes a single step has it.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, b_h=0)},
    ),
    Mistake(
        "output bias forgotten",
        "your y is the one without b_y.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, b_y=0)},
    ),
    Mistake(
        "no activation",
        "your y is the one without the tanh of the hidden layer.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, activation=_as_it_is)},
    ),
    Mistake(
        "tanh on the output",
        "your y went through a tanh of its own. The output layer is linear.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, last=np.tanh)},
    ),
    Mistake(
        "w_x not transposed",
        "your y is the one you get when w_x is used without its transpose. Weights are (out, in).",
        {"one_to_one": _w_x_as_it_is},
    ),
    Mistake(
        "loss summed",
        "your loss is the sum of the squared errors, not their mean.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, loss=lambda e: np.sum(e**2))},
    ),
    Mistake(
        "loss summed over outputs",
        "your loss is a mean over the rows of a sum over the outputs. It is the mean over all of them.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, loss=lambda e: np.sum(e**2) / len(e))},
    ),
    Mistake(
        "loss halved",
        "your loss is half of the mean squared error.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, loss=lambda e: np.mean(e**2) / 2)},
    ),
    Mistake(
        "root taken",
        "your loss is the root of the mean squared error.",
        {"one_to_one": lambda params, x, target: _one_to_one(params, x, target, loss=lambda e: np.mean(e**2) ** 0.5)},
    ),
)

# 7.2


def _mean_of_masked(squares, mask):
    return squares[mask].mean()


def _one_to_many(params, x, target, lengths, *, read=lambda t, y, x: y, keep=True, hide=True, mean=_mean_of_masked):
    h, y, outputs = _start(params, len(x)), x, []
    for t in range(len(target)):
        h = _step(params, x if t == 0 else read(t, y, x), h if keep else 0 * h)
        y = _read_out(params, h)
        outputs.append(y)
    mask = np.arange(len(target))[:, None] < lengths
    y = np.stack(outputs)
    if hide:
        y = np.where(mask[..., None], y, 0.0)
    return y, float(mean((y - target) ** 2, mask))


def _target_fed(params, x, target, lengths):
    return _one_to_many(params, x, target, lengths, read=lambda t, y, x: target[t - 1])


def _mean_of_rows(squares, mask):
    return np.mean([squares[mask[:, b], b].mean() for b in range(mask.shape[1])])


def _padding_counted(squares, mask):
    return np.where(mask[..., None], squares, 0.0).mean()


_ONE_TO_MANY = (
    Mistake(
        "x read at every step",
        "your network reads x again at every step. It reads x once; from then on it reads what it has just put out.",
        {"one_to_many": lambda *args: _one_to_many(*args, read=lambda t, y, x: x)},
    ),
    Mistake(
        "nothing read after x",
        "after the first step your network reads zeros. It reads its own output of the step before.",
        {"one_to_many": lambda *args: _one_to_many(*args, read=lambda t, y, x: 0 * x)},
    ),
    Mistake(
        "target read",
        "your network reads the target of the step before. That is how such a network is often trained, but here it "
        "is on its own: it reads its own output.",
        {"one_to_many": _target_fed},
    ),
    Mistake(
        "state not carried",
        "every step of yours starts from the state 0. The state goes on from step to step.",
        {"one_to_many": lambda *args: _one_to_many(*args, keep=False)},
    ),
    Mistake(
        "padding left in y",
        "your y goes on after a row's length. Where a row has ended y is 0.",
        {"one_to_many": lambda *args: _one_to_many(*args, hide=False)},
    ),
    Mistake(
        "mask ignored in the loss",
        "your loss counts the padding, too. Only the steps before a row's length count.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=lambda squares, mask: squares.mean())},
    ),
    Mistake(
        "mask multiplied",
        "your loss multiplies the padding by 0 and then adds it up. Whatever stands there, be it infinite, must not "
        "matter, and 0 times infinity is not 0: choose the steps that count instead.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=lambda s, m: (s * m[..., None]).sum() / _n(s, m))},
    ),
    Mistake(
        "padding in the denominator",
        "your loss leaves the padding out of the sum but divides by all T·B steps. Divide by the steps that count.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=_padding_counted)},
    ),
    Mistake(
        "mean of the rows' means",
        "your loss is the mean of the rows' own means, so that a step of a short row counts more. Every step that "
        "counts has the same weight.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=_mean_of_rows)},
    ),
    Mistake(
        "loss summed over outputs",
        "your loss is a mean over steps of a sum over the outputs. It is the mean over all of them.",
        {"one_to_many": lambda *args: _one_to_many(*args, mean=lambda s, m: s[m].sum() / m.sum())},
    ),
)


def _n(squares, mask):
    return mask.sum() * squares.shape[-1]


# 7.3 and 7.4


def _log_softmax(y):
    shifted = y - y.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _log_softmax_plain(y):
    return np.log(np.exp(y) / np.exp(y).sum(axis=-1, keepdims=True))


def _states(params, x):
    h = [_start(params, x.shape[1])]
    for x_t in x:
        h.append(_step(params, x_t, h[-1]))
    return np.stack(h)


def _many_to_one(params, x, target, lengths, *, pick, log_p=_log_softmax, mean=np.mean):
    y = _read_out(params, pick(_states(params, x), lengths))
    rows = np.arange(len(target))
    return y, float(-mean(log_p(y)[rows, target]))


def _at_length(h, lengths):
    return h[lengths, np.arange(len(lengths))]


def _before_length(h, lengths):
    return h[lengths - 1, np.arange(len(lengths))]


def _padding_zeroed(params, x, target, lengths):
    mask = np.arange(len(x))[:, None] < lengths
    return _many_to_one(params, np.where(mask[..., None], x, 0.0), target, lengths, pick=lambda h, lengths: h[-1])


def _average_state(params, x, target, lengths):
    mask = np.arange(len(x))[:, None] < lengths

    def average(h, lengths):
        return np.where(mask[..., None], h[1:], 0.0).sum(axis=0) / lengths[:, None]

    return _many_to_one(params, x, target, lengths, pick=average)


def _probability_out(params, x, target, lengths):
    y, loss = _many_to_one(params, x, target, lengths, pick=_at_length)
    return np.exp(_log_softmax(y)), loss


def _zero_in_padding(params, x, target, lengths):
    h = _start(params, x.shape[1])
    for t in range(len(x)):
        h = np.where((t < lengths)[:, None], _step(params, x[t], h), 0.0)
    y = _read_out(params, h)
    return y, float(-np.mean(_log_softmax(y)[np.arange(len(y)), target]))


_MANY_TO_ONE = (
    Mistake(
        "lengths ignored",
        "your y comes from the state after all T steps, in short rows after the padding. Each row has its own last "
        "step: lengths says which.",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=lambda h, lengths: h[-1])},
    ),
    Mistake(
        "padding zeroed but read",
        "you set the padding to 0, but the network still takes steps in it, and a step with x = 0 changes the state "
        "all the same.",
        {"many_to_one": _padding_zeroed},
    ),
    Mistake(
        "state set to zero in the padding",
        "the state of a short row becomes 0 once the row has ended, so that its answer is that of a network that has "
        "read nothing. What should a row's state be after its last step?",
        {"many_to_one": _zero_in_padding},
    ),
    Mistake(
        "state before the last step",
        "your y comes from the state before a row's last input was read. With h[0] before the first step, the state "
        "after `lengths` steps is h[lengths].",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=_before_length)},
    ),
    Mistake(
        "first row's length for all",
        "every row of yours ends where row 0 ends.",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=lambda h, lengths: h[lengths[0]])},
    ),
    Mistake(
        "average state",
        "your y comes from the average of all states. It comes from the last one.",
        {"many_to_one": _average_state},
    ),
    Mistake(
        "probabilities put out",
        "your y went through the softmax. What is asked for are the logits, before it.",
        {"many_to_one": _probability_out},
    ),
    Mistake(
        "loss summed",
        "your loss is summed over the rows. It is their mean.",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=_at_length, mean=np.sum)},
    ),
    Mistake(
        "loss in bits",
        "your loss is in bits. Take the natural logarithm.",
        {
            "many_to_one": lambda *args: _many_to_one(
                *args, pick=_at_length, log_p=lambda y: _log_softmax(y) / np.log(2)
            )
        },
    ),
    Mistake(
        "softmax without a shift",
        "your softmax takes exp of the logits as they are, and exp(1000) is infinite. Softmax is the same for logits "
        "that are all shifted: take their largest off first.",
        {"many_to_one": lambda *args: _many_to_one(*args, pick=_at_length, log_p=_log_softmax_plain)},
    ),
)


def _many_to_many(
    params, x, target, lengths, *, late=False, keep=True, hide=True, log_p=_log_softmax, mean=_mean_of_masked
):
    mask = np.arange(len(x))[:, None] < lengths
    h = _states(params, x)
    h = h[:-1] if late else h[1:]
    if not keep:
        h = np.stack([_step(params, x_t, 0 * h[0]) for x_t in x])
    y = _read_out(params, h)
    if hide:
        y = np.where(mask[..., None], y, 0.0)
    # a mask says nothing about what stands at a padded step of `target`: any class will do there
    surprise = -np.take_along_axis(log_p(y), np.where(mask, target, 0)[..., None], axis=-1)
    return y, float(mean(surprise, mask))


def _only_last(params, x, target, lengths):
    y, loss = _many_to_many(params, x, target, lengths)
    return y[-1], loss


def _last_class_in_padding(params, x, target, lengths):
    y, _ = _many_to_many(params, x, target, lengths)
    return y, float(-np.take_along_axis(_log_softmax(y), target[..., None], axis=-1).mean())


def _y_multiplied(params, x, target, lengths):
    y, loss = _many_to_many(params, x, target, lengths, hide=False)
    return y * (np.arange(len(x))[:, None] < lengths)[..., None], loss


_MANY_TO_MANY = (
    Mistake(
        "output one step late",
        "your y[t] comes from the state before x[t] was read.",
        {"many_to_many": lambda *args: _many_to_many(*args, late=True)},
    ),
    Mistake(
        "state not carried",
        "every step of yours starts from the state 0. The state goes on from step to step.",
        {"many_to_many": lambda *args: _many_to_many(*args, keep=False)},
    ),
    Mistake(
        "only the last output",
        "your y is the output of the last step. There is one for every step.",
        {"many_to_many": _only_last},
    ),
    Mistake(
        "padding left in y",
        "your y goes on after a row's length. Where a row has ended y is 0.",
        {"many_to_many": lambda *args: _many_to_many(*args, hide=False)},
    ),
    Mistake(
        "y multiplied by the mask",
        "you multiply y by the mask. Where the padding holds NaN that leaves NaN, for NaN times 0 is not 0: choose "
        "with np.where instead.",
        {"many_to_many": _y_multiplied},
    ),
    Mistake(
        "mask ignored in the loss",
        "your loss counts the padding, with the targets -1 taken as the last class. Only the steps before a row's "
        "length count.",
        {"many_to_many": _last_class_in_padding},
    ),
    Mistake(
        "padding in the denominator",
        "your loss leaves the padding out of the sum but divides by all T·B steps. Divide by the steps that count.",
        {"many_to_many": lambda *args: _many_to_many(*args, mean=_padding_counted)},
    ),
    Mistake(
        "mean of the rows' means",
        "your loss is the mean of the rows' own means, so that a step of a short row counts more. Every step that "
        "counts has the same weight.",
        {"many_to_many": lambda *args: _many_to_many(*args, mean=_mean_of_rows)},
    ),
    Mistake(
        "loss summed",
        "your loss is summed over the steps that count. It is their mean.",
        {"many_to_many": lambda *args: _many_to_many(*args, mean=lambda surprise, mask: surprise[mask].sum())},
    ),
    Mistake(
        "softmax without a shift",
        "your softmax takes exp of the logits as they are, and exp(1000) is infinite. Softmax is the same for logits "
        "that are all shifted: take their largest off first.",
        {"many_to_many": lambda *args: _many_to_many(*args, log_p=_log_softmax_plain)},
    ),
)

# 7.5


def _softmax(a):
    p = np.exp(a - a.max())
    return p / p.sum()


def _chosen(rng, p):
    return int(rng.choice(len(p), p=p))


def _sample(
    params,
    start,
    n,
    temperature,
    seed,
    *,
    chances=lambda a, temperature: _softmax(a / temperature),
    choose=_chosen,
    fed=lambda symbol, start: symbol,
    keep=True,
    fresh=False,
):
    rng = np.random.default_rng(seed)
    h, symbol, symbols = np.zeros(len(params["b_h"])), start, []
    for _ in range(n):
        a = params["w_x"][:, fed(symbol, start)] + params["w_h"] @ h + params["b_h"]
        h = np.tanh(a if keep else a - params["w_h"] @ h)
        p = chances(params["w_y"] @ h + params["b_y"], temperature)
        symbol = choose(np.random.default_rng(seed) if fresh else rng, p)
        symbols.append(symbol)
    return np.array(symbols)


def _likeliest(rng, p):
    return int(np.argmax(p))


def _with_start(params, start, n, temperature, seed):
    return np.concatenate([[start], _sample(params, start, n - 1, temperature, seed)]).astype(int)


def _unshifted(a, temperature):
    p = np.exp(a / temperature)
    return p / p.sum()


_SAMPLE = (
    Mistake(
        "temperature multiplied",
        "your symbols come with the chances softmax(temperature · logits). A high temperature makes chances more "
        "alike, so the logits are divided by it.",
        {"sample": lambda *args: _sample(*args, chances=lambda a, temperature: _softmax(a * temperature))},
    ),
    Mistake(
        "temperature twice",
        "your symbols come with the chances softmax(logits / temperature²): the logits are divided by the temperature "
        "in two places.",
        {"sample": lambda *args: _sample(*args, chances=lambda a, temperature: _softmax(a / temperature**2))},
    ),
    Mistake(
        "temperature unused",
        "your symbols come with the same chances at every temperature.",
        {"sample": lambda *args: _sample(*args, chances=lambda a, temperature: _softmax(a))},
    ),
    Mistake(
        "chances divided by the temperature",
        "you divide by the temperature after the softmax. What comes of that does not add up to 1; and once it is made "
        "to, nothing is left of the temperature. Divide the logits.",
        {"sample": lambda *args: _sample(*args, chances=lambda a, temperature: _softmax(a) / temperature)},
    ),
    Mistake(
        "no softmax",
        "you draw with the logits as if they were chances. They may be negative and add up to anything: softmax makes "
        "chances of them.",
        {
            "sample": lambda *args: _sample(
                *args, chances=lambda a, temperature: a / temperature / (a.sum() / temperature)
            )
        },
    ),
    Mistake(
        "always the likeliest",
        "your symbol is always the likeliest one. Draw it, each with its chance.",
        {"sample": lambda *args: _sample(*args, choose=_likeliest)},
    ),
    Mistake(
        "all alike",
        "your symbols all come equally often: the chances that the network gives are not used in the draw.",
        {"sample": lambda *args: _sample(*args, choose=lambda rng, p: int(rng.integers(len(p))))},
    ),
    Mistake(
        "start read at every step",
        "your network reads `start` at every step. From the second step on it reads the symbol that was drawn last.",
        {"sample": lambda *args: _sample(*args, fed=lambda symbol, start: start)},
    ),
    Mistake(
        "state not carried",
        "every step of yours starts from the state 0, so that all but the last symbol is forgotten.",
        {"sample": lambda *args: _sample(*args, keep=False)},
    ),
    Mistake(
        "a new generator at every step",
        "you make the generator inside the loop. From the same seed it draws the same number every time: make it once, "
        "before the loop.",
        {"sample": lambda *args: _sample(*args, fresh=True)},
    ),
    Mistake(
        "seed unused",
        "your symbols do not depend on the seed. np.random.default_rng(seed) is the generator to draw from.",
        {"sample": lambda params, start, n, temperature, seed: _sample(params, start, n, temperature, 0)},
    ),
    Mistake(
        "start among the symbols",
        "your first symbol is `start`. What is asked for are the n symbols that follow it.",
        {"sample": _with_start},
    ),
    Mistake(
        "softmax without a shift",
        "your softmax takes exp of logits that a low temperature has made huge, and exp(1000) is infinite. Take the "
        "largest off first: softmax stays the same.",
        {"sample": lambda *args: _sample(*args, chances=_unshifted)},
    ),
)

# 7.6: `tape` is (params, x, inputs, h, s): the encoder's states h (T_in+1, B, H), the decoder's s (T_out+1, B, H)


def _translate(params, x, target, *, inputs=None, begin=lambda h: h[-1], flip=False, late=False):
    if inputs is None:
        inputs = np.concatenate([np.zeros_like(target[:1]), target[:-1]])
    h = [np.zeros((x.shape[1], len(params["encoder"]["b_h"])))]
    for x_t in x[::-1] if flip else x:
        h.append(_step(params["encoder"], x_t, h[-1]))
    s = [begin(h)]
    for read in inputs:
        s.append(_step(params["decoder"], read, s[-1]))
    read_from = np.stack(s[:-1] if late else s[1:])
    return _read_out(params["readout"], read_from), (params, x, inputs, np.stack(h), np.stack(s))


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

# 7.7


def _search(
    step,
    start,
    width,
    n,
    *,
    add=lambda score, log_p: score + log_p,
    first=0.0,
    lowest=False,
    state_of=lambda beams, i: beams[i][2][0],
    symbol_of=lambda beam, start: beam[2][1],
):
    beams: list = [(first, [], start)]
    for _ in range(n):
        longer = []
        for i, beam in enumerate(beams):
            state, log_p = step(state_of(beams, i), symbol_of(beam, start))
            longer += [(add(beam[0], float(log_p[s])), [*beam[1], s], (state, s)) for s in range(len(log_p))]
        beams = sorted(longer, key=lambda beam: beam[0], reverse=not lowest)[:width]
    return np.array(beams[0][1]), beams[0][0]


def _with_first_symbol(step, start, width, n):
    symbols, score = _search(step, start, width, n)
    return np.concatenate([[start[1]], symbols]), score


def _as_probability(step, start, width, n):
    symbols, score = _search(step, start, width, n)
    return symbols, float(np.exp(score))


def _mean_score(step, start, width, n):
    symbols, score = _search(step, start, width, n)
    return symbols, score / n


_BEAM = (
    Mistake(
        "always greedy",
        "your search is greedy, whatever the width. All the continuations of all beams compete for the places; one "
        "continuation for each beam is not enough, for there is only one beam to start from.",
        {"beam_search": lambda step, start, width, n: _search(step, start, 1, n)},
    ),
    Mistake(
        "exhaustive",
        "your search keeps every beginning, whatever the width. It finds the best, and takes V^n steps for it.",
        {"beam_search": lambda step, start, width, n: _search(step, start, None, n)},
    ),
    Mistake(
        "the worst kept",
        "your search keeps the least likely beginnings. Logarithms of chances are negative: the largest is the one "
        "nearest to 0.",
        {"beam_search": lambda *args: _search(*args, lowest=True)},
    ),
    Mistake(
        "logarithms multiplied",
        "you multiply the logarithms of the chances. Chances are multiplied, so their logarithms are added.",
        {"beam_search": lambda *args: _search(*args, add=lambda score, log_p: score * log_p, first=1.0)},
    ),
    Mistake(
        "negative logarithms multiplied",
        "you multiply scores by the negative logarithms of the chances and keep the lowest products. The logarithm of "
        "a product is the sum of the logarithms.",
        {"beam_search": lambda *args: _search(*args, add=lambda score, log_p: score * -log_p, first=1.0, lowest=True)},
    ),
    Mistake(
        "chances added",
        "you add chances. They are multiplied along a sequence; their logarithms are added.",
        {"beam_search": lambda *args: _search(*args, add=lambda score, log_p: score + float(np.exp(log_p)))},
    ),
    Mistake(
        "last step's score alone",
        "your score is the last symbol's alone. A beam's score is the sum along all of it.",
        {"beam_search": lambda *args: _search(*args, add=lambda score, log_p: log_p)},
    ),
    Mistake(
        "first beam's state for all",
        "every beam of yours goes on from the first beam's state. Each has a state of its own.",
        {"beam_search": lambda *args: _search(*args, state_of=lambda beams, i: beams[0][2][0])},
    ),
    Mistake(
        "start symbol at every step",
        "you hand the start symbol to `step` every time. After the first step a beam goes on with its last symbol.",
        {"beam_search": lambda *args: _search(*args, symbol_of=lambda beam, start: start[1])},
    ),
    Mistake(
        "one beam too many",
        "your search keeps width + 1 beams.",
        {"beam_search": lambda step, start, width, n: _search(step, start, width + 1, n)},
    ),
    Mistake(
        "start among the symbols",
        "your symbols begin with the start symbol. What is asked for are the n symbols that follow it.",
        {"beam_search": _with_first_symbol},
    ),
    Mistake(
        "probability for its logarithm",
        "your score is the probability. What is asked for is its logarithm.",
        {"beam_search": _as_probability},
    ),
    Mistake(
        "mean score",
        "your score is divided by the number of symbols. What is asked for is the sum.",
        {"beam_search": _mean_score},
    ),
)

_PREDICTIONS = (
    Mistake(
        "square root",
        "3 is what a temperature of 2 would give: it divides the logits by 2 and so takes the root of the ratio.",
        {"predicted_ratio": lambda: 3},
    ),
    Mistake(
        "doubled",
        "the logits double, not the chances: what is log 9 becomes 2 log 9, and exp of that is not 18.",
        {"predicted_ratio": lambda: 18},
    ),
    Mistake(
        "unchanged",
        "at temperature 1 it is 9 to 1. Dividing the logits by 0.5 changes their difference, and with it the ratio.",
        {"predicted_ratio": lambda: 9},
    ),
    Mistake(
        "halved",
        "a temperature below 1 makes the common symbol more common still, and it acts on the logits, not on the ratio.",
        {"predicted_ratio": lambda: 4.5},
    ),
)

MISTAKES = {
    "7.1": _ONE_TO_ONE,
    "7.2": _ONE_TO_MANY,
    "7.3": _MANY_TO_ONE,
    "7.4": _MANY_TO_MANY,
    "7.5": _SAMPLE,
    "7.6": _ENCODER_DECODER,
    "7.7": _BEAM,
    "7.8": _PREDICTIONS,
}
