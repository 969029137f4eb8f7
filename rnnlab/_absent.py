"""What stands in for a module of the course that an assignment does not allow: it says so once it is used.

Importing it costs nothing, so that a notebook that only compares with the library, or imports it in vain, goes on.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

_USES = (
    "__call__",
    "__getitem__",
    "__iter__",
    "__len__",
    "__enter__",
    "__mro_entries__",
    "__array__",
    "__add__",
    "__mul__",
    "__matmul__",
)


class Absent:
    """A name of an absent module: any use of it raises an `ImportError`.

    Parameters
    ----------
    name : str
        What it is called, as "rnnlab.rnn.step".
    says : str
        What else may be used.

    Examples
    --------
    >>> Absent("rnnlab.rnn.step", "use rnnlab.data")(1)
    Traceback (most recent call last):
    ImportError: rnnlab.rnn.step cannot be used in this assignment, in the check or in the grade: use rnnlab.data
    """

    def __init__(self, name: str, says: str):
        self.__dict__.update(_name=name, _says=says)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        _refuse(self)

    def __repr__(self) -> str:
        return f"<{self.__dict__['_name']}: not in this assignment>"


def _refuse(absent: Absent, *_args: Any, **_options: Any) -> NoReturn:
    name, says = absent.__dict__["_name"], absent.__dict__["_says"]
    raise ImportError(f"{name} cannot be used in this assignment, in the check or in the grade: {says}")


for _use in _USES:
    setattr(Absent, _use, _refuse)


def names_of(module: str, says: str) -> Callable[[str], Absent]:
    """Return a module's ``__getattr__``, for which every name is there and none can be used."""

    def attribute(name: str) -> Absent:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return Absent(f"{module}.{name}", says)

    return attribute


def module(name: str, says: str, package: bool = False) -> ModuleType:
    """Return a module in whose place nothing can be used."""
    made = ModuleType(name, f"Not in this assignment: {says}.")
    made.__dict__["__getattr__"] = names_of(name, says)
    if package:
        made.__path__ = []
    return made
