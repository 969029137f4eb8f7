"""Which tier of kernels runs: `plain` or `engine`.

The engine wants fused multiply-add and registers of which it knows the width; what it compiles to pays where there is
much to multiply. ``RNNLAB_ENGINE`` chooses. ``auto`` (the default) lets the size of the work decide, where there is
AVX-512 or AVX2; with registers of 128 bits the plain kernels were faster where it was measured. ``plain`` never takes
the engine, ``engine`` always does, and ``avx512``, ``avx2`` or ``generic`` do so with registers of that width. Where
the machine lacks what was asked for, the plain tier runs.
"""

import os

from rnnlab.kernels.compile import JIT

CHOICES = ("auto", "plain", "engine", "avx512", "avx2", "generic")
_WIDTHS = {"avx512": 512, "avx2": 256, "generic": 128}

# With fewer multiplications in a forward pass the engine would save less than the checks around it take, while it takes
# three to four seconds to compile, once on a machine, and the plain kernels one and a half.
LEAST_WORK = 8_000


def _host() -> dict[str, bool]:
    """Return the vector instructions that Numba compiles for here, nothing where nothing is compiled.

    Those of the machine, unless Numba was told to use fewer: ``NUMBA_CPU_NAME=generic``, for code that is to run on
    other machines too, leaves out fused multiply-add, and the engine would call a function for each.
    """
    if not JIT:
        return {}
    try:
        from llvmlite import binding
        from numba import config

        arm = {"aarch64": binding.get_process_triple().startswith("aarch64")}
        told, avx = getattr(config, "CPU_FEATURES", None), getattr(config, "ENABLE_AVX", True)  # known at run time only
        if told is not None:
            return _named(told) | arm
        found = dict(binding.get_host_cpu_features())
        return {name: has and (avx or name[:3] != "avx") for name, has in found.items()} | arm
    except Exception:  # a machine that LLVM does not know
        return {}


def _named(features: str) -> dict[str, bool]:
    """Return instructions as LLVM writes them, +avx2,-fma, by their names."""
    return {name[1:]: name[0] == "+" for name in features.replace(" ", "").split(",") if name}


def _widths(features: dict[str, bool]) -> dict[str, int]:
    """Return the widths that this machine can run, best first; none where it has no fused multiply-add."""
    if features.get("aarch64"):
        return {"generic": 128}
    if not features.get("fma"):
        return {}
    wide = features.get("avx512f") and features.get("avx512vl") and features.get("avx512dq")
    found = {"avx512": 512} if wide else {}
    return found | ({"avx2": 256} if features.get("avx2") else {}) | {"generic": 128}


def _choice(wanted: str, widths: dict[str, int]) -> tuple[str, str | None]:
    """Return what was asked for and the engine's instructions, None where the plain tier runs always."""
    if wanted not in CHOICES:
        raise ValueError(f"RNNLAB_ENGINE is {wanted!r}, expected one of {', '.join(CHOICES)}")
    if wanted == "plain" or not widths:
        return wanted, None
    if wanted in _WIDTHS:
        return wanted, wanted if wanted in widths else None
    best = next(iter(widths))
    return wanted, None if wanted == "auto" and best == "generic" else best


WANTED, INSTRUCTIONS = _choice(os.environ.get("RNNLAB_ENGINE", "auto"), _widths(_host()))
VECTOR_BITS = _WIDTHS[INSTRUCTIONS] if INSTRUCTIONS else 128


def describe() -> str:
    """Say which tier runs."""
    if INSTRUCTIONS is None:
        return "plain"
    return f"engine ({INSTRUCTIONS})" + (", plain where there is little to multiply" if WANTED == "auto" else "")


def takes_engine(work: int) -> bool:
    """Return True if the engine is to run a pass of so many multiplications."""
    return INSTRUCTIONS is not None and (WANTED != "auto" or work >= LEAST_WORK)


def peak(dtype: str) -> float | None:
    """Return the multiplications and additions a second of one core, measured now; None where no engine runs."""
    if INSTRUCTIONS is None:
        return None
    from rnnlab.kernels.engine.peak import peak as measured

    return measured(dtype)
