"""Assignment 10, LSTM: the whole sequence forward, all gradients, and what the forget gate's bias is for."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnlab.assignments._results import one_of
from rnnlab.assignments._series import loud, magnitude, settled, steps
from rnnlab.assignments.lstm.mistakes import MISTAKES
from rnnlab.checks.pick import pick
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy

ALLOWS = ("data", "optimizers")
HIDES = (
    "rnnlab.lstm",
    "rnnlab.kernels.lstm",
    "rnnlab.convert",
    "rnnlab.stack",
    "rnnlab.bidirectional",
    "rnnlab.variants",
    "rnnlab.rtrl",
    "rnnlab.analysis",
)
STATES = ("h", "c", "gates")
BACK = ("dx", "dh_0", "dc_0", "dparams")
N_STEPS = 4000  # as many as 10.4's own experiment has
Params = dict[str, np.ndarray]


def _sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def _blocks(gates):
    """Return the four gates' columns: `np.split` takes longer than the arithmetic of a step."""
    n_hidden = gates.shape[1] // 4
    return [gates[:, block * n_hidden : (block + 1) * n_hidden] for block in range(4)]


def lstm_forward(x, h_0, c_0, params):
    n_hidden = h_0.shape[1]
    h, c, gates = [h_0], [c_0], []
    for x_t in x:
        a = x_t @ params["w_x"].T + h[-1] @ params["w_h"].T + params["b_h"]
        value = _sigmoid(a)
        value[:, 2 * n_hidden : 3 * n_hidden] = np.tanh(a[:, 2 * n_hidden : 3 * n_hidden])
        i, f, g, o = _blocks(value)
        gates.append(value)
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
    return np.stack(h), np.stack(c), np.stack(gates)


def lstm_backward(dh, dc_last, x, h, c, gates, params):
    da = np.empty_like(gates)
    into_h, into_c = np.zeros_like(dc_last), dc_last
    for t in reversed(range(len(x))):
        i, f, g, o = _blocks(gates[t])
        tanh_c = np.tanh(c[t + 1])
        total = dh[t] + into_h
        dc = into_c + total * o * (1 - tanh_c**2)
        slopes = dc * g * i * (1 - i), dc * c[t] * f * (1 - f), dc * i * (1 - g**2), total * tanh_c * o * (1 - o)
        da[t] = np.concatenate(slopes, axis=1)
        into_h, into_c = da[t] @ params["w_h"], dc * f
    dparams = {
        "w_x": np.einsum("tbk,tbd->kd", da, x),
        "w_h": np.einsum("tbk,tbj->kj", da, h[:-1]),
        "b_h": da.sum(axis=(0, 1)),
    }
    return da @ params["w_x"], into_h, into_c, dparams


def forget_bias(b_h, half_life):
    n_hidden = len(b_h) // 4
    changed = b_h.copy()
    changed[n_hidden : 2 * n_hidden] = -np.log(np.expm1(np.log(2) / half_life))
    return changed


def _params(draw: CaseGenerator, n_input: int, n_hidden: int) -> Params:
    return {
        "w_x": draw.array(4 * n_hidden, n_input, scale=0.7),
        "w_h": draw.array(4 * n_hidden, n_hidden, scale=0.7),
        "b_h": draw.array(4 * n_hidden, scale=0.7),
    }


def _case(draw: CaseGenerator, n_steps: int | None = None):
    n_batch, n_input, n_hidden = draw.size(), draw.size(), draw.size()
    if draw.different:
        n_input = 4 * n_hidden  # w_x is square: no shape tells which way round it is
    elif draw.case % 3 == 2 and draw.square:
        n_hidden = n_input  # square by turns: a missing .T then goes unnoticed
    n_steps = n_steps or steps(draw)
    params = _params(draw, n_input, n_hidden)
    if n_steps > 12:  # rounding stays small and the cell remembers
        params["w_h"] = settled(params["w_h"], 0.5)
        _set_gate(params, "f", 3.0)
    # a large cell state is one with which exp(c) overflows
    c_0 = (1.0, 1.0, 2000.0, 1e-7)[draw.case % 4] * draw.array(n_batch, n_hidden)
    x = loud(draw, n_steps) * draw.array(n_steps, n_batch, n_input)
    return x, draw.array(n_batch, n_hidden), c_0, params


