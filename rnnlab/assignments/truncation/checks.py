"""Assignment 5, truncation and learning online: BPTT(k1, k2), real-time recurrent learning, unbiased truncation."""

import itertools
import math

import numpy as np

from rnnlab import bptt, readout, rnn
from rnnlab.assignments.truncation.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy

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
    dh = dy @ weights[3]
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
    n_batch, n_input, n_hidden, n_output = draw.size(1, 4), draw.size(1, 5), draw.size(2, 5), draw.size(1, 4)
    if draw.case % 2:
        n_input = n_output = n_hidden
    x, target = draw.array(n_steps, n_batch, n_input), draw.array(n_steps, n_batch, n_output)
    return x, target, _weights(draw, n_input, n_hidden, n_output)


def _everything(ask: StudentProxy, draw: CaseGenerator):
    """Reach back at least to the first step, in blocks of any length."""
    n_steps = draw.size(1, 9)
    return ask("tbptt", *_task(draw, n_steps), draw.size(1, n_steps), n_steps + draw.size(0, 2))


def _every_step(ask: StudentProxy, draw: CaseGenerator):
    k2 = draw.size(1, 5)
    return ask("tbptt", *_task(draw, k2 + draw.size(2, 6)), 1, k2)


def _side_by_side(ask: StudentProxy, draw: CaseGenerator):
    k = draw.size(2, 4)
    return ask("tbptt", *_task(draw, k * draw.size(2, 4)), k, k)


def _uneven(ask: StudentProxy, draw: CaseGenerator):
    """Let blocks overlap in their reach and the last one be short."""
    k1 = draw.size(2, 4)
    k2, rest = k1 + draw.size(1, 3), int(draw.rng.integers(1, k1))
    return ask("tbptt", *_task(draw, k1 * draw.size(3, 5) + rest), k1, k2)


def _single_loss(ask: StudentProxy, draw: CaseGenerator):
    """Give every step an input unit of its own and only one step an error: column t of dw_x is the blame of step t."""
    k1, k2 = draw.size(1, 3), draw.size(3, 5)
    n_steps = k2 + draw.size(3, 8)
    weights = _weights(draw, n_steps, draw.size(2, 4), 2)
    x = np.eye(n_steps)[:, None, :]
    h = rnn.forward(rnn.Params(*weights[:3]), x).h
    target = readout.forward(readout.Params(*weights[3:]), h[1:]).y
    target[int(draw.rng.integers(k2, n_steps))] += draw.array(1, 2)
    answer = ask("tbptt", x, target, weights, k1, k2)
    return answer[0] if isinstance(answer, tuple) and len(answer) == 5 else answer


def _rtrl_case(draw: CaseGenerator):
    n_input, n_hidden = draw.size(), draw.size(2, 6)
    if draw.case % 2:
        n_input = n_hidden
    w_x, w_h, b_h, _, _ = _weights(draw, n_input, n_hidden, 1)
    influence = draw.array(n_hidden, n_hidden, n_input + n_hidden + 1)
    return influence, draw.array(n_input), np.tanh(draw.array(n_hidden)), w_x, w_h, b_h


