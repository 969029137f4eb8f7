"""Assignment 6: the wrong ways that students take in 6.4 and 6.5, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 6.4: identity_init(n_input, n_hidden, scale, seed) and orthogonal_init(n_hidden, seed)


def _identity(n_input, n_hidden, scale, seed):
    w_x = np.random.default_rng(seed).normal(0, scale, (n_hidden, n_input))
    return w_x, np.eye(n_hidden), np.zeros(n_hidden)


def _ones(*args):
    w_x, w_h, b_h = _identity(*args)
    return w_x, np.ones_like(w_h), b_h


def _bias_one(*args):
    w_x, w_h, b_h = _identity(*args)
    return w_x, w_h, b_h + 1


def _without_scale(n_input, n_hidden, scale, seed):
    return _identity(n_input, n_hidden, 1.0, seed)


def _scale_as_variance(n_input, n_hidden, scale, seed):
    return _identity(n_input, n_hidden, np.sqrt(scale), seed)


def _uniform(n_input, n_hidden, scale, seed):
    _, w_h, b_h = _identity(n_input, n_hidden, scale, seed)
    return np.random.default_rng(seed).uniform(-scale, scale, (n_hidden, n_input)), w_h, b_h


def _in_out(*args):
    w_x, w_h, b_h = _identity(*args)
    return w_x.T.copy(), w_h, b_h


def _scaled_identity(n_input, n_hidden, scale, seed):
    w_x, w_h, b_h = _identity(n_input, n_hidden, scale, seed)
    return w_x, scale * w_h, b_h


def _identity_no_seed(n_input, n_hidden, scale, seed):
    return np.random.default_rng().normal(0, scale, (n_hidden, n_input)), np.eye(n_hidden), np.zeros(n_hidden)


def _glorot(n_input, n_hidden, scale, seed):
    spread = np.sqrt(2 / (n_input + n_hidden))
    return _identity(n_input, n_hidden, spread, seed)


def _gaussian(n_hidden, seed):
    return np.random.default_rng(seed).normal(size=(n_hidden, n_hidden)) / np.sqrt(n_hidden)


def _unit_columns(n_hidden, seed):
    w_h = np.random.default_rng(seed).normal(size=(n_hidden, n_hidden))
    return w_h / np.linalg.norm(w_h, axis=0)


def _unit_radius(n_hidden, seed):
    w_h = np.random.default_rng(seed).normal(size=(n_hidden, n_hidden))
    return w_h / np.abs(np.linalg.eigvals(w_h)).max()


def _triangle(n_hidden, seed):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n_hidden, n_hidden)))[1]


def _no_seed(n_hidden, seed):
    return np.linalg.qr(np.random.default_rng().normal(size=(n_hidden, n_hidden)))[0]


def _one_seed(n_hidden, seed):
    return np.linalg.qr(np.random.default_rng(0).normal(size=(n_hidden, n_hidden)))[0]


_INIT_MISTAKES = (
    Mistake(
        "identity: ones",
        "your w_h is full of ones. In an identity matrix only the diagonal has them.",
        {"identity_init": _ones},
    ),
    Mistake(
        "identity: scaled",
        "your w_h is the identity times the scale. Only w_x has that spread: w_h must keep what it gets.",
        {"identity_init": _scaled_identity},
    ),
    Mistake("identity: bias of ones", "your bias is 1. It begins at 0.", {"identity_init": _bias_one}),
    Mistake(
        "identity: w_x without scale",
        "your w_x does not know the scale: its standard deviation is 1.",
        {"identity_init": _without_scale},
    ),
    Mistake(
        "identity: scale as variance",
        "your w_x has the scale for its variance. It is the standard deviation, which rng.normal takes.",
        {"identity_init": _scale_as_variance},
    ),
    Mistake(
        "identity: uniform",
        "your w_x is uniform between -scale and scale. It should be normally distributed.",
        {"identity_init": _uniform},
    ),
    Mistake(
        "identity: spread from the sizes",
        "the spread of your w_x follows from the sizes of the layer (Glorot). Here it is the scale that is passed.",
        {"identity_init": _glorot},
    ),
    Mistake(
        "identity: no seed",
        "your w_x is another one each time, for the same seed too: a result that nobody can repeat. Draw from "
        "np.random.default_rng(seed) in identity_init as well.",
        {"identity_init": _identity_no_seed},
    ),
    Mistake(
        "identity: one seed",
        "your w_x is the same for every seed: pass the seed on to np.random.default_rng.",
        {"identity_init": lambda n_input, n_hidden, scale, seed: _identity(n_input, n_hidden, scale, 0)},
    ),
    Mistake(
        "identity: w_x as (in, out)",
        "your w_x has its shape the wrong way round: weights are (out, in), here (H, D).",
        {"identity_init": _in_out},
    ),
    Mistake(
        "orthogonal: Gaussian",
        "your w_h is a scaled matrix of normal numbers. It keeps lengths on average, but no single one: its columns "
        "are not perpendicular.",
        {"orthogonal_init": _gaussian},
    ),
    Mistake(
        "orthogonal: unit columns",
        "your columns have length 1 but are not perpendicular to each other.",
        {"orthogonal_init": _unit_columns},
    ),
    Mistake(
        "orthogonal: spectral radius 1",
        "your w_h has spectral radius 1. That bounds what is left after many steps, but single steps still stretch and "
        "shrink: its columns are not perpendicular.",
        {"orthogonal_init": _unit_radius},
    ),
    Mistake(
        "orthogonal: the triangle",
        "your w_h is a triangle: of the two factors of the QR decomposition you returned the other one.",
        {"orthogonal_init": _triangle},
    ),
    Mistake(
        "orthogonal: identity",
        "your w_h is the identity for every seed. It is orthogonal, but here it should be drawn at random.",
        {"orthogonal_init": lambda n_hidden, seed: np.eye(n_hidden)},
    ),
    Mistake(
        "orthogonal: no seed",
        "your w_h is another one each time, for the same seed too: a result that nobody can repeat. Draw from "
        "np.random.default_rng(seed).",
        {"orthogonal_init": _no_seed},
    ),
    Mistake(
        "orthogonal: one seed",
        "your w_h is the same for every seed.",
        {"orthogonal_init": _one_seed},
    ),
)

_PREDICTIONS = (
    Mistake(
        "never longer",
        "you trusted the eigenvalues from the first step. They say how it ends; how it begins, the 5 beside the "
        "diagonal says: what does one step do to the vector (0, 1)?",
        {"predicted_peak": lambda: 0},
    ),
    Mistake(
        "the first step",
        "after the first step it is not yet at its longest. Square the matrix by hand: what stands beside the "
        "diagonal?",
        {"predicted_peak": lambda: 1},
    ),
    Mistake(
        "much later",
        "by then 0.9 has been multiplied a hundred times: 0.00003. What grows beside it grows only in proportion to "
        "the number of steps.",
        {"predicted_peak": lambda: 100},
    ),
)


MISTAKES = {"6.4": _INIT_MISTAKES, "6.5": _PREDICTIONS}
