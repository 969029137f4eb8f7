"""Assignment 7, variants: the four shapes, sampling, encoder and decoder, beam search.

`params` is a dict of arrays: w_x (H, D), w_h (H, H), b_h (H,), w_y (O, H), b_y (O,).
"""

import numpy as np

from rnnlab import data, losses, readout, rnn
from rnnlab.assignments._networks import NETWORKS
from rnnlab.assignments.variants import beam_cases, cases, sampling_cases
from rnnlab.assignments.variants.mistakes import MISTAKES
from rnnlab.checks.question import Part, Question

ALLOWS = ("data", "optimizers")


def _cell(params):
    return rnn.Params(params["w_x"], params["w_h"], params["b_h"])


def _output(params, h):
    return readout.forward(readout.Params(params["w_y"], params["b_y"]), h).y


def one_to_one(params, x, target):
    y = _output(params, rnn.step(_cell(params), x, np.zeros((len(x), len(params["b_h"])))))
    return y, losses.mse(y, target)[0]


def one_to_many(params, x, target, lengths):
    state, read, outputs = np.zeros((len(x), len(params["b_h"]))), x, []
    for _ in target:
        state = rnn.step(_cell(params), read, state)
        read = _output(params, state)
        outputs.append(read)
    mask = data.length_mask(lengths, len(target))
    y = np.where(mask[..., None], np.stack(outputs), 0.0)
    return y, losses.mse(y, target, mask)[0]


def many_to_one(params, x, target, lengths):
    y = _output(params, rnn.forward(_cell(params), x, lengths=lengths).h_n)
    return y, losses.softmax_cross_entropy(y, target)[0]


def many_to_many(params, x, target, lengths):
    mask = data.length_mask(lengths, len(x))
    y = np.where(mask[..., None], _output(params, rnn.forward(_cell(params), x, lengths=lengths).h[1:]), 0.0)
    return y, losses.softmax_cross_entropy(y, target, mask)[0]


def sample(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    w_x, w_h, b_h, w_y, b_y = (params[name] for name in ("w_x", "w_h", "b_h", "w_y", "b_y"))
    h, symbol, symbols = np.zeros(len(b_h)), start, []
    for _ in range(n):
        h = np.tanh(w_x[:, symbol] + w_h @ h + b_h)
        logits = (w_y @ h + b_y) / temperature
        cumulated = np.cumsum(np.exp(logits - logits.max()))
        symbol = int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))
        symbols.append(symbol)
    return np.array(symbols)


def encoder_decoder_forward(params, x, target):
    inputs = np.concatenate([np.zeros_like(target[:1]), target[:-1]])
    h = rnn.forward(_cell(params["encoder"]), x).h
    s = rnn.forward(_cell(params["decoder"]), inputs, h[-1]).h
    return _output(params["readout"], s[1:]), (params, x, inputs, h, s)


def encoder_decoder_backward(dy, tape):
    params, x, inputs, h, s = tape
    dreadout, ds = readout.backward(readout.forward(readout.Params(**params["readout"]), s[1:]), dy)
    ddecoder, _, dh_n = rnn.backward(rnn.forward(_cell(params["decoder"]), inputs, h[-1]), ds)
    dencoder, dx, _ = rnn.backward(rnn.forward(_cell(params["encoder"]), x), None, dh_n)
    return {
        "encoder": dencoder._asdict(),
        "decoder": ddecoder._asdict(),
        "readout": dreadout._asdict(),
    }, dx


def beam_search(step, start, width, n):
    beams: list = [((), start)]
    scores = np.zeros(1)
    for _ in range(n):
        states, log_p = zip(*(step(*last) for _, last in beams), strict=True)
        longer = scores[:, None] + np.stack(log_p)
        best = np.argsort(-longer, axis=None, kind="stable")[:width]
        ways = [divmod(int(i), longer.shape[1]) for i in best]
        beams = [((*beams[b][0], symbol), (states[b], symbol)) for b, symbol in ways]
        scores = longer.ravel()[best]
    return np.array(beams[0][0]), float(scores[0])


def _question(
    id: str, title: str, reference: dict, parts: tuple[Part, ...], shape_points: float = 0.25, untouched: float = 0.25
) -> Question:
    return Question(
        id,
        title,
        tuple(reference),
        reference,
        parts,
        MISTAKES.get(id, ()),
        shape_points=shape_points,
        untouched_points=untouched,
        hides=NETWORKS,
    )


