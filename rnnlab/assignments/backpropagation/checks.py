"""Assignment 4, backpropagation through time: losses, one step back, the whole sequence back, the proof, the loop."""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from rnnlab import losses, readout, rnn
from rnnlab.assignments.backpropagation.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy

HIDES = (
    "rnnlab.losses",
    "rnnlab.rnn",
    "rnnlab.kernels.rnn",
    "rnnlab.kernels.train_step",
    "rnnlab.fused",
    "rnnlab.readout",
    "rnnlab.gradcheck",
    "rnnlab.training",
    "rnnlab.bptt",
    "rnnlab.rtrl",
    "rnnlab.stack",
    "rnnlab.bidirectional",
    "rnnlab.variants",
)
STEP_GRADIENTS = ("dx", "dh_before", "dw_x", "dw_h", "db_h")
GRADIENTS = ("dw_x", "dw_h", "db_h", "dw_y", "db_y", "dx", "dh_0")


def mse(y, target, mask):
    return losses.mse(y, target, mask)


def cross_entropy(logits, target, mask):
    return losses.softmax_cross_entropy(logits, target, mask)


def rnn_step_backward(dh, x, h_before, h_after, w_x, w_h):
    tape = _tape(x[None], np.stack([h_before, h_after]), w_x, w_h)
    (dw_x, dw_h, db_h), dx, dh_before = rnn.backward(tape, dh[None])
    return dx[0], dh_before, dw_x, dw_h, db_h


def rnn_backward(dy, x, h, w_x, w_h, w_y):
    weights, dh = readout.backward(readout.forward(readout.Params(w_y, np.zeros(len(w_y))), h[1:]), dy)
    recurrent, dx, dh_0 = rnn.backward(_tape(x, h, w_x, w_h), dh)
    return *recurrent, weights.w_y, weights.b_y, dx, dh_0


def _tape(x, h, w_x, w_h):
    lengths = np.full(x.shape[1], len(x))
    return rnn.Tape(rnn.Params(w_x, w_h, np.zeros(len(w_h))), x, h, lengths, "tanh")


def gradcheck(f, x, df):
    step = np.finfo(x.dtype).eps ** (1 / 3)
    numeric = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        numeric[i] = (f(up) - f(down)) / (float(up[i]) - float(down[i]))
    error = np.abs(df - numeric)
    allowed = (1e-6 if x.dtype == np.float64 else 1e-2) * np.abs(numeric).max()
    worst = np.unravel_index(np.argmax(error), x.shape)  # which takes the first NaN where there is one
    return bool(error[worst] <= allowed), tuple(int(i) for i in worst)


def train(x, target, k, lr, n_epochs, weights):
    epochs = []
    for _ in range(n_epochs):
        h, total = np.zeros((x.shape[1], len(weights[2]))), 0.0
        for t in range(len(x) - k + 1):
            states = rnn.forward(rnn.Params(*weights[:3]), x[t : t + k], h).h
            error = states[-1] @ weights[3].T + weights[4] - target[t + k - 1]
            dy = np.zeros((k, *error.shape))
            dy[-1] = error
            gradients = rnn_backward(dy, x[t : t + k], states, weights[0], weights[1], weights[3])
            weights = tuple(w - lr * g for w, g in zip(weights, gradients[:5], strict=True))
            total += (error**2).sum() / 2
            h = states[1]
        epochs.append(total / (len(x) - k + 1))
    return weights, np.array(epochs)


def _outputs(draw: CaseGenerator, n_most: int = 6):
    """Return the shape (T, B, O) and a mask with at least one step that counts."""
    shape = draw.size(1, n_most), draw.size(), draw.size(2, 5)
    mask = draw.rng.random(shape[:2]) < 0.6
    mask.flat[draw.rng.integers(mask.size)] = True
    return shape, mask


def _mse(masked: bool):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        shape, mask = _outputs(draw)
        return ask("mse", draw.array(*shape), draw.array(*shape), mask if masked else np.ones_like(mask))

    return probe


def _cross_entropy(masked: bool):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        shape, mask = _outputs(draw)
        target = draw.rng.integers(0, shape[2], shape[:2])
        return ask("cross_entropy", draw.array(*shape, scale=2), target, mask if masked else np.ones_like(mask))

    return probe


