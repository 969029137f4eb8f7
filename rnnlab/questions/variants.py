"""Assignment 7, variants: the four shapes, sampling, encoder and decoder, beam search.

`params` is a dict of arrays: w_x (H, D), w_h (H, H), b_h (H,), w_y (O, H), b_y (O,).
"""

import numpy as np

from rnnlab import data, losses, readout, rnn
from rnnlab.questions.core import Ask, Draw, Part, Question
from rnnlab.questions.sampling import judge_symbols
from rnnlab.questions.student import wrong
from rnnlab.questions.variants_mistakes import MISTAKES

HIDES = (
    "rnnlab.rnn",
    "rnnlab.gru",
    "rnnlab.lstm",
    "rnnlab.kernels.rnn",
    "rnnlab.kernels.gru",
    "rnnlab.kernels.lstm",
    "rnnlab.stack",
    "rnnlab.bidirectional",
    "rnnlab.variants",
    "rnnlab.sampling",
    "rnnlab.training",
    "rnnlab.bptt",
    "rnnlab.rtrl",
    "rnnlab.analysis",
    "rnnlab.fused",
    "rnnlab.kernels.train_step",
)


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
    y = _output(params, rnn.forward(_cell(params), x, lengths=lengths).last)
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
    ddecoder, _, dlast = rnn.backward(rnn.forward(_cell(params["decoder"]), inputs, h[-1]), ds)
    dencoder, dx, _ = rnn.backward(rnn.forward(_cell(params["encoder"]), x), None, dlast)
    return {
        "encoder": dencoder._asdict(),
        "decoder": ddecoder._asdict(),
        "readout": dreadout._asdict(),
    }, dx


def beam_search(step, start, width, n):
    beams: list = [(0.0, (), start)]
    for _ in range(n):
        longer = []
        for score, symbols, (state, symbol) in beams:
            state, log_p = step(state, symbol)
            longer += [(score + float(log_p[i]), (*symbols, i), (state, i)) for i in range(len(log_p))]
        beams = sorted(longer, key=lambda beam: beam[0], reverse=True)[:width]
    return np.array(beams[0][1]), beams[0][0]


# Drawing


def _network(draw: Draw, n_input: int, n_hidden: int, n_output: int) -> dict[str, np.ndarray]:
    return {
        "w_x": draw.array(n_hidden, n_input, scale=0.7),
        "w_h": draw.array(n_hidden, n_hidden, scale=0.7),
        "b_h": draw.array(n_hidden, scale=0.7),
        "w_y": draw.array(n_output, n_hidden),
        "b_y": draw.array(n_output),
    }


def _sizes(draw: Draw) -> tuple[int, int, int, int]:
    """Return B, D, H and O, all of D, H and O equal in half the cases: a missing .T then goes unnoticed."""
    n_batch, n_input, n_hidden, n_output = draw.size(), draw.size(), draw.size(), draw.size(2)
    if draw.case % 2:
        n_input = n_hidden = n_output
    return n_batch, n_input, n_hidden, n_output


def _lengths(draw: Draw, n_batch: int) -> tuple[int, np.ndarray]:
    """Return T and lengths, of which one is T and at least two are shorter."""
    n_steps = draw.size(2, 9)
    short = draw.rng.integers(1, n_steps, 2)
    lengths = np.concatenate([[n_steps], short, draw.rng.integers(1, n_steps + 1, n_batch - 3)])
    return n_steps, draw.rng.permutation(lengths)


def _fill(draw: Draw, array: np.ndarray, lengths: np.ndarray, value: float) -> np.ndarray:
    """Put numbers that look like data in the padding, and in every other case `value` in that of one row."""
    filled = array.copy()
    filled[~data.length_mask(lengths, len(array))] = 3.0
    if draw.case % 4 > 1:
        row = int(np.argmin(lengths))
        filled[lengths[row] :, row] = value
    return filled


def _single(ask: Ask, draw: Draw):
    n_batch, n_input, n_hidden, n_output = _sizes(draw)
    params = _network(draw, n_input, n_hidden, n_output)
    return ask("one_to_one", params, draw.array(n_batch, n_input), draw.array(n_batch, n_output))


def _generated(padded: bool):
    def probe(ask: Ask, draw: Draw):
        n_batch, n_input, n_hidden, _ = _sizes(draw)
        n_batch += 2 * padded
        n_steps, lengths = _lengths(draw, n_batch) if padded else (draw.size(1, 8), None)
        params, x = _network(draw, n_input, n_hidden, n_input), draw.array(n_batch, n_input)
        target = draw.array(n_steps, n_batch, n_input)
        if lengths is None:
            return ask("one_to_many", params, x, target, np.full(n_batch, n_steps))
        # Infinity, so that leaving the padding in and multiplying it by 0 give different numbers.
        return ask("one_to_many", params, x, _fill(draw, target, lengths, np.inf), lengths)

    return probe


