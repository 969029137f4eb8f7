"""Memory that one pass frees is kept for the next one.

The C library gives the top of the heap back to the system when enough of it is free, and the next pass fetches the
same pages again, each of them cleared. Where a pass fills more than twice its largest array, that took a third of the
time of an LSTM's training step on a virtual machine. Here glibc is told to keep up to 256 MB. Whoever has set its
thresholds in the environment, ``MALLOC_TRIM_THRESHOLD_`` or ``GLIBC_TUNABLES``, has decided otherwise.
"""

import ctypes
import os
import sys
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt's names for them
_KEPT, _LARGEST = 2**28, 2**25  # what is kept, and the largest array that glibc takes from the heap, in bytes


@cache
def keep_freed() -> bool:
    """Tell glibc so, once; return False where there is another C library, or somebody has decided.

    Examples
    --------
    >>> keep_freed() in (True, False)
    True
    """
    told = any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ)
    if sys.platform != "linux" or told:
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    return bool(library.mallopt(_TRIM_THRESHOLD, _KEPT) and library.mallopt(_MMAP_THRESHOLD, _LARGEST))