def _padding(ask: StudentProxy, draw: CaseGenerator):
    """Fill the masked steps of the one loss or the other with what must not matter."""
    shape, mask = _outputs(draw)
    mask.flat[0], mask.flat[-1] = True, mask.size == 1
    outputs = np.where(mask[..., None], draw.array(*shape), np.nan)
    if draw.case % 2:
        return ask("mse", outputs, draw.array(*shape), mask)
    return ask("cross_entropy", outputs, np.where(mask, draw.rng.integers(0, shape[2], shape[:2]), -1), mask)


def _huge(ask: StudentProxy, draw: CaseGenerator):
    shape, mask = _outputs(draw)
    return ask("cross_entropy", draw.array(*shape, scale=1e4), draw.rng.integers(0, shape[2], shape[:2]), mask)


def _weights(draw: CaseGenerator, n_input: int, n_hidden: int, n_output: int):
    w_x, w_h = draw.array(n_hidden, n_input, scale=0.7), draw.array(n_hidden, n_hidden, scale=0.7)
    return w_x, w_h, draw.array(n_hidden, scale=0.7), draw.array(n_output, n_hidden), draw.array(n_output)


def _sizes(draw: CaseGenerator):
    """Return B, D, H, O; half the time D = H = O, so that a missing .T runs through."""
    n_batch, n_input, n_hidden, n_output = draw.size(), draw.size(), draw.size(2, 6), draw.size()
    return (n_batch, n_hidden, n_hidden, n_hidden) if draw.case % 2 else (n_batch, n_input, n_hidden, n_output)


def _item(answer, names: tuple[str, ...], name: str):
    return answer[names.index(name)] if isinstance(answer, tuple) and len(answer) == len(names) else answer


