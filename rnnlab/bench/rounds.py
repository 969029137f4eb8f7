"""Two functions timed by turns, in CPU time of the process.

What else the machine does slows down neighbouring measurements alike, so that the ratio within a pair is steadier than
any of its times. A figure is the median of the pairs' ratios; the spread is their quartiles.
"""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Timing(NamedTuple):
    """What came out of the rounds."""

    ratio: float  # the rival's time divided by ours: above 1 we are faster
    low: float  # first and third quartile of the pairs' ratios
    high: float
    seconds: float  # our time in the best round


def compare(ours: Callable[[], object], theirs: Callable[[], object], seconds: float = 2.0, least: int = 5) -> Timing:
    """Time two functions by turns.

    Parameters
    ----------
    ours, theirs : callable
        Functions without an argument. Each is called twice beforehand, so that nothing is compiled while timed.
    seconds : float, default=2.0
        About how long to go on.
    least : int, default=5
        The smallest number of rounds, however long they take.

    Returns
    -------
    timing : Timing

    Examples
    --------
    >>> timing = compare(lambda: sum(range(1000)), lambda: sum(range(4000)), seconds=0.1)
    >>> timing.low <= timing.ratio <= timing.high
    True
    """
    for function in (ours, theirs, ours, theirs):
        function()
    calls = max(1, int(0.004 / max(_timed(ours, 1), 1e-6)))
    ratios: list[float] = []
    best, end = float("inf"), time.perf_counter() + seconds
    while len(ratios) < least or (time.perf_counter() < end and len(ratios) < 101):
        if len(ratios) % 2:  # by turns first, so that neither always finds the caches that the other left
            their_time = _timed(theirs, calls)
            our_time = _timed(ours, calls)
        else:
            our_time = _timed(ours, calls)
            their_time = _timed(theirs, calls)
        ratios.append(their_time / max(our_time, 1e-9))
        best = min(best, our_time / calls)
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Timing(middle, low, high, best)


def _timed(function: Callable[[], object], calls: int) -> float:
    begin = time.process_time()
    for _ in range(calls):
        function()
    return time.process_time() - begin
