"""What every cell does around its time loop: the products of all steps at once."""

import math

import numpy as np


def product(rows: np.ndarray, weights: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Write each row's product with the weights: one matrix product for all steps.

    Parameters
    ----------
    rows : (T, B, N) array
        Inputs of a product.
    weights : (M, N) array
        Weights.
    out : (T, B, M) array
        Where the result goes.

    Returns
    -------
    out : (T, B, M) array
        The products.

    Examples
    --------
    >>> product(np.ones((3, 2, 4)), np.ones((1, 4)), np.empty((3, 2, 1)))[0, 0]
    array([4.])
    """
    rows.reshape(-1, rows.shape[-1]).dot(weights.T, out.reshape(-1, len(weights)))
    return out


def outer_sum(da: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the gradient of weights that multiplied `rows` at every step: the sum of all outer products.

    Parameters
    ----------
    da : (T, B, M) array
        Gradient of the products.
    rows : (T, B, N) array
        What the weights multiplied.

    Returns
    -------
    dweights : (M, N) array
        Gradient of the weights.

    Examples
    --------
    >>> outer_sum(np.ones((3, 2, 1)), np.ones((3, 2, 4)))
    array([[6., 6., 6., 6.]])
    """
    return da.reshape(-1, da.shape[-1]).T.dot(rows.reshape(-1, rows.shape[-1]))


def row_sum(da: np.ndarray) -> np.ndarray:
    """Return the gradient of a bias that was added at every step.

    Parameters
    ----------
    da : (T, B, M) array
        Gradient of the sums.

    Returns
    -------
    dbias : (M,) array
        Gradient of the bias.

    Examples
    --------
    >>> row_sum(np.ones((3, 2, 1)))
    array([6.])
    """
    rows = da.reshape(-1, da.shape[-1])
    ones = np.empty(len(rows), da.dtype)
    ones.fill(1)
    return ones.dot(rows)  # several times as fast as sum(axis=0), which adds row by row


def take(given: tuple[np.ndarray, ...], own: tuple[np.ndarray, ...]) -> bool:
    """Copy arrays into others; return False where a number is not finite.

    Examples
    --------
    >>> take((np.array([1.0, np.nan]),), (np.empty(2),))
    False
    """
    for array, copy in zip(given, own, strict=True):
        copy[...] = array
    return finite(*own) or all(bool(np.isfinite(copy).all()) for copy in own)


def finite(*arrays: np.ndarray) -> bool:
    """Return True if all numbers of contiguous arrays are surely finite; squares that overflow also give False.

    A sum of squares cannot cancel, so that one NaN or infinity shows in it, and BLAS reads an array at full speed.

    Examples
    --------
    >>> finite(np.ones(2)), finite(np.array([np.inf]))
    (True, False)
    """
    with np.errstate(over="ignore"):
        for array in arrays:
            flat = array.reshape(-1)
            if not math.isfinite(flat.dot(flat)):
                return False
    return True
