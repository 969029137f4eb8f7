"""The one place that decides whether loops are compiled.

With numba, a `kernel` is machine code, kept on disk between runs. Without numba, or with ``NUMBA_DISABLE_JIT=1``, the
same function runs as it is written: its recurrence as Python, its products and elementwise passes as NumPy.

An elementwise pass is therefore written twice, once as a NumPy expression and, under `compiled_form`, once as the loop
that takes its place inside a kernel.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import numba
    from numba.extending import overload
except ImportError:
    numba = None  # type: ignore[assignment]

JIT = numba is not None and not numba.config.DISABLE_JIT  # type: ignore[attr-defined]

# Contraction lets a*b+c be one instruction. Anything more would break the range reduction of `elementwise` or its NaN.
_FLOATS: Any = {"error_model": "numpy", "fastmath": {"contract"}}


def _digest() -> str:
    """Name the present text of every kernel: numba itself would miss an edit to an inlined helper's file."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


_VERSION = _digest() if JIT else ""


def kernel(function: Callable) -> Callable:
    """Return `function` compiled on its first call, without the interpreter's lock, or as it is where JIT is off."""
    if not JIT:
        return function
    function.__qualname__ += f"_{_VERSION}"  # numba's file on disk is named after it
    try:
        return numba.njit(function, nogil=True, cache=True, **_FLOATS)
    except RuntimeError:  # there is nowhere to keep the compiled code: compile again in each process
        return numba.njit(function, nogil=True, **_FLOATS)


def helper(function: Callable) -> Callable:
    """Return `function` so that kernels can call it."""
    return numba.njit(function, **_FLOATS) if JIT else function


def compiled_form(plain: Callable) -> Callable:
    """Decorate a function of types that returns the loops to run instead of `plain` inside a kernel."""

    def decorate(choose: Callable) -> Callable:
        return overload(plain, jit_options=_FLOATS)(choose) if JIT else choose

    return decorate