def _forward(item: int, n_steps: int | None = None) -> Callable:
    return lambda ask, draw: one_of(ask("lstm_forward", *_case(draw, n_steps)), STATES, item)


def _hidden_states(ask: StudentProxy, draw: CaseGenerator):
    """Ask for the hidden states, in one case of as many steps as the notebook's last experiment has."""
    if draw.case != 7:
        return _forward(0)(ask, draw)
    x, start = draw.array(N_STEPS, 1, draw.size()), draw.array(1, 1)
    params = _params(draw, x.shape[2], 1)
    params["w_h"] = settled(params["w_h"], 0.5)
    return one_of(ask("lstm_forward", x, start, start, params), STATES, 0)


def _carried(ask: StudentProxy, draw: CaseGenerator):
    """Cut the sequence anywhere and start the second half in the states where the first half ended."""
    x, h_0, c_0, params = _case(draw)
    cut = int(draw.rng.integers(0, len(x)))
    first = ask("lstm_forward", x[: cut + 1], h_0, c_0, params)
    h, c = (_last(pick(first, item), h_0) for item in (0, 1))
    again = ask("lstm_forward", x[cut:], h, c, params)
    return one_of(again, STATES, 0), one_of(again, STATES, 1)


def _last(states: Any, start: np.ndarray) -> np.ndarray:
    fits = isinstance(states, np.ndarray) and states.ndim == 3 and states[-1].shape == start.shape
    return states[-1] if fits else start


def _set_gate(params: Params, gate: str, value: float) -> None:
    n_hidden, block = len(params["b_h"]) // 4, "ifgo".index(gate)
    params["b_h"][block * n_hidden : (block + 1) * n_hidden] = value


def _extreme_forward(ask: StudentProxy, draw: CaseGenerator):
    """Open or shut gates altogether, by biases so large that exp(-a) or exp(a) overflows."""
    x, h_0, c_0, params = _case(draw)
    _open_or_shut(draw, params)
    return ask("lstm_forward", x, h_0, c_0, params)


def _open_or_shut(draw: CaseGenerator, params: Params) -> None:
    for gate, bit in (("i", 1), ("f", 2), ("o", 4)):
        far = draw.rng.uniform(800, 1500)
        _set_gate(params, gate, far if draw.case & bit else -far)


def _backward(*path: Any) -> Callable:
    def probe(ask: StudentProxy, draw: CaseGenerator):
        x, h_0, c_0, params = _case(draw)
        if draw.case == 6:
            _open_or_shut(draw, params)
        h, c, gates = lstm_forward(x, h_0, c_0, params)
        size = magnitude(draw)
        dh, dc_last = size * draw.array(*h[1:].shape), size * draw.array(*c_0.shape)
        return one_of(ask("lstm_backward", dh, dc_last, x, h, c, gates, params), BACK, *path)

    return probe


def _from_the_cell(ask: StudentProxy, draw: CaseGenerator):
    """Send a gradient back from the last cell state alone; in every other case all gates are open or shut."""
    x, h_0, c_0, params = _case(draw)
    if draw.case % 2:
        _open_or_shut(draw, params)
    h, c, gates = lstm_forward(x, h_0, c_0, params)
    return ask("lstm_backward", np.zeros_like(h[1:]), draw.array(*c_0.shape), x, h, c, gates, params)


def _straight_road(ask: StudentProxy, draw: CaseGenerator):
    """With f = 1 and i = 0 the cell keeps c_0 for ever: whatever comes from the last c arrives as it set out.

    In one case it comes from so far that going back a hundred steps or so is not enough.
    """
    x, h_0, c_0, params = _case(draw, int(draw.rng.integers(130, 150)) if draw.case == 4 else None)
    _set_gate(params, "i", -1000.0)
    _set_gate(params, "f", 1000.0)
    h, c, gates = lstm_forward(x, h_0, c_0, params)
    answer = ask("lstm_backward", np.zeros_like(h[1:]), draw.array(*c_0.shape), x, h, c, gates, params)
    return one_of(answer, BACK, 2)


def _half_life(draw: CaseGenerator) -> float:
    """Return a half-life from the whole range that the text names, its two ends in the second and the third case.

    In the fifth it is a whole number.
    """
    low, high = np.log(0.05), np.log(1e5)
    half_life = float(np.exp({1: low, 2: high}.get(draw.case, draw.rng.uniform(low, high))))
    return int(half_life) + 1 if draw.case == 4 else half_life


