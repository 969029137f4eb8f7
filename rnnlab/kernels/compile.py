"""Compilation of the kernels with Numba, where it is installed and enabled.

With numba, a `kernel` is machine code, kept on disk between runs. Without numba, or with ``NUMBA_DISABLE_JIT=1``, the
same function runs as it is written: its recurrence as Python, its products and elementwise passes as NumPy.

A pass is therefore written twice: as a loop, `inlined` in the kernels, and as the NumPy expression of the same name in
`numpy_ops`.
"""

import contextlib
import gc
import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnnlab.kernels import numpy_ops

try:
    import numba
    from numba.extending import overload
except ImportError:
    numba = None  # type: ignore[assignment]

JIT = numba is not None and not numba.config.DISABLE_JIT  # type: ignore[attr-defined]

# Contraction lets a*b+c be one instruction. Anything more would break the range reduction of `scalar` or its NaN.
_FLOATS: Any = {"error_model": "numpy", "fastmath": {"contract"}}


def _digest() -> str:
    """Name the present text of every kernel: numba itself would miss an edit to an inlined helper's file."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


_VERSION = _digest() if JIT else ""


def kernel(function: Callable, variant: str = "") -> Callable:
    """Return `function` compiled on its first call, without the interpreter's lock, or as it is where JIT is off.

    What compiles to something else under another setting names that setting as its `variant`.
    """
    if not JIT:
        return function
    function.__qualname__ += f"_{_VERSION}{variant}"  # numba's file on disk is named after it
    try:
        compiled = numba.njit(function, nogil=True, cache=True, **_FLOATS)
    except RuntimeError:  # there is nowhere to keep the compiled code: compile again in each process
        return _at_one_go(numba.njit(function, nogil=True, **_FLOATS))
    _forgive(getattr(compiled, "_cache", None))
    return _at_one_go(compiled)


def _at_one_go(compiled: Any) -> Any:
    """Let a kernel compile without searches for garbage meanwhile: what the compiler makes stays until its end."""
    compile_for = compiled.compile

    def attempt(*args: Any) -> Any:
        enabled = gc.isenabled()
        gc.disable()
        try:
            return compile_for(*args)
        finally:
            if enabled:
                gc.enable()

    compiled.compile = attempt
    return compiled


def _forgive(cache: Any) -> None:
    """Compile again where the cache cannot be written to, as on a full disk, or holds what cannot be read."""
    for name in ("load_overload", "save_overload"):
        if hasattr(cache, name):
            setattr(cache, name, _forgiving(cache, getattr(cache, name)))


def _forgiving(cache: Any, method: Callable) -> Callable:
    def attempt(*args: Any) -> Any:
        try:
            return method(*args)
        except OSError:
            return None
        except Exception as error:  # a file that was cut or overwritten: unpickling it can raise anything
            warnings.warn(
                f"{cache.cache_path}: a compiled kernel cannot be read ({type(error).__name__}: {error}), "
                "it is compiled again",
                RuntimeWarning,
                stacklevel=2,
            )
        with contextlib.suppress(Exception):
            cache.flush()  # an empty index takes the place of the broken one
            return method(*args)

    return attempt


def inlined(loop: Callable) -> Callable:
    """Return `loop` so that kernels have it in their own text, or `numpy_ops`'s function of that name where JIT is off.

    Inlined so, it is compiled in a third of the time that a function of its own takes.
    """
    return numba.njit(loop, inline="always", **_FLOATS) if JIT else getattr(numpy_ops, loop.__name__)


def helper(function: Callable) -> Callable:
    """Return `function` so that kernels can call it."""
    return numba.njit(function, **_FLOATS) if JIT else function


def for_dtypes(plain_function: Callable, float32: Callable, float64: Callable) -> None:
    """Let kernels that call `plain_function` call one of these instead, by the dtype of its one argument."""
    if JIT:
        overload(plain_function, jit_options=_FLOATS)(lambda x: float32 if x.bitwidth == 32 else float64)


def fragment(function: Callable) -> Callable:
    """Return `function` so that the engine's kernels have it in their own text: on its own it would compile twice."""
    return numba.njit(function, inline="always", **_FLOATS)
