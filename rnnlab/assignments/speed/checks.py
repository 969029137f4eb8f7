"""Assignment 12, speed: the compiled network, forward and backward, and backpropagation with less memory."""

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from rnnlab import readout, rnn
from rnnlab.assignments._results import one_of
from rnnlab.assignments._series import lasting, loud, magnitude, settled, steps
from rnnlab.assignments.speed.mistakes import MISTAKES
from rnnlab.assignments.speed.state_counter import StateCounter
from rnnlab.checks.compare import difference, named_difference
from rnnlab.checks.pick import pick
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.checks.student import Failed, Student, wrong
from rnnlab.kernels.compile import JIT

ALLOWS = ("optimizers",)
HIDES = (
    "rnnlab.rnn",
    "rnnlab.kernels.rnn",
    "rnnlab.bptt",
    "rnnlab.rtrl",
    "rnnlab.training",
    "rnnlab.stack",
    "rnnlab.bidirectional",
    "rnnlab.variants",
)
GRADIENTS = ("dw_x", "dw_h", "db_h", "dw_y", "db_y", "dx", "dh_0")
# The interpreter needs at least five instructions for a step: fetch what to do and what with, do it, keep it, go back.
# What stands around a compiled loop takes some hundred in all; the most that we know, a generalised ufunc of Numba's
# with its search for types, takes 12 000. Longer sequences would set the two further apart, but a wrong answer's report
# runs every known mistake over them.
N_STEPS = 5000
MOST = 3 * N_STEPS
MOST_STEPS = 15  # on the way back, for each step of the sequence: with all halves halved it is 11 where there are 420
ATTEMPTS = 3  # Numba may compile once more at a later call
INTERPRETED = (
    f"the values are right, but the loop over time is run by the interpreter: for {N_STEPS} steps it executed more "
    f"than {MOST} instructions"
)
Gradients = dict[str, np.ndarray]
_untyped: "weakref.WeakKeyDictionary[Student, dict[str, Failed]]" = weakref.WeakKeyDictionary()


