"""Assignment 6: other right ways of writing the answers, in styles that students use. All must get full marks."""

import math

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative


def _products_each_anew(h, w_h):
    n_steps = len(h) - 1
    out = []
    for t in range(n_steps):
        product = np.eye(len(w_h))
        for s in range(t + 1, n_steps + 1):
            product = np.diag(1 - h[s] ** 2) @ w_h @ product
        out.append(product)
    return np.array(out)


def _products_einsum(h, w_h):
    jacobians = np.einsum("ti,ij->tij", 1 - h[1:] ** 2, w_h)
    for t in range(len(jacobians) - 2, -1, -1):
        jacobians[t] = np.einsum("ij,jk->ik", jacobians[t + 1], jacobians[t])
    return jacobians


def _products_rows(h, w_h):
    """Send each unit's gradient back through time: row i is dh_T[i] / dh_t."""
    products = np.empty((len(h) - 1, *w_h.shape))
    rows = np.eye(len(w_h))
    for t in range(len(h) - 2, -1, -1):
        rows = (rows * (1 - h[t + 1] ** 2)) @ w_h
        products[t] = rows
    return products


def _products_recursive(h, w_h):
    first = (1.0 - h[1] * h[1]).reshape(-1, 1) * w_h
    if len(h) == 2:
        return first[np.newaxis]
    rest = _products_recursive(h[1:], w_h)
    return np.concatenate(((rest[0] @ first)[np.newaxis], rest))


@njit
def _products_numba(h, w_h):
    n_steps, n = len(h) - 1, len(w_h)
    products = np.zeros((n_steps, n, n))
    for t in range(n_steps - 1, -1, -1):
        for i in range(n):
            for j in range(n):
                if t == n_steps - 1:
                    products[t, i, j] = (1 - h[t + 1, i] ** 2) * w_h[i, j]
                else:
                    for k in range(n):
                        products[t, i, j] += products[t + 1, i, k] * (1 - h[t + 1, k] ** 2) * w_h[k, j]
    return products


def _rate_max(w_h, name):
    return max(abs(value) for value in np.linalg.eigvals(w_h)) / {"tanh": 1, "linear": 1, "sigmoid": 4}[name]


def _rate_schur(w_h, name):
    """Take the eigenvalues of the step's own Jacobian, by eig with its vectors."""
    slope = np.full(len(w_h), 1 / 4 if name == "sigmoid" else 1.0)
    values, _ = np.linalg.eig(np.diag(slope) @ w_h)
    return np.sqrt(np.max(values.real**2 + values.imag**2))


def _rate_squared(w_h, name):
    """Square the matrix until rounding makes it end: the length of its power 2^40 tells the rate to 12 digits."""
    power, log_length = w_h, 0.0
    for _ in range(40):
        length = np.linalg.norm(power)
        if length == 0:
            return 0.0
        power = (power / length) @ (power / length)
        log_length = 2 * (log_length + math.log(length))
    return math.exp(log_length / 2**40) * (0.25 if name == "sigmoid" else 1.0)


@njit
def _radius_numba(w_h):
    return np.max(np.abs(np.linalg.eigvals(w_h.astype(np.complex128))))


def _rate_numba(w_h, name):
    return _radius_numba(w_h) * (0.25 if name == "sigmoid" else 1.0)


def _clip_scaled(gradients, c):
    largest = max(np.max(np.abs(g)) for g in gradients.values())
    if largest == 0:
        return {name: g.copy() for name, g in gradients.items()}
    norm = largest * np.sqrt(sum(np.sum((g / largest) ** 2) for g in gradients.values()))
    factor = min(1.0, c / norm)
    return {name: factor * g for name, g in gradients.items()}


def _clip_hypot(gradients, c):
    norm = math.hypot(*(number for g in gradients.values() for number in g.flat))
    return dict(gradients) if norm <= c else {name: g * (c / norm) for name, g in gradients.items()}


def _clip_direction(gradients, c):
    flat = np.concatenate([g.ravel() for g in gradients.values()])
    direction = flat / max(np.abs(flat).max(), 1e-300)
    length = np.linalg.norm(direction) * np.abs(flat).max()
    if length > c:
        flat = direction * (c / np.linalg.norm(direction))
    ends = np.cumsum([g.size for g in gradients.values()])
    pieces = np.split(flat, ends[:-1])
    return {name: piece.reshape(gradients[name].shape) for name, piece in zip(gradients, pieces, strict=True)}


@njit
def _length_numba(flat):
    length = 0.0
    for number in flat:
        length = math.hypot(length, number)
    return length


def _clip_numba(gradients, c):
    length = _length_numba(np.concatenate([g.ravel() for g in gradients.values()]))
    return {name: g / max(1.0, length / c) for name, g in gradients.items()}


def _identity_standard(n_input, n_hidden, scale, seed):
    w_x = scale * np.random.default_rng(seed).standard_normal((n_hidden, n_input))
    return w_x, np.identity(n_hidden), np.zeros((n_hidden,))


def _identity_loops(n_input, n_hidden, scale, seed):
    rng = np.random.default_rng(seed)
    w_x = np.array([[rng.normal(0.0, scale) for _ in range(n_input)] for _ in range(n_hidden)])
    w_h = np.array([[float(i == j) for j in range(n_hidden)] for i in range(n_hidden)])
    return w_x, w_h, np.array([0.0] * n_hidden)


