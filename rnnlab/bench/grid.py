"""The sizes at which the cells are compared, and the rows of a comparison."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from rnnlab.bench import loops, rivals
from rnnlab.bench.rivals import Size
from rnnlab.bench.rounds import compare

SIZES: tuple[Size, ...] = (
    (25, 1, 8, 16),
    (1000, 1, 1, 16),
    (50, 1, 32, 64),
    (100, 1, 64, 100),
    (50, 20, 2, 32),
    (50, 32, 32, 64),
    (100, 32, 64, 128),
    (1000, 16, 64, 128),
    (100, 64, 128, 256),
    (200, 64, 256, 512),
)
QUICK = (SIZES[0], SIZES[4], SIZES[6])
PHASES = ("fwd", "fwdbwd", *loops.PHASES)


class Row(NamedTuple):
    """One comparison. `ratio` is the rival's time divided by ours, `low` and `high` are the quartiles of the rounds."""

    cell: str
    dtype: str
    threads: int
    T: int
    B: int
    D: int
    H: int
    phase: str
    rival: str
    ratio: float
    low: float
    high: float
    percent_of_peak: float | None  # of the machine's fused multiply-adds, by our best round


def rows(
    cells: dict[str, Any],
    sizes: Iterable[Size],
    dtypes: Iterable[str],
    names: Iterable[str],
    peaks: dict[str, float | None],
    seconds: float,
    phases: Iterable[str] = ("fwd", "fwdbwd"),
    threads: int = 1,
) -> Iterator[Row]:
    """Compare one after another, and yield each row when it is known.

    Parameters
    ----------
    cells : dict of str to module
        The cells by their names.
    sizes : iterable of (T, B, D, H)
        The sizes.
    dtypes : iterable of str
        "float32", "float64".
    names : iterable of str
        Of `rivals.NAMES`.
    peaks : dict of str to float or None
        Multiplications and additions a second that the machine reaches in each dtype; None where that is not known.
    seconds : float
        About how long each comparison takes.
    phases : iterable of str
        Of `PHASES`. Beside JAX and NumPy there are only the first two.
    threads : int, default=1
        How many share a pass, ours and PyTorch's; with more than one, elapsed time is compared.

    Yields
    ------
    row : Row
    """
    names, phases = list(names), list(phases)
    clock = time.process_time if threads == 1 else time.perf_counter
    for dtype in dtypes:
        for kind, cell in cells.items():
            for size in sizes:
                params, x, dh = draw(cell, size, dtype)
                ours = rivals.ours(cell, params, x, dh, threads) | loops.ours(cell, size, dtype)
                for name in names:
                    theirs = rivals.phases(name, kind, params, x, dh, threads)
                    if name == "torch":
                        theirs |= loops.torch(cell, kind, size, dtype)
                    for phase in (phase for phase in phases if phase in theirs):
                        timing = compare(ours[phase], theirs[phase], seconds, clock=clock)
                        peak = peaks[dtype]
                        work = operations(len(cell.GATES), size, phase)
                        share = peak and 100 * work / timing.seconds / peak / threads
                        ratio, low, high = (round(value, 3) for value in timing[:3])
                        yield Row(kind, dtype, threads, *size, phase, name, ratio, low, high, share and round(share, 1))


def operations(n_gates: int, size: Size, phase: str) -> int:
    """Return how many multiplications and additions the matrix products of a phase need, those of a readout left out.

    Examples
    --------
    >>> operations(1, (1, 1, 1, 1), "fwd"), operations(4, (1, 1, 1, 1), "fwdbwd")
    (4, 48)
    """
    n_steps, n_batch, n_input, n_hidden = size
    times = 3 if phase in ("fwdbwd", "train_step") else 1
    return 2 * n_steps * n_batch * (n_input + n_hidden) * n_gates * n_hidden * times


def draw(cell: Any, size: Size, dtype: str) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return weights, inputs (T, B, D) and a gradient (T, B, H) that arrives at the states, all from seed 0.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params, x, dh = draw(rnn, (5, 4, 3, 2), "float32")
    >>> params.w_x.shape, x.shape, dh.shape
    ((2, 3), (5, 4, 3), (5, 4, 2))
    """
    (n_steps, n_batch, n_input, n_hidden), rng = size, np.random.default_rng(0)
    params = cell.init(rng, n_input, n_hidden, dtype=dtype)
    x = rng.standard_normal((n_steps, n_batch, n_input)).astype(dtype)
    return params, x, rng.standard_normal((n_steps, n_batch, n_hidden)).astype(dtype)
