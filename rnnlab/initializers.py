"""Initial weights.

Glorot: each weight uniform in ±√(6 / (n_in + n_out)). Orthogonal: the Q of a Gaussian matrix's QR decomposition.
A gate is a layer of its own, so that each of a cell's G blocks of rows is drawn by itself.

References
----------
Glorot and Bengio 2010, section 4.2.1; Saxe, McClelland and Ganguli 2014, section 3; Le, Jaitly and Hinton 2015,
section 2 (identity).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnnlab import _arrays
from rnnlab._settings import require_float_type, require_rng

SCHEMES = ("orthogonal", "glorot", "identity", "torch")


class Weights(NamedTuple):
    """The weights that every cell has: G gates of H units, D inputs."""

    w_x: np.ndarray  # (G·H, D)
    w_h: np.ndarray  # (G·H, H)
    b_input: np.ndarray  # (G·H,)
    b_recurrent: np.ndarray  # (G·H,): only a GRU has use for a second bias; the others add it to the first


def glorot(rng: np.random.Generator, n_out: int, n_in: int) -> np.ndarray:
    """Draw weights that keep the variance of what passes through them, forward and backward.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    n_out, n_in : int
        Number of units and of their inputs.

    Returns
    -------
    weights : (n_out, n_in) array
        Uniform in ±√(6 / (n_in + n_out)).

    Raises
    ------
    ValueError
        If a number is not a whole one of at least 1.

    Examples
    --------
    >>> bool(abs(glorot(np.random.default_rng(0), 2, 4)).max() <= 1)
    True
    """
    n_out, n_in = _arrays.require_count("n_out", n_out), _arrays.require_count("n_in", n_in)
    bound = np.sqrt(6 / (n_in + n_out))
    return require_rng(rng).uniform(-bound, bound, (n_out, n_in))


def orthogonal(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw a rotation or reflection of n dimensions, every one as likely as every other.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    n : int
        Number of dimensions.

    Returns
    -------
    weights : (n, n) array
        Its transpose is its inverse.

    Raises
    ------
    ValueError
        If n is not a whole number of at least 1.

    Examples
    --------
    >>> q = orthogonal(np.random.default_rng(0), 3)
    >>> bool(np.allclose(q @ q.T, np.eye(3)))
    True
    """
    n = _arrays.require_count("n", n)
    q, r = np.linalg.qr(require_rng(rng).standard_normal((n, n)))
    return q * np.sign(np.diag(r))  # QR alone prefers some signs


def recurrent(
    rng: np.random.Generator,
    n_gates: int,
    n_input: int,
    n_hidden: int,
    scheme: str = "orthogonal",
    dtype: DTypeLike = np.float64,
) -> Weights:
    """Draw the weights of a cell.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    n_gates, n_input, n_hidden : int
        G, D and H.
    scheme : {"orthogonal", "glorot", "identity", "torch"}, default="orthogonal"
        ``orthogonal``: Glorot for w_x, orthogonal w_h. ``glorot``: Glorot for both. ``identity``: w_h = I, small
        Gaussian w_x, for relu networks. ``torch``: everything uniform in ±1/√H.
        The biases are 0 in the first three.
    dtype : dtype, default=float64
        float64 or float32.

    Returns
    -------
    weights : Weights
        w_x (G·H, D), w_h (G·H, H) and two biases (G·H,).

    Raises
    ------
    ValueError
        If a size is not a whole number of at least 1, or there is no such scheme.

    Examples
    --------
    >>> recurrent(np.random.default_rng(0), 1, 2, 3, "identity").w_h
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    n_gates, n_input = _arrays.require_count("n_gates", n_gates), _arrays.require_count("n_input", n_input)
    n_hidden = _arrays.require_count("n_hidden", n_hidden)
    rng, dtype = require_rng(rng), require_float_type(dtype)
    gates, n_rows = range(n_gates), n_gates * n_hidden
    b_input, b_recurrent = np.zeros((2, n_rows))
    if scheme == "orthogonal":
        w_x = np.concatenate([glorot(rng, n_hidden, n_input) for _ in gates])
        w_h = np.concatenate([orthogonal(rng, n_hidden) for _ in gates])
    elif scheme == "glorot":
        w_x = np.concatenate([glorot(rng, n_hidden, n_input) for _ in gates])
        w_h = np.concatenate([glorot(rng, n_hidden, n_hidden) for _ in gates])
    elif scheme == "identity":
        w_x = rng.normal(0, 0.001, (n_rows, n_input))
        w_h = np.concatenate([np.eye(n_hidden) for _ in gates])
    elif scheme == "torch":
        bound = 1 / np.sqrt(n_hidden)
        w_x = rng.uniform(-bound, bound, (n_rows, n_input))
        w_h = rng.uniform(-bound, bound, (n_rows, n_hidden))
        b_input, b_recurrent = rng.uniform(-bound, bound, (2, n_rows))
    else:
        raise ValueError(f"scheme is {scheme!r}, expected one of {', '.join(SCHEMES)}")
    return Weights(*(array.astype(dtype) for array in (w_x, w_h, b_input, b_recurrent)))