def _read(function: str, padded: bool, logits: float = 1.0):
    def probe(ask: Ask, draw: Draw):
        n_batch, n_input, n_hidden, n_output = _sizes(draw)
        n_batch += 2 * padded
        n_steps, lengths = _lengths(draw, n_batch) if padded else (draw.size(1, 8), None)
        params = _network(draw, n_input, n_hidden, n_output)
        params["w_y"] = logits * params["w_y"]
        x = draw.array(n_steps, n_batch, n_input)
        target = draw.rng.integers(0, n_output, (n_steps, n_batch) if function == "many_to_many" else n_batch)
        if lengths is None:
            return ask(function, params, x, target, np.full(n_batch, n_steps))
        if function == "many_to_many":
            target[~data.length_mask(lengths, n_steps)] = -1
        return ask(function, params, _fill(draw, x, lengths, np.nan), target, lengths)

    return probe


def _take(i: int, probe):
    """Probe for the i-th of two answers; anything but a pair is shown as it is."""

    def one(ask: Ask, draw: Draw):
        answer = probe(ask, draw)
        return answer[i] if isinstance(answer, tuple) and len(answer) == 2 else answer

    return one


# 7.5: judged by what the symbols do, since there are many right ways to draw one


N_SYMBOLS = 400


def _spread_logits(draw: Draw, n: int) -> np.ndarray:
    """Return logits of one likely, some middling and one rare symbol, in any order."""
    return draw.rng.permutation(np.linspace(-1.0, 1.0, n)) + draw.rng.uniform(-0.1, 0.1, n)


def _symbols(ask: Ask, params, start: int, n: int, temperature: float, seed: int) -> np.ndarray:
    symbols = ask("sample", params, start, n, temperature, seed)
    fits = isinstance(symbols, np.ndarray) and symbols.shape == (n,) and symbols.dtype.kind in "iu"
    if not fits or symbols.min() < 0 or symbols.max() >= len(params["b_y"]):
        raise wrong(f"what comes back is not {n} whole numbers from 0 to O - 1 in an array")
    return symbols


def _independent(ask: Ask, draw: Draw):
    """Draw from a network that has no memory, so that all symbols have the same chances."""
    n_symbols, n_hidden = 3 + draw.case, draw.size(2)
    params = {name: 0 * value for name, value in _network(draw, n_symbols, n_hidden, n_symbols).items()}
    params["b_y"] = _spread_logits(draw, n_symbols)
    temperature = (0.5, 2.0)[draw.case % 2]
    symbols = _symbols(ask, params, 0, N_SYMBOLS, temperature, int(draw.rng.integers(2**31)))
    return judge_symbols(symbols, params, 0, temperature)


def _dependent(ask: Ask, draw: Draw):
    """Draw from a network whose logits depend on the last symbol and on those before it."""
    n_symbols, n_hidden = 4, 8
    params = _network(draw, n_symbols, n_hidden, n_symbols)
    params["w_x"], params["w_y"] = 2 * params["w_x"], 1.2 * params["w_y"]
    params["b_y"] = 0 * params["b_y"]
    temperature = (0.7, 1.5, 1.0)[draw.case % 3]
    symbols = _symbols(ask, params, 0, N_SYMBOLS, temperature, int(draw.rng.integers(2**31)))
    return judge_symbols(symbols, params, 0, temperature)


def _greedy(ask: Ask, draw: Draw):
    """Draw at a temperature so low that only the likeliest symbol is left."""
    n_symbols, n = draw.size(2, 5), 4 + 3 * draw.case
    while True:
        params = _network(draw, n_symbols, draw.size(2), n_symbols)
        params["w_x"] = 3 * params["w_x"]
        path, gap = _greedy_path(params, 0, n)
        if gap > 0.01 and len(set(path)) > 1:  # at 1e-5 the second likeliest has a chance below exp(-1000)
            return ask("sample", params, 0, n, 1e-5, int(draw.rng.integers(2**31)))


def _greedy_path(params, symbol: int, n: int) -> tuple[list[int], float]:
    h, path, gap = np.zeros(len(params["b_h"])), [], np.inf
    for _ in range(n):
        h = np.tanh(params["w_x"][:, symbol] + params["w_h"] @ h + params["b_h"])
        logits = params["w_y"] @ h + params["b_y"]
        symbol = int(np.argmax(logits))
        second, first = np.sort(logits)[-2:]
        gap = min(gap, first - second)
        path.append(symbol)
    return path, gap


