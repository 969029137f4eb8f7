"""Assignment 2: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


# 2.1: every step below has the signature (x, h, w_x, w_h, b_h)


def _overwrite_state(x, h, w_x, w_h, b_h):
    h[:] = np.tanh(x @ w_x.T + h @ w_h.T + b_h)
    return h


_STEP_MISTAKES = (
    Mistake(
        "bias forgotten",
        "your h is the one you get without the bias. Which term of the equation is not there yet?",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: np.tanh(x @ w_x.T + h @ w_h.T)},
    ),
    Mistake(
        "bias twice",
        "your h is the one you get when the bias is added twice. PyTorch keeps two biases; here there is one.",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: np.tanh(x @ w_x.T + h @ w_h.T + 2 * b_h)},
    ),
    Mistake(
        "w_h not transposed",
        "your h is the one you get when w_h is used without its transpose. Weights are (out, in): row i of w_h feeds "
        "unit i, while a batch of states has one row per sequence.",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: np.tanh(x @ w_x.T + h @ w_h + b_h)},
    ),
    Mistake(
        "w_x not transposed",
        "your h is the one you get when w_x is used without its transpose. Weights are (out, in), w_x (H, D), "
        "and x has one row per sequence.",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: np.tanh(x @ w_x + h @ w_h.T + b_h)},
    ),
    Mistake(
        "no activation",
        "your h is the pre-activation a. The activation function comes last.",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: x @ w_x.T + h @ w_h.T + b_h},
    ),
    Mistake(
        "sigmoid for tanh",
        "your h is the one a sigmoid gives. This network's activation is tanh.",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: _sigmoid(x @ w_x.T + h @ w_h.T + b_h)},
    ),
    Mistake(
        "state unused",
        "your h does not depend on the state it started from: without the term in w_h the network has no memory.",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: np.tanh(x @ w_x.T + b_h)},
    ),
    Mistake(
        "tanh of each term",
        "your h is a sum of tanhs. The terms are added first; tanh is taken once, of their sum.",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: np.tanh(x @ w_x.T) + np.tanh(h @ w_h.T) + np.tanh(b_h)},
    ),
    Mistake(
        "tanh of the input's term alone",
        "your tanh is taken of the input's term alone, and the others are added to it. Add first: tanh comes last, of "
        "the whole sum.",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: np.tanh(x @ w_x.T) + h @ w_h.T + b_h},
    ),
    Mistake(
        "state overwritten",
        "your function writes the new state over the old one. Whoever called it still needs the old one: "
        "make a new array.",
        {"rnn_step": _overwrite_state},
    ),
)

# 2.2: every forward below has the signature (x, h_0, w_x, w_h, b_h, w_y, b_y)


def _step(x, h, w_x, w_h, b_h):
    return np.tanh(x @ w_x.T + h @ w_h.T + b_h)


def _forward(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = np.empty((len(x) + 1, *h_0.shape))
    h[0] = h_0
    for t in range(len(x)):
        h[t + 1] = _step(x[t], h[t], w_x, w_h, b_h)
    return h, h[1:] @ w_y.T + b_y


def _without_start(*args):
    h, y = _forward(*args)
    return h[1:], y


def _late_output(*args):
    h, _ = _forward(*args)
    w_y, b_y = args[-2:]
    return h, h[:-1] @ w_y.T + b_y


def _from_zero(x, h_0, *weights):
    h, y = _forward(x, 0 * h_0, *weights)
    return h, y


def _loop_from_zero(x, h_0, *weights):
    h, y = _forward(x, 0 * h_0, *weights)
    h[0] = h_0
    return h, y


def _squeezed(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = [h_0]
    for x_t in x:
        h.append(np.tanh(np.squeeze(x_t) @ w_x.T + h[-1] @ w_h.T + b_h))
    return np.stack(h), np.stack(h[1:]) @ w_y.T + b_y


def _not_carried(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = np.stack([h_0, *(_step(x_t, h_0, w_x, w_h, b_h) for x_t in x)])
    return h, h[1:] @ w_y.T + b_y


def _tanh_output(*args):
    h, y = _forward(*args)
    return h, np.tanh(y)


def _no_output_bias(*args):
    h, y = _forward(*args)
    return h, y - args[-1]


def _reversed_time(x, *more):
    return _forward(x[::-1], *more)


def _only_last_output(*args):
    h, y = _forward(*args)
    return h, y[-1]


def _outputs_of_all_states(*args):
    h, _ = _forward(*args)
    w_y, b_y = args[-2:]
    return h, h @ w_y.T + b_y


_FORWARD_MISTAKES = (
    Mistake(
        "h without h_0",
        "your h has the T states after reading, but not the one before: h[0] is h_0, so that h[t + 1] is the state "
        "after reading x[t].",
        {"rnn_forward": _without_start},
    ),
    Mistake(
        "output one step late",
        "your y[t] is read from h[t], the state before x[t] was read. The output of step t comes from h[t + 1].",
        {"rnn_forward": _late_output},
    ),
    Mistake("h_0 ignored", "your network always starts from zero, whatever h_0 is given.", {"rnn_forward": _from_zero}),
    Mistake(
        "loop starts from zero",
        "your h[0] is h_0, but your loop starts from zeros all the same. The first step reads h_0 as well.",
        {"rnn_forward": _loop_from_zero},
    ),
    Mistake(
        "input squeezed",
        "your step loses an axis where the input has one number a step: np.squeeze takes away every axis of size 1. "
        "x[t] is (B, D) as it stands.",
        {"rnn_forward": _squeezed},
    ),
    Mistake(
        "state not carried",
        "every step of yours starts from h_0. Step t starts from the state that step t - 1 left.",
        {"rnn_forward": _not_carried},
    ),
    Mistake(
        "tanh on the output",
        "your y went through tanh. The output layer here is linear.",
        {"rnn_forward": _tanh_output},
    ),
    Mistake("output bias forgotten", "your y lacks the bias b_y.", {"rnn_forward": _no_output_bias}),
    Mistake("time reversed", "your network reads the last input first.", {"rnn_forward": _reversed_time}),
    Mistake(
        "only the last output",
        "your y is the output of the last step alone. There is one output for every step: y is (T, B, O).",
        {"rnn_forward": _only_last_output},
    ),
    Mistake(
        "an output for h_0",
        "your y has T + 1 outputs. Nothing has been read in h[0], so no output belongs to it.",
        {"rnn_forward": _outputs_of_all_states},
    ),
    Mistake(
        "bias forgotten",
        "your h is the one you get without the bias b_h.",
        {
            "rnn_forward": lambda x, h_0, w_x, w_h, b_h, w_y, b_y: _forward(x, h_0, w_x, w_h, 0 * b_h, w_y, b_y),
        },
    ),
)

# 2.3: unfold(w_x, w_h, b_h, w_y, b_y, k) and feedforward(x, layers)


def _unfold(w_x, w_h, b_h, w_y, b_y, k):
    layers = []
    for _ in range(k):
        weight = np.empty((len(b_h), w_x.shape[1] + len(b_h)))
        weight[:, : w_x.shape[1]] = w_x
        weight[:, w_x.shape[1] :] = w_h
        layers.append((weight, b_h.copy()))
    layers.append((w_y.copy(), b_y.copy()))
    return layers


def _feedforward(x, layers, *, at=lambda t: t, last=lambda a: a, order=lambda x_t, h: (x_t, h)):
    n_steps, n_batch, _ = x.shape
    h = np.zeros((n_batch, len(layers[0][1])))
    for t in range(n_steps):
        weight, bias = layers[at(t)]
        h = np.tanh(np.hstack(order(x[t], h)) @ weight.T + bias)
    weight, bias = layers[-1]
    return last(h @ weight.T + bias)


def _state_first(w_x, w_h, b_h, w_y, b_y, k):
    return [(np.hstack([w_h, w_x]), b_h)] * k + [(w_y, b_y)]


_UNFOLD_MISTAKES = (
    Mistake(
        "no output layer",
        "your unfolded network has k layers but not the output layer that comes after them.",
        {"unfold": lambda *args: _unfold(*args)[:-1]},
    ),
    Mistake(
        "one layer too many",
        "your network has one hidden layer too many: k steps are k layers, and h_0 = 0 is not a layer.",
        {"unfold": lambda w_x, w_h, b_h, w_y, b_y, k: _unfold(w_x, w_h, b_h, w_y, b_y, k + 1)},
    ),
    Mistake(
        "one layer too few",
        "your network has one hidden layer too few: every one of the k steps is a layer, the first included.",
        {"unfold": lambda w_x, w_h, b_h, w_y, b_y, k: _unfold(w_x, w_h, b_h, w_y, b_y, k - 1)},
    ),
    Mistake(
        "w_h before w_x",
        "your layers hold w_h to the left of w_x. The layer reads [x_t, h], so w_x comes first.",
        {"unfold": _state_first},
    ),
    Mistake(
        "an output layer a step",
        "your list repeats the output layer at every step. It is an ordinary layer and comes once, at the end.",
        {"unfold": lambda *args: [layer for pair in [_unfold(*args)[-2:]] * args[-1] for layer in pair]},
    ),
    Mistake(
        "always the first layer",
        "your feedforward uses the first layer at every step. It must use the layers it is given, one after another: "
        "that they are equal is unfold's doing.",
        {"feedforward": lambda x, layers: _feedforward(x, layers, at=lambda t: 0)},
    ),
    Mistake(
        "layers in reverse",
        "your feedforward goes through the hidden layers from the last to the first.",
        {"feedforward": lambda x, layers: _feedforward(x, layers, at=lambda t: len(x) - 1 - t)},
    ),
    Mistake(
        "tanh on the output layer",
        "your output went through tanh. The last layer is linear.",
        {"feedforward": lambda x, layers: _feedforward(x, layers, last=np.tanh)},
    ),
    Mistake(
        "state before input",
        "your layers read [h, x_t]. Their weights are made for [x_t, h].",
        {"feedforward": lambda x, layers: _feedforward(x, layers, order=lambda x_t, h: (h, x_t))},
    ),
    Mistake(
        "output bias forgotten",
        "your output lacks the last layer's bias.",
        {"feedforward": lambda x, layers: _feedforward(x, [*layers[:-1], (layers[-1][0], 0 * layers[-1][1])])},
    ),
)

# 2.4: count_parameters(cell, n_input, n_hidden, n_output)


def _count(cell, d, h, o, *, biases=1, gru=1, gates=None, width=2, readout=True, output_bias=1):
    gates = gates or {"rnn": 1, "gru": 3, "lstm": 4, "bidirectional": 1}
    one_way = gates[cell] * (h * d + h * h + biases * h) + (gru * h if cell == "gru" else 0)
    two = cell == "bidirectional"
    final = o * (h * (width if two else 1) + output_bias) if readout else 0
    return one_way * (2 if two else 1) + final


_COUNT_MISTAKES = (
    Mistake(
        "biases forgotten",
        "your count is the one without the biases of the recurrent layer.",
        {"count_parameters": lambda *args: _count(*args, biases=0, gru=0)},
    ),
    Mistake(
        "two biases a gate",
        "your count has two biases for every gate, as PyTorch keeps them. Here there is one, b_h.",
        {"count_parameters": lambda *args: _count(*args, biases=2, gru=0)},
    ),
    Mistake(
        "output layer forgotten",
        "your count leaves out the output layer, w_y and b_y.",
        {"count_parameters": lambda *args: _count(*args, readout=False)},
    ),
    Mistake(
        "output bias forgotten",
        "your count leaves out the output layer's bias b_y.",
        {"count_parameters": lambda *args: _count(*args, output_bias=0)},
    ),
    Mistake(
        "GRU without b_hn",
        "your GRU lacks b_hn, the second bias of its candidate state: the reset gate multiplies it, so that it "
        "cannot be merged with b_h.",
        {"count_parameters": lambda *args: _count(*args, gru=0)},
    ),
    Mistake(
        "LSTM with three gates",
        "your LSTM has three blocks of weights. It has three gates and a candidate: four blocks.",
        {
            "count_parameters": lambda *args: _count(*args, gates={"rnn": 1, "gru": 3, "lstm": 3, "bidirectional": 1}),
        },
    ),
    Mistake(
        "GRU with two gates",
        "your GRU has two blocks of weights. It has two gates and a candidate: three blocks.",
        {
            "count_parameters": lambda *args: _count(*args, gates={"rnn": 1, "gru": 2, "lstm": 4, "bidirectional": 1}),
        },
    ),
    Mistake(
        "bidirectional output from one direction",
        "your bidirectional network's output layer reads H numbers. It reads both directions: 2H.",
        {"count_parameters": lambda *args: _count(*args, width=1)},
    ),
    Mistake(
        "sizes swapped",
        "your count has n_input and n_hidden in each other's place.",
        {"count_parameters": lambda cell, d, h, o: _count(cell, h, d, o)},
    ),
)

_PREDICTIONS = (
    Mistake(
        "copies counted",
        "you counted every copy. Unfolding copies the layer but not its weights: all 20 layers hold the same ones.",
        {"predicted_weights": lambda: 20 * 32 + 10},
    ),
    Mistake("biases left out", "you left out the biases: they are weights too.", {"predicted_weights": lambda: 36}),
    Mistake("output layer left out", "you left out the output layer.", {"predicted_weights": lambda: 32}),
)

MISTAKES = {
    "2.1": _STEP_MISTAKES,
    "2.2": _FORWARD_MISTAKES,
    "2.3": _UNFOLD_MISTAKES,
    "2.4": _COUNT_MISTAKES,
    "2.5": _PREDICTIONS,
}
