"""Recurrent neural networks, small enough to read and fast enough to use.

Importing the package loads none of its modules: each is loaded when it is first named, as in ``rnnlab.rnn``.
"""

from importlib import import_module as _import_module
from pkgutil import iter_modules as _iter_modules

__version__ = "0.1.0"

_MODULES = {module.name for module in _iter_modules(__path__)}


def engine() -> str:
    """Say which kernels run: ``"plain"``, or ``"engine"`` with the instructions that it uses.

    The environment variable ``RNNLAB_ENGINE``, read once, chooses between ``auto``, ``plain``, ``engine``, ``avx512``,
    ``avx2`` and ``generic``. By default the engine runs where the machine supports it and there is enough to multiply.

    Returns
    -------
    tier : str

    Raises
    ------
    ValueError
        If ``RNNLAB_ENGINE`` is none of these.

    Examples
    --------
    >>> engine().split()[0] in ("plain", "engine")
    True
    """
    return str(_import_module(f"{__name__}.kernels.tiers").describe())


def __getattr__(name: str):
    if name in _MODULES:
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({"__version__", "engine", *_MODULES})
