"""Assignment 6, vanishing and exploding gradients: products of Jacobians, their rate, clipping, and two beginnings."""

import numpy as np
import scipy

from rnnlab import analysis, initializers, optimizers
from rnnlab.assignments._drawing import per, unit
from rnnlab.assignments._series import steady, steps
from rnnlab.assignments.vanishing_gradients import starts
from rnnlab.assignments.vanishing_gradients.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.checks.student import wrong

ALLOWS = ("data",)
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
    return gradients if np.isinf(c) else optimizers.clip_by_global_norm(gradients, c)[0]


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
    if n_steps > 12:
        return np.tanh(draw.array(n_steps + 1, n_hidden, scale=0.05)), steady(draw, n_hidden, 1.0)
    return np.tanh(draw.array(n_steps + 1, n_hidden, scale=0.7)), draw.array(n_hidden, n_hidden) / np.sqrt(n_hidden)


def _one_step(ask: StudentProxy, draw: CaseGenerator):
    return ask("jacobian_products", *_network(draw, 1, draw.size(1, 6)))


def _all_steps(ask: StudentProxy, draw: CaseGenerator):
    n_hidden = draw.size(1, 6)
    return ask("jacobian_products", *_network(draw, steps(draw, 1, 9, 150), n_hidden))


def _powers(ask: StudentProxy, draw: CaseGenerator):
    """Leave the network at rest, with weights that are by turns tiny and huge: each power in its own unit."""
    n_steps, scale = draw.size(1, 9, large=33), unit(draw)  # a huge unit to the power of 40 is no number any more
    h, w_h = _network(draw, n_steps, draw.size(1, 6))
    products = ask("jacobian_products", 0 * h, scale * w_h)
    fit = isinstance(products, np.ndarray) and products.shape == (n_steps, *w_h.shape)
    return per(products, scale ** np.arange(n_steps, 0, -1.0)[:, None, None]) if fit else products


def _saturated(ask: StudentProxy, draw: CaseGenerator):
    """Fix one unit at ±1 in every step: nothing passes through it."""
    h, w_h = _network(draw, draw.size(1, 6), draw.size(1, 6))
    h[:, draw.rng.integers(h.shape[1])] = draw.rng.choice([-1.0, 1.0])
    return ask("jacobian_products", h, w_h)


def _cut(ask: StudentProxy, draw: CaseGenerator):
    """Cut anywhere: the way back from the end is the way to the cut after the way back from it."""
    h, w_h = _network(draw, draw.size(2, 9), draw.size(1, 6))
    cut = int(draw.rng.integers(1, len(h) - 1))
    before, after = ask("jacobian_products", h[: cut + 1], w_h), ask("jacobian_products", h[cut:], w_h)
    fit = all(
        isinstance(p, np.ndarray) and p.ndim == 3 and p.shape[1:] == w_h.shape and len(p) for p in (before, after)
    )
    return after[0] @ before if fit else after


# 6.2


def _recurrent(draw: CaseGenerator) -> tuple[np.ndarray, float]:
    """Return recurrent weights and their unit: also zero, nilpotent, a rotation, and with one eigenvalue repeated."""
    n_hidden = draw.size(1, 7, large=40)
    w_h = draw.until(lambda: _if_sure(draw.array(n_hidden, n_hidden)))
    scale = unit(draw) * float(draw.rng.uniform(0.3, 1.5))
    if draw.case == 3:
        w_h = np.zeros_like(w_h)
    elif draw.case == 4:
        w_h = np.triu(w_h, 1)
    elif draw.case == 6:
        w_h = np.linalg.qr(w_h)[0]
    elif draw.case == 7:
        w_h = np.diag(np.concatenate([[0.9, 0.9], draw.rng.uniform(-0.8, 0.8, n_hidden)])[:n_hidden])
        w_h[:1, 1:2] = 5.0
    return scale * w_h, scale


def _if_sure(w_h: np.ndarray) -> np.ndarray | None:
    """Return a matrix if rounding moves its largest eigenvalues by no more than some thousand times its own size.

    That is the inverse of the cosine between an eigenvalue's two vectors. Whole numbers may well make it infinite: then
    two right ways of computing the eigenvalue agree to half of the digits.
    """
    values, left, right = scipy.linalg.eig(w_h, left=True)
    size = np.abs(values)
    cosines = np.abs(np.sum(left.conj() * right, axis=0))
    return w_h if cosines[size >= 0.99 * size.max()].min() > 1e-3 else None


