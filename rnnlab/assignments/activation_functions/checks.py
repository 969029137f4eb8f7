"""Assignment 3, activation functions: their values and slopes, and what a step's slopes can do to a small change."""

import numpy as np

from rnnlab import activations
from rnnlab.assignments.activation_functions.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.checks.student import wrong

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


def _drawn(*names: str):
    """Probe arrays of one to three axes; every other one has numbers that are exactly 0."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        a = draw.array(*(draw.size(1, 5) for _ in range(1 + draw.case % 3)), scale=2.0)
        if draw.case % 2:
            a[draw.rng.random(a.shape) < 0.5] = 0.0
        return ask("activation", names[draw.case % len(names)], a)

    return probe


def _far_out(ask: StudentProxy, draw: CaseGenerator):
    """Go where exp overflows (710) and beyond; whoever divides infinity by infinity has NaN there."""
    far = np.array([-1000.0, 1000.0, -745.0, 745.0, -710.0, 710.0, -40.0, 40.0])
    a = np.concatenate([far, draw.array(draw.size(), scale=300.0)])
    return ask("activation", activations.NAMES[draw.case % len(activations.NAMES)], a)


def _square(draw: CaseGenerator):
    n_hidden = draw.size(2, 8) if draw.case else 1
    return draw.array(n_hidden, n_hidden, scale=draw.rng.uniform(0.3, 1.5))


def _smallest(*names: str):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        return ask("slope_bound", _square(draw), names[draw.case % len(names)])

    return probe


def _held(ask: StudentProxy, draw: CaseGenerator):
    """Draw Jacobians; the bound must hold for all, also for the longest there is, and no longer one must fit below."""
    w_h = _square(draw)
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
        raise wrong(f"a Jacobian of this {name} network has the norm {longest:.6g}, and your bound is {bound:.6g}")
    if not bound <= longest * (1 + 1e-10):
        raise wrong(f"no Jacobian of this {name} network is longer than {longest:.6g}, but your bound is {bound:.6g}")
    return bound


def _state(ask: StudentProxy, draw: CaseGenerator):
    """Take any number that rounds to one of those to choose from."""
    answer = ask("predicted_state")
    return round(float(answer), 2) if isinstance(answer, int | float) else answer


QUESTIONS = (
    Question(
        "3.1",
        "Values and slopes: activation",
        ("activation",),
        {"activation": activation},
        (
            Part("tanh", 0.5, _drawn("tanh"), answer=("value", "slope")),
            Part("sigmoid", 0.75, _drawn("sigmoid"), answer=("value", "slope")),
            Part("relu", 0.5, _drawn("relu"), answer=("value", "slope"), read_only=True),
            Part("leaky_relu", 0.5, _drawn("leaky_relu"), answer=("value", "slope")),
            Part("linear", 0.25, _drawn("linear"), answer=("value", "slope")),
            Part("far out, at ±1000", 0.75, _far_out, n_cases=10, answer=("value", "slope")),
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
            Part("no drawn Jacobian is longer", 0.75, _held, n_cases=15, answer="the bound"),
            Part("as small as can be: tanh and linear", 0.5, _smallest("tanh", "linear"), answer="the bound"),
            Part("as small as can be: sigmoid", 0.75, _smallest("sigmoid"), answer="the bound"),
            Part("as small as can be: relu and leaky_relu", 0.5, _smallest("relu", "leaky_relu"), answer="the bound"),
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
