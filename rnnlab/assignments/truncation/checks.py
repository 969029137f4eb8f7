"""Assignment 5, truncation and learning online: BPTT(k1, k2), real-time recurrent learning, unbiased truncation."""

import itertools
from collections.abc import Sequence

import numpy as np

from rnnlab import bptt, readout, rnn
from rnnlab.assignments._drawing import per, rounded, unit
from rnnlab.assignments._series import loud, steady, steps
from rnnlab.assignments.truncation import cuts
from rnnlab.assignments.truncation.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy

ALLOWS = ("optimizers",)
HIDES = (
    "rnnlab.bptt",
    "rnnlab.rtrl",
    "rnnlab.rnn",
    "rnnlab.kernels.rnn",
    "rnnlab.kernels.train_step",
    "rnnlab.fused",
    "rnnlab.training",
    "rnnlab.stack",
    "rnnlab.bidirectional",
    "rnnlab.variants",
)
GRADIENTS = ("dw_x", "dw_h", "db_h", "dw_y", "db_y")


def tbptt(x, target, weights, k1, k2):
    h, dy = _errors(x, target, weights)
    dh, k1 = dy @ weights[3], min(k1, len(x))
    found = bptt.truncated(rnn, rnn.Params(*weights[:3]), x, lambda start, h: dh[start : start + len(h)], k1=k1, k2=k2)
    return *found.dparams, *_output_gradients(h, dy)


def _errors(x, target, weights):
    h = rnn.forward(rnn.Params(*weights[:3]), x).h
    return h, readout.forward(readout.Params(*weights[3:]), h[1:]).y - target


def _output_gradients(h, dy):
    return np.einsum("tbo,tbh->oh", dy, h[1:]), dy.sum(axis=(0, 1))


def rtrl_step(influence, x, h, w_x, w_h, b_h):
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    direct = np.einsum("ij,m->ijm", np.eye(len(h)), np.concatenate([x, h, [1.0]]))
    carried = np.einsum("il,ljm->ijm", w_h, influence)
    return (1 - after**2)[:, None, None] * (direct + carried), after


def randomly_truncated(x, target, weights, c, seed):
    cut = np.random.default_rng(seed).random(len(x) - 1) < c
    return _with_factors(x, target, weights, np.where(cut, 0.0, 1 / (1 - c)))


