"""Right answers that few would write: other containers, kinds of numbers, styles and formulas. All have full marks."""

import functools
import itertools
import math
from collections import OrderedDict, UserDict, UserList, deque, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest
import scipy.linalg
import scipy.special
from assignments.wrong_answers import accepted

from rnnlab import checks
from rnnlab.checks.student import LocalStudent


def right(question, name):
    return checks.find(question).reference[name]


def wrapped(question, name, form):
    return question, {name: lambda *args: form(right(question, name)(*args))}


class StepOfOwn:
    """A step that is an object, with its product written as a sum over columns."""

    def __call__(self, x, h, w_x, w_h, b_h):
        a = sum(np.outer(column, w) for column, w in zip(x.T, w_x.T, strict=True))
        return np.tanh(a + sum(np.outer(column, w) for column, w in zip(h.T, w_h.T, strict=True)) + b_h)


def step_by_exponentials(x, h, w_x, w_h, b_h):
    return 2 * scipy.special.expit(2 * (np.einsum("bi,hi->bh", x, w_x) + np.einsum("bj,hj->bh", h, w_h) + b_h)) - 1


def step_of_a_joint_matrix(x, h, w_x, w_h, b_h):
    ones = np.ones((len(x), 1))
    return np.tanh(np.block([x, h, ones]) @ np.block([w_x, w_h, b_h[:, None]]).T)


def forward_by_accumulate(x, h_0, w_x, w_h, b_h, w_y, b_y):
    states = itertools.accumulate(x, lambda h, x_t: np.tanh(x_t @ w_x.T + h @ w_h.T + b_h), initial=h_0)
    h = np.array(list(states))
    return h, np.inner(h[1:], w_y) + b_y


def forward_by_a_generator(x, h_0, w_x, w_h, b_h, w_y, b_y):
    def states(h):
        yield h
        for x_t in x:
            h = np.tanh(np.dot(x_t, w_x.T) + np.dot(h, w_h.T) + b_h)
            yield h

    h = np.fromiter(states(h_0), np.dtype((float, h_0.shape)), count=len(x) + 1)
    return deque([h, np.tensordot(h[1:], w_y, (2, 1)) + b_y])


def count_by_arrays(cell, n_input, n_hidden, n_output):
    gates = np.int16({"rnn": 1, "gru": 3, "lstm": 4, "bidirectional": 1}[cell])
    one = Fraction(int(gates) * n_hidden * (n_input + n_hidden + 1) + (n_hidden if cell == "gru" else 0))
    both = 2 if cell == "bidirectional" else 1
    return both * one + n_output * (both * n_hidden + 1)


def windows_by_hankel(series, k, horizon):
    n = len(series) - k - horizon + 1
    return UserList([scipy.linalg.hankel(series[:n], series[n - 1 : n + k - 1]), series[k + horizon - 1 :].copy()])


def mse_by_sums(y, target, mask):
    error = np.where(np.asarray(mask)[:, :, None], y - target, 0.0)
    n = int(np.count_nonzero(mask)) * y.shape[-1]
    return np.array(np.sum(np.square(error)) / n), np.divide(2 * error, n)


