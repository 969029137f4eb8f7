"""Two plain values: are they the same, and if not, where do they part?"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True)
class Difference:
    """Where an answer parts from what was expected.

    `kind` is "form" where type, shape or dtype differ and "value" where only numbers do.
    """

    kind: Literal["form", "value"]
    message: str


def _at(name: str, place: str) -> str:
    """Return the name of a part of what is compared; a unit, told between commas, comes after the place."""
    if not name.endswith(","):
        return name + place
    what, comma, unit = name.partition(",")
    return what + place + comma + unit


def difference(got: Any, want: Any, tolerance: float, name: str = "the answer", unit: float = 1.0) -> Difference | None:
    """Return the first difference between `got` and `want`, or None.

    Parameters
    ----------
    got, want : plain values
        Trees of tuples, lists and dicts over arrays and scalars.
    tolerance : float
        Numbers may differ by `tolerance` times the larger of `unit` and the largest magnitude in their array: rounding
        in a sum of products is proportional to the terms, not to what is left of them.
    name : str
        What the value is called in the sentence.
    unit : float
        Of what size numbers are in this case, at least 1.
    """
    if isinstance(want, tuple | list):
        return _sequence(got, want, tolerance, name, unit)
    if isinstance(want, dict):
        return _mapping(got, want, tolerance, name, unit)
    if isinstance(want, np.ndarray):
        return _array(got, want, tolerance, name, unit)
    if isinstance(want, bool | str) or want is None:
        if type(got) is not type(want):
            return Difference("form", f"{name} is {kind_of(got)}, expected {kind_of(want)}")
        return None if got == want else Difference("value", f"{name} is {got!r:.80}, expected {want!r:.80}")
    return _number(got, want, tolerance, name, unit)


def named_difference(
    got: Any, want: tuple, tolerance: float, names: tuple[str, ...], unit: float = 1.0
) -> Difference | None:
    """Return the first difference between two tuples whose items have names."""
    if type(got) not in (tuple, list) or len(got) != len(names):
        said = f"{len(got)} results" if type(got) in (tuple, list) else kind_of(got)
        return Difference("form", f"the answer is {said}, expected {len(names)} results: {', '.join(names)}")
    return _first(difference(g, w, tolerance, name, unit) for g, w, name in zip(got, want, names, strict=True))


def kind_of(value: Any) -> str:
    """Return in words what a value is, as far as its form goes."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if value is None:
        return "None"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    article = "an" if type(value) is int else "a"
    return f"{article} {type(value).__name__}"


def _sequence(got, want, tolerance, name, unit):
    if not isinstance(got, tuple | list) or len(got) != len(want):
        return Difference("form", f"{name} is {kind_of(got)}, expected {kind_of(want)}")
    pairs = enumerate(zip(got, want, strict=True))
    found = (difference(g, w, tolerance, _at(name, f"[{i}]"), unit) for i, (g, w) in pairs)
    return _first(found)


def _mapping(got, want, tolerance, name, unit):
    if type(got) is not dict or got.keys() != want.keys():
        keys = f"a dict with the keys {sorted(got, key=str)!s:.300}" if type(got) is dict else kind_of(got)
        return Difference("form", f"{name} is {keys}, expected a dict with the keys {sorted(want)}")
    return _first(difference(got[key], want[key], tolerance, _at(name, f"[{key!r}]"), unit) for key in want)


def _first(differences):
    found = [d for d in differences if d is not None]
    return next((d for d in found if d.kind == "form"), found[0] if found else None)


def _array(got, want, tolerance, name, unit):
    if not isinstance(got, np.ndarray):
        return Difference("form", f"{name} is {kind_of(got)}, expected an array of shape {want.shape}")
    if got.shape != want.shape:
        return Difference("form", f"{name} has shape {got.shape}, expected {want.shape}")
    if got.dtype != want.dtype and not (got.dtype.kind in "iu" and want.dtype.kind in "iu"):
        return Difference("form", _other_dtype(got.dtype, want.dtype, name))
    if want.dtype.kind not in "fc":
        wrong = got != want
    elif _all_near(got, want, tolerance, unit):  # as a rule: what follows takes longer and says where
        return None
    else:
        scale = max(unit, float(np.max(np.abs(want[np.isfinite(want)]), initial=0.0)))
        with np.errstate(invalid="ignore", over="ignore"):
            close = np.abs(got - want) <= tolerance * scale
        wrong = ~(close | (got == want) | (np.isnan(got) & np.isnan(want)))
    if not wrong.any():
        return None
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = _at(name, f"[{', '.join(map(str, place))}]") if place else name
    got_text, want_text = _digits(got[place], want[place])
    return Difference("value", f"{where} is {got_text}, expected {want_text}")


def _all_near(got: np.ndarray, want: np.ndarray, tolerance: float, unit: float) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        largest = np.abs(want).max(initial=0.0)
        return bool(largest < np.inf and np.abs(got - want).max(initial=0.0) <= tolerance * max(unit, float(largest)))


def _number(got, want, tolerance, name, unit):
    single = isinstance(got, np.ndarray) and got.shape == () and got.dtype in (np.float32, np.float16)
    if isinstance(got, np.ndarray) and got.shape == () and got.dtype.kind in "iuf":
        got = float(got) if got.dtype.kind == "f" else got.item()  # a 0-d array is how NumPy code often says a number
    if type(got) not in (int, float, type(want)):
        return Difference("form", f"{name} is {kind_of(got)}, expected {kind_of(want)}")
    if got == want or (got != got and want != want):
        return None
    if _near(got, want, tolerance, unit):
        return None
    if single and _near(got, want, 1e-5, unit):
        return Difference("form", f"{name} is in single precision (float32); float64 was expected")
    got_text, want_text = _digits(got, want)
    return Difference("value", f"{name} is {got_text}, expected {want_text}")


def _near(got, want, tolerance: float, unit: float) -> bool:
    if float not in (type(got), type(want)):
        return False
    try:
        return math.isfinite(want) and abs(got - want) <= tolerance * max(unit, abs(want))
    except OverflowError:  # an integer beyond all floats
        return False


def _other_dtype(got: np.dtype, want: np.dtype, name: str) -> str:
    if want == np.float64 and got in (np.float32, np.float16):
        return f"{name} is in single precision ({got}); float64 was expected"
    if got.kind == "c":
        return f"{name} holds complex numbers ({got}), expected {want}"
    if got.kind == "U":
        return f"{name} holds text, expected {want}"
    return f"{name} has dtype {got}, expected {want}"


def _digits(got, want) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to tell them apart."""
    texts = [(_number_text(got, n), _number_text(want, n)) for n in (10, 13, 17)]
    return next(((a, b) for a, b in texts if a != b), texts[-1])


def _number_text(number, n: int) -> str:
    return f"{number:.{n}g}" if isinstance(number, float | np.floating) else f"{number!s:.60}"