def _rate(*names: str):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        w_h, scale = _recurrent(draw)
        ask("decay_rate", w_h, "linear" if "sigmoid" in names else "sigmoid")  # what is kept of it will show
        return tuple(per(ask("decay_rate", w_h, name), scale) for name in names)

    return probe


def _rates(*names: str) -> tuple[str, ...]:
    return tuple(f"the rate of {name}, in units of w_h," for name in names)


def _measured(ask: StudentProxy, draw: CaseGenerator):
    """Measure the rate over 2^20 steps by squaring the step's Jacobian 20 times, its length kept aside.

    The length of J^n is the rate to the power n times at most the condition number of the eigenvectors, which would
    have to exceed e^1000 to move the rate by a thousandth; for an eigenvalue that comes twice it is times n,
    which moves the rate by 2e-5.
    """
    w_h, scale = _recurrent(draw)
    name = ("tanh", "sigmoid", "linear")[draw.case // 2 % 3]
    rate = ask("decay_rate", w_h, name)
    if not isinstance(rate, float):
        return rate
    product, log_length = _at_rest(w_h, name), 0.0
    for _ in range(20):
        length = np.linalg.norm(product) or 1.0
        product, log_length = (product / length) @ (product / length), 2 * (log_length + np.log(length))
    length = np.linalg.norm(product)
    measured = float(np.exp((log_length + np.log(length)) / 2**20)) if length else 0.0
    if not abs(rate - measured) <= (1e-3 * measured or 1e-12 * scale):
        raise wrong(f"over a million steps at rest the gradient changes by {measured:.4g} a step, not by {rate:.4g}")
    return True


# 6.3


def _gradients(draw: CaseGenerator, norm: float) -> dict[str, np.ndarray]:
    """Return gradients of some arrays that have this length together, some of their entries exactly 0.

    Their names are drawn, and so are their shapes, of one to three axes.
    """
    n_arrays, width = draw.size(1, 5, large=14), draw.size(1, 4)
    every = ("w_h", "b_h", "w_x", "w_y", "b_y", "W", "bias 2", "encoder/w", "décoder", "0", "h_0", "g", "wxh", "")
    names = [every[i] for i in draw.rng.permutation(len(every))[:n_arrays]]
    some = {name: draw.array(*draw.rng.integers(1, width + 1, draw.rng.integers(1, 4))) for name in names}
    for gradient in some.values():
        gradient[draw.rng.random(gradient.shape) < 0.2] = 0.0
    some[names[0]].flat[0] = draw.rng.uniform(0.5, 1.0)
    length = np.sqrt(sum(np.sum(gradient**2) for gradient in some.values()))
    return {name: gradient * (norm / length) for name, gradient in some.items()}


def _bound(draw: CaseGenerator) -> float:
    """Return a bound: in every fifth case one so small that whatever is added to the norm or taken for 0 shows."""
    return float(10.0 ** draw.rng.uniform(*((-25, -18) if draw.case % 5 == 4 else (-4, 4))))


def _in_units(answer, c: float):
    return {name: per(g, c) for name, g in answer.items()} if isinstance(answer, dict) else answer


def _clipped(sign: int, low: float, high: float):
    """Probe gradients that are `low` to `high` times as long as c, and by turns hardly longer or shorter than it.

    That is by at least 1e-8 of it, which right answers tell from rounding and the comparison still sees.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        c, length = _bound(draw), float(np.exp(draw.rng.uniform(np.log(low), np.log(high))))
        if draw.case % 2:
            length = 1 + sign * float(10.0 ** draw.rng.uniform(-8, -1))
        return _in_units(ask("clip_by_norm", _gradients(draw, c * length), c), c)

    return probe


def _short(ask: StudentProxy, draw: CaseGenerator):
    """Ask for gradients that are shorter than c; an infinite c passes those that have exploded or all but vanished.

    The squares of these are no numbers any more, or 0.
    """
    if draw.case % 4 == 3:
        length = float(10.0 ** draw.rng.uniform(*((-290, -60), (150, 290))[draw.case % 8 == 7]))
        return _in_units(ask("clip_by_norm", _gradients(draw, length), np.inf), length)
    return _clipped(-1, 1e-8, 0.9)(ask, draw)


def _zero(ask: StudentProxy, draw: CaseGenerator):
    """Ask for a gradient of zeros, which has no direction, and then for a short one."""
    c = _bound(draw)
    short = _gradients(draw, c * draw.rng.uniform(0.1, 0.95))
    nothing = {name: np.zeros_like(gradient) for name, gradient in short.items()}
    return ask("clip_by_norm", nothing, c), _in_units(ask("clip_by_norm", short, c), c)


def _huge(ask: StudentProxy, draw: CaseGenerator):
    """Ask for a gradient whose squares overflow, and then for one a few times as long as c."""
    c = float(10.0 ** draw.rng.uniform(-2, 2))
    huge, long = (
        _gradients(draw, c * draw.rng.uniform(1.5, 20) * size) for size in (10.0 ** draw.rng.uniform(160, 290), 1)
    )
    return tuple(_in_units(ask("clip_by_norm", gradients, c), c) for gradients in (huge, long))


# 6.4


def _beginning(ask: StudentProxy, draw: CaseGenerator):
    """Ask with a seed that other sizes were asked for with."""
    sizes, scale = (draw.size(), draw.size()), float(10.0 ** draw.rng.uniform(-4, 0.5))
    seed = int(draw.rng.integers(2**32))
    ask("identity_init", sizes[0], sizes[1] + 1, scale, seed)
    answer = ask("identity_init", *sizes, scale, seed)
    return answer[1:] if isinstance(answer, tuple) and len(answer) == 3 else answer


def _orthonormal(ask: StudentProxy, draw: CaseGenerator):
    n_hidden = draw.size(1, 9, large=50)
    seed = int(draw.rng.integers(2**32))
    ask("orthogonal_init", n_hidden + 1, seed)
    q = ask("orthogonal_init", n_hidden, seed)
    return q.T @ q if isinstance(q, np.ndarray) and q.shape == (n_hidden, n_hidden) else q


def _kept(ask: StudentProxy, draw: CaseGenerator):
    """Let 200 steps pass in silence: a linear network with the one beginning, a relu network with the other."""
    n_hidden, seed = draw.size(1, 9, large=20), int(draw.rng.integers(2**32))
    state = np.abs(draw.array(n_hidden, ordinary=True))
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
            Part("units at rest: powers of w_h", 0.5, _powers, answer="products, each in its unit,"),
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
            Part(
                "tanh and linear",
                0.75,
                _rate("tanh", "linear"),
                tolerance=1e-8,
                answer=_rates("tanh", "linear"),
            ),
            Part("sigmoid", 0.75, _rate("sigmoid"), tolerance=1e-8, answer=_rates("sigmoid")),
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
            Part(
                "long gradients are shortened to c",
                1,
                _clipped(1, 1.1, 100),
                n_cases=8,
                answer="gradients, in units of c,",
                read_only=True,
            ),
            Part(
                "short gradients stay as they are",
                0.5,
                _short,
                n_cases=8,
                answer="gradients, in units of c (if infinite of their length),",
            ),
            Part("a gradient of zeros", 0.25, _zero, answer=("the one of zeros", "the short one, in units of c,")),
            Part(
                "too long to square",
                0.5,
                _huge,
                answer=("the huge one, in units of c,", "the long one, in units of c,"),
            ),
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
            Part(
                "identity: w_x is normally distributed, with the spread asked for",
                0.5,
                starts.normal_weights,
                n_cases=1,
                tries=2,
                answer="w_x",
            ),
            Part("orthogonal: w_hᵀ w_h is the identity", 0.75, _orthonormal, n_cases=8, answer="w_hᵀ w_h"),
            Part(
                "a state lasts 200 steps",
                0.5,
                _kept,
                answer=("the lengths of the state after 1, 2, … steps (orthogonal)", "the state at the end (identity)"),
            ),
            Part("both are drawn from the seed", 0.5, starts.drawn_from_the_seed, n_cases=3, answer=starts.SEEDED),
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
