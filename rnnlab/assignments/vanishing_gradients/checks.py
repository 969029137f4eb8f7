"""Assignment 6, vanishing and exploding gradients: products of Jacobians, their rate, clipping, and two beginnings."""

import numpy as np

from rnnlab import analysis, initializers, optimizers
from rnnlab.assignments.vanishing_gradients.mistakes import MISTAKES
from rnnlab.checks.compare import kind_of
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.checks.student import wrong

HIDES = (
    "rnnlab.analysis",
    "rnnlab.initializers",
    "rnnlab.kernels.rnn",
    "rnnlab.optimizers",
    "rnnlab.rnn",
    "rnnlab.rtrl",
    "rnnlab.training",
)


def jacobian_products(h, w_h):
    return analysis.products((1 - h[1:] ** 2)[:, :, None] * w_h)[:-1]


def decay_rate(w_h, name):
    return float(analysis.spectral_radius(_at_rest(w_h, name)))


def clip_by_norm(gradients, c):
    return optimizers.clip_by_global_norm(gradients, c)[0]


def identity_init(n_input, n_hidden, scale, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(0, scale, (n_hidden, n_input)), np.eye(n_hidden), np.zeros(n_hidden)


def orthogonal_init(n_hidden, seed):
    return initializers.orthogonal(np.random.default_rng(seed), n_hidden)


def _at_rest(w_h, name):
    return (0.25 if name == "sigmoid" else 1.0) * w_h


# 6.1


def _network(draw: CaseGenerator, n_steps: int, n_hidden: int):
    """Return states and weights that neither shrink nor stretch much in a step, so that every product is seen."""
    return np.tanh(draw.array(n_steps + 1, n_hidden, scale=0.7)), draw.array(n_hidden, n_hidden) / np.sqrt(n_hidden)


def _one_step(ask: StudentProxy, draw: CaseGenerator):
    return ask("jacobian_products", *_network(draw, 1, draw.size(2, 6)))


def _all_steps(ask: StudentProxy, draw: CaseGenerator):
    n_hidden = draw.size(1, 6)
    return ask("jacobian_products", *_network(draw, n_hidden if draw.case % 2 else draw.size(2, 9), n_hidden))


def _powers(ask: StudentProxy, draw: CaseGenerator):
    h, w_h = _network(draw, draw.size(1, 9), draw.size(2, 6))
    return ask("jacobian_products", 0 * h, w_h)


def _saturated(ask: StudentProxy, draw: CaseGenerator):
    """Fix one unit at ±1 in every step: nothing passes through it."""
    h, w_h = _network(draw, draw.size(1, 6), draw.size(2, 6))
    h[:, draw.rng.integers(h.shape[1])] = draw.rng.choice([-1.0, 1.0])
    return ask("jacobian_products", h, w_h)


def _cut(ask: StudentProxy, draw: CaseGenerator):
    """Cut anywhere: the way back from the end is the way to the cut after the way back from it."""
    h, w_h = _network(draw, draw.size(2, 9), draw.size(2, 6))
    cut = int(draw.rng.integers(1, len(h) - 1))
    before, after = ask("jacobian_products", h[: cut + 1], w_h), ask("jacobian_products", h[cut:], w_h)
    fit = all(
        isinstance(p, np.ndarray) and p.ndim == 3 and p.shape[1:] == w_h.shape and len(p) for p in (before, after)
    )
    return after[0] @ before if fit else after


# 6.2


def _rate(*names: str):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_hidden = draw.size(2, 7)
        w_h = draw.array(n_hidden, n_hidden, scale=draw.rng.uniform(0.3, 1.5))
        return ask("decay_rate", w_h, names[draw.case % len(names)])

    return probe


def _measured(ask: StudentProxy, draw: CaseGenerator):
    """Measure the rate over 2^20 steps by squaring the step's Jacobian 20 times, its length kept aside.

    The length of J^n is the rate to the power n times at most the condition number of the eigenvectors, which would
    have to exceed e^1000 to move the rate by a thousandth.
    """
    n_hidden = draw.size(2, 7)
    w_h = draw.array(n_hidden, n_hidden, scale=draw.rng.uniform(0.3, 1.5))
    name = ("tanh", "sigmoid", "linear")[draw.case % 3]
    rate = ask("decay_rate", w_h, name)
    if not isinstance(rate, float):
        return rate
    product, log_length = _at_rest(w_h, name), 0.0
    for _ in range(20):
        length = np.linalg.norm(product)
        product, log_length = (product / length) @ (product / length), 2 * (log_length + np.log(length))
    measured = float(np.exp((log_length + np.log(np.linalg.norm(product))) / 2**20))
    if not abs(rate / measured - 1) < 1e-3:
        raise wrong(f"over a million steps at rest the gradient changes by {measured:.4g} a step, not by {rate:.4g}")
    return True


# 6.3


def _gradients(draw: CaseGenerator, norm: float) -> dict[str, np.ndarray]:
    """Return gradients of one to five arrays that have this length together, some of their entries exactly 0."""
    names = ("w_h", "b_h", "w_x", "w_y", "b_y")[: draw.size(1, 5)]
    some = {name: draw.array(*(draw.size(1, 4) for _ in range(1 + name.startswith("w")))) for name in names}
    for gradient in some.values():
        gradient[draw.rng.random(gradient.shape) < 0.2] = 0.0
    some["w_h"].flat[0] = draw.rng.uniform(0.5, 1.0)
    length = np.sqrt(sum(np.sum(gradient**2) for gradient in some.values()))
    return {name: gradient * (norm / length) for name, gradient in some.items()}


def _clipped(low: float, high: float):
    """Probe gradients that are `low` to `high` times as long as c."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        c = draw.rng.uniform(0.1, 5.0)
        return ask("clip_by_norm", _gradients(draw, c * draw.rng.uniform(low, high)), c)

    return probe


def _zero(ask: StudentProxy, draw: CaseGenerator):
    """Ask for a gradient of zeros, which has no direction, and then for a short one."""
    c = draw.rng.uniform(0.1, 5.0)
    short = _gradients(draw, c * draw.rng.uniform(0.1, 0.95))
    nothing = {name: np.zeros_like(gradient) for name, gradient in short.items()}
    return ask("clip_by_norm", nothing, c), ask("clip_by_norm", short, c)


def _huge(ask: StudentProxy, draw: CaseGenerator):
    """Ask for a gradient whose squares overflow, and then for one a few times as long as c."""
    c = draw.rng.uniform(0.1, 5.0)
    huge, long = (_gradients(draw, c * draw.rng.uniform(1.5, 20) * size) for size in (1e199, 1.0))
    return ask("clip_by_norm", huge, c), ask("clip_by_norm", long, c)


# 6.4


def _beginning(ask: StudentProxy, draw: CaseGenerator):
    answer = ask("identity_init", draw.size(), draw.size(), 0.01, int(draw.rng.integers(2**31)))
    return answer[1:] if isinstance(answer, tuple) and len(answer) == 3 else answer


def _spread(ask: StudentProxy, draw: CaseGenerator):
    """Judge n = 3000 drawn weights by mean and mean square.

    The mean square of n normal numbers parts from 1 by more than (2 √(nt) + 2t) / n with a probability below e^-t on
    either side (Laurent and Massart 2000, lemma 1), the mean by more than √(2t / n). With t = 16 and four cases a right
    answer is blamed less than twice in a million runs.
    """
    n_input, n_hidden, scale, t = 50, 60, float(10.0 ** draw.rng.uniform(-3, -1)), 16
    answer = ask("identity_init", n_input, n_hidden, scale, int(draw.rng.integers(2**31)))
    w_x = answer[0] if isinstance(answer, tuple) and answer else answer
    if not isinstance(w_x, np.ndarray) or w_x.shape != (n_hidden, n_input):
        raise wrong(f"w_x is {kind_of(w_x)}, expected an array of shape ({n_hidden}, {n_input})")
    n, drawn = w_x.size, w_x / scale
    if not abs(np.mean(drawn**2) - 1) < (2 * np.sqrt(n * t) + 2 * t) / n:
        raise wrong(f"the spread of w_x is off: it is {np.sqrt(np.mean(drawn**2)):.1g} times the scale asked for")
    if not abs(np.mean(drawn)) < np.sqrt(2 * t / n):
        raise wrong(f"the mean of w_x is off: it is {np.mean(drawn):.1g} times the scale, expected 0")
    return True


def _orthonormal(ask: StudentProxy, draw: CaseGenerator):
    n_hidden = draw.size(1, 9)
    q = ask("orthogonal_init", n_hidden, int(draw.rng.integers(2**31)))
    return q.T @ q if isinstance(q, np.ndarray) and q.shape == (n_hidden, n_hidden) else q


def _kept(ask: StudentProxy, draw: CaseGenerator):
    """Let 200 steps pass in silence: a linear network with the one beginning, a relu network with the other."""
    n_hidden, seed = draw.size(2, 9), int(draw.rng.integers(2**31))
    state = np.abs(draw.array(n_hidden))
    w_h = ask("orthogonal_init", n_hidden, seed)
    start = ask("identity_init", draw.size(), n_hidden, 0.01, seed)
    fit = isinstance(start, tuple) and len(start) == 3 and all(isinstance(w, np.ndarray) for w in (w_h, *start))
    if not (fit and w_h.shape == start[1].shape == (n_hidden, n_hidden) and start[2].shape == (n_hidden,)):
        return w_h, start
    turned, still, lengths = state, state, []
    for _ in range(200):
        with np.errstate(all="ignore"):  # a wrong beginning may well explode
            turned, still = w_h @ turned, np.maximum(start[1] @ still + start[2], 0)
        lengths.append(np.linalg.norm(turned) / np.linalg.norm(state))
    return np.array(lengths), still


def _seeded(ask: StudentProxy, draw: CaseGenerator):
    seed = int(draw.rng.integers(2**31))
    once, again, other = (ask("orthogonal_init", 5, s) for s in (seed, seed, seed + 1))
    if not isinstance(once, np.ndarray):
        return once
    return np.array_equal(once, again), np.array_equal(once, other), int(np.sum(once == 0))


def _about_ten(ask: StudentProxy, draw: CaseGenerator):
    return ask("predicted_peak")


QUESTIONS = (
    Question(
        "6.1",
        "Products of Jacobians: jacobian_products",
        ("jacobian_products",),
        {"jacobian_products": jacobian_products},
        (
            Part("a single step", 1, _one_step, answer="products"),
            Part("every step back", 1.5, _all_steps, n_cases=10, answer="products"),
            Part("units at rest: powers of w_h", 0.5, _powers, answer="products"),
            Part("a saturated unit passes nothing on", 0.5, _saturated, answer="products"),
            Part("cut anywhere and multiplied: the same", 0.5, _cut, answer="the product of both halves"),
        ),
        MISTAKES["6.1"],
        shape_points=0.5,
        untouched_points=0.5,
        hides=HIDES,
    ),
    Question(
        "6.2",
        "The rate, before running: decay_rate",
        ("decay_rate",),
        {"decay_rate": decay_rate},
        (
            Part("as measured over a million steps", 1, _measured, n_cases=9, answer="the rate"),
            # An eigenvalue is known to its condition number times the rounding of w_h; for drawn matrices this small, a
            # condition number above 1e6 would be needed to miss this tolerance, one in some 1e10 of them.
            Part("tanh and linear", 0.75, _rate("tanh", "linear"), tolerance=1e-8, answer="the rate"),
            Part("sigmoid", 0.75, _rate("sigmoid"), tolerance=1e-8, answer="the rate"),
        ),
        MISTAKES["6.2"],
        shape_points=0.25,
        untouched_points=0.25,
        hides=HIDES,
    ),
    Question(
        "6.3",
        "Clipping: clip_by_norm",
        ("clip_by_norm",),
        {"clip_by_norm": clip_by_norm},
        (
            Part("long gradients are shortened to c", 1, _clipped(1.5, 20), n_cases=8, answer="gradients"),
            Part("short gradients stay as they are", 0.5, _clipped(0.1, 0.95), n_cases=8, answer="gradients"),
            Part("a gradient of zeros", 0.25, _zero, answer=("the one of zeros", "the short one")),
            Part("too long to square", 0.5, _huge, answer=("the huge one", "the long one"), read_only=True),
        ),
        MISTAKES["6.3"],
        shape_points=0.25,
        untouched_points=0.5,
        views=True,  # a short gradient stays as it is
        keeps=("gradients",),
        hides=HIDES,
    ),
    Question(
        "6.4",
        "Beginnings: identity_init and orthogonal_init",
        ("identity_init", "orthogonal_init"),
        {"identity_init": identity_init, "orthogonal_init": orthogonal_init},
        (
            Part("identity: w_h and b_h", 0.5, _beginning, answer=("w_h", "b_h")),
            Part("identity: the spread of w_x", 0.5, _spread, n_cases=4, answer="the spread"),
            Part("orthogonal: w_hᵀ w_h is the identity", 0.75, _orthonormal, n_cases=8, answer="w_hᵀ w_h"),
            Part(
                "a state lasts 200 steps",
                0.5,
                _kept,
                answer=("the lengths of the state after 1, 2, … steps (orthogonal)", "the state at the end (identity)"),
            ),
            Part(
                "orthogonal: drawn from the seed",
                0.5,
                _seeded,
                n_cases=3,
                answer=(
                    "the same matrix for the same seed",
                    "the same matrix for another seed",
                    "the number of zeros in it",
                ),
            ),
        ),
        MISTAKES["6.4"],
        shape_points=0.25,
        hides=HIDES,
    ),
    Question(
        "6.5",
        "A prediction",
        ("predicted_peak",),
        {"predicted_peak": lambda: 10},
        (Part("the step at which the gradient is longest", 1, _about_ten, n_cases=1),),
        MISTAKES["6.5"],
        hides=HIDES,
    ),
)
