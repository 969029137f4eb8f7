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

from rnnlab import _joined, _pytree, _update
from rnnlab._schedules import Cosine, Schedule, StepDecay, cosine, step_decay
from rnnlab._settings import require_flag, require_number, settle

__all__ = [
    "SGD",
    "Adam",
    "Cosine",
    "Optimizer",
    "RMSprop",
    "State",
    "StepDecay",
    "clip_by_global_norm",
    "cosine",
    "global_norm",
    "lr_at",
    "require_optimizer",
    "step_decay",
]

Tree = TypeVar("Tree")


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
    nesterov : bool, default False
        Look ahead: step along momentum v + g, with the new v, in place of v.

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
    nesterov: bool = False

    def __post_init__(self) -> None:
        settle(self, lr=_require_lr(self.lr), momentum=_share("momentum", self.momentum))
        settle(self, nesterov=require_flag("nesterov", self.nesterov))
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov is True with momentum 0, which changes nothing: expected momentum above 0")

    def init(self, params: Any) -> State:
        """Return the state before the first update."""
        return State(0, (_pytree.map(np.zeros_like, params),))

    def update(self, params: Tree, grads: Any, state: State) -> tuple[Tree, State]:
        """Return new parameters and the new state."""
        _require_state(state, 1)
        lr = lr_at(self, state.n_updates)

        def rule(w: Any, g: Any, v: Any) -> tuple[Any, ...]:
            v = self.momentum * v + g
            return w - lr * (self.momentum * v + g if self.nesterov else v), v

        return _moved(rule, params, grads, state)


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
        settle(self, lr=_require_lr(self.lr), decay=_share("decay", self.decay), eps=_positive("eps", self.eps))

    def init(self, params: Any) -> State:
        """Return the state before the first update."""
        return State(0, (_pytree.map(np.zeros_like, params),))

    def update(self, params: Tree, grads: Any, state: State) -> tuple[Tree, State]:
        """Return new parameters and the new state."""
        _require_state(state, 1)
        lr = lr_at(self, state.n_updates)

        def rule(w: Any, g: Any, v: Any) -> tuple[Any, ...]:
            v = self.decay * v + (1 - self.decay) * g * g
            return w - lr * g / (np.sqrt(v) + self.eps), v

        return _moved(rule, params, grads, state)


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
    weight_decay : float, default 0
        Above 0 it is AdamW: every weight also shrinks by lr · weight_decay of itself, whatever its gradient.

    References
    ----------
    Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2, with the factor in the step size.

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
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        settle(self, lr=_require_lr(self.lr), eps=_positive("eps", self.eps))
        settle(self, beta1=_share("beta1", self.beta1), beta2=_share("beta2", self.beta2))
        settle(self, weight_decay=require_number("weight_decay", self.weight_decay, 0))

    def init(self, params: Any) -> State:
        """Return the state before the first update."""
        return State(0, (_pytree.map(np.zeros_like, params), _pytree.map(np.zeros_like, params)))

    def update(self, params: Tree, grads: Any, state: State) -> tuple[Tree, State]:
        """Return new parameters and the new state."""
        _require_state(state, 2)
        n = state.n_updates + 1
        size = lr_at(self, state.n_updates)
        lr, shrunk = size / (1 - self.beta1**n), size * self.weight_decay
        root = math.sqrt(1 - self.beta2**n)

        def rule(w: Any, g: Any, m: Any, v: Any) -> tuple[Any, ...]:
            m = self.beta1 * m + (1 - self.beta1) * g
            v = self.beta2 * v + (1 - self.beta2) * g * g
            new = w - lr * m / (np.sqrt(v) / root + self.eps)
            return new - shrunk * w if self.weight_decay else new, m, v

        return _moved(rule, params, grads, state)


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
    return _norm(grads, _pytree.values(grads))[0]


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
    max_norm = _positive("max_norm", max_norm)
    found = _pytree.values(grads)
    norm, joined = _norm(grads, found)
    if not max_norm < norm < math.inf:
        return grads, norm
    factor = max_norm / norm
    shorter = [g * factor for g in found] if joined is None else _joined.split(joined * factor, found)
    return _pytree.build(grads, shorter), norm


def _norm(grads: Any, found: list[Any]) -> tuple[float, np.ndarray | None]:
    """Return the norm of gradients whose leaves were found, and these as one vector where `_joined` makes one."""
    joined = _joined.join(found)
    arrays = [np.asarray(leaf) for leaf in found] if joined is None else [joined]
    if any(array.dtype.kind not in "biufc" for array in arrays):
        _update.require_numbers(grads)
    sizes = [np.abs(array) for array in arrays]
    largest = float(np.max([a.max(initial=0) for a in sizes], initial=0))
    if largest == 0 or not math.isfinite(largest):
        return largest, joined
    squares = [np.square(a / largest, dtype=np.float64) for a in sizes]
    if joined is not None:
        squares = _joined.split(squares[0], found)  # whose sums are rounded as those of the leaves are
    return largest * math.sqrt(sum(a.sum() for a in squares)), joined


def lr_at(optimizer: Any, n_updates: int) -> float:
    """Return an optimizer's step size after so many updates.

    Parameters
    ----------
    optimizer : Optimizer
        Its ``lr`` is a number or a schedule.
    n_updates : int
        How many updates have been made.

    Returns
    -------
    lr : float

    Raises
    ------
    ValueError
        If a schedule gives a number below 0, or none.

    Examples
    --------
    >>> lr_at(SGD(step_decay(1.0, 0.5, every=2)), 2)
    0.5
    """
    lr = getattr(optimizer, "lr", None)
    if lr is None:
        raise TypeError(f"optimizer is {optimizer!r:.60}, expected one with a step size, such as Adam(0.01)")
    if not callable(lr):
        return lr
    return require_number(f"lr after {n_updates} updates", lr(n_updates), 0)


def _moved(rule: Callable[..., Any], params: Tree, grads: Any, state: State) -> tuple[Tree, State]:
    new, means = _update.moved(rule, params, grads, state.means)
    return new, State(state.n_updates + 1, means)


def _require_state(state: Any, n_means: int) -> None:
    if not isinstance(state, State) or len(state.means) != n_means:
        raise TypeError(f"state is {state!r:.60}, expected what init or update of this optimizer returned")


def _require_lr(lr: float | Schedule) -> float | Schedule:
    if isinstance(lr, type):
        raise TypeError(f"lr is the class {lr.__name__}, expected a number or a schedule such as cosine(0.1, 1000)")
    return lr if callable(lr) else _positive("lr", lr)


def _positive(name: str, value: Any) -> float:
    return require_number(name, value, 0, open_end=True)


def _share(name: str, value: Any) -> float:
    return require_number(name, value, 0, 1)


def require_optimizer(optimizer: Any) -> None:
    """Raise unless `optimizer` has the functions of one: a class or a name has not been made into one yet.

    Parameters
    ----------
    optimizer : object
        What was given as one.

    Raises
    ------
    TypeError
        The message says what was found and what to write.

    Examples
    --------
    >>> require_optimizer(Adam)
    Traceback (most recent call last):
    TypeError: optimizer is the class Adam, expected an object such as Adam(0.01)
    """
    if isinstance(optimizer, type):
        raise TypeError(f"optimizer is the class {optimizer.__name__}, expected an object such as Adam(0.01)")
    if not (callable(getattr(optimizer, "init", None)) and callable(getattr(optimizer, "update", None))):
        raise TypeError(f"optimizer is {optimizer!r:.60}, expected an object such as rnnlab.optimizers.Adam(0.01)")