def _with_factors(x, target, weights, factors):
    """Return the gradients where what is carried from step t + 1 to step t is multiplied by factors[t]."""
    h, dy = _errors(x, target, weights)
    slope = 1 - h[1:] ** 2
    da = dy @ weights[3] * slope
    for t in range(len(x) - 2, -1, -1):
        da[t] += factors[t] * (da[t + 1] @ weights[1]) * slope[t]
    dw_x, dw_h = np.einsum("tbi,tbj->ij", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
    return dw_x, dw_h, da.sum(axis=(0, 1)), *_output_gradients(h, dy)


def _weights(draw: CaseGenerator, n_input: int, n_hidden: int, n_output: int, scale: float = 0.7):
    shapes = (n_hidden, n_input), (n_hidden, n_hidden), (n_hidden,), (n_output, n_hidden), (n_output,)
    return tuple(draw.array(*shape, scale=scale) for shape in shapes)


def _task(draw: CaseGenerator, n_steps: int):
    n_batch, n_input, n_hidden, n_output = (draw.size(1, 5) for _ in range(4))
    x, target = draw.array(n_steps, n_batch, n_input), draw.array(n_steps, n_batch, n_output)
    x *= loud(draw, n_steps)
    w_x, w_h, b_h, *output = _weights(draw, n_input, n_hidden, n_output)
    if n_steps > 20:  # so quiet that the first step is still heard at the end
        x, w_h, b_h = 0.05 * x, steady(draw, n_hidden, 0.99), 0.02 * b_h
    return x, target, (w_x, w_h, b_h, *output)


def _everything(ask: StudentProxy, draw: CaseGenerator):
    """Reach back at least to the first step, in blocks of any length, also of more steps than there are."""
    n_steps, k1 = steps(draw, 1, 9, 60), draw.size(1, 9)
    return ask("tbptt", *_task(draw, n_steps), k1, max(k1, n_steps) + draw.size(0, 2))


def _every_step(ask: StudentProxy, draw: CaseGenerator):
    k2 = draw.size(1, 5, large=30)
    return ask("tbptt", *_task(draw, k2 + draw.size(0, 6)), 1, k2)


def _side_by_side(ask: StudentProxy, draw: CaseGenerator):
    k = draw.size(1, 4, large=15)
    return ask("tbptt", *_task(draw, k * draw.size(1, 4)), k, k)


def _uneven(ask: StudentProxy, draw: CaseGenerator):
    """Let blocks overlap in their reach and the last one be short; the errors are by turns tiny and huge."""
    k1 = draw.size(2, 5)
    k2, rest = k1 + draw.size(1, 4, large=25), int(draw.rng.integers(1, k1))
    x, target, (*recurrent, w_y, b_y) = _task(draw, k1 * draw.size(1, 5, large=12) + rest)
    scale = unit(draw)
    answer = ask("tbptt", x, scale * target, (*recurrent, scale * w_y, scale * b_y), k1, k2)
    if not (isinstance(answer, tuple) and len(answer) == 5):
        return answer
    return (*(per(d, scale**2) for d in answer[:3]), *(per(d, scale) for d in answer[3:]))


def _single_loss(ask: StudentProxy, draw: CaseGenerator):
    """Give every step an input unit of its own and only one step an error: column t of dw_x is the blame of step t."""
    k1, k2 = draw.size(1, 3), draw.size(3, 5, large=20)
    n_steps = k2 + draw.size(3, 8)
    weights = _weights(draw, n_steps, draw.size(1, 4), 2)
    x = np.eye(n_steps)[:, None, :]
    h = rnn.forward(rnn.Params(*weights[:3]), x).h
    target = readout.forward(readout.Params(*weights[3:]), h[1:]).y
    target[int(draw.rng.integers(k2, n_steps))] += draw.array(1, 2)
    answer = ask("tbptt", x, target, weights, k1, k2)
    return answer[0] if isinstance(answer, tuple) and len(answer) == 5 else answer


def _rtrl_case(draw: CaseGenerator, loud: float = 1.0):
    # The influence has H² (D + H + 1) numbers, each a sum of H products: an answer in scalar loops is right, too.
    n_input, n_hidden = draw.size(large=12), draw.size(1, 6, large=10)
    w_x, w_h, b_h, _, _ = _weights(draw, n_input, n_hidden, 1)
    influence = draw.array(n_hidden, n_hidden, n_input + n_hidden + 1)
    return influence, draw.array(n_input, scale=loud), np.tanh(draw.array(n_hidden)), w_x, w_h, b_h


def _rtrl(wanted: int, *, direct: bool = True, carried: bool = True):
    """Probe one step in which the influence before it, or what the weights meet in it, may be zero.

    By turns units are saturated: tanh is 1 in as many digits as there are, and its slope 0.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        influence, x, h, *weights = _rtrl_case(draw, 30.0 if draw.case % 4 == 3 else 1.0)
        answer = ask("rtrl_step", influence * carried, x * direct, h * direct, *weights)
        return answer[wanted] if isinstance(answer, tuple) and len(answer) == 2 else answer

    return probe


def _carried_alone(ask: StudentProxy, draw: CaseGenerator):
    """Ask for a step with an influence before it and for one without: the difference is what was carried."""
    influence, x, h, *weights = _rtrl_case(draw)
    scale = float(10.0 ** draw.rng.uniform(3, 6)) if draw.case % 3 == 2 else 1.0
    with_it, without = (ask("rtrl_step", i, x, h, *weights) for i in (scale * influence, 0 * influence))
    if not all(cuts.like(answer, (influence, h)) for answer in (with_it, without)):
        return with_it
    with np.errstate(all="ignore"):
        return (with_it[0] - without[0]) / scale


def _rtrl_sequence(ask: StudentProxy, draw: CaseGenerator):
    """Return the gradient of a whole sequence: at every step, the error there times the influence."""
    n_steps = steps(draw, 1, 12, 60)
    influence, _, h, w_x, w_h, b_h = _rtrl_case(draw)
    if n_steps > 12:
        w_h = steady(draw, len(h), 0.95)
    influence, h, gradient = 0 * influence, 0 * h, 0 * influence[0]
    for _ in range(n_steps):
        answer = ask("rtrl_step", influence, draw.array(w_x.shape[1]), h, w_x, w_h, b_h)
        if not cuts.like(answer, (influence, h)):
            return answer
        influence, h = answer
        with np.errstate(all="ignore"):  # a wrong influence may have grown beyond all bounds
            gradient = gradient + np.einsum("i,ijm->jm", draw.array(len(h)), influence)
    return gradient


def _never_cut(ask: StudentProxy, draw: CaseGenerator):
    return ask("randomly_truncated", *_task(draw, steps(draw, 1, 8, 40)), 0.0, int(draw.rng.integers(2**32)))


def _one_choice(ask: StudentProxy, draw: CaseGenerator):
    """Return by how much the gradients of any network miss those of the nearest of the 8 ways to cut 4 steps."""
    (x, target, weights), c = _task(draw, 4), float(draw.rng.uniform(0.05, 0.9))
    answer = ask("randomly_truncated", x, target, weights, c, int(draw.rng.integers(2**31)))
    if not cuts.like(answer, weights):
        return answer
    ways = [_with_factors(x, target, weights, np.array(f)) for f in itertools.product((0.0, 1 / (1 - c)), repeat=3)]
    with np.errstate(all="ignore"):
        misses = [_apart(answer, way) for way in ways]
    return min(misses, key=lambda miss: float(np.abs(miss).max()))


def _apart(some: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> np.ndarray:
    """Return how far gradients are apart; those of loud inputs in units of their largest entry."""
    sizes = [np.abs(b).max(initial=1.0) for b in others]
    return np.concatenate([(a - b).ravel() / size for a, b, size in zip(some, others, sizes, strict=True)])


def _prediction(ask: StudentProxy, draw: CaseGenerator):
    """Take any number that rounds to the two digits asked for."""
    return rounded(ask("predicted_fraction"), 2)


def _question(
    id: str, title: str, names: tuple[str, ...], reference: dict, parts: tuple[Part, ...], **more
) -> Question:
    return Question(id, title, names, reference, parts, MISTAKES.get(id, ()), hides=HIDES, **more)


SCALED = (
    *(f"{name}, per square of the errors' scale," for name in GRADIENTS[:3]),
    *(f"{name}, per scale," for name in GRADIENTS[3:]),
)
QUESTIONS = (
    _question(
        "5.1",
        "Truncated backpropagation: tbptt",
        ("tbptt",),
        {"tbptt": tbptt},
        (
            Part("far enough back, it is the full gradient", 1.5, _everything, n_cases=8, answer=GRADIENTS),
            Part("every loss reaches k2 steps back (k1 = 1)", 1.5, _every_step, answer=GRADIENTS),
            Part("blocks side by side (k1 = k2)", 1.5, _side_by_side, answer=GRADIENTS),
            Part("overlapping reach and a short last block", 1.5, _uneven, answer=SCALED),
            Part("what lies before the cut is absent", 1, _single_loss, n_cases=8, answer="dw_x"),
        ),
        shape_points=0.5,
        untouched_points=0.5,
    ),
    _question(
        "5.2",
        "Real-time recurrent learning: rtrl_step",
        ("rtrl_step",),
        {"rtrl_step": rtrl_step},
        (
            Part("the state after the step", 1, _rtrl(1), answer="h"),
            Part("what this step's weights do directly", 1.5, _rtrl(0, carried=False), answer="influence"),
            Part("what is carried from the steps before", 1, _rtrl(0, direct=False), answer="influence"),
            Part("a large influence is carried whole", 0.5, _carried_alone, answer="what is carried, in its unit,"),
            Part("both together", 1, _rtrl(0), answer="influence"),
            # Twelve steps multiply rounding by at most the size of the influence, a few hundred.
            Part("a sequence's gradient", 2, _rtrl_sequence, n_cases=8, tolerance=1e-9, answer="the gradient"),
        ),
        shape_points=0.5,
        untouched_points=0.5,
        keeps=("influence",),
    ),
    _question(
        "5.3",
        "Unbiased truncation: randomly_truncated",
        ("randomly_truncated",),
        {"randomly_truncated": randomly_truncated},
        (
            Part("never cut (c = 0), it is the full gradient", 1, _never_cut, answer=GRADIENTS),
            Part(
                "what is carried is multiplied by 0 or by 1 / (1 - c)",
                1.5,
                cuts.factors,
                n_cases=3,
                answer="what it is multiplied by",
            ),
            Part(
                "cuts come with probability c, each by itself",
                1,
                cuts.how_cuts_come,
                n_cases=1,
                tries=2,
                answer="how cuts come",
            ),
            Part(
                "a batch is cut at the same steps",
                1,
                _one_choice,
                n_cases=8,
                answer="your gradients minus those of the nearest choice of cuts",
            ),
        ),
        untouched_points=0.5,
    ),
    _question(
        "5.4",
        "A prediction",
        ("predicted_fraction",),
        {"predicted_fraction": lambda: 1 - 0.9**10},
        (Part("the fraction that is left, to two digits", 1, _prediction, n_cases=1),),
    ),
)