def rnn_forward_fast(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = rnn.forward(rnn.Params(w_x, w_h, b_h), x, h_0).h
    return h, readout.forward(readout.Params(w_y, b_y), h[1:]).y


def rnn_backward_fast(dy, x, h, w_x, w_h, w_y):
    weights, dh = readout.backward(readout.forward(readout.Params(w_y, np.zeros(len(w_y))), h[1:]), dy)
    lengths = np.full(x.shape[1], len(x))
    tape = rnn.Tape(rnn.Params(w_x, w_h, np.zeros(len(w_h))), x, h, lengths, "tanh")
    recurrent, dx, dh_0 = rnn.backward(tape, dh)
    return *recurrent, weights.w_y, weights.b_y, dx, dh_0


def forward_checkpointed(step, x, h_0):
    every = int(np.ceil(np.sqrt(len(x))))
    kept, h = [], h_0
    for t, x_t in enumerate(x):
        if t % every == 0:
            kept.append(h)
        h = step(x_t, h)
    return kept, h


def backward_checkpointed(step, step_backward, dh, x, kept):
    every = int(np.ceil(np.sqrt(len(x))))
    dx, carried = np.empty_like(x), np.zeros_like(dh[0])
    total: Gradients = {}
    for k in reversed(range(len(kept))):
        times = range(k * every, min((k + 1) * every, len(x)))
        states = [kept[k]]
        for t in times[:-1]:
            states.append(step(x[t], states[-1]))
        for t in reversed(times):
            dx[t], carried, dparams = step_backward(dh[t] + carried, x[t], states.pop())
            total = {name: total.get(name, 0) + gradient for name, gradient in dparams.items()}
    return dx, carried, total


def _ask(ask: StudentProxy, function: str, *args: Any) -> Any:
    """Ask, but only once for what Numba cannot type: it would try anew at each call, and take its time."""
    failures = _untyped.setdefault(ask.student, {})
    if function in failures:
        raise failures[function]
    try:
        return ask(function, *args)
    except Failed as failed:
        if failed.message.startswith(("TypingError", "UnsupportedError", "LoweringError", "UnsupportedBytecodeError")):
            failures[function] = failed
        raise


def _weights(draw: CaseGenerator, n_input: int, n_hidden: int, n_output: int):
    w_x, w_h = draw.array(n_hidden, n_input, scale=0.7), draw.array(n_hidden, n_hidden, scale=0.7)
    return w_x, w_h, draw.array(n_hidden, scale=0.7), draw.array(n_output, n_hidden), draw.array(n_output)


def _case(draw: CaseGenerator):
    """Draw a network and what it reads; a layer that is large has more units than the notebook's, which are 128."""
    n_batch, n_input, n_hidden, n_output = draw.size(), draw.size(), draw.size(large=130), draw.size()
    if draw.case % 3 == 2 and draw.square:
        n_input = n_output = n_hidden
    n_steps = steps(draw)
    weights = _weights(draw, n_input, n_hidden, n_output)
    if max(n_steps, n_hidden) > 12:
        weights = (*lasting(*weights[:3]), *weights[3:])
    x = loud(draw, n_steps) * draw.array(n_steps, n_batch, n_input)
    return x, draw.array(n_batch, n_hidden), weights


def _long_case(draw: CaseGenerator):
    """Draw a small network that forgets, and a sequence so long that the steps outnumber all else."""
    w_x, w_h, b_h, w_y, b_y = _weights(draw, 1, 4, 1)
    return draw.array(N_STEPS, 2, 1), draw.array(2, 4), (w_x, 0.5 * w_h, b_h, w_y, b_y)


def _forward(item: int) -> Callable:
    def probe(ask: StudentProxy, draw: CaseGenerator):
        x, h_0, weights = _case(draw)
        return one_of(_ask(ask, "rnn_forward_fast", x, h_0, *weights), ("h", "y"), item)

    return probe


def _carried(ask: StudentProxy, draw: CaseGenerator):
    """Cut the sequence anywhere and start the second half in the state where the first half ended."""
    x, h_0, weights = _case(draw)
    cut = int(draw.rng.integers(0, len(x)))
    h = pick(_ask(ask, "rnn_forward_fast", x[: cut + 1], h_0, *weights), 0)
    start = h[-1] if isinstance(h, np.ndarray) and h.shape[1:] == h_0.shape else h_0
    return _ask(ask, "rnn_forward_fast", x[cut:], start, *weights)


def _backward(*names: str) -> Callable:
    def probe(ask: StudentProxy, draw: CaseGenerator):
        x, h_0, weights = _case(draw)
        h, y = rnn_forward_fast(x, h_0, *weights)
        dy = magnitude(draw) * draw.array(*y.shape)
        answer = _ask(ask, "rnn_backward_fast", dy, x, h, weights[0], weights[1], weights[3])
        if not isinstance(answer, tuple | list) or len(answer) != len(GRADIENTS):
            return answer
        return tuple(answer[GRADIENTS.index(name)] for name in names)

    return probe


def _compiled(
    function: str, reference: Callable, case: Callable[[CaseGenerator], tuple], names: tuple[str, ...]
) -> Callable:
    """Return a probe that lets the function compile on one long sequence and counts instructions on fresh ones."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        args = case(draw)
        answer = _ask(ask, function, *args)
        if difference(answer, reference(*args), 1e-10) is not None:
            return answer
        message = INTERPRETED
        for _ in range(ATTEMPTS):
            args = case(draw)
            value, count = ask.counted(function, *args, most=MOST)
            if JIT and count.told:
                message = f"nothing can be told of where the loop runs, because your function {count.told}"
                continue
            differs = named_difference(value, reference(*args), 1e-10, names)
            if differs:
                raise wrong(f"right for one long sequence, but for the next one of the same shapes {differs.message}")
            if count.n <= MOST or not JIT:  # where nothing is compiled, nothing can be told
                return answer
        raise wrong(message)

    return probe


def _long_forward(draw: CaseGenerator) -> tuple:
    x, h_0, weights = _long_case(draw)
    return x, h_0, *weights


def _long_backward(draw: CaseGenerator) -> tuple:
    x, h_0, weights = _long_case(draw)
    w_x, w_h, _, w_y, _ = weights
    h, y = rnn_forward_fast(x, h_0, *weights)
    return draw.array(*y.shape), x, h, w_x, w_h, w_y


NAMES = ("w_x", "w_h", "b_h", "kernel", "recurrent", "bias", "u", "gain", "shift", "weight_ih", "b")


def _cell(draw: CaseGenerator, n_input: int, n_hidden: int) -> tuple[Callable, Callable]:
    """Return `step` and `step_backward` of a cell that the student cannot know.

    Its kind, the number of its weights and their names are drawn.
    """
    w_x, w_h, b_h, _, _ = _weights(draw, n_input, n_hidden, 1)
    w_h = settled(w_h)
    full = draw.case % 3 < 2  # else each unit reads itself alone
    n_biases = 2 * (draw.case % 2)  # none, or two as PyTorch has them
    names = draw.rng.permutation(NAMES)[: 2 + n_biases].tolist()

    def step(x_t, h):
        return np.tanh(x_t @ w_x.T + (h @ w_h.T if full else h * w_h[0]) + n_biases * b_h)

    def step_backward(dh, x_t, h):
        da = dh * (1 - step(x_t, h) ** 2)
        back, dw_h = (da @ w_h, da.T @ h) if full else (da * w_h[0], (da * h).sum(axis=0))
        gradients = da.T @ x_t, dw_h, *(da.sum(axis=0) for _ in range(n_biases))
        return da @ w_x, back, dict(zip(names, gradients, strict=True))

    return step, step_backward


def _checkpointed(
    ask: StudentProxy, draw: CaseGenerator, n_steps: int, fewest: int = 1, between: bool = False, size: float = 1.0
):
    """Go forward and backward with gradients of a size, perhaps with another sequence forward in between.

    Returns
    -------
    answer : any
        What came back at the end.
    n_kept : int
        How many states what was kept amounts to.
    held : array of int
        How many states were held at each call on the way back.
    """
    n_batch, n_input, n_hidden = draw.size(fewest), draw.size(), draw.size(fewest)
    step, step_backward = _cell(draw, n_input, n_hidden)
    x, h_0 = draw.array(n_steps, n_batch, n_input), draw.array(n_batch, n_hidden)
    counter = StateCounter(step, step_backward, h_0)
    kept, dh = pick(ask("forward_checkpointed", counter.step, x, h_0), 0), size * draw.array(n_steps, n_batch, n_hidden)
    turn = counter.calls
    if between:
        ask("forward_checkpointed", step, draw.array(*x.shape), draw.array(*h_0.shape))
    answer = ask("backward_checkpointed", counter.step, counter.step_backward, dh, x, kept)
    return answer, _numbers(kept) // h_0.size, counter.held()[turn + 1 :]


def _few_steps(draw: CaseGenerator, first: int = 0) -> int:
    """Return 1 in the first case, and then each number from 2 to 14, and two larger ones, in turn from the `first`.

    Nobody knows at which length a segment is cut wrongly, so that none is left to luck.
    """
    numbers = (*range(2, 15), 40, int(draw.rng.integers(15, 56)))
    return 1 if draw.case == 0 else numbers[(draw.case - 1 + first) % len(numbers)]


def _last_state(ask: StudentProxy, draw: CaseGenerator):
    n_batch, n_input, n_hidden = (draw.size() for _ in range(3))
    step, step_backward = _cell(draw, n_input, n_hidden)
    h_0 = draw.array(n_batch, n_hidden)
    counter = StateCounter(step, step_backward, h_0)
    return pick(ask("forward_checkpointed", counter.step, draw.array(_few_steps(draw), n_batch, n_input), h_0), 1)


def _checkpointed_gradients(*items: int, first: int = 0) -> Callable:
    """Probe for gradients. In every other case each forward pass is followed by one over another sequence."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        answer, _, _ = _checkpointed(
            ask, draw, _few_steps(draw, first), between=draw.case % 2 == 1, size=magnitude(draw)
        )
        if not isinstance(answer, tuple | list) or len(answer) != 3:
            return answer
        return tuple(answer[item] for item in items)

    return probe


