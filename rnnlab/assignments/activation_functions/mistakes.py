"""Assignment 3: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 3.1: every function below has the signature (name, a)


def _sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def _right(name, a):
    if name == "tanh":
        return np.tanh(a), 1 / np.cosh(np.clip(a, -300, 300)) ** 2
    if name == "sigmoid":
        return _sigmoid(a), _sigmoid(a) * _sigmoid(-a)
    slope = np.where(a > 0, 1.0, {"relu": 0.0, "leaky_relu": 0.01, "linear": 1.0}[name])
    return slope * a, slope


def _but(which, value=None, slope=None):
    """Return the right answer but for the value or the slope of one of the functions."""

    def activation(name, a):
        right = _right(name, a)
        if name != which:
            return right
        with np.errstate(all="ignore"):
            return value(a) if value else right[0], slope(a) if slope else right[1]

    return activation


def _sigmoid_by_quotient(name, a):
    if name != "sigmoid":
        return _right(name, a)
    with np.errstate(all="ignore"):
        value = np.exp(a) / (1 + np.exp(a))
        return value, value * (1 - value)


def _swapped(name, a):
    value, slope = _right(name, a)
    return slope, value


def _value_only(name, a):
    return _right(name, a)[0]


def _overwritten(name, a):
    value, slope = _right(name, a)
    if name in ("relu", "leaky_relu"):
        a[:] = value
    return value, slope


_FUNCTION_MISTAKES = (
    Mistake(
        "tanh: 1 - h",
        "your slope of tanh is one minus its value. Differentiate again: the value comes squared.",
        {"activation": _but("tanh", slope=lambda a: 1 - np.tanh(a))},
    ),
    Mistake(
        "tanh: 1 - a squared",
        "your slope of tanh has the pre-activation squared where the value belongs. The right slope is never below 0.",
        {"activation": _but("tanh", slope=lambda a: 1 - a**2)},
    ),
    Mistake(
        "tanh: slope at the value",
        "your slope of tanh is taken at tanh(a), not at a: tanh was applied twice.",
        {"activation": _but("tanh", slope=lambda a: 1 - np.tanh(np.tanh(a)) ** 2)},
    ),
    Mistake(
        "tanh: slope for value",
        "your value of tanh is its slope, 1 - tanh². That is the second result; the first is tanh itself.",
        {"activation": _but("tanh", lambda a: 1 - np.tanh(a) ** 2)},
    ),
    Mistake(
        "tanh: exponentials",
        "your tanh is a quotient of exponentials. They overflow above 710, and infinity by infinity is NaN.",
        {"activation": _but("tanh", lambda a: (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a)))},
    ),
    Mistake(
        "sigmoid: slope at the value",
        "your slope of the sigmoid is taken at its value, not at a: the sigmoid was applied twice.",
        {"activation": _but("sigmoid", slope=lambda a: _sigmoid(_sigmoid(a)) * (1 - _sigmoid(_sigmoid(a))))},
    ),
    Mistake(
        "sigmoid: 1 - s",
        "your slope of the sigmoid lacks a factor: at a = 0 it should be 1/4.",
        {"activation": _but("sigmoid", slope=lambda a: 1 - _sigmoid(a))},
    ),
    Mistake(
        "sigmoid: a (1 - a)",
        "your slope of the sigmoid has the pre-activation where its value belongs.",
        {"activation": _but("sigmoid", slope=lambda a: a * (1 - a))},
    ),
    Mistake(
        "sigmoid: tanh's slope",
        "your slope of the sigmoid is one minus its value squared. That rule is tanh's.",
        {"activation": _but("sigmoid", slope=lambda a: 1 - _sigmoid(a) ** 2)},
    ),
    Mistake(
        "sigmoid: falls",
        "your sigmoid falls where it should rise: look at the sign in the exponent.",
        {"activation": _but("sigmoid", lambda a: _sigmoid(-a))},
    ),
    Mistake(
        "sigmoid: quotient of exponentials",
        "your sigmoid is NaN for large a: exp(a) overflows above 710, and infinity by infinity is NaN. "
        "Which form of it needs exp of a negative number only?",
        {"activation": _sigmoid_by_quotient},
    ),
    Mistake(
        "sigmoid: slope from exponentials",
        "your slope of the sigmoid is NaN far out, where a square of an exponential overflows. Write it with the "
        "value, which stays between 0 and 1.",
        {"activation": _but("sigmoid", slope=lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2)},
    ),
    Mistake(
        "relu: slope at 0",
        "your relu has the slope 1 at exactly 0. There it is the slope on the left, here as in PyTorch.",
        {"activation": _but("relu", slope=lambda a: np.where(a >= 0, 1.0, 0.0))},
    ),
    Mistake(
        "relu: slope as booleans",
        "your slope of relu is an array of booleans. A slope is a number: make it 1.0 and 0.0.",
        {"activation": _but("relu", slope=lambda a: a > 0)},
    ),
    Mistake(
        "relu: absolute value",
        "your relu mirrors negative numbers. It should be 0 for them.",
        {"activation": _but("relu", np.abs)},
    ),
    Mistake(
        "leaky_relu: relu's slope",
        "your leaky_relu has the slope 0 below 0. It leaks: a hundredth of the change still passes.",
        {"activation": _but("leaky_relu", slope=lambda a: np.where(a > 0, 1.0, 0.0))},
    ),
    Mistake(
        "leaky_relu: a tenth",
        "your leaky_relu lets a tenth through below 0. Here it is a hundredth.",
        {"activation": _but("leaky_relu", lambda a: np.maximum(a, 0.1 * a), lambda a: np.where(a > 0, 1.0, 0.1))},
    ),
    Mistake(
        "leaky_relu: smaller of the two",
        "your leaky_relu bends the wrong way: it leaks above 0 and passes everything below.",
        {"activation": _but("leaky_relu", lambda a: np.minimum(a, 0.01 * a), lambda a: np.where(a > 0, 0.01, 1.0))},
    ),
    Mistake(
        "linear: slope a",
        "your linear function's slope is a. The slope of f(a) = a is the same everywhere.",
        {"activation": _but("linear", slope=lambda a: 1.0 * a)},
    ),
    Mistake(
        "slope first",
        "your answer has the slope before the value.",
        {"activation": _swapped},
    ),
    Mistake(
        "no slope",
        "your answer is the value alone. Return both: value, slope.",
        {"activation": _value_only},
    ),
    Mistake(
        "pre-activations overwritten",
        "your function cuts off the pre-activations in the array that it was given. Its caller still needs them.",
        {"activation": _overwritten},
    ),
)

# 3.2: every function below has the signature (w_h, name)


def _steepest(name):
    return 0.25 if name == "sigmoid" else 1.0


def _spectral(w_h):
    return float(np.linalg.norm(w_h, 2))


def _radius(w_h, name):
    return float(np.abs(np.linalg.eigvals(w_h)).max()) * _steepest(name)


def _leak_as_steepest(w_h, name):
    return (0.01 if name == "leaky_relu" else _steepest(name)) * _spectral(w_h)


def _largest_value(w_h, name):
    return (1.0 if name == "sigmoid" else _steepest(name)) * _spectral(w_h)


_BOUND_MISTAKES = (
    Mistake(
        "spectral radius",
        "your bound is the largest magnitude of an eigenvalue. That says how products of many steps grow; a single "
        "step can stretch more. Which singular value is it?",
        {"slope_bound": _radius},
    ),
    Mistake(
        "Frobenius norm",
        "your bound uses the Frobenius norm, the default of np.linalg.norm. It holds, but a smaller one holds too: no "
        "single direction is stretched by all singular values at once.",
        {"slope_bound": lambda w_h, name: float(np.linalg.norm(w_h)) * _steepest(name)},
    ),
    Mistake(
        "largest entry",
        "your bound is the largest entry of w_h. A step adds up a whole row of them.",
        {"slope_bound": lambda w_h, name: float(np.abs(w_h).max()) * _steepest(name)},
    ),
    Mistake(
        "column sums",
        "your bound is the largest column sum (the 1-norm). Lengths are Euclidean here: it is the 2-norm.",
        {"slope_bound": lambda w_h, name: float(np.linalg.norm(w_h, 1)) * _steepest(name)},
    ),
    Mistake(
        "row sums",
        "your bound is the largest row sum (the infinity norm). Lengths are Euclidean here: it is the 2-norm.",
        {"slope_bound": lambda w_h, name: float(np.linalg.norm(w_h, np.inf)) * _steepest(name)},
    ),
    Mistake(
        "norm squared",
        "your bound is the norm squared: the eigenvalues of w_hᵀ w_h are the squares of the singular values.",
        {"slope_bound": lambda w_h, name: _spectral(w_h) ** 2 * _steepest(name)},
    ),
    Mistake(
        "smallest singular value",
        "your bound uses the smallest singular value: the direction that is stretched least.",
        {"slope_bound": lambda w_h, name: float(np.linalg.norm(w_h, -2)) * _steepest(name)},
    ),
    Mistake(
        "sigmoid's largest value",
        "your bound for the sigmoid lets its slope be 1. That is its largest value; what is its largest slope?",
        {"slope_bound": _largest_value},
    ),
    Mistake(
        "sigmoid's slope squared",
        "your bound for the sigmoid has the largest slope squared. Each step has one slope.",
        {"slope_bound": lambda w_h, name: _spectral(w_h) * _steepest(name) ** 2},
    ),
    Mistake(
        "a quarter for all",
        "your bound has the sigmoid's largest slope for every function. The others are steeper.",
        {"slope_bound": lambda w_h, name: 0.25 * _spectral(w_h)},
    ),
    Mistake(
        "leak as the steepest",
        "your bound for leaky_relu takes its slope below 0. Units above 0 are steeper, and any unit may be there.",
        {"slope_bound": _leak_as_steepest},
    ),
    Mistake(
        "weights without slope and norm",
        "your bound is the largest slope alone. The step also multiplies by w_h.",
        {"slope_bound": lambda w_h, name: _steepest(name)},
    ),
)

_PREDICTIONS = (
    Mistake(
        "gone at once",
        "you expect it to vanish exponentially. That needs a slope below 1: what is the slope of tanh where h goes?",
        {"predicted_state": lambda: 0.0},
    ),
    Mistake(
        "stopped early",
        "0.76 is what one step leaves, tanh(1). Does the next step leave that as it is?",
        {"predicted_state": lambda: 0.76},
    ),
    Mistake(
        "kept",
        "you expect a weight of 1 to keep the state. It would in a linear unit; tanh(h) is smaller than h for every h "
        "above 0.",
        {"predicted_state": lambda: 1.0},
    ),
)

MISTAKES = {"3.1": _FUNCTION_MISTAKES, "3.2": _BOUND_MISTAKES, "3.3": _PREDICTIONS}
