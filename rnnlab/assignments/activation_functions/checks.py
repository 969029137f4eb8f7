"""Assignment 3, activation functions: their values and slopes, and what a step's slopes can do to a small change."""

import numpy as np

from rnnlab import activations
from rnnlab.assignments._drawing import per, rounded, unit
from rnnlab.assignments.activation_functions.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.checks.student import wrong

ALLOWS = ()
HIDES = (
    "rnnlab.activations",
    "rnnlab.analysis",
    "rnnlab.kernels.numba_ops",
    "rnnlab.kernels.numpy_ops",
    "rnnlab.kernels.scalar",
)


def activation(name, a):
    return activations.value(name, a), activations.derivative(name, a)


def slope_bound(w_h, name):
    steepest = np.max(
        activations.derivative(name, [0.0, 1.0])
    )  # tanh and sigmoid are steepest at 0, the others above it
    return float(steepest * np.linalg.svd(w_h, compute_uv=False)[0])


def _any_shape(draw: CaseGenerator) -> tuple[int, ...]:
    """Return a shape of one to four axes by turns, of none, and one without entries."""
    sizes = [draw.size(1, 5, large=30) for _ in range(4)]
    if draw.case in (5, 6):
        sizes[draw.case - 5] = 0
    return tuple(sizes[: (1, 2, 3, 4, 0)[draw.case % 5]])


def _drawn(name: str):
    """Probe arrays of any shape; some have numbers that are exactly 0, and some are tiny or huge altogether.

    The value of tanh is not asked for to ten digits where it is tiny: exponentials, a right way, would lose them.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        scale = unit(draw) if name in ("relu", "leaky_relu", "linear") else 1.0
        a = draw.array(*_any_shape(draw), scale=2.0 * scale)
        if draw.case % 2 and scale == 1:
            a = np.where(draw.rng.random(a.shape) < 0.5, 0.0, a)
        answer = ask("activation", name, np.asarray(a))
        return (per(answer[0], scale), *answer[1:]) if isinstance(answer, tuple) and answer else answer

    return probe


def _far_out(ask: StudentProxy, draw: CaseGenerator):
    """Go where exp overflows (710) and beyond; whoever divides infinity by infinity has NaN there."""
    far = np.array([-1e5, 1e5, -1000.0, 1000.0, -745.0, 745.0, -710.0, 710.0, -40.0, 40.0])
    a = np.concatenate([far, draw.array(draw.size(), scale=300.0)])
    return ask("activation", activations.NAMES[draw.case % len(activations.NAMES)], a)


def _square(draw: CaseGenerator) -> tuple[np.ndarray, float]:
    """Return recurrent weights and their unit: also zero, nilpotent, of rank one, and a rotation."""
    n_hidden = draw.size(1, 8, large=40)
    scale = unit(draw) * draw.rng.uniform(0.3, 1.5)
    w_h = draw.array(n_hidden, n_hidden)
    if draw.case == 3:
        w_h = np.zeros_like(w_h)
    elif draw.case == 4:
        w_h = np.triu(w_h, 1)
    elif draw.case == 6:
        w_h = np.outer(w_h[0], w_h[-1])
    elif draw.case == 7:
        w_h = np.linalg.qr(w_h)[0]
    return scale * w_h, scale


def _smallest(*names: str):
    """Probe for the bounds of several functions for the same weights, which are known from another one already."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        w_h, scale = _square(draw)
        ask("slope_bound", w_h, "linear" if "sigmoid" in names else "sigmoid")
        return tuple(per(ask("slope_bound", w_h, name), scale) for name in names)

    return probe


def _bounds(*names: str) -> tuple[str, ...]:
    return tuple(f"the bound for {name}, in units of w_h," for name in names)


def _held(ask: StudentProxy, draw: CaseGenerator):
    """Draw Jacobians; the bound must hold for all, also for the longest there is, and no longer one must fit below."""
    w_h, _ = _square(draw)
    name = activations.NAMES[draw.case % len(activations.NAMES)]
    bound = ask("slope_bound", w_h, name)
    if not isinstance(bound, float):
        return bound
    n_hidden = len(w_h)
    a = draw.array(42, n_hidden, scale=2.0)
    a[:2] = [[0.0], [1.0]]  # at one of these two every unit is as steep as it gets
    jacobians = activations.derivative(name, a)[:, :, None] * w_h
    longest = np.linalg.svd(jacobians, compute_uv=False).max()
    if not bound >= longest * (1 - 1e-10):
        raise wrong(f"a Jacobian of this {name} network has the norm {longest:.12g}, and your bound is {bound:.12g}")
    if not bound <= longest * (1 + 1e-10):
        raise wrong(f"no Jacobian of this {name} network is longer than {longest:.12g}, but your bound is {bound:.12g}")
    return bound / float(longest or 1.0)


def _state(ask: StudentProxy, draw: CaseGenerator):
    """Take any number that rounds to one of those to choose from."""
    return rounded(ask("predicted_state"), 2)


SCALED = ("value, in units of a,", "slope")
QUESTIONS = (
    Question(
        "3.1",
        "Values and slopes: activation",
        ("activation",),
        {"activation": activation},
        (
            Part("tanh", 0.5, _drawn("tanh"), answer=("value", "slope")),
            Part("sigmoid", 0.75, _drawn("sigmoid"), answer=("value", "slope")),
            Part("relu", 0.5, _drawn("relu"), answer=SCALED),
            Part("leaky_relu", 0.5, _drawn("leaky_relu"), answer=SCALED),
            Part("linear", 0.25, _drawn("linear"), answer=SCALED),
            # read-only here, as it asks for each of the functions
            Part("far out, at ±1000 and beyond", 0.75, _far_out, 10, answer=("value", "slope"), read_only=True),
        ),
        MISTAKES["3.1"],
        shape_points=0.25,
        untouched_points=0.5,
        views=True,  # the linear function returns its input
        keeps=("a",),
        hides=HIDES,
    ),
    Question(
        "3.2",
        "The longest Jacobian: slope_bound",
        ("slope_bound",),
        {"slope_bound": slope_bound},
        (
            Part("no drawn Jacobian is longer", 0.75, _held, n_cases=15, answer="the bound, per norm of the longest,"),
            Part(
                "as small as can be: tanh and linear",
                0.5,
                _smallest("tanh", "linear"),
                answer=_bounds("tanh", "linear"),
            ),
            Part("as small as can be: sigmoid", 0.75, _smallest("sigmoid"), answer=_bounds("sigmoid")),
            Part(
                "as small as can be: relu and leaky_relu",
                0.5,
                _smallest("relu", "leaky_relu"),
                answer=_bounds("relu", "leaky_relu"),
            ),
        ),
        MISTAKES["3.2"],
        shape_points=0.25,
        untouched_points=0.25,
        hides=HIDES,
    ),
    Question(
        "3.3",
        "A prediction",
        ("predicted_state",),
        {"predicted_state": lambda: 0.12},
        (Part("the state after 100 steps", 1, _state, n_cases=1),),
        MISTAKES["3.3"],
        hides=HIDES,
    ),
)
