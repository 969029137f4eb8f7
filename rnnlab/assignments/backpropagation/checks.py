"""Assignment 4, backpropagation through time: losses, one step back, the whole sequence back, the proof, the loop."""

import numpy as np

from rnnlab import losses, readout, rnn
from rnnlab.assignments._drawing import per, unit
from rnnlab.assignments._series import loud, steady, steps
from rnnlab.assignments.backpropagation import gradcheck_cases
from rnnlab.assignments.backpropagation.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy

ALLOWS = ()
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
    with np.errstate(all="ignore"):  # the library refuses a target that is NaN: here it is to be seen in the loss
        return losses.mse(y - target, np.zeros_like(y), mask)


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


def _outputs(draw: CaseGenerator):
    """Return the shape (T, B, O) and a mask in which some step counts; by turns one, all, or none after some time."""
    shape = draw.size(1, 6, large=40, steps=True), draw.size(), draw.size(1, 5, large=20)
    mask = draw.rng.random(shape[:2]) < (0.0, 1.0, 0.6, 0.6)[draw.case % 4]
    if draw.case % 4 == 3:
        mask[len(mask) // 2 + 1 :] = False
    mask.flat[draw.rng.integers(mask.shape[1])] = True
    return shape, mask


def _mse(masked: bool):
    """Probe numbers of any scale: the loss is a square of it."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        shape, mask = _outputs(draw)
        scale = unit(draw)
        y, target = draw.array(*shape, scale=scale), draw.array(*shape, scale=scale)
        answer = ask("mse", y, target, mask if masked else np.ones_like(mask))
        pair = isinstance(answer, tuple) and len(answer) == 2
        return (per(answer[0], scale**2), per(answer[1], scale)) if pair else answer

    return probe


def _cross_entropy(masked: bool):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        shape, mask = _outputs(draw)
        target = draw.rng.integers(0, shape[2], shape[:2])
        return ask("cross_entropy", draw.array(*shape, scale=2), target, mask if masked else np.ones_like(mask))

    return probe


_FILLERS = (np.nan, np.inf, 3.0, 1e200, -np.inf)


def _filled(draw: CaseGenerator, values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return `values` with something else in the masked steps: by turns NaN, infinity, large and ordinary numbers."""
    filler = _FILLERS[draw.case // 2 % len(_FILLERS)]
    return np.where(mask[..., None], values, np.where(draw.rng.random(values.shape) < 0.7, filler, -2 * values))


def _padding(ask: StudentProxy, draw: CaseGenerator):
    """Fill the masked steps of the one loss or the other with what must not matter."""
    shape, mask = _outputs(draw)
    mask.flat[0], mask.flat[-1] = True, mask.size == 1
    outputs = _filled(draw, draw.array(*shape), mask)
    if draw.case % 2:
        return ask("mse", outputs, _filled(draw, draw.array(*shape), mask), mask)
    target = draw.rng.integers(0, shape[2], shape[:2])
    return ask("cross_entropy", outputs, np.where(mask | (draw.case % 4 == 0), target, -1), mask)


def _nan_that_counts(ask: StudentProxy, draw: CaseGenerator):
    """Put a NaN into a step that counts: the loss is NaN, and so is the gradient there and nowhere else."""
    shape, mask = _outputs(draw)
    t, b = np.argwhere(mask)[draw.rng.integers(mask.sum())]
    outputs, o = draw.array(*shape), draw.rng.integers(shape[2])
    if draw.case % 2:
        target = draw.array(*shape)
        (outputs if draw.rng.random() < 0.5 else target)[t, b, o] = np.nan
        return ask("mse", outputs, target, mask)
    outputs[t, b, o] = np.nan
    answer = ask("cross_entropy", outputs, draw.rng.integers(0, shape[2], shape[:2]), mask)
    if not (isinstance(answer, tuple) and len(answer) == 2 and getattr(answer[1], "shape", None) == shape):
        return answer
    there = np.arange(mask.size).reshape(mask.shape)[..., None] == t * mask.shape[1] + b
    return answer[0], np.where(there & np.isnan(answer[1]).any(axis=2, keepdims=True), np.nan, answer[1])


def _huge(ask: StudentProxy, draw: CaseGenerator):
    """Ask for scores that differ by tens of thousands, within a step and from step to step."""
    shape, mask = _outputs(draw)
    scores = draw.array(*shape, scale=1e4) + draw.array(*shape[:2], 1, scale=1e4)
    return ask("cross_entropy", scores, draw.rng.integers(0, shape[2], shape[:2]), mask)


def _weights(draw: CaseGenerator, n_input: int, n_hidden: int, n_output: int):
    w_x, w_h = draw.array(n_hidden, n_input, scale=0.7), draw.array(n_hidden, n_hidden, scale=0.7)
    return w_x, w_h, draw.array(n_hidden, scale=0.7), draw.array(n_output, n_hidden), draw.array(n_output)


def _item(answer, names: tuple[str, ...], name: str):
    return answer[names.index(name)] if isinstance(answer, tuple) and len(answer) == len(names) else answer


def _step_back(wanted: str):
    """Probe one step back in which everything is drawn, and look at one of the gradients, in units of dh.

    By turns dh is tiny or huge, and units are saturated: tanh is 1 in as many digits as there are, and its slope 0.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_batch, n_input, n_hidden = draw.size(), draw.size(), draw.size()
        w_x, w_h, b_h, _, _ = _weights(draw, n_input, n_hidden, 1)
        scale, loud = unit(draw), 30.0 if draw.case % 4 == 3 else 1.0
        x, h = draw.array(n_batch, n_input, scale=loud), np.tanh(draw.array(n_batch, n_hidden))
        after = np.tanh(x @ w_x.T + h @ w_h.T + b_h)
        answer = ask("rnn_step_backward", draw.array(n_batch, n_hidden, scale=scale), x, h, after, w_x, w_h)
        return per(_item(answer, STEP_GRADIENTS, wanted), scale)

    return probe


def _run(draw: CaseGenerator):
    """Return dy, x and h of a drawn network that has read a drawn sequence, w_x, w_h, w_y, and the unit of dy."""
    n_batch, n_input, n_hidden, n_output = (draw.size() for _ in range(4))
    n_steps = steps(draw, 1, 10, 100)
    w_x, w_h, b_h, w_y, _ = _weights(draw, n_input, n_hidden, n_output)
    x, h_0, scale = draw.array(n_steps, n_batch, n_input), np.tanh(draw.array(n_batch, n_hidden)), unit(draw)
    x *= loud(draw, n_steps)
    if n_steps > 10:  # so quiet that the first step is still heard at the end
        x, w_h, b_h = 0.05 * x, steady(draw, n_hidden, 0.99), 0.02 * b_h
    h = rnn.forward(rnn.Params(w_x, w_h, b_h), x, h_0).h
    return (draw.array(n_steps, n_batch, n_output, scale=scale), x, h, w_x, w_h, w_y), scale


def _back(*wanted: str):
    """Probe the whole way back, and look at some of the gradients, in units of dy."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        network, scale = _run(draw)
        answer = ask("rnn_backward", *network)
        items = tuple(per(_item(answer, GRADIENTS, name), scale) for name in wanted)
        return items if len(wanted) > 1 else items[0]

    return probe


def _linear(ask: StudentProxy, draw: CaseGenerator):
    """Leave the network at rest, h = 0, where tanh has slope 1 and the gradient is a power of w_h^T."""
    n_batch, n_input, n_hidden, n_output = (draw.size() for _ in range(4))
    n_steps = steps(draw, 1, 25, 100)
    w_x, _, _, w_y, _ = _weights(draw, n_input, n_hidden, n_output)
    w_h = steady(draw, n_hidden, 1.0)  # keeps the norm, however long the sequence
    dy = np.zeros((n_steps, n_batch, n_output))
    dy[-1] = draw.array(n_batch, n_output)
    h = np.zeros((n_steps + 1, n_batch, n_hidden))
    return _item(ask("rnn_backward", dy, np.zeros((n_steps, n_batch, n_input)), h, w_x, w_h, w_y), GRADIENTS, "dh_0")


def _past_only(ask: StudentProxy, draw: CaseGenerator):
    """Let a single step have a loss: no later input has a part in it."""
    (dy, x, h, *weights), scale = _run(draw)
    step = int(draw.rng.integers(len(dy)))
    dy[:step], dy[step + 1 :] = 0, 0
    return per(_item(ask("rnn_backward", dy, x, h, *weights), GRADIENTS, "dx"), scale)


def _rows(ask: StudentProxy, draw: CaseGenerator):
    """Ask for the whole batch and for its first row alone."""
    (dy, x, h, *weights), scale = _run(draw)
    whole = ask("rnn_backward", dy, x, h, *weights)
    row = ask("rnn_backward", dy[:, :1], x[:, :1], h[:, :1], *weights)
    return tuple(per(_item(answer, GRADIENTS, "dw_h"), scale) for answer in (whole, row))


def _training(one_window: bool = False, several_epochs: bool = False, wanted: int = 0):
    """Probe the loop with a learning rate, a window and a number of epochs that are drawn.

    Where there is a single window, the error is by turns so large that a gradient clipped at some thousands shows.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_batch, n_input, n_hidden, n_output = (draw.size(1, 4, large=20) for _ in range(4))
        k = draw.size(1, 4, large=12)
        n_steps = k if one_window else k + draw.size(0, 6, large=30)
        n_epochs = draw.size(2, 3, large=6) if several_epochs else 1
        scale = float(10.0 ** draw.rng.uniform(4, 6)) if one_window and draw.case % 3 == 2 else 1.0
        x, target = draw.array(n_steps, n_batch, n_input), draw.array(n_steps, n_batch, n_output, scale=scale)
        lr = float(10.0 ** draw.rng.uniform(-2.5, -1)) / (n_batch * n_output * scale)
        w_x, w_h, *others = _weights(draw, n_input, n_hidden, n_output)
        if not one_window:  # rounding must not grow from step to step, for it would from update to update
            w_h = w_h / max(1.0, float(np.linalg.norm(w_h, 2)))
        answer = ask("train", x, target, k, lr, n_epochs, (w_x, w_h, *others))
        return _item(answer, ("weights", "losses"), ("weights", "losses")[wanted])

    return probe


def _prediction(ask: StudentProxy, draw: CaseGenerator):
    return ask("predicted_runs")


def _question(
    id: str, title: str, names: tuple[str, ...], reference: dict, parts: tuple[Part, ...], **more
) -> Question:
    return Question(id, title, names, reference, parts, MISTAKES.get(id, ()), hides=HIDES, **more)


MSE = ("loss, per square of the numbers' scale,", "dy, per scale,")
QUESTIONS = (
    _question(
        "4.1",
        "Losses and their gradients: mse and cross_entropy",
        ("mse", "cross_entropy"),
        {"mse": mse, "cross_entropy": cross_entropy},
        (
            Part("mse where every step counts", 0.5, _mse(masked=False), answer=MSE),
            Part("cross_entropy where every step counts", 1, _cross_entropy(masked=False), answer=("loss", "dlogits")),
            Part("mse with a mask", 0.75, _mse(masked=True), answer=MSE),
            Part("cross_entropy with a mask", 0.75, _cross_entropy(masked=True), answer=("loss", "dlogits")),
            Part("what masked steps hold does not matter, NaN neither", 0.5, _padding, answer=("loss", "gradient")),
            Part("a NaN in a step that counts makes the loss NaN", 0.25, _nan_that_counts, answer=("loss", "gradient")),
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
            Part("the bias's gradient", 1, _step_back("db_h"), answer="db_h, in units of dh,"),
            Part("the gradient of w_x", 1, _step_back("dw_x"), answer="dw_x, in units of dh,"),
            Part("the gradient of w_h", 1, _step_back("dw_h"), answer="dw_h, in units of dh,"),
            Part("the gradient of the input", 1, _step_back("dx"), answer="dx, in units of dh,"),
            Part("the gradient of the state before", 1, _step_back("dh_before"), answer="dh_before, in units of dh,"),
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
            Part(
                "the output layer", 1, _back("dw_y", "db_y"), answer=("dw_y, in units of dy,", "db_y, in units of dy,")
            ),
            Part("the bias of the recurrent layer", 1, _back("db_h"), answer="db_h, in units of dy,"),
            Part("the gradient of w_x", 1, _back("dw_x"), answer="dw_x, in units of dy,"),
            Part("the gradient of w_h", 1.5, _back("dw_h"), n_cases=8, answer="dw_h, in units of dy,"),
            Part("the gradient of the inputs", 1, _back("dx"), answer="dx, in units of dy,"),
            Part("the gradient of the first state", 1, _back("dh_0"), answer="dh_0, in units of dy,"),
            Part("a linear network: powers of the transposed w_h", 1, _linear, n_cases=8, answer="dh_0"),
            Part("no blame for inputs that come after the loss", 1, _past_only, answer="dx, in units of dy,"),
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
        {"gradcheck": gradcheck_cases.gradcheck},
        (
            Part("a right gradient, and six wrong ones", 1, gradcheck_cases.wrong_everywhere, n_cases=4, answer="ok"),
            Part(
                "wrong entries are found, and the worst is named",
                1,
                gradcheck_cases.wrong_in_some_entries,
                n_cases=4,
                answer=("ok of the right gradient", "(ok, worst)", "(ok, worst) among errors of a row and a column"),
            ),
            Part(
                "the largest error decides, below and above the tolerance",
                1,
                gradcheck_cases.near_the_tolerance,
                n_cases=2,
                answer=("ok in double precision", "ok in single precision"),
            ),
            Part(
                "functions many million times larger and smaller", 0.5, gradcheck_cases.scaled, n_cases=4, answer="ok"
            ),
            Part(
                "zeros, NaN and infinity",
                0.5,
                gradcheck_cases.zero_and_nan,
                n_cases=4,
                answer=("ok of a constant's gradient", "(ok, worst)", "(ok, worst) where f returns NaN"),
            ),
            Part(
                "single precision",
                0.5,
                gradcheck_cases.single_precision,
                n_cases=4,
                answer=("ok", "(ok, worst) of one entry that is off"),
            ),
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
            Part("several epochs, each from h = 0", 1.5, _training(several_epochs=True), answer="weights"),
            Part("the loss of every epoch", 1, _training(several_epochs=True, wanted=1), answer="losses"),
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
