"""The type of a cell. Code that trains, samples or analyses a network takes a cell as an argument."""

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, NamedTuple, Protocol

import numpy as np

DRAWN = ("dropout", "recurrent_dropout", "rng")  # options of training alone


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


def directions(cell: Any) -> int:
    """Return how many times as wide as a cell's the states of a network are: 2 where it reads in both directions."""
    return getattr(cell, "directions", 1)


def require_network(name: str, cell: Any) -> Any:
    """Return a network, or say what was given in its place.

    Raises
    ------
    TypeError
        If it has no functions ``forward`` and ``backward``, as a name such as "lstm" has none, or is the class of
        layers in place of an object.
    """
    if isinstance(cell, type) and isinstance(inspect.getattr_static(cell, "forward", None), FunctionType):
        own = not cell.__module__.startswith("rnnlab.")
        wanted = "one whose functions are static" if own else f"an object such as {cell.__name__}(rnnlab.lstm, 2)"
        raise TypeError(f"{name} is the class {cell.__name__}, expected {wanted}")
    missing = [part for part in ("forward", "backward") if not callable(getattr(cell, part, None))]
    if not missing:
        return cell
    half = f", without {missing[0]}" if len(missing) == 1 else ""
    raise TypeError(f"{name} is {cell!r:.60}{half}, expected a cell such as rnnlab.lstm, or layers of one")


def require_ahead(caller: str, cell: Any) -> None:
    """Raise unless a network reads forward only, so that its state can be carried on from step to step.

    Raises
    ------
    ValueError
        If it also reads backward: what it says at a step depends on steps that have not been read.
    """
    if directions(cell) != 1:
        raise ValueError(
            f"{caller} carries the state on, and cell reads in both directions: expected one that reads ahead"
        )


def require_options(caller: str, cell: Any, options: Mapping[str, Any], function: str = "forward") -> None:
    """Raise if an option is none that the network's `forward` (or its `init`) takes, naming what was called.

    Raises
    ------
    TypeError
        The message names the option and those that there are.
    """
    require_network("cell", cell)
    known = _options(cell, function) if options else None
    for name in options:
        if known is not None and name not in known and not (name == "tape" and takes_tape(cell)):
            there = ", ".join(sorted(known)) or "none"
            raise TypeError(f"{caller}() has no option {name!r}; of the cell's own there are: {there}")


def takes_tape(cell: Any) -> bool:
    """Return True if the network's `forward` takes ``tape=False``, for a pass after which nobody goes back."""
    names = _keywords_of(cell, "forward")
    return "tape" in names or (None in names and hasattr(cell, "cell") and takes_tape(cell.cell))


_NOT_OPTIONS = {"lengths", "n_threads", "tape"}


def _options(cell: Any, function: str) -> frozenset[str] | None:
    """Return the names of what a function of the network takes by name; None where it takes any.

    Three are none of a network's options: it has its own lengths, threads share a single call of a cell, and whether
    a tape is kept is for the code that may go back to say.
    """
    names = _keywords_of(cell, function)
    if None not in names:
        return frozenset(str(name) for name in names) - _NOT_OPTIONS
    inner = _options(cell.cell, function) if hasattr(cell, "cell") else None
    return None if inner is None else inner | (frozenset(str(n) for n in names if n is not None) - _NOT_OPTIONS)


def _keywords_of(cell: Any, function: str) -> frozenset[str | None]:
    called = getattr(cell, function)
    return _keywords(getattr(called, "__func__", called))


@lru_cache(maxsize=256)
def _keywords(forward: Callable[..., Any]) -> frozenset[str | None]:
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):  # not written in Python
        return frozenset([None])
    found: set[str | None] = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    return frozenset(found | ({None} if any(p.kind is p.VAR_KEYWORD for p in parameters) else set()))


class _Module(NamedTuple):
    """What stands for a module, such as the cell `rnnlab.rnn`, in a pickle."""

    name: str


class Portable:
    """An object that can be pickled and copied although it refers to modules."""

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: _Module(value.__name__) if isinstance(value, ModuleType) else value
            for name, value in self.__dict__.items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, import_module(value.name) if isinstance(value, _Module) else value)


def reduced(values: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return what `__reduce__` returns for a NamedTuple that may refer to modules."""
    parts = tuple(_Module(part.__name__) if isinstance(part, ModuleType) else part for part in values)
    return _rebuilt, (type(values), parts)


def _rebuilt(kind: Any, parts: tuple[Any, ...]) -> Any:
    return kind(*(import_module(part.name) if isinstance(part, _Module) else part for part in parts))