def _seeded(ask: Ask, draw: Draw):
    """Ask twice with one seed and once with another: 60 symbols from these chances agree with probability < 1e-20."""
    params = {name: 0 * value for name, value in _network(draw, 4, 2, 4).items()}
    params["b_y"] = _spread_logits(draw, 4)
    seed = int(draw.rng.integers(2**31))
    first, again, other = (_symbols(ask, params, 1, 60, 1.0, s) for s in (seed, seed, seed + 1))
    return {
        "the same symbols for the same seed": bool(np.array_equal(first, again)),
        "other symbols for another seed": not np.array_equal(first, other),
        "more than one symbol": len(set(first)) > 1,
    }


# 7.6


def _pair_of_networks(draw: Draw):
    n_batch, n_input, n_hidden, n_output = _sizes(draw)
    encoder, decoder = _network(draw, n_input, n_hidden, 1), _network(draw, n_output, n_hidden, n_output)
    names = ("w_x", "w_h", "b_h")
    params = {
        "encoder": {name: encoder[name] for name in names},
        "decoder": {name: decoder[name] for name in names},
        "readout": {name: decoder[name] for name in ("w_y", "b_y")},
    }
    t_in, t_out = draw.size(1, 6), draw.size(1, 6)
    if t_in == t_out:
        t_in, t_out = (t_in + 1, t_out) if draw.case % 2 else (t_in, t_out + 1)
    target = data.one_hot(draw.rng.integers(0, n_output, (t_out, n_batch)), n_output)
    return params, draw.array(t_in, n_batch, n_input), target


def _translated(ask: Ask, draw: Draw):
    return _first_of(ask("encoder_decoder_forward", *_pair_of_networks(draw)))


def _forced(ask: Ask, draw: Draw):
    """Change the target of one step and return by how much each output changes: not until the step after it."""
    params, x, target = _pair_of_networks(draw)
    other = np.concatenate([target, target[-1:]])
    t = int(draw.rng.integers(0, len(target)))
    before = _first_of(ask("encoder_decoder_forward", params, x, other))
    changed = other.copy()
    changed[t] = np.roll(other[t], 1, axis=-1)
    after = _first_of(ask("encoder_decoder_forward", params, x, changed))
    alike = isinstance(before, np.ndarray) and isinstance(after, np.ndarray) and before.shape == after.shape
    return after - before if alike else after


def _first_of(answer):
    return answer[0] if isinstance(answer, tuple) and len(answer) == 2 else answer


def _gradients(*path: str):
    """Probe for the gradients of one of the three layers, or for dx where no layer is named."""

    def probe(ask: Ask, draw: Draw):
        params, x, target = _pair_of_networks(draw)
        answer = ask("encoder_decoder_forward", params, x, target)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            return answer
        dparams_dx = ask("encoder_decoder_backward", draw.array(*target.shape), answer[1])
        if not (isinstance(dparams_dx, tuple) and len(dparams_dx) == 2 and isinstance(dparams_dx[0], dict)):
            return dparams_dx
        return dparams_dx[0].get(path[0]) if path else dparams_dx[1]

    return probe


# 7.7: a model of sequences in which every beginning has chances of its own for what follows


