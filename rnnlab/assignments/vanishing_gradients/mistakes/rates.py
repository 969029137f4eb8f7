"""Assignment 6: the wrong ways that students take in 6.2, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 6.2: every function below has the signature (w_h, name)


def _slope(name):
    return 0.25 if name == "sigmoid" else 1.0


def _radius(w_h):
    return float(np.abs(np.linalg.eigvals(w_h)).max())


_RATE_MISTAKES = (
    Mistake(
        "norm",
        "your rate is the norm of one step, the largest singular value. Over many steps no direction is stretched the "
        "most each time; what remains is the largest magnitude of an eigenvalue.",
        {"decay_rate": lambda w_h, name: float(np.linalg.norm(w_h, 2)) * _slope(name)},
    ),
    Mistake(
        "Frobenius norm",
        "your rate is the Frobenius norm of w_h. It says nothing of what many steps do; eigenvalues do.",
        {"decay_rate": lambda w_h, name: float(np.linalg.norm(w_h)) * _slope(name)},
    ),
    Mistake(
        "largest entry",
        "your rate is the largest entry of w_h. An entry says what one unit does to one other; over many steps the "
        "largest magnitude of an eigenvalue decides.",
        {"decay_rate": lambda w_h, name: float(w_h.max()) * _slope(name)},
    ),
    Mistake(
        "largest real part",
        "your rate is the largest real part of an eigenvalue. In steps, it is the magnitude that multiplies: an "
        "eigenvalue of -0.9 or 0.9i decays as slowly as one of 0.9.",
        {"decay_rate": lambda w_h, name: float(np.linalg.eigvals(w_h).real.max()) * _slope(name)},
    ),
    Mistake(
        "magnitude of the real part",
        "your rate is the magnitude of an eigenvalue's real part. Eigenvalues are complex: the magnitude counts both "
        "parts.",
        {"decay_rate": lambda w_h, name: float(np.abs(np.linalg.eigvals(w_h).real).max()) * _slope(name)},
    ),
    Mistake(
        "smallest eigenvalue",
        "your rate is that of the direction forgotten first. What is left after many steps is the slowest.",
        {"decay_rate": lambda w_h, name: float(np.abs(np.linalg.eigvals(w_h)).min()) * _slope(name)},
    ),
    Mistake(
        "mean eigenvalue",
        "your rate is a mean over the eigenvalues. After many steps only the largest in magnitude is left.",
        {"decay_rate": lambda w_h, name: float(np.abs(np.linalg.eigvals(w_h)).mean()) * _slope(name)},
    ),
    Mistake(
        "determinant",
        "your rate is the determinant: that is how volumes shrink, in all directions together.",
        {"decay_rate": lambda w_h, name: float(abs(np.linalg.det(w_h))) * _slope(name)},
    ),
    Mistake(
        "symmetric part",
        "your rate comes from eigvalsh or eigh, which take w_h to be symmetric and read only one half of it.",
        {"decay_rate": lambda w_h, name: float(np.abs(np.linalg.eigvalsh(w_h)).max()) * _slope(name)},
    ),
    Mistake(
        "slope forgotten",
        "your rate for the sigmoid is that of w_h alone. Each step also multiplies by the slope at 0.",
        {"decay_rate": lambda w_h, name: _radius(w_h)},
    ),
    Mistake(
        "value for slope",
        "your rate for the sigmoid takes its value at 0, one half. What multiplies is its slope there.",
        {"decay_rate": lambda w_h, name: _radius(w_h) * (0.5 if name == "sigmoid" else 1.0)},
    ),
    Mistake(
        "a quarter for all",
        "your rate has the sigmoid's slope for every function. At 0 the others are steeper.",
        {"decay_rate": lambda w_h, name: 0.25 * _radius(w_h)},
    ),
    Mistake(
        "logarithm",
        "your rate is the logarithm of the factor. Return the factor itself: 1 where gradients neither grow nor "
        "shrink.",
        {"decay_rate": lambda w_h, name: float(np.log(_radius(w_h) * _slope(name)))},
    ),
)


MISTAKES = {"6.2": _RATE_MISTAKES}