def _lstm_scalar(x, h_0, c_0, params):
    """Go through steps, rows and units one at a time."""
    n_steps, n_batch, _ = x.shape
    n = h_0.shape[1]
    h, c, gates = np.empty((n_steps + 1, n_batch, n)), np.empty((n_steps + 1, n_batch, n)), []
    h[0], c[0] = h_0, c_0
    for t in range(n_steps):
        a = np.dot(x[t], params["w_x"].T) + np.dot(h[t], params["w_h"].T) + params["b_h"]
        value = np.where(np.arange(4 * n) // n == 2, np.tanh(a), scipy.special.expit(a))
        gates.append(value)
        i, f, g, o = (value[:, k * n : (k + 1) * n] for k in range(4))
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    return namedtuple("Result", "h c gates")(h, c, np.array(gates))


def sample_by_gumbel(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    h, symbol, out = np.zeros(len(params["b_h"])), start, np.empty(n, np.int32)
    for t in range(n):
        h = np.tanh(params["w_x"][:, symbol] + params["w_h"] @ h + params["b_h"])
        logits = (params["w_y"] @ h + params["b_y"]) / temperature
        out[t] = symbol = int(np.argmax(logits + rng.gumbel(size=len(logits))))
    return out


@dataclass
class Beam:
    score: float
    symbols: list
    state: object
    last: int


def beam_by_objects(step, start, width, n):
    beams = [Beam(0.0, [], *start)]
    for _ in range(n):
        longer = []
        for beam in beams:
            state, log_p = step(beam.state, beam.last)
            longer += [Beam(beam.score + p, [*beam.symbols, i], state, i) for i, p in enumerate(np.asarray(log_p))]
        longer.sort(key=lambda beam: -beam.score)
        del longer[width:]
        beams = longer
    return np.array(beams[0].symbols, np.uint8), np.float64(beams[0].score)


def beam_in_bytes(step, start, width, n):
    """Keep symbols as bytes, add scores where the log-probabilities stand, and ask by name."""
    beams = [(0.0, np.zeros(0, np.uint8), *start)]
    for _ in range(n):
        longer = []
        for score, symbols, last_state, last in beams:
            state, log_p = step(state=last_state, symbol=last)
            log_p += score
            longer += [(log_p[i], np.append(symbols, i), state, i) for i in np.arange(len(log_p), dtype=np.uint8)]
        beams = sorted(longer, key=lambda beam: -beam[0])[:width]
    return beams[0][1], float(beams[0][0])


def bias_by_logs(b_h, half_life):
    n = len(b_h) // 4
    bias = -half_life / math.log(2)  # a first guess, made exact below
    keep = math.log(2) / half_life
    bias = -keep - math.log(-math.expm1(-keep))
    return np.concatenate([b_h[:n], np.full(n, bias), b_h[2 * n :]])


def reverse_by_lists(x, lengths):
    out = np.array(x)
    for b, n in enumerate(np.asarray(lengths).tolist()):
        out[:n, b] = x[n - 1 :: -1, b] if n else x[:0, b]
    return out


def clip_by_hypot(gradients, c):
    scale = max((float(np.max(np.abs(g), initial=0.0)) for g in gradients.values()), default=0.0)
    if scale == 0 or math.isinf(c):
        return MappingProxyType({name: g.copy() for name, g in gradients.items()})
    length = scale * math.sqrt(math.fsum(float(np.sum((g / scale) ** 2)) for g in gradients.values()))
    factor = 1.0 if length <= c else c / length
    return OrderedDict((name, g * factor) for name, g in reversed(list(gradients.items())))


ANSWERS = {
    "a step that is an object": ("2.1", {"rnn_step": StepOfOwn()}),
    "a step by the logistic function": ("2.1", {"rnn_step": step_by_exponentials}),
    "a step of one joint matrix": ("2.1", {"rnn_step": step_of_a_joint_matrix}),
    "a step in Fortran's order": wrapped("2.1", "rnn_step", np.asfortranarray),
    "a step as a matrix": wrapped("2.1", "rnn_step", lambda h: h.view(np.matrix)),
    "a step by a partial": ("2.1", {"rnn_step": functools.partial(step_of_a_joint_matrix)}),
    "states by accumulate": ("2.2", {"rnn_forward": forward_by_accumulate}),
    "states by a generator, in a deque": ("2.2", {"rnn_forward": forward_by_a_generator}),
    "layers in tuples of tuples": wrapped("2.3", "unfold", lambda layers: tuple(map(list, layers))),
    "a count as a fraction": ("2.4", {"count_parameters": count_by_arrays}),
    "a count as a decimal": wrapped("2.4", "count_parameters", Decimal),
    "a count as a float": wrapped("2.4", "count_parameters", float),
    "windows by a Hankel matrix, in a list of its own": ("1.1", {"make_windows": windows_by_hankel}),
    "an error of no dimension": wrapped("1.2", "persistence_mse", np.array),
    "a loss of no dimension": ("4.1", {"mse": mse_by_sums}),
    "a verdict of NumPy's": wrapped("4.4", "gradcheck", lambda r: (np.bool_(r[0]), tuple(map(np.int64, r[1])))),
    "products in a strided array": wrapped("6.1", "jacobian_products", lambda p: np.repeat(p, 2, axis=0)[::2]),
    "clipped gradients in another order": ("6.3", {"clip_by_norm": clip_by_hypot}),
    "symbols by Gumbel's trick, of 32 bits": ("7.5", {"sample": sample_by_gumbel}),
    "beams as objects, symbols of 8 bits": ("7.7", {"beam_search": beam_by_objects}),
    "symbols as bytes, scores added in place": ("7.7", {"beam_search": beam_in_bytes}),
    "rows reversed one by one": ("8.1", {"reverse_rows": reverse_by_lists}),
    "gradients in a mapping of its own": wrapped(
        "9.2", "gru_step_backward", lambda r: [r[0], r[1], UserDict(r[2])]
    ),
    "an LSTM in a named tuple": ("10.1", {"lstm_forward": _lstm_scalar}),
    "a bias by logarithms": ("10.3", {"forget_bias": bias_by_logs}),
    "kept states in a tuple": wrapped("12.3", "forward_checkpointed", lambda r: [tuple(r[0]), r[1]]),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_an_unusual_right_answer_has_full_marks(name):
    question, functions = ANSWERS[name]
    accepted(question, functions)


# With these seeds, gates and units were so nearly 0 or 1 that z - z² and z (1 - z) differ by more than the tolerance.
SATURATED = {"9.2": 109597290218856912898135034919009468804}


@pytest.mark.parametrize("number", SATURATED)
def test_the_slope_of_a_gate_that_is_nearly_open_may_be_written_in_either_form(number):
    question = checks.find(number)
    (assignment,) = (a for a in checks.packages() if question in checks.load(a))
    for answer in checks.other_answers(assignment)[number][:3]:
        report = question.examine(LocalStudent({**question.reference, **answer.functions}), SATURATED[number])
        assert report.points == question.points, str(report)


def _squared_again_and_again(w_h, name):
    """Find the rate from the length of a power of w_h so high that nothing else is left."""
    w, log_length = (0.25 if name == "sigmoid" else 1.0) * w_h, 0.0
    for _ in range(60):
        length = np.linalg.norm(w)
        if length == 0:
            return 0.0
        w, log_length = (w / length) @ (w / length), 2 * (log_length + math.log(length))
    return math.exp((log_length + math.log(np.linalg.norm(w))) / 2.0**60)


def _in_another_order(x, layers):
    """Add the bias first, the input's product last."""
    *hidden, (w_y, b_y) = layers
    h = np.zeros((x.shape[1], len(hidden[0][1])))
    for x_t, (weight, bias) in zip(x, hidden, strict=True):
        h = np.tanh(bias + h @ weight[:, x.shape[2] :].T + x_t @ weight[:, : x.shape[2]].T)
    return np.inner(h, w_y) + b_y


# With these seeds, weights that were whole numbers had an eigenvalue twice, or magnified rounding at each step.
SEEDS_OF_WHOLE_NUMBERS = {
    "6.2": ({"decay_rate": _squared_again_and_again}, (37, 186)),
    "2.3": ({"feedforward": _in_another_order}, (25,)),
}


@pytest.mark.parametrize("number", SEEDS_OF_WHOLE_NUMBERS)
def test_weights_that_are_whole_numbers_do_not_make_rounding_decide(number):
    functions, seeds = SEEDS_OF_WHOLE_NUMBERS[number]
    accepted(number, functions, seeds)