_Y_LOSS = ("y", "loss")

QUESTIONS = (
    _question(
        "7.1",
        "One to one",
        {"one_to_one": one_to_one},
        (
            Part("the output y", 1, cases.take(0, cases.single), answer="y"),
            Part("the loss", 0.5, cases.take(1, cases.single), answer="loss"),
        ),
    ),
    _question(
        "7.2",
        "One to many",
        {"one_to_many": one_to_many},
        (
            Part("the outputs y", 1, cases.take(0, cases.generated(False)), answer="y"),
            Part("the loss", 0.5, cases.take(1, cases.generated(False)), answer="loss"),
            Part("rows of different lengths", 1, cases.generated(True), n_cases=10, answer=_Y_LOSS),
        ),
    ),
    _question(
        "7.3",
        "Many to one",
        {"many_to_one": many_to_one},
        (
            Part("the output y", 0.75, cases.take(0, cases.reading("many_to_one", False)), answer="y"),
            Part("the loss", 0.75, cases.take(1, cases.reading("many_to_one", False)), answer="loss"),
            Part(
                "the loss for huge logits",
                0.75,
                cases.take(1, cases.reading("many_to_one", False, huge=True)),
                answer="loss",
            ),
            Part("rows of different lengths", 1.25, cases.reading("many_to_one", True), n_cases=10, answer=_Y_LOSS),
        ),
    ),
    _question(
        "7.4",
        "Many to many, in step",
        {"many_to_many": many_to_many},
        (
            Part("the outputs y", 0.75, cases.take(0, cases.reading("many_to_many", False)), answer="y"),
            Part(
                "the loss, also for huge logits",
                0.75,
                cases.take(1, cases.reading("many_to_many", False, huge=True)),
                answer="loss",
            ),
            Part("rows of different lengths", 1, cases.reading("many_to_many", True), n_cases=10, answer=_Y_LOSS),
        ),
    ),
    _question(
        "7.5",
        "Sampling",
        {"sample": sample},
        (
            Part(
                "temperature near 0: always the likeliest",
                1,
                sampling_cases.greedy,
                n_cases=6,
                answer=("symbols", "symbols after another start"),
            ),
            Part("how often each symbol comes", 1, sampling_cases.independent, n_cases=4, tries=2),
            Part("each symbol depends on all before it", 1, sampling_cases.dependent, n_cases=3, tries=2),
            Part("the seed decides, and it alone", 0.5, sampling_cases.seeded, n_cases=2, tries=2),
        ),
    ),
    _question(
        "7.6",
        "Encoder and decoder",
        {
            "encoder_decoder_forward": encoder_decoder_forward,
            "encoder_decoder_backward": encoder_decoder_backward,
        },
        (
            Part("the outputs y", 1.5, cases.translated, n_cases=8, answer="y"),
            Part("a target is read one step later", 1, cases.forced, answer="change of y"),
            Part("gradients of the output layer", 0.75, cases.gradients("readout"), answer="dparams['readout']"),
            Part("gradients of the decoder", 1.5, cases.gradients("decoder"), n_cases=8, answer="dparams['decoder']"),
            Part("gradients of the encoder", 1.75, cases.gradients("encoder"), n_cases=8, answer="dparams['encoder']"),
            Part("gradient of the input", 0.5, cases.gradients(), answer="dx"),
        ),
        shape_points=0.5,
        untouched=0.5,
    ),
    _question(
        "7.7",
        "Beam search",
        {"beam_search": beam_search},
        (
            Part("width 1 is greedy", 1, beam_cases.narrowest, answer=("symbols", "score")),
            Part("a width in between", 1.5, beam_cases.between, n_cases=9, answer=("symbols", "score")),
            Part("full width finds the likeliest of all", 1, beam_cases.widest, n_cases=6, answer=("symbols", "score")),
        ),
        shape_points=0.5,
        untouched=0.0,
    ),
    _question(
        "7.8",
        "A prediction",
        {"predicted_ratio": lambda: 81},
        (Part("how many times as often", 1, lambda ask, draw: ask("predicted_ratio"), n_cases=1),),
        shape_points=0.0,
        untouched=0.0,
    ),
)
