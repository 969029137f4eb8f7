"""Rules that turn a gradient g into a new parameter w.

With the step size lr, which may change from step to step::

    SGD       v ← momentum v + g                       w ← w − lr v
    RMSprop   v ← decay v + (1 − decay) g²             w ← w − lr g / (√v + eps)
    Adam      m ← beta1 m + (1 − beta1) g
              v ← beta2 v + (1 − beta2) g²             w ← w − lr m̂ / (√v̂ + eps)

where m̂ = m / (1 − beta1ⁿ) and v̂ = v / (1 − beta2ⁿ) undo the start at zero, n = 1, 2, … counting the steps.

An optimizer is a value that holds only its settings. What it remembers is a `State` that goes in and comes out, so
that saving and resuming need nothing else, and parameters are never changed in place.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from rnnlab import _pytree

Tree = TypeVar("Tree")
Schedule = Callable[[int], float]


class State(NamedTuple):
    """What an optimizer remembers: the number of steps taken and its running means, each a tree like the parameters."""

    n_updates: int
    means: tuple[Any, ...]


class Optimizer(Protocol):
    """What `SGD`, `RMSprop` and `Adam` have in common."""

    def init(self, params: Any) -> State:
        """Return the state before the first update."""

    def update(self, params: Tree, grads: Any, state: State) -> tuple[Tree, State]:
        """Return new parameters and the new state."""


@dataclass(frozen=True)
class SGD:
    """Step along the gradient, with momentum.

    Parameters
    ----------
    lr : float or callable
        Step size, or a schedule: a function of the number of updates done before this one.
    momentum : float, default 0
        Share of the last step that is kept, 0 to less than 1.

    Examples
    --------
    >>> optimizer = SGD(lr=0.1)
    >>> params = {"w": np.array([1.0, 2.0])}
    >>> params, state = optimizer.update(params, {"w": np.array([1.0, 1.0])}, optimizer.init(params))
    >>> params["w"]
    array([0.9, 1.9])

    References
    ----------
    Polyak 1964, section 2; Sutskever, Martens, Dahl and Hinton 2013, section 2.
    """

    lr: float | Schedule
    momentum: float = 0.0

    def __post_init__(self) -> None:
        _require_lr(self.lr)
        _require_share("momentum", self.momentum)

    def init(self, params: Any) -> State:
        """Return the state before the first update."""
        return State(0, (_pytree.map(np.zeros_like, params),))

    def update(self, params: Tree, grads: Any, state: State) -> tuple[Tree, State]:
        """Return new parameters and the new state."""
        _require_gradients(params, grads)
        lr = _lr_at(self.lr, state.n_updates)
        velocity = _pytree.map(lambda v, g: self.momentum * v + g, state.means[0], grads)
        return _pytree.map(lambda w, v: w - lr * v, params, velocity), State(state.n_updates + 1, (velocity,))


@dataclass(frozen=True)
class RMSprop:
    """Divide the gradient by a running mean of its size.

    Parameters
    ----------
    lr : float or callable, default 0.001
        Step size, or a schedule: a function of the number of updates done before this one.
    decay : float, default 0.9
        Share of the running mean that is kept, 0 to less than 1.
    eps : float, default 1e-8
        Added to the denominator.

    References
    ----------
    Tieleman and Hinton 2012, lecture 6.5.

    Examples
    --------
    >>> optimizer, params = RMSprop(lr=0.1), np.array([1.0])
    >>> params, state = optimizer.update(params, np.array([4.0]), optimizer.init(params))
    >>> params.round(4), state.n_updates
    (array([0.6838]), 1)
    """

    lr: float | Schedule = 1e-3
    decay: float = 0.9
    eps: float = 1e-8

    def __post_init__(self) -> None:
        _require_lr(self.lr)
        _require_share("decay", self.decay)
        _require_positive("eps", self.eps)

    def init(self, params: Any) -> State:
        """Return the state before the first update."""
        return State(0, (_pytree.map(np.zeros_like, params),))

    def update(self, params: Tree, grads: Any, state: State) -> tuple[Tree, State]:
        """Return new parameters and the new state."""
        _require_gradients(params, grads)
        lr = _lr_at(self.lr, state.n_updates)
        square = _pytree.map(lambda v, g: self.decay * v + (1 - self.decay) * g * g, state.means[0], grads)
        new = _pytree.map(lambda w, g, v: w - lr * g / (np.sqrt(v) + self.eps), params, grads, square)
        return new, State(state.n_updates + 1, (square,))


@dataclass(frozen=True)
class Adam:
    """Divide a running mean of the gradient by a running mean of its size, both corrected for their start at zero.

    Parameters
    ----------
    lr : float or callable, default 0.001
        Step size, or a schedule: a function of the number of updates done before this one.
    beta1, beta2 : float, default 0.9 and 0.999
        Shares of the two running means that are kept, 0 to less than 1.
    eps : float, default 1e-8
        Added to the denominator.

    References
    ----------
    Kingma and Ba 2015, algorithm 1.

    Examples
    --------
    >>> optimizer, params = Adam(lr=0.1), np.array([1.0])
    >>> params, state = optimizer.update(params, np.array([4.0]), optimizer.init(params))
    >>> params.round(4), state.n_updates
    (array([0.9]), 1)
    """

    lr: float | Schedule = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        _require_lr(self.lr)
        _require_share("beta1", self.beta1)
        _require_share("beta2", self.beta2)
        _require_positive("eps", self.eps)

    def init(self, params: Any) -> State:
        """Return the state before the first update."""
        return State(0, (_pytree.map(np.zeros_like, params), _pytree.map(np.zeros_like, params)))

    def update(self, params: Tree, grads: Any, state: State) -> tuple[Tree, State]:
        """Return new parameters and the new state."""
        _require_gradients(params, grads)
        n = state.n_updates + 1
        lr = _lr_at(self.lr, state.n_updates) / (1 - self.beta1**n)
        root = math.sqrt(1 - self.beta2**n)
        mean = _pytree.map(lambda m, g: self.beta1 * m + (1 - self.beta1) * g, state.means[0], grads)
        square = _pytree.map(lambda v, g: self.beta2 * v + (1 - self.beta2) * g * g, state.means[1], grads)
        new = _pytree.map(lambda w, m, v: w - lr * m / (np.sqrt(v) / root + self.eps), params, mean, square)
        return new, State(n, (mean, square))


def global_norm(grads: Any) -> float:
    """Return the length of all gradients taken as one vector, without overflow on the way.

    Parameters
    ----------
    grads : tree of arrays
        Gradients.

    Returns
    -------
    norm : float
        The square root of the sum of all squares.

    Examples
    --------
    >>> global_norm({"w": np.array([3.0]), "b": np.array([4.0])})
    5.0
    """
    arrays = [np.asarray(leaf) for _, leaf in _pytree.leaves(grads)]
    largest = float(np.max([np.abs(a).max(initial=0) for a in arrays], initial=0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(sum(np.square(a / largest, dtype=np.float64).sum() for a in arrays))


def clip_by_global_norm(grads: Tree, max_norm: float) -> tuple[Tree, float]:
    """Shorten the gradient to `max_norm` if it is longer, keeping its direction.

    Parameters
    ----------
    grads : tree of arrays
        Gradients of all parameters; they are one vector here, so that all shrink by the same factor.
    max_norm : float
        Length above which the gradient is shortened.

    Returns
    -------
    grads : tree of arrays
        The gradients, shortened or as they were. A gradient that is not finite has no direction to keep and is
        returned as it is.
    norm : float
        The length before clipping.

    Raises
    ------
    ValueError
        If `max_norm` is not a number above 0.

    Examples
    --------
    >>> clip_by_global_norm([np.array([3.0]), np.array([4.0])], 1.0)
    ([array([0.6]), array([0.8])], 5.0)

    References
    ----------
    Pascanu, Mikolov and Bengio 2013, algorithm 1.
    """
    _require_positive("max_norm", max_norm)
    norm = global_norm(grads)
    if not max_norm < norm < math.inf:
        return grads, norm
    return _pytree.map(lambda g: g * (max_norm / norm), grads), norm


def step_decay(lr: float, factor: float, every: int) -> Schedule:
    """Return a schedule that multiplies the step size by `factor` after each `every` updates.

    Parameters
    ----------
    lr : float
        The first step size.
    factor : float
        What it is multiplied by.
    every : int
        After how many updates.

    Returns
    -------
    schedule : function
        From the number of updates made to the step size.

    Raises
    ------
    ValueError
        If a number is not positive, or `every` is not a whole one.

    Examples
    --------
    >>> [step_decay(1.0, 0.5, every=2)(n) for n in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    _require_lr(lr)
    _require_positive("factor", factor)
    _require_count("every", every)
    return lambda n: lr * factor ** (n // every)


def cosine(lr: float, n_updates: int, n_warmup: int = 0, final: float = 0.0) -> Schedule:
    """Return a schedule that rises in a line for `n_warmup` updates, then falls along half a cosine wave to `final`.

    Parameters
    ----------
    lr : float
        The largest step size.
    n_updates : int
        Length of the whole schedule; the step size stays at `final` from there on.
    n_warmup : int, default 0
        Number of updates on the way up: the first has lr / n_warmup.
    final : float, default 0
        Step size at the end.

    Returns
    -------
    schedule : function
        From the number of updates made to the step size.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> [round(cosine(1.0, 6, n_warmup=2)(n), 3) for n in range(7)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0]

    References
    ----------
    Loshchilov and Hutter 2017, section 3, equation 5.
    """
    _require_lr(lr)
    _require_count("n_updates", n_updates)
    if not 0 <= n_warmup < n_updates:
        raise ValueError(f"n_warmup is {n_warmup}, expected 0 to n_updates-1={n_updates - 1}")

    def schedule(n: int) -> float:
        if n < n_warmup:
            return lr * (n + 1) / n_warmup
        share = min(1.0, (n - n_warmup) / (n_updates - n_warmup))
        return final + (lr - final) * (1 + math.cos(math.pi * share)) / 2

    return schedule


def _lr_at(lr: float | Schedule, n_updates: int) -> float:
    # a NumPy float64 would turn float32 parameters into float64
    return float(lr(n_updates) if callable(lr) else lr)


def _require_gradients(params: Any, grads: Any) -> None:
    shapes = {name: np.shape(leaf) for name, leaf in _pytree.leaves(grads, "grads")}
    for name, leaf in _pytree.leaves(params, "grads"):
        if name not in shapes:
            raise ValueError(f"{name} is missing, expected an array of shape {np.shape(leaf)}")
        if shapes[name] != np.shape(leaf):
            raise ValueError(f"{name} has shape {shapes[name]}, expected {np.shape(leaf)}")


def _require_lr(lr: float | Schedule) -> None:
    if not callable(lr):
        _require_positive("lr", lr)


def _require_positive(name: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name} is {value}, expected a number above 0")


def _require_share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {value}, expected 0 to less than 1")


def _require_count(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} is {value}, expected 1 or more")