def _rtrl(wanted: int, *, direct: bool = True, carried: bool = True):
    """Probe one step in which the influence before it, or what the weights meet in it, may be zero."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        influence, x, h, *weights = _rtrl_case(draw)
        answer = ask("rtrl_step", influence * carried, x * direct, h * direct, *weights)
        return answer[wanted] if isinstance(answer, tuple) and len(answer) == 2 else answer

    return probe


def _rtrl_sequence(ask: StudentProxy, draw: CaseGenerator):
    """Return the gradient of a whole sequence: at every step, the error there times the influence."""
    influence, _, h, *weights = _rtrl_case(draw)
    influence, h, gradient = 0 * influence, 0 * h, 0 * influence[0]
    for _ in range(draw.size(2, 12)):
        answer = ask("rtrl_step", influence, draw.array(weights[0].shape[1]), h, *weights)
        if not _like(answer, (influence, h)):
            return answer
        influence, h = answer
        with np.errstate(all="ignore"):  # a wrong influence may have grown beyond all bounds
            gradient = gradient + np.einsum("i,ijm->jm", draw.array(len(h)), influence)
    return gradient


def _like(answer, want: tuple[np.ndarray, ...]) -> bool:
    return (
        isinstance(answer, tuple)
        and len(answer) == len(want)
        and all(
            isinstance(a, np.ndarray) and (a.shape, a.dtype) == (w.shape, w.dtype)
            for a, w in zip(answer, want, strict=True)
        )
    )


def _never_cut(ask: StudentProxy, draw: CaseGenerator):
    return ask("randomly_truncated", *_task(draw, draw.size(1, 8)), 0.0, int(draw.rng.integers(2**31)))


class _Transparent:
    """A network of one unit in which the gradient of w_x shows by what each step's carried gradient was multiplied.

    Step t has an input unit of its own, so that entry t of dw_x is da_t, and
    da_t = (w_y e_t + factor_t w_h da_{t+1}) (1 - h_t²) is solved for the factor. Terms are positive: nothing cancels.
    """

    def __init__(self, draw: CaseGenerator, n_steps: int = 31):
        w_h, w_y = draw.rng.uniform(0.5, 1, (2, 1, 1))
        self.weights = (draw.array(1, n_steps, scale=0.3), w_h, draw.array(1, scale=0.1), w_y, draw.array(1))
        self.x = np.eye(n_steps)[:, None, :]
        h, y = _errors(self.x, np.zeros((n_steps, 1, 1)), self.weights)
        self.slope = 1 - h[1:, 0, 0] ** 2
        self.error = draw.rng.uniform(0.5, 1.5, n_steps)
        self.target = y - self.error[:, None, None]

    def ask_factors(self, ask: StudentProxy, c: float, seed: int):
        """Return the T - 1 factors of one call, or the answer where it is no answer."""
        answer = ask("randomly_truncated", self.x, self.target, self.weights, c, seed)
        if not _like(answer, self.weights):
            return answer
        da, w_h, w_y = answer[0][0], self.weights[1][0, 0], self.weights[3][0, 0]
        with np.errstate(all="ignore"):
            return ((da / self.slope - w_y * self.error)[:-1] / (w_h * da[1:])).round(6) + 0.0


def _factors(ask: StudentProxy, draw: CaseGenerator):
    """Return the different factors that occur in 240 steps back; one of the two does not with probability 2e-37."""
    network, c = _Transparent(draw), float(draw.rng.uniform(0.3, 0.7))
    found = [network.ask_factors(ask, c, int(draw.rng.integers(2**31))) for _ in range(8)]
    strange = [f for f in found if not isinstance(f, np.ndarray)]
    return strange[0] if strange else np.unique(np.concatenate(found))


def _frequencies(ask: StudentProxy, draw: CaseGenerator):
    """Say in words whether cuts come as they should.

    Of n independent events of probability p, the share that happens is further than a = √(ln(2/α) / 2n) from p with
    probability at most α (Hoeffding 1963, theorem 1). The n are 1,800 steps (a = 0.060) and 900 pairs of neighbours
    (0.085), of which c and c² should be cut. Where both are as near as that, the pairs are no further than
    0.085 + 0.060 (2c + 0.060) from the square of what the steps had. With α = 4e-6 for each, a right answer fails in
    fewer than one of 100,000 runs. c is large enough for a single draw a call to differ by 0.24, and well off 1/2.
    """
    network, c = _Transparent(draw), float(draw.rng.uniform(0.4, 0.42))
    seeds = [int(s) for s in draw.rng.integers(2**31, size=60)]
    found = [network.ask_factors(ask, c, seed) for seed in [*seeds, seeds[0]]]
    for factors in found:
        if not isinstance(factors, np.ndarray) or not (np.isfinite(factors) & (factors >= 0)).all():
            return f"unclear: carried gradients are multiplied by {factors}"
    *cuts, again = [factors == 0 for factors in found]
    single, pairs = np.array(cuts), np.array(cuts).reshape(-1, 2).all(axis=1)
    if not single.any():
        return "never"
    if (again != single[0]).any():
        return "differently when the seed is the same"
    if (single == single[0]).all():
        return "in the same way for every seed"
    near = _allowed(single.size)
    if abs(pairs.mean() - single.mean() ** 2) > _allowed(pairs.size) + near * (2 * c + near):
        return "not each by itself"
    if abs(single.mean() - c) > near:
        return "too often" if single.mean() > c else "too seldom"
    return "as c says, each by itself"


def _allowed(n: int, alpha: float = 4e-6) -> float:
    return math.sqrt(math.log(2 / alpha) / (2 * n))


def _one_choice(ask: StudentProxy, draw: CaseGenerator):
    """Return by how much the gradients of any network miss those of the nearest of the 8 ways to cut 4 steps."""
    (x, target, weights), c = _task(draw, 4), float(draw.rng.uniform(0.2, 0.7))
    answer = ask("randomly_truncated", x, target, weights, c, int(draw.rng.integers(2**31)))
    if not _like(answer, weights):
        return answer
    ways = [_with_factors(x, target, weights, np.array(f)) for f in itertools.product((0.0, 1 / (1 - c)), repeat=3)]
    flat = np.concatenate([g.ravel() for g in answer])
    with np.errstate(all="ignore"):
        misses = [flat - np.concatenate([g.ravel() for g in way]) for way in ways]
    return min(misses, key=lambda miss: float(np.abs(miss).max()))


def _prediction(ask: StudentProxy, draw: CaseGenerator):
    return ask("predicted_fraction")


def _question(
    id: str, title: str, names: tuple[str, ...], reference: dict, parts: tuple[Part, ...], **more
) -> Question:
    return Question(id, title, names, reference, parts, MISTAKES.get(id, ()), hides=HIDES, **more)


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
            Part("overlapping reach and a short last block", 1.5, _uneven, answer=GRADIENTS),
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
            Part("what is carried from the steps before", 1.5, _rtrl(0, direct=False), answer="influence"),
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
                _factors,
                n_cases=3,
                answer="what it is multiplied by",
            ),
            Part("cuts come with probability c, each by itself", 1, _frequencies, n_cases=1, answer="how cuts come"),
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
        # A prediction, so the first two digits will do.
        (Part("the fraction that is left", 1, _prediction, n_cases=1, tolerance=0.02),),
    ),
)