def _bias(wanted: str) -> Callable:
    """Probe a bias for a drawn half-life, and look at the forget gate's block or at the others."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_hidden = draw.size()
        half_life = _half_life(draw)
        b_h = ask("forget_bias", draw.array(4 * n_hidden), half_life)
        if not isinstance(b_h, np.ndarray) or b_h.shape != (4 * n_hidden,):
            return b_h
        inside = np.arange(4 * n_hidden) // n_hidden == 1
        return b_h[inside] if wanted == "forget" else b_h[~inside]

    return probe


def _halved(ask: StudentProxy, draw: CaseGenerator):
    """Run a cell whose input gate is shut for one half-life, and see what is left of c_0."""
    n_hidden, n_steps = draw.size(), int(draw.rng.integers(1, 200))
    b_h = ask("forget_bias", draw.array(4 * n_hidden), n_steps)
    if not isinstance(b_h, np.ndarray) or b_h.shape != (4 * n_hidden,):
        return b_h
    params = {"w_x": np.zeros((4 * n_hidden, 1)), "w_h": np.zeros((4 * n_hidden, n_hidden)), "b_h": b_h}
    _set_gate(params, "i", -1000.0)
    h_0, c_0 = np.zeros((1, n_hidden)), draw.array(1, n_hidden)
    return lstm_forward(np.zeros((n_steps, 1, 1)), h_0, c_0, params)[1][-1]


def _question(
    id: str, title: str, names: tuple[str, ...], reference: dict, parts: tuple[Part, ...], **more
) -> Question:
    return Question(id, title, names, reference, parts, MISTAKES.get(id, ()), hides=HIDES, **more)


QUESTIONS = (
    _question(
        "10.1",
        "The whole sequence: lstm_forward",
        ("lstm_forward",),
        {"lstm_forward": lstm_forward},
        (
            Part("the gates of a single step", 0.75, _forward(2, n_steps=1), n_cases=8, answer="gates"),
            Part("the cell states c", 0.75, _forward(1), n_cases=8, answer="c"),
            Part("the hidden states h", 0.75, _hidden_states, n_cases=8, answer="h"),
            Part("cut anywhere and carried on: the same", 0.75, _carried, n_cases=8, answer=("h", "c")),
            Part("gates wide open and shut", 0.5, _extreme_forward, n_cases=8, answer=STATES),
        ),
        shape_points=0.25,
        untouched_points=0.25,
    ),
    _question(
        "10.2",
        "Backward through time: lstm_backward",
        ("lstm_backward",),
        {"lstm_backward": lstm_backward},
        (
            Part("dx", 1, _backward(0), n_cases=8, answer="dx"),
            Part("dh_0", 1, _backward(1), n_cases=8, answer="dh_0"),
            Part("dc_0", 1, _backward(2), n_cases=8, answer="dc_0"),
            Part("dw_x", 0.75, _backward(3, "w_x"), n_cases=8, answer="dparams['w_x']"),
            Part("dw_h", 1, _backward(3, "w_h"), n_cases=8, answer="dparams['w_h']"),
            Part("db_h", 0.75, _backward(3, "b_h"), n_cases=8, answer="dparams['b_h']"),
            Part(
                "a gradient from the last cell state alone",
                1,
                _from_the_cell,
                n_cases=8,
                answer=BACK,
            ),
            Part("f = 1 and i = 0: the straight road", 1, _straight_road, answer="dc_0"),
        ),
        shape_points=0.25,
        untouched_points=0.25,
        keeps=("dh",),
        views=True,  # who writes over dc_last may return it as dc_0
    ),
    _question(
        "10.3",
        "A cell that remembers: forget_bias",
        ("forget_bias",),
        {"forget_bias": forget_bias},
        (
            Part("the forget gate's bias", 0.5, _bias("forget"), answer="the forget gate's part of b_h"),
            Part("the other biases stay", 0.5, _bias("others"), answer="the rest of b_h"),
            Part("half is left after one half-life", 0.5, _halved, answer="the cell state after one half-life"),
        ),
        untouched_points=0.5,
        keeps=("b_h",),
    ),
    _question(
        "10.4",
        "A prediction",
        ("predicted_steps",),
        {"predicted_steps": lambda: 15},
        (Part("the number of steps", 1, lambda ask, draw: ask("predicted_steps"), n_cases=1),),
    ),
)
