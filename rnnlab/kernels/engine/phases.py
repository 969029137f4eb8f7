"""Several threads share a pass, and come to the bits that one of them would come to alone.

Forward, a thread reads its part of the batch from the first step to the last; nobody waits. Back, the same is the
first phase, in which the gradients da of all steps are kept; when all are done, the second takes the weights' gradients
from them, each thread those of some rows of the weights, and sums in the order in which one thread does. One thread has
no need to keep da: it does both phases for a few steps at a time, while their da is in the second cache. Parts of a
batch are made of whole tiles of rows, for the size of a tile decides how a sum is rounded.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from rnnlab.kernels.engine.panels import ROWS
from rnnlab.kernels.products import take

BOTH, THROUGH_TIME, SUMS = 0, 1, 2


def forward(kernel: Callable, lengths: Any, given: Any, own: Any, filled: tuple[Any, ...], n_threads: int) -> bool:
    """Run a forward kernel in threads; return False where something given is not finite."""
    n_parts = 1 if n_threads == 1 else _n_parts(n_threads, filled[-1].shape[1])
    if n_parts == 1:
        return kernel(lengths, *given, *own, *filled, 0, 1)
    if not take(given, own):
        return False
    _in_threads(partial(kernel, lengths, *own, *own, *filled), n_parts)
    return True


def backward(kernel: Callable, arrays: tuple[Any, ...], width: int, x: np.ndarray, n_threads: int) -> None:
    """Run a backward kernel in threads; a row of its da is so many numbers wide."""
    n_steps, n_batch, _ = x.shape
    n_parts = 1 if n_threads == 1 else _n_parts(n_threads, n_batch)
    if n_parts == 1:
        kernel(*arrays, np.empty((1, 1, 1), x.dtype), BOTH, 0, 1)
        return
    kept = np.empty((n_steps, n_batch, width), x.dtype)
    for phase in (THROUGH_TIME, SUMS):
        _in_threads(partial(kernel, *arrays, kept, phase), n_parts)


def _n_parts(n_threads: int, n_batch: int) -> int:
    return max(1, min(n_threads, n_batch // ROWS))


def _in_threads(run: Callable[[int, int], Any], n_parts: int) -> None:
    with ThreadPoolExecutor(n_parts - 1) as pool:
        others = [pool.submit(run, part, n_parts) for part in range(1, n_parts)]
        run(0, n_parts)
        for other in others:
            other.result()