def _identity_columns(n_input, n_hidden, scale, seed):
    w_x = np.random.default_rng(seed).normal(scale=scale, size=(n_input, n_hidden)).T
    return w_x, np.diag(np.ones(n_hidden)), 0.0 * np.arange(n_hidden)


def _orthogonal_svd(n_hidden, seed):
    u, _, v = np.linalg.svd(np.random.default_rng(seed).normal(size=(n_hidden, n_hidden)))
    return u @ v


def _orthogonal_gram_schmidt(n_hidden, seed):
    rng = np.random.default_rng(seed)
    rows: list[np.ndarray] = []
    while len(rows) < n_hidden:
        row = rng.normal(size=n_hidden)
        for _ in range(2):  # once more: what rounding has left of the others
            for other in rows:
                row = row - (row @ other) * other
        rows.append(row / np.linalg.norm(row))
    return np.array(rows)


def _orthogonal_reflections(n_hidden, seed):
    rng = np.random.default_rng(seed)
    q = np.eye(n_hidden)
    for _ in range(n_hidden):
        v = rng.normal(size=n_hidden)
        q = q - 2 * np.outer(v, v @ q) / (v @ v)
    return q


def _orthogonal_cayley(n_hidden, seed):
    a = np.random.default_rng(seed).normal(size=(n_hidden, n_hidden))
    skew, eye = a - a.T, np.eye(n_hidden)
    return np.linalg.solve(eye + skew, eye - skew)


def _orthogonal_signs(n_hidden, seed):
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((n_hidden, n_hidden)))
    return q * np.sign(np.diag(r))


@njit
def _turn_numba(q, turns):
    n = len(q)
    for i in range(n):
        for j in range(i + 1, n):
            c, s = math.cos(turns[i, j]), math.sin(turns[i, j])
            for k in range(n):
                q[k, i], q[k, j] = c * q[k, i] - s * q[k, j], s * q[k, i] + c * q[k, j]
    return q


def _orthogonal_numba(n_hidden, seed):
    turns = np.random.default_rng(seed).uniform(0, 2 * np.pi, (n_hidden, n_hidden))
    return _turn_numba(_turn_numba(np.eye(n_hidden), turns), turns.T.copy())


def _nearest_peak():
    w_h = np.array([[0.9, 5.0], [0.0, 0.9]])
    norms = [np.linalg.norm(np.linalg.matrix_power(w_h, n), 2) for n in range(150)]
    return min((0, 1, 10, 100), key=lambda n: abs(n - int(np.argmax(norms))))


ALTERNATIVES = {
    "6.1": (
        Alternative("each product anew", {"jacobian_products": _products_each_anew}),
        Alternative("einsum in place", {"jacobian_products": _products_einsum}),
        Alternative("rows sent back", {"jacobian_products": _products_rows}),
        Alternative("recursion", {"jacobian_products": _products_recursive}),
        Alternative("Numba", {"jacobian_products": _products_numba}),
    ),
    "6.2": (
        Alternative("built-in max", {"decay_rate": _rate_max}),
        Alternative("eig of the Jacobian", {"decay_rate": _rate_schur}),
        Alternative("repeated squaring", {"decay_rate": _rate_squared}),
        Alternative("Numba", {"decay_rate": _rate_numba}),
    ),
    "6.3": (
        Alternative("divided by the largest entry", {"clip_by_norm": _clip_scaled}),
        Alternative("math.hypot", {"clip_by_norm": _clip_hypot}),
        Alternative("one flat vector", {"clip_by_norm": _clip_direction}),
        Alternative("Numba", {"clip_by_norm": _clip_numba}),
    ),
    "6.4": (
        Alternative("polar factor", {"identity_init": _identity_standard, "orthogonal_init": _orthogonal_svd}),
        Alternative("Gram-Schmidt", {"identity_init": _identity_loops, "orthogonal_init": _orthogonal_gram_schmidt}),
        Alternative("reflections", {"identity_init": _identity_columns, "orthogonal_init": _orthogonal_reflections}),
        Alternative("Cayley", {"identity_init": _identity_standard, "orthogonal_init": _orthogonal_cayley}),
        Alternative("QR with signs", {"identity_init": _identity_loops, "orthogonal_init": _orthogonal_signs}),
        Alternative("Numba", {"identity_init": _identity_standard, "orthogonal_init": _orthogonal_numba}),
    ),
    "6.5": (
        Alternative("a float", {"predicted_peak": lambda: 10.0}),
        Alternative("a NumPy number", {"predicted_peak": lambda: np.int64(10)}),
        Alternative(
            "where n 0.9^n is largest",
            {"predicted_peak": lambda: min((0, 1, 10, 100), key=lambda n: abs(n + 1 / math.log(0.9)))},
        ),
        Alternative("the norms themselves", {"predicted_peak": lambda: _nearest_peak()}),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {
    "6.4": {
        "return u": "either factor of a random matrix is orthogonal, drawn alike",
        "return v": "either factor of a random matrix is orthogonal, drawn alike",
        "return q / np.sign(np.diag(r))": "a sign is its own inverse",
    },
    "6.3": {
        "if norm < c:": "at a norm of exactly c the factor is 1",
        "if largest == 1:": "a largest entry is not exactly 1",
        "if length >= c:": "at a norm of exactly c the factor is 1",
    },
}