def _step_back(*wanted: str):
    """Probe one step back in which everything is drawn, and look at some of the gradients."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_batch, n_input, n_hidden, _ = _sizes(draw)
        w_x, w_h, b_h, _, _ = _weights(draw, n_input, n_hidden, 1)
        x, h = draw.array(n_batch, n_input), np.tanh(draw.array(n_batch, n_hidden))
        after = np.tanh(x @ w_x.T + h @ w_h.T + b_h)
        answer = ask("rnn_step_backward", draw.array(n_batch, n_hidden), x, h, after, w_x, w_h)
        return _item(answer, STEP_GRADIENTS, wanted[0])

    return probe


def _run(draw: CaseGenerator):
    """Return dy, x and h of a drawn network that has read a drawn sequence, and w_x, w_h, w_y."""
    n_batch, n_input, n_hidden, n_output = _sizes(draw)
    n_steps = 1 if draw.case == 0 else draw.size(2, 10)
    w_x, w_h, b_h, w_y, _ = _weights(draw, n_input, n_hidden, n_output)
    x, h_0 = draw.array(n_steps, n_batch, n_input), np.tanh(draw.array(n_batch, n_hidden))
    h = rnn.forward(rnn.Params(w_x, w_h, b_h), x, h_0).h
    return draw.array(n_steps, n_batch, n_output), x, h, w_x, w_h, w_y


def _back(*wanted: str):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        answer = ask("rnn_backward", *_run(draw))
        items = tuple(_item(answer, GRADIENTS, name) for name in wanted)
        return items if len(wanted) > 1 else items[0]

    return probe


def _linear(ask: StudentProxy, draw: CaseGenerator):
    """Leave the network at rest, h = 0, where tanh has slope 1 and the gradient is a power of w_h^T."""
    n_batch, n_input, n_hidden, n_output = _sizes(draw)
    n_steps = draw.size(2, 25)
    w_x, _, _, w_y, _ = _weights(draw, n_input, n_hidden, n_output)
    w_h = np.linalg.qr(draw.array(n_hidden, n_hidden))[0]  # keeps the norm, however long the sequence
    dy = np.zeros((n_steps, n_batch, n_output))
    dy[-1] = draw.array(n_batch, n_output)
    h = np.zeros((n_steps + 1, n_batch, n_hidden))
    return _item(ask("rnn_backward", dy, np.zeros((n_steps, n_batch, n_input)), h, w_x, w_h, w_y), GRADIENTS, "dh_0")


def _past_only(ask: StudentProxy, draw: CaseGenerator):
    """Let a single step have a loss: no later input has a part in it."""
    dy, x, h, *weights = _run(draw)
    step = int(draw.rng.integers(len(dy)))
    dy[:step], dy[step + 1 :] = 0, 0
    return _item(ask("rnn_backward", dy, x, h, *weights), GRADIENTS, "dx")


def _rows(ask: StudentProxy, draw: CaseGenerator):
    """Ask for the whole batch and for its first row alone."""
    dy, x, h, *weights = _run(draw)
    whole = ask("rnn_backward", dy, x, h, *weights)
    row = ask("rnn_backward", dy[:, :1], x[:, :1], h[:, :1], *weights)
    return tuple(_item(answer, GRADIENTS, "dw_h") for answer in (whole, row))


def _function(draw: CaseGenerator, scale: float = 1.0, dtype: DTypeLike = np.float64, n_idle: int = 0):
    """Return a function of a square matrix, a place x, its gradient there and one without tanh's slope.

    The first `n_idle` rows of x do nothing, so that their gradient is exactly zero beside one that is not.
    The function stays with the judge, so that every call of it is a message there and back: small sizes, few cases.
    """
    n = draw.size(2, 3)
    a, b, x = (array.astype(dtype) for array in (draw.array(n, n), scale * draw.array(n, n), draw.array(n, n)))
    a[:, :n_idle] = 0

    def f(x):
        return float(np.sum(b * np.tanh(a @ x)))

    return f, x, a.T @ (b * (1 - np.tanh(a @ x) ** 2)), a.T @ b


def _verdicts(ask: StudentProxy, f: Callable, x: np.ndarray, gradients: dict[str, np.ndarray]):
    """Return by name whether each gradient was called right."""
    return {name: _item(ask("gradcheck", f, x, df), ("ok", "worst"), "ok") for name, df in gradients.items()}


def _wrong_everywhere(ask: StudentProxy, draw: CaseGenerator):
    f, x, df, slopeless = _function(draw)
    wrong_ones = {"negative": -df, "twice": 2 * df, "averaged": df / df.size, "transposed": df.T.copy()}
    return _verdicts(ask, f, x, {"right": df, **wrong_ones, "without tanh's slope": slopeless})


def _wrong_in_one_entry(ask: StudentProxy, draw: CaseGenerator):
    """Spoil the largest entry by 1 % or set it to zero: the verdict, and where."""
    f, x, df, _ = _function(draw, n_idle=1)
    place = np.unravel_index(np.argmax(np.abs(df)), df.shape)
    off, gone = df.copy(), df.copy()
    off[place] *= 1.01
    gone[place] = 0
    right = _item(ask("gradcheck", f, x, df), ("ok", "worst"), "ok")
    return right, ask("gradcheck", f, x, off), ask("gradcheck", f, x, gone)


def _scaled(ask: StudentProxy, draw: CaseGenerator):
    f, x, df, _ = _function(draw, scale=1e9 if draw.case % 2 else 1e-9)
    off = df.copy()
    off.flat[np.argmax(np.abs(df))] *= 1.01
    return _verdicts(ask, f, x, {"right": df, "one entry 1 % off": off})


def _zero_and_nan(ask: StudentProxy, draw: CaseGenerator):
    f, x, df, _ = _function(draw)
    zero, almost = np.zeros_like(x), np.zeros_like(x)
    almost.flat[-1] = 1e-3
    found = _verdicts(ask, lambda _: 3.0, x, {"right: zeros, of a constant": zero, "one entry not zero": almost})
    df.flat[draw.rng.integers(df.size)] = np.nan
    return {**found, **_verdicts(ask, f, x, {"NaN in one entry": df})}


def _single_precision(ask: StudentProxy, draw: CaseGenerator):
    f, x, df, slopeless = _function(draw, dtype=np.float32)
    return _verdicts(ask, f, x, {"right": df, "twice": 2 * df, "without tanh's slope": slopeless})


def _training(one_window: bool = False, n_epochs: int = 1, wanted: int = 0):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_batch, n_input, n_hidden, n_output = draw.size(1, 3), draw.size(1, 3), draw.size(2, 4), draw.size(1, 3)
        k = draw.size(1, 4)
        n_steps = k if one_window else k + draw.size(2, 6)
        x, target = draw.array(n_steps, n_batch, n_input), draw.array(n_steps, n_batch, n_output)
        weights = _weights(draw, n_input, n_hidden, n_output)
        answer = ask("train", x, target, k, 0.05, n_epochs, weights)
        return _item(answer, ("weights", "losses"), ("weights", "losses")[wanted])

    return probe


def _prediction(ask: StudentProxy, draw: CaseGenerator):
    return ask("predicted_runs")


def _question(
    id: str, title: str, names: tuple[str, ...], reference: dict, parts: tuple[Part, ...], **more
) -> Question:
    return Question(id, title, names, reference, parts, MISTAKES.get(id, ()), hides=HIDES, **more)


LOSS = ("loss", "dy")
QUESTIONS = (
    _question(
        "4.1",
        "Losses and their gradients: mse and cross_entropy",
        ("mse", "cross_entropy"),
        {"mse": mse, "cross_entropy": cross_entropy},
        (
            Part("mse where every step counts", 0.75, _mse(masked=False), answer=LOSS),
            Part("cross_entropy where every step counts", 1, _cross_entropy(masked=False), answer=("loss", "dlogits")),
            Part("mse with a mask", 0.75, _mse(masked=True), answer=LOSS),
            Part("cross_entropy with a mask", 0.75, _cross_entropy(masked=True), answer=("loss", "dlogits")),
            Part("what masked steps hold does not matter, NaN neither", 0.5, _padding, answer=("loss", "gradient")),
            Part("scores of tens of thousands", 0.5, _huge, answer=("loss", "dlogits")),
        ),
        shape_points=0.25,
        untouched_points=0.5,
    ),
    _question(
        "4.2",
        "One step back: rnn_step_backward",
        ("rnn_step_backward",),
        {"rnn_step_backward": rnn_step_backward},
        (
            Part("the bias's gradient", 1, _step_back("db_h"), answer="db_h"),
            Part("the gradient of w_x", 1, _step_back("dw_x"), answer="dw_x"),
            Part("the gradient of w_h", 1, _step_back("dw_h"), answer="dw_h"),
            Part("the gradient of the input", 1, _step_back("dx"), answer="dx"),
            Part("the gradient of the state before", 1, _step_back("dh_before"), answer="dh_before"),
        ),
        shape_points=0.5,
        untouched_points=0.5,
        keeps=("dh",),
    ),
    _question(
        "4.3",
        "Back through the whole sequence: rnn_backward",
        ("rnn_backward",),
        {"rnn_backward": rnn_backward},
        (
            Part("the output layer", 1, _back("dw_y", "db_y"), answer=("dw_y", "db_y")),
            Part("the bias of the recurrent layer", 1, _back("db_h"), answer="db_h"),
            Part("the gradient of w_x", 1, _back("dw_x"), answer="dw_x"),
            Part("the gradient of w_h", 1.5, _back("dw_h"), n_cases=8, answer="dw_h"),
            Part("the gradient of the inputs", 1, _back("dx"), answer="dx"),
            Part("the gradient of the first state", 1, _back("dh_0"), answer="dh_0"),
            Part("a linear network: powers of the transposed w_h", 1, _linear, n_cases=8, answer="dh_0"),
            Part("no blame for inputs that come after the loss", 1, _past_only, answer="dx"),
            Part(
                "a batch's gradient and that of one of its rows",
                0.5,
                _rows,
                answer=("dw_h of the batch", "dw_h of the row"),
            ),
        ),
        shape_points=0.5,
        untouched_points=0.5,
    ),
    _question(
        "4.4",
        "Is a gradient right? gradcheck",
        ("gradcheck",),
        {"gradcheck": gradcheck},
        (
            Part("a right gradient, and five wrong ones", 1.5, _wrong_everywhere, n_cases=4, answer="ok"),
            Part(
                "one wrong entry is found and named",
                1,
                _wrong_in_one_entry,
                n_cases=4,
                answer=("ok of the right gradient", "(ok, worst) of 1 % off", "(ok, worst) of an entry lost"),
            ),
            Part("functions a thousand million times larger and smaller", 1, _scaled, n_cases=4, answer="ok"),
            Part("zeros and NaN", 0.5, _zero_and_nan, n_cases=4, answer="ok"),
            Part("single precision", 0.5, _single_precision, n_cases=4, answer="ok"),
        ),
        untouched_points=0.5,
        keeps=("x",),
    ),
    _question(
        "4.5",
        "The training loop: train",
        ("train",),
        {"train": train},
        (
            Part("one window, one update", 1, _training(one_window=True), answer="weights"),
            Part("every window of one epoch", 1.5, _training(), answer="weights"),
            Part("three epochs, each from h = 0", 1.5, _training(n_epochs=3), answer="weights"),
            Part("the loss of every epoch", 1, _training(n_epochs=3, wanted=1), answer="losses"),
        ),
        shape_points=0.5,
        untouched_points=0.5,
        keeps=("weights",),
    ),
    _question(
        "4.6",
        "A prediction",
        ("predicted_runs",),
        {"predicted_runs": lambda: 92},
        (Part("the number of runs", 1, _prediction, n_cases=1),),
    ),
)