def _few_states(ask: StudentProxy, draw: CaseGenerator):
    """Count the states that are held at once, on sequences so different in length that no fixed segment suits all.

    The shortest of them are those in which whoever keeps all states holds too many.

    Fewer states take more steps, but T² / 2 of them are out of all proportion: halving again and again takes T log T.
    """
    n_steps = int(draw.rng.integers(*((16, 20), (20, 101), (300, 421), (6, 8), (9, 13))[draw.case]))
    answer, n_kept, held = _checkpointed(ask, draw, n_steps, fewest=3)
    most = int(2 * np.sqrt(n_steps)) + 1
    if len(held) > MOST_STEPS * n_steps:
        raise wrong(
            f"for {n_steps} steps you asked for {len(held)} steps, forward or backward, on the way back; at most "
            f"{MOST_STEPS} times as many as there are were allowed"
        )
    if max(held.max(), n_kept) > most:
        raise wrong(
            f"for {n_steps} steps you held {held[0]} states after the forward pass, returned {n_kept} to be kept, and "
            f"held up to {held.max()} on the way back; at most {most} were allowed"
        )
    return answer


def _numbers(value: Any) -> int:
    """Return how many numbers a plain value holds."""
    if isinstance(value, dict):
        return sum(map(_numbers, value.values()))
    return sum(map(_numbers, value)) if isinstance(value, tuple | list) else np.size(value)


