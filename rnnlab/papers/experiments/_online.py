"""The training of the 1997 LSTM experiments: plain gradient descent after every sequence, with the library's cell.

Their cell has no forget gate, g = 4σ(a) - 2 = 2 tanh(a/2) and h = 2σ(c) - 1 = tanh(c/2). With c halved it is the
library's: a forget bias of 40 makes f exactly 1, and the candidate's rows start at half and step at a quarter.
"""

from collections.abc import Callable, Sequence

import numpy as np

from rnnlab import lstm, readout, variants

_OPEN = 40.0


def first_weights(
    rng: np.random.Generator,
    n_input: int,
    n_output: int,
    width: float,
    input_bias: Sequence[float] | None = None,
    output_bias: Sequence[float] | None = None,
    n_hidden: int = 4,
) -> variants.Params:
    """Draw weights from ±width, with given biases of the gates, one for each cell."""
    rows = 4 * n_hidden
    w_x, w_h = rng.uniform(-width, width, (rows, n_input)), rng.uniform(-width, width, (rows, n_hidden))
    b_h = rng.uniform(-width, width, rows)
    gate = {name: slice(n * n_hidden, (n + 1) * n_hidden) for n, name in enumerate(lstm.GATES)}
    w_x[gate["f"]], w_h[gate["f"]], b_h[gate["f"]] = 0, 0, _OPEN
    for array in (w_x, w_h, b_h):
        array[gate["g"]] /= 2
    for name, bias in (("i", input_bias), ("o", output_bias)):
        if bias is not None:
            b_h[gate[name]] = bias
    out = readout.Params(rng.uniform(-width, width, (n_output, n_hidden)), rng.uniform(-width, width, n_output))
    return variants.Params(lstm.Params(w_x, w_h, b_h), out)


def answers(params: variants.Params, x: np.ndarray, per_step: bool = False) -> tuple[variants.Tape, np.ndarray]:
    """Return the tape and the logistic outputs."""
    tape = (variants.many_to_many if per_step else variants.many_to_one)(lstm, params, x)
    return tape, 0.5 + 0.5 * np.tanh(tape.y / 2)


def learn(params: variants.Params, x: np.ndarray, target: np.ndarray, lr: float, per_step: bool = False) -> np.ndarray:
    """Take one step on ½ Σ e² of one sequence, in place, and return the error of each output before it."""
    tape, y = answers(params, x, per_step)
    error = y - target
    gradient = variants.backward(tape, error * y * (1 - y))[0]
    n_hidden = params.cell.w_h.shape[1]
    content = slice(2 * n_hidden, 3 * n_hidden)
    for part, change in zip(params.cell, gradient.cell, strict=True):
        change[content] /= 4
        part -= lr * change
    for part, change in zip(params.readout, gradient.readout, strict=True):
        part -= lr * change
    return error


def until(
    params: variants.Params,
    draw: Callable[[np.random.Generator], tuple],
    rng: np.random.Generator,
    lr: float,
    n_most: int,
    done: Callable[[np.ndarray], bool],
    n_block: int = 500,
) -> int:
    """Learn sequence by sequence until `done` accepts the last 2,000 errors; return how many it took, or `n_most`."""
    errors: list[np.ndarray] = []
    for start in range(0, n_most, n_block):
        x, target, lengths = draw(rng)
        for b in range(n_block):
            errors.append(learn(params, x[: lengths[b], b : b + 1], target[b : b + 1], lr)[0])
        errors = errors[-2000:]
        if len(errors) == 2000 and done(np.array(errors)):
            return start + n_block
    return n_most
