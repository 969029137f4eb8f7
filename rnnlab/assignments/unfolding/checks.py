"""Assignment 2, unfolding: one step, the whole forward pass, the unfolded network, and how many weights there are."""

import numpy as np

from rnnlab import readout, rnn
from rnnlab.assignments._drawing import per, unit
from rnnlab.assignments._series import loud, settled, steady, steps
from rnnlab.assignments.unfolding.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy

ALLOWS = ()
HIDES = ("rnnlab.rnn", "rnnlab.kernels.rnn", "rnnlab.stack", "rnnlab.bidirectional", "rnnlab.variants")


def rnn_step(x, h, w_x, w_h, b_h):
    return rnn.step(rnn.Params(w_x, w_h, b_h), x, h)


def rnn_forward(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = rnn.forward(rnn.Params(w_x, w_h, b_h), x, h_0).h
    return h, readout.forward(readout.Params(w_y, b_y), h[1:]).y


def unfold(w_x, w_h, b_h, w_y, b_y, k):
    return [(np.concatenate([w_x, w_h], axis=1), b_h)] * k + [(w_y, b_y)]


def feedforward(x, layers):
    *hidden, (w_y, b_y) = layers
    h = np.zeros((x.shape[1], hidden[0][0].shape[0]))
    for x_t, (weight, bias) in zip(x, hidden, strict=True):
        h = np.tanh(np.concatenate([x_t, h], axis=1) @ weight.T + bias)
    return h @ w_y.T + b_y


def count_parameters(cell, n_input, n_hidden, n_output):
    gates = {"rnn": 1, "gru": 3, "lstm": 4, "bidirectional": 1}[cell]
    one_way = gates * n_hidden * (n_input + n_hidden + 1)
    if cell == "gru":
        one_way += n_hidden
    if cell == "bidirectional":
        return 2 * one_way + n_output * (2 * n_hidden + 1)
    return one_way + n_output * (n_hidden + 1)


def _weights(draw: CaseGenerator, n_input: int, n_hidden: int, n_output: int):
    w_x, w_h = draw.array(n_hidden, n_input, scale=0.7), draw.array(n_hidden, n_hidden, scale=0.7)
    return w_x, w_h, draw.array(n_hidden, scale=0.7), draw.array(n_output, n_hidden), draw.array(n_output)


def _term(*, x: bool = False, h: bool = False, b: bool = False):
    """Probe one step in which only the named terms are not zero; by turns they are tiny, and large enough to saturate.

    Where all three are tiny, so is the state: tanh is its argument there. It is at least 1e-5, where a tanh made of
    exponentials, a right way, still has ten digits.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_batch, n_input, n_hidden = draw.size(), draw.size(), draw.size()
        w_x, w_h, b_h, _, _ = _weights(draw, n_input, n_hidden, 1)
        state, inputs, scale = draw.array(n_batch, n_hidden), draw.array(n_batch, n_input), max(unit(draw), 1e-5)
        weights = (w if wanted else np.zeros_like(w) for w, wanted in ((w_x, x), (w_h, h), (scale * b_h, b)))
        return per(ask("rnn_step", scale * inputs, scale * state, *weights), min(scale, 1.0))

    return probe


def _forward_case(draw: CaseGenerator):
    n_batch, n_input, n_hidden, n_output = (draw.size() for _ in range(4))
    n_steps = steps(draw, 1, 12, 200)
    w_x, w_h, b_h, *output = _weights(draw, n_input, n_hidden, n_output)
    x = loud(draw, n_steps) * draw.array(n_steps, n_batch, n_input)
    if n_steps > 12:  # so quiet that the first step is still heard at the end
        x, w_h, b_h = 0.05 * x, steady(draw, n_hidden, 0.99), 0.02 * b_h
    return x, draw.array(n_batch, n_hidden), (w_x, w_h, b_h, *output)


def _states(ask: StudentProxy, draw: CaseGenerator):
    x, h_0, weights = _forward_case(draw)
    return _pair(ask("rnn_forward", x, 0 * h_0, *weights))[0]


def _outputs(ask: StudentProxy, draw: CaseGenerator):
    x, h_0, weights = _forward_case(draw)
    return _pair(ask("rnn_forward", x, 0 * h_0, *weights))[1]


def _carried(ask: StudentProxy, draw: CaseGenerator):
    """Cut the sequence anywhere and start the second half in the state where the first half ended."""
    x, h_0, weights = _forward_case(draw)
    cut = int(draw.rng.integers(0, len(x)))
    h, _ = _pair(ask("rnn_forward", x[: cut + 1], h_0, *weights))
    start = h[-1] if isinstance(h, np.ndarray) and h.shape[1:] == h_0.shape else h_0
    return ask("rnn_forward", x[cut:], start, *weights)


def _pair(answer):
    return answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, answer)


def _layers(ask: StudentProxy, draw: CaseGenerator):
    n_input, n_hidden, n_output = (draw.size() for _ in range(3))
    k = steps(draw, 1, 9, 200)
    layers = ask("unfold", *_weights(draw, n_input, n_hidden, n_output), k)
    return (len(layers), layers) if isinstance(layers, list) else layers


def _untied(ask: StudentProxy, draw: CaseGenerator):
    """Feed forward through layers that all have weights of their own, so that each must be used in its turn."""
    n_batch, n_input, n_hidden, n_output = (draw.size() for _ in range(4))
    k = steps(draw, 1, 9, 60)
    quiet = 1.0 if k <= 12 else 0.05  # so that the first layer is still heard at the end
    w_x = [quiet * draw.array(n_hidden, n_input) for _ in range(k)]
    hidden = [(np.hstack([w, steady(draw, n_hidden, 0.99)]), quiet * draw.array(n_hidden)) for w in w_x]
    final = (draw.array(n_output, n_hidden), draw.array(n_output))
    return ask("feedforward", draw.array(k, n_batch, n_input), [*hidden, final])


def _unfolded_is_recurrent(ask: StudentProxy, draw: CaseGenerator):
    """Compare to twelve digits, with a state that does not magnify rounding: whole numbers for weights would."""
    x, _, (w_x, w_h, *others) = _forward_case(draw)
    return ask("feedforward", x, ask("unfold", w_x, settled(w_h, 1.0), *others, len(x)))


def _count(*cells: str):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        cell = draw.option(*cells)
        return ask("count_parameters", cell, *(draw.size(1, 20, large=3000) for _ in range(3)))

    return probe


def _question(
    id: str, title: str, names: tuple[str, ...], reference: dict, parts: tuple[Part, ...], **more
) -> Question:
    return Question(id, title, names, reference, parts, MISTAKES.get(id, ()), hides=HIDES, **more)


STATE = "h, in units of the inputs,"
QUESTIONS = (
    _question(
        "2.1",
        "One step: rnn_step",
        ("rnn_step",),
        {"rnn_step": rnn_step},
        (
            Part("the input term alone", 0.5, _term(x=True), answer=STATE),
            Part("the state term alone", 0.5, _term(h=True), answer=STATE),
            Part("the bias alone", 0.5, _term(b=True), answer=STATE),
            Part("all three together", 1.5, _term(x=True, h=True, b=True), n_cases=10, answer=STATE),
        ),
        shape_points=0.5,
        untouched_points=0.5,
        keeps=("h",),
    ),
    _question(
        "2.2",
        "The whole sequence: rnn_forward",
        ("rnn_forward",),
        {"rnn_forward": rnn_forward},
        (
            Part("the states h, from h_0 = 0", 1.5, _states, n_cases=8, answer="h"),
            Part("the outputs y", 1.5, _outputs, n_cases=8, answer="y"),
            Part("cut anywhere and carried on: the same", 1, _carried, n_cases=8, answer=("h", "y")),
        ),
        shape_points=0.5,
        untouched_points=0.5,
    ),
    _question(
        "2.3",
        "The unfolded network: unfold and feedforward",
        ("unfold", "feedforward"),
        {"unfold": unfold, "feedforward": feedforward},
        (
            Part("unfold gives k layers and the output layer", 1.5, _layers, answer=("the number of layers", "layers")),
            Part("feedforward uses each layer in its turn", 1.5, _untied, answer="y"),
            # Both sides take the same few products; only the order of summation differs.
            Part(
                "unfolded and recurrent networks agree",
                1,
                _unfolded_is_recurrent,
                n_cases=8,
                tolerance=1e-12,
                answer="y",
            ),
        ),
        shape_points=0.5,
        untouched_points=0.5,
    ),
    _question(
        "2.4",
        "How many weights: count_parameters",
        ("count_parameters",),
        {"count_parameters": count_parameters},
        (
            Part("a simple recurrent network", 0.5, _count("rnn")),
            Part("GRU and LSTM", 0.75, _count("gru", "lstm"), n_cases=23),
            Part("a bidirectional network", 0.75, _count("bidirectional")),
        ),
    ),
    _question(
        "2.5",
        "A prediction",
        ("predicted_weights",),
        {"predicted_weights": lambda: 42},
        (Part("the number of different weights", 1, lambda ask, draw: ask("predicted_weights"), n_cases=1),),
    ),
)
