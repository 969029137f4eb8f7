"""Assignment 6: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 6.1: every function below has the signature (h, w_h)


def _jacobians(h, w_h):
    return (1 - h[1:] ** 2)[:, :, None] * w_h


def _products(jacobians):
    products = [np.eye(jacobians.shape[1])]
    for jacobian in jacobians[::-1]:
        products.append(products[-1] @ jacobian)
    return np.stack(products[:0:-1])


def _other_side(jacobians):
    """Multiply each Jacobian on the left of the product instead of on its right."""
    products = [np.eye(jacobians.shape[1])]
    for jacobian in jacobians[::-1]:
        products.append(jacobian @ products[-1])
    return np.stack(products[:0:-1])


def _from_start(h, w_h):
    product, products = np.eye(len(w_h)), []
    for jacobian in _jacobians(h, w_h):
        product = jacobian @ product
        products.append(product)
    return np.stack(products)


def _with_identity(h, w_h):
    products = _products(_jacobians(h, w_h))
    return np.concatenate([products[1:], np.eye(len(w_h))[None]])


def _entry_by_entry(h, w_h):
    products = np.cumprod(_jacobians(h, w_h)[::-1], axis=0)
    return products[::-1].copy()


_PRODUCT_MISTAKES = (
    Mistake(
        "w_h transposed",
        "your product is made of transposed weights: row i of the Jacobian says what unit i reads, as row i of w_h "
        "does.",
        {"jacobian_products": lambda h, w_h: _products(_jacobians(h, w_h.T))},
    ),
    Mistake(
        "backward form",
        "your matrices are the transposes of ∂h_T/∂h_t. They are what carries dh back; the Jacobian itself has the "
        "later state's units in its rows.",
        {"jacobian_products": lambda h, w_h: _products(_jacobians(h, w_h)).transpose(0, 2, 1).copy()},
    ),
    Mistake(
        "wrong order",
        "your factors are in the wrong order: h_T comes first, on the left, and each earlier step goes on the right.",
        {"jacobian_products": lambda h, w_h: _other_side(_jacobians(h, w_h))},
    ),
    Mistake(
        "slopes on the columns",
        "your slopes multiply the columns of w_h. The slope of unit i belongs to the whole of row i.",
        {"jacobian_products": lambda h, w_h: _products((1 - h[1:] ** 2)[:, None, :] * w_h)},
    ),
    Mistake(
        "slopes of the state before",
        "your Jacobian from h[t] to h[t + 1] takes the slopes from h[t]. The activation function's output in that step "
        "is h[t + 1].",
        {"jacobian_products": lambda h, w_h: _products((1 - h[:-1] ** 2)[:, :, None] * w_h)},
    ),
    Mistake(
        "1 - h",
        "your slope is 1 - h. The slope of tanh, written with its value, has the value squared.",
        {"jacobian_products": lambda h, w_h: _products((1 - h[1:])[:, :, None] * w_h)},
    ),
    Mistake(
        "tanh twice",
        "your slope is that of tanh at h. The states have been through tanh already.",
        {"jacobian_products": lambda h, w_h: _products((1 - np.tanh(h[1:]) ** 2)[:, :, None] * w_h)},
    ),
    Mistake(
        "no slopes",
        "your Jacobians are w_h alone, as in a linear network.",
        {"jacobian_products": lambda h, w_h: _products(np.stack([w_h] * (len(h) - 1)))},
    ),
    Mistake(
        "from the start",
        "your products run from h_0: yours are ∂h_t/∂h_0. Asked for is ∂h_T/∂h_t, from each step to the end.",
        {"jacobian_products": _from_start},
    ),
    Mistake(
        "in reverse",
        "your products stand in reverse: the longest, from h_0 to h_T, comes first.",
        {"jacobian_products": lambda h, w_h: _products(_jacobians(h, w_h))[::-1].copy()},
    ),
    Mistake(
        "not multiplied",
        "your matrices are the Jacobians of the single steps. Multiply them up to the end.",
        {"jacobian_products": _jacobians},
    ),
    Mistake(
        "one step short",
        "your products lack a factor: products[t] should go from h[t], and yours go from h[t + 1]. The last should be "
        "one Jacobian, not the identity.",
        {"jacobian_products": _with_identity},
    ),
    Mistake(
        "entry by entry",
        "your matrices are multiplied entry by entry. Steps follow each other by the matrix product, @.",
        {"jacobian_products": _entry_by_entry},
    ),
)

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

# 6.3: every function below has the signature (gradients, c)


def _norm(gradients):
    return np.hypot.reduce(np.concatenate([g.ravel() for g in gradients.values()]))


def _times(gradients, factor):
    return {name: factor * g for name, g in gradients.items()}


def _array_by_array(gradients, c):
    return {name: g * min(1.0, c / max(_norm({name: g}), 1e-300)) for name, g in gradients.items()}


def _always(gradients, c):
    with np.errstate(all="ignore"):
        return _times(gradients, c / _norm(gradients))


def _to_length_one(gradients, c):
    norm = _norm(gradients)
    return _times(gradients, 1 / norm) if norm > c else gradients


def _without_root(gradients, c):
    with np.errstate(all="ignore"):
        square = sum(np.sum(g**2) for g in gradients.values())
        return _times(gradients, c / square) if square > c else gradients


def _by_sum_of_norms(gradients, c):
    norm = sum(_norm({"": g}) for g in gradients.values())
    return _times(gradients, c / norm) if norm > c else gradients


def _by_mean_square(gradients, c):
    norm = _norm(gradients) / np.sqrt(sum(g.size for g in gradients.values()))
    return _times(gradients, c / norm) if norm > c else gradients


def _by_largest(gradients, c):
    norm = max(np.abs(g).max() for g in gradients.values())
    return _times(gradients, c / norm) if norm > c else gradients


def _overwritten(gradients, c):
    norm = _norm(gradients)
    if norm > c:
        for g in gradients.values():
            g *= c / norm
    return gradients


def _upside_down(gradients, c):
    norm = _norm(gradients)
    with np.errstate(all="ignore"):
        return _times(gradients, norm / c) if norm > c else gradients


def _zero_by_zero(gradients, c):
    norm = _norm(gradients)
    with np.errstate(all="ignore"):
        return {name: g / norm * min(norm, c) for name, g in gradients.items()}


def _squares_overflow(gradients, c):
    with np.errstate(all="ignore"):
        norm = np.sqrt(sum(np.sum(g**2) for g in gradients.values()))
    return _times(gradients, c / norm) if norm > c else gradients


_CLIP_MISTAKES = (
    Mistake(
        "array by array",
        "your arrays are clipped each by its own norm. That turns the gradient: all of them together are one vector, "
        "and one factor shortens it.",
        {"clip_by_norm": _array_by_array},
    ),
    Mistake(
        "short ones too",
        "your gradients always come out with the norm c: short ones are made longer. Clipping leaves them alone.",
        {"clip_by_norm": _always},
    ),
    Mistake(
        "by value",
        "your entries are cut off at ±c one by one. That turns the gradient, and the norm may still exceed c.",
        {"clip_by_norm": lambda gradients, c: {name: np.clip(g, -c, c) for name, g in gradients.items()}},
    ),
    Mistake(
        "to length 1",
        "your long gradients come out with norm 1. They should have norm c.",
        {"clip_by_norm": _to_length_one},
    ),
    Mistake(
        "no root",
        "your norm lacks the square root: it is the sum of the squares.",
        {"clip_by_norm": _without_root},
    ),
    Mistake(
        "sum of norms",
        "your norm is the sum of the arrays' norms. Squares add, norms do not.",
        {"clip_by_norm": _by_sum_of_norms},
    ),
    Mistake(
        "mean square",
        "your norm is the root of the mean square. A norm takes the sum.",
        {"clip_by_norm": _by_mean_square},
    ),
    Mistake(
        "largest entry",
        "your norm is the largest entry's magnitude. Here it is the Euclidean one.",
        {"clip_by_norm": _by_largest},
    ),
    Mistake(
        "gradients overwritten",
        "your function scales the gradients in place. Whoever called it may still want the unclipped ones.",
        {"clip_by_norm": _overwritten},
    ),
    Mistake(
        "upside down",
        "your factor is upside down: it makes long gradients longer.",
        {"clip_by_norm": _upside_down},
    ),
    Mistake(
        "zero by zero",
        "your gradient of zeros becomes NaN: its norm is 0, and something is divided by it.",
        {"clip_by_norm": _zero_by_zero},
    ),
    Mistake(
        "squares overflow",
        "your clipping of a huge gradient gives zeros: the squares of numbers above 1e154 are infinite. When gradients "
        "explode this is just when clipping is needed. Divide by the largest entry before you square.",
        {"clip_by_norm": _squares_overflow},
    ),
)

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

MISTAKES = {
    "6.1": _PRODUCT_MISTAKES,
    "6.2": _RATE_MISTAKES,
    "6.3": _CLIP_MISTAKES,
    "6.4": _INIT_MISTAKES,
    "6.5": _PREDICTIONS,
}
