"""Values and calls in a few words, for a student to read."""

from typing import Any

import numpy as np

from rnnlab.checks.surroundings import PRINT_OPTIONS

_SMALL = 24
_LONG = 1500


def describe(value: Any, precision: int = 6) -> str:
    """Return a value as NumPy code would print it where it is small, and its form where it is not."""
    text = _describe(value, precision)
    return text if len(text) <= _LONG else f"{text[:_LONG]} …"


def describe_both(one: Any, other: Any) -> tuple[str, str]:
    """Return two values with as many digits as it takes to tell them apart."""
    texts = [(describe(one, precision), describe(other, precision)) for precision in (6, 10, 16)]
    return next(((a, b) for a, b in texts if a != b), texts[0])


def _describe(value: Any, precision: int) -> str:
    if isinstance(value, np.ndarray):
        if value.size <= _SMALL:
            tame = precision == 6
            with np.printoptions(**PRINT_OPTIONS):
                text = np.array2string(
                    value, precision=precision, suppress_small=tame, separator=", ", max_line_width=76
                )
            return text.replace("\n\n", "\n")
        return f"array of shape {value.shape}, dtype {value.dtype}"
    if isinstance(value, tuple | list):
        inner = ", ".join(_describe(item, precision) for item in value[:6]) + (", …" if len(value) > 6 else "")
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_describe(item, precision)}" for key, item in list(value.items())[:6]) + "}"
    if isinstance(value, float):
        return f"{value:.{max(10, precision + 1)}g}"
    return f"{value!r:.200}"


def describe_call(function: str, args: tuple, parameters: list[str]) -> str:
    """Return a call with its arguments by name: their values where few, their shapes where many."""
    size = sum(arg.size for arg in args if isinstance(arg, np.ndarray))
    words = []
    for name, arg in zip(parameters, args, strict=False):
        if isinstance(arg, np.ndarray) and size > _SMALL:
            words.append(f"{name} {arg.shape}")
        elif isinstance(arg, tuple | list | dict) or callable(arg):
            words.append(f"{name} = {type(arg).__name__}")
        else:
            words.append(f"{name} = {describe(arg)}".replace("\n", "\n" + " " * (len(name) + 3)))
    if not any("\n" in word for word in words):
        return f"{function}({', '.join(words)})"
    inside = ",\n".join(words).replace("\n", "\n  ")
    return f"{function}(\n  {inside}\n)"
