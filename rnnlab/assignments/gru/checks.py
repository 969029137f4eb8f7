"""Assignment 9, GRU: one step, its gradients, and the same weights in other libraries."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnlab.assignments._results import one_of
from rnnlab.assignments._series import loud, magnitude
from rnnlab.assignments.gru.mistakes import MISTAKES
from rnnlab.checks.pick import pick
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy

ALLOWS = ("data", "optimizers")
HIDES = (
    "rnnlab.gru",
    "rnnlab.kernels.gru",
    "rnnlab.convert",
    "rnnlab.stack",
    "rnnlab.bidirectional",
    "rnnlab.variants",
    "rnnlab.rtrl",
    "rnnlab.analysis",
)
FORMS = ("rnnlab", "torch", "keras")
TWICE, THRICE = 23, 34  # cases that go twice, or three times, through the plan of sizes: once with each option
STEP = ("h", "r", "z", "n")
_LARGE = 3000.0  # a state beyond what anybody might cut it off at
BACK = ("dx", "dh", "dparams")
Params = dict[str, np.ndarray]


def _sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def _split(array):
    return np.split(array, 3, axis=-1)


def _candidate(x, h, r, params, reset):
    """Return what the recurrent product reads, and the product with its bias b_hn."""
    read = r * h if reset == "before" else h
    return read, read @ params["w_h"][2 * h.shape[1] :].T + params["b_hn"]


def gru_step(x, h, params, reset):
    n_hidden = h.shape[1]
    x_r, x_z, x_n = _split(x @ params["w_x"].T + params["b_h"])
    gates = h @ params["w_h"][: 2 * n_hidden].T
    r, z = _sigmoid(x_r + gates[:, :n_hidden]), _sigmoid(x_z + gates[:, n_hidden:])
    _, q = _candidate(x, h, r, params, reset)
    n = np.tanh(x_n + (r * q if reset == "after" else q))
    return (1 - z) * n + z * h, r, z, n


def gru_step_backward(dh, x, h, r, z, n, params, reset):
    read, q = _candidate(x, h, r, params, reset)
    da_n = dh * (1 - z) * (1 - n * n)
    da_z = dh * (h - n) * z * (1 - z)
    dq = r * da_n if reset == "after" else da_n
    dread = dq @ params["w_h"][2 * h.shape[1] :]
    dr = da_n * q if reset == "after" else dread * h
    da_r = dr * r * (1 - r)
    gates = np.concatenate([da_r, da_z], axis=1)
    da = np.concatenate([gates, da_n], axis=1)
    dh_before = dh * z + gates @ params["w_h"][: 2 * h.shape[1]] + (dread if reset == "after" else r * dread)
    dparams = {
        "w_x": da.T @ x,
        "w_h": np.concatenate([gates.T @ h, dq.T @ read]),
        "b_h": da.sum(axis=0),
        "b_hn": dq.sum(axis=0),
    }
    return da @ params["w_x"], dh_before, dparams


def _to_keras_order(array):
    r, z, n = np.split(array, 3)
    return np.concatenate([z, r, n])


def _from_rnnlab(params: Params, target: str) -> Params:
    w_x, w_h, b_h, b_hn = (params[name] for name in ("w_x", "w_h", "b_h", "b_hn"))
    second = np.concatenate([np.zeros(2 * len(b_hn)), b_hn])
    if target == "torch":
        return {"weight_ih_l0": w_x, "weight_hh_l0": w_h, "bias_ih_l0": b_h.copy(), "bias_hh_l0": second}
    if target == "keras":
        kernel, recurrent = (_to_keras_order(w).T for w in (w_x, w_h))
        bias = np.stack([_to_keras_order(b_h), _to_keras_order(second)])
        return {"kernel": kernel, "recurrent_kernel": recurrent, "bias": bias}
    return params


def _to_rnnlab(params: Params, source: str) -> Params:
    if source == "rnnlab":
        return params
    if source == "torch":
        w_x, w_h, first, second = (params[f"{kind}_l0"] for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    else:
        # Exchanging the first two of three blocks undoes itself.
        w_x, w_h = (_to_keras_order(params[name].T) for name in ("kernel", "recurrent_kernel"))
        first, second = (_to_keras_order(bias) for bias in params["bias"])
    n_hidden = len(first) // 3
    b_h = np.concatenate([(first + second)[: 2 * n_hidden], first[2 * n_hidden :]])
    return {"w_x": w_x, "w_h": w_h, "b_h": b_h, "b_hn": second[2 * n_hidden :]}


def convert_gates(params, source, target):
    return _from_rnnlab(_to_rnnlab(params, source), target)


def _params(draw: CaseGenerator, n_input: int, n_hidden: int) -> Params:
    return {
        "w_x": draw.array(3 * n_hidden, n_input, scale=0.7),
        "w_h": draw.array(3 * n_hidden, n_hidden, scale=0.7),
        "b_h": draw.array(3 * n_hidden, scale=0.7),
        "b_hn": draw.array(n_hidden, scale=0.7),
    }


def _case(draw: CaseGenerator, large: float = 30.0):
    """Draw a step's input, state and weights; the state is by turns ordinary, `large` and tiny."""
    n_batch, n_input, n_hidden = draw.size(), draw.size(), draw.size()
    if draw.different:
        n_input = 3 * n_hidden  # w_x is square: no shape tells which way round it is
    elif draw.case % 4 == 3 and draw.square:
        n_hidden = n_input  # square by turns, for either reset
    size = 0.0 if draw.case == 10 else (1.0, 1.0, large, 1e-7)[draw.case // 2 % 4]  # 0 is where most sequences start
    h = size * draw.array(n_batch, n_hidden)
    return loud(draw) * draw.array(n_batch, n_input), h, _params(draw, n_input, n_hidden)


def _step(item: int, *resets: str) -> Callable:
    def probe(ask: StudentProxy, draw: CaseGenerator):
        x, h, params = _case(draw, _LARGE)
        return one_of(ask("gru_step", x, h, params, draw.option(*resets)), STEP, item)

    return probe


def _state(ask: StudentProxy, draw: CaseGenerator):
    """Ask with one reset and, for the same arrays, with the other: what is kept of the first answer will show."""
    x, h, params = _case(draw, _LARGE)
    resets = ("after", "before")[:: draw.option(1, -1)]
    return tuple(one_of(ask("gru_step", x, h, params, reset), STEP, 0) for reset in resets)


def _set_block(params: Params, block: int, name: str, value: float) -> None:
    n_hidden = len(params["b_hn"])
    params[name][block * n_hidden : (block + 1) * n_hidden] = value


def _extreme_step(ask: StudentProxy, draw: CaseGenerator):
    """Open or shut the gates altogether, by biases so large that exp(-a) or exp(a) overflows."""
    x, h, params = _case(draw)
    _open_or_shut(draw, params)
    return ask("gru_step", x, h, params, "after" if draw.case % 8 < 4 else "before")


def _open_or_shut(draw: CaseGenerator, params: Params) -> None:
    r, z = ((1, 1), (-1, -1), (1, -1), (-1, 1))[draw.case % 4]
    far = draw.rng.uniform(800, 1500)
    _set_block(params, 0, "b_h", far * r)
    _set_block(params, 1, "b_h", far * z)


def _backward(*path: Any, resets: tuple[str, ...] = ("after", "before")) -> Callable:
    def probe(ask: StudentProxy, draw: CaseGenerator):
        x, h, params = _case(draw)
        reset = draw.option(*resets)
        _, r, z, n = gru_step(x, h, params, reset)
        dh = magnitude(draw) * draw.array(*h.shape)
        return one_of(ask("gru_step_backward", dh, x, h, r, z, n, params, reset), BACK, *path)

    return probe


def _biases_backward(ask: StudentProxy, draw: CaseGenerator):
    dparams = _backward(2)(ask, draw)
    return pick(dparams, "b_h"), pick(dparams, "b_hn")


def _extreme_backward(ask: StudentProxy, draw: CaseGenerator):
    """With z = 1 the gradient passes unchanged, with z = 0 all of it goes through the candidate; r is 0 or 1."""
    x, h, params = _case(draw)
    reset = "after" if draw.case % 8 < 4 else "before"
    _open_or_shut(draw, params)
    _, r, z, n = gru_step(x, h, params, reset)
    return ask("gru_step_backward", draw.array(*h.shape), x, h, r, z, n, params, reset)


def _two_biases(params: Params, form: str):
    return params["bias"] if form == "keras" else (params["bias_ih_l0"], params["bias_hh_l0"])


def _spread_bias(draw: CaseGenerator, params: Params, form: str) -> Params:
    """Share the biases of r and z between the two that PyTorch and Keras keep."""
    if form == "rnnlab":
        return params
    first, second = _two_biases(params, form)
    n_gates = 2 * len(first) // 3
    share = draw.array(n_gates)
    first[:n_gates] -= share
    second[:n_gates] += share
    return params


def _converted(*directions: tuple[str, str]) -> Callable:
    """Probe conversions by turns; what is not unique, how r and z share two biases, is judged by their sum."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        source, target = draw.option(*directions)
        _, _, ours = _case(draw)
        params = _spread_bias(draw, _from_rnnlab(ours, source), source)
        return _settled(ask("convert_gates", params, source, target), ours)

    return probe


def _settled(answer: Any, ours: Params) -> Any:
    """Return converted weights with their biases shared in the one way that `_from_rnnlab` shares them.

    The form is told by the names, for another target may have been asked for than the probe had drawn.
    """
    likes = {form: _from_rnnlab(ours, form) for form in FORMS}
    named = isinstance(answer, dict) and next((f for f, like in likes.items() if sorted(answer) == sorted(like)), None)
    if not named:
        return answer
    form, like = named, likes[named]
    if not all(isinstance(a, np.ndarray) and a.shape == like[name].shape for name, a in answer.items()):
        return answer
    if form == "rnnlab" or any(a.dtype != np.float64 for a in answer.values()):
        return answer
    settled = {name: a.copy() for name, a in answer.items()}
    first, second = _two_biases(settled, form)
    n_gates = 2 * len(first) // 3
    first[:n_gates] += second[:n_gates]
    second[:n_gates] = 0
    return settled


def _there_and_back(ask: StudentProxy, draw: CaseGenerator):
    """Convert from PyTorch to Keras and on to ours, and run the network before and after."""
    _, _, ours = _case(draw)
    theirs = _spread_bias(draw, _from_rnnlab(ours, "torch"), "torch")
    params = ask("convert_gates", ask("convert_gates", theirs, "torch", "keras"), "keras", "rnnlab")
    fits = isinstance(params, dict) and all(
        isinstance(params.get(name), np.ndarray) and params[name].shape == a.shape for name, a in ours.items()
    )
    if not fits:
        return params
    h = draw.array(2, len(ours["b_hn"]))
    for x in draw.array(5, 2, ours["w_x"].shape[1]):
        h = gru_step(x, h, params, "after")[0]
    return h


def _question(
    id: str, title: str, names: tuple[str, ...], reference: dict, parts: tuple[Part, ...], **more
) -> Question:
    return Question(id, title, names, reference, parts, MISTAKES.get(id, ()), hides=HIDES, **more)


QUESTIONS = (
    _question(
        "9.1",
        "One step: gru_step",
        ("gru_step",),
        {"gru_step": gru_step},
        (
            Part("the reset gate r", 0.5, _step(1, "after", "before"), n_cases=TWICE, answer="r"),
            Part("the update gate z", 0.5, _step(2, "after", "before"), n_cases=TWICE, answer="z"),
            Part("the candidate n, reset after the product", 0.5, _step(3, "after"), answer="n"),
            Part("the candidate n, reset before the product", 0.5, _step(3, "before"), answer="n"),
            Part("the new state h", 1, _state, answer=("h", "h with the other reset")),
            Part("gates wide open and shut", 0.5, _extreme_step, n_cases=8, answer=STEP),
        ),
        shape_points=0.25,
        untouched_points=0.25,
        keeps=("h",),
    ),
    _question(
        "9.2",
        "Backward through the step: gru_step_backward",
        ("gru_step_backward",),
        {"gru_step_backward": gru_step_backward},
        (
            Part("dx", 0.75, _backward(0), n_cases=TWICE, answer="dx"),
            Part("dh, reset after the product", 0.75, _backward(1, resets=("after",)), answer="dh"),
            Part("dh, reset before the product", 0.75, _backward(1, resets=("before",)), answer="dh"),
            Part("dw_x", 0.5, _backward(2, "w_x"), n_cases=TWICE, answer="dparams['w_x']"),
            Part("dw_h", 1, _backward(2, "w_h"), n_cases=TWICE, answer="dparams['w_h']"),
            Part("db_h and db_hn", 1, _biases_backward, n_cases=TWICE, answer=("dparams['b_h']", "dparams['b_hn']")),
            Part("the limits z = 1 and z = 0", 0.75, _extreme_backward, n_cases=8, answer=BACK),
        ),
        shape_points=0.25,
        untouched_points=0.25,
    ),
    _question(
        "9.3",
        "The same weights elsewhere: convert_gates",
        ("convert_gates",),
        {"convert_gates": convert_gates},
        (
            Part(
                "from PyTorch",
                0.5,
                _converted(("torch", "rnnlab"), ("torch", "torch")),
                n_cases=TWICE,
                answer="params",
                read_only=True,
            ),
            Part(
                "to PyTorch",
                0.5,
                _converted(("rnnlab", "torch"), ("keras", "torch")),
                n_cases=TWICE,
                answer="params",
                read_only=True,
            ),
            Part(
                "from Keras",
                0.5,
                _converted(("keras", "rnnlab"), ("keras", "keras")),
                n_cases=TWICE,
                answer="params",
                read_only=True,
            ),
            Part(
                "to Keras",
                0.5,
                _converted(("rnnlab", "keras"), ("torch", "keras"), ("rnnlab", "rnnlab")),
                n_cases=THRICE,
                answer="params",
                read_only=True,
            ),
            Part("from PyTorch to Keras to here: the same states", 0.5, _there_and_back, answer="h"),
        ),
        shape_points=0.25,
        untouched_points=0.25,
        views=True,  # what need not be moved may stay
        keeps=("params",),
    ),
    _question(
        "9.4",
        "A prediction",
        ("predicted_steps",),
        {"predicted_steps": lambda: 7},
        (Part("the number of steps", 1, lambda ask, draw: ask("predicted_steps"), n_cases=1),),
    ),
)
