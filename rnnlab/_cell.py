"""The type of a cell. Code that trains, samples or analyses a network takes a cell as an argument."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np


class Tape(Protocol):
    """What `forward` keeps for `backward`."""

    @property
    def x(self) -> np.ndarray:
        """The input (T, B, D), with 0 in the padding."""

    @property
    def h(self) -> np.ndarray:
        """The states (T+1, B, H): ``h[t+1]`` is the state after reading ``x[t]``."""

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps that count in each row (B,)."""

    @property
    def h_n(self) -> Any:
        """The final state, as `forward` takes it."""


class Network(Protocol):
    """A recurrent network: a cell, or cells put together, such as `Stack` and `Bidirectional`; a module or an object.

    A tree of parameters and its gradient have the same type. What a network takes besides, such as an RNN's
    ``activation``, goes through to it by name, so the signatures here are open.
    """

    @property
    def forward(self) -> Callable[..., Any]:
        """(params, x (T, B, D), state=None, *, lengths=None, ...) to a `Tape`."""

    @property
    def backward(self) -> Callable[..., tuple[Any, np.ndarray, Any]]:
        """(tape, dh (T, B, H) or None, dh_n=None) to the gradients of the weights, the input and the first state."""


class Buildable(Network, Protocol):
    """A network that can draw its own weights."""

    @property
    def init(self) -> Callable[..., Any]:
        """(rng, n_input, n_hidden, ...) to weights."""


class Cell(Buildable, Protocol):
    """A single layer: `rnnlab.rnn`, `rnnlab.gru`, `rnnlab.lstm`, or a module of one's own with the same names."""

    @property
    def KIND(self) -> str:
        """The name of its kernels in `kernels.registry`."""

    @property
    def GATES(self) -> tuple[str, ...]:
        """The blocks of rows in its weights, in their order."""

    @property
    def Params(self) -> Any:
        """The type of its weights."""

    @property
    def step(self) -> Callable[..., Any]:
        """(params, x_t (B, D), state) to the next state."""
