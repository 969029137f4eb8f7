"""Recurrent neural networks, small enough to read and fast enough to use.

Importing the package loads none of its modules: each is loaded when it is first named, as in ``rnnlab.rnn``.
"""

from importlib import import_module as _import_module
from pkgutil import iter_modules as _iter_modules

__version__ = "0.1.0"

_MODULES = {module.name for module in _iter_modules(__path__)}


def __getattr__(name: str):
    if name in _MODULES:
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({"__version__", *_MODULES})
