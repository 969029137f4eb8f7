"""The states of random generators among the settings of a network: kept, compared and restored.

What is read twice has to draw the same numbers twice, and what is resumed has to go on where it stopped.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np


def generators(settings: Any) -> Iterator[np.random.Generator]:
    """Yield every generator among settings, such as the options of a cell's ``forward``.

    Examples
    --------
    >>> len(list(generators({"dropout": 0.5, "rng": np.random.default_rng(0)})))
    1
    """
    if isinstance(settings, np.random.Generator):
        yield settings
    elif isinstance(settings, Mapping):
        for value in settings.values():
            yield from generators(value)
    elif isinstance(settings, tuple | list):
        for value in settings:
            yield from generators(value)


def states(settings: Any) -> list[str]:
    """Return the state of every generator as text, which can be compared and stored.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> before = states([rng])
    >>> first = rng.random()
    >>> restore([rng], before)
    >>> bool(rng.random() == first)
    True
    """
    return [json.dumps(rng.bit_generator.state, default=_plain) for rng in generators(settings)]


def restore(settings: Any, kept: Iterable[str]) -> None:
    """Set every generator back to a state that `states` returned.

    Raises
    ------
    ValueError
        If the generators differ in number or in kind.
    """
    wanted, found = [json.loads(text) for text in kept], list(generators(settings))
    there = [rng.bit_generator.state["bit_generator"] for rng in found]
    kinds = [state["bit_generator"] for state in wanted]
    if there != kinds:
        raise ValueError(f"generators are {there}, expected {kinds}")
    for rng, state in zip(found, wanted, strict=True):
        rng.bit_generator.state = _arrays_again(state)


def generator(kept: str) -> np.random.Generator:
    """Return a new generator in a state that `states` returned.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> again = generator(states(rng)[0])
    >>> bool(again.random() == rng.random())
    True
    """
    made = np.random.Generator(getattr(np.random, json.loads(kept)["bit_generator"])())
    restore(made, [kept])
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"dtype": str(value.dtype), "array": value.tolist()}
    return value.item()


def _arrays_again(state: Any) -> Any:
    if not isinstance(state, dict):
        return state
    if set(state) == {"dtype", "array"}:
        return np.array(state["array"], state["dtype"])
    return {name: _arrays_again(value) for name, value in state.items()}
