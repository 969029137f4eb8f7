"""Activation functions and their slopes, by name.

tanh a · sigmoid a = 1 / (1 + e^-a) · relu a = max(a, 0) · leaky_relu a = max(a, 0.01 a) · linear a = a
"""

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays
from rnnlab.kernels import numpy_ops

NAMES = numpy_ops.NAMES


def kind(name: str) -> int:
    """Return the number that stands for an activation function inside the kernels.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    kind : int
        Its place in `NAMES`.

    Raises
    ------
    ValueError
        If there is no such function.

    Examples
    --------
    >>> kind("relu")
    2
    >>> kind("rely")
    Traceback (most recent call last):
    ValueError: activation is 'rely', expected one of tanh, sigmoid, relu, leaky_relu, linear
    """
    if name not in NAMES:
        raise ValueError(f"activation is {name!r}, expected one of {', '.join(NAMES)}")
    return NAMES.index(name)


def value(name: str, a: ArrayLike) -> np.ndarray:
    """Return the activation function's values.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    a : array_like
        Pre-activations, of any shape.

    Returns
    -------
    values : ndarray
        Of the same shape; float32 where `a` is, else float64.

    Raises
    ------
    TypeError, ValueError
        If there is no such function, or `a` is not of real numbers.

    Examples
    --------
    >>> value("leaky_relu", [-2.0, 3.0])
    array([-0.02,  3.  ])
    """
    number = kind(name)
    a = _arrays.as_array("a", a)
    if a.dtype.kind not in "fiub":
        raise TypeError(f"a has dtype {a.dtype}, expected floats")
    out = np.array(a, a.dtype if a.dtype == np.float32 else np.float64, order="C")
    numpy_ops.activate(number, np.atleast_2d(out))
    return out


def derivative(name: str, a: ArrayLike) -> np.ndarray:
    """Return the activation function's slopes: its derivative at each `a`.

    At 0, where relu and leaky_relu have none, it is the slope on the left, as in PyTorch.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    a : array_like
        Pre-activations, of any shape.

    Returns
    -------
    slopes : ndarray
        Of the same shape; float32 where `a` is, else float64.

    Raises
    ------
    ValueError
        If there is no such function.

    Examples
    --------
    >>> derivative("sigmoid", 0.0)
    array(0.25)
    """
    values = value(name, a)
    slopes = np.ones_like(values)
    numpy_ops.times_derivative(kind(name), values.reshape(-1), slopes.reshape(-1))
    return slopes


def tanh(a: ArrayLike) -> np.ndarray:
    """Return tanh a, between -1 and 1.

    Parameters
    ----------
    a : array_like
        Pre-activations, of any shape.

    Returns
    -------
    values : ndarray
        Of the same shape.

    Examples
    --------
    >>> tanh([0.0, np.inf])
    array([0., 1.])
    """
    return value("tanh", a)


def sigmoid(a: ArrayLike) -> np.ndarray:
    """Return 1 / (1 + e^-a), between 0 and 1.

    Parameters
    ----------
    a : array_like
        Pre-activations, of any shape.

    Returns
    -------
    values : ndarray
        Of the same shape.

    Examples
    --------
    >>> sigmoid([-1e3, 0.0, 1e3])
    array([0. , 0.5, 1. ])
    """
    return value("sigmoid", a)


def relu(a: ArrayLike) -> np.ndarray:
    """Return a where it is positive, else 0.

    Parameters
    ----------
    a : array_like
        Pre-activations, of any shape.

    Returns
    -------
    values : ndarray
        Of the same shape.

    Examples
    --------
    >>> relu([-2.0, 3.0])
    array([0., 3.])
    """
    return value("relu", a)


def leaky_relu(a: ArrayLike) -> np.ndarray:
    """Return a where it is positive, else a / 100.

    Parameters
    ----------
    a : array_like
        Pre-activations, of any shape.

    Returns
    -------
    values : ndarray
        Of the same shape.

    Examples
    --------
    >>> leaky_relu([-2.0, 3.0])
    array([-0.02,  3.  ])
    """
    return value("leaky_relu", a)


def linear(a: ArrayLike) -> np.ndarray:
    """Return a itself, in a new array.

    Parameters
    ----------
    a : array_like
        Pre-activations, of any shape.

    Returns
    -------
    values : ndarray
        Of the same shape.

    Examples
    --------
    >>> linear([-2.0, 3.0])
    array([-2.,  3.])
    """
    return value("linear", a)