class Tree:
    """Log-probabilities of the next of `n_symbols`, drawn for every beginning of up to `n` symbols."""

    def __init__(self, draw: Draw, n_symbols: int, n: int):
        logits = draw.array((n_symbols ** (n + 1) - 1) // (n_symbols - 1), n_symbols, scale=1.5)
        self.n_symbols, self.n = n_symbols, n
        self.log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        self.start = (np.array([0]), n_symbols)  # no symbol yet: the number after the last

    def step(self, state, symbol):
        """Return the state after `symbol`, which is the number of the beginning so far, and what may follow it."""
        node = int(state[0])
        node = node * self.n_symbols + symbol + 1 if symbol < self.n_symbols else node
        return np.array([node]), self.log_p[node % len(self.log_p)]

    def search(self, width: int) -> int:
        """Return the number of the sequence that beam search finds."""
        node, score = np.zeros(1, int), np.zeros(1)
        for _ in range(self.n):
            longer = (score[:, None] + self.log_p[node]).ravel()
            best = np.argsort(-longer)[:width]
            beam, symbol = np.divmod(best, self.n_symbols)
            node, score = node[beam] * self.n_symbols + symbol + 1, longer[best]
        return int(node[0])

    def best(self) -> int:
        """Return the number of the likeliest of all sequences."""
        return self.search(self.n_symbols**self.n)


def _narrowest(ask: Ask, draw: Draw):
    while True:
        tree = Tree(draw, draw.size(2, 4), 2 + draw.case % 3)
        if tree.search(1) != tree.best():
            return ask("beam_search", tree.step, tree.start, 1, tree.n)


def _between(ask: Ask, draw: Draw):
    """Search with a width that finds something else than a single beam, or than an exhaustive search, by turns.

    In the first case it is something else than what one beam more finds, and neither is the best.
    """
    width = 2 + draw.case // 4
    while True:
        tree = Tree(draw, 4, 5)
        found = tree.search(width)
        if draw.case == 0:
            fits = found != tree.search(width + 1) != tree.best() != found
        else:
            fits = found != (tree.search(1) if draw.case % 2 else tree.best())
        if fits:
            return ask("beam_search", tree.step, tree.start, width, tree.n)


def _widest(ask: Ask, draw: Draw):
    while True:
        tree = Tree(draw, draw.size(2, 3), 2 + draw.case % 3)
        if tree.search(1) != tree.best():
            return ask("beam_search", tree.step, tree.start, tree.n_symbols**tree.n, tree.n)


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
        hides=HIDES,
    )


_Y_LOSS = ("y", "loss")

QUESTIONS = (
    _question(
        "7.1",
        "One to one",
        {"one_to_one": one_to_one},
        (
            Part("the output y", 1, _take(0, _single), answer="y"),
            Part("the loss", 0.5, _take(1, _single), answer="loss"),
        ),
    ),
    _question(
        "7.2",
        "One to many",
        {"one_to_many": one_to_many},
        (
            Part("the outputs y", 1, _take(0, _generated(False)), answer="y"),
            Part("the loss", 0.5, _take(1, _generated(False)), answer="loss"),
            Part("rows of different lengths", 1, _generated(True), n_cases=8, answer=_Y_LOSS),
        ),
    ),
    _question(
        "7.3",
        "Many to one",
        {"many_to_one": many_to_one},
        (
            Part("the output y", 0.75, _take(0, _read("many_to_one", False)), answer="y"),
            Part("the loss", 0.75, _take(1, _read("many_to_one", False)), answer="loss"),
            Part("the loss for huge logits", 0.75, _take(1, _read("many_to_one", False, logits=1e4)), answer="loss"),
            Part("rows of different lengths", 1.25, _read("many_to_one", True), n_cases=8, answer=_Y_LOSS),
        ),
    ),
    _question(
        "7.4",
        "Many to many, in step",
        {"many_to_many": many_to_many},
        (
            Part("the outputs y", 0.75, _take(0, _read("many_to_many", False)), answer="y"),
            Part("the loss, also for huge logits", 0.75, _take(1, _read("many_to_many", False, 1e4)), answer="loss"),
            Part("rows of different lengths", 1, _read("many_to_many", True), n_cases=8, answer=_Y_LOSS),
        ),
    ),
    _question(
        "7.5",
        "Sampling",
        {"sample": sample},
        (
            Part("temperature near 0: always the likeliest", 1, _greedy, n_cases=4, answer="symbols"),
            Part("how often each symbol comes", 1, _independent, n_cases=2),
            Part("each symbol depends on all before it", 1, _dependent, n_cases=3),
            Part("the seed decides, and it alone", 0.5, _seeded, n_cases=2),
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
            Part("the outputs y", 1.5, _translated, n_cases=8, answer="y"),
            Part("a target is read one step later", 1, _forced, answer="change of y"),
            Part("gradients of the output layer", 0.75, _gradients("readout"), answer="dparams['readout']"),
            Part("gradients of the decoder", 1.5, _gradients("decoder"), n_cases=8, answer="dparams['decoder']"),
            Part("gradients of the encoder", 1.75, _gradients("encoder"), n_cases=8, answer="dparams['encoder']"),
            Part("gradient of the input", 0.5, _gradients(), answer="dx"),
        ),
        shape_points=0.5,
        untouched=0.5,
    ),
    _question(
        "7.7",
        "Beam search",
        {"beam_search": beam_search},
        (
            Part("width 1 is greedy", 1, _narrowest, answer=("symbols", "score")),
            Part("a width in between", 1.5, _between, answer=("symbols", "score")),
            Part("full width finds the likeliest of all", 1, _widest, n_cases=4, answer=("symbols", "score")),
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