def _question(
    id: str, title: str, names: tuple[str, ...], reference: dict, parts: tuple[Part, ...], **more
) -> Question:
    # Answers are compiled, anew for every layout, and a signature may ask for contiguous arrays.
    return Question(id, title, names, reference, parts, MISTAKES.get(id, ()), hides=HIDES, layouts=False, **more)


QUESTIONS = (
    _question(
        "12.1",
        "Compiled: rnn_forward_fast",
        ("rnn_forward_fast",),
        {"rnn_forward_fast": rnn_forward_fast},
        (
            Part("the states h", 0.5, _forward(0), answer="h"),
            Part("the outputs y", 0.5, _forward(1), answer="y"),
            Part("cut anywhere and carried on: the same", 0.5, _carried, answer=("h", "y")),
            Part(
                "the loop over time is compiled",
                1,
                _compiled("rnn_forward_fast", rnn_forward_fast, _long_forward, ("h", "y")),
                n_cases=1,
                answer=("h", "y"),
            ),
        ),
        shape_points=0.25,
        untouched_points=0.25,
    ),
    _question(
        "12.2",
        "Compiled: rnn_backward_fast",
        ("rnn_backward_fast",),
        {"rnn_backward_fast": rnn_backward_fast},
        (
            Part("dw_x, dw_h and db_h", 1, _backward("dw_x", "dw_h", "db_h"), answer=("dw_x", "dw_h", "db_h")),
            Part("dw_y and db_y", 1, _backward("dw_y", "db_y"), answer=("dw_y", "db_y")),
            Part("dx and dh_0", 1, _backward("dx", "dh_0"), answer=("dx", "dh_0")),
            Part(
                "the loop over time is compiled",
                1.5,
                _compiled("rnn_backward_fast", rnn_backward_fast, _long_backward, GRADIENTS),
                n_cases=1,
                answer=GRADIENTS,
            ),
        ),
        shape_points=0.25,
        untouched_points=0.25,
    ),
    _question(
        "12.3",
        "With less memory: forward_checkpointed and backward_checkpointed",
        ("forward_checkpointed", "backward_checkpointed"),
        {"forward_checkpointed": forward_checkpointed, "backward_checkpointed": backward_checkpointed},
        (
            Part("the last state", 1, _last_state, answer="h_last"),
            Part("dx and dh_0", 1.25, _checkpointed_gradients(0, 1), n_cases=10, answer=("dx", "dh_0")),
            Part(
                "the gradients of the weights",
                1.25,
                _checkpointed_gradients(2, first=7),
                n_cases=10,
                answer=("dparams",),
            ),
            Part("few states held at once", 2, _few_states, n_cases=5, answer=("dx", "dh_0", "dparams")),
        ),
        shape_points=0.25,
        untouched_points=0.25,
    ),
    _question(
        "12.4",
        "A prediction",
        ("predicted_factor",),
        {"predicted_factor": lambda: 4 / 3},
        # A prediction is right to one in a hundred: 1.33 will do.
        (Part("the factor", 1, lambda ask, draw: ask("predicted_factor"), n_cases=1, tolerance=0.01),),
    ),
)
